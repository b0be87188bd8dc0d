"""The demo's multitracks and samples: true layouts, microphones that leak, known onsets."""

import hashlib
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import REPO

from drumcorpus.demo.microphones import Microphone, close, overheads, record, room
from drumcorpus.demo.multitrack import played_hits
from drumcorpus.demo.songs import (
    CRASH_2,
    HATS,
    KICK,
    LEAD_IN,
    SHAKER,
    SHARED_SONG,
    SNARE,
    TOM_1,
    TOM_3,
    Playing,
    Song,
    play_song,
    read_studio,
)
from drumcorpus.demo.tones import BASS, GUITAR, ORGAN, VOICE, play_part
from drumcorpus.source_sets.shared.groups import work_group

KITS_FILE = REPO / "resources" / "demo" / "kits.yaml"
STUDIO = read_studio(KITS_FILE)
SEED = 7
SETS = ("musdb18_hq", "cambridge", "telefunken_sessions", "signaturesounds")
EVERY_SET = pytest.mark.parametrize("name", SETS)
CAMBRIDGE_SHARED = "QuillbackParade_ItsOnlyWinter_Full/QuillbackParade_ItsOnlyWinter_Full"
MUSDB_SHARED = "test/Quillback Parade - It's Only Winter"
SD_SESSION = "Harrow+Lane+Trio-+Complete+Session"
RATE_HZ = 44100


def demo(name):
    return import_module(f"drumcorpus.demo.{name}")


@pytest.fixture(scope="module")
def corpora(tmp_path_factory):
    roots = {name: tmp_path_factory.mktemp(name) for name in SETS}
    for name, root in roots.items():
        demo(name).write_corpus(root, KITS_FILE, seed=SEED)
    return roots


@pytest.fixture(scope="module")
def truths():
    return {name: demo(name).truth(KITS_FILE, seed=SEED) for name in SETS}


def paths_of(root):
    return sorted(p.relative_to(root).as_posix() for p in root.rglob("*") if p.is_file())


def digests(root):
    return {path: hashlib.sha256((root / path).read_bytes()).digest() for path in paths_of(root)}


def read(root, path):
    sound, rate = soundfile.read(root / path, always_2d=True)
    return sound.mean(axis=1), rate


def peak_db(sound):
    return 20 * np.log10(np.abs(sound).max() + 1e-9)


def hits(*rows, duration=2.0):
    """A playing of (onset, note, velocity) rows on the first kit."""
    song = Song(99, "A", "B", 0, "rock", 120, duration)
    onsets, notes, velocities = (np.array(column) for column in zip(*rows, strict=True))
    return Playing(song, STUDIO.kits["birch"], onsets, notes, velocities)


def take_of(*rows, duration=2.0):
    return record(hits(*rows, duration=duration), sample_rate_hz=RATE_HZ, seed=SEED)


# The corpora


@EVERY_SET
def test_the_bytes_depend_on_the_arguments_alone(name, corpora, tmp_path):
    demo(name).write_corpus(tmp_path, KITS_FILE, seed=SEED, n_performances=1)
    first = digests(tmp_path)
    assert len(first) > 4
    assert first.items() <= digests(corpora[name]).items()


def test_another_seed_gives_another_playing_and_another_sound(corpora, tmp_path):
    demo("signaturesounds").write_corpus(tmp_path, KITS_FILE, seed=SEED + 1)
    whole, other = digests(corpora["signaturesounds"]), digests(tmp_path)
    written = [path for path in whole if whole[path] == other[path]]
    assert written == ["Cymbal Crashes - Demo/Cymbal Crashes - Demo/README", "README"]
    ours, theirs = (play_song(SHARED_SONG, STUDIO, seed=seed) for seed in (SEED, SEED + 1))
    assert not np.array_equal(ours.onsets, theirs.onsets)


@EVERY_SET
def test_a_corpus_is_small_and_says_that_it_is_synthetic(name, corpora):
    root = corpora[name]
    assert sum((root / path).stat().st_size for path in paths_of(root)) < 15_000_000
    assert (root / "README").read_text(encoding="utf-8").startswith("Synthetic ")
    assert {Path(path).suffix for path in paths_of(root)} == {".wav", ""}


def test_as_many_performances_are_written_as_are_asked_for(tmp_path):
    demo("cambridge").write_corpus(tmp_path, KITS_FILE, seed=SEED, n_performances=0)
    assert paths_of(tmp_path) == ["README"]
    assert demo("cambridge").truth(KITS_FILE, seed=SEED, n_performances=0) == {}


