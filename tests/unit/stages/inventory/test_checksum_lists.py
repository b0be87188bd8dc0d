"""Checksum lists are read in every common form, and no missing or changed file goes unnoticed."""

import errno
import hashlib
import os
import random
import shutil
import subprocess
import unicodedata
from functools import partial
from pathlib import Path

import pytest
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.fact_cache import FactCache, digest_raw_files
from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.files.leftovers import read_leftovers
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.ground.run.progress import Progress
from drumcorpus.ground.run.run_manifest import write_manifests
from drumcorpus.stages.inventory.checksum_lists import (
    NO_LIST,
    choose_list,
    describe_list,
    existing_list,
    read_checksum_list,
    sizes_path,
    write_checksum_list,
)
from drumcorpus.stages.inventory.comparison import (
    compare,
    files_to_digest,
    open_caches,
    write_first_list,
)
from drumcorpus.stages.inventory.integrity import (
    describe_compared,
    integrity_report,
    is_other_list,
    refuse_mismatches,
)

SHA = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
MD5 = "900150983cd24fb0d6963f7d28e17f72"
WORK = {"workers": 2, "progress": partial(Progress, "integrity", unit="bytes")}
FULL = {"level": "full", "sample": 1}


def listing(folder, text, name="set.sha256"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A working folder with a root of three files, `root/a.wav`, `root/b/c.mid`, `root/d.txt`."""
    monkeypatch.chdir(tmp_path)
    root = tmp_path / "root"
    for path, content in {"a.wav": b"sound", "b/c.mid": b"notes", "d.txt": b"words"}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def first_list(root, say=lambda sentence: None):
    path = Path("checksums/set.sha256").absolute()
    write_first_list(path, *scan_roots([root]), open_caches("set"), say=say, **WORK)
    return path


def check(root, checksums, level="full", sample=200):
    """What `check_integrity` finds."""
    files, refusals = scan_roots([root])
    caches = open_caches("set")
    return compare(files, refusals, checksums, caches, level=level, sample=sample, **WORK)


def problems(found):
    return [(m.path, m.kind) for m in found.mismatches]


def refused(found, checksums="the list", level="full"):
    with pytest.raises(ValueError) as error:
        refuse_mismatches("set", found, checksums=checksums, roots=["/raw"], level=level)
    return str(error.value)


# --- the form of a list


@pytest.mark.parametrize(
    "line",
    [
        f"{SHA}  b/c.mid",
        f"{SHA} *b/c.mid",
        f"{SHA.upper()}  ./b/c.mid",
        f"{SHA} b/c.mid",
        f"SHA256 (b/c.mid) = {SHA}",
        f"# a comment\n\n{SHA}  b//c.mid\r\n",
    ],
    ids=["text", "binary", "upper case", "one space", "BSD", "comment and line ends"],
)
def test_the_forms_of_sha256sum_are_read(tmp_path, line):
    assert read_checksum_list(listing(tmp_path, line)).digests == {"b/c.mid": SHA}


def test_lists_of_md5sum_are_read_and_may_be_mixed_with_others(tmp_path):
    found = read_checksum_list(listing(tmp_path, f"{MD5}  a.wav\n{SHA} *b.wav\nMD5 (c) = {MD5}\n"))
    assert [found.algorithm(path) for path in ("a.wav", "b.wav", "c")] == ["md5", "sha256", "md5"]


def test_a_byte_order_mark_and_line_ends_of_windows_are_no_part_of_it(tmp_path):
    data = b"\xef\xbb\xbf" + f"{SHA}  a.wav\r\n{SHA}  b.wav\r\n".encode()
    assert set(read_checksum_list(listing(tmp_path, data)).digests) == {"a.wav", "b.wav"}


def test_escaped_names_are_unescaped_and_others_left_alone(tmp_path):
    text = f"\\{SHA}  a\\nb\\\\n\\r\n{SHA}  plain\\nname\n"
    assert set(read_checksum_list(listing(tmp_path, text)).digests) == {"a\nb\\n\r", "plain\\nname"}


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "the list names no file"),
        ("# nothing but this\n", "the list names no file"),
        (f"{SHA}  a\nhello\n", r"set\.sha256:2: expected '<digest>  <path>'.*got 'hello'"),
        ("abc123  a\n", r":1: a digest of 6 hex digits; allowed: 32 \(md5\) or 64 \(sha256\)"),
        (f"{SHA}  /etc/passwd\n", ":1: /etc/passwd is no path below the root"),
        (f"{SHA}  a/../../b\n", r":1: \.\./b is no path below the root"),
        (f"{SHA}  a\0b\n", r":1: a\\x00b is no path below the root"),
        (f"{SHA}  a\n{MD5}  a\n", ":2: another digest of a than on a line before"),
        (f"{SHA}  \u202ea\n{MD5}  \u202ea\n", r":2: another digest of \\u202ea than"),
    ],
    ids=[
        "empty",
        "comment alone",
        "no digest",
        "short digest",
        "absolute path",
        "parent",
        "NUL",
        "two digests",
        "two digests of an odd name",
    ],
)
def test_what_is_no_list_is_refused_with_its_line(tmp_path, text, message):
    with pytest.raises(ValueError, match=message):
        read_checksum_list(listing(tmp_path, text))


def test_sizes_stand_in_a_list_beside_it(tmp_path):
    path = listing(tmp_path, f"{SHA}  a\n{SHA}  b\n")
    listing(tmp_path, "12  a\n99  not listed\n", "set.sizes")
    assert read_checksum_list(path).sizes == {"a": 12}
    listing(tmp_path, "12  a\nfed  b\n", "set.sizes")
    with pytest.raises(ValueError, match=r"set\.sizes:2: fed is no number of bytes"):
        read_checksum_list(path)


def test_sizes_stand_beside_a_list_of_any_name():
    names = ("egmd.sha256", "MD5SUMS", "groove-v1.0.0.md5")
    assert [sizes_path(Path("x", name)).name for name in names] == [
        "egmd.sizes",
        "MD5SUMS.sizes",
        "groove-v1.0.0.sizes",
    ]


@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda text: f"{SHA}  {text}".encode()))
def test_any_bytes_are_a_list_or_a_sentence(tmp_path_factory, data):
    path = listing(tmp_path_factory.getbasetemp(), data)
    try:
        names = read_checksum_list(path).digests
    except ValueError as error:
        assert str(error).startswith(str(path))
    else:
        assert not any(name.startswith(("/", "../")) for name in names)


NAMES = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0/"), min_size=1)


@given(st.sets(NAMES.filter(lambda name: name not in (".", "..")), min_size=1))
def test_every_name_survives_writing_and_reading(tmp_path_factory, names):
    path = tmp_path_factory.getbasetemp() / "names" / "set.sha256"
    shutil.rmtree(path.parent, ignore_errors=True)
    write_checksum_list(path, dict.fromkeys(names, 3), dict.fromkeys(names, SHA))
    found = read_checksum_list(path)
    assert (found.digests, found.sizes) == (dict.fromkeys(names, SHA), dict.fromkeys(names, 3))


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum")
def test_sha256sum_reads_what_is_written_and_is_read(root):
    (root / "a b\n#'\"\\*.wav").write_bytes(b"odd")
    checksums = first_list(root)
    command = ["sha256sum", "--check", "--strict", "--quiet", str(checksums)]
    subprocess.run(command, cwd=root, check=True)
    names = sorted(os.fsencode(path) for path in scan_roots([root])[0])
    theirs = subprocess.run(["sha256sum", *names], cwd=root, check=True, capture_output=True)
    assert read_checksum_list(checksums).digests == (
        read_checksum_list(listing(root.parent, theirs.stdout)).digests
    )


# --- which list


def chosen_list(tmp_path, named=None):
    return choose_list(
        "egmd",
        named=named,
        committed="resources/egmd.sha256",
        written="data/checksums/egmd.sha256",
        locate=lambda path: str(tmp_path / path),
    )


def test_the_list_that_the_config_names_comes_first_then_the_committed_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written = {
        "shown": "data/checksums/egmd.sha256",
        "path": f"{tmp_path}/data/checksums/egmd.sha256",
        "binding": False,
    }
    assert chosen_list(tmp_path) == written
    (tmp_path / "resources").mkdir()
    listing(tmp_path / "resources", f"{SHA}  a\n", "egmd.sha256")
    assert chosen_list(tmp_path)["shown"] == "resources/egmd.sha256"
    named = str(listing(tmp_path, f"{MD5}  a\n", "MD5SUMS"))
    found = chosen_list(tmp_path, named)
    assert found == {"shown": "…/MD5SUMS", "path": named, "binding": True}


def test_a_list_that_the_config_names_must_be_there(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"source_sets\.egmd\.checksums: .*x\.md5 is not"):
        chosen_list(tmp_path, "x.md5")


def test_list_and_sizes_are_inputs_as_far_as_they_are_there(tmp_path):
    path = str(tmp_path / "egmd.sha256")
    assert existing_list(path) == existing_list("") == []
    listing(tmp_path, f"{SHA}  a\n", "egmd.sha256")
    listing(tmp_path, "3  a\n", "egmd.sizes")
    assert existing_list(path) == [path, str(tmp_path / "egmd.sizes")]


# --- writing the first list


def test_where_there_is_no_list_one_is_written_and_said(root):
    said = []
    path = first_list(root, said.append)
    digests = {n: hashlib.sha256((root / n).read_bytes()).hexdigest() for n in ("a.wav", "d.txt")}
    assert read_checksum_list(path).digests.items() >= digests.items()
    assert sizes_path(path).read_text() == "5  a.wav\n5  b/c.mid\n5  d.txt\n"
    assert said == [
        "there is no checksum list; reading 15 bytes to write one",
        f"wrote {path}, the list of 3 files; later runs are held to it",
    ]
    assert problems(check(root, path)) == []


def test_a_list_is_never_written_over(root):
    path = first_list(root)
    before = path.read_bytes()
    (root / "a.wav").write_bytes(b"other")
    with pytest.raises(FileExistsError, match="none is written over"):
        first_list(root)
    assert path.read_bytes() == before


def test_no_list_is_written_that_would_leave_out_an_unreadable_file(root, monkeypatch):
    def failing(path):
        if Path(path).name == "a.wav":
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
        return sha256_file(path)

    monkeypatch.setattr("drumcorpus.ground.files.fact_cache.sha256_file", failing)
    with pytest.raises(ValueError, match=r"1 file.*cannot be read:\n  a\.wav: Permission denied"):
        first_list(root)
    assert not Path("checksums").exists()


def test_no_list_is_written_of_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "root").mkdir()
    with pytest.raises(ValueError, match="the roots hold no file"):
        first_list(tmp_path / "root")


# --- comparing


def test_a_missing_file_is_found_at_every_level(root):
    path = first_list(root)
    (root / "b/c.mid").unlink()
    for level in ("quick", "sample", "full"):
        assert problems(check(root, path, level)) == [("b/c.mid", "missing")]


def test_a_truncated_file_is_found_without_reading_any(root, monkeypatch):
    path = first_list(root)
    (root / "a.wav").write_bytes(b"sou")
    monkeypatch.setattr(
        "drumcorpus.stages.inventory.comparison._digest", lambda *_: pytest.fail("read a file")
    )
    found = check(root, path, "quick")
    assert problems(found) == [("a.wav", "size")]
    assert "has 3 bytes, 5 are listed" in refused(found)


def test_a_flipped_bit_is_found_by_digest_and_not_by_quick(root):
    path = first_list(root)
    (root / "a.wav").write_bytes(b"sOund")
    assert problems(check(root, path, "quick")) == []
    found = check(root, path, "full")
    assert problems(found) == [("a.wav", "digest")]
    assert "a.wav: digest: has sha256 " in refused(found)


def test_a_list_of_md5sum_is_held_against_md5(root):
    lines = [f"{hashlib.md5(b'sound').hexdigest()}  a.wav", f"{MD5}  d.txt"]
    found = check(root, listing(root.parent, "\n".join(lines), "MD5SUMS"))
    assert problems(found) == [("d.txt", "digest")]
    assert f"has md5 {hashlib.md5(b'words').hexdigest()[:12]}…" in refused(found)


def test_without_sizes_a_changed_size_is_found_by_the_digest(root):
    path = first_list(root)
    sizes_path(path).unlink()
    (root / "a.wav").write_bytes(b"sou")
    assert problems(check(root, path, "quick")) == []
    assert problems(check(root, path, "full")) == [("a.wav", "digest")]


def test_an_extra_file_is_reported_and_no_error(root):
    path = first_list(root)
    (root / "new.wav").write_bytes(b"new")
    found = check(root, path)
    assert problems(found) == []
    report = integrity_report("set", found, [False], level="full", shown="x.sha256")
    assert report["extra"] == {"files": 1, "first": ["new.wav"]}


def test_a_refused_file_is_missing_with_the_reason(root):
    path = first_list(root)
    (root / "a.wav").unlink()
    (root / "a.wav").symlink_to("gone.wav")
    found = check(root, path)
    assert problems(found) == [("a.wav", "missing")]
    assert "(broken_link: the link's target does not exist)" in refused(found)


def test_a_listed_name_that_is_not_utf8_is_missing_with_the_reason(root):
    name = b"caf\xe9.wav"
    try:
        Path(os.fsdecode(os.fsencode(root) + b"/" + name)).write_bytes(b"x")
    except OSError:
        pytest.skip("the file system has no such names")
    path = listing(root.parent, SHA.encode() + b"  " + name + b"\n")
    assert r"caf\xe9.wav: missing: is listed and not there (name_not_utf8" in refused(
        check(root, path)
    )


def test_a_file_that_cannot_be_read_is_named(root, monkeypatch):
    path = first_list(root)
    shutil.rmtree(".drumcorpus")

    def fails(file, algorithm):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("drumcorpus.stages.inventory.comparison._digest", fails)
    found = check(root, path, sample=1, level="sample")
    assert [kind for _, kind in problems(found)] == ["unreadable"]
    assert "cannot be read (unreadable_file: Input/output error)" in refused(found)


def test_a_message_names_twenty_files_and_the_log_all(root, caplog):
    names = [f"{number:03d}.wav" for number in range(50)]
    path = listing(root.parent, "".join(f"{SHA}  {name}\n" for name in [*names, "a.wav"]))
    message = refused(check(root, path, "quick"), checksums=path, level="quick")
    assert message.startswith(f"50 of 51 listed files are not as {path} says (level quick):")
    assert "019.wav" in message
    assert "020.wav" not in message
    assert "and 30 more; the log has all" in message
    assert "source_sets.set.checksums" in message
    assert sum("is listed and not there" in line for line in caplog.messages) == 50


def test_where_nothing_is_there_the_root_is_likely_the_wrong_one(root):
    path = listing(root.parent, f"{SHA}  groove/a.wav\n{SHA}  groove/d.txt\n")
    assert "paths in the list start below a root, and these are: /raw" in refused(check(root, path))


def test_hostile_names_do_not_break_a_line_of_the_message(root):
    path = listing(root.parent, f"\\{SHA}  x\\n\u202eERROR in all\n{SHA}  a\n")
    assert r"x\n\u202eERROR in all: missing" in refused(check(root, path, "quick"))


def test_nothing_is_refused_of_files_as_listed(root):
    found = check(root, first_list(root))
    refuse_mismatches("set", found, checksums=None, roots=[], level="full")


# --- levels


def test_the_sample_is_that_of_the_paths_and_not_of_their_order(root):
    for number in range(40):
        (root / f"{number}.wav").write_bytes(b"x")
    path = first_list(root)
    files, _ = scan_roots([root])
    shuffled = list(files.items())
    random.Random(3).shuffle(shuffled)
    listed = read_checksum_list(path)
    chosen = files_to_digest(files, listed, level="sample", sample=7)
    assert files_to_digest(dict(shuffled), listed, level="sample", sample=7) == chosen
    assert len(chosen) == 7
    more = files_to_digest(files, listed, level="sample", sample=8)
    assert {file.path for file in chosen} < {file.path for file in more}


def test_levels_take_no_some_and_all_digests(root):
    path = first_list(root)
    counts = {lv: len(check(root, path, lv, 2).digests) for lv in ("quick", "sample", "full")}
    assert counts == {"quick": 0, "sample": 2, "full": 3}


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match=r"integrity\.level 'deep'; allowed: quick, sample, full"):
        files_to_digest({}, NO_LIST, level="deep", sample=1)


# --- reading once


def test_what_the_inventory_has_read_is_not_read_again(root, monkeypatch):
    files, _ = scan_roots([root])
    cache = FactCache(".drumcorpus/digests/set.json", "version of the inventory")
    digest_raw_files(files.values(), cache, workers=1)
    cache.fact(files["a.wav"], "audio", lambda file: {"duration": 1.0})
    cache.save()
    before = Path(".drumcorpus/digests/set.json").read_bytes()
    monkeypatch.setattr(
        "drumcorpus.stages.inventory.comparison._digest", lambda *_: pytest.fail("read a file")
    )
    monkeypatch.setattr(
        "drumcorpus.ground.files.fact_cache.sha256_file", lambda _: pytest.fail("read a file")
    )
    assert problems(check(root, first_list(root))) == []
    assert Path(".drumcorpus/digests/set.json").read_bytes() == before


def test_md5_is_kept_apart_so_that_nothing_else_is_forgotten(root):
    files, _ = scan_roots([root])
    cache = FactCache(".drumcorpus/digests/set.json", "version of the inventory")
    cache.fact(files["a.wav"], "audio", lambda file: {"duration": 1.0})
    cache.save()
    path = listing(root.parent, f"{hashlib.md5(b'sound').hexdigest()}  a.wav\n")
    assert problems(check(root, path)) == []
    cache = FactCache(".drumcorpus/digests/set.json", "version of the inventory")
    assert cache.fact(files["a.wav"], "audio", lambda file: None) == {"duration": 1.0}
    assert open_caches("set")["md5"].fact(files["a.wav"], "md5", lambda file: None) is not None


# --- a list that changed


def test_a_mismatch_by_a_list_that_changed_since_says_so(root):
    report, shown = "results/integrity/set.json", "data/checksums/set.sha256"
    checksums = first_list(root)
    assert not is_other_list(report, checksums, shown)  # there was no comparison yet
    write_json(report, {})
    plan = {"schema": "drumcorpus-run-manifest-v1", "inputs": describe_list(checksums, shown)}
    write_manifests(plan, [("report", report)], {})
    assert not is_other_list(report, checksums, shown)
    assert not is_other_list(report, None, "")
    whole = checksums.read_text()
    checksums.write_text(f"{'0' if whole[0] != '0' else '1'}{whole[1:]}")
    assert is_other_list(report, checksums, shown)
    with pytest.raises(ValueError, match=r"a\.wav: digest: ") as error:
        refuse_mismatches(
            *("set", check(root, checksums)),
            **{"checksums": checksums, "roots": ["/raw"], "level": "full", "is_other_list": True},
        )
    assert f"{checksums} is not what the last comparison read: if nobody" in str(error.value)
    assert "the list is damaged, and not the files" in str(error.value)
    assert "not what the last comparison" not in refused(check(root, checksums))


# --- the report and the record


def test_the_report_counts_what_was_compared_and_names_no_machine(root):
    checksums = first_list(root)
    found = check(root, checksums, "sample", 2)
    report = integrity_report("set", found, [False, True], level="sample", shown="…/set.sha256")
    assert report == {
        "source_set": "set",
        "status": "as_listed",
        "level": "sample",
        "checksums": "…/set.sha256",
        "roots": {"configured": 2, "missing": 1},
        "files": 3,
        "bytes": 15,
        "listed": 3,
        "sizes_compared": 3,
        "digests_compared": 2,
        "extra": {"files": 0, "first": []},
        "refused": {},
    }
    assert str(root.parent).encode() not in canonical_json(report)


def test_of_a_demo_corpus_nothing_is_compared(root):
    report = integrity_report("set", check(root, None), [False], level="full", shown="")
    assert (report["status"], report["checksums"], report["listed"]) == ("demo", None, 0)
    assert (report["files"], report["extra"]["files"]) == (3, 0)
    assert not Path("checksums").exists()


def test_at_most_a_thousand_extra_files_are_named(root):
    path = listing(root.parent, f"{hashlib.sha256(b'sound').hexdigest()}  a.wav\n")
    found = check(root, path)
    stamp = found.files["a.wav"]
    found.files.update({f"x{number:04d}": stamp for number in range(1500)})
    extra = integrity_report("set", found, [False], level="full", shown="l")["extra"]
    assert (extra["files"], len(extra["first"]), extra["first"][:2]) == (
        1502,
        1000,
        extra["first"][:2],
    )


def test_the_record_changes_with_names_sizes_digests_and_roots(root):
    path = first_list(root)

    def record(level="full", missing=(False,)):
        return describe_compared("set", check(root, path, level), list(missing))["sha256"]

    first = record()
    assert record() == first
    records = {first, record("quick"), record("full", (False, True))}
    (root / "a.wav").write_bytes(b"sOund")
    quick = record("quick")
    assert quick in records  # at this level no content is looked at
    records.add(record())
    (root / "e.txt").write_bytes(b"")
    records.add(record())
    assert len(records) == 5


def test_list_and_sizes_are_recorded_by_a_path_without_the_machine(root):
    path = first_list(root)
    rows = describe_list(path, "…/set.sha256")
    assert [(row["path"], row["kind"]) for row in rows] == [
        ("…/set.sha256", "external"),
        ("…/set.sizes", "external"),
    ]
    sizes_path(path).unlink()
    assert [row["kind"] for row in describe_list(path, "resources/source_sets/set.sha256")] == [
        "resource"
    ]
    assert describe_list(None, "") == []


# --- what is not of the set


def test_a_list_may_name_what_systems_leave_and_nothing_of_it_is_missed(root):
    leftovers = read_leftovers(REPO / "resources/not_of_the_set.yaml")
    zeros = "0" * 64
    for name in ("._a.wav", ".git/config"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_bytes(b"x")
    names = ["._a.wav", ".git/config", ".DS_Store", "__MACOSX/._a.wav", "deep/Thumbs.db"]
    text = f"{hashlib.sha256(b'sound').hexdigest()}  a.wav\n"
    path = listing(root.parent, text + "".join(f"{zeros}  {name}\n" for name in names))
    files, refusals = scan_roots([root], leftovers.kind_of_entry)
    work = {"level": "full", "sample": 1, **WORK}
    comparison = compare(files, refusals, path, open_caches("set"), leftovers, **work)
    assert comparison.mismatches == []
    assert comparison.listed.digests.keys() == {"a.wav"}
    assert "._a.wav" not in comparison.files


# --- lists of other systems


SOUND = hashlib.sha256(b"sound").hexdigest()
NOTES = hashlib.sha256(b"notes").hexdigest()


@pytest.mark.parametrize(
    "data",
    [
        f"{NOTES}  b\\c.mid\r\n".encode(),
        f"{NOTES} *.\\b\\c.mid\r\n".encode(),
        f"{NOTES}  ./b/c.mid\n".encode(),
        f"{NOTES}  b/c.mid \n".encode(),
        f"\ufeff{NOTES}  b/c.mid\r\n".encode(),
        f"{NOTES}  b\\c.mid\r\n".encode("utf-16"),
        f"SHA256 (b\\c.mid) = {NOTES.upper()}\n".encode(),
    ],
    ids=["backslash", "binary_mode", "dot", "blank", "mark", "utf16", "tag"],
)
def test_a_list_written_on_another_system_names_the_same_files(root, data):
    found = check(root, listing(root.parent, data))
    assert problems(found) == []
    assert found.digests == {"b/c.mid": NOTES}


@pytest.mark.parametrize(
    ("on_disk", "listed"), [("NFC", "NFD"), ("NFD", "NFC")], ids=["decomposed", "composed"]
)
def test_a_name_in_another_form_of_unicode_is_the_same_file(root, on_disk, listed):
    (root / unicodedata.normalize(on_disk, "Größe.wav")).write_bytes(b"sound")
    name = unicodedata.normalize(listed, "Größe.wav")
    found = check(root, listing(root.parent, f"{SOUND}  {name}\n"))
    assert problems(found) == []
    assert len(found.digests) == 1


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("C:\\data\\a.wav", "a whole path of Windows"),
        ("\\\\nas\\groove\\a.wav", "a network path of Windows"),
    ],
    ids=["drive", "network"],
)
def test_a_listed_path_that_is_none_below_the_root_has_its_reason(root, path, reason):
    found = check(root, listing(root.parent, f"{SOUND}  {path}\n"))
    assert problems(found) == [(path, "missing")]
    assert reason in found.mismatches[0].sentence
