"""Which recording of a session an export takes: that of the drums, or the full mix."""

import pyarrow as pa
import pyarrow.compute as pc

DRUMS, MIX = "drums", "mix"
AUDIO = (DRUMS, MIX)


def with_audio(events: pa.Table, sessions: pa.Table, audio: str) -> tuple[pa.Table, pa.Table]:
    """Events and sessions whose `audio_path` is the recording that is asked for.

    Of the mix, an event has it where its own recording is that of its session; one that was found
    in a file of its own, such as a stroke of a multitrack, has none.

    Parameters
    ----------
    events, sessions : pa.Table
        Schemas EVENTS and SESSIONS, of one source set; all sessions of the events.
    audio : str
        drums or mix.

    Returns
    -------
    events, sessions : pa.Table
        The same rows. Of the mix, `audio_path` is null where there is none, and the sessions'
        `audio_duration` is that of the mix.
    """
    if audio == DRUMS:
        return events, sessions
    row = pc.index_in(events["session_id"], sessions["session_id"].combine_chunks())
    drums, mix = (sessions[name].combine_chunks() for name in ("audio_path", "mix_path"))
    is_own = pc.equal(events["audio_path"], drums.take(row.combine_chunks()))
    nothing = pa.scalar(None, pa.string())
    chosen = pc.if_else(pc.fill_null(is_own, False), mix.take(row.combine_chunks()), nothing)
    return (
        _with_column(events, "audio_path", chosen),
        _with_column(
            _with_column(sessions, "audio_path", mix), "audio_duration", sessions["mix_duration"]
        ),
    )


def _with_column(table: pa.Table, name: str, values) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), values)
