"""Ratings of the clips of the review as two simulated reviewers give them, for the demo.

No person has heard these clips. Every row says so, with the seed: a rating stands about the
confidence of the clip's cymbal, as far as the reviewer is reliable.
"""

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.files.digests import sha256_bytes


@dataclass(frozen=True)
class Reviewer:
    """Somebody who does not exist and hears a clip `n_times`.

    Every hearing is a value from `minimum` to `maximum` in steps of `step`. Of all clips the
    reviewer hears the `share`; `spread` is the standard deviation of the hearings of one clip, as a
    share of the range.
    """

    corpus: str
    minimum: float
    maximum: float
    step: float
    share: float
    spread: float
    n_times: int


# By the name of the file. They agree with ready scales, and hear some clips both.
REVIEWERS = {
    "reviewer-1-5": Reviewer("reviewer-1-5", 1, 5, 1, share=0.8, spread=0.2, n_times=5),
    "reviewer-0-1": Reviewer("reviewer-0-1", 0, 1, 0.05, share=0.7, spread=0.1, n_times=3),
}
DIGITS = 6  # of a mean and a deviation


def rate_clips(clips: Iterable[Mapping], reviewer: Reviewer, *, seed: int) -> list[dict]:
    """The ratings of one simulated reviewer.

    What a reviewer says of a clip follows from the seed and the clip's sound alone, so that other
    clips beside it change nothing. A sound that stands twice is rated once, under its first name.

    Parameters
    ----------
    clips : iterable of mapping
        With `src`, `src_sha256`, `source_label`, `session_id` and `confidence`.
    seed : int

    Returns
    -------
    ratings : list of dict
        In order of `src`: `mos` is the mean of the hearings and `mos_std_dev` their standard
        deviation, both on the reviewer's own scale.
    """
    first: dict[str, Mapping] = {}
    for clip in sorted(clips, key=lambda clip: clip["src"]):
        first.setdefault(clip["src_sha256"], clip)
    rated = (_rating(clip, reviewer, seed) for clip in first.values())
    return [rating for rating in rated if rating is not None]


def _rating(clip: Mapping, reviewer: Reviewer, seed: int) -> dict | None:
    """A reviewer's row of a clip; None of one that the reviewer does not hear."""
    text = f"{seed} {reviewer.corpus} {clip['src_sha256']}"
    draws = np.random.default_rng(int(sha256_bytes(text.encode())[:16], 16))
    if draws.random() >= reviewer.share:
        return None
    extent = reviewer.maximum - reviewer.minimum
    centre = clip["confidence"] if clip["confidence"] is not None else 0.5
    hearings = draws.normal(centre, reviewer.spread, reviewer.n_times).clip(0, 1) * extent
    steps = np.round(hearings / reviewer.step) * reviewer.step + reviewer.minimum
    values = [float(value) for value in steps]
    return {
        "src": clip["src"],
        "src_sha256": clip["src_sha256"],
        "corpus": reviewer.corpus,
        "mos": round(statistics.fmean(values), DIGITS),
        "mos_std_dev": round(statistics.stdev(values), DIGITS),
        "n_ratings": reviewer.n_times,
        "rated_by": f"simulated reviewer, seed {seed}",
        "source_label": clip["source_label"],
        "session_id": clip["session_id"],
    }
