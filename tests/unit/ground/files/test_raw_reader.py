"""Raw files are hashed once: a file of the inventory's stat record is the inventory's file."""

import hashlib
import os

import pytest

from drumcorpus.ground.files import raw_reader
from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.raw_files import RawDataChanged, scan_roots
from drumcorpus.ground.files.raw_reader import RawReader

CONTENT = b"one"
DIGEST = sha256_bytes(CONTENT)


def put(path, content=CONTENT):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def file(root):
    return put(root / "d/a.wav")


@pytest.fixture
def cache_file(root, file, tmp_path):
    """What the inventory leaves when it has hashed the root."""
    path = tmp_path / "facts.json"
    take_digests(root, path)
    return path


def take_digests(root, path):
    cache = FactCache(path)
    digest_raw_files(scan_roots([root])[0].values(), cache, workers=1)
    cache.save()


@pytest.fixture
def n_hashed(monkeypatch):
    """Counts the hashes that are taken: its length is their number."""
    sizes = []

    def of_bytes(data):
        sizes.append(len(data))
        return sha256_bytes(data)

    def of_file(file):
        data = file.read()
        return of_bytes(data)

    monkeypatch.setattr(raw_reader, "sha256_bytes", of_bytes)
    monkeypatch.setattr(raw_reader, "sha256_handle", of_file)
    return sizes


def reader(root, cache_file=None, sha256=DIGEST, path="d/a.wav"):
    cache = FactCache(cache_file or root / "no such file")
    return RawReader([root], {path: sha256}, cache.hashed_files({sha256}))


class TestWithoutACache:
    def test_it_reads_what_the_inventory_saw(self, root, file, n_hashed):
        assert reader(root).read("d/a.wav") == CONTENT
        assert reader(root).verified("d/a.wav") == file
        assert n_hashed == [3, 3]

    def test_a_changed_file_is_an_error_that_names_it(self, root, file):
        put(file, b"two")
        for call in (reader(root).read, reader(root).verified):
            with pytest.raises(
                RawDataChanged, match=r"^d/a\.wav: changed since the inventory was taken"
            ):
                call("d/a.wav")

    def test_a_vanished_file_is_an_error_that_names_it(self, root, file):
        file.unlink()
        with pytest.raises(RawDataChanged, match=r"^d/a\.wav: was there when the inventory"):
            reader(root).read("d/a.wav")


