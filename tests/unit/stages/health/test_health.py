"""The health report, figure by figure, of manifests small enough to count by hand."""

import json
import math

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import leaf_columns, read_table, write_table
from drumcorpus.schemas import EVENTS, INVENTORY, QUARANTINE, SESSIONS, TALLIES
from drumcorpus.stages.health.measure import Around, measure_health

TAXONOMY = {
    "kick": "kick",
    "snare": "snare",
    "hihat_closed": "hihat",
    "hihat_open": "hihat",
    "crash": "crash",
    "crash2": "crash",
}


def hit(label, **more):
    return {"label": label, "dynamic_bucket": "medium", "source_label": "36", **more}


def event(number, *components, **more):
    return {
        "event_id": f"e{number}",
        "source_set": "groove",
        "session_id": "s1",
        "group_id": "g1",
        "split": "train",
        "onset_time": float(number),
        "tempo_bpm": 120.0,
        "meter": "4/4",
        "audio_path": "s1.wav",
        "is_synthetic": False,
        "license": "CC-BY-4.0",
        "techniques": [],
        "annotation_history": [],
        "components": list(components),
        **more,
    }


def other_session(number, *components, **more):
    place = {"source_set": "slakh", "session_id": "s2", "group_id": "g2", "split": "test"}
    return event(number, *components, **{**place, "audio_path": None, "is_synthetic": True, **more})


EVENTS_BY_HAND = [
    event(1, hit("kick"), hit("crash", dynamic_bucket="accent")),
    event(2, hit("snare", dynamic_bucket="ghost"), techniques=["ghost_note"]),
    event(3, hit("hihat_open", openness=0.95)),
    other_session(4, hit("kick")),
    other_session(5, hit("kick"), tempo_bpm=None, meter=None, license=None),
]
SETTINGS = {
    **{"taxonomy_labels": TAXONOMY, "cymbal_families": ["crash"], "dynamic_buckets": ()},
    **{"threads": 2, "memory_limit": "1GB"},
}


@pytest.fixture
def measure(tmp_path):
    """Measure hand-made rows: `measure(events, tallies=[...], ...)`."""
    schemas = {"tallies": TALLIES, "quarantine": QUARANTINE, "sessions": SESSIONS}

    def write(name, rows, schema):
        write_table(tmp_path / name, pa.Table.from_pylist(rows, schema))
        return tmp_path / name

    def run(events, threads=2, **tables):
        manifest = write("events.parquet", events, EVENTS)
        paths = {
            name: [write(f"{name}.parquet", tables[name], schema)] if name in tables else []
            for name, schema in schemas.items()
        }
        return measure_health(
            [manifest],
            Around(**paths),
            **SETTINGS | {"threads": threads},
        )

    return run


def test_totals_count_events_hits_sessions_groups_and_sets(measure):
    assert measure(EVENTS_BY_HAND)["totals"] == {
        "events": 5,
        "components": 6,
        "sessions": 2,
        "groups": 2,
        "source_sets": 2,
    }


def test_a_label_is_counted_by_kind_source_set_split_and_dynamics(measure):
    labels = measure(EVENTS_BY_HAND)["labels"]
    kick = {key: value for key, value in labels["kick"].items() if key != "velocity"}
    assert kick == {
        "family": "kick",
        "total": 3,
        "real": 1,
        "synthetic": 2,
        "by_source_set": {"groove": 1, "slakh": 2},
        "by_split": {"test": 2, "train": 1},
        "by_set_and_split": {
            "groove": {"train": {"real": 1, "synthetic": 0}},
            "slakh": {"test": {"real": 0, "synthetic": 2}},
        },
        "dynamics": {"medium": 3},
    }
    assert labels["snare"]["dynamics"] == {"ghost": 1}


def test_a_label_without_a_hit_stands_in_the_report_with_zero(measure):
    assert measure(EVENTS_BY_HAND)["labels"]["crash2"]["total"] == 0


def test_a_label_outside_the_taxonomy_is_named_and_counted(measure):
    events = [event(1, hit("BOGUS_LABEL"), hit("kick")), event(2, hit("BOGUS_LABEL"))]
    assert measure(events)["unknown_labels"] == {"BOGUS_LABEL": 2}


def test_a_component_without_a_label_is_an_unknown_label(measure):
    assert measure([event(1, hit(None))])["unknown_labels"] == {"(none)": 1}


