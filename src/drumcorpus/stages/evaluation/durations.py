"""How long the sessions of a split last, where the corpus says so."""

import math
from pathlib import Path

from drumcorpus.ground.files.tables import read_table
from drumcorpus.stages.evaluation.reference import Corpus, Sessions


def session_tables(corpus: Corpus, sessions: Sessions) -> list[Path]:
    """The tables of sessions that lie beside the manifest: ``results/sessions/<set>.parquet``."""
    paths = [_table_of(corpus, name) for name in sorted(set(sessions.source_sets))]
    return [path for path in paths if path.is_file()]


def _table_of(corpus: Corpus, source_set: str) -> Path:
    return corpus.folder / f"results/sessions/{source_set}.parquet"


def session_seconds(corpus: Corpus, sessions: Sessions) -> list[float | None]:
    """Seconds of the recording of each session; None where nobody knows."""
    seconds: dict[tuple[str, str], float | None] = {}
    for name in sorted(set(sessions.source_sets)):
        path = _table_of(corpus, name)
        if not path.is_file():
            continue
        table = read_table(path, ["session_id", "audio_duration"])
        for row in table.to_pylist():
            seconds[name, row["session_id"]] = row["audio_duration"]
    return [seconds.get(key) for key in zip(sessions.source_sets, sessions.ids, strict=True)]


def total_minutes(lengths: list[float | None]) -> float | None:
    """Minutes of all recordings, of seconds of each; None where one has none."""
    if any(length is None for length in lengths):
        return None
    return math.fsum(lengths) / 60
