"""Documents of the raw world: what is read, and what is refused with a place."""

import tracemalloc

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.documents import decode_text, parse_csv, parse_xml, parse_yaml

BILLION_LAUGHS = b"""<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>
<lolz>&b;</lolz>
"""


class TestYaml:
    def test_a_document_is_read_with_its_types(self):
        assert parse_yaml(b"a: 1\nb: [x, 2.5, null, true]\n", "m") == {
            "a": 1,
            "b": ["x", 2.5, None, True],
        }

    @pytest.mark.parametrize(
        ("data", "place"),
        [
            (b"a: 1\na: 2\n", "m:2: the key 'a'"),
            (b"s:\n  S00: {is_drum: true}\n  'S00': {is_drum: false}\n", "m:3: the key 'S00'"),
            (b"- {b: [1], c: {d: 1}, b: 2}\n", "m:1: the key 'b'"),
        ],
        ids=["at the top", "quoted", "within a list"],
    )
    def test_a_key_that_stands_twice_is_refused_at_its_line(self, data, place):
        with pytest.raises(ValueError, match=f"^{place} stands twice"):
            parse_yaml(data, "m")

    def test_a_key_may_stand_in_several_mappings_and_be_a_value(self):
        data = b"a: a\nb: {a: [a, a], c: {a: b}}\nc: [{a: 1}, {a: 2}]\n? [a]\n: a\n"
        with pytest.raises(ValueError, match="unhashable"):
            parse_yaml(data, "m")
        assert parse_yaml(data[: data.index(b"?")], "m")["b"] == {"a": ["a", "a"], "c": {"a": "b"}}

    def test_a_bomb_of_aliases_is_refused_at_its_line(self):
        bomb = b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
        with pytest.raises(ValueError, match=r"^metadata.yaml:2: the YAML alias 'a' is refused"):
            parse_yaml(bomb, "metadata.yaml")

    @pytest.mark.parametrize(
        "data",
        [b"a: !!bool maybe", b'!!int ""', b"b: !!timestamp x", b"!x {a: 1}", b"- !!set {a}"],
        ids=["bool", "int", "timestamp", "own tag", "set"],
    )
    def test_an_explicit_tag_is_refused(self, data):
        with pytest.raises(ValueError, match=r"^m:1: the YAML tag '.*' is refused"):
            parse_yaml(data, "m")

    @pytest.mark.parametrize(
        "data",
        [b"[" * 500_000, b"- " * 500_000, b"{a: " * 100_000],
        ids=["flow lists", "block lists", "flow mappings"],
    )
    def test_a_document_nested_without_end_is_refused_at_once(self, data):
        with pytest.raises(ValueError, match=r"^m:1: YAML nested deeper than 100 is refused"):
            parse_yaml(data, "m")

    def test_an_object_of_python_is_refused(self):
        with pytest.raises(ValueError, match=r"m:1: the YAML tag 'tag:yaml.org,2002:python"):
            parse_yaml(b"!!python/object/apply:os.system ['true']\n", "m")

    def test_a_broken_document_names_its_line(self):
        with pytest.raises(ValueError, match="m:3: not YAML"):
            parse_yaml(b"a: 1\nb: [\n", "m")

    @pytest.mark.parametrize(
        "data",
        [b"\xff\xfe\xff", b"a: 2001-99-99", b"\x00", b"a: &x b\nc: {<<: *x}"],
        ids=["UTF-16 mark", "no such day", "NUL", "an alias within itself"],
    )
    def test_what_is_not_yaml_is_a_value_error(self, data):
        with pytest.raises(ValueError, match=r"^m"):
            parse_yaml(data, "m")

    @given(st.binary(max_size=200))
    def test_any_bytes_give_a_document_or_a_value_error(self, data):
        try:
            parse_yaml(data, "m")
        except ValueError as error:
            assert str(error).startswith("m")

    @given(st.dictionaries(st.text(), st.integers() | st.text() | st.booleans() | st.none()))
    def test_what_yaml_writes_is_read_back(self, document):
        assert parse_yaml(yaml.safe_dump(document).encode(), "m") == document