def test_openness_is_counted_by_family_in_ten_bins_and_both_ends_are_inside(measure):
    values = [0.0, 0.05, 0.1, 1.0, None, 1.5, -0.1, math.nan]
    events = [event(n, hit("hihat_open", openness=value)) for n, value in enumerate(values)]
    openness = measure([*events, event(99, hit("kick"))])["openness"]
    assert list(openness) == ["hihat"]
    counts = [bin_["components"] for bin_ in openness["hihat"]["bins"]]
    assert counts == [2, 1, 0, 0, 0, 0, 0, 0, 0, 1]
    assert (openness["hihat"]["outside"], openness["hihat"]["unmeasured"]) == (3, 1)


def test_a_technique_counts_the_events_that_carry_it_once_each(measure):
    events = [event(1, hit("snare"), techniques=["flam", "flam", "rimshot"]), event(2, hit("kick"))]
    assert measure(events)["techniques"] == {
        "flam": {"total": 1, "by_source_set": {"groove": 1}, "by_split": {"train": 1}},
        "rimshot": {"total": 1, "by_source_set": {"groove": 1}, "by_split": {"train": 1}},
    }


def test_crash_variants_are_counted_by_the_last_method_that_told_them_apart(measure):
    def judged(*methods):
        return [{"annotation_stage": "crash_dual_label", "method": m} for m in methods]

    events = [
        event(1, hit("crash2"), hit("kick"), annotation_history=judged("gmm", "cymbal_map")),
        event(2, hit("crash2"), annotation_history=judged("gmm")),
        event(3, hit("crash2")),
        event(5, hit("crash2"), annotation_history=judged("gmm"), session_id="other"),
        event(4, hit("crash"), annotation_history=[{"annotation_stage": "x", "method": "gmm"}]),
    ]
    assert measure(events)["cymbal_variants"] == {
        "crash": {"family": "crash", "total": 1, "by_method": {}, "not_judged": 1}
        | {"sessions_by_method": {}},
        "crash2": {
            **{"family": "crash", "total": 4, "not_judged": 1},
            "by_method": {"cymbal_map": 1, "gmm": 2},
            "sessions_by_method": {"cymbal_map": 1, "gmm": 2},
        },
    }


def test_cymbals_of_another_family_are_counted_by_its_own_verdicts(tmp_path):
    numbered = [{"annotation_stage": "ride_number", "method": "spectral_cluster"}]
    both = [*numbered, {"annotation_stage": "crash_dual_label", "method": "metadata_override"}]
    doubt = [{"annotation_stage": "ride_in_doubt", "method": "spectral_cluster"}]
    events = [
        event(1, hit("ride_bow"), hit("crash"), annotation_history=both),
        event(2, hit("ride_bow"), hit("crash"), annotation_history=numbered),
        event(3, hit("ride_bow"), annotation_history=doubt),
    ]
    write_table(tmp_path / "events", pa.Table.from_pylist(events, EVENTS))
    words = {"taxonomy_labels": {"crash": "crash", "ride_bow": "ride", "kick": "kick"}}
    words["cymbal_families"] = ["crash", "ride"]
    report = measure_health([tmp_path / "events"], Around(), **SETTINGS | words)
    assert report["cymbal_variants"] == {
        "crash": {
            **{"family": "crash", "total": 2, "not_judged": 1},
            "by_method": {"metadata_override": 1},
            "sessions_by_method": {"metadata_override": 1},
        },
        "ride_bow": {
            **{"family": "ride", "total": 3, "not_judged": 1},
            "by_method": {"spectral_cluster": 2},
            "sessions_by_method": {"spectral_cluster": 1},
        },
    }


def test_tempo_has_its_range_its_histogram_and_the_events_without_one(measure):
    tempi = [60.0, 69.9, 85.0, 500.0, None, math.nan, 0.0]
    tempo = measure([event(n, hit("kick"), tempo_bpm=bpm) for n, bpm in enumerate(tempi)])["tempo"]
    assert (tempo["events_with_tempo"], tempo["events_without_tempo"]) == (4, 3)
    assert (tempo["min_bpm"], tempo["max_bpm"]) == (60.0, 500.0)
    filled = {bin_["from_bpm"]: bin_["events"] for bin_ in tempo["bins"] if bin_["events"]}
    assert filled == {60: 2, 80: 1, 300: 1}


