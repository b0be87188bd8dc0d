"""Whether what a smoke run made is healthy, and how its labels are shared out."""

import os
from collections.abc import Iterable, Mapping, Sequence

from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.audio_choice import DRUMS
from drumcorpus.stages.export.settings import CLIP

N_EXAMPLES = 5
_NO_RECORDING = "no event has a recording that it could be cut from"

# Of a clip its own event counts, of segments and sessions every stroke once, though they overlap.
_LABELS = "SELECT source_set, unnest(list_transform(components, lambda c: c.label)) AS label"
_OF_CLIPS = f"{_LABELS} FROM index WHERE outcome = $unit"
_OF_OTHERS = """
SELECT source_set, stroke.label FROM (
    SELECT DISTINCT source_set, session_id, unnest(strokes) AS stroke FROM (
        SELECT source_set, session_id,
               list_transform(strokes, lambda s: {'event': s.event_id, 'label': s.label}) AS strokes
        FROM index WHERE outcome = $unit
    )
)
"""
_OF_MANIFEST = f"{_LABELS} FROM events"
_COUNTS = "SELECT source_set, label, count(*) FROM ({}) GROUP BY ALL ORDER BY ALL"


def label_shares(
    manifest: str | os.PathLike,
    index_tables: Sequence[str | os.PathLike],
    unit: str,
    *,
    threads: int,
    memory_limit: str,
) -> dict[str, dict]:
    """How the strokes of a part and those of the whole are shared out among the labels.

    Parameters
    ----------
    manifest : path
        Parquet in the schema EVENTS.
    index_tables : sequence of path
        The indexes of the part, as Parquet.
    unit : str
        Outcome of samples with sound.
    threads, memory_limit
        As of `open_database`.

    Returns
    -------
    shares : dict
        By source set of the manifest: ``part`` and ``whole``, strokes by label; ``difference``, the
        largest between two shares, 0 to 1, and ``label``, of which; both None where the part has no
        stroke.
    """
    with open_database(threads, memory_limit) as con:
        open_tables(con, "events", [manifest], EVENTS)
        whole = con.execute(_COUNTS.format(_OF_MANIFEST)).fetchall()
        part = []
        if index_tables:
            open_tables(con, "index", index_tables)
            query = _OF_CLIPS if unit == CLIP else _OF_OTHERS
            part = con.execute(_COUNTS.format(query), {"unit": unit}).fetchall()
    return {
        name: _compared(_of_set(part, name), _of_set(whole, name))
        for name in sorted({row[0] for row in whole})
    }


def sickness(figures: Mapping, failed: Iterable[Mapping]) -> list[str]:
    """What is not healthy about a smoke run, one sentence each; none where all is well.

    Parameters
    ----------
    figures : mapping
        As of `smoke.smoke_export`.
    failed : iterable of mappings
        Verdicts of the gates on the export that fail, as of `gates.check_export_gates`.
    """
    report, checked, metadata = figures["report"], figures["checked"], figures["metadata"]
    unit, taken = figures["unit"], metadata["limit"]["taken"]
    if not report["samples"]:
        nothing = _NO_RECORDING if figures["label_shares"] else "the manifest has no event"
        reasons = _counted(report["not_exported"]) or nothing
        return [f"not one {unit} was made: {reasons}"]
    sick = [
        f"not one {unit} of {name} was made: {_counted(of['not_exported'])}"
        for name, of in report["by_source_set"].items()
        if not of["samples"]
    ]
    if metadata["settings"]["audio"] == DRUMS:  # of a mix, a set may have none
        of_splits = metadata["limit"]["by_split_and_source_set"].values()
        counted = {name for of_sets in of_splits for name, of in of_sets.items() if of["of"]}
        sick += [
            f"not one {unit} of {name} was made: {_NO_RECORDING}"
            for name in figures["label_shares"]
            if name not in counted
        ]
    if report["events"] != taken:
        sick.append(f"{taken:,} events were taken, and {report['events']:,} are accounted for")
    n_written = metadata["statistics"]["records"]
    for form, n_read in checked["read"].items():
        if n_read != n_written:
            sick.append(f"{n_written:,} {unit}s were written, and {n_read:,} read back as {form}")
    if not checked["read"]:
        sick.append(f"{n_written:,} {unit}s were written, and none could be read back")
    for problem, of in checked["problems"].items():
        sick.append(f"{of['samples']:,} {unit}(s) {problem}, e.g. {', '.join(of['examples'])}")
    for name, of in checked["by_source_set"].items():
        if of["struck"] and of["silent"] == of["struck"]:
            sick.append(
                f"all {of['struck']:,} {unit}s of {name} in which something is struck are silent"
            )
    for name, of in figures["label_shares"].items():
        strange = sorted(of["part"].keys() - of["whole"].keys())
        if strange:
            sick.append(f"{name} has labels that its manifest has not: {', '.join(strange)}")
    listing = figures["listing"]
    if listing:
        shown = ", ".join(f"{row['path']} ({row['problem']})" for row in listing[:N_EXAMPLES])
        sick.append(f"{len(listing):,} file(s) not as SHA256SUMS has them, e.g. {shown}")
    sick += [f"gate {verdict['gate']}: {verdict['sentence']}" for verdict in failed]
    return sick


def _of_set(rows: Iterable[tuple], source_set: str) -> dict[str, int]:
    return {label: n for name, label, n in rows if name == source_set}


def _compared(part: Mapping[str, int], whole: Mapping[str, int]) -> dict:
    """The counts, and where their shares differ most."""
    n_part, n_whole = sum(part.values()), sum(whole.values())
    differences = {
        label: abs(part.get(label, 0) / n_part - n / n_whole)
        for label, n in whole.items()
        if n_part
    }
    label = max(differences, key=lambda each: (differences[each], each), default=None)
    counts = {"part": dict(part), "whole": dict(whole)}
    return counts | {"label": label, "difference": differences.get(label)}


def _counted(reasons: Mapping[str, int]) -> str:
    return ", ".join(f"{reason} {n:,}" for reason, n in reasons.items())
