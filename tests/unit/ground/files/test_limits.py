"""What one file may have: one more than that is refused with its number and the limit."""

import contextlib
import inspect
import re
import struct
import tracemalloc

import numpy as np
import pytest
from checkout import REPO

from drumcorpus.ground.files import limits
from drumcorpus.ground.files.documents import parse_csv, parse_xml, parse_yaml, text_lines
from drumcorpus.ground.files.json_rows import parse_row
from drumcorpus.ground.files.limits import Limit, bytes_limit, read_reviewed
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile, read_as_digested
from drumcorpus.ground.files.raw_reader import RawReader
from drumcorpus.ground.midi.beats import read_beats, timed_lines
from drumcorpus.ground.midi.midi_file import parse_midi
from drumcorpus.ground.sound import sound_limits
from drumcorpus.source_sets.enst_drums import read_annotation
from drumcorpus.stages.inventory.checksum_lists import read_checksum_list

LIMITS = {
    name: value
    for module in (limits, sound_limits)
    for name, value in vars(module).items()
    if isinstance(value, Limit)
}


def running_status(n_notes):
    """A MIDI file whose notes take three bytes each."""
    body = b"\x00\x99\x24\x40" + b"\x00\x24\x40" * (n_notes - 1) + b"\x00\xff\x2f\x00"
    return (
        b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(body)) + body
    )


def distant_note(ticks_of_longest):
    """A MIDI file of one note after so many of the longest times between two events."""
    far = b"\xff\xff\xff\x7f\xff\x01\x00" * ticks_of_longest
    body = far + b"\x00\x99\x24\x40\x00\xff\x2f\x00"
    return (
        b"MThd" + struct.pack(">IHHH", 6, 0, 1, 480) + b"MTrk" + struct.pack(">I", len(body)) + body
    )


BEYOND = {
    "MIDI_BYTES": (lambda: parse_midi(bytes(4 * 2**20 + 1)), "4,194,305 bytes of MIDI"),
    "MIDI_EVENTS": (lambda: parse_midi(running_status(400_001)), "400,00[12] MIDI events"),
    "MIDI_TICK": (lambda: parse_midi(distant_note(9)), "2,415,919,095 ticks"),
    "XML_BYTES": (lambda: parse_xml(b"<a>" + b" " * 2**22 + b"</a>", "x"), "bytes of XML"),
    "JSON_ROW_BYTES": (lambda: parse_row(b" " * 1_000_001, "r:1"), "r:1: 1,000,001 bytes in a row"),
    "JSON_ROW_DEPTH": (
        lambda: parse_row(b'{"a":' * 65 + b"1" + b"}" * 65, "r:1"),
        "r:1: more than 64 levels of JSON in a row",
    ),
    "XML_ELEMENTS": (
        lambda: parse_xml(b"<a>" + b"<b/>" * 50_000 + b"</a>", "x"),
        "50,001 XML elements",
    ),
    "XML_DEPTH": (lambda: parse_xml(b"<a>" * 51 + b"</a>" * 51, "x"), "51 levels of XML"),
    "YAML_BYTES": (lambda: parse_yaml(b"a: " + b"b" * 2**20, "y"), "bytes of YAML"),
    "YAML_VALUES": (lambda: parse_yaml(b"- a\n" * 50_001, "y"), "50,001 YAML values"),
    "YAML_DEPTH": (lambda: parse_yaml(b"[" * 101 + b"]" * 101, "y"), "deeper than 100"),
    "CSV_BYTES": (lambda: parse_csv(b"a\n" + b"b" * 2**25, ["a"], "c"), "bytes of CSV"),
    "CSV_ROWS": (lambda: parse_csv(b"a\n" + b"b\n" * 200_001, ["a"], "c"), "200,001 rows"),
    "CSV_ROWS, blank": (lambda: parse_csv(b"a\n" + b"\n" * 2**24, ["a"], "c"), "200,001 rows"),
    "CSV_LINE": (lambda: parse_csv(b"a\n" + b"b" * 10_000 + b"\n", ["a"], "c"), "c:2: 10,001"),
    "TEXT_BYTES": (lambda: text_lines(b" " * (2**21 + 1), "t"), "bytes of annotation"),
    "TEXT_LINES": (lambda: text_lines(b"\n" * 50_000, "t"), "50,001 lines"),
    "TEXT_LINE": (lambda: text_lines(b"\n" + b"1" * 1001, "t"), "t:2: 1,001 characters"),
    "LABEL": (lambda: timed_lines(b"1.0 " + b"K" * 65, "t", "label"), "t:1: 65 characters"),
}


@pytest.mark.parametrize("name", sorted(BEYOND))
def test_one_more_than_the_limit_is_refused_with_its_number(name):
    read, said = BEYOND[name]
    with pytest.raises(ValueError, match=said) as refused:
        read()
    assert f"{LIMITS[name.partition(',')[0]].most:,}" in str(refused.value)


