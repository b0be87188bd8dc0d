"""Which cymbal a crash hit is: the source's word first, else the sound, else nobody's."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from cymbal_families import CRASH

from drumcorpus.schemas import CYMBAL_ASSIGNMENTS, CYMBAL_EMBEDDINGS, EVENTS
from drumcorpus.stages.crash.assignments import assign_cymbals
from drumcorpus.stages.crash.decisions import apply_decisions, decision_lines, guessed_cymbals
from drumcorpus.stages.crash.embeddings import feature_names
from drumcorpus.stages.crash.hits import embed_cymbals, find_hits
from drumcorpus.stages.crash.review_file import COLUMNS, read_decisions
from drumcorpus.stages.crash.settings import ClusteringSettings

LABELS = CRASH.labels
CLUSTERING = ClusteringSettings(
    method="linkage",
    max_cymbals=3,
    min_hits=3,
    min_confidence=0.95,
    split_similarity=0.3,
    split_similarity_by_family={},
    one_similarity=0.44,
    min_similarity=0.25,
    stray_share=0.15,
    max_accompaniment=0.85,
    unheard_beside=("kick",),
)
RATE = 22_050


def component(label, source_label="49", cymbal=None):
    row = dict.fromkeys(field.name for field in EVENTS.field("components").type.value_type)
    return row | {"label": label, "source_label": source_label, "cymbal": cymbal}


def events(*rows):
    """Events from (session_id, onset, audio_path, components)."""
    table = [
        dict.fromkeys(EVENTS.names)
        | {
            "event_id": f"e{number}",
            "session_id": session,
            "onset_time": onset,
            "audio_path": audio_path,
            "components": components,
            "techniques": [],
            "annotation_history": [],
        }
        for number, (session, onset, audio_path, components) in enumerate(rows)
    ]
    return pa.Table.from_pylist(table, EVENTS)


def embeddings(cymbals, vectors=None, reason=None, session="s", beside=None):
    rows = [
        {
            "event_id": f"e{number}",
            "session_id": session,
            "component_index": 0,
            "family": "crash",
            "label": "crash",
            "source_label": "49",
            "cymbal": cymbal,
            "onset_time": float(number),
            "velocity": None,
            "beside": None if beside is None else beside[number],
            "reason": reason,
            "n_taken_out": 0,
            "embedding": None if vectors is None else vectors[number],
        }
        for number, cymbal in enumerate(cymbals)
    ]
    return pa.Table.from_pylist(rows, CYMBAL_EMBEDDINGS)


def two_timbres(n_each, seed=3):
    """Embeddings of two cymbals: each its own fine structure under a little noise."""
    rng = np.random.default_rng(seed)
    n_features = len(feature_names())
    shapes = rng.normal(size=(2, n_features))
    rows = np.repeat(shapes, n_each, axis=0) + 0.2 * rng.normal(size=(2 * n_each, n_features))
    return rows.astype(np.float32).tolist()


def test_every_crash_of_an_event_is_found_with_its_place():
    table = events(
        ("a", 0.5, "a.wav", [component("kick", "36"), component("crash", "49", 1)]),
        ("a", 1.0, "a.wav", [component("snare", "38")]),
        ("b", 0.1, None, [component("crash", "49", 1), component("crash", "57", 2)]),
    )
    hits = find_hits(table, [CRASH]).to_pylist()
    found = [(h["event_id"], h["component_index"], h["source_label"], h["cymbal"]) for h in hits]
    assert found == [("e0", 1, "49", 1), ("e2", 0, "49", 1), ("e2", 1, "57", 2)]
    assert [hit["audio_path"] for hit in hits] == ["a.wav", None, None]


def test_what_is_struck_beside_a_crash_is_found_near_its_onset_in_its_recording():
    crash = component("crash")
    table = events(
        ("a", 0.500, "a.wav", [component("snare"), component("kick")]),
        ("a", 0.520, "a.wav", [component("ride_bow"), crash, component("kick"), component(None)]),
        ("a", 0.545, "a.wav", [component("tom_low")]),
        ("a", 0.551, "a.wav", [component("hihat_open")]),
        ("a", 0.520, "other.wav", [component("china")]),
        ("a", 1.000, "a.wav", [crash]),
        ("b", 1.000, "a.wav", [component("splash"), component("crash2")]),
        ("c", 1.000, None, [crash, component("cowbell")]),
    )
    found = find_hits(table, [CRASH])
    beside = [["kick", "ride_bow", "snare", "tom_low"], [], ["splash"], ["cowbell"]]
    assert found["beside"].to_pylist() == beside
    embedded = embed_cymbals(
        table,
        [CRASH],
        lambda path, spans: np.zeros(2 * RATE, dtype=np.float32),
        sample_rate_hz=RATE,
        companion=(),
    )
    assert embedded["beside"].to_pylist() == beside


def test_a_shard_without_a_crash_has_no_hit():
    for table in (events(("a", 0.5, None, [component("kick")])), EVENTS.empty_table()):
        found = embed_cymbals(table, [CRASH], None, sample_rate_hz=RATE, companion=())
        assert found.num_rows == 0 and found.schema == CYMBAL_EMBEDDINGS
        assigned, review = assign_cymbals(found, [CRASH], CLUSTERING, use_metadata=True)
        assert assigned.schema == CYMBAL_ASSIGNMENTS and review == []


def test_a_hit_that_cannot_be_heard_keeps_its_row_and_says_why():
    rng = np.random.default_rng(1)

    def read_audio(path, spans):
        if path == "broken.wav":
            raise ValueError("not readable as audio")
        return rng.normal(size=3 * RATE).astype(np.float32) * 0.1

    table = events(
        ("a", 0.5, "good.wav", [component("crash")]),
        ("a", 9.0, "good.wav", [component("crash")]),
        ("b", 0.5, "broken.wav", [component("crash")]),
        ("c", 0.5, None, [component("crash")]),
    )
    found = embed_cymbals(table, [CRASH], read_audio, sample_rate_hz=RATE, companion=())
    assert found["reason"].to_pylist() == [
        None,
        "onset_past_end",
        "unreadable_audio",
        "no_audio",
    ]
    vectors = found["embedding"].to_pylist()
    assert len(vectors[0]) == len(feature_names()) and vectors[1:] == [None] * 3


def test_each_recording_is_read_once():
    read = []

    def read_audio(path, spans):
        read.append(path)
        return np.zeros(RATE, dtype=np.float32)

    rows = [(s, t, f"{s}.wav", [component("crash")]) for s in "ab" for t in (0.1, 0.2, 0.3)]
    embed_cymbals(events(*rows), [CRASH], read_audio, sample_rate_hz=RATE, companion=())
    assert read == ["a.wav", "b.wav"]


def test_the_source_s_number_decides():
    assigned, review = assign_cymbals(embeddings([2, 1, 2]), [CRASH], CLUSTERING, use_metadata=True)
    assert assigned["label"].to_pylist() == ["crash2", "crash", "crash2"]
    assert set(assigned["method"].to_pylist()) == {"metadata_override"}
    assert assigned["accepted"].to_pylist() == [True] * 3
    assert review == []


def partly_numbered(first, second, *, n_each=8):
    """Two cymbals, n_each hits of each; the source numbers all but the last hit of either."""
    given = [*[first] * (n_each - 1), None, *[second] * (n_each - 1), None]
    return embeddings(given, two_timbres(n_each))


@pytest.mark.parametrize(("first", "second"), [(1, 2), (2, 1), (3, 1)])
def test_hits_without_a_number_get_that_of_the_hits_that_sound_alike(first, second):
    table = partly_numbered(first, second)
    assigned, review = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    wanted = [LABELS[first - 1]] * 8 + [LABELS[second - 1]] * 8
    assert assigned["label"].to_pylist() == wanted
    methods = ["metadata_override"] * 7 + ["spectral_cluster"]
    assert assigned["method"].to_pylist() == methods * 2
    assert all(assigned["accepted"].to_pylist()) and review == []
    assert assigned["confidence"].to_pylist()[0] == 1.0 > assigned["confidence"].to_pylist()[7]


@pytest.mark.parametrize(("number", "other"), [(1, "crash2"), (2, "crash")])
def test_a_cymbal_that_the_source_does_not_number_gets_a_number_that_is_left(number, other):
    table = embeddings([number] * 8 + [None] * 8, two_timbres(8))
    assigned, review = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert assigned["label"].to_pylist() == [LABELS[number - 1]] * 8 + [other] * 8
    assert review == []


@pytest.mark.parametrize("given", [[1] * 15, [1, 2] * 7 + [1], [2] * 7 + [1, 2] * 4])
def test_where_the_sound_divides_otherwise_the_numbers_stay_and_the_rest_is_in_doubt(given):
    table = embeddings([*given, None], two_timbres(8))
    assigned, [row] = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert assigned["label"].to_pylist() == [*(LABELS[number - 1] for number in given), "crash"]
    assert assigned["accepted"].to_pylist() == [True] * 15 + [False]
    assert (row["reason"], row["n_accepted"], row["guesses"]) == ("numbers_differ", 15, [])


def test_what_the_source_numbers_stands_where_the_sound_says_nothing():
    table = embeddings([2, 1, None], reason="no_audio")
    assigned, [row] = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert assigned["label"].to_pylist() == ["crash2", "crash", "crash"]
    assert assigned["accepted"].to_pylist() == [True, True, False]
    assert (row["reason"], row["n_accepted"]) == ("too_few_hits", 2)


def test_a_reviewer_who_confirms_the_guesses_keeps_the_numbers_of_the_source():
    vectors = between_one_and_two()
    table = embeddings([2] * 7 + [None] + [1] * 7 + [None], vectors)
    assigned, review = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert [guess["cymbal"] for guess in review[0]["guesses"]] == [2, 1]
    decided = obey_as_clustered(table, assigned, review)
    assert decided["cymbal"].to_pylist() == [2] * 8 + [1] * 8


def test_a_number_without_a_label_is_an_error_that_names_the_session():
    with pytest.raises(
        ValueError, match="session s: the source numbers a cymbal of the family crash 4"
    ):
        assign_cymbals(embeddings([4]), [CRASH], CLUSTERING, use_metadata=True)


def test_hidden_metadata_leave_it_to_the_sound():
    table = embeddings([1] * 10 + [2] * 10, two_timbres(10))
    assigned, review = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=False)
    labels = assigned["label"].to_pylist()
    assert len(set(labels[:10])) == len(set(labels[10:])) == 1 and labels[0] != labels[10]
    assert set(assigned["method"].to_pylist()) == {"spectral_cluster"}
    assert all(assigned["accepted"].to_pylist()) and review == []


def test_a_session_in_doubt_keeps_the_first_label_and_goes_to_review():
    table = embeddings([None] * 4, reason="no_audio")
    assigned, [row] = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert assigned["label"].to_pylist() == ["crash"] * 4
    assert assigned["accepted"].to_pylist() == [False] * 4
    assert (row["session_id"], row["n_hits"], row["n_accepted"]) == ("s", 4, 0)
    assert row["undescribed"] == {"no_audio": 4}
    assert row["reason"] == "too_few_hits"
    assert row["guesses"] == []


def between_one_and_two(n_each=8):
    """Embeddings of two groups too unlike for one cymbal and too alike for two."""
    rng = np.random.default_rng(4)
    n_features = len(feature_names())
    shared, own = rng.normal(size=n_features), rng.normal(size=(2, n_features))
    rows = np.repeat(0.8 * shared + own, n_each, axis=0)
    return (rows + 0.3 * rng.normal(size=rows.shape)).astype(np.float32).tolist()


def test_a_session_wholly_in_doubt_is_guessed_in_two_and_nothing_of_it_accepted():
    table = embeddings([None] * 16, between_one_and_two())
    assigned, [row] = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert (row["reason"], row["n_accepted"]) == ("doubtful", 0)
    assert assigned["label"].to_pylist() == ["crash"] * 16
    assert not any(assigned["accepted"].to_pylist())
    cymbals = [guess["cymbal"] for guess in row["guesses"]]
    assert cymbals in ([1] * 8 + [2] * 8, [2] * 8 + [1] * 8)
    assert [guess["event_id"] for guess in row["guesses"]] == [f"e{n}" for n in range(16)]
    assert all(0.5 < guess["confidence"] <= 1 for guess in row["guesses"])


def test_more_cymbals_than_allowed_go_to_review_and_the_guess_has_one_more():
    settings = replace(CLUSTERING, max_cymbals=1)
    table = embeddings([None] * 16, two_timbres(8))
    assigned, [row] = assign_cymbals(table, [CRASH], settings, use_metadata=True)
    assert (row["reason"], row["n_accepted"]) == ("more_cymbals_than_allowed", 0)
    assert row["session_confidence"] == 0
    assert assigned["label"].to_pylist() == ["crash"] * 16
    assert assigned["confidence"].to_pylist() == [0.0] * 16
    cymbals = [guess["cymbal"] for guess in row["guesses"]]
    assert cymbals in ([1] * 8 + [2] * 8, [2] * 8 + [1] * 8)


def test_where_every_label_is_taken_the_hits_that_share_one_are_not_guessed():
    table = embeddings([None] * 16, two_timbres(8))
    _, [row] = assign_cymbals(
        table,
        [replace(CRASH, labels=LABELS[:1])],
        replace(CLUSTERING, max_cymbals=1),
        use_metadata=True,
    )
    assert (row["reason"], row["guesses"]) == ("more_cymbals_than_allowed", [])


def test_more_cymbals_than_there_are_labels_are_refused():
    with pytest.raises(ValueError, match=r"max_cymbals: got 3; the taxonomy has labels for 2 cymb"):
        few = replace(CRASH, labels=LABELS[:2])
        assign_cymbals(embeddings([None] * 4), [few], CLUSTERING, use_metadata=True)


def test_cymbals_that_follow_the_strokes_beside_them_are_guessed_and_none_accepted():
    with_ride = [["kick", "ride_bow"]] * 8 + [["kick"]] * 8
    table = embeddings([None] * 16, two_timbres(8), beside=with_ride)
    assigned, [row] = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert (row["reason"], row["n_accepted"]) == ("follows_accompaniment", 0)
    assert assigned["label"].to_pylist() == ["crash"] * 16
    cymbals = [guess["cymbal"] for guess in row["guesses"]]
    assert cymbals in ([1] * 8 + [2] * 8, [2] * 8 + [1] * 8)


@pytest.mark.parametrize("beside", [None, [["kick"]] * 8 + [[]] * 8, [["ride_bow"], []] * 8])
def test_cymbals_that_follow_nothing_heard_beside_them_are_accepted(beside):
    table = embeddings([None] * 16, two_timbres(8), beside=beside)
    assigned, review = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert all(assigned["accepted"].to_pylist()) and review == []


def obey_as_clustered(table, assigned, review):
    """The assignments after a reviewer has confirmed the guesses; nothing is left in review."""
    guesses = guessed_cymbals(review[0], assigned.to_pylist(), CRASH)
    lines = decision_lines("s", table.to_pylist(), guesses, [CRASH], CRASH)
    (line,) = [row["line"] for row in lines if row["decision"] == "as_clustered"]
    line = line.replace("REVIEWER", "mara").replace("YYYY-MM-DD", "2026-03-01")
    data = "\n".join([",".join(COLUMNS), line, ""]).encode()
    decisions = read_decisions(data, "set_review.csv", [CRASH])
    decided, left, unused = apply_decisions(assigned, review, decisions, [CRASH], hits=table)
    assert (left, unused) == ([], [])
    return decided


def test_a_reviewer_may_confirm_the_guesses_of_a_session_wholly_in_doubt():
    table = embeddings([None] * 16, between_one_and_two())
    assigned, review = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    decided = obey_as_clustered(table, assigned, review)
    assert decided["cymbal"].to_pylist() == [row["cymbal"] for row in review[0]["guesses"]]
    assert sorted(decided["label"].to_pylist()) == ["crash"] * 8 + ["crash2"] * 8
    assert set(decided["method"].to_pylist()) == {"review"}


def test_a_hit_between_two_cymbals_is_guessed_with_its_confidence():
    vectors = two_timbres(8)
    vectors.append(np.mean([vectors[0], vectors[0], vectors[-1]], axis=0).astype(np.float32))
    strict = replace(CLUSTERING, min_confidence=0.98, stray_share=0.0)
    table = embeddings([None] * 17, vectors)
    assigned, [row] = assign_cymbals(table, [CRASH], strict, use_metadata=True)
    assert row["n_accepted"] < 17
    (guess,) = [guess for guess in row["guesses"] if guess["event_id"] == "e16"]
    own = assigned["label"].to_pylist()[0]
    assert LABELS[guess["cymbal"] - 1] == own
    assert guess["confidence"] == assigned["confidence"].to_pylist()[16]
    assert not assigned["accepted"].to_pylist()[16]


def test_groups_that_are_not_coherent_are_not_guessed():
    noise = np.random.default_rng(1).normal(size=(12, len(feature_names()))).astype(np.float32)
    table = embeddings([None] * 12, noise.tolist())
    _, [row] = assign_cymbals(table, [CRASH], CLUSTERING, use_metadata=True)
    assert (row["reason"], row["guesses"]) == ("doubtful", [])
