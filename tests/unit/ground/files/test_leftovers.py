"""What systems, servers and tools leave is told by its name; no file of a published set is."""

import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.leftovers import (
    N_SHOWN,
    Leftovers,
    count_leftovers,
    read_leftovers,
    split_refusals,
)
from drumcorpus.ground.files.raw_files import listing_stamp, scan_roots
from drumcorpus.sessions import Refusal

LIST = REPO / "resources/not_of_the_set.yaml"
FILES = {
    "apple_double": ["._take.wav", "._info.csv", "._"],
    "macos_folder": [".DS_Store", ".ds_store", "Icon\r", ".localized"],
    "macos_volume": [".apdisk", ".com.apple.timemachine.donotpresent"],
    "icloud_placeholder": [".take.wav.icloud"],
    "windows_folder": ["Thumbs.db", "thumbs.DB", "desktop.ini", "Desktop.ini", "ehthumbs.db"],
    "windows_volume": ["pagefile.sys"],
    "stream": ["take.wav:Zone.Identifier", "take.wav:AFP_AfpInfo", "a.mid:com.apple.quarantine"],
    "office_lock": ["~$notes.docx"],
    "linux_folder": [".directory"],
    "unfinished_write": [".goutputstream-A1B2C3"],
    "nfs_deleted": [".nfs00000000028c0a5500000001"],
    "fuse_deleted": [".fuse_hidden0000004a00000001"],
    "smb_deleted": [".smbdeleteAAA8f1a2b.4"],
    "server_index": ["take.wav@SynoEAStream"],
    "sync_state": [".dropbox", ".stignore", ".sync_0f1e.db-wal"],
    "sync_conflict": [
        "take.sync-conflict-20240131-120000-ABCDEFG.wav",
        "take (Anna's conflicted copy 2024-01-31).wav",
        "take.wav.conflict1",
    ],
    "unfinished_download": [
        "take.wav.part",
        "take.wav.crdownload",
        "groove.zip.aria2",
        "take.wav.filepart",
        "take.wav.partial",
        ".take.wav.Xy12Zq",
        "take.wav.rclone_chunk.001",
    ],
    "temporary": ["take.tmp", "info.csv.bak", "info.csv.bak2"],
    "checksums": ["take.wav.md5", "SHA256SUMS", "set.sfv", "set.vol00+01.par2"],
    "editor": ["info.csv~", ".info.csv.swp", ".info.csv.swo", "#info.csv#", ".~lock.info.csv#"],
    "development": ["read.cpython-311.pyc"],
    "version_control": [".git", ".gitignore"],
    "waveform_cache": ["take.wav.reapeaks", "take.wav.asd", "take.pkf", "take.sfk", "TAKE.PKF"],
    "project_backup": ["song.rpp-bak"],
    "media_library": [".nomedia", ".BridgeCacheT"],
}
FOLDERS = {
    "apple_double": [".AppleDouble"],
    "macos_archive": ["__MACOSX"],
    "macos_volume": [".Spotlight-V100", ".Trashes", ".fseventsd", "Network Trash Folder"],
    "windows_volume": ["$RECYCLE.BIN", "$Recycle.Bin", "System Volume Information", "FOUND.000"],
    "linux_trash": [".Trash-1000", ".Trash"],
    "file_system_check": ["lost+found"],
    "snapshots": [".snapshot", ".snapshots", ".zfs", "#snapshot"],
    "server_trash": ["#recycle", "@Recycle", ".recycle"],
    "server_index": ["@eaDir", ".@__thumb", "@tmp"],
    "sync_state": [".sync", ".stfolder", ".stversions", ".dropbox.cache"],
    "version_control": [".git", ".svn", ".hg"],
    "development": [".ipynb_checkpoints", "__pycache__"],
    "build_state": [".snakemake", ".drumcorpus"],
}
# As the publishers name them, and what is near to a pattern.
OF_A_SET = [
    "info.csv",
    "e-gmd-v1.0.0.csv",
    "1_funk-groove1_138_beat_4-4.mid",
    "1_funk-groove1_138_beat_4-4_1.midi",
    "all_src.mid",
    "metadata.yaml",
    "S00.flac",
    "mix.flac",
    "001_hits_snare-drum_sticks_x6.wav",
    "134_minus-one_bossa_sticks.txt",
    "RealDrum01_00#MIX.wav",
    "RealDrum01_00#MIX#train.wav",
    "RealDrum01_00#HH.svl",
    "TechnoDrum02_13#MIX.xml",
    "MusicDelta_80sRock_Drum.wav",
    "MusicDelta_80sRock_subclass.txt",
    "MusicDelta_80sRock.beats",
    "MIREX2017.md",
    "mixture.wav",
    "01_Kick In.wav",
    "07_Tom.part.wav",
    "Kick Drum 18.awav",
    "Crash ~ 16.wav",
    "~Crash.wav",
    "#1 Snare.wav",
    "Snare #1#.wav",
    "Snare (copy).wav",
    "Hidden.wav",
    "Conflict.wav",
    "Peaks.wav",
    ".wav",
    "_.wav",
    "git.wav",
    "Thumbs.wav",
    "LICENSE",
    "README",
    "take.bak.wav",
    "SHA256SUMS.wav",
]
FOLDERS_OF_A_SET = [
    *("drummer1", "eval_session", "drummer_1", "audio", "annotation", "annotation_xml", "stems"),
    *("MIDI", "Track00001", "train", "test", "Actions - One Minute Smile", "A_Song_Full", "sync"),
    *("Trash", "Recycle", "Snapshots", "Lost and Found", "Recovery", "git", "Backup", "tmp"),
    *("The Snake_Make_Full", "..Baby One More Time", ".38 Special_Hold_Full", "@Home", "#1 Crush"),
]


