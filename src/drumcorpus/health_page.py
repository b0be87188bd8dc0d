"""The health report as one self-contained page: no script, no network, light and dark.

Text is HTML and bars are SVG stretched to the width, so that numbers stay readable on a phone.
"""

from collections.abc import Mapping, Sequence

from drumcorpus.charts import RAMP, histogram, in_order, stacked_bars
from drumcorpus.charts import nice_ticks as nice_ticks
from drumcorpus.pages import render_page
from drumcorpus.shown import hours as hours
from drumcorpus.shown import number as number
from drumcorpus.shown import short

N_ROWS = 25  # of a long table; the report holds the rest


def render_health_page(report: Mapping, verdicts: Sequence[Mapping], title: str) -> str:
    """The page of a health report.

    Parameters
    ----------
    report : mapping
        Report of `drumcorpus.health.measure_health`, as it is or read back from JSON.
    verdicts : sequence of mappings
        Verdicts of `drumcorpus.gates.check_gates` on this report; may be empty.
    title : str
        Heading of the page, such as the name of the manifest.

    Returns
    -------
    html : str
        A whole document. All names from the data are escaped.
    """
    return render_page(
        "health.html.jinja",
        title=title,
        report=report,
        verdicts=sorted(verdicts, key=lambda verdict: verdict["passed"]),
        n_failed=sum(not verdict["passed"] for verdict in verdicts),
        charts=health_charts(report),
        n_rows=N_ROWS,
    )


def health_charts(report: Mapping) -> dict:
    """The geometry of all charts of the page, by their names in the template."""
    ranked = sorted(report["labels"].items(), key=lambda item: (-item[1]["total"], item[0]))
    present = {label: counts for label, counts in ranked if counts["total"]}
    by_split = {label: counts["by_split"] for label, counts in present.items()}
    by_source = {label: counts["by_source_set"] for label, counts in present.items()}
    dynamics = {label: counts["dynamics"] for label, counts in present.items()}
    techniques = {name: counts["by_split"] for name, counts in report["techniques"].items()}
    splits = in_order(by_split, report["splits"], first=("train", "validation", "test"))
    buckets = in_order(dynamics, (), first=report["dynamic_buckets"])
    return {
        "splits": stacked_bars(by_split, splits),
        "source_sets": stacked_bars(by_source, list(report["source_sets"]), of_whole=True),
        "dynamics": stacked_bars(dynamics, buckets, of_whole=True, colours=RAMP),
        "techniques": stacked_bars(techniques, splits),
        "openness": {
            family: histogram([(f"{b['from']:g}", b["components"]) for b in counts["bins"]], "1")
            for family, counts in report["openness"].items()
        },
        "hits": hits_histogram(report["hits_per_session"]),
        "tempo": histogram([(str(b["from_bpm"]), b["events"]) for b in report["tempo"]["bins"]]),
        "components": histogram(list(report["components_per_event"].items()), centred=True),
    }


def hits_histogram(hits: Mapping | None) -> dict | None:
    """Histogram of hits per session, without the empty bins at both ends."""
    if hits is None:
        return None
    bins = [(short(b["from"]), b["sessions"]) for b in hits["bins"]]
    filled = [index for index, (_, n) in enumerate(bins) if n]
    return histogram(bins[filled[0] : filled[-1] + 1]) if filled else None
