"""Writes the demo corpus in the layout of ENST-Drums."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import Bar, Score, play
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.synthesizer import render
from drumcorpus.ground.sound.writing import write_sound

_RATE_HZ = 44100
_RING_OUT = 0.5  # s of sound after the last note-off

_README = """\
Synthetic drum takes in the layout of ENST-Drums (public set).

No drummer and no drum was recorded: a program wrote the hits and rendered the sound from
models of vibrating drums. They hold nothing of ENST-Drums but its layout. The real data set is
by Olivier Gillet and Gaël Richard, Télécom Paris.
"""

# What each label sounds like: a stroke of the kit, by its note in `kits.yaml`, and how far its body
# is tuned. A word after the label tells two ways of playing apart that are annotated alike.
_DRUMS = {
    "bd": (36, 1.0),
    "sd": (38, 1.0),
    "sweep": (38, 1.03),
    "rs": (40, 1.0),
    "cs": (37, 1.0),
    "sticks": (37, 1.9),
    "cb": (37, 0.62),
    "chh": (22, 1.0),
    "chh foot": (44, 1.0),
    "ohh": (26, 1.0),
    "mt": (48, 1.0),
    "lt": (43, 1.0),
    "ltr": (58, 1.0),
}
_MORE_DRUMS = {"sd-": (38, 0.9), "mtr": (50, 1.0), "lmt": (45, 1.0), "lft": (43, 0.8)}
# The kit, and the labels of each drummer; cymbals in the order in which they stand.
_DRUMMERS = {
    "drummer_1": ("maple", _DRUMS | {"c1": (55, 1.0), "rc2": (51, 1.0)}),
    "drummer_2": (
        "birch",
        _DRUMS
        | {
            "cr1": (55, 1.0),
            "spl2": (55, 1.9),
            "rc3": (51, 1.0),
            "rc3 dome": (53, 1.0),
            "rc4": (51, 0.85),
            "ch5": (52, 1.3),
        },
    ),
    "drummer_3": (
        "maple",
        _DRUMS
        | _MORE_DRUMS
        | {
            "ch1": (52, 1.4),
            "cr2": (55, 1.12),
            "rc3": (51, 1.1),
            "c4": (51, 0.9),
            "cr5": (52, 1.12),
        },
    ),
}
# Close microphones, and a label of the body that each stands at.
_NEAR = {"audio/kick": "bd", "audio/snare": "sd", "audio/hi-hat": "chh", "audio/tom_1": "mt"}
_NEAR_TOMS = {
    "drummer_1": {"audio/tom_2": "lt"},
    "drummer_2": {"audio/tom_2": "lt"},
    "drummer_3": {"audio/tom_2": "lmt", "audio/tom_3": "lt"},
}


@dataclass(frozen=True)
class _Take:
    """One take: where it stands, how fast it is, and a bar in signs as in `kits.yaml`."""

    drummer: str
    stem: str
    bpm: float
    lines: dict[str, str]
    newline: str = "\n"


_TAKES = (
    _Take("drummer_1", "001_hits_snare-drum_sticks_x4", 150, {"sd": "o---x---X---!---"}),
    _Take(
        "drummer_3",
        "156_MIDI-minus-one_rock'n'roll-188_sticks",
        188,
        {
            "sticks": "X---X---X---X-----------------------------------",
            "cr2": "----------------X-------X-------X-------x-------",
            "cr5": "--------------------X---------X-----X---------X-",
            "sd": "--------------------X-------X-------X-------X---",
            "bd": "----------------X---x-x-X---x-X-X---x-x-X---x-X-",
        },
    ),
    _Take(
        "drummer_2",
        "123_minus-one_celtic-rock-better-take_sticks",
        120,
        {
            "cr1": "X---------------",
            "spl2": "--------------X-",
            "rc3": "--x-X-x-X-x-----",
            "rc4": "-----------xX---",
            "ch5": "------X---------",
            "sd": "----X-------X---",
            "bd": "X-----x-X-----x-",
        },
    ),
    _Take(
        "drummer_1",
        "114_minus-one_celtic-rock_brushes",
        120,
        {
            "sweep": "x-------x-------",
            "rc2": "X-x-X-x-X-x-X-x-",
            "c1": "X-------------X-",
            "sd": "----x--g----x--g",
            "bd": "X-------X-------",
        },
        newline="\r\n",
    ),
    _Take(
        "drummer_1", "008_hits_pedal-hi-hat-close_pedal_x1", 150, {"chh foot": "----X-----------"}
    ),
    _Take(
        "drummer_3",
        "119_solo_toms_mallets",
        112,
        {
            "mt": "X-x-------------",
            "mtr": "---x------------",
            "lmt": "----X-x---------",
            "lt": "-------xX-x-----",
            "ltr": "-----------x----",
            "lft": "------------X-X-",
            "sd-": "x-------f-------",
            "bd": "X---X---X---X---",
        },
    ),
    _Take(
        "drummer_2", "009_hits_ride-cymbal-1-dome_sticks_x3", 150, {"rc3 dome": "X----x----X-----"}
    ),
    _Take(
        "drummer_3",
        "116_phrase_cha-cha_complex_slow_sticks",
        104,
        {
            "ch1": "X---------------",
            "cb": "x-x-x-x-x-x-x-x-",
            "cs": "----X-------X---",
            "rs": "---------X------",
            "rc3": "------x-------x-",
            "bd": "X-----x-X-----x-",
        },
    ),
    _Take("drummer_3", "015_hits_ride-cymbal-2_sticks_x3", 150, {"c4": "o----x----X-----"}),
    _Take(
        "drummer_1",
        "137_MIDI-minus-one_rock'n'roll-188_sticks",
        188,
        {
            "chh": "X-x-X-x-X-x-X---X-x-X-x-X-x-X-x-",
            "ohh": "--------------X-----------------",
            "c1": "X---------------X---------------",
            "lt": "----------------------------xxX-",
            "sd": "----X-------X-------X-------X---",
            "bd": "X-----x-X-------X-----x-X-------",
        },
    ),
)
"""In this order, so that a few already hold two crashes, a backing track, and each mix."""

_TONES_HZ = (110.0, 130.8, 146.8, 164.8, 196.0)


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as ENST-Drums is laid out.

    The bytes depend on the arguments alone. Every channel is its own mono file.

    Parameters
    ----------
    root : Path
        The folder that stands for ``ENST-drums-public/``; made if it is missing.
    kits_file : Path
        Kits; `resources/demo/kits.yaml` explains the fields.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many are written at the most; there are ten.

    Raises
    ------
    ValueError
        If the file does not describe its kits well.
    """
    kits = read_kits(kits_file)
    for number, take in enumerate(_TAKES[:n_performances]):
        kit = _drummers_kit(take.drummer, kits)
        rng = np.random.default_rng([seed, number])
        bar = Bar((len(next(iter(take.lines.values()))) // 4, 4), take.lines)
        score = play([bar], kit, tempos_bpm={0: take.bpm}, turns={}, rng=rng)
        folder = root / take.drummer
        _write_annotation(folder / "annotation" / f"{take.stem}.txt", score, kit, take.newline)
        for channel, sound in _channels(take, score, kit, rng).items():
            path = folder / channel / f"{take.stem}.wav"
            path.parent.mkdir(parents=True, exist_ok=True)
            write_sound(path, sound, _RATE_HZ)
    (root / "README").write_text(_README, encoding="utf-8")


def _drummers_kit(drummer: str, kits: dict[str, Kit]) -> Kit:
    """A kit whose strokes bear the drummer's labels, each body once for every tuning."""
    base, sounds = kits[_DRUMMERS[drummer][0]], _DRUMMERS[drummer][1]
    voices, strokes = {}, {}
    for note, (label, (sound, tuning)) in enumerate(sounds.items()):
        stroke = base.stroke_of_note[sound]
        voice = base.voices[stroke.voice]
        name = f"{voice.name} {tuning}"
        frequencies = voice.frequencies_hz * tuning
        voices[name] = replace(voice, name=name, frequencies_hz=frequencies)
        strokes[label] = replace(stroke, name=label, voice=name, note=note)
    return Kit(drummer, voices, strokes)


def _write_annotation(path: Path, score: Score, kit: Kit, newline: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    labels = [kit.stroke_of_note[note].name.split()[0] for note in score.notes[:, 1]]
    pairs = zip(score.onsets, labels, strict=True)
    path.write_bytes("".join(f"{s:.6f} {label}{newline}" for s, label in pairs).encode())


def _channels(
    take: _Take, score: Score, kit: Kit, rng: np.random.Generator
) -> dict[str, np.ndarray]:
    """The sound of every microphone and mix by its folder, each of shape (n_samples,)."""
    voices = _voices(score, kit, rng)
    channels = {}
    for channel, label in (_NEAR | _NEAR_TOMS[take.drummer]).items():
        body = kit.strokes[label].voice.split()[0]
        # It hears the rest of the kit too, at 1/20.
        gains = {name: 1.0 if name.startswith(body) else 0.05 for name in voices}
        channels[channel] = sum(gains[name] * sound for name, sound in voices.items())
    dry = 0.4 * (channels["audio/kick"] + channels["audio/snare"])
    places = {voice: place / len(kit.voices) for place, voice in enumerate(kit.voices)}
    for channel, side in (("audio/overhead_L", 0.4), ("audio/overhead_R", -0.4)):
        # From left to right over the kit: every body has gains of its own in the pair.
        gains = {name: 0.5 + side * np.cos(np.pi * places[name]) for name in voices}
        channels[channel] = sum(gains[name] * sound for name, sound in voices.items())
        dry = dry + 0.6 * channels[channel]
    channels |= {"audio/dry_mix": dry, "audio/wet_mix": _with_echoes(dry)}
    if "minus-one" in take.stem:
        channels["audio/accompaniment"] = _accompaniment(take, len(dry))
    peak = max(np.abs(sound).max() for sound in channels.values())
    return {name: sound * min(1.0, 0.95 / peak) for name, sound in channels.items()}


def _voices(score: Score, kit: Kit, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """The sound of every body that is struck, alone."""
    bodies = np.array([kit.stroke_of_note[note].voice for note in score.notes[:, 1]])
    duration = score.duration + _RING_OUT
    return {
        str(body): render(
            score.onsets[bodies == body],
            score.notes[bodies == body, 1],
            score.notes[bodies == body, 2],
            kit,
            sample_rate_hz=_RATE_HZ,
            duration=duration,
            rng=rng,
        )
        for body in np.unique(bodies)
    }


def _with_echoes(dry: np.ndarray) -> np.ndarray:
    wet = dry.copy()
    for delay, gain in ((0.019, 0.3), (0.031, 0.22), (0.047, 0.15)):
        n_samples = round(delay * _RATE_HZ)
        wet[n_samples:] += gain * dry[:-n_samples]
    return wet


def _accompaniment(take: _Take, n_samples: int) -> np.ndarray:
    """A bass note to each beat: the same piece for all who play along with it."""
    seconds = np.arange(n_samples) / _RATE_HZ
    beat = (seconds * take.bpm / 60).astype(int)
    piece = take.stem.split("_")[2]
    tones_hz = np.roll(_TONES_HZ, len(piece))[beat % len(_TONES_HZ)]
    return 0.2 * np.sin(2 * np.pi * tones_hz * seconds)
