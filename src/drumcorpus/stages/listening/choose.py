"""Which sessions of a source set are shown: those that pages name, and some of every split."""

import itertools
from collections.abc import Iterable, Mapping, Sequence

from drumcorpus.ground.files.natural_order import natural_key
from drumcorpus.ground.pages.session_links import session_anchor, session_hash
from drumcorpus.ground.pages.shown import number
from drumcorpus.stages.listening.settings import ListeningSettings
from drumcorpus.stages.listening.words import KINDS

OF_SOUND = ("timing", "unmeasured", "past_end", "clipped", "dc", "silent", "outlier")
PLACE = ("source_set", "session_id")
PLACES = {"clipped": "clipped_at", "outlier": "loudest_at"}  # s, where a fault is worst
SESSION_COLUMNS = ["session_id", "split", "audio_path", "errata"]
SPLIT_COLUMNS = ["source_set", "session_id", "split", "included"]


def choose_sessions(
    source_set: str,
    reports: Mapping[str, Mapping],
    review: Iterable[Mapping],
    sessions: Iterable[Mapping],
    splits: Iterable[Mapping],
    settings: ListeningSettings,
) -> dict:
    """The sessions to show, with the reasons.

    The worst of every kind of reason comes first, then the second of every kind, and so on; last
    those with most strokes of a label.

    Parameters
    ----------
    source_set : str
    reports : mapping
        Health reports that have sessions of the set, by the name of what they report on.
    review : iterable of mapping
        Its sessions with cymbals in doubt, those with most hits in doubt first.
    sessions : iterable of mapping
        Of the schema SESSIONS: `session_id`, `split`, `audio_path`, `errata`.
    splits : iterable of mapping
        Rows of split tables: `source_set`, `session_id`, `split`, `included`.
    settings : ListeningSettings

    Returns
    -------
    chosen : dict
        ``sessions``: `session_id`, `anchor` on the page, `split`, `reasons` (`kind`, `of` and
        `says`) and `focus`, what the excerpt is to show; ``not_shown``: ids of those that are named
        and find no room.

    Raises
    ------
    ValueError
        If two sessions have one anchor.
    """
    by_id = {row["session_id"]: row for row in sessions}
    split_of = {name: row["split"] for name, row in by_id.items()}
    split_of |= {
        row["session_id"]: row["split"]
        for row in splits
        if row["source_set"] == source_set and row["included"]
    }
    groups: dict[tuple, list[tuple[str, dict, dict]]] = {}
    for name, report in reports.items():
        for kind, rows in _of_report(report).items():
            for row, reason, focus in rows:
                if row["source_set"] == source_set:
                    reason = {"kind": kind, "of": name} | reason
                    groups.setdefault((kind,), []).append((row["session_id"], reason, focus))
    for row in review:
        reason = {"kind": "doubt", "of": source_set, "says": _doubt(row)}
        groups.setdefault(("doubt",), []).append((row["session_id"], reason, {"doubt": True}))
    for name, row in by_id.items():
        for fault in row["errata"] or []:
            if fault["action"] == "leave_out":
                reason = {"kind": "left_out", "of": source_set, "says": fault["reason"]}
                groups.setdefault(("left_out",), []).append((name, reason, {}))
    for name in _drawn(source_set, by_id, split_of, settings.per_split):
        split = split_of[name]
        reason = {"kind": "sample", "of": source_set, "says": split or "no split"}
        groups.setdefault(("sample", split), []).append((name, reason, {}))
    kinds = list(KINDS)
    order = sorted(groups, key=lambda key: (kinds.index(key[0]), *map(str, key[1:])))
    turns = [groups[key] for key in order if key[0] != "label"]
    rows = [row for turn in itertools.zip_longest(*turns) for row in turn if row is not None]
    rows += groups.get(("label",), [])
    return _document(source_set, rows, by_id, split_of, settings.max_sessions)


