"""Reports and pages of networks, from what is said of drawn samples; none of it needs torch."""

import dataclasses

import numpy as np
import pytest
from checkout import REPO
from drawn_frames import CLASSES, SETTINGS, SPECTRA, draw_material

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.schema_check import check_document
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.train_check import network_check
from drumcorpus.stages.train_check.frame_counts import strokes_said
from drumcorpus.stages.train_check.frame_samples import targets_of
from drumcorpus.stages.train_check.network_page import learning_curves, render_network_page
from drumcorpus.stages.train_check.network_report import SeedSaid, not_run, report_networks
from drumcorpus.stages.train_check.trained_exports import check_network_exports

NAMES = {"manifest": "prod", "export": "segments"}
NETWORK = {"parameters": 44_075, "reach_frames": 33, "torch": "2.13.0"}
CURVE = [(0.5, 0.4), (0.2, 0.3), (0.1, 0.35)]


def said_of(material, seed, miss):
    """A seed that misses that share of the strokes, and says nothing wrong."""

    def predict(sample):
        rng = np.random.default_rng([seed, int(sample.session_id[7:])])
        kept = rng.random(len(sample.onsets)) >= miss
        of = dataclasses.replace(sample, onsets=sample.onsets[kept], classes=sample.classes[kept])
        return targets_of(of, 0, 400, len(CLASSES), SPECTRA.frames_per_s)

    sides = [
        strokes_said(material.of(split), predict, n_classes=4, frames_per_s=100.0)
        for split in ("validation", "test")
    ]
    return SeedSaid(seed, *sides, CURVE, 2)


def report_of(material, miss=(0.2, 0.3), settings=SETTINGS):
    said = [said_of(material, seed, share) for seed, share in enumerate(miss)]
    return report_networks(
        material, said, settings, n_draws=400, crashes=["crash", "crash2"], network=NETWORK
    )


@pytest.fixture(scope="module")
def material(tmp_path_factory):
    return draw_material(tmp_path_factory.mktemp("frames"), 100)


@pytest.fixture(scope="module")
def report(material):
    return report_of(material)


def test_figures_are_those_of_what_was_missed(report, material):
    n = int(material.n_strokes("test").sum())
    counted = report["by_class"]
    assert report["micro"]["f"] == pytest.approx(2 * 0.75 / 1.75, abs=0.03)
    assert report["micro"]["low"] < report["micro"]["f"] < report["micro"]["high"]
    assert report["micro"]["detection_limit"] > 0.03
    assert counted["crash2"]["precision"] == 1.0
    assert counted["crash2"]["recall"] == pytest.approx(0.75, abs=0.06)
    assert report["samples"]["test"] == {"samples": 20, "sessions": 20, "strokes": n}
    assert report["seeds"][0]["curve"][1] == [0.2, 0.3]
    assert report["crashes"] == ["crash", "crash2"]


def test_the_report_is_as_its_schema_says_and_equal_bytes_again(report, material):
    schema = read_yaml(REPO / "workflow/schemas/network_check.schema.yaml")
    check_document(report | NAMES, schema, "report")
    check_document(not_run(SETTINGS) | NAMES, schema, "report")
    assert canonical_json(report_of(material)) == canonical_json(report)


def test_a_class_that_lacks_somewhere_says_so(report, material):
    china = report["by_class"]["china"]
    assert (china["state"], china["f"], china["ap"]) == ("absent in test", None, None)

    def without(split, kind):
        def changed(sample):
            kept = sample.classes != kind if sample.split == split else slice(None)
            return dataclasses.replace(
                sample, onsets=sample.onsets[kept], classes=sample.classes[kept]
            )

        return dataclasses.replace(material, samples=tuple(map(changed, material.samples)))

    crash2 = report_of(without("train", 2))["by_class"]["crash2"]
    assert (crash2["state"], crash2["f"]) == ("not learned", 0.0)
    assert crash2["why"] == "0 strokes of train have it; 5 are needed"
    assert crash2["thresholds"] == [None, None]
    crash2 = report_of(without("validation", 2))["by_class"]["crash2"]
    assert (crash2["state"], crash2["why"]) == ("scored", "none in validation: threshold 0.3")
    crash2 = report_of(without("test", 2))["by_class"]["crash2"]
    assert (crash2["state"], crash2["f"]) == ("absent in test", None)


