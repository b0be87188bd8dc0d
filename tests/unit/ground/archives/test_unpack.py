"""Archives give up what they hold, and nothing else: no path out, no bomb, no name twice."""

import bz2
import gzip
import hashlib
import io
import lzma
import random
import shutil
import stat
import struct
import subprocess
import tarfile
import zipfile
from itertools import accumulate, pairwise

import pyarrow
import pytest

from drumcorpus.ground.archives import unpack as module
from drumcorpus.ground.archives.joined_file import JoinedFile
from drumcorpus.ground.archives.member_names import MemberNames, UnsafeArchive
from drumcorpus.ground.archives.unpack import MAX_RATIO, Bounds, bounds_of, unpack

PLENTY = 10_000_000
SET = {"set/a/1.wav": b"one" * 1000, "set/a/2.mid": b"", "set/LICENSE": b"words"}


def zip_of(members, **options):
    """The bytes of a zip of (name, content) pairs, in order; a name may be a ZipInfo."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, **options) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tar_of(members):
    """The bytes of a tar of (name, content) pairs; a name may be a TarInfo."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        for name, content in members:
            member = name if isinstance(name, tarfile.TarInfo) else tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return file.getvalue()


def special(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def zip_entry(name, mode=0):
    member = zipfile.ZipInfo(name)
    member.external_attr = mode << 16
    return member


def unpacked(folder, content, name="set.zip", bounds=None):
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(content)
    return unpack(name, [folder / name], folder / "out", bounds or Bounds(PLENTY))


def below(folder):
    out = folder / "out"
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


PACKERS = {
    "set.zip": lambda: zip_of(SET.items()),
    "set.tar": lambda: tar_of(SET.items()),
    "set.tar.gz": lambda: gzip.compress(tar_of(SET.items())),
    "set.tgz": lambda: gzip.compress(tar_of(SET.items())),
    "set.tar.bz2": lambda: bz2.compress(tar_of(SET.items())),
    "set.tar.xz": lambda: lzma.compress(tar_of(SET.items())),
    "set.tar.zst": lambda: pyarrow.compress(tar_of(SET.items()), "zstd").to_pybytes(),
}


@pytest.mark.parametrize("name", PACKERS)
def test_every_kind_is_read_and_what_came_is_told_with_its_digest(tmp_path, name):
    files = unpacked(tmp_path, PACKERS[name](), name)
    assert below(tmp_path) == SET
    assert files == {
        path: (hashlib.sha256(content).hexdigest(), len(content)) for path, content in SET.items()
    }


@pytest.mark.parametrize("name", PACKERS)
def test_a_cut_or_damaged_archive_is_refused(tmp_path, name):
    content = PACKERS[name]()
    for number, bad in enumerate((content[: len(content) // 4], b"", b"no archive" * 200)):
        if name == "set.tar" and number == 1:
            continue  # to a tar, nothing is the end
        with pytest.raises(UnsafeArchive, match=rf"^{name}: is damaged"):
            unpacked(tmp_path / str(number), bad, name)


def test_an_archive_of_another_kind_is_refused(tmp_path):
    with pytest.raises(UnsafeArchive, match=r"set\.rar: read are \.zip and \.tar, \.tar\.gz"):
        unpacked(tmp_path, b"Rar!", "set.rar")


CLIMBING = {
    "up": "../out.wav",
    "up_below": "set/../../out.wav",
    "absolute": "/tmp/out.wav",
    "drive": "C:/out.wav",
    "backslash": "..\\out.wav",
    "not_utf8": "set/\udcff.wav",
}


@pytest.mark.parametrize("name", CLIMBING.values(), ids=CLIMBING)
def test_a_path_out_of_the_folder_is_refused_in_a_tar(tmp_path, name):
    with pytest.raises(UnsafeArchive, match="nothing of it was put in place"):
        unpacked(tmp_path, tar_of([("set/a", b"1"), (name, b"2")]), "set.tar")
    assert not list(tmp_path.rglob("*out.wav"))


@pytest.mark.parametrize("kind", [k for k in CLIMBING if k != "not_utf8"])
def test_a_path_out_of_the_folder_is_refused_in_a_zip_before_anything_is_written(tmp_path, kind):
    with pytest.raises(UnsafeArchive, match="nothing of it was put in place"):
        unpacked(tmp_path, zip_of([("set/a", b"1"), (CLIMBING[kind], b"2")]))
    assert below(tmp_path) == {}


def test_backslashes_of_windows_lie_between_folders_in_a_zip(tmp_path):
    unpacked(tmp_path, zip_of([("set\\a\\", b""), ("set\\a\\1.wav", b"1"), ("set/b", b"2")]))
    assert below(tmp_path) == {"set/a/1.wav": b"1", "set/b": b"2"}


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ([("set/a", b"1"), ("set/b", b"2"), ("set/a", b"3")], "set/a is in it twice"),
        ([("set/a", b"1"), ("./set//a", b"3")], "is in it twice"),
        ([("set/a.wav", b"1"), ("set/A.wav", b"2")], "set/A.wav and set/a.wav differ by case"),
        ([("set/x/1", b"1"), ("Set/y/2", b"2")], "Set/y/2 and set differ by case alone"),
        ([("set/\u00fc", b"1"), ("set/u\u0308", b"2")], "by the form of their Unicode"),
        ([("set/a", b"1"), ("set/a/b", b"2")], "needs set/a to be a file and a folder"),
        ([("set/a/b", b"1"), ("set/a", b"2")], "needs set/a to be a file and a folder"),
        ([(".", b"1")], "is no name of a file"),
    ],
    ids=["twice", "twice_otherwise", "case", "folders", "unicode", "below", "above", "itself"],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_names_that_meet_are_refused(tmp_path, members, words):
    for number, (name, pack) in enumerate((("set.tar", tar_of), ("set.zip", zip_of))):
        with pytest.raises(UnsafeArchive) as caught:
            unpacked(tmp_path / str(number), pack(members), name)
        assert words in str(caught.value)


@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_a_name_that_no_disk_takes_is_refused_and_not_blamed_on_the_disk(tmp_path, pack):
    content = pack([(f"set/{'x' * 300}.wav", b"one")])
    with pytest.raises(UnsafeArchive, match=r"name as long as x{40}… \(304 bytes"):
        unpacked(tmp_path, content, f"set.{pack.__name__[:3]}")


@pytest.mark.parametrize("pack", [zip_of, tar_of], ids=["zip", "tar"])
def test_an_archive_without_a_file_is_refused(tmp_path, pack):
    name = f"set.{pack.__name__[:3]}"
    with pytest.raises(UnsafeArchive, match=f"^{name}: holds no file$"):
        unpacked(tmp_path, pack([]), name)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda whole: whole[:1034] + b"?" + whole[1035:], "bad checksum"),
        (lambda whole: whole[:1024], "empty header"),
        (lambda whole: whole[:1100], "truncated header"),
    ],
    ids=["damaged", "cut_before_it", "cut_within_it"],
)
def test_a_tar_does_not_end_where_the_head_of_a_member_is_damaged(tmp_path, change, words):
    whole = tar_of([("a", b"1"), ("b", b"2"), ("c", b"3")])
    with pytest.raises(UnsafeArchive, match=f"is damaged.*: {words} at byte 1,024"):
        unpacked(tmp_path, change(whole), "set.tar")


