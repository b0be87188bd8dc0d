"""StemGMD: where kit, stem and performance are found in a path, and what nine sounds leave."""

import csv
import io
from pathlib import Path

import mido
import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from source_set_runs import Run

from drumcorpus.demo.groove_mididataset import INDEX_COLUMNS
from drumcorpus.demo.stemgmd import SAMPLE_RATE_HZ, SOUNDS, write_corpus
from drumcorpus.ground.files.errata import apply_errata, read_errata
from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.root_signs import check_roots
from drumcorpus.ground.sound.audio import read_mono
from drumcorpus.schemas import CYMBAL_EMBEDDINGS
from drumcorpus.source_sets import groove_mididataset
from drumcorpus.source_sets.stemgmd import (
    CRASHES,
    INFERRED,
    KITS,
    ONE_CRASH,
    OTHERWISE,
    PLAYED_OTHERWISE,
    read_hits,
    survey,
)
from drumcorpus.stages.crash.assignments import assign_cymbals
from drumcorpus.stages.crash.embeddings import feature_names
from drumcorpus.stages.crash.hits import find_hits
from drumcorpus.stages.crash.known_cymbals import known_kits
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.taxonomy import cymbal_families

TAXONOMY_FILES = REPO / "resources/taxonomy"
TAXONOMY = load_taxonomy(
    *(TAXONOMY_FILES / f"{n}.yaml" for n in ("components", "techniques", "dynamics"))
)
MAP, PADS = (
    load_label_map(TAXONOMY_FILES / f"note_maps/{name}.yaml", TAXONOMY)
    for name in ("stemgmd", "roland_td11")
)
CRASH = cymbal_families(read_yaml(TAXONOMY_FILES / "components.yaml"), ["crash"])
FOLDER, NAME = "drummer1/eval_session", "1_funk-groove1_138_beat_4-4"
MIX = f"{FOLDER}/brooklyn/mixture/{NAME}.wav"


def row(number=1, folder=FOLDER, name=NAME, **changes):
    return {
        "drummer": folder.partition("/")[0],
        "session": folder,
        "id": f"{folder}/{number}",
        "style": "funk/groove1",
        "bpm": "138",
        "beat_type": "beat",
        "time_signature": "4-4",
        "midi_filename": f"{folder}/{name}.mid",
        "audio_filename": f"{folder}/{name}.wav",
        "duration": "27.8",
        "split": "test",
    } | changes


ROWS = [row(), row(folder="drummer2/session1", split="train")]


