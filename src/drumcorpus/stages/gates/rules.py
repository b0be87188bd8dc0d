"""Gates that name what they find: licences, the largest set, and what is held against baselines."""

from collections.abc import Iterator, Mapping

from drumcorpus.ground.files.figures import BLESSED, NONE
from drumcorpus.ground.run.completeness import COMPLETE
from drumcorpus.stages.gates.verdicts import (
    Verdict,
    at_most,
    figure_of,
    mapping_of,
    named,
    names_of,
    one_number,
    only_true,
    sessions_of,
    shown,
    shown_share,
    some_of,
)

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
        f"Events with a licence that is not allowed{named(sorted(others))}: {shown(figure)}; the "
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


def max_unreadable_sessions(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """No more than so many sessions have a recording of which no fingerprint could be taken."""
    limit = one_number(name, limit)
    figure = figure_of(report, "unreadable", "sessions")
    yield at_most(
        name,
        figure,
        limit,
        "Sessions with a recording that could not be decoded when all were fingerprinted"
        f"{named(sessions_of(report, 'unreadable'), n_in_all=figure)}: {shown(figure)}; at "
        f"most {shown(limit)} may be there.",
        "Fetch their files again, or leave their source set out.",
    )


def max_audit_findings(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many kinds of defects stand in the provenance audit."""
    limit = one_number(name, limit)
    figure = figure_of(report, "audit", "n_findings")
    findings = _sentences(report, "audit", "findings")
    finding = (
        f"Findings of the provenance audit: {shown(figure)}{named(findings, '; ', figure)}; at "
        f"most {shown(limit)} may stand."
    )
    yield at_most(name, figure, limit, finding, "Read them in reports/provenance/.")


def max_audit_differences(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many figures of the provenance audit differ from the blessed one."""
    limit = one_number(name, limit)
    figure = figure_of(report, "audit", "n_differences")
    finding = (
        f"Figures in which the provenance audit differs from the blessed one: {shown(figure)}"
        f"{named(_sentences(report, 'audit', 'differences'), '; ', figure)}; at most "
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
        f"{named(drifted, '; ')}; at most {shown(limit)} may."
    )
    if _baseline(report, "drift") == NONE:
        finding = (
            "Nothing is blessed yet, so no distribution was compared. Once they are blessed, at "
            f"most {shown(limit)} classes or spreads may drift from them."
        )
    elif bare := drift.get("sets_without_baseline"):
        finding += f" Not compared, for nothing of them is blessed yet: {some_of(bare)}."
    yield at_most(
        name, figure, limit, finding, "Find what moved them; if it is meant, `snakemake bless`."
    )


def max_lost_classes(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """At most so many classes of source sets have no hit left, which had some when blessed."""
    limit = one_number(name, limit)
    figure = figure_of(report, "drift", "n_lost_classes")
    lost = _sentences(report, "drift", "lost_classes")
    finding = (
        f"Classes of source sets that have no hit any more: {shown(figure)}{named(lost, '; ')}; "
        f"at most {shown(limit)} may be lost."
    )
    if _baseline(report, "drift") == NONE:
        finding = (
            "Nothing is blessed yet, so no class can be missed. Once distributions are blessed, at "
            f"most {shown(limit)} classes of source sets may be lost."
        )
    advice = "Look at the source set's page for where its hits went; if it is meant, bless."
    yield at_most(name, figure, limit, finding, advice)


def max_loudness_drift_lu(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """No source set's loudness is further than this from the blessed one."""
    limit = one_number(name, limit)
    figure = figure_of(report, "loudness_drift", "largest_lu")
    moved = mapping_of(report, "loudness_drift", "by_source_set") or {}
    beyond = [f"{s} {lu:+g} LU" for s, lu in moved.items() if lu is not None and abs(lu) > limit]
    finding = (
        f"Loudness of source sets against the blessed one: {shown(figure)} LU at most"
        f"{named(beyond)}; {shown(limit)} LU may be."
    )
    if _baseline(report, "loudness_drift") == NONE:
        finding = (
            "Nothing is blessed yet, so no loudness was compared. Once a health report is blessed, "
            f"the loudness of a source set may move by {shown(limit)} LU."
        )
    advice = "Find what has another level: a mix, a stem, a release; if it is meant, bless."
    yield at_most(name, figure, limit, finding, advice)


def max_hit_span_db(report: Mapping, name: str, limit) -> Iterator[Verdict]:
    """The isolated hits of no family differ by more than this between the source sets."""
    limit = one_number(name, limit)
    figure = figure_of(report, "audio_checks", "hit_span_db")
    family = (mapping_of(report, "audio_checks") or {}).get("hit_span_family")
    yield at_most(
        name,
        figure,
        limit,
        f"The peaks of isolated hits of one family ({family or 'none'}) are {shown(figure)} dB "
        f"apart between the source sets; at most {shown(limit)} dB may be.",
        "Look at the levels of hits in the report: a set that is labelled or recorded otherwise.",
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
        f"{shown(figure)} of {len(BASELINES)} baselines are not blessed{named(lacking)}.",
        "Look at the figures, then `snakemake bless`.",
    )


def require_complete(report: Mapping, name: str, wanted) -> Iterator[Verdict]:
    """All merged source sets are whole, or those that are named, by their published counts.

    One of which nothing is published, or of which more is here than is published, is not.
    """
    if wanted is not True:
        names_of(name, wanted)
    found = mapping_of(report, "completeness", "source_sets")
    figure, lacking = None, []
    if found is not None:
        names = sorted(found) if wanted is True else wanted
        says = {n: (mapping_of(found, n) or {}).get("says", "not merged") for n in names}
        lacking = [f"{n} {says[n]}" for n in names if _state_of(found, n) != COMPLETE]
        figure = len(lacking)
    yield at_most(
        name,
        figure,
        0,
        f"Source sets that are not as whole as they were published{named(lacking, '; ')}: "
        f"{shown(figure)}; none may be there.",
        "Fetch what is missing, see reports/inventory.html and reports/ingest.html; or name only "
        "the sets that must be whole.",
    )


def _state_of(found: Mapping, source_set: str) -> str | None:
    return (mapping_of(found, source_set) or {}).get("state")


def _baseline(report: Mapping, section: str) -> str | None:
    """Whether what a section rests on is blessed; None where it does not say."""
    return (mapping_of(report, section) or {}).get("baseline")


def _sentences(report: Mapping, section: str, key: str) -> list[str]:
    """Sentences that stand in a section of the report, without their full stops."""
    sentences = (mapping_of(report, section) or {}).get(key) or []
    return [sentence.rstrip(".") for sentence in sentences]