def test_the_checksum_behind_the_end_of_a_tar_is_read(tmp_path):
    content = gzip.compress(tar_of([("a", b"1")]))
    with pytest.raises(UnsafeArchive, match="CRC check failed"):
        unpacked(tmp_path, content[:-8] + bytes(4) + content[-4:], "set.tar.gz")


def test_what_stands_behind_the_end_of_a_tar_has_a_bound(tmp_path):
    content = gzip.compress(tar_of([("a", b"1")]) + bytes(3_000_000))
    with pytest.raises(UnsafeArchive, match="goes on behind its end"):
        unpacked(tmp_path, content, "set.tar.gz", Bounds(1_000_000))


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["tar", "gz"])
@pytest.mark.parametrize("n_bytes", [1, 40_000], ids=["small", "beyond what is read ahead"])
def test_a_second_tar_behind_the_first_is_refused_and_not_passed_over(tmp_path, pack, n_bytes):
    both = tar_of([("a", b"1" * n_bytes)]) + tar_of([("b", b"2")])
    name = "set.tar" if pack is bytes else "set.tar.gz"
    with pytest.raises(UnsafeArchive, match="more than zeros stands behind its end"):
        unpacked(tmp_path, pack(both), name)


def test_zeros_behind_the_end_are_the_end(tmp_path):
    assert list(unpacked(tmp_path, tar_of([("a", b"1")]) + bytes(50_000), "set.tar")) == ["a"]


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME], ids=["x", "g", "L"]
)
def test_what_is_told_of_a_member_has_a_bound(tmp_path, kind):
    head = special("notes", kind)
    head.size = 1 << 33
    content = head.tobuf(tarfile.GNU_FORMAT) + bytes(10_240)
    with pytest.raises(UnsafeArchive, match=r"notes of a member are 8,589,934,592 bytes; at most"):
        unpacked(tmp_path, content, "set.tar")


