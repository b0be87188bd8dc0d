"""What there is before anything is ingested: report, page and table of all source sets."""

import csv
import io
import math
import os
from collections.abc import Iterable, Mapping

import pyarrow as pa

from drumcorpus.ground.files.json_files import read_json
from drumcorpus.ground.files.missing_files import missing_files
from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.pages.charts import in_order, stacked_bars
from drumcorpus.ground.pages.render import render_page
from drumcorpus.ground.pages.source_set_summary import (
    Parts,
    describe_source_set,
    summarise_source_sets,
)
from drumcorpus.ground.run import completeness
from drumcorpus.ground.run.roots import root_name
from drumcorpus.vocabulary import NO_VALUE, NOT_OF_THE_SET

SPLITS = ("train", "validation", "test")
CARD_KEYS = (
    *("version", "license", "license_verified"),
    *("redistributable", "forbids", "attribution"),
)
SUMS = {
    "sessions": (
        *("total", "with_labels", "inventory_only", "with_audio", "without_audio"),
        "channels_cancel",
    ),
    "files": ("total", "bytes", "without_session"),
    NOT_OF_THE_SET: ("files",),
}


def describe_inventory(
    name: str,
    card: Mapping,
    settings: Mapping,
    *,
    files: str | os.PathLike,
    roots: str | os.PathLike,
    sessions: str | os.PathLike,
    quarantine: str | os.PathLike,
    not_of_the_set: str | os.PathLike,
) -> dict:
    """What the inventory has of one source set.

    Parameters
    ----------
    card : mapping
        The source set's card.
    settings : mapping
        ``tier``, and the number of ``roots``, whose names are the machine's.
    files, roots, sessions, quarantine : path
        Tables of the schemas INVENTORY, ROOTS, SESSIONS and QUARANTINE.
    not_of_the_set : path
        JSON document, as of `leftovers.count_leftovers`.

    Returns
    -------
    dict
        JSON document: counts; sizes in bytes, audio in seconds. The audio of a session counts
        once, however many files it is recorded in. ``missing`` as of
        `missing_files.missing_files`, ``completeness`` as of `completeness.describe_completeness`.

    Raises
    ------
    ValueError
        If a table cannot be read, or lacks a column; the message names it.
    """
    left = read_json(not_of_the_set)
    of_sessions = read_table(
        sessions, [*completeness.SESSION_COLUMNS, "label_map", "channels_cancel", "notes"]
    )
    of_files = read_table(
        files, ["path", "role", "session_id", "bytes", "duration", "sample_rate_hz", "channels"]
    )
    return {
        **describe_source_set(name, card, settings["tier"], quarantine),
        **{key: card[key] for key in CARD_KEYS},
        "roots": settings["roots"],
        "by_root": count_by_root(of_files, read_table(roots), settings["roots"]),
        NOT_OF_THE_SET: {key: left[key] for key in ("files", "by_kind")},
        **count_sessions(of_sessions),
        "missing": missing_files(of_sessions, read_table(quarantine)),
        **count_files(of_files),
        "completeness": completeness.describe_completeness(
            card,
            of_sessions,
            figures=completeness.AT_INVENTORY,
            files=completeness.count_files(of_files),
        ),
    }


def count_sessions(sessions: pa.Table) -> dict:
    """Sessions with labels to take and without, with audio and without, and by split."""
    rows = sessions.to_pylist()
    silent = sum(row["audio_duration"] is None for row in rows)
    unlabelled = sum(row["label_map"] is None for row in rows)
    by_split: dict[str, list] = {}
    for row in rows:
        by_split.setdefault(row["split"] or NO_VALUE, []).append(row["audio_duration"])
    names = in_order({}, by_split, first=SPLITS)
    return {
        "sessions": {
            "total": len(rows),
            "with_labels": len(rows) - unlabelled,
            "inventory_only": unlabelled,
            "with_audio": len(rows) - silent,
            "without_audio": silent,
            "channels_cancel": sum(row["channels_cancel"] is True for row in rows),
        },
        "audio": seconds(row["audio_duration"] for row in rows),
        "splits": [
            {"split": name, "sessions": len(by_split[name]), "audio": seconds(by_split[name])}
            for name in names
        ],
    }


def count_by_root(files: pa.Table, roots: pa.Table, n_roots: int) -> list[dict]:
    """Files, bytes and sessions of each of the configured roots, in order.

    A session counts for every root that holds a file of it.

    Parameters
    ----------
    files : pa.Table
        ``path``, ``session_id`` and ``bytes`` of the schema INVENTORY.
    roots : pa.Table
        ROOTS schema, of the same files.
    n_roots : int
        How many are configured.
    """
    numbers = dict(zip(*(roots[name].to_pylist() for name in ("path", "root_number")), strict=True))
    rows_of: dict[int, list[dict]] = {number: [] for number in range(1, n_roots + 1)}
    for row in files.select(["path", "session_id", "bytes"]).to_pylist():
        rows_of.setdefault(numbers[row["path"]], []).append(row)
    return [
        {
            "root": root_name(number),
            "root_number": number,
            "files": len(rows),
            "bytes": sum(row["bytes"] for row in rows),
            "sessions": len({row["session_id"] for row in rows} - {None}),
        }
        for number, rows in sorted(rows_of.items())
    ]


