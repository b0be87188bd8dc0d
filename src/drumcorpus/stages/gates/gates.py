"""Gates: limits that a health report must keep. What the report does not say does not pass.

`counts`, `limits` and `rules` hold the gates, `waivers` what lets a failing one through for a
while. A new gate is one function or one row of a table there, and its entry in the schema.
"""

from collections.abc import Callable, Collection, Iterator, Mapping

from drumcorpus.stages.gates import counts, rules
from drumcorpus.stages.gates.limits import LIMITS
from drumcorpus.stages.gates.verdicts import FAIL, WAIVED, Verdict
from drumcorpus.stages.gates.waivers import (
    KEY,
    UNNEEDED,
    apply_waivers,
    check_waivers,
    expired_waivers,
)

__all__ = ["GATES", "check_gates", "check_waivers", "enforce_gates", "expired_waivers"]

# Every gate by its name in the YAML: a function of the report, its name and its limit.
GATES: dict[str, Callable[[Mapping, str, object], Iterator[Verdict]]] = {
    gate.__name__: gate
    for gate in (
        counts.min_count,
        counts.min_real_count,
        counts.min_count_per_split,
        counts.min_events_per_split,
        counts.required_labels,
        counts.required_techniques,
        counts.max_unknown_labels,
        rules.require_license,
        rules.allowed_licenses,
        rules.max_source_set_share,
        rules.max_audit_findings,
        rules.max_audit_differences,
        rules.max_drifted_classes,
        rules.require_baselines,
    )
} | LIMITS


def check_gates(report: Mapping, gates: Mapping, *, expired: Collection[str] = ()) -> list[Verdict]:
    """Hold a health report against its gates.

    Parameters
    ----------
    report : mapping
        Report of `measure.measure_health`.
    gates : mapping
        Limit of every gate by its name, and under ``waivers`` what may fail for a while, as in
        ``resources/gates/*.yaml``.
    expired : collection of str
        Gates whose waiver has expired, as of `expired_waivers`.

    Returns
    -------
    verdicts : list of dict
        In the order of `gates`, one per gate, or one per label or split where the gate has a limit
        for each: ``gate`` (such as ``max_quarantined`` or ``min_count.<label>``), ``status``
        (PASS, FAIL or WAIVED), ``passed`` (whether it is PASS), ``figure`` (None where the report
        has none, which never passes), ``limit``, ``sentence`` for people, and ``waiver``: None,
        or its ``reason``, ``expires`` and ``state`` (in force, expired, unneeded).

    Raises
    ------
    ValueError
        If there is no gate, a gate has an unknown name, its limit is of the wrong kind, or a
        waiver cannot hold.
    """
    if not set(gates) - {KEY}:
        raise ValueError(f"there is no gate to check; name at least one of {allowed_names()}")
    verdicts = []
    for name, limit in gates.items():
        if name == KEY:
            continue
        if name not in GATES:
            raise ValueError(f"unknown gate {name!r}; the gates are {allowed_names()}")
        verdicts += GATES[name](report, name, limit)
    check_waivers(gates, "gates")
    return apply_waivers(verdicts, gates, expired)


def allowed_names() -> str:
    """The names of all gates, for messages."""
    return ", ".join(sorted(GATES))


def enforce_gates(verdicts: list[Verdict], *, manifest: str, mode: str) -> dict:
    """Stop where a gate fails and is not waived.

    Parameters
    ----------
    verdicts : list of dict
        As of `check_gates`.
    manifest : str
        Name of the manifest, for the message.
    mode : str
        ``enforce``, or ``report`` to let everything pass.

    Returns
    -------
    verdict : dict
        The manifest, the mode, and the names of the gates that fail, that are waived, and whose
        waiver is not needed. It has no figures: as long as these are the same, nothing that waits
        for it has to be made again.

    Raises
    ------
    ValueError
        If a gate fails and is to be enforced; one sentence for each.
    """
    failed = [verdict for verdict in verdicts if verdict["status"] == FAIL]
    if failed and mode == "enforce":
        sentences = "\n  ".join(f"{verdict['gate']}: {verdict['sentence']}" for verdict in failed)
        raise ValueError(
            f"{len(failed)} of {len(verdicts)} gates fail for {manifest}:\n  {sentences}\n"
            f"  All figures: reports/health/{manifest}.html. To go on all the same: "
            f"--config gates=report"
        )
    return {
        "schema": "drumcorpus.gates/2",
        "manifest": manifest,
        "mode": mode,
        "failed": [verdict["gate"] for verdict in failed],
        "waived": [verdict["gate"] for verdict in verdicts if verdict["status"] == WAIVED],
        "unneeded_waivers": [
            verdict["gate"]
            for verdict in verdicts
            if verdict["waiver"] and verdict["waiver"]["state"] == UNNEEDED
        ],
    }
