"""Files come whole or not at all: over cut connections, changed files and servers of every kind."""

import errno
import hashlib
import json
import random
import shutil
import socket

import pytest
import requests
from archive_server import archive_server

from drumcorpus.ground.archives import download
from drumcorpus.ground.archives.begun import Begun, validator_of
from drumcorpus.ground.archives.download import fetch_part, why_not_as_published
from drumcorpus.ground.archives.http_words import NotFetched
from drumcorpus.ground.archives.published import Part

CONTENT = random.Random(7).randbytes(3_000_000)
PROXIES = [f"{name}_proxy" for name in ("http", "https", "all", "no")]


class Notes:
    """What a person would see."""

    def __init__(self):
        self.sentences, self.begun, self.n_bytes = [], [], 0

    def begin(self, what, total, done=0):
        self.begun.append((what, total, done))

    def advance(self, n_bytes):
        self.n_bytes += n_bytes

    def say(self, sentence):
        self.sentences.append(sentence)


@pytest.fixture
def server(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with archive_server() as started:
        yield started


@pytest.fixture
def notes():
    return Notes()


def part_of(server, content=CONTENT, *, name="set.zip", url=None, sized=True, **digests):
    digests = digests or {"sha256": hashlib.sha256(content).hexdigest()}
    return Part(name, url or server.url(name), len(content) if sized else None, **digests)


def fetch(part, folder, notes, waits=(0.0, 0.0), **options):
    return fetch_part(part, folder, shown=notes, waits=waits, sleep=lambda s: None, **options)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_comes_whole_and_is_asked_for_once(server, tmp_path, notes):
    server.serve("set.zip", CONTENT)
    path = fetch(part_of(server), tmp_path, notes)
    assert path.read_bytes() == CONTENT
    assert names(tmp_path) == ["set.zip"]
    assert server.ranges_asked() == [None]
    assert server.asked[0][1]["Accept-Encoding"] == "identity"
    assert notes.begun == [("set.zip", len(CONTENT), 0), ("checking set.zip", len(CONTENT), 0)]
    # A second call asks nobody, and looks at what is here.
    assert fetch(part_of(server), tmp_path, notes) == path
    assert len(server.asked) == 1


def test_a_cut_connection_goes_on_where_it_broke_off(server, tmp_path, notes):
    server.serve("set.zip", CONTENT).cuts = [1_000_000, 500_000]
    path = fetch(part_of(server), tmp_path, notes)
    assert path.read_bytes() == CONTENT
    first, second, third = server.ranges_asked()
    assert (first, third) == (None, "bytes=1500000-")
    assert second == "bytes=1000000-"
    assert server.asked[1][1]["If-Range"] == '"1"'
    assert len(notes.sentences) == 2
    assert "1 MB here; next try in 0 s" in notes.sentences[0]


def test_a_later_call_goes_on_with_what_an_earlier_one_has_kept(server, tmp_path, notes):
    served = server.serve("set.zip", CONTENT)
    served.cuts = [1_000_000, 0, 0, 0]
    with pytest.raises(NotFetched, match=r"set\.zip: .*; 1 MB of it are kept"):
        fetch(part_of(server), tmp_path, notes)
    assert names(tmp_path) == ["set.zip.part", "set.zip.part.json"]
    served.cuts = []
    server.asked.clear()
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    assert server.ranges_asked() == ["bytes=1000000-"]


def test_it_is_given_up_when_nothing_comes_any_more(server, tmp_path, notes):
    server.serve("set.zip", CONTENT).cuts = [0] * 9
    with pytest.raises(NotFetched, match=r"127\.0\.0\.1:\d+ "):
        fetch(part_of(server), tmp_path, notes, waits=(1.0, 2.0))
    assert len(server.asked) == 3  # one try, and one after each wait
    assert [sentence[-6:] for sentence in notes.sentences] == ["in 1 s", "in 2 s"]


@pytest.mark.parametrize("ranges", ["refused", "elsewhere"])
def test_where_a_server_does_not_go_on_it_starts_anew(server, tmp_path, notes, ranges):
    served = server.serve("set.zip", CONTENT, ranges=ranges)
    served.cuts = [1_000_000]
    if ranges == "elsewhere":  # and then it is asked for all of it
        served.cuts.append(0)
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    assert "from the beginning" in " ".join(notes.sentences)


def test_a_file_that_was_changed_meanwhile_is_fetched_from_its_beginning(server, tmp_path, notes):
    other = CONTENT[::-1]
    served = server.serve("set.zip", other)
    served.cuts, served.changes = [1_000_000], [(CONTENT, '"2"')]
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    assert "has another file there by now; from the beginning" in notes.sentences[-1]


def test_without_a_validator_a_wrong_whole_is_fetched_anew_once(server, tmp_path, notes):
    served = server.serve("set.zip", CONTENT, None)
    (tmp_path / "set.zip.part").write_bytes(b"\0" * 1_000_000)
    (tmp_path / "set.zip.part.json").write_text(f'{{"url": "{server.url("set.zip")}"}}')
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    assert server.ranges_asked() == ["bytes=1000000-", None]
    assert "If-Range" not in server.asked[0][1]
    assert "after it went on from an earlier call; fetched anew" in notes.sentences[0]
    assert served.content == CONTENT


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_a_wrong_digest_leaves_nothing(server, tmp_path, notes, algorithm):
    server.serve("set.zip", CONTENT)
    right = hashlib.new(algorithm, CONTENT).hexdigest()
    wrong = {algorithm: "0" * len(right)}
    with pytest.raises(ValueError, match=f"has {algorithm} {right[:12]}…, and 000000000000… is"):
        fetch(part_of(server, **wrong), tmp_path, notes)
    assert names(tmp_path) == []
    assert len(server.asked) == 1


def test_both_digests_are_held_against_where_there_are_two(tmp_path, notes):
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    md5, sha256 = hashlib.md5(b"abc").hexdigest(), hashlib.sha256(b"abc").hexdigest()
    assert why_not_as_published(path, Part("a", None, 3, md5, sha256), notes) == ""
    assert "md5" in why_not_as_published(path, Part("a", None, 3, "0" * 32, sha256), notes)
    assert "sha256" in why_not_as_published(path, Part("a", None, 3, md5, "0" * 64), notes)
    assert why_not_as_published(path, Part("a", None, 4, md5), notes) == (
        "has 3 bytes, and 4 are published"
    )


def test_another_size_than_is_published_is_refused_before_it_comes(server, tmp_path, notes):
    server.serve("set.zip", CONTENT + b"x")
    with pytest.raises(ValueError, match="offers 3,000,001 bytes, and 3,000,000 are published"):
        fetch(part_of(server), tmp_path, notes)
    assert names(tmp_path) == []


def test_a_size_that_nobody_says_is_no_hindrance(server, tmp_path, notes):
    server.serve("set.zip", CONTENT, sized=False)
    assert fetch(part_of(server, sized=False), tmp_path, notes).read_bytes() == CONTENT


def test_a_server_that_sends_without_an_end_is_stopped(server, tmp_path, notes):
    server.serve("set.zip", CONTENT * 2, sized=False)
    with pytest.raises(NotFetched, match="sends more than it said"):
        fetch(part_of(server), tmp_path, notes)
    assert names(tmp_path) == []


def test_what_is_all_here_and_not_yet_looked_at_is_not_fetched_again(server, tmp_path, notes):
    server.serve("set.zip", CONTENT)
    part = part_of(server, sized=False)
    (tmp_path / "set.zip.part").write_bytes(CONTENT)
    (tmp_path / "set.zip.part.json").write_text(f'{{"url": "{part.url}", "validator": "\\"1\\""}}')
    assert fetch(part, tmp_path, notes).read_bytes() == CONTENT
    assert server.ranges_asked() == ["bytes=3000000-"]


def test_a_beginning_of_another_address_or_too_long_is_dropped(server, tmp_path):
    for note, size in (("http://elsewhere/set.zip", 5), (server.url("set.zip"), 3_000_001)):
        (tmp_path / "set.zip.part").write_bytes(b"\0" * size)
        (tmp_path / "set.zip.part.json").write_text(f'{{"url": "{note}"}}')
        assert Begun(part_of(server), tmp_path).size == 0
    (tmp_path / "set.zip.part").write_bytes(b"abc")
    (tmp_path / "set.zip.part.json").write_text("no JSON")
    assert Begun(part_of(server), tmp_path).size == 0


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"a"', "Last-Modified": "today"}, '"a"'),
        ({"ETag": 'W/"a"', "Last-Modified": "today"}, "today"),
        ({"ETag": 'W/"a"'}, ""),
        ({}, ""),
    ],
    ids=["strong", "weak", "weak alone", "none"],
)
def test_what_a_server_knows_a_file_again_by(headers, validator):
    assert validator_of(headers) == validator


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "gives it to those who have logged in or asked (status 401); by hand: a form"),
        (403, "gives it to those who have logged in or asked (status 403); by hand: a form"),
        (404, "has it no more at this address (status 404); by hand: a form"),
        (410, "has it no more at this address (status 410); by hand: a form"),
        (451, "refuses it (status 451); by hand: a form"),
    ],
)
def test_a_refusal_says_what_to_do_and_is_not_asked_twice(server, tmp_path, notes, status, words):
    server.serve("set.zip", CONTENT).statuses = [status]
    with pytest.raises(NotFetched) as caught:
        fetch(part_of(server), tmp_path, notes, obtain="a form")
    assert words in str(caught.value)
    assert len(server.asked) == 1


