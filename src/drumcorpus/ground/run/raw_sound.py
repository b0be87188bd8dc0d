"""The recordings of a source set as a job listens to them."""

import os
from collections.abc import Callable, Iterable, Mapping

import numpy as np
import pyarrow as pa

from drumcorpus.ground.run.raw_data import open_raw_data
from drumcorpus.ground.sound.excerpts import excerpt_reader
from drumcorpus.ground.sound.mixes import with_sums
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.ground.sound.stereo import stereo_reader


def open_recordings(
    source_set: str,
    roots: Iterable[str | os.PathLike],
    sessions: pa.Table,
    sample_rate_hz: int | None = None,
    *,
    allow_not_finite: bool = False,
    stereo: bool = False,
    keep_pcm16: bool = False,
) -> Callable[..., tuple[np.ndarray, int]]:
    """What opens the audio of an event, as of `recordings.recording_reader`, or in `stereo`.

    The mix of a session is opened by its `mix_path`, also where that is a sum (`mixes.with_sums`).

    Parameters
    ----------
    source_set, roots, sessions
        As of `raw_data.open_raw_data`.
    sample_rate_hz, allow_not_finite
        As of `recordings.recording_reader`.
    stereo : bool
        Two channels, as of `stereo.stereo_reader`.
    keep_pcm16 : bool
        As of `recordings.recording_reader`, or of `stereo.stereo_reader`.
    """
    locate = open_raw_data(source_set, roots, sessions).verified
    reader = stereo_reader if stereo else recording_reader
    options = {"allow_not_finite": allow_not_finite, "keep_pcm16": keep_pcm16}
    opened = reader(sessions, locate, sample_rate_hz, **options)
    return with_sums(sessions, opened)


def open_excerpts(
    source_set: str,
    roots: Iterable[str | os.PathLike],
    sessions: pa.Table,
    sample_rate_hz: int,
) -> Callable[[str, float, float], np.ndarray]:
    """What opens a stretch of a session's sound, as of `excerpts.excerpt_reader`.

    Parameters
    ----------
    source_set, roots, sessions
        As of `raw_data.open_raw_data`.
    sample_rate_hz
        As of `excerpts.excerpt_reader`.
    """
    locate = open_raw_data(source_set, roots, sessions).verified
    return excerpt_reader(sessions, locate, sample_rate_hz)


def export_sound(
    source_set: str,
    roots: Iterable[str | os.PathLike],
    sessions: pa.Table,
    settings: Mapping,
) -> dict[str, Callable]:
    """What an export reads of a source set: ``open_audio`` and ``read_raw``.

    Parameters
    ----------
    source_set, roots, sessions
        As of `open_recordings`.
    settings : mapping
        Of the export; `channels` counts.
    """
    source = (source_set, list(roots), sessions)
    stereo = settings["channels"] == "stereo"
    opened = open_recordings(*source, stereo=stereo, keep_pcm16=True)
    return {"open_audio": opened, "read_raw": open_raw_data(*source).read}
