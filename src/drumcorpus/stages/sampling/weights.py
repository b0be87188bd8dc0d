"""Sampling weights: how often an event is to be drawn in training, relative to the others.

Rare classes are drawn more often and long sessions less, and the product says what that costs.
Events are counted by session and kind first (`cells`), and sums run over these counts in one order
and in one thread, so that equal manifests give equal bytes.
"""

import math
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.columns import column_of, distinct_numbers
from drumcorpus.ground.files.tables import write_batches
from drumcorpus.stages.sampling.balance import Part, factor_for, wanted_shares
from drumcorpus.stages.sampling.cells import Names, Rows, count_cells, iter_ids, read_rows
from drumcorpus.stages.sampling.duplicates import Duplicates
from drumcorpus.stages.sampling.effects import (
    Drawn,
    describe_draws,
    labels_of_kinds,
    rounded,
    rounded_all,
)
from drumcorpus.stages.sampling.kinds import clamp_of, class_weights, kind_weights
from drumcorpus.stages.sampling.settings import SamplingSettings, check_settings

DEFAULT = "default"  # the profile that the section itself is
SCHEMA = "drumcorpus.sampling_weights/1"
EVENT_WEIGHTS = pa.schema(
    [("event_id", pa.string()), ("session_id", pa.string()), ("weight", pa.float64())]
)


def derive_weights(
    tables: Sequence[str | os.PathLike], settings: SamplingSettings, *, profile: str
) -> dict:
    """Derive the sampling weights of some splits, as of `weigh_events`, and write none."""
    return weigh_events(tables, settings, profile=profile)[0]


