"""Which voices of sampled kits are strokes on one cymbal, by their fine spectra.

    python bench/crash_truth/bodies.py KIT_DIR...

A cymbal's modes stay where they are however it is struck. The spectrum of what rings on, on an axis
of octaves and less its own coarse shape, is correlated between recordings: those of one cymbal have
0.4 to 0.9, even of two sessions with other microphones; those of two have 0.26 at most, even when
one is shifted by up to half an octave, as a kit does that plays one recording at two pitches.
"""

import argparse
import itertools
import json
from pathlib import Path

import numpy as np
import soundfile as sf
from scipy.ndimage import uniform_filter1d

CYMBALS = ("crash", "splash", "china", "ride")  # beginnings of the voices that are looked at
START_S, LENGTH_S = 0.15, 2.0  # of what rings on; shorter recordings are filled with silence
LOW_HZ, HIGH_HZ = 300.0, 9_000.0
PER_OCTAVE = 192  # bins
COARSE = PER_OCTAVE // 3  # bins that are smoothed away
MOST_SHIFT = PER_OCTAVE // 2
N_FFT = 1 << 18
ONE_CYMBAL = 0.33  # least median correlation over the pairs of layers of two voices


def main() -> None:
    """Print cymbals that have several voices, and how alike each kit's crashes are."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("kits", type=Path, nargs="+", help="folders of kits, each with kit.json")
    args = parser.parse_args()
    voices = {
        (kit.resolve().name, voice): shapes
        for kit in args.kits
        for voice, shapes in read_shapes(kit).items()
    }
    print("| cymbal with several voices |", "| --- |", sep="\n")
    for body in find_bodies(voices):
        if len(body) > 1:
            print(f"| {', '.join(f'{kit} {voice}' for kit, voice in body)} |")
    print(
        "", "| kit | voices | correlation | at any shift |", "| --- | --- | ---: | ---: |", sep="\n"
    )
    for (one, other), (plain, shifted) in compare_crashes(voices).items():
        print(f"| {one[0]} | {one[1]}, {other[1]} | {plain:.2f} | {shifted:.2f} |")


def read_shapes(kit: Path) -> dict[str, list[np.ndarray]]:
    """Fine spectra of every layer of the cymbals of one kit, by voice."""
    voices = json.loads((kit / "kit.json").read_text(encoding="utf-8"))["voices"]
    shapes = {}
    for voice, files in voices.items():
        if voice.startswith(CYMBALS):
            strokes = (sf.read(kit / file, always_2d=True) for file in files)
            shapes[voice] = [fine_shape(samples.mean(axis=1), rate) for samples, rate in strokes]
    return shapes


def fine_shape(samples: np.ndarray, rate_hz: int) -> np.ndarray:
    """Log power of what rings on, by octaves, less its coarse shape.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,)
        One stroke from its onset, mono.

    Returns
    -------
    shape : np.ndarray, shape (n_bins,)
        In natural logarithms; `PER_OCTAVE` bins from `LOW_HZ` to `HIGH_HZ`.
    """
    n = round(LENGTH_S * rate_hz)
    ringing = samples[round(START_S * rate_hz) :][:n]
    ringing = np.pad(ringing, (0, n - len(ringing)))
    power = np.abs(np.fft.rfft(ringing * np.hanning(n), N_FFT)) ** 2
    edges = LOW_HZ * 2 ** (np.arange(int(PER_OCTAVE * np.log2(HIGH_HZ / LOW_HZ)) + 1) / PER_OCTAVE)
    at = np.searchsorted(np.fft.rfftfreq(N_FFT, 1 / rate_hz), edges)
    sums = np.concatenate([[0.0], np.cumsum(power)])
    level = np.log(np.diff(sums[at]) / np.diff(at) + 1e-20)
    return level - uniform_filter1d(level, COARSE)


def correlate(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    """Correlation of two fine spectra, and the largest at any shift up to `MOST_SHIFT`."""
    n = len(one)
    by_shift = {
        shift: float(
            np.corrcoef(
                one[max(0, shift) : n + min(0, shift)], other[max(0, -shift) : n - max(0, shift)]
            )[0, 1]
        )
        for shift in range(-MOST_SHIFT, MOST_SHIFT + 1)
    }
    return by_shift[0], max(by_shift.values())


def find_bodies(voices: dict[tuple[str, str], list[np.ndarray]]) -> list[list[tuple[str, str]]]:
    """Voices, by kit and name, that are strokes on one cymbal; every voice is in one list."""
    names = list(voices)
    body = {name: [name] for name in names}
    for one, other in itertools.combinations(names, 2):
        pairs = [np.corrcoef(a, b)[0, 1] for a in voices[one] for b in voices[other]]
        if body[one] is not body[other] and np.median(pairs) > ONE_CYMBAL:
            joined = body[one] + body[other]
            body |= dict.fromkeys(joined, joined)
    return sorted({id(each): sorted(each) for each in body.values()}.values())


def compare_crashes(
    voices: dict[tuple[str, str], list[np.ndarray]],
) -> dict[tuple[tuple[str, str], tuple[str, str]], tuple[float, float]]:
    """Largest correlation over the layers of every two crashes of a kit, plain and at any shift."""
    compared = {}
    crashes = [name for name in voices if name[1].startswith("crash")]
    for one, other in itertools.combinations(crashes, 2):
        if one[0] == other[0]:
            pairs = [correlate(a, b) for a in voices[one] for b in voices[other]]
            compared[one, other] = tuple(np.max(pairs, axis=0).tolist())
    return compared


if __name__ == "__main__":
    main()
