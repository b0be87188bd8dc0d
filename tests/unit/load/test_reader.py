"""A stream of samples: every one once, whoever reads, and the rest of it after a stop."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_export import write_export

from drumcorpus.load import reader as module
from drumcorpus.load.exports import open_export

FORMS = ["webdataset", "parquet", "files"]
N = 23


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    root = tmp_path_factory.mktemp("export") / "segments"
    options = {"n_samples": N, "n_shards": 5, "splits": ["train"], "seconds": 0.01}
    return open_export(write_export(root, forms=FORMS, row_group_size=3, **options)[0])


@pytest.fixture(scope="module")
def whole(export):
    return {form: export.split("train", form=form) for form in FORMS}


def ids(samples):
    return [sample.sample_id for sample in samples]


def as_worker(monkeypatch, worker, n_workers):
    monkeypatch.setattr(module, "_worker", lambda: (worker, n_workers))


ALL = [f"train_{row:05d}" for row in range(N)]


@pytest.mark.parametrize("form", FORMS)
def test_an_epoch_has_every_sample_once_with_its_own_sound(export, whole, form):
    by_id = {sample.sample_id: sample.sound for sample in whole[form]}
    read = list(export.reader("train", form=form, seed=1))
    assert sorted(ids(read)) == ALL
    assert ids(read) != ALL
    for sample in read:
        np.testing.assert_array_equal(sample.sound, by_id[sample.sample_id])


@pytest.mark.parametrize("form", FORMS)
def test_without_a_shuffle_samples_come_as_they_stand(export, form):
    assert ids(export.reader("train", form=form, shuffle=False)) == ALL


@settings(deadline=None, max_examples=60)
@given(
    form=st.sampled_from(FORMS),
    world=st.integers(1, 5),
    n_workers=st.integers(1, 4),
    buffer=st.integers(0, 30),
    seed=st.integers(0, 9),
    shuffle=st.booleans(),
)
def test_ranks_and_workers_together_have_every_sample_once(
    whole, form, world, n_workers, buffer, seed, shuffle
):
    with pytest.MonkeyPatch.context() as patch:
        reader = module.Reader(whole[form], shuffle=shuffle, seed=seed, buffer=buffer)
        parts = []
        for rank in range(world):
            part = reader.split(rank, world)
            workers = []
            for worker in range(n_workers):
                as_worker(patch, worker, n_workers)
                workers.append(part.order().tolist())
            assert sum(map(len, workers)) == len(part)
            assert max(map(len, workers)) - min(map(len, workers)) <= 1
            parts.append(list(itertools.chain(*workers)))
    assert sorted(itertools.chain(*parts)) == list(range(N))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


@settings(deadline=None, max_examples=40)
@given(
    form=st.sampled_from(FORMS),
    position=st.integers(0, N),
    buffer=st.integers(0, 30),
    parts=st.sampled_from([(0, 1), (0, 2), (1, 2), (2, 3)]),
    epoch=st.integers(0, 2),
)
def test_a_state_goes_on_at_the_exact_sample(whole, form, position, buffer, parts, epoch):
    options = {"seed": 3, "buffer": buffer}
    read = module.Reader(whole[form], **options).split(*parts)
    read.set_epoch(epoch)
    all_ids = ids(read)
    position = min(position, len(all_ids))
    read.set_epoch(epoch)
    taken = ids(itertools.islice(iter(read), position))
    resumed = module.Reader(whole[form], **options).split(*parts)
    resumed.load_state_dict(pickle.loads(pickle.dumps(read.state_dict())))
    assert taken + ids(resumed) == all_ids


def test_after_a_resumed_epoch_comes_the_next_whole_one(export):
    reader = export.reader("train", seed=3)
    first, second = ids(reader), ids(reader)
    assert first != second
    other = export.reader("train", seed=3)
    other.load_state_dict(reader.state_dict() | {"epoch": 0, "position": 20})
    assert ids(other) == first[20:]
    assert ids(other) == second


def test_a_state_says_how_many_samples_were_used_where_more_were_read(export):
    reader = export.reader("train", seed=3)
    whole = ids(reader)
    reader.set_epoch(0)
    list(itertools.islice(reader, 9))
    state = reader.state_dict(position=4)
    reader.load_state_dict(state)
    assert ids(reader) == whole[4:]


def test_an_epoch_that_was_left_is_begun_anew(export):
    reader = export.reader("train", seed=3)
    first = ids(itertools.islice(reader, 5))
    assert ids(reader)[:5] == first


def test_order_follows_from_seed_and_epoch(whole):
    orders = {
        (seed, epoch): tuple(module.Reader(whole["webdataset"], seed=seed).order(epoch))
        for seed in (0, 1)
        for epoch in (0, 1)
    }
    assert len(set(orders.values())) == 4
    assert orders[0, 0] == tuple(module.Reader(whole["webdataset"]).order(0))


@given(buffer=st.integers(0, 40), seed=st.integers(0, 50))
def test_a_sample_comes_at_most_the_buffer_earlier_or_later(whole, buffer, seed):
    shards = whole["webdataset"].in_shards(
        module.Reader(whole["webdataset"], seed=seed)._shard_keys(0)
    )
    order = module.Reader(whole["webdataset"], seed=seed, buffer=buffer).order(0)
    places = {row: place for place, row in enumerate(shards.tolist())}
    moved = [abs(places[row] - place) for place, row in enumerate(order.tolist())]
    assert max(moved) <= buffer


def test_row_groups_of_parquet_are_read_once(export, monkeypatch):
    samples = export.split("train", form="parquet")
    list(samples)  # where the rows stand is noted
    contents = samples._contents
    read, group = [], type(contents)._group
    held = []

    def counted(self, shard, number):
        if (shard, number) not in self._held:
            read.append((shard, number))
        held.append(len(self._held))
        return group(self, shard, number)

    monkeypatch.setattr(type(contents), "_group", counted)
    list(module.Reader(samples, seed=2, buffer=6))
    assert len(read) == len(set(read)) == 10
    assert max(held) < 8
    assert contents._held == contents._unread == {}


def test_a_copy_of_a_reader_reads_on_its_own(export):
    for form in FORMS:
        reader = export.reader("train", form=form, seed=5)
        expected = ids(reader)
        copy = pickle.loads(pickle.dumps(reader))
        copy.set_epoch(0)
        assert ids(copy) == expected


def test_the_state_of_another_reader_is_refused(export, monkeypatch):
    state = export.reader("train", seed=3).state_dict()
    with pytest.raises(ValueError, match="state: seed is 3; here it is 4"):
        export.reader("train", seed=4).load_state_dict(state)
    with pytest.raises(ValueError, match="state: world is 1; here it is 2"):
        export.reader("train", seed=3).split(0, 2).load_state_dict(state)
    as_worker(monkeypatch, 1, 2)
    with pytest.raises(ValueError, match="state: worker is 0; here it is 1"):
        export.reader("train", seed=3).load_state_dict(state)


def test_numbers_that_are_none_are_refused(export):
    with pytest.raises(ValueError, match="buffer, seed: got -1, 0; wanted: numbers from 0 on"):
        export.reader("train", buffer=-1)
    with pytest.raises(ValueError, match="rank: got 1 of 1; wanted: from 0 to 0"):
        export.reader("train").split(1, 1)


# --- any shards, any workers


class Shards:
    """Samples whose sound is their number, in shards of the given sizes."""

    def __init__(self, sizes):
        self.shard = np.repeat(np.arange(len(sizes)), sizes)
        self.n_shards = len(sizes)

    def __len__(self):
        return len(self.shard)

    def __getitem__(self, row):
        return row

    def hold(self, n_samples):
        """Nothing is held."""

    def in_shards(self, keys):
        return np.lexsort((np.arange(len(self)), self.shard, np.asarray(keys)[self.shard]))


SIZES = st.lists(st.integers(0, 40), min_size=1, max_size=6)
PARTS = {"world": st.integers(1, 5), "n_workers": st.integers(1, 9)}
ORDER = {"buffer": st.integers(0, 30), "seed": st.integers(0, 9), "shuffle": st.booleans()}


@settings(deadline=None)
@given(sizes=SIZES, epoch=st.integers(0, 3), **PARTS, **ORDER)
def test_uneven_shards_and_more_workers_than_shards_give_every_sample_once(
    sizes, epoch, world, n_workers, buffer, seed, shuffle
):
    samples, read = Shards(sizes), []
    with pytest.MonkeyPatch.context() as patch:
        for rank, worker in itertools.product(range(world), range(n_workers)):
            reader = module.Reader(samples, shuffle=shuffle, seed=seed, buffer=buffer)
            as_worker(patch, worker, n_workers)
            part = reader.split(rank, world)
            part.set_epoch(epoch)
            read.append(list(part))
    assert sorted(itertools.chain(*read)) == list(range(sum(sizes)))
    # A rank has one sample more than another at most, and so has a worker of its rank.
    assert max(map(len, read)) - min(map(len, read)) <= 2


@settings(deadline=None)
@given(
    sizes=SIZES, stops=st.lists(st.integers(0, 30), max_size=5), data=st.data(), **PARTS, **ORDER
)
def test_a_worker_that_is_stopped_again_and_again_reads_on_where_it_stood(
    sizes, stops, data, world, n_workers, buffer, seed, shuffle
):
    samples, options = Shards(sizes), {"shuffle": shuffle, "seed": seed, "buffer": buffer}
    rank = data.draw(st.integers(0, world - 1))
    worker = data.draw(st.integers(0, n_workers - 1))
    with pytest.MonkeyPatch.context() as patch:
        as_worker(patch, worker, n_workers)
        reader = module.Reader(samples, **options).split(rank, world)
        whole, second = list(reader), list(reader)
        state, read = reader.state_dict() | {"epoch": 0, "position": 0}, []
        for stop in [*stops, len(whole)]:
            reader = module.Reader(samples, **options).split(rank, world)
            reader.load_state_dict(state)
            wanted = min(stop, len(whole) - len(read))
            read += itertools.islice(reader, wanted)
            if wanted == 0:  # nothing was asked for, and so nothing was begun
                continue
            state = reader.state_dict()
        assert read == whole
        assert state["position"] == len(whole)
        reader.load_state_dict(state)
        assert list(reader) == []
        assert list(reader) == second


def test_a_state_that_another_process_loaded_is_refused(monkeypatch):
    reader = module.Reader(Shards([5, 3]), seed=1)
    list(itertools.islice(reader, 3))
    reader.load_state_dict(reader.state_dict())
    as_worker(monkeypatch, 0, 2)
    with pytest.raises(ValueError, match="was loaded in another process than the one that reads"):
        next(iter(reader))


def test_a_part_is_not_divided_again():
    part = module.Reader(Shards([5, 3])).split(1, 2)
    with pytest.raises(ValueError, match="this is part 1 of 2 already; split the whole"):
        part.split(0, 2)
