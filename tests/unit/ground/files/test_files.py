"""Files, tables, digests, JSON Lines and schema messages: the ground everything stands on."""

import errno
import itertools
import json
import math
import os
import shutil
import subprocess
import threading

import numpy as np
import pyarrow as pa
import pytest
from cymbal_families import CRASH, RIDE
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files import atomic
from drumcorpus.ground.files.atomic import reaching_the_disk, replacing, write_text
from drumcorpus.ground.files.digests import sha256_bytes, sha256_file, tree_digest
from drumcorpus.ground.files.json_files import canonical_json, read_json, write_json
from drumcorpus.ground.files.jsonl import read_rows, row_problems, write_rows
from drumcorpus.ground.files.paths import inside_root, printable
from drumcorpus.ground.files.schema_check import check_document, document_problems, typed
from drumcorpus.ground.files.table_lines import write_table_as_lines
from drumcorpus.ground.files.tables import (
    ROW_GROUP_ROWS,
    count_rows,
    iter_batches,
    read_table,
    read_tables,
    write_batches,
    write_table,
)
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.configuration import check_configuration, check_former_keys, spell_out
from drumcorpus.schemas import EVENTS
from drumcorpus.taxonomy import check_max_cymbals

EVENT = {
    "event_id": "0123456789abcdef0123",
    "source_set": "groove_mididataset",
    "session_id": "drummer1/session1/1",
    "group_id": "gmd/drummer1/session1/1",
    "split": "train",
    "onset_time": 1.25,
    "offset_time": None,
    "tempo_bpm": 138.0,
    "meter": "4/4",
    "bar": 1,
    "beat": 2.5,
    "style": "funk",
    "audio_path": "drummer1/session1/1.wav",
    "annotation_path": "drummer1/session1/1.mid",
    "is_synthetic": False,
    "label_method": "midi",
    "drummer_id": "drummer1",
    "kit_id": "roland_td11",
    "license": "CC-BY-4.0",
    "redistributable": True,
    "context_ms": {"pre": 80.0, "post": 200.0},
    "metadata_ref": "provenance:groove_mididataset/drummer1/session1/1",
    "negative_example": False,
    "techniques": ["edge"],
    "annotation_history": [
        {"annotation_stage": "alias", "method": "gmm", "confidence": 0.5, "notes": None}
    ],
    "components": [
        {
            "label": "crash",
            "velocity": 0.787402,
            "dynamic_bucket": "medium",
            "openness": None,
            "strike_position": "edge",
            "cymbal": 1,
            "instance": None,
            "confidence": 1.0,
            "source_label": "55",
        }
    ],
}


def events(n_rows):
    """Rows that differ, with lists of every length and nulls everywhere a null may stand."""
    component = EVENT["components"][0]
    return [
        EVENT
        | {
            "event_id": f"{row:020x}",
            "onset_time": row / 7,
            "style": None if row % 3 else "rock",
            "techniques": ["edge", "flam", "rim"][: row % 4],
            "annotation_history": EVENT["annotation_history"] * (row % 2),
            "components": [component | {"cymbal": row % 5 or None}] * (1 + row % 3),
        }
        for row in range(n_rows)
    ]


