"""Predictions are of a session and its recording, or refused; what is staged says of what it is."""

import hashlib
import json
import unicodedata

import mido
import pyarrow as pa
import pytest
from checkout import REPO

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.predictions.meanings import read_meanings
from drumcorpus.schemas import INVENTORY, PREDICTED_HITS, SESSIONS
from drumcorpus.sessions import shard_of
from drumcorpus.stages.predictions.staging import hits_of_shard, stage_predictions

SECONDS = {"one/drums.wav": 10.0, "two/left.wav": 20.0, "two/right.wav": 20.5}


def sha256(name):
    return hashlib.sha256(name.encode()).hexdigest()


def session(name, *files, audio=None, **more):
    rows = [{"path": path, "role": "audio", "sha256": sha256(path)} for path in files]
    return {
        **dict.fromkeys(SESSIONS.names),
        **{"source_set": "mixes", "session_id": name, "files": rows, "audio_path": audio},
        "audio_duration": SECONDS.get(audio),
        **more,
    }


SET = [
    session("one", "one/drums.wav", "one/mixture.wav", audio="one/drums.wav")
    | {"mix_path": "one/mixture.wav"},
    session("two", "two/left.wav", "two/right.wav"),
]


@pytest.fixture
def stage(tmp_path):
    """Stages predictions in the folder ``mine``, or at another path."""

    def stage(path="mine", rows=SET, terms=None, **keys):
        files = [
            {"path": file["path"], "duration": SECONDS.get(file["path"], 10.0)}
            for row in rows
            for file in row["files"]
        ]
        return stage_predictions(
            tmp_path / path,
            pa.Table.from_pylist(rows, SESSIONS),
            pa.Table.from_pylist(files, INVENTORY),
            read_meanings(REPO / "resources", REPO / "resources/taxonomy", **terms or {}),
            **{"model": "lion", "version": "1.0", "place": "…/mine"} | keys,
        )

    return stage


def write(tmp_path, text, name="mine/one.tsv"):
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return hashlib.sha256(text.encode()).hexdigest()


def state(tmp_path, **keys):
    write(tmp_path, json.dumps(keys), "mine/predictions.json")


def test_what_is_staged_has_score_velocity_and_where_it_is_from(stage, tmp_path):
    digest = write(tmp_path, "1.5\tkick\t0.25\t0.5\n1.5\tsnare\t1\t0\n9.999\tkick\t0\t1\n")
    staged = stage()
    assert staged.hits.schema == PREDICTED_HITS
    assert staged.hits.drop_columns(["session_id", "audio_path"]).to_pylist() == [
        {"onset_time": 1.5, "source_label": "kick", "score": 0.25, "velocity": 0.5},
        {"onset_time": 1.5, "source_label": "snare", "score": 1.0, "velocity": 0.0},
        {"onset_time": 9.999, "source_label": "kick", "score": 0.0, "velocity": 1.0},
    ]
    assert staged.hits["audio_path"].null_count == 3
    document = staged.document
    assert (document["model"], document["version"], document["label_map"]) == (
        *("lion", "1.0", "corpus"),
    )
    assert (document["missing"], document["place"]) == (["two"], "…/mine")
    assert document["labels"]["kick"] == {"label": "kick", "dropped": None, "n_hits": 2}
    (row,) = document["sessions"]
    assert row["file"] == {"path": "one.tsv", "sha256": digest, "bytes": 47}
    assert (row["audio_path"], row["audio_sha256"]) == ("one/drums.wav", sha256("one/drums.wav"))
    assert row["stated_sha256"] is None


def test_without_a_score_nothing_is_made_up_and_an_empty_file_is_silence(stage, tmp_path):
    write(tmp_path, "")
    assert stage().document["sessions"][0]["n_hits"] == 0
    write(tmp_path, "1.5\tkick\n")
    assert stage().hits["score"].to_pylist() == [None]
    assert stage().hits["velocity"].to_pylist() == [None]


def test_the_digest_of_the_files_has_their_names_and_the_statement(stage, tmp_path):
    write(tmp_path, "1.5\tkick\n")
    first = stage().document["files_sha256"]
    state(tmp_path, system="lion", trained_on=["1" * 64])
    second = stage()
    assert second.document["files_sha256"] != first
    assert second.document["trained_on"] == ["1" * 64]
    (tmp_path / "mine/predictions.json").unlink()
    assert stage().document["files_sha256"] == first


