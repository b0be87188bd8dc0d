"""Cymbals of other families than crashes: told apart for themselves, and numbered honestly."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
import yaml
from cymbal_families import CRASH, RIDE, SPLASH

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.schemas import CYMBAL_ASSIGNMENTS, CYMBAL_EMBEDDINGS, EVENTS
from drumcorpus.stages.crash.agreement import compare_with_sound
from drumcorpus.stages.crash.assignments import assign_cymbals
from drumcorpus.stages.crash.decisions import apply_decisions, decision_lines, guessed_cymbals
from drumcorpus.stages.crash.embeddings import feature_names
from drumcorpus.stages.crash.hits import embed_cymbals, find_hits
from drumcorpus.stages.crash.review import illustrate_session
from drumcorpus.stages.crash.review_file import COLUMNS, read_decisions
from drumcorpus.stages.crash.settings import AgreementSettings, ClusteringSettings
from drumcorpus.stages.manifest.aliases import alias_events
from drumcorpus.taxonomy import CymbalFamily, cymbal_families

RATE = 22_050
FAMILIES = [CRASH, RIDE, SPLASH]
HEADER = ",".join(COLUMNS)


@pytest.fixture(scope="module")
def clustering(repo):
    config = yaml.safe_load((repo / "config/config.yaml").read_text())
    return read_settings(ClusteringSettings, config["crash"]["clustering"])


def struck(*rows):
    """Events of one recording from (onset, labels)."""
    blank = {"techniques": [], "annotation_history": []}
    events = [
        {"event_id": f"e{n}", "session_id": "s", "onset_time": onset, "audio_path": "a.wav"}
        | {"components": [{"label": label, "source_label": label} for label in labels]}
        | blank
        for n, (onset, labels) in enumerate(rows)
    ]
    return pa.Table.from_pylist(events, EVENTS)


def hits_of(*groups, seed=3):
    """Hits of one session from (label, cymbal by the source, timbre), eight times each in turn."""
    rng = np.random.default_rng(seed)
    shapes = rng.normal(size=(9, len(feature_names())))
    families = {label: family.name for family in FAMILIES for label in family.labels}
    rows = []
    for number in range(8 * len(groups)):
        label, cymbal, timbre = groups[number % len(groups)]
        vector = shapes[timbre] + 0.2 * rng.normal(size=shapes.shape[1])
        row = {"event_id": f"e{number}", "session_id": "s", "component_index": 0}
        row |= {"family": families[label], "label": label, "source_label": label}
        row |= {"cymbal": cymbal, "onset_time": 0.5 * number, "beside": [], "reason": None}
        rows.append(row | {"embedding": vector.astype(np.float32).tolist()})
    return pa.Table.from_pylist(rows, CYMBAL_EMBEDDINGS)


def told(assigned, label):
    """(cymbal, method, accepted) of every hit of a label, each once."""
    rows = [row for row in assigned.to_pylist() if row["label"] == label]
    return {(row["cymbal"], row["method"], row["accepted"]) for row in rows}


def test_a_hit_has_its_family_and_beside_it_stand_the_labels_of_the_others():
    events = struck(
        (0.5, ["kick", "crash2", "ride_bow"]), (0.51, ["ride_bell"]), (1.0, ["splash", "crash"])
    )
    rows = find_hits(events, FAMILIES).to_pylist()
    assert [(r["family"], r["label"], r["beside"]) for r in rows] == [
        ("crash", "crash2", ["kick", "ride_bell", "ride_bow"]),
        ("ride", "ride_bow", ["crash2", "kick"]),
        ("ride", "ride_bell", ["crash2", "kick"]),
        ("splash", "splash", ["crash"]),
        ("crash", "crash", ["splash"]),
    ]
    assert find_hits(events, [SPLASH])["label"].to_pylist() == ["splash"]


def test_a_window_ends_at_the_next_hit_of_its_family_and_no_other_changes_it():
    sound = np.random.default_rng(4).normal(size=4 * RATE).astype(np.float32) * 0.1
    reads = []

    def read(path, spans):
        reads.append(len(spans))
        return sound

    rows = [
        (0.5, ["crash", "ride_bow"]),
        (0.65, ["ride_bell"]),
        (2.0, ["crash"]),
        (2.01, ["crash2"]),
    ]
    events = struck(*rows)
    alone = embed_cymbals(events, [CRASH], read, sample_rate_hz=RATE, companion=())
    assert reads == [3]
    both = embed_cymbals(events, [RIDE, CRASH], read, sample_rate_hz=RATE, companion=())
    assert reads == [3, 5]  # one look at the recording for all families
    of_crash = both.filter(pa.compute.equal(both["family"], "crash"))
    assert of_crash.equals(alone)
    again = "another_of_family_at_once"
    assert both["reason"].to_pylist() == [None, None, None, again, again]
    bow = embed_cymbals(
        struck((0.5, ["ride_bow"])), [RIDE], read, sample_rate_hz=RATE, companion=()
    )
    vectors = both.filter(pa.compute.equal(both["label"], "ride_bow"))["embedding"].to_pylist()
    assert vectors != bow["embedding"].to_pylist()  # the bell cuts the window of the bow short


def test_two_rides_keep_their_label_and_get_a_number_in_the_order_of_the_rows(clustering):
    hits = hits_of(
        ("crash", None, 0), ("ride_bow", None, 1), ("crash", None, 2), ("ride_bow", None, 3)
    )
    assigned, review = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    assert review == []
    assert assigned["event_id"].equals(hits["event_id"])
    rides = [row for row in assigned.to_pylist() if row["family"] == "ride"]
    assert {row["label"] for row in rides} == {"ride_bow"}
    numbers = [row["cymbal"] for row in rides]
    assert numbers == numbers[:2] * 8 and sorted(numbers[:2]) == [1, 2]
    crashes = [row for row in assigned.to_pylist() if row["family"] == "crash"]
    assert [row["label"] for row in crashes[:2]] in (["crash", "crash2"], ["crash2", "crash"])
    assert {row["cymbal"] for row in crashes} == {None}  # there the label tells


def test_one_cymbal_is_accepted_and_has_no_number(clustering):
    hits = hits_of(("ride_bow", None, 1), ("ride_bell", None, 2), ("splash", None, 3))
    assigned, review = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    assert review == []
    for label in ("ride_bow", "ride_bell", "splash"):
        assert told(assigned, label) == {(None, "spectral_cluster", True)}


def test_sound_does_not_join_the_bows_and_the_bells_of_two_rides(clustering):
    bows = [("ride_bow", None, 1), ("ride_bow", None, 2)] * 2
    hits = hits_of(*bows, ("ride_bell", None, 3), ("ride_bell", None, 4))
    assigned, [row] = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    assert {number for number, *_ in told(assigned, "ride_bow")} == {1, 2}
    assert all(accepted for *_, accepted in told(assigned, "ride_bow"))
    assert told(assigned, "ride_bell") == {(None, "spectral_cluster", False)}
    assert (row["family"], row["reason"], row["guesses"]) == ("ride", "labels_not_joined", [])
    assert (row["n_hits"], row["n_accepted"]) == (48, 32)
    one = hits_of(*bows, ("ride_edge", None, 5))  # one ride's edge: of which of the two?
    assigned, [row] = assign_cymbals(one, FAMILIES, clustering, use_metadata=True)
    assert told(assigned, "ride_edge") == {(None, "spectral_cluster", False)}
    assert row["reason"] == "labels_not_joined"


def test_a_source_numbers_across_the_labels_of_a_family(clustering):
    bells = [("ride_bell", 1, 3), ("ride_bell", 2, 4)]
    hits = hits_of(("ride_bow", 1, 1), ("ride_bow", 2, 2), *bells)
    assigned, review = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    assert review == []
    for label in ("ride_bow", "ride_bell"):
        sure = {(n, "metadata_override", True) for n in (1, 2)}
        assert told(assigned, label) == sure
    # The source numbers one label alone: nothing says which bell is whose.
    open_bells = [("ride_bell", None, timbre) for _, _, timbre in bells]
    hits = hits_of(("ride_bow", 1, 1), ("ride_bow", 2, 2), *open_bells)
    assigned, [row] = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    assert told(assigned, "ride_bell") == {(None, "spectral_cluster", False)}
    assert row["reason"] == "labels_not_joined"


def test_a_ride_that_the_source_numbers_once_is_the_only_one_known(clustering):
    hits = hits_of(("ride_bow", 1, 1), ("ride_bell", None, 2))
    assigned, review = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    assert review == []
    assert told(assigned, "ride_bow") == {(1, "metadata_override", True)}
    assert told(assigned, "ride_bell") == {(None, "spectral_cluster", True)}


def test_hidden_numbers_of_the_source_do_not_show(clustering):
    hits = hits_of(("ride_bow", 5, 1), ("ride_bow", 7, 2))
    assigned, _ = assign_cymbals(hits, FAMILIES, clustering, use_metadata=False)
    assert {number for number, *_ in told(assigned, "ride_bow")} == {1, 2}
    shown, _ = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    assert {number for number, *_ in told(shown, "ride_bow")} == {5, 7}


def test_labels_bound_the_cymbals_of_their_family_alone(clustering):
    many = replace(clustering, max_cymbals=4)
    timbres = [("splash", None, timbre) for timbre in range(4)]
    assigned, review = assign_cymbals(hits_of(*timbres), [SPLASH], many, use_metadata=True)
    assert review == []
    assert {number for number, *_ in told(assigned, "splash")} == {1, 2, 3, 4}
    with pytest.raises(ValueError, match=r"got 4; .* 3 cymbals of the family crash: crash, crash2"):
        assign_cymbals(hits_of(*timbres), FAMILIES, many, use_metadata=True)


def test_a_family_has_a_limit_of_its_own(clustering):
    hits = hits_of(
        ("ride_bow", None, 1), ("ride_bow", None, 2), ("splash", None, 3), ("splash", None, 4)
    )
    limits = {"ride": -1.0, "splash": 0.2}
    strict = replace(clustering, split_similarity_by_family=limits)
    assert strict.of_family("ride").split_similarity == -1.0
    assert strict.of_family("crash").split_similarity == clustering.split_similarity
    assigned, [row] = assign_cymbals(hits, FAMILIES, strict, use_metadata=True)
    assert (row["family"], row["reason"], row["n_accepted"]) == ("ride", "doubtful", 0)
    assert {guess["cymbal"] for guess in row["guesses"]} == {1, 2}
    assert {number for number, *_ in told(assigned, "splash")} == {1, 2}
    with pytest.raises(ValueError, match=r"split_similarity 0\.9 exceeds one_similarity"):
        replace(clustering, split_similarity_by_family={"ride": 0.9})


def test_a_fourth_crash_is_a_line_of_the_taxonomy(repo, clustering):
    components = yaml.safe_load((repo / "resources/taxonomy/components.yaml").read_text())
    components["crash4"] = {"family": "crash", "cymbal": 4}
    [crash] = cymbal_families(components, ["crash"])
    assert crash == CymbalFamily("crash", (*CRASH.labels, "crash4"), is_numbered=True)
    hits = hits_of(*[("crash", None, timbre) for timbre in range(4)])
    four = replace(clustering, max_cymbals=4)
    assigned, review = assign_cymbals(hits, [crash], four, use_metadata=True)
    assert review == []
    assert sorted(set(assigned["label"].to_pylist())) == list(crash.labels)
    numbered = hits_of(("crash", 4, 0), ("crash", 1, 1))
    assigned, _ = assign_cymbals(numbered, [crash], clustering, use_metadata=True)
    assert assigned["label"].to_pylist() == ["crash4", "crash"] * 8


def read(*lines):
    return read_decisions("\n".join([HEADER, *lines, ""]).encode(), "set_review.csv", FAMILIES)


def test_a_decision_is_of_the_first_family_where_it_names_none():
    first, ride = read("s,one,,mara,2026-03-01,", "s,one,,mara,2026-03-01,two rides,ride")
    assert (first.family, ride.family) == ("crash", "ride")
    old = "session_id,decision,cymbals,reviewer,date,note\ns,one,,mara,2026-03-01,\n"
    assert read_decisions(old.encode(), "x", FAMILIES)[0].family == "crash"
    [by_hit] = read("s,by_hit,0.500:7,mara,2026-03-01,,ride")  # no label bounds a ride's number
    assert by_hit.cymbals == {"0.500": 7}
    for line, sentence in (
        ("s,one,,mara,2026-03-01,,china", r":2: family 'china'; allowed are .*: crash, ride, spl"),
        ("s,by_hit,0.500:4,mara,2026-03-01,,crash", r"the number from 1 to 3 or '-'"),
        ("s,by_hit,0.500:0,mara,2026-03-01,,ride", r"the number from 1 or '-'"),
    ):
        with pytest.raises(ValueError, match=sentence):
            read(line)
    with pytest.raises(ValueError, match=r":3: session 's' stands in line 2 already; .* 'ride'"):
        read(*["s,one,,mara,2026-03-01,,ride"] * 2)


def test_a_reviewer_numbers_the_rides_and_leaves_the_crashes_alone(clustering):
    rides = [("ride_bow", None, 1), ("ride_bow", None, 2), ("ride_bell", None, 3)]
    hits = hits_of(("crash", None, 0), *rides)
    assigned, review = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    [row] = review
    of_ride = [hit for hit in hits.to_pylist() if hit["family"] == "ride"]
    rows = [each for each in assigned.to_pylist() if each["family"] == "ride"]
    guesses = guessed_cymbals(row, rows, RIDE)
    assert set(guesses.values()) == {1, 2} and len(guesses) == 16
    lines = {
        each["decision"]: each["line"]
        for each in decision_lines("s", of_ride, guesses, FAMILIES, RIDE)
    }
    assert lines["one"].endswith(",ride")
    signed = lines["by_hit"].replace("REVIEWER", "mara").replace("YYYY-MM-DD", "2026-03-01")
    decisions = read(signed.replace(":?", ":2"))
    decided, left, unused = apply_decisions(assigned, review, decisions, FAMILIES, hits=hits)
    assert (left, unused) == ([], [])
    assert told(decided, "ride_bell") == {(2, "review", True)}
    assert told(decided, "crash") == told(assigned, "crash")
    gone = read("s,one,,mara,2026-03-01,,splash")
    assert apply_decisions(assigned, [], gone, FAMILIES, hits=hits)[2] == [
        {"session_id": "s", "family": "splash", "line": 2, "decision": "one"}
        | {"problem": "session_has_no_hit_here"}
    ]


def test_the_page_does_not_take_a_number_by_sound_for_the_source_s(clustering):
    hits = hits_of(("ride_bow", None, 1), ("ride_bow", None, 2))
    assigned, _ = assign_cymbals(hits, FAMILIES, clustering, use_metadata=True)
    shown = [
        hit | row | {"audio_path": None, "velocity": 0.5}
        for hit, row in zip(hits.to_pylist(), assigned.to_pylist(), strict=True)
    ]
    row = {"session_id": "s", "family": "ride", "reason": "doubtful", "n_hits": 16}
    limits = {"max_hits": 16, "snippet_s": 0.8}
    document = illustrate_session(row, shown, lambda path: None, FAMILIES, **limits)
    assert document["family"] == "ride"
    assert document["says"] == [{"source_label": "ride_bow", "cymbal": None, "hits": 16}]
    assert {hit["guess"] for hit in document["hits"]} == {1, 2}


@pytest.fixture
def alias(taxonomy):
    """(component, its event's history) of rides with assignments of (cymbal, method, accepted)."""

    def alias(number, *, source=None, method="spectral_cluster", accepted=True, **more):
        component = {"label": "ride_bow", "source_label": "51", "cymbal": source}
        event = {"event_id": "1", "session_id": "s", "annotation_history": []}
        event["components"] = [component | {"confidence": 0.9}]
        row = {"event_id": "1", "session_id": "s", "component_index": 0, "family": "ride"}
        row |= {"source_label": "51", "cymbal": number, "label": "ride_bow", "method": method}
        row |= {"confidence": 0.75, "accepted": accepted}
        tables = [
            pa.Table.from_pylist([event], EVENTS),
            pa.Table.from_pylist([row], CYMBAL_ASSIGNMENTS),
        ]
        [after] = alias_events(*tables, taxonomy, **more).events.to_pylist()
        notes = [
            (n["annotation_stage"], n["confidence"], n["notes"])
            for n in after["annotation_history"]
        ]
        return after["components"][0], notes

    return alias


def test_a_ride_gets_its_number_and_keeps_its_label_and_its_confidence(alias):
    ride, notes = alias(2)
    assert (ride["label"], ride["cymbal"], ride["confidence"]) == ("ride_bow", 2, 0.9)
    assert notes == [("ride_number", 0.75, "cymbal 2")]
    ride, notes = alias(None)
    assert (ride["cymbal"], notes) == (None, [("ride_number", 0.75, "one cymbal")])
    ride, notes = alias(None, accepted=False)
    assert (ride["cymbal"], ride["confidence"]) == (None, 0.9)
    assert notes == [("ride_in_doubt", 0.75, "in doubt: no number")]


def test_who_numbers_a_ride_otherwise_than_the_source_is_noted(alias):
    ride, notes = alias(1, source=2, method="review")
    assert ride["cymbal"] == 1
    assert notes == [("ride_number", 0.75, "cymbal 1"), ("ride_cymbal", 1.0, "cymbal 2 -> 1")]
    ride, notes = alias(1, source=2, hide_cymbals=True)  # by sound, the source's number hidden
    assert (ride["cymbal"], notes) == (1, [("ride_number", 0.75, "cymbal 1")])


def test_source_and_sound_are_compared_label_by_label(clustering):
    hits = hits_of(("ride_bow", 1, 1), ("ride_bow", 2, 2), ("splash", 1, 3), ("crash", 1, 4))
    tables = [
        assign_cymbals(hits, FAMILIES, clustering, use_metadata=use)[0] for use in (True, False)
    ]
    settings = AgreementSettings(min_hits=3, min_accepted=0.8, min_adjusted_rand=0.5)
    rows = compare_with_sound(*tables, FAMILIES, settings, method="metadata_override")
    names = ("family", "label", "n_cymbals_metadata", "n_cymbals_sound", "reason")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("ride", "ride_bow", 2, 2, "agrees"),
        ("splash", "splash", 1, 1, "agrees"),
        ("crash", None, 1, 1, "agrees"),
    ]
