"""Text and MIDI of the sessions of a shard, beside their sound."""

from collections.abc import Callable, Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.export.session_files import make_session
from drumcorpus.stages.export.settings import SESSION
from drumcorpus.stages.export.written import FileForm, sha256_of

_OF_INDEX = ["sample_id", "session_id", "audio_path", "split", "duration", "outcome"]


def write_session_files(
    files: FileForm,
    index_parts: Iterable[pa.Table],
    events: pa.Table,
    sessions: pa.Table,
    notes: Mapping[str, int | None],
    read_raw: Callable[[str], bytes],
) -> None:
    """Write both files of each session that has sound.

    Parameters
    ----------
    files : FileForm
    index_parts : iterable of pa.Table
        Schema `index.index_schema`.
    events, sessions : pa.Table
        Schemas EVENTS and SESSIONS.
    notes : mapping
        As of `session_files.make_session`.
    read_raw : callable
        The annotation of a session by its path; a MIDI file's tempo map is kept.

    Raises
    ------
    ValueError
        As of `session_files.make_session`.
    """
    of_session = {row["session_id"]: row["annotation_path"] or "" for row in sessions.to_pylist()}
    for row in (row for part in index_parts for row in part.select(_OF_INDEX).to_pylist()):
        if row["outcome"] != SESSION:
            continue
        own = pc.and_(
            pc.equal(events["session_id"], row["session_id"]),
            pc.equal(events["audio_path"], row["audio_path"]),
        )
        annotation = of_session[row["session_id"]]
        is_midi = annotation.lower().endswith((".mid", ".midi"))
        made = make_session(
            row["sample_id"],
            events.filter(own),
            notes=notes,
            source_midi=read_raw(annotation) if is_midi else None,
            duration=row["duration"],
        )
        for name, content in made.contents.items():
            end = name.rpartition(".")[2]
            files.write(row["split"], row["sample_id"], end, content, sha256_of(content))
