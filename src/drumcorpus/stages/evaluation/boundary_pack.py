"""A boundary pack: the hard places of a split, some of each tag, drawn from many groups."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.stages.evaluation.boundary_sessions import iter_sessions, read_techniques
from drumcorpus.stages.evaluation.boundary_tags import (
    Case,
    SessionHits,
    Windows,
    chosen_labels,
    tagged_cases,
)
from drumcorpus.stages.evaluation.durations import session_seconds, session_tables
from drumcorpus.stages.evaluation.reference import Corpus, Reference, read_reference, require_truth

SCHEMA = "drumcorpus-boundary-pack-v1"
# Why a tag has no case.
NO_WINDOWS = "no window and hop were named"
NO_LENGTHS = "no length of a recording is known"
NO_HIT = "no session of the split has it"


@dataclass
class Pack:
    """The document, and the tables of lengths that were read for it."""

    document: dict
    tables: list[Path]


def make_pack(
    corpus: Corpus,
    split: str,
    families: Mapping[str, str],
    rules: Mapping[str, Mapping],
    *,
    windows: Windows | None,
    per_tag: int,
    seed: int,
) -> Pack:
    """Find the hard places of a split, and draw at most `per_tag` of each tag.

    Parameters
    ----------
    families : mapping
        The family of each label, in the order of their numbers.
    rules : mapping
        What each tag means, by its name.

    Raises
    ------
    ValueError
        As of `read_reference` and `require_truth`.
    """
    reference = read_reference(corpus, split, tuple(families), None)
    require_truth(reference, split, corpus.manifest)
    sessions = reference.sessions
    names = sorted({rule["technique"] for rule in rules.values() if "technique" in rule})
    seconds = session_seconds(corpus, sessions)
    read = list(iter_sessions(reference, read_techniques(corpus, reference, names), seconds))
    cases, tags = [], {}
    for number, (tag, rule) in enumerate(rules.items()):
        chosen = chosen_labels(rule, families)
        counts = np.array([len(tagged_cases(one, rule, chosen, windows)) for one in read])
        keys = list(zip(sessions.source_sets, sessions.families, strict=True))
        drawn = draw_cases(counts, keys, per_tag, [seed, number])
        for session, places in drawn.items():
            of_session = tagged_cases(read[session], rule, chosen, windows)
            cases += [
                _row(tag, reference, session, read[session], of_session[place], tuple(families))
                for place in places
            ]
        reason = None if counts.sum() else _reason(rule, windows, seconds)
        tags[tag] = {
            "cases": int(sum(map(len, drawn.values()))),
            "cases_of_split": int(counts.sum()),
            "sessions": len(drawn),
            "none_because": reason,
        }
    document = {
        "schema": SCHEMA,
        "corpus": {"manifest": corpus.manifest, "sha256": corpus.sha256, "split": split},
        "window_s": None if windows is None else windows.length / 1e6,
        "hop_s": None if windows is None else windows.hop / 1e6,
        "per_tag": per_tag,
        "seed": seed,
        "tags": tags,
        "cases": cases,
    }
    return Pack(document, session_tables(corpus, sessions))


def _reason(rule: Mapping, windows: Windows | None, seconds: Sequence[float | None]) -> str:
    if rule["kind"] == "edge" and windows is None:
        return NO_WINDOWS
    if rule["kind"] == "end" and all(each is None for each in seconds):
        return NO_LENGTHS
    return NO_HIT


def draw_cases(
    counts: np.ndarray, families: Sequence, most: int, seed: Sequence[int]
) -> dict[int, list[int]]:
    """Draw cases of sessions, as evenly over their families as there are cases.

    Every family gives one before any gives a second: an interval is over families.

    Parameters
    ----------
    counts : np.ndarray, shape (n_sessions,), int
        Cases of each session.
    families : sequence
        The family of each session.
    most : int
        How many are drawn, or all where there are fewer.
    seed : sequence of int
        Of Philox.

    Returns
    -------
    dict of list of int
        By session, in order, the numbers of its cases, ascending.

    Examples
    --------
    >>> draw_cases(np.array([9, 1, 0]), ["a", "b", "b"], 3, [1])[1]
    [0]
    """
    random = np.random.Generator(np.random.Philox(np.random.SeedSequence(list(seed))))
    members: dict[object, list[int]] = {}
    for session in np.flatnonzero(counts).tolist():
        members.setdefault(families[session], []).append(session)
    order = [sorted(members)[n] for n in random.permutation(len(members))]
    sizes = np.array([counts[members[family]].sum() for family in order], dtype=np.int64)
    drawn: dict[int, list[int]] = {}
    for family, n in zip(order, _shares(sizes, most), strict=True):
        edges = np.cumsum(counts[members[family]])
        for place in np.sort(random.choice(edges[-1], int(n), replace=False)).tolist():
            at = int(np.searchsorted(edges, place, side="right"))
            drawn.setdefault(members[family][at], []).append(place - int(edges[at - 1] * (at > 0)))
    return dict(sorted(drawn.items()))


def _shares(sizes: np.ndarray, most: int) -> np.ndarray:
    """How many of each size, in rounds of one each until there are `most`."""
    shares = np.zeros_like(sizes)
    while (left := most - int(shares.sum())) > 0 and (shares < sizes).any():
        open_ones = np.flatnonzero(shares < sizes)[:left]
        shares[open_ones] += 1
    return shares


def _row(
    tag: str,
    reference: Reference,
    session: int,
    hits: SessionHits,
    case: Case,
    labels: Sequence[str],
) -> dict:
    return {
        "tag": tag,
        "source_set": reference.sessions.source_sets[session],
        "session_id": reference.sessions.ids[session],
        "start_us": case.start,
        "end_us": case.end,
        "hits": [
            {"onset_us": int(hits.onset[row]), "label": labels[hits.label[row]]}
            for row in case.rows
        ],
    }
