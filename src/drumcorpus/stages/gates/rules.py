"""Gates that name what they find: licences, the largest set, and what is held against baselines."""

from collections.abc import Iterator, Mapping

from drumcorpus.ground.files.figures import BLESSED, NONE
from drumcorpus.stages.gates.verdicts import (
    Verdict,
    at_most,
    figure_of,
    mapping_of,
    names_of,
    one_number,
    only_true,
    shown,
    shown_share,
)

N_NAMED = 5  # of many, so many are named in the sentence
BASELINES = {"audit": "provenance audit", "drift": "distribution of every source set"}
NO_LICENSE = "licenses", "events_without_license"


def require_license(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """Every event has a licence; the only limit is true."""
    only_true(name, limit)
    figure = figure_of(report, *NO_LICENSE)
    yield at_most(
        name,
        figure,
        0,
        f"Events without a licence: {shown(figure)}; every event needs one.",
        "State the licence in the card of the source set.",
    )


def allowed_licenses(report: Mapping, name: str, allowed) -> Iterator[Verdict]:
    """No event has a licence that is not among these; one without any is `require_license`'s."""
    allowed = names_of(name, allowed)
    by_license = mapping_of(report, "licenses", "by_license")
    others = {key: n for key, n in (by_license or {}).items() if key not in allowed}
    figure = None if by_license is None else sum(others.values())
    yield at_most(
        name,
        figure,
        0,
        f"Events with a licence that is not allowed{_named(sorted(others))}: {shown(figure)}; the "
        f"manifest may have {', '.join(allowed)}.",
        "Leave their source set out, or allow the licence once somebody has read it.",
    )


def max_source_set_share(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """No source set gives more than this share of the hits."""
    limit = one_number(name, limit, largest=1)
    figure = figure_of(report, "composition", "largest_source_set_share")
    largest = (mapping_of(report, "composition") or {}).get("largest_source_set")
    yield at_most(
        name,
        figure,
        limit,
        f"{largest or 'The largest source set'} gives {shown_share(figure)} of the hits; one set "
        f"may give at most {shown_share(limit)}.",
        "Add other source sets, or take part of this one out.",
    )


def max_audit_findings(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many kinds of defects stand in the provenance audit."""
    limit = one_number(name, limit)
    figure = figure_of(report, "audit", "n_findings")
    findings = _sentences(report, "audit", "findings")
    finding = (
        f"Findings of the provenance audit: {shown(figure)}{_named(findings, '; ', figure)}; at "
        f"most {shown(limit)} may stand."
    )
    yield at_most(name, figure, limit, finding, "Read them in reports/provenance/.")


def max_audit_differences(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many figures of the provenance audit differ from the blessed one."""
    limit = one_number(name, limit)
    figure = figure_of(report, "audit", "n_differences")
    finding = (
        f"Figures in which the provenance audit differs from the blessed one: {shown(figure)}"
        f"{_named(_sentences(report, 'audit', 'differences'), '; ', figure)}; at most "
        f"{shown(limit)} may."
    )
    if _baseline(report, "audit") == NONE:
        finding = (
            "Nothing is blessed yet, so the provenance audit was compared with nothing. Once an "
            f"audit is blessed, at most {shown(limit)} figures may differ from it."
        )
    advice = "Read them in reports/provenance/; if they are meant, `snakemake bless`."
    yield at_most(name, figure, limit, finding, advice)


def max_drifted_classes(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many figures of source sets have drifted from their frozen distribution."""
    limit = one_number(name, limit)
    figure = figure_of(report, "drift", "n_drifted")
    drift = mapping_of(report, "drift") or {}
    drifted = _sentences(report, "drift", "drifted")
    finding = (
        f"{shown(figure)} classes or spreads have drifted from what is blessed"
        f"{_named(drifted, '; ')}; at most {shown(limit)} may."
    )
    if _baseline(report, "drift") == NONE:
        finding = (
            "Nothing is blessed yet, so no distribution was compared. Once they are blessed, at "
            f"most {shown(limit)} classes or spreads may drift from them."
        )
    elif bare := drift.get("sets_without_baseline"):
        finding += f" Not compared, for nothing of them is blessed yet: {_some(bare)}."
    yield at_most(
        name, figure, limit, finding, "Find what moved them; if it is meant, `snakemake bless`."
    )


def require_baselines(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """The audit and the distributions are held against something that is blessed."""
    only_true(name, limit)
    states = {key: _baseline(report, key) for key in BASELINES}
    figure = None if None in states.values() else sum(s != BLESSED for s in states.values())
    lacking = [BASELINES[key] for key, state in states.items() if state != BLESSED]
    yield at_most(
        name,
        figure,
        0,
        f"{shown(figure)} of {len(BASELINES)} baselines are not blessed{_named(lacking)}.",
        "Look at the figures, then `snakemake bless`.",
    )


def _baseline(report: Mapping, section: str) -> str | None:
    """Whether what a section rests on is blessed; None where it does not say."""
    return (mapping_of(report, section) or {}).get("baseline")


def _sentences(report: Mapping, section: str, key: str) -> list[str]:
    """Sentences that stand in a section of the report, without their full stops."""
    sentences = (mapping_of(report, section) or {}).get(key) or []
    return [sentence.rstrip(".") for sentence in sentences]


def _named(names: list[str], separator: str = ", ", n_in_all: int | None = None) -> str:
    """`_some` of the names in brackets; nothing where there is none."""
    return f" ({_some(names, separator, n_in_all)})" if names else ""


def _some(names: list[str], separator: str = ", ", n_in_all: int | None = None) -> str:
    """The first names, with how many there are beyond, of `n_in_all` where not all are listed."""
    n_more = (n_in_all or len(names)) - N_NAMED
    more = f"{separator}and {n_more} more" if n_more > 0 else ""
    return f"{separator.join(names[:N_NAMED])}{more}"
