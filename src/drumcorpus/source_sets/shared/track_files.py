"""Files of tracks that people have annotated: which of two is taken, and what they say."""

from collections.abc import Callable, Iterable

from drumcorpus.ground.files.raw_files import UnusableFile
from drumcorpus.ground.midi.beats import meter_of_beats, read_beats, tempo_of_beats, timed_lines
from drumcorpus.sessions import Refusal, Survey
from drumcorpus.vocabulary import (
    ANNOTATION,
    DUPLICATE_FILE,
    NO_ONSETS,
    UNREADABLE_ANNOTATION,
    UNREADABLE_BEATS,
)


def fewest_folders_first(paths: Iterable[str]) -> list[str]:
    """Paths in the order in which they are taken: of two copies the one in fewer folders.

    Whatever order they come in.

    Examples
    --------
    >>> fewest_folders_first(["old/a/x.txt", "b/x.txt", "a/x.txt"])
    ['a/x.txt', 'b/x.txt', 'old/a/x.txt']
    """
    return sorted(paths, key=lambda path: (path.count("/"), path))


def take_file(
    survey: Survey,
    taken: dict[str, str],
    kind: str,
    path: str,
    *,
    is_sound: bool,
    of: str = "track",
) -> None:
    """Put a file under what it is of, if that has none of its kind; else it is refused.

    Parameters
    ----------
    taken : dict of str to str
        Paths by kind, to which this is added.
    is_sound : bool
        An annotation gets its role here; sound gets it where a session uses it.
    of : str
        What the file is of, in words.
    """
    if kind in taken:
        detail = f"a second file of this {of}; {taken[kind]} is taken"
        survey.refusals.append(Refusal(path, DUPLICATE_FILE, detail))
        return
    taken[kind] = path
    if not is_sound:
        survey.roles[path] = ANNOTATION


def read_strokes(path: str, data: bytes, wanted: str) -> list[tuple[int, float, str]]:
    """Line, onset in seconds and token of every stroke, in the order of the file.

    Raises
    ------
    UnusableFile
        `unreadable_annotation`, as of `beats.timed_lines` with `wanted`; `no_onsets` if there is
        not one stroke.
    """
    try:
        rows = timed_lines(data, path, wanted)
    except ValueError as error:
        raise UnusableFile(path, UNREADABLE_ANNOTATION, str(error)) from error
    if not rows:
        raise UnusableFile(path, NO_ONSETS, "the annotation holds no onset")
    return rows


def tempo_and_meter(
    survey: Survey, track: str, path: str, read: Callable[[str], bytes]
) -> tuple[float, str | None] | None:
    """Tempo (quarter notes a minute) and meter of a file of beats.

    None where it cannot be read; it is refused then (`unreadable_beats`).
    """
    try:
        times, numbers = read_beats(read(path), path)
    except ValueError as error:
        survey.refusals.append(Refusal(path, UNREADABLE_BEATS, str(error), track))
        return None
    return round(tempo_of_beats(times), 3), meter_of_beats(numbers)
