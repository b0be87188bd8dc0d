"""Sessions that may hold two crash cymbals: one reason each, the surest that holds."""

import pyarrow as pa
import pytest
import yaml
from cymbal_families import CRASH, RIDE

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.crash.candidates import (
    CYMBAL_CANDIDATES,
    count_reasons,
    expected_cymbals,
    find_candidates,
    total_reasons,
)
from drumcorpus.stages.crash.cymbal_maps import map_of_kit_notes, read_cymbal_map
from drumcorpus.stages.crash.kit_notes import NAMED_CYMBALS
from drumcorpus.taxonomy import LabelMap, Stroke

NOTHING_NAMED = NAMED_CYMBALS.empty_table()
SETTINGS = {
    "min_hits": 2,
    "use_metadata": True,
    "cymbal_maps": (),
    "name_cymbals": lambda kinds: NOTHING_NAMED,
}
MAPS = {
    "two": LabelMap("two", {"49": Stroke("crash", cymbal=1), "57": Stroke("crash", cymbal=2)}),
    "one": LabelMap("one", {"49": Stroke("crash", cymbal=1), "c": Stroke("crash", cymbal=1)}),
    "open": LabelMap(
        "open",
        {
            "bow": Stroke("crash", strike_position="bow"),
            "edge": Stroke("crash", strike_position="edge"),
            "bow too": Stroke("crash", strike_position="bow"),
            "choke": Stroke("crash", strike_position="bow", techniques=("choke",)),
        },
    ),
    "tokens": LabelMap(
        "tokens", {"crash 1": Stroke("crash", cymbal=1), "crash 2": Stroke("crash", cymbal=2)}
    ),
}


@pytest.fixture
def find(tmp_path):
    """Candidates of sessions given as name -> (label map, kit, [(source label, cymbal), ...])."""

    def find(sessions, **more):
        events = [
            {
                "event_id": f"{name}.{number}",
                "session_id": name,
                "components": [
                    {"label": "kick", "source_label": "36"},
                    {"label": "crash", "source_label": label, "cymbal": cymbal},
                ],
            }
            for name, (_, _, hits) in sessions.items()
            for number, (label, cymbal) in enumerate(hits)
        ]
        rows = [
            {"source_set": "s", "session_id": name, "label_map": label_map, "kit_id": kit}
            for name, (label_map, kit, _) in sessions.items()
        ]
        path = tmp_path / "ev[1]*.parquet"
        write_table(path, pa.Table.from_pylist(events, EVENTS))
        table = pa.Table.from_pylist(rows, SESSIONS)
        found = find_candidates(path, table, MAPS, [CRASH], **(SETTINGS | more))
        assert found.schema.equals(CYMBAL_CANDIDATES)
        return found, table

    return find


@pytest.mark.parametrize(
    ("label_map", "hits", "reason"),
    [
        ("two", [("49", 1), ("57", 2)], "metadata"),
        ("two", [("49", 1)] * 3, "kit_card"),
        ("two", [("49", 1)], "too_few_hits"),
        ("one", [("49", 1), ("c", 1)], "one_by_metadata"),
        ("one", [("49", None), ("c", None)], "one_by_kit_card"),
        ("one", [("49", 1), ("elsewhere", 1)], "one_by_metadata"),
        ("open", [("bow", None), ("edge", None)], "techniques"),
        ("open", [("bow", None), ("choke", None)], "techniques"),
        ("open", [("bow", None), ("bow too", None)], "unknown"),
        ("open", [("bow", None)] * 2, "unknown"),
        # The map's own tokens are not these source labels: it says nothing of this kit.
        ("tokens", [("c1", 1)] * 2, "one_by_metadata"),
        ("tokens", [("c1", None)] * 2, "unknown"),
        (None, [("crash", None)] * 2, "unknown"),
    ],
)
def test_a_session_has_the_surest_reason(find, label_map, hits, reason):
    found, _ = find({"a": (label_map, None, hits)})
    (row,) = found.to_pylist()
    assert row["reason"] == reason
    assert row["candidate"] is (reason in ("metadata", "kit_card", "techniques", "unknown"))
    assert row["n_hits"] == len(hits)
    numbers = [cymbal for _, cymbal in hits if cymbal is not None]
    assert (row["n_numbered_hits"], row["n_cymbals_by_metadata"]) == (
        len(numbers),
        len(set(numbers)),
    )


