"""The table of splits, and the report of what was found and done."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa

from drumcorpus.schemas import SPLITS
from drumcorpus.stages.splits.decide import Decision, families_across_splits
from drumcorpus.stages.splits.families import GROUP, Edge
from drumcorpus.vocabulary import MODEL_LABELS_HERE, NOT_SELECTED

N_EXAMPLES = 50  # families that are described; those that stood in several splits come first
N_MEMBERS = 20  # sessions named of each family
N_EDGES = 10  # pairs of each family that are shown with their evidence
N_REFUSED = 200  # sessions named that are refused
N_UNREADABLE = 10  # sessions named of each source set of which a recording cannot be decoded


def split_table(
    sessions: Sequence[Mapping], families: Sequence[str], decisions: Sequence[Decision]
) -> pa.Table:
    """SPLITS, in order of source set and session.

    Parameters
    ----------
    sessions : sequence of dict
        With `source_set`, `session_id`, `group_id` and `split`, the split before.
    families, decisions
        Of `decide.decide_splits`.
    """
    rows = [
        {
            **{name: session[name] for name in ("source_set", "session_id", "group_id")},
            "family_id": family,
            "split_before": session["split"],
            "split": decision.split,
            "included": decision.included,
            "reason": decision.reason,
        }
        for session, family, decision in zip(sessions, families, decisions, strict=True)
    ]
    rows.sort(key=lambda row: (row["source_set"], row["session_id"]))
    return pa.Table.from_pylist(rows, SPLITS)


def describe_splits(
    sessions: Sequence[Mapping],
    edges: Iterable[Edge],
    families: Sequence[str],
    decisions: Sequence[Decision],
    audio_reasons: Mapping[str, Mapping[str, int]],
    unreadable: Mapping[str, Sequence[str]],
    unheard_files: Mapping[str, Mapping[str, int]],
    *,
    policy: str,
    isolate: Sequence[str],
) -> dict:
    """What was found and done.

    Parameters
    ----------
    sessions, families, decisions
        As of `split_table`.
    edges : iterable of Edge
        What the families rest on.
    audio_reasons : mapping
        By source set, sessions without landmarks by reason.
    unreadable : mapping
        By source set, the sessions of which a file cannot be decoded.
    unheard_files : mapping
        By source set, the number of its files that are silent, and of those that are unreadable.
    policy, isolate
        As the config has them.

    Returns
    -------
    dict
        ``leaks``: the figures that gates rest on. ``families``: how many there are, of what kind,
        and examples. ``splits``: sessions by source set and split, before and after. ``refused``:
        the first sessions left out. ``not_selected``: how many the manifest does not ask for, of
        which no other figure of leaks and refusals speaks; the same of those whose labels a model
        made, in a split that may not have such. ``without_landmarks``:
        `audio_reasons`; ``unheard_files``. ``unreadable``: sessions of which a recording cannot be
        decoded, in all and by source set.
    """
    edges = list(edges)
    unselected, by_model = (
        {n for n, decision in enumerate(decisions) if decision.reason == reason}
        for reason in (NOT_SELECTED, MODEL_LABELS_HERE)
    )
    before = [
        Decision(session["split"], included=number not in unselected | by_model)
        for number, session in enumerate(sessions)
    ]
    leaking = families_across_splits(families, before)
    left = families_across_splits(families, decisions)
    members: dict[str, list[int]] = defaultdict(list)
    for number, family in enumerate(families):
        members[family].append(number)
    inferred = {families[edge.one] for edge in edges if edge.kind != GROUP}
    ranked = sorted(inferred | set(leaking), key=lambda name: (name not in leaking, name))
    by_family = defaultdict(list)
    for edge in edges:
        by_family[families[edge.one]].append(edge)
    facts = (sessions, decisions)
    examples = [_example(name, members[name], by_family[name], *facts) for name in ranked]
    moved = [
        number for number, decision in enumerate(decisions) if _is_moved(sessions[number], decision)
    ]
    refused = [number for number, decision in enumerate(decisions) if _is_refused(decision)]
    return {
        "policy": policy,
        "isolate": list(isolate),
        "sessions": len(sessions),
        "leaks": {
            "families": len(left),
            "found_families": len(leaking),
            "moved_sessions": len(moved),
            "refused_sessions": len(refused),
            "policy": policy,
            "examples": [
                {key: example[key] for key in ("family_id", "kinds", "splits_before", "members")}
                for example in examples[: min(len(leaking), 10)]
            ],
        },
        "families": {
            "with_several_sessions": sum(len(numbers) > 1 for numbers in members.values()),
            "found": len(inferred),
            "by_kind": _by_kind(edges, families),
            "examples": examples[:N_EXAMPLES],
            "more": max(len(examples) - N_EXAMPLES, 0),
        },
        "splits": _by_split(sessions, decisions),
        NOT_SELECTED: _by_source_set(sessions, unselected),
        MODEL_LABELS_HERE: _by_source_set(sessions, by_model),
        "refused": [_member(sessions[n], decisions[n]) for n in refused[:N_REFUSED]],
        "unheard_files": {name: dict(n) for name, n in sorted(unheard_files.items())},
        "without_landmarks": {
            name: dict(sorted(n.items())) for name, n in sorted(audio_reasons.items())
        },
        "unreadable": {
            "sessions": sum(map(len, unreadable.values())),
            "by_source_set": {name: len(sessions) for name, sessions in unreadable.items()},
            "examples": {
                name: list(sessions)[:N_UNREADABLE] for name, sessions in unreadable.items()
            },
        },
    }


def _by_source_set(sessions: Sequence[Mapping], numbers: Iterable[int]) -> dict:
    counts = Counter(sessions[number]["source_set"] for number in numbers)
    return {"sessions": counts.total(), "by_source_set": dict(sorted(counts.items()))}


def _is_refused(decision: Decision) -> bool:
    return not decision.included and decision.reason not in (NOT_SELECTED, MODEL_LABELS_HERE)


def _is_moved(session: Mapping, decision: Decision) -> bool:
    return decision.included and decision.split != session["split"]


def _by_kind(edges: Iterable[Edge], families: Sequence[str]) -> dict:
    """Pairs and families by kind of what joins them."""
    pairs: Counter = Counter()
    joined = defaultdict(set)
    for edge in edges:
        pairs[edge.kind] += 1
        joined[edge.kind].add(families[edge.one])
    return {kind: {"pairs": pairs[kind], "families": len(joined[kind])} for kind in sorted(pairs)}


def _example(name, numbers, edges, sessions, decisions) -> dict:
    standing = {sessions[number]["split"] for number in numbers}
    after = {decisions[number].split for number in numbers if decisions[number].included}
    telling = sorted(
        (edge for edge in edges if edge.kind != GROUP),
        key=lambda edge: (sessions[edge.one]["split"] == sessions[edge.other]["split"], edge.kind),
    )
    return {
        "family_id": name,
        "sessions": len(numbers),
        "kinds": sorted({edge.kind for edge in edges}),
        "splits_before": sorted(standing),
        "splits": sorted(after),
        "refused": sum(_is_refused(decisions[number]) for number in numbers),
        NOT_SELECTED: sum(decisions[number].reason == NOT_SELECTED for number in numbers),
        "moved": sum(_is_moved(sessions[number], decisions[number]) for number in numbers),
        "members": [_member(sessions[n], decisions[n]) for n in numbers[:N_MEMBERS]],
        "edges": [
            {
                "kind": edge.kind,
                "sessions": [_name(sessions[edge.one]), _name(sessions[edge.other])],
                "evidence": edge.evidence,
            }
            for edge in telling[:N_EDGES]
        ],
    }


def _name(session: Mapping) -> str:
    return f"{session['source_set']}/{session['session_id']}"


def _member(session: Mapping, decision: Decision) -> dict:
    return {
        "session": _name(session),
        "split_before": session["split"],
        "official": bool(session["official_split"]),
        "split": decision.split,
        "included": decision.included,
        "reason": decision.reason,
    }


def _by_split(sessions: Sequence[Mapping], decisions: Sequence[Decision]) -> dict:
    """Sessions by source set and split, before and after."""
    counts: dict[str, dict[str, Counter]] = {}
    for session, decision in zip(sessions, decisions, strict=True):
        here = counts.setdefault(session["source_set"], {"before": Counter(), "after": Counter()})
        here["before"][session["split"]] += 1
        left_out = "refused" if _is_refused(decision) else decision.reason
        here["after"][decision.split if decision.included else left_out] += 1
    return {
        name: {side: dict(sorted(here[side].items())) for side in ("before", "after")}
        for name, here in sorted(counts.items())
    }
