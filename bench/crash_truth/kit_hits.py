"""Hits of kits whose cymbals are known, described in memory: what models are learned from.

Every kit plays the performances of Groove MIDI that strike both crashes, or one of them, often
enough: as they were played, and with all strokes at half their velocity. Kits with a third cymbal
play those that strike three as well. No audio is kept; what describes the hits is, for next time.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
from centroid_gap import RATE_HZ, mean_centroids
from render import Material, digest_files, load_renderer, read_index

from drumcorpus.stages.crash import companions, embeddings
from drumcorpus.stages.crash.companions import Companion, embed_beside
from drumcorpus.stages.crash.cymbal_model import fine_columns
from drumcorpus.stages.crash.embeddings import ORDER_FEATURE, SAME_STROKE, feature_names
from drumcorpus.stages.crash.strokes import Strokes
from drumcorpus.stages.crash.training import KnownKit

LEVEL_FEATURE = "shape_level_db"
LEAST_HITS, LEAST_OF_EACH = 8, 3  # of a performance; as the renderer chooses
TWO = {49: 1, 55: 1, 57: 2, 52: 2}
THREE = {49: 1, 57: 2, 52: 2, 55: 3}
AS_PLAYED, WITH_THIRD = "as_played", "three"
CONDITIONS = {AS_PLAYED: (TWO, 1.0), "soft": (TWO, 0.5), WITH_THIRD: (THREE, 1.0)}
THIRD_NOTE, THIRD_VOICE = 55, "crash3"
# Voices whose labels are others, and labels of cymbals that ring on where a crash's modes are:
# their strokes cover one at once with them. Closed hi-hats and drums are too short to matter.
LABELS = {"ride": "ride_bow"}
COVERING = (
    *("crash", "crash2", "crash3", "china", "splash"),
    *("ride_bow", "ride_bell", "ride_edge", "hihat_open", "hihat_foot_splash"),
)
RIDE = (51, 53, 59)  # notes of the companion, as `crash.embedding.companion` has it by default
LOUDEST = 127  # velocity of MIDI; the chain's are shares of it
SEED = 7
KEPT_AS = 4  # to be raised where what this file makes of a performance changes


@dataclass(frozen=True)
class DescribedKit:
    """A kit under one condition; arrays have one entry per hit."""

    kit: str
    condition: str
    known: KnownKit
    velocities: np.ndarray
    centroids_hz: np.ndarray  # of the plain method


def describe_kit(material: Material, name: str, condition: str, cache: Path) -> DescribedKit | None:
    """The hits of one kit under one condition; None where it has no third cymbal."""
    renderer = load_renderer(material.renderer)
    voices = renderer.load_kit(material.kits[name])
    if condition == WITH_THIRD and THIRD_VOICE not in voices:
        return None
    code = [material.renderer, embeddings.__file__, companions.__file__]
    made_of = digest_files(map(Path, [*code, *sorted(material.kits[name].glob("*.*"))]))
    limit = material.limit or "all"
    path = cache / f"{name}.{condition}.{limit}.{KEPT_AS}.{made_of[:12]}.npz"
    if not path.is_file():
        arrays = describe_hits(renderer, voices, material, condition)
        part = path.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **arrays)
        part.rename(path)
    with np.load(path) as arrays:
        known = known_kit(f"{name}, {condition}", arrays)
        return DescribedKit(name, condition, known, arrays["velocities"], arrays["centroids_hz"])


def known_kit(name: str, arrays) -> KnownKit:
    """Arrays of `describe_hits` as what a model is learned from."""
    columns = feature_names()
    described = arrays["embeddings"].astype(np.float64)
    strokes = Strokes(
        vectors=described[:, fine_columns()],
        onsets=arrays["onsets"],
        sessions=arrays["sessions"],
        levels_db=described[:, columns.index(LEVEL_FEATURE)],
        order_keys=described[:, columns.index(ORDER_FEATURE)],
        beside=[words.split() for words in arrays["beside"].tolist()],
        velocities=arrays["velocities"] / LOUDEST,
    )
    return KnownKit(name, strokes, arrays["cymbals"])


def describe_hits(renderer, voices, material, condition: str) -> dict[str, np.ndarray]:
    """Play the performances of one condition and describe their crash hits."""
    cymbals_of, gain = CONDITIONS[condition]
    renderer.VOICES = dict(renderer.VOICES)
    if condition == WITH_THIRD:
        renderer.VOICES[THIRD_NOTE] = THIRD_VOICE
    described, onsets, sessions, cymbals = [], [], [], []
    velocities, centroids, beside = [], [], []
    n_played = 0
    for row in read_index(material.midi):
        notes = renderer.note_ons(material.midi / row["midi_filename"])
        struck = [cymbals_of[note] for _, note, _ in notes if note in cymbals_of]
        if not is_wanted(struck, max(cymbals_of.values())):
            continue
        if material.limit is not None and n_played == material.limit:
            break
        notes = [(at, note, max(1, round(gain * velocity))) for at, note, velocity in notes]
        audio = renderer.render(notes, voices, np.random.default_rng([SEED, n_played]))
        audio = np.round(audio * 32767) / 32768  # as 16 bit
        samples = soxr.resample(audio.astype(np.float32), renderer.RATE, RATE_HZ)
        at = np.array([at for at, note, _ in notes if note in cymbals_of])
        velocity = np.array([velocity for _, note, velocity in notes if note in cymbals_of])
        described.append(embed_beside(samples, RATE_HZ, at, velocity, ride_of(notes))[0])
        onsets.append(at)
        sessions.append(np.full(len(at), n_played))
        cymbals.append(struck)
        velocities.append(velocity)
        centroids.append(mean_centroids(samples, at))
        beside += struck_beside(notes, cymbals_of, renderer.VOICES)
        n_played += 1
    return {
        "embeddings": np.vstack(described),
        "onsets": np.concatenate(onsets),
        "sessions": np.concatenate(sessions),
        "cymbals": np.concatenate(cymbals),
        "velocities": np.concatenate(velocities),
        "centroids_hz": np.concatenate(centroids),
        "beside": np.array(beside),
    }


def ride_of(notes: list[tuple[float, int, int]]) -> Companion:
    """The strokes on the ride, as the chain finds them in its events."""
    onsets, numbers, velocities = np.array(notes, dtype=float).reshape(len(notes), 3).T
    return Companion.among(onsets, velocities, np.isin(numbers, RIDE))


def struck_beside(
    notes: list[tuple[float, int, int]], cymbals_of: dict[int, int], voices: dict[int, str]
) -> list[str]:
    """The voices struck with each hit of a cymbal, as the chain has labels beside its hits."""
    times = np.array([at for at, *_ in notes])
    words = []
    for at, note, _ in notes:
        if note in cymbals_of:
            near = np.flatnonzero(np.abs(times - at) <= SAME_STROKE)
            others = {notes[row][1] for row in near} - set(cymbals_of)
            names = {voices[other].split()[0] for other in others if other in voices}
            words.append(" ".join(sorted(LABELS.get(name, name) for name in names)))
    return words


def is_wanted(struck: list[int], n_cymbals: int) -> bool:
    """Whether a performance strikes each cymbal often enough, or, of two, one alone."""
    counts = [struck.count(number) for number in range(1, n_cymbals + 1)]
    if len(struck) < LEAST_HITS:
        return False
    return min(counts) >= LEAST_OF_EACH or (n_cymbals == 2 and min(counts) == 0)
