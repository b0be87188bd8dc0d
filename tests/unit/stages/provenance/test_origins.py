"""Which raw files made an event, a session or a sample."""

import hashlib
import json

import pyarrow as pa
import pytest
from stamped import (
    EVENT,
    EXPORT,
    MIDI,
    OTHER_EVENT,
    OTHER_SESSION,
    SAMPLE,
    SESSION,
    SHARD,
    WAV,
    build_corpus,
    content_of,
    write_record,
)

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.lineage import Lineage
from drumcorpus.stages.provenance.raw_files import (
    origins_of_event,
    origins_of_sample,
    origins_of_session,
)
from drumcorpus.stages.provenance.text import origin_in_words

PARQUET, LINES = "results/manifests/prod.parquet", "results/manifests/prod.jsonl"
LABELS = f"{EXPORT}/train/train_labels.parquet"
SESSIONS, PROVENANCE = "results/sessions/egmd.parquet", "results/provenance/egmd.jsonl"


@pytest.fixture
def folder(tmp_path):
    return build_corpus(tmp_path)


def files_of(origin):
    return [(file.path, file.role, file.is_named) for file in origin.files]


def digest(path):
    return hashlib.sha256(content_of(path)).hexdigest()


@pytest.mark.parametrize("product", [PARQUET, LINES])
def test_an_event_leads_to_the_sound_and_the_labels_that_its_row_names(folder, product):
    (origin,) = origins_of_event(Lineage(folder), product, EVENT)
    assert (origin.source_set, origin.session_id, origin.n_rows) == ("egmd", SESSION, 1)
    assert files_of(origin) == [(MIDI, "annotation", True), (WAV, "audio", True)]
    assert [file.sha256 for file in origin.files] == [digest(MIDI), digest(WAV)]
    assert origin.told_by == SESSIONS
    assert origin.problems == []
    assert origin.row["onset_time"] == 0.5


def test_an_event_is_found_among_the_strokes_of_a_sample(folder):
    (origin,) = origins_of_event(Lineage(folder), LABELS, OTHER_EVENT)
    assert origin.session_id == OTHER_SESSION
    assert files_of(origin) == [("d1/s2.mid", "annotation", False)]


@pytest.mark.parametrize("name", [SESSION, f"egmd:{SESSION}", f"egmd/{SESSION}"])
@pytest.mark.parametrize("product", [PARQUET, LINES])
def test_a_session_is_found_by_its_id_with_its_set_or_without(folder, product, name):
    (origin,) = origins_of_session(Lineage(folder), product, name)
    assert (origin.session_id, len(origin.files)) == (SESSION, 2)


@pytest.mark.parametrize(("path", "session"), [(SAMPLE, SESSION), (SHARD, OTHER_SESSION)])
def test_a_file_of_an_export_leads_to_the_sessions_of_its_samples(folder, path, session):
    (origin,) = origins_of_sample(Lineage(folder), f"{EXPORT}/SHA256SUMS", path)
    assert (origin.session_id, origin.told_by) == (session, SESSIONS)


def test_without_the_chain_the_provenance_rows_tell(folder):
    (folder / SESSIONS).unlink()
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert (origin.told_by, len(origin.files), origin.problems) == (PROVENANCE, 2, [])
    (folder / PROVENANCE).unlink()
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.files == []
    assert origin.problems == [
        "no table of sessions in the chain and no results/provenance/<set>.jsonl tells the files "
        f"of {SESSION} of egmd"
    ]


def test_tables_that_say_different_things_are_named(folder):
    rows = [json.loads(line) for line in (folder / PROVENANCE).read_text().splitlines()]
    rows[0]["hashes"][0]["sha256"] = "0" * 64
    (folder / PROVENANCE).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.problems == [f"{PROVENANCE}: is not what its run manifest says"]
    write_record(folder, PROVENANCE, [])
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.problems == [f"{PROVENANCE}: has other files than {SESSIONS}"]


def test_a_file_that_a_row_names_and_no_session_has_is_named(folder):
    row = {"event_id": EVENT, "source_set": "egmd", "session_id": SESSION, "audio_path": "x.wav"}
    write_table(folder / PARQUET, pa.Table.from_pylist([row]))
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.problems == ["x.wav: is named, and no file of its session"]


@pytest.mark.parametrize(
    ("product", "event", "words"),
    [
        (PARQUET, "zz", "results/manifests/prod.parquet: no row of it has the event 'zz'"),
        ("results/sampling/prod.parquet", EVENT, "its rows do not name source_set and session_id"),
        ("corpora/clips.jsonl", EVENT, "clips.jsonl:1: its rows do not name source_set and"),
        (f"{EXPORT}/SHA256SUMS", EVENT, "its rows do not name source_set and session_id"),
    ],
    ids=["unknown", "no_sessions", "other_lines", "no_table"],
)
def test_what_cannot_be_told_is_refused_with_the_file(folder, product, event, words):
    with pytest.raises(ValueError) as refused:
        origins_of_event(Lineage(folder), product, event)
    assert words in str(refused.value)
    with pytest.raises(ValueError, match="no row of it is of the session 'x'"):
        origins_of_session(Lineage(folder), PARQUET, "x")
    with pytest.raises(ValueError, match=r"train/y\.wav: no table of labels in "):
        origins_of_sample(Lineage(folder), f"{EXPORT}/SHA256SUMS", "train/y.wav")


