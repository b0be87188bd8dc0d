"""Draws events of a drum corpus, with the sessions and the inventory that they stand in."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.schemas import COMPONENT, EVENTS, INVENTORY, SESSIONS

SPLITS = {"train": 0.8, "validation": 0.1, "test": 0.1}
SOURCE_SET = "egmd"
TAXONOMY = Path(__file__).parent.parent / "resources/taxonomy"
# How often a label is drawn; the rest is 1.
OFTEN = {"kick": 25, "snare": 25, "hihat_closed": 30, "hihat_open": 6, "hihat_pedal": 8}
OFTEN |= {"ride_bow": 12, "crash": 3, "tom_high": 3, "tom_mid": 3, "tom_low": 4}
_SAME = {"source_set": SOURCE_SET, "license": "CC-BY-4.0", "kit_id": "k1", "label_map": "td17"}
_SAME |= {"redistributable": True, "negative_example": False, "label_method": "midi"}


def draw_shard(
    folder: Path,
    seed: int,
    n_events: int,
    recordings: list[dict],
    *,
    seconds: float,
    splits: dict[str, float] = SPLITS,
) -> None:
    """Write ``events.parquet``, ``sessions.parquet`` and ``inventory.parquet`` of one shard.

    Parameters
    ----------
    folder : path
        Made.
    seed, n_events : int
    recordings : list of dict
        The file of each session: ``path``, ``bytes``, ``sha256``.
    seconds : float
        Length of each.
    splits : dict
        Share of the sessions of each split.
    """
    rng = np.random.default_rng(seed)
    n_sessions = len(recordings)
    number = np.sort(rng.integers(0, n_sessions, n_events))
    onset = np.round(rng.random(n_events) * seconds, 6)
    order = np.lexsort((onset, number))
    # As the ids of events, 20 hexadecimal digits of a digest.
    digits = rng.bytes(10 * n_events).hex()
    names = pa.array([f"drummer{n % 9}/session{n:04d}/{seed:04d}" for n in range(n_sessions)])
    paths = pa.array([file["path"] for file in recordings])
    of_split = pa.array(rng.choice(list(splits), n_sessions, p=list(splits.values())))
    flam = np.where(rng.random(n_events) < 0.05, 1, 0)
    rows = pa.array(number)
    columns = {
        "event_id": pa.array([digits[20 * n : 20 * n + 20] for n in range(n_events)]),
        "session_id": names.take(rows),
        "audio_path": paths.take(rows),
        "split": of_split.take(rows),
        "onset_time": pa.array(onset[order]),
        "components": draw_components(rng, n_events),
        "techniques": pa.ListArray.from_arrays(
            pa.array(np.concatenate([[0], np.cumsum(flam)]), pa.int32()),
            pa.array(["flam"] * int(flam.sum()), pa.string()),
        ),
    }
    own = {"session_id": names, "audio_path": paths, "split": of_split}
    files = [[{"role": "audio", **file}] for file in recordings]
    own |= {"files": pa.array(files, SESSIONS.field("files").type)}
    of_file = {name: pa.array([file[name] for file in recordings]) for name in recordings[0]}
    same = _SAME | {"audio_duration": seconds, "duration": seconds, "role": "audio"}
    folder.mkdir(parents=True)
    for name, schema, stated in (
        ("events", EVENTS, columns),
        ("sessions", SESSIONS, own),
        ("inventory", INVENTORY, {"session_id": names, **of_file}),
    ):
        n_rows = len(stated["session_id"])
        arrays = [
            stated[f.name]
            if f.name in stated
            else pa.repeat(pa.scalar(same.get(f.name), f.type), n_rows)
            for f in schema
        ]
        write_table(folder / f"{name}.parquet", pa.Table.from_arrays(arrays, schema=schema))


def draw_components(rng: np.random.Generator, n_events: int) -> pa.ListArray:
    """What is struck at each event: one component, or two at a fifth of them."""
    counts = 1 + (rng.random(n_events) < 0.2)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    labels = list(read_yaml(TAXONOMY / "components.yaml"))
    odds = np.array([OFTEN.get(label, 1) for label in labels], float)
    drawn = rng.choice(len(labels), offsets[-1], p=odds / odds.sum())
    values = {
        "label": pa.array(labels).take(pa.array(drawn)),
        "velocity": pa.array(np.round(rng.random(offsets[-1]), 4)),
        "confidence": pa.array(np.ones(offsets[-1])),
    }
    struck = [values.get(field.name, pa.nulls(offsets[-1], field.type)) for field in COMPONENT]
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()), pa.StructArray.from_arrays(struck, fields=list(COMPONENT))
    )
