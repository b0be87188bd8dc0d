"""Whether the source sets behind the events are whole, by the counts that their cards publish."""

from drumcorpus.ground.files.tables import read_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.completeness import (
    AT_INGEST,
    AT_INVENTORY,
    COMPLETE,
    SESSION_COLUMNS,
    count_files,
    describe_completeness,
    notes_by_session,
)


def completeness(beside) -> dict | None:
    """Every source set held against what is published of it.

    Parameters
    ----------
    beside : measure.Around
        With a table of sessions, files and tallies for each card, in the order of the cards.

    Returns
    -------
    dict or None
        ``not_complete`` (how many sets) and ``source_sets``, of each what
        `completeness.describe_completeness` says; None where no card was given.

    Raises
    ------
    ValueError
        If there are not as many tables of a kind as cards.
    """
    if not beside.cards:
        return None
    found = {}
    for (name, card), sessions, inventory, tallies in zip(
        beside.cards.items(), beside.sessions, beside.inventory, beside.tallies, strict=True
    ):
        found[name] = describe_completeness(
            read_yaml(card),
            read_table(sessions, list(SESSION_COLUMNS)),
            figures=(*AT_INVENTORY, *AT_INGEST),
            files=count_files(read_table(inventory, ["path", "role"])),
            notes=notes_by_session([tallies]),
        )
    return {
        "not_complete": sum(row["state"] != COMPLETE for row in found.values()),
        "source_sets": dict(sorted(found.items())),
    }
