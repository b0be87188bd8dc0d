"""SADTP: what its folders make up, and what of its MIDI files is the recorder's."""

import io
import unicodedata
from pathlib import Path

import mido
import numpy as np
import pytest
from checkout import REPO
from source_set_runs import Run

from drumcorpus.demo.sadtp import SONGS, write_corpus
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.source_sets.sadtp import read_hits, survey

TITLE = "Née à l'aube"
FOLDER = REPO / "resources/taxonomy"
TAXONOMY = load_taxonomy(*(FOLDER / f"{n}.yaml" for n in ("components", "techniques", "dynamics")))
MAP = load_label_map(FOLDER / "note_maps/roland_td11.yaml", TAXONOMY)


def song(folder=TITLE):
    return {f"{folder}/annotation.mid": b"MThd", f"{folder}/mix.wav": b"RIFF"}


def surveyed(contents):
    files = {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in contents}
    return survey(files, contents.__getitem__, {})


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def midi(*notes, tempo_tick=None, tempo=500_000):
    """A file of type 0 with notes at ticks, and one event of tempo and metre."""
    timed = [(tick, mido.Message("note_on", channel=9, note=n, velocity=100)) for tick, n in notes]
    if tempo_tick is not None:
        timed.append((tempo_tick, mido.MetaMessage("set_tempo", tempo=tempo)))
        timed.append((tempo_tick, mido.MetaMessage("time_signature")))
    track, now = mido.MidiTrack(), 0
    for tick, message in sorted(timed, key=lambda item: item[0]):
        track.append(message.copy(time=tick - now))
        now = tick
    buffer = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=buffer)
    return buffer.getvalue()


def hits_of(data):
    path = f"{TITLE}/annotation.mid"
    return read_hits({"annotation_path": path}, {path: data}.__getitem__, MAP, {})


class TestSurvey:
    def test_a_folder_is_a_session_by_its_title(self):
        found = surveyed(song() | {"README.md": b"", "count.py": b""})
        annotation, mix = song()
        assert found.refusals == []
        assert found.sessions == [
            {
                "session_id": TITLE,
                "annotation_path": annotation,
                "audio_path": mix,
                "notes": ["a whole song, not the drums alone"],
            }
        ]
        roles = {annotation: "annotation", mix: "audio"}
        assert found.roles == roles | {"README.md": "other", "count.py": "other"}
        assert found.owners == {annotation: TITLE, mix: TITLE}

    def test_a_title_is_the_same_in_both_forms_of_unicode(self):
        decomposed = unicodedata.normalize("NFD", TITLE)
        assert decomposed != TITLE
        (session,) = surveyed(song(decomposed)).sessions
        assert session["session_id"] == TITLE
        assert session["audio_path"] == f"{decomposed}/mix.wav"
        both = surveyed(song() | song(decomposed))
        assert [s["session_id"] for s in both.sessions] == [TITLE]
        assert [reason for _, reason in refused(both)] == ["duplicate_session"]

    def test_the_copy_in_fewer_folders_is_taken(self):
        found = surveyed(song() | song(f"SADTP/{TITLE}"))
        assert found.sessions[0]["audio_path"] == f"{TITLE}/mix.wav"
        assert refused(found) == [(f"SADTP/{TITLE}/annotation.mid", "duplicate_session")]

    def test_a_song_without_one_of_its_files_is_named(self):
        contents = song() | song("Other")
        del contents["Other/mix.wav"]
        found = surveyed(contents)
        assert refused(found) == [("Other/mix.wav", "missing_audio")]
        assert len(found.sessions) == 2
        contents = song() | song("Other")
        del contents["Other/annotation.mid"]
        assert refused(surveyed(contents)) == [("Other/mix.wav", "missing_annotation")]

    def test_annotations_alone_lack_no_recording(self):
        found = surveyed({f"{TITLE}/annotation.mid": b"MThd"})
        assert found.refusals == []
        assert found.sessions[0]["notes"] == ["no recording in the root"]

    @pytest.mark.parametrize("path", ["annotation.mid", "A/mix.wav", "A/annotation.midi"])
    def test_a_folder_of_something_else_is_no_root(self, path):
        with pytest.raises(ValueError, match="the root of sadtp is the folder that holds one"):
            surveyed({path: b""})


class TestReader:
    @pytest.mark.parametrize("tempo_tick", [None, 0, 480, 65_280])
    def test_times_count_from_the_first_tick_wherever_the_tempo_is_stated(self, tempo_tick):
        hits = hits_of(midi((0, 36), (960, 22), (11_520, 26), tempo_tick=tempo_tick))
        assert hits["onset"].tolist() == [0.0, 1.0, 12.0]

    def test_tempo_bar_and_beat_are_the_recorder_s_and_not_taken(self):
        hits = hits_of(midi((0, 36), tempo_tick=0))
        assert hits.keys() & {"tempo_bpm", "bar", "beat", "meter"} == set()
        assert hits["velocity"].tolist() == [pytest.approx(100 / 127)]

    def test_notes_are_those_of_the_module_and_not_of_general_midi(self):
        strokes = {note: MAP.strokes[note] for note in ("22", "26", "55")}
        assert [stroke.label for stroke in strokes.values()] == [
            *("hihat_closed", "hihat_open", "crash")
        ]
        assert strokes["55"].cymbal == 1
        assert not {"35", "41"} & (MAP.strokes.keys() | MAP.drops.keys())

    def test_a_file_without_a_note_is_refused(self):
        with pytest.raises(UnusableFile) as error:
            hits_of(midi(tempo_tick=0))
        assert error.value.reason == "no_notes"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("sadtp") / "raw"
    write_corpus(root, REPO / "resources/demo/kits.yaml", seed=7)
    return root


def test_the_demo_sounds_where_its_files_say_by_the_recorder_s_clock(demo, tmp_path):
    run = Run("sadtp", [demo], tmp_path / "facts.json")
    inventory = run.inventory()
    sessions = inventory.sessions.to_pylist()
    assert [row["session_id"] for row in sessions] == [song.title for song in SONGS]
    assert all(3 < row["audio_duration"] < 6 for row in sessions)
    events = run.ingest(inventory.sessions).events
    assert events["bar"].null_count == len(events)
    for row in sessions:
        rows = [each for each in events.to_pylist() if each["session_id"] == row["session_id"]]
        last = max(each["onset_time"] for each in rows)
        # The recording ends a constant time after the last stroke.
        assert row["audio_duration"] == pytest.approx(last + 0.6, abs=0.01)
    openness = [
        part["openness"]
        for parts in events["components"].to_pylist()
        for part in parts
        if part["label"] == "hihat_closed"
    ]
    assert np.median(openness) < 0.15
