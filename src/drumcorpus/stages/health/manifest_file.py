"""The health of any manifest, once every line of it is known to be one of a manifest."""

import os
import tempfile

from drumcorpus.ground.files.manifest_files import as_parquet
from drumcorpus.stages.health.measure import Around, measure_health


def measure_manifest_file(path: str | os.PathLike, **settings) -> dict:
    """Measure a manifest as Parquet or JSON Lines, with nothing beside it.

    Parameters
    ----------
    path : path
        In the schema EVENTS; JSON Lines where the name ends so.
    settings
        As of `measure.measure_health`.

    Raises
    ------
    ValueError
        If it is no manifest; the message names file, line and field.
    """
    with tempfile.TemporaryDirectory() as folder:
        return measure_health([as_parquet(path, folder)], Around(), **settings)
