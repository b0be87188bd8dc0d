"""Tar shards: their bounds and bytes, read back by the standard library and by WebDataset."""

import errno
import hashlib
import io
import re
import tarfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files import shards as shard_names
from drumcorpus.ground.files.shards import SHARDS
from drumcorpus.ground.files.tar_shards import MEMBERS, TarShards, header

FULL = Path("/dev/full")
WIDE = {"shard_bytes": 10**9, "shard_samples": 10**6}


def content(n_bytes, seed=1):
    return bytes((seed * 31 + place * 7) % 256 for place in range(n_bytes))


def write(folder, samples, **bounds):
    with TarShards(folder, "train-groove-000", **WIDE | bounds) as shards:
        for key, members in samples:
            shards.add(key, members)
    return shards


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def read(path):
    """(name, content) of the members, by the standard library."""
    with tarfile.open(path) as file:
        return [(member.name, file.extractfile(member).read()) for member in file]


def test_members_stand_sorted_in_the_order_of_the_samples(tmp_path):
    samples = [("b_1", {"wav": content(700), "json": b"{}"}), ("a-2", {"wav": b"", "cls": b"7"})]
    write(tmp_path, samples)
    assert names(tmp_path) == ["train-groove-000-000000.tar"]
    assert read(tmp_path / "train-groove-000-000000.tar") == [
        ("b_1.json", b"{}"),
        ("b_1.wav", content(700)),
        ("a-2.cls", b"7"),
        ("a-2.wav", b""),
    ]


@pytest.mark.parametrize("n_bytes", [0, 1, 512, 24_740, 8**11 - 1])
@pytest.mark.parametrize("name", ["a.json", "x" * 96 + ".wav"], ids=["short", "longest"])
def test_a_header_is_that_of_the_standard_library(name, n_bytes):
    info = tarfile.TarInfo(name)
    info.size = n_bytes
    assert header(name, n_bytes) == info.tobuf(tarfile.USTAR_FORMAT)


def test_a_member_has_neither_time_nor_owner(tmp_path):
    write(tmp_path, [("a", {"wav": b"1"})])
    with tarfile.open(tmp_path / "train-groove-000-000000.tar") as file:
        (member,) = file.getmembers()
    assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (0, 0, 0, "", "")
    assert (member.mode, member.isreg(), member.pax_headers) == (0o644, True, {})


def test_the_tables_say_where_everything_stands(tmp_path):
    samples = [(f"k{n}", {"wav": content(900 * n, n), "json": content(n)}) for n in range(7)]
    shards = write(tmp_path, samples, shard_samples=3)
    assert (shards.shards.schema, shards.members.schema) == (SHARDS, MEMBERS)
    assert shards.shards["n_samples"].to_pylist() == [3, 3, 1]
    for row in shards.shards.to_pylist():
        whole = (tmp_path / row["shard"]).read_bytes()
        assert (row["bytes"], row["sha256"]) == (len(whole), hashlib.sha256(whole).hexdigest())
    rows = shards.members.to_pylist()
    assert [(row["key"], row["extension"]) for row in rows] == [
        (key, extension) for key, _ in samples for extension in ("json", "wav")
    ]
    for row in rows:
        whole = (tmp_path / row["shard"]).read_bytes()
        there = whole[row["offset"] : row["offset"] + row["bytes"]]
        assert there == dict(samples)[row["key"]][row["extension"]]


@settings(max_examples=60, deadline=None)
@given(
    sizes=st.lists(st.lists(st.integers(0, 3_000), min_size=1, max_size=3), max_size=30),
    shard_bytes=st.integers(1, 20_000),
    shard_samples=st.integers(1, 8),
)
def test_a_shard_is_as_full_as_its_bounds_allow(
    tmp_path_factory, sizes, shard_bytes, shard_samples
):
    folder = tmp_path_factory.mktemp("tar")
    samples = [
        (f"s{n}", {f"m{place}": content(size, n) for place, size in enumerate(each)})
        for n, each in enumerate(sizes)
    ]
    bounds = {"shard_bytes": shard_bytes, "shard_samples": shard_samples}
    with TarShards(folder, "x", **bounds) as shards:
        for key, members in samples:
            told = shards.shard_for([len(member) for member in members.values()])
            shards.add(key, members)
            assert shards.members["shard"].to_pylist()[-1] == told
    files = [f"x-{n:06d}.tar" for n in range(len(shards.shards))]
    assert names(folder) == shards.shards["shard"].to_pylist() == files
    expected = [(f"{key}.{name}", data) for key, part in samples for name, data in part.items()]
    assert [member for name in files for member in read(folder / name)] == expected

    def taken(n):
        return sum(512 + size + -size % 512 for size in sizes[n])

    first = 0
    for row in shards.shards.to_pylist():
        stop = first + row["n_samples"]
        assert 1 <= row["n_samples"] <= shard_samples
        assert row["bytes"] == sum(map(taken, range(first, stop))) + 1_024
        assert row["bytes"] <= shard_bytes or row["n_samples"] == 1
        if stop < len(sizes) and row["n_samples"] < shard_samples:
            assert row["bytes"] + taken(stop) > shard_bytes
        first = stop
    assert first == len(sizes)


def test_a_sample_larger_than_a_shard_is_a_shard_of_its_own(tmp_path):
    samples = [("a", {"x": b"1"}), ("b", {"x": content(9_000)}), ("c", {"x": b"3"})]
    shards = write(tmp_path, samples, shard_bytes=4_000)
    assert shards.shards["n_samples"].to_pylist() == [1, 1, 1]
    assert shards.shards["bytes"].to_pylist() == [2_048, 512 + 9_216 + 1_024, 2_048]


