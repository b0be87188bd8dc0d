"""Published tracks of MDB Drums, held to counts that were taken from them independently."""

import shutil
from collections import Counter

import numpy as np
import pytest
import soundfile
from source_set_runs import Run

from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.stages.ingest.ingest import outcome_counts

# `cut -f2 annotations/subclass/*.txt | sort | uniq -c` of the 18 tracks at hand.
SUBCLASS_COUNTS = {
    **{"CHH": 1_598, "SD": 1_318, "KD": 1_170, "RDC": 835, "SDG": 786, "PHH": 522, "SDB": 332},
    **{"OHH": 210, "CRC": 81, "LFT": 34, "TMB": 32, "SST": 32, "MHT": 24, "RDB": 16, "CHC": 13},
    **{"SPC": 10, "HFT": 10, "SDF": 4, "SDD": 2, "HIT": 2},
}
LABEL_COUNTS = {
    **{"hihat_closed": 1_598, "snare": 1_318 + 786 + 332 + 4 + 2, "kick": 1_170, "ride_bow": 835},
    **{"hihat_pedal": 522, "hihat_open": 210, "crash": 81, "tom_low": 44, "tambourine": 32},
    **{"cross_stick": 32, "tom_mid": 24, "ride_bell": 16, "china": 13, "splash": 10, "tom_high": 2},
}
N_HITS = 7_031
WITH_AUDIO = (
    *("Beatles", "Britpop", "Country1", "Hendrix", "Rock", "Rockabilly", "Shadows", "Zeppelin"),
)
FAST = ("BebopJazz", "Gospel")  # twice as fast as all others


@pytest.fixture(scope="module")
def root(shared):
    folder = shared / "mdb_drums"
    if not (folder / "annotations" / "subclass").is_dir():
        pytest.skip("no real data: mdb_drums/annotations/subclass is not there")
    return folder


@pytest.fixture(scope="module")
def run(root, tmp_path_factory):
    return Run("mdb_drums", [root], tmp_path_factory.mktemp("cache") / "facts.json")


@pytest.fixture(scope="module")
def inventory(run):
    return run.inventory()


@pytest.fixture(scope="module")
def sessions(inventory):
    return {session["session_id"]: session for session in inventory.sessions.to_pylist()}


@pytest.fixture(scope="module")
def ingested(run, inventory):
    return run.ingest(inventory.sessions)


@pytest.fixture(scope="module")
def events(ingested):
    return ingested.events.to_pylist()


def title_of(name):
    return name.removeprefix("MusicDelta_")


def test_there_are_18_tracks_8_with_audio_and_nothing_is_refused(inventory, sessions, ingested):
    assert inventory.quarantine.to_pylist() == []
    assert ingested.refusals == []
    assert len(sessions) == 18
    heard = {title_of(name) for name, session in sessions.items() if session["audio_path"]}
    assert heard == set(WITH_AUDIO)
    for name, session in sessions.items():
        silent = [] if title_of(name) in WITH_AUDIO else ["no drum-only audio in the root"]
        assert session["notes"] == silent
    roles = Counter(inventory.files["role"].to_pylist())
    assert roles == {"annotation": 54, "audio": 9}


def test_the_full_mix_at_hand_is_as_long_as_its_drums(sessions):
    mixes = {title_of(name): row["mix_path"] for name, row in sessions.items() if row["mix_path"]}
    assert mixes == {"Zeppelin": "audio/full_mix/MusicDelta_Zeppelin_MIX.wav"}
    session = sessions["MusicDelta_Zeppelin"]
    assert session["mix_duration"] == pytest.approx(session["audio_duration"], abs=0.05)


def test_every_subclass_occurs_as_often_as_was_counted(ingested):
    counts = Counter()
    for tally in ingested.tallies.to_pylist():
        counts[tally["source_label"]] += tally["n_hits"]
    assert counts == SUBCLASS_COUNTS
    assert counts.total() == N_HITS


def test_every_stroke_is_in_an_event_under_its_label(ingested, events):
    assert outcome_counts(ingested.tallies) == {"in_event": N_HITS}
    components = [component for event in events for component in event["components"]]
    assert Counter(component["label"] for component in components) == LABEL_COUNTS
    assert {component["velocity"] for component in components} == {None}
    assert {component["cymbal"] for component in components} == {None}


def test_class_and_subclass_agree_line_by_line(events):
    assert {entry["method"] for event in events for entry in event["annotation_history"]} == set()