def test_a_page_in_place_of_the_file_is_taken_for_a_login(server, tmp_path, notes):
    for kind in ("text/html; charset=utf-8", "Text/HTML"):
        server.serve("set.zip", CONTENT).content_type = kind
        with pytest.raises(NotFetched, match="answers with a page and not with the file: it may"):
            fetch(part_of(server), tmp_path, notes)
        assert names(tmp_path) == []


def test_numbers_of_a_server_that_are_beyond_reason_are_none(server, tmp_path, notes):
    served = server.serve("set.zip", CONTENT)
    served.statuses, served.headers = [503], {"Retry-After": "9" * 5000}
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    assert download._number("9" * 18) == 10**18 - 1
    assert download._number("9" * 19) is None


@pytest.mark.parametrize("validator", [5, "a\nb", None], ids=["number", "two_lines", "null"])
def test_a_damaged_note_does_not_keep_a_file_from_coming(server, tmp_path, notes, validator):
    server.serve("set.zip", CONTENT)
    (tmp_path / "set.zip.part").write_bytes(CONTENT[:1000])
    note = {"url": server.url("set.zip"), "validator": validator}
    (tmp_path / "set.zip.part.json").write_text(json.dumps(note))
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    assert server.ranges_asked() == ["bytes=1000-"]


