"""Hold the onset detector against annotated onsets.

Conventions: onsets are seconds from the start of the audio. A detected onset is right if a
reference onset is within 50 ms of it, each being matched once at most: the measure of mir_eval [1]_
and of MIREX. Three scopes are scored.

``all``
    Every reference onset; one per event, and so per instant at which anything is struck.
``loud``
    Reference onsets whose peak is within 30 dB of the take's. They are matched first. What then
    matches a quiet reference onset is set aside: it is no mistake, and no merit either.
``apart``
    Reference onsets up to 30 ms after the first of a group count as one, as is common [2]_: hands
    and feet that fall together are a few milliseconds apart, and no detector that keeps its onsets
    apart can report both. What `all` misses and `apart` does not is this.

References
----------
.. [1] C. Raffel et al., "mir_eval: a transparent implementation of common MIR metrics", ISMIR 2014.
.. [2] S. Böck, F. Krebs and M. Schedl, "Evaluating the online capabilities of onset detection
   methods", ISMIR 2012.
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
from drumcorpus.stages.onsets.scopes import SCOPES
from drumcorpus.vocabulary import (
    FILE_NAME,
    LABELS_FROM_A_MODEL,
    LABELS_FROM_THIS_DETECTOR,
    MODEL,
    NO_AUDIO,
    NO_EVENTS,
    ONSET_DETECTOR,
    UNREADABLE_AUDIO,
)

LOUD_DB = -30.0  # re the take's peak
LEVEL_BEFORE, LEVEL_AFTER = 0.01, 0.04  # s around a reference onset, which may come early or late

OWN_METHODS = (ONSET_DETECTOR, FILE_NAME)  # label methods whose onsets it has found itself


@dataclass(frozen=True, eq=False)
class Match:
    """What became of the onsets of one scope."""

    n_reference: int
    n_estimated: int
    offset: np.ndarray  # (n_matched,) s, estimate less reference


def score_onsets(
    reference: np.ndarray, estimated: np.ndarray, level_db: np.ndarray
) -> dict[str, Match]:
    """Match the onsets of one take.

    Parameters
    ----------
    reference : np.ndarray, shape (n_reference,)
        Annotated onsets, s, in order.
    estimated : np.ndarray, shape (n_estimated,)
        Detected onsets, s, in order.
    level_db : np.ndarray, shape (n_reference,)
        Peak at each reference onset, dB re the take's peak, as of `reference_levels_db`.

    Returns
    -------
    matches : dict of str to Match
        By scope.

    Raises
    ------
    ValueError
        If onsets are not sorted vectors of finite numbers, or levels do not belong to them.
    """
    for name, onsets in (("reference", reference), ("estimated", estimated)):
        if onsets.ndim != 1 or not np.isfinite(onsets).all() or (np.diff(onsets) < 0).any():
            raise ValueError(f"{name} onsets must be a sorted vector of finite seconds")
    if level_db.shape != reference.shape:
        raise ValueError(f"{len(reference)} reference onsets, but levels {level_db.shape}")
    is_loud = level_db >= LOUD_DB
    loud = match_times(reference[is_loud], estimated)
    left = np.setdiff1d(np.arange(len(estimated)), loud[:, 1])
    set_aside = left[match_times(reference[~is_loud], estimated[left])[:, 1]]
    first = first_of_groups(reference)
    return {
        "all": _as_match(reference, estimated, match_times(reference, estimated)),
        "loud": _as_match(reference[is_loud], estimated, loud, len(set_aside)),
        "apart": _as_match(first, estimated, match_times(first, estimated)),
    }


def reference_levels_db(
    samples: np.ndarray, sample_rate_hz: int, reference: np.ndarray
) -> np.ndarray:
    """Peak of the audio from 10 ms before to 40 ms after each onset, dB re the whole take's.

    What else sounds there counts too: a soft stroke under a loud one is as loud as that one.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,), float
    sample_rate_hz : int
    reference : np.ndarray, shape (n_reference,)
        Seconds.

    Returns
    -------
    level_db : np.ndarray, shape (n_reference,)
        At most 0; minus infinity in silence and past the end.
    """
    starts = np.rint((reference - LEVEL_BEFORE) * sample_rate_hz).astype(int)
    stops = np.rint((reference + LEVEL_AFTER) * sample_rate_hz).astype(int)
    peaks = [
        np.abs(samples[max(start, 0) : max(stop, 0)]).max(initial=0.0)
        for start, stop in zip(starts, stops, strict=True)
    ]
    with np.errstate(divide="ignore", invalid="ignore"):
        level_db = 20 * np.log10(np.array(peaks) / np.abs(samples).max(initial=0.0))
    return np.where(np.isnan(level_db), -np.inf, level_db)


def figures(matches: Iterable[Match]) -> dict:
    """Precision, recall, F-measure and median offset of the matches of one or more takes, pooled.

    Returns
    -------
    figures : dict
        ``n_takes``, ``n_reference``, ``n_estimated``, ``n_matched``, and, or None where there is
        nothing to divide by, ``precision``, ``recall``, ``f_measure`` and ``median_offset_ms``.
    """
    matches = list(matches)
    n_reference = sum(match.n_reference for match in matches)
    n_estimated = sum(match.n_estimated for match in matches)
    offset = np.concatenate([np.zeros(0), *(match.offset for match in matches)])
    return {
        "n_takes": len(matches),
        "n_reference": n_reference,
        "n_estimated": n_estimated,
        "n_matched": len(offset),
        "precision": share(len(offset), n_estimated),
        "recall": share(len(offset), n_reference),
        "f_measure": share(2 * len(offset), n_reference + n_estimated),
        "median_offset_ms": median_ms(offset),
    }


def score_takes(
    events: pa.Table,
    sessions: pa.Table,
    open_audio: Callable[[str], tuple[np.ndarray, int]],
    settings: Mapping,
    *,
    on_take: Callable[[], None] = lambda: None,
) -> dict:
    """Score the detector on every recording of a source set that has onsets of its own.

    Parameters
    ----------
    events : pa.Table
        EVENTS schema.
    sessions : pa.Table
        SESSIONS schema.
    open_audio
        ``audio_path -> (samples, sample_rate_hz)``; raises ValueError where it cannot be decoded.
    settings : mapping
        The section ``onsets`` of the configuration.
    on_take
        Called after each take, for progress.

    Returns
    -------
    report : dict
        ``takes``: figures of every take, by scope; ``total``: the same, pooled; ``not_scored``:
        how many sessions or takes were not, by reason; ``refusals``: what could not be read.
    """
    detection = read_settings(OnsetSettings, settings)
    takes, refusals, pooled = [], [], {scope: [] for scope in SCOPES}
    silent = set(sessions["session_id"].to_pylist()) - set(events["session_id"].to_pylist())
    not_scored = {
        NO_EVENTS: len(silent),
        NO_AUDIO: 0,
        UNREADABLE_AUDIO: 0,
        LABELS_FROM_THIS_DETECTOR: 0,
        LABELS_FROM_A_MODEL: 0,
    }
    for (session_id, path, method), reference in _takes(events):
        on_take()
        if reason := _why_not_scored(path, method):
            not_scored[reason] += 1
            continue
        try:
            matches = _score_take(*open_audio(path), reference, detection)
        except ValueError as error:
            not_scored[UNREADABLE_AUDIO] += 1
            refusals.append({"session_id": session_id, "path": path, "detail": str(error)})
            continue
        for scope in SCOPES:
            pooled[scope].append(matches[scope])
        scores = {scope: figures([matches[scope]]) for scope in SCOPES}
        takes.append({"session_id": session_id, "audio_path": path} | scores)
    return {
        "window_ms": 1000 * WINDOW,
        "loud_db": LOUD_DB,
        "group_ms": 1000 * GROUP,
        "settings": dict(settings),
        "total": {scope: figures(pooled[scope]) for scope in SCOPES},
        "not_scored": not_scored,
        "refusals": refusals,
        "takes": takes,
    }


def _as_match(reference, estimated, pairs, n_set_aside=0):
    offset = estimated[pairs[:, 1]] - reference[pairs[:, 0]]
    return Match(len(reference), len(estimated) - n_set_aside, offset)


def _why_not_scored(path: str | None, method: str) -> str | None:
    if path is None:
        return NO_AUDIO
    if method == MODEL:
        return LABELS_FROM_A_MODEL
    return LABELS_FROM_THIS_DETECTOR if method in OWN_METHODS else None


def _takes(events):
    """((session_id, audio_path, label_method), onsets in order) of each recording."""
    names = ("session_id", "audio_path", "label_method", "onset_time")
    rows: dict[tuple, list[float]] = {}
    for *key, onset in zip(*(events[name].to_pylist() for name in names), strict=True):
        rows.setdefault(tuple(key), []).append(onset)
    for key, onsets in rows.items():
        yield key, np.sort(np.array(onsets))


def _score_take(samples, sample_rate_hz, reference, settings):
    estimated = analyse_stem(samples, sample_rate_hz, settings).onset
    level_db = reference_levels_db(samples, sample_rate_hz, reference)
    return score_onsets(reference, estimated, level_db)