class TestXml:
    def test_a_document_is_read(self):
        root = parse_xml(b"<?xml version='1.0'?><!DOCTYPE sonic-visualiser><a><b>1</b></a>", "x")
        assert (root.tag, root.findtext("b")) == ("a", "1")

    def test_a_bomb_of_entities_is_refused(self):
        with pytest.raises(ValueError, match=r"^a\.xml: XML with entities is refused"):
            parse_xml(BILLION_LAUGHS, "a.xml")

    def test_an_external_entity_is_refused(self):
        data = b'<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'
        with pytest.raises(ValueError, match="entities is refused"):
            parse_xml(data, "x")

    def test_a_broken_document_names_line_and_column(self):
        with pytest.raises(ValueError, match=r"^x:2:6: not XML"):
            parse_xml(b"<a>\n<b></a>", "x")

    @given(st.binary(max_size=200))
    def test_any_bytes_give_an_element_or_a_value_error(self, data):
        try:
            parse_xml(data, "x")
        except ValueError as error:
            assert str(error).startswith("x")


class TestCsv:
    def test_columns_are_found_in_any_order_and_others_left(self):
        rows = parse_csv("b,c,a\n1,2,é\n3\n".encode(), ["a", "b"], "i.csv")
        assert rows == [(2, {"a": "é", "b": "1"}), (3, {"a": "", "b": "3"})]

    def test_a_missing_column_is_named_with_what_is_there(self):
        with pytest.raises(ValueError, match=r"i.csv:1: column a, d missing; got \['b', 'c'\]"):
            parse_csv(b"b,c\n", ["a", "b", "d"], "i.csv")

    def test_an_empty_file_lacks_its_columns(self):
        with pytest.raises(ValueError, match=r"i.csv:1: column a missing; got \[\]"):
            parse_csv(b"", ["a"], "i.csv")

    def test_a_broken_quote_names_its_line(self):
        with pytest.raises(ValueError, match=r"i.csv:2: not CSV"):
            parse_csv(b'a,b\n"x"y,2\n', ["a"], "i.csv")

    def test_bytes_that_are_not_utf_8_stay_visible(self):
        assert parse_csv(b"a\nx\xff\n", ["a"], "i")[0][1] == {"a": "x\\xff"}

    @pytest.mark.parametrize("order", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_an_index_that_a_program_of_windows_wrote_is_read(self, order):
        mark = b"" if order == "utf-16" else "\ufeff".encode(order)
        data = mark + "a,b\r\né,2\r\n".encode(order)
        assert parse_csv(data, ["b", "a"], "i.csv") == [(2, {"b": "2", "a": "é"})]

    def test_a_column_that_stands_twice_is_refused(self):
        with pytest.raises(ValueError, match=r"i.csv:1: column a stands twice; got"):
            parse_csv(b"a,b,a\n1,2,3\n", ["a", "b"], "i.csv")
        assert parse_csv(b"a,b,b\n1,2,3\n", ["a"], "i.csv") == [(2, {"a": "1"})]

    def test_columns_that_no_one_asks_for_are_not_held(self):
        data = b",".join(b"%d" % n for n in range(2_000)) + b"\n" + b"1\n" * 10_000
        tracemalloc.start()
        rows = parse_csv(data, ["0", "1999"], "i.csv")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert (len(rows), rows[-1]) == (10_000, (10_001, {"0": "1", "1999": ""}))
        assert peak < 8_000_000

    @given(st.binary(max_size=100))
    def test_any_bytes_give_rows_or_a_value_error(self, data):
        try:
            rows = parse_csv(b"a,b\n" + data, ["a", "b"], "i")
        except ValueError as error:
            assert str(error).startswith("i:")
        else:
            assert all(row.keys() == {"a", "b"} for _, row in rows)


def test_text_loses_its_mark_and_shows_foreign_bytes():
    assert decode_text(b"\xef\xbb\xbfa\xff") == "a\\xff"


def test_text_with_the_mark_of_utf16_is_utf16():
    assert decode_text("0.5\tKD\n".encode("utf-16")) == "0.5\tKD\n"
    assert decode_text(b"\xff\xfea") == "\ufffd"  # and no more than a byte is lost