def test_a_busy_server_is_waited_for_as_long_as_it_asks(server, tmp_path, notes):
    served = server.serve("set.zip", CONTENT)
    served.statuses, served.headers = [503, 429], {"Retry-After": "7"}
    waited = []
    part = part_of(server)
    fetch_part(part, tmp_path, shown=notes, waits=(1.0, 2.0), sleep=waited.append)
    assert waited == [7.0, 7.0]
    served.statuses, served.headers = [500], {"Retry-After": "99999"}
    (tmp_path / "set.zip").unlink()
    waited.clear()
    fetch_part(part, tmp_path, shown=notes, waits=(1.0, 2.0), sleep=waited.append)
    assert waited == [120.0]


def test_a_redirect_is_followed_and_one_without_end_is_not(server, tmp_path, notes):
    server.serve("set.zip", CONTENT).location = server.url("there.zip")
    server.serve("there.zip", CONTENT)
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    (tmp_path / "set.zip").unlink()
    server.files["set.zip"].location = server.url("set.zip")
    with pytest.raises(NotFetched, match="sends from one address to the next without an end"):
        fetch(part_of(server), tmp_path, notes)


@pytest.mark.parametrize("location", ["http://[::bad", "ftp://example.org/set.zip"])
def test_a_redirect_to_what_is_no_address_is_not_asked_twice(server, tmp_path, notes, location):
    server.serve("set.zip", CONTENT).location = location
    with pytest.raises(NotFetched, match=r"set\.zip: .* sends to an address that cannot be read"):
        fetch(part_of(server), tmp_path, notes)
    assert len(server.asked) == 1


def test_a_server_without_tls_cannot_prove_who_it_is(server, tmp_path, notes):
    url = server.url("set.zip").replace("http:", "https:")
    with pytest.raises(NotFetched, match=r"could not prove by TLS who it is .*REQUESTS_CA_BUNDLE"):
        fetch(part_of(server, url=url), tmp_path, notes)
    assert notes.sentences == []


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_a_proxy_that_does_not_answer_is_named_without_its_password(
    server, tmp_path, notes, monkeypatch
):
    monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{free_port()}")
    with pytest.raises(NotFetched, match="by way of a proxy") as caught:
        fetch(part_of(server, url="http://nowhere.invalid/set.zip"), tmp_path, notes)
    assert "127.0.0.1:" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_host_that_is_not_found_and_one_that_refuses(server, tmp_path, notes):
    with pytest.raises(NotFetched, match=r"nowhere\.invalid is not found: is there a network here"):
        fetch(part_of(server, url="http://nowhere.invalid/set.zip"), tmp_path, notes)
    gone = f"http://127.0.0.1:{free_port()}/set.zip"
    with pytest.raises(NotFetched, match=r"cannot be reached \(Connection refused\)"):
        fetch(part_of(server, url=gone), tmp_path, notes)


