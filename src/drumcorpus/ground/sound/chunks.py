"""Files made of chunks (WAV, RF64, AIFF): whether all the samples that the header states are there.

libsndfile takes what is left of such a file for the whole.
"""

import os
from typing import BinaryIO

UNSTATED = (0, 0xFFFFFFFF)  # what a recorder leaves that could not go back: «until the end»


def missing_bytes(file: BinaryIO) -> tuple[int, int] | None:
    """Bytes of samples that the header states, and those that are there, if they are fewer.

    Parameters
    ----------
    file : binary file that can seek
        Of any content, at its start.

    Returns
    -------
    missing : (int, int) or None
        None also for a file of another format, or one that states no length.
    """
    n_bytes = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(12)
    kinds = {(b"RIFF", b"WAVE"): b"data", (b"RF64", b"WAVE"): b"data"}
    kinds |= {(b"FORM", b"AIFF"): b"SSND", (b"FORM", b"AIFC"): b"SSND"}
    samples_chunk = kinds.get((head[:4], head[8:]))
    if samples_chunk is None:
        return None
    order = "big" if samples_chunk == b"SSND" else "little"
    n_long = 0  # bytes of samples in a file that is longer than 32 bits tell
    while len(chunk := file.read(8)) == 8:
        size = int.from_bytes(chunk[4:], order)
        if chunk[:4] == samples_chunk:
            if samples_chunk == b"SSND" and size not in UNSTATED:
                file.seek(8, os.SEEK_CUR)  # where in the chunk the samples begin
                size = max(size - 8, 0)
            n_stated = n_long if size in UNSTATED else size
            n_there = n_bytes - file.tell()
            return (n_stated, n_there) if n_there < n_stated else None
        if (head[:4], chunk[:4]) == (b"RF64", b"ds64"):
            n_long = int.from_bytes(file.read(16)[8:], "little")
            size -= 16
        file.seek(size + size % 2, os.SEEK_CUR)
    return None