def _of_report(report: Mapping) -> dict[str, list[tuple]]:
    """Rows of a health report that name a session, by kind, worst first."""
    kinds: dict[str, list[tuple]] = {}
    sound = report["audio_checks"] or {}
    for where, figures in (("", sound), ("mix: ", sound.get("mix") or {})):
        for kind in OF_SOUND:
            for row in figures.get(kind, {}).get("examples", ()):
                reason = {"says": where + _figures(row)}
                kinds.setdefault(kind, []).append((row, reason, _fault(kind, row)))
    refused = (report.get("drops") or {}).get("refused_by_reason") or {}
    for why, group in refused.items():
        for row in group["examples"]:
            reason = {"says": f"{why.replace('_', ' ')}, {number(row['n'])} hits"}
            kinds.setdefault("left_out", []).append((row, reason, {}))
    for label, by_set in report["examples"]["labels"].items():
        for name, rows in by_set.items():
            row = rows[0] | {"source_set": name}
            reason = {"says": f"{label}: {number(row['n'])}"}
            kinds.setdefault("label", []).append((row, reason, {"label": label}))
    return kinds


def _fault(kind: str, row: Mapping) -> dict:
    """What the excerpt is to show of a faulty session: the place where it is worst."""
    if kind == "past_end":
        return {"end": True}
    at = row.get(PLACES.get(kind))
    if at is not None:
        return {"at": at}
    offset, drift = row.get("offset_ms"), row.get("drift_ms_per_min")
    if kind == "timing" and drift:
        # The offset is that of the middle: to which side does it grow?
        return {"end": True} if (offset or 0.0) * drift >= 0 else {"start": True}
    return {}


def _figures(row: Mapping) -> str:
    said = [
        f"{name.replace('_', ' ')} {value if isinstance(value, str) else number(value)}"
        for name, value in row.items()
        if name not in PLACE and value is not None
    ]
    return ", ".join(said)


def _doubt(row: Mapping) -> str:
    n_doubtful = row["n_hits"] - row.get("n_accepted", 0)
    return f"{number(n_doubtful)} of {number(row['n_hits'])} hits of {row['family']}"


def _drawn(source_set, by_id, split_of, per_split) -> list[str]:
    """Of every split the sessions with sound whose hashes are smallest."""
    by_split: dict[str | None, list[str]] = {}
    for name, row in by_id.items():
        if row["audio_path"] is not None:
            by_split.setdefault(split_of[name], []).append(name)
    return [
        name
        for names in by_split.values()
        for name in sorted(names, key=lambda name: session_hash(source_set, name))[:per_split]
    ]


def _document(
    source_set: str,
    rows: Sequence[tuple[str, dict, dict]],
    by_id: Mapping[str, Mapping],
    split_of: Mapping[str, str | None],
    max_sessions: int,
) -> dict:
    reasons: dict[str, list[dict]] = {}
    focus: dict[str, dict] = {}
    for name, reason, what in rows:
        if name in by_id:
            # A fault that shows anywhere leaves the place to the next one that has a place.
            focus[name] = focus.get(name) or what
            reasons.setdefault(name, [])
            if all(
                reason["kind"] != r["kind"] or reason["says"] != r["says"] for r in reasons[name]
            ):
                reasons[name].append(reason)
    names = list(reasons)
    kinds = list(KINDS)
    shown = [
        {
            "session_id": name,
            "anchor": session_anchor(source_set, name),
            "split": split_of[name],
            "reasons": sorted(reasons[name], key=lambda reason: kinds.index(reason["kind"])),
            "focus": focus[name],
        }
        for name in names[:max_sessions]
    ]
    if len({row["anchor"] for row in shown}) < len(shown):
        raise ValueError(f"{source_set}: two sessions have the same anchor; rename one of them")
    wanted = [
        name for name in names if any(r["kind"] not in ("sample", "label") for r in reasons[name])
    ]
    not_shown = sorted(set(wanted) - set(names[:max_sessions]), key=natural_key)
    return {
        "source_set": source_set,
        "sessions": shown,
        "not_shown": not_shown,
    }