def test_musdb_has_two_songs_to_train_and_one_to_test_of_five_stems_each(corpora):
    stems = [f"{stem}.wav" for stem in ("bass", "drums", "mixture", "other", "vocals")]
    assert paths_of(corpora["musdb18_hq"]) == [
        "README",
        *(f"{MUSDB_SHARED}/{stem}" for stem in stems),
        *(f"train/Nettle & Thimble - Salt Roof/{stem}" for stem in stems),
        *(f"train/Odd Ferry Club - Don't Wake The Tide/{stem}" for stem in stems),
    ]


def test_a_musdb_mixture_is_the_sum_of_its_stems_sample_by_sample(corpora):
    for mixture in corpora["musdb18_hq"].rglob("mixture.wav"):
        stems = {
            stem: soundfile.read(mixture.with_stem(stem), dtype="int16")[0].astype(int)
            for stem in ("drums", "bass", "other", "vocals", "mixture")
        }
        whole = stems.pop("mixture")
        assert np.array_equal(sum(stems.values()), whole)
        assert 20000 < np.abs(whole).max() < 32767
        assert all(np.abs(stem).max() > 1000 for stem in stems.values())


def test_cambridge_folders_are_doubled_or_have_a_foreign_name_inside(corpora):
    folders = {str(Path(path).parent) for path in paths_of(corpora["cambridge"])} - {"."}
    assert folders == {
        CAMBRIDGE_SHARED,
        "ActuarialOwls_BrideOfTheCartographer_Full/ActuarialOwls_BrideOfTheCartographer_Full",
        "PocketMeridian_LowTide_Full/PocketMeridian_Low Tide",
    }


def test_a_cambridge_song_has_numbered_tracks(corpora):
    tracks = sorted(path.stem for path in (corpora["cambridge"] / CAMBRIDGE_SHARED).iterdir())
    assert " ".join(tracks) == (
        "01_KickIn 02_KickOut 03_SnareUp 04_SnareDown 05_HiHat 06_Ride 07_Tom1 08_Tom2 "
        "09_Overheads 10_Room 11_Bass 12_Organ 13_LeadVox 14_Shaker"
    )


def test_telefunken_names_hold_the_traps_of_the_real_ones(corpora):
    root = corpora["telefunken_sessions"]
    folders = sorted(path.name for path in root.iterdir() if path.is_dir())
    assert all("+" in folder and " " not in folder for folder in folders)
    assert "Gable+%26+Fern-+Complete+Session" in folders
    assert (root / folders[0] / "ORGAN LESLIE BOTTOM_M82.wav").is_file()
    sd_session = [path.name for path in (root / SD_SESSION).iterdir()]
    assert len(sd_session) == 7
    assert all(name.startswith("SD ") for name in sd_session)


def test_sample_packs_are_doubled_folders(corpora):
    for path in paths_of(corpora["signaturesounds"]):
        pack, *inner = path.split("/")
        assert path == "README" or inner[0] == pack


def test_the_formats_are_those_of_the_real_sets(corpora):
    formats = {
        name: {
            (info.samplerate, info.subtype, info.channels)
            for info in map(soundfile.info, map(str, root.rglob("*.wav")))
        }
        for name, root in corpora.items()
    }
    assert formats == {
        "musdb18_hq": {(44100, "PCM_16", 2)},
        "cambridge": {(44100, "PCM_24", 1), (44100, "PCM_24", 2), (44100, "PCM_16", 1)},
        "telefunken_sessions": {(44100, "PCM_24", 1), (48000, "PCM_24", 1)},
        "signaturesounds": {(44100, "PCM_16", 2)},
    }


# One performance in two corpora


def test_two_corpora_hold_the_same_performance_of_one_song_in_two_spellings(corpora, truths):
    artist, title = MUSDB_SHARED.removeprefix("test/").split(" - ")
    other_artist, other_title, _ = CAMBRIDGE_SHARED.split("/")[0].split("_")
    assert (artist, title) != (other_artist, other_title)
    assert work_group(artist, title) == work_group(other_artist, other_title)
    drums = truths["musdb18_hq"][f"{MUSDB_SHARED}/drums.wav"]
    snare = truths["cambridge"][f"{CAMBRIDGE_SHARED}/03_SnareUp.wav"]
    way = 0.05 / 343  # s, from the drum to its microphone
    assert all(np.abs(np.array(drums) + way - onset).min() < 1e-9 for onset in snare)


def test_the_shared_performance_sounds_alike_in_both_corpora(corpora):
    drums, _ = read(corpora["musdb18_hq"], f"{MUSDB_SHARED}/drums.wav")
    room_sound, _ = read(corpora["cambridge"], f"{CAMBRIDGE_SHARED}/09_Overheads.wav")
    spectrum = np.fft.rfft(drums, 1 << 20) * np.conj(np.fft.rfft(room_sound, 1 << 20))
    likeness = np.fft.irfft(spectrum).max() / np.sqrt(np.sum(drums**2) * np.sum(room_sound**2))
    assert likeness > 0.5