def weigh_events(
    tables: Sequence[str | os.PathLike], settings: SamplingSettings, *, profile: str
) -> tuple[dict, "Events"]:
    """Derive the sampling weights of some splits.

    The rules apply in this order; a rule whose setting is empty or null changes nothing.

    1. `dedupe_fields`: events that are equal in all of these count, here and below, as one event
       together. The unit of all weights, an average event, is one of those that are left.
    2. A class weighs ``(n_hits + smoothing) ** -exponent``, scaled to mean 1 over all hits:
       exponent 0 leaves the classes as they are, 1 draws them equally often, 0.5 is the square root
       in between [1]_. It is held to its `class_bounds`.
    3. An event has the largest weight of its components (1 where it has none), times the factors of
       its techniques, clamped to `floor` and `ceiling` times the median event, and scaled to mean
       1. It is held to the `class_bounds` of the component that it has its weight from, and all
       others are scaled so that the mean stays 1.
    4. A group, such as a session, whose events then weigh more than `session_cap` together is
       scaled down to it: none has more than `session_cap` expected draws in ``epoch_draws`` draws.
       One with a pack of one-shots is held to `one_shot_cap` likewise: a pack has one stroke to a
       file and many files, and would outweigh played music by its density.
    5. `source_set_shares`: each source set is scaled as a whole, and rules 3 and 4 hold its events
       and groups again, until it has its share (one factor for each set is solved for [2]_). The
       sum of all weights stays what rule 4 left, or becomes the largest at which every set can have
       its share within the caps and bounds.

    What is true of the result: shares of source sets are reached, to 1e-8; no group exceeds its
    cap; no event exceeds the ``max`` of its class, or falls below the ``min``, other than in a
    group that a cap scales down (``n_below_min`` counts these) and where events share a weight.
    `floor` and `ceiling` hold among events of one source set in groups below their caps.

    Parameters
    ----------
    tables : sequence of paths
        A manifest, or the shards of a source set; schema EVENTS, a session in one of them.
    settings : SamplingSettings
    profile : str
        Name of these settings.

    Returns
    -------
    weights : dict
        Everything `write_event_weights` needs (``classes``, ``clamp``, ``scale``,
        ``session_factors``, ``group_factors``, ``factor`` in ``source_sets``), and what it does to
        the draws: per class, source set and split the share before and after, how many events each
        rule touched, and the effective sample size [3]_, of all and of each source set. Floats have
        9 significant digits. Where the manifest has no event of the splits, ``n_events`` is 0 and
        there is no class.
    events : Events
        What was read of the events, so that `write_event_weights` need not read it again.

    Raises
    ------
    ValueError
        If a setting is out of its range, or bounds and shares cannot hold together.

    References
    ----------
    .. [1] D. Mahajan et al., "Exploring the limits of weakly supervised pretraining", ECCV 2018.
    .. [2] J.-C. Deville and C.-E. Särndal, "Calibration estimators in survey sampling", JASA 87,
       1992.
    .. [3] L. Kish, Survey Sampling, Wiley, 1965: (sum w)^2 / sum w^2.
    """
    check_settings(settings)
    events = read_events(tables, settings)
    names, cells = events.names, count_cells(events.rows)
    splits = settings.split if isinstance(settings.split, str) else list(settings.split)
    about = {"schema": SCHEMA, "profile": profile, "split": splits}
    about["settings"] = settings.document()
    if not len(cells.n):  # whether a corpus may lack a split is for a gate to say
        nothing = {"n_events": 0, "n_hits": 0, "n_sessions": 0, "classes": {}, "clamp": None}
        return about | nothing, events
    labels, struck = labels_of_kinds(names.kinds)
    hits = np.bincount(cells.kind, cells.distinct, len(names.kinds)) @ struck
    classes = dict(zip(labels, class_weights(hits, labels, settings), strict=True))
    raw, least, most = kind_weights(names.kinds, classes, settings)
    by_kind = np.bincount(cells.kind, cells.distinct, len(raw))
    clamp = clamp_of(raw, np.bincount(cells.kind, cells.n, len(raw)), by_kind, settings)
    base = np.clip(raw, clamp["low"], clamp["high"])
    scale = rounded(by_kind.sum() / (by_kind * base).sum())
    kinds = Part(base * scale, least, most, by_kind, np.zeros(len(base), int), np.full(1, np.inf))
    groups = _groups(names.units)
    caps = _caps(groups, names, settings)
    group = np.array(list(groups.values()))[cells.unit]
    set_names = sorted({source_set for source_set, *_ in names.units})
    set_of_unit = np.array([set_names.index(source_set) for source_set, *_ in names.units])
    sets = set_of_unit[cells.unit]
    each = (kinds.base[cells.kind], least[cells.kind], most[cells.kind], cells.distinct)
    parts = {name: _part_of(sets == i, each, group, caps) for i, name in enumerate(set_names)}
    try:
        factors, wanted = _set_factors(parts, _factor_of_all(kinds, settings), settings)
    except ValueError as error:
        section = SamplingSettings.SECTION if profile == DEFAULT else f"weights.{profile}"
        raise ValueError(f"config: {section}.{error}") from error
    held = np.clip(each[0] * np.array(list(factors.values()))[sets], *each[1:3])
    totals = np.bincount(group, held * cells.distinct, len(caps))
    by_group = np.ones(len(caps))
    np.divide(caps, totals, out=by_group, where=totals > caps)
    by_group = rounded_all(by_group)
    drawn = Drawn(
        cells, names, group, raw, clamp, held, by_group, *each[1:3], sets, factors, wanted
    )
    weights = {
        **about,
        "clamp": clamp,
        "scale": scale,
        **_factors_by_name(groups, by_group),
        **describe_draws(drawn, classes, settings),
    }
    return weights, events


@dataclass(frozen=True)
class Events:
    """The events of the weighted splits, in the order of their tables: 8 bytes of each."""

    names: Names
    rows: Rows


def read_events(tables: Sequence[str | os.PathLike], settings: SamplingSettings) -> Events:
    """Read from some tables what the weights depend on."""
    duplicates = Duplicates(tables, settings.splits, settings.dedupe_fields)
    names = Names()
    return Events(names, read_rows(tables, settings, duplicates, names))


