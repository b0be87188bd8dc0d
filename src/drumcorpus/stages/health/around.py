"""The sections of the report that rest on the tables beside the manifest."""

import math
from collections.abc import Mapping

from drumcorpus.stages.health.figures import count_by, group_by, total, worst
from drumcorpus.stages.health.scans import N_EXAMPLES
from drumcorpus.vocabulary import IN_EVENT

N_SOURCE_LABELS = 100

Session = tuple[str, str]  # source set, session id
PerSession = Mapping[Session, Mapping]  # n_events, n_components and split in the manifest


def drops(
    by_label: list[dict],
    in_event: list[dict],
    per_session: PerSession,
    refused: list[dict] | None = None,
) -> dict:
    """What became of the hits of the sources, and what no reason explains.

    Hits are unexplained where the tally names no outcome, and where the hits that a session's
    tally puts in events are not as many as its components in the manifest, in either direction.
    Sessions that the splits refuse have to have none there; their hits are a figure of their own.
    """
    named = [row for row in by_label if row["outcome"] not in ("", IN_EVENT)]
    unnamed = total(row for row in by_label if row["outcome"] == "")
    tallied_hits = {(row["source_set"], row["session_id"]): int(row["n"]) for row in in_event}
    left_out = refused_hits(tallied_hits, refused or [])
    expected = {session: n for session, n in tallied_hits.items() if session not in left_out}
    gaps = tally_gaps(expected, per_session)
    ranked = sorted(named, key=lambda row: (-row["n"], row["source_set"], row["source_label"]))
    keys = ("source_set", "source_label", "outcome")
    return {
        "hits": total(by_label),
        IN_EVENT: sum(tallied_hits.values()),
        "dropped": total(named),
        "by_reason": {
            reason: {"hits": total(rows), "by_source_set": count_by(rows, "source_set")}
            for reason, rows in group_by(named, "outcome").items()
        },
        "by_source_label": [
            {**{key: row[key] for key in keys}, "hits": int(row["n"])}
            for row in ranked[:N_SOURCE_LABELS]
        ],
        "more_source_labels": max(len(ranked) - N_SOURCE_LABELS, 0),
        "refused_hits": sum(row["n"] for row in left_out.values()) if refused is not None else None,
        "refused_sessions": len(left_out) if refused is not None else None,
        "refused_by_reason": {
            reason: {
                "hits": total(rows),
                "sessions": len(rows),
                "by_source_set": count_by(rows, "source_set"),
                "examples": worst(rows, "n"),
            }
            for reason, rows in group_by(left_out.values(), "reason").items()
        },
        "hits_without_outcome": unnamed,
        "unexplained_hits": unnamed + sum(row["hits"] for row in gaps),
        "unexplained_sessions": len(gaps),
        "unexplained_examples": worst(gaps, "hits"),
    }


def refused_hits(tallied_hits: Mapping[Session, int], refused: list[dict]) -> dict[Session, dict]:
    """Sessions that the splits leave out, each with the hits that its tally puts in events."""
    keys = [(row["source_set"], row["session_id"]) for row in refused]
    return {
        key: row | {"n": tallied_hits.get(key, 0)} for key, row in zip(keys, refused, strict=True)
    }


def tally_gaps(tallied_hits: Mapping[Session, int], per_session: PerSession) -> list[dict]:
    """Sessions whose tally and manifest differ, with the difference as ``hits``."""
    gaps = []
    for session in sorted({*tallied_hits, *per_session}):
        tallied = tallied_hits.get(session, 0)
        present = int(per_session[session]["n_components"]) if session in per_session else 0
        if tallied != present:
            row = {"source_set": session[0], "session_id": session[1], "tallied": tallied}
            gaps.append({**row, "in_manifest": present, "hits": abs(tallied - present)})
    return gaps