def index_of(rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, INDEX_COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def surveyed(sounds, rows=ROWS, *, groove="groove/", without=(), more=(), root_of=()):
    """The survey of these sounds, with the index and MIDI files of Groove in a folder."""
    midi = {f"{groove}{r['midi_filename']}" for r in rows} - set(without)
    names = {*sounds, *midi, f"{groove}info.csv", *more} - set(without)
    numbers = dict(root_of)
    files = {n: RawFile(n, Path(n), (1, 0, 0, 0), numbers.get(n, 1)) for n in sorted(names)}
    return survey(files, lambda path: index_of(rows), {})


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def ids(found):
    return [session["session_id"] for session in found.sessions]


class TestSurvey:
    def test_a_performance_on_a_kit_is_a_session_in_the_group_and_split_of_groove(self):
        stems = [f"{FOLDER}/brooklyn/{stem}/{NAME}.wav" for stem in SOUNDS]
        found = surveyed([MIX, *stems])
        assert found.refusals == []
        [session] = found.sessions
        assert session == {
            "session_id": f"{FOLDER}/1/brooklyn",
            "group_id": f"gmd/{FOLDER}/1",
            "split": "test",
            "drummer_id": "drummer1",
            "style": "funk/groove1",
            "tempo_bpm": 138.0,
            "meter": "4/4",
            "kit_id": "logic_drum_kit_designer/brooklyn",
            "annotation_path": f"groove/{FOLDER}/{NAME}.mid",
            "audio_path": MIX,
            "notes": [f"beat, {FOLDER}", "9 of 9 stems beside it"],
        }
        roles = {path: role for path, role in found.roles.items() if role != "other"}
        assert roles == {
            MIX: "audio",
            f"groove/{FOLDER}/{NAME}.mid": "annotation",
            "groove/info.csv": "index",
        }
        assert set(found.owners) == {MIX, *stems}

    def test_groove_has_the_same_group_and_split(self):
        files = {
            f: RawFile(f, Path(f), (1, 0, 0, 0)) for f in ("info.csv", ROWS[0]["midi_filename"])
        }
        [take] = groove_mididataset.survey(files, lambda path: index_of(ROWS[:1]), {}).sessions
        [session] = surveyed([MIX]).sessions
        for name in ("group_id", "split", "drummer_id", "style", "tempo_bpm", "meter"):
            assert session[name] == take[name]

    @pytest.mark.parametrize(
        "path",
        [
            f"StemGMD/brooklyn/mixture/drummer1/eval_session/{NAME}.wav",
            f"mixture/brooklyn/eval_session/drummer1/{NAME}.flac",
            f"drummer1/x/eval_session/y/Brooklyn/z/Mixture/{NAME}.WAV",
        ],
        ids=["kit_first", "stem_first", "others_between"],
    )
    def test_folders_stand_in_any_order(self, path):
        found = surveyed([path])
        assert (ids(found), found.refusals) == ([f"{FOLDER}/1/brooklyn"], [])
        assert found.sessions[0]["audio_path"] == path

    @pytest.mark.parametrize("kit", KITS)
    def test_all_kits_of_a_performance_are_one_group(self, kit):
        spelled = kit.replace("_", " ").title()
        found = surveyed([MIX, f"{FOLDER}/{spelled}/mixture/{NAME}.wav"])
        assert set(ids(found)) == {f"{FOLDER}/1/brooklyn", f"{FOLDER}/1/{kit}"}
        assert {session["group_id"] for session in found.sessions} == {f"gmd/{FOLDER}/1"}

    @pytest.mark.parametrize(
        ("path", "said"),
        [
            (f"{FOLDER}/brooklyn/{NAME}.wav", "one kit and one stem"),
            (f"{FOLDER}/kit_00/kick/{NAME}.wav", "one kit and one stem"),
            (f"{FOLDER}/brooklyn/socal/kick/{NAME}.wav", "one kit and one stem"),
            (f"{FOLDER}/brooklyn/kick/ride/{NAME}.wav", "one kit and one stem"),
            (f"{FOLDER}/brooklyn/kick/kick-30.wav", "no performance of this name"),
            (f"brooklyn/kick/{NAME}.wav", "groove/info.csv has this name (2 times)"),
            (f"drummer3/session1/brooklyn/kick/{NAME}.wav", "such as drummer1/eval_session"),
        ],
        ids=["no_stem", "no_kit", "two_kits", "two_stems", "hit", "no_drummer", "other_drummer"],
    )
    def test_sound_that_cannot_be_placed_is_named(self, path, said):
        found = surveyed([MIX, path])
        assert refused(found) == [(path, "unlisted_file")]
        assert said in found.refusals[0].detail
        assert ids(found) == [f"{FOLDER}/1/brooklyn"]

    def test_a_name_of_one_performance_alone_needs_no_drummer(self):
        path = f"brooklyn/mixture/{NAME}.wav"
        assert ids(surveyed([path], ROWS[:1])) == [f"{FOLDER}/1/brooklyn"]
        other = f"drummer9/session1/{path}"
        assert refused(surveyed([MIX, other], ROWS[:1])) == [(other, "unlisted_file")]

    def test_stems_without_a_mixture_are_not_added_up(self):
        found = surveyed([f"{FOLDER}/brooklyn/{stem}/{NAME}.wav" for stem in ("kick", "Snare")])
        assert refused(found) == [(MIX, "missing_audio")]
        [session] = found.sessions
        assert session["audio_path"] is None
        assert session["notes"][1:] == ["2 of 9 stems beside it", "no mixture of the stems"]

    def test_merged_stems_are_no_stems_of_the_nine(self):
        merged = [f"{FOLDER}/brooklyn/{stem}/{NAME}.wav" for stem in ("toms", "hihat", "cymbals")]
        found = surveyed([MIX, *merged])
        assert found.refusals == []
        assert found.sessions[0]["notes"][1] == "0 of 9 stems beside it"

    def test_a_second_file_of_a_stem_is_refused_and_the_first_root_counts(self):
        copy = f"StemGMD/{MIX}"
        assert refused(surveyed([MIX, copy])) == [(copy, "duplicate_file")]
        found = surveyed([MIX, copy], root_of=[(MIX, 2)])
        assert refused(found) == [(MIX, "duplicate_file")]

    @pytest.mark.parametrize("root", [1, 2])
    def test_a_second_midi_file_is_refused_and_that_of_the_index_counts(self, root):
        midi = f"{FOLDER}/{NAME}.mid"
        found = surveyed([MIX], more=[midi], root_of=[(f"groove/{midi}", root), (midi, 3 - root)])
        assert found.sessions[0]["annotation_path"] == f"groove/{midi}"
        assert refused(found) == [(midi, "duplicate_file")]
        wanted = f"a second MIDI file of {FOLDER}/1; groove/{midi} is taken"
        assert found.refusals[0].detail == wanted
        beside = [f"{FOLDER}/{kit}/{NAME}.midi" for kit in ("brooklyn", "roots")]
        found = surveyed([MIX], more=beside)
        assert found.sessions[0]["annotation_path"] == f"groove/{midi}"
        assert refused(found) == [(path, "duplicate_file") for path in beside]

    def test_groove_as_a_second_root_brings_no_sound_and_is_not_refused(self):
        found = surveyed([MIX], groove="", more=[f"{FOLDER}/{NAME}.wav"])
        assert found.refusals == []
        assert found.sessions[0]["annotation_path"] == f"{FOLDER}/{NAME}.mid"
        assert found.roles[f"{FOLDER}/{NAME}.wav"] == "other"

    def test_a_session_without_its_midi_file_is_named(self):
        other = f"drummer2/session1/brooklyn/mixture/{NAME}.wav"
        found = surveyed([MIX, other], without=[f"groove/drummer2/session1/{NAME}.mid"])
        assert refused(found) == [(other, "missing_annotation")]
        assert "groove-v1.0.0-midionly.zip" in found.refusals[0].detail
        assert found.owners == {MIX: f"{FOLDER}/1/brooklyn"}
        assert ids(found) == [f"{FOLDER}/1/brooklyn"]

    def test_rows_that_cannot_be_used_are_named(self):
        bad = [row(), row(), row(2, name="2_x", bpm="fast"), row(3, name="3_x", split="dev")]
        found = surveyed([MIX], bad)
        wanted = ["duplicate_session", "bad_index_row", "bad_index_row"]
        assert [reason for _, reason in refused(found)][:3] == wanted
        paths = [f"groove/{FOLDER}/{name}.mid" for name in (NAME, "2_x", "3_x")]
        assert [path for path, _ in refused(found)][:3] == paths
        assert "groove/info.csv:4: bpm" in found.refusals[1].detail

    def test_a_second_row_of_a_midi_file_takes_no_performance_from_the_first(self):
        found = surveyed([MIX], [row(), row(2)])
        assert ids(found) == [f"{FOLDER}/1/brooklyn"]
        assert refused(found) == [(f"groove/{FOLDER}/{NAME}.mid", "duplicate_session")]
        assert found.refusals[0].detail.endswith(f":3: a second row that names {FOLDER}/{NAME}.mid")

    @pytest.mark.parametrize(
        ("sounds", "without", "said"),
        [
            ([], (), "the root of stemgmd is the folder that holds files such as drummer1/"),
            ([MIX], ["groove/info.csv"], "no info.csv of the Groove MIDI Dataset"),
            ([MIX], [f"groove/{r['midi_filename']}" for r in ROWS], "no MIDI file of groove/info"),
        ],
        ids=["no_sound", "no_index", "no_midi"],
    )
    def test_a_root_without_sound_index_or_labels_says_what_to_bring(self, sounds, without, said):
        with pytest.raises(ValueError, match=said):
            surveyed(sounds, without=without)


def midi(*notes):
    track = mido.MidiTrack()
    for note in notes:
        track.append(mido.Message("note_on", channel=9, note=note, velocity=100, time=480))
    buffer = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=buffer)
    return buffer.getvalue()


