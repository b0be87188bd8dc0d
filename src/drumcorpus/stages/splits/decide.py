"""Decisions: in which split every session stands, so that no family stands in two."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drumcorpus.stages.splits.draw import draw_split, in_order
from drumcorpus.stages.splits.families import ISOLATION, Edge, find_families
from drumcorpus.stages.splits.policies import HELD_OUT, MOVE, REPORT
from drumcorpus.vocabulary import (
    DRAWN_WITH_ITS_FAMILY,
    FOLLOWS_OFFICIAL_SPLIT,
    ISOLATED,
    OFFICIAL_SPLIT_LEAKS,
)


@dataclass
class Decision:
    """The split of one session, by its number, and why it is not the one it had."""

    split: str
    included: bool = True
    reason: str | None = None


def decide_splits(
    sessions: Sequence[Mapping],
    edges: Iterable[Edge],
    *,
    policy: str,
    seed: int,
    shares: Mapping[str, float],
) -> tuple[list[str], list[Decision]]:
    """The family and the split of each session.

    A session of no family, or of one that stands in one split, keeps what it has. A family that
    `splits.isolate` has joined goes whole to the split that is farthest below its share of such
    sessions, the largest family first, the smallest to a split that would else be empty; what is
    published gives way then, and nobody is left out.

    Parameters
    ----------
    sessions : sequence of dict
        With `group_id`, `split` and `official_split`.
    edges : iterable of Edge
        Between sessions by their number in `sessions`.
    policy : str
        What is done where the published splits of a family differ. `refuse`: its published
        sessions outside the most held-out of them are left out. `move`: all of it goes to that
        split. `report`: nothing at all is changed, be it for a drummer or a kit.
    seed, shares
        As of `splits.draw_split`, for families without a published split; the shares are those of
        isolated families, too.

    Returns
    -------
    families : list of str
        The first group of each session's family, by name.
    decisions : list of Decision

    Raises
    ------
    ValueError
        If a split of some share loses its last session because a drummer or a kit is kept in one.
    """
    edges, shares = list(edges), in_order(shares)
    members: dict[int, list[int]] = defaultdict(list)
    for number, family in enumerate(find_families(len(sessions), edges)):
        members[family].append(number)
    isolated = {n for edge in edges if edge.kind in ISOLATION for n in (edge.one, edge.other)}
    decisions = [Decision(session["split"]) for session in sessions]
    names = [""] * len(sessions)
    in_conflict, filled = [], Counter()
    for numbers in members.values():
        name = min(sessions[number]["group_id"] for number in numbers)
        for number in numbers:
            names[number] = name
        standing = {sessions[number]["split"] for number in numbers}
        is_isolated = not isolated.isdisjoint(numbers)
        if len(standing) == 1:
            filled[standing.pop()] += len(numbers) if is_isolated else 0
        elif is_isolated:
            in_conflict.append((name, numbers))
        elif policy != REPORT:
            _decide_family(sessions, numbers, name, decisions, policy, seed, shares)
    if in_conflict and policy != REPORT:
        _share_out(in_conflict, filled, decisions, shares)
        _refuse_emptied(sessions, in_conflict, edges, decisions, shares)
    return names, decisions


def _decide_family(sessions, numbers, name, decisions, policy, seed, shares) -> None:
    """Put one family into one split, or part of it out of the manifest."""
    official = {sessions[n]["split"] for n in numbers if sessions[n]["official_split"]}
    target = next((split for split in HELD_OUT if split in official), None)
    reason = FOLLOWS_OFFICIAL_SPLIT if target else DRAWN_WITH_ITS_FAMILY
    target = target or draw_split(name, seed=seed, shares=shares)
    for number in numbers:
        if sessions[number]["split"] == target:
            continue
        if not sessions[number]["official_split"]:
            decisions[number] = Decision(target, reason=reason)
        elif policy == MOVE:
            decisions[number] = Decision(target, reason=OFFICIAL_SPLIT_LEAKS)
        else:
            decisions[number].included, decisions[number].reason = False, OFFICIAL_SPLIT_LEAKS


def _share_out(in_conflict, filled: Counter, decisions, shares: Mapping[str, float]) -> None:
    """Each family to the split that is farthest below its share, the largest first.

    `filled` has the sessions of the isolated families that stand in one split already. Where few
    families leave a split without any session that it had, the smallest that can be spared goes
    there.
    """
    in_conflict = sorted(in_conflict, key=lambda family: (-len(family[1]), family[0]))
    shared_out = {number for _, numbers in in_conflict for number in numbers}
    before = {decisions[number].split for number in shared_out}
    standing = Counter(
        d.split for n, d in enumerate(decisions) if n not in shared_out and d.included
    )
    total = filled.total() + len(shared_out)
    chosen = []
    for _, numbers in in_conflict:
        split = max(shares, key=lambda name: shares[name] * total - filled[name])
        filled[split] += len(numbers)
        standing[split] += len(numbers)
        chosen.append(split)
    for emptied in (split for split in HELD_OUT if shares[split] > 0 and split in before):
        for place in reversed(range(len(chosen))):
            if not standing[emptied] and standing[chosen[place]] > len(in_conflict[place][1]):
                standing[chosen[place]] -= len(in_conflict[place][1])
                standing[emptied] += len(in_conflict[place][1])
                chosen[place] = emptied
    for (_, numbers), split in zip(in_conflict, chosen, strict=True):
        for number in numbers:
            if decisions[number].split != split:
                decisions[number] = Decision(split, reason=ISOLATED)


def _refuse_emptied(sessions, in_conflict, edges, decisions, shares: Mapping[str, float]) -> None:
    """Stop where a split had sessions of the families in conflict, and now has none at all."""
    shared_out = {number for _, numbers in in_conflict for number in numbers}
    before = {sessions[number]["split"] for number in shared_out}
    left = {decision.split for decision in decisions if decision.included}
    emptied = [split for split in HELD_OUT if shares[split] > 0 and split in before - left]
    if not emptied:
        return
    kept: dict[str, set] = {}
    for edge in edges:
        if edge.kind in ISOLATION and edge.one in shared_out:
            kept.setdefault(edge.kind, set()).update(edge.evidence.values())
    counts = [
        f"{len(kept[kind])} {kind}{'s' * (len(kept[kind]) > 1)}"
        for kind in ISOLATION
        if kind in kept
    ]
    raise ValueError(
        f"splits.isolate leaves no session in {' and '.join(emptied)}: {' and '.join(counts)}, "
        f"whose sessions stood in several splits, are kept in one each (families: "
        f"{len(in_conflict)}), and are too few or too large to fill every split. Ask for less in "
        "splits.isolate, set splits.leaks to report, or give the split a share of 0 in "
        "splits.shares"
    )


def families_across_splits(families: Sequence[str], decisions: Sequence[Decision]) -> list[str]:
    """The families that stand in more than one split, of what is included."""
    standing: dict[str, set[str]] = defaultdict(set)
    for family, decision in zip(families, decisions, strict=True):
        if decision.included:
            standing[family].add(decision.split)
    return sorted(family for family, splits in standing.items() if len(splits) > 1)
