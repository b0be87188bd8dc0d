"""Distribution regression: has a source set drifted from the classes and spreads that are blessed?

Between two measurements of the same sessions there is no chance: every difference is one of code
or data, and only the tolerance counts. Where sessions came or went, a difference must also be
larger than what other sessions of the same kind would give.
"""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from drumcorpus.ground.files.figures import check_schema, tolerances_of
from drumcorpus.stages.baselines.event_figures import QUANTILES, measure_events

SCHEMA = "drumcorpus.distribution/1"
# Probability with which chance must be ruled out: that of three standard errors.
CONFIDENCE = 0.99865
# Two sessions alone would ask for 236 standard errors, and no drift would ever be reported.
MOST_ERRORS = 10.0
# Standard errors of quantiles of normal values, sqrt(p (1 - p)) / density: of a quartile in
# interquartile ranges, and of the outermost here in errors of the mean; both over the root of n.
QUARTILE_ERROR = 1.01
VELOCITY_ERROR = 2.1
JUDGED_HITS = ("q25", "q50", "q75")
N_NAMED = 3  # classes named where the shape as a whole has drifted
DIGITS = 6


def measure_distribution(
    source_set: str, events: Sequence[str | os.PathLike], sessions: str | os.PathLike, **database
) -> dict:
    """The distribution of one source set, as it is frozen.

    Parameters
    ----------
    source_set : str
        Its name.
    events, sessions, **database
        As of `event_figures.measure_events`.
    """
    figures = measure_events(events, sessions, **database)
    names = ("hits", "classes", "hits_per_session", "velocity")
    return {
        "schema": SCHEMA,
        "source_set": source_set,
        "sessions": {key: figures["sessions"][key] for key in ("total", "names")},
        **{name: figures[name] for name in names},
    }


def compare_distributions(frozen: Mapping, now: Mapping, tolerances: Mapping) -> dict:
    """What of one source set has drifted.

    Parameters
    ----------
    frozen, now : mapping
        As of `measure_distribution`.
    tolerances : mapping
        ``js_distance``: largest Jensen-Shannon distance of the class shares, to base 2, 0 to 1.
        ``class_change``: ``absolute`` and ``relative`` change of a class's share; both are too
        much where either is exceeded. ``hits_change``: largest relative change of the quartiles of
        hits per session. ``velocity_change``: largest change of a quantile of velocity, 0 to 1.
        ``min_hits``: fewest hits, now or frozen, of a class whose relative change counts.

    Returns
    -------
    drift : dict
        ``same_sessions``, ``js_distance`` (None where one has no hits), ``classes`` (``frozen``
        and ``now``: shares) and ``findings``: ``what``, ``name`` and ``sentence`` of each drift.

    Raises
    ------
    ValueError
        If `frozen` is no such document.
    """
    check_schema(frozen, SCHEMA, f"{now['source_set']}: the blessed distribution")
    same = frozen["sessions"] == now["sessions"]
    labels = sorted({*frozen["classes"], *now["classes"]})
    n_errors = 0.0 if same else _n_errors(frozen, now)
    rows = {label: _class_row(frozen, now, label, n_errors) for label in labels}
    distance, noise = _distance(rows, bool(frozen["hits"] and now["hits"]))
    findings = [
        *_class_findings(rows, now, tolerances, same),
        *_shape_findings(rows, distance, noise, tolerances),
        *_hits_findings(frozen, now, tolerances, n_errors),
        *_velocity_findings(frozen, now, tolerances, n_errors),
    ]
    source_set = now["source_set"]
    return {
        "same_sessions": same,
        "js_distance": distance,
        "classes": {
            label: {key: row[key] for key in ("frozen", "now")} for label, row in rows.items()
        },
        "findings": [
            finding | {"sentence": f"{source_set}: {finding['sentence']}"} for finding in findings
        ],
    }


def _n_errors(frozen: Mapping, now: Mapping) -> float:
    """Standard errors that chance may give: three, and more where few sessions give the errors."""
    # Loading it takes longer than all else where nothing is compared.
    from scipy.stats import t as student

    n_sessions = min(document["sessions"]["total"] for document in (frozen, now))
    return min(float(student.ppf(CONFIDENCE, max(n_sessions - 1, 1))), MOST_ERRORS)


