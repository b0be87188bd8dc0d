"""Manifests handed in: what is one is taken, what is none is told by line and field."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drumcorpus.ground.files import manifest_files
from drumcorpus.ground.files.manifest_files import as_parquet
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.schemas import EVENTS

EVENT = {
    "event_id": "0" * 20,
    "source_set": "groove",
    "session_id": "drummer1/1",
    "split": "train",
    "onset_time": 1.5,
    "bar": 3,
    "is_synthetic": False,
    "context_ms": {"pre": 80, "post": 200.0},
    "techniques": ["flam"],
    "components": [{"label": "kick", "velocity": 0.5}, {"label": "snare", "velocity": None}],
}


def write_lines(path, rows):
    lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


def refusal(path, folder):
    """The message, after a look that nothing is left behind."""
    folder.mkdir(exist_ok=True)
    with pytest.raises(ValueError) as caught:
        as_parquet(path, folder)
    assert list(folder.iterdir()) == []
    return str(caught.value)


def test_lines_become_the_table_they_were_written_from(tmp_path):
    path = write_lines(tmp_path / "mine.jsonl", [EVENT, EVENT | {"onset_time": 2}])
    table = read_table(as_parquet(path, tmp_path / "out"))
    assert table.schema == EVENTS
    expected = pa.Table.from_pylist([EVENT, EVENT | {"onset_time": 2.0}], EVENTS)
    assert table.equals(expected)


def test_blocks_of_any_size_give_the_same_table(tmp_path, monkeypatch):
    rows = [EVENT | {"onset_time": float(n)} for n in range(50)]
    path = write_lines(tmp_path / "mine.jsonl", rows)
    whole = as_parquet(path, tmp_path / "whole").read_bytes()
    monkeypatch.setattr(manifest_files, "BLOCK_BYTES", 700)
    assert as_parquet(path, tmp_path / "parts").read_bytes() == whole


def test_a_last_line_without_an_end_is_a_line(tmp_path):
    path = tmp_path / "mine.jsonl"
    path.write_text(json.dumps(EVENT))
    assert read_table(as_parquet(path, tmp_path / "out")).num_rows == 1


def with_component(**values):
    return EVENT | {"components": [*EVENT["components"], {"label": "crash", **values}]}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"event_id": "0", ', "not JSON"),
        ("", "not JSON"),
        ('{"onset_time": NaN}', "not JSON"),
        ("[1, 2]", "(line): got [1,2]; wanted: a JSON object"),
        (EVENT | {"onset_time": "1.5"}, 'onset_time: got "1.5"; wanted: a number'),
        (EVENT | {"onset_time": True}, "onset_time: got true; wanted: a number"),
        (EVENT | {"bar": 3.5}, "bar: got 3.5; wanted: a whole number"),
        (EVENT | {"bar": 2**40}, "bar: got 1099511627776; wanted: a whole number"),
        (EVENT | {"session_id": 7}, "session_id: got 7; wanted: a string"),
        (EVENT | {"is_synthetic": 0}, "is_synthetic: got 0; wanted: true or false"),
        (EVENT | {"techniques": "flam"}, 'techniques: got "flam"; wanted: an array'),
        (EVENT | {"techniques": [1]}, "techniques.0: got 1; wanted: a string"),
        (EVENT | {"context_ms": 80}, "context_ms: got 80; wanted: an object with pre, post"),
        (with_component(velocity="loud"), 'components.2.velocity: got "loud"; wanted: a number'),
        (EVENT | {"velocty": 1}, "(line): unknown key 'velocty'"),
        (EVENT | {"onset_tme": 1}, "'onset_tme' (did you mean 'onset_time'?); allowed: event_id"),
        (with_component(opennes=0.1), "components.2: unknown key 'opennes' (did you mean 'openn"),
        (EVENT | {"onset_time": None}, "onset_time: got null; wanted: a number"),
        (
            {key: value for key, value in EVENT.items() if key != "components"},
            "components: got nothing; wanted: an array",
        ),
    ],
)
def test_a_line_that_is_no_event_is_told_by_file_line_and_field(tmp_path, line, words):
    path = write_lines(tmp_path / "mine.jsonl", [EVENT] * 20 + [line] + [EVENT] * 20)
    message = refusal(path, tmp_path / "out")
    assert message.startswith(f"{path}:21: ")
    assert words in message
    assert len(message.splitlines()) == 1


def test_a_bad_line_deep_in_a_file_is_found_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest_files, "BLOCK_BYTES", 4_000)
    path = write_lines(tmp_path / "mine.jsonl", [EVENT] * 400 + [EVENT | {"split": 1}])
    assert refusal(path, tmp_path / "out").startswith(f"{path}:401: split: got 1")


def test_many_bad_lines_are_told_up_to_a_number(tmp_path):
    path = write_lines(tmp_path / "mine.jsonl", [EVENT | {"split": 1}] * 50)
    lines = refusal(path, tmp_path / "out").splitlines()
    assert len(lines) == manifest_files.N_PROBLEMS
    assert lines[-1].startswith(f"{path}:{manifest_files.N_PROBLEMS}: split")


TEXT = json.dumps(EVENT)


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (TEXT[:-1] + ', "bar": 4}', "bar"),
        (TEXT.replace('"split"', '"session_id": "drummer1/1", "split"'), "session_id"),
        (TEXT.replace('"split"', '"spli\\u0074": null, "split"'), "split"),
        (TEXT.replace('"pre": 80', '"pre": [1], "pre": 80'), "context_ms.pre"),
        (TEXT.replace('"label": "snare"', '"label": "snare", "label": "x"'), "components.1.label"),
    ],
)
def test_a_key_that_stands_twice_is_told_by_line_and_key(tmp_path, monkeypatch, line, key):
    monkeypatch.setattr(manifest_files, "BLOCK_BYTES", 4_000)
    path = write_lines(tmp_path / "mine.jsonl", [EVENT] * 40 + [line, EVENT])
    assert refusal(path, tmp_path / "out") == (
        f"{path}:41: {key}: stands more than once in one object; allowed: once; keep one of them"
    )


def test_a_key_that_stands_thrice_is_told_once_and_beside_other_mistakes(tmp_path):
    line = TEXT[:-1] + ', "bar": 4, "bar": 3.5}'
    lines = refusal(write_lines(tmp_path / "mine.jsonl", [line]), tmp_path / "out").splitlines()
    assert [text.split(": ")[2] for text in lines] == [
        "got 3.5; wanted",
        "stands more than once in one object; allowed",
    ]


def test_what_only_the_reader_refuses_is_told_by_the_lines_it_read(tmp_path, monkeypatch):
    monkeypatch.setattr(manifest_files, "line_problems", lambda line: iter(()))
    path = write_lines(tmp_path / "mine.jsonl", [EVENT, TEXT[:-1] + ', "bar": 4}'])
    assert refusal(path, tmp_path / "out").startswith(f"{path}: in lines 1 to 2: JSON parse error")


def test_a_parquet_table_stays_where_it_is(tmp_path):
    path = tmp_path / "mine.parquet"
    write_table(path, pa.Table.from_pylist([EVENT], EVENTS))
    assert as_parquet(path, tmp_path / "out") == path


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop_columns("components"), "components is missing"),
        (lambda t: t.append_column("velocty", pa.array([1])), "unknown key 'velocty'"),
        (lambda t: t.set_column(0, "event_id", pa.array([7])), "event_id is int64"),
        (
            lambda t: t.set_column(3, EVENTS.field("group_id"), pa.nulls(1, pa.string())),
            None,
        ),
        (
            lambda t: t.set_column(0, EVENTS.field("event_id"), pa.nulls(1, pa.string())),
            "row 1: event_id: got null",
        ),
    ],
    ids=[
        "column missing",
        "unknown column",
        "another type",
        "null where it may be",
        "null where it may not be",
    ],
)
def test_a_parquet_table_that_is_no_manifest_is_told_by_column(tmp_path, change, words):
    path = tmp_path / "mine.parquet"
    pq.write_table(change(pa.Table.from_pylist([EVENT], EVENTS)), path)
    if words is None:
        assert as_parquet(path, tmp_path / "out") == path
    else:
        message = refusal(path, tmp_path / "out")
        assert message.startswith(f"{path}: ")
        assert words in message


def test_another_ending_is_refused(tmp_path):
    path = write_lines(tmp_path / "mine.csv", [EVENT])
    assert "wanted: .parquet or .jsonl" in refusal(path, tmp_path / "out")


def test_a_file_that_is_not_there_is_an_error_of_the_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        as_parquet(tmp_path / "none.jsonl", tmp_path)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (json.dumps(EVENT | {"onset_time": float("nan")}), "not JSON"),
        (EVENT | {"onset_time": -0.5}, "onset_time: got -0.5; wanted: seconds, 0 or more"),
        (EVENT | {"components": [None]}, "components.0.label: got null; wanted: a label"),
        (EVENT | {"components": [{"velocity": 1.0}]}, "components.0.label: got"),
        (json.dumps(EVENT) + json.dumps(EVENT), "not JSON"),
    ],
)
def test_a_value_that_no_event_can_have_is_told_by_line(tmp_path, row, problem):
    path = write_lines(tmp_path / "mine.jsonl", [EVENT, row, EVENT])
    assert f"{path}:2: " in (said := refusal(path, tmp_path / "out")) and problem in said


def test_two_objects_on_a_line_do_not_make_up_for_a_blank_one(tmp_path):
    path = write_lines(tmp_path / "mine.jsonl", [json.dumps(EVENT) + json.dumps(EVENT), ""])
    assert f"{path}:1: " in refusal(path, tmp_path / "out")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"onset_time": float("nan")}, "onset_time: got nan"),
        ({"onset_time": -1.0}, "onset_time: got -1.0"),
        ({"components": [{"label": "kick", "velocity": float("inf")}]}, "components.velocity"),
        ({"components": [{"label": None}]}, "components.label: got null"),
    ],
)
def test_a_table_with_such_a_value_is_refused_by_its_row(tmp_path, changed, problem):
    path = tmp_path / "mine.parquet"
    rows = [EVENT | {"onset_time": 1.0}, EVENT | changed]
    pq.write_table(pa.Table.from_pylist(rows, EVENTS), path)
    said = refusal(path, tmp_path / "out")
    assert f"{path}: row 2: " in said and problem in said