def test_a_stated_digest_leads_to_the_recording_that_the_events_are_of(stage, tmp_path):
    write(tmp_path, "20.2\tkick\n", "mine/two.tsv")
    state(tmp_path, audio={"two": {"sha256": sha256("two/right.wav"), "seconds": 20.45}})
    staged = stage()
    assert staged.hits["audio_path"].to_pylist() == ["two/right.wav"]
    assert staged.document["sessions"][0]["audio_sha256"] == sha256("two/right.wav")
    # The mix has the time line of the drums: events of it are of these.
    write(tmp_path, "1.5\tkick\n")
    (tmp_path / "mine/two.tsv").unlink()
    state(tmp_path, audio={"one": {"sha256": sha256("one/mixture.wav")}})
    staged = stage()
    assert staged.hits["audio_path"].to_pylist() == [None]
    assert staged.document["sessions"][0]["audio_path"] == "one/drums.wav"
    assert staged.document["sessions"][0]["stated_sha256"] == sha256("one/mixture.wav")


def test_classes_are_words_and_those_of_no_label_are_named(stage, tmp_path):
    write(tmp_path, "1\tBD\n2\tCY+RD\n3\tCY+RD\n")
    labels = {"SD": "snare", "TT": "tom_mid", "HH": "hihat_closed", "CY+RD": None}
    staged = stage(terms={"class_map": "adtof5", "labels": labels})
    assert staged.document["labels"] == {
        "BD": {"label": "kick", "dropped": None, "n_hits": 1},
        "CY+RD": {"label": None, "dropped": "class_of_several_labels", "n_hits": 2},
    }


def test_notes_are_read_by_their_map_and_end_with_the_recording(stage, tmp_path):
    midi = mido.MidiFile(ticks_per_beat=480)
    track = mido.MidiTrack([mido.Message("note_on", note=38, velocity=127, time=960)])
    midi.tracks.append(track)
    (tmp_path / "mine").mkdir()
    midi.save(tmp_path / "mine/one.mid")
    staged = stage(terms={"note_map": "general_midi"})
    assert staged.hits.select(["onset_time", "source_label", "score", "velocity"]).to_pylist() == [
        {"onset_time": 1.0, "source_label": "38", "score": None, "velocity": 1.0}
    ]
    assert staged.document["labels"]["38"]["label"] == "snare"
    with pytest.raises(ValueError, match="is MIDI, and class_map corpus means words"):
        stage()
    track.append(mido.Message("note_on", note=38, velocity=127, time=480 * 20))
    midi.save(tmp_path / "mine/one.mid")
    with pytest.raises(ValueError, match=r"one.mid: note 38 at 11.000000 s; wanted: a time from 0"):
        stage(terms={"note_map": "general_midi"})


def test_a_table_and_files_of_the_same_predictions_stage_the_same(stage, tmp_path):
    write(tmp_path, "1.5\tkick\t0.25\n2\tsnare\t0.5\n")
    by_file = stage()
    rows = [
        {"session_id": "one", "onset_time": 1.5, "label": "kick", "score": 0.25},
        {"session_id": "one", "onset_time": 2.0, "label": "snare", "score": 0.5},
    ]
    write_table(tmp_path / "table.parquet", pa.Table.from_pylist(rows))
    by_table = stage("table.parquet")
    assert by_table.hits.equals(by_file.hits)
    assert by_table.document["labels"] == by_file.document["labels"]
    assert by_table.document["sessions"][0]["file"]["path"] == "table.parquet"
    late = [*rows, {"session_id": "one", "onset_time": 10.5, "label": "kick", "score": 1.0}]
    write_table(tmp_path / "table.parquet", pa.Table.from_pylist(late))
    with pytest.raises(ValueError, match=r"table.parquet: row 3: onset_time: got 10.5; wanted"):
        stage("table.parquet")
    write_table(tmp_path / "table.parquet", pa.Table.from_pylist(late).slice(0, 0))
    with pytest.raises(ValueError, match="holds no predictions"):
        stage("table.parquet")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\tkik\n", "one.tsv:1: label 'kik' (did you mean 'kick'?); allowed in vocabulary corpus"),
        ("1\tkick\nnan\tkick\n", "one.tsv:2: onset_time: got 'nan'; wanted: a number, a time from"),
        ("-0.1\tkick\n", "one.tsv:1: onset_time: got '-0.1'; wanted: a number, a time from 0 to"),
        ("2\tkick\n1\tkick\n", "one.tsv:2: onset_time 1.0 is before that of the line above (2.0)"),
        ("10.002\tkick\n", "got '10.002'; wanted: a number, a time from 0 to 10.001 s, for there"),
        ("1\tkick\t1.5\n", "one.tsv:1: score: got '1.5'; wanted: a number, a score from 0 to 1"),
        ("1\tkick\t1\t2\n", "one.tsv:1: velocity: got '2'; wanted: a number, a velocity from 0"),
    ],
    ids=["label", "nan", "negative", "order", "past the end", "score", "velocity"],
)
def test_a_line_that_is_not_as_it_must_be_is_refused(stage, tmp_path, text, words):
    write(tmp_path, text)
    with pytest.raises(ValueError) as refused:
        stage()
    assert words in str(refused.value)