# The truth


@EVERY_SET
def test_the_truth_speaks_of_tracks_that_are_there_and_of_times_in_them(name, corpora, truths):
    assert truths[name]
    for path, onsets in truths[name].items():
        duration = soundfile.info(str(corpora[name] / path)).duration
        assert onsets == sorted(onsets)
        assert all(0 <= onset < duration for onset in onsets)


def test_the_truth_covers_close_microphones_but_no_overhead_room_or_other_part(truths):
    tracks = {Path(path).stem for name in SETS[1:3] for path in truths[name]}
    assert {"01_KickIn", "02_KickSample", "14_Shaker", "SD DRUMS-KICK-M82"} <= tracks
    unwanted = ("Overheads", "OH L", "Room", "Bass", "BASS", "ORGAN", "Organ", "Vox", "VOX")
    assert [track for track in tracks if any(word in track for word in unwanted)] == []


def test_a_microphone_whose_drum_is_never_struck_has_no_hit_of_its_own(corpora, truths):
    folder = "ActuarialOwls_BrideOfTheCartographer_Full"
    path = f"{folder}/{folder}/04_Tom1.wav"
    assert truths["cambridge"][path] == []
    assert -30 < peak_db(read(corpora["cambridge"], path)[0]) < -15  # yet it hears the others


@pytest.mark.parametrize("name", ["cambridge", "telefunken_sessions"])
def test_the_first_hit_of_every_close_track_is_there_to_be_seen(name, corpora, truths):
    for path, onsets in truths[name].items():
        if onsets:
            sound, rate = read(corpora[name], path)
            first = round(onsets[0] * rate)
            before = sound[: first - 2]
            after = sound[first : first + round(0.02 * rate)]
            assert np.abs(after).max() > 2 * np.abs(before[-round(0.01 * rate) :]).max(), path


@pytest.mark.parametrize("name", ["cambridge", "telefunken_sessions"])
def test_no_track_is_ever_silent_nor_clipped_and_drums_wait_for_the_first_beat(name, corpora):
    for path in paths_of(corpora[name])[:-1]:
        if path.endswith(".wav"):
            sound, rate = read(corpora[name], path)
            lead_in = sound[: round((LEAD_IN - 0.02) * rate)]
            assert -95 < 10 * np.log10(np.mean(lead_in**2)) < -75, path
            assert np.abs(sound).max() < 0.96


def test_a_sample_starts_after_a_silence_of_its_own(corpora, truths):
    leads = []
    for path, onsets in truths["signaturesounds"].items():
        if len(onsets) == 1:
            sound, rate = read(corpora["signaturesounds"], path)
            first = round(onsets[0] * rate)
            assert np.all(sound[:first] == 0)
            assert peak_db(sound[first : first + round(0.001 * rate)]) > -40
            leads.append(onsets[0])
    assert len(leads) == 25
    assert max(leads) <= 0.02
    assert len(set(leads)) > 20


def test_the_loop_is_at_the_tempo_of_its_name(corpora, truths):
    (path,) = (path for path, onsets in truths["signaturesounds"].items() if len(onsets) > 1)
    assert path.endswith("- Perc Loop 01 - 120-BPM.wav")
    assert np.diff(truths["signaturesounds"][path]).tolist() == [0.125] * 15
    assert soundfile.info(str(corpora["signaturesounds"] / path)).duration == 2.0


# The microphones


