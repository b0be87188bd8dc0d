"""Sound and targets as plain arrays, one by one and as batches."""

import pickle

import numpy as np
import pytest
from small_export import write_export

from drumcorpus.load.exports import open_export
from drumcorpus.load.items import Item, padded_batch


@pytest.fixture(scope="module")
def samples(tmp_path_factory):
    root = tmp_path_factory.mktemp("export") / "segments"
    return open_export(write_export(root, n_samples=4)[0]).split("train")


def test_an_item_has_the_arrays_of_its_sample(samples):
    spread = (0.5, 1, 0.5)
    make = pickle.loads(pickle.dumps(Item(100, "components", spread, velocities=True)))
    for sample in samples:
        item = make(sample)
        assert list(item) == ["sample_id", "sound", "multi_hot", "frames", "velocities"]
        assert item["sample_id"] == sample.sample_id
        np.testing.assert_array_equal(item["sound"], sample.sound)
        np.testing.assert_array_equal(item["multi_hot"], sample.multi_hot("components"))
        frames = sample.frames(hop_s=0.01, class_map="components", spread=spread)
        np.testing.assert_array_equal(item["frames"], frames)
        velocities = sample.velocity_frames(100, class_map="components")
        np.testing.assert_array_equal(item["velocities"], velocities)
        assert item["frames"].shape == item["velocities"].shape == (25, 5)


def test_an_item_without_frames_is_of_the_export_s_own_classes(samples):
    item = Item()(samples[0])
    assert list(item) == ["sample_id", "sound", "multi_hot"]
    assert item["multi_hot"].shape == (3,)


def test_what_is_shorter_ends_in_zeros_and_its_length_is_said():
    items = [
        {"sample_id": "a", "sound": np.float32([1, 2, 3]), "frames": np.ones((2, 2), "f4")},
        {"sample_id": "b", "sound": np.float32([4]), "frames": np.ones((1, 2), "f4")},
    ]
    batch = padded_batch(items)
    assert batch["sample_id"] == ["a", "b"]
    assert batch["sound"].tolist() == [[1, 2, 3], [4, 0, 0]]
    assert batch["frames"].tolist() == [[[1, 1], [1, 1]], [[1, 1], [0, 0]]]
    assert batch["n_samples"].tolist() == [3, 1]
    assert batch["n_frames"].tolist() == [2, 1]
    assert batch["sound"].dtype == np.float32
