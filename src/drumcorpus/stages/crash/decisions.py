"""Obey what people have decided about cymbals, and say what they can decide."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.paths import visible
from drumcorpus.schemas import CYMBAL_ASSIGNMENTS
from drumcorpus.stages.crash.review_file import (
    AS_CLUSTERED,
    AS_METADATA,
    BY_HIT,
    DECISIONS,
    ONE,
    SEEN,
    Decision,
    decisions_of,
)
from drumcorpus.taxonomy import CymbalFamily, is_cymbal
from drumcorpus.vocabulary import BY_METADATA, BY_REVIEW, DECISION_OUTDATED, SOUND_METHODS

TO_FILL_IN = ("REVIEWER", "YYYY-MM-DD")  # of the lines that a reviewer copies
_ONSET = re.compile(r"[0-9]{1,9}\.[0-9]{1,9}")  # event ids have no point

# Why a decision was not obeyed.
HITS_CHANGED = "hits_have_changed"
NO_NUMBERS = "source_does_not_number_every_hit"
NO_LABEL = "source_number_without_label"
NOT_CLUSTERED = "no_cymbal_guessed"
NOT_HERE = "session_has_no_hit_here"


def apply_decisions(
    assignments: pa.Table,
    review: Sequence[dict],
    decisions: Sequence[Decision],
    families: Iterable[CymbalFamily],
    *,
    hits: pa.Table,
) -> tuple[pa.Table, list[dict], list[dict]]:
    """Obey the decisions.

    Parameters
    ----------
    assignments : pa.Table
        CYMBAL_ASSIGNMENTS schema.
    review : sequence of dict
        Sessions in doubt, by family, as the clustering lists them.
    decisions : sequence of Decision
    families : iterable of CymbalFamily
        Those of the hits, at least.
    hits : pa.Table
        The columns event_id, session_id, component_index, family, cymbal and onset_time of
        CYMBAL_EMBEDDINGS, for the same hits.

    Returns
    -------
    assignments : pa.Table
        Those decided have method `review` and the decision's number, confidence 1 and accepted;
        or, where nobody can tell, no number and their own label or the family's first, confidence 0
        and not accepted. The rest as it was, in the same order.
    review : list of dict
        Without what is decided. One whose decision does not hold has it under `decision`
        (line, decision, problem), and is added where it was not in doubt.
    unused : list of dict
        Decisions not obeyed: session_id, family, line, decision, problem.
    """
    families = {family.name: family for family in families}
    ids = {visible(name): name for name in pc.unique(hits["session_id"]).to_pylist()}
    named = [ids[visible(d.session_id)] for d in decisions_of(decisions, ids.values())]
    by_session = _by_session(hits, named)
    rows = _by_session(assignments, named)
    waiting = {(row["session_id"], row["family"]): row for row in review}
    decided: dict[tuple[str, int], int | None] = {}
    unused = []
    for decision in decisions:
        session_id = ids.get(visible(decision.session_id), decision.session_id)
        key, family = (session_id, decision.family), families[decision.family]
        members, assigned = by_session.get(key, []), rows.get(key, [])
        guesses = guessed_cymbals(waiting.get(key, {}), assigned, family)
        numbers, problem = settle(decision, members, guesses, family)
        if problem is None:
            waiting.pop(key, None)
            decided |= dict(zip((hit_key(hit) for hit in members), numbers, strict=True))
            continue
        note = {"line": decision.line, "decision": decision.decision, "problem": problem}
        unused.append({"session_id": session_id, "family": family.name} | note)
        if members:
            row = waiting.get(key) or _outdated_row(session_id, family.name, assigned)
            waiting[key] = row | {"decision": note}
    table = _decided_table(assignments, decided, families)
    return table, list(waiting.values()), unused


def guessed_cymbals(
    review_row: Mapping, assigned: Iterable[Mapping], family: CymbalFamily
) -> dict[tuple[str, int], int]:
    """The cymbal, from 1, that the clustering guessed for a session's hits of a family, by hit.

    Parameters
    ----------
    review_row : mapping
        The row in the review; its `guesses`, if it has them, are rows of event_id,
        component_index and cymbal.
    assigned : iterable of mapping
        The hits' rows of CYMBAL_ASSIGNMENTS: an accepted one tells its hit's cymbal as well.
    """
    accepted = {
        hit_key(row): family.labels.index(row["label"]) + 1 if family.is_numbered else row["cymbal"]
        for row in assigned
        if row["accepted"] and row["method"] in (*SOUND_METHODS, BY_METADATA)
    }
    accepted = {key: number for key, number in accepted.items() if number is not None}
    guesses = {
        hit_key(row): row["cymbal"]
        for row in review_row.get("guesses") or []
        if row["cymbal"] is not None
    }
    return accepted | guesses


def settle(
    decision: Decision,
    hits: Sequence[Mapping],
    guesses: Mapping[tuple[str, int], int],
    family: CymbalFamily,
) -> tuple[list[int | None], str | None]:
    """What a decision makes of a session's hits of a family.

    Parameters
    ----------
    hits : sequence of mapping
        event_id, component_index, cymbal and onset_time of each.
    guesses : mapping
        Of `guessed_cymbals`.

    Returns
    -------
    numbers : list of (int or None), length n_hits
        The cymbal of each hit, from 1; None where nobody can tell.
    problem : str or None
        Why the decision does not hold; then `numbers` mean nothing.
    """
    if not hits:
        return [], NOT_HERE
    numbers, problem = _numbers(decision, hits, guesses)
    labels = family.labels if family.is_numbered else ()
    if problem is None and not all(n is None or is_cymbal(n, labels) for n in numbers):
        problem = NO_LABEL
    if problem is None and decision.seen not in (None, seen_digest(hits, numbers)):
        problem = HITS_CHANGED
    return numbers, problem


def _numbers(decision, hits, guesses) -> tuple[list[int | None], str | None]:
    if decision.decision == ONE:
        return [1] * len(hits), None
    if decision.decision == AS_METADATA:
        numbers = [hit["cymbal"] for hit in hits]
        return numbers, NO_NUMBERS if None in numbers else None
    if decision.decision == AS_CLUSTERED:
        numbers = [guesses.get(hit_key(hit)) for hit in hits]
        return numbers, None if any(numbers) else NOT_CLUSTERED
    if decision.decision == BY_HIT:
        return _numbers_by_hit(decision.cymbals, hits)
    return [None] * len(hits), None


def _numbers_by_hit(cymbals, hits) -> tuple[list[int | None], str | None]:
    """The pairs must name every hit, and no other, exactly once."""
    named: dict[str, list[int]] = {}
    for number, hit in enumerate(hits):
        for name in hit_names(hit):
            named.setdefault(name, []).append(number)
    matches = [named.get(_canonical(key), []) for key in cymbals]
    numbers = {
        rows[0]: n for rows, n in zip(matches, cymbals.values(), strict=True) if len(rows) == 1
    }
    if len(numbers) != len(cymbals) or len(numbers) != len(hits):
        return [], HITS_CHANGED
    return [numbers[number] for number in range(len(hits))], None


def _canonical(key: str) -> str:
    onset, slash, index = key.partition("/")
    return f"{float(onset):.3f}{slash}{index}" if _ONSET.fullmatch(onset) else key


def hit_key(row: Mapping) -> tuple[str, int]:
    """What names one hit within a source set."""
    return row["event_id"], row["component_index"]


def hit_names(hit: Mapping) -> list[str]:
    """What a reviewer may call a hit, the shortest first: its onset to the ms, or its event."""
    onset = f"{hit['onset_time']:.3f}"
    index = f"/{hit['component_index']}"
    return [onset, hit["event_id"], onset + index, hit["event_id"] + index]


def seen_digest(hits: Sequence[Mapping], numbers: Sequence[int | None]) -> str:
    """8 hex digits of which hits there are and which cymbal each one is said to be."""
    rows = sorted([*hit_key(hit), n or 0] for hit, n in zip(hits, numbers, strict=True))
    return sha256_bytes(canonical_json(rows))[:8]


def decision_lines(
    session_id: str,
    hits: Sequence[Mapping],
    guesses: Mapping[tuple[str, int], int],
    families: Sequence[CymbalFamily],
    family: CymbalFamily,
) -> list[dict]:
    """The line of the reviewed file for each decision that is possible.

    Parameters
    ----------
    hits, guesses, family
        As of `settle`.
    families : sequence of CymbalFamily
        All of ``crash.families``; a line on the first need not name it.

    Returns
    -------
    lines : list of dict
        decision, meaning, line; reviewer and date are left to fill in, and so is every cymbal of
        `by_hit` that was not guessed, a question mark.
    """
    lines = []
    for name, meaning in DECISIONS.items():
        if name == BY_HIT:
            cymbals = " ".join(_pairs(hits, guesses))
        else:
            decision = Decision(session_id, name, {}, None, 0, family.name)
            numbers, problem = settle(decision, hits, guesses, family)
            if problem is not None:
                continue
            cymbals = SEEN + seen_digest(hits, numbers)
        cells = [visible(session_id), name, cymbals, *TO_FILL_IN, ""]
        line = csv_line(cells if family.name == families[0].name else [*cells, family.name])
        lines.append({"decision": name, "meaning": meaning, "line": line})
    return lines


def csv_line(cells: Sequence[str]) -> str:
    """One line of CSV, without its end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


