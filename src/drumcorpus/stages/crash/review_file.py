"""The reviewed file of what people have decided about cymbals.

The file is ``resources/source_sets/<source set>_review.csv``, one line per session and family.
Where the column `family` is left out or empty, it is the first of ``crash.families``. The column
`cymbals` has, for `by_hit`, what cymbal every such hit of the session is, as pairs
``onset:number`` or ``event_id:number`` with blanks between (``event_id/component_index`` where two
hits are one event; ``-`` for a number that nobody can tell). For the other decisions it may hold
``seen:`` and a digest of what the reviewer saw: where the hits, or the numbers that the decision
gives them, are others now, the decision does not hold.
"""

import datetime
import difflib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drumcorpus.ground.files.documents import parse_csv
from drumcorpus.ground.files.limits import REVIEWED_LINE, read_reviewed
from drumcorpus.ground.files.paths import visible
from drumcorpus.taxonomy import CymbalFamily, is_cymbal

COLUMNS = ["session_id", "decision", "cymbals", "reviewer", "date", "note", "family"]
ONE, AS_METADATA, AS_CLUSTERED = "one", "as_metadata", "as_clustered"
BY_HIT, UNKNOWN = "by_hit", "unknown"
DECISIONS = {
    ONE: "All hits of the family are one cymbal.",
    AS_METADATA: "The numbers of the source are right.",
    AS_CLUSTERED: "The cymbals that the clustering guessed are right.",
    BY_HIT: "Each hit is the cymbal that is written after its time or event.",
    UNKNOWN: "It cannot be told; keep the undivided label and stop asking.",
}

SEEN = "seen:"
_SEEN = re.compile(rf"{SEEN}[0-9a-f]{{8}}")


@dataclass(frozen=True)
class Decision:
    """One line of the reviewed file."""

    session_id: str
    decision: str  # of DECISIONS
    cymbals: Mapping[str, int | None]  # of `by_hit`: number by the hit's key, None for "-"
    seen: str | None  # digest of what the reviewer saw, where the line has one
    line: int  # of the file
    family: str


def read_decisions(data: bytes, where: str, families: Sequence[CymbalFamily]) -> list[Decision]:
    """The decisions of one reviewed file, in its order.

    Parameters
    ----------
    data : bytes
        CSV with the columns of `COLUMNS`, of which `family` may be missing.
    where : str
        The file, for messages.
    families : sequence of CymbalFamily
        Those whose cymbals are told apart.

    Raises
    ------
    ValueError
        At the first mistake; the message names file, line, the value and what is allowed.
    """
    decisions, lines = [], {}
    rows = parse_csv(data, COLUMNS, where, optional=["family"], longest_line=REVIEWED_LINE)
    for line, row in rows:
        row = {name: value.strip() for name, value in row.items()}
        decision = _read_decision(row, f"{where}:{line}", line, families)
        first = lines.setdefault((visible(decision.session_id), decision.family), line)
        if first != line:
            raise ValueError(
                f"{where}:{line}: session {decision.session_id!r} stands in line {first} already; "
                f"allowed is one decision per session and family, and both are of "
                f"{decision.family!r}"
            )
        decisions.append(decision)
    return decisions


def read_decision_files(
    paths: Iterable[str | os.PathLike], families: Sequence[CymbalFamily]
) -> list[Decision]:
    """The decisions of files, as of `read_decisions`, in their order."""
    return [
        decision
        for path in paths
        for decision in read_decisions(read_reviewed(path), str(path), families)
    ]


def _read_decision(row: dict, at: str, line: int, families: Sequence[CymbalFamily]) -> Decision:
    for name in ("session_id", "reviewer"):
        if not row[name]:
            raise ValueError(f"{at}: {name} is empty; allowed is any name")
    if row["decision"] not in DECISIONS:
        allowed = ", ".join(DECISIONS)
        raise ValueError(f"{at}: decision {row['decision']!r} is not one of {allowed}")
    _check_date(row["date"], at)
    by_name = {family.name: family for family in families}
    name = row["family"] or families[0].name
    if name not in by_name:
        raise ValueError(
            f"{at}: family {name!r}; allowed are those of crash.families: {', '.join(by_name)}"
        )
    seen, cymbals = None, {}
    if row["decision"] == BY_HIT:
        cymbals = _read_pairs(row["cymbals"], at, by_name[name])
    elif row["cymbals"]:
        if not _SEEN.fullmatch(row["cymbals"]):
            raise ValueError(
                f"{at}: cymbals {row['cymbals']!r} for {row['decision']}; allowed is nothing, or "
                f"{SEEN} and 8 hex digits as the review page gives them"
            )
        seen = row["cymbals"].removeprefix(SEEN)
    return Decision(row["session_id"], row["decision"], cymbals, seen, line, name)


def _check_date(date: str, at: str) -> None:
    try:
        if datetime.date.fromisoformat(date).isoformat() != date:
            raise ValueError
    except ValueError:
        raise ValueError(f"{at}: date {date!r}; allowed is a day as YYYY-MM-DD") from None


def _read_pairs(text: str, at: str, family: CymbalFamily) -> dict[str, int | None]:
    labels = family.labels if family.is_numbered else ()
    cymbals: dict[str, int | None] = {}
    for pair in text.split():
        key, _, number = pair.rpartition(":")
        is_number = re.fullmatch("[0-9]{1,4}", number) and is_cymbal(int(number), labels)
        if not key or not (is_number or number == "-"):
            last = f" to {len(labels)}" if labels else ""
            raise ValueError(
                f"{at}: cymbals: {pair!r}; allowed is onset:number or event_id:number, the number "
                f"from 1{last} or '-'"
            )
        if key in cymbals:
            raise ValueError(f"{at}: cymbals: the hit {key!r} stands twice; allowed is once")
        cymbals[key] = int(number) if is_number else None
    if not cymbals:
        raise ValueError(f"{at}: cymbals is empty; allowed for {BY_HIT} are pairs onset:number")
    return cymbals


def decisions_of(decisions: Iterable[Decision], session_ids: Iterable[str]) -> list[Decision]:
    """Those of some sessions, such as a shard's."""
    names = {visible(name) for name in session_ids}
    return [row for row in decisions if visible(row.session_id) in names]


def decisions_without_session(
    decisions: Sequence[Decision], session_ids: Iterable[str], where: str, *, may_be_gone: bool
) -> list[Decision]:
    """Those of sessions that the source set does not have.

    Parameters
    ----------
    session_ids : iterable of str
        All sessions of the source set.
    may_be_gone : bool
        Whether sessions may leave the corpus; then they are returned and nothing is raised.

    Raises
    ------
    ValueError
        At the first one, unless it may be gone.
    """
    session_ids = list(session_ids)
    here = {row.line for row in decisions_of(decisions, session_ids)}
    gone = [row for row in decisions if row.line not in here]
    if gone and not may_be_gone:
        close = difflib.get_close_matches(gone[0].session_id, session_ids, n=3)
        hint = f", such as {', '.join(map(repr, close))}" if close else ""
        raise ValueError(
            f"{where}:{gone[0].line}: session {gone[0].session_id!r} is not there; allowed are the "
            f"{len(session_ids)} sessions of the source set{hint}. If it has left the corpus, set "
            "inventory.vanished to accept"
        )
    return gone