class TestReader:
    def test_every_pad_of_groove_is_heard_as_one_of_nine_sounds(self):
        assert MAP.strokes.keys() == PADS.strokes.keys()
        by_label = {}
        for note, stroke in MAP.strokes.items():
            by_label.setdefault(stroke.label, set()).add(int(note))
        assert sorted(map(sorted, by_label.values())) == sorted(map(sorted, SOUNDS.values()))
        assert all(not stroke.techniques for stroke in MAP.strokes.values())
        assert {MAP.strokes[note].cymbal for note in CRASHES} == {1}

    def test_what_another_pad_played_is_marked_and_keeps_its_note(self):
        notes = [int(note) for note in PADS.strokes]
        hits = read_hits({"annotation_path": "a"}, {"a": midi(*notes)}.__getitem__, MAP, {})
        assert hits["source_label"].tolist() == list(PADS.strokes)
        remarks = dict(zip(PADS.strokes, hits["remark"].tolist(), strict=True))
        other = {n for n in PADS.strokes if PADS.strokes[n].label != MAP.strokes[n].label}
        assert other == {*OTHERWISE}
        crashes = {n for n, stroke in PADS.strokes.items() if stroke.label == "crash"}
        assert crashes == {*CRASHES}
        wanted = dict.fromkeys(PADS.strokes, "")
        wanted |= dict.fromkeys(OTHERWISE, PLAYED_OTHERWISE) | dict.fromkeys(CRASHES, ONE_CRASH)
        assert remarks == wanted
        doubted = {n for n, sure in zip(PADS.strokes, hits["confidence"], strict=True) if sure < 1}
        assert doubted == {*OTHERWISE, "57", "52"}
        assert set(hits["confidence"].tolist()) == {1.0, INFERRED}
        assert all(hits["openness"] != hits["openness"])  # the pedal is not heard


