"""The scripts of the benchmark run as they are printed, at a tiny size."""

import csv
import shutil
from dataclasses import replace

import pytest
import yaml
from evaluated_corpus import write_corpus
from printed import command_of, run

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.stages.evaluation.named_splits import read_named_split, split_digest
from drumcorpus.stages.evaluation.submissions import read_submission

SYSTEMS = ["all_kick", "boosted_trees", "loudest_band", "nearest_class"]


@pytest.fixture
def published(performances, tmp_path):
    """The four performances as if two stood in the test split, and all were of 25 s."""
    root = tmp_path / "midi"
    shutil.copytree(performances, root)
    rows = list(csv.DictReader((root / "info.csv").open(newline="")))
    for number, row in enumerate(rows):
        row |= {"duration": "25", "split": "test" if number < 2 else "train"}
    with (root / "info.csv").open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return root


@pytest.mark.long
def test_material_is_rendered_and_baselines_are_submissions(published, kits, renderer, tmp_path):
    out = tmp_path / "out"
    folders = [kits / "muldjord", kits / "bja_pacific"]
    places = {"GMD_ROOT": published, "KIT_DIR": folders[0], "FILE": renderer, "OUT": out}
    said = run(command_of("benchmark/material.py"), places, "--kits", *map(str, folders))
    assert said.splitlines() == [
        f"{out}/groove_kits: 2 performances, 2 kits",
        f"{out}/training: 2 performances, 2 kits",
    ]
    sessions = {
        path.relative_to(out / "groove_kits").with_suffix("").as_posix(): sha256_bytes(b"")[:16]
        for path in (out / "groove_kits").rglob("*.wav")
    }
    assert len(sessions) == 4
    split = {"name": "groove_kits", "title": "x", "license": "MIT", "source": "x"}
    split |= {"class_map": "adtof5", "sha256": split_digest("adtof5", sessions)}
    splits = tmp_path / "splits"
    splits.mkdir()
    (splits / "groove_kits.yaml").write_text(yaml.safe_dump(split | {"sessions": sessions}))
    mdb = {"OUT": out, "SUBMISSIONS": tmp_path / "submissions"}
    command = command_of("benchmark/baselines.py")
    words = tuple(word for word in command.words if "mdb" not in word.lower())
    said = run(replace(command, words=words), mdb, "--splits", str(splits))
    assert said.splitlines() == [
        "4 recordings to learn from",
        "groove_kits: 4 recordings, 4 systems",
    ]
    folders = sorted((tmp_path / "submissions/groove_kits").iterdir())
    assert [folder.name for folder in folders] == SYSTEMS
    for folder in folders:
        assert read_submission(folder)


def test_a_split_of_a_corpus_is_named(tmp_path, monkeypatch):
    sessions = {
        "a": {"events": [(0.5, ["kick"]), (1.0, ["snare"])]},
        "b": {"events": [(0.5, ["kick"])], "split": "train"},
    }
    manifest = write_corpus(tmp_path, sessions, monkeypatch)
    words = {"NAME": "small", "MANIFEST": manifest, "T": "Small", "L": "MIT", "S": "drawn"}
    said = run(
        command_of("benchmark/name_split.py"),
        words,
        "--split",
        "test",
        "--out",
        tmp_path / "splits",
    )
    named = read_named_split("small", tmp_path / "splits")
    assert list(named.sessions) == ["a"]
    assert said.startswith(f"{tmp_path}/splits/small.yaml: 1 sessions, ")
