"""``fetch`` asks for the licence, brings a set from a server into its place, and says what came."""

import hashlib
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import yaml
from archive_server import archive_server
from checkout import REPO
from command_lines import run_command

from drumcorpus.__main__ import main
from drumcorpus.commands import fetch
from drumcorpus.ground.archives import download
from drumcorpus.ground.archives.place import Place

SET, LICENCE = "groove_mididataset", "CC-BY-4.0"
ACCEPT = ["--accept", LICENCE]
FILES = {
    "groove/info.csv": b"drummer,session\n",
    "groove/drummer1/session1/1_funk_80_beat_4-4.mid": b"MThd" * 40,
    "groove/drummer1/session1/1_funk_80_beat_4-4.wav": random.Random(3).randbytes(200_000),
    "groove/Icon\r": b"",
}


def zip_of(files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return file.getvalue()


ARCHIVE = zip_of(FILES)


def entry(name, url, content):
    return {
        "name": name,
        "url": url,
        "bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }


class Project:
    """A project whose card of one set names archives of the server."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        shutil.copytree(REPO / "config", folder / "config")
        shutil.copytree(REPO / "resources", folder / "resources")
        self.path = folder / f"resources/source_sets/{SET}.yaml"
        self.served = server.serve("set.zip", ARCHIVE)
        self.name(entry("set.zip", server.url("set.zip"), ARCHIVE))

    def name(self, *archives, **changes):
        card = yaml.safe_load(self.path.read_text()) | {"archives": list(archives)} | changes
        self.path.write_text(yaml.safe_dump(card))


@pytest.fixture
def project(tmp_path, monkeypatch, capfd):
    for name in ("http", "https", "all"):
        monkeypatch.delenv(f"{name}_proxy", raising=False)
        monkeypatch.delenv(f"{name}_PROXY".upper(), raising=False)
    with archive_server() as server:
        made = Project(tmp_path / "project", server)
        monkeypatch.setattr(fetch, "project_folder", lambda: made.folder)
        monkeypatch.setattr(download, "WAITS_S", (0.0, 0.0))
        (tmp_path / "corpus").mkdir()
        monkeypatch.chdir(tmp_path / "corpus")
        yield made


@pytest.fixture
def call(project, monkeypatch, capfd):
    """Runs the command; gives (exit status, standard output, standard error)."""

    def run(*arguments):
        out, err = sys.stdout, sys.stderr
        status = main(["fetch", *map(str, arguments)])
        sys.stdout, sys.stderr = out, err
        return status, *capfd.readouterr()

    return run


def below(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_set_comes_into_its_place_and_its_files_are_listed(call, project, tmp_path):
    status, said, error = call(SET, *ACCEPT)
    assert status == 0, error
    data = tmp_path / "corpus/data"
    assert below(data / SET) == {name.split("/", 1)[1]: text for name, text in FILES.items()}
    assert sorted(path.name for path in data.iterdir()) == ["checksums", SET]
    listed = (data / f"checksums/{SET}.sha256").read_text().splitlines()
    assert listed[-1] == f"{hashlib.sha256(FILES['groove/info.csv']).hexdigest()}  info.csv"
    assert len(listed) == 3  # without what a Mac has left
    assert (data / f"checksums/{SET}.sizes").read_text().splitlines()[-1] == "16  info.csv"
    note = json.loads((data / f"checksums/{SET}.fetched.json").read_text())
    assert (note["archive"], note["license_accepted"]) == ("set.zip", LICENCE)
    listed = "data/checksums/groove_mididataset.sha256"
    assert f"integrity: 3 files are as {listed} says, 3 of them by digest\n" in said
    assert said.splitlines()[-1].endswith(f"init {SET}=data/{SET}")
    assert "set.zip: 201 kB\n" in error
    assert "\r" not in error


def test_the_list_stands_where_integrity_looks_for_it():
    config = yaml.safe_load((REPO / "config/config.yaml").read_text())
    folder = config["inventory"]["integrity"]["folder"]
    assert str(Place(f"data/{SET}").shown_list) == f"{folder}/{SET}.sha256"


def test_what_came_is_a_root_that_init_takes_and_integrity_holds(call, tmp_path):
    assert call(SET, *ACCEPT)[0] == 0
    status, _said, error = run_command(tmp_path / "corpus", "init", f"{SET}=data/{SET}")
    assert (status, error) == (0, "")


def test_a_second_call_says_that_it_is_there_and_looks_at_it(call, project, tmp_path):
    call(SET, *ACCEPT)
    before = below(tmp_path / "corpus/data")
    project.server.asked.clear()
    status, said, error = call(SET)  # nothing is fetched, and no licence asked for
    assert (status, error) == (0, "")
    assert f"data/{SET}: set.zip is there already; nothing was fetched" in said
    assert "integrity: 3 files are as" in said
    assert project.server.asked == []
    assert below(tmp_path / "corpus/data") == before
    (tmp_path / f"corpus/data/{SET}/info.csv").write_text("shorter")
    status, _, error = call(SET)
    assert status == 1
    assert "info.csv: size: has 7 bytes, 16 are listed" in error


@pytest.mark.parametrize(
    ("more", "got", "typed"),
    [
        ([], "", f"fetch {SET} --accept {LICENCE}"),
        (["--accept", "cc-by-4.0"], ", and 'cc-by-4.0' is another", f"{SET} --accept {LICENCE}"),
        (["--accept", ""], ", and '' is another", f"--accept {LICENCE}"),
        (["--to", "my data", "--keep"], "", f"--to 'my data' --keep --accept {LICENCE}"),
    ],
    ids=["nothing", "otherwise", "empty", "options"],
)
def test_without_the_licence_nothing_is_fetched_and_the_line_is_said(
    call, project, tmp_path, more, got, typed
):
    status, said, error = call(SET, *more)
    assert status == 2
    assert f"{SET}: its licence was not accepted{got}; nothing was fetched. If you" in error
    assert error.rstrip().endswith(typed)
    assert "commercial use:                  allowed" in said
    assert project.server.asked == []
    assert list((tmp_path / "corpus").iterdir()) == []


def test_a_licence_in_words_is_typed_in_quotes(call, project):
    words = "academic use only; each track has its own licence"
    project.name(
        entry("set.zip", project.server.url("set.zip"), ARCHIVE),
        license=words,
        redistributable=False,
        forbids=["any use but academic", "redistribution"],
    )
    _status, said, error = call(SET)
    assert error.rstrip().endswith(f"--accept '{words}'")
    for question in ("commercial use", "passing the files on", "passing on what is made of them"):
        assert f"{question + ':':<33}forbidden" in said
    assert "forbids: any use but academic; redistribution" in said
    assert call(SET, "--accept", words)[0] == 0


@pytest.mark.parametrize("option", ["--dry-run", "--print"])
def test_what_would_be_fetched_is_said_without_asking_anybody(call, project, tmp_path, option):
    status, said, error = call(SET, option)
    assert (status, error) == (0, "")
    assert f"archive: set.zip, {len(ARCHIVE) / 1000:.0f} kB\n" in said
    assert f"from 127.0.0.1:{project.server.server_port}, sha256 " in said
    assert "unpacked: not known; free on the disk: " in said
    assert f"to: data/{SET}\n" in said
    assert project.server.asked == []
    assert list((tmp_path / "corpus").iterdir()) == []


def test_a_cut_call_is_gone_on_with_and_what_is_here_is_said(call, project, tmp_path):
    project.served.cuts = [50_000, 0, 0, 0]
    status, _, error = call(SET, *ACCEPT)
    assert status == 2
    assert error.splitlines()[-1].endswith("; 50 kB of it are kept")
    work = tmp_path / f"corpus/data/.{SET}.fetch"
    assert (work / "set.zip.part").stat().st_size == 50_000
    assert not (tmp_path / f"corpus/data/{SET}").exists()
    assert "  50 kB of it are here\n" in call(SET, "--dry-run")[1]
    project.served.cuts = []
    assert call(SET, *ACCEPT)[0] == 0
    assert project.server.ranges_asked()[-1] == "bytes=50000-"
    assert not work.exists()


def test_a_wrong_digest_unpacks_nothing(call, project, tmp_path):
    wrong = entry("set.zip", project.server.url("set.zip"), ARCHIVE) | {"sha256": "0" * 64}
    project.name(wrong)
    status, _, error = call(SET, *ACCEPT)
    assert status == 1
    assert "Nothing was unpacked" in error
    assert not (tmp_path / f"corpus/data/{SET}").exists()


def test_an_unsafe_archive_and_one_of_another_set_are_not_put_in_place(call, project, tmp_path):
    for files, words in (
        ({"groove/info.csv": b"", "../out": b""}, "leads out of its folder"),
        (
            {"other/readme": b""},
            f"holds no root of {SET} (info.csv), neither at its top nor 2 folders below it",
        ),
    ):
        content = zip_of(files)
        project.served.content = content
        project.name(entry("set.zip", project.server.url("set.zip"), content))
        status, _, error = call(SET, *ACCEPT)
        assert status == 1
        assert words in error
        data = tmp_path / "corpus/data"
        assert [path.name for path in data.iterdir()] == [f".{SET}.fetch"]
        assert not (data / f".{SET}.fetch/unpacked").exists()


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda place: (place / "thesis.tex").write_text("mine"), "holds something else (thesis"),
        (lambda place: (place / "a").mkdir(), "holds something else (a)"),
    ],
    ids=["file", "folder"],
)
def test_a_folder_that_holds_something_else_is_left_alone(call, project, tmp_path, make, words):
    place = tmp_path / f"corpus/data/{SET}"
    place.mkdir(parents=True)
    make(place)
    before = sorted(path.name for path in place.iterdir())
    status, _, error = call(SET, *ACCEPT)
    assert status == 2
    assert f"{words}" in error
    assert "nothing is written over; take another with --to DIR" in error
    assert sorted(path.name for path in place.iterdir()) == before
    assert project.server.asked == []


def test_a_root_that_nobody_fetched_is_there_already(call, project, tmp_path):
    place = tmp_path / f"corpus/data/{SET}/groove"
    place.mkdir(parents=True)
    (place / "info.csv").write_text("")
    status, said, _ = call(SET, *ACCEPT)
    assert status == 0
    assert f"holds {SET} already, and nobody noted from which archive" in said
    assert said.rstrip().endswith(f"init {SET}=data/{SET}/groove")
    assert project.server.asked == []


def test_another_archive_of_the_set_has_a_place_of_its_own(call, project, tmp_path):
    small = zip_of({"groove/info.csv": b"small\n"})
    project.server.serve("small.zip", small)
    project.name(
        entry("set.zip", project.server.url("set.zip"), ARCHIVE),
        entry("small.zip", project.server.url("small.zip"), small),
    )
    assert call(SET, *ACCEPT)[0] == 0
    status, said, _ = call(SET, "--archive", "small.zip", *ACCEPT)
    assert status == 0
    assert (tmp_path / f"corpus/data/{SET}_small/info.csv").read_bytes() == b"small\n"
    assert "others, by --archive NAME: set.zip (201 kB)" in said
    status, _, error = call(SET, "--archive", "small.zip", "--to", f"data/{SET}", *ACCEPT)
    assert status == 2
    assert f"holds set.zip of {SET}, and nothing is written over" in error
    status, _, error = call(SET, "--archive", "large.zip", *ACCEPT)
    assert status == 2
    assert "has no archive 'large.zip'; there are: set.zip, small.zip" in error


def test_an_empty_folder_and_a_link_to_one_are_filled(call, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    assert call(SET, "--to", tmp_path / "link", *ACCEPT)[0] == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "disk/info.csv").is_file()


@pytest.mark.parametrize(
    ("to", "words"),
    [
        ("file/below", "is a file and no folder"),
        ("~/data", "begins with ~, which only a shell reads"),
        (".", "is the working folder"),
        ("results/set", "lies in results, where products are written"),
        ("/", "/: holds all other folders; name one for the set"),
    ],
    ids=["below_a_file", "home", "here", "products", "top"],
)
def test_what_can_be_no_place_is_refused(call, project, tmp_path, to, words):
    (tmp_path / "corpus/file").write_text("")
    if to == ".":
        (tmp_path / "corpus/file").unlink()
    status, _, error = call(SET, "--to", to, *ACCEPT)
    assert status != 0
    assert words in error
    assert project.server.asked == []


def test_where_a_disk_is_mounted_no_folder_takes_its_place(call, project, tmp_path, monkeypatch):
    (tmp_path / "disk").mkdir()
    monkeypatch.setattr(fetch.os.path, "ismount", lambda path: True)
    status, _, error = call(SET, "--to", tmp_path / "disk", *ACCEPT)
    assert status == 2
    assert "a disk is mounted there, and a finished folder cannot take its place" in error
    assert project.server.asked == []


def test_a_disk_that_is_too_small_is_said_before_anything_comes(
    call, project, tmp_path, monkeypatch
):
    monkeypatch.setattr(Place, "free", lambda self: 300_000)
    status, _, error = call(SET, *ACCEPT)
    assert status == 2
    assert "need 401 kB, and 300 kB are free there" in error
    assert project.server.asked == []
    assert list((tmp_path / "corpus/data").iterdir()) == []


def test_a_disk_that_fills_up_keeps_what_has_come(call, project, tmp_path, monkeypatch):
    def full(file, block):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(download, "_write_all", full)
        status, _, error = call(SET, *ACCEPT)
    assert status == 2
    assert "set.zip.part: the disk is full (" in error
    assert "what has come is kept" in error
    assert call(SET, *ACCEPT)[0] == 0


def test_an_archive_in_pieces_is_joined(call, project, tmp_path):
    pieces = [ARCHIVE[:70_000], ARCHIVE[70_000:70_001], ARCHIVE[70_001:]]
    parts = []
    for number, piece in enumerate(pieces):
        name = f"set.zip.part-a{number}"
        project.server.serve(name, piece)
        parts.append(entry(name, project.server.url(name), piece))
    project.name({"name": "set.zip", "parts": parts})
    project.server.files["set.zip.part-a2"].cuts = [10_000]
    status, said, error = call(SET, *ACCEPT)
    assert status == 0, error
    assert below(tmp_path / f"corpus/data/{SET}")["info.csv"] == FILES["groove/info.csv"]
    assert "set.zip.part-a1, 1 bytes, from 127.0.0.1" in said


def test_what_was_brought_by_hand_is_held_against_what_is_published(call, project, tmp_path):
    by_hand = {"name": "set.zip", "obtain": "fill in the form at example.org"}
    digest = {"sha256": hashlib.sha256(ARCHIVE).hexdigest()}
    project.name(by_hand | digest)
    status, _said, error = call(SET, *ACCEPT)
    assert status == 2
    assert "no address of it is published with a digest" in error
    assert "fill in the form at example.org. Then name its folder with --from DIR" in error
    (tmp_path / "brought").mkdir()
    status, _, error = call(SET, "--from", tmp_path / "brought", *ACCEPT)
    assert (status, error.rstrip().endswith("brought: lacks set.zip")) == (2, True)
    (tmp_path / "brought/set.zip").write_bytes(b"damaged")
    status, _, error = call(SET, "--from", tmp_path / "brought", *ACCEPT)
    assert status == 1
    assert "set.zip: has sha256 " in error
    (tmp_path / "brought/set.zip").write_bytes(ARCHIVE)
    assert call(SET, "--from", tmp_path / "brought", *ACCEPT)[0] == 0
    assert (tmp_path / "brought/set.zip").read_bytes() == ARCHIVE
    assert project.server.asked == []


def test_what_nobody_can_hold_against_anything_is_taken_only_if_one_says_so(
    call, project, tmp_path
):
    project.name({"name": "set.zip", "obtain": "by hand"})
    (tmp_path / "set.zip").write_bytes(ARCHIVE)
    status, _, error = call(SET, "--from", tmp_path, *ACCEPT)
    assert status == 2
    assert "nobody has published a digest to hold it against" in error
    assert call(SET, "--from", tmp_path, "--unverified", *ACCEPT)[0] == 0


def test_the_archive_is_kept_if_one_asks_for_it(call, project, tmp_path):
    data = tmp_path / "corpus/data"
    status, said, _ = call(SET, "--keep", *ACCEPT)
    assert (status, said.splitlines()[-1]) == (0, "set.zip: kept beside the folder")
    assert call(SET)[0] == 0  # which leaves it alone
    assert (data / "set.zip").read_bytes() == ARCHIVE
    assert sorted(path.name for path in data.iterdir()) == ["checksums", SET, "set.zip"]
    project.server.asked.clear()
    assert call(SET, "--to", "data/again", "--from", "data", "--keep", *ACCEPT)[0] == 0
    assert project.server.asked == []
    (data / "set.zip").write_bytes(b"other")
    status, said, _ = call(SET, "--to", "data/third", "--keep", *ACCEPT)
    assert "set.zip: not kept; a file of that name stands beside the folder" in said
    assert (data / "set.zip").read_bytes() == b"other"


def test_a_root_below_the_folder_is_said_where_the_archive_holds_more_than_one(
    call, project, tmp_path
):
    content = zip_of(FILES | {"__MACOSX/groove/._info.csv": b"shadow"})
    project.served.content = content
    project.name(entry("set.zip", project.server.url("set.zip"), content))
    status, said, error = call(SET, *ACCEPT)
    assert status == 0, error
    data = tmp_path / "corpus/data"
    assert below(data / SET) == FILES | {"__MACOSX/groove/._info.csv": b"shadow"}
    assert said.splitlines()[-1].endswith(f"init {SET}=data/{SET}/groove")
    listed = (data / f"checksums/{SET}.sha256").read_text().splitlines()
    assert [line.split("  ")[1] for line in listed][-1] == "info.csv"
    assert call(SET)[0] == 0
    assert run_command(tmp_path / "corpus", "init", f"{SET}=data/{SET}/groove")[0] == 0


def test_a_lone_folder_that_is_of_the_layout_stays_what_it_is(call, tmp_path):
    files = {"data/test/annotation/1_mix_kit.txt": b"1.0\tBD\t100\n"}
    (tmp_path / "STAR_Drums_preview.zip").write_bytes(zip_of(files))
    licence = yaml.safe_load((REPO / "resources/source_sets/star_drums.yaml").read_text())[
        "license"
    ]
    options = ["--archive", "STAR_Drums_preview.zip", "--from", tmp_path, "--unverified"]
    status, said, error = call("star_drums", *options, "--accept", licence)
    assert status == 0, error
    assert below(tmp_path / "corpus/data/star_drums_STAR_Drums_preview") == files
    assert said.splitlines()[-1].endswith("init star_drums=data/star_drums_STAR_Drums_preview")


def test_saying_what_would_be_fetched_takes_nothing_away(call, project, tmp_path):
    project.served.cuts = [50_000, 0, 0, 0]
    call(SET, *ACCEPT)
    project.name(entry("set.zip", project.server.url("moved.zip"), ARCHIVE))
    assert "50 kB of it are here" in call(SET, "--dry-run")[1]
    assert (tmp_path / f"corpus/data/.{SET}.fetch/set.zip.part").stat().st_size == 50_000
    place = tmp_path / "corpus/data" / SET
    place.mkdir()
    (place / "mine").write_text("")
    assert f"to: data/{SET} (stands there: mine)\n" in call(SET, "--dry-run")[1]


def test_two_calls_do_not_fetch_to_one_place(call, project, tmp_path):
    with Place(tmp_path / f"corpus/data/{SET}").working():
        status, _, error = call(SET, *ACCEPT)
    assert status == 2
    assert f"data/{SET}: another call fetches to it; wait for that" in error


def test_a_list_of_somebody_else_is_not_written_over(call, tmp_path):
    lists = tmp_path / "corpus/data/checksums"
    lists.mkdir(parents=True)
    (lists / f"{SET}.sha256").write_text(f"{'0' * 64}  info.csv\n")
    status, _, error = call(SET, *ACCEPT)
    assert status == 1
    assert "info.csv: digest: has sha256 " in error
    assert (lists / f"{SET}.sha256").read_text() == f"{'0' * 64}  info.csv\n"
    shutil.rmtree(tmp_path / f"corpus/data/{SET}")  # nor when it is fetched once more
    assert call(SET, *ACCEPT)[0] == 1
    assert (lists / f"{SET}.sha256").read_text() == f"{'0' * 64}  info.csv\n"
    assert call(SET)[0] == 1
    assert not (tmp_path / f"corpus/data/.{SET}.fetch").exists()


def test_a_list_of_an_earlier_fetch_goes_with_the_folder(call, project, tmp_path):
    assert call(SET, *ACCEPT)[0] == 0
    shutil.rmtree(tmp_path / f"corpus/data/{SET}")
    content = zip_of({"groove/info.csv": b"new\n"})
    project.served.content = content
    project.name(entry("set.zip", project.server.url("set.zip"), content))
    assert call(SET, *ACCEPT)[0] == 0


def test_without_a_set_all_are_listed_with_what_is_fetched(tmp_path):
    status, said, error = run_command(tmp_path, "fetch")
    assert (status, error) == (0, "")
    lines = {line.split()[0]: line for line in said.splitlines()}
    assert "groove-v1.0.0.zip, 5.11 GB" in lines["groove_mididataset"]
    assert "by hand" in lines["mdb_drums"]
    assert lines["idmt_smt_drums_v2"].endswith("CC-BY-NC-ND-4.0")


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("grove", 2, "grove: no such source set; there are: slakh2100, "),
        ("signaturesounds", 2, "no archive is published; get it at https://signaturesounds.org"),
        ("mdb_drums", 2, "no archive is published; get it at https://github.com/CarlSouthall"),
    ],
)
def test_a_set_that_is_not_and_one_that_has_no_archive(tmp_path, name, status, words):
    got, _, error = run_command(tmp_path, "fetch", name, "--accept", "x")
    assert got == status
    assert words in error
    assert "Traceback" not in error


RUN = """
import sys
from drumcorpus.commands import fetch
from drumcorpus.__main__ import main
from pathlib import Path
fetch.project_folder = lambda: Path({project!r})
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGKILL], ids=["keyboard", "kill"])
def test_a_call_that_is_stopped_is_gone_on_with(call, project, tmp_path, kind):
    content = zip_of(FILES | {"groove/long.wav": random.Random(1).randbytes(20_000_000)})
    project.served.content = content
    project.served.pause = (1_000_000, 30.0)
    project.name(entry("set.zip", project.server.url("set.zip"), content))
    command = [sys.executable, "-c", RUN.format(project=str(project.folder)), "fetch", SET]
    environment = os.environ | {"PYTHONPATH": str(REPO / "src")}
    started = subprocess.Popen(
        [*command, *ACCEPT],
        env=environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # A shell that started the tests in the background has them ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    part = tmp_path / f"corpus/data/.{SET}.fetch/set.zip.part"
    until = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size) and time.monotonic() < until:
        time.sleep(0.02)
    started.send_signal(kind)
    error = started.communicate()[1].decode()
    n_kept = part.stat().st_size
    assert 0 < n_kept <= 1_000_000
    if kind == signal.SIGINT:
        assert started.returncode == 2
        assert "stopped from the keyboard; what has come is kept in" in error.splitlines()[-1]
        assert "Traceback" not in error
    project.served.pause = None
    assert call(SET, *ACCEPT)[0] == 0
    assert project.server.ranges_asked()[-1] == f"bytes={n_kept}-"


