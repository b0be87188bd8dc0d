"""The page of the scores of the onset detector, as Markdown."""

from collections.abc import Mapping

from drumcorpus.stages.onsets.scopes import SCOPES


def render_scores_markdown(report: Mapping, source_set: str) -> str:
    """The report as a page for people: totals first, then every take.

    Parameters
    ----------
    report : mapping
        Of `scores.score_takes`, as it is or read back from JSON.
    source_set : str
        Its name, for the heading.

    Returns
    -------
    markdown : str
        Names from the data cannot break a table.
    """
    not_scored = [f"{n:,} {name}" for name, n in sorted(report["not_scored"].items()) if n]
    lines = [
        f"# Onset detection on {source_set}",
        "",
        f"{len(report['takes']):,} takes scored; not scored: {', '.join(not_scored) or 'none'}.",
        f"A detected onset is right within {report['window_ms']:g} ms of a reference onset. "
        f"`loud`: reference onsets within {-report['loud_db']:g} dB of the take's peak. `apart`: "
        f"reference onsets within {report['group_ms']:g} ms count as one. Offsets are detected "
        "less reference.",
        "",
        *_table_lines([(scope, report["total"][scope]) for scope in SCOPES], "scope"),
    ]
    for scope in SCOPES:
        rows = [(take["session_id"], take[scope]) for take in report["takes"]]
        lines += ["", f"## {scope}", "", *_table_lines(rows, "take")]
    for refusal in report["refusals"]:
        lines += ["", f"- {_cell(refusal['path'])}: {_cell(refusal['detail'])}"]
    return "\n".join(lines) + "\n"


def _table_lines(rows, what):
    columns = ("n_reference", "n_estimated", "precision", "recall", "f_measure", "median_offset_ms")
    heads = ("reference", "detected", "precision", "recall", "F", "median offset, ms")
    yield f"| {what} | {' | '.join(heads)} |"
    yield f"| --- |{' ---: |' * len(heads)}"
    for name, values in rows:
        cells = [values[column] for column in columns]
        shown = [f"{n:,}" for n in cells[:2]]
        shown += ["" if value is None else f"{value:.3f}" for value in cells[2:5]]
        shown += ["" if cells[5] is None else f"{cells[5]:.1f}"]
        yield f"| {_cell(name)} | {' | '.join(shown)} |"


def _cell(text):
    return str(text).replace("|", "\\|").replace("\n", " ")
