"""A shard of events and its sessions, cut into samples as a job of an export cuts it."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile
from checkout import REPO

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.export.class_map_files import read_class_maps
from drumcorpus.stages.export.cut import SampleCutter
from drumcorpus.stages.export.index import index_schema
from drumcorpus.stages.export.settings import export_settings
from drumcorpus.stages.export.written import WRITTEN

RATE = 44_100
ONSET, LENGTH = 3_528, 12_348  # of a clip: 80 ms before the onset, 200 ms after
FOLDER = REPO / "resources/taxonomy"
TAXONOMY_FILES = [FOLDER / f"{name}.yaml" for name in ("components", "techniques", "dynamics")]
TAXONOMY = load_taxonomy(*TAXONOMY_FILES)
MAPS = read_class_maps(TAXONOMY_FILES, FOLDER / "class_maps.yaml")
NOTES = dict.fromkeys(TAXONOMY.labels, 38)
DEFAULTS = {
    "audio": "drums",
    "sample_rate_hz": RATE,
    "channels": "mono",
    "encoding": "wav16",
    "preroll_ms": 80.0,
    "postroll_ms": 200.0,
    "ring_ms": {"default": 250.0, "crash": 3000.0},
    "loudness": "as_is",
    "class_map": "components",
    "weights": None,
    "limit": None,
    "shard_bytes": 10**9,
    "shard_samples": 20_000,
}


def noise(n_samples=3 * RATE, seed=1):
    """Noise that 16 bit hold exactly."""
    whole = np.random.default_rng(seed).integers(-16_000, 16_000, n_samples)
    return (whole / 32_768).astype(np.float32)


def event(number, onset, session_id="s1", labels=("kick",), **changes):
    return {
        "event_id": f"e{number}",
        "source_set": "egmd",
        "session_id": session_id,
        "group_id": "g",
        "split": "train",
        "onset_time": onset,
        "audio_path": f"{session_id}.wav",
        "license": "CC-BY-4.0",
        "redistributable": True,
        "negative_example": False,
        "label_method": "midi",
        "techniques": [],
        "components": [{"label": label, "velocity": 0.5} for label in labels],
    } | changes


def session(session_id, split="train", **changes):
    path = f"{session_id}.wav"
    return {
        "source_set": "egmd",
        "session_id": session_id,
        "group_id": "g",
        "split": split,
        "label_map": "a_map",
        "audio_path": path,
        "audio_duration": 3.0,
        "files": [{"path": path, "role": "audio", "sha256": "0" * 64}],
    } | changes


def settings_of(**block):
    block = {"manifest": "m", "unit": "clip", "form": "files"} | block
    return export_settings("mine", block, DEFAULTS, TAXONOMY.families, list(MAPS.ids))


def sessions_of(rows):
    """One for each session of the events."""
    splits = {row["session_id"]: row["split"] for row in rows if row["session_id"] is not None}
    return [session(name, split) for name, split in splits.items()]


@dataclass
class Cut:
    """What was written: the tables and the rows of the index by event, or by sample."""

    root: Path
    index: pa.Table
    written: pa.Table

    @property
    def rows(self):
        return {row["event_id"] or row["sample_id"]: row for row in self.index.to_pylist()}

    def samples(self):
        return [row for row in self.index.to_pylist() if row["bytes"] is not None]

    def outcomes(self):
        return {name: row["outcome"] for name, row in self.rows.items()}

    def files(self):
        return {
            path.relative_to(self.root).as_posix(): path.read_bytes()
            for path in self.root.rglob("*")
            if path.is_file()
        }


def cut(
    root,
    events,
    *,
    sessions=None,
    audio=None,
    rate=RATE,
    shard="000",
    raw=None,
    limits=None,
    on_samples=None,
    **block,
):
    """Write the samples of events into an export; `audio` is one for all, or by path, or a function
    that opens a path, and `audio_` the setting of that name."""
    if "audio_" in block:
        block["audio"] = block.pop("audio_")
    audio = noise() if audio is None else audio
    opened = audio if callable(audio) else lambda path: (_of(audio, path), rate)
    cutter = SampleCutter(
        root,
        settings_of(**block),
        source_set="egmd",
        shard=shard,
        families=TAXONOMY.families,
        class_maps=MAPS,
        notes=NOTES,
    )
    table = pa.Table.from_pylist(list(events), EVENTS)
    of = pa.Table.from_pylist(sessions_of(events) if sessions is None else sessions, SESSIONS)
    index, written = cutter.write(
        table,
        of,
        limits,
        open_audio=opened,
        read_raw=raw or _no_annotation,
        on_samples=on_samples or (lambda split, n_samples: None),
    )
    assert (index.schema, written.schema) == (index_schema(MAPS), WRITTEN)
    return Cut(Path(root), index, written)


def write_tables(made, folder, name):
    """The tables of a cut shard as a job leaves them; their paths."""
    paths = (folder / f"{name}.parquet", folder / f"{name}.files.parquet")
    for path, table in zip(paths, (made.index, made.written), strict=True):
        write_table(path, table)
    return paths


def sound_of(content):
    """Samples (n,) int16 of one file."""
    samples, rate = soundfile.read(io.BytesIO(content), dtype="int16")
    assert rate == RATE
    return samples


def _of(audio, path):
    return audio[path] if isinstance(audio, dict) else audio


def _no_annotation(path):
    raise AssertionError(f"nobody asked for {path}")
