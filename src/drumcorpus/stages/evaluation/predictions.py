"""Predictions of a system: read from a folder of files, one a session, or from one table."""

import os
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from drumcorpus.ground.files.digests import sha256_bytes, sha256_file
from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.plain_files import require_plain_file
from drumcorpus.ground.predictions.class_maps import NO_CLASS, ClassMap, Vocabulary
from drumcorpus.ground.predictions.hit_columns import HitColumns, by_session, join_hits, make_hits
from drumcorpus.ground.predictions.prediction_files import read_midi, read_tsv
from drumcorpus.ground.predictions.prediction_listing import TABLE, TSV, files_below
from drumcorpus.ground.predictions.prediction_table import read_prediction_table
from drumcorpus.ground.predictions.statement import Statement, read_statement, statement_name
from drumcorpus.stages.evaluation.reference import Reference
from drumcorpus.taxonomy import LabelMap


@dataclass
class Predictions:
    """Hits by class of the scored map, in order of session, and what was met on the way.

    `missing` are sessions of the split without predictions; `outside` counts hits by label that
    have no class in the scored map; `not_scored` are sessions with predictions and without
    reference; `files` has the digest of everything that was read, by path below `path`.
    """

    path: Path
    hits: HitColumns
    missing: list[str]
    outside: Counter
    not_scored: list[str]
    statement: Statement
    files: dict[str, str] = field(default_factory=dict)

    def without_hits(self) -> "Predictions":
        """The same, of which nothing is kept but what was read where."""
        return replace(self, hits=make_hits([], [], []))


def read_predictions(
    path: str | os.PathLike,
    reference: Reference,
    split: str,
    class_map: ClassMap,
    vocabulary: Vocabulary,
    note_map: LabelMap | None = None,
    *,
    with_scores: bool = False,
) -> Predictions:
    """Predictions of the sessions of a split.

    Parameters
    ----------
    path : path
        A folder with ``<session_id>.tsv`` or ``<session_id>.mid``, where a session's id may lead
        through folders, or one Parquet table.
    class_map, vocabulary
        The map that is scored, and what predictions may say.
    note_map : LabelMap, optional
        What the notes of MIDI files mean.
    with_scores : bool
        Whether the hits get their scores, where there are any.

    Raises
    ------
    FileNotFoundError
        If there is nothing at `path`.
    ValueError
        If a session is none of the split, has two files, or a line of it is not as it must be.
    """
    path = Path(path)
    places = {name: n for n, name in enumerate(reference.sessions.ids)}
    places |= dict.fromkeys(reference.not_scored, -1)
    refuse = _refusal(reference, split)
    if path.is_dir():
        statement = read_statement(path / statement_name(path))
        read = _read_folder(path, places, refuse, class_map, vocabulary, note_map, with_scores)
    else:
        require_plain_file(path)
        if path.suffix != TABLE:
            raise ValueError(
                f"{visible(str(path))}: is neither a folder of predictions nor a Parquet table"
            )
        statement = read_statement(path.with_name(statement_name(path)))
        read = (
            *read_prediction_table(path, places, vocabulary, refuse, with_scores=with_scores),
            {path.name: sha256_file(path)},
        )
    hits, outside, named, files = read
    missing = [name for name in reference.sessions.ids if name not in named]
    silent = [name for name in reference.not_scored if name in named]
    return Predictions(path, by_session(hits), missing, outside, silent, statement, files)


def _refusal(reference: Reference, split: str) -> Callable[[str, str], str]:
    def refuse(where: str, name: str) -> str:
        other = reference.elsewhere.get(name)
        stands = "the corpus has no such session"
        if other is not None:
            stands = "it is left out of the corpus" if other == "left out" else f"it is of {other}"
        return (
            f"{where}: session {visible(name)[:100]!r} is not of the split {split}: {stands}"
            f"{other_form(name, reference.sessions.ids)}; allowed: the "
            f"{len(reference.sessions):,} sessions of that split, such as "
            f"{reference.sessions.ids[0]!r}"
        )

    return refuse


def other_form(name: str, ids: Iterable[str]) -> str:
    """Says which id is the same text in another Unicode form; empty where none is.

    Both look alike: an accent may be a character of its own. Disks and archives change one form
    into the other.

    Examples
    --------
    >>> other_form("e\\u0301tude", ["\\u00e9tude"]).partition(";")[0]
    ', but for its Unicode form: the session has it composed (NFC)'
    >>> other_form("etude", ["\\u00e9tude"])
    ''
    """
    plain = unicodedata.normalize("NFC", name)
    for other in ids:
        if other != name and unicodedata.normalize("NFC", other) == plain:
            form = "composed (NFC)" if other == plain else "decomposed (NFD)"
            return f", but for its Unicode form: the session has it {form}; name it so"
    return ""


def _read_folder(
    folder: Path,
    places: Mapping[str, int],
    refuse: Callable[[str, str], str],
    class_map: ClassMap,
    vocabulary: Vocabulary,
    note_map: LabelMap | None,
    with_scores: bool,
) -> tuple[HitColumns, Counter, set[str], dict[str, str]]:
    parts, outside, files = [], Counter(), {}
    by_name: dict[str, str] = {}
    for relative in files_below(folder):
        name, suffix = os.path.splitext(relative)  # noqa: PTH122 (ids have folders in them)
        shown = str(folder / relative)
        if name not in places:
            raise ValueError(refuse(visible(shown), name))
        if name in by_name:
            raise ValueError(
                f"{visible(shown)}: session {name!r} has predictions in {by_name[name]} too; leave "
                "one of the two"
            )
        by_name[name] = relative
        require_plain_file(folder / relative)
        data = (folder / relative).read_bytes()
        files[relative] = sha256_bytes(data)
        if suffix == TSV:
            hits, labels = read_tsv(shown, data, vocabulary, with_scores=with_scores)
        elif note_map is None:
            raise ValueError(
                f"{visible(shown)}: what do its notes mean? say it with note_map (--note-map)"
            )
        else:
            hits, labels = read_midi(shown, data, note_map, class_map)
        is_outside = hits.label == NO_CLASS
        if is_outside.any():
            outside.update(labels[row] for row in np.flatnonzero(is_outside))
        if places[name] >= 0:
            hits.session[:] = places[name]
            parts.append(hits.take(~is_outside))
    return join_hits(parts), outside, set(by_name), files
