"""Where things stand in an export, and what is noted of each sample."""

import hashlib
import re
from collections.abc import Iterable

import pyarrow as pa

from drumcorpus.schemas import EVENTS

# Split of an event -> its folder in the export.
SPLIT_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
CHECKSUMS = "SHA256SUMS"
COMPONENTS = "components.json"
METADATA = "metadata.json"
RUN, RUN_LOG = "run.json", "run.log"  # what the last run has added; of no digest
FILES_TABLE = "files.parquet"  # every file but itself and the checksums

# One stroke of a record; what is not known of it is null.
STROKE = pa.struct(
    [
        ("onset", pa.float64()),  # s from the start of the sample's sound
        ("event_id", pa.string()),
        ("label", pa.string()),
        ("velocity", pa.float64()),
        ("openness", pa.float64()),
        ("cymbal", pa.int32()),
        ("confidence", pa.float64()),
        ("techniques", pa.list_(pa.string())),  # of its event
    ]
)
# The class map that every taxonomy has: each label is its own class.
COMPONENTS_MAP = "components"
# What a sample is called in the folder of its files, by unit.
UNIT_FOLDERS = {"clip": "clips", "segment": "segments", "session": "sessions"}

_SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_MIDDLE = 80  # characters of a session's id within a sample's


def label_file(split: str) -> str:
    """The label file of a split, relative to the export root."""
    folder = SPLIT_FOLDERS[split]
    return f"{folder}/{folder}_labels.json"


def check_name(name: str) -> str:
    """`name`, if it can stand in a path and in a checksum listing as it is.

    Raises
    ------
    ValueError
        If it holds anything but letters, digits, dot, minus and underscore, or begins with a dot.
    """
    if not _SAFE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot be a file name: expected letters, digits, '.', '-', '_'")
    return name


def class_map_names(class_maps: Iterable[str]) -> list[str]:
    """The names of the class maps in the order of a record's fields: the labels' own first."""
    return [COMPONENTS_MAP, *(name for name in class_maps if name != COMPONENTS_MAP)]


def records_schema(class_maps: Iterable[str]) -> pa.Schema:
    """The schema RECORDS: one row per sample that has sound, by source set, session and start.

    Parameters
    ----------
    class_maps : iterable of str
        Names of the taxonomy's class maps, in its order. `class_ids` and `event_class_ids` have a
        field for each, after the one for `components`.
    """
    ids = pa.struct([(name, pa.list_(pa.int32())) for name in class_map_names(class_maps)])
    return pa.schema(
        [
            ("sample_id", pa.string()),
            ("source_set", pa.string()),
            ("session_id", pa.string()),
            ("group_id", pa.string()),
            ("split", pa.string()),
            ("event_id", pa.string()),  # of a clip; else null
            ("recording", pa.string()),  # drums, or the full mix
            ("file", pa.string()),  # of its audio, relative to the export root; null in shards
            ("shard", pa.string()),  # of its tar or Parquet; null where it is a file
            ("parquet_shard", pa.string()),  # where there are tar and Parquet shards
            ("sha256", pa.string()),  # of the encoded audio, as is the size
            ("bytes", pa.int64()),
            ("start", pa.float64()),  # s from the start of the recording; below 0 where padded
            ("duration", pa.float64()),  # s
            ("sample_rate_hz", pa.int32()),
            ("channels", pa.int32()),
            ("n_samples", pa.int64()),
            ("onset_sample", pa.int64()),  # of a clip's own event; else null
            ("n_padded_front", pa.int64()),
            ("n_padded_back", pa.int64()),
            ("n_clipped", pa.int64()),  # samples beyond full scale
            ("gain_db", pa.float64()),  # that was applied
            ("strokes", pa.list_(STROKE)),  # inside: 0 <= onset < duration
            ("ringing", pa.list_(STROKE)),  # before the start, and still sounding in it
            ("class_ids", ids),  # of all that is struck inside, sorted
            ("event_class_ids", ids),  # of the clip's own event; else null
            ("techniques", pa.list_(pa.string())),
            ("negative_example", pa.bool_()),
            ("components", EVENTS.field("components").type),  # of the clip's own event; else null
            ("is_synthetic", pa.bool_()),
            ("label_method", pa.string()),
            ("license", pa.string()),
            ("redistributable", pa.bool_()),
            ("kit_id", pa.string()),
            ("drummer_id", pa.string()),
            ("style", pa.string()),
            ("weight", pa.float64()),  # null outside the weighted split
        ]
    )


