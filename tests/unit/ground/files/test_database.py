"""duckdb: one way to open it, tables by their names, and nowhere else another way."""

import re

import duckdb
import pyarrow as pa
import pytest
from checkout import REPO
from cymbal_families import CRASH

from drumcorpus.ground.files.database import in_quotes, open_database, open_tables, select
from drumcorpus.ground.files.jsonl import write_rows
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, SPLITS
from drumcorpus.stages.crash.candidates import find_candidates
from drumcorpus.stages.crash.kit_notes import NAMED_CYMBALS
from drumcorpus.stages.ingest.provenance import provenance_rows

LIBRARY = REPO / "src/drumcorpus"
NUMBERS = pa.table({"a": [3, 1, 2]})
ODD_NAMES = ("a[1]*", "?", "it's", "release=1")


@pytest.fixture
def events_table():
    """Two crashes of one session."""
    row = {"source_set": "s", "session_id": "a", "techniques": ["flam"]}
    hits = [{"label": "crash", "source_label": "49"}]
    rows = [row | {"event_id": f"e{n}", "onset_time": float(n), "components": hits} for n in (1, 2)]
    return pa.Table.from_pylist(rows, EVENTS)


@pytest.mark.parametrize(
    ("pattern", "places"),
    [
        # Records become JSON in a database of their own, which opens no file.
        pytest.param(
            r"duckdb\.connect\(",
            {"ground/files/database.py", "stages/export/records.py"},
            id="connect",
        ),
        # What a card of an export shows to its readers opens nothing here.
        pytest.param(
            r"\bread_parquet\(",
            {"ground/files/database.py", "stages/export/card_examples.py"},
            id="read_parquet",
        ),
        # Shards with sound are written by bytes, and `load` is for who has numpy and pyarrow alone.
        pytest.param(
            r"pyarrow\.parquet|pyarrow import .*parquet",
            {
                "ground/files/tables.py",
                "ground/files/changed_columns.py",  # it copies what is no whole table
                "stages/export/parquet_shards.py",
                "load/contents.py",
                "load/exports.py",
                "load/parquet_index.py",
            },
            id="pyarrow_parquet",
        ),
    ],
)
def test_databases_and_tables_are_opened_in_one_module_but_for_those_named(pattern, places):
    modules = {
        path.relative_to(LIBRARY).as_posix()
        for path in LIBRARY.rglob("*.py")
        if re.search(pattern, path.read_text())
    }
    assert modules == places


@pytest.mark.parametrize("in_order", [False, True])
def test_threads_memory_spill_folder_and_order_are_as_stated(tmp_path, in_order):
    with open_database(1, "300MB", tmp_path, in_order=in_order) as database:
        [settings] = select(
            database,
            """SELECT current_setting('threads') AS threads,
                current_setting('memory_limit') AS memory_limit,
                current_setting('temp_directory') AS folder,
                current_setting('preserve_insertion_order') AS in_order""",
        )
        [spill] = tmp_path.iterdir()
    assert settings == {
        "threads": 1,
        "memory_limit": "286.1 MiB",
        "folder": str(spill),
        "in_order": in_order,
    }
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_fit_is_spilled_and_the_folder_removed_after_an_error(tmp_path):
    with open_database(1, "20MB", tmp_path) as database:
        database.execute("CREATE TABLE t AS SELECT hash(range) AS a FROM range(5_000_000)")
        assert database.execute("SELECT count(*) FROM t").fetchone() == (5_000_000,)
        assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) > 0
    with pytest.raises(duckdb.Error), open_database(1, "20MB", tmp_path) as database:
        database.execute("SELECT nothing")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_table_is_opened_by_its_name_whatever_that_looks_like(tmp_path, name):
    for folder in ("a1", "a1b", name):  # what the pattern would match as well, or instead
        write_table(tmp_path / folder / "t.parquet", pa.table({"a": [len(folder)]}))
    with open_database(1, "100MB") as database:
        open_tables(database, "t", [tmp_path / name / "t.parquet"])
        assert select(database, "FROM t") == [{"a": len(name)}]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_provenance_and_crash_candidates_read_the_events_of_the_folder_named(
    tmp_path, events_table, name
):
    path = tmp_path / name / "events.parquet"
    write_table(path, events_table)
    (tmp_path / "a1").mkdir()
    (tmp_path / "a1/events.parquet").write_bytes(b"no table")  # which the pattern would find
    tallies = pa.table({"session_id": ["a"], "outcome": ["in_event"], "n_hits": [1]})
    nothing = pa.table({"session_id": pa.array([], pa.string())})
    session = {"source_set": "s", "session_id": "a", "files": [], "label_map": None, "notes": []}
    session |= {"integrated_loudness": None, "overall_gain": None, "kit_id": None}
    recordings = {"audio_path": "a.wav", "mix_path": "band.wav"}
    session |= recordings | {"mix_parts": [{"path": "a.wav", "gain": 1.0}]}
    card = dict.fromkeys(("license", "redistributable", "version", "label_method"), "x")
    sessions = pa.Table.from_pylist([session])
    [row] = provenance_rows(
        *(sessions, path, tallies, nothing, nothing, nothing, [], card),
        license_ref="card",
        ingestion="0",
    )
    assert (row["n_events"], row["techniques"]) == (2, ["flam"])
    assert {name: row[name] for name in recordings} == recordings
    assert row["mix_parts"] == session["mix_parts"]
    columns = ("source_set", "session_id", "kit_id", "label_map")
    listed = pa.table({key: pa.array([session[key]], pa.string()) for key in columns})
    settings = {"min_hits": 2, "use_metadata": True, "cymbal_maps": []}
    [found] = find_candidates(
        path,
        listed,
        {},
        [CRASH],
        **settings,
        name_cymbals=lambda kinds: NAMED_CYMBALS.empty_table(),
    ).to_pylist()
    assert (found["session_id"], found["n_hits"]) == ("a", 2)


def test_a_file_that_is_no_parquet_and_a_missing_column_are_named(tmp_path):
    write_rows(tmp_path / "lines", [{"a": 1}])
    write_table(tmp_path / "t", NUMBERS)
    with open_database(1, "100MB") as database:
        with pytest.raises(ValueError, match=r"lines: not a readable Parquet table: "):
            open_tables(database, "t", [tmp_path / "lines"])
        with pytest.raises(ValueError, match=r"t: the column \w+ is missing"):
            open_tables(database, "t", [tmp_path / "t"], SPLITS)
        with pytest.raises(ValueError, match=r"t: a is int64, it should be string"):
            open_tables(database, "t", [tmp_path / "t"], pa.schema([("a", pa.string())]))


def test_a_path_in_quotes_is_that_path(tmp_path):
    target = tmp_path / "it's a 'file'.parquet"
    with open_database(1, "100MB", in_order=True) as database:
        database.execute(f"COPY (SELECT 7 AS a) TO {in_quotes(target)}")
        open_tables(database, "t", [target])
        assert select(database, "FROM t WHERE a = $a", {"a": 7}) == [{"a": 7}]
