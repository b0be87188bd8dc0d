"""The gate on a training check: crash classes are learned no worse than when one was blessed."""

from collections.abc import Iterator, Mapping

from drumcorpus.stages.gates.verdicts import (
    FAIL,
    WAIVED,
    Verdict,
    figure_of,
    mapping_of,
    named,
    one_number,
    shown,
    verdict,
)

TRAIN_CHECK = "train_check"
NOT_RUN, PASSED, FAILED, IS_WAIVED = "not run", "passed", "failed", "waived"
# Reports that differ in one of these cannot be held against each other.
COMPARED = ("tier", "feature_set", "settings", "classes", "crashes")
AREA = "telling crashes apart"


def train_check(reports: Mapping, name: str, limit) -> Iterator[Verdict]:
    """No crash class loses more than the check can see, or more than `max_regression` at all.

    A loss counts from the detection limit of its class on, and from `min_effect` at least. Where
    the test is another than the blessed one, the half widths of both intervals come to that limit.
    A class that is not resolvable has no such limit: `max_regression` alone holds it.

    Parameters
    ----------
    reports : mapping
        ``present`` and ``blessed``, as of `train_check.check.check_training`.
    name : str
        Of the gate.
    limit : mapping
        ``min_effect`` and ``max_regression``, of F or of the area, 0 to 1; ``report`` is the path
        of the blessed one.
    """
    min_effect, max_regression = (
        one_number(f"{name}.{key}", limit.get(key), largest=1)
        for key in ("min_effect", "max_regression")
    )
    present, blessed = (mapping_of(reports, key) or {} for key in ("present", "blessed"))
    advice = (
        "See reports/train_check/ for the class, and the health report for what its labels lost; "
        "if it is meant, bless the present report by copying it to the gate's own."
    )
    gate = f"{name}.max_regression"
    if odd := [key for key in COMPARED if present.get(key) != blessed.get(key)]:
        finding = (
            f"The training check cannot be held against {limit.get('report')}, which has another "
            f"{' and another '.join(odd)}."
        )
        advice = "Run the check on the blessed release with these settings, and bless that."
        yield verdict(gate, False, len(odd), max_regression, finding, advice)
        return
    losses = dict(_losses(present, blessed))
    if not losses:
        finding = "The blessed training check has no crash class that was scored."
        advice = "Bless the report of a release with crashes in its test split, or drop the gate."
        yield verdict(gate, False, 0, max_regression, finding, advice)
        return
    lost = []
    for what, (loss, seen) in losses.items():
        floor = max_regression if seen is None else min(max_regression, max(min_effect, seen))
        if loss is None:
            lost.append(f"{what}: not scored any more")
        elif loss > floor:
            lost.append(f"{what} {-loss:+.3f}, limit {floor:.3f}")
    unseen = [what for what, (_, seen) in losses.items() if seen is None]
    largest = max((loss for loss, _ in losses.values() if loss is not None), default=1.0)
    finding = (
        f"Against the blessed training check {len(lost)} of {len(losses)} figures of crashes are "
        f"worse{named(lost, '; ')}; the largest loss is {shown(round(largest, 4))}."
    )
    if unseen:
        finding += f" Too few groups for a limit of its own: {', '.join(unseen)}."
    yield verdict(gate, not lost, round(largest, 6), max_regression, finding, advice)


def _losses(present: Mapping, blessed: Mapping) -> Iterator[tuple[str, tuple]]:
    """By figure: what is lost (None: all of it), and from where on it is seen (None: unknown)."""
    is_one_test = present.get("test") == blessed.get("test")
    for name in blessed.get("crashes") or []:
        was = mapping_of(blessed, "by_class", name) or {}
        here = mapping_of(present, "by_class", name) or {}
        if was.get("state") == "scored" and figure_of(was, "f") is not None:
            seen = figure_of(here, "detection_limit")
            if seen is not None and not is_one_test:
                seen = _widened(seen, was, here)
            is_scored = here.get("state") == "scored"
            yield name, (_loss(was, here, "f") if is_scored else None, seen)
    was, here = (mapping_of(each, "told_apart") or {} for each in (blessed, present))
    if figure_of(was, "area") is not None:
        # Of two other crashes the area says nothing of these.
        is_one_pair = was.get("of") == here.get("of")
        yield AREA, (_loss(was, here, "area") if is_one_pair else None, _widened(0.0, was, here))


def _loss(was: Mapping, here: Mapping, key: str) -> float | None:
    value = figure_of(here, key)
    return None if value is None else was[key] - value


def _widened(limit: float, *rows: Mapping) -> float | None:
    """A limit with the half widths of intervals, as if they were apart; None without one."""
    halves = []
    for row in rows:
        low, high = figure_of(row, "low"), figure_of(row, "high")
        if low is None or high is None:
            return None
        halves.append((high - low) / 2)
    return (limit**2 + sum(half**2 for half in halves)) ** 0.5


RELEASE_GATES = {TRAIN_CHECK: train_check}


def state_of(verdicts: list[Verdict]) -> str:
    """What a release says of the check: never passed where nothing was judged."""
    states = {each["status"] for each in verdicts}
    if not states:
        return NOT_RUN
    return FAILED if FAIL in states else IS_WAIVED if WAIVED in states else PASSED
