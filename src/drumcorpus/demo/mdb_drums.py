"""Writes a demo corpus in the layout of MDB Drums."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import TICKS_PER_BEAT, seconds_of_ticks
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.takes import BEATS, bar, play_along, play_bars, sound_hits, write_stereo
from drumcorpus.demo.tones import BASS, ORGAN
from drumcorpus.ground.sound.writing import write_sound

SAMPLE_RATE_HZ = 44100
SUBCLASS_OF_NOTE = {
    **{36: "KD", 38: "SD", 37: "SST", 42: "CHH", 22: "CHH", 46: "OHH", 26: "OHH", 44: "PHH"},
    **{48: "HIT", 45: "MHT", 43: "LFT", 51: "RDC", 59: "RDC", 53: "RDB"},
    **{49: "CRC", 55: "CRC", 57: "CRC", 52: "CRC"},
}
"""What the annotation calls the notes of a demo kit."""
CLASS_OF_SUBCLASS = {
    **{"KD": "KD", "SD": "SD", "SDG": "SD", "SDF": "SD", "CHH": "HH", "OHH": "HH", "PHH": "HH"},
    **{"HIT": "TT", "MHT": "TT", "LFT": "TT", "RDC": "CY", "RDB": "CY", "CRC": "CY", "SST": "OT"},
}

_SNARE = 38
_FLAM = 0.045  # s; two strokes of the snare this close are one flam
_GHOST = 40  # velocity below which a stroke of the snare is a ghost note
_GRID = 0.01  # s; the annotations lie on it
_RING_OUT = 0.8  # s after the last stroke
_PLAYING, _SOUND = 0, 1  # parts of a seed, so that neither draw moves the other

_README = """\
Synthetic drums in the layout of MDB Drums.