class TestReplacing:
    def test_the_new_content_takes_the_place_of_the_old(self, tmp_path):
        path = tmp_path / "new" / "folder" / "a.txt"
        write_text(path, "old\n")
        write_text(path, "neu: ü\n")
        assert path.read_bytes() == b"neu: \xc3\xbc\n"
        assert [p.name for p in path.parent.iterdir()] == ["a.txt"]

    def test_until_the_end_the_old_content_stands(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with replacing(path) as part:
            part.write_text("new")
            assert path.read_text() == "old"
            assert part.parent == path.parent
        assert path.read_text() == "new"

    @pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
    def test_an_error_leaves_the_old_file_and_nothing_else(self, tmp_path, error):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with pytest.raises(error), replacing(path) as part:
            part.write_text("half")
            raise error
        assert path.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]

    def test_an_error_where_no_file_was_leaves_none(self, tmp_path):
        with pytest.raises(ValueError), replacing(tmp_path / "a.txt") as part:
            part.write_text("half")
            raise ValueError
        assert list(tmp_path.iterdir()) == []

    def test_a_body_that_writes_nothing_is_an_error_and_the_old_file_stays(self, tmp_path):
        path = tmp_path / "a.txt"
        path.write_text("old")
        with pytest.raises(FileNotFoundError), replacing(path):
            pass
        assert path.read_text() == "old"

    def test_what_an_earlier_kill_has_left_behind_is_overwritten(self, tmp_path):
        path = tmp_path / "a.json"
        with pytest.raises(KeyboardInterrupt), replacing(path) as part:
            part.write_text("x" * 10_000)
            name = part
            raise KeyboardInterrupt
        name.write_text("x" * 10_000)
        write_json(path, {})
        assert path.read_bytes() == b"{}\n"
        assert [p.name for p in tmp_path.iterdir()] == ["a.json"]

    def test_a_large_file_reaches_the_disk_while_it_is_written(self, tmp_path, monkeypatch):
        reached = threading.Event()
        monkeypatch.setattr(atomic, "_REACH_SECONDS", 0.001)
        monkeypatch.setattr(os, "fsync", lambda handle: reached.set())
        with (tmp_path / "a").open("wb") as file, reaching_the_disk(file):
            assert reached.wait(30)

    @pytest.mark.parametrize(("n_bytes", "is_forgotten"), [(100, False), (101, True)])
    def test_of_a_very_large_file_the_system_forgets_what_stands_on_the_disk(
        self, tmp_path, monkeypatch, n_bytes, is_forgotten
    ):
        forgotten, turns = [], threading.Semaphore(0)
        monkeypatch.setattr(atomic, "_REACH_SECONDS", 0.001)
        monkeypatch.setattr(atomic, "_MOST_REMEMBERED", 100)
        monkeypatch.setattr(os, "fsync", lambda handle: turns.release())
        monkeypatch.setattr(os, "posix_fadvise", lambda _, *rest: forgotten.append(rest))
        with (tmp_path / "a").open("wb", buffering=0) as file, reaching_the_disk(file):
            file.write(bytes(n_bytes))
            for _ in range(3):  # the second begins after the bytes are written
                assert turns.acquire(timeout=30)
        assert set(forgotten) == ({(0, n_bytes, os.POSIX_FADV_DONTNEED)} if is_forgotten else set())
        assert (tmp_path / "a").read_bytes() == bytes(n_bytes)

    def test_what_the_disk_refuses_meanwhile_is_told(self, tmp_path, monkeypatch):
        reached = threading.Event()

        def refuse(handle):
            reached.set()
            raise OSError(errno.ENOSPC, "no space")

        monkeypatch.setattr(atomic, "_REACH_SECONDS", 0.001)
        monkeypatch.setattr(os, "fsync", refuse)
        with (
            (tmp_path / "a").open("wb") as file,
            pytest.raises(OSError, match="no space"),
            reaching_the_disk(file),
        ):
            assert reached.wait(30)

    @pytest.mark.parametrize("writer", [write_rows, write_table, write_batches])
    def test_rows_that_fail_half_way_leave_the_old_product(self, tmp_path, writer):
        path = tmp_path / "product"
        path.write_text("old")

        def rows():
            yield {} if writer is write_rows else pa.record_batch({"a": [1]})
            raise RuntimeError("the disk is full")

        schema = pa.schema([("a", pa.int64())])
        table = type("Table", (), {"schema": schema, "to_batches": lambda self: rows()})()
        arguments = {write_rows: (rows(),), write_table: (table,), write_batches: (schema, rows())}
        with pytest.raises(RuntimeError, match="the disk is full"):
            writer(path, *arguments[writer])
        assert path.read_text() == "old"
        assert [p.name for p in tmp_path.iterdir()] == ["product"]


class TestCanonicalJson:
    def test_equal_values_give_equal_bytes_whatever_the_order_of_keys(self):
        one = canonical_json({"b": [1, 2.5, None], "a": {"d": True, "c": "ü"}})
        other = canonical_json({"a": {"c": "ü", "d": True}, "b": (1, 2.5, None)})
        assert one == other
        assert (
            one
            == (
                '{\n  "a": {\n    "c": "ü",\n    "d": true\n  },\n'
                '  "b": [\n    1,\n    2.5,\n    null\n  ]\n}\n'
            ).encode()
        )

    def test_numpy_s_numbers_are_as_good_as_python_s(self):
        document = {"n": np.int64(3), "x": np.float64(0.1), "ok": np.bool_(True), "a": np.arange(2)}
        assert canonical_json(document) == canonical_json(
            {"n": 3, "x": 0.1, "ok": True, "a": [0, 1]}
        )

    def test_true_is_not_one_and_one_is_not_one_point_zero(self):
        assert len({canonical_json(value) for value in (True, 1, 1.0, "1")}) == 4

    @pytest.mark.parametrize(
        "value",
        [object(), {1, 2}, b"bytes", {1: "key"}, "\udce9", 1j],
        ids=["object", "set", "bytes", "number as key", "lone surrogate", "complex"],
    )
    def test_what_json_has_not_is_refused(self, value):
        with pytest.raises(TypeError):
            canonical_json({"value": value})

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_numbers_that_json_has_not_are_refused_and_no_null(self, value):
        with pytest.raises(TypeError):
            canonical_json({"value": value})

    @settings(deadline=None)
    @given(st.floats(allow_nan=False, allow_infinity=False))
    def test_every_number_comes_back(self, number):
        assert json.loads(canonical_json([number])) == [number]


