"""Writes a demo corpus in the layout of STAR Drums."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import Bar, play
from drumcorpus.demo.kits import Kit, read_kits
from drumcorpus.demo.synthesizer import render
from drumcorpus.demo.tones import BASS, ORGAN, play_part
from drumcorpus.ground.sound.writing import write_sound

SAMPLE_RATE_HZ = 48000
CLASS_OF_NOTE = {
    **{36: "BD", 38: "SD", 37: "SS", 42: "CHH", 22: "CHH", 46: "OHH", 26: "OHH", 44: "PHH"},
    **{48: "HT", 45: "MT", 43: "LT", 51: "RD", 59: "RD", 53: "RB", 49: "CRC", 55: "CRC"},
}
"""What the annotation calls the notes of a demo kit."""

_RING_OUT = 0.6  # s after the last stroke
_CEILING = 0.95  # of full scale
_EARLIER = 0.03  # s by which the drummer of the original plays otherwise than was written down
_PLAYING, _SOUND, _ORIGINAL = 0, 1, 2  # parts of a seed, so that no draw moves another

_README = """\
Synthetic music in the layout of STAR Drums.

No musician was recorded: a program wrote the hits and rendered the sound. The licences in
LICENSE are examples. The real data set is at https://zenodo.org/records/15690078
Nothing of it is in these files but its layout.
"""


_LICENCE = """\
{}.mp3
A Track, by an artist of the demo
Available under a Creative Commons license: http://creativecommons.org/licenses/{}/
"""


def _bar(**lines: str) -> Bar:
    return Bar((4, 4), lines)


_BARS = {
    "rock": _bar(
        crash_1_edge="X---------------",
        hat_closed_edge="--x-X-x-X-x-X---",
        hat_open_edge="--------------X-",
        snare="----X-------X---",
        kick="X-----x-X-x-----",
    ),
    "side": _bar(
        hat_closed_bow="x-x-x-x-x-x-x-x-",
        cross_stick="----X-------X---",
        kick="X-------X-x-----",
    ),
    "ride": _bar(
        ride_bow="X-x-X-x-X-x-X---",
        ride_bell="--------------X-",
        hat_pedal="----x-------x---",
        snare="----X-------X---",
        kick="X-x-----X-------",
    ),
    "fill": _bar(
        snare="X-xx------------",
        tom_1="----X-x---------",
        tom_2="--------X-x-----",
        tom_3="------------X-x-",
        kick="X-------X-------",
    ),
}


@dataclass(frozen=True)
class Take:
    """One track on one kit."""

    folder: str  # of the split and the collection
    track: str
    kit: str
    bars: tuple[str, ...]
    tempo_bpm: float
    licence: str | None  # the end of its address; None of a song, whose folder says it
    played: int  # takes of one track share it: the program wrote the drums down once

    @property
    def kit_name(self) -> str:
        """The kit as the files have it."""
        return f"{self.kit}_kit_full"


TAKES = (
    Take("training/mtg-jamendo", "9000001", "birch", ("rock", "fill"), 132, "by/3.0", 0),
    Take("training/mtg-jamendo", "9000001", "maple", ("rock", "fill"), 132, "by/3.0", 0),
    Take("test", "Paper_Kilns__Radio_mix_Two", "birch", ("side", "rock"), 138, None, 1),
    Take("training/mtg-jamendo", "9000002", "maple", ("ride", "side"), 144, "by-sa/3.0/nl", 2),
    Take("training/mtg-jamendo", "9000003", "birch", ("fill", "ride"), 126, "by-nc-sa/2.5", 3),
)
"""One track on two kits; a song with "_mix_" in its name, and a track that may not be sold."""


def write_corpus(root: Path, kits_file: Path, *, seed: int, n_performances: int = 12) -> None:
    """Write a small synthetic corpus as STAR Drums is laid out.

    The bytes depend on the arguments alone. Beside the new drums and the mix with them stand the
    originals, whose strokes are others than those of the annotation.

    Parameters
    ----------
    root : Path
        The folder that stands for ``STAR_publication/``; made if it is missing.
    kits_file : Path
        Kits, as `resources/demo/kits.yaml` explains them.
    seed : int
        At least 0; seeds timing, velocities and the differences between hits.
    n_performances : int
        How many takes are written at most; there are five.
    """
    kits = read_kits(kits_file)
    takes = TAKES[:n_performances]
    for index, take in enumerate(takes):
        kit, folder = kits[take.kit], root / "data" / take.folder
        onsets, notes, velocities = _play(take, kit, seed=[seed, take.played, _PLAYING])
        _write_annotation(folder, take, onsets, notes, velocities)
        duration = float(onsets.max()) + _RING_OUT
        music = _music(take.tempo_bpm, duration)
        drums, other = (
            render(
                times,
                notes,
                velocities,
                kit,
                sample_rate_hz=SAMPLE_RATE_HZ,
                duration=duration,
                rng=np.random.default_rng([seed, index, part]),
            )
            for times, part in ((onsets, _SOUND), (np.maximum(onsets - _EARLIER, 0), _ORIGINAL))
        )
        end = f"{take.kit_name}.flac"
        sounds = {
            f"re_synthesized_drum/{take.track}_re_synth_drum_{end}": drums,
            f"mix/{take.track}_mix_{end}": drums + music,
            f"original_drum/{take.track}_original_drum.flac": other,
            f"original_mix/{take.track}_original_mix.flac": other + music,
        }
        for name, samples in sounds.items():
            _write_audio(folder / "audio" / name, samples)
    listed = dict.fromkeys((take.track, take.licence) for take in takes if take.licence)
    blocks = [_LICENCE.format(*pair) for pair in listed]
    path = root / "LICENSE/licenses_audio_files_from_mtg_jamendo.txt"
    path.parent.mkdir()
    path.write_bytes("\n".join(blocks).encode())
    (root / "README.md").write_text(_README, encoding="utf-8")


def _play(take: Take, kit: Kit, *, seed: list[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Onset, note and velocity of every hit."""
    bars = [_BARS[name] for name in take.bars]
    rng = np.random.default_rng(seed)
    score = play(bars, kit, tempos_bpm={0: take.tempo_bpm}, turns={}, rng=rng)
    return score.onsets, score.notes[:, 1], score.notes[:, 2]


def _write_annotation(
    folder: Path, take: Take, onsets: np.ndarray, notes: np.ndarray, velocities: np.ndarray
) -> None:
    rows = sorted(
        (float(onset), CLASS_OF_NOTE[int(note)], int(velocity))
        for onset, note, velocity in zip(onsets, notes, velocities, strict=True)
    )
    text = "".join(f"{onset!r}\t{name}\t{velocity}\n" for onset, name, velocity in rows)
    path = folder / "annotation" / f"{take.track}_mix_{take.kit_name}.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())


def _music(tempo_bpm: float, duration: float) -> np.ndarray:
    """Bass and organ, shape (n_samples,)."""
    bass, organ = (
        play_part(part, tempo_bpm=tempo_bpm, duration=duration, sample_rate_hz=SAMPLE_RATE_HZ)
        for part in (BASS, ORGAN)
    )
    return 0.7 * bass + 0.5 * organ


def _write_audio(path: Path, samples: np.ndarray) -> None:
    """Write both channels alike, as everything here is struck and played in the middle."""
    path.parent.mkdir(parents=True, exist_ok=True)
    gain = min(1.0, _CEILING / np.abs(samples).max())
    write_sound(path, np.column_stack([samples, samples]) * gain, SAMPLE_RATE_HZ)
