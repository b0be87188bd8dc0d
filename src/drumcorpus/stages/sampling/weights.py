"""Sampling weights: how often an event is to be drawn in training, relative to the others.

Rare classes are drawn more often and long sessions less, and the product says what that costs.
Counts are whole numbers; sums of weights run in the order of the tables in one thread, so that
equal manifests give equal bytes.
"""

import math
import os
from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.tables import write_batches
from drumcorpus.stages.sampling.hits import Codes, Hits, iter_hits, read_hits, reduce_events

SCHEMA = "drumcorpus.sampling_weights/1"
EVENT_WEIGHTS = pa.schema(
    [("event_id", pa.string()), ("session_id", pa.string()), ("weight", pa.float64())]
)


def derive_weights(
    tables: Sequence[str | os.PathLike],
    *,
    exponent: float,
    smoothing: float,
    floor: float,
    ceiling: float,
    session_cap: float | None,
    one_shot_cap: float | None,
    technique_factors: dict[str, float],
    split: str,
) -> dict:
    """Derive the sampling weights of one split.

    A class weighs ``(n_hits + smoothing) ** -exponent``, scaled to mean 1 over all hits: exponent 0
    leaves the classes as they are, 1 draws them equally often, 0.5 is the square root in between
    [1]_. An event has the largest weight of its components (1 where it has none), times the
    factors of its techniques, clamped to `floor` and `ceiling` times the median event, and scaled
    to mean 1. A session whose events then weigh more than `session_cap` together is scaled down to
    it: no session has more than `session_cap` expected draws in ``epoch_draws`` draws. A pack of
    one-shots is held to `one_shot_cap` likewise: it has one stroke to a file and many files, and
    would outweigh played music by its density.

    Parameters
    ----------
    tables : sequence of paths
        A manifest, or the shards of a source set; schema EVENTS, a session in one of them.
    exponent : float
        How strongly rare classes are preferred; 0 or more.
    smoothing : float
        Hits added to every class, which tempers the rarest; 0 or more.
    floor, ceiling : float
        Bounds of an event's weight, as multiples of the median weight; 0 <= floor <= 1 <= ceiling.
    session_cap : float or None
        Largest weight of one session, in average events; None for no cap.
    one_shot_cap : float or None
        The same of a session whose style is ``one_shot``.
    technique_factors : dict
        Technique -> factor > 0; techniques without one count 1.
    split : str
        The split whose events are weighted.

    Returns
    -------
    weights : dict
        Everything `write_event_weights` needs (``classes``, ``clamp``, ``scale``,
        ``session_factors``), and what it does to the draws: per class the hits, the share of hits
        before and after and the effective count, how many events hit the clamp, how many sessions
        the cap, and the effective sample size [2]_. Floats have 9 significant digits. Where the
        manifest has no event of `split`, ``n_events`` is 0 and there is no class.

    Raises
    ------
    ValueError
        If a setting is out of its range.

    References
    ----------
    .. [1] D. Mahajan et al., "Exploring the limits of weakly supervised pretraining", ECCV 2018.
    .. [2] L. Kish, Survey Sampling, Wiley, 1965: (sum w)^2 / sum w^2.
    """
    caps = {"session_cap": session_cap, "one_shot_cap": one_shot_cap}
    _check_settings(exponent, smoothing, floor, ceiling, caps, technique_factors)
    labels, sessions = Codes(), Codes()
    settings = {"exponent": exponent, "smoothing": smoothing, "floor": floor, "ceiling": ceiling}
    settings |= caps | {"technique_factors": technique_factors}
    hits = read_hits(tables, split, technique_factors, labels, sessions)
    if hits is None:  # whether a corpus may lack a split is for a gate to say
        nothing = {"n_events": 0, "n_hits": 0, "n_sessions": 0, "classes": {}, "clamp": None}
        return {"schema": SCHEMA, "split": split, "settings": settings, **nothing}
    counts = np.bincount(hits.labels, minlength=len(labels))
    class_weights = _class_weights(counts, exponent, smoothing)
    weights, clamp = _clamp(_raw_weights(hits, class_weights), floor, ceiling)
    scale = _round(1.0 / weights.mean())
    weights *= scale
    session_factors = _session_factors(weights, hits, session_cap, one_shot_cap)
    return {
        "schema": SCHEMA,
        "split": split,
        "settings": settings,
        "clamp": clamp,
        "scale": scale,
        "session_factors": _by_source_set(sessions, session_factors),
        **_effects(hits, labels, counts, class_weights, weights, session_factors),
    }