class TestReading:
    def test_json_that_is_broken_is_named_with_line_and_column(self, tmp_path):
        path = tmp_path / "a.json"
        path.write_text('{\n  "a": 1,\n  "b" 2\n}')
        with pytest.raises(ValueError, match=r"a\.json:3:7: not JSON: "):
            read_json(path)

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            (b"a: [1\nb: 2\n", r"a\.yaml:2:2: not YAML"),
            (b"a: \xff\n", r"a\.yaml.* not YAML"),
            (b"a: \x00\n", r"a\.yaml.* not YAML"),
            (b"!!python/object/apply:os.system [ls]\n", r"a\.yaml:1:1: not YAML"),
            (b"a: *nobody\n", r"a\.yaml:1:4: not YAML"),
            (b"verified: 2026-13-45\n", r"a\.yaml.* not YAML"),
            (b"[" * 5000, r"a\.yaml.* not YAML"),
        ],
        ids=["syntax", "not UTF-8", "NUL", "object", "alias", "no such day", "deep"],
    )
    def test_yaml_that_is_broken_or_hostile_is_named(self, tmp_path, text, message):
        path = tmp_path / "a.yaml"
        path.write_bytes(text)
        with pytest.raises(ValueError, match=message):
            read_yaml(path)

    @pytest.mark.parametrize(
        "text",
        [
            "A: &a {<<: &base {p: 1, q: 2}, p: 3}\nB: {<<: *a}\n",
            "A: {deep: {deeper: &a {<<: &base {p: 1, q: 2}, p: 3}}}\nB: {<<: *a}\n",
            "A: {deep: {deeper: &a {<<: [&b {p: 1}, {q: 2}], p: 3}}}\nB: {<<: *a, p: 3}\n",
        ],
        ids=["level", "deeper", "two_merged"],
    )
    def test_a_key_that_hides_a_merged_one_stands_once(self, tmp_path, text):
        path = tmp_path / "a.yaml"
        path.write_text(text)
        assert read_yaml(path)["B"] == {"p": 3, "q": 2}

    def test_names_that_are_not_utf8_become_visible(self):
        assert printable("caf\udce9 ü.wav") == "caf\\xe9 ü.wav"
        assert printable("a b#'\n.wav") == "a b#'\n.wav"


class TestInsideRoot:
    @pytest.fixture
    def root(self, tmp_path):
        root = tmp_path / "root"
        (root / "folder").mkdir(parents=True)
        (root / "folder" / "a.wav").write_text("in")
        (tmp_path / "secret").write_text("out")
        (tmp_path / "root2").mkdir()
        (root / "way_out").symlink_to(tmp_path / "secret")
        (root / "folder_out").symlink_to(tmp_path)
        (root / "beside").symlink_to(tmp_path / "root2")
        (root / "inner").symlink_to(root / "folder")
        (root / "loop").symlink_to(root / "loop")
        return root

    @pytest.mark.parametrize("path", ["folder/a.wav", "inner/a.wav", "folder", "not there yet"])
    def test_what_lies_below_the_root_is_allowed(self, root, path):
        assert inside_root(root, path) == root / path

    @pytest.mark.parametrize(
        "path",
        [
            "../secret",
            "folder/../../secret",
            "folder/..",
            "/etc/passwd",
            "//etc/passwd",
            "way_out",
            "folder_out/secret",
            "beside/x",
            "..\\secret",
            "a\0b",
        ],
        ids=[
            "parent",
            "parent after a folder",
            "folder and back",
            "absolute",
            "two slashes",
            "link out",
            "below a link out",
            "name that starts alike",
            "backslash",
            "NUL",
        ],
    )
    def test_what_leaves_the_root_is_refused(self, root, path):
        assert inside_root(root, path) is None

    def test_a_link_to_itself_is_refused(self, root):
        assert inside_root(root, "loop/a.wav") is None

    def test_a_root_that_is_itself_a_link_is_a_root(self, root, tmp_path):
        (tmp_path / "drive").symlink_to(root)
        assert inside_root(tmp_path / "drive", "folder/a.wav") is not None
        assert inside_root(tmp_path / "drive", "../secret") is None