def write_event_weights(
    path: str | os.PathLike,
    tables: Sequence[str | os.PathLike],
    weights: dict,
    events: Events | None = None,
) -> int:
    """Write the weight of every event of the weighted splits, in the order of the tables.

    Parameters
    ----------
    path : path
        Parquet of event_id, session_id and weight (9 significant digits).
    tables : sequence of paths
        Those from which `weights` was derived.
    weights : dict
        What `derive_weights` returned; it is all that the weights depend on.
    events : Events, optional
        What `weigh_events` has read of these tables; they are read again, if not given.

    Returns
    -------
    n_events : int
        Number of rows written.

    Raises
    ------
    ValueError
        If the manifest has a label, or a source set, that `weights` does not know.
    """
    settings = SamplingSettings(split=weights["split"], **weights["settings"])
    events = events or read_events(tables, settings)
    batches = _weight_batches(tables, weights, settings, events)
    return write_batches(path, EVENT_WEIGHTS, batches)


def _groups(units: Iterable[tuple]) -> dict[tuple, int]:
    """By unit the number of its group."""
    numbers: dict[tuple, int] = {}
    return {unit: numbers.setdefault(_group_of(unit), len(numbers)) for unit in units}


def _group_of(unit: tuple) -> tuple:
    """(source set, group, None), or (source set, None, session) where that is the group."""
    source_set, session_id, _, group = unit
    return (source_set, group, None) if group is not None else (source_set, None, session_id)


def _caps(groups: Mapping[tuple, int], names: Names, settings) -> np.ndarray:
    """Largest weight of each group (n_groups,)."""
    numbers = np.array(list(groups.values()))
    caps = np.full(numbers.max() + 1, settings.session_cap or math.inf)
    if settings.one_shot_cap is not None:
        packs = np.unique(numbers[sorted(names.one_shots)])
        caps[packs] = np.minimum(caps[packs], settings.one_shot_cap)
    return caps


def _part_of(cells: np.ndarray, each: Sequence[np.ndarray], group, caps) -> Part:
    """Those cells that are of one source set."""
    numbers, group = np.unique(group[cells], return_inverse=True)
    return Part(*(column[cells] for column in each), group, caps[numbers])


def _factor_of_all(kinds: Part, settings: SamplingSettings) -> float:
    """The factor that keeps the mean at 1 where events are held to bounds of their class."""
    if not settings.class_bounds:
        return 1.0
    wanted = float(kinds.n.sum())
    least, most = kinds.reach()
    if not least * (1 - 1e-9) <= wanted <= most * (1 + 1e-9):
        side = "least" if least > wanted else "largest"
        mean = (least if least > wanted else most) / wanted
        raise ValueError(
            f"class_bounds: {dict(settings.class_bounds)}: with the {side} weights alone the mean "
            f"event would weigh {mean:.6g}, and the mean is 1; "
            f"{'lower min' if least > wanted else 'raise max'}"
        )
    return rounded(factor_for(kinds, wanted))


def _set_factors(
    parts: Mapping[str, Part], of_all: float, settings: SamplingSettings
) -> tuple[dict[str, float], dict[str, float]]:
    """The factor of each source set, and the share that it is brought to, where one is asked."""
    sums = {name: part.total(of_all) for name, part in parts.items()}
    asked = {name: share for name, share in settings.source_set_shares.items() if name in parts}
    if not asked:
        return dict.fromkeys(parts, of_all), {}
    shares = wanted_shares(sums, asked)
    reaches = {name: part.reach() for name, part in parts.items()}
    total = min([sum(sums.values()), *(reaches[name][1] / shares[name] for name in parts)])
    for name, (least, _) in reaches.items():
        if least > shares[name] * total * (1 + 1e-9):
            raise ValueError(
                f"source_set_shares: {name} is to have {shares[name]:.6g} of {total:.6g} draws, "
                f"and the least weights of class_bounds alone come to {least:.6g}; lower min, or "
                "ask for a larger share"
            )
    factors = {n: rounded(factor_for(part, shares[n] * total)) for n, part in parts.items()}
    return factors, shares