@pytest.mark.parametrize(
    "hashes", [None, 3, [1], [{"path": "x"}]], ids=["none", "number", "list", "keys"]
)
def test_provenance_rows_without_files_are_named(folder, hashes):
    (folder / SESSIONS).unlink()
    row = {"source_set": "egmd", "session_id": SESSION, "hashes": hashes}
    (folder / PROVENANCE).write_text(json.dumps(row) + "\n")
    (folder / f"{PROVENANCE}.manifest.json").unlink()
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.problems[0] == f"{PROVENANCE}: tells no files under hashes"


def test_rows_of_any_shape_are_looked_through(folder):
    rows = [
        {"strokes": 3},
        {"strokes": [1, {"event_id": 2}]},
        {"event_id": [EVENT]},
        {"strokes": [{"event_id": EVENT}]},
    ]
    named = ({"source_set": "egmd", "session_id": SESSION} | row for row in rows)
    (folder / LINES).write_text("".join(json.dumps(row) + "\n" for row in named))
    (origin,) = origins_of_event(Lineage(folder), LINES, EVENT)
    assert origin.n_rows == 1


def stage(folder, **more):
    """Let the events of the corpus rest on predictions of a model, as the workflow records them."""
    path = "results/predictions/egmd.json"
    file = {"path": "s1.tsv", "sha256": "5" * 64, "bytes": 7}
    staged = {"source_set": "egmd", "model": "lion", "version": "1.0", "place": "…/mine"} | more
    staged["sessions"] = [{"session_id": SESSION, "file": file}]
    (folder / path).parent.mkdir()
    (folder / path).write_text(json.dumps(staged))
    write_record(folder, path, [(SESSIONS, "product")], rule="stage_predictions", called="staged")
    sources = [(SESSIONS, "product"), (path, "product")]
    write_record(folder, "results/events/egmd.parquet", sources)
    write_record(folder, PARQUET, [("results/events/egmd.parquet", "product")])
    return path, staged, file


def test_an_event_that_a_model_labelled_leads_to_the_file_of_its_predictions(folder):
    path, staged, file = stage(folder)
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.predictions == file | {
        **{key: staged[key] for key in ("model", "version", "place")},
        "told_by": path,
    }
    assert origin.problems == []
    said = "\n".join(origin_in_words(origin))
    assert "labels: predictions of lion 1.0\n  in …/mine, 7 bytes\n    s1.tsv\n" in said
    assert f"    sha256 {'5' * 64}\ntold by {path}" in said
    assert origin.as_document()["predictions"]["sha256"] == "5" * 64
    (other,) = origins_of_event(Lineage(folder), PARQUET, OTHER_EVENT)
    assert "predictions" not in other.as_document()
    (folder / path).write_text(json.dumps(staged | {"version": "2.0"}))
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.predictions == {}
    assert f"{path}: is not what its run manifest says" in origin.problems


def test_without_the_chain_the_provenance_rows_tell_the_file_of_the_predictions(folder):
    """As in a release that was passed on, where the account of what was staged is not."""
    rows = [json.loads(line) for line in (folder / PROVENANCE).read_text().splitlines()]
    file = {"path": "s1.tsv", "sha256": "5" * 64, "bytes": 7}
    said = {"model": "lion", "version": "1.0", "file": file, "n_hits": 3}

    def tell(predictions):
        lines = [
            row | {"predictions": predictions if row["session_id"] == SESSION else None}
            for row in rows
        ]
        (folder / PROVENANCE).write_text("".join(json.dumps(line) + "\n" for line in lines))
        write_record(folder, PROVENANCE, [])
        return origins_of_event(Lineage(folder), PARQUET, EVENT)[0]

    origin = tell(said)
    assert origin.predictions == file | {
        **{"model": "lion", "version": "1.0"},
        "told_by": PROVENANCE,
    }
    assert origin.problems == []
    words = "\n".join(origin_in_words(origin))
    assert "labels: predictions of lion 1.0\n  a file, 7 bytes\n    s1.tsv\n" in words
    (other,) = origins_of_event(Lineage(folder), PARQUET, OTHER_EVENT)
    assert other.predictions == {}
    for odd in (3, {"model": "lion"}, said | {"file": None}, said | {"file": {"path": "x"}}):
        assert f"{PROVENANCE}: tells no file under predictions" in tell(odd).problems


def test_predictions_of_another_source_set_label_no_session_of_this_one(folder):
    stage(folder, source_set="musdb18_hq")
    (origin,) = origins_of_event(Lineage(folder), PARQUET, EVENT)
    assert origin.predictions == {}