def test_what_other_sessions_of_a_kit_number_counts_for_the_kit(find):
    found, _ = find(
        {
            "a": ("tokens", "kit", [("cr2", 1), ("cr5", 2)]),
            "b": ("tokens", "kit", [("cr2", 1)] * 4),
            "c": ("tokens", "other", [("cr2", 1)] * 4),
            "d": ("tokens", None, [("cr2", 1)] * 4),
        }
    )
    reasons = ["metadata", "kit_card", "one_by_metadata", "one_by_metadata"]
    assert found["reason"].to_pylist() == reasons
    assert found["n_cymbals_of_kit"].to_pylist() == [2, 2, None, None]


def test_sessions_come_in_order_and_every_reason_is_counted(find):
    found, sessions = find(
        {
            "b": ("two", None, [("49", 1), ("57", 2)]),
            "a": ("open", None, [("bow", None)] * 2),
            "c": ("open", None, []),
            "d": (None, None, []),
        }
    )
    assert found["session_id"].to_pylist() == ["a", "b"]
    assert {k: n for k, n in count_reasons(found, sessions, [CRASH])["crash"].items() if n} == {
        "candidates": 2,
        "metadata": 1,
        "unknown": 1,
        "no_hit": 1,
    }


def test_hidden_metadata_leave_nothing_but_techniques(find):
    sessions = {"a": ("two", None, [("49", 1), ("57", 2)]), "b": ("one", None, [("49", 1)] * 2)}
    found, _ = find(sessions, use_metadata=False)
    assert found["reason"].to_pylist() == ["unknown", "unknown"]
    assert found["n_numbered_hits"].to_pylist() == [0, 0]
    assert found["n_cymbals_of_kit"].to_pylist() == [None, None]


def test_a_cymbal_map_overrides_the_source_and_the_label_map(find, tmp_path):
    def entry(**cymbals):
        return {"cymbals": cymbals, "sources": ["ear"]}

    document = {
        "name": "m",
        "verified": "2026-11-20",
        "sources": {"ear": "heard"},
        "source_sets": {
            "s": {
                "sessions": {
                    "a": entry(bow=1, edge=2),
                    "b": entry(**{"49": 1, "57": 1}),
                    "c": entry(**{"49": None, "57": None}),
                    "d": entry(bow=1, edge=2),
                }
            }
        },
    }
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(document))
    found, _ = find(
        {
            "a": ("open", None, [("bow", None), ("edge", None)]),
            "b": ("two", None, [("49", 1), ("57", 2)]),
            "c": ("two", None, [("49", 1), ("57", 2)]),
            "d": ("open", None, [("bow", None)] * 2),
        },
        cymbal_maps=[read_cymbal_map(tmp_path / "map.yaml")],
    )
    reasons = ["metadata", "one_by_metadata", "kit_card", "kit_card"]
    assert found["reason"].to_pylist() == reasons


def say(*rows):
    """As `name_cymbals`: (session, number of cymbals, names)."""
    names = NAMED_CYMBALS.names
    said = [dict(zip(names, (row[0], "crash", *row[1:]), strict=True)) for row in rows]
    return lambda kinds: pa.Table.from_pylist(
        [row for row in said if row["session_id"] in kinds["session_id"].to_pylist()],
        NAMED_CYMBALS,
    )


def test_names_and_notes_make_a_candidate_and_say_how_many_to_expect(find):
    two_names = say(
        ("a", 2, ["crash, 16 in", "crash, 20 in"]),
        ("b", 1, ["crash, 16 in"]),
        ("c", None, ["Sabian crash"]),
        ("d", 3, []),
        ("e", 2, []),
    )
    hits = [("bow", None)] * 2
    sessions = {
        **dict.fromkeys("abc", ("open", None, hits)),
        "d": ("two", None, [("49", 1)] * 2),  # the kit card says two, and is the surer
        "e": ("open", None, hits[:1]),
        "f": ("one", None, [("49", 1), ("c", 1)]),
    }
    found, table = find(sessions, name_cymbals=two_names)
    assert found["reason"].to_pylist() == [
        *("cymbal_names", "unknown", "unknown", "kit_card", "too_few_hits", "one_by_metadata")
    ]
    assert found["n_cymbals_named"].to_pylist() == [2, 1, None, 3, 2, None]
    assert found["named_cymbals"].to_pylist()[:2] == [
        ["crash, 16 in", "crash, 20 in"],
        ["crash, 16 in"],
    ]
    expected = {"a": 2, "b": 1, "d": 2, "e": 2, "f": 1}
    assert expected_cymbals(found) == {(name, "crash"): n for name, n in expected.items()}
    assert count_reasons(found, table, [CRASH])["crash"]["cymbal_names"] == 1
    hidden, _ = find(sessions, name_cymbals=two_names, use_metadata=False)
    assert expected_cymbals(hidden) == {}
    assert "cymbal_names" not in hidden["reason"].to_pylist()


