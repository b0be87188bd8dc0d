"""Fingerprints: the little of each session's sound and strokes by which copies are recognised."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import count_by, read_table, write_batches
from drumcorpus.ground.sound.decimation import decimator
from drumcorpus.ground.sound.decoding import Source
from drumcorpus.ground.sound.landmarks import SAMPLE_RATE_HZ, find_landmarks, is_silent
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.schemas import FINGERPRINTS
from drumcorpus.stages.splits.onset_patterns import pattern_hashes
from drumcorpus.stages.splits.unheard_files import Unheard
from drumcorpus.vocabulary import NO_AUDIO, NO_LANDMARK, SILENT_AUDIO, UNREADABLE_AUDIO

_SESSIONS_PER_BATCH = 64


def sound_of(
    sessions: pa.Table, source_of: Callable[[str], Source]
) -> Callable[[str], tuple[np.ndarray, int]]:
    """What `fingerprint_sessions` opens sound with: landmarks of another filter are other ones.

    Parameters
    ----------
    sessions, source_of
        As of `recordings.recording_reader`.
    """
    return recording_reader(sessions, source_of, SAMPLE_RATE_HZ, resampler=decimator)


def fingerprint_sessions(
    sessions: pa.Table,
    events: pa.Table,
    classes: Mapping[str, str | None],
    open_audio: Callable[[str], tuple[np.ndarray, int]],
    *,
    max_seconds: float,
    max_landmarks: int,
    max_files: int,
    max_patterns: int,
    find_unheard: Callable[[str], Unheard] = lambda session_id: Unheard(),
    on_session: Callable[[], None] = lambda: None,
) -> Iterator[pa.RecordBatch]:
    """The fingerprint of every session, some at a time, in the order of `sessions`.

    Parameters
    ----------
    sessions, events : pa.Table
        SESSIONS and EVENTS schema, of one shard.
    classes : mapping
        Small class of each label, or None where it has none.
    open_audio
        As `sound_of` makes it: ``path -> (samples (n_samples,), rate)`` at
        `landmarks.SAMPLE_RATE_HZ`; raises ValueError where the file is not audio.
    max_seconds : float
        How much audio is used, from its start.
    max_landmarks, max_patterns : int
        Most landmarks and patterns kept of a session.
    max_files : int
        Most files that are read of a session whose strokes come from several files.
    find_unheard
        The files of a session, by its id, in which nothing is heard, stems and accompaniment
        included; see `unheard_files.unheard_file_finder`.
    on_session
        Called after each session, for progress.

    Yields
    ------
    batch : pa.RecordBatch
        FINGERPRINTS schema. `audio_reason` is `no_audio`, `unreadable_audio`, `silent_audio` or
        `no_landmark` where there are no landmarks. `unreadable_files` are those looked at that
        cannot be decoded, whether there are landmarks of others or not.
    """
    strokes = _strokes(events, classes)
    recordings = _recordings(events, max_files)
    rows = []
    for session in sessions.to_pylist():
        name, path = session["session_id"], session["audio_path"]
        times, struck = strokes.get(name, (np.zeros(0, np.int32), np.zeros(0, np.uint8)))
        digests = {file["path"]: file["sha256"] for file in session["files"]}
        sound = _sound(
            [path] if path else recordings.get(name, []),
            digests,
            open_audio,
            max_seconds=max_seconds,
            max_landmarks=max_landmarks,
        )
        unheard = find_unheard(name)
        rows.append(
            {
                "source_set": session["source_set"],
                "session_id": name,
                "stroke_times": times,
                "stroke_classes": struck,
                "pattern_hashes": pattern_hashes(times, struck, max_patterns=max_patterns),
                **sound,
                "silent_files": sorted({*sound["silent_files"], *unheard.silent}),
                "unreadable_stems": sorted(unheard.unreadable),
            }
        )
        on_session()
        if len(rows) == _SESSIONS_PER_BATCH:
            yield pa.RecordBatch.from_pylist(rows, FINGERPRINTS)
            rows = []
    if rows:
        yield pa.RecordBatch.from_pylist(rows, FINGERPRINTS)


def write_fingerprints(path: str | os.PathLike, batches: Iterable[pa.RecordBatch]) -> dict:
    """Write fingerprints as they come; returns their number, and why some lack sound.

    ``unreadable`` counts the sessions of which a file cannot be decoded.
    """
    n_sessions = write_batches(path, FINGERPRINTS, batches)
    n_files = pc.list_value_length(read_table(path, ["unreadable_files"])["unreadable_files"])
    n_unreadable = pc.sum(pc.greater(n_files, 0), min_count=0).as_py()
    unheard = read_table(path, ["silent_files", "unreadable_stems"])
    n_unheard = {
        name: len(unheard[name].combine_chunks().flatten().unique())
        for name in unheard.column_names
    }
    counts = {"sessions": n_sessions, "unreadable": n_unreadable, **n_unheard}
    return counts | count_by(path, "audio_reason")


def _sound(paths, digests, open_audio, *, max_seconds: float, max_landmarks: int) -> dict:
    """The landmarks of a session's files, which run side by side, and why there are none."""
    landmarks, silent, reasons, unreadable = [], [], [], []
    for path in paths:
        try:
            samples = open_audio(path)[0][: int(max_seconds * SAMPLE_RATE_HZ)]
        except ValueError:
            reasons.append(UNREADABLE_AUDIO)
            unreadable.append(path)
            continue
        if is_silent(samples):
            reasons.append(SILENT_AUDIO)
            silent.append(digests[path])
            continue
        landmarks.append(find_landmarks(samples, max_landmarks=max_landmarks))
    hashes, frames = _joined(landmarks, max_landmarks)
    reason = None if len(hashes) else (NO_LANDMARK if landmarks else min(reasons, default=NO_AUDIO))
    return {
        "audio_reason": reason,
        "landmark_hashes": hashes,
        "landmark_frames": frames,
        "silent_files": silent,
        "unreadable_files": unreadable,
    }