def _class_row(frozen: Mapping, now: Mapping, label: str, n_errors: float) -> dict:
    """Hits and shares of one class, and what chance may add to the difference of the shares."""
    counts, errors = [], []
    for document in (frozen, now):
        entry = document["classes"].get(label, {"hits": 0, "share_error": 0.0})
        counts.append(entry["hits"])
        errors.append(entry["share_error"])
    shares = [
        n / document["hits"] if document["hits"] else 0.0
        for n, document in zip(counts, (frozen, now), strict=True)
    ]
    return {
        "frozen": round(shares[0], DIGITS),
        "now": round(shares[1], DIGITS),
        "shares": shares,
        "counts": counts,
        "noise": n_errors * float(np.hypot(*errors)),
    }


def _class_findings(rows: Mapping, now: Mapping, tolerances: Mapping, same: bool) -> list[dict]:
    """The classes whose share of the hits has changed too much, or that came or went."""
    findings, limits = [], tolerances["class_change"]
    for label, row in rows.items():
        (before, after), (n_before, n_after) = row["shares"], row["counts"]
        change = abs(after - before)
        expected = before * now["hits"]
        is_many = max(n_before, n_after, expected) >= tolerances["min_hits"]
        is_one_sided = not n_before or not n_after
        # A large class that is on one side alone is no chance, however few the sessions are.
        is_plain = (
            is_one_sided
            and change > limits["absolute"]
            and max(n_before, n_after) >= tolerances["min_hits"]
        )
        if not is_plain and (change <= row["noise"] or not (same or is_many)):
            continue
        if is_one_sided:
            what = "lost class" if n_before else "new class"
        elif change > limits["absolute"] or (is_many and change > limits["relative"] * before):
            what = "class"
        else:
            continue
        verb = {"lost class": "is gone", "new class": "is new", "class": "has changed"}[what]
        sentence = (
            f"{label} {verb}: {100 * after:.3g} % of the hits ({n_after:,}), "
            f"{100 * before:.3g} % when blessed ({n_before:,})."
        )
        findings.append({"what": what, "name": label, "sentence": sentence})
    return findings


def _distance(rows: Mapping, both_have_hits: bool) -> tuple[float | None, float]:
    """Jensen-Shannon distance of the class shares, and what chance may give.

    For small differences d of shares around m the divergence is the sum of d² / 8m, in nats.
    """
    if not both_have_hits:
        return None, 0.0
    from scipy.spatial.distance import jensenshannon

    shares = np.array([row["shares"] for row in rows.values()])
    noise = np.array([row["noise"] for row in rows.values()])
    bits = float((noise**2 / shares.mean(axis=1)).sum() / 8 / np.log(2))
    distance = float(jensenshannon(*shares.T, base=2))
    # Of two equal distributions rounding can leave a root of less than nothing.
    return round(0.0 if np.isnan(distance) else distance, DIGITS), bits**0.5


def _shape_findings(rows, distance, noise: float, tolerances: Mapping) -> list[dict]:
    if distance is None or distance <= max(tolerances["js_distance"], noise):
        return []
    ranked = sorted(rows, key=lambda label: -abs(np.subtract(*rows[label]["shares"])))
    sentence = (
        f"the classes as a whole lie {distance:.3g} from those that are blessed (Jensen-Shannon "
        f"distance; {tolerances['js_distance']:g} is allowed), most of all "
        f"{', '.join(ranked[:N_NAMED])}."
    )
    return [{"what": "shape", "name": "js_distance", "sentence": sentence}]


