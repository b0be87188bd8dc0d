"""One file over HTTP: resumed where it broke off, and held against its published size and digest.

`requests` does the talking: it is in the lock already, knows proxies, certificates and redirects,
and hands out the bytes as they come. pooch, there too, begins every download anew, and Snakemake's
storage plug-in for HTTP is not in the lock and does the same. What it takes to go on with a file
(Range, If-Range) stands here.
"""

import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

import requests
import urllib3

from drumcorpus.ground.archives.begun import Begun, validator_of
from drumcorpus.ground.archives.http_words import (
    NotFetched,
    host_of,
    is_for_good,
    words_of_certificates,
    words_of_failure,
    words_of_status,
)
from drumcorpus.ground.archives.published import Part
from drumcorpus.ground.archives.room import require_room
from drumcorpus.ground.files.atomic import naming
from drumcorpus.ground.pages.shown import data_size

WAITS_S = (1.0, 2.0, 5.0, 15.0, 30.0)  # before the next try, while nothing comes
MAX_TRIES = 200  # of one file in one call, also where each brings something
TIMEOUTS_S = (30.0, 60.0)  # to be connected, and between two bytes
_LONGEST_WAIT_S = 120.0  # that a server may ask for
_BLOCK = 1 << 18
_MOST_DIGITS = 18  # of a number that a server says
_BUSY = (408, 425, 429, 500, 502, 503, 504)
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_COMING = (requests.exceptions.RequestException, urllib3.exceptions.HTTPError)


class Shown(Protocol):
    """What a person sees of it."""

    def begin(self, what: str, total: int | None, done: int = 0) -> None:
        """A piece of work begins, of so many bytes."""

    def advance(self, n_bytes: int) -> None:
        """So many bytes more are done."""

    def say(self, sentence: str) -> None:
        """Something to know."""