def test_a_folder_may_be_named_as_often_as_it_likes(tmp_path):
    folder = special("set/a", tarfile.DIRTYPE)
    members = [
        (folder, b""),
        ("set/a/1", b"1"),
        (folder, b""),
        (special(".", tarfile.DIRTYPE), b""),
    ]
    unpacked(tmp_path, tar_of(members), "set.tar")
    unpacked(tmp_path / "zip", zip_of([("set/a/", b""), ("set/a/1", b"1"), ("set/b/", b"")]))
    assert below(tmp_path) == below(tmp_path / "zip") == {"set/a/1": b"1"}
    assert (tmp_path / "zip/out/set/b").is_dir()


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (special("set/l", tarfile.SYMTYPE, "/etc/passwd"), "is a link out of its folder"),
        (special("set/l", tarfile.SYMTYPE, "../../etc/passwd"), "is a link out of its folder"),
        (special("set/l", tarfile.LNKTYPE, "../etc/passwd"), "is a link out of its folder"),
        (special("set/l", tarfile.LNKTYPE, "/etc/passwd"), "is a link out of its folder"),
        (special("set/l", tarfile.SYMTYPE, "later"), "is a link to what is no file before it"),
        (special("set/l", tarfile.SYMTYPE, "../set"), "is a link to what is no file before it"),
        (special("set/l", tarfile.CHRTYPE), "is a device"),
        (special("set/l", tarfile.BLKTYPE), "is a device"),
        (special("set/l", tarfile.FIFOTYPE), "is a device"),
    ],
    ids=[
        *("to_root", "up", "hard_up", "hard_to_root", "later", "folder"),
        *("character", "block", "pipe"),
    ],
)
def test_links_out_and_devices_are_refused(tmp_path, member, words):
    with pytest.raises(UnsafeArchive, match=f"set.tar: set/l {words}"):
        unpacked(tmp_path, tar_of([("set/a", b"1"), (member, b"")]), "set.tar")


def test_a_link_to_a_file_of_the_archive_becomes_that_file(tmp_path):
    members = [
        ("set/a/1.wav", b"sound"),
        (special("set/b/hard.wav", tarfile.LNKTYPE, "set/a/1.wav"), b""),
        (special("set/b/soft.wav", tarfile.SYMTYPE, "../a/1.wav"), b""),
    ]
    files = unpacked(tmp_path, tar_of(members), "set.tar")
    assert set(below(tmp_path).values()) == {b"sound"}
    assert len(files) == 3
    assert not any(path.is_symlink() for path in tmp_path.rglob("*"))


@pytest.mark.parametrize(
    ("member", "words"),
    [
        (zip_entry("set/l", stat.S_IFLNK | 0o777), "is a link, a device"),
        (zip_entry("set/l", stat.S_IFIFO | 0o600), "is a link, a device"),
    ],
    ids=["link", "pipe"],
)
def test_what_is_no_file_in_a_zip_is_refused(tmp_path, member, words):
    with pytest.raises(UnsafeArchive, match=f"set/l {words}"):
        unpacked(tmp_path, zip_of([("set/a", b"1"), (member, b"/etc/passwd")]))


def test_an_encrypted_member_is_refused(tmp_path):
    content = bytearray(zip_of([("set/a", b"1")]))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + offset] |= 1
    with pytest.raises(UnsafeArchive, match="set/a is encrypted"):
        unpacked(tmp_path, bytes(content))


def test_a_member_that_was_changed_is_noticed(tmp_path):
    content = bytearray(zip_of([("set/a", b"abc" * 100)], compresslevel=0))
    at = content.index(b"abcabc")
    content[at] ^= 1
    with pytest.raises(UnsafeArchive, match="is damaged"):
        unpacked(tmp_path, bytes(content))


# --- bombs


