"""What is known of raw files: kept while they stay as they are, and believed while it is sealed."""

import errno
import json
import os

import pytest

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files, take_digests
from drumcorpus.ground.files.raw_files import scan_roots


def put(path, content="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def path(tmp_path):
    return tmp_path / "cache" / "facts.json"


def read_again(root, path):
    """Digests by path, and how many files had to be read for them."""
    cache = FactCache(path)
    digests, refusals = digest_raw_files(scan_roots([root])[0].values(), cache, workers=2)
    assert refusals == []
    cache.save()
    return digests, cache.n_read


def test_a_second_run_reads_nothing(root, path):
    put(root / "a.wav", "one")
    put(root / "b.wav", "two")
    expected = {"a.wav": sha256_bytes(b"one"), "b.wav": sha256_bytes(b"two")}
    assert read_again(root, path) == (expected, 2)
    before = path.stat().st_mtime_ns
    assert read_again(root, path) == (expected, 0)
    assert path.stat().st_mtime_ns == before


def test_a_touched_file_is_read_again_and_no_other(root, path):
    put(root / "a.wav", "one")
    put(root / "b.wav", "two")
    read_again(root, path)
    os.utime(root / "a.wav", ns=(1, 1))
    assert read_again(root, path)[1] == 1


def test_a_changed_byte_is_seen_where_size_and_time_are_put_back(root, path):
    file = put(root / "a.wav", "one")
    read_again(root, path)
    stat = file.stat()
    with file.open("r+") as handle:
        handle.write("two")
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (3, stat.st_mtime_ns)
    assert read_again(root, path) == ({"a.wav": sha256_bytes(b"two")}, 1)


def test_a_file_put_in_the_place_of_another_is_read_again(root, path):
    put(root / "a.wav", "one")
    read_again(root, path)
    put(root / "new", "two").replace(root / "a.wav")
    assert read_again(root, path) == ({"a.wav": sha256_bytes(b"two")}, 1)


def test_facts_of_one_file_are_kept_side_by_side_until_it_changes(root, path):
    put(root / "a.wav", "one")
    file = scan_roots([root])[0]["a.wav"]
    cache = FactCache(path)
    assert cache.fact(file, "sha256", lambda f: "digest") == "digest"
    assert cache.fact(file, "audio", lambda f: {"channels": 2}) == {"channels": 2}
    assert cache.fact(file, "sha256", lambda f: "not asked") == "digest"
    assert cache.n_read == 2
    os.utime(root / "a.wav", ns=(1, 1))
    changed = scan_roots([root])[0]["a.wav"]
    assert cache.fact(changed, "audio", lambda f: {"channels": 1}) == {"channels": 1}
    assert cache.fact(changed, "sha256", lambda f: "anew") == "anew"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"3", b'{"LOCATION": {}}', b'{"LOCATION": 5}'],
    ids=["empty", "cut", "list", "null", "number", "entry empty", "entry a number"],
)
def test_a_damaged_cache_is_an_empty_one(root, path, content):
    file = put(root / "a.wav", "one")
    path.parent.mkdir()
    path.write_bytes(content.replace(b"LOCATION", str(file).encode()))
    assert read_again(root, path) == ({"a.wav": sha256_bytes(b"one")}, 1)


def test_a_file_that_vanishes_before_it_is_read_is_an_error_and_never_left_out(root, path):
    put(root / "kit/a.wav", "one")
    files, _ = scan_roots([root])
    (root / "kit").rename(root / "away")
    with pytest.raises(FileNotFoundError, match=r"a\.wav: was there .*, and is gone\. Put it back"):
        digest_raw_files(files.values(), FactCache(path), workers=1)
    (root / "away").rename(root / "kit")
    assert scan_roots([root])[0] == files, "an inventory without the file would not be asked"


@pytest.mark.parametrize("number", ["EIO", "ESTALE", "ENOTCONN", "EMFILE", "ENOMEM"])
def test_a_file_that_a_drive_or_the_system_fails_to_read_is_an_error_that_names_it(root, number):
    put(root / "a.wav", "one")
    put(root / "b.wav", "two")
    files, _ = scan_roots([root])
    number = getattr(errno, number)

    def digest(file):
        if file.path == "b.wav":
            raise OSError(number, os.strerror(number))
        return "digest"

    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        take_digests(files.values(), digest, workers=2)
    assert (caught.value.errno, caught.value.filename) == (number, str(root / "b.wav"))


def test_a_file_that_may_not_be_read_is_refused(root):
    put(root / "a.wav", "one")
    files, _ = scan_roots([root])

    def digest(file):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file.location))

    digests, (refusal,) = take_digests(files.values(), digest, workers=1)
    assert digests == {}
    assert (refusal.path, refusal.reason) == ("a.wav", "unreadable_file")
    assert refusal.detail == "Permission denied"


