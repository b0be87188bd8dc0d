"""Components of every session by label before and after aliasing, held against the changes."""

from collections import Counter

import pyarrow as pa
import pyarrow.compute as pc

# Components of each session by label.
LABEL_COUNTS = pa.schema(
    [
        ("source_set", pa.string()),
        ("session_id", pa.string()),
        ("label", pa.string()),
        ("before", pa.int64()),
        ("after", pa.int64()),
    ]
)


def count_labels(source_set: str, sessions: pa.Table) -> pa.Table:
    """Components by label before and after, of every session of a source set.

    Parameters
    ----------
    source_set : str
    sessions : pa.Table
        SESSION_LABELS schema, each session once.

    Returns
    -------
    counts : pa.Table
        LABEL_COUNTS schema, in order of session and label.
    """
    lists = sessions["labels"].combine_chunks()
    labels = lists.flatten()
    columns = {
        "source_set": pa.repeat(pa.scalar(source_set, pa.string()), len(labels)),
        "session_id": sessions["session_id"].take(pc.list_parent_indices(lists)),
        **{name: labels.field(name) for name in ("label", "before", "after")},
    }
    counts = pa.table(columns, LABEL_COUNTS)
    return counts.sort_by([("session_id", "ascending"), ("label", "ascending")])


def check_balance(source_set: str, changes: pa.Table, counts: pa.Table) -> None:
    """Check that the changes turn every session's counts before into those after.

    Parameters
    ----------
    changes : pa.Table
        LABEL_CHANGES schema.
    counts : pa.Table
        `count_labels` of the same shards.

    Raises
    ------
    ValueError
        If they do not; the message names the first session and label.
    """
    keys = ["session_id", "before", "after"]
    listed: Counter[tuple[str, str]] = Counter()
    for row in changed_rows(changes).group_by(keys).aggregate([([], "count_all")]).to_pylist():
        listed[row["session_id"], row["before"]] -= row["count_all"]
        listed[row["session_id"], row["after"]] += row["count_all"]
    counted: Counter[tuple[str, str]] = Counter()
    for row in changed_rows(counts).to_pylist():
        counted[row["session_id"], row["label"]] += row["after"] - row["before"]
    for key in sorted(listed.keys() | counted.keys()):
        if listed[key] != counted[key]:
            session_id, label = key
            raise ValueError(
                f"{source_set}: session {session_id!r}: its components of the label {label!r} are "
                f"{counted[key]:+d} after aliasing by their counts, {listed[key]:+d} by the list "
                f"of changes, and both must be equal; delete the run manifests (.manifest.json) of "
                f"the tables below results/changes/{source_set}/ and "
                f"results/session_labels/{source_set}/, and run again; the tables alone would be "
                f"put back as they are"
            )


def changed_rows(table: pa.Table) -> pa.Table:
    """The rows whose label, or number of components, is another after than before."""
    return table.filter(pc.not_equal(table["before"], table["after"]))
