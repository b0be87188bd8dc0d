"""Samples of frames whose classes follow from their bands: written, not made of sound."""

import numpy as np

from drumcorpus.stages.train_check.frame_samples import FrameSample, Material
from drumcorpus.stages.train_check.network_settings import LearningSettings, NetworkSettings
from drumcorpus.stages.train_check.spectra import SpectrumSettings

CLASSES = ("kick", "crash", "crash2", "china")
SPECTRA = SpectrumSettings(100.0, 46.4, 18, 30.0, 20_000.0)
LEARNING = LearningSettings(
    epochs=8, patience=8, pieces=60, piece_s=2.0, batch=6, learning_rate=0.01
)
SETTINGS = NetworkSettings("S", "components", (0,), SPECTRA, LEARNING)
SPLIT_OF = ("train", "train", "train", "validation", "test")


def draw_material(folder, n_sessions=60, seconds=4.0, seed=0, kinds=3):
    """Sessions of one sample each; a stroke of class c raises four bands of its own and fades.

    Of five sessions three are of training; nothing is a china.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    n_frames = round(seconds * SPECTRA.frames_per_s)
    samples = []
    for number in range(n_sessions):
        frames = rng.normal(0.5, 0.1, (n_frames, SPECTRA.bands))
        at = np.arange(10, n_frames - 25, 25)
        at = at + rng.integers(0, 12, len(at))
        classes = rng.integers(0, kinds, len(at))
        for frame, kind in zip(at, classes, strict=True):
            bands = slice(6 * kind, 6 * kind + 4)
            frames[frame : frame + 10, bands] += 1.5 * 0.8 ** np.arange(10)[:, None]
        path = folder / f"{seed}-{number}.npy"
        np.save(path, frames.astype(np.float16))
        split = SPLIT_OF[number % 5]
        samples.append(
            FrameSample(
                f"s{number}",
                split,
                "demo",
                f"session{number}",
                f"group{number}",
                0.0,
                1.0 if split == "train" else float("nan"),
                at / SPECTRA.frames_per_s,
                classes,
                path,
                f"{number:064x}",
            )
        )
    return Material(CLASSES, tuple(samples), SPECTRA, "taxonomy")