def test_equal_samples_give_equal_bytes(tmp_path):
    samples = [(f"k{n}", {"wav": content(2_000, n), "json": b"{}"}) for n in range(9)]
    for name in ("one", "two"):
        write(tmp_path / name, samples, shard_samples=4)
    for path in sorted((tmp_path / "one").iterdir()):
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()


def test_without_a_sample_nothing_is_written_and_what_was_there_goes(tmp_path):
    assert len(write(tmp_path / "new", []).shards) == 0
    assert not (tmp_path / "new").exists()
    write(tmp_path, [(f"k{n}", {"x": b"1"}) for n in range(5)], shard_samples=2)
    others = ("train-groove-000.tar", "train-groove-0000-000001.tar", "train-groove-000-000001.csv")
    for other in others:
        (tmp_path / other).touch()
    shards = write(tmp_path, [("k0", {"x": b"1"})])
    assert names(tmp_path) == sorted([*others, *shards.shards["shard"].to_pylist()])
    write(tmp_path, [])
    assert names(tmp_path) == sorted(others)


def test_an_error_leaves_no_shard_in_work_and_the_old_one_as_it_was(tmp_path):
    write(tmp_path, [("a", {"x": b"1"}), ("b", {"x": b"2"})], shard_samples=1)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with (
        pytest.raises(RuntimeError, match="in its middle"),
        TarShards(tmp_path, "train-groove-000", **WIDE) as shards,
    ):
        shards.add("c", {"x": content(10**6)})
        raise RuntimeError("unreadable in its middle")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_shard_has_its_name_when_it_is_whole(tmp_path):
    with TarShards(tmp_path, "x", shard_bytes=10**9, shard_samples=1) as shards:
        shards.add("a", {"x": b"1"})
        assert names(tmp_path) == [".x-000000.tar.part"]
        shards.add("b", {"x": b"1"})
        assert names(tmp_path) == [".x-000001.tar.part", "x-000000.tar"]


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("n_bytes", [10, 2**18 - 1_024, 10**6], ids=["closing", "ending", "adding"])
def test_a_full_disk_is_an_error_that_names_the_shard(tmp_path, monkeypatch, n_bytes):
    real = Path.open
    monkeypatch.setattr(Path, "open", lambda self, *args, **options: real(FULL, *args, **options))
    with pytest.raises(OSError, match=re.escape("x-000000.tar")) as failed:  # noqa: SIM117
        with TarShards(tmp_path, "x", **WIDE) as shards:
            shards.add("a", {"x": content(n_bytes)})
    assert failed.value.errno == errno.ENOSPC
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("key", "members", "message"),
    [
        ("a.b", {"x": b""}, "'a.b' cannot be the key .* a dot would end the key"),
        ("a/b", {"x": b""}, "'a/b' cannot be the key"),
        ("", {"x": b""}, "'' cannot be the key"),
        ("ä", {"x": b""}, "'ä' cannot be the key"),
        ("a", {}, "sample 'a' has no member"),
        ("a", {"WAV": b""}, "'WAV' cannot be the extension"),
        ("a", {".wav": b""}, "'.wav' cannot be the extension"),
        ("k", {"x": b""}, "two samples of train-groove-000 have the key 'k'"),
        ("y" * 97, {"wav": b""}, r"y\.wav' has 101 bytes; .* 100 at most"),
    ],
    ids=["dot", "folder", "empty", "letter", "no_member", "capitals", "two_dots", "twice", "long"],
)
def test_a_name_that_cannot_stand_in_a_shard_is_refused(tmp_path, key, members, message):
    with pytest.raises(ValueError, match=message):
        write(tmp_path, [("k", {"x": b""}), (key, members)])
    assert names(tmp_path) == []


def test_a_member_larger_than_the_format_is_refused():
    with pytest.raises(ValueError, match=r"'a\.wav' has 8589934592 bytes; .* 8589934591 at most"):
        header("a.wav", 8**11)


def test_more_shards_than_six_digits_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(shard_names, "MOST_SHARDS", 2)
    with pytest.raises(ValueError, match="train-groove-000: more than 2 shards"):
        write(tmp_path, [(f"k{n}", {"x": b"1"}) for n in range(3)], shard_samples=1)


@pytest.mark.parametrize("bound", ["shard_bytes", "shard_samples"])
@pytest.mark.parametrize("value", [0, -1])
def test_a_bound_of_nothing_is_refused_by_its_name(tmp_path, bound, value):
    with pytest.raises(ValueError, match=f"{bound}: {value}; a shard has 1 at least"):
        TarShards(tmp_path, "x", **WIDE | {bound: value})


def test_webdataset_reads_the_samples(tmp_path):
    webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")
    samples = [(f"k{n}", {"wav": content(900 * n, n), "json": b'{"n": %d}' % n}) for n in range(5)]
    shards = write(tmp_path, samples, shard_samples=2)
    paths = [str(tmp_path / name) for name in shards.shards["shard"].to_pylist()]
    found = webdataset.WebDataset(paths, shardshuffle=False)
    assert [(each["__key__"], each["wav"], each["json"]) for each in found] == [
        (key, members["wav"], members["json"]) for key, members in samples
    ]


def test_a_reader_finds_a_member_by_its_offset(tmp_path):
    shards = write(tmp_path, [("a", {"wav": content(700), "json": b"{}"})])
    row = shards.members.to_pylist()[1]
    with (tmp_path / row["shard"]).open("rb") as file:
        file.seek(row["offset"] - 512)
        member = tarfile.TarInfo.frombuf(file.read(512), "ascii", "strict")
        assert io.BytesIO(file.read(row["bytes"])).read() == content(700)
    assert (member.name, member.size) == ("a.wav", 700)