def rows(by_kind):
    return [(name, kind) for kind, names in by_kind.items() for name in names]


@pytest.fixture(scope="module")
def leftovers():
    return read_leftovers(LIST)


@pytest.mark.parametrize(("name", "kind"), rows(FILES), ids=[repr(n) for n, _ in rows(FILES)])
def test_a_file_that_is_left_is_known_at_any_depth(leftovers, name, kind):
    assert leftovers.kind_of_entry(name, False) == kind
    assert leftovers.kind_of(f"train/Track 1/{name}") == kind


@pytest.mark.parametrize(("name", "kind"), rows(FOLDERS), ids=[n for n, _ in rows(FOLDERS)])
def test_a_folder_that_is_left_is_known_with_all_that_it_holds(leftovers, name, kind):
    assert leftovers.kind_of_entry(name, True) == kind
    assert leftovers.kind_of(f"train/{name}/deep/take.wav") == kind


@pytest.mark.parametrize("name", OF_A_SET)
def test_a_file_of_a_set_is_never_taken_for_one_that_is_left(leftovers, name):
    assert leftovers.kind_of_entry(name, False) is None
    assert leftovers.kind_of(name) is None


@pytest.mark.parametrize("name", FOLDERS_OF_A_SET)
def test_a_folder_of_a_set_is_never_taken_for_one_that_is_left(leftovers, name):
    assert leftovers.kind_of_entry(name, True) is None
    assert leftovers.kind_of(f"{name}/01_Kick.wav") is None


def test_every_kind_has_an_example_here(leftovers):
    names = {kind["name"] for kind in yaml.safe_load(LIST.read_text())["kinds"]}
    assert names == FILES.keys() | FOLDERS.keys()


def test_what_is_left_is_neither_a_file_nor_refused_and_folders_are_not_looked_into(
    tmp_path, leftovers
):
    for name in ("a/take.wav", "a/._take.wav", ".git/objects/aa", ".git/HEAD", "a/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    files, refusals = scan_roots([tmp_path], leftovers.kind_of_entry)
    refused, left = split_refusals(refusals)
    assert list(files) == ["a/take.wav"]
    assert refused == []
    assert [(row.path, row.detail) for row in left] == [
        (".git", "version_control"),
        ("a/.DS_Store", "macos_folder"),
        ("a/._take.wav", "apple_double"),
    ]
    assert count_leftovers(left) == {
        "files": 3,
        "by_kind": {
            "apple_double": {"files": 1, "first": ["a/._take.wav"]},
            "macos_folder": {"files": 1, "first": ["a/.DS_Store"]},
            "version_control": {"files": 1, "first": [".git"]},
        },
    }


def test_a_link_below_a_root_counts_by_its_own_name(tmp_path, leftovers):
    """As DataLad keeps data: the file is a link into .git."""
    (tmp_path / ".git/annex").mkdir(parents=True)
    (tmp_path / ".git/annex/key").touch()
    (tmp_path / "take.wav").symlink_to(".git/annex/key")
    files, _ = scan_roots([tmp_path], leftovers.kind_of_entry)
    assert list(files) == ["take.wav"]


def test_the_state_of_the_raw_data_changes_with_the_names_of_what_is_left_alone(
    tmp_path, leftovers
):
    (tmp_path / "take.wav").touch()
    (tmp_path / ".DS_Store").touch()
    stamp = listing_stamp(*scan_roots([tmp_path], leftovers.kind_of_entry))
    (tmp_path / ".DS_Store").write_text("the Finder was here")
    assert listing_stamp(*scan_roots([tmp_path], leftovers.kind_of_entry)) == stamp
    (tmp_path / "._take.wav").touch()
    assert listing_stamp(*scan_roots([tmp_path], leftovers.kind_of_entry)) != stamp


def test_a_report_shows_the_first_and_counts_all():
    left = [Refusal(f"._{n:02d}.wav", "not_of_the_set", "apple_double") for n in range(N_SHOWN + 3)]
    counted = count_leftovers(reversed(left))["by_kind"]["apple_double"]
    assert counted["files"] == N_SHOWN + 3
    assert counted["first"] == [f"._{n:02d}.wav" for n in range(N_SHOWN)]


KIND = {"name": "a", "left_by": "b", "source": "c", "files": ["*.tmp"]}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "kinds: a list is wanted"),
        ({"kinds": [KIND, KIND]}, "a stands twice"),
        ({"kinds": [KIND | {"pattern": "x"}]}, "kinds: 1: got .*allowed: files, folders"),
        ({"kinds": [KIND | {"source": ""}]}, "kinds: 1: source: got ''"),
        ({"kinds": [KIND | {"files": ["*"]}]}, r"got the pattern '\*'"),
        ({"kinds": [KIND | {"files": ["?.*"]}]}, r"got the pattern '\?\.\*'"),
        ({"kinds": [KIND | {"files": ["a/b"]}]}, "got the pattern 'a/b'"),
        ({"kinds": [KIND | {"files": []}]}, "neither files nor folders"),
    ],
    ids=["list", "twice", "key", "no_source", "all", "nearly_all", "path", "no_pattern"],
)
def test_a_list_that_is_not_of_its_form_is_refused(tmp_path, document, message):
    path = tmp_path / "list.yaml"
    path.write_text(yaml.safe_dump(document))
    with pytest.raises(ValueError, match=message):
        read_leftovers(path)


def test_without_a_list_nothing_is_told_apart():
    assert Leftovers().kind_of("a/.git/._x.tmp") is None
