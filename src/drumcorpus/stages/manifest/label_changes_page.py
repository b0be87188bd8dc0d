"""The page of what aliasing did to the labels: as much as one reads, and how much is left."""

from collections.abc import Iterable, Mapping

from drumcorpus.ground.pages.charts import in_order, stacked_bars
from drumcorpus.ground.pages.render import render_page
from drumcorpus.taxonomy import CymbalFamily

N_SESSIONS = 50  # sessions shown of each source set, those with most changes first
N_CHANGES = 40  # kinds of change shown of each source set
N_LABELS = 6  # labels named beside a session


def render_label_changes_page(report: Mapping, families: Iterable[CymbalFamily]) -> str:
    """The page of `label_changes.summarise_changes`'s report.

    Parameters
    ----------
    report : mapping
        The report, as it is or read back from JSON.
    families : iterable of CymbalFamily
        Those whose cymbals are told apart.

    Returns
    -------
    html : str
        A whole document, every name escaped.
    """
    return render_page(
        "label_changes.html.jinja",
        title="Labels before and after aliasing",
        report=report,
        charts={each.name: _chart(report, each) for each in families if each.is_numbered},
        tables={row["source_set"]: page_tables(row) for row in report["source_sets"]},
    )


def _chart(report: Mapping, family: CymbalFamily):
    """The labels of the cymbals of one family after aliasing, by source set."""
    after = {
        row["source_set"]: {
            label: row["labels"][label]["after"]
            for label in family.labels
            if row["labels"].get(label, {}).get("after")
        }
        for row in report["source_sets"]
    }
    after = {name: counts for name, counts in after.items() if counts}
    return stacked_bars(after, in_order(after, (), first=family.labels), of_whole=True)


def page_tables(row: Mapping) -> dict:
    """What the page shows of one source set, and what is left.

    Returns
    -------
    dict
        ``labels`` whose count differs and ``same``, the number of the others; the first
        ``changes`` and ``sessions``, and of both how many ``more``; hits ``in_doubt`` of all
        families; ``examples`` of what is wrong.
    """
    differing = {
        label: counts
        for label, counts in row["labels"].items()
        if counts["before"] != counts["after"]
    }
    ranked = sorted(
        row["changed_sessions"], key=lambda session: (-session["components"], session["session_id"])
    )
    return {
        "in_doubt": sum(sum(of["in_doubt"].values()) for of in row["undivided"].values()),
        "labels": differing,
        "same": len(row["labels"]) - len(differing),
        "changes": row["changes"][:N_CHANGES],
        "more_changes": len(row["changes"][N_CHANGES:]),
        "sessions": [
            session
            | {"labels": dict(list(session["labels"].items())[:N_LABELS])}
            | {"more": len(session["labels"]) - N_LABELS}
            for session in ranked[:N_SESSIONS]
        ],
        "more_sessions": {
            "sessions": len(ranked[N_SESSIONS:]),
            "components": sum(session["components"] for session in ranked[N_SESSIONS:]),
        },
    }