class TestDigests:
    def test_sha256_is_that_of_the_standard(self, tmp_path):
        # FIPS 180-2, appendix B.1.
        abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        (tmp_path / "abc").write_bytes(b"abc")
        assert sha256_bytes(b"abc") == sha256_file(tmp_path / "abc") == abc

    def test_a_tree_s_digest_does_not_depend_on_the_order(self):
        entries = [("b", "2" * 64), ("a", "1" * 64)]
        assert tree_digest(entries) == tree_digest(reversed(entries))
        assert tree_digest(entries) == sha256_bytes(f"{'1' * 64}  a\n{'2' * 64}  b\n".encode())

    @pytest.mark.parametrize(
        "name",
        ["a b", "a#'\"b", "ü", "line\nbreak", "back\\slash"],
        ids=["space", "quotes", "not ASCII", "line break", "backslash"],
    )
    @pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
    def test_it_is_the_digest_of_what_sha256sum_prints(self, tmp_path, name):
        (tmp_path / name).write_bytes(b"abc")
        listing = subprocess.run(["sha256sum", name], cwd=tmp_path, capture_output=True, check=True)
        assert tree_digest([(name, sha256_bytes(b"abc"))]) == sha256_bytes(listing.stdout)

    def test_no_name_can_pass_for_two_files(self):
        two = [("a", "1" * 64), ("b", "2" * 64)]
        one = [(f"a\n{'2' * 64}  b", "1" * 64)]
        assert tree_digest(one) != tree_digest(two)


class TestParquet:
    @pytest.fixture(scope="class")
    def table(self):
        return pa.Table.from_pylist(events(2 * ROW_GROUP_ROWS + 1000), EVENTS)

    @pytest.mark.parametrize("cuts", [[1000], [ROW_GROUP_ROWS], [7, 16_000, 16_390, 33_000]])
    def test_equal_rows_cut_otherwise_give_equal_bytes(self, tmp_path, table, cuts):
        bounds = [0, *cuts, len(table)]
        parts = [table.slice(a, b - a) for a, b in itertools.pairwise(bounds)]
        batches = [batch for part in parts for batch in part.to_batches()]
        assert write_batches(tmp_path / "cut", EVENTS, batches) == len(table)
        write_table(tmp_path / "whole", table)
        assert (tmp_path / "cut").read_bytes() == (tmp_path / "whole").read_bytes()

    def test_empty_batches_in_between_leave_no_trace(self, tmp_path, table):
        few = table.slice(0, 10)
        empty = EVENTS.empty_table().to_batches() or [pa.RecordBatch.from_pylist([], schema=EVENTS)]
        write_batches(tmp_path / "a", EVENTS, [*empty, *few.to_batches(), *empty])
        write_table(tmp_path / "b", few)
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()

    def test_row_groups_are_of_the_one_size(self, tmp_path, table):
        write_table(tmp_path / "t", table)
        sizes = [batch.num_rows for batch in iter_batches(tmp_path / "t")]
        assert sizes == [ROW_GROUP_ROWS, ROW_GROUP_ROWS, 1000]
        assert count_rows(tmp_path / "t") == len(table)

    def test_what_is_written_is_read_again(self, tmp_path):
        rows = events(50)
        write_table(tmp_path / "t.parquet", pa.Table.from_pylist(rows, EVENTS))
        table = read_table(tmp_path / "t.parquet")
        assert table.schema.equals(EVENTS)
        assert table.to_pylist() == rows

    def test_no_rows_are_a_table_too(self, tmp_path):
        write_table(tmp_path / "t", EVENTS.empty_table())
        assert read_table(tmp_path / "t").schema.equals(EVENTS)
        assert count_rows(tmp_path / "t") == 0
        assert read_tables([], EVENTS).num_rows == 0

    def test_a_folder_that_looks_like_a_partition_adds_no_column(self, tmp_path):
        path = tmp_path / "release=1" / "t.parquet"
        write_table(path, pa.table({"a": [1]}))
        assert read_table(path).column_names == ["a"]

    @pytest.mark.parametrize(
        "content",
        [b"", b"PAR1", b"PAR1" + bytes(100) + b"PAR1"],
        ids=["empty", "head alone", "no footer"],
    )
    def test_a_file_that_is_no_parquet_is_named(self, tmp_path, content):
        (tmp_path / "t.parquet").write_bytes(content)
        with pytest.raises(ValueError, match=r"t\.parquet: not a readable Parquet table"):
            read_table(tmp_path / "t.parquet")


