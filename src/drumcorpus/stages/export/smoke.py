"""A smoke run: a part of every export is cut and assembled aside, looked at, and taken away."""

import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.assemble import assemble_export
from drumcorpus.stages.export.class_map_files import read_class_maps
from drumcorpus.stages.export.figures import measure_export
from drumcorpus.stages.export.forecasts import forecast_of_export
from drumcorpus.stages.export.label_lists import write_label_list
from drumcorpus.stages.export.layout import CHECKSUMS, SPLIT_FOLDERS, label_file
from drumcorpus.stages.export.limits import limits_of_manifest
from drumcorpus.stages.export.settings import FILES
from drumcorpus.stages.export.shard_inputs import ShardPart, read_sample_cutter, read_shard
from drumcorpus.stages.export.smoke_health import label_shares, sickness
from drumcorpus.stages.export.verify import files_of, verify_export

# Gives `open_audio` and `read_raw` of `cut.SampleCutter.write`: by source set, sessions, settings.
OpenSound = Callable[[str, pa.Table, Mapping], Mapping[str, Callable]]
# Gives a callable of split and samples that are done, by what is expected and what it is called.
ShowProgress = Callable[[Mapping[str, int], str], AbstractContextManager]


@dataclass(frozen=True)
class Surroundings:
    """What a smoke run gets from the job around it.

    `open_sound` and `progress` are as above; `check_samples` reads a whole export back, as
    `load.checks` does; `judge` holds the report of an export of a manifest against its gates and
    gives the verdicts that fail; `threads` and `memory_limit` are of duckdb, and the full run is to
    have as many cores as there are threads.
    """

    open_sound: OpenSound
    progress: ShowProgress
    check_samples: Callable[[Path], dict]
    judge: Callable[[str, dict], Sequence[Mapping]]
    threads: int
    memory_limit: str

    @property
    def database(self) -> dict:
        """The settings of duckdb."""
        return {"threads": self.threads, "memory_limit": self.memory_limit}


def smoke_exports(
    exports: Mapping[str, Mapping],
    tables: Mapping[str, Mapping],
    vocabulary: Mapping,
    around: Surroundings,
    *,
    events: int,
    keep: bool,
    scratch: str | os.PathLike,
    kept: str | os.PathLike,
) -> Iterator[tuple[str, dict]]:
    """Cut a part of each export, look at it, and take it away, one export after the other.

    Parameters
    ----------
    exports : mapping
        Settings by name, as of `settings.export_settings`.
    tables : mapping
        By manifest: what `forecasts.forecast_of_export` takes; ``weights``, a path by export;
        ``cards``, a path by source set; ``shards``, a list of mappings with ``source_set``,
        ``shard`` and the paths ``events``, ``sessions`` and ``splits``.
    vocabulary : mapping
        ``taxonomy``, ``class_maps`` and ``general_midi``: paths.
    around : Surroundings
    events : int
        How many of each manifest at most.
    keep : bool
        Whether what was made is moved to `kept`, healthy or not; else it is removed.
    scratch : path
        A folder to work in; what a killed run has left there is taken away, and it is not there
        afterwards.
    kept : path
        Exports stand in ``<manifest>/<export>`` below it.

    Yields
    ------
    name : str
        ``manifest/export``.
    figures : dict
        What `smoke_export` gives.

    Raises
    ------
    ValueError
        If there is no export, or something else stands where one is to be kept.
    """
    if not exports:
        raise ValueError("config: exports: there is none, so that nothing can be tried")
    if keep:
        _check_places(kept, exports)
    shutil.rmtree(scratch, ignore_errors=True)
    for name, settings in exports.items():
        manifest = settings["manifest"]
        folder = Path(scratch, manifest, name)
        try:
            figures = smoke_export(
                folder, name, settings, tables[manifest], vocabulary, around, events=events
            )
            if keep:
                _replace(Path(kept, manifest, name), folder / "export")
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
        yield f"{manifest}/{name}", figures