def test_a_file_at_its_limit_is_read():
    assert len(parse_midi(running_status(399_999)).notes) == 399_999
    assert parse_xml(b"<a>" * 50 + b"</a>" * 50, "x").tag == "a"
    assert len(text_lines(b"\n" * 49_999, "t")) == 50_000
    assert timed_lines(b"1.0 " + b"K" * 64, "t", "label") == [(1, 1.0, "K" * 64)]


@pytest.mark.parametrize(
    ("name", "most"),
    [("a.mid", 2**22), ("b/c.SVL", 2**22), ("d.yaml", 2**20), ("e.txt", 2**21), ("f.x", 2**26)],
)
def test_how_many_bytes_are_read_follows_from_the_ending(name, most):
    assert bytes_limit(name).most == most


def test_a_file_of_too_many_bytes_is_not_even_opened(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(2**40)  # a hole: nothing stands on the disk
    raw = RawFile("a.txt", path, (2**40, 0, 0, 0))
    for read in (
        lambda: read_as_digested(raw, "0" * 64),
        lambda: RawReader([tmp_path], {"a.txt": "0" * 64}).read("a.txt"),
    ):
        with pytest.raises(UnusableFile, match="1,099,511,627,776 bytes") as refused:
            read()
        assert (refused.value.path, refused.value.reason) == ("a.txt", "too_large")


def test_a_file_that_people_keep_has_a_limit_too(tmp_path):
    path = tmp_path / "map.yaml"
    with path.open("wb") as file:
        file.truncate(2**24 + 1)
    with pytest.raises(ValueError, match=r"map.yaml: 16,777,217 bytes in a file that people keep"):
        read_reviewed(path)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"a" * 20_001, r"s:1: 20,002 bytes in a line", id="a line"),
        pytest.param(b"#\n" * 2_000_001, r"s: 2,000,001 lines", id="lines", marks=pytest.mark.long),
    ],
)
def test_a_checksum_list_is_read_line_by_line(tmp_path, content, said):
    path = tmp_path / "s"
    path.write_bytes(content + b"\n")
    with pytest.raises(ValueError, match=said.replace("20,002", "20,00[12]")):
        read_checksum_list(path)


HEAVY = {
    "running status": lambda: parse_midi(running_status(1_398_000)),
    "notes without velocity": lambda: parse_midi(
        running_status(1_390_000).replace(b"\x24\x40", b"\x24\x00")
    ),
    "elements within elements": lambda: parse_xml(b"<a>" * 1_390_000, "x"),
    "an attribute an element": lambda: parse_xml(b"<a>" + b'<b c="d"/>' * 400_000, "x"),
    "values of YAML": lambda: parse_yaml(b"- [a]\n" * 170_000, "y"),
    "commas": lambda: parse_csv(b"a\n" + b",,,,,,,,,,,,,,,\n" * 2_000_000, ["a"], "c"),
    "one long label": lambda: read_annotation("e", b"0.1 k\n" * 10_000 + b"0.2 " + b"K" * 10**7),
    "many empty lines": lambda: text_lines(b"\r" * 2**21, "t"),
}


@pytest.mark.long
@pytest.mark.parametrize("name", sorted(HEAVY))
def test_what_is_made_to_cost_takes_no_more_than_half_a_gigabyte(name):
    tracemalloc.start()
    try:
        with contextlib.suppress(ValueError):  # of what is not refused the cost counts as well
            HEAVY[name]()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 512 * 2**20


def test_a_table_of_labels_is_no_wider_than_the_longest_label_allowed():
    onsets, labels = read_annotation("e", b"0.1 k\n" * 49_000 + b"0.2 " + b"K" * 64)
    assert len(onsets) == 49_001
    assert np.array(labels).nbytes == 49_001 * 64 * 4


def test_beats_closer_than_any_music_are_refused():
    with pytest.raises(ValueError, match=r"b:2: a beat 1e-06 s after the one before"):
        read_beats(b"0.5 1\n0.500001 2\n", "b")


def test_the_page_has_every_limit_as_it_is():
    page = (REPO / "docs/limits.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d,.]+) \|", page, re.MULTILINE))
    assert rows.items() >= {name: f"{limit.most:,}" for name, limit in LIMITS.items()}.items()
    for name, limit in LIMITS.items():
        assert f"| `{name}` | {limit.most:,} | {limit.unit} | {limit.largest} |" in page


def test_every_limit_has_a_unit_a_reason_and_a_largest_file():
    assert inspect.getmodule(Limit) is limits
    for limit in LIMITS.values():
        assert limit.unit
        assert limit.reason
        assert limit.largest