class TestJsonLines:
    def test_rows_come_back(self, tmp_path):
        rows = [{"a": 1, "b": "ü\n\u2028"}, {}, {"c": [None, 0.1]}]
        assert write_rows(tmp_path / "a.jsonl", rows) == 3
        assert list(read_rows(tmp_path / "a.jsonl")) == rows
        assert (tmp_path / "a.jsonl").read_bytes().count(b"\n") == 3

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            (b"{", r"a\.jsonl:2: not JSON"),
            (b"", r"a\.jsonl:2: not JSON"),
            (b'{"a": NaN}', r"a\.jsonl:2: not JSON"),
            (b'{"a": "\xff"}', r"a\.jsonl:2: not JSON"),
            (b"[1]", r"a\.jsonl:2: not a JSON object: b'\[1\]"),
            (b"null", r"a\.jsonl:2: not a JSON object"),
        ],
        ids=["cut", "empty", "NaN", "not UTF-8", "a list", "null"],
    )
    def test_a_broken_line_is_named_by_file_and_line(self, tmp_path, line, message):
        (tmp_path / "a.jsonl").write_bytes(b'{"a": 1}\n' + line + b'\n{"a": 2}\n')
        with pytest.raises(ValueError, match=message):
            list(read_rows(tmp_path / "a.jsonl"))


def broken(place, value):
    """`EVENT` with one value replaced, or taken out if `value` is Ellipsis."""
    event = json.loads(json.dumps(EVENT))
    *parents, name = place
    holder = event
    for parent in parents:
        holder = holder[parent]
    if value is ...:
        del holder[name]
    else:
        holder[name] = value
    return event


class TestWordsOfASchema:
    @pytest.mark.parametrize(
        ("schema", "value", "problem"),
        [
            ({"uniqueItems": True}, ["a", "a"], "got ['a', 'a']; wanted: each but once"),
            ({"minItems": 1, "description": "a list"}, [], "got []; wanted: 1 or more (a list)"),
            ({"minProperties": 2}, {"a": 1}, "got {'a': 1}; wanted: 2 or more"),
            ({"maxLength": 2}, "abc", "got 'abc'; wanted: at most 2 characters"),
            (
                {"type": ["number", "object"], "minimum": 0, "maximum": 9},
                -1,
                "got -1; allowed: number or object from 0 to 9",
            ),
        ],
        ids=["twice", "none", "few", "long", "small"],
    )
    def test_what_is_allowed_is_said_in_words(self, schema, value, problem):
        document = {"key": value}
        assert document_problems(document, {"properties": {"key": schema}}) == [f"key: {problem}"]


