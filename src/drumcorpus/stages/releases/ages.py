"""How long ago every manifest was blessed, of the files that tell it."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from drumcorpus.ground.files.blessings import COUNTED, FIGURES, NOTE, age_in_words, read_blessing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.figures import read_baseline
from drumcorpus.ground.run.run_manifest import read_manifest, recorded_output


def ages_of_blessings(
    reports: Mapping[str, Mapping],
    tables: Mapping[str, str | os.PathLike],
    blessed: Iterable[str | os.PathLike],
    notes: Iterable[str | os.PathLike],
    *,
    release: str,
    earlier_releases: Iterable[str],
) -> dict[str, str]:
    """In words, by the name of every manifest of which figures are blessed.

    Parameters
    ----------
    reports, tables : mapping
        Its health report, and the path of its events, whose run manifest stands.
    blessed, notes : iterable of path
        ``<manifest>.health.json`` and ``<manifest>.blessing.json``, where they are there.
    release : str
        Name of the present release.
    earlier_releases : iterable of str
        Names of the others that are filed.

    Raises
    ------
    ValueError
        If one of the files is damaged; the message names it.
    """
    figures, said = _by_manifest(blessed, FIGURES), _by_manifest(notes, NOTE)
    releases = list(earlier_releases)
    return {
        name: age_in_words(
            read_blessing(said[name]) if name in said else None,
            release=release,
            releases=releases,
            figures=sha256_file(path),
            manifest=recorded_output(read_manifest(tables[name]), tables[name])["sha256"],
            totals=(_blessed_totals(path), reports[name]["totals"]),
        )
        for name, path in figures.items()
    }


def _blessed_totals(path: Path) -> Mapping[str, int]:
    totals = read_baseline(path).get("totals", {})
    # A count of nothing is not blessed.
    got = [totals.get(key, 0) for key, _ in COUNTED] if isinstance(totals, Mapping) else [totals]
    wrong = [value for value in got if type(value) is not int or value < 0]
    if wrong:
        raise ValueError(
            f"{path}: totals: got {wrong[0]!r}; wanted: counts of "
            f"{', '.join(key for key, _ in COUNTED)}. Take the file away, and bless again"
        )
    return totals


def _by_manifest(paths: Iterable[str | os.PathLike], suffix: str) -> dict[str, Path]:
    return {Path(path).name.removesuffix(suffix): Path(path) for path in paths}
