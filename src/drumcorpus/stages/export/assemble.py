"""Writes what stands around the clips: labels, classes, figures and checksums."""

import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drumcorpus.ground.files.atomic import replacing
from drumcorpus.ground.files.database import open_database, open_tables
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.json_files import write_json
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.half_made import spill_folder
from drumcorpus.stages.export.layout import (
    CHECKSUMS,
    COMPONENTS,
    INDEX,
    METADATA,
    SPLIT_FOLDERS,
    Geometry,
    label_file,
)

COMPONENTS_SCHEMA = "drumcorpus.export_components/1"
METADATA_SCHEMA = "drumcorpus.export_metadata/1"
N_EXAMPLES = 5
_LINES_PER_BATCH = 50_000

# The queries are over the views ``events``, the manifest, and ``index``, what became of each event.
# Both are streamed from disk, never held as a whole.

# One row per way in which manifest and indexes disagree: what, n, examples.
_DISAGREEMENTS = f"""
WITH cases AS (
    SELECT event_id,
           CASE WHEN m.event_id IS NULL THEN 'indexed, and not in the manifest'
                WHEN i.event_id IS NULL THEN 'in the manifest, and in no index'
                WHEN m.split IS DISTINCT FROM i.split THEN 'cut for another split' END AS what
    FROM (SELECT event_id, split FROM events) AS m
    FULL JOIN (SELECT event_id, split FROM index) AS i USING (event_id)
    UNION ALL
    SELECT event_id, 'indexed more than once' FROM index GROUP BY event_id HAVING count(*) > 1
)
SELECT what, count(*), min(event_id, {N_EXAMPLES}) FROM cases
WHERE what IS NOT NULL GROUP BY what ORDER BY what
"""

# The labels that occur, and how many of their hits JSON could not write.
_LABELS = """
SELECT hit.label, count_if(NOT isfinite(hit.velocity) OR NOT isfinite(hit.openness))
FROM (SELECT unnest(components) AS hit FROM events) GROUP BY ALL
"""

# One JSON text per clip of a split, in order of session and onset.
_RECORDS = """
SELECT to_json({
    'file': i.path, 'sha256': i.sha256, 'event_id': m.event_id, 'session_id': m.session_id,
    'source_set': m.source_set, 'onset_sample': i.onset_sample,
    'components': list_transform(m.components, lambda c: {
        'label': c.label, 'velocity': c.velocity, 'dynamic_bucket': c.dynamic_bucket,
        'openness': c.openness, 'strike_position': c.strike_position, 'cymbal': c.cymbal,
        'instance': c.instance}),
    'techniques': m.techniques, 'negative_example': m.negative_example, 'license': m.license
})::VARCHAR
FROM events AS m JOIN index AS i USING (event_id)
WHERE m.split = $split AND i.split = $split AND i.outcome = 'clip'
ORDER BY m.source_set, m.session_id, m.onset_time, m.event_id
"""

# Figures of metadata.json, each a query of nested keys and a count.
_FIGURES = {
    "clips": "SELECT split, count(*) FROM index WHERE outcome = 'clip' GROUP BY ALL",
    "clips_by_source_set": """SELECT split, source_set, count(*) FROM index
        WHERE outcome = 'clip' GROUP BY ALL""",
    "hits_by_label": """SELECT split, hit.label, count(*)
        FROM (SELECT event_id, unnest(components) AS hit FROM events)
        JOIN index USING (event_id) WHERE outcome = 'clip' GROUP BY ALL""",
    "clips_by_license": """SELECT coalesce(license, '(none)'), count(*)
        FROM events JOIN index USING (event_id) WHERE outcome = 'clip' GROUP BY ALL""",
    "clips_by_redistributable": """SELECT coalesce(redistributable, false)::VARCHAR, count(*)
        FROM events JOIN index USING (event_id) WHERE outcome = 'clip' GROUP BY ALL""",
    "dropped": """SELECT outcome, source_set, count(*) FROM index
        WHERE outcome <> 'clip' GROUP BY ALL""",
    "padded_clips": """SELECT split, count(*) FROM index
        WHERE n_padded_front > 0 OR n_padded_back > 0 GROUP BY ALL""",
    "clips_beyond_full_scale": "SELECT split, count(*) FROM index WHERE n_clipped > 0 GROUP BY ALL",
}

