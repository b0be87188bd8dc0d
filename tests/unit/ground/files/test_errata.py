"""Errata: what a reviewed file says of a session is obeyed, counted and said."""

import pytest
from checkout import REPO

from drumcorpus.ground.files.errata import apply_errata, count_left_out, read_errata
from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.yaml_files import read_yaml

SCHEMA = read_yaml(REPO / "workflow/schemas/errata.schema.yaml")
FILES = sorted(path.name for path in REPO.glob("resources/source_sets/*_errata.yaml"))
ENTRY = {"reason": "out_of_sync", "action": "flag", "status": "reported", "source": "x"}


def document(*entries):
    errata = [ENTRY | entry for entry in entries]
    return {"sources": {"x": "a list"}, "verified": "2026-11-20", "errata": errata}


def applied(*entries, sessions):
    return apply_errata(sessions, read_errata(document(*entries), "errata.yaml"))


def session(name, **more):
    return {"session_id": name, "label_map": "drums", "notes": ["a note"]} | more


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param({"session": "d7/25"}, ["d7/25"], id="one session"),
        pytest.param({"session": "d7/2*"}, [], id="a star in a session's id is a star"),
        pytest.param({"pattern": "d7/25*"}, ["d7/25", "d7/250"], id="pattern"),
        pytest.param({"pattern": "d7/25?"}, ["d7/250"], id="one character"),
        pytest.param({"annotation": "*/S03.mid"}, ["d7/250"], id="annotation"),
        pytest.param({"pattern": "d9 [Take?]*"}, ["d9 [Take1] a"], id="a bracket is a letter"),
    ],
)
def test_an_erratum_is_of_the_sessions_that_it_names(entry, expected):
    rows = [session("d7/25"), session("d7/250", annotation_path="a/MIDI/S03.mid"), session("d8/1")]
    rows.append(session("d9 [Take1] a"))
    found, unmatched = applied(entry, sessions=rows)
    assert [row["session_id"] for row in found if row.get("errata")] == expected
    assert [erratum.name for erratum in unmatched] == ([] if expected else list(entry.values()))


def test_what_is_flagged_is_used_and_what_is_left_out_has_no_labels():
    rows = [session("a"), session("b"), session("c")]
    left_out = {"session": "b", "action": "leave_out", "reason": "empty_audio"}
    found, _ = applied({"session": "a"}, left_out, sessions=rows)
    assert [row["label_map"] for row in found] == ["drums", None, "drums"]
    assert found[0]["notes"] == ["a note"]
    assert found[1]["notes"] == ["a note", "left out: empty_audio, reported by x"]
    assert found[0]["errata"] == [ENTRY]
    assert "errata" not in found[2]
    assert rows[1] == session("b")  # what came in is as it was
    assert count_left_out(row.get("errata") for row in found) == {"empty_audio": 1}


def test_a_fault_of_the_sound_leaves_out_where_there_is_sound():
    entry = {"pattern": "*", "action": "leave_out", "of_sound": True}
    rows, _ = applied(entry, sessions=[session("a", audio_path="a.wav"), session("b")])
    assert [row["label_map"] for row in rows] == [None, "drums"]
    assert [row["errata"][0]["action"] for row in rows] == ["leave_out", "flag"]


def test_all_that_is_known_of_a_session_is_carried():
    both = [{"session": "a"}, {"pattern": "*", "reason": "noise", "action": "leave_out"}]
    [row], _ = applied(*both, sessions=[session("a")])
    assert [entry["reason"] for entry in row["errata"]] == ["out_of_sync", "noise"]
    assert count_left_out([row["errata"], None, []]) == {"noise": 1}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        pytest.param({}, "errata 1: got none of session, pattern, annotation", id="of nothing"),
        pytest.param(
            {"session": "a", "pattern": "b"}, "wanted: one of them", id="of two things at once"
        ),
        pytest.param(
            {"session": "a", "action": "drop"},
            "action: got 'drop'; allowed: flag, leave_out",
            id="unknown action",
        ),
        pytest.param(
            {"session": "a", "source": "y"}, "source: got 'y'; allowed: x", id="unknown source"
        ),
        pytest.param({"session": "a", "status": None}, "status: got None", id="no status"),
        pytest.param({"session": 25}, "session: got 25; wanted: text", id="a number"),
        pytest.param({"session": "a", "reason": ""}, "reason: got ''", id="no reason"),
    ],
)
def test_an_erratum_that_says_too_little_is_named_with_what_is_allowed(entry, message):
    with pytest.raises(ValueError, match=f"errata.yaml: .*{message}"):
        read_errata(document(entry), "errata.yaml")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(None, id="nothing"),
        pytest.param([], id="a list"),
        pytest.param({"errata": {}}, id="a mapping of errata"),
    ],
)
def test_what_is_no_list_of_errata_is_refused(content):
    with pytest.raises(ValueError, match="wanted: a list under errata"):
        read_errata(content, "errata.yaml")


def test_the_schema_refuses_an_entry_of_two_things_and_an_unknown_key():
    assert document_problems(document({"session": "a"}), SCHEMA) == []
    for entry in ({}, {"session": "a", "pattern": "b"}, {"session": "a", "take": "b"}):
        assert document_problems(document(entry), SCHEMA) != []


@pytest.mark.parametrize("name", FILES)
def test_every_committed_file_of_errata_can_be_read(name):
    content = read_yaml(REPO / "resources/source_sets" / name)
    errata = read_errata(content, name)
    assert {erratum.source for erratum in errata} == set(content["sources"])
    assert len({(erratum.by, erratum.name, erratum.reason) for erratum in errata}) == len(errata)
