"""Provenance rows: what is said of each session and of each of its files."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, FLAGS, QUARANTINE, ROOTS, SESSIONS, TALLIES
from drumcorpus.stages.ingest.provenance import provenance_rows

CARD = {
    "license": "CC0-1.0",
    "redistributable": True,
    "version": "1.0",
    "label_method": "annotation",
}
ROLES = {"txt": "annotation", "wav": "audio", "md": "other"}


def file(path):
    return {"path": path, "role": ROLES[path.split(".")[1]], "bytes": 3}


def session(name, *paths, **more):
    plain = {"source_set": "made_up", "session_id": name, "notes": [], "label_map": "drums"}
    return plain | {"files": [file(path) for path in paths]} | more


@pytest.fixture
def rows_of(tmp_path):
    def rows_of(sessions, roots, missing=(), **more):
        events = tmp_path / "events.parquet"
        write_table(events, pa.Table.from_pylist([], EVENTS))
        placed = [
            {"path": path, "root": root, "root_number": n} for path, (root, n) in roots.items()
        ]
        tables = (
            *(pa.Table.from_pylist(sessions, SESSIONS), events),
            *(TALLIES.empty_table(), QUARANTINE.empty_table()),
            *(FLAGS.empty_table(), pa.Table.from_pylist(placed, ROOTS), list(missing)),
        )
        about = {"license_ref": "card.yaml", "ingestion": "0"} | more
        return list(provenance_rows(*tables, CARD, **about))

    return rows_of


FIRST, SECOND, THIRD = ("primary", 1), ("secondary", 2), ("root_3", 3)


def test_every_file_and_session_says_below_which_root_it_lies(rows_of):
    roots = {"a.txt": FIRST, "a.wav": SECOND, "b.txt": SECOND, "b.wav": SECOND}
    roots |= {"c.txt": FIRST, "c.md": THIRD, "c.wav": THIRD}
    sessions = [
        session("a", "a.txt", "a.wav"),
        session("b", "b.txt", "b.wav"),
        session("c", "c.md", "c.txt", "c.wav"),
        session("d"),
    ]
    a, b, c, d = rows_of(sessions, roots)
    assert [(f["path"], f["root"], f["root_number"]) for f in a["hashes"]] == [
        ("a.txt", "primary", 1),
        ("a.wav", "secondary", 2),
    ]
    assert a["roots"] == [
        {"root": "primary", "root_number": 1, "n_files": 1, "roles": ["annotation"]},
        {"root": "secondary", "root_number": 2, "n_files": 1, "roles": ["audio"]},
    ]
    assert b["roots"] == [
        {"root": "secondary", "root_number": 2, "n_files": 2, "roles": ["annotation", "audio"]}
    ]
    assert [(root["root"], root["n_files"], root["roles"]) for root in c["roots"]] == [
        ("primary", 1, ["annotation"]),
        ("root_3", 2, ["audio", "other"]),
    ]
    assert (d["roots"], d["hashes"]) == ([], [])
    assert a["sample_paths"] == ["a.txt", "a.wav"]


def test_a_session_says_what_it_lacks(rows_of):
    lacking = {"kind": "audio", "reason": "missing_audio", "paths": ["a.wav"], "detail": "gone"}
    missing = [lacking | {"session_id": name} for name in ("a", "no session of the tables")]
    a, b = rows_of([session("a"), session("b")], {}, missing)
    assert a["missing"] == [lacking]
    assert b["missing"] == []


def test_a_session_that_a_model_labelled_names_it_and_its_file(rows_of):
    said = {"file": {"path": "a.tsv", "sha256": "5" * 64, "bytes": 3}, "n_hits": 7}
    said |= {"audio_path": "a.wav", "audio_sha256": "6" * 64}
    model = {"model": "lion", "version": "1.0", "label_map": "adtof5", "files_sha256": "7" * 64}
    staged = model | {"sessions": [{"session_id": "a", "stated_sha256": None} | said]}
    roots = {"a.wav": FIRST, "b.wav": FIRST}
    sessions = [session(name, f"{name}.wav", label_map=None) for name in ("a", "b")]
    a, b = rows_of(sessions, roots, staged=staged)
    assert a["predictions"] == model | said
    assert (a["label_method"], a["label_map"]) == ("model", "adtof5")
    assert a["processing_chain"][1] == "stage_predictions"
    assert (b["predictions"], b["label_method"], b["label_map"]) == (None, None, None)
    assert "predictions" not in rows_of([session("c")], {})[0]