def test_a_close_microphone_hears_other_drums_12_to_24_db_softer_and_1_to_5_ms_later():
    drums = {KICK: 36, SNARE: 38, HATS: 42, TOM_1: 48, TOM_3: 43, CRASH_2: 57}  # it rings longest
    struck = {drum: 0.2 + second for second, drum in enumerate(drums)}
    take = take_of(*((struck[drum], note, 100) for drum, note in drums.items()), duration=6.2)
    for drum in drums:
        sound = close(take, Microphone(drum, distance=0.0))
        starts = {other: round(struck[other] * RATE_HZ) for other in drums}
        hits = {other: sound[at : at + RATE_HZ // 2] for other, at in starts.items()}
        own = peak_db(hits.pop(drum))
        for leaked in hits.values():
            assert -24.5 < peak_db(leaked) - own < -11.5
            # The first stroke that is heard: what still rings is softer.
            late = np.flatnonzero(np.abs(leaked) > 0.05 * np.abs(leaked).max())[0] / RATE_HZ
            assert 0.001 < late < 0.005


def test_a_sample_track_hears_its_own_drum_alone():
    take = take_of((0.2, 36, 100), (1.2, 38, 100))
    sound = close(take, Microphone(KICK, distance=0.0, leak_db=None))
    assert peak_db(sound) == pytest.approx(-6.0, abs=0.1)
    assert not sound[round(1.2 * RATE_HZ) :].any()
    assert not sound[: round(0.2 * RATE_HZ)].any()


def test_a_microphone_below_the_snare_hears_it_upside_down():
    take = take_of((0.2, 38, 100))
    above, below = (close(take, Microphone(SNARE, polarity=sign)) for sign in (1, -1))
    assert np.array_equal(above, -below)


def test_nothing_leaks_out_of_an_overdub():
    take = take_of((0.2, 36, 100), (1.2, SHAKER[0], 100))
    assert SHAKER in take.drums
    late = slice(round(1.2 * RATE_HZ), None)
    assert peak_db(close(take, Microphone(KICK))[late]) < -60
    assert peak_db(overheads(take)[late]) < -60


def test_an_overhead_hears_its_side_of_the_kit_louder_and_earlier():
    hats, floor_tom = (overheads(take_of((0.2, note, 100))) for note in (42, 43))
    assert peak_db(hats[:, 0]) > peak_db(hats[:, 1]) + 3
    assert peak_db(floor_tom[:, 1]) > peak_db(floor_tom[:, 0]) + 3
    first, second = (np.flatnonzero(np.abs(hats[:, side]))[0] for side in (0, 1))
    assert 0.001 < (second - first) / RATE_HZ < 0.005


def test_the_room_is_late_and_dies_away():
    dry = close(take_of((0.2, 37, 100)), Microphone(SNARE, leak_db=None))
    wet = room(take_of((0.2, 37, 100)))
    # Its reverberation is there before the first sound only as rounding of the transform.
    assert np.flatnonzero(np.abs(wet) > 1e-9)[0] / RATE_HZ == pytest.approx(0.21, abs=0.001)
    after = slice(round(0.32 * RATE_HZ), round(0.36 * RATE_HZ))  # the rim itself has died
    assert peak_db(wet[after]) - peak_db(wet) > peak_db(dry[after]) - peak_db(dry) + 15
    assert peak_db(wet[round(0.8 * RATE_HZ) :]) < peak_db(wet) - 50


def test_played_hits_are_the_drums_own_on_their_way_to_the_microphone():
    playing = hits((0.2, 36, 100), (0.5, 38, 90), (0.7, 40, 60), (1.5, 37, 50))
    heard = played_hits(playing, Microphone(SNARE, distance=0.343, ends=1.4))
    assert heard["onset"].tolist() == pytest.approx([0.501, 0.701])
    assert heard["note"].tolist() == [38, 40]
    assert heard["velocity"].tolist() == [90, 60]


# Songs and parts


def test_the_shaker_moves_no_other_hit():
    with_shaker = play_song(SHARED_SONG, STUDIO, seed=SEED)
    is_kit = with_shaker.notes != SHAKER[0]
    fields = {**vars(SHARED_SONG), "has_shaker": False}
    without = play_song(Song(**fields), STUDIO, seed=SEED)
    assert (~is_kit).sum() > 20
    assert np.array_equal(with_shaker.onsets[is_kit], without.onsets)
    assert np.array_equal(with_shaker.velocities[is_kit], without.velocities)


@pytest.mark.parametrize(("player", "bars"), [(0, "rock polka"), (99, "rock")])
def test_a_song_that_the_demo_file_cannot_play_is_refused(player, bars):
    with pytest.raises(ValueError, match=r"kits\.yaml: 'B' needs performances\[\d+\] and the bars"):
        play_song(Song(99, "A", "B", player, bars, 120, 2.0), STUDIO, seed=SEED)


@pytest.mark.parametrize("instrument", [BASS, GUITAR, ORGAN, VOICE], ids="bgov")
def test_a_part_sounds_at_its_pitches_and_level(instrument):
    tempo_bpm = 60.0 * instrument.beats  # a chord a second
    sound = play_part(instrument, tempo_bpm=tempo_bpm, duration=1.0, sample_rate_hz=RATE_HZ)
    assert np.abs(sound).max() == pytest.approx(0.3)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound))))  # a bin a hertz
    chord = [round(frequency_hz) for frequency_hz in instrument.chords[0]]
    beside = spectrum[round(1.13 * chord[0])]
    assert all(spectrum[hz - 4 : hz + 5].max() > 10 * beside for hz in chord)