@pytest.mark.parametrize(
    ("name", "stated", "words"),
    [
        (
            "mine/onn.tsv",
            {},
            "session 'onn' is none of mixes (did you mean 'one'?); allowed: its",
        ),
        ("mine/two.tsv", {}, "audio: two: the session has 2 recordings; say of which the"),
        ("mine/one.tsv", {"audio": {"x": {"seconds": 1}}}, "audio: session 'x' is none of mixes"),
        (
            "mine/one.tsv",
            {"audio": {"one": {"sha256": sha256("other")}}},
            "is no recording of that session: these are predictions of other audio; allowed: "
            f"one/drums.wav ({sha256('one/drums.wav')[:12]}…), one/mixture.wav",
        ),
        (
            "mine/one.tsv",
            {"audio": {"one": {"seconds": 10.2}}},
            "seconds: got 10.2; its recording lasts 10.000 s: these are predictions of other audio",
        ),
        ("mine/one.tsv", {"system": "tiger"}, "system: got 'tiger'; the config says model 'lion'"),
        (
            "mine/one.tsv",
            {"corpus": "1" * 64},
            "corpus: these are predictions of the manifest 111",
        ),
        ("mine/one.csv", {}, "one.csv: is no file of predictions"),
    ],
    ids=["session", "which", "stated", "digest", "length", "system", "corpus", "file"],
)
def test_predictions_of_something_else_are_refused(stage, tmp_path, name, stated, words):
    write(tmp_path, "1\tkick\n", name)
    state(tmp_path, **stated)
    with pytest.raises(ValueError) as refused:
        stage()
    assert words in str(refused.value)


def test_every_prediction_is_in_one_shard(stage, tmp_path):
    write(tmp_path, "1\tkick\n2\tsnare\n")
    write(tmp_path, "1\tkick\n", "mine/two.tsv")
    state(tmp_path, audio={"two": {"sha256": sha256("two/left.wav")}})
    hits = stage().hits
    shards = [hits_of_shard(hits, n, 3) for n in range(3)]
    for name, n_hits in (("one", 2), ("two", 1)):
        ids = shards[shard_of(name, 3)]["session_id"].to_pylist()
        assert ids.count(name) == n_hits
    assert sum(map(len, shards)) == 3
    assert hits_of_shard(hits, 0, 1).equals(hits)


def test_two_files_of_one_session_are_refused(stage, tmp_path):
    midi = mido.MidiFile()
    midi.tracks.append(mido.MidiTrack([mido.Message("note_on", note=38, time=480)]))
    (tmp_path / "mine").mkdir()
    for name in ("one.mid", "one.midi"):
        midi.save(tmp_path / "mine" / name)
    with pytest.raises(ValueError, match=r"one.midi: session 'one' has predictions in one.mid too"):
        stage(terms={"note_map": "general_midi"})


@pytest.mark.parametrize("form", ["NFC", "NFD"], ids=str)
def test_a_name_with_accents_of_another_unicode_form_is_called_so(stage, tmp_path, form):
    other = {"NFC": "NFD", "NFD": "NFC"}[form]
    rows = [session(unicodedata.normalize(form, "Café"), "one/drums.wav", audio="one/drums.wav")]
    write(tmp_path, "1.5\tkick\n", unicodedata.normalize(other, "mine/Café.tsv"))
    with pytest.raises(ValueError, match="has this name with its accents in another Unicode form"):
        stage(rows=rows)
