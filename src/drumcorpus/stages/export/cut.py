"""The samples of one shard of an export: each recording is decoded once, for all forms."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.sound.encoding import ENCODINGS, EncodedRecording
from drumcorpus.stages.export.audio_choice import with_audio
from drumcorpus.stages.export.class_maps import ClassMaps
from drumcorpus.stages.export.event_checks import check_events
from drumcorpus.stages.export.index import (
    events_of_windows,
    index_schema,
    rows_of_events,
    rows_of_windows,
    with_parquet_shards,
)
from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.recordings import (
    OpenAudio,
    events_in_order,
    load_recording,
    recordings_of,
)
from drumcorpus.stages.export.records import SOUND, json_lines, make_records
from drumcorpus.stages.export.session_forms import write_session_files
from drumcorpus.stages.export.settings import (
    CLIP,
    FILES,
    LENGTHS,
    PARQUET,
    SEGMENT,
    SESSION,
    WEBDATASET,
    milliseconds_by_label,
)
from drumcorpus.stages.export.windows import (
    RECORDINGS,
    WINDOWS,
    clip_windows,
    segment_windows,
    session_windows,
    settle,
)
from drumcorpus.stages.export.written import WRITTEN, FileForm, ShardForms, sha256_of
from drumcorpus.vocabulary import NO_ONSETS

# Samples that are described and written together: so many bytes of sound, or so many of them.
_BYTES_AT_ONCE, _SAMPLES_AT_ONCE = 1 << 26, 4096
_BYTES_OF_SAMPLE = 3  # of the widest encoding, of each channel


@dataclass
class _Pending:
    """Samples whose sound is cut and that are not written yet."""

    windows: list[pa.Table] = field(default_factory=list)
    sound: list[dict] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    rows: list[tuple[int, int]] = field(default_factory=list)  # of the events of the recordings
    n_events: dict[str, int] = field(default_factory=dict)  # of each sample
    n_bytes: int = 0


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
        self._times = {
            key: milliseconds_by_label(settings[key], families)
            for key in LENGTHS
            if key in settings
        }
        self._schema = index_schema(class_maps)

    def write(
        self,
        events: pa.Table,
        sessions: pa.Table,
        limits: Mapping[str, int] | None = None,
        *,
        open_audio: OpenAudio,
        read_raw: Callable[[str], bytes],
        on_samples: Callable[[str, int], None] = lambda split, n_samples: None,
    ) -> tuple[pa.Table, pa.Table]:
        """Write all samples of the shard.

        Parameters
        ----------
        events : pa.Table
            Schema EVENTS; all of the source set, each with its split.
        sessions : pa.Table
            Schema SESSIONS, each with its split in the manifest; those that are not in it are not
            there.
        limits : mapping, optional
            By session how many of its events get a clip, the first in the order of their
            recordings; what else is struck in these clips is listed all the same. With limits,
            events without a recording are left out, and do not count.
        open_audio : callable
            ``audio_path -> (samples (n_samples,) or (n_samples, 2), sample_rate_hz)``, float, or
            int16 as of `pcm16`; raises FileNotFoundError where there is no such file, ValueError
            where it is not audio; any other error stops the work.
        read_raw : callable
            The annotation of a session by its path, for the tempo map of a MIDI file.
        on_samples : callable
            Told the split and the number of samples that are done.

        Returns
        -------
        index : pa.Table
            Schema `index_schema`.
        written : pa.Table
            Schema WRITTEN.

        Raises
        ------
        ValueError
            If an event is of another source set, or two have one id; as of
            `windows.clip_windows` and `records.make_records`.
        """
        forms, unit = self._settings["form"], self._settings["unit"]
        check_events(events, self._names[0])
        events, sessions = with_audio(events, sessions, self._settings["audio"])
        if limits is not None:
            events = events.filter(pc.is_valid(events["audio_path"]))
        events = events_in_order(events)
        silent = None if unit == CLIP else sessions
        recordings = recordings_of(self._names[0], events, silent)
        with (
            self._file_form() if FILES in forms else nullcontext() as files,
            self._shard_forms() if forms != [FILES] else nullcontext() as shards,
        ):
            left = dict(limits or {}) if unit == CLIP else {}
            cut = self._cut_all(events, sessions, recordings, open_audio, files, shards, left)
            parts = []
            for part in cut:
                parts.append(part)
                for split, n_samples in _counts(part):
                    on_samples(split, n_samples)
            if unit == SESSION:
                write_session_files(files, parts, events, sessions, self._notes, read_raw)
        index = pa.concat_tables([self._schema.empty_table(), *parts])
        if PARQUET in forms:
            column = "parquet_shard" if WEBDATASET in forms else "shard"
            index = with_parquet_shards(index, column, shards.parquet_shards)
        rows = [*(files.rows if files else ()), *(shards.rows if shards else ())]
        rows.sort(key=lambda row: row["path"])
        return index, pa.Table.from_pylist(rows, WRITTEN)

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

    def _cut_all(self, events, sessions, recordings, open_audio, files, shards, left) -> Iterator:
        pending = _Pending()
        for recording, first, last in recordings:
            if not left.get(recording["session_id"], 1):
                continue
            # Of a session without any event nobody knows whether nothing is struck in it.
            silent = (NO_ONSETS, 0.0) if first == last else None
            audio, gain_db = silent or load_recording(
                open_audio, recording["audio_path"], self._settings
            )
            known = isinstance(audio, EncodedRecording)
            row = recording | {
                "n_samples": audio.n_samples if known else None,
                "reason": None if known else audio,
            }
            table = pa.Table.from_pylist([row], RECORDINGS)
            own = events.slice(first, last - first)
            windows = self._windows(own, table)
            windows = _first(windows, left, recording["session_id"])
            yield from self._without_sound(windows, own, table)
            windows = windows.filter(pc.equal(windows["outcome"], self._settings["unit"]))
            if not len(windows):
                continue
            n_events = self._n_events(windows, own, table)
            ids = windows["sample_id"].to_pylist()
            pending.n_events |= dict(zip(ids, n_events.tolist(), strict=True))
            longest = pc.max(windows["n_samples"]).as_py() * _BYTES_OF_SAMPLE * audio.n_channels
            n_at_once = min(_SAMPLES_AT_ONCE, max(1, _BYTES_AT_ONCE // longest))
            for start in range(0, len(windows), n_at_once):
                part = windows.slice(start, n_at_once)
                self._cut(pending, part, audio, gain_db, files, shards, first, last)
                if pending.n_bytes > _BYTES_AT_ONCE or len(pending.sound) >= _SAMPLES_AT_ONCE:
                    yield self._flush(pending, events, sessions, files, shards)
                    pending = _Pending(n_events=pending.n_events)
            # Of a recording that is done with all is known by what pends.
            pending.n_events = {
                row["sample_id"]: pending.n_events[row["sample_id"]] for row in pending.sound
            }
        if pending.sound:
            yield self._flush(pending, events, sessions, files, shards)

    def _windows(self, events: pa.Table, recording: pa.Table) -> pa.Table:
        unit = self._settings["unit"]
        if unit == CLIP:
            windows = clip_windows(
                events,
                self._maps,
                sample_rate_hz=self._rate,
                preroll_ms=self._times["preroll_ms"],
                postroll_ms=self._times["postroll_ms"],
            )
            return settle(windows, recording, unit)
        if unit == SEGMENT:
            lengths = {name: self._settings[name] for name in ("seconds", "overlap")}
            return segment_windows(recording, sample_rate_hz=self._rate, **lengths)
        return session_windows(recording, sample_rate_hz=self._rate)

    def _without_sound(self, windows, events, recording) -> Iterator[pa.Table]:
        """Rows of the index for what has no sound, and for events that stand in no sample."""
        unit = self._settings["unit"]
        tables = [rows_of_windows(self._schema, windows, events, unit)]
        if unit != CLIP and len(events):
            tables.append(rows_of_events(self._schema, events, recording, self._rate))
        yield from (table for table in tables if table is not None)

    def _n_events(self, windows, events, recording) -> np.ndarray:
        if self._settings["unit"] == CLIP:
            return np.ones(len(windows), np.int64)
        return events_of_windows(windows, events, recording, self._rate)

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
                    "recording": self._settings["audio"],
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
            ring_ms=self._times["ring_ms"],
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
            "n_events": pa.array([pending.n_events[each] for each in ids], pa.int64()),
        }
        columns = [own[n] if n in own else records[n] for n in self._schema.names]
        return pa.Table.from_arrays(columns, schema=self._schema)

    def _write_split(self, split, records, pending, files, shards) -> pa.Table:
        ids = records["sample_id"].to_pylist()
        contents = [pending.contents[sample_id] for sample_id in ids]
        if files:
            files.add(split, ids, contents, records["sha256"].to_pylist())
        if shards:
            tar = WEBDATASET in self._settings["form"]
            texts = list(json_lines(records, self._maps)) if tar else []
            records = shards.add(split, records, contents, texts)
        return records


def _first(windows: pa.Table, left: dict[str, int], session_id: str) -> pa.Table:
    """So many windows of a session as are left of its limit, where it has one."""
    if session_id in left:
        windows = windows.slice(0, left[session_id])
        left[session_id] -= len(windows)
    return windows


def _counts(rows: pa.Table) -> Iterator[tuple[str, int]]:
    """Samples of each split among rows of the index, those without sound too."""
    of_samples = rows["split"].filter(pc.is_valid(rows["sample_id"]))
    for each in pc.value_counts(of_samples).to_pylist():
        yield each["values"], each["counts"]


def _splits(records: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The records of each split, in their order."""
    for split in pc.unique(records["split"]).to_pylist():
        yield split, records.filter(pc.equal(records["split"], split)).combine_chunks()