def test_meter_licence_and_audio_name_what_is_missing(measure):
    report = measure(EVENTS_BY_HAND)
    assert report["meter"] == {
        "by_meter": {"4/4": 4},
        "events_without_meter": 1,
        "with_by_source_set": {"groove": 3, "slakh": 1},
        "without_by_source_set": {"slakh": 1},
    }
    assert report["licenses"] == {
        "by_license": {"CC-BY-4.0": 4},
        "events_without_license": 1,
        "without_by_source_set": {"slakh": 1},
    }
    assert report["audio"] == {
        "events_without_audio": 2,
        "share_without_audio": 0.4,
        "without_by_source_set": {"slakh": 2},
    }


def test_hits_per_session_are_spread_over_the_sessions_of_the_manifest(measure):
    hits = measure(EVENTS_BY_HAND)["hits_per_session"]
    spread = [hits[key] for key in ("min", "lower_quartile", "median", "upper_quartile", "max")]
    assert spread == [2.0, 2.5, 3.0, 3.5, 4.0]
    assert hits["bins"][0] == {"from": 1, "sessions": 2}


def test_simultaneous_components_are_counted_per_event(measure):
    assert measure(EVENTS_BY_HAND)["components_per_event"] == {"1": 4, "2": 1}


def test_a_hundred_identical_events_are_ninety_nine_duplicates(measure):
    duplicates = measure([event(1, hit("kick"))] * 100)["duplicates"]
    assert (duplicates["repeated_event_ids"], duplicates["repeated_hits"]) == (99, 99)
    assert duplicates["rate"] == 0.99
    sessions = [{"source_set": "groove", "session_id": "s1"}]
    assert duplicates["id_examples"] == [{"event_id": "e1", "copies": 100, "sessions": sessions}]


def test_equal_hits_of_one_recording_repeat_whatever_their_ids_and_sessions(measure):
    first = event(1, hit("kick"), hit("snare"), onset_time=3.0)
    again = event(2, hit("snare"), hit("kick"), onset_time=3.0, session_id="s1_again")
    duplicates = measure([first, again])["duplicates"]
    assert (duplicates["repeated_event_ids"], duplicates["repeated_hits"]) == (0, 1)
    assert duplicates["hit_examples"][0]["labels"] == ["kick", "snare"]


def test_different_hits_or_different_recordings_at_one_onset_are_no_duplicates(measure):
    events = [
        event(1, hit("kick"), onset_time=3.0),
        event(2, hit("snare"), onset_time=3.0),
        event(3, hit("kick"), onset_time=3.0, audio_path="s3.wav"),
        event(4, hit("kick"), onset_time=3.0, audio_path=None, session_id="s4"),
        event(5, hit("kick"), onset_time=3.0, audio_path=None, session_id="s5"),
    ]
    assert measure(events)["duplicates"]["rate"] == 0.0


def test_a_group_in_two_splits_is_a_leak_even_across_source_sets(measure):
    events = [event(1, hit("kick")), other_session(2, hit("kick"), group_id="g1")]
    leaks = measure(events)["group_leaks"]
    assert leaks["groups"] == 1
    sessions = [
        {"split": "test", "source_set": "slakh", "session_id": "s2"},
        {"split": "train", "source_set": "groove", "session_id": "s1"},
    ]
    assert leaks["examples"] == [
        {"group_id": "g1", "splits": ["test", "train"], "sessions": sessions}
    ]


def tally(session, outcome, n_hits, source_label="36", source_set="groove"):
    return {
        "source_set": source_set,
        "session_id": session,
        "source_label": source_label,
        "outcome": outcome,
        "n_hits": n_hits,
    }


def test_tallies_that_agree_with_the_manifest_leave_nothing_unexplained(measure):
    rows = [
        tally("s1", "in_event", 4),
        tally("s2", "in_event", 2, source_set="slakh"),
        tally("s1", "unmapped_note", 7, "58"),
        tally("s1", "too_soft", 1, "38"),
    ]
    drops = measure(EVENTS_BY_HAND, tallies=rows)["drops"]
    assert (drops["hits"], drops["in_event"], drops["dropped"]) == (14, 6, 8)
    assert drops["unexplained_hits"] == 0
    assert drops["by_reason"]["unmapped_note"] == {"hits": 7, "by_source_set": {"groove": 7}}
    assert drops["by_source_label"][0] == {
        "source_set": "groove",
        "source_label": "58",
        "outcome": "unmapped_note",
        "hits": 7,
    }


