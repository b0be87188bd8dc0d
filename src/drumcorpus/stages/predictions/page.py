"""The page of predictions that are held against the onsets heard where they are."""

from collections.abc import Mapping

from drumcorpus.ground.pages.render import render_page
from drumcorpus.stages.predictions.agreement import NO_PREDICTION

N_SESSIONS = 200  # shown, those first of whose predictions the fewest have an onset


def render_predictions_page(report: Mapping) -> str:
    """The report of `agreement.hold_predictions` as a whole HTML document, every name escaped."""
    ranked = sorted(
        report["sessions"],
        key=lambda row: (
            row["predicted_with_onset"] is None,
            row["predicted_with_onset"],
            row["session_id"],
        ),
    )
    return render_page(
        "predictions.html.jinja",
        title=report["source_set"],
        report=report,
        total=report["total"],
        sessions=ranked[:N_SESSIONS],
        n_more=max(len(ranked) - N_SESSIONS, 0),
        n_held=len(ranked),
        n_missing=report["not_held"][NO_PREDICTION],
    )
