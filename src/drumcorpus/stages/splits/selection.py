"""Which sessions of its source sets a manifest is made of, where it does not take all of them."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.stages.splits.decide import Decision
from drumcorpus.vocabulary import MODEL_LABELS_HERE, NOT_SELECTED

# What is asked of a session, and its column.
COLUMNS = {"sessions": "session_id", "style": "style", "kit": "kit_id", "drummer": "drummer_id"}
SPLIT = "split"  # that which is decided, not that of the column
MOST_NAMED = 20  # values that a message lists


def read_selection(select: Mapping[str, Mapping], lists: Sequence[str | os.PathLike]) -> dict:
    """A selection in which ids that stand in files are read.

    Parameters
    ----------
    select : mapping
        ``manifests.<m>.select`` of the configuration, with None for ``sessions`` where a file has
        them.
    lists : sequence of path
        Those files, in the order of the source sets; one id a line.

    Raises
    ------
    ValueError
        If a file has no id, or is no text.
    """
    files = iter(lists)
    return {
        name: {
            key: _read_ids(next(files)) if key == "sessions" and values is None else list(values)
            for key, values in wanted.items()
        }
        for name, wanted in select.items()
    }


def _read_ids(path: str | os.PathLike) -> list[str]:
    try:
        lines = Path(path).read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: is no text in UTF-8; wanted: one session id a line") from error
    ids = [line.strip() for line in lines if line.strip()]
    if not ids:
        raise ValueError(f"{path}: has no session id; wanted: one a line")
    return ids


def leave_out_unselected(
    sessions: Sequence[Mapping],
    decisions: Sequence[Decision],
    select: Mapping[str, Mapping[str, Sequence[str]]],
    *,
    manifest: str,
) -> None:
    """Leave the sessions out of a manifest that it does not select, with a reason of their own.

    A session is selected that has one of the values of every key; of a source set without a
    selection, every one is. Splits were decided before, as if all were selected: a selection moves
    no session, and lets none into a split that its relatives are kept out of.

    Parameters
    ----------
    sessions : sequence of dict
        Of `search.read_sessions`.
    decisions : sequence of Decision
        Of each of them; those that are not selected are changed.
    select : mapping
        Of `read_selection`: by source set ``sessions``, ``split``, ``style``, ``kit``, ``drummer``.
    manifest : str
        Its name, for messages.

    Raises
    ------
    ValueError
        If no session of the source set has a value, or none is selected; one line for each, by key.
    """
    problems = []
    for source_set, wanted in select.items():
        numbers = [n for n, session in enumerate(sessions) if session["source_set"] == source_set]
        values = {n: _values(sessions[n], decisions[n]) for n in numbers}
        where = f"config: manifests.{manifest}.select.{source_set}"
        problems += _unknown_values(wanted, list(values.values()), where)
        asked = [(key, frozenset(each)) for key, each in wanted.items()]
        selected = {n for n in numbers if all(values[n][key] in each for key, each in asked)}
        if not selected and not problems:
            problems.append(
                f"{where}: selects none of {len(numbers)} sessions; each key alone selects some, "
                "and none has a value of every key"
            )
        for number in numbers:
            if number not in selected:
                decisions[number].included, decisions[number].reason = False, NOT_SELECTED
    if problems:
        raise ValueError("\n".join(problems))


def leave_out_model_labels(
    sessions: Sequence[Mapping],
    decisions: Sequence[Decision],
    allowed: Mapping[str, Sequence[str]],
) -> None:
    """Leave the sessions whose labels a model made out of the splits that may not have such.

    Splits were decided before: no session moves, and what is scored against a split is scored
    against labels that somebody has set, unless the config says otherwise.

    Parameters
    ----------
    sessions, decisions
        As of `leave_out_unselected`; those that are not allowed are changed.
    allowed : mapping
        By source set whose labels a model made, the splits that may have them.
    """
    for session, decision in zip(sessions, decisions, strict=True):
        splits = allowed.get(session["source_set"])
        if splits is not None and decision.included and decision.split not in splits:
            decision.included, decision.reason = False, MODEL_LABELS_HERE


def selected_alone(
    of_sets: Mapping[str, Sequence[str]],
    sessions: Sequence[Mapping],
    decisions: Sequence[Decision],
) -> dict[str, list[str]]:
    """By source set, those of some sessions that are selected; a set without one is left out."""
    unselected = {
        (session["source_set"], session["session_id"])
        for session, decision in zip(sessions, decisions, strict=True)
        if decision.reason in (NOT_SELECTED, MODEL_LABELS_HERE)
    }
    kept = {
        name: [session_id for session_id in ids if (name, session_id) not in unselected]
        for name, ids in of_sets.items()
    }
    return {name: ids for name, ids in kept.items() if ids}


def _values(session: Mapping, decision: Decision) -> dict:
    """What a session has of each key."""
    return {key: session[column] for key, column in COLUMNS.items()} | {SPLIT: decision.split}


def _unknown_values(wanted, values: Sequence[Mapping], where: str) -> list[str]:
    """One sentence for each key with values that no session has."""
    problems = []
    for key, asked in wanted.items():
        present = dict.fromkeys(sorted({each[key] for each in values if each[key] is not None}))
        unknown = [value for value in dict.fromkeys(asked) if value not in present]
        if unknown:
            names = [f"{value!r}{did_you_mean(value, list(present))}" for value in unknown[:5]]
            more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
            listed = ", ".join(list(present)[:MOST_NAMED]) or "none at all"
            if len(present) > MOST_NAMED:
                listed += f" and {len(present) - MOST_NAMED} more"
            problems.append(f"{where}.{key}: {', '.join(names)}{more}; its sessions have: {listed}")
    return problems
