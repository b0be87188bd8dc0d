"""Hold predictions against the onsets that are heard where they are.

Conventions: times are seconds from the start of the recording. The onsets are those of the
project's own detector [1]_, which knows nothing of labels; predictions and onsets up to 30 ms after
the first of a group count as one, and one matches the other within 50 ms, each once at most, as of
mir_eval. Neither side is the truth: the detector misses strokes that are masked and finds attacks
that are no strokes. In a dense recording much agrees by chance: the same figure of predictions that
are shifted by half of the recording says how much.

References
----------
.. [1] `ground.sound.onsets`, whose scores on annotated recordings are in ``reports/onsets``.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.sound.onset_settings import OnsetSettings
from drumcorpus.ground.sound.onsets import analyse_stem
from drumcorpus.ground.statistics.onset_matches import (
    GROUP,
    WINDOW,
    first_of_groups,
    match_times,
    median_ms,
    share,
)
from drumcorpus.vocabulary import NO_AUDIO, UNREADABLE_AUDIO

SCHEMA = "drumcorpus.predictions_held/1"
N_NAMED = 50  # sessions without predictions that are named
NO_PREDICTION = "no_prediction"


@dataclass(frozen=True, eq=False)
class Held:
    """The predictions of one session, or of several, beside the onsets of their recordings.

    `offset`, shape (n_matched,), is prediction less onset in s; `n_by_chance` are the matches of
    the shifted predictions. `labels` has by source label how many hits there are, and how many have
    an onset within the window.
    """

    n_predicted: int
    n_onsets: int
    offset: np.ndarray
    n_by_chance: int
    labels: dict[str, tuple[int, int]]


def hold(onsets: np.ndarray, times: np.ndarray, labels: np.ndarray, seconds: float) -> Held:
    """Match the predictions of one recording with its onsets.

    Parameters
    ----------
    onsets : np.ndarray, shape (n_onsets,)
        As they were detected, s, in order.
    times, labels : np.ndarray, shape (n_hits,)
        Of the predictions: s, in order, and the source label of each.
    seconds : float
        Length of the recording.
    """
    heard, predicted = first_of_groups(onsets), first_of_groups(times)
    pairs = match_times(heard, predicted)
    shifted = np.sort((predicted + seconds / 2) % seconds) if seconds > 0 else predicted
    near = _is_near(times, onsets)
    counts = {}
    for label in sorted(set(labels.tolist())):
        own = labels == label
        counts[label] = (int(own.sum()), int(near[own].sum()))
    return Held(
        len(predicted),
        len(heard),
        predicted[pairs[:, 1]] - heard[pairs[:, 0]],
        len(match_times(heard, shifted)),
        counts,
    )


def figures(held: Iterable[Held]) -> dict:
    """Shares and timing of one or more sessions, pooled.

    Returns
    -------
    figures : dict
        ``n_predicted``, ``n_onsets`` and ``n_matched``; ``predicted_with_onset``, the share of
        predicted onsets that have an acoustic one; ``by_chance``, the same of shifted predictions;
        ``onsets_without_prediction``, the share of acoustic onsets; ``median_offset_ms`` of the
        matches, above 0 where predictions are late, and ``offset_mad_ms``, their median absolute
        deviation from it; ``labels``: by source label, ``n_hits`` and ``with_onset``, a share. None
        where there is nothing to divide by.
    """
    held = list(held)
    n_predicted = sum(each.n_predicted for each in held)
    n_onsets = sum(each.n_onsets for each in held)
    offset = np.concatenate([np.zeros(0), *(each.offset for each in held)])
    counts: dict[str, np.ndarray] = {}
    for each in held:
        for label, pair in each.labels.items():
            counts[label] = counts.get(label, np.zeros(2, dtype=int)) + pair
    return {
        "n_predicted": n_predicted,
        "n_onsets": n_onsets,
        "n_matched": len(offset),
        "predicted_with_onset": share(len(offset), n_predicted),
        "by_chance": share(sum(each.n_by_chance for each in held), n_predicted),
        "onsets_without_prediction": share(n_onsets - len(offset), n_onsets),
        "median_offset_ms": median_ms(offset),
        "offset_mad_ms": median_ms(np.abs(offset - np.median(offset))) if len(offset) else None,
        "labels": {
            label: {"n_hits": int(n_hits), "with_onset": share(int(near), int(n_hits))}
            for label, (n_hits, near) in sorted(counts.items())
        },
    }


def hold_predictions(
    hits: pa.Table,
    staged: Mapping,
    open_audio: Callable[[str], tuple[np.ndarray, int]],
    settings: Mapping,
    *,
    on_session: Callable[[], None] = lambda: None,
) -> dict:
    """Hold the predictions of a source set against its recordings.

    Parameters
    ----------
    hits : pa.Table
        Schema PREDICTED_HITS.
    staged : mapping
        The document of `staging.stage_predictions`.
    open_audio
        ``audio_path -> (samples, sample_rate_hz)``; raises ValueError where it cannot be decoded.
    settings : mapping
        The section ``onsets`` of the configuration.
    on_session
        Called after each session, for progress.

    Returns
    -------
    report : dict
        ``total`` and, of every session, ``sessions``: as of `figures`; ``not_held``: how many
        sessions were not, by reason; ``refusals``: what could not be read; ``missing``: the first
        sessions without predictions. What the model is stands there as well.
    """
    detection = read_settings(OnsetSettings, settings)
    ids = hits["session_id"].to_numpy(zero_copy_only=False)
    times, labels = hits["onset_time"].to_numpy(), np.array(hits["source_label"].to_pylist(), str)
    starts = {name: row for row, name in reversed(list(enumerate(ids.tolist())))}
    sessions, refusals, pooled = [], [], []
    not_held = {NO_AUDIO: 0, UNREADABLE_AUDIO: 0, NO_PREDICTION: len(staged["missing"])}
    for row in staged["sessions"]:
        name, path = row["session_id"], row["audio_path"]
        first = starts.get(name, 0)
        own = slice(first, first + row["n_hits"])
        on_session()
        if path is None:
            not_held[NO_AUDIO] += 1
            continue
        try:
            samples, rate = open_audio(path)
            onsets = analyse_stem(samples, rate, detection).onset
        except ValueError as error:
            not_held[UNREADABLE_AUDIO] += 1
            refusals.append({"session_id": name, "path": path, "detail": str(error)})
            continue
        held = hold(onsets, times[own], labels[own], len(samples) / rate)
        pooled.append(held)
        sessions.append({"session_id": name, "audio_path": path} | figures([held]))
    return {
        "schema": SCHEMA,
        **{name: staged[name] for name in ("source_set", "model", "version", "label_map")},
        "files_sha256": staged["files_sha256"],
        "window_ms": 1000 * WINDOW,
        "group_ms": 1000 * GROUP,
        "settings": dict(settings),
        "total": figures(pooled),
        "not_held": not_held,
        "refusals": refusals,
        "missing": staged["missing"][:N_NAMED],
        "sessions": sessions,
    }


def _is_near(times: np.ndarray, onsets: np.ndarray) -> np.ndarray:
    """Whether an onset is within the window of each time; several times may have the same one."""
    if len(onsets) == 0:
        return np.zeros(len(times), dtype=bool)
    place = np.searchsorted(onsets, times)
    before, after = onsets[(place - 1).clip(0)], onsets[place.clip(max=len(onsets) - 1)]
    return np.minimum(np.abs(times - before), np.abs(after - times)) <= WINDOW
