"""What the export writes is what is read: shards of its own writers, records of its own schema."""

import json
import os
import re

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from checkout import REPO
from small_export import CLASS_MAPS, LABELS

from drumcorpus.ground.files.tar_shards import TarShards
from drumcorpus.ground.sound.encoding import ENCODINGS, EncodedRecording
from drumcorpus.load.exports import open_export
from drumcorpus.stages.export.layout import records_schema, shard_stem
from drumcorpus.stages.export.parquet_shards import ParquetShards

RATE_HZ = 8_000


def write(root, encoding, sounds):
    """One shard of each kind, all of one split; strokes by turns of every label."""
    ids = {label: number for number, label in enumerate(LABELS)}
    components = {"schema": "drumcorpus.export_components/2", "components": LABELS}
    components |= {"classes": ids, "class_maps": CLASS_MAPS}
    (root / "train").mkdir(parents=True)
    (root / "components.json").write_text(json.dumps(components))
    (root / "metadata.json").write_text("{}")
    schema, extension = records_schema(CLASS_MAPS), ENCODINGS[encoding].extension
    stem, bounds = shard_stem("train", "demo", "000"), {"shard_bytes": 10**6, "shard_samples": 3}
    options = {"sample_rate_hz": RATE_HZ, "extension": extension} | bounds
    rows = []
    tar = TarShards(root / "train", stem, **bounds)
    parquet = ParquetShards(root / "train", stem, schema, **options)
    with tar, parquet:
        for number, sound in enumerate(sounds):
            stroke = {"onset": 0.01 * number, "label": LABELS[number % 5], "velocity": 0.5}
            row = {"sample_id": f"s{number}", "strokes": [stroke], "n_samples": len(sound)}
            row["shard"] = f"train/{stem}-{number // 3:06d}.tar"
            row["parquet_shard"] = f"train/{stem}-{number // 3:06d}.parquet"
            rows.append(row)
            content = EncodedRecording(sound, RATE_HZ, encoding).cut(0, len(sound)).content
            tar.add(row["sample_id"], {extension: content, "json": json.dumps(row).encode()})
            parquet.add(pa.Table.from_pylist([row], schema), [content])
    assert tar.shards.num_rows == parquet.shards.num_rows == 3
    pq.write_table(pa.Table.from_pylist(rows, schema), root / "train/train_labels.parquet")


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("encoding", ["wav16", "wav24", "flac"])
def test_shards_are_read_back_as_they_were_written(tmp_path, encoding, channels):
    rng = np.random.default_rng(1)
    shape = (400,) if channels == 1 else (400, channels)
    sounds = [(rng.integers(-9_000, 9_000, shape) / 2**15).astype(np.float32) for _ in range(8)]
    write(tmp_path / "export", encoding, sounds)
    export = open_export(tmp_path / "export")
    assert export.forms("train") == ["webdataset", "parquet"]
    for form in ("webdataset", "parquet"):
        for number, sample in enumerate(export.reader("train", form=form, shuffle=False)):
            np.testing.assert_array_equal(sample.sound, sounds[number])
            assert sample.labels == [LABELS[number % 5]]
            frames = sample.frames(100, class_map="components")
            assert np.argwhere(frames).tolist() == [[min(number, 4), number % 5]]
        shuffled = export.reader("train", form=form, seed=1)
        assert sorted(sample.sample_id for sample in shuffled) == [f"s{n}" for n in range(8)]


def test_a_sound_in_a_parquet_shard_is_read_without_its_neighbours(tmp_path, monkeypatch):
    sounds = [np.full(400, value, np.float32) for value in (0.25, 0.5, 0.75)]
    write(tmp_path / "export", "wav16", sounds * 3)
    samples = open_export(tmp_path / "export").split("train", form="parquet")
    read, pread = [], os.pread

    def counted(file, size, offset):
        read.append(size)
        return pread(file, size, offset)

    assert samples[0].sound[0] == 0.25
    monkeypatch.setattr(os, "pread", counted)
    assert samples[2].sound[0] == 0.75
    assert read == [44 + 2 * 400]


# --- the readers of others are pinned beside the lock


def pins(name):
    text = (REPO / name).read_text()
    return dict(re.findall(r"^([A-Za-z0-9_.-]+)==([^ \\;]+)", text, re.MULTILINE))


BESIDE = ["requirements-loading.lock", "requirements-torch.lock"]


def test_the_readers_of_others_are_pinned():
    readers = {"datasets", "ipykernel", "mlcroissant", "nbclient", "pretty-midi", "webdataset"}
    assert readers <= pins("requirements-loading.lock").keys()
    assert "mir-eval" in pins("requirements.lock")
    text = (REPO / "requirements-torch.lock").read_text()
    torches = re.findall(r"^torch==(\S+) ; sys_platform (\S+) 'linux'", text, re.MULTILINE)
    assert sorted(torches) == [("2.13.0", "!="), ("2.13.0+cpu", "==")]
    assert [name for name in re.findall(r"^(\S+)==", text, re.MULTILINE) if "nvidia" in name] == []


@pytest.mark.parametrize("name", BESIDE)
def test_what_is_installed_beside_is_pinned_as_the_lock_pins_it(name):
    beside, lock = pins(name), pins("requirements.lock")
    common = beside.keys() & lock.keys()
    assert {"jinja2"} <= common
    assert {name: beside[name] for name in common} == {name: lock[name] for name in common}


def test_both_locks_beside_agree():
    first, second = map(pins, BESIDE)
    common = first.keys() & second.keys()
    assert {"filelock", "fsspec"} <= common
    assert {name: first[name] for name in common} == {name: second[name] for name in common}


@pytest.mark.parametrize("name", BESIDE)
def test_every_package_beside_the_lock_has_a_hash_and_no_address(name):
    text = (REPO / name).read_text()
    assert "://" not in text
    assert "find-links" not in text
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text.split("\n", 2)[2])
    assert [block.split()[0] for block in blocks if "--hash=sha256:" not in block] == []
