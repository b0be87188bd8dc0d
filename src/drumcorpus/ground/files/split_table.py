"""The table of splits, as it is applied to events."""

import os

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import read_table
from drumcorpus.schemas import SPLITS


class SplitTable:
    """The split of each session of a manifest, and whether it is in the manifest."""

    def __init__(self, table: pa.Table):
        columns = (
            table[name].to_pylist() for name in ("source_set", "session_id", "split", "included")
        )
        self._splits = {
            (source_set, session_id): split if included else None
            for source_set, session_id, split, included in zip(*columns, strict=True)
        }

    def split_of(self, source_set: str, session_id: str) -> str | None:
        """The split of a session, None where it is refused.

        Raises
        ------
        ValueError
            If the table has no such session.
        """
        try:
            return self._splits[source_set, session_id]
        except KeyError:
            raise ValueError(
                f"{source_set}/{session_id}: has events, and the table of splits does not know it; "
                f"the inventory has changed since: run again from there"
            ) from None

    def apply(self, events: pa.Table) -> pa.Table:
        """The events of sessions that are in the manifest, each with its session's split.

        Parameters
        ----------
        events : pa.Table
            EVENTS schema.
        """
        keys = zip(events["source_set"].to_pylist(), events["session_id"].to_pylist(), strict=True)
        splits = pa.array([self.split_of(*key) for key in keys], pa.string())
        column = events.schema.get_field_index("split")
        return events.set_column(column, "split", splits).filter(pc.is_valid(splits))


def read_split_table(path: str | os.PathLike) -> SplitTable:
    """Read a table of splits.

    Raises
    ------
    ValueError
        If it is not Parquet or not of the schema SPLITS.
    """
    table = read_table(path)
    if table.schema.names != SPLITS.names:
        raise ValueError(f"{path}: columns {table.schema.names}; wanted: {SPLITS.names}")
    return SplitTable(table)


def splits_of_sessions(table: pa.Table, sessions: pa.Table) -> pa.Table:
    """The rows of a table of splits that are of the given sessions of one shard.

    Parameters
    ----------
    table, sessions : pa.Table
        SPLITS and SESSIONS schema.
    """
    wanted = set(
        zip(sessions["source_set"].to_pylist(), sessions["session_id"].to_pylist(), strict=True)
    )
    keys = zip(table["source_set"].to_pylist(), table["session_id"].to_pylist(), strict=True)
    return table.filter(pa.array(np.array([key in wanted for key in keys], dtype=bool)))