def test_a_loss_in_one_session_is_not_hidden_by_a_surplus_in_another(measure):
    rows = [tally("s1", "in_event", 5), tally("s2", "in_event", 1, source_set="slakh")]
    drops = measure(EVENTS_BY_HAND, tallies=rows)["drops"]
    assert (drops["unexplained_hits"], drops["unexplained_sessions"]) == (2, 2)
    assert drops["unexplained_examples"][0] == {
        "source_set": "groove",
        "session_id": "s1",
        "tallied": 5,
        "in_manifest": 4,
        "hits": 1,
    }


def test_a_hit_without_an_outcome_is_unexplained(measure):
    rows = [tally("s1", "in_event", 1), tally("s1", None, 3), tally("s1", " ", 2)]
    drops = measure([event(1, hit("kick"))], tallies=rows)["drops"]
    assert drops["unexplained_hits"] == 5


def test_components_of_a_session_without_a_tally_are_unexplained(measure):
    drops = measure(EVENTS_BY_HAND, tallies=[tally("s1", "in_event", 4)])["drops"]
    assert drops["unexplained_hits"] == 2


def test_quarantine_shows_up_to_twenty_files_of_each_reason(measure):
    rows = [
        {
            "source_set": "groove",
            "path": f"{n:02d}.wav",
            "stage": "inventory",
            "reason": "truncated",
        }
        for n in range(30)
    ]
    quarantine = measure(EVENTS_BY_HAND, quarantine=rows)["quarantine"]
    assert quarantine["files"] == 30
    assert quarantine["by_reason"]["truncated"]["by_source_set"] == {"groove": 30}
    paths = [row["path"] for row in quarantine["by_reason"]["truncated"]["examples"]]
    assert paths == [f"{n:02d}.wav" for n in range(20)]


def test_sessions_have_their_duration_under_the_split_of_the_manifest(measure):
    rows = [
        {"source_set": "groove", "session_id": "s1", "audio_path": "a", "audio_duration": 60.5},
        {"source_set": "slakh", "session_id": "s2"},
        {"source_set": "slakh", "session_id": "s9", "audio_path": "b", "audio_duration": 30.0},
    ]
    sessions = measure(EVENTS_BY_HAND, sessions=rows)["sessions"]
    assert (sessions["audio_duration"], sessions["sessions_with_duration"]) == (90.5, 2)
    assert (sessions["not_in_manifest"], sessions["not_listed"]) == (1, 0)
    assert sessions["without_audio"]["examples"] == [{"source_set": "slakh", "session_id": "s2"}]
    assert sessions["without_audio"]["not_in_manifest"] == 0
    cells = {(c["source_set"], c["split"]): c for c in sessions["by_source_set_and_split"]}
    assert cells["groove", "train"]["audio_duration"] == 60.5
    assert cells["slakh", "(not in the manifest)"]["audio_duration"] == 30.0
    assert [c["in_manifest"] for c in cells.values()] == [True, False, True]


def test_sessions_whose_channels_cancel_are_counted_by_set_if_they_are_in_the_manifest(measure):
    rows = [
        {"source_set": "groove", "session_id": "s1", "channels_cancel": True},
        {"source_set": "slakh", "session_id": "s2", "channels_cancel": False},
        {"source_set": "slakh", "session_id": "s9", "channels_cancel": True},
    ]
    assert measure(EVENTS_BY_HAND, sessions=rows)["sessions"]["channels_cancel"] == {
        "sessions": 1,
        "by_source_set": {"groove": 1},
        "examples": [{"source_set": "groove", "session_id": "s1"}],
    }


def test_listed_sessions_that_are_not_in_the_manifest_are_told_apart(measure):
    rows = [
        {"source_set": "groove", "session_id": "s1", "audio_path": "a", "audio_duration": 60.5},
        {"source_set": "slakh", "session_id": "s2"},
        {"source_set": "slakh", "session_id": "s8"},
        {"source_set": "slakh", "session_id": "s9", "audio_path": "b", "audio_duration": 30.0},
    ]
    report = measure(EVENTS_BY_HAND, sessions=rows)
    silent, of_manifest = report["sessions"]["without_audio"], report["durations"]
    assert (silent["sessions"], silent["not_in_manifest"]) == (2, 1)
    assert (report["sessions"]["listed"], report["sessions"]["not_in_manifest"]) == (4, 2)
    assert of_manifest["sessions"] == report["totals"]["sessions"]
    assert (of_manifest["sessions_with_duration"], of_manifest["audio_duration"]) == (1, 60.5)


