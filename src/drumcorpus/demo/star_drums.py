"""Writes a demo corpus in the layout of STAR Drums."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.takes import bar, play_along, play_bars, sound_hits, write_stereo
from drumcorpus.demo.tones import BASS, ORGAN

SAMPLE_RATE_HZ = 48000
CLASS_OF_NOTE = {
    **{36: "BD", 38: "SD", 37: "SS", 42: "CHH", 22: "CHH", 46: "OHH", 26: "OHH", 44: "PHH"},
    **{48: "HT", 45: "MT", 43: "LT", 51: "RD", 59: "RD", 53: "RB", 49: "CRC", 55: "CRC"},
}
"""What the annotation calls the notes of a demo kit."""

_RING_OUT = 0.6  # s after the last stroke
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


_BARS = {
    "rock": bar(
        crash_1_edge="X---------------",
        hat_closed_edge="--x-X-x-X-x-X---",
        hat_open_edge="--------------X-",
        snare="----X-------X---",
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
        snare="----X-------X---",
        kick="X-x-----X-------",
    ),
    "fill": bar(
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
        score = play_bars(
            *(_BARS, take.bars, kit),
            tempo_bpm=take.tempo_bpm,
            seed=[seed, take.played, _PLAYING],
        )
        onsets, (_, notes, velocities) = score.onsets, score.notes.T
        _write_annotation(folder, take, onsets, notes, velocities)
        drums, other = (
            sound_hits(
                *(np.maximum(onsets - early, 0), notes, velocities, kit),
                sample_rate_hz=SAMPLE_RATE_HZ,
                ring_out=_RING_OUT + early,
                seed=[seed, index, part],
            )
            for early, part in ((0.0, _SOUND), (_EARLIER, _ORIGINAL))
        )
        bass, organ = play_along(
            (BASS, ORGAN), drums, tempo_bpm=take.tempo_bpm, sample_rate_hz=SAMPLE_RATE_HZ
        )
        music = 0.7 * bass + 0.5 * organ
        end = f"{take.kit_name}.flac"
        sounds = {
            f"re_synthesized_drum/{take.track}_re_synth_drum_{end}": drums,
            f"mix/{take.track}_mix_{end}": drums + music,
            f"original_drum/{take.track}_original_drum.flac": other,
            f"original_mix/{take.track}_original_mix.flac": other + music,
        }
        for name, samples in sounds.items():
            write_stereo(folder / "audio" / name, samples, samples, SAMPLE_RATE_HZ)
    listed = dict.fromkeys((take.track, take.licence) for take in takes if take.licence)
    blocks = [_LICENCE.format(*pair) for pair in listed]
    path = root / "LICENSE/licenses_audio_files_from_mtg_jamendo.txt"
    path.parent.mkdir()
    path.write_bytes("\n".join(blocks).encode())
    (root / "README.md").write_text(_README, encoding="utf-8")


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