def write_event_weights(
    path: str | os.PathLike, tables: Sequence[str | os.PathLike], weights: dict
) -> int:
    """Write the weight of every event of the weighted split, in the order of the tables.

    Parameters
    ----------
    path : path
        Parquet of event_id, session_id and weight (9 significant digits).
    tables : sequence of paths
        Those from which `weights` was derived.
    weights : dict
        What `derive_weights` returned; it is all that the weights depend on.

    Returns
    -------
    n_events : int
        Number of rows written.

    Raises
    ------
    ValueError
        If the manifest has a label that `weights` does not know.
    """
    return write_batches(path, EVENT_WEIGHTS, _weight_batches(tables, weights))


def _check_settings(exponent, smoothing, floor, ceiling, caps, technique_factors) -> None:
    """Refuse a setting out of its range."""
    if not (exponent >= 0 and smoothing >= 0):
        raise ValueError(f"exponent {exponent} and smoothing {smoothing} must be 0 or more")
    if not 0 <= floor <= 1 <= ceiling:
        raise ValueError(f"expected 0 <= floor <= 1 <= ceiling, got {floor} and {ceiling}")
    for name, cap in caps.items():
        if cap is not None and not cap > 0:
            raise ValueError(f"{name} must be more than 0 events, got {cap}")
    for technique, factor in technique_factors.items():
        if not 0 < factor < math.inf:
            raise ValueError(f"factor of technique {technique!r} must be above 0, got {factor}")


def _class_weights(counts: np.ndarray, exponent: float, smoothing: float) -> np.ndarray:
    """Weight of each class (n_classes,), of mean 1 over the hits."""
    if not counts.sum():
        return np.zeros(0)
    weights = (counts + float(smoothing)) ** -exponent
    return _round_all(weights * (counts.sum() / (counts * weights).sum()))


def _raw_weights(hits: Hits, class_weights: np.ndarray) -> np.ndarray:
    """Largest class weight of each event times its technique factors, (n_events,)."""
    weights = class_weights[hits.labels]
    return reduce_events(np.maximum, weights, hits.n_components, empty=1.0) * hits.factors


def _clamp(weights: np.ndarray, floor: float, ceiling: float) -> tuple[np.ndarray, dict]:
    """Clamp to multiples of the median, and say how many events that touched."""
    median = float(np.median(weights))
    low, high = _round(floor * median), _round(ceiling * median)
    n_floor, n_ceiling = int((weights < low).sum()), int((weights > high).sum())
    clamp = {"median": _round(median), "low": low, "high": high}
    clamp |= {"n_at_floor": n_floor, "n_at_ceiling": n_ceiling}
    clamp["share"] = _round((n_floor + n_ceiling) / len(weights))
    return np.clip(weights, low, high), clamp


def _session_factors(
    weights: np.ndarray, hits: Hits, session_cap: float | None, one_shot_cap: float | None
) -> np.ndarray:
    """Factor of each session (n_sessions,) that brings its weight down to the cap; 1 below it."""
    totals = np.bincount(hits.sessions, weights)
    caps = np.full(len(totals), math.inf if session_cap is None else session_cap)
    if one_shot_cap is not None:
        packs = np.unique(hits.sessions[hits.one_shots])
        caps[packs] = np.minimum(caps[packs], one_shot_cap)
    factors = np.ones(len(totals))
    np.divide(caps, totals, out=factors, where=totals > caps)
    return _round_all(factors)