def test_hours_of_drums_and_of_full_mixes_are_told_by_source_set(measure):
    rows = [
        {"source_set": "groove", "session_id": "s1", "audio_duration": 60.5},
        {"source_set": "slakh", "session_id": "s2", "audio_duration": 30.0, "mix_duration": 29.5},
        {"source_set": "slakh", "session_id": "s8"},
        {"source_set": "slakh", "session_id": "s9", "audio_duration": 2.25, "mix_duration": 2.0},
    ]
    found = measure(EVENTS_BY_HAND, sessions=rows)["recordings"]
    names = ("sessions", "seconds", "sessions_in_manifest", "seconds_in_manifest")
    told = {
        name: {kind: [of[kind][key] for key in names] for kind in ("drums", "mix")}
        for name, of in {"all": found, **found["by_source_set"]}.items()
    }
    assert told == {
        "all": {"drums": [3, 92.75, 2, 90.5], "mix": [2, 31.5, 1, 29.5]},
        "groove": {"drums": [1, 60.5, 1, 60.5], "mix": [0, 0.0, 0, 0.0]},
        "slakh": {"drums": [2, 32.25, 1, 30.0], "mix": [2, 31.5, 1, 29.5]},
    }


def test_what_no_table_was_given_for_is_not_measured(measure):
    report = measure(EVENTS_BY_HAND)
    names = ("drops", "quarantine", "sessions", "recordings")
    assert [report[key] for key in names] == [None] * 4


def test_equal_rows_give_equal_bytes_whatever_their_order_and_the_threads(measure):
    rows = [tally("s1", "unmapped_note", n, str(n)) for n in range(9)]
    one = canonical_json(measure(EVENTS_BY_HAND, threads=1, tallies=rows))
    two = canonical_json(measure(EVENTS_BY_HAND[::-1], threads=4, tallies=rows[::-1]))
    assert one == two


def test_the_report_is_sorted_and_holds_no_nan(measure):
    report = measure(EVENTS_BY_HAND)
    assert list(report) == sorted(report)
    assert json.loads(json.dumps(report, allow_nan=False)) == report


def test_an_empty_manifest_has_no_rates(measure):
    report = measure([])
    assert report["totals"]["events"] == 0
    assert report["duplicates"]["rate"] is None
    assert report["audio"]["share_without_audio"] is None
    assert report["hits_per_session"] is None


def test_a_name_full_of_wildcards_and_quotes_is_that_very_file(tmp_path):
    path = tmp_path / "split=x" / "it's [a] *?.parquet"
    write_table(path, pa.Table.from_pylist(EVENTS_BY_HAND, EVENTS))
    report = measure_health([path], Around(), **SETTINGS)
    assert report["splits"] == {"test": 2, "train": 3}


COARSE = EVENTS.set(EVENTS.get_field_index("onset_time"), pa.field("onset_time", pa.float32()))


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        (EVENTS.remove(EVENTS.get_field_index("components")), "components is missing"),
        (COARSE, "onset_time is float, it should be double"),
    ],
    ids=["column missing", "another type"],
)
def test_a_table_of_another_schema_is_refused_by_file_and_column(tmp_path, schema, words):
    pq.write_table(schema.empty_table(), tmp_path / "events.parquet")
    with pytest.raises(ValueError, match=rf"events\.parquet: .*{words}"):
        measure_health(
            [tmp_path / "events.parquet"],
            Around(),
            **SETTINGS,
        )


def test_a_manifest_whose_text_arrow_cannot_read_as_dictionaries_has_the_same_figures(
    measure, tmp_path
):
    report = measure(EVENTS_BY_HAND)
    path = tmp_path / "events.parquet"
    encodings = {
        leaf: "DELTA_BYTE_ARRAY"
        for leaf in leaf_columns(path)
        if leaf in ("session_id", "components.list.element.label")
    }
    table = read_table(path)
    pq.write_table(table, path, use_dictionary=False, column_encoding=encodings)
    again = measure_health([path], Around(), **SETTINGS)
    assert again == report


# Whether the source sets are whole.


