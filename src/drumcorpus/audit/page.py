"""The audit as a Markdown page."""

_COLUMNS = {
    "tier": "tier",
    "merged": "merged",
    "n_events": "events",
    "n_sessions": "sessions",
    "n_referenced_sessions": "referenced",
    "n_unreferenced_sessions": "unreferenced",
    "n_sessions_without_provenance": "without provenance",
    "n_files": "files hashed",
}
_TALLIES = {
    "licenses": "Licences (sessions)",
    "techniques": "Techniques (sessions)",
    "drops": "Dropped at ingestion",
    "notes": "Notes (sessions)",
}


def render_audit_markdown(audit: dict) -> str:
    """Write an audit as a page for people: verdict, findings, coverage, notes per source set.

    Parameters
    ----------
    audit : dict
        What `audit_manifest` returned.

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
    parts += ["## Coverage", _coverage(audit["sets"])]
    for name, figures in audit["sets"].items():
        parts += [f"## {_plain(name)}", _notes(figures)]
    return "\n\n".join(parts) + "\n"


def _finding(finding: dict) -> str:
    """One finding with its examples."""
    lines = [f"- `{finding['kind']}` {_plain(finding['sentence'])}"]
    lines += [f"    - {_plain(example)}" for example in finding["examples"]]
    return "\n".join(lines)


def _coverage(sets: dict) -> str:
    """The coverage table, one line per source set."""
    lines = ["| source set | " + " | ".join(_COLUMNS.values()) + " |"]
    lines.append("| --- |" + " --- |" * 2 + " ---: |" * (len(_COLUMNS) - 2))
    for name, figures in sets.items():
        cells = [_cell(figures[column]) for column in _COLUMNS]
        lines.append(f"| {_plain(name)} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _notes(figures: dict) -> str:
    """What the provenance of one set says of itself."""
    n_sessions, n_free = figures["n_sessions"], figures["redistributable_sessions"]
    lines = [f"- Redistributable: {n_free:,} of {n_sessions:,} sessions"]
    lines.append(f"- Raw files: {figures['n_files']:,}, {figures['bytes']:,} bytes")
    for key, title in _TALLIES.items():
        if figures[key]:
            tally = "; ".join(f"{_plain(name)} {n:,}" for name, n in figures[key].items())
            lines.append(f"- {title}: {tally}")
    n_more = figures["n_distinct_notes"] - len(figures["notes"])
    if n_more:
        lines.append(f"- and {n_more:,} other notes")
    return "\n".join(lines)


def _cell(value) -> str:
    """One figure as people read it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else _plain(value or "(none)")


def _plain(text: str) -> str:
    """`text` on one line, with everything escaped that Markdown or HTML would act on."""
    text = " ".join(text.split())
    for sign, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, escaped)
    return "".join(f"\\{sign}" if sign in "\\`*[]|" else sign for sign in text)