def _by_source_set(sessions: Codes, factors: np.ndarray) -> dict[str, dict[str, float]]:
    """The sessions that the cap touched, by source set."""
    capped: dict[str, dict[str, float]] = {}
    for (source_set, session_id), code in sorted(sessions.items()):
        if factors[code] < 1:
            capped.setdefault(source_set, {})[session_id] = float(factors[code])
    return capped


def _effects(hits: Hits, labels: Codes, counts, class_weights, weights, session_factors) -> dict:
    """What the weights do to the draws."""
    before = np.bincount(hits.sessions)
    weights = weights * session_factors[hits.sessions]
    after = np.bincount(hits.sessions, weights)
    total = weights.sum()
    drawn = np.bincount(hits.labels, np.repeat(weights, hits.n_components), len(labels))
    effective_size = total**2 / (weights**2).sum()
    return {
        "n_events": len(weights),
        "n_hits": int(counts.sum()),
        "n_sessions": len(before),
        "n_sessions_capped": int((session_factors < 1).sum()),
        "largest_session_share_before": _round(before.max() / len(weights)),
        "largest_session_share_after": _round(after.max() / total),
        "epoch_draws": _round(total),
        "effective_sample_size": _round(effective_size),
        "effective_sample_share": _round(effective_size / len(weights)),
        "classes": {
            label: _class_effect(counts[code], counts.sum(), drawn[code], drawn.sum())
            | {"weight": float(class_weights[code])}
            for label, code in sorted(labels.items())
        },
    }


def _class_effect(n_hits: int, n_all: int, drawn: float, drawn_all: float) -> dict:
    """Share of one class in the hits drawn before and after weighting, and its effective count."""
    return {
        "n_hits": int(n_hits),
        "share_before": _round(n_hits / n_all),
        "share_after": _round(drawn / drawn_all),
        "effective_count": _round(drawn / drawn_all * n_all),
    }


def _weight_batches(tables: Sequence[str | os.PathLike], weights: dict) -> Iterator[pa.RecordBatch]:
    """The weights of the events, one row group of the manifest at a time."""
    labels, sessions = Codes(), Codes()
    settings, clamp = weights["settings"], weights["clamp"]
    source = (tables, weights["split"], settings["technique_factors"], labels, sessions)
    factors = np.zeros(0)
    for hits in iter_hits(*source, with_ids=True):
        unknown = sorted(set(labels) - set(weights["classes"]))
        if unknown:
            raise ValueError(
                f"{', '.join(map(str, tables))}: no weight for {unknown}; is it another manifest?"
            )
        class_weights = np.array([weights["classes"][label]["weight"] for label in labels])
        newcomers = islice(sessions, len(factors), None)
        factors = np.append(factors, [_factor(weights, *session) for session in newcomers])
        values = np.clip(_raw_weights(hits, class_weights), clamp["low"], clamp["high"])
        values = _round_all(values * weights["scale"] * factors[hits.sessions])
        columns = [hits.event_ids, hits.session_ids, pa.array(values)]
        yield pa.RecordBatch.from_arrays(columns, schema=EVENT_WEIGHTS)


def _factor(weights: dict, source_set: str, session_id: str) -> float:
    """The session's factor; 1 where the cap does not touch it."""
    return weights["session_factors"].get(source_set, {}).get(session_id, 1.0)


def _round(value: float) -> float:
    """`value` to 9 significant digits."""
    return float(f"{value:.9g}")


def _round_all(values: np.ndarray) -> np.ndarray:
    """Every value, above 0, to 9 significant digits; (n,)."""
    exponents = 8 - np.floor(np.log10(values)).astype(int)
    return np.round(values * 10.0**exponents) / 10.0**exponents