def labels_table(split: str) -> str:
    """The Parquet table of all records of a split, relative to the export root."""
    folder = SPLIT_FOLDERS[split]
    return f"{folder}/{folder}_labels.parquet"


def shard_stem(split: str, source_set: str, shard: str) -> str:
    """What the names of one shard's tar and Parquet files begin with; splits have long names.

    Raises
    ------
    ValueError
        If the split is none, or a name is no file name.

    Examples
    --------
    >>> shard_stem("validation", "egmd", "003")
    'validation-egmd-003'
    """
    if split not in SPLIT_FOLDERS:
        raise ValueError(f"split {split!r} is none of {list(SPLIT_FOLDERS)}")
    return f"{split}-{check_name(source_set)}-{check_name(shard)}"


def shard_path(split: str, source_set: str, shard: str, number: int, suffix: str) -> str:
    """One tar or Parquet file of a shard, relative to the export root.

    Examples
    --------
    >>> shard_path("validation", "egmd", "003", 0, "tar")
    'val/validation-egmd-003-000000.tar'
    """
    stem = shard_stem(split, source_set, shard)
    return f"{SPLIT_FOLDERS[split]}/{stem}-{number:06d}.{suffix}"


def sample_folder(split: str, source_set: str, shard: str, unit: str) -> str:
    """The folder of one shard's files of one split, relative to the export root."""
    folders = f"{check_name(source_set)}/{check_name(shard)}"
    return f"{SPLIT_FOLDERS[split]}/{UNIT_FOLDERS[unit]}/{folders}"


def sample_path(
    split: str, source_set: str, shard: str, unit: str, sample_id: str, suffix: str
) -> str:
    """One file of a sample, relative to the export root.

    Clips and segments are many: they stand in folders by the last two characters of their id.

    Examples
    --------
    >>> sample_path("validation", "egmd", "003", "clip", "0a1b2c", "wav")
    'val/clips/egmd/003/2c/0a1b2c.wav'
    >>> sample_path("train", "egmd", "003", "session", "egmd-drummer1-0f", "mid")
    'train/sessions/egmd/003/egmd-drummer1-0f.mid'
    """
    fan = "" if unit == "session" else f"{check_name(sample_id)[-2:]}/"
    folder = sample_folder(split, source_set, shard, unit)
    return f"{folder}/{fan}{check_name(sample_id)}.{suffix}"


def sample_name(source_set: str, session_id: str, recording: str | None, start_s: float) -> str:
    """The id of a segment or a session: the same wherever and whenever it is exported.

    It holds letters, digits, minus and underscore, so that it can be a file name and, since it has
    no dot, a key of WebDataset. Its middle is for people; what tells samples apart is its end, a
    digest of all four arguments.

    Parameters
    ----------
    source_set, session_id : str
    recording : str, optional
        `audio_path` of the session's events, for a session may have several.
    start_s : float
        Of the sample, in seconds from the start of the recording; taken to the microsecond.

    Examples
    --------
    >>> sample_name("egmd", "drummer1/session2/3", "drummer1/session2/3.wav", 10.0)
    'egmd-drummer1_session2_3-00010000-dcf1cb96de5f'
    """
    key = "\x1f".join([source_set, session_id, recording or "", f"{start_s:.6f}"])
    digest = hashlib.blake2b(key.encode(), digest_size=6).hexdigest()
    middle = _UNSAFE.sub("_", session_id)[:_LONGEST_MIDDLE]
    return f"{_UNSAFE.sub('_', source_set)}-{middle}-{round(start_s * 1000):08d}-{digest}"