@pytest.fixture
def whole(tmp_path):
    """The section on sets with two sessions and five notes each, of which so much is published."""

    def write(name, kind, rows, schema):
        path = tmp_path / f"{name}.{kind}.parquet"
        write_table(path, pa.Table.from_pylist(rows, schema))
        return path

    def run(**published):
        tables = {"sessions": [], "inventory": [], "tallies": []}
        cards = {}
        for name, counts in published.items():
            rows = [{"source_set": name, "session_id": f"s{i}"} for i in range(2)]
            tables["sessions"].append(write(name, "sessions", rows, SESSIONS))
            files = [{"path": "a.mid", "role": "annotation"}]
            tables["inventory"].append(write(name, "inventory", files, INVENTORY))
            hits = [row | {"outcome": "in_event", "n_hits": 2 + i} for i, row in enumerate(rows)]
            tables["tallies"].append(write(name, "tallies", hits, TALLIES))
            figures = [
                {"figure": figure, "count": n, "source": "paper", "where": "table 1"}
                | ({"kind": ".mid"} if figure == "files" else {})
                for figure, n in counts.items()
            ]
            cards[name] = tmp_path / f"{name}.yaml"
            card = {"published": [{"release": "1.0", "figures": figures}]}
            cards[name].write_text(json.dumps(card))
        path = tmp_path / "events.parquet"
        write_table(path, pa.Table.from_pylist(EVENTS_BY_HAND, EVENTS))
        around = Around(**tables, cards=cards)
        return measure_health([path], around, **SETTINGS)["completeness"]

    return run


def test_every_set_is_held_against_its_own_card_figure_by_figure(whole):
    found = whole(
        slakh={"sessions": 2, "files": 1, "notes": 5},
        egmd={"sessions": 3, "notes": 5},
        groove={"sessions": 2, "notes": 4},
        enst={},
    )
    assert found["not_complete"] == 3
    assert {name: row["says"] for name, row in found["source_sets"].items()} == {
        "egmd": "partial: sessions 2 of 3",
        "enst": "unknown",
        "groove": "larger: notes 5 of 4 published",
        "slakh": "complete",
    }


def test_without_cards_nobody_says_whether_the_sets_are_whole(measure):
    assert measure(EVENTS_BY_HAND)["completeness"] is None


def test_hits_are_counted_at_the_nearest_place_of_their_bar(measure):
    places = [(1.0, "4/4"), (1.02, "4/4"), (2.5, "4/4"), (4.99, "4/4"), (3.95, "3/4"), (1.0, "x")]
    places += [(None, "4/4"), (float("nan"), "4/4"), (0.5, "4/4"), (5.5, "4/4"), (1.0, None)]
    places += [(1 + 241 / 12, "4/4"), (float("inf"), "4/4"), (-1e300, "4/4")]
    events = [event(n, hit("kick"), beat=beat, meter=of) for n, (beat, of) in enumerate(places)]
    events.append(event(99, hit("snare"), hit("kick"), beat=1 + 1 / 3, meter="4/4"))
    bars = measure(events)["bar_places"]
    fours = bars["by_meter"]["4/4"]
    assert list(bars["by_meter"]) == ["4/4", "3/4"]
    assert (bars["per_beat"], fours["beats"], fours["hits"]) == (12, 4, 6)
    kicks = fours["by_label"]["kick"]
    assert (len(kicks), {n: count for n, count in enumerate(kicks) if count}) == (
        48,
        {0: 3, 4: 1, 18: 1},  # what is nearest to beat 1 of the next bar is at beat 1
    )
    assert [n for n, count in enumerate(fours["by_label"]["snare"]) if count] == [4]
    assert bars["by_meter"]["3/4"]["by_label"]["kick"][35] == 1
    assert (bars["hits"], bars["without"], bars["outside"], bars["other_meters"]) == (7, 4, 5, 0)


def test_a_bar_that_is_too_long_is_a_further_meter_and_none_of_it_is_outside(measure):
    places = [(1.0, "24/4"), (23.5, "24/4"), (20.99, "20/4"), (30.0, "20/4"), (19.5, "19/8")]
    events = [event(n, hit("kick"), beat=beat, meter=of) for n, (beat, of) in enumerate(places)]
    bars = measure(events)["bar_places"]
    assert list(bars["by_meter"]) == ["19/8"]
    assert bars["by_meter"]["19/8"]["by_label"]["kick"][222] == 1
    assert (bars["hits"], bars["without"], bars["outside"], bars["other_meters"]) == (5, 0, 0, 4)


def test_the_meters_with_most_hits_are_told_place_by_place(measure):
    events = [
        event(10 * n + copy, hit("kick"), beat=1.0, meter=f"{n}/4")
        for n in range(1, 7)
        for copy in range(n)
    ]
    bars = measure(events)["bar_places"]
    assert list(bars["by_meter"]) == ["6/4", "5/4", "4/4", "3/4"]
    assert (bars["hits"], bars["other_meters"]) == (21, 3)
