"""One published track of Slakh2100-redux and what there is of BabySlakh, held to counts of them.

The audio of both is a cut of two seconds; the MIDI and the metadata are whole.
"""

import io
from collections import Counter

import mido
import numpy as np
import pytest
import soundfile

from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.taxonomy_files import load_label_map
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.midi.midi_file import parse_midi, tempos_at, tick_seconds
from drumcorpus.source_sets.slakh2100 import read_hits, survey

REDUX, BABY = "train/Track00001", "Track00001"
# Notes of the drum stem, counted from the file by hand.
NOTE_COUNTS = {
    **{36: 182, 37: 57, 40: 73, 41: 4, 43: 8, 44: 114, 45: 14, 46: 49, 47: 4, 49: 21, 51: 412},
    **{54: 136, 57: 2},
}


@pytest.fixture(scope="module")
def slakh(shared):
    folder = shared / "slakh"
    if not folder.is_dir():
        pytest.skip("slakh/ is not among the real data")
    return folder


@pytest.fixture(scope="module")
def files(slakh):
    found, refusals = scan_roots([slakh / "slakh2100_flac_redux", slakh / "babyslakh_16k"])
    assert refusals == []
    return found


@pytest.fixture(scope="module")
def read(files):
    return lambda path: files[path].location.read_bytes()


@pytest.fixture(scope="module")
def options(repo):
    folder = repo / "resources/source_sets"
    tables = {"kits": "slakh2100_kits.yaml", "split_tables": "slakh2100_splits.yaml"}
    return {"splits": "redux"} | {name: read_yaml(folder / file) for name, file in tables.items()}


@pytest.fixture(scope="module")
def label_map(repo, taxonomy):
    path = repo / "resources/taxonomy/note_maps/slakh_session_kit_full.yaml"
    return load_label_map(path, taxonomy)


@pytest.fixture(scope="module")
def sessions(files, read, options):
    return {s["session_id"]: s for s in survey(files, read, options).sessions}


def mido_seconds(data):
    """Seconds of the note-ons, as mido plays the file."""
    seconds, onsets = 0.0, []
    for message in mido.MidiFile(file=io.BytesIO(data)):
        seconds += message.time
        if message.type == "note_on" and message.velocity:
            onsets.append(seconds)
    return np.array(onsets)


def test_all_that_is_refused_is_the_track_without_metadata(files, read, options):
    found = survey(files, read, options)
    assert [(refusal.path, refusal.reason) for refusal in found.refusals] == [
        ("Track00007/metadata.yaml", "missing_metadata")
    ]
    assert set(found.roles) == set(files)


def test_the_track_and_its_babyslakh_excerpt_are_one_group(sessions):
    assert set(sessions) == {REDUX, BABY}
    assert sessions[REDUX]["group_id"] == sessions[BABY]["group_id"]
    assert (sessions[REDUX]["split"], sessions[BABY]["split"]) == ("train", None)


def test_babyslakh_has_drums_although_its_metadata_denies_them(sessions):
    assert sessions[REDUX]["notes"] == []
    assert sessions[BABY]["notes"] == [
        "metadata.yaml says audio_rendered: false, and the file is there",
        "metadata.yaml says midi_saved: false, and the file is there",
    ]
    for session in sessions.values():
        assert session["label_map"] == "slakh_session_kit_full"
        assert session["integrated_loudness"] == pytest.approx(-27.129534)
        assert session["overall_gain"] == pytest.approx(0.1827026)


def test_the_recordings_are_the_drum_stems(sessions, files):
    infos = [soundfile.info(files[sessions[name]["audio_path"]].location) for name in (REDUX, BABY)]
    assert sessions[REDUX]["audio_path"] == f"{REDUX}/stems/S01.flac"
    assert sessions[BABY]["audio_path"] == f"{BABY}/stems/S01.wav"
    assert [(info.samplerate, info.channels) for info in infos] == [(44100, 1), (16000, 1)]


def test_the_mix_is_the_sum_of_all_stems(sessions, files):
    assert sessions[REDUX]["mix_path"] == f"{REDUX}/mix.flac"
    assert sessions[BABY]["mix_path"] == f"{BABY}/mix.wav"
    stem, mix = (
        soundfile.read(files[sessions[REDUX][name]].location)[0]
        for name in ("audio_path", "mix_path")
    )
    stems = [path for path in files if path.startswith(f"{REDUX}/stems/")]
    whole = sum(soundfile.read(files[path].location)[0] for path in stems)
    assert len(mix) == len(stem) == 88_200
    # Two seconds from the start of each, so that they lie over each other.
    assert np.corrcoef(mix, whole)[0, 1] > 0.99


@pytest.mark.parametrize("name", [REDUX, BABY])
def test_every_note_is_read_and_has_a_label(name, sessions, read, label_map, options):
    hits = read_hits(sessions[name], read, label_map, options)
    counts = Counter(int(label) for label in hits["source_label"])
    assert counts == NOTE_COUNTS
    assert sum(counts.values()) == 1_076
    labels = Counter(label_map.strokes[label].label for label in hits["source_label"].tolist())
    assert labels["china"] == 2  # 57, which General MIDI calls the second crash
    assert labels["crash"] == 21 + 136
    cymbals = Counter(label_map.strokes[label].cymbal for label in hits["source_label"].tolist())
    # 54 is a tambourine in General MIDI; on this kit it is the low crash that sounds.
    assert (cymbals[1], cymbals[2]) == (21, 136)


def test_the_rendering_moved_the_kicks_of_the_song(read):
    song = parse_midi(read(f"{REDUX}/all_src.mid")).notes
    stem = parse_midi(read(f"{REDUX}/MIDI/S01.mid")).notes
    drums = Counter(song[song[:, 3] == 9, 1].tolist())
    assert (drums[35], drums[36]) == (161, 23)
    assert Counter(stem[:, 1].tolist())[35] == 0


@pytest.mark.parametrize(
    ("path", "n_tempos"), [(f"{REDUX}/MIDI/S01.mid", 1), ("Track00007/MIDI/S00.mid", 4)]
)
def test_the_tempo_map_reads_as_mido_reads_it(path, n_tempos, read):
    data = read(path)
    parsed = parse_midi(data)
    assert len(parsed.tempos) == n_tempos
    seconds = tick_seconds(parsed, parsed.notes[:, 0])
    assert np.abs(seconds - mido_seconds(data)).max() < 1e-6


def test_the_tempo_in_force_alone_would_be_minutes_off(read):
    parsed = parse_midi(read("Track00007/MIDI/S00.mid"))
    ticks = parsed.notes[:, 0]
    naive = ticks / parsed.ticks_per_quarter * 60 / tempos_at(parsed, ticks)
    assert np.abs(tick_seconds(parsed, ticks) - naive).max() > 60
