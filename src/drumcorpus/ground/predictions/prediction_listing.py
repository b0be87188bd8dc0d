"""Which files the predictions of a system are: a folder of them, or a table, and a statement."""

import os
from pathlib import Path

from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.predictions.statement import statement_name

TSV, MIDI, TABLE = ".tsv", (".mid", ".midi"), ".parquet"


def files_of_predictions(path: str | os.PathLike) -> list[Path]:
    """Every file that predictions at a path consist of, the statement of the system last.

    Parameters
    ----------
    path : path
        As of `predictions.read_predictions`.

    Raises
    ------
    ValueError
        As of `files_below`.
    """
    path = Path(path)
    if path.is_dir():
        files, statement = [path / name for name in files_below(path)], path / statement_name(path)
    else:
        files, statement = [path], path.with_name(statement_name(path))
    return [*files, statement] if statement.exists() else files


def files_below(folder: Path) -> list[str]:
    """Files of predictions below a folder, sorted, by their paths there.

    Raises
    ------
    ValueError
        If there is none, or anything else but the statement of the system; if a folder cannot be
        read.
    """
    paths, odd = [], []
    for place, folders, names in os.walk(folder, onerror=_refuse_folder):
        folders.sort()
        for name in folders:
            if name.endswith((TSV, *MIDI)):
                shown = visible(str(Path(place) / name))
                raise ValueError(f"{shown}: is a folder, and named as predictions of a session are")
        links = [name for name in folders if (Path(place) / name).is_symlink()]
        odd += [
            f"{Path(os.path.relpath(Path(place) / name, folder)).as_posix()}/" for name in links
        ]
        for name in names:
            relative = Path(os.path.relpath(Path(place) / name, folder)).as_posix()
            is_one = name.endswith((TSV, *MIDI))
            if not is_one and relative == statement_name(folder):
                continue
            (paths if is_one else odd).append(relative)
    if odd:
        shown = visible(printable(min(odd)))
        if shown.endswith("/"):
            raise ValueError(
                f"{visible(str(folder))}: {shown[:-1]}: is a link to a folder, which is not "
                "followed; put the folder itself there"
            )
        raise ValueError(
            f"{visible(str(folder))}: {shown}: is no file of predictions; allowed: "
            "<session_id>.tsv, <session_id>.mid, <session_id>.midi, and predictions.json"
        )
    if not paths:
        raise ValueError(f"{visible(str(folder))}: holds no predictions (.tsv, .mid, .midi)")
    return sorted(paths)


def _refuse_folder(error: OSError) -> None:
    """A folder that is passed over would leave its sessions without predictions."""
    raise ValueError(f"{visible(str(error.filename))}: cannot be read: {error.strerror}") from error
