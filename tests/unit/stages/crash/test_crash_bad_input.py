"""Crash hits in bad recordings: each has its reason, keeps its label, and stops no other."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from sounds import write_sound

from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.synthesizer import render
from drumcorpus.ground.files.settings import read_settings
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.taxonomy_files import load_cymbal_families
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.sound.recordings import recording_reader
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.crash.assignments import assign_cymbals
from drumcorpus.stages.crash.hits import embed_cymbals
from drumcorpus.stages.crash.review_page import count_undescribed
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.stages.manifest.aliases import alias_events

RATE_HZ = 44_100
GAP, DURATION = 1.5, 13.0  # s between hits, and of a recording
NOTES = (55, 52) * 4  # two cymbals of the demo's kit in turn
HITS = [0.5 + GAP * number for number in range(len(NOTES))]


@pytest.fixture(scope="module")
def sound(repo):
    """Eight hits on two cymbals, shape (n_samples,)."""
    kit = read_kits(repo / "resources/demo/kits.yaml")["birch"]
    velocities = np.full(len(NOTES), 100)
    rng = np.random.default_rng(3)
    played = (np.array(HITS), np.array(NOTES), velocities, kit)
    return render(*played, sample_rate_hz=RATE_HZ, duration=DURATION, rng=rng)


@pytest.fixture
def told(repo, taxonomy, tmp_path):
    """What becomes of sessions, by name: their recording, or its bytes, and the onsets in it."""

    def told(**sessions):
        families = load_cymbal_families(repo / "resources/taxonomy/components.yaml", ["crash"])
        for name, (recording, _) in sessions.items():
            path = tmp_path / f"{name}.wav"
            if isinstance(recording, bytes):
                path.write_bytes(recording)
            else:
                write_sound(path, recording, RATE_HZ, subtype="FLOAT")
        events = pa.Table.from_pylist(list(events_of(sessions)), EVENTS)
        read = recording_reader(
            SESSIONS.empty_table(),
            lambda path: (tmp_path / path).read_bytes(),
            22_050,
            allow_not_finite=True,
        )
        hits = embed_cymbals(
            events,
            families,
            lambda path, spans: read(path, spans)[0],
            sample_rate_hz=22_050,
            companion=(),
        )
        clustering = read_yaml(repo / "config/config.yaml")["crash"]["clustering"]
        settings = read_settings(ClusteringSettings, clustering)
        assigned, review = assign_cymbals(hits, families, settings, use_metadata=True)
        write_table(tmp_path / "assignments", assigned)
        aliased = alias_events(events, assigned, taxonomy).events.to_pylist()
        after = {name: [] for name in sessions}
        for row in aliased:
            after[row["session_id"]].append(row["components"][0]["label"])
        rows = {row["session_id"]: row for row in review}
        return after, rows, count_undescribed(tmp_path / "assignments")

    return told


def events_of(sessions):
    for name, (_, onsets) in sessions.items():
        for number, onset in enumerate(onsets):
            component = {"label": "crash", "source_label": "CRC"}
            yield {
                **{"event_id": f"{name}{number}", "session_id": name, "onset_time": onset},
                **{"audio_path": f"{name}.wav", "components": [component]},
                **{"techniques": [], "annotation_history": []},
            }


def with_nan(sound, start, stop):
    sound = sound.copy()
    sound[round(start * RATE_HZ) : round(stop * RATE_HZ)] = np.nan
    return sound


def flac(sound, path, n_broken=20_000):
    """A FLAC file whose middle is garbage: its header and its end are whole."""
    write_sound(path, sound, RATE_HZ, format="FLAC")
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + n_broken] = bytes(n_broken)
    return bytes(data)


def test_bad_recordings_keep_crash_with_a_reason_and_the_others_are_told_apart(
    told, sound, tmp_path
):
    good, n = (sound, HITS), len(HITS)
    labels, review, undescribed = told(
        good=good,
        nan=(with_nan(sound, 0, DURATION), HITS),
        silent=(np.zeros(round(DURATION * RATE_HZ)), HITS),
        garbage=(np.random.default_rng(0).bytes(5000), HITS),
        flac=(flac(sound, tmp_path / "whole.flac"), HITS),
        empty=(b"", HITS),
        past=(sound, [DURATION, *(DURATION + onset for onset in HITS[1:])]),
        single=(sound, HITS[:1]),
    )
    assert Counter(labels.pop("good")) == {"crash": 4, "crash2": 4}
    assert labels.pop("single") == ["crash"]
    assert labels == dict.fromkeys(labels, ["crash"] * n)
    reasons = {name: row["undescribed"] for name, row in review.items()}
    assert reasons == {
        "nan": {"not_finite": n},
        "silent": {"silent_window": n},
        **{name: {"unreadable_audio": n} for name in ("garbage", "flac", "empty")},
        "past": {"onset_past_end": n},
        "single": {},
    }
    assert {row["reason"] for row in review.values()} == {"too_few_hits"}
    assert [(row["n_accepted"], row["guesses"]) for row in review.values()] == [(0, [])] * 7
    assert undescribed["crash"] == {
        **{"not_finite": n, "silent_window": n, "unreadable_audio": 3 * n},
        "onset_past_end": n,
    }


def test_a_hit_in_bad_sound_keeps_crash_and_the_rest_of_its_session_is_told_apart(told, sound):
    at = len(HITS) // 2
    silent = sound.copy()
    silent[round((HITS[at] - 0.2) * RATE_HZ) : round((HITS[at] + 1.2) * RATE_HZ)] = 0
    labels, review, _ = told(
        nan=(with_nan(sound, HITS[at], HITS[at] + 0.01), HITS),
        silent=(silent, HITS),
        end=(sound, [*HITS, DURATION]),
    )
    whole = Counter({"crash": 4, "crash2": 4})
    assert Counter(labels["end"]) == whole + Counter(["crash"])
    assert labels["end"][-1] == "crash"
    for name in ("nan", "silent"):
        assert labels[name][at] == "crash"
        rest = labels[name][:at] + labels[name][at + 1 :]
        assert sorted(Counter(rest).values()) == [3, 4], name
    reasons = {name: row["undescribed"] for name, row in review.items()}
    assert reasons == {
        "nan": {"not_finite": 1},
        "silent": {"silent_window": 1},
        "end": {"onset_past_end": 1},
    }
    assert {row["n_hits"] - row["n_accepted"] for row in review.values()} == {1}
