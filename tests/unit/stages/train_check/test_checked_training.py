"""The check on drawn events: what it learns, what it says of what is not there, and its bytes."""

import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from drawn_events import CRASHES, SETTINGS, draw_events

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.schema_check import check_document
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.train_check.check import check_training
from drumcorpus.stages.train_check.describe import by_family
from drumcorpus.stages.train_check.page import render_training_page

NAMES = {"manifest": "prod", "export": "clips"}


@pytest.fixture(scope="module")
def report():
    return check_training(draw_events(n_sessions=120), SETTINGS, CRASHES)


def test_what_follows_from_the_features_is_learned(report):
    assert report["micro"]["f"] > 0.98
    assert report["micro"]["low"] > 0.95
    assert report["by_class"]["crash2"]["f"] > 0.97
    assert report["told_apart"]["area"] > 0.99
    assert report["told_apart"]["of"] == ["crash", "crash2"]
    assert report["events"]["test"] == {"taken": 384, "there": 384}
    assert report["groups"] == 24


def test_a_class_without_an_event_is_absent_and_has_no_figures(report):
    china = report["by_class"]["china"]
    assert (china["state"], china["why"]) == ("absent in test", "no event of test has it")
    assert (china["f"], china["ap"], china["resolvable"]) == (None, None, False)


def test_equal_input_gives_equal_bytes(report):
    again = check_training(draw_events(n_sessions=120), SETTINGS, CRASHES)
    assert canonical_json(again) == canonical_json(report)


def test_the_number_of_threads_changes_no_bit(report, tmp_path):
    script = tmp_path / "check.py"
    script.write_text(
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "from drawn_events import CRASHES, SETTINGS, draw_events\n"
        "from drumcorpus.ground.files.json_files import canonical_json\n"
        "from drumcorpus.stages.train_check.check import check_training\n"
        "report = check_training(draw_events(n_sessions=120), SETTINGS, CRASHES)\n"
        "sys.stdout.buffer.write(canonical_json(report))\n"
    )
    paths = [str(REPO / "src"), str(Path(__file__).parent)]
    for n_threads in ("1", "3"):
        done = subprocess.run(
            [sys.executable, script, *paths],
            env=os.environ | {"OMP_NUM_THREADS": n_threads},
            capture_output=True,
            check=True,
        )
        assert done.stdout == canonical_json(report)


def test_the_report_is_as_its_schema_says(report):
    schema = read_yaml(REPO / "workflow/schemas/train_check.schema.yaml")
    check_document(report | NAMES, schema, "report")


def test_exchanged_labels_in_training_are_seen():
    events = draw_events(n_sessions=120)
    train = events.names["split"] != "test"
    events.truth[train, 1], events.truth[train, 2] = (
        events.truth[train, 2].copy(),
        events.truth[train, 1].copy(),
    )
    report = check_training(events, SETTINGS, CRASHES)
    assert report["by_class"]["crash"]["f"] < 0.05
    assert report["by_class"]["crash"]["confused_with"]["crash2"] > 100
    assert report["told_apart"]["area"] < 0.01


def test_a_corpus_without_a_second_crash_says_so():
    report = check_training(draw_events(second=False), SETTINGS, CRASHES)
    assert report["told_apart"]["area"] is None
    assert report["told_apart"]["why"] == (
        "crashes in test: crash; two kinds are needed to tell them apart"
    )
    assert report["by_class"]["crash2"]["state"] == "absent in test"


def test_a_class_that_training_lacks_is_not_learned_and_never_said():
    events = draw_events()
    events.truth[events.names["split"] == "train", 2] = False
    row = check_training(events, SETTINGS, CRASHES)["by_class"]["crash2"]
    assert (row["state"], row["f"], row["recall"]) == ("not learned", 0.0, 0.0)
    assert row["why"] == "0 events of train have it; 5 are needed"


def test_a_class_without_validation_has_a_stated_threshold():
    events = draw_events()
    events.truth[events.names["split"] == "validation", 0] = False
    row = check_training(events, SETTINGS, CRASHES)["by_class"]["kick"]
    assert row["thresholds"] == [0.5, 0.5]
    assert row["why"] == "none in validation: threshold 0.5"


def test_a_feature_that_is_known_nowhere_is_passed_over():
    events = draw_events()
    events.features[:, 2] = np.nan
    assert check_training(events, SETTINGS, CRASHES)["micro"]["f"] > 0.95


def test_few_groups_are_not_resolvable():
    report = check_training(draw_events(n_sessions=30), SETTINGS, CRASHES)
    assert report["groups"] == 6
    assert (report["micro"]["resolvable"], report["micro"]["low"]) == (False, None)
    assert report["micro"]["detection_limit"] is None


def test_weights_of_the_corpus_decide_what_counts():
    # Half of the labels of training are wrong; the weights say which.
    events = draw_events(n_sessions=120)
    train = np.flatnonzero(events.names["split"] == "train")
    wrong = train[::2]
    events.truth[wrong] = events.truth[wrong][:, [1, 0, 2, 3]]
    even = check_training(events, SETTINGS, CRASHES)["by_class"]["kick"]["ap"]
    events.weights[wrong] = 1e-3
    weighted = check_training(events, SETTINGS, CRASHES)["by_class"]["kick"]["ap"]
    assert weighted > 0.99 > even


def test_an_empty_split_is_refused_by_name():
    events = draw_events()
    is_test = events.names["split"] == "test"
    names = events.names | {"split": np.where(is_test, "train", events.names["split"])}
    with pytest.raises(ValueError, match=r"no event in test; .* name another export"):
        check_training(dataclasses.replace(events, names=names), SETTINGS, CRASHES)


def test_a_group_in_two_splits_is_refused_by_name():
    events = draw_events()
    groups = events.names["group_id"]
    groups[groups == "group8"] = "group6"  # of test, and of validation
    with pytest.raises(ValueError, match="group group6 is in validation and in test, and 0 more"):
        check_training(events, SETTINGS, CRASHES)


def test_families_are_drawn_and_not_the_groups_of_a_source(tmp_path):
    events = draw_events(n_sessions=120)
    names = sorted({*events.names["session_id"]}, key=lambda name: int(name[7:]))
    # Twenty sessions a family: within the tens that decide the split.
    families = [f"{number % 10}-{number // 60}" for number in range(len(names))]
    columns = {"source_set": ["demo"] * len(names), "session_id": names, "family_id": families}
    write_table(tmp_path / "splits.parquet", pa.table(columns))
    joined = by_family(events, tmp_path / "splits.parquet")
    assert set(joined.names["group_id"][joined.names["split"] == "test"]) == {
        *("8-0", "8-1", "9-0", "9-1")
    }
    report = check_training(joined, SETTINGS, CRASHES)
    assert (report["groups"], report["micro"]["resolvable"]) == (4, False)
    assert events.names["group_id"][0] == "group0"
    columns = {name: values[1:] for name, values in columns.items()}
    write_table(tmp_path / "splits.parquet", pa.table(columns))
    with pytest.raises(ValueError, match="no session demo/session0, which the export has"):
        by_family(events, tmp_path / "splits.parquet")


def test_events_without_a_weight_are_refused():
    events = draw_events()
    events.weights[:3] = np.nan
    with pytest.raises(ValueError, match="3 of 576 events of train have no sampling weight"):
        check_training(events, SETTINGS, CRASHES)


def test_the_page_shows_what_the_report_says(report):
    page = render_training_page(report | NAMES)
    assert "prod/clips" in page
    assert f"{report['micro']['f']:.3f}" in page
    assert "1 more class has no event in any split" in page
    assert page == render_training_page(report | NAMES)