def test_techniques_stand_on_their_own_events(events):
    techniques = Counter(technique for event in events for technique in event["techniques"])
    assert techniques["ghost_note"] == 786
    assert techniques["brush"] == 332
    assert (techniques["flam"], techniques["drag"]) == (4, 2)
    assert techniques["no_snares"] == 0  # of the 9, all in tracks that are not here


def test_a_track_meets_the_same_work_in_other_data_sets(sessions):
    # MUSDB18 spells it "Music Delta - 80s Rock", MedleyDB MusicDelta_80sRock.
    assert sessions["MusicDelta_Rock"]["group_id"] == work_group("Music Delta", "Rock")
    assert sessions["MusicDelta_Country1"]["group_id"] == work_group("Music Delta", "Country1")
    assert len({session["group_id"] for session in sessions.values()}) == 18


def test_the_tempo_of_the_beats_is_that_of_the_tracks(sessions):
    for name, session in sessions.items():
        expected = 220 if title_of(name) in FAST else 110
        bound = 0.05 if title_of(name) == "FreeJazz" else 0.01  # its beats run free
        assert session["tempo_bpm"] == pytest.approx(expected, rel=bound), name
        assert session["meter"] == "4/4"


def test_nearly_every_stroke_has_its_bar_and_beat(events):
    unplaced = [event for event in events if event["bar"] is None]
    assert len(unplaced) == 6
    last = max((e for e in events if e["session_id"] == "MusicDelta_Rock"), key=lambda e: e["bar"])
    assert last["bar"] == 6  # 24 beats of four


def test_kick_and_snare_alternate_on_the_beats_of_rockabilly(events):
    track = [event for event in events if event["session_id"] == "MusicDelta_Rockabilly"]
    struck = {"KD": Counter(), "SD": Counter()}
    for event in track:
        for component in event["components"]:
            if component["source_label"] in struck and event["beat"] is not None:
                nearest = round(event["beat"]) % 4 or 4
                if abs(event["beat"] - round(event["beat"])) < 0.1:
                    struck[component["source_label"]][nearest] += 1
    assert struck["KD"][1] + struck["KD"][3] > 0.9 * struck["KD"].total()
    assert struck["SD"][2] + struck["SD"][4] > 0.8 * struck["SD"].total()


@pytest.mark.parametrize("title", WITH_AUDIO)
def test_the_labels_lie_on_the_strokes_of_the_drum_only_audio(root, events, title):
    # Not of the mix, nor of another take: the sound rises fastest within 15 ms of the label.
    samples, rate = soundfile.read(root / f"audio/drum_only/MusicDelta_{title}_Drum.wav")
    hop, window, reach = 64, 256, 35
    frames = np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]
    level = np.log(np.sqrt((frames**2).mean(axis=1)) + 1e-4)
    rise = np.maximum(level[4:] - level[:-4], 0)
    late = []
    for event in events:
        if event["session_id"] == f"MusicDelta_{title}":
            middle = int(event["onset_time"] * rate / hop)
            first = max(middle - reach, 0)
            steepest = first + rise[first : middle + reach].argmax() + 2
            late.append(event["onset_time"] - steepest * hop / rate)
    assert -0.002 < np.median(late) < 0.015
    assert np.mean(np.abs(np.array(late) - np.median(late)) < 0.025) > 0.8


def test_the_order_in_which_files_are_found_leaves_no_trace(run, inventory):
    other = run.inventory(backwards=True)
    assert other.sessions.equals(inventory.sessions)
    assert other.files.equals(inventory.files)


def test_a_class_file_of_another_track_stops_its_track_alone(root, tmp_path):
    copy = tmp_path / "MDB Drums"
    shutil.copytree(root / "annotations", copy / "annotations", copy_function=shutil.copyfile)
    folder = copy / "annotations" / "class"
    for path in (folder.parent, folder, folder / "MusicDelta_Rock_class.txt"):
        path.chmod(0o755)
    other = (folder / "MusicDelta_Zeppelin_class.txt").read_bytes()
    (folder / "MusicDelta_Rock_class.txt").write_bytes(other)
    run = Run("mdb_drums", [tmp_path], tmp_path / "facts.json")
    ingested = run.ingest(run.inventory().sessions)
    (refusal,) = ingested.refusals
    assert (refusal.session_id, refusal.reason) == ("MusicDelta_Rock", "annotations_disagree")
    assert refusal.detail.startswith("72 strokes, and 124 in MDB Drums/annotations/class/")
    assert len(set(ingested.events["session_id"].to_pylist())) == 17
