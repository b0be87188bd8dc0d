"""Gates: limits that a health report must keep. What the report does not say does not pass.

`counts`, `limits` and `rules` hold the gates on a manifest, `export_gates` those on its export, and
`waivers` has what lets a failing one through for a while. A new gate is one function or one row of
a table there, and its entry in the schema.
"""

import os
from collections.abc import Callable, Collection, Iterator, Mapping

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.commands import command
from drumcorpus.stages.gates import counts, rules
from drumcorpus.stages.gates.export_gates import ALWAYS, EXPORT_GATES
from drumcorpus.stages.gates.limits import LIMITS
from drumcorpus.stages.gates.train_gates import RELEASE_GATES
from drumcorpus.stages.gates.verdicts import FAIL, WAIVED, Verdict
from drumcorpus.stages.gates.waivers import (
    KEY,
    UNNEEDED,
    apply_waivers,
    check_waivers,
    expired_waivers,
)

__all__ = [
    "EXPORT_GATES",
    "GATES",
    "RELEASE_GATES",
    "check_export_gates",
    "check_gates",
    "check_release_gates",
    "check_waivers",
    "enforce_gates",
    "expired_waivers",
]

Gate = Callable[[Mapping, str, object], Iterator[Verdict]]

# Every gate on a manifest by its name in the YAML: a function of the health report, its name and
# its limit.
GATES: dict[str, Gate] = {
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
        rules.max_unreadable_sessions,
        rules.max_audit_findings,
        rules.max_audit_differences,
        rules.max_drifted_classes,
        rules.max_lost_classes,
        rules.max_loudness_drift_lu,
        rules.max_hit_span_db,
        rules.require_baselines,
        rules.require_complete,
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
        ``resources/gates/*.yaml``. Those on the export are passed over.
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
    if not set(gates) & set(GATES) and set(gates) <= {KEY, *EXPORT_GATES, *RELEASE_GATES}:
        raise ValueError(f"there is no gate to check; name at least one of {_names_of(GATES)}")
    return _verdicts(report, gates, GATES, expired)


def check_export_gates(
    report: Mapping, gates: Mapping, *, expired: Collection[str] = ()
) -> list[Verdict]:
    """Hold the report of an export against the gates on it.

    Parameters
    ----------
    report : mapping
        Of `export.figures.measure_export`.
    gates, expired
        As of `check_gates`; those on the health report are passed over. `export_gates.ALWAYS` holds
        where the file says nothing else.

    Returns
    -------
    verdicts : list of dict
        As of `check_gates`.

    Raises
    ------
    ValueError
        As `check_gates`, but for a file without a gate on the export.
    """
    return _verdicts(report, ALWAYS | gates, EXPORT_GATES, expired)


def check_release_gates(
    reports: Mapping, gates: Mapping, *, expired: Collection[str] = ()
) -> list[Verdict]:
    """Hold a training check against a blessed one, where the file of gates asks for it.

    Parameters
    ----------
    reports : mapping
        ``present`` and ``blessed`` reports of the check.
    gates, expired
        As of `check_gates`; those on other reports are passed over.

    Returns
    -------
    verdicts : list of dict
        As of `check_gates`; none where the file has no such gate.
    """
    return _verdicts(reports, gates, RELEASE_GATES, expired)


def failing_export_gates(
    report: Mapping, gates_file: str | os.PathLike, *, expired: Collection[str], mode: str
) -> list[Verdict]:
    """The gates on an export that would stop it, as of `check_export_gates`.

    Parameters
    ----------
    report, expired
        As of `check_export_gates`.
    gates_file : path
        Of the gates of its manifest.
    mode : str
        ``enforce``, or ``report``: none stops then.
    """
    if mode != "enforce":
        return []
    verdicts = check_export_gates(report, read_yaml(gates_file), expired=expired)
    return [verdict for verdict in verdicts if verdict["status"] == FAIL]


def _verdicts(
    report: Mapping, gates: Mapping, on_report: Mapping[str, Gate], expired: Collection[str]
) -> list[Verdict]:
    """The verdicts of those gates of a file that are on a report, with their waivers."""
    verdicts = []
    for name, limit in gates.items():
        if name not in {KEY, *GATES, *EXPORT_GATES, *RELEASE_GATES}:
            allowed = _names_of({**GATES, **EXPORT_GATES, **RELEASE_GATES})
            raise ValueError(f"unknown gate {name!r}; the gates are {allowed}")
        if name in on_report:
            verdicts += on_report[name](report, name, limit)
    check_waivers(gates, "gates")
    return apply_waivers(verdicts, gates, expired)


def _names_of(gates: Mapping[str, Gate]) -> str:
    """The names of gates, for messages."""
    return ", ".join(sorted(gates))


def enforce_gates(verdicts: list[Verdict], *, of: str, mode: str, figures: str) -> dict:
    """Stop where a gate fails and is not waived.

    Parameters
    ----------
    verdicts : list of dict
        As of `check_gates`.
    of : str
        What the gates are on, for the message: a manifest, or its export.
    mode : str
        ``enforce``, or ``report`` to let everything pass.
    figures : str
        Where all figures are, for the message.

    Returns
    -------
    verdict : dict
        What the gates are on, and the names of those that fail, that are waived, and whose waiver
        is not needed. It has no figures and no mode: as long as these are the same, it is.

    Raises
    ------
    ValueError
        If a gate fails and is to be enforced; one sentence for each.
    """
    failed = [verdict for verdict in verdicts if verdict["status"] == FAIL]
    if failed and mode == "enforce":
        bless = "\n  To bless what is meant: " + command("bless")
        sentences = "\n  ".join(f"{verdict['gate']}: {verdict['sentence']}" for verdict in failed)
        raise ValueError(
            f"{len(failed)} of {len(verdicts)} gates fail for {of}:\n  {sentences}\n"
            f"  All figures: {figures}.\n"
            f"  To go on all the same: {command('all', config={'gates': 'report'})}"
            + (bless if "snakemake bless" in sentences else "")
        )
    return {
        "schema": "drumcorpus.gates/3",
        "of": of,
        "failed": [verdict["gate"] for verdict in failed],
        "waived": [verdict["gate"] for verdict in verdicts if verdict["status"] == WAIVED],
        "unneeded_waivers": [
            verdict["gate"]
            for verdict in verdicts
            if verdict["waiver"] and verdict["waiver"]["state"] == UNNEEDED
        ],
    }


def may_stand(verdict: Mapping, mode: str) -> bool:
    """Whether a verdict of `enforce_gates` that was made before would be let through in `mode`."""
    return mode != "enforce" or not verdict["failed"]


def waivers_in_words(verdicts: list[Verdict]) -> list[str]:
    """One sentence for each gate that has a waiver."""
    return [
        f"{row['gate']} ({row['status']}, waiver {row['waiver']['state']}): {row['sentence']}"
        for row in verdicts
        if row["waiver"]
    ]
