"""Where a merge or an aggregate reads and writes: what is refused before any row is read."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from drumcorpus.ground.files.plain_files import require_plain_file


def check_inputs(paths: Sequence[str], *, at_least: int) -> None:
    """Look at the shards before any is read.

    Raises
    ------
    FileNotFoundError
        If a shard is not there.
    ValueError
        If there are less than `at_least`, one is named twice or is no plain file.
    """
    if len(paths) < at_least:
        raise ValueError(
            f"inputs: got {len(paths)} shard{'' if len(paths) == 1 else 's'}; wanted: "
            f"{at_least} or more"
        )
    seen: dict[str, str] = {}
    for path in paths:
        require_plain_file(path)
        file = os.path.realpath(path)
        if file in seen:
            raise ValueError(f"inputs: {seen[file]} and {path} are one file; name it once")
        seen[file] = path


@contextmanager
def own_folder(output: str | os.PathLike) -> Iterator[Path]:
    """A folder beside the output for what does not fit into memory; gone at the end.

    What a killed process has left there is taken away by the next.
    """
    folder = Path(output).with_name(f".{Path(output).name}.runs")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_overwriting(
    inputs: Sequence[str | os.PathLike], output: str | os.PathLike, place: Path
) -> None:
    """Refuse to write over a shard, or the run manifest over the corpus."""
    read = {os.path.realpath(path) for path in inputs}
    for path in (output, place):
        if os.path.realpath(path) in read:
            raise ValueError(f"{os.fspath(path)}: is an input, and would be written over")
    if os.path.realpath(output) == os.path.realpath(place):
        raise ValueError(f"{os.fspath(output)}: the corpus and its run manifest are one file")
