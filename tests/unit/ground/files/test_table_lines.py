"""Tables as JSON Lines: the text of every kind of value, in the order of rows and columns."""

import json
import math
import random

import pyarrow as pa
import pytest

from drumcorpus.ground.files.database import in_quotes, open_database, open_tables
from drumcorpus.ground.files.table_lines import ROWS_AT_ONCE, write_table_as_lines
from drumcorpus.ground.files.tables import write_table

HIT = pa.struct([("label", pa.string()), ("v", pa.float64()), ("w", pa.list_(pa.string()))])
SCHEMA = pa.schema(
    [
        ("x", pa.float64()),
        ("event_id", pa.string()),
        ('a "name"', pa.string()),
        ("b", pa.bool_()),
        ("i", pa.int64()),
        ("j", pa.int32()),
        ("struct", pa.struct([("p", pa.float64()), ("q", pa.string())])),
        ("hits", pa.list_(HIT)),
        ("nothing", pa.null()),
    ]
)
ODD_NUMBERS = [0.0, -0.0, 1e-5, 1e-6, 9.9e-7, 1e-7, 5e-324, 1e15, 1e16, 1e17, 1e20, 1e21, 1e22]
ODD_NUMBERS += [123456789012345678.0, 1.7976931348623157e308, 1 / 3, -2.5, 100.0, 2.0**53]
LETTERS = [
    "a",
    '"',
    "\\",
    "/",
    "\n",
    "\t",
    "\r",
    "\b",
    "\f",
    "\x00",
    "\x1f",
    "\x7f",
    "ü",
    "漢",
    "😀",
]


def as_lines(folder, table) -> list[bytes]:
    write_table(folder / "t.parquet", table)
    assert write_table_as_lines(folder / "t.parquet", folder / "t.jsonl") == table.num_rows
    return (folder / "t.jsonl").read_bytes().splitlines(keepends=True)


def odd_rows(n_rows: int, seed: int) -> list[dict]:
    """Values of all kinds, many of them missing."""
    rng = random.Random(seed)

    def maybe(make):
        return None if rng.random() < 0.2 else make()

    def number():
        return rng.choice([*ODD_NUMBERS, rng.uniform(-1, 1) * 10.0 ** rng.randint(-30, 30)])

    def text():
        return "".join(rng.choices(LETTERS, k=rng.randint(0, 5)))

    def hit():
        words = maybe(lambda: [maybe(text) for _ in range(rng.randint(0, 2))])
        return {"label": maybe(text), "v": maybe(number), "w": words}

    return [
        {
            "x": maybe(number),
            "event_id": maybe(text),
            'a "name"': maybe(text) if row % 3 else "same",
            "b": maybe(lambda: rng.random() < 0.5),
            "i": maybe(lambda: rng.randint(-(2**63), 2**63 - 1)),
            "j": row // 100,
            "struct": maybe(lambda: {"p": maybe(number), "q": maybe(text)}),
            "hits": maybe(lambda: [maybe(hit) for _ in range(rng.randint(0, 3))]),
        }
        for row in range(n_rows)
    ]


def test_a_line_is_the_text_of_every_value(tmp_path):
    hits = [{"label": "kick", "v": 0.5, "w": []}, None, {"label": None, "v": 1.0, "w": ["a", None]}]
    row = {"x": -0.0, "event_id": 'a"b', 'a "name"': "\x1f\\u001f", "b": True, "i": -(2**63)}
    row |= {"j": 7, "struct": {"p": 1e-6, "q": "ü"}, "hits": hits}
    [first, second] = as_lines(tmp_path, pa.Table.from_pylist([row, {}], SCHEMA))
    assert first.decode() == (
        r'{"x":-0.0,"event_id":"a\"b","a \"name\"":"\u001F\\u001f","b":true,'
        '"i":-9223372036854775808,"j":7,"struct":{"p":0.000001,"q":"ü"},'
        '"hits":[{"label":"kick","v":0.5,"w":[]},null,{"label":null,"v":1.0,"w":["a",null]}],'
        '"nothing":null}\n'
    )
    assert json.loads(second) == dict.fromkeys(SCHEMA.names)


@pytest.mark.parametrize("n_rows", [1, 40, 5_000])
def test_the_bytes_are_those_that_duckdb_writes(tmp_path, n_rows):
    lines = as_lines(tmp_path, pa.Table.from_pylist(odd_rows(n_rows, seed=n_rows), SCHEMA))
    with open_database(1, "1GB", in_order=True) as database:
        open_tables(database, "rows", [tmp_path / "t.parquet"])
        target = in_quotes(tmp_path / "other.jsonl")
        database.execute(f"COPY (FROM rows) TO {target} (FORMAT json)")
    assert lines == (tmp_path / "other.jsonl").read_bytes().splitlines(keepends=True)


def test_rows_keep_their_order_over_pieces_and_values_their_place_in_runs(tmp_path):
    n_rows = 2 * ROWS_AT_ONCE + 100
    names = [f"s{row // 700}" for row in range(n_rows)]
    table = pa.table(
        {
            "session": names,
            "zero": [-0.0 if row % 2 else 0.0 for row in range(n_rows)],
            "long": [float(row // 900) if row % 3_000 else None for row in range(n_rows)],
            "row": range(n_rows),
            "empty": pa.array([[]] * n_rows, pa.list_(pa.string())),
        }
    )
    lines = as_lines(tmp_path, table)
    assert [json.loads(line) for line in lines] == table.to_pylist()
    assert [b'"zero":-0.0' in line for line in lines[:4]] == [False, True, False, True]


def test_what_is_no_number_is_null(tmp_path):
    table = pa.table({"x": [math.nan, math.inf, -math.inf, 1.0] + [math.nan] * 20})
    lines = as_lines(tmp_path, table)
    assert [json.loads(line)["x"] for line in lines[:5]] == [None, None, None, 1.0, None]


def test_no_row_is_no_line(tmp_path):
    assert as_lines(tmp_path, SCHEMA.empty_table()) == []


def test_a_column_that_json_has_no_form_for_is_named_by_its_type(tmp_path):
    write_table(tmp_path / "t.parquet", pa.table({"x": pa.array([b"a"], pa.binary())}))
    with pytest.raises(ValueError, match="a column of binary has no form as JSON Lines"):
        write_table_as_lines(tmp_path / "t.parquet", tmp_path / "t.jsonl")
    assert not (tmp_path / "t.jsonl").exists()
