"""Cymbal maps: which entry holds, what it overrides, and what is refused."""

import pyarrow as pa
import pytest
import yaml

from drumcorpus.schemas import CYMBAL_EMBEDDINGS, SESSIONS
from drumcorpus.stages.crash.cymbal_maps import apply_cymbal_map, read_cymbal_map, unused_entries

SESSION_ROWS = [
    {"source_set": "groove", "session_id": "a/1", "kit_id": "td11", "drummer_id": "d1"},
    {"source_set": "groove", "session_id": "a/2", "kit_id": "td11", "drummer_id": "d2"},
    {"source_set": "groove", "session_id": "b[1]", "kit_id": None, "drummer_id": None},
]
SESSION_TABLE = pa.Table.from_pylist(SESSION_ROWS, SESSIONS)


def hits(*rows):
    """Hits from (session, source label, cymbal)."""
    names = ("session_id", "source_label", "cymbal")
    return pa.Table.from_pylist(
        [
            dict(zip(names, row, strict=True)) | {"event_id": str(number), "component_index": 0}
            for number, row in enumerate(rows)
        ],
        CYMBAL_EMBEDDINGS,
    )


@pytest.fixture
def write(tmp_path):
    """The path of a map with these blocks for groove; `more` replaces whole keys."""

    def write(blocks, **more):
        document = {"name": "m", "verified": "2026-11-20", "sources": {"ear": "heard"}}
        sets = {
            "groove": {
                kind: {
                    name: entry if "cymbals" in entry else {"cymbals": entry, "sources": ["ear"]}
                    for name, entry in entries.items()
                }
                for kind, entries in blocks.items()
            }
        }
        path = tmp_path / "map.yaml"
        path.write_text(yaml.safe_dump(document | {"source_sets": sets} | more))
        return path

    return write


def cymbals(path, *rows):
    return apply_cymbal_map(hits(*rows), SESSION_TABLE, read_cymbal_map(path))["cymbal"].to_pylist()


def test_a_number_overrides_the_source_null_hides_it_and_the_rest_stays(write):
    path = write({"sessions": {"a/1": {49: 2, "57": None}}})
    rows = [("a/1", "49", 1), ("a/1", "57", 2), ("a/1", "52", 2), ("a/2", "49", 1)]
    assert cymbals(path, *rows) == [2, None, 2, 1]


def test_hits_without_a_number_get_one_and_nothing_else_changes(write):
    before = hits(("a/1", "CRC", None), ("a/2", "CRC", None))
    after = apply_cymbal_map(
        before, SESSION_TABLE, read_cymbal_map(write({"sessions": {"a/1": {"CRC": 3}}}))
    )
    assert after["cymbal"].to_pylist() == [3, None]
    assert after.schema.equals(CYMBAL_EMBEDDINGS)
    assert after.drop_columns("cymbal").equals(before.drop_columns("cymbal"))


@pytest.mark.parametrize(
    "blocks",
    [
        {"sessions": {"a/1": {"49": 9}, "a/*": {"49": 1}, "*": {"49": 2}}},
        {"sessions": {"a/?": {"49": 9}, "a*": {"49": 1}}},
        {"sessions": {"*": {"49": 9}}, "kits": {"td11": {"49": 1}}},
        {"kits": {"td*": {"49": 9}}, "drummers": {"d1": {"49": 1}}},
        {"drummers": {"d1": {"49": 9}}, "kits": {"TD11": {"49": 1}}},
    ],
    ids=["exact", "longer", "session before kit", "kit before drummer", "letters matter"],
)
def test_the_most_specific_entry_holds_alone(write, blocks):
    assert cymbals(write(blocks), ("a/1", "49", None)) == [9]


def test_the_entry_that_holds_does_not_mix_with_others(write):
    path = write({"sessions": {"a/1": {"49": 2}}, "kits": {"td11": {"57": 1}}})
    assert cymbals(path, ("a/1", "57", None), ("a/2", "57", None)) == [None, 1]


def test_brackets_are_no_wildcards(write):
    path = write({"sessions": {"b[1]": {"49": 2}}})
    assert cymbals(path, ("b[1]", "49", None)) == [2]


