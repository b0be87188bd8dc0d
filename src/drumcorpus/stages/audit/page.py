"""The audit for people: as a Markdown page, and as one self-contained HTML page."""

from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.figures import figure_in_words
from drumcorpus.ground.pages.render import N_EXAMPLES, render_page
from drumcorpus.vocabulary import ANNOTATION, AUDIO

# Figure of the audit -> heading of its column.
COLUMNS = {
    "standing": "standing",
    "n_events": "events",
    "n_sessions": "sessions",
    "n_referenced_sessions": "referenced",
    "n_unreferenced_sessions": "unreferenced",
    "n_refused_sessions": "refused",
    "n_sessions_without_provenance": "without provenance",
    "n_events_broken_metadata_ref": "broken refs",
    "n_events_audio_not_covered": "audio not covered",
    "n_events_without_license": "no licence",
    "n_files": "files",
    "n_files_hash_unknown": "hash unknown",
}
# Those in which anything but 0 is bad.
BAD_COLUMNS = (
    *("n_sessions_without_provenance", "n_events_broken_metadata_ref"),
    *("n_events_audio_not_covered", "n_events_without_license", "n_files_hash_unknown"),
)
# Kind of missing file -> what is said of the sessions.
WITHOUT = {ANNOTATION: "without annotation", AUDIO: "without sound"}
TALLIES = {
    "licenses": "Licences (sessions)",
    "techniques": "Techniques (sessions)",
    "drops": "Dropped at ingestion",
    "notes": "Notes (sessions)",
}


def render_audit_page(
    audit: Mapping, comparison: Mapping, title: str, *, what: str = "manifest"
) -> str:
    """Write an audit as a page for people, readable on a phone.

    Parameters
    ----------
    audit : mapping
        What `audit_manifest` returned.
    comparison : mapping
        The audit held against the blessed one, as of `figures.compare_with_baseline`.
    title : str
        Heading of the page, such as the name of the manifest.
    what : str
        ``manifest``, or ``file``, which has no other pages.

    Returns
    -------
    html : str
        A whole document; whatever comes from the data is escaped.
    """
    return render_page(
        "audit.html.jinja",
        title=title,
        what=what,
        audit=audit,
        comparison=comparison,
        changes=[
            {"path": change["path"]}
            | {side: figure_in_words(change[side]) for side in ("old", "new")}
            for change in comparison["differences"]
        ],
        columns=COLUMNS,
        bad_columns=BAD_COLUMNS,
        tallies=TALLIES,
    )


def render_audit_markdown(audit: Mapping, comparison: Mapping | None = None) -> str:
    """Write an audit as a page for people: verdict, findings, coverage, notes per source set.

    Parameters
    ----------
    audit : mapping
        What `audit_manifest` returned.
    comparison : mapping, optional
        The audit held against the blessed one, as of `figures.compare_with_baseline`.

    Returns
    -------
    page : str
        Markdown with LF line ends; whatever comes from the data is escaped.
    """
    n_findings = len(audit["findings"])
    verdict = (
        "**Passed:** no finding." if audit["passed"] else f"**Failed:** {n_findings} findings."
    )
    parts = ["# Provenance audit", f"{verdict} {audit['n_events']:,} events."]
    if audit["findings"]:
        parts.append("## Findings")
        parts += [_finding(finding) for finding in audit["findings"]]
    if comparison:
        parts += ["## Against the blessed audit", _plain(comparison["sentence"])]
        parts += [_changes(comparison["differences"])] if comparison["differences"] else []
    parts += ["## Coverage", _coverage(audit["sets"])]
    for name, figures in audit["sets"].items():
        parts += [f"## {_plain(name)}", _notes(figures)]
    return "\n\n".join(parts) + "\n"


def _finding(finding: Mapping) -> str:
    """One finding with its examples."""
    lines = [f"- `{finding['kind']}` {_plain(finding['sentence'])}"]
    lines += [f"    - {_plain(example)}" for example in finding["examples"]]
    return "\n".join(lines)


def _changes(differences: list[Mapping]) -> str:
    """What differs from the blessed audit, one line per figure."""
    lines = ["| figure | blessed | now |", "| --- | ---: | ---: |"]
    for change in differences:
        old, new = (_plain(figure_in_words(change[side])) for side in ("old", "new"))
        lines.append(f"| {_plain(change['path'])} | {old} | {new} |")
    return "\n".join(lines)


def _coverage(sets: Mapping) -> str:
    """The coverage table, one line per source set."""
    lines = ["| source set | " + " | ".join(COLUMNS.values()) + " |"]
    lines.append("| --- | --- |" + " ---: |" * (len(COLUMNS) - 1))
    for name, figures in sets.items():
        cells = [_plain(_cell(figures[column])) for column in COLUMNS]
        lines.append(f"| {_plain(name)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _notes(figures: Mapping) -> str:
    """Why one set is where it is, and what its provenance says of itself."""
    n_sessions, n_free = figures["n_sessions"], figures["redistributable_sessions"]
    lines = [f"- {figures['standing'].capitalize()}: {_plain(figures['why'])}"]
    if figures["license_card"]:
        lines.append(f"- Licence on the card: {_plain(_license(figures['license_card']))}")
    lines.append(f"- Redistributable: {n_free:,} of {n_sessions:,} sessions")
    lines.append(f"- Raw files: {figures['n_files']:,}, {figures['bytes']:,} bytes")
    if figures["card_notes"]:
        lines.append(f"- Card: {_plain(figures['card_notes'])}")
    for key, title in TALLIES.items():
        if figures[key]:
            tally = "; ".join(f"{_plain(name)} {n:,}" for name, n in figures[key].items())
            lines.append(f"- {title}: {tally}")
    lines += _missing(figures["missing"])
    n_more = figures["n_distinct_notes"] - len(figures["notes"])
    if n_more:
        lines.append(f"- and {n_more:,} other notes")
    return "\n".join(lines)


def _missing(rows: list[Mapping]) -> Iterable[str]:
    """The first sessions without sound, and without annotation, by name, and how many there are."""
    for kind, words in WITHOUT.items():
        names = [row["session_id"] for row in rows if row["kind"] == kind]
        if names:
            first = ", ".join(map(_plain, names[:N_EXAMPLES]))
            more = f" and {len(names) - N_EXAMPLES:,} more" if len(names) > N_EXAMPLES else ""
            yield f"- Sessions {words}: {len(names):,} ({first}{more})"


def _license(card: Mapping) -> str:
    """The licence of a card in one line."""
    read = f"read {card['verified']}" if card["verified"] else "its text has not been read"
    forbids = f"; forbids {', '.join(card['forbids'])}" if card["forbids"] else ""
    return f"{card['license']}, {read}{forbids}"


def _cell(value) -> str:
    """One figure as people read it; a dash where nothing was measured."""
    return "—" if value is None else figure_in_words(value)


def _plain(text: str) -> str:
    """`text` on one line, with everything escaped that Markdown or HTML would act on."""
    text = " ".join(text.split())
    for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, escaped)
    return "".join(f"\\{sign}" if sign in "\\`*[]|" else sign for sign in text)