def smoke_export(
    folder: Path,
    name: str,
    settings: Mapping,
    tables: Mapping,
    vocabulary: Mapping,
    around: Surroundings,
    *,
    events: int,
) -> dict:
    """Cut a part of one export into a folder, and measure it; parameters as of `smoke_exports`.

    Returns
    -------
    figures : dict
        ``unit``; ``metadata``, as in `metadata.json`; ``report``, as of `figures.measure_export`;
        ``cutting_seconds``, with all reading, and ``written_bytes`` by source set;
        ``assembling_seconds`` and ``reading_seconds``; ``listing``, of `verify.verify_export`;
        ``checked``, as of `load.checks.check_samples`; ``label_shares``, as of
        `smoke_health.label_shares`; ``forecast``, of the full run; ``n_shards`` and ``cores`` of
        it; ``sick``, what is not healthy, one sentence each.
    """
    unit, manifest, whole = settings["unit"], settings["manifest"], settings
    limit = min(events, settings["limit"] or events)
    settings = {**settings, "limit": limit}
    paths = (tables["manifest"], tables["sessions"])
    limits = limits_of_manifest(*paths, limit, unit, settings["audio"], **around.database)
    if not limits.num_rows:
        raise ValueError(f"exports.{name}: {manifest} has no event that can be tried")
    folder.mkdir(parents=True)
    write_table(folder / "limits.parquet", limits)
    class_maps = read_class_maps(vocabulary["taxonomy"], vocabulary["class_maps"])
    root, made, seconds, n_bytes = folder / "export", [], Counter(), Counter()
    # Of one shard at least, so that there is an index to say that nothing was made.
    for shard in list(_shards_with(limits, tables["shards"])) or tables["shards"][:1]:
        paths = (shard[name] for name in ("events", "sessions", "splits"))
        started = time.perf_counter()
        part = read_shard(*paths, folder / "limits.parquet")
        index, written = _cut(folder, shard, part, settings, vocabulary, around)
        seconds[shard["source_set"]] += time.perf_counter() - started
        n_bytes[shard["source_set"]] += sum(size for _, size in files_of(written))
        made.append({**shard, "index": index, "written": written})
    of_shards = {
        key: [row[key] for row in made] for key in ("index", "written", "events", "sessions")
    }
    started = time.perf_counter()
    metadata = assemble_export(
        root,
        manifest=manifest,
        export=name,
        release=None,
        settings=settings,
        class_maps=class_maps,
        weights=tables["weights"][name],
        label_files=_label_lists(
            root, settings, of_shards["index"], class_maps, tables["weights"][name]
        ),
        limits=folder / "limits.parquet",
        cards={name: read_yaml(path) for name, path in tables["cards"].items()},
        **of_shards,
        **around.database,
    )
    assembled = time.perf_counter()
    figures = {
        "unit": unit,
        "metadata": metadata,
        "report": measure_export(of_shards["index"], unit=unit, **around.database),
        "cutting_seconds": dict(seconds),
        "written_bytes": dict(n_bytes),
        "assembling_seconds": assembled - started,
        "checked": around.check_samples(root),
        "reading_seconds": time.perf_counter() - assembled,
        "listing": verify_export(root, "full"),
        "label_shares": label_shares(
            tables["manifest"], of_shards["index"], unit, **around.database
        ),
        "forecast": forecast_of_export(
            whole,
            tables,
            load_taxonomy(*vocabulary["taxonomy"]).families,
            class_maps,
            **around.database,
        ),
        "n_shards": len(tables["shards"]),
        "cores": around.threads,
    }
    failed = around.judge(manifest, figures["report"])
    return {**figures, "sick": sickness(figures, failed)}


def _cut(folder, names, part: ShardPart, settings, vocabulary, around: Surroundings) -> list[Path]:
    """Write the samples of one shard; its index, and the table of its files."""
    source_set, shard = names["source_set"], names["shard"]
    cutter = read_sample_cutter(
        folder / "export",
        settings,
        source_set,
        shard,
        vocabulary["taxonomy"],
        vocabulary["class_maps"],
        vocabulary["general_midi"],
    )
    sound = around.open_sound(source_set, part.sessions, settings)
    unit = f"{settings['unit']}s of {source_set} {shard}"
    with around.progress(part.expected_samples(settings), unit) as advance:
        tables = cutter.write(*part, **sound, on_samples=advance)
    paths = [folder / f"{source_set}-{shard}.{name}.parquet" for name in ("index", "written")]
    for path, table in zip(paths, tables, strict=True):
        write_table(path, table)
    return paths


def _shards_with(limits: pa.Table, shards: Iterable[Mapping]) -> Iterator[Mapping]:
    """Those shards of which the limit takes anything."""
    taken = limits.filter(pc.greater(limits["n_taken"], 0))
    for shard in shards:
        ids = read_table(shard["sessions"], columns=["session_id"])["session_id"]
        own = taken.filter(pc.equal(taken["source_set"], shard["source_set"]))
        if pc.any(pc.is_in(own["session_id"], ids.combine_chunks())).as_py():
            yield shard


def _label_lists(root: Path, settings, indexes, class_maps, weights) -> list[str]:
    """Write the label lists of an export of files; their paths below the export."""
    if FILES not in settings["form"]:
        return []
    for split, folder in SPLIT_FOLDERS.items():
        (root / folder).mkdir(parents=True, exist_ok=True)
        write_label_list(root / label_file(split), indexes, split, class_maps, weights)
    return [label_file(split) for split in SPLIT_FOLDERS]


def _check_places(kept: str | os.PathLike, exports: Mapping[str, Mapping]) -> None:
    """Refuse to keep a smoke run where something else stands.

    Raises
    ------
    ValueError
        If a folder is there that holds no checksums, as exports of former smoke runs do.
    """
    for name, settings in exports.items():
        place = Path(kept, settings["manifest"], name)
        if os.path.lexists(place) and not (place / CHECKSUMS).is_file():
            raise ValueError(
                f"smoke.keep: {place} is there and is no export of a former smoke run; move it away"
            )


def _replace(place: Path, folder: Path) -> None:
    """Move a folder to a place, for that which a former smoke run has left there."""
    if place.exists():
        shutil.rmtree(place)
    place.parent.mkdir(parents=True, exist_ok=True)
    folder.replace(place)


def stop_if_sick(sick: Mapping[str, Sequence[str]]) -> None:
    """Stop where a smoke run is not healthy.

    Parameters
    ----------
    sick : mapping
        Sentences by export; none of one that is healthy.

    Raises
    ------
    ValueError
        Naming every export that is not, and what about it.
    """
    lines = [f"{name}: {sentence}" for name, sentences in sick.items() for sentence in sentences]
    if lines:
        raise ValueError(
            f"{len(lines)} thing(s) are not healthy:\n  " + "\n  ".join(lines) + "\n"
            '  To look at what was made: --config "smoke={keep: true}"'
        )