class TestRowProblems:
    @pytest.mark.parametrize(
        ("place", "value", "problem"),
        [
            (["event_id"], "0123", "event_id: got '0123'; wanted: pattern"),
            (["event_id"], "0123456789ABCDEF0123", "event_id: got"),
            (["source_set"], None, "source_set: got None; wanted: string"),
            (["session_id"], "", "session_id: got ''"),
            (["split"], "val", "split: got 'val'; allowed: train, validation, test"),
            (["onset_time"], -0.001, "onset_time: got -0.001; allowed: number from 0"),
            (["onset_time"], "1.25", "onset_time: got '1.25'; wanted: number from 0"),
            (["onset_time"], ..., "(top level): missing onset_time"),
            (["tempo_bpm"], 0, "tempo_bpm: got 0"),
            (["meter"], "4-4", "meter: got '4-4'"),
            (["bar"], 0, "bar: got 0"),
            (["bar"], 1.5, "bar: got 1.5; wanted: integer or null"),
            (["beat"], 0.99, "beat: got 0.99"),
            (["is_synthetic"], 0, "is_synthetic: got 0; wanted: boolean"),
            (["label_method"], "guess", "label_method: got 'guess'; allowed: midi, annotation"),
            (["license"], "", "license: got ''"),
            (["context_ms", "pre"], -1, "context_ms.pre: got -1"),
            (["context_ms", "post"], ..., "context_ms: missing post"),
            (["metadata_ref"], "groove/1", "metadata_ref: got 'groove/1'"),
            (["techniques"], "edge", "techniques: got 'edge'; wanted: array"),
            (["techniques"], [None], "techniques.0: got None; wanted: string"),
            (["components"], [], "components: got []"),
            (["components", 0, "velocity"], 1.01, "components.0.velocity: got 1.01"),
            (["components", 0, "cymbal"], 0, "components.0.cymbal: got 0"),
            (["components", 0, "source_label"], 55, "components.0.source_label: got 55"),
            (["components", 0, "label"], ..., "components.0: missing label"),
            (["annotation_history", 0, "confidence"], 2, "annotation_history.0.confidence: got 2"),
            (
                ["onset"],
                1.25,
                "(top level): unknown key 'onset' (did you mean 'onset_time'?); allowed: ",
            ),
        ],
    )
    def test_each_broken_field_has_one_sentence_with_file_and_line(
        self, tmp_path, workflow_schema, place, value, problem
    ):
        path = tmp_path / "m.jsonl"
        write_rows(path, [EVENT, broken(place, value), EVENT])
        problems = row_problems(path, workflow_schema("event"))
        assert len(problems) == 1
        assert problems[0].startswith(f"{path}:2: {problem}")

    def test_a_right_file_has_no_problem(self, tmp_path, workflow_schema):
        write_rows(tmp_path / "m.jsonl", events(20))
        assert row_problems(tmp_path / "m.jsonl", workflow_schema("event")) == []

    def test_the_list_ends_at_its_limit(self, tmp_path, workflow_schema):
        write_rows(tmp_path / "m.jsonl", [EVENT | {"bar": 0, "beat": 0}] * 9)
        problems = row_problems(tmp_path / "m.jsonl", workflow_schema("event"), limit=3)
        assert [problem.split(": ")[1] for problem in problems] == ["bar", "beat", "bar"]

    def test_schema_and_table_have_the_same_fields(self, workflow_schema):
        schema = workflow_schema("event")
        assert list(schema["properties"]) == schema["required"] == EVENTS.names
        component = schema["properties"]["components"]["items"]
        names = [field.name for field in EVENTS.field("components").type.value_type]
        assert list(component["properties"]) == component["required"] == names


numbers = st.floats(allow_nan=False, allow_infinity=False)
# No surrogates: Arrow holds UTF-8.
words = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


class TestParquetAsLines:
    def as_lines(self, folder, rows, schema=EVENTS, name="m"):
        table, lines = folder / f"{name}.parquet", folder / f"{name}.jsonl"
        write_table(table, pa.Table.from_pylist(rows, schema))
        assert write_table_as_lines(table, lines) == len(rows)
        assert list(read_rows(lines)) == read_table(table).to_pylist()
        return list(read_rows(lines))

    def test_every_value_of_every_row_is_the_same(self, tmp_path):
        rows = events(3000)
        assert self.as_lines(tmp_path, rows) == rows

    def test_the_rows_keep_their_order_over_row_groups(self, tmp_path):
        schema = pa.schema([("a", pa.int64())])
        rows = [{"a": row * 7919 % 100_003} for row in range(100_000)]
        assert self.as_lines(tmp_path, rows, schema) == rows

    @settings(deadline=None, max_examples=40)
    @given(st.lists(st.tuples(numbers, words, st.none() | st.booleans()), max_size=8))
    def test_any_number_and_any_text_comes_back(self, tmp_path_factory, values):
        schema = pa.schema([("x", pa.float64()), ("s", pa.string()), ("b", pa.bool_())])
        rows = [dict(zip(schema.names, value, strict=True)) for value in values]
        assert self.as_lines(tmp_path_factory.mktemp("lines"), rows, schema) == rows

    def test_no_rows_are_an_empty_file(self, tmp_path):
        assert self.as_lines(tmp_path, []) == []
        assert (tmp_path / "m.jsonl").read_bytes() == b""

    @pytest.mark.parametrize("name", ["o'clock", "a #b", "a*b", "a[1]", "a?b", "ü"])
    def test_any_file_name_is_that_file_and_no_pattern(self, tmp_path, name):
        # Files that a pattern would match as well, or instead.
        for other in ("axb", "a1", "a b"):
            write_table(tmp_path / f"{other}.parquet", pa.table({"a": [99]}))
        schema = pa.schema([("a", pa.int64())])
        assert self.as_lines(tmp_path, [{"a": 1}], schema, name) == [{"a": 1}]

    def test_a_folder_that_looks_like_a_partition_adds_no_field(self, tmp_path):
        folder = tmp_path / "release=1"
        folder.mkdir()
        schema = pa.schema([("a", pa.int64())])
        assert self.as_lines(folder, [{"a": 1}], schema) == [{"a": 1}]

    def test_a_second_conversion_gives_the_same_bytes(self, tmp_path):
        self.as_lines(tmp_path, events(500))
        before = (tmp_path / "m.jsonl").read_bytes()
        self.as_lines(tmp_path, events(500))
        assert (tmp_path / "m.jsonl").read_bytes() == before

    def test_every_line_is_a_valid_event(self, tmp_path, workflow_schema):
        self.as_lines(tmp_path, events(100))
        assert row_problems(tmp_path / "m.jsonl", workflow_schema("event")) == []