def test_a_root_whose_own_name_is_not_utf8_is_kept_too(tmp_path, path):
    root = tmp_path / os.fsdecode(b"drive\xe9")
    put(root / "a.wav", "one")
    expected = {"a.wav": sha256_bytes(b"one")}
    assert read_again(root, path) == (expected, 1)
    assert read_again(root, path) == (expected, 0)


def test_progress_counts_every_byte_read_or_not(root, path):
    put(root / "a.wav", "one")
    put(root / "b.wav", "three")
    for _ in range(2):
        seen = []
        cache = FactCache(path)
        files = scan_roots([root])[0].values()
        digest_raw_files(files, cache, workers=2, on_progress=seen.append)
        cache.save()
        assert sorted(seen) == [3, 5]


AUDIO = {"duration": 3.5, "channels": 2, "sample_rate_hz": 44100}


@pytest.fixture
def two(root, path):
    """Two raw files of which a cache knows digest and length; returns the files."""
    put(root / "a.wav", "one")
    put(root / "b.wav", "two")
    files = scan_roots([root])[0]
    cache = FactCache(path, "version")
    digest_raw_files(files.values(), cache, workers=1)
    for file in files.values():
        cache.fact(file, "audio", lambda f: AUDIO)
    cache.save()
    return files


def edited(path, change):
    document = json.loads(path.read_text())
    change(document, *sorted(document))
    path.write_text(json.dumps(document))


def set_in(entry, value, *names):
    for name in names[:-1]:
        entry = entry[name]
    entry[names[-1]] = value


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d, a, b: set_in(d, 1.0, a, "audio", "duration"), id="length"),
        pytest.param(lambda d, a, b: set_in(d, 1, a, "audio", "channels"), id="channels"),
        pytest.param(lambda d, a, b: set_in(d, "0" * 64, a, "sha256"), id="digest"),
        pytest.param(lambda d, a, b: set_in(d, 5, a, "sha256"), id="digest a number"),
        pytest.param(lambda d, a, b: set_in(d, "short", a, "audio"), id="fact of another type"),
        pytest.param(lambda d, a, b: set_in(d, {}, a, "loudness"), id="fact added"),
        pytest.param(lambda d, a, b: d[a].pop("audio"), id="fact taken away"),
        pytest.param(lambda d, a, b: d[a].pop("seal"), id="seal taken away"),
        pytest.param(lambda d, a, b: set_in(d, None, a, "seal"), id="seal null"),
        pytest.param(lambda d, a, b: set_in(d, "other", a, "version"), id="version"),
        pytest.param(lambda d, a, b: set_in(d, d[b], a), id="entry of another file"),
        pytest.param(
            lambda d, a, b: d.update({a: d[b] | {"stamp": d[a]["stamp"]}}), id="digest of another"
        ),
    ],
)
def test_what_was_edited_is_forgotten_said_and_learnt_anew(two, path, change):
    edited(path, change)
    cache = FactCache(path, "version")
    assert cache.damage == (
        f"{path}: 1 of 2 entries are not as they were written. They are forgotten, and those raw "
        "files are read again."
    )
    digests, _ = digest_raw_files(two.values(), cache, workers=1)
    assert digests == {"a.wav": sha256_bytes(b"one"), "b.wav": sha256_bytes(b"two")}
    assert cache.n_read == 1
    assert cache.fact(two["a.wav"], "audio", lambda f: AUDIO | {"duration": 4.0})["duration"] == 4.0
    assert cache.fact(two["b.wav"], "audio", lambda f: "not asked") == AUDIO
    cache.save()
    assert FactCache(path, "version").damage == ""
    assert FactCache(path, "version").fact(two["a.wav"], "audio", None)["duration"] == 4.0


def test_a_flipped_byte_of_any_place_is_never_believed(two, path):
    whole, true = path.read_bytes(), {sha256_bytes(b"one"), sha256_bytes(b"two")}
    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1
        path.write_bytes(damaged)
        cache = FactCache(path, "version")
        known = cache.hashed_files(true)
        assert {sha256 for _, sha256 in known.values()} <= true
        for file in two.values():
            assert cache.fact(file, "audio", lambda f: AUDIO) == AUDIO
            assert cache.fact(file, "sha256", lambda f: "learnt") in true | {"learnt"}


def test_a_folder_in_its_place_is_renamed_and_the_cache_made_anew(root, path):
    put(root / "a.wav", "one")
    (path / "mine").mkdir(parents=True)
    assert "is a folder" in FactCache(path).damage
    assert read_again(root, path) == ({"a.wav": sha256_bytes(b"one")}, 1)
    assert read_again(root, path) == ({"a.wav": sha256_bytes(b"one")}, 0)
    assert path.with_name("facts.json.damaged").is_dir()


def test_facts_of_another_version_are_forgotten_without_a_word_and_digests_are_not(two, path):
    cache = FactCache(path, "another version")
    assert cache.damage == ""
    assert cache.fact(two["a.wav"], "sha256", lambda f: "not asked") == sha256_bytes(b"one")
    assert cache.fact(two["a.wav"], "audio", lambda f: "anew") == "anew"
