"""The sound files of sessions: recordings, and stems and accompaniment beside them."""

import pyarrow as pa

from drumcorpus.ground.files.paths import is_sound_file
from drumcorpus.vocabulary import AUDIO, OTHER_FILE


def sound_files(inventory: pa.Table, sessions: pa.Table) -> pa.Table:
    """The sound files of some sessions: their recordings, and stems and accompaniment beside them.

    Parameters
    ----------
    inventory, sessions : pa.Table
        INVENTORY and SESSIONS schema, of one source set.

    Returns
    -------
    pa.Table
        INVENTORY schema, in the order of `inventory`.
    """
    names = set(sessions["session_id"].to_pylist())
    columns = (inventory[name].to_pylist() for name in ("session_id", "role", "path"))
    wanted = [
        name in names and (role == AUDIO or (role == OTHER_FILE and is_sound_file(path)))
        for name, role, path in zip(*columns, strict=True)
    ]
    return inventory.filter(pa.array(wanted, pa.bool_()))
