"""Scales of rated corpora: how the ratings of each are brought to one axis, 0 to 100.

A scale is a YAML file, as of ``workflow/schemas/scale.schema.yaml``: what its corpus is called, the
native range, and the affine map ``slope * native + intercept`` that takes the range into 0 to 100.
"""

import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from drumcorpus.ground.files.plain_files import require_plain_file
from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.files.schema_check import check_document
from drumcorpus.ground.files.yaml_files import read_yaml

READY = project_folder() / "config/corpora"  # the scales that come with the package
SCHEMA = project_folder() / "workflow/schemas/scale.schema.yaml"
AXIS = (0.0, 100.0)  # the common axis; more is better
# An affine map leaves the last bits of a float to chance: 4.1 becomes 77.49999999999999.
SIGNIFICANT_DIGITS = 12


@dataclass(frozen=True)
class Scale:
    """How the ratings of one corpus are brought to the common axis.

    `slope` is in units of the axis for one native unit, and negative where less is better. A shard
    whose ratings all lie within `refused_within` is on another scale. `file` is where it was read.
    """

    name: str
    label: str
    minimum: float
    maximum: float
    slope: float
    intercept: float
    source: str
    note: str | None = None
    refused_within: tuple[float, float] | None = None
    file: Path | None = None

    def contains(self, native: float) -> bool:
        """Whether a native value lies in the range, ends included."""
        return self.minimum <= native <= self.maximum

    def on_axis(self, native: float) -> float:
        """A native value on the common axis, to 12 significant digits."""
        return _shortened(self.slope * native + self.intercept)

    def spread_on_axis(self, native: float) -> float:
        """A standard deviation in native units, in units of the common axis."""
        return _shortened(abs(self.slope) * native)

    def as_recorded(self) -> dict:
        """As it stands in the run manifest of what was made with it."""
        return {
            "name": self.name,
            "label": self.label,
            "native_range": [self.minimum, self.maximum],
            "slope": self.slope,
            "intercept": self.intercept,
            "source": self.source,
        }


def _shortened(value: float) -> float:
    return float(f"{value:.{SIGNIFICANT_DIGITS}g}") + 0.0  # no -0.0


def scale_files(places: Iterable[str | os.PathLike] = (READY,)) -> list[Path]:
    """The files of scales: those that are named, and of a folder all, in order of name."""
    files: list[Path] = []
    for place in map(Path, places):
        files += sorted(place.glob("*.yaml")) if place.is_dir() else [place]
    return files


def read_scales(paths: Iterable[str | os.PathLike]) -> dict[str, Scale]:
    """Read files of scales.

    Parameters
    ----------
    paths : iterable of path
        One scale each, as of ``workflow/schemas/scale.schema.yaml``.

    Returns
    -------
    scales : dict
        By name, in order of name.

    Raises
    ------
    FileNotFoundError
        If a file is not there.
    ValueError
        If there is none, a file is not as the schema wants it, its range is empty or its map does
        not take it into 0 to 100, or two files have one name. The message has file, key, value got
        and what is allowed.
    """
    schema = read_yaml(SCHEMA)
    scales: dict[str, Scale] = {}
    files: dict[str, str] = {}
    for path in paths:
        scale = _read_scale(path, schema)
        if scale.name in scales:
            raise ValueError(
                f"{path}: name: got {scale.name!r}, which {files[scale.name]} has too; allowed: a "
                "name of its own. Rename one of them"
            )
        scales[scale.name], files[scale.name] = scale, os.fspath(path)
    if not scales:
        raise ValueError(
            "scales: got no file; wanted: one or more such as config/corpora/konvid-1k.yaml"
        )
    return {name: scales[name] for name in sorted(scales)}


def own_files(scales: Iterable[Scale]) -> list[Path]:
    """The files that scales were read from, unless all of them come with the package."""
    files = [scale.file for scale in scales if scale.file is not None]
    return files if any(path.resolve().parent != READY for path in files) else []


def _read_scale(path: str | os.PathLike, schema: Mapping) -> Scale:
    require_plain_file(path)
    document = read_yaml(path)
    check_document(document, schema, os.fspath(path))
    document = {
        key: tuple(value) if isinstance(value, list) else value for key, value in document.items()
    }
    scale = Scale(**document, file=Path(path))
    problem = _problem(scale)
    if problem:
        raise ValueError(f"{path}: {problem}")
    return scale


def _problem(scale: Scale) -> str | None:
    """What no schema can say of a scale, or None."""
    if not scale.minimum < scale.maximum:
        return f"maximum: got {scale.maximum}; allowed: above minimum, {scale.minimum}"
    if scale.slope == 0:
        return "slope: got 0, which makes all ratings equal; allowed: above or below 0"
    ends = {key: scale.on_axis(getattr(scale, key)) for key in ("minimum", "maximum")}
    for key, end in ends.items():
        if not (math.isfinite(end) and AXIS[0] <= end <= AXIS[1]):
            return (
                f"slope, intercept: got {scale.slope}, {scale.intercept}, which take the {key} "
                f"{getattr(scale, key)} to {end}; allowed: from 0 to 100. Correct them, or the "
                "range"
            )
    other = scale.refused_within
    if other and not scale.minimum <= other[0] < other[1] <= scale.maximum:
        return (
            f"refused_within: got {list(other)}; allowed: two values within {scale.minimum} to "
            f"{scale.maximum}, the lesser first"
        )
    return None
