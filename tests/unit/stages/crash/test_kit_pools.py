"""Sessions of one kit told apart together, on synthetic cymbals whose truth is known."""

from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
import yaml
from checkout import REPO
from cymbal_families import CRASH, RIDE
from synthetic_cymbals import Sounds, embeddings_of, hit, sessions_of, synthetic_model

from drumcorpus.schemas import KIT_CYMBALS, KIT_SESSIONS
from drumcorpus.stages.crash.cluster_shard import cluster_shard
from drumcorpus.stages.crash.cymbal_model import read_cymbal_model
from drumcorpus.stages.crash.kit_pools import count_kits, kit_sessions, kits_of_table, pool_kits

CONFIG = yaml.safe_load((REPO / "config/config.yaml").read_text())["crash"]
CLUSTERING = CONFIG["clustering"] | {"method": "mixture"}
MODEL = synthetic_model()
BOTH = ["low", "high"]


def pool(hits, kits, *, families=(CRASH,), use_metadata=True, model=MODEL):
    return pool_kits(
        hits,
        sessions_of(kits),
        families,
        model,
        cymbal_maps=[],
        clustering=CLUSTERING,
        use_metadata=use_metadata,
    )


def cluster(
    hits, kits, *, families=(CRASH,), pooled=True, model=MODEL, use_metadata=True, confidence=None
):
    """Rows of the assignments by session, and of the review by session."""
    of_pool = {"families": families, "use_metadata": use_metadata, "model": model}
    table = pool(hits, kits, **of_pool)[0] if pooled else None
    if confidence is not None:  # that the numbers of cymbals are right
        place = table.schema.get_field_index("confidence")
        column = pa.array([confidence] * table.num_rows, table.schema.field(place).type)
        table = table.set_column(place, table.schema.field(place), column)
    shard = cluster_shard(
        hits,
        sessions_of(kits),
        families,
        cymbal_maps=[],
        decisions=[],
        use_metadata=use_metadata,
        clustering=CLUSTERING,
        agreement=CONFIG["agreement"],
        model=model,
        kits=table,
        kit_sessions=kit_sessions(sessions_of(kits)),
    )
    told = {}
    for row in shard.assignments.to_pylist():
        told.setdefault(row["session_id"], []).append(row)
    return told, {row["session_id"]: row for row in shard.review}


def short_sessions(sounds, n=6, **more):
    """Sessions with two hits of each of two cymbals, one fewer than a cymbal needs alone."""
    return {f"s{i}": sounds.session(f"s{i}", BOTH * 2, **more) for i in range(n)}


def labels(rows):
    return [row["label"] if row["accepted"] else None for row in rows]


def test_sessions_with_two_hits_of_a_cymbal_are_decided_by_their_kit():
    sessions = short_sessions(Sounds())
    kits = dict.fromkeys(sessions, "kit")
    told, review = cluster(embeddings_of(*sessions.values()), kits)
    assert review == {}
    for rows in told.values():
        assert labels(rows) == ["crash", "crash2"] * 2
        assert {row["method"] for row in rows} == {"kit_mixture"}
        assert all(0.9 <= row["confidence"] <= 1 for row in rows)
    alone, review = cluster(embeddings_of(*sessions.values()), kits, pooled=False)
    assert {row["reason"] for row in review.values()} == {"too_few_hits"}
    assert {row["method"] for rows in alone.values() for row in rows} == {"gaussian_mixture"}


@pytest.mark.parametrize(
    "struck",
    [[["low", "high"] * 4] * 4, [["low"] * 20] * 12 + [["low"] * 4 + ["high"] * 4] * 3],
    ids=["kit of four sessions", "rare cymbal"],
)
def test_few_hits_of_a_cymbal_that_is_surely_there_cast_no_doubt_on_the_others(struck):
    sounds = Sounds(seed=3)
    sessions = {f"s{n:02}": sounds.session(f"s{n:02}", each) for n, each in enumerate(struck)}
    shipped = read_cymbal_model(REPO / "resources/crash/cymbal_model.json")
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    assert pool(hits, kits, model=shipped)[0]["n_cymbals"].to_pylist() == [2, 2]
    told, _ = cluster(hits, kits, model=shipped)
    numbers = {"low": "crash", "high": "crash2"}
    for rows, each in zip((told[name] for name in sorted(told)), struck, strict=True):
        assert labels(rows) == [numbers[name] for name in each]


