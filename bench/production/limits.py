"""What the hardware can do at best: the bare work of a stage, without what the stage is for.

Every function runs in a process of its own, beside the stage and on the same files.
"""

from pathlib import Path

CHUNK = 1 << 20


def scan(paths: list[str], columns: list[str] | None = None) -> int:
    """Read columns of Parquet tables with pyarrow, a row group at a time; returns the rows."""
    import pyarrow.parquet as pq

    n_rows = 0
    for path in paths:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(65_536, columns=columns):
                n_rows += batch.num_rows
    return n_rows


def scan_and_write(paths: list[str], output: str) -> int:
    """Read Parquet tables with pyarrow and write their rows as one, compressed alike."""
    import pyarrow.parquet as pq

    n_rows = 0
    schema = pq.read_schema(paths[0])
    with pq.ParquetWriter(output, schema, compression="zstd") as writer:
        for path in paths:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(65_536):
                    writer.write_batch(batch)
                    n_rows += batch.num_rows
    Path(output).unlink()
    return n_rows


def read(paths: list[str]) -> int:
    """Read files from their beginning to their end; returns the bytes."""
    n_bytes = 0
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 (a Path costs as much)
            while chunk := file.read(CHUNK):
                n_bytes += len(chunk)
    return n_bytes


def hash_all(paths: list[str]) -> int:
    """Read files and take their SHA-256 with hashlib; returns the bytes."""
    import hashlib

    n_bytes = 0
    for path in paths:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123
            hashlib.file_digest(file, "sha256")
            n_bytes += file.tell()
    return n_bytes


def decode(paths: list[str]) -> float:
    """Decode whole recordings into floats with libsndfile, in blocks; returns the seconds."""
    import soundfile

    seconds = 0.0
    for path in paths:
        with soundfile.SoundFile(path) as file:
            for _ in file.blocks(1 << 18, dtype="float32"):
                pass
            seconds += file.frames / file.samplerate
    return seconds


def write(sizes: list[int], folder: str) -> int:
    """Write files of such sizes, with bytes that do not repeat, and take them away."""
    import os
    import shutil

    content = os.urandom(CHUNK)
    Path(folder).mkdir(parents=True)
    for number, size in enumerate(sizes):
        with open(f"{folder}/{number}", "wb", buffering=0) as file:  # noqa: PTH123
            for start in range(0, size, CHUNK):
                file.write(content[: min(CHUNK, size - start)])
    shutil.rmtree(folder)
    return sum(sizes)