def _joined(landmarks, max_landmarks: int) -> tuple[np.ndarray, np.ndarray]:
    """The landmarks of all files in the order of those of one, hashes and frames."""
    if len(landmarks) == 1:
        return landmarks[0]
    if not landmarks:
        return np.zeros(0, np.uint32), np.zeros(0, np.int32)
    hashes, frames = (np.concatenate(column) for column in zip(*landmarks, strict=True))
    order = np.lexsort((frames, hashes))[:max_landmarks]
    return hashes[order], frames[order]


def _strokes(
    events: pa.Table, classes: Mapping[str, str | None]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Onsets in ms and bits of classes of every session; events in one millisecond are merged."""
    bits = class_bits(classes)
    components = events["components"].combine_chunks()
    labels = components.flatten().field("label").dictionary_encode()
    of_label = np.array([bits.get(label, 0) for label in labels.dictionary.to_pylist()], np.int64)
    of_component = of_label[labels.indices.to_numpy(zero_copy_only=False)]
    counts = components.value_lengths().fill_null(0).to_numpy(zero_copy_only=False)
    struck = np.zeros(len(events), np.int64)
    np.bitwise_or.at(struck, np.repeat(np.arange(len(events)), counts), of_component)
    times = np.round(events["onset_time"].to_numpy() * 1000).astype(np.int64)
    names = events["session_id"].combine_chunks().dictionary_encode()
    owner = names.indices.to_numpy(zero_copy_only=False)
    order = np.lexsort((times, owner))
    bounds = np.searchsorted(owner[order], np.arange(len(names.dictionary) + 1))
    strokes = {}
    for number, name in enumerate(names.dictionary.to_pylist()):
        rows = order[bounds[number] : bounds[number + 1]]
        here, first = np.unique(times[rows], return_index=True)
        together = np.bitwise_or.reduceat(struck[rows], first)
        strokes[name] = here.astype(np.int32), together.astype(np.uint8)
    return strokes


def class_bits(classes: Mapping[str, str | None]) -> dict[str, int]:
    """One bit for each small class, in order of its name; labels without a class share one.

    Raises
    ------
    ValueError
        If there are more than seven classes.
    """
    names = sorted({name for name in classes.values() if name is not None})
    if len(names) > 7:
        raise ValueError(f"{len(names)} classes; at most seven fit beside the rest in eight bits")
    return {
        label: 1 << (names.index(name) if name is not None else len(names))
        for label, name in classes.items()
    }


def _recordings(events: pa.Table, max_files: int) -> dict[str, list[str]]:
    """The files of each session that most of its strokes come from."""
    counts: dict[str, Counter] = {}
    pairs = events.select(["session_id", "audio_path"]).group_by(["session_id", "audio_path"])
    for row in pairs.aggregate([([], "count_all")]).to_pylist():
        if row["audio_path"] is not None:
            counts.setdefault(row["session_id"], Counter())[row["audio_path"]] = row["count_all"]
    return {
        name: sorted(sorted(files, key=lambda path: (-files[path], path))[:max_files])
        for name, files in counts.items()
    }
