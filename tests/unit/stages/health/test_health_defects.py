"""A defect of every kind, sown into a sound manifest: it moves its own figure and no other."""

import copy
import json

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS, QUARANTINE, SESSIONS, SPLITS, TALLIES
from drumcorpus.stages.health.measure import Around, measure_health

TAXONOMY = {"kick": "kick", "snare": "snare", "hihat_open": "hihat", "crash": "crash"}
TABLES = {"tallies": TALLIES, "quarantine": QUARANTINE, "sessions": SESSIONS, "splits": SPLITS}
SESSION_NAMES = ["s1", "s2", "s3", "s4"]


def sound_corpus():
    """Four sessions of two sets with all tables around them; nothing is wrong with them."""
    corpus = {"events": [], **{name: [] for name in TABLES}}
    for number, session in enumerate(SESSION_NAMES):
        split = ("train", "test")[number % 2]
        place = {"source_set": ("groove", "egmd")[number // 2], "session_id": session}
        group = {"group_id": f"g{number}", "split": split}
        corpus["sessions"].append({**place, "audio_path": f"{session}.wav", "audio_duration": 10.0})
        corpus["splits"].append({**place, **group, "split_before": split, "included": True})
        for beat, label in enumerate(("kick", "snare", "hihat_open", "crash")):
            hit = {"label": label, "velocity": 0.5, "dynamic_bucket": "medium", "source_label": "1"}
            hit |= {"openness": 0.5} if label == "hihat_open" else {}
            event = {**place, **group, "event_id": f"{session}-{beat}", "onset_time": float(beat)}
            event |= {"tempo_bpm": 120.0, "meter": "4/4", "license": "MIT", "techniques": []}
            event |= {"audio_path": f"{session}.wav", "is_synthetic": False, "components": [hit]}
            corpus["events"].append(event)
            tally = {**place, "source_label": "1", "label": label, "n_hits": 1}
            corpus["tallies"].append({**tally, "outcome": "in_event"})
    corpus["quarantine"] = []
    corpus["leaks"] = {"leaks": {"families": 0, "found_families": 0, "refused_sessions": 0}}
    corpus["audit"] = {"findings": []}
    corpus["audit_diff"] = {"n_differences": 0, "baseline": "blessed"}
    corpus["drift"] = {"n_drifted": 0, "baseline": "blessed", "drifted": []}
    return corpus


@pytest.fixture
def figures(tmp_path):
    """Measure a corpus and pick the figures that gates and readers look at."""

    def measure(corpus):
        write_table(tmp_path / "events.parquet", pa.Table.from_pylist(corpus["events"], EVENTS))
        beside = {}
        for name, schema in TABLES.items():
            path = tmp_path / f"{name}.parquet"
            write_table(path, pa.Table.from_pylist(corpus[name], schema))
            beside[name] = [path]
        for name in ("leaks", "audit", "audit_diff", "drift"):
            beside[name] = tmp_path / f"{name}.json"
            beside[name].write_text(json.dumps(corpus[name]))
        return chosen(
            measure_health(
                [tmp_path / "events.parquet"],
                Around(**beside),
                taxonomy_labels=TAXONOMY,
                cymbal_families=["crash"],
                dynamic_buckets=(),
                threads=2,
                memory_limit="1GB",
            )
        )

    return measure


def chosen(report):
    return {
        "unknown labels": sum(report["unknown_labels"].values()),
        "repeated ids": report["duplicates"]["repeated_event_ids"],
        "repeated hits": report["duplicates"]["repeated_hits"],
        "quarantined": report["quarantine"]["files"],
        "dropped": report["drops"]["dropped"],
        "hits without outcome": report["drops"]["hits_without_outcome"],
        "unexplained": report["drops"]["unexplained_hits"],
        "refused": report["drops"]["refused_hits"],
        "leaked groups": report["group_leaks"]["groups"],
        "without group": report["group_leaks"]["events_without_group"],
        "leaked families": report["leaks"]["families"],
        "without licence": report["licenses"]["events_without_license"],
        "events without audio": report["audio"]["events_without_audio"],
        "sessions without audio": report["sessions"]["without_audio"]["sessions"],
        "sessions not listed": report["sessions"]["not_listed"],
        "without tempo": report["tempo"]["events_without_tempo"],
        "without meter": report["meter"]["events_without_meter"],
        "openness outside": report["openness"]["hihat"]["outside"],
        "velocity outside": report["velocity"]["outside"],
        "without velocity": report["velocity"]["unmeasured"],
        "synthetic share": report["composition"]["synthetic_share"],
        "model share": report["composition"]["model_label_share"],
        "largest share": report["composition"]["largest_source_set_share"],
        "known duration": report["durations"]["audio_duration"],
        "audit findings": report["audit"]["n_findings"],
        "audit differences": report["audit"]["n_differences"],
        "drifted classes": report["drift"]["n_drifted"],
    }


def hit(corpus):
    """The only component of the third event, an open hi-hat."""
    return corpus["events"][2]["components"][0]


def replace(table, number, **values):
    return lambda corpus: corpus[table][number].update(values)


def repeat_event(corpus):
    """The same id again, at an onset of its own; the tally knows of it."""
    corpus["events"].append(corpus["events"][0] | {"onset_time": 9.0})
    corpus["tallies"][0]["n_hits"] += 1


def repeat_hit(corpus):
    """The same hit again under an id of its own; the tally knows of it."""
    corpus["events"].append(corpus["events"][0] | {"event_id": "another"})
    corpus["tallies"][0]["n_hits"] += 1


def balance(corpus):
    """As many events of the other set, so that its share stays."""
    more = corpus["events"][8] | {"event_id": "balance", "onset_time": 8.5}
    corpus["events"].append(more)
    corpus["tallies"][8]["n_hits"] += 1


def refuse_session(corpus):
    """A fifth session whose events are left out; it is listed, and its tally stands."""
    place = {"source_set": "egmd", "session_id": "s5"}
    corpus["splits"].append({**place, "included": False, "reason": "near_duplicate"})
    corpus["tallies"].append({**place, "source_label": "1", "outcome": "in_event", "n_hits": 7})


DEFECTS = {
    "unknown labels": (lambda corpus: hit(corpus).update(label="BOGUS", openness=None), 1),
    "repeated ids": (lambda corpus: (repeat_event(corpus), balance(corpus)), 1),
    "repeated hits": (lambda corpus: (repeat_hit(corpus), balance(corpus)), 1),
    "quarantined": (
        lambda corpus: corpus["quarantine"].append({"source_set": "egmd", "reason": "torn"}),
        1,
    ),
    "dropped": (
        lambda corpus: corpus["tallies"].append(
            {"source_set": "egmd", "session_id": "s3", "outcome": "unmapped_note", "n_hits": 5}
        ),
        5,
    ),
    "refused": (refuse_session, 7),
    "leaked groups": (replace("events", 0, group_id="g1"), 1),
    "without group": (replace("events", 0, group_id=None), 1),
    "leaked families": (
        lambda corpus: corpus["leaks"]["leaks"].update(families=2),
        2,
    ),
    "without licence": (replace("events", 0, license=" "), 1),
    "events without audio": (replace("events", 0, audio_path=None), 1),
    "sessions without audio": (replace("sessions", 0, audio_path=None), 1),
    "without tempo": (replace("events", 0, tempo_bpm=None), 1),
    "without meter": (replace("events", 0, meter=None), 1),
    "openness outside": (lambda corpus: hit(corpus).update(openness=1.2), 1),
    "velocity outside": (lambda corpus: hit(corpus).update(velocity=-0.1), 1),
    "without velocity": (lambda corpus: hit(corpus).update(velocity=None), 1),
    "synthetic share": (replace("events", 0, is_synthetic=True), 1 / 16),
    "model share": (replace("events", 0, label_method="model"), 1 / 16),
    "known duration": (replace("sessions", 0, audio_duration=None), 30.0),
    "audit findings": (
        lambda corpus: corpus["audit"]["findings"].append({"sentence": "a defect."}),
        1,
    ),
    "audit differences": (lambda corpus: corpus["audit_diff"].update(n_differences=4), 4),
    "drifted classes": (lambda corpus: corpus["drift"].update(n_drifted=3), 3),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_moves_its_own_figure_and_no_other(figures, name):
    sow, expected = DEFECTS[name]
    sound = sound_corpus()
    bad = copy.deepcopy(sound)
    sow(bad)
    before, after = figures(sound), figures(bad)
    moved = {key: after[key] for key in before if after[key] != before[key]}
    assert moved == {name: pytest.approx(expected)}


def test_a_hit_without_an_outcome_is_unexplained_too(figures):
    bad = sound_corpus()
    bad["tallies"].append({"source_set": "egmd", "session_id": "s3", "n_hits": 2})
    found = figures(bad)
    assert (found["hits without outcome"], found["unexplained"]) == (2, 2)


def test_a_lost_event_is_unexplained(figures):
    bad = sound_corpus()
    del bad["events"][0], bad["events"][7]  # one of each set
    assert figures(bad)["unexplained"] == 2


def test_a_refused_session_that_is_in_the_manifest_all_the_same_is_unexplained(figures):
    bad = sound_corpus()
    bad["splits"][0]["included"] = False
    found = figures(bad)
    assert (found["refused"], found["unexplained"]) == (4, 4)


def test_a_session_that_no_list_has_is_counted(figures):
    bad = sound_corpus()
    del bad["sessions"][0]
    found = figures(bad)
    assert (found["sessions not listed"], found["known duration"]) == (1, 30.0)


def test_a_figure_that_a_report_lacks_is_none_and_not_zero(figures):
    bad = sound_corpus()
    del bad["leaks"]["leaks"]["families"], bad["audit_diff"]["n_differences"]
    found = figures(bad)
    assert (found["leaked families"], found["audit differences"]) == (None, None)
