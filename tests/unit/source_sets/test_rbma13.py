"""RBMA13: what its files make up, which numberings are refused, and what becomes of lines."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import REPO
from source_set_runs import Run

from drumcorpus.demo.rbma13 import TRACKS, write_corpus
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.source_sets.rbma13 import read_hits, survey

TRACK = "RBMA-13-Track-08"
DRUMS, BEATS = (f"annotations/{kind}/{TRACK}.txt" for kind in ("drums", "beats"))
AUDIO, FOLD = f"audio/{TRACK}.flac", "splits/3-fold_cv_0.txt"
SAYS = "toms and cymbals are not annotated, and may be played"


def track():
    """A whole track; tests break one thing of it."""
    return {
        DRUMS: b"0.50000 \t 0\n0.50000 \t 2\n62.31183 \t 1\n",
        BEATS: b"0.50000 \t 1\n1.00000 \t 2\n1.50000 \t 3\n2.00000 \t 4\n2.50000 \t 1\n",
        FOLD: f"{TRACK}\n".encode(),
        AUDIO: b"fLaC",
    }


def surveyed(contents):
    files = {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in contents}
    return survey(files, contents.__getitem__, {})


def read(contents):
    (session,) = surveyed(contents).sessions
    paths = [session["annotation_path"], *session["support_paths"]]
    row = session | {"files": [{"path": path} for path in paths]}
    return read_hits(row, contents.__getitem__, None, {})


def without(*paths):
    return {path: data for path, data in track().items() if path not in paths}


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


class TestSurvey:
    def test_a_track_is_a_song_with_three_drums_its_beats_and_its_fold(self):
        found = surveyed(track() | {"titles.txt": b"", "README": b""})
        assert found.refusals == []
        assert found.sessions == [
            {
                "session_id": TRACK,
                "tempo_bpm": 120.0,
                "meter": "4/4",
                "annotation_path": DRUMS,
                "audio_path": AUDIO,
                "support_paths": [BEATS],
                "notes": [
                    *(SAYS, "fold 0 of the published three"),
                    "a whole song, not the drums alone",
                ],
            }
        ]
        assert found.roles == {
            **dict.fromkeys((DRUMS, BEATS), "annotation"),
            **{FOLD: "index", AUDIO: "audio", "titles.txt": "other", "README": "other"},
        }
        assert found.owners == dict.fromkeys((DRUMS, BEATS, AUDIO), TRACK)

    def test_annotations_alone_lack_no_recording(self):
        found = surveyed(without(AUDIO, FOLD, BEATS))
        assert found.refusals == []
        (session,) = found.sessions
        assert session["audio_path"] is None
        assert session["tempo_bpm"] is None
        assert session["notes"] == [SAYS, "no beat annotation", "no recording in the root"]

    def test_a_track_whose_recording_alone_is_not_there_lacks_it(self):
        other = "annotations/drums/RBMA-13-Track-09.txt"
        found = surveyed(track() | {other: b"1 \t 0\n"})
        assert refused(found) == [("audio/RBMA-13-Track-09.flac", "missing_audio")]

    @pytest.mark.parametrize("suffix", ["flac", "FLAC", "wav", "mp3"])
    def test_the_recording_may_be_in_any_of_three_forms(self, suffix):
        path = f"audio/{TRACK}.{suffix}"
        found = surveyed(without(AUDIO) | {path: b"x"})
        assert found.sessions[0]["audio_path"] == path

    def test_of_two_recordings_one_is_taken(self):
        second = f"audio/{TRACK}.mp3"
        found = surveyed(track() | {second: b"x"})
        assert found.sessions[0]["audio_path"] == AUDIO
        assert refused(found) == [(second, "duplicate_file")]

    @pytest.mark.parametrize(
        "path",
        [
            f"annotations/drums_m/{TRACK}.txt",
            f"annotations/drums_l/{TRACK}.txt",
            f"annotations/drums_f/{TRACK}.txt",
            f"annotations/drums_full/{TRACK}.drums",
            f"annotations/beats_full/{TRACK}.beats",
            "annotations/drums/notes.txt",
        ],
    )
    def test_a_folder_in_which_a_number_is_another_drum_is_refused(self, path):
        found = surveyed(track() | {path: b"0.5 \t 2\n"})
        assert refused(found) == [(path, "unlisted_file")]
        assert len(found.sessions) == 1
        with pytest.raises(ValueError, match="the root of rbma13 is the folder that holds"):
            surveyed({path: b"0.5 \t 2\n"})

    def test_a_recording_by_the_name_that_it_was_bought_under_is_refused_with_the_name_wanted(self):
        path = "audio/Red Bull Music - 08 Somebody.mp3"
        found = surveyed(track() | {path: b"x"})
        assert refused(found) == [(path, "unlisted_file")]
        assert "RBMA-13-Track-NN" in found.refusals[0].detail

    def test_sound_and_beats_of_a_track_that_is_not_annotated_are_refused_once(self):
        beats, sound = "annotations/beats/RBMA-13-Track-06.txt", "audio/RBMA-13-Track-06.flac"
        found = surveyed(track() | {beats: b"", sound: b"x"})
        assert refused(found) == [(beats, "missing_annotation")]

    @pytest.mark.parametrize(
        "data", [b"", b"RBMA-13-Track-08\nTrack 9\n", b"\xff\x00"], ids=["empty", "name", "bytes"]
    )
    def test_a_fold_that_is_none_is_refused_and_the_track_used(self, data):
        found = surveyed(track() | {FOLD: data})
        assert refused(found) == [(FOLD, "unreadable_metadata")]
        assert found.sessions[0]["notes"][0] == SAYS
        assert len(found.sessions[0]["notes"]) == 2

    def test_beats_that_are_none_are_refused_and_the_strokes_read(self):
        contents = track() | {BEATS: b"1.0 \t 1\n0.5 \t 2\n"}
        found = surveyed(contents)
        assert refused(found) == [(BEATS, "unreadable_beats")]
        assert "no beat annotation" in found.sessions[0]["notes"]
        assert "bar" not in read(contents)


class TestReader:
    def test_a_blank_may_stand_on_both_sides_of_the_tab(self):
        hits = read(track())
        assert hits["source_label"].tolist() == ["0", "2", "1"]
        assert hits["onset"].tolist() == [0.5, 0.5, 62.31183]
        assert hits["confidence"].tolist() == [1.0, 0.8, 1.0]
        assert hits["bar"].tolist() == [1, 1, 0]
        assert hits["beat"][:2].tolist() == [1.0, 1.0]
        assert np.isnan(hits["beat"][2])

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "no_onsets"),
            (b"0.5\n", "unreadable_annotation"),
            (b"0.5 0 100\n", "unreadable_annotation"),
            (b"BD 0.5\n", "unreadable_annotation"),
        ],
        ids=["empty", "time_alone", "three_fields", "turned_round"],
    )
    def test_an_annotation_that_is_none_is_refused(self, data, reason):
        with pytest.raises(UnusableFile) as error:
            read(track() | {DRUMS: data})
        assert error.value.reason == reason

    def test_a_number_that_the_folder_does_not_have_is_counted_and_no_drum(self, tmp_path):
        """As where a wider file was given the name of the public one."""
        root = tmp_path / "raw"
        for path, data in without(AUDIO).items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        (root / DRUMS).write_bytes(b"0.5 \t 0\n0.6 \t 3\n0.7 \t 36\n")
        run = Run("rbma13", [root], tmp_path / "facts.json")
        rows = run.ingest(run.inventory().sessions).tallies.to_pylist()
        outcomes = {row["source_label"]: row["outcome"] for row in rows}
        assert outcomes == {"0": "in_event", "3": "unmapped_label", "36": "unmapped_label"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("rbma13") / "raw"
    write_corpus(root, REPO / "resources/demo/kits.yaml", seed=7)
    return root


def test_the_demo_has_the_three_drums_and_plays_more(demo, tmp_path):
    run = Run("rbma13", [demo], tmp_path / "facts.json")
    inventory = run.inventory()
    events = run.ingest(inventory.sessions).events
    labels = {part["label"] for parts in events["components"].to_pylist() for part in parts}
    assert labels == {"kick", "snare", "hihat_closed"}
    assert [row["session_id"] for row in inventory.sessions.to_pylist()] == [
        track.name for track in TRACKS
    ]
    text = "".join(path.read_text() for path in demo.glob("annotations/drums/*.txt"))
    assert {line.split(" \t ")[1] for line in text.splitlines()} == {"0", "1", "2"}
    assert events["beat"].null_count == 0
    for path in demo.glob("audio/*.flac"):
        info = soundfile.info(path)
        assert (info.samplerate, info.channels) == (44100, 2)
        assert 3 < info.duration < 6
    played = {name for track in TRACKS for name in track.bars}
    assert {"house", "toms"} <= played  # with a crash, and with toms
