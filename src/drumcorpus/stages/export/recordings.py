"""The recordings of a shard: which there are, whose events are whose, and the sound of each."""

from collections.abc import Callable, Mapping

import numpy as np
import pyarrow as pa

from drumcorpus.ground.sound.encoding import EncodedRecording
from drumcorpus.ground.sound.gain import loudness_gain_db
from drumcorpus.ground.sound.pcm16 import as_floats
from drumcorpus.ground.sound.resampling import resample
from drumcorpus.stages.export.audio_choice import MIX
from drumcorpus.vocabulary import EMPTY_AUDIO, NO_AUDIO, NO_MIX, UNREADABLE_AUDIO

OpenAudio = Callable[[str], tuple[np.ndarray, int]]


def events_in_order(events: pa.Table) -> pa.Table:
    """The events by session, recording and onset, so that those of a recording stand together."""
    names = ("session_id", "audio_path", "onset_time", "event_id")
    return events.sort_by([(name, "ascending") for name in names]).combine_chunks()


def recordings_of(
    source_set: str, events: pa.Table, sessions: pa.Table | None = None
) -> list[tuple[dict, int, int]]:
    """Each recording with the rows of its events, by session and path.

    Parameters
    ----------
    source_set : str
    events : pa.Table
        In the order of `events_in_order`.
    sessions : pa.Table, optional
        Whose own recording is among them though it has no event.

    Returns
    -------
    recordings : list of tuple
        A row of `windows.RECORDINGS` without its length, the first row of its events and the one
        after the last.
    """
    keys = [events[name].to_pylist() for name in ("session_id", "audio_path", "split")]
    found: dict[tuple, list[int]] = {}
    for row, key in enumerate(zip(*keys, strict=True)):
        found.setdefault(key, [row, row])[1] = row + 1
    if sessions is not None:
        known = {session for session, *_ in found}
        for row in sessions.select(["session_id", "audio_path", "split"]).to_pylist():
            if row["session_id"] not in known:
                found[tuple(row.values())] = [0, 0]
    names = ("session_id", "audio_path", "split")
    return [
        ({"source_set": source_set, **dict(zip(names, key, strict=True))}, *found[key])
        for key in sorted(found, key=lambda key: (key[0], key[1] or ""))
    ]


def load_recording(
    open_audio: OpenAudio, path: str | None, settings: Mapping
) -> tuple[EncodedRecording | str, float]:
    """One recording at the export's rate and the gain it got in dB, or the reason for none.

    Parameters
    ----------
    open_audio : callable
        As of `cut.SampleCutter.write`.
    path : str, optional
    settings : mapping
        `audio`, `sample_rate_hz`, `encoding` and `loudness`.
    """
    if path is None:
        return NO_MIX if settings["audio"] == MIX else NO_AUDIO, 0.0
    try:
        samples, rate = open_audio(path)
    except FileNotFoundError:
        return NO_AUDIO, 0.0
    except ValueError:  # a disk that fails is no property of the recording: let it stop the job
        return UNREADABLE_AUDIO, 0.0
    if not len(samples):
        return EMPTY_AUDIO, 0.0
    own_rate, loudness, gain_db = settings["sample_rate_hz"], settings["loudness"], 0.0
    if samples.dtype != np.int16 and not np.isfinite(samples).all():
        return UNREADABLE_AUDIO, 0.0
    if rate != own_rate or isinstance(loudness, Mapping):  # something is computed with them
        samples = as_floats(samples)
    samples = resample(samples, rate, own_rate)
    if isinstance(loudness, Mapping):
        gain_db = loudness_gain_db(samples, own_rate, **loudness)
    return EncodedRecording(samples, own_rate, settings["encoding"], gain_db=gain_db), gain_db