No drummer and no drum was recorded: a program wrote the hits and rendered the sound from
models of vibrating drums. The real data set is at https://github.com/CarlSouthall/MDBDrums
Nothing of it is in these files but its layout and the titles of four tracks.
"""


_BARS = {
    "accent": bar(
        crash_1_edge="X---------------",
        hat_closed_edge="--x-X-x-X-x-X-x-",
        snare="----X-------X---",
        kick="X-----x-X-------",
    ),
    "two_crashes": bar(
        # Neither cymbal goes with the snare, or the sound could not tell one from the other.
        crash_1_edge="X-----------x---",
        crash_2_edge="----X---X-------",
        snare="----X-------X---",
        kick="X---x---X---x---",
    ),
    "one_crash": bar(
        crash_1_edge="X---x---X---x---",
        snare="----X-------X---",
        kick="X-x-----X-x-----",
    ),
    "rock": bar(
        hat_closed_edge="X-x-X-x-X-x-X---",
        hat_open_edge="--------------X-",
        snare="----X--g----X--g",
        kick="X-----x-X-x-----",
    ),
    "side": bar(
        hat_closed_bow="x-x-x-x-x-x-x-x-",
        cross_stick="----X-------X---",
        kick="X-------X-x-----",
    ),
    "ride": bar(
        ride_bow="X-x-X-x-X-x-X---",
        ride_bell="--------------X-",
        hat_pedal="----x-------x---",
        snare="----X--g-g--X---",
        kick="X-x-----X-------",
    ),
    "fill": bar(
        snare="f---f-----------",
        tom_1="--------Xx------",
        tom_2="----------Xx----",
        tom_3="------------Xx--",
        kick="X---X---X---X---",
    ),
}


@dataclass(frozen=True)
class Track:
    """One track: what is played, and in which of the published forms it is annotated."""

    name: str
    kit: str
    bars: tuple[str, ...]
    tempo_bpm: float
    label_form: str  # of a line of the subclass file
    beat_form: str
    skipped_beats: int = 0  # the recording begins within its first bar
    has_full_mix: bool = False


_BLANKS, _TABS = "{:.6f} \t {} \n", "{:.9f}\t{}\n"
_BEAT_BLANKS, _BEAT_TABS = "{:.5f} \t {}\n", "{:.3f}\t{}\n"
TRACKS = (
    Track(
        "MusicDelta_Rock",
        "birch",
        ("two_crashes", "rock", "two_crashes", "fill"),
        124,
        _BLANKS,
        _BEAT_BLANKS,
    ),
    Track(
        "MusicDelta_Rockabilly",
        "maple",
        ("one_crash", "side", "one_crash", "fill"),
        132,
        _TABS,
        _BEAT_TABS,
    ),
    Track(
        "MusicDelta_Zeppelin",
        "birch",
        ("rock", "accent", "ride", "fill", "accent"),
        138,
        _BLANKS,
        _BEAT_TABS,
        skipped_beats=2,
        has_full_mix=True,
    ),
    Track(
        "MusicDelta_FunkJazz", "maple", ("ride", "ride", "rock", "ride"), 120, _BLANKS, _BEAT_TABS
    ),
)


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as MDB Drums is laid out.

    The bytes depend on the arguments alone. Lines come in the published forms, with tabs and
    with blanks; one track begins within a bar, one has a full mix; both strokes of a flam have
    their line. Of the crash cymbals, which have no number, one track strikes two, one strikes one,
    and one strikes its own too seldom to tell.

    Parameters
    ----------
    root : Path
        The folder that stands for ``MDB Drums``; made if it is missing.
    kits_file : Path
        Kits, as `resources/demo/kits.yaml` explains them.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many tracks are written at most; there are four.
    """
    kits = read_kits(kits_file)
    folders = ("annotations/subclass", "annotations/class", "annotations/beats")
    for folder in (*folders, "audio/drum_only", "audio/full_mix"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for index, track in enumerate(TRACKS[:n_performances]):
        kit = kits[track.kit]
        hits, beats = _play(track, kit, seed=[seed, index, _PLAYING])
        _write_annotations(root, track, hits, beats)
        drums = sound_hits(
            *(*hits, kit),
            sample_rate_hz=SAMPLE_RATE_HZ,
            ring_out=_RING_OUT,
            seed=[seed, index, _SOUND],
        )
        write_sound(root / f"audio/drum_only/{track.name}_Drum.wav", drums, SAMPLE_RATE_HZ)
        if track.has_full_mix:
            bass, organ = play_along(
                (BASS, ORGAN), drums, tempo_bpm=track.tempo_bpm, sample_rate_hz=SAMPLE_RATE_HZ
            )
            left, right = drums + bass + 0.3 * organ, drums + bass + 0.8 * organ
            path = root / f"audio/full_mix/{track.name}_MIX.wav"
            write_stereo(path, left, right, SAMPLE_RATE_HZ)
    (root / "README.md").write_text(_README, encoding="utf-8")


def _play(track: Track, kit: Kit, *, seed: list[int]) -> tuple[tuple, list[tuple[float, int]]]:
    """Onset, note and velocity of the hits, and time and number of the beats."""
    score = play_bars(_BARS, track.bars, kit, tempo_bpm=track.tempo_bpm, seed=seed)
    ticks = np.arange(track.skipped_beats, BEATS * len(track.bars)) * TICKS_PER_BEAT
    start = seconds_of_ticks(ticks[:1], score.tempos)[0]
    times = np.round(seconds_of_ticks(ticks, score.tempos) - start, 2) + _GRID
    numbers = 1 + ticks // TICKS_PER_BEAT % BEATS
    onsets = score.onsets - start
    audible = onsets >= 0
    hits = (onsets[audible], score.notes[audible, 1], score.notes[audible, 2])
    return hits, list(zip(times.tolist(), numbers.tolist(), strict=True))


def _subclasses(onsets: np.ndarray, notes: np.ndarray, velocities: np.ndarray) -> list[str]:
    """The subclass of each hit; both strokes of a flam are one."""
    names = [SUBCLASS_OF_NOTE[int(note)] for note in notes]
    snares = np.flatnonzero(notes == _SNARE)
    for row in snares:
        apart = np.abs(onsets[snares] - onsets[row])
        if ((apart > 0) & (apart < _FLAM)).any():
            names[row] = "SDF"
        elif velocities[row] < _GHOST:
            names[row] = "SDG"
    return names


def _write_annotations(
    root: Path, track: Track, hits: tuple, beats: Iterable[tuple[float, int]]
) -> None:
    # As a detector of 10 ms frames proposes them: where the frame of the onset ends.
    times = np.ceil(hits[0] / _GRID) * _GRID
    rows = sorted(zip(times.tolist(), _subclasses(*hits), strict=True))
    folder = root / "annotations"
    subclass = "".join(track.label_form.format(time, name) for time, name in rows)
    classes = "".join(_BLANKS.format(time, CLASS_OF_SUBCLASS[name]) for time, name in rows)
    numbered = "".join(track.beat_form.format(time, number) for time, number in beats)
    files = {
        f"subclass/{track.name}_subclass.txt": subclass,
        f"class/{track.name}_class.txt": classes,
        f"beats/{track.name}_MIX.beats": numbered,
    }
    for name, text in files.items():
        (folder / name).write_bytes(text.encode())
