"""What the review page is made of: the tables of every source set, and the reviewed files."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.jsonl import read_rows
from drumcorpus.ground.files.limits import read_reviewed
from drumcorpus.ground.files.tables import read_table
from drumcorpus.stages.crash.candidates import count_reasons, expected_cymbals
from drumcorpus.stages.crash.review_file import decisions_without_session, read_decisions
from drumcorpus.stages.crash.review_page import count_undescribed, describe_decisions
from drumcorpus.taxonomy import CymbalFamily


@dataclass(frozen=True)
class ReviewTables:
    """By source set: what the arguments of these names are in `review_page.describe_review`.

    `candidates` has the sessions of each family by reason, of `candidates.count_reasons`.
    """

    reviews: dict[str, list[dict]] = field(default_factory=dict)
    doubts: dict[str, list[dict]] = field(default_factory=dict)
    decisions: dict[str, dict] = field(default_factory=dict)
    undescribed: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)
    candidates: dict[str, dict[str, dict[str, int]]] = field(default_factory=dict)

    def counters(self) -> dict[str, int]:
        """What the run counts."""
        decisions = self.decisions.values()
        return {
            "sessions_in_review": sum(len(rows) for rows in self.reviews.values()),
            "hits_undescribed": sum(
                sum(counts.values()) for of in self.undescribed.values() for counts in of.values()
            ),
            "decisions_obeyed": sum(row["obeyed"] for row in decisions),
            "decisions_not_obeyed": sum(len(row["unused"]) for row in decisions),
        }


def read_review_tables(
    files: Mapping[str, str],
    decisions: Iterable[str],
    *,
    review: Sequence[str],
    doubts: Sequence[str],
    assignments: Sequence[str],
    sessions: Sequence[str],
    candidates: Sequence[str],
    families: Sequence[CymbalFamily],
    may_be_gone: bool,
) -> ReviewTables:
    """Read the tables of all source sets.

    Parameters
    ----------
    files : mapping of str to str
        The reviewed file of each source set, as people are told of it; it need not be there.
    decisions : iterable of path
        The reviewed files that are there; they have the names of `files`.
    review, doubts, assignments, sessions, candidates : sequence of path
        One of each for every source set, in the order of `files`.
    families : sequence of CymbalFamily
        Those whose cymbals are told apart.
    may_be_gone : bool
        Whether sessions may have left the corpus on which a decision stands.

    Raises
    ------
    ValueError
        If a reviewed file has a mistake, or names a session that is not there and may not be gone.
    """
    reviewed = {Path(path).name: path for path in decisions}
    tables = ReviewTables()
    paths = zip(review, doubts, assignments, sessions, candidates, strict=True)
    for name, of_set in zip(files, paths, strict=True):
        rows_file, doubts_file, assignments_file, sessions_file, candidates_file = of_set
        tables.reviews[name] = list(read_rows(rows_file))
        tables.doubts[name] = read_json(doubts_file)
        listed = read_table(sessions_file, ["session_id", "label_map"])
        path = reviewed.get(Path(files[name]).name)
        made = read_decisions(read_reviewed(path), path, families) if path else []
        ids = listed["session_id"].to_pylist()
        gone = decisions_without_session(made, ids, path, may_be_gone=may_be_gone)
        outcome = describe_decisions(made, gone, tables.reviews[name], assignments_file)
        tables.decisions[name] = outcome
        tables.undescribed[name] = count_undescribed(assignments_file)
        columns = ["session_id", "family", "reason", "n_expected", "named_cymbals"]
        candidates_of_set = read_table(candidates_file, columns)
        tables.candidates[name] = count_reasons(candidates_of_set, listed, families)
        tables.doubts[name] = with_expected(tables.doubts[name], candidates_of_set)
    return tables


def with_expected(doubts: Iterable[Mapping], candidates: pa.Table) -> list[dict]:
    """The sessions in doubt, each with what is known of its cymbals beforehand.

    Parameters
    ----------
    doubts : iterable of mapping
        With `session_id` and `family`.
    candidates : pa.Table
        `session_id`, `family`, `n_expected` and `named_cymbals` of the schema CYMBAL_CANDIDATES.

    Returns
    -------
    doubts : list of dict
        With ``expected``, a number or None, and ``named``, cymbals in words.
    """
    counts = expected_cymbals(candidates)
    columns = ("session_id", "family", "named_cymbals")
    rows = zip(*(candidates[name].to_pylist() for name in columns), strict=True)
    names = {(session_id, family): named for session_id, family, named in rows}
    keyed = [((row["session_id"], row["family"]), dict(row)) for row in doubts]
    return [
        row | {"expected": counts.get(key), "named": names.get(key) or []} for key, row in keyed
    ]