def fetch_part(
    part: Part,
    folder: Path,
    *,
    shown: Shown,
    obtain: str = "",
    waits: Sequence[float] | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Path:
    """Fetch a file, or what is missing of it; returns its path when it is as published.

    Parameters
    ----------
    part : Part
        With address and digest.
    folder : Path
        Where it goes; it is there as ``NAME.part`` until it is whole and right.
    shown : Shown
    obtain : str
        How a person gets it by hand, where the server hands it out to nobody.
    waits : sequence of float, optional
        Seconds before the next try, else `WAITS_S`; it is given up when as many tries have brought
        nothing.

    Raises
    ------
    NotFetched
        If it does not come; what has come is kept.
    ValueError
        If it is not what is published; then it is taken away.
    """
    whole, waits = folder / part.name, WAITS_S if waits is None else waits
    if whole.exists() and not why_not_as_published(whole, part, shown):
        return whole
    whole.unlink(missing_ok=True)
    begun = Begun(part, folder)
    was_begun = begun.size > 0
    _Transfer(part, begun, shown, obtain, waits, sleep).run()
    why = why_not_as_published(begun.path, part, shown)
    if why and was_begun:
        shown.say(f"{part.name}: {why}, after it went on from an earlier call; fetched anew")
        begun.drop()
        _Transfer(part, begun, shown, obtain, waits, sleep).run()
        why = why_not_as_published(begun.path, part, shown)
    if why:
        begun.drop()
        raise ValueError(
            f"{part.name}: {why}; it was damaged on the way, or the publisher has changed it. "
            "Nothing was unpacked. Try again; if it stays so, the card is out of date"
        )
    begun.finish(whole)
    return whole


def why_not_as_published(path: Path, part: Part, shown: Shown) -> str:
    """What of a file is not as published: its size or a digest; empty where all is."""
    size = path.stat().st_size
    if part.bytes is not None and size != part.bytes:
        return f"has {size:,} bytes, and {part.bytes:,} are published"
    hashers = {name: hashlib.new(name, usedforsecurity=False) for name in part.digests}
    shown.begin(f"checking {part.name}", size)
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            for hasher in hashers.values():
                hasher.update(block)
            shown.advance(len(block))
    for name, hasher in hashers.items():
        if hasher.hexdigest() != part.digests[name]:
            got, wanted = hasher.hexdigest()[:12], part.digests[name][:12]
            return f"has {name} {got}…, and {wanted}… is published"
    return ""


class _Transfer:
    """The tries of one file."""

    def __init__(self, part: Part, begun: Begun, shown: Shown, obtain: str, waits, sleep):
        self.part, self.begun, self.shown, self.obtain = part, begun, shown, obtain
        self.waits, self.sleep = waits, sleep
        self.total = part.bytes
        self.asked_wait = 0.0

    def run(self) -> None:
        n_in_vain = 0
        for _ in range(MAX_TRIES):
            before = self.begun.size
            try:
                with requests.Session() as session:
                    if self._is_whole_after_a_try(session):
                        return
                why = f"{host_of(self.part.url)} broke off"
            except _COMING as error:
                why = words_of_failure(error, self.part.url)
                if is_for_good(error):
                    raise self._given_up(why) from error
            n_in_vain = 0 if self.begun.size > before else n_in_vain + 1
            if n_in_vain > len(self.waits):
                raise self._given_up(why)
            wait = max(self.waits[max(n_in_vain - 1, 0)] if self.waits else 0, self.asked_wait)
            self.asked_wait = 0.0
            kept = f" with {data_size(self.begun.size)} here" if self.begun.size else ""
            self.shown.say(f"{self.part.name}: {why}{kept}; next try in {wait:g} s")
            self.sleep(wait)
        raise self._given_up(f"{host_of(self.part.url)} broke off {MAX_TRIES} times")

    def _is_whole_after_a_try(self, session: requests.Session) -> bool:
        size = self.begun.size
        if self.total is not None and size == self.total:
            return True
        # As it lies there: what a server packs on the way has another digest.
        headers = {"Accept-Encoding": "identity", "User-Agent": "drumcorpus"}
        if size:
            headers["Range"] = f"bytes={size}-"
            if self.begun.validator:
                headers["If-Range"] = self.begun.validator
        with self._ask(session, headers) as response:
            self._refuse_detours([*response.history, response])
            if size and response.status_code == 416:
                if response.headers.get("Content-Range") == f"bytes */{size}":
                    return True  # all of it was here already
                self._begin_anew("has less of it than is here")
                return False
            file = self._file_for(response, size)
            if file is None:
                return False
            with file:
                return self._write(response, file)

    def _ask(self, session: requests.Session, headers: dict[str, str]) -> requests.Response:
        try:
            return session.get(self.part.url, headers=headers, stream=True, timeout=TIMEOUTS_S)
        except requests.exceptions.RequestException:
            raise
        except ValueError as error:  # of a redirect that no library can take apart
            raise requests.exceptions.InvalidURL(str(error)) from error
        except OSError as error:
            if why := words_of_certificates():
                raise self._given_up(why) from error
            raise

    def _refuse_detours(self, responses: Sequence[requests.Response]) -> None:
        plain = any(not response.url.startswith("https:") for response in responses)
        if self.part.url.startswith("https:") and plain:
            raise self._given_up(
                f"{host_of(self.part.url)} sends to an address that is not encrypted"
            )

    def _file_for(self, response: requests.Response, size: int) -> BinaryIO | None:
        """The file to write an answer to; None where the answer is none and one asks again."""
        status, headers = response.status_code, response.headers
        if status in _BUSY:
            self.asked_wait = _wait_of(headers)
            return None
        if status == 206 and size:
            return self._carry_on(headers, size)
        if status != 200:
            raise self._given_up(words_of_status(status, self.part.url, self.obtain))
        if headers.get("Content-Type", "").lower().startswith("text/html"):
            raise self._given_up(
                f"{host_of(self.part.url)} answers with a page and not with the file: it may ask "
                f"for a login{f'; by hand: {self.obtain}' if self.obtain else ''}"
            )
        self._require_size(_number(headers.get("Content-Length")))
        if size:
            is_other = self.begun.validator and self.begun.validator != validator_of(headers)
            why = "has another file there by now" if is_other else "does not go on from the middle"
            self.shown.say(f"{self.part.name}: {host_of(self.part.url)} {why}; from the beginning")
        self.shown.begin(self.part.name, self.total)
        return self.begun.begin(headers)

    def _carry_on(self, headers: Mapping[str, str], size: int) -> BinaryIO | None:
        match = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if not match or _number(match[1]) != size:
            return self._begin_anew("goes on elsewhere than was asked")
        if self.begun.validator and validator_of(headers) not in ("", self.begun.validator):
            return self._begin_anew("has another file there by now")
        self._require_size(_number(match[2]))
        self.shown.begin(self.part.name, self.total, size)
        return self.begun.carry_on()

    def _begin_anew(self, why: str) -> None:
        self.shown.say(f"{self.part.name}: {host_of(self.part.url)} {why}; from the beginning")
        self.begun.drop()

    def _require_size(self, offered: int | None) -> None:
        if offered is None:
            return
        if self.part.bytes is not None and offered != self.part.bytes:
            raise ValueError(
                f"{self.part.name}: {host_of(self.part.url)} offers {offered:,} bytes, and "
                f"{self.part.bytes:,} are published: another file, or the card is out of date; "
                "nothing was fetched"
            )
        self.total = offered
        require_room(self.begun.path.parent, offered - self.begun.size)

    def _write(self, response: requests.Response, file: BinaryIO) -> bool:
        """Write what comes; whether the file is whole then."""
        for block in response.raw.stream(_BLOCK, decode_content=False):
            with naming(self.begun.path):
                _write_all(file, block)
            self.shown.advance(len(block))
            if self.total is not None and self.begun.size > self.total:
                self.begun.drop()
                raise self._given_up(f"{host_of(self.part.url)} sends more than it said")
        return self.total is None or self.begun.size == self.total

    def _given_up(self, why: str) -> NotFetched:
        kept = f"; {data_size(self.begun.size)} of it are kept" if self.begun.size else ""
        return NotFetched(f"{self.part.name}: {why}{kept}")


def _write_all(file: BinaryIO, block: bytes) -> None:
    """Write a block to a file without a buffer, which may take a part of it at a time."""
    view = memoryview(block)
    while view:
        view = view[file.write(view) :]


def _number(text: str | None) -> int | None:
    is_number = text and text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


def _wait_of(headers: Mapping[str, str]) -> float:
    """Seconds that a busy server asks one to wait, within reason."""
    return min(float(_number(headers.get("Retry-After")) or 0), _LONGEST_WAIT_S)