def test_what_an_archive_says_of_itself_is_enough_to_refuse_it(tmp_path):
    bomb = zip_of([("set/a", b"\0" * 2_000_000)])
    with pytest.raises(UnsafeArchive, match="set/a goes beyond 1 MB, the most that may come out"):
        unpacked(tmp_path, bomb, bounds=Bounds(1_000_000))
    assert below(tmp_path) == {}


def test_a_tar_that_grows_beyond_its_bounds_is_stopped_there(tmp_path):
    bomb = gzip.compress(tar_of([(f"set/{n}", b"\0" * 700_000) for n in range(5)]))
    with pytest.raises(UnsafeArchive, match="set/1 goes beyond 1 MB"):
        unpacked(tmp_path, bomb, "set.tar.gz", Bounds(1_000_000))
    assert sum(len(content) for content in below(tmp_path).values()) <= 1_000_000


def test_copies_made_of_links_count_as_well(tmp_path):
    members = [("set/0", b"\0" * 400_000)]
    members += [(special(f"set/{n}", tarfile.LNKTYPE, "set/0"), b"") for n in range(1, 9)]
    with pytest.raises(UnsafeArchive, match="set/2 goes beyond 1 MB"):
        unpacked(tmp_path, tar_of(members), "set.tar", Bounds(1_000_000))


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "MAX_MEMBERS", 3)
    with pytest.raises(UnsafeArchive, match="set/3 is one of more than 3 members"):
        unpacked(tmp_path, tar_of([(f"set/{n}", b"") for n in range(5)]), "set.tar")


def test_the_bounds_are_what_the_card_says_and_a_tenth_or_a_multiple_of_the_archive():
    assert bounds_of(1000, 3000).most == 3300
    assert bounds_of(1000, None).most == 1000 * MAX_RATIO


def test_a_disk_without_room_is_said_before_a_zip_is_begun_and_within_a_tar(tmp_path, monkeypatch):
    bounds = Bounds(PLENTY, free=lambda folder: 100)
    with pytest.raises(OSError, match="3 kB are needed, and 100 bytes are free") as caught:
        unpacked(tmp_path, PACKERS["set.zip"](), bounds=bounds)
    assert caught.value.filename == str(tmp_path / "out")
    monkeypatch.setattr(module, "_BYTES_BETWEEN_LOOKS", 1000)
    bounds = Bounds(PLENTY, free=lambda folder: 100)
    with pytest.raises(OSError, match="1 kB are needed, and 100 bytes are free"):
        unpacked(tmp_path / "tar", PACKERS["set.tar"](), "set.tar", bounds)


# --- pieces


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
def test_an_archive_in_pieces_is_one(tmp_path, size):
    content = PACKERS["set.zip"]()
    pieces = [content[start : start + size] for start in range(0, len(content), size)]
    paths = [tmp_path / f"{number:06d}" for number in range(len(pieces))]
    for path, piece in zip(paths, pieces, strict=True):
        path.write_bytes(piece)
    unpack("set.zip", paths, tmp_path / "out", Bounds(PLENTY))
    assert below(tmp_path) == SET


def test_joined_files_are_read_and_sought_as_one(tmp_path):
    for name, content in (("1", b"abc"), ("2", b""), ("3", b"defgh")):
        (tmp_path / name).write_bytes(content)
    pieces = [((tmp_path / name).open("rb"), size) for name, size in (("1", 3), ("2", 0), ("3", 5))]
    with io.BufferedReader(JoinedFile(pieces)) as file:
        assert file.read() == b"abcdefgh"
        assert file.seek(-3, 2) == 5
        assert file.read() == b"fgh"
        assert file.seek(1) == 1
        assert file.read(4) == b"bcde"
        assert file.tell() == 5
        assert file.seek(100) == 100
        assert file.read() == b""


def test_a_name_that_is_taken_is_one_of_the_archive():
    names = MemberNames("set.zip")
    assert str(names.take("set/a", is_folder=False)) == "set/a"
    assert names.has_file("set/a")
    assert not names.has_file("set")
    assert names.take("./", is_folder=True) is None


# --- volumes