def _factors_by_name(groups: Mapping[tuple, int], factors: np.ndarray) -> dict:
    """The sessions and the other groups that a cap scales down, by source set, with the factor."""
    of_sessions: dict[str, dict] = {}
    of_groups: dict[str, dict] = {}
    numbers = {_group_of(unit): number for unit, number in groups.items()}
    for (source_set, name, session_id), number in sorted(numbers.items(), key=str):
        if factors[number] < 1:
            into = of_sessions if name is None else of_groups
            own = into.setdefault(source_set, {})
            own[session_id if name is None else name] = float(factors[number])
    return {"session_factors": of_sessions, "group_factors": of_groups}


def _weight_batches(
    tables: Sequence[str | os.PathLike], weights: dict, settings: SamplingSettings, events: Events
) -> Iterator[pa.RecordBatch]:
    """The weights of the events, one row group of the manifest at a time."""
    kinds, units = list(events.names.kinds), list(events.names.units)
    _refuse_unknown(kinds, units, weights, tables)
    if not units:
        return
    classes = {label: own["weight"] for label, own in weights["classes"].items()}
    raw, least, most = kind_weights(kinds, classes, settings)
    clamp = weights["clamp"]
    base = np.clip(raw, clamp["low"], clamp["high"]) * weights["scale"]
    in_set, in_group = np.array([_unit_factors(unit, weights) for unit in units], float).T
    start = 0
    for event_ids, session_ids in iter_ids(tables, settings):
        rows = events.rows.part(start, start + len(event_ids))
        start += len(event_ids)
        # Events of one unit and kind weigh alike: of each pair one is reckoned.
        unit, kind, places = _pairs(rows, len(kinds))
        values = np.clip(base[kind] * in_set[unit], least[kind], most[kind]) * in_group[unit]
        if rows.shares is None:
            values = rounded_all(values)[places]
        else:
            values = rounded_all(values[places] * rows.shares)
        columns = [event_ids, session_ids, column_of(values)]
        yield pa.RecordBatch.from_arrays(columns, EVENT_WEIGHTS.names)


def _pairs(rows: Rows, n_kinds: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Unit and kind of pairs among which are those of some events, and the place of each event's.

    Events of a few sessions are of few units, whose numbers follow each other: of each of these
    every kind is a pair, unless that are more than there are events.
    """
    first, n_units = int(rows.unit.min()), int(np.ptp(rows.unit)) + 1
    if n_units * n_kinds <= len(rows.unit):
        unit, kind = np.divmod(np.arange(n_units * n_kinds), n_kinds)
        return unit + first, kind, (rows.unit - first) * np.int64(n_kinds) + rows.kind
    cells, places = distinct_numbers(rows.keys())
    return cells >> 32, cells & 0xFFFFFFFF, places


def _refuse_unknown(kinds: Iterable[tuple], units: Iterable[tuple], weights, tables) -> None:
    labels = {label for labels, _ in kinds for label in labels} - set(weights["classes"])
    sets = {source_set for source_set, *_ in units} - set(weights.get("source_sets", ()))
    if unknown := sorted(labels) or sorted(sets):
        names = ", ".join(map(str, tables))
        raise ValueError(f"{names}: no weight for {unknown}; is it another manifest?")


def _unit_factors(unit: tuple, weights: dict) -> tuple[float, float]:
    """The factor of a unit's source set, and that of its group; 1 where no cap touches it."""
    source_set, name, session_id = _group_of(unit)
    kind = "session_factors" if name is None else "group_factors"
    of_set = weights[kind].get(source_set, {})
    factor = of_set.get(session_id if name is None else name, 1.0)
    return weights["source_sets"][source_set]["factor"], factor
