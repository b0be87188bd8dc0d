"""The samples of one shard of an export: each recording is decoded once, for all forms."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.split_table import read_split_table
from drumcorpus.ground.files.tables import count_by, read_table, write_table
from drumcorpus.ground.files.taxonomy_files import load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound.encoding import ENCODINGS, EncodedRecording
from drumcorpus.ground.sound.gain import loudness_gain_db
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.stages.export.by_label import seconds_by_label
from drumcorpus.stages.export.class_maps import ClassMaps, make_class_maps
from drumcorpus.stages.export.general_midi import read_general_midi
from drumcorpus.stages.export.layout import records_schema, sample_path
from drumcorpus.stages.export.records import SOUND, json_lines, make_records
from drumcorpus.stages.export.session_files import session_contents
from drumcorpus.stages.export.settings import (
    CLIP,
    FILES,
    PARQUET,
    SEGMENT,
    SESSION,
    WEBDATASET,
)
from drumcorpus.stages.export.windows import (
    RECORDINGS,
    WINDOWS,
    clip_windows,
    event_outcomes,
    segment_windows,
    session_windows,
    settle,
)
from drumcorpus.stages.export.written import WRITTEN, FileForm, ShardForms, sha256_of
from drumcorpus.vocabulary import NO_AUDIO, NO_ONSETS, UNREADABLE_AUDIO

# Samples that are described and written together: so many bytes of sound, or so many of them.
_BYTES_AT_ONCE, _SAMPLES_AT_ONCE = 1 << 26, 4096

OpenAudio = Callable[[str], tuple[np.ndarray, int]]


@dataclass
class _Pending:
    """Samples whose sound is cut and that are not written yet."""

    windows: list[pa.Table] = field(default_factory=list)
    sound: list[dict] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    rows: list[tuple[int, int]] = field(default_factory=list)  # of the events of the recordings
    n_bytes: int = 0


def read_class_maps(
    taxonomy_files: Sequence[str | os.PathLike], class_maps_file: str | os.PathLike
) -> ClassMaps:
    """The class maps of a taxonomy: components, techniques and dynamics, and its class maps.

    Raises
    ------
    ValueError
        As of `class_maps.make_class_maps`; the message names the file.
    """
    labels = load_taxonomy(*taxonomy_files).labels
    return make_class_maps(labels, read_yaml(class_maps_file), name=os.fspath(class_maps_file))


def read_shard(events_table, sessions_table, splits_table) -> tuple[pa.Table, pa.Table]:
    """The events and the sessions of one shard that are in a manifest, each with its split.

    A session that is left out by its errata has no labels, and is not there.
    """
    splits = read_split_table(splits_table)
    events, sessions = read_table(events_table), read_table(sessions_table)
    return splits.apply(events), splits.apply(sessions.filter(sessions["label_map"].is_valid()))


def read_sample_cutter(
    export_root: str | os.PathLike,
    settings: Mapping,
    source_set: str,
    shard: str,
    taxonomy_files: Sequence[str | os.PathLike],
    class_maps_file: str | os.PathLike,
    general_midi_file: str | os.PathLike,
) -> "SampleCutter":
    """What writes the samples of one shard, by the files of the taxonomy."""
    taxonomy = load_taxonomy(*taxonomy_files)
    return SampleCutter(
        export_root,
        settings,
        source_set=source_set,
        shard=shard,
        families=taxonomy.families,
        class_maps=read_class_maps(taxonomy_files, class_maps_file),
        notes=read_general_midi(general_midi_file, taxonomy.labels).notes,
    )


def index_schema(class_maps: ClassMaps) -> pa.Schema:
    """One row per sample that was asked for: its record, and what became of it.

    Of a sample without sound most fields are null. Of segments and sessions there is a row besides
    for each event that stands in none, with its `event_id` and the reason.
    """
    return pa.schema(
        [
            *records_schema(class_maps.ids),
            ("audio_path", pa.string()),
            ("outcome", pa.string()),  # the unit, or why there is no sound
            ("n_events", pa.int64()),  # whose onset is inside, each counted in its first sample
        ]
    )


class SampleCutter:
    """Cuts, encodes, describes and writes the samples of one shard.

    Parameters
    ----------
    export_root : path
    settings : mapping
        As of `settings.export_settings`.
    source_set, shard : str
    families : mapping
        Label to family, in the order of the class ids.
    class_maps : ClassMaps
    notes : mapping
        Label to its note of General MIDI, or None; for sessions.
    """

    def __init__(
        self,
        export_root: str | os.PathLike,
        settings: Mapping,
        *,
        source_set: str,
        shard: str,
        families: Mapping[str, str],
        class_maps: ClassMaps,
        notes: Mapping[str, int | None],
    ):
        self._root, self._settings = Path(export_root), settings
        self._names = (source_set, shard)
        self._maps, self._notes = class_maps, notes
        self._rate = settings["sample_rate_hz"]
        self._extension = ENCODINGS[settings["encoding"]].extension
        self._seconds = {
            key: seconds_by_label(settings[key], families, name=key)
            for key in ("preroll_ms", "postroll_ms", "ring_ms")
        }
        self._schema = index_schema(class_maps)

    def write(
        self,
        events: pa.Table,
        sessions: pa.Table,
        open_audio: OpenAudio,
        read_raw: Callable[[str], bytes],
    ) -> tuple[pa.Table, pa.Table]:
        """Write all samples of the shard.

        Parameters
        ----------
        events : pa.Table
            Schema EVENTS; all of the source set, each with its split.
        sessions : pa.Table
            Schema SESSIONS, each with its split in the manifest; those that are not in it are not
            there.
        open_audio : callable
            ``audio_path -> (samples (n_samples,) or (n_samples, 2) float, sample_rate_hz)``; raises
            FileNotFoundError where there is no such file, ValueError where it is not audio; any
            other error stops the work.
        read_raw : callable
            The annotation of a session by its path, for the tempo map of a MIDI file.

        Returns
        -------
        index : pa.Table
            Schema `index_schema`.
        written : pa.Table
            Schema WRITTEN.

        Raises
        ------
        ValueError
            As of `windows.clip_windows` and `records.make_records`.
        """
        forms = self._settings["form"]
        events = _in_order(events)
        recordings = self._recordings(events, sessions)
        with (
            self._file_form() if FILES in forms else nullcontext() as files,
            self._shard_forms() if forms != [FILES] else nullcontext() as shards,
        ):
            parts = list(self._cut_all(events, sessions, recordings, open_audio, files, shards))
            if self._settings["unit"] == SESSION:
                self._write_sessions(files, parts, events, sessions, read_raw)
        index = pa.concat_tables([self._schema.empty_table(), *parts]).combine_chunks()
        index = self._with_parquet_shards(index, shards)
        rows = [*(files.rows if files else ()), *(shards.rows if shards else ())]
        rows.sort(key=lambda row: row["path"])
        return index, pa.Table.from_pylist(rows, WRITTEN)

    def write_tables(
        self, index: str | os.PathLike, written: str | os.PathLike, *work
    ) -> dict[str, int]:
        """Write all samples and then both tables, `work` as of `write`; rows by outcome."""
        for path, table in zip((index, written), self.write(*work), strict=True):
            write_table(path, table)
        return count_by(index, "outcome")

    def _file_form(self) -> FileForm:
        return FileForm(self._root, *self._names, self._settings["unit"], self._extension)

    def _shard_forms(self) -> ShardForms:
        forms = self._settings["form"]
        return ShardForms(
            self._root,
            *self._names,
            records_schema(self._maps.ids),
            extension=self._extension,
            tar=WEBDATASET in forms,
            parquet=PARQUET in forms,
            bounds={name: self._settings[name] for name in ("shard_bytes", "shard_samples")},
            sample_rate_hz=self._rate,
        )

    def _recordings(self, events: pa.Table, sessions: pa.Table) -> list[tuple[dict, int, int]]:
        """Each recording, a row of RECORDINGS without its length, with the rows of its events."""
        keys = [events[name].to_pylist() for name in ("session_id", "audio_path", "split")]
        found: dict[tuple, list[int]] = {}
        for row, key in enumerate(zip(*keys, strict=True)):
            found.setdefault(key, [row, row])[1] = row + 1
        if self._settings["unit"] != CLIP:
            known = {session for session, *_ in found}
            for row in sessions.select(["session_id", "audio_path", "split"]).to_pylist():
                if row["session_id"] not in known:
                    found[tuple(row.values())] = [0, 0]
        source_set = self._names[0]
        return [
            (
                {
                    "source_set": source_set,
                    "session_id": session,
                    "audio_path": path,
                    "split": split,
                },
                *found[session, path, split],
            )
            for session, path, split in sorted(found, key=lambda key: (key[0], key[1] or ""))
        ]

    def _cut_all(self, events, sessions, recordings, open_audio, files, shards) -> Iterator:
        pending = _Pending()
        for recording, first, last in recordings:
            # Of a session without any event nobody knows whether nothing is struck in it.
            silent = (NO_ONSETS, 0.0) if first == last else None
            audio, gain_db = silent or self._load(open_audio, recording["audio_path"])
            known = isinstance(audio, EncodedRecording)
            row = recording | {
                "n_samples": audio.n_samples if known else None,
                "reason": None if known else audio,
            }
            table = pa.Table.from_pylist([row], RECORDINGS)
            own = events.slice(first, last - first)
            windows = self._windows(own, table)
            yield from self._without_sound(windows, own, table)
            windows = windows.filter(pc.equal(windows["outcome"], self._settings["unit"]))
            for start in range(0, len(windows), _SAMPLES_AT_ONCE):
                part = windows.slice(start, _SAMPLES_AT_ONCE)
                self._cut(pending, part, audio, gain_db, files, shards, first, last)
                if pending.n_bytes > _BYTES_AT_ONCE or len(pending.sound) >= _SAMPLES_AT_ONCE:
                    yield self._flush(pending, events, sessions, files, shards)
                    pending = _Pending()
        if pending.sound:
            yield self._flush(pending, events, sessions, files, shards)

    def _load(
        self, open_audio: OpenAudio, path: str | None
    ) -> tuple[EncodedRecording | str, float]:
        """One recording and the gain it got, or the reason why there is none."""
        if path is None:
            return NO_AUDIO, 0.0
        try:
            samples, rate = open_audio(path)
        except FileNotFoundError:
            return NO_AUDIO, 0.0
        except ValueError:  # a disk that fails is no property of the recording: let it stop the job
            return UNREADABLE_AUDIO, 0.0
        if not np.isfinite(samples).all():
            return UNREADABLE_AUDIO, 0.0
        samples = resample(samples, rate, self._rate)
        loudness, gain_db = self._settings["loudness"], 0.0
        if isinstance(loudness, Mapping):
            gain_db = loudness_gain_db(samples, self._rate, **loudness)
        encoding = self._settings["encoding"]
        return EncodedRecording(samples, self._rate, encoding, gain_db=gain_db), gain_db

    def _windows(self, events: pa.Table, recording: pa.Table) -> pa.Table:
        unit = self._settings["unit"]
        if unit == CLIP:
            windows = clip_windows(
                events,
                self._maps,
                sample_rate_hz=self._rate,
                preroll_s=self._seconds["preroll_ms"],
                postroll_s=self._seconds["postroll_ms"],
            )
            return settle(windows, recording, unit)
        if unit == SEGMENT:
            lengths = {name: self._settings[name] for name in ("seconds", "overlap")}
            return segment_windows(recording, sample_rate_hz=self._rate, **lengths)
        return session_windows(recording, sample_rate_hz=self._rate)

    def _without_sound(self, windows, events, recording) -> Iterator[pa.Table]:
        """Rows of the index for what has no sound, and for events that stand in no sample."""
        unit = self._settings["unit"]
        silent = windows.filter(pc.not_equal(windows["outcome"], unit))
        if len(silent):
            rows = silent["event"].combine_chunks()
            yield self._index_rows(silent, events["event_id"].combine_chunks().take(rows))
        if unit != CLIP and len(events):
            outcomes = event_outcomes(events, recording, self._rate)
            left_out = events.append_column("outcome", outcomes).filter(pc.is_valid(outcomes))
            if len(left_out):
                yield self._index_rows(left_out, left_out["event_id"])

    def _index_rows(self, rows: pa.Table, event_ids) -> pa.Table:
        names = ("source_set", "session_id", "split", "audio_path", "outcome")
        own = {name: rows[name] for name in names} | {"event_id": event_ids}
        if "sample_id" in rows.column_names:
            own["sample_id"] = rows["sample_id"]
        columns = [
            own[f.name].cast(f.type) if f.name in own else pa.nulls(len(rows), f.type)
            for f in self._schema
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)

    def _cut(self, pending, windows, audio, gain_db, files, shards, first, last) -> None:
        """Cut the sound of one recording's windows."""
        names = ("sample_id", "split", "start_sample", "n_samples")
        for sample_id, split, start, n_samples in zip(
            *(windows[name].to_pylist() for name in names), strict=True
        ):
            window = audio.cut(start, n_samples)
            pending.contents[sample_id] = window.content
            pending.n_bytes += len(window.content)
            pending.sound.append(
                {
                    "sample_id": sample_id,
                    "file": files.path_of(split, sample_id) if files else None,
                    "shard": shards.first_shard(split) if shards else None,
                    "sha256": sha256_of(window.content),
                    "bytes": len(window.content),
                    "channels": audio.n_channels,
                    "n_clipped": window.n_clipped,
                    "gain_db": gain_db,
                }
            )
        event = pc.add(windows["event"], first)  # row among all events of the shard
        place = WINDOWS.get_field_index("event")
        pending.windows.append(windows.set_column(place, WINDOWS.field(place), event))
        pending.rows.append((first, last))

    def _flush(self, pending: _Pending, events, sessions, files, shards) -> pa.Table:
        """Describe what is pending and write it into all forms; its rows of the index."""
        windows = pa.concat_tables(pending.windows)
        first = min(rows[0] for rows in pending.rows)
        last = max(rows[1] for rows in pending.rows)
        place = WINDOWS.get_field_index("event")
        own = pc.subtract(windows["event"], first)
        windows = windows.set_column(place, WINDOWS.field(place), own)
        records = make_records(
            windows,
            events.slice(first, last - first),
            sessions,
            pa.Table.from_pylist(pending.sound, SOUND),
            self._maps,
            sample_rate_hz=self._rate,
            ring_s=self._seconds["ring_ms"],
        )
        parts = [
            self._write_split(split, part, pending, files, shards)
            for split, part in _splits(records)
        ]
        records = pa.concat_tables(parts)
        paths = dict(
            zip(windows["sample_id"].to_pylist(), windows["audio_path"].to_pylist(), strict=True)
        )
        ids = records["sample_id"].to_pylist()
        unit = pa.array([self._settings["unit"]] * len(records), pa.string())
        own = {
            "audio_path": pa.array([paths[sample_id] for sample_id in ids], pa.string()),
            "outcome": unit,
            "n_events": self._first_events(records),
        }
        columns = [own[n] if n in own else records[n] for n in self._schema.names]
        return pa.Table.from_arrays(columns, schema=self._schema)

    def _write_split(self, split, records, pending, files, shards) -> pa.Table:
        ids = records["sample_id"].to_pylist()
        contents = [pending.contents[sample_id] for sample_id in ids]
        if files:
            digests = records["sha256"].to_pylist()
            files.add(split, records["file"].to_pylist(), contents, digests)
        if shards:
            tar = WEBDATASET in self._settings["form"]
            texts = list(json_lines(records, self._maps)) if tar else []
            records = shards.add(split, records, contents, texts)
        return records

    def _first_events(self, records: pa.Table) -> pa.Array:
        """Events of each sample that stand in no sample before it."""
        if self._settings["unit"] == CLIP:
            return pa.array(np.ones(len(records), np.int64))
        # Of overlapping segments, the part that the next one has as well begins after this much.
        new_from = self._settings.get("overlap") or 0.0
        strokes = records["strokes"].combine_chunks()
        parent = pc.list_parent_indices(strokes).to_numpy()
        flat = strokes.flatten()
        onset = flat.field("onset").to_numpy(zero_copy_only=False)
        ids = flat.field("event_id")
        is_first = np.ones(len(parent), bool)
        if len(parent) > 1:
            same = pc.equal(ids.slice(1), ids.slice(0, len(ids) - 1)).to_numpy(zero_copy_only=False)
            is_first[1:] = ~(same & (parent[1:] == parent[:-1]))
        begins = records["start"].to_numpy()[parent] <= 0
        counted = is_first & (begins | (onset >= new_from))
        return pa.array(np.bincount(parent[counted], minlength=len(records)).astype(np.int64))

    def _write_sessions(self, files, parts, events, sessions, read_raw) -> None:
        """Text and MIDI beside the sound of each session."""
        of_session = {row["session_id"]: row for row in sessions.to_pylist()}
        names = ["sample_id", "session_id", "audio_path", "split", "duration", "outcome"]
        for part in parts:
            for row in part.select(names).to_pylist():
                if row["outcome"] != SESSION:
                    continue
                own = events.filter(
                    pc.and_(
                        pc.equal(events["session_id"], row["session_id"]),
                        pc.equal(events["audio_path"], row["audio_path"]),
                    )
                )
                annotation = of_session[row["session_id"]]["annotation_path"] or ""
                is_midi = annotation.lower().endswith((".mid", ".midi"))
                contents, *_ = session_contents(
                    row["sample_id"],
                    own,
                    notes=self._notes,
                    source_midi=read_raw(annotation) if is_midi else None,
                    duration=row["duration"],
                )
                for suffix, content in contents.items():
                    path = sample_path(
                        row["split"], *self._names, SESSION, row["sample_id"], suffix
                    )
                    files.write(row["split"], path, content, sha256_of(content))

    def _with_parquet_shards(self, index: pa.Table, shards: ShardForms | None) -> pa.Table:
        """The index with the name of the Parquet shard of each sample."""
        if shards is None or PARQUET not in self._settings["form"]:
            return index
        name = "parquet_shard" if WEBDATASET in self._settings["form"] else "shard"
        names = np.array([None] * len(index), dtype=object)
        has_sound = pc.is_valid(index["bytes"]).to_numpy(zero_copy_only=False)
        splits = np.array(index["split"].to_pylist(), dtype=object)
        for split in set(splits):
            names[has_sound & (splits == split)] = shards.parquet_shards(split).to_pylist()
        place = index.schema.get_field_index(name)
        return index.set_column(place, index.schema.field(place), pa.array(names, pa.string()))


def _in_order(events: pa.Table) -> pa.Table:
    """The events by session, recording and onset, so that those of a recording stand together."""
    names = ("session_id", "audio_path", "onset_time", "event_id")
    return events.sort_by([(name, "ascending") for name in names]).combine_chunks()


def _splits(records: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The records of each split, in their order."""
    for split in pc.unique(records["split"]).to_pylist():
        yield split, records.filter(pc.equal(records["split"], split)).combine_chunks()
