"""Writes a demo corpus in the layout of IDMT-SMT-Drums V2."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import Bar, play
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.synthesizer import render
from drumcorpus.ground.sound.writing import write_sound

SAMPLE_RATE_HZ = 44100
NOTES = {"HH": (42, 22, 46, 26), "KD": (36,), "SD": (38,)}
"""The drums that are annotated, and the notes that a demo kit plays them with."""

_STEPS = 480 // 4  # ticks of a sixteenth
_RING_OUT = 0.8  # s after the last stroke
_CEILING = 0.95  # of full scale
_TRAINING = {"HH": (42, 46, 42), "KD": (36, 36, 36), "SD": (38, 38, 38)}
_TRAINING_ONSETS = np.array([0.1, 0.6, 1.1])
_TRAINING_VELOCITIES = np.array([70, 95, 115])
_TRAINING_DURATION = 1.6
_SVL_END = 342475  # what the published files say, however long they are
_PLAYING, _SOUND, _STROKES = 0, 1, 2  # parts of a seed, so that no draw moves another

_README = """\
Synthetic drum loops in the layout of IDMT-SMT-Drums V2.

No drummer and no drum was recorded: a program wrote the hits and rendered the sound from
models of vibrating drums. The real data set is at https://zenodo.org/records/7544164
Nothing of it is in these files but its layout.
"""


def _bar(**lines: str) -> Bar:
    return Bar((4, 4), lines)


_BARS = {
    "straight": _bar(
        hat_closed_edge="X-x-X-x-X-x-X-x-",
        snare="----X-------X---",
        kick="X-----x-X-------",
    ),
    "lifted": _bar(
        hat_closed_bow="X-x-X-x-X-x-X---",
        hat_open_bow="--------------X-",
        snare="----X--g----X--g",
        kick="X-x-----X-x-----",
    ),
    "bare": _bar(snare="----X-------X---", kick="X-----x---X-----"),
}


@dataclass(frozen=True)
class Loop:
    """One recording: what is played, and what its annotation is like."""

    name: str
    kit: str
    bars: tuple[str, ...]
    tempo_bpm: float
    first_frame: int  # where the first stroke is marked; before the start, it sounds at the start
    is_timed_by_machine: bool  # strokes on the grid, all of one strength
    has_stems: bool  # the loop was put together of single drums, which are published too
    svl_lacks_last: bool = False  # the last stroke of the loop has no point


LOOPS = (
    Loop(
        "RealDrum01_00", "birch", ("straight", "lifted", "straight"), 104, 3786, False, False, True
    ),
    Loop("WaveDrum02_01", "maple", ("lifted", "lifted", "straight"), 112, 2, False, True),
    Loop(
        "TechnoDrum01_00", "maple", ("straight", "straight", "lifted"), 126, 441, True, False, True
    ),
    Loop("RealDrum01_01", "birch", ("lifted", "straight", "lifted"), 96, 4686, False, False),
    Loop("WaveDrum02_02", "maple", ("straight", "lifted", "lifted"), 118, -10, False, True),
    Loop("TechnoDrum01_01", "maple", ("bare", "bare", "bare"), 122, 0, True, False, True),
)
"""All three kinds are among the first three; TechnoDrum01_01 has no hi-hat at all."""


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as IDMT-SMT-Drums V2 is laid out.

    The bytes depend on the arguments alone. It holds what is odd in the published files: a first
    stroke in exponent form, one before the start, onsets of five digits, a loop without hi-hat,
    SVLs with a document type, a wrong `end` and without the last stroke of the loop.

    Parameters
    ----------
    root : Path
        The folder that stands for ``IDMT-SMT-DRUMS-V2``; made if it is missing.
    kits_file : Path
        Kits, as `resources/demo/kits.yaml` explains them.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many loops are written at most; there are six.
    """
    kits = read_kits(kits_file)
    for folder in ("audio", "annotation_xml", "annotation_svl"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    for index, loop in enumerate(LOOPS[:n_performances]):
        frames, notes, velocities = _play(loop, kits[loop.kit], seed=[seed, index, _PLAYING])
        _write_annotations(root, loop, frames, notes)
        stems = {}
        for part, of_part in NOTES.items():
            in_part = np.isin(notes, of_part)
            stems[part] = render(
                np.maximum(frames[in_part], 0) / SAMPLE_RATE_HZ,
                notes[in_part],
                velocities[in_part],
                kits[loop.kit],
                sample_rate_hz=SAMPLE_RATE_HZ,
                duration=frames.max() / SAMPLE_RATE_HZ + _RING_OUT,
                rng=np.random.default_rng([seed, index, _SOUND, *of_part]),
            )
        mix = sum(stems.values())
        gain = min(1.0, _CEILING / np.abs(mix).max())
        _write_audio(root, f"{loop.name}#MIX", mix * gain)
        for part, stem in stems.items():
            if loop.has_stems:
                _write_audio(root, f"{loop.name}#{part}", stem * gain)
            strokes = _training_strokes(kits[loop.kit], part, seed=[seed, index, _STROKES])
            _write_audio(root, f"{loop.name}#{part}#train", strokes)
    (root / "README.txt").write_text(_README, encoding="utf-8")


def _play(loop: Loop, kit: Kit, *, seed: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Frame, note and velocity of every hit, in order of frame and note."""
    tempos = {0: loop.tempo_bpm}
    bars = [_BARS[name] for name in loop.bars]
    rng = np.random.default_rng(seed)
    score = play(bars, kit, tempos_bpm=tempos, turns={}, rng=rng)
    ticks, notes, velocities = score.notes.T
    if loop.is_timed_by_machine:
        ticks = np.rint(ticks / _STEPS) * _STEPS
        velocities = np.full(len(ticks), 100)
    seconds = ticks * 60.0 / (loop.tempo_bpm * 4 * _STEPS)
    frames = np.rint(seconds * SAMPLE_RATE_HZ).astype(int)
    frames += loop.first_frame - frames.min()
    order = np.lexsort((notes, frames))
    return frames[order], notes[order], velocities[order]


def _training_strokes(kit: Kit, part: str, *, seed: list[int]) -> np.ndarray:
    """Three strokes of one drum, at times that have nothing to do with the loop."""
    return render(
        _TRAINING_ONSETS,
        np.array(_TRAINING[part]),
        _TRAINING_VELOCITIES,
        kit,
        sample_rate_hz=SAMPLE_RATE_HZ,
        duration=_TRAINING_DURATION,
        rng=np.random.default_rng([*seed, *_TRAINING[part]]),
    )


def _write_audio(root: Path, name: str, samples: np.ndarray) -> None:
    write_sound(root / "audio" / f"{name}.wav", samples, SAMPLE_RATE_HZ)


def _write_annotations(root: Path, loop: Loop, frames: np.ndarray, notes: np.ndarray) -> None:
    part_of = {note: part for part, of_part in NOTES.items() for note in of_part}
    events = sorted((int(f), part_of[int(n)]) for f, n in zip(frames, notes, strict=True))
    xml = root / "annotation_xml" / f"{loop.name}#MIX.xml"
    xml.write_text(_xml(loop, events), encoding="utf-8")
    marked = events[:-1] if loop.svl_lacks_last else events
    for part in NOTES:
        points = [frame for frame, of_part in marked if of_part == part]
        if points:
            svl = root / "annotation_svl" / f"{loop.name}#{part}.svl"
            svl.write_text(_svl(points), encoding="utf-8")


def _xml(loop: Loop, events: Iterable[tuple[int, str]]) -> str:
    stems = str(loop.has_stems).lower()
    bleeds = str(not loop.has_stems).lower()
    training = [
        f"    <audioTrainingFileName>{loop.name}#{part}#train.wav</audioTrainingFileName>"
        for part in NOTES
    ]
    lines = [
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>',
        "<instrumentRecording>",
        "  <globalParameter>",
        f"    <audioFileName>{loop.name}#MIX.wav</audioFileName>",
        "    <recordingArtist>drumcorpus</recordingArtist>",
        # Spelt as in the published files.
        f"    <mixGroundTrouthAvailable>{stems}</mixGroundTrouthAvailable>",
        f"    <mixGroundTrouthHasInterference>{bleeds}</mixGroundTrouthHasInterference>",
        *training,
        "  </globalParameter>",
        "  <transcription>",
        *(line for frame, part in events for line in _event(frame / SAMPLE_RATE_HZ, part)),
        "  </transcription>",
        "</instrumentRecording> ",
    ]
    return "\n".join(lines) + "\n"


def _event(onset: float, part: str) -> tuple[str, ...]:
    time = f"{onset:.5g}" if onset < 10 else f"{onset:.6g}"  # as MATLAB prints numbers
    return (
        "    <event>",
        "      <pitch>0</pitch>",
        f"      <onsetSec>{time}</onsetSec>",
        f"      <offsetSec>{time}</offsetSec>",
        f"      <instrument>{part}</instrument>",
        "    </event>",
    )


def _svl(frames: Iterable[int]) -> str:
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<!DOCTYPE sonic-visualiser>",
        "<sv>",
        "  <data>",
        f'    <model id="2" name="" sampleRate="{SAMPLE_RATE_HZ}" start="0" end="{_SVL_END}"'
        ' type="sparse" dimensions="1" resolution="1" notifyOnAdd="true" dataset="1" />',
        '    <dataset id="1" dimensions="1">',
        *(f'      <point frame="{frame}" label="New Point" />' for frame in frames),
        "    </dataset>",
        "  </data>",
        "  <display>",
        '    <layer id="0" type="timeinstants" name="Time Instants" model="2"  plotStyle="0"'
        ' colourName="Purple" colour="#c832ff" darkBackground="false" />',
        "  </display>",
        "</sv>",
    ]
    return "\n".join(lines) + "\n"
