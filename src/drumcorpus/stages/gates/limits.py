"""Gates of one figure that may not be too large: each is a row of a table."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from drumcorpus.stages.gates.verdicts import (
    Verdict,
    at_most,
    figure_of,
    one_number,
    shown,
    shown_share,
)


@dataclass(frozen=True)
class Limit:
    """A gate that passes where the figure at `keys` of the report is not above its limit.

    Attributes
    ----------
    keys : tuple of str
        Where the figure stands in the report.
    finding : str
        Sentence with ``{figure}`` and ``{limit}``.
    advice : str
        What to do where it fails.
    is_share : bool
        Whether the figure is a share from 0 to 1, and shown in percent.
    """

    keys: tuple[str, ...]
    finding: str
    advice: str
    is_share: bool = False

    def __call__(self, report: Mapping, name: str, limit) -> Iterator[Verdict]:
        """The verdict on one report, as of every gate."""
        figure = figure_of(report, *self.keys)
        limit = one_number(name, limit, largest=1 if self.is_share else math.inf)
        in_words = shown_share if self.is_share else shown
        finding = self.finding.format(figure=in_words(figure), limit=in_words(limit))
        yield at_most(name, figure, limit, finding, self.advice)


LIMITS = {
    "max_duplicate_rate": Limit(
        ("duplicates", "rate"),
        "{figure} of the events repeat the id or the hit of another event; at most {limit} may.",
        "Look for a recording that two source sets or two sessions share.",
        is_share=True,
    ),
    "max_quarantined": Limit(
        ("quarantine", "files"),
        "Raw files in quarantine: {figure}; at most {limit} may be there.",
        "Fetch the damaged files again; the quarantine table names each with its reason.",
    ),
    "max_unexplained_hits": Limit(
        ("drops", "unexplained_hits"),
        "Hits by which the tallies and the manifest differ without a named reason: {figure}; at "
        "most {limit} may.",
        "See the sessions under drops: ingestion lost, doubled or did not count their hits.",
    ),
    "max_leaked_groups": Limit(
        ("group_leaks", "groups"),
        "Groups that stand in more than one split: {figure}; at most {limit} may.",
        "Draw the splits by group, or correct the official split of these sessions.",
    ),
    "max_leak_families": Limit(
        ("leaks", "families"),
        "Families of near-duplicate sessions that stand in more than one split: {figure}; at "
        "most {limit} may.",
        "Let the splits move or refuse them, or join their groups; reports/splits/ shows each.",
    ),
    "max_synthetic_share": Limit(
        ("composition", "synthetic_share"),
        "{figure} of the hits are synthetic; at most {limit} may be.",
        "Add recorded source sets, or take part of the synthetic ones out.",
        is_share=True,
    ),
    "max_model_label_share": Limit(
        ("composition", "model_label_share"),
        "A model made the labels of {figure} of the hits; at most {limit} may be of one.",
        "Leave out the set whose predictions are promoted (predictions.<set>.promote), or raise "
        "the gate if that is wanted.",
        is_share=True,
    ),
    "max_loudness_span_lu": Limit(
        ("audio_checks", "loudness_span_lu"),
        "The loudness of the source sets spans {figure} LU; at most {limit} LU may be between "
        "the softest and the loudest.",
        "Level the set that stands apart before training, or raise the gate if that is wanted.",
    ),
    "max_outlier_share": Limit(
        ("audio_checks", "outlier_share"),
        "{figure} of the sessions looked at are far from the loudness of their source set; at most "
        "{limit} may be.",
        "Look at the sessions named under the audio checks: a wrong stem, or a level of its own.",
        is_share=True,
    ),
    "max_clipped_share": Limit(
        ("audio_checks", "clipped_share"),
        "{figure} of the sessions looked at clip; at most {limit} may.",
        "Look at the sessions named under the audio checks; fetch them again or leave them out.",
        is_share=True,
    ),
    "max_silent_share": Limit(
        ("audio_checks", "silent_share"),
        "{figure} of the sessions looked at are silent; at most {limit} may be.",
        "Look at the sessions named under the audio checks: their audio may be another file's.",
        is_share=True,
    ),
    "max_channels_cancel": Limit(
        ("sessions", "channels_cancel", "sessions"),
        "Sessions whose channels cancel when they are mixed to one: {figure}; at most {limit} may.",
        "One channel is of opposite polarity. The loudest is heard instead; listen to the sessions "
        "that the report names, and leave them out or raise the gate.",
    ),
    "max_dc_share": Limit(
        ("audio_checks", "dc_share"),
        "{figure} of the sessions looked at have an offset from zero; at most {limit} may.",
        "Look at the sessions named under the audio checks; a high-pass filter takes it away.",
        is_share=True,
    ),
    "max_unmeasured_share": Limit(
        ("audio_checks", "unmeasured_share"),
        "{figure} of the sessions looked at could not be measured; at most {limit} may.",
        "Look at the sessions named under the audio checks; fetch them again or leave them out.",
        is_share=True,
    ),
    "max_timing_beyond_share": Limit(
        ("audio_checks", "timing", "share_beyond"),
        "The labels of {figure} of the sessions looked at lie beside their sound; at most "
        "{limit} may.",
        "Look at the sessions named under the label timing: a lag of their audio, or a tempo.",
        is_share=True,
    ),
    "max_past_end_events": Limit(
        ("audio_checks", "past_end", "events_past_or_unknown"),
        "Events past the end of their audio, or of audio whose length nobody knows: {figure}; at "
        "most {limit} may be there.",
        "The audio is cut short or belongs to another annotation; the report names the sessions.",
    ),
    "max_events_without_audio_share": Limit(
        ("audio", "share_without_audio"),
        "{figure} of the events have no audio; at most {limit} may.",
        "Obtain the audio of the sessions listed without it, or leave their source set out.",
        is_share=True,
    ),
}
