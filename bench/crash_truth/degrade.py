"""Roots of Groove MIDI's layout with every recording or its performance made harder."""

import shutil
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import soundfile as sf
from harder import SEED, WideJitter, code_mp3, mix_instruments, reverberate
from performances import shift_strokes, soften
from render import Material, load_renderer, read_index

MP3 = "mp3_128k"
RENDERED_ANEW = "round_robin_noise"
CHANGES: dict[str, Callable] = {
    "reverberation": reverberate,
    MP3: code_mp3,
    "other_instruments": mix_instruments,
}
HARDER = (*CHANGES, RENDERED_ANEW)
SOFT = "soft_playing"
ONSET_ERRORS = {"onset_error_5ms": 0.005, "onset_error_20ms": 0.020}  # standard deviation, s
CONDITIONS = (*HARDER, SOFT, *ONSET_ERRORS)
PEAK = 0.99


def why_not(condition: str) -> str | None:
    """Why a condition cannot be made on this machine, or None."""
    if condition == MP3 and "MP3" not in sf.available_formats():
        version = sf.__libsndfile_version__
        return f"libsndfile {version} writes no MP3; from 1.1 on it does"
    return None


def code_of(condition: str) -> list[str]:
    """Modules that a condition's audio depends on, beside the renderer's."""
    if condition in HARDER:
        return ["degrade.py", "harder.py"]
    return ["degrade.py", "performances.py"]


def made_of(condition: str) -> dict:
    """What a condition adds to what its audio depends on."""
    coder = {"libsndfile": sf.__libsndfile_version__} if condition == MP3 else {}
    return {"condition": condition, "seed": SEED} | coder


def degrade_root(
    condition: str, material: Material, kit: str, source: Path, target: Path, n_jobs: int
) -> None:
    """Copy a root of Groove MIDI's layout, with every recording made harder."""
    tasks = [
        (condition, material.renderer, material.kits[kit], source, target, number, row)
        for number, row in enumerate(read_index(source))
    ]
    with ProcessPoolExecutor(n_jobs, mp_context=get_context("spawn")) as pool:
        list(pool.map(_degrade_session, tasks))
    shutil.copyfile(source / "info.csv", target / "info.csv")


def _degrade_session(task: tuple) -> None:
    condition, renderer, kit, source, target, number, row = task
    recording, midi = row["audio_filename"], row["midi_filename"]
    (target / recording).parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng([SEED, number])
    if condition in ONSET_ERRORS:  # the recording stays, the strokes' times are wrong
        shift_strokes(source / midi, target / midi, ONSET_ERRORS[condition], rng)
        shutil.copyfile(source / recording, target / recording)
        return
    if condition == SOFT:
        soften(source / midi, target / midi)
        samples, rate_hz = render_again(renderer, kit, target / midi, rng)
        sf.write(target / recording, samples, rate_hz, subtype="PCM_16")
        return
    shutil.copyfile(source / midi, target / midi)
    if condition == RENDERED_ANEW:
        samples, rate_hz = render_again(renderer, kit, source / midi, WideJitter(rng))
    else:
        samples, rate_hz = sf.read(source / recording, dtype="float64")
        samples = CHANGES[condition](samples, rate_hz, rng, float(row["bpm"]))
    samples = samples / max(1.0, np.abs(samples).max() / PEAK)
    sf.write(target / recording, samples, rate_hz, subtype="PCM_16")


def render_again(
    renderer: Path, kit: Path, midi: Path, rng: np.random.Generator | WideJitter
) -> tuple[np.ndarray, int]:
    """Render one performance; `rng` chooses the layer and the gain of every hit."""
    module = load_renderer(renderer)
    samples = module.render(module.note_ons(midi), _load_kit(renderer, kit), rng)
    return samples, module.RATE


@lru_cache(maxsize=1)
def _load_kit(renderer: Path, kit: Path) -> dict:
    return load_renderer(renderer).load_kit(kit)
