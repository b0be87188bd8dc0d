"""torch's DataLoader reads an export, with workers and without."""

import itertools
from collections import Counter

import numpy as np
import pytest
from small_export import write_export

from drumcorpus.load.exports import open_export
from drumcorpus.load.items import Item

torch = pytest.importorskip("torch", reason="torch is not installed: pip install torch")
torch_data = pytest.importorskip("drumcorpus.load.torch_data")
DataLoader = torch.utils.data.DataLoader
N = 22


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    root = tmp_path_factory.mktemp("export") / "segments"
    options = {"n_samples": N, "n_shards": 4, "splits": ["train"], "seconds": 0.05}
    forms = ["webdataset", "parquet", "files"]
    return open_export(write_export(root, forms=forms, **options)[0])


ALL = [f"train_{row:05d}" for row in range(N)]


def ids(loader):
    return [sample_id for batch in loader for sample_id in batch["sample_id"]]


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("webdataset", "fork"),
        ("parquet", "fork"),
        ("files", "fork"),
        pytest.param("parquet", "spawn", marks=pytest.mark.long),
    ],
)
def test_workers_read_every_sample_once(export, form, start):
    reader = export.reader("train", form=form, seed=1)
    dataset = torch_data.torch_dataset(reader, Item(100))
    loader = DataLoader(dataset, batch_size=3, num_workers=2, multiprocessing_context=start)
    by_id = {sample.sample_id: sample for sample in export.split("train", form=form)}
    read = []
    for batch in loader:
        assert batch["sound"].dtype == batch["frames"].dtype == torch.float32
        for sample_id, sound, frames in zip(
            batch["sample_id"], batch["sound"], batch["frames"], strict=True
        ):
            read.append(sample_id)
            np.testing.assert_array_equal(sound.numpy(), by_id[sample_id].sound)
            np.testing.assert_array_equal(frames.numpy(), by_id[sample_id].frames(100))
    assert sorted(read) == ALL


def test_ranks_with_workers_read_every_sample_once(export):
    read = []
    for rank in range(3):
        part = export.reader("train", seed=1).split(rank, 3)
        loader = DataLoader(torch_data.torch_dataset(part, Item()), batch_size=2, num_workers=2)
        read += ids(loader)
    assert sorted(read) == ALL


def test_epochs_differ_where_they_are_set_and_where_workers_stay(export):
    dataset = torch_data.torch_dataset(export.reader("train", seed=1), Item())
    loader = DataLoader(dataset, batch_size=4, num_workers=1)
    first = ids(loader)
    dataset.set_epoch(1)
    second = ids(loader)
    assert sorted(first) == sorted(second) == ALL
    assert first != second
    dataset.set_epoch(0)
    staying = DataLoader(dataset, batch_size=4, num_workers=1, persistent_workers=True)
    assert [ids(staying), ids(staying)] == [first, second]


def test_a_state_goes_on_without_workers(export):
    dataset = torch_data.torch_dataset(export.reader("train", seed=2), Item())
    whole = ids(DataLoader(dataset, batch_size=4))
    dataset.set_epoch(0)
    taken = ids(itertools.islice(DataLoader(dataset, batch_size=4), 2))
    other = torch_data.torch_dataset(export.reader("train", seed=2), Item())
    other.load_state_dict(dataset.state_dict())
    assert taken + ids(DataLoader(other, batch_size=4)) == whole


def test_a_stateful_loader_goes_on_with_workers(export):
    reason = "torchdata is not installed"
    stateful = pytest.importorskip("torchdata.stateful_dataloader", reason=reason)

    def loader():
        dataset = torch_data.torch_dataset(export.reader("train", seed=2), Item())
        return stateful.StatefulDataLoader(dataset, batch_size=3, num_workers=2)

    whole = ids(loader())
    begun = loader()
    taken = ids(itertools.islice(begun, 3))
    resumed = loader()
    resumed.load_state_dict(begun.state_dict())
    assert taken + ids(resumed) == whole
    assert sorted(whole) == ALL


@pytest.mark.parametrize("form", ["webdataset", "parquet", "files"])
def test_samples_by_number_are_drawn_by_weight(export, form):
    samples = export.split("train", form=form)
    dataset = torch_data.torch_dataset(samples, Item())
    sampler = samples.sampler(60, seed=4)
    loader = DataLoader(dataset, batch_size=7, sampler=sampler, num_workers=2)
    assert len(loader) == 9
    drawn = Counter(ids(loader))
    again = samples.sampler(60, seed=4)
    assert drawn == Counter(samples[row].sample_id for row in again)


def test_the_loader_takes_samples_as_they_are(export):
    loader = DataLoader(export.split("train"), batch_size=None, sampler=range(5, 8))
    assert [sample.sample_id for sample in loader] == ALL[5:8]


def test_sounds_of_unequal_length_are_padded(export):
    items = [Item(100)(sample) for sample in itertools.islice(export.split("train"), 2)]
    items[1]["sound"] = items[1]["sound"][:100]
    batch = torch_data.padded_tensors(items)
    assert batch["sound"].shape == (2, 400)
    assert batch["n_samples"].tolist() == [400, 100]
    assert not batch["sound"][1, 100:].any()
    assert batch["sample_id"] == ALL[:2]


def test_workers_that_stay_are_in_one_epoch_after_one_that_was_left(export):
    """One worker had come to the end of its part, and the other had not."""
    dataset = torch_data.torch_dataset(export.reader("train", seed=1), Item())
    loader = DataLoader(dataset, batch_size=7, num_workers=2, persistent_workers=True)
    one_by_one = DataLoader(dataset, batch_size=7, num_workers=2)
    by_epoch = []
    for epoch in range(4):
        dataset.set_epoch(epoch)
        by_epoch.append(ids(one_by_one))
    dataset.set_epoch(0)
    batches = iter(loader)
    for _ in range(3):
        next(batches)
    left = [ids(loader), ids(loader)]
    assert left == by_epoch[1:3]
    assert sorted(left[0]) == ALL
    dataset.set_epoch(0)
    assert ids(loader) == by_epoch[0]
    dataset.set_epoch(3)
    assert ids(loader) == by_epoch[3]


def test_more_workers_than_shards_and_samples_read_every_sample_once(tmp_path):
    options = {"n_samples": 3, "n_shards": 2, "splits": ["train"], "seconds": 0.01}
    small = open_export(write_export(tmp_path / "segments", **options)[0])
    dataset = torch_data.torch_dataset(small.reader("train", seed=1), Item())
    loader = DataLoader(dataset, batch_size=2, num_workers=5)
    assert sorted(ids(loader)) == ALL[:3]
    assert sorted(ids(loader)) == ALL[:3]


def test_a_state_that_was_loaded_for_workers_is_refused(export):
    dataset = torch_data.torch_dataset(export.reader("train", seed=1), Item())
    list(itertools.islice(iter(dataset), 5))
    dataset.load_state_dict(dataset.state_dict())
    with pytest.raises(ValueError, match="loaded in another process than the one that reads"):
        ids(DataLoader(dataset, batch_size=2, num_workers=2))