class TestConfiguration:
    @pytest.fixture
    def config(self, repo):
        return read_yaml(repo / "config" / "config.yaml")

    def problems(self, workflow_schema, config):
        return document_problems(config, workflow_schema("config"))

    def test_the_committed_configuration_has_no_problem(self, workflow_schema, config, taxonomy):
        assert self.problems(workflow_schema, config) == []
        check_configuration(config, taxonomy)

    def test_an_unknown_key_is_answered_with_the_one_that_was_meant(self, workflow_schema, config):
        config["ingest"]["simultanous_ms"] = 5
        assert self.problems(workflow_schema, config) == [
            "ingest: unknown key 'simultanous_ms' (did you mean 'simultaneous_ms'?); "
            "allowed: context_ms, double_trigger_ms, simultaneous_ms"
        ]

    def test_a_key_like_no_other_gets_the_list_and_no_guess(self, workflow_schema, config):
        config["zzz"] = 1
        (problem,) = self.problems(workflow_schema, config)
        assert problem.startswith("(top level): unknown key 'zzz'; allowed: ")
        assert "crash, cymbal_map, demo, " in problem

    def test_two_unknown_keys_stand_in_one_sentence(self, workflow_schema, config):
        config |= {"gate": 1, "relase": 2}
        (problem,) = self.problems(workflow_schema, config)
        assert "'gate' (did you mean 'gates'?), 'relase' (did you mean 'release'?)" in problem

    @pytest.mark.parametrize("key", [2024, None, True])
    def test_a_key_that_is_no_text_is_a_sentence_too(self, workflow_schema, config, key):
        config |= {key: 1, "relase": 2}
        (problem,) = self.problems(workflow_schema, config)
        assert "'relase' (did you mean 'release'?)" in problem
        assert str(key) in problem

    def test_a_wrong_value_is_shown_with_what_is_allowed(self, workflow_schema, config):
        config["gates"] = "warn"
        config["ingest"]["simultaneous_ms"] = 500
        assert self.problems(workflow_schema, config) == [
            "gates: got 'warn'; allowed: enforce, report (whether a failing gate stops the run)",
            "ingest.simultaneous_ms: got 500; allowed: number from 0.01 to 100 "
            "(ms; hits this close are one event)",
        ]

    def test_check_document_raises_one_line_for_each(self, workflow_schema, config):
        config["gates"] = "warn"
        config["demo"]["seed"] = -1
        with pytest.raises(ValueError) as caught:
            check_document(config, workflow_schema("config"), "mine.yaml")
        lines = str(caught.value).splitlines()
        assert [line.split(": got")[0] for line in lines] == [
            "mine.yaml: demo.seed",
            "mine.yaml: gates",
        ]

    def test_a_set_in_use_without_a_block_is_refused(self, config, taxonomy):
        config["use"].append("medleydb")
        with pytest.raises(ValueError, match="'medleydb' has no block in source_sets; configured"):
            check_configuration(config, taxonomy)

    def test_a_staged_set_may_not_be_merged(self, config, taxonomy):
        config["source_sets"]["groove_mididataset"]["tier"] = "staged"
        with pytest.raises(ValueError, match=r"prod_combined.* has tier 'staged'"):
            check_configuration(config, taxonomy)

    def test_shares_of_splits_must_add_up_to_1(self, config, taxonomy):
        config["splits"]["shares"]["test"] = 0.9
        with pytest.raises(ValueError, match=r"splits\.shares: .* add up to 1\.8; they must"):
            check_configuration(config, taxonomy)

    def test_more_cymbals_than_the_family_has_labels_are_refused(self):
        for most in (4, 9):
            with pytest.raises(ValueError, match=rf"max_cymbals: got {most}; .* 3 .*crash3"):
                check_max_cymbals(most, [RIDE, CRASH], "config: ")
        for most in (1, 3):
            check_max_cymbals(most, [RIDE, CRASH])
        check_max_cymbals(9, [RIDE])

    def test_the_one_family_of_former_configurations_is_refused_with_what_to_write(self, config):
        check_former_keys(config)
        config["crash"]["family"] = "crash"
        with pytest.raises(ValueError) as caught:
            check_former_keys(config)
        assert str(caught.value) == (
            "config: crash.family: got 'crash'; it is crash.families now, a list: write "
            "families: [crash]"
        )

    def test_a_yardstick_must_have_a_block(self, config, taxonomy):
        config["yardsticks"] = ["mdb_drum"]
        with pytest.raises(
            ValueError,
            match=r"yardsticks: 'mdb_drum' \(did you mean 'mdb_drums'\?\); configured: cambridge, ",
        ):
            check_configuration(config, taxonomy)

    def test_a_manifest_may_not_name_a_set_that_is_not_in_use(self, config, taxonomy):
        config["use"].remove("egmd")
        with pytest.raises(ValueError, match=r"prod_combined\.source_sets: 'egmd' is not in `use`"):
            check_configuration(config, taxonomy)