def test_crashes_that_are_taken_for_one_another_are_told(material):
    """A third of the strokes of crash are said to be crash2, and a quarter of crash2 are missed."""
    crash, crash2 = CLASSES.index("crash"), CLASSES.index("crash2")

    def predict(sample):
        places = np.arange(len(sample.onsets))
        classes = np.where((sample.classes == crash) & (places % 3 == 0), crash2, sample.classes)
        kept = (sample.classes != crash2) | (places % 4 != 0)
        of = dataclasses.replace(sample, onsets=sample.onsets[kept], classes=classes[kept])
        return targets_of(of, 0, 400, len(CLASSES), SPECTRA.frames_per_s)

    sides = [
        strokes_said(material.of(split), predict, n_classes=4, frames_per_s=100.0)
        for split in ("validation", "test")
    ]
    said = [SeedSaid(0, *sides, CURVE, 2)]
    report = report_networks(
        material, said, SETTINGS, n_draws=400, crashes=["crash", "crash2"], network=NETWORK
    )
    n_wrong = n_missed = 0
    for sample in material.of("test"):
        places = np.arange(len(sample.onsets))
        n_wrong += int(((sample.classes == crash) & (places % 3 == 0)).sum())
        n_missed += int(((sample.classes == crash2) & (places % 4 == 0)).sum())
    rows, strokes = report["crash_confusion"], material.n_strokes("test")
    assert rows["crash"]["strokes"] == strokes[crash]
    assert rows["crash"]["taken_for"] == {"crash2": n_wrong}
    assert (rows["crash"]["missed"], rows["crash"]["taken_for_others"]) == (0, 0)
    assert rows["crash2"]["missed"] == n_missed
    for row in rows.values():
        parts = row["found"] + sum(row["taken_for"].values()) + row["taken_for_others"]
        assert parts + row["missed"] == row["strokes"]
    assert report["by_class"]["crash"]["confused_with"] == {"crash2": n_wrong}
    # Every peak of crash is right, and of crash2 those that are of crash are wrong.
    reliable = report["by_class"]["crash2"]["calibration"]
    n_said = int(strokes[crash2]) - n_missed + n_wrong
    assert reliable["predictions"] == n_said
    right = sum(bin["n"] * bin["right"] for bin in reliable["bins"])
    assert right == pytest.approx(n_said - n_wrong, abs=0.01)
    heights = sum(bin["n"] * bin["mean_score"] for bin in reliable["bins"]) / n_said
    assert 0.5 < heights < 1
    assert {bin["right"] for bin in report["by_class"]["crash"]["calibration"]["bins"]} == {1.0}
    assert report["by_class"]["china"]["calibration"] is None
    page = render_network_page(report | NAMES)
    assert "Said crash2" in page
    assert f"crash2 {n_wrong:.1f}" in page


def test_one_seed_has_no_detection_limit(material):
    report = report_of(material, miss=(0.2,))
    assert (report["micro"]["detection_limit"], report["micro"]["seed_sd"]) == (None, None)
    assert "Of one seed nobody knows" in render_network_page(report | NAMES)


def test_the_page_shows_what_the_report_says(report):
    page = render_network_page(report | NAMES)
    assert "prod/segments" in page
    assert f"{report['micro']['f']:.3f}" in page
    assert "1 more class has no stroke in any split" in page
    assert page == render_network_page(report | NAMES)
    assert learning_curves(report["seeds"])["lines"][0] == {
        "name": "train, seed 0",
        "path": "M0,0 L50,60 L100,80",
        "colour": 0,
    }


def test_without_torch_it_is_not_run_and_never_passed(monkeypatch):
    monkeypatch.setattr(network_check, "find_spec", lambda name: None)
    lines = []
    report = network_check.check_networks(
        None,
        "nowhere",
        SETTINGS,
        labels=[],
        crashes=[],
        n_draws=400,
        memory="nowhere",
        n_threads=1,
        say=lines.append,
        progress=None,
    )
    assert (report["state"], report["tier"]) == ("not run", "S")
    assert 'pip install "drumcorpus[train]"' in report["why"]
    assert lines == [f"not run: {report['why']}"]
    page = render_network_page(report | NAMES)
    assert "Not run." in page
    assert "drumcorpus[train]" in page
    assert "passed" not in page.partition("<body")[2]


SECTION = {
    "networks": {
        "tier": "S",
        "exports": ["segments", "other"],
        "class_map": "components",
        "spectra": {"fmin_hz": 30.0, "fmax_hz": 20_000.0},
    }
}
EXPORTS = {
    "segments": {"manifest": "prod", "unit": "segment"},
    "sessions": {"manifest": "prod", "unit": "session"},
    "clips": {"manifest": "prod", "unit": "clip"},
}


def checked(**changes):
    section = {"networks": SECTION["networks"] | changes}
    return check_network_exports(section, EXPORTS, ["components"])


def test_which_export_networks_learn_from():
    assert checked() == {"prod": "segments"}
    assert checked(tier=None, exports=["clips"]) == {}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exports": ["clips"]}, "exports: 'clips' is of clips; allowed: segments, sessions"),
        ({"exports": ["segments", "sessions"]}, "'segments' and 'sessions' are both of prod"),
        ({"exports": ["other"]}, r"tier: got 'S', and no export .*: segments, sessions"),
        ({"class_map": "no"}, "class_map: got 'no'; allowed: components"),
        ({"spectra": {"fmin_hz": 9.0, "fmax_hz": 8.0}}, "spectra.fmin_hz: got 9.0; must be below"),
    ],
    ids=["clips", "two", "none", "map", "bands"],
)
def test_what_cannot_be_learned_from_is_refused_before_any_job(changes, words):
    with pytest.raises(ValueError, match=rf"config: train_check.networks.*{words}"):
        checked(**changes)
