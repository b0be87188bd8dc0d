"""The page of the splits: what was found to belong together, and what was done about it."""

from collections.abc import Mapping

from drumcorpus.ground.pages.charts import in_order, stacked_bars
from drumcorpus.ground.pages.render import render_page
from drumcorpus.stages.splits.families import DRUMMER, GROUP, KIT
from drumcorpus.stages.splits.policies import HELD_OUT, MOVE, REFUSE, REPORT
from drumcorpus.vocabulary import (
    DRAWN_WITH_ITS_FAMILY,
    EQUAL_ANNOTATION,
    EQUAL_AUDIO,
    FOLLOWS_OFFICIAL_SPLIT,
    ISOLATED,
    MODEL_LABELS_HERE,
    NEAR_AUDIO,
    NEAR_STROKES,
    NOT_SELECTED,
    OFFICIAL_SPLIT_LEAKS,
)

KINDS = {
    GROUP: "one group by name: a performance, a work, a backing track",
    EQUAL_ANNOTATION: "one annotation file, to the byte",
    EQUAL_AUDIO: "one file of sound or of its MIDI, to the byte",
    NEAR_AUDIO: "the sound coincides",
    NEAR_STROKES: "the strokes coincide",
    DRUMMER: "one drummer, which the config asks to keep together",
    KIT: "one kit, which the config asks to keep together",
}
POLICIES = {
    REFUSE: "Where published splits differ, what is outside the most held-out is left out.",
    MOVE: "Where published splits differ, all of the family goes to the most held-out.",
    REPORT: "Nothing is changed; families that stand in several splits fail the gate.",
}
REASONS = {
    FOLLOWS_OFFICIAL_SPLIT: "follows the published split of its family",
    DRAWN_WITH_ITS_FAMILY: "drawn together with its family",
    OFFICIAL_SPLIT_LEAKS: "its published split leaks into another",
    ISOLATED: "kept apart by drummer or kit",
    NOT_SELECTED: "not selected for this manifest",
    MODEL_LABELS_HERE: "a model made its labels, and its split may not have such",
}
# In the order of reading, what tells most first; the report has its keys by name.
EVIDENCE = (
    *("sha256", "files"),
    *("lag_s", "landmarks", "at_another_lag", "seconds", "of_seconds"),
    *("share", "at_another_alignment", "equal_classes", "onsets"),
    *("chance_log10", "tempo_ratio", "offset_s"),
)


def render_splits_page(report: Mapping, manifest: str) -> str:
    """The page of a report, every name escaped.

    Parameters
    ----------
    report : mapping
        Of `report.describe_splits`, as it is or read back from JSON.
    manifest : str
        Its name, for the heading.

    Returns
    -------
    html : str
        A whole document.
    """
    after = {name: sides["after"] for name, sides in report["splits"].items()}
    left_out = ("refused", NOT_SELECTED, MODEL_LABELS_HERE)
    order = in_order(after, (), first=[*reversed(HELD_OUT), *left_out])
    return render_page(
        "splits.html.jinja",
        title=manifest,
        report=report,
        kinds=KINDS,
        policy=POLICIES[report["policy"]],
        reasons=REASONS,
        ordered_evidence=ordered_evidence,
        chart=stacked_bars(after, order, of_whole=True),
    )


def ordered_evidence(evidence: Mapping) -> list[tuple]:
    """Names and values of what joins two sessions, in the order of reading."""
    return [(name, evidence[name]) for name in in_order({}, evidence, first=EVIDENCE)]