def _pairs(hits, guesses) -> list[str]:
    uses = Counter(name for hit in hits for name in hit_names(hit))
    names = [next(name for name in hit_names(hit) if uses[name] == 1) for hit in hits]
    return [
        f"{name}:{guesses.get(hit_key(hit), '?')}" for name, hit in zip(names, hits, strict=True)
    ]


def _by_session(table: pa.Table, session_ids: Sequence[str]) -> dict[tuple[str, str], list[dict]]:
    """The rows of some sessions, by session and family, without their embeddings."""
    names = [name for name in table.column_names if name != "embedding"]
    chosen = table.select(names).filter(
        pc.is_in(table["session_id"], pa.array(session_ids, pa.string()))
    )
    rows: dict[tuple[str, str], list[dict]] = {}
    for row in chosen.to_pylist():
        rows.setdefault((row["session_id"], row["family"]), []).append(row)
    return rows


def _outdated_row(session_id: str, family: str, assigned: Sequence[Mapping]) -> dict:
    """The review row of what is in doubt only because its decision does not hold."""
    return {
        "session_id": session_id,
        "family": family,
        "n_hits": len(assigned),
        "n_accepted": sum(row["accepted"] for row in assigned),
        "reason": DECISION_OUTDATED,
        "session_confidence": None,
        "silhouette": None,
        "undescribed": {},
    }


def _decided_table(assignments, decided, families) -> pa.Table:
    if not decided:
        return assignments
    rows = assignments.to_pylist()
    for row in rows:
        key = hit_key(row)
        if key in decided:
            number, family = decided[key], families[row["family"]]
            if family.is_numbered:
                row["label"] = family.labels[(number or 1) - 1]
            row |= {
                "cymbal": number,
                "method": BY_REVIEW,
                "confidence": 0.0 if number is None else 1.0,
                "accepted": number is not None,
            }
    return pa.Table.from_pylist(rows, CYMBAL_ASSIGNMENTS)