# Sorted by folder and name, so that a reader sees each folder once and whole.
_CHECKSUMS = """
SELECT sha256 || '  ' || path
FROM (SELECT sha256, path FROM index WHERE outcome = 'clip' UNION ALL FROM others)
ORDER BY regexp_replace(path, '/?[^/]*$', ''), path
"""


def assemble_export(
    manifest_parquet: str | os.PathLike,
    index_tables: Iterable[str | os.PathLike],
    export_root: str | os.PathLike,
    *,
    components: list[str],
    sample_rate_hz: int,
    preroll_ms: float,
    postroll_ms: float,
    release: str | None,
    memory_limit: str,
    threads: int,
) -> dict:
    """Write label files, `components.json`, `metadata.json` and `SHA256SUMS` around the clips.

    Every file is replaced atomically, the checksums last; equal inputs give equal bytes. Folders
    of clips that no index names are removed: they are of shards that are no more.

    Parameters
    ----------
    manifest_parquet : path
        Manifest in the schema EVENTS: the labels come from here.
    index_tables : iterable of path
        The tables `cut_clips` returned for all shards, as Parquet.
    export_root : path
        The folder the clips are in.
    components : list of str
        Labels of the taxonomy in order of class id.
    sample_rate_hz, preroll_ms, postroll_ms
        As given to `cut_clips`.
    release : str, optional
        Name of the release, for `metadata.json`.
    memory_limit : str
        What the joins may hold before they go to disk.
    threads : int
        Threads of duckdb.

    Returns
    -------
    metadata : dict
        The content of `metadata.json`.

    Raises
    ------
    ValueError
        If manifest and indexes are not of the same events and splits, an event has a label that
        is not among `components`, a clip is of another geometry, or a table has not the schema it
        should have.
    """
    root = Path(export_root)
    root.mkdir(parents=True, exist_ok=True)
    geometry = Geometry.from_ms(sample_rate_hz, preroll_ms, postroll_ms)
    with _spill_folder(root) as spill, open_database(threads, memory_limit, spill) as con:
        open_tables(con, "events", [manifest_parquet], EVENTS)
        open_tables(con, "index", list(index_tables), INDEX)
        _check(con, components, geometry)
        _remove_stale_folders(con, root)
        metadata = {
            "schema": METADATA_SCHEMA,
            "release": release,
            "clip": _clip_facts(geometry, preroll_ms, postroll_ms),
            **{name: _nested(con.execute(query).fetchall()) for name, query in _FIGURES.items()},
            "label_files": {
                label_file(split): _write_labels(con, root, split) for split in SPLIT_FOLDERS
            },
        }
        classes = {label: class_id for class_id, label in enumerate(components)}
        document = {"schema": COMPONENTS_SCHEMA, "components": components, "classes": classes}
        write_json(root / COMPONENTS, document)
        write_json(root / METADATA, metadata)
        _write_checksums(con, root, metadata["label_files"])
    return metadata


@contextmanager
def _spill_folder(root: Path) -> Iterator[Path]:
    """Where the joins go when memory is full; also what a killed run left there goes."""
    spill = spill_folder(root)
    shutil.rmtree(spill, ignore_errors=True)
    spill.mkdir()
    try:
        yield spill
    finally:
        shutil.rmtree(spill, ignore_errors=True)