@pytest.fixture(scope="module")
def signed_by_itself(tmp_path_factory):
    """A certificate of this machine that nobody else has signed: with its key, and alone."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl, which makes the certificate, is not installed")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
            *("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"),
            *("-keyout", folder / "key.pem", "-out", folder / "alone.pem"),
        ],
        check=True,
        capture_output=True,
    )
    both = folder / "both.pem"
    both.write_bytes((folder / "alone.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both, folder / "alone.pem"


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_certificates_that_are_not_there_are_named_with_who_names_them(
    call, project, tmp_path, monkeypatch, variable
):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    project.name(entry("set.zip", "https://127.0.0.1:9/set.zip", ARCHIVE))
    gone = tmp_path / "gone.pem"
    monkeypatch.setenv(variable, str(gone))
    status, _, error = call(SET, *ACCEPT)
    assert status == 2
    assert error.endswith(f"set.zip: {variable}: {gone}: is not there; correct or unset it\n")


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_server_that_signs_for_itself_is_trusted_only_by_the_environment(
    call, project, tmp_path, monkeypatch, signed_by_itself, variable
):
    both, alone = signed_by_itself
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)
    with archive_server(both) as server:
        server.serve("set.zip", ARCHIVE)
        project.name(entry("set.zip", server.url("set.zip"), ARCHIVE))
        status, _, error = call(SET, *ACCEPT)
        assert status == 2
        assert f"127.0.0.1:{server.server_port} could not prove by TLS who it is" in error
        assert "self-signed certificate" in error
        assert "REQUESTS_CA_BUNDLE" in error
        assert "Traceback" not in error
        assert server.asked == []
        monkeypatch.setenv(variable, str(alone))
        assert call(SET, *ACCEPT)[0] == 0
        assert [name for name, _ in server.asked] == ["set.zip"]
    assert below(tmp_path / f"corpus/data/{SET}")["info.csv"] == FILES["groove/info.csv"]