@pytest.mark.parametrize("given", ["mine.yaml", None])
def test_a_cymbal_map_at_the_top_overrides_that_of_the_section(given):
    crash = {"cymbal_map": "other.yaml", "use_metadata": True}
    spelt = {"crash": {"cymbal_map": given, "use_metadata": True}}
    assert spell_out({"crash": crash, "cymbal_map": given}, "cymbal_map", "crash") == spelt
    assert spell_out({"crash": crash}, "cymbal_map", "crash") == {"crash": crash}


TYPED_SCHEMA = {
    "type": "object",
    "properties": {
        "crash": {"properties": {"use_metadata": {"type": "boolean"}}},
        "export": {"properties": {"postroll_ms": {"type": "number"}}},
        "sampling": {"properties": {"session_cap": {"type": ["number", "null"]}}},
        "release": {"type": "string"},
        "cymbal_map": {"type": ["string", "null"]},
    },
}


class TestTyped:
    @pytest.mark.parametrize(
        ("section", "key", "text", "value"),
        [
            ("crash", "use_metadata", "false", False),
            ("export", "postroll_ms", "100", 100),
            ("export", "postroll_ms", "1.5", 1.5),
            ("sampling", "session_cap", "null", None),
            ("export", "postroll_ms", "long", "long"),
            ("export", "postroll_ms", "true", "true"),
            ("crash", "use_metadata", "[", "["),
        ],
    )
    def test_text_becomes_what_the_schema_asks_for_or_stays(self, section, key, text, value):
        found = typed({section: {key: text}}, TYPED_SCHEMA)[section][key]
        assert (type(found), found) == (type(value), value)

    @pytest.mark.parametrize(("key", "text"), [("release", "2026"), ("release", "null")])
    def test_text_that_may_be_text_stays(self, key, text):
        assert typed({key: text}, TYPED_SCHEMA) == {key: text}

    def test_the_word_null_is_nothing_where_nothing_is_allowed(self):
        assert typed({"cymbal_map": "null"}, TYPED_SCHEMA) == {"cymbal_map": None}
        assert typed({"cymbal_map": "7"}, TYPED_SCHEMA) == {"cymbal_map": "7"}

    @pytest.mark.parametrize("value", [float("nan"), float("inf")])
    def test_what_is_not_finite_is_refused_whatever_the_limits(self, value):
        [problem] = document_problems({"export": {"postroll_ms": value}}, TYPED_SCHEMA)
        assert problem.startswith("export.postroll_ms: got ")


@pytest.mark.parametrize(
    "read", [read_json, lambda path: list(read_rows(path))], ids=["one", "rows"]
)
def test_bytes_that_are_no_text_are_named_by_their_place(tmp_path, read):
    (tmp_path / "a.json").write_bytes(b'{"a": "\xff\xfe"}\n')
    with pytest.raises(
        ValueError, match=r"a\.json:1.*: not JSON: byte 0xff at byte 8 is not UTF-8$"
    ):
        read(tmp_path / "a.json")
