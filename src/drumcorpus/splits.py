"""Splits: official where the source has them, else drawn, and never through a group."""

from collections.abc import Iterable, Mapping

from drumcorpus.digests import sha256_bytes


def draw_split(group_id: str, *, seed: int, shares: Mapping[str, float]) -> str:
    """The split of a group, by its name alone: the same for ever, whatever other groups there are.

    Parameters
    ----------
    seed : int
        Another seed is another draw.
    shares : mapping
        Share of each split; they add up to 1.
    """
    digest = sha256_bytes(f"{seed}\x1f{group_id}".encode())
    point = int(digest[:13], 16) / 16**13
    total = 0.0
    for split, share in shares.items():
        total += share
        if point < total:
            return split
    return next(reversed(list(shares)))


def assign_splits(sessions: Iterable[dict], *, seed: int, shares: Mapping[str, float]) -> list[str]:
    """The split of each session: its own if official, else that of its group, else drawn.

    A session without an official split takes that of the others of its group if they agree, as a
    second edition of a published track does.

    Parameters
    ----------
    sessions : iterable of dict
        With `group_id` and `split`, which is None where the source has none.
    seed, shares
        As of `draw_split`.
    """
    sessions = list(sessions)
    official: dict[str, set[str]] = {}
    for session in sessions:
        if session["split"] is not None:
            official.setdefault(session["group_id"], set()).add(session["split"])
    return [
        session["split"] or _split_of_group(session["group_id"], official, seed, shares)
        for session in sessions
    ]


def _split_of_group(group_id: str, official: dict[str, set[str]], seed: int, shares) -> str:
    known = official.get(group_id, set())
    return next(iter(known)) if len(known) == 1 else draw_split(group_id, seed=seed, shares=shares)