def test_a_tie_is_refused_with_both_names(write):
    path = write({"sessions": {"a/*": {"49": 1}, "*/1": {"49": 1}}})
    with pytest.raises(ValueError, match=r"map\.yaml: .*groove: sessions: '(a/\*|\*/1)' and '"):
        cymbals(path, ("a/1", "49", None))


def test_a_map_of_another_source_set_changes_nothing(write):
    block = {"sessions": {"*": {"cymbals": {"49": 1}, "sources": ["ear"]}}}
    path = write({}, source_sets={"egmd": block})
    assert cymbals(path, ("a/1", "49", 2)) == [2]


def test_a_hit_of_a_session_that_is_not_listed_is_refused(write):
    with pytest.raises(ValueError, match="session 'z'"):
        cymbals(write({"sessions": {"*": {"49": 1}}}), ("z", "49", 2))


def test_no_hit_is_no_error(write):
    assert cymbals(write({"sessions": {"*": {"49": 1}}})) == []


def test_entries_that_hold_for_no_session_are_told(write):
    entries = {"a/1": {"49": 1}, "nobody": {"49": 1}}
    found = read_cymbal_map(write({"sessions": entries, "drummers": {"d1": {"49": 1}}}))
    assert unused_entries(SESSION_TABLE, "groove", found) == ["drummers: d1", "sessions: nobody"]


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"cymbals": {"49": 0}, "sources": ["ear"]}, r"a/1: cymbals: 49: got 0; wanted: a number"),
        ({"cymbals": {"49": True}, "sources": ["ear"]}, r"cymbals: 49: got True"),
        ({"cymbals": {"49": "1"}, "sources": ["ear"]}, r"cymbals: 49: got '1'"),
        ({"cymbals": {False: 1}, "sources": ["ear"]}, r"cymbals: False is no text"),
        ({"cymbals": {}, "sources": ["ear"]}, r"a/1: cymbals: got \{\}"),
        ({"cymbals": {"49": 1}, "sources": ["book"]}, r"sources: got 'book'; declared: ear"),
        ({"cymbals": {"49": 1}, "sources": []}, r"sources: got None; declared: ear"),
        ({"cymbals": {"49": 1}}, r"a/1: wanted the keys cymbals, sources; .*missing \['sources'\]"),
        ({"cymbals": {"49": 1}, "sources": ["ear"], "x": 1}, r"got unknown \['x'\]"),
    ],
)
def test_a_bad_entry_is_refused_with_file_and_key(write, entry, message):
    with pytest.raises(ValueError, match=r"map\.yaml: source_sets: groove: sessions: a/1.*"):
        read_cymbal_map(write({"sessions": {"a/1": entry}}))
    with pytest.raises(ValueError, match=message):
        read_cymbal_map(write({"sessions": {"a/1": entry}}))


def test_a_number_above_the_crash_labels_is_refused_with_what_is_allowed(write):
    path = write({"sessions": {"a/1": {"49": 3, "57": 4}}})
    labels = ["crash", "crash2", "crash3"]
    with pytest.raises(ValueError, match=r"a/1: cymbals: 57: ") as caught:
        read_cymbal_map(path, ["groove"], labels)
    assert str(caught.value) == (
        f"{path}: source_sets: groove: sessions: a/1: cymbals: 57: got 4; wanted: a number from 1 "
        "to 3, or null, for the labels of these cymbals are crash, crash2, crash3; correct it, or "
        "append a label of their family, with its number under `cymbal`, to the taxonomy's "
        "components.yaml"
    )
    read_cymbal_map(write({"sessions": {"a/1": {"49": 3, "57": None}}}), ["groove"], labels)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"verified": 2026}, "verified: got 2026"),
        ({"sources": {}}, "sources: got {}"),
        ({"source_sets": {"groove": {"takes": {"*": {}}}}}, "got the key takes; allowed: sessions"),
        ({"extra": 1}, r"got unknown \['extra'\]"),
    ],
)
def test_a_bad_document_is_refused(write, more, message):
    with pytest.raises(ValueError, match=message):
        read_cymbal_map(write({"sessions": {"*": {"49": 1}}}, **more))


def test_a_source_set_that_nobody_has_is_refused(write):
    with pytest.raises(ValueError, match="groove: no such source set; known: egmd"):
        read_cymbal_map(write({"sessions": {"*": {"49": 1}}}), ["egmd"])