def _check(con, components: list[str], geometry: Geometry) -> None:
    """Refuse what would make the export contradict itself."""
    for what, n, examples in con.execute(_DISAGREEMENTS).fetchall():
        raise ValueError(f"{n:,} events are {what}, e.g. {', '.join(examples)}; cut the clips anew")
    labels = dict(con.execute(_LABELS).fetchall())
    unknown = sorted(map(str, labels.keys() - set(components)))
    if unknown:
        raise ValueError(f"the manifest has labels that are no component: {', '.join(unknown)}")
    broken = sorted(label for label, n in labels.items() if n)
    if broken:
        raise ValueError(f"velocity or openness is not a number at hits of {', '.join(broken)}")
    other = con.execute(
        "SELECT min(path) FROM index WHERE outcome = 'clip' AND (onset_sample <> ? OR bytes <> ?)",
        [geometry.onset_sample, geometry.clip_bytes],
    ).fetchone()[0]
    if other is not None:
        raise ValueError(f"{other} was cut with another pre-roll, post-roll or sample rate")


def _remove_stale_folders(con, root: Path) -> None:
    """Remove the folders of clips that no index names."""
    query = "SELECT DISTINCT regexp_replace(path, '/[^/]*$', '') FROM index WHERE path IS NOT NULL"
    wanted = {root / folder for (folder,) in con.execute(query).fetchall()}
    for split_folder in SPLIT_FOLDERS.values():
        for folder in root.glob(f"{split_folder}/clips/*/*"):
            if folder.is_dir() and not folder.is_symlink() and folder not in wanted:
                shutil.rmtree(folder)


def _clip_facts(geometry: Geometry, preroll_ms: float, postroll_ms: float) -> dict:
    """Geometry of the clips, in samples and in milliseconds."""
    return {
        "format": "WAV, PCM16, mono",
        "sample_rate_hz": geometry.sample_rate_hz,
        "onset_sample": geometry.onset_sample,
        "n_samples": geometry.n_samples,
        "bytes": geometry.clip_bytes,
        "preroll_ms": preroll_ms,
        "postroll_ms": postroll_ms,
    }


def _nested(rows: list[tuple]) -> dict:
    """Rows of keys and a count as nested dictionaries, keys sorted."""
    figures: dict = {}
    for *keys, last, n in sorted(rows):
        inner = figures
        for key in keys:
            inner = inner.setdefault(key, {})
        inner[last] = n
    return figures


def _write_labels(con, root: Path, split: str) -> dict:
    """Write the label file of one split, one record per line; its digest, size and records."""
    digest, n_bytes, n_lines = hashlib.sha256(), 0, 0
    rows = con.sql(_RECORDS, params={"split": split})
    with replacing(root / label_file(split)) as part, part.open("wb") as handle:
        for text in _array_lines(rows):
            handle.write(text)
            digest.update(text)
            n_bytes += len(text)
            n_lines += text.count(b"\n")
    return {"sha256": digest.hexdigest(), "bytes": n_bytes, "clips": n_lines - 2}


def _array_lines(rows) -> Iterator[bytes]:
    """The rows of a query as a JSON array, one line per record, some at a time."""
    yield b"["
    separator = "\n"
    for texts in _batches(rows):
        yield (separator + ",\n".join(texts)).encode()
        separator = ",\n"
    yield b"\n]\n"


def _write_checksums(con, root: Path, label_files: dict) -> None:
    """Write the listing of every file of the export, as ``sha256sum -c`` reads it."""
    digests = {path: facts["sha256"] for path, facts in label_files.items()}
    digests |= {name: sha256_file(root / name) for name in (COMPONENTS, METADATA)}
    con.execute("CREATE TABLE others (sha256 VARCHAR, path VARCHAR)")
    con.executemany("INSERT INTO others VALUES (?, ?)", [(d, path) for path, d in digests.items()])
    with replacing(root / CHECKSUMS) as part, part.open("wb") as handle:
        for lines in _batches(con.sql(_CHECKSUMS)):
            handle.write("".join(f"{line}\n" for line in lines).encode())


def _batches(rows) -> Iterator[list[str]]:
    """The texts of a query of one column, streamed: the answer never stands in memory."""
    for batch in rows.to_arrow_reader(_LINES_PER_BATCH):
        if batch.num_rows:
            yield batch.column(0).to_pylist()
