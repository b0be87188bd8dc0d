"""From which kits a model is trained, and when the one that is shipped is taken."""

import json

import numpy as np
import pytest
from cymbal_families import CRASH, RIDE
from synthetic_cymbals import Sounds, embeddings_of, sessions_of, synthetic_model

from drumcorpus.stages.crash.cymbal_maps import CymbalMap, Entry
from drumcorpus.stages.crash.cymbal_model import model_document
from drumcorpus.stages.crash.known_cymbals import choose_model, known_kits

ENOUGH = {"min_kits": 2, "min_cymbals": 4}


def corpus(n_kits=2, n_sessions=6):
    """Kits of two cymbals whose sessions are numbered by the source, and which kit each is of."""
    sessions, kits = [], {}
    for kit in range(n_kits):
        sounds = Sounds(seed=kit)
        for number in range(n_sessions):
            name = f"k{kit}/s{number}"
            kits[name] = f"kit{kit}"
            sessions.append(sounds.session(name, ["low", "high"] * 5, numbers=[1, 2] * 5))
    return embeddings_of(*sessions), sessions_of(kits)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "cymbal_model.json"
    path.write_text(json.dumps(model_document(synthetic_model())))
    return path


def test_hits_are_known_by_kit_and_unknown_or_rare_ones_are_left_out():
    sounds = Sounds()
    numbers = [1, 2, 1, 2, 1, 2, 3, 2, None]
    rows = sounds.session("a", ["low", "high"] * 4 + ["low"], numbers=numbers)
    for row in rows[0], rows[3]:
        row["embedding"], row["reason"] = None, "silent_window"
    other = sounds.session("b", ["low"] * 3, numbers=[1] * 3)
    rides = sounds.session("c", ["low"] * 3, numbers=[1] * 3)
    for row in rides:
        row |= {"family": "ride", "label": "ride_bow"}
    hits = embeddings_of(rows, other, rides)
    sessions = sessions_of({"a": "kit", "b": None, "c": "kit"})
    (kit,) = known_kits([hits], sessions, [CRASH, RIDE], [])
    assert kit.name == "kit crash"
    # Of the first cymbal two hits are described, fewer than three.
    assert kit.cymbals.tolist() == [2] * 4
    assert kit.strokes.onsets.tolist() == [2.0, 6.0, 10.0, 14.0]
    assert np.isnan(kit.strokes.vectors).all(axis=1).tolist() == [False, True, False, False]


def test_a_cymbal_map_makes_hits_known():
    sounds = Sounds()
    hits = embeddings_of(sounds.session("a", ["low"] * 3))
    entry = Entry("kits", "kit", {"49": 2})
    (kit,) = known_kits(
        [hits], sessions_of({"a": "kit"}), [CRASH], [CymbalMap("map", {"set": (entry,)})]
    )
    assert kit.cymbals.tolist() == [2, 2, 2]


def test_a_model_is_trained_from_enough_known_cymbals_and_is_the_same_for_any_order(shipped):
    hits, sessions = corpus()
    half = hits.num_rows // 2
    there = known_kits([hits.slice(0, half), hits.slice(half)], sessions, [CRASH], [])
    back = known_kits([hits.slice(half), hits.slice(0, half)], sessions, [CRASH], [])
    model, counters = choose_model(there, shipped, ENOUGH)
    assert counters == {
        "trained": 1,
        "known_kits": 2,
        "known_cymbals": 4,
        "kits_of_model": 2,
        "cymbals_of_model": 4,
    }
    assert [kit["name"] for kit in model["kits"]] == ["kit0 crash", "kit1 crash"]
    assert model == choose_model(back, shipped, ENOUGH)[0]
    assert np.isfinite(model["within"]["variances"]).all()


@pytest.mark.parametrize("more", [{"min_kits": 3}, {"min_cymbals": 5}], ids=["kits", "cymbals"])
def test_with_fewer_the_model_that_is_shipped_is_taken_as_it_is(shipped, more):
    hits, sessions = corpus(n_sessions=1)
    model, counters = choose_model(
        known_kits([hits], sessions, [CRASH], []), shipped, ENOUGH | more
    )
    assert (counters["trained"], counters["known_kits"], counters["known_cymbals"]) == (0, 2, 4)
    assert (counters["kits_of_model"], counters["cymbals_of_model"]) == (1, 2)
    assert model == json.loads(shipped.read_text())


def test_a_shipped_model_of_another_feature_set_is_refused_by_its_name(tmp_path):
    path = tmp_path / "old.json"
    path.write_text(json.dumps(model_document(synthetic_model(features="0123456789abcdef"))))
    with pytest.raises(ValueError, match=r"old\.json: the model is of another feature set"):
        choose_model([], path, ENOUGH)