def volumes_of(folder, content, sizes, *, large=False):
    """A zip in volumes of these sizes, the last with what is left: paths in order.

    Volumes begin with a sign of four bytes, as of the programs that write them; places are counted
    within their volume. `large`: as where there are more than 65,535 members or 4 GB.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        start_of_list, members = archive.start_dir, archive.infolist()
        body = b"PK\7\x08" + content[:start_of_list]
    starts = [0, *accumulate(sizes)]

    def where(place):
        disk = max(number for number, start in enumerate(starts) if start <= place)
        return disk, place - starts[disk]

    listed = b""
    for member in members:
        disk, offset = where(member.header_offset + 4)
        name = member.filename.encode()
        numbers = (member.compress_size, member.file_size)
        extra, packed = b"\xfe\xca\x02\0hi", numbers
        if large:
            extra += struct.pack("<2H3QL", 1, 28, numbers[1], numbers[0], offset, disk)
            packed, offset, disk = (0xFFFFFFFF, 0xFFFFFFFF), 0xFFFFFFFF, 0xFFFF
        head = (b"PK\1\2", 45, 45, 0, member.compress_type, 0, 33, member.CRC, *packed)
        listed += struct.pack(
            "<4s6H3L5H2L", *head, len(name), len(extra), 2, disk, 0, 0, offset
        ) + (name + extra + b"ok")
    disk, offset = where(len(body))
    last, n = len(sizes), len(members)
    end = struct.pack("<4s4H2LH", b"PK\5\6", last, disk, n, n, len(listed), offset, 0)
    if large:
        at = where(len(body) + len(listed))
        end = struct.pack(
            "<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, last, disk, n, n, len(listed), offset
        )
        end += struct.pack("<4sLQL", b"PK\6\7", *at, last + 1)
        end += struct.pack("<4s4H2LH", b"PK\5\6", *[0xFFFF] * 4, *[0xFFFFFFFF] * 2, 0)
    whole, paths = body + listed + end, []
    for number, (start, stop) in enumerate(pairwise([*starts, len(whole)])):
        paths.append(folder / f"{number:03d}")
        paths[-1].write_bytes(whole[start:stop])
    return paths


MANY = {f"set/{n}.wav": random.Random(n).randbytes(5000) for n in range(8)}


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("sizes", [[3000], [10_000, 7000], [500] * 50, [39_000]])
def test_a_zip_in_volumes_is_read_as_one(tmp_path, sizes, large):
    paths = volumes_of(tmp_path, zip_of(MANY.items()), sizes, large=large)
    unpack("set.zip", paths, tmp_path / "out", Bounds(PLENTY))
    assert below(tmp_path) == MANY


@pytest.mark.skipif(shutil.which("zip") is None, reason="the program zip is not here")
def test_volumes_of_the_program_zip_are_read(tmp_path):
    files = {f"set/{n}.wav": random.Random(n).randbytes(100_000) for n in range(8)}
    (tmp_path / "set").mkdir()
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    subprocess.run(["zip", "-qrs", "200k", "a.zip", "set"], cwd=tmp_path, check=True)
    paths = [*sorted(tmp_path.glob("a.z0?")), tmp_path / "a.zip"]
    assert len(paths) == 4
    unpack("a.zip", paths, tmp_path / "out", Bounds(PLENTY))
    assert below(tmp_path) == files


def test_volumes_that_lack_one_or_stand_in_another_order_are_refused(tmp_path):
    paths = volumes_of(tmp_path, zip_of(MANY.items()), [10_000, 10_000])
    with pytest.raises(UnsafeArchive, match="it has 3 volumes, and 2 are here"):
        unpack("set.zip", paths[1:], tmp_path / "a", Bounds(PLENTY))
    with pytest.raises(UnsafeArchive, match=r"set\.zip: is damaged"):
        unpack("set.zip", [paths[1], paths[0], paths[2]], tmp_path / "b", Bounds(PLENTY))


@pytest.mark.parametrize("seed", range(40))
def test_damaged_ends_of_volumes_are_refused_in_a_sentence(tmp_path, seed):
    paths = volumes_of(tmp_path, zip_of(MANY.items()), [10_000], large=seed % 2 == 0)
    draw = random.Random(seed)
    content = bytearray(paths[-1].read_bytes())
    for _ in range(6):
        content[-draw.randrange(1, 900)] = draw.randrange(256)
    paths[-1].write_bytes(content)
    try:
        unpack("set.zip", paths, tmp_path / "out", Bounds(PLENTY))
    except UnsafeArchive:
        return
    # What was changed was of no account.
    assert set(below(tmp_path).values()) == set(MANY.values())