def test_a_row_per_cymbal_says_what_it_rests_on_and_is_read_back():
    sessions = short_sessions(Sounds())
    table, warnings = pool(embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit"))
    assert warnings == []
    assert table.schema.equals(KIT_CYMBALS)
    keys = ("kit_id", "family", "label", "cymbal", "n_hits", "n_sessions", "n_cymbals", "reason")
    assert [tuple(row[key] for key in keys) for row in table.to_pylist()] == [
        ("kit", "crash", None, number, 12, 6, 2, "separated") for number in (1, 2)
    ]
    low, high = table["order_key"].to_pylist()
    assert (low, high) == pytest.approx((1000, 1200), abs=20)
    kit = kits_of_table(table)["kit", "crash", None]
    assert kit.numbers == (1, 2)
    assert kit.mixture.means.tolist() == table["mean"].to_pylist()
    assert count_kits(table) == {
        "kits": 1,
        "kits_with_several_cymbals": 1,
        "cymbals": 2,
        "shared_kit_ids": 0,
    }


def test_a_session_with_one_cymbal_gets_the_number_that_it_has_in_the_kit():
    sounds = Sounds()
    sessions = short_sessions(sounds) | {"only": sounds.session("only", ["high"])}
    told, review = cluster(embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit"))
    assert labels(told["only"]) == ["crash2"]
    assert review == {}


def test_numbers_of_the_source_in_some_sessions_name_the_cymbals_of_all():
    sounds = Sounds()
    sessions = short_sessions(sounds, n=4)
    sessions["named"] = sounds.session("named", BOTH * 2, numbers=[2, 1, 2, 1])
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    told, _ = cluster(hits, kits)
    for name in sessions:
        assert labels(told[name]) == ["crash2", "crash"] * 2
    hidden, _ = cluster(hits, kits, use_metadata=False)
    assert labels(hidden["s0"]) == ["crash", "crash2"] * 2


def test_where_the_source_contradicts_the_sound_in_a_kit_its_other_sessions_are_in_doubt():
    sounds = Sounds()
    sessions = short_sessions(sounds, n=4)
    sessions["named"] = sounds.session("named", BOTH * 4, numbers=[1, 1, 2, 2] * 2)
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    assert set(pool(hits, kits)[0]["cymbal"].to_pylist()) == {None}
    told, review = cluster(hits, kits)
    assert labels(told["s0"]) == [None] * 4
    assert review["s0"]["reason"] == "numbers_differ"
    assert Counter(row["method"] for row in told["named"]) == {"metadata_override": 8}


def test_two_kits_with_one_id_are_named_and_their_sessions_are_told_apart_alone():
    sounds = Sounds()
    sessions = {f"a{i}": sounds.session(f"a{i}", BOTH * 4) for i in range(4)}
    sessions |= {f"b{i}": sounds.session(f"b{i}", ["x", "y"] * 4) for i in range(3)}
    sessions["few"] = sounds.session("few", BOTH)
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "shared")
    table, (sentence,) = pool(hits, kits)
    (row,) = table.to_pylist()
    assert (row["reason"], row["n_cymbals"], row["cymbal"]) == ("shared_kit_id", 4, None)
    assert count_kits(table)["shared_kit_ids"] == 1
    assert sentence.startswith("kit 'shared': its sessions have 4 cymbals of the family crash, and")
    assert "'a0', 'a1', 'a2' and 2 more and 'b0', 'b1', 'b2' have none in common" in sentence
    assert "take recorded_alike from the card" in sentence
    told, review = cluster(hits, kits)
    for name in ("a0", "b0"):
        assert labels(told[name]) == ["crash", "crash2"] * 4
        assert {row["method"] for row in told[name]} == {"gaussian_mixture"}
    assert labels(told["few"]) == [None, None]
    assert review["few"]["reason"] == "shared_kit_id"


def test_a_single_session_of_another_kit_is_unlike_its_kit_and_moves_no_other():
    sounds = Sounds()
    sessions = {f"a{i}": sounds.session(f"a{i}", BOTH * 4) for i in range(5)}
    sessions["odd"] = sounds.session("odd", ["x", "y"] * 4)
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    assert pool(hits, kits)[1] == []
    told, review = cluster(hits, kits)
    assert labels(told["a0"]) == ["crash", "crash2"] * 4
    assert labels(told["odd"]) == [None] * 8
    assert {name: row["reason"] for name, row in review.items()} == {"odd": "unlike_its_kit"}


def test_sessions_without_a_kit_and_kits_of_one_session_are_not_pooled():
    sessions = short_sessions(Sounds(), n=3)
    hits = embeddings_of(*sessions.values())
    assert pool(hits, {"s0": None, "s1": None, "s2": "lone"})[0].num_rows == 0


def test_the_order_in_which_sessions_come_changes_nothing():
    sessions = short_sessions(Sounds())
    kits = dict.fromkeys(sessions, "kit")
    there, _ = pool(embeddings_of(*sessions.values()), kits)
    back, _ = pool(embeddings_of(*reversed(sessions.values())), kits)
    assert there.equals(back)


def test_labels_of_a_family_that_does_not_number_them_are_pooled_each_for_itself():
    sounds, sessions = Sounds(), {}
    for i in range(4):
        name = f"s{i}"
        rows = sounds.session(name, ["bow", "other bow", "bell"] * 2)
        for n, row in enumerate(rows):
            row |= {"family": "ride", "label": "ride_bell" if n % 3 == 2 else "ride_bow"}
        sessions[name] = rows
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    table, _ = pool(hits, kits, families=[RIDE])
    assert table["label"].to_pylist() == ["ride_bell", "ride_bow", "ride_bow"]
    told, _ = cluster(hits, kits, families=[RIDE])
    assert [row["cymbal"] for row in told["s0"]] == [1, 2, None] * 2
    assert {row["label"] for row in told["s0"]} == {"ride_bow", "ride_bell"}


def test_one_cymbal_more_than_allowed_in_a_kit_leaves_the_two_that_share_a_number_in_doubt():
    sounds = Sounds()
    struck = ["a", "b", "c", "d"] * 2
    sessions = {f"s{i}": sounds.session(f"s{i}", struck) for i in range(5)}
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    table, warnings = pool(hits, kits)
    assert warnings == []
    assert table["reason"].to_pylist() == ["more_cymbals_than_allowed"] * 4
    merged = table["merged"].to_pylist()
    shared = {n for n in range(4) if merged.count(merged[n]) > 1}
    assert len(shared) == 2
    told, review = cluster(hits, kits)
    for name, rows in told.items():
        assert [row["accepted"] for row in rows] == [n % 4 not in shared for n in range(8)]
        alone = [row["label"] for n, row in enumerate(rows) if n % 4 not in shared]
        assert len(set(alone)) == 2
        assert review[name]["reason"] == "more_cymbals_than_allowed"
    numbers = {(n % 4): row["label"] for n, row in enumerate(told["s0"]) if row["accepted"]}
    assert all(
        row["label"] == numbers[n % 4]
        for rows in told.values()
        for n, row in enumerate(rows)
        if row["accepted"]
    )


def test_one_cymbal_more_than_allowed_in_a_session_alone_leaves_two_of_them_told():
    sounds = Sounds()
    rows = sounds.session("s", ["a", "b", "c", "d"] * 4)
    told, review = cluster(embeddings_of(rows), {"s": None})
    assert {row["method"] for row in told["s"]} == {"spectral_cluster"}
    assert review["s"]["reason"] == "more_cymbals_than_allowed"
    assert (review["s"]["n_hits"], review["s"]["n_accepted"]) == (16, 8)
    labels_of = {n: {row["label"] for row in told["s"][n::4] if row["accepted"]} for n in range(4)}
    assert sorted(map(len, labels_of.values())) == [0, 0, 1, 1]


def test_a_cymbal_that_a_session_alone_loses_leaves_it_in_doubt_where_its_kit_may_have_it():
    """Two strokes like the low cymbal, and more like a third that other sessions strike."""
    sounds = Sounds()
    struck = ["low", "high", "third"]
    sessions = {f"s{n}": sounds.session(f"s{n}", struck * 4) for n in range(6)}
    between = 0.35 * sounds.cymbals["low"] + 0.94 * sounds.cymbals["third"]
    sounds.cymbals["between"] = between / np.linalg.norm(between)
    lost = ["low", "high"] * 5 + ["between"] * 2
    sessions["lost"] = sounds.session("lost", lost)
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    alone, review = cluster(hits, kits, pooled=False)
    assert (review, len(set(labels(alone["lost"])))) == ({}, 2)
    told, review = cluster(hits, kits, confidence=0.5)
    assert {row["method"] for rows in told.values() for row in rows} == {"gaussian_mixture"}
    assert {name: row["reason"] for name, row in review.items()} == {"lost": "doubtful"}
    assert labels(told.pop("lost")) == [None] * 12
    assert {name: labels(rows) for name, rows in told.items()} == {
        name: labels(alone[name]) for name in told
    }


def test_a_session_in_doubt_has_guesses_for_a_person():
    """Two sounds that are neither clearly alike nor clearly different."""
    sounds = Sounds()
    sounds.embedding("low"), sounds.embedding("high")
    mixed = sounds.cymbals["low"] + 0.6 * sounds.cymbals["high"]
    sounds.cymbals["near"] = mixed / np.linalg.norm(mixed)
    rows = sounds.session("s", ["near", "high"] * 5)
    told, review = cluster(embeddings_of(rows), {"s": None})
    assert labels(told["s"]) == [None] * 10
    assert {row["confidence"] for row in told["s"]} == {0.0}
    assert review["s"]["reason"] == "doubtful"
    guessed = [guess["cymbal"] for guess in review["s"]["guesses"]]
    assert guessed in ([1, 2] * 5, [2, 1] * 5)


def at_once(session_id, n, onset, **changes):
    """Two components of one event, whose sound is of both."""
    reason = {"reason": "another_of_family_at_once", "event_id": f"{session_id}/{n:03}"}
    return [
        hit(session_id, n, onset, component_index=index, **reason, **changes) for index in range(2)
    ]


def test_two_strokes_at_once_are_one_of_each_of_two_cymbals():
    sessions = short_sessions(Sounds())
    sessions["s0"] += at_once("s0", 90, 100.0)
    kits = dict.fromkeys(sessions, "kit")
    told, review = cluster(embeddings_of(*sessions.values()), kits)
    assert labels(told["s0"])[-2:] == ["crash", "crash2"]
    assert [row["confidence"] for row in told["s0"][-2:]] == [0.95, 0.95]
    assert told["s0"][-1]["undescribed"] == "another_of_family_at_once"
    assert review == {}
    unsure = synthetic_model(both_at_once=0.6)
    told, review = cluster(embeddings_of(*sessions.values()), kits, model=unsure)
    assert labels(told["s0"])[-2:] == [None, None]
    assert [row["confidence"] for row in told["s0"][-2:]] == [0.6, 0.6]
    assert review["s0"]["n_accepted"] == 4


@pytest.mark.parametrize(
    ("struck", "cymbal"),
    [(["low"] * 4, None), (["low", "high", "third"] * 2, None), (BOTH * 2, 1)],
    ids=["of_one_cymbal", "of_three_cymbals", "numbered_by_the_source"],
)
def test_strokes_at_once_stay_in_doubt_where_it_is_not_said_which_two_they_are(struck, cymbal):
    sounds = Sounds()
    sessions = {f"s{i}": sounds.session(f"s{i}", struck) for i in range(5)}
    rows = at_once("s0", 90, 100.0)
    rows[0]["cymbal"] = cymbal
    sessions["s0"] += rows
    told, review = cluster(embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit"))
    assert told["s0"][-1]["accepted"] is False
    assert review["s0"]["n_hits"] - review["s0"]["n_accepted"] == (1 if cymbal else 2)


def test_without_a_model_the_mixture_is_refused_by_a_sentence():
    with pytest.raises(ValueError, match="method: mixture needs a cymbal model"):
        cluster(embeddings_of(), {}, model=None, pooled=False)


def kit_with_a_few_strange_hits(**of_family):
    """Forty sessions with one cymbal, and one in which five hits sound otherwise, though akin."""
    sounds = Sounds()
    sounds.embedding("one")
    sounds.embedding("other")
    one, other = sounds.cymbals.values()
    sounds.cymbals["other"] = 0.2 * one + np.sqrt(1 - 0.2**2) * other
    sessions = {f"s{i:02}": sounds.session(f"s{i:02}", ["one"] * 8) for i in range(40)}
    sessions["odd"] = sounds.session("odd", ["one", "other"] * 5)
    for rows in sessions.values():
        for row in rows:
            row |= of_family
    return sounds, sessions


def test_what_may_be_a_cymbal_in_one_session_casts_no_doubt_on_the_others_of_its_kit():
    _, sessions = kit_with_a_few_strange_hits()
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    shipped = read_cymbal_model(REPO / "resources/crash/cymbal_model.json")
    table, _ = pool(hits, kits, model=shipped)
    assert table["merged"].to_pylist() == [0, 0]
    assert table["n_cymbals"].to_pylist() == [1, 1]  # what may be one is none
    assert count_kits(table)["cymbals"] == 1
    told, review = cluster(hits, kits, model=shipped)
    assert {name for name, rows in told.items() if set(labels(rows)) != {"crash"}} == {"odd"}
    assert labels(told["odd"]) == ["crash", None] * 5
    assert list(review) == ["odd"]


def test_a_label_with_what_may_be_a_second_cymbal_goes_behind_one_that_has_two():
    sounds, sessions = kit_with_a_few_strange_hits(family="ride", label="ride_bell")
    for name in sorted(sessions.keys() - {"odd"}):
        for n, cymbal in enumerate(["low bow", "high bow"] * 2):
            bow = {"family": "ride", "label": "ride_bow", "embedding": sounds.embedding(cymbal)}
            sessions[name].append(hit(name, 90 + n, 100.0 + 2 * n, **bow))
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    shipped = read_cymbal_model(REPO / "resources/crash/cymbal_model.json")
    table, _ = pool(hits, kits, families=[RIDE], model=shipped)
    assert table["label"].to_pylist() == ["ride_bell"] * 2 + ["ride_bow"] * 2
    assert count_kits(table)["kits_with_several_cymbals"] == 1
    told, review = cluster(hits, kits, families=[RIDE], model=shipped)
    assert [row["cymbal"] for row in told["s00"]] == [None] * 8 + [1, 2] * 2
    assert review["s00"]["reason"] == "labels_not_joined"


def test_sessions_are_held_against_their_sound_where_the_numbers_of_a_kit_contradict_it():
    sounds = Sounds()
    sessions = {f"s{i}": sounds.session(f"s{i}", BOTH * 4, numbers=[1, 2] * 4) for i in range(4)}
    for name, numbers in (("bad", [1, 1, 2, 2] * 2), ("worse", [2, 1, 1, 2] * 2)):
        sessions[name] = sounds.session(name, BOTH * 4, numbers=numbers)
    hits, kits = embeddings_of(*sessions.values()), dict.fromkeys(sessions, "kit")
    kit_table, _ = pool(hits, kits)
    assert set(kit_table["cymbal"].to_pylist()) == {None}
    shard = cluster_shard(
        hits,
        sessions_of(kits),
        (CRASH,),
        cymbal_maps=[],
        decisions=[],
        use_metadata=True,
        clustering=CLUSTERING,
        agreement=CONFIG["agreement"],
        model=MODEL,
        kits=kit_table,
        kit_sessions=kit_sessions(sessions_of(kits)),
    )
    judged = {row["session_id"]: (row["agrees"], row["reason"]) for row in shard.agreement}
    assert judged.pop("bad") == judged.pop("worse") == (False, "divided_otherwise")
    assert set(judged.values()) == {(True, "agrees")}
    assert len(judged) == 4


def test_the_kit_of_each_session_that_names_one_is_listed_by_session():
    table = kit_sessions(sessions_of({"b": "kit 2", "a": "kit 1", "c": None}))
    assert table.schema.equals(KIT_SESSIONS)
    assert table.to_pylist() == [
        {"session_id": "a", "kit_id": "kit 1"},
        {"session_id": "b", "kit_id": "kit 2"},
    ]
