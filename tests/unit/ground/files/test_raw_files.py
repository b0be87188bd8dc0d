"""Raw files: found whatever they are called, never followed out of the roots, read once."""

import contextlib
import errno
import os

import pytest

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.raw_files import listing_stamp, scan_roots
from drumcorpus.ground.files.raw_reader import RawReader


def put(path, content="x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return path


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def scan(*roots):
    """Paths found, and (path, reason) of what was refused."""
    files, refusals = scan_roots(list(roots))
    return sorted(files), [(refusal.path, refusal.reason) for refusal in refusals]


class TestScan:
    def test_files_are_found_at_any_depth_in_order_of_their_paths(self, root):
        for name in ("b.wav", "a/b/c.wav", "a.wav", "a/b.wav"):
            put(root / name, name)
        files, refusals = scan_roots([root])
        assert list(files) == ["a.wav", "a/b.wav", "a/b/c.wav", "b.wav"]
        assert refusals == []
        found = files["a/b.wav"]
        stat = (root / "a/b.wav").stat()
        assert (found.path, found.bytes) == ("a/b.wav", 7)
        assert found.location == root / "a/b.wav"
        assert found.stamp == (7, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)

    @pytest.mark.parametrize(
        "name",
        ["#1.wav", "it's.wav", 'a "b".wav', " a .wav", "a\nb.wav", "ü.wav", "a\\b", "-rf"],
        ids=[
            "hash",
            "apostrophe",
            "quotes",
            "spaces",
            "line break",
            "not ASCII",
            "backslash",
            "dash",
        ],
    )
    def test_odd_names_are_names(self, root, name):
        put(root / name / name)
        assert scan(root) == ([f"{name}/{name}"], [])

    def test_names_that_are_not_utf8_are_refused_and_shown(self, root):
        put(root / "good.wav")
        for name in (b"caf\xe9.wav", b"\xff"):
            (root / os.fsdecode(name)).write_text("x")
        put(root / os.fsdecode(b"dir\xe9") / "inside.wav")
        assert scan(root) == (
            ["good.wav"],
            [
                ("\\xff", "name_not_utf8"),
                ("caf\\xe9.wav", "name_not_utf8"),
                ("dir\\xe9", "name_not_utf8"),
            ],
        )

    def test_a_name_that_only_looks_escaped_is_a_good_name(self, root):
        put(root / "caf\\xe9.wav")
        assert scan(root) == (["caf\\xe9.wav"], [])

    def test_links_inside_the_root_are_followed(self, root):
        put(root / "z" / "1.wav", "one")
        (root / "link.wav").symlink_to("z/1.wav")
        files, refusals = scan_roots([root])
        assert list(files) == ["link.wav", "z/1.wav"]
        assert files["link.wav"].stamp == files["z/1.wav"].stamp
        assert refusals == []

    def test_links_out_of_the_root_are_refused(self, root, tmp_path):
        put(tmp_path / "outside" / "secret.wav")
        put(tmp_path / "root2" / "a.wav")
        (root / "file").symlink_to(tmp_path / "outside" / "secret.wav")
        (root / "folder").symlink_to(tmp_path / "outside")
        (root / "neighbour").symlink_to(tmp_path / "root2")  # its name begins like the root's
        (root / "up").symlink_to("..")
        (root / "gone").symlink_to("/does/not/exist")
        names = ["file", "folder", "gone", "neighbour", "up"]
        assert scan(root) == ([], [(name, "outside_root") for name in names])

    def test_a_link_out_of_the_root_by_two_steps_is_refused(self, root, tmp_path):
        put(tmp_path / "secret.wav")
        (root / "b").symlink_to(tmp_path / "secret.wav")
        (root / "a").symlink_to("b")
        assert scan(root) == ([], [("a", "outside_root"), ("b", "outside_root")])

    def test_a_link_to_a_folder_above_ends(self, root):
        put(root / "a" / "1.wav")
        (root / "a" / "again").symlink_to(root / "a")
        (root / "a" / "top").symlink_to(root)
        expected = [("a/again", "link_loop"), ("a/top", "link_loop")]
        assert scan(root) == (["a/1.wav"], expected)

    def test_broken_links_and_links_to_themselves_are_refused(self, root):
        (root / "broken").symlink_to("nothing")
        (root / "self").symlink_to("self")
        (root / "ping").symlink_to("pong")
        (root / "pong").symlink_to("ping")
        files, refusals = scan(root)
        assert files == []
        assert [path for path, _ in refusals] == ["broken", "ping", "pong", "self"]
        assert refusals[0] == ("broken", "broken_link")
        assert {reason for _, reason in refusals} <= {"broken_link", "link_loop"}

    @pytest.mark.parametrize("link", ["a", "zz"])
    def test_a_link_to_a_folder_never_hides_the_folder_itself(self, root, link):
        put(root / "real" / "1.wav")
        (root / link).symlink_to("real")
        files, refusals = scan(root)
        assert "real/1.wav" in files
        assert "real" not in [path for path, _ in refusals]

    def test_a_pipe_is_no_file_and_nobody_waits_for_it(self, root):
        os.mkfifo(root / "pipe.wav")
        assert scan(root) == ([], [("pipe.wav", "not_a_regular_file")])

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
    def test_a_folder_that_may_not_be_read_is_refused(self, root):
        put(root / "locked" / "a.wav")
        (root / "locked").chmod(0)
        try:
            assert scan(root) == ([], [("locked", "unreadable_folder")])
        finally:
            (root / "locked").chmod(0o755)

    def test_a_root_that_is_a_link_is_read(self, root, tmp_path):
        put(root / "a.wav")
        (tmp_path / "drive").symlink_to(root)
        assert scan(tmp_path / "drive") == (["a.wav"], [])


class TestTwoRoots:
    @pytest.fixture
    def second(self, tmp_path):
        folder = tmp_path / "second"
        folder.mkdir()
        return folder

    def test_of_equal_paths_the_first_root_s_file_counts(self, root, second):
        put(root / "a.wav", "first")
        put(second / "a.wav", "second root")
        put(second / "b.wav", "second root")
        files, refusals = scan_roots([root, second])
        assert [file.location for file in files.values()] == [root / "a.wav", second / "b.wav"]
        assert refusals == []
        swapped, _ = scan_roots([second, root])
        assert [file.location for file in swapped.values()] == [second / "a.wav", second / "b.wav"]

    def test_a_file_has_the_number_of_its_root(self, root, second):
        for folder, name in ((root, "a"), (second, "a"), (second, "b")):
            put(folder / name)
        (root / "link").symlink_to(second / "b")
        files, _ = scan_roots([root, second])
        assert {path: file.root for path, file in files.items()} == {"a": 1, "b": 2, "link": 1}
        files, _ = scan_roots([second], numbers=[3])
        assert {path: file.root for path, file in files.items()} == {"a": 3, "b": 3}

    def test_a_link_into_the_other_root_is_followed(self, root, second):
        put(second / "audio" / "a.wav")
        (root / "linked").symlink_to(second / "audio")
        assert scan(root, second) == (["audio/a.wav", "linked/a.wav"], [])

    def test_the_reader_opens_the_file_that_the_scan_has_taken(self, root, second, tmp_path):
        # The scan refuses the first root's link and takes the second root's file.
        put(tmp_path / "secret.wav", "outside")
        (root / "a.wav").symlink_to(tmp_path / "secret.wav")
        put(second / "a.wav", "inside")
        files, _ = scan_roots([root, second])
        assert files["a.wav"].location == second / "a.wav"
        reader = RawReader([root, second], {"a.wav": sha256_bytes(b"inside")})
        assert reader.location("a.wav") == second / "a.wav"
        assert reader.read("a.wav") == b"inside"


class TestListingStamp:
    def test_another_place_of_the_root_changes_it(self, root):
        put(root / "a.wav")
        assert listing_stamp(*scan_roots([root])) != listing_stamp(*scan_roots([root], numbers=[2]))

    def test_it_stays_while_nothing_changes(self, root):
        put(root / "a.wav")
        assert listing_stamp(*scan_roots([root])) == listing_stamp(*scan_roots([root]))

    def test_a_new_a_changed_a_renamed_and_a_refused_file_change_it(self, root):
        stamps = set()

        def look():
            stamps.add(listing_stamp(*scan_roots([root])))
            return len(stamps)

        put(root / "a.wav", "one")
        assert look() == 1
        put(root / "a.wav", "two!")
        assert look() == 2
        put(root / "b.wav", "two")
        assert look() == 3
        (root / "b.wav").rename(root / "c.wav")
        assert look() == 4
        (root / "d.wav").symlink_to("nothing")
        assert look() == 5


@pytest.mark.parametrize("number", ["EIO", "ESTALE", "ENOTCONN"])
def test_a_folder_that_a_drive_fails_to_list_is_an_error_that_names_it(root, monkeypatch, number):
    put(root / "inside/a.wav")
    number, scandir = getattr(errno, number), os.scandir

    def failing(folder):
        if os.fspath(folder).endswith("inside"):
            raise OSError(number, os.strerror(number), folder)
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", failing)
    with pytest.raises(OSError, match=os.strerror(number)) as caught:
        scan_roots([root])
    assert caught.value.filename == str(root / "inside")


def test_what_vanishes_while_its_folder_is_listed_is_an_error_that_names_it(root, monkeypatch):
    put(root / "a.wav")
    put(root / "b.wav")
    scandir = os.scandir

    @contextlib.contextmanager
    def vanishing(folder):
        with scandir(folder) as entries:
            listed = list(entries)
            (root / "b.wav").unlink()
            yield listed

    monkeypatch.setattr(os, "scandir", vanishing)
    with pytest.raises(FileNotFoundError, match=r"b\.wav: was there .* and is gone\. Put it back"):
        scan_roots([root])


def link_to_what_fails(root, monkeypatch, number):
    """Beside a file a link to another one, at which the system may not or cannot look."""
    put(root / "b.wav")
    put(root / "within/c.wav")
    (root / "a.wav").symlink_to(root / "within/c.wav")
    stat = os.stat

    def failing(path, **options):
        if os.fspath(path) == str(root / "within/c.wav") and options.get("follow_symlinks", True):
            raise OSError(number, os.strerror(number), os.fspath(path))
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", failing)


def test_a_link_whose_target_a_drive_fails_to_look_at_is_no_broken_one(root, monkeypatch):
    link_to_what_fails(root, monkeypatch, errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)) as caught:
        scan_roots([root])
    assert caught.value.filename == str(root / "within/c.wav")


def test_a_link_whose_target_may_not_be_looked_at_is_refused_and_the_others_are_found(
    root, monkeypatch
):
    link_to_what_fails(root, monkeypatch, errno.EACCES)
    assert scan(root) == (["b.wav", "within/c.wav"], [("a.wav", "unreadable_file")])
