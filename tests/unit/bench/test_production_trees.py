"""The trees of production size: sessions, strokes and sound, at a hundredth of it and less."""

import runpy

import numpy as np
import pytest
import soundfile
from checkout import REPO

from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.cards import read_options
from drumcorpus.source_sets import (
    egmd,
    enst_drums,
    groove_mididataset,
    idmt_smt_drums_v2,
    slakh2100,
)

MODULES = {
    "slakh2100": slakh2100,
    "groove_mididataset": groove_mididataset,
    "enst_drums": enst_drums,
    "idmt_smt_drums_v2": idmt_smt_drums_v2,
    "egmd": egmd,
}
SETTINGS = {
    "slakh2100": {"splits": "redux"},
    "enst_drums": {"mix": "wet_mix", "drums_to_accompaniment": 2.0},
}
RESOURCES = REPO / "resources"


@pytest.fixture(scope="module")
def trees(tmp_path_factory):
    """Every tree with some sessions, and what the writer says of each."""
    written = runpy.run_path(str(REPO / "bench/production/trees.py"))
    root = tmp_path_factory.mktemp("trees")
    shares = {"slakh2100": 0.002, "groove_mididataset": 0.02, "enst_drums": 0.03}
    shares |= {"idmt_smt_drums_v2": 0.03, "egmd": 0.002}
    said = {name: written["write"](name, root / name, share) for name, share in shares.items()}
    return root, said, written


def surveyed(name, root):
    card = read_yaml(RESOURCES / f"source_sets/{name}.yaml")
    paths = [RESOURCES / path for path in card.get("references", {}).values()]
    options = read_options(card, paths, SETTINGS.get(name, {}))
    files, refusals = scan_roots([root])
    survey = MODULES[name].survey(files, lambda path: (root / path).read_bytes(), options)
    return survey, refusals


@pytest.mark.parametrize(
    ("name", "n_sessions"),
    [
        ("slakh2100", 3),
        ("groove_mididataset", 23),
        ("enst_drums", 10),
        ("idmt_smt_drums_v2", 9),
        ("egmd", 91),
    ],
)
def test_a_tree_has_the_sessions_of_its_set_and_nothing_else(trees, name, n_sessions):
    root, said, _ = trees
    survey, refusals = surveyed(name, root / name)
    assert said[name][0] == n_sessions == len(survey.sessions)
    assert [*refusals, *survey.refusals] == []


def test_the_performances_of_egmd_stand_on_43_kits(trees):
    survey, _ = surveyed("egmd", trees[0] / "egmd")
    groups = [session["group_id"] for session in survey.sessions]
    assert sorted(groups.count(group) for group in set(groups)) == [5, 43, 43]


def test_no_two_recordings_are_equal_and_each_is_as_long_as_its_labels(trees):
    root = trees[0]
    recordings = sorted(root.glob("*/**/*.wav")) + sorted(root.glob("slakh2100/**/*.flac"))
    assert len({path.read_bytes() for path in recordings}) == len(recordings) == 271
    annotations = sorted((root / "enst_drums").glob("*/annotation/*.txt"))
    assert len(annotations) == 10
    for path in annotations:
        last = float(path.read_text().splitlines()[-1].split()[0])
        mix = path.parents[1] / "audio/wet_mix" / f"{path.stem}.wav"
        assert soundfile.info(mix).duration == pytest.approx(last + 2, abs=1e-3)


def test_silence_takes_no_room_and_sound_goes_on(trees, tmp_path):
    root, _, written = trees
    path = next((root / "egmd").rglob("*.wav"))
    samples, _ = soundfile.read(path)
    assert np.abs(samples[: written["RATE_HZ"] // 25]).max() > 0.1
    assert np.abs(samples[written["RATE_HZ"] :]).max() == 0
    assert path.stat().st_blocks * 512 < path.stat().st_size / 10
    assert written["write"]("egmd", tmp_path / "egmd", 1e-5, sounding=True)[0] == 1
    samples, _ = soundfile.read(next((tmp_path / "egmd").rglob("*.wav")))
    assert np.abs(samples[-written["RATE_HZ"] :]).max() > 0.1


def test_a_whole_tree_is_taken_as_it_is_and_another_is_not_mixed_in(trees):
    root, said, written = trees
    assert written["write"]("enst_drums", root / "enst_drums", 0.03) == said["enst_drums"]
    with pytest.raises(SystemExit, match="is not the one asked for"):
        written["write"]("enst_drums", root / "enst_drums", 0.05)


def test_strokes_are_as_many_as_the_set_has_in_the_mean(trees):
    _, said, written = trees
    strokes = said["egmd"][1] / said["egmd"][0]
    assert strokes == pytest.approx(written["SHAPES"]["egmd"].strokes, rel=0.35)
