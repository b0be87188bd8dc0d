"""`crash_truth/run.py` with the functions of the library in place of a run of Snakemake.

    python library_chain.py ARGUMENTS...

The products are those of the target `crash`, without its reports, and the plain method says what
the chain says, for its compiler takes longer than all of this. The long test runs both.
"""

import sys
import tempfile
from pathlib import Path

from checkout import REPO

for folder in ("bench", "bench/crash_truth"):
    sys.path.insert(0, str(REPO / folder))

SOURCE_SET = "groove_mididataset"


def run_library(
    root: Path, folder: Path, n_cores: int, method: str | None = None, after: Path | None = None
) -> None:
    """What `chain.run_chain` leaves: sessions, events, embeddings and assignments.

    Every method is the configuration's own.
    """
    from crash_speed import companion, families, settings
    from ingest_groove import ingest, inventory

    from drumcorpus.ground.files.raw_reader import RawReader
    from drumcorpus.ground.files.settings import read_settings
    from drumcorpus.ground.files.tables import read_table, write_table
    from drumcorpus.ground.sound.recordings import recording_reader
    from drumcorpus.sessions import file_digests
    from drumcorpus.stages.crash.assignments import assign_cymbals
    from drumcorpus.stages.crash.hits import embed_cymbals
    from drumcorpus.stages.crash.settings import ClusteringSettings

    with tempfile.TemporaryDirectory() as work:
        inventory(root, Path(work))
        ingest(root, Path(work), 0, 1)
        sessions = read_table(Path(work, "sessions.parquet"))
        events = read_table(Path(work, "events_0.parquet"))
    rate = settings()["embedding"]["sample_rate_hz"]
    reader = RawReader([str(root)], file_digests(sessions))
    open_audio = recording_reader(sessions, reader.read, rate)
    embeddings = embed_cymbals(
        events,
        families(),
        lambda path, spans: open_audio(path, spans)[0],
        sample_rate_hz=rate,
        companion=companion(),
    )
    clustering = read_settings(ClusteringSettings, settings()["clustering"])
    assignments, _ = assign_cymbals(embeddings, families(), clustering, use_metadata=False)
    results = folder / "results"
    for kind, table in [
        ("sessions", sessions),
        ("events", events),
        ("crash/embeddings", embeddings),
    ]:
        write_table(results / kind / SOURCE_SET / "000.parquet", table)
    write_table(results / f"events/{SOURCE_SET}.parquet", events)
    write_table(results / f"crash/assignments/{SOURCE_SET}.parquet", assignments)


if __name__ == "__main__":
    import run

    run.run_chain = run_library
    run.judge_by_gap = lambda hits, n_cymbals, *_: run.judge_by_chain(hits, n_cymbals)
    run.main()
