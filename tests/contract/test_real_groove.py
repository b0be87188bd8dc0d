"""The published Groove MIDI Dataset, held to counts that were taken from it independently."""

import io
from collections import Counter

import mido
import numpy as np
import pytest
from source_set_runs import Run

from drumcorpus.ground.midi.midi_file import parse_midi, tick_seconds
from drumcorpus.hits import group_onsets
from drumcorpus.stages.ingest.ingest import outcome_counts

NOTE_COUNTS = {
    **{36: 88_127, 38: 103_295, 40: 22_277, 37: 9_697, 48: 13_167, 50: 1_566, 45: 3_951},
    **{47: 1_327, 43: 11_276, 58: 1_003, 46: 3_906, 26: 10_246, 42: 31_724, 22: 34_857},
    **{44: 52_345, 49: 720, 55: 2_279, 57: 1_832, 52: 1_046, 51: 43_884, 59: 2_220, 53: 5_567},
}
N_HITS = 446_312
N_DOUBLE_TRIGGERS = 323


@pytest.fixture(scope="module")
def root(shared):
    folder = shared / "groove_midi" / "groove"
    if not (folder / "info.csv").is_file():
        pytest.skip("no real data: groove_midi/groove/info.csv is not there")
    return folder


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    return Run("groove_mididataset", [root], tmp_path_factory.mktemp("cache") / "facts.json")


@pytest.fixture(scope="module")
def inventory(run):
    return run.inventory()


@pytest.fixture(scope="module")
def ingest(run):
    return run.ingest


@pytest.fixture(scope="module")
def ingested(inventory, ingest):
    return ingest(inventory.sessions)


@pytest.fixture(scope="module")
def parsed(root):
    return {path: parse_midi(path.read_bytes()) for path in sorted(root.rglob("*.mid"))}


@pytest.fixture(scope="module")
def components(ingested):
    """(source_label, label, cymbal) of every component, counted."""
    flat = ingested.events["components"].combine_chunks()
    flat = (flat.chunk(0) if hasattr(flat, "chunk") else flat).flatten()
    names = ("source_label", "label", "cymbal")
    return Counter(zip(*(flat.field(name).to_pylist() for name in names), strict=True))


def test_there_are_1150_sessions_in_the_published_splits(inventory):
    assert inventory.quarantine.to_pylist() == []
    assert inventory.sessions.num_rows == 1_150
    splits = Counter(inventory.sessions["split"].to_pylist())
    assert splits == {"train": 897, "validation": 124, "test": 129}
    meters = Counter(inventory.sessions["meter"].to_pylist())
    assert meters == {"4/4": 1_138, "3/4": 5, "6/8": 5, "5/4": 1, "5/8": 1}
    assert len(set(inventory.sessions["group_id"].to_pylist())) == 1_150


def test_60_performances_were_published_without_audio(inventory):
    notes = [notes[-1] for notes in inventory.sessions["notes"].to_pylist()]
    assert notes.count("published without audio") == 60


def test_every_note_occurs_as_often_as_was_counted(ingested):
    counts = Counter()
    for tally in ingested.tallies.to_pylist():
        counts[int(tally["source_label"])] += tally["n_hits"]
    assert counts == NOTE_COUNTS
    assert sum(NOTE_COUNTS.values()) == N_HITS


def test_every_stroke_is_in_an_event_or_a_named_drop(ingested, components):
    in_event = N_HITS - N_DOUBLE_TRIGGERS
    outcomes = outcome_counts(ingested.tallies)
    assert outcomes == {"in_event": in_event, "double_trigger": N_DOUBLE_TRIGGERS}
    assert components.total() == in_event
    assert ingested.refusals == []


def test_double_triggers_are_those_of_exact_arithmetic(parsed):
    found = 0
    for midi in parsed.values():
        (tempo,) = {tempo for _, tempo in midi.tempos}
        for note in np.unique(midi.notes[:, 1]):
            ticks = np.sort(midi.notes[midi.notes[:, 1] == note, 0])
            # 10 ms are 10,000 us; a tick has tempo / 480 us.
            found += int((np.diff(ticks) * tempo < 10_000 * midi.ticks_per_quarter).sum())
    assert found == N_DOUBLE_TRIGGERS


