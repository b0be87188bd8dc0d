"""Recall and false positives at the hard places of a boundary pack, by tag.

Matches are those of the headline window over whole sessions, so that a hit is found here if and
only if it counts as found there. A false positive counts in every tag with a stretch that it lies
in, whatever its class.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import read_json_by_people
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.schema_check import check_document
from drumcorpus.ground.predictions.class_maps import NO_CLASS, ClassMap
from drumcorpus.ground.predictions.hit_columns import HitColumns, session_ends
from drumcorpus.ground.statistics.intervals import bootstrap_sums, make_groups
from drumcorpus.ground.statistics.matching import match_onsets, merge_onsets
from drumcorpus.ground.statistics.scores import effective_number
from drumcorpus.stages.evaluation.evaluate import interval_of
from drumcorpus.stages.evaluation.reference import Corpus, Sessions

_MINUTE = 60_000_000  # µs
# Columns of the counts of a session: tagged hits, those found, false positives of a class that is
# tagged there, of another, and the length of the stretches in µs.
_HITS, _FOUND, _FP, _FP_OTHER, _LENGTH = range(5)


@dataclass(frozen=True)
class Pack:
    """A boundary pack as it was read; `path` is its file, `sha256` the digest of that."""

    document: dict
    path: str
    sha256: str

    def described(self) -> dict:
        """What a report says of it: all but its cases."""
        kept = ("window_s", "hop_s", "per_tag", "seed", "tags")
        return {"sha256": self.sha256} | {key: self.document[key] for key in kept}


def read_pack(path: str | os.PathLike, schema: dict, corpus: Corpus, split: str) -> Pack:
    """The boundary pack of a split of a corpus.

    Raises
    ------
    ValueError
        If it is not of its schema, or of another corpus or split.
    """
    document, shown = read_json_by_people(path), visible(str(path))
    check_document(document, schema, shown)
    stated = document["corpus"]
    if stated["sha256"] != corpus.sha256:
        raise ValueError(
            f"{shown}: corpus: the pack is of the manifest with sha256 {stated['sha256'][:12]}…, "
            f"and {corpus.manifest} has {corpus.sha256[:12]}…; write one of this corpus"
        )
    if stated["split"] != split:
        raise ValueError(
            f"{shown}: corpus: the pack is of the split {stated['split']}, and evaluated is "
            f"{split}; write one of that split"
        )
    for number, case in enumerate(document["cases"]):
        if case["tag"] not in document["tags"] or case["end_us"] < case["start_us"]:
            raise ValueError(
                f"{shown}: cases.{number}: got tag {case['tag']!r} from {case['start_us']} to "
                f"{case['end_us']} µs; wanted: one of {', '.join(document['tags'])}, and an end "
                "that is not before the start"
            )
    return Pack(document, os.fspath(path), sha256_file(path))


def boundary_scores(
    pack: Pack,
    sessions: Sessions,
    class_map: ClassMap,
    sides: tuple[HitColumns, HitColumns],
    *,
    window: int,
    n_draws: int,
    seed: int,
) -> dict:
    """What a system finds and makes up at the places of a pack, by tag.

    Parameters
    ----------
    sides : (HitColumns, HitColumns)
        Reference and predictions by class, in order of session.
    window : int
        Of matches, in µs.

    Returns
    -------
    dict
        By tag; None for one without a case.

    Raises
    ------
    ValueError
        If a case is of no session of the split, or names a hit that the corpus has not.
    """
    marks = _Marks(sides, len(sessions), window)
    places = {key: n for n, key in enumerate(zip(sessions.source_sets, sessions.ids, strict=True))}
    by_tag: dict[str, list[dict]] = {tag: [] for tag in pack.document["tags"]}
    for case in pack.document["cases"]:
        by_tag[case["tag"]].append(case)
    scores = {}
    for tag, cases in by_tag.items():
        for case in cases:
            if (case["source_set"], case["session_id"]) not in places:
                raise ValueError(
                    f"{visible(pack.path)}: session {visible(case['session_id'])!r} is none of the "
                    "split with a hit; write the pack again"
                )
        numbered = [(places[case["source_set"], case["session_id"]], case) for case in cases]
        here = sorted({session for session, _ in numbered})
        table, n_outside = np.zeros((len(here), 5), dtype=np.int64), 0
        for row, session in enumerate(here):
            of_session = [case for number, case in numbered if number == session]
            table[row], outside = _count(marks, session, of_session, class_map, pack.path)
            n_outside += outside
        keys = [[column[n] for n in here] for column in (sessions.families, sessions.source_sets)]
        scores[tag] = (
            {"cases": len(cases), "hits_without_class": n_outside}
            | _figures(table, *keys, n_draws, seed)
            if cases
            else None
        )
    return scores


class _Marks:
    """The hits and predictions of all sessions, each with whether it was matched."""

    def __init__(self, sides: tuple[HitColumns, HitColumns], n_sessions: int, window: int):
        self.window = window
        self._sides = [(side, session_ends(side, n_sessions)) for side in sides]

    def of(self, session: int) -> tuple[list[tuple[np.ndarray, ...]], list[np.ndarray]]:
        """Of both sides of a session: (classes, times), each hit once, and which are matched."""
        parts = []
        for side, ends in self._sides:
            first, stop = ends[session : session + 2]
            parts.append((side.label[first:stop].astype(np.int64), side.onset[first:stop]))
        onsets = merge_onsets(*parts, each_once=True)
        is_matched = np.zeros(len(onsets.key), dtype=bool)
        for matched in match_onsets(onsets, self.window):
            is_matched[matched] = True
        rows = [np.flatnonzero(onsets.is_reference == side) for side in (True, False)]
        return [(onsets.key[r], onsets.time[r]) for r in rows], [is_matched[r] for r in rows]


def _count(
    marks: _Marks, session: int, cases: list[Mapping], class_map: ClassMap, path: str
) -> tuple[list[int], int]:
    """Counts of one session over all its cases of one tag, and tagged hits of no class."""
    (reference, predicted), (is_found, is_matched) = marks.of(session)
    row_of = {
        pair: n for n, pair in enumerate(zip(*map(np.ndarray.tolist, reference), strict=True))
    }
    tagged, outside = set(), set()
    in_any, in_class = (np.zeros(len(is_matched), dtype=bool) for _ in range(2))
    for case in cases:
        classes = set()
        for hit in case["hits"]:
            number = class_map.of.get(hit["label"])
            if number is None:
                raise ValueError(
                    f"{visible(path)}: session {visible(case['session_id'])!r}: label "
                    f"{hit['label'][:60]!r}; allowed: {', '.join(class_map.of)}"
                )
            if number == NO_CLASS:
                outside.add((hit["onset_us"], hit["label"]))
                continue
            row = row_of.get((number, hit["onset_us"]))
            if row is None:
                raise ValueError(
                    f"{visible(path)}: session {visible(case['session_id'])!r} has no "
                    f"{hit['label']} at {hit['onset_us']} µs; write the pack again"
                )
            tagged.add(row)
            classes.add(number)
        inside = (predicted[1] >= case["start_us"]) & (predicted[1] <= case["end_us"])
        in_any |= inside
        in_class |= inside & np.isin(predicted[0], sorted(classes))
    rows = np.array(sorted(tagged), dtype=int)
    wrong = in_any & ~is_matched
    counts = [len(rows), is_found[rows].sum(), (wrong & in_class).sum(), (wrong & ~in_class).sum()]
    return [*map(int, counts), _covered(cases)], len(outside)


def _covered(cases: Sequence[Mapping]) -> int:
    """µs that the stretches of cases cover, what several cover once.

    Examples
    --------
    >>> _covered([{"start_us": 0, "end_us": 9}, {"start_us": 5, "end_us": 12}])
    12
    """
    covered, last = 0, -1
    for start, end in sorted((case["start_us"], case["end_us"]) for case in cases):
        covered += max(0, end - max(start, last))
        last = max(last, end)
    return covered


def _figures(
    table: np.ndarray, families: list[str], source_sets: list[str], n_draws: int, seed: int
) -> dict:
    groups = make_groups(families, source_sets)
    by_group = groups.sums(table)
    drawn = bootstrap_sums(by_group, groups.strata, n_draws=n_draws, seed=seed)
    sums = by_group.sum(axis=0)

    def ratio(of: np.ndarray, part, whole: int, scale: float) -> np.ndarray:
        values = np.full(of.shape[:-1], np.nan)
        over = of[..., whole] > 0
        return np.divide(of[..., part].sum(axis=-1) * scale, of[..., whole], out=values, where=over)

    def figure(part: list[int], whole: int, scale: float) -> dict:
        sizes = by_group[:, whole]
        ends = interval_of(
            ratio(drawn, part, whole, scale), int((sizes > 0).sum()), effective_number(sizes)
        )
        return {"value": float(ratio(sums, part, whole, scale))} | ends

    return {
        "sessions": len(table),
        "hits": int(sums[_HITS]),
        "found": int(sums[_FOUND]),
        "recall": figure([_FOUND], _HITS, 1.0),
        "fp": int(sums[_FP] + sums[_FP_OTHER]),
        "fp_of_other_classes": int(sums[_FP_OTHER]),
        "minutes": float(sums[_LENGTH] / _MINUTE),
        "fp_per_minute": figure([_FP, _FP_OTHER], _LENGTH, float(_MINUTE)),
    }
