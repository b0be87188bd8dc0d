"""Splits: official where the source has them, else drawn, and never through a group."""

from collections.abc import Iterable, Mapping

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.vocabulary import SPLITS


def draw_split(group_id: str, *, seed: int, shares: Mapping[str, float]) -> str:
    """The split of a group, by its name alone: the same for ever, whatever other groups there are.

    Parameters
    ----------
    seed : int
        Another seed is another draw.
    shares : mapping
        Share of each split; they add up to 1. The order in which they are written tells nothing.
    """
    shares = in_order(shares)
    digest = sha256_bytes(f"{seed}\x1f{group_id}".encode())
    point = int(digest[:13], 16) / 16**13
    total = 0.0
    for split, share in shares.items():
        total += share
        if point < total:
            return split
    return next(reversed(list(shares)))


def in_order(shares: Mapping[str, float]) -> dict[str, float]:
    """The shares in the order of `vocabulary.SPLITS`, in whatever order they were written."""
    return {name: shares[name] for name in [*SPLITS, *sorted(shares)] if name in shares}


def split_sessions(
    sessions: Iterable[Mapping],
    *,
    seed: int,
    shares: Mapping[str, float],
    works: Mapping[str, str] | None = None,
) -> list[tuple[str, bool]]:
    """The split of each session: its own if official, else that of its group, else drawn.

    A session without an official split takes that of the others of its group if they agree, as a
    second edition of a published track does, or a song of another set's test split.

    Parameters
    ----------
    sessions : iterable of mapping
        With `group_id` and `split`, which is None where the source has none.
    seed, shares
        As of `draw_split`.
    works : mapping, optional
        Split by group of works that a source set, in use or not, has officially divided.

    Returns
    -------
    list of (str, bool)
        The split, and whether it is published and not drawn.
    """
    sessions = list(sessions)
    published = official_groups(sessions, works)
    splits = []
    for session in sessions:
        split = session["split"] or published.get(session["group_id"])
        drawn = split or draw_split(session["group_id"], seed=seed, shares=shares)
        is_official = session["split"] is not None or session["group_id"] in published
        splits.append((drawn, is_official))
    return splits


def official_groups(
    sessions: Iterable[Mapping], works: Mapping[str, str] | None = None
) -> dict[str, str]:
    """The published split of each group that has one and only one, and of the works.

    Parameters
    ----------
    sessions, works
        As of `split_sessions`.
    """
    official: dict[str, set[str]] = {}
    for session in sessions:
        if session["split"] is not None:
            official.setdefault(session["group_id"], set()).add(session["split"])
    agreed = {group: next(iter(splits)) for group, splits in official.items() if len(splits) == 1}
    return agreed | dict(works or {})