def test_events_are_those_of_exact_arithmetic(parsed):
    """Hits of exactly 5 ms apart occur: at 125 beats a minute a tick is 1 ms."""
    different = []
    for path, midi in parsed.items():
        (tempo,) = {tempo for _, tempo in midi.tempos}
        ticks = midi.notes[:, 0]
        expected, anchor = [], None
        for row, tick in enumerate(ticks.tolist()):
            if anchor is None or (tick - anchor) * tempo > 5_000 * midi.ticks_per_quarter:
                expected.append(row)
                anchor = tick
        seconds = tick_seconds(midi, ticks)
        found = group_onsets(np.zeros(len(ticks), int), seconds, 0.005).tolist()
        if found != expected:
            different.append((path.name, len(found) - len(expected)))
    assert different == []


def test_bow_and_edge_make_one_cymbal_and_no_stroke_is_lost(ingested, components):
    doubled = Counter()
    for tally in ingested.tallies.to_pylist():
        if tally["outcome"] == "double_trigger":
            doubled[tally["source_label"]] += tally["n_hits"]
    cymbals = Counter()
    for (_, label, cymbal), count in components.items():
        if label == "crash":
            cymbals[cymbal] += count
    assert cymbals == {
        1: 2_999 - doubled["49"] - doubled["55"],
        2: 2_878 - doubled["57"] - doubled["52"],
    }
    labels = {label for _, label, _ in components}
    assert not labels & {"china", "splash", "aux_percussion"}


def test_the_strokes_that_a_hand_chokes_are_those_that_mido_finds(inventory, ingested, root):
    columns = (ingested.events[name].to_pylist() for name in ("session_id", "onset_time"))
    techniques = ingested.events["techniques"].to_pylist()
    rows = zip(*columns, techniques, strict=True)
    choked = sorted((name, onset) for name, onset, tags in rows if "choke" in tags)
    wanted = set()
    for row in inventory.sessions.to_pylist():
        path = root / row["annotation_path"]
        if b"\xa9" not in path.read_bytes():  # polyphonic aftertouch on the channel of drums
            continue
        now, last = 0.0, -np.inf
        for message in mido.MidiFile(path):
            now += message.time
            if message.type == "note_on" and message.velocity and message.note in (49, 55):
                last = now
            elif message.type == "polytouch" and message.value and now - last < 1:
                wanted.add((row["session_id"], last))
    assert [name for name, _ in choked] == [name for name, _ in sorted(wanted)]
    # An event begins with the first of its strokes, at most 5 ms before the crash.
    times = zip(choked, sorted(wanted), strict=True)
    late = [struck - onset for (_, onset), (_, struck) in times]
    assert len(late) == 6 and -1e-6 < min(late) <= max(late) < 0.0051


def test_onsets_stand_where_mido_plays_them(inventory, ingested, root):
    onsets = {}
    columns = (ingested.events[name].to_pylist() for name in ("session_id", "onset_time"))
    for session_id, onset in zip(*columns, strict=True):
        onsets.setdefault(session_id, []).append(onset)
    sample = inventory.sessions.to_pylist()[::29]
    assert len(sample) == 40
    for session in sample:
        now, played = 0.0, []
        data = (root / session["annotation_path"]).read_bytes()
        for message in mido.MidiFile(file=io.BytesIO(data)):
            now += message.time
            if message.type == "note_on" and message.velocity > 0:
                played.append(now)
        midi = parse_midi(data)
        seconds = tick_seconds(midi, midi.notes[:, 0])
        np.testing.assert_allclose(seconds, played, rtol=0, atol=1e-6)
        nearest = np.abs(np.subtract.outer(onsets[session["session_id"]], played)).min(axis=1)
        assert nearest.max() <= 1e-6


def test_ids_are_unique_and_rows_in_order(ingested):
    events = ingested.events
    assert len(set(events["event_id"].to_pylist())) == events.num_rows
    columns = [events[name].to_pylist() for name in ("session_id", "onset_time")]
    keys = list(zip(*columns, strict=True))
    assert keys == sorted(keys)
    assert len(set(events["session_id"].to_pylist())) == 1_150


def test_a_second_ingestion_gives_the_same_tables(inventory, ingest, ingested):
    again = ingest(inventory.sessions)
    assert again.events.equals(ingested.events)
    assert again.tallies.equals(ingested.tallies)


def test_the_order_in_which_files_are_found_leaves_no_trace(run, inventory):
    other = run.inventory(backwards=True)
    assert other.sessions.equals(inventory.sessions)
    assert other.files.equals(inventory.files)


def test_a_session_is_ingested_alone_as_among_all(inventory, ingest, ingested):
    sessions = inventory.sessions
    few = sessions.take([3, 500, 1149])
    names = few["session_id"].to_pylist()
    mine = [name in names for name in ingested.events["session_id"].to_pylist()]
    assert ingest(few).events.to_pylist() == ingested.events.filter(mine).to_pylist()