def test_what_is_known_of_groove_s_files_holds_and_of_its_sound_does_not():
    own, groove = (
        read_errata(read_yaml(REPO / f"resources/source_sets/{name}_errata.yaml"), name)
        for name in ("stemgmd", "groove_mididataset")
    )
    of_files = {e.name for e in groove if not e.of_sound and e.status == "verified"}
    assert {e.name.removesuffix("/*") for e in own} == of_files
    takes = [{"session_id": f"{e.name}/roots"} for e in groove]
    rows, unmatched = apply_errata(takes, own)
    assert unmatched == []
    assert {r["session_id"].removesuffix("/roots") for r in rows if r.get("errata")} == of_files
    assert all("label_map" not in r for r in rows)  # flagged, none left out


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("stemgmd") / "raw"
    write_corpus(root, REPO / "resources/demo/kits.yaml", seed=7)
    return Run("stemgmd", [root], root.parent / "facts.json")


@pytest.fixture(scope="module")
def events(demo):
    return demo.ingest(demo.inventory().sessions).events


def test_the_demo_has_the_signs_by_which_a_root_is_told(demo):
    signs = read_yaml(REPO / "resources/layouts.yaml")
    check_roots({"stemgmd": [str(demo.roots[0])]}, signs)
    with pytest.raises(ValueError, match="is the root of stemgmd"):
        check_roots({"egmd": [str(demo.roots[0])]}, signs)


def test_the_stems_of_the_demo_add_up_to_its_mixture(demo):
    files = demo.roots[0].glob("drummer4/session1/roots/*/*")
    sounds = {path.parent.name: read_mono(path, SAMPLE_RATE_HZ)[0] for path in files}
    mixture = sounds.pop("mixture")
    assert len(sounds) == 5
    assert np.abs(sum(sounds.values()) - mixture).max() < 6 * 2**-15
    assert np.abs(mixture).max() > 0.1


def test_the_demo_marks_its_crashes_and_its_cross_sticks(events):
    marked = {
        entry["method"]: {part["source_label"] for part in event["components"]}
        for event in events.to_pylist()
        for entry in event["annotation_history"]
    }
    assert marked[ONE_CRASH] & {*CRASHES} and marked[PLAYED_OTHERWISE] & {*OTHERWISE}
    crashes = {
        (part["source_label"], part["label"], part["cymbal"])
        for event in events.to_pylist()
        for part in event["components"]
        if part["source_label"] in CRASHES
    }
    assert crashes == {("55", "crash", 1), ("57", "crash", 1)}


def described(hits):
    """Crash hits, each three times and with a sound, as the stage of crashes has them."""
    hits = pa.concat_tables([hits.drop_columns(["audio_path"])] * 3)
    vectors = np.random.default_rng(1).normal(size=(len(hits), len(feature_names())))
    columns = {name: hits[name] for name in hits.column_names}
    columns["reason"] = pa.nulls(len(hits), pa.string())
    columns["n_taken_out"] = pa.array([0] * len(hits), pa.int32())
    columns["embedding"] = pa.array(list(vectors), pa.list_(pa.float32()))
    return pa.table(columns).select(CYMBAL_EMBEDDINGS.names).cast(CYMBAL_EMBEDDINGS)


def numbered_by_pads(table):
    numbers = [PADS.strokes[note].cymbal for note in table["source_label"].to_pylist()]
    place = table.schema.get_field_index("cymbal")
    return table.set_column(place, "cymbal", pa.array(numbers, pa.int32()))


def test_no_sound_divides_the_crashes_and_no_model_learns_two_cymbals_from_them(demo, events):
    table = described(find_hits(events, CRASH))
    block = read_yaml(REPO / "config/config.yaml")["crash"]["clustering"]
    settings = read_settings(ClusteringSettings, block)
    rows, review = assign_cymbals(table, CRASH, settings, use_metadata=True)
    assert review == []
    assert set(rows["label"].to_pylist()) == {"crash"}
    assert set(rows["method"].to_pylist()) == {"metadata_override"}
    sessions = demo.inventory().sessions
    assert [set(k.cymbals.tolist()) for k in known_kits([table], sessions, CRASH, [])] == [{1}] * 2
    # As the pads number them each kit would be one of two known cymbals.
    by_pads = known_kits([numbered_by_pads(table)], sessions, CRASH, [])
    assert [set(k.cymbals.tolist()) for k in by_pads] == [{1, 2}] * 2
