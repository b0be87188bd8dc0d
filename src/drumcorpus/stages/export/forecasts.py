"""The forecasts of several exports together, for the terminal and as files."""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

from drumcorpus.ground.files.atomic import write_text
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.figure_tables import durations_csv, forecast_text
from drumcorpus.stages.export.forecast import forecast_export
from drumcorpus.stages.export.settings import OF_CLIPS, STEREO, milliseconds_by_label


def forecast_exports(
    exports: Mapping[str, Mapping],
    tables: Mapping[str, Mapping],
    *,
    families: Mapping[str, str],
    class_maps: ClassMaps,
    threads: int,
    memory_limit: str,
) -> dict[str, dict]:
    """What each export will hold and lack, by ``manifest/export``.

    Parameters
    ----------
    exports : mapping
        Settings by name, as of `settings.export_settings`.
    tables : mapping
        By manifest: ``manifest``, a path; ``sessions``, ``inventories`` and ``audio_checks``, lists
        of paths; ``roots``, the folders of each source set.
    families : mapping
        Label to family, in the order of the class ids.
    class_maps, threads, memory_limit
        As of `forecast.forecast_export`.
    """
    database = {"threads": threads, "memory_limit": memory_limit}
    return {
        f"{settings['manifest']}/{name}": forecast_of_export(
            settings, tables[settings["manifest"]], families, class_maps, **database
        )
        for name, settings in exports.items()
    }


def forecast_of_export(
    settings: Mapping,
    tables: Mapping,
    families: Mapping[str, str],
    class_maps: ClassMaps,
    *,
    threads: int,
    memory_limit: str,
) -> dict:
    """What one export will hold and lack; `tables` are those of its manifest.

    Parameters are those of `forecast_exports`; what else stands in the tables is not asked for.
    """
    lengths = {
        key: milliseconds_by_label(settings[key], families) if key in settings else None
        for key in OF_CLIPS
    }
    roots = tables["roots"]
    return forecast_export(
        **{key: tables[key] for key in ("manifest", "sessions", "inventories", "audio_checks")},
        **lengths,
        unit=settings["unit"],
        audio=settings["audio"],
        sample_rate_hz=settings["sample_rate_hz"],
        n_channels=2 if settings["channels"] == STEREO else 1,
        encoding=settings["encoding"],
        seconds=settings.get("seconds"),
        overlap=settings.get("overlap"),
        n_forms=len(settings["form"]),
        limit=settings["limit"],
        class_maps=class_maps.document(),
        threads=threads,
        memory_limit=memory_limit,
        size_now=lambda source_set, path: _size_now(roots[source_set], path),
    )


def forecasts_in_words(forecasts: Mapping[str, Mapping]) -> str:
    """Every forecast as a table and sentences."""
    return "\n\n".join(f"{name}\n{forecast_text(each)}" for name, each in forecasts.items())


def write_forecasts(
    forecasts: Mapping[str, Mapping],
    *,
    summary: str | os.PathLike | None,
    duration_csv: str | os.PathLike | None,
) -> None:
    """Write the forecasts as JSON, and their durations as CSV with the export in the first column.

    Where a path is None, that file is not wanted.
    """
    if summary is not None:
        write_json(summary, dict(forecasts))
    if duration_csv is not None:
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for number, (name, forecast) in enumerate(forecasts.items()):
            header, *rows = csv.reader(io.StringIO(durations_csv(forecast)))
            writer.writerows([["export", *header]] if number == 0 else [])
            writer.writerows([name, *row] for row in rows)
        write_text(duration_csv, text.getvalue())


def _size_now(roots, path: str) -> int | None:
    """Bytes of a raw file in the first of the roots that has it."""
    for root in roots:
        place = Path(root, path)
        if place.is_file():
            return place.stat().st_size
    return None
