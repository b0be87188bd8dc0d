"""Where other pages find a session to see and hear."""

from collections.abc import Iterable, Mapping
from urllib.parse import quote


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