def _hits_findings(
    frozen: Mapping, now: Mapping, tolerances: Mapping, n_errors: float
) -> list[dict]:
    """The quartiles of hits per session that have changed too much."""
    before, after = frozen["hits_per_session"], now["hits_per_session"]
    if before is None or after is None:
        words = ("there is no session now.", "it had no session.")
        return _one_sided("hits", "hits_per_session", before, after, words)
    errors = [
        QUARTILE_ERROR * (spread["q75"] - spread["q25"]) / document["sessions"]["total"] ** 0.5
        for spread, document in ((before, frozen), (after, now))
    ]
    noise = n_errors * float(np.hypot(*errors))
    moved = {
        name: abs(after[name] - before[name])
        for name in JUDGED_HITS
        if abs(after[name] - before[name]) > max(tolerances["hits_change"] * before[name], noise)
    }
    if not moved:
        return []
    name = max(moved, key=moved.get)
    sentence = (
        f"the hits per session have changed: {_quantile(name)} {after[name]:g} hits, "
        f"{before[name]:g} when blessed."
    )
    return [{"what": "hits", "name": "hits_per_session", "sentence": sentence}]


def _velocity_findings(
    frozen: Mapping, now: Mapping, tolerances: Mapping, n_errors: float
) -> list[dict]:
    """The quantiles of velocity that have changed too much."""
    before, after = frozen["velocity"], now["velocity"]
    if before is None or after is None:
        words = ("no hit has a velocity now.", "hits have velocities now.")
        return _one_sided("velocity", "velocity", before, after, words)
    error = VELOCITY_ERROR * float(np.hypot(before["mean_error"], after["mean_error"]))
    limit = max(tolerances["velocity_change"], n_errors * error)
    moved = {name: abs(after[name] - before[name]) for name in QUANTILES}
    name = max(moved, key=moved.get)
    if moved[name] <= limit:
        return []
    sentence = (
        f"the velocities have changed: {_quantile(name)} {after[name]:.3g}, {before[name]:.3g} "
        "when blessed."
    )
    return [{"what": "velocity", "name": "velocity", "sentence": sentence}]


def _one_sided(what: str, name: str, before, after, words: tuple[str, str]) -> list[dict]:
    """The finding that a spread is gone, or new, in `words`; none where neither side has one."""
    if before is after:
        return []
    return [{"what": what, "name": name, "sentence": words[after is not None]}]


def _quantile(name: str) -> str:
    """A quantile for people: ``q25`` is ``the 25 % quantile is``."""
    return f"the {100 * QUANTILES[name]:g} % quantile is"


def _lost_classes(source_set: str, frozen: Mapping, now: Mapping) -> list[str]:
    """A sentence for each class of a source set that had hits when blessed and has none now."""
    counts = {label: entry["hits"] for label, entry in sorted(frozen["classes"].items())}
    return [
        f"{source_set}: {label}, {n:,} hit{'s' if n != 1 else ''} when blessed"
        for label, n in counts.items()
        if n and not now["classes"].get(label, {}).get("hits")
    ]


def describe_drift(
    now: Mapping[str, Mapping],
    frozen: Mapping[str, Mapping],
    tolerances: Mapping,
) -> dict:
    """The drift of all source sets of a manifest.

    Parameters
    ----------
    now : mapping
        Distribution of every source set, by its name.
    frozen : mapping
        The blessed ones, of those sets that have one.
    tolerances : mapping
        As of `compare_distributions`; under ``per_set`` some of them by source set, which hold
        before.

    Returns
    -------
    report : dict
        ``baseline`` (``blessed``, ``partly`` or ``none``), ``n_drifted`` (findings in all),
        ``drifted`` (their sentences), ``n_lost_classes`` and ``lost_classes`` (classes of a set
        that had hits when blessed and have none now, however few; their sentences),
        ``sets_without_baseline``, and by set `compare_distributions`
        under ``source_sets``, with its ``tolerances``.
    """
    compared = {}
    for name in sorted(now):
        if name in frozen:
            own = tolerances_of(name, tolerances)
            drift = compare_distributions(frozen[name], now[name], own)
            compared[name] = {"tolerances": own, **drift}
    bare = sorted(set(now) - set(compared))
    drifted = [finding["sentence"] for drift in compared.values() for finding in drift["findings"]]
    lost = [s for name in compared for s in _lost_classes(name, frozen[name], now[name])]
    return {
        "schema": "drumcorpus.drift/1",
        "baseline": "blessed" if not bare else "partly" if compared else "none",
        "n_drifted": len(drifted),
        "drifted": drifted,
        "n_lost_classes": len(lost),
        "lost_classes": lost,
        "sets_without_baseline": bare,
        "source_sets": compared,
    }