def count_files(files: pa.Table) -> dict:
    """Files and bytes by role, and the formats of the audio."""
    by_role = files.group_by("role").aggregate([([], "count_all"), ("bytes", "sum")])
    roles = {
        row["role"] or NO_VALUE: {"files": row["count_all"], "bytes": row["bytes_sum"] or 0}
        for row in by_role.to_pylist()
    }
    formats: dict[tuple[int, int], list[float]] = {}
    for row in files.select(["sample_rate_hz", "channels", "duration"]).to_pylist():
        if row["sample_rate_hz"] is not None:
            key = (row["sample_rate_hz"], row["channels"])
            formats.setdefault(key, []).append(row["duration"])
    return {
        "files": {
            "total": files.num_rows,
            "bytes": sum(role["bytes"] for role in roles.values()),
            "without_session": files["session_id"].null_count,
            "by_role": dict(sorted(roles.items())),
        },
        "audio_formats": [
            {"sample_rate_hz": rate, "channels": n, "files": len(times), "audio": seconds(times)}
            for (rate, n), times in sorted(formats.items())
        ],
    }


def summarise_inventory(source_sets: Iterable[dict]) -> dict:
    """All source sets in order of name, and their sums.

    Raises
    ------
    ValueError
        If the parts of a source set do not add up to its totals.
    """
    report = summarise_source_sets("drumcorpus.inventory/1", source_sets, sums=SUMS, parts=parts_of)
    totals, rows = report["totals"], report["source_sets"]
    totals["redistributable"] = sum(row["redistributable"] for row in rows)
    totals["audio"] = seconds(row["audio"] for row in rows)
    return report


def parts_of(row: Mapping) -> Parts:
    """What must add up in one source set."""
    sessions, files = row["sessions"], row["files"]
    by_labels = sessions["with_labels"] + sessions["inventory_only"]
    by_split = sum(split["sessions"] for split in row["splits"])
    by_role = sum(role["files"] for role in files["by_role"].values())
    left = row[NOT_OF_THE_SET]
    by_kind = sum(kind["files"] for kind in left["by_kind"].values())
    return {
        "sessions by labels": (by_labels, sessions["total"]),
        "sessions by split": (by_split, sessions["total"]),
        "files by role": (by_role, files["total"]),
        "files by root": (sum(root["files"] for root in row["by_root"]), files["total"]),
        "files not of the set by kind": (by_kind, left["files"]),
    }


def render_inventory_page(report: Mapping) -> str:
    """The page of `summarise_inventory`'s report: a whole document, every name escaped."""
    longest = max((row["audio"] for row in report["source_sets"]), default=0.0)
    unit, length = ("hours", 3600) if longest >= 7200 else ("minutes", 60)
    by_split = {
        row["source_set"]: {
            split["split"]: round(split["audio"] / length, 1) for split in row["splits"]
        }
        for row in report["source_sets"]
    }
    return render_page(
        "inventory.html.jinja",
        title="Source sets",
        report=report,
        audio_unit=unit,
        chart=stacked_bars(by_split, in_order(by_split, (), first=SPLITS)),
    )


def inventory_csv(report: Mapping) -> str:
    """One line per source set, for a spreadsheet."""
    columns = {
        "source_set": lambda row: row["source_set"],
        "tier": lambda row: row["tier"],
        "license": lambda row: row["license"],
        "redistributable": lambda row: str(row["redistributable"]).lower(),
        "roots": lambda row: row["roots"],
        "sessions": lambda row: row["sessions"]["total"],
        "with_labels": lambda row: row["sessions"]["with_labels"],
        "inventory_only": lambda row: row["sessions"]["inventory_only"],
        "without_audio": lambda row: row["sessions"]["without_audio"],
        "channels_cancel": lambda row: row["sessions"]["channels_cancel"],
        "audio_seconds": lambda row: row["audio"],
        "files": lambda row: row["files"]["total"],
        "bytes": lambda row: row["files"]["bytes"],
        "quarantined": lambda row: row["quarantine"]["files"],
        NOT_OF_THE_SET: lambda row: row[NOT_OF_THE_SET]["files"],
        "completeness": lambda row: row["completeness"]["state"],
        "release": lambda row: row["completeness"]["release"] or "",
        **{
            f"{split}_sessions": lambda row, split=split: sum(
                part["sessions"] for part in row["splits"] if part["split"] == split
            )
            for split in SPLITS
        },
    }
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in report["source_sets"]:
        writer.writerow([value(row) for value in columns.values()])
    return text.getvalue()


def seconds(durations: Iterable[float | None]) -> float:
    """Sum of the known durations, exact whatever their order."""
    return round(math.fsum(time for time in durations if time is not None), 3)
