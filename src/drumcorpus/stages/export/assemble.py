"""Writes what stands around the samples of an export: labels, figures, card and checksums."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.citations import bibliography
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.tables import (
    read_table,
    write_batches,
    write_table,
)
from drumcorpus.stages.export.audio_choice import with_audio
from drumcorpus.stages.export.cards import dataset_card
from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.croissant import croissant_document
from drumcorpus.stages.export.event_weights import EventWeights
from drumcorpus.stages.export.figure_tables import contribution_table, durations_csv
from drumcorpus.stages.export.file_list import list_files
from drumcorpus.stages.export.label_lists import labelled_records
from drumcorpus.stages.export.label_methods import (
    labelled_by_model,
    model_in_words,
    model_labels_in_words,
)
from drumcorpus.stages.export.layout import (
    COMPONENTS,
    METADATA,
    RUN,
    RUN_LOG,
    SPLIT_FOLDERS,
    UNIT_FOLDERS,
    labels_table,
    records_schema,
)
from drumcorpus.stages.export.limits import limit_figures
from drumcorpus.stages.export.session_table import export_sessions, gather_sessions
from drumcorpus.stages.export.settings import SESSION
from drumcorpus.stages.export.statistics import measure_samples, run_figures
from drumcorpus.stages.export.written import WRITTEN

COMPONENTS_SCHEMA = "drumcorpus.export_components/2"
METADATA_SCHEMA = "drumcorpus.export_metadata/2"
RUN_SCHEMA = "drumcorpus.export_run/1"
LOOSE_FOLDERS = tuple(UNIT_FOLDERS.values())
SESSIONS_TABLE, CARD, CITATIONS, CROISSANT, DURATIONS = (
    *("sessions.parquet", "README.md", "CITE.bib", "croissant.json", "durations.csv"),
)


def assemble_export(
    export_root: str | os.PathLike,
    *,
    manifest: str,
    export: str,
    index: Sequence[str | os.PathLike],
    written: Sequence[str | os.PathLike],
    events: Sequence[str | os.PathLike],
    sessions: Sequence[str | os.PathLike],
    release: str | None,
    settings: Mapping,
    class_maps: ClassMaps,
    weights: str | os.PathLike,
    label_files: Sequence[str],
    limits: str | os.PathLike | None = None,
    cards: Mapping[str, Mapping],
    models: Mapping[str, Mapping] | None = None,
    memory_limit: str,
    threads: int,
) -> dict:
    """Write all files of an export but its sound; the checksums last.

    Every file is replaced atomically; equal inputs give equal bytes. Records stand in the order of
    the tables and of their rows, so that memory is bounded by one table.

    Parameters
    ----------
    export_root : path
    manifest, export : str
        Their names.
    index, written, events, sessions : sequence of path
        Of each shard, in one order, as Parquet: what `cut.SampleCutter` returned, and the tables of
        schema EVENTS and SESSIONS.
    release : str, optional
    settings : mapping
        As of `settings.export_settings`.
    class_maps : ClassMaps
    weights : path
        Parquet of `event_id`, `session_id` and `weight`.
    label_files : sequence of str
        Label files that stand already, relative to the export root.
    limits : path, optional
        Parquet in the schema `limits.LIMITS`: what a limited export takes.
    cards : mapping
        The card of every source set, by its name.
    models : mapping, optional
        By source set whose labels a model made, its `model` and `version`.
    memory_limit : str
        What duckdb may hold before it goes to disk.
    threads : int
        Threads of duckdb.

    Returns
    -------
    metadata : dict
        The content of `metadata.json`.

    Raises
    ------
    ValueError
        If a table has not the schema it should have, or a label is none.
    """
    root = Path(export_root)
    maps = class_maps.document()
    _write_label_tables(root, index, class_maps, EventWeights(weights))
    write_json(root / COMPONENTS, components_document(class_maps))
    figures = measure_samples(index, class_maps=maps, threads=threads, memory_limit=memory_limit)
    metadata = {
        "schema": METADATA_SCHEMA,
        "manifest": manifest,
        "export": export,
        "release": release,
        "class_map": settings["class_map"],
        "settings": dict(settings),
        "limit": None if limits is None else limit_figures(read_table(limits), settings["limit"]),
        "models": dict(models or {}),
        **figures,
    }
    write_json(root / METADATA, metadata)
    write_text(root / DURATIONS, durations_csv(figures))
    shards = zip(index, events, sessions, strict=True)
    rows = [_sessions(*tables, settings) for tables in shards]
    write_table(root / SESSIONS_TABLE, gather_sessions(rows))
    about = {"manifest": manifest, "export": export, "release": release, "cards": cards}
    citations = bibliography(cards.values())
    of_model = model_labels_in_words(figures, models or {})
    facts = {"settings": settings, "figures": figures, "class_maps": maps, "of_model": of_model}
    write_text(root / CARD, dataset_card(**about, **facts))
    write_text(root / CITATIONS, citations)
    tables = [labels_table(split) for split in SPLIT_FOLDERS]
    document = croissant_document(
        **about,
        settings=settings,
        description=f"Drum strokes of {manifest} as {settings['unit']}s, with all that sounds."
        + (f" {of_model}" if of_model else ""),
        annotation_tools=[
            model_in_words(models[name])
            for name in labelled_by_model(figures)
            if name in (models or {})
        ],
        cite_as=citations,
        records=records_schema(class_maps.ids),
        files={path: (row["sha256"], row["bytes"]) for path, row in _rows(root, tables)},
    )
    write_json(root / CROISSANT, document)
    others = [*tables, *label_files, COMPONENTS, METADATA, DURATIONS, SESSIONS_TABLE, CARD]
    others += [CITATIONS, CROISSANT]
    rows = [row for _, row in _rows(root, others)]
    list_files(root, pa.Table.from_pylist(rows, WRITTEN), written)
    return metadata


def _write_label_tables(root: Path, index, class_maps: ClassMaps, weights: EventWeights) -> None:
    """Write the records of each split with their weights, which may take much memory until then."""
    schema = records_schema(class_maps.ids)
    for split in SPLIT_FOLDERS:
        batches = labelled_records(index, split, class_maps, weights)
        write_batches(root / labels_table(split), schema, _as_batches(batches))


def write_run(
    export_root: str | os.PathLike,
    made: Sequence[str | os.PathLike],
    logs: Sequence[str | os.PathLike],
    metadata: Mapping,
    *,
    class_maps: ClassMaps,
    memory_limit: str,
    threads: int,
) -> str:
    """Write `run.json`, what a run has added to an export; the same as a table in words.

    `run.log` has that table, and what the jobs have logged that made it. Both stand outside the
    checksums: they are of the run, and not of the export.

    Parameters
    ----------
    export_root : path
    made : sequence of path
        The indexes that the run has made.
    logs : sequence of path
        The logs of the jobs that made them, below the working folder; of those that are gone
        nothing is said, and of the others what is no remark of a library, which may name places of
        this machine.
    metadata : mapping
        The content of `metadata.json`.
    class_maps, memory_limit, threads
        As of `assemble_export`.
    """
    maps = class_maps.document()
    figures = measure_samples(made, class_maps=maps, threads=threads, memory_limit=memory_limit)
    write_json(Path(export_root, RUN), {"schema": RUN_SCHEMA, **run_figures(figures)})
    table = contribution_table(figures, metadata)
    parts = [table, *(_logged(Path(log)) for log in logs if Path(log).is_file())]
    write_text(Path(export_root, RUN_LOG), "\n\n".join(parts) + "\n")
    return table


def _logged(log: Path) -> str:
    """The path of a log and what its job has said in it."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    said = [line.removeprefix("INFO ") for line in lines if line.startswith("INFO ")]
    return "\n".join([log.as_posix(), *(f"  {line}" for line in said)])