def test_notes_number_sounds_and_what_they_say_of_the_kit_is_counted_with_the_names(find):
    kits = {"a": {"cymbals": {"bow": 2}}, "x*": {"cymbals": {"bow": 1}}}
    notes = map_of_kit_notes({"source_set": "s", "kits": kits}, "notes.json", CRASH.labels)
    found, _ = find(
        {"a": ("open", None, [("bow", None)] * 2), "xy": ("open", None, [("bow", None)] * 2)},
        cymbal_maps=[notes],
        name_cymbals=say(("a", 3, [])),
    )
    assert found["n_numbered_hits"].to_pylist() == [2, 0]  # ids in notes are no patterns
    assert found["n_cymbals_of_kit"].to_pylist() == [None, None]
    assert found["reason"].to_pylist() == ["cymbal_names", "unknown"]
    assert expected_cymbals(found) == {("a", "crash"): 3}


def test_every_family_has_rows_of_its_own(tmp_path):
    rows = [
        ("ride_bow", "51", None),
        ("ride_bell", "53", None),
        ("crash", "49", 1),
        ("kick", "36", 2),
    ]
    hits = [dict(zip(("label", "source_label", "cymbal"), row, strict=True)) for row in rows]
    events = [{"event_id": f"e{n}", "session_id": "a", "components": hits} for n in range(2)]
    strokes = {
        "51": Stroke("ride_bow", strike_position="bow"),
        "53": Stroke("ride_bell", strike_position="bell"),
        "49": Stroke("crash", cymbal=1),
        "57": Stroke("crash", cymbal=2),
    }
    sessions = [{"source_set": "s", "session_id": name, "label_map": "kit"} for name in "ab"]
    write_table(tmp_path / "events", pa.Table.from_pylist(events, EVENTS))
    table, families = pa.Table.from_pylist(sessions, SESSIONS), [RIDE, CRASH]
    found = find_candidates(
        tmp_path / "events", table, {"kit": LabelMap("kit", strokes)}, families, **SETTINGS
    )
    names = ("family", "n_hits", "n_numbered_hits", "n_cymbals_of_kit", "reason")
    assert [tuple(row[name] for name in names) for row in found.to_pylist()] == [
        ("ride", 4, 0, None, "techniques"),
        ("crash", 2, 2, 2, "kit_card"),
    ]
    counts = count_reasons(found, table, families)
    assert {name: row["no_hit"] for name, row in counts.items()} == {"ride": 1, "crash": 1}
    assert total_reasons(counts)["candidates"] == 2


def test_a_cymbal_map_counts_for_the_families_of_the_hits_it_numbers(tmp_path):
    labels = ("ride_bow", "crash")
    hits = [{"label": label, "source_label": label} for label in labels]
    events = [{"event_id": f"e{n}", "session_id": "a", "components": hits} for n in range(2)]
    write_table(tmp_path / "events", pa.Table.from_pylist(events, EVENTS))
    entry = {"cymbals": {"ride_bow": 1, "crash": 2, "crash too": 1}, "sources": ["ear"]}
    document = {"name": "m", "verified": "2026-11-20", "sources": {"ear": "heard"}}
    (tmp_path / "map.yaml").write_text(
        yaml.safe_dump(document | {"source_sets": {"s": {"sessions": {"a": entry}}}})
    )
    sessions = pa.Table.from_pylist([{"source_set": "s", "session_id": "a"}], SESSIONS)
    maps = [read_cymbal_map(tmp_path / "map.yaml")]
    found = find_candidates(
        tmp_path / "events", sessions, {}, [CRASH, RIDE], **(SETTINGS | {"cymbal_maps": maps})
    )
    rows = [(row["family"], row["n_cymbals_of_kit"], row["reason"]) for row in found.to_pylist()]
    # What has no hit may be of any family.
    assert rows == [("crash", 2, "kit_card"), ("ride", 1, "one_by_metadata")]


def test_one_hit_cannot_be_two_cymbals(find):
    with pytest.raises(ValueError, match=r"min_hits 1: .* allowed: 2 or more"):
        find({}, min_hits=1)


def test_no_crash_is_no_error(find):
    found, sessions = find({"a": ("two", None, [])})
    assert found.num_rows == 0
    assert count_reasons(found, sessions, [CRASH])["crash"]["no_hit"] == 1