def test_a_full_disk_keeps_what_has_come(server, tmp_path, notes, monkeypatch):
    server.serve("set.zip", CONTENT)
    write = download._write_all
    n_blocks = []

    def full_after_one(file, block):
        if n_blocks:
            raise OSError(errno.ENOSPC, "No space left on device")
        n_blocks.append(len(block))
        write(file, block)

    monkeypatch.setattr(download, "_write_all", full_after_one)
    with pytest.raises(OSError, match="No space left") as caught:
        fetch(part_of(server), tmp_path, notes)
    assert caught.value.filename == str(tmp_path / "set.zip.part")
    kept = (tmp_path / "set.zip.part").read_bytes()
    assert 0 < len(kept) == n_blocks[0]
    assert kept == CONTENT[: len(kept)]
    monkeypatch.setattr(download, "_write_all", write)
    assert fetch(part_of(server), tmp_path, notes).read_bytes() == CONTENT
    assert server.ranges_asked()[1] == f"bytes={len(kept)}-"


def test_a_stop_from_the_keyboard_keeps_what_has_come(server, tmp_path, notes, monkeypatch):
    server.serve("set.zip", CONTENT)

    def stop(n_bytes):
        raise KeyboardInterrupt

    monkeypatch.setattr(notes, "advance", stop)
    with pytest.raises(KeyboardInterrupt):
        fetch(part_of(server), tmp_path, notes)
    kept = (tmp_path / "set.zip.part").read_bytes()
    assert kept == CONTENT[: len(kept)] != b""
    assert fetch(part_of(server), tmp_path, Notes()).read_bytes() == CONTENT


def test_a_server_that_falls_silent_is_left_and_gone_on_with(server, tmp_path, notes, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUTS_S", (1.0, 0.2))
    served = server.serve("set.zip", CONTENT)
    served.pause = (600_000, 30.0)

    def end_the_silence(seconds):
        served.pause = None

    part = part_of(server)
    path = fetch_part(part, tmp_path, shown=notes, waits=(0.0,), sleep=end_the_silence)
    assert path.read_bytes() == CONTENT
    n_kept = int(server.ranges_asked()[1].removeprefix("bytes=").removesuffix("-"))
    assert 0 < n_kept <= 600_000


def test_another_size_is_refused_also_where_one_goes_on(server, tmp_path, notes):
    served = server.serve("set.zip", CONTENT)
    served.cuts, served.changes = [1_000_000], [(CONTENT + b"more", '"1"')]
    with pytest.raises(ValueError, match="offers 3,000,004 bytes, and 3,000,000 are published"):
        fetch(part_of(server), tmp_path, notes)


def test_a_detour_that_is_not_encrypted_is_refused(tmp_path, notes):
    part = Part("set.zip", "https://example.org/set.zip", md5="0" * 32)
    transfer = download._Transfer(part, Begun(part, tmp_path), notes, "", (), None)
    answers = [requests.Response() for _ in range(2)]
    answers[0].url, answers[1].url = part.url, "https://elsewhere.org/set.zip"
    transfer._refuse_detours(answers)
    answers[0].url = "http://example.org/set.zip"
    with pytest.raises(NotFetched, match=r"example\.org sends to an address that is not encrypted"):
        transfer._refuse_detours(answers)


def test_a_size_that_the_disk_has_no_room_for_is_said_before_it_comes(
    server, tmp_path, notes, monkeypatch
):
    server.serve("set.zip", CONTENT)
    usage = shutil.disk_usage(tmp_path)._replace(free=1_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage)
    with pytest.raises(OSError, match="3 MB are needed, and 1 MB are free") as caught:
        fetch(part_of(server, sized=False), tmp_path, notes)
    assert caught.value.errno == errno.ENOSPC
    assert names(tmp_path) == []