def components_document(class_maps: ClassMaps) -> dict:
    """The content of `components.json`: the labels and every class map, with their ids."""
    labels = list(class_maps.labels)
    return {
        "schema": COMPONENTS_SCHEMA,
        "components": labels,
        "classes": {label: number for number, label in enumerate(labels)},
        "class_maps": class_maps.document(),
    }


def _as_batches(tables: Iterable[pa.Table]) -> Iterator[pa.RecordBatch]:
    for table in tables:
        yield from table.to_batches()


def _sessions(index_table, events_table, sessions_table, settings: Mapping) -> pa.Table:
    """The rows of one shard in the table of sessions."""
    unit = settings["unit"]
    names = ["source_set", "session_id", "audio_path", "split"]
    own = ["sample_id", "duration"] if unit == SESSION else []
    index = read_table(index_table, columns=[*names, "sample_id", "duration"])
    of_events = index["sample_id"].is_null()  # of an event that stands in no sample
    recordings = index.filter(pc.invert(of_events)) if unit == SESSION else index
    recordings = recordings.select([*names, *own]).group_by([*names, *own]).aggregate([])
    tables = (read_table(events_table), read_table(sessions_table))
    return export_sessions(recordings, *with_audio(*tables, settings["audio"]))


def _rows(root: Path, paths: Iterable[str]) -> Iterator[tuple[str, dict]]:
    for path in paths:
        place = root / path
        row = {"path": path, "sha256": sha256_file(place), "bytes": place.stat().st_size}
        yield path, row | {"n_samples": 0}
