"""Which recording of a session an export takes: that of the drums, or the full mix."""

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

DRUMS, MIX = "drums", "mix"
AUDIO = (DRUMS, MIX)

_CHOSEN = {
    DRUMS: "CREATE VIEW {chosen} AS FROM {events}",
    MIX: """
    CREATE VIEW {chosen} AS SELECT e.* REPLACE (
        CASE WHEN e.audio_path = s.audio_path THEN s.mix_path END AS audio_path)
    FROM {events} AS e LEFT JOIN sessions AS s USING (source_set, session_id)
    """,
}


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


def make_chosen_view(con: duckdb.DuckDBPyConnection, events: str, chosen: str, audio: str) -> None:
    """Make the events of a view a view in which `audio_path` is as `with_audio` has it.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        For the mix it has the table or view `sessions`, of all source sets of the events.
    events, chosen : str
        The view that is there, and the one that is made.
    audio : str
        drums or mix.
    """
    con.execute(_CHOSEN[audio].format(events=events, chosen=chosen))


def _with_column(table: pa.Table, name: str, values) -> pa.Table:
    place = table.schema.get_field_index(name)
    return table.set_column(place, table.schema.field(place), values)
