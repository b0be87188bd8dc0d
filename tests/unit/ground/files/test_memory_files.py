"""Memory files: read if they are whole, and made anew whatever stands in their place."""

import os

import pytest

from drumcorpus.ground.files.memory_files import make_way, read_memory, seal_of, write_memory


def test_what_was_written_is_read(tmp_path):
    path = tmp_path / "state" / "facts.json"
    write_memory(path, {"a": [1, 2.5, None]})
    assert read_memory(path) == ({"a": [1, 2.5, None]}, "")
    assert read_memory(tmp_path / "none.json") == ({}, "")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(b"", "not JSON", id="empty"),
        pytest.param(b'{"a": 1', "not JSON", id="cut"),
        pytest.param(b"\xff\x00\x80", "not JSON", id="binary"),
        pytest.param(b"[" * 5000, "not JSON", id="nested too deeply"),
        pytest.param(b"[1]", "holds no JSON object", id="list"),
        pytest.param(b"null", "holds no JSON object", id="null"),
    ],
)
def test_a_damaged_one_is_empty_with_a_reason_and_made_anew(tmp_path, content, reason):
    path = tmp_path / "facts.json"
    path.write_bytes(content)
    document, said = read_memory(path)
    assert document == {} and reason in said and str(path) in said
    write_memory(path, {"a": 1})
    assert read_memory(path) == ({"a": 1}, "")


def put_folder(path):
    path.mkdir()
    (path / "mine.txt").write_text("mine")


@pytest.mark.parametrize(
    "put",
    [
        pytest.param(put_folder, id="folder"),
        pytest.param(os.mkfifo, id="pipe"),
        pytest.param(lambda path: path.symlink_to("nothing"), id="link to nothing"),
        pytest.param(lambda path: path.symlink_to(path.name), id="link to itself"),
    ],
)
def test_what_is_no_file_is_renamed_and_kept(tmp_path, put):
    path = tmp_path / "facts.json"
    for name in ("facts.json.damaged", "facts.json.damaged-2"):
        put(path)
        document, said = read_memory(path)
        assert document == {} and str(path) in said
        write_memory(path, {"a": 1})
        assert read_memory(path) == ({"a": 1}, "")
        assert os.path.lexists(tmp_path / name)
        path.unlink()


def test_a_file_where_a_folder_belongs_is_renamed(tmp_path):
    (tmp_path / "state").write_text("no folder")
    path = tmp_path / "state" / "digests" / "facts.json"
    assert read_memory(path)[0] == {}
    write_memory(path, {"a": 1})
    assert read_memory(path) == ({"a": 1}, "")
    assert (tmp_path / "state.damaged").read_text() == "no folder"


def test_nothing_is_done_where_all_is_well(tmp_path):
    path = tmp_path / "facts.json"
    make_way(path)
    path.write_text("{}")
    make_way(path)
    assert [each.name for each in tmp_path.iterdir()] == ["facts.json"]


def test_a_seal_is_of_the_value_and_not_of_the_order_of_its_keys():
    assert seal_of({"a": 1, "b": 2}) == seal_of({"b": 2, "a": 1})
    assert len({seal_of(value) for value in (1, 1.0, "1", [1], {"1": 1}, None)}) == 6
