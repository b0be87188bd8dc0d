"""Settings of one named export: its block of the configuration, over what all have in common."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.taxonomy import Taxonomy

CLIP, SEGMENT, SESSION = "clip", "segment", "session"
UNITS = (CLIP, SEGMENT, SESSION)
FILES, WEBDATASET, PARQUET = "files", "webdataset", "parquet"
FORMS = (FILES, WEBDATASET, PARQUET)
DRUMS, MIX = "drums", "mix"
DEFAULT = "default"


@dataclass(frozen=True)
class Loudness:
    """A loudness that each recording is brought to, and the true peak that it may not pass.

    `target_lufs` as of ITU-R BS.1770-4, integrated; `ceiling_dbtp` in dB re full scale.
    """

    target_lufs: float
    ceiling_dbtp: float


@dataclass(frozen=True)
class ByLabel:
    """Milliseconds for each label: its own, or its family's, or the default."""

    default: float
    named: Mapping[str, float]  # a label, or a family

    def of(self, taxonomy: Taxonomy) -> dict[str, float]:
        """Milliseconds of every label of the taxonomy, in the order of the class ids."""
        return {
            label: self.named.get(label, self.named.get(family, self.default))
            for label, family in taxonomy.families.items()
        }


@dataclass(frozen=True)
class ExportSettings:
    """One block of ``exports``, with the defaults of ``export``.

    Parameters
    ----------
    manifest : str
        Whose events and splits it has.
    unit : str
        One of UNITS: what one sample is.
    forms : tuple of str
        Of FORMS; a session has files alone.
    seconds, overlap : float or None
        Length of a segment, and what two that follow each other have in common; None of other
        units.
    audio : str
        DRUMS, the recording that the labels are set on; MIX, the music it is part of.
    sample_rate_hz : int
    channels : {'mono', 'stereo'}
    encoding : {'wav16', 'wav24', 'flac'}
    preroll_ms, postroll_ms : ByLabel
        What a clip holds before and after its onset.
    ring_ms : ByLabel
        How long a stroke sounds, by which one that was struck before a sample still rings in it.
    loudness : Loudness or None
        None leaves it as it is.
    class_map : str
        The map of the taxonomy that labels are read by where none is named.
    weights : str or None
        The sampling profile; None for that of the manifest.
    limit : int or None
        Most samples, spread over all source sets.
    shard_bytes, shard_samples : int
        Bounds of one shard.
    """

    manifest: str
    unit: str
    forms: tuple[str, ...]
    seconds: float | None
    overlap: float | None
    audio: str
    sample_rate_hz: int
    channels: str
    encoding: str
    preroll_ms: ByLabel
    postroll_ms: ByLabel
    ring_ms: ByLabel
    loudness: Loudness | None
    class_map: str
    weights: str | None
    limit: int | None
    shard_bytes: int
    shard_samples: int


def read_export(
    name: str, block: Mapping, defaults: Mapping, taxonomy: Taxonomy, class_maps: Sequence[str]
) -> ExportSettings:
    """The settings of one export.

    Parameters
    ----------
    name : str
        Of the export, for messages.
    block, defaults : mapping
        ``exports.<name>`` and ``export``, each as its schema has it; the block's keys count first.
    taxonomy
        Whose labels and families the lengths may name.
    class_maps : sequence of str
        Names of the class maps.

    Raises
    ------
    ValueError
        If keys contradict each other, or name what there is not; one line for each, by its key.
    """
    merged = {**defaults, **block}
    problems: list[str] = []
    forms = merged["form"] if isinstance(merged["form"], list) else [merged["form"]]
    problems += _unit_problems(merged, forms)
    lengths = {}
    for key in ("preroll_ms", "postroll_ms", "ring_ms"):
        lengths[key] = _by_label(merged[key], defaults[key])
        problems += [f"{key}: {text}" for text in _unknown_names(lengths[key].named, taxonomy)]
    if merged["class_map"] not in class_maps:
        hint = did_you_mean(merged["class_map"], class_maps)
        problems.append(
            f"class_map: {merged['class_map']!r}{hint}; allowed: {', '.join(class_maps)}"
        )
    if problems:
        raise ValueError("\n".join(f"config: exports.{name}.{problem}" for problem in problems))
    loudness = merged["loudness"]
    own = {
        **lengths,
        "forms": tuple(forms),
        "seconds": merged.get("seconds"),
        "overlap": merged.get("overlap", 0.0) if merged["unit"] == SEGMENT else None,
        "loudness": Loudness(**loudness) if isinstance(loudness, Mapping) else None,
    }
    return ExportSettings(
        **{
            field.name: own.get(field.name, merged.get(field.name))
            for field in fields(ExportSettings)
        }
    )


def _unit_problems(merged: Mapping, forms: Sequence[str]) -> list[str]:
    """What is wrong with the unit, its form and its length."""
    problems = []
    unit = merged["unit"]
    if unit == SESSION and list(forms) != [FILES]:
        problems.append(f"form: got {', '.join(forms)}; sessions are exported as {FILES} alone")
    if unit == SEGMENT and "seconds" not in merged:
        problems.append("seconds: is missing; how long is a segment, such as 10?")
    for key in ("seconds", "overlap"):
        if unit != SEGMENT and merged.get(key) is not None:
            problems.append(f"{key}: only segments have it, and this export is of unit {unit}")
    if unit == SEGMENT and merged.get("overlap", 0) >= merged.get("seconds", float("inf")):
        problems.append(
            f"overlap: got {merged['overlap']} s; it must be below seconds, {merged['seconds']} s"
        )
    return problems


def _by_label(value: float | Mapping, default: float | Mapping) -> ByLabel:
    """Milliseconds by label from a number, or from a mapping, whose default may be left out."""
    if not isinstance(value, Mapping):
        return ByLabel(value, {})
    if not isinstance(default, Mapping):
        default = {DEFAULT: default}
    named = {name: ms for name, ms in value.items() if name != DEFAULT}
    return ByLabel(value.get(DEFAULT, default[DEFAULT]), named)


def _unknown_names(named: Mapping[str, float], taxonomy: Taxonomy) -> list[str]:
    known = list(dict.fromkeys([*taxonomy.families.values(), *taxonomy.families]))
    return [
        f"{name!r}{did_you_mean(name, known)}; allowed: {DEFAULT}, {', '.join(known)}"
        for name in named
        if name not in known
    ]
