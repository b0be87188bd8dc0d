"""An archive that is published in pieces, read as one file without a copy of it."""

import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import BinaryIO


class JoinedFile(io.RawIOBase):
    """Files read one behind the other, as ``cat`` would join them; they are closed with it.

    Parameters
    ----------
    pieces : sequence of (file, int)
        Open files in order, and how many bytes of each count.
    """

    def __init__(self, pieces: Sequence[tuple[BinaryIO, int]]):
        self._files = [file for file, _ in pieces]
        self._starts = [0, *accumulate(n_bytes for _, n_bytes in pieces)]
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """As of any file."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._starts[-1]}[whence]
        if start + offset < 0:
            raise io.UnsupportedOperation(f"negative position {start + offset}")
        self._at = start + offset
        return self._at

    def readinto(self, buffer) -> int:
        """As of any file; at most to the end of one piece."""
        if self._at >= self._starts[-1]:
            return 0
        number = bisect_right(self._starts, self._at) - 1
        file = self._files[number]
        file.seek(self._at - self._starts[number])
        n_left = self._starts[number + 1] - self._at
        n_read = file.readinto(memoryview(buffer)[:n_left])
        self._at += n_read
        return n_read

    def close(self) -> None:
        """Close every piece."""
        for file in self._files:
            file.close()
        super().close()