class TestWithACache:
    def test_a_file_of_the_same_stat_record_is_not_hashed_again(
        self, root, file, cache_file, n_hashed
    ):
        for _ in range(5):
            assert reader(root, cache_file).read("d/a.wav") == CONTENT
            assert reader(root, cache_file).verified("d/a.wav") == file
        assert n_hashed == []

    def test_nor_is_one_that_a_link_leads_to(self, root, file, tmp_path, n_hashed):
        (root / "linked").symlink_to(root / "d")
        (root / "b.wav").symlink_to(file)
        take_digests(root, tmp_path / "facts.json")
        for path in ("linked/a.wav", "b.wav"):
            assert reader(root, tmp_path / "facts.json", path=path).read(path) == CONTENT
        assert n_hashed == []

    def test_nor_one_below_a_root_that_is_a_link_or_whose_name_is_not_utf8(
        self, tmp_path, n_hashed
    ):
        root = tmp_path / os.fsdecode(b"drive\xe9")
        put(root / "d/a.wav")
        (tmp_path / "linked").symlink_to(root)
        take_digests(tmp_path / "linked", tmp_path / "facts.json")
        assert reader(tmp_path / "linked", tmp_path / "facts.json").read("d/a.wav") == CONTENT
        assert n_hashed == []

    def test_a_touched_file_costs_a_hash(self, root, file, cache_file, n_hashed):
        os.utime(file, ns=(1, 1))
        assert reader(root, cache_file).read("d/a.wav") == CONTENT
        assert reader(root, cache_file).verified("d/a.wav") == file
        assert n_hashed == [3, 3]

    @pytest.mark.parametrize("method", ["read", "verified"])
    def test_a_change_is_seen_by_ctime_where_size_and_time_are_put_back(
        self, root, file, cache_file, method
    ):
        before = file.stat()
        with file.open("r+b") as handle:
            handle.write(b"two")
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        after = file.stat()
        assert (after.st_size, after.st_mtime_ns, after.st_ino) == (
            before.st_size,
            before.st_mtime_ns,
            before.st_ino,
        )
        with pytest.raises(RawDataChanged, match=r"^d/a\.wav: changed since"):
            getattr(reader(root, cache_file), method)("d/a.wav")

    @pytest.mark.parametrize("method", ["read", "verified"])
    def test_a_file_put_in_the_place_of_another_is_named(self, root, file, cache_file, method):
        put(root / "new", b"two").replace(file)
        with pytest.raises(RawDataChanged, match=r"^d/a\.wav: changed since"):
            getattr(reader(root, cache_file), method)("d/a.wav")

    @pytest.mark.parametrize(
        "content",
        [b"", b"{", b"[]", b"null", b'{"LOCATION": 5}'],
        ids=["empty", "cut", "list", "null", "entry a number"],
    )
    def test_a_damaged_cache_only_costs_a_hash(self, root, file, cache_file, content, n_hashed):
        cache_file.write_bytes(content.replace(b"LOCATION", str(file).encode()))
        assert reader(root, cache_file).read("d/a.wav") == CONTENT
        assert n_hashed == [3]

    @pytest.mark.parametrize("stamp", [[], [3], ["a", {}, None, 4], [3, 0, 0, 0]])
    def test_a_damaged_stat_record_only_costs_a_hash(self, root, file, tmp_path, stamp, n_hashed):
        content = f'{{"{file}": {{"sha256": "{DIGEST}", "stamp": {stamp}}}}}'
        (tmp_path / "facts.json").write_text(content.replace("'", '"').replace("None", "null"))
        assert reader(root, tmp_path / "facts.json").read("d/a.wav") == CONTENT
        assert n_hashed == [3]

    def test_a_cache_of_another_digest_lets_no_other_file_pass(self, root, file, n_hashed):
        """The inventory has seen `two`; what lies there now is `one`, and a cache says so."""
        take_digests(root, root.parent / "facts.json")
        other = sha256_bytes(b"two")
        with pytest.raises(RawDataChanged, match=r"^d/a\.wav: changed since"):
            reader(root, root.parent / "facts.json", sha256=other).read("d/a.wav")
        # ... nor a cache that gives the file, as it lies there, a digest that is neither.
        content = (root.parent / "facts.json").read_text().replace(DIGEST, "0" * 64)
        (root.parent / "facts.json").write_text(content)
        with pytest.raises(RawDataChanged, match=r"^d/a\.wav: changed since"):
            reader(root, root.parent / "facts.json", sha256=other).read("d/a.wav")
        assert n_hashed == [3, 3]
        assert reader(root, root.parent / "facts.json").read("d/a.wav") == CONTENT
        assert n_hashed == [3, 3, 3]

    def test_the_stat_record_is_that_of_the_file_that_is_read(
        self, root, file, cache_file, monkeypatch
    ):
        """Between the look for a file and its opening, another takes its place."""
        opening = reader(root, cache_file)
        location = opening.location

        def location_and_a_swap(path):
            place = location(path)
            put(root / "new", b"two").replace(place)
            return place

        monkeypatch.setattr(opening, "location", location_and_a_swap)
        with pytest.raises(RawDataChanged, match=r"^d/a\.wav: changed since"):
            opening.read("d/a.wav")

    def test_a_file_that_changes_while_it_is_read_is_hashed(
        self, root, file, cache_file, monkeypatch, n_hashed
    ):
        fstat, calls = os.fstat, []

        def fstat_and_a_change(handle):
            calls.append(handle)
            stat = fstat(handle)
            if len(calls) == 1:
                file.write_bytes(b"two")
            return stat

        monkeypatch.setattr(raw_reader.os, "fstat", fstat_and_a_change)
        with pytest.raises(RawDataChanged, match=r"^d/a\.wav: changed since"):
            reader(root, cache_file).read("d/a.wav")
        assert n_hashed == [3]


def test_a_long_file_is_hashed_in_bounded_memory(root):
    data = bytes(5_000_000)
    put(root / "d/a.wav", data)
    sha256 = hashlib.sha256(data).hexdigest()
    assert reader(root, sha256=sha256).verified("d/a.wav") == root / "d/a.wav"