def quarantine(rows: list[dict]) -> dict:
    """Quarantined files by reason, each with its first examples."""
    by_reason = {}
    for reason, members in group_by(rows, "reason").items():
        members = sorted(members, key=lambda row: row["source_set"])
        examples = [
            {"source_set": row["source_set"], **example}
            for row in members
            for example in row["examples"]
        ]
        by_reason[reason] = {
            "files": total(members),
            "by_source_set": count_by(members, "source_set"),
            "examples": examples[:N_EXAMPLES],
        }
    return {"files": total(rows), "by_reason": by_reason}


def sessions(listed: list[dict], per_session: PerSession) -> dict:
    """Listed sessions with their duration, by source set and by the split of the manifest.

    All figures are of the sessions that are listed, those too that the splits refuse or that have
    no event; `durations.durations` has those of the sessions of the manifest.
    """
    names = {(row["source_set"], row["session_id"]) for row in listed}
    silent = [row for row in listed if not row["has_audio"]]
    cancelling = [
        row
        for row in listed
        if row["channels_cancel"] and (row["source_set"], row["session_id"]) in per_session
    ]
    left_out = [r for r in silent if (r["source_set"], r["session_id"]) not in per_session]
    cells: dict[tuple[str, str, bool], list[dict]] = {}
    for row in listed:
        session = per_session.get((row["source_set"], row["session_id"]))
        split = session["split"] if session else "(not in the manifest)"
        cells.setdefault((row["source_set"], split, session is not None), []).append(row)
    return {
        "listed": len(listed),
        "not_in_manifest": len(names - set(per_session)),
        "not_listed": len(set(per_session) - names),
        "without_audio": {
            "sessions": len(silent),
            "not_in_manifest": len(left_out),
            "by_source_set": {k: len(v) for k, v in group_by(silent, "source_set").items()},
            "examples": names_of(silent),
        },
        "channels_cancel": {
            "sessions": len(cancelling),
            "by_source_set": {k: len(v) for k, v in group_by(cancelling, "source_set").items()},
            "examples": names_of(cancelling),
        },
        **known_duration(listed),
        "by_source_set_and_split": [
            {
                **{"source_set": name, "split": split, "in_manifest": in_manifest},
                **{"sessions": len(rows), **known_duration(rows)},
            }
            for (name, split, in_manifest), rows in sorted(cells.items())
        ],
    }


def recordings(listed: list[dict], per_session: PerSession) -> dict:
    """How much sound there is of drums and of full mixes, in all and by source set.

    Of each ``sessions`` that have it and their ``seconds``, of all that are listed;
    ``sessions_in_manifest`` and ``seconds_in_manifest`` of those of the manifest.
    """
    return {
        **_lengths(listed, per_session),
        "by_source_set": {
            name: _lengths(rows, per_session)
            for name, rows in group_by(listed, "source_set").items()
        },
    }


def _lengths(rows: list[dict], per_session: PerSession) -> dict:
    lengths = {}
    for name, column in (("drums", "duration"), ("mix", "mix_duration")):
        sounding = [row for row in rows if row[column] is not None]
        used = [r for r in sounding if (r["source_set"], r["session_id"]) in per_session]
        lengths[name] = {
            f"{what}{end}": figure
            for end, part in (("", sounding), ("_in_manifest", used))
            for what, figure in (
                ("sessions", len(part)),
                ("seconds", round(math.fsum(row[column] for row in part), 3)),
            )
        }
    return lengths


def names_of(rows: list[dict]) -> list[dict]:
    """Source set and id of the first sessions."""
    return [{name: row[name] for name in ("source_set", "session_id")} for row in rows[:N_EXAMPLES]]


def known_duration(rows: list[dict]) -> dict:
    """Seconds of audio, and how many of the sessions have a known duration."""
    durations = [row["duration"] for row in rows if row["duration"] is not None]
    return {
        "audio_duration": round(math.fsum(durations), 3),
        "sessions_with_duration": len(durations),
    }
