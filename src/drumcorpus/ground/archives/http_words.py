"""What keeps a file from coming over the network, in one sentence that says what to do."""

import os
from pathlib import Path
from urllib.parse import urlsplit

import requests

from drumcorpus.ground.files.paths import visible

_PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")  # the first that says something counts
_SHOWN = 120  # characters of what a library says


class NotFetched(LookupError):
    """A file that did not come, with the reason and what to do."""


def host_of(url: str) -> str:
    """The host of an address, without names and passwords."""
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)


def words_of_status(status: int, url: str, obtain: str) -> str:
    """Why a server refuses a file for good, by its status; what is done by hand is `obtain`."""
    host = host_of(url)
    by_hand = f"; by hand: {obtain}" if obtain else ""
    if status in (401, 403, 407):
        return f"{host} gives it to those who have logged in or asked (status {status}){by_hand}"
    if status in (404, 410):
        return f"{host} has it no more at this address (status {status}){by_hand}"
    return f"{host} refuses it (status {status}){by_hand}"


def words_of_failure(error: Exception, url: str) -> str:
    """Why a server was not reached or did not go on, by what the library raised."""
    host = host_of(url)
    if isinstance(error, requests.exceptions.ProxyError):
        proxies = sorted({host_of(os.environ[name]) for name in _PROXIES if os.environ.get(name)})
        return (
            f"{host} is asked by way of a proxy ({', '.join(proxies) or 'of the system'}), which "
            "does not let it through; correct HTTPS_PROXY, or name the host in NO_PROXY"
        )
    if isinstance(error, requests.exceptions.SSLError):
        return (
            f"{host} could not prove by TLS who it is ({_inmost(error)}); where a proxy signs in "
            "its place, name that certificate by REQUESTS_CA_BUNDLE"
        )
    if isinstance(error, requests.exceptions.TooManyRedirects):
        return f"{host} sends from one address to the next without an end"
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return f"{host} sends to an address that cannot be read ({_inmost(error)})"
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ReadTimeout):
        return f"{host} does not answer"
    if "NameResolutionError" in repr(error) or "Failed to resolve" in str(error):
        return f"{host} is not found: is there a network here?"
    if isinstance(error, requests.exceptions.ConnectionError):
        return f"{host} cannot be reached ({_inmost(error)})"
    return f"{host} broke off"


def words_of_certificates() -> str:
    """What is wrong with the certificates of the environment; empty where they are there."""
    for name in _CERTIFICATES:
        if place := os.environ.get(name):
            is_there = Path(place).exists()
            return (
                "" if is_there else f"{name}: {visible(place)}: is not there; correct or unset it"
            )
    return ""


def is_for_good(error: Exception) -> bool:
    """Whether asking once more would change nothing."""
    kinds = (
        *(requests.exceptions.ProxyError, requests.exceptions.SSLError),
        *(requests.exceptions.TooManyRedirects, requests.exceptions.InvalidURL),
        requests.exceptions.InvalidSchema,
    )
    return isinstance(error, kinds)


def _inmost(error: Exception) -> str:
    """The first cause of an error, in a line."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) and cause not in causes:
        causes.append(cause)
    words = str(getattr(causes[-1], "strerror", None) or causes[-1]) or type(causes[-1]).__name__
    return visible(words)[:_SHOWN]
