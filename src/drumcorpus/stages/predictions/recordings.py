"""Which recording the predictions of a session are of, and how long it lasts."""

from collections.abc import Mapping
from dataclasses import dataclass

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.predictions.statement import StatedAudio
from drumcorpus.sessions import mix_files

# Seconds by which a stated length may differ: a decoder's padding, and the rounding of a resampler.
LENGTH_TOLERANCE = 0.1
N_NAMED = 6  # files that a message lists


@dataclass(frozen=True)
class Recording:
    """`path` is that of the file where it is not the session's own recording, and else None.

    `sha256` is the digest that the statement gives, None without one; `seconds` the length, None
    where nobody knows it.
    """

    path: str | None = None
    sha256: str | None = None
    seconds: float | None = None


def recording_of(
    session: Mapping,
    said: StatedAudio,
    seconds_of: Mapping[str, float | None],
    shown: str,
) -> Recording:
    """The recording that predictions of a session are of.

    It is the session's own, or the file that the statement names by its digest. A full mix has the
    time line of the drums: predictions of it are of the session's own recording.

    Parameters
    ----------
    session : mapping
        A row of the schema SESSIONS.
    said : StatedAudio
        What the statement says of it.
    seconds_of : mapping
        Length of every audio file of the source set, by path.
    shown : str
        What to call the statement in messages.

    Raises
    ------
    ValueError
        If no file of the session has the digest, the length is another, or the session has several
        recordings, none of them its own, and the statement names none.
    """
    name = visible(session["session_id"])
    files = {file["path"]: file["sha256"] for file in session["files"]}
    heard = {path: sha256 for path, sha256 in files.items() if path in seconds_of}
    path = None
    if said.sha256 is not None:
        matching = sorted(path for path, sha256 in heard.items() if sha256 == said.sha256)
        if not matching:
            raise ValueError(
                f"{shown}: audio: {name}: sha256 {said.sha256[:12]}… is no recording of that "
                f"session: these are predictions of other audio; allowed: {_in_words(heard)}"
            )
        path = _own_or(matching[0], session)
    elif session["audio_path"] is None and heard:
        raise ValueError(
            f"{shown}: audio: {name}: the session has {len(heard)} recordings; say of which the "
            f"predictions are, by its sha256; allowed: {_in_words(heard)}"
        )
    seconds = session["audio_duration"] if path is None else seconds_of[path]
    is_other = None not in (said.seconds, seconds) and (
        abs(said.seconds - seconds) > LENGTH_TOLERANCE
    )
    if is_other:
        raise ValueError(
            f"{shown}: audio: {name}: seconds: got {said.seconds}; its recording lasts "
            f"{seconds:.3f} s: these are predictions of other audio; allowed: {seconds:.3f}, "
            f"{LENGTH_TOLERANCE} s more or less"
        )
    return Recording(path, said.sha256, seconds)


def _own_or(path: str, session: Mapping) -> str | None:
    """None where a file is of the session's own recording, or of its mix."""
    own = [session["audio_path"], *(session["channel_paths"] or []), *mix_files(session)]
    return None if session["audio_path"] is not None and path in own else path


def _in_words(files: Mapping[str, str]) -> str:
    named = [f"{visible(path)} ({sha256[:12]}…)" for path, sha256 in sorted(files.items())]
    more = f" and {len(named) - N_NAMED} more" if len(named) > N_NAMED else ""
    return ", ".join(named[:N_NAMED]) + more or "none: it has no recording"
