"""The tools of another pipeline get what they read, and what they leave out is counted."""

import importlib
import json
import os
import sys

import pytest
from checkout import REPO
from peer_tools import write_tools

N_EVENTS = 300


@pytest.fixture(scope="module")
def bench():
    """The modules of the benchmark that call the tools and draw the manifest."""
    folders = [str(REPO / "bench/production"), str(REPO / "bench")]
    sys.path[:0] = folders
    try:
        yield {name: importlib.import_module(name) for name in ("peer", "ladder")}
    finally:
        for folder in folders:
            sys.path.remove(folder)


@pytest.fixture(scope="module")
def peer(bench):
    return bench["peer"]


@pytest.fixture(scope="module")
def given(bench, tmp_path_factory):
    """A drawn manifest, and what the tools get of it."""
    data = tmp_path_factory.mktemp("drawn")
    bench["ladder"].draw(data, N_EVENTS)
    bench["peer"].prepare(data)
    return data


def lines_of(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_every_event_has_the_fields_of_that_form(given):
    events = lines_of(given / "peer/events.jsonl")
    assert len(events) == N_EVENTS
    assert {tuple(sorted(event)) for event in events} == {
        (
            *("audio_path", "components", "context_ms", "event_id", "is_synthetic"),
            *("metadata_ref", "meter", "midi_path", "negative_example", "offset_time"),
            *("onset_time", "session_id", "source_set", "techniques", "tempo_bpm"),
        )
    }
    parts = [part for event in events for part in event["components"]]
    assert {name for part in parts for name in part} == {
        *("label", "velocity", "dynamic_bucket", "openness")
    }
    assert all(part["velocity"] == round(part["velocity"], 4) for part in parts)


def test_provenance_is_found_by_the_session_and_names_the_recording(given):
    files = {
        f"provenance:{row['session_id']}": row["sample_paths"]
        for path in (given / "peer/provenance").glob("*_provenance.jsonl")
        for row in lines_of(path)
    }
    events = lines_of(given / "peer/events.jsonl")
    recorded = [event for event in events if event["audio_path"]]
    assert len(recorded) > N_EVENTS / 2
    assert all(event["audio_path"] in files[event["metadata_ref"]] for event in recorded)


def test_parts_hold_all_lines_and_crashes_all_that_are_assigned(given):
    whole = (given / "peer/events.jsonl").read_text().splitlines()
    parts = [path.read_text().splitlines() for path in (given / "peer").glob("part_*.jsonl")]
    assert sorted(line for part in parts for line in part) == sorted(whole)
    crashes = json.loads((given / "peer/crashes.json").read_text())["events"]
    assert set(crashes) == {
        event["event_id"]
        for event in map(json.loads, whole)
        if {"crash", "crash2"} & {part["label"] for part in event["components"]}
    }
    assert {tuple(sorted(row)) for row in crashes.values()} == {
        ("confidence", "label", "method", "session_id")
    }


@pytest.mark.parametrize(
    ("step", "share"),
    [
        *[("alias", 1.0), ("merge", 1.0), ("audit", 1.0), ("health", 0.5)],
        *[("weights", 1.0), ("deduplicated weights", 1.0)],
    ],
)
def test_a_tool_on_tables_is_run_with_its_options_and_its_events_counted(
    peer, given, tmp_path, step, share
):
    found = peer.measure(peer.on_tables(write_tools(tmp_path), step, given), N_EVENTS)
    assert found["peer_share"] == share
    assert found["peer_wall"] >= found["peer"] > 0
    # Its own memory: a process that imported what a test does takes more.
    assert 5 < found["peer_mb"] < 60
    assert not (given / "peer/made").exists()


def test_where_there_is_no_tool_nothing_is_called(peer, given, tmp_path):
    folder = write_tools(tmp_path, "tools/alias_events.py")
    assert peer.on_tables(folder, "alias", given) is not None
    assert peer.on_tables(folder, "audit", given) is None
    assert peer.on_tables(folder, "JSON Lines", given) is None
    assert peer.ingestion(folder, "egmd", tmp_path, tmp_path / "out") is None


def call_of(peer, tmp_path, text):
    tool = tmp_path / "tool.py"
    tool.write_text(text)
    return peer.Call([str(tool)], tmp_path / "made", "events.jsonl", peer.in_lines)


def test_success_that_made_nothing_is_an_error(peer, tmp_path):
    call = call_of(peer, tmp_path, "print('nothing to do')\n")
    with pytest.raises(SystemExit, match=r"no event of 10 is in .*events\.jsonl; it said:\nnoth"):
        peer.measure(call, 10)
    call = call_of(peer, tmp_path, f"open({os.fspath(tmp_path / 'made/events.jsonl')!r}, 'w')\n")
    with pytest.raises(SystemExit, match="no event of 10 is in"):
        peer.measure(call, 10)


def test_an_error_of_a_tool_is_shown(peer, tmp_path):
    call = call_of(peer, tmp_path, "raise ValueError('no such column')\n")
    with pytest.raises(SystemExit, match=r"tool\.py:\n[^$]*ValueError: no such column"):
        peer.measure(call, 10)
