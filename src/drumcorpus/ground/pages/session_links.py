"""Where other pages find a session to see and hear."""

import hashlib
from collections.abc import Iterable, Mapping
from urllib.parse import quote

N_HASH = 10  # hexadecimal digits of an anchor; equal ones would be an error


def session_hash(source_set: str, session_id: str) -> str:
    """What draws a session, and names its place on a page: it depends on its name alone."""
    return hashlib.sha256(f"{source_set}/{session_id}".encode()).hexdigest()


def session_anchor(source_set: str, session_id: str) -> str:
    """The place of a session on the page of its source set, whether it is shown there or named."""
    return f"s-{session_hash(source_set, session_id)[:N_HASH]}"


def links_to_sessions(documents: Iterable[Mapping], folder: str) -> dict[str, str]:
    """Where a session is heard, by its source set and id as pages write them.

    Parameters
    ----------
    documents : iterable of mapping
        As of `choose.choose_sessions`.
    folder : str
        That of the pages of sessions, as seen from the page that links.
    """
    return {
        f"{document['source_set']}: {row['session_id']}": (
            f"{folder}/{quote(document['source_set'])}.html#{row['anchor']}"
        )
        for document in documents
        for row in document["sessions"]
    }
