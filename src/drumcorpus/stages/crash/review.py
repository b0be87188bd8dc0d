"""The sessions in doubt, made ready for a person: hits in two dimensions, seen and heard."""

import base64
import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.stages.crash.decisions import decision_lines, guessed_cymbals, hit_key
from drumcorpus.stages.crash.embeddings import FINE_GROUP, feature_names
from drumcorpus.stages.crash.pictures import RATE_HZ, cut_snippet, draw_spectrogram, encode_sound
from drumcorpus.taxonomy import CymbalFamily
from drumcorpus.vocabulary import (
    NO_AUDIO,
    NOT_FINITE,
    ONSET_PAST_END,
    SILENT_WINDOW,
    SOUND_METHODS,
    UNREADABLE_AUDIO,
)

PLOT_SIZE = (420, 260)  # px
PLOT_MARGIN = 16  # px
N_POINTS = 400  # drawn in one plot; the page would grow without end
NO_SPREAD = 1e-9  # below it hits count as equal
HIT_COLUMNS = {
    "embeddings": ["family", "onset_time", "reason", "embedding"],
    "assignments": ["source_label", "cymbal", "label", "method", "confidence", "accepted"],
}


def in_doubt(row: Mapping) -> int:
    """Hits of a row of the review that are not accepted; all, where the row does not say."""
    return row["n_hits"] - row.get("n_accepted", 0)


def rank(row: Mapping) -> tuple:
    """By what rows of the review are sorted: those with most hits in doubt come first."""
    return -in_doubt(row), row["session_id"], row["family"]


def choose_sessions(
    reviews: Mapping[str, Iterable[dict]], max_sessions: int
) -> dict[str, list[dict]]:
    """The sessions to show, each with a family of its cymbals, by source set.

    Those with most hits in doubt come first. The source sets take turns, so that one with many
    doubts leaves room for the others.

    Parameters
    ----------
    reviews : mapping
        Rows of the review of each source set.
    max_sessions : int
        Of all source sets together.
    """
    ranked = {name: sorted(rows, key=rank) for name, rows in sorted(reviews.items())}
    turns = itertools.zip_longest(*([(name, row) for row in ranked[name]] for name in ranked))
    chosen: dict[str, list[dict]] = {name: [] for name in ranked}
    pairs = (pair for turn in turns for pair in turn if pair is not None)
    for name, row in itertools.islice(pairs, max_sessions):
        chosen[name].append(row)
    return chosen


def read_hits(
    session_ids: Sequence[str],
    *,
    embeddings: Iterable[str],
    assignments: Iterable[str],
    events: Iterable[str],
) -> dict[str, list[dict]]:
    """The hits of some sessions, in order of onset.

    Parameters
    ----------
    session_ids : sequence of str
    embeddings, assignments, events : iterable of path
        Tables of one source set, of the schemas CYMBAL_EMBEDDINGS, CYMBAL_ASSIGNMENTS and EVENTS;
        they are read one row group at a time.

    Returns
    -------
    hits : dict
        By session, one dict per hit: the columns of both tables, audio_path and velocity.
    """
    keys = ["event_id", "session_id", "component_index"]
    by_key = {
        hit_key(row): row
        for row in _rows_of(session_ids, embeddings, keys + HIT_COLUMNS["embeddings"])
    }
    for row in _rows_of(session_ids, assignments, keys + HIT_COLUMNS["assignments"]):
        if hit_key(row) in by_key:
            by_key[hit_key(row)] |= row
    by_event = {
        row["event_id"]: row
        for row in _rows_of(session_ids, events, [*keys[:2], "audio_path", "components"])
    }
    hits: dict[str, list[dict]] = {name: [] for name in session_ids}
    for hit in by_key.values():
        event = by_event[hit["event_id"]]
        velocity = event["components"][hit["component_index"]]["velocity"]
        hits[hit["session_id"]].append(
            hit | {"audio_path": event["audio_path"], "velocity": velocity}
        )
    return {name: sorted(rows, key=_place) for name, rows in hits.items()}


def _place(hit: Mapping) -> tuple:
    return hit["onset_time"], hit["audio_path"] or "", *hit_key(hit)


def _rows_of(session_ids, paths, columns):
    wanted = pa.array(session_ids, pa.string())
    for path in paths:
        for batch in iter_batches(path, columns):
            yield from batch.filter(pc.is_in(batch["session_id"], wanted)).to_pylist()


def illustrate_session(
    row: Mapping,
    hits: Sequence[dict],
    read_audio: Callable[[str], np.ndarray],
    families: Sequence[CymbalFamily],
    *,
    max_hits: int,
    snippet_s: float,
) -> dict:
    """What the page shows of one session in doubt.

    Parameters
    ----------
    row : mapping
        Of the review.
    hits : sequence of dict
        Of `read_hits`, those of the row's family, at least one.
    read_audio
        ``audio_path -> samples (n_samples,)`` at `pictures.RATE_HZ`; raises ValueError where
        the file cannot be decoded.
    families : sequence of CymbalFamily
        All of ``crash.families``.
    max_hits : int
        Hits with spectrogram and sound; those in doubt come first.
    snippet_s : float
        Seconds of each snippet.

    Returns
    -------
    dict
        JSON document; pictures and sounds in base64.
    """
    [family] = [family for family in families if family.name == row["family"]]
    guesses = guessed_cymbals(row, hits, family)
    trust = {hit_key(hit): hit["confidence"] for hit in hits} | {
        hit_key(guess): guess["confidence"]
        for guess in row.get("guesses") or []
        if guess.get("confidence") is not None
    }
    if not family.is_numbered:  # there the number that was told by sound stands under `cymbal`
        hits = [hit | ({"cymbal": None} if hit["method"] in SOUND_METHODS else {}) for hit in hits]
    hits = [
        hit | {"guess": guesses.get(hit_key(hit)), "confidence": trust[hit_key(hit)]}
        for hit in hits
    ]
    shown = choose_hits([hit["accepted"] for hit in hits], max_hits)
    pictures = _illustrate([hits[number] for number in shown], read_audio, snippet_s)
    not_shown = [hit for number, hit in enumerate(hits) if number not in set(shown)]
    keys = ("onset_time", "velocity", "source_label", "cymbal", "guess", "confidence", "accepted")
    return {
        **{key: row.get(key) for key in ("session_id", "family", "reason")},
        "session_confidence": row.get("session_confidence"),
        **{key: row.get(key) for key in ("silhouette", "n_hits", "undescribed", "decision")},
        "in_doubt": in_doubt(row),
        "plot": plot_hits(hits, shown),
        "hits": [
            {key: hits[number][key] for key in keys}
            | {"file": hits[number]["audio_path"], "number": place}
            | picture
            for place, (number, picture) in enumerate(zip(shown, pictures, strict=True), 1)
        ],
        "rest": count_hits(not_shown, ("source_label", "cymbal", "guess")),
        "says": count_hits(hits, ("source_label", "cymbal")),
        "lines": decision_lines(row["session_id"], hits, guesses, families, family),
    }


def choose_hits(accepted: Sequence[bool], max_hits: int) -> list[int]:
    """Rows of the hits to show, in order: first those in doubt, spread evenly if there are more."""
    doubtful = _spread([n for n, is_sure in enumerate(accepted) if not is_sure], max_hits)
    sure = [n for n, is_sure in enumerate(accepted) if is_sure]
    return sorted(doubtful + _spread(sure, max_hits - len(doubtful)))


def _spread(rows: list[int], n_chosen: int) -> list[int]:
    if len(rows) <= n_chosen:
        return rows
    return [rows[n * len(rows) // n_chosen] for n in range(n_chosen)]


def count_hits(hits: Iterable[Mapping], keys: Sequence[str]) -> list[dict]:
    """Number of hits by the values under `keys`."""
    counts = Counter(tuple(hit[key] for key in keys) for hit in hits)
    order = sorted(counts, key=lambda values: [(v is not None, str(v)) for v in values])
    return [dict(zip(keys, values, strict=True)) | {"hits": counts[values]} for values in order]


def project(embeddings: np.ndarray) -> tuple[np.ndarray, list[float]]:
    """The fine features of hits on their first two principal components.

    Parameters
    ----------
    embeddings : np.ndarray, shape (n_hits, n_features)
        Columns as `embeddings.feature_names` names them, finite.

    Returns
    -------
    scores : np.ndarray, shape (n_hits, 2)
        The sign of a component is such that its largest loading is positive.
    shares : list of float, length 2
        Share of the variance of each, 0 to 1.
    """
    fine = [n for n, name in enumerate(feature_names()) if name.startswith(FINE_GROUP)]
    centred = embeddings[:, fine] - embeddings[:, fine].mean(axis=0)
    left, singular, loadings = np.linalg.svd(centred, full_matrices=False)
    scores, shares = np.zeros((len(centred), 2)), [0.0, 0.0]
    for n in range(min(2, int((singular > NO_SPREAD).sum()))):
        sign = np.sign(loadings[n, np.abs(loadings[n]).argmax()])
        scores[:, n] = sign * left[:, n] * singular[n]
        shares[n] = float(singular[n] ** 2 / np.square(singular).sum())
    return scores, shares


def plot_hits(hits: Sequence[Mapping], shown: Sequence[int]) -> dict | None:
    """Where each described hit lies in the plot, px; None where no hit is described.

    Both components have one scale. Of very many hits, those shown and some of the others are
    drawn; `n_left_out` counts the rest.
    """
    described = [n for n, hit in enumerate(hits) if hit["embedding"] is not None]
    if not described:
        return None
    scores, shares = project(np.array([hits[n]["embedding"] for n in described], dtype=float))
    middle = (scores.max(axis=0) + scores.min(axis=0)) / 2
    room = np.array(PLOT_SIZE) - 2 * PLOT_MARGIN
    scale = (room / np.maximum(np.ptp(scores, axis=0), NO_SPREAD)).min()
    at = (scores - middle) * (scale if np.ptp(scores) > NO_SPREAD else 0.0) * (1, -1)
    at = np.round(at + np.array(PLOT_SIZE) / 2, 1) + 0.0
    places = {number: place for place, number in enumerate(shown, 1)}
    others = _spread([n for n in described if n not in places], N_POINTS - len(places))
    drawn = {n for n in described if n in places} | set(others)
    points = [
        {"x": float(x), "y": float(y), "place": places.get(n)}
        | {key: hits[n][key] for key in ("guess", "cymbal", "onset_time", "source_label")}
        for n, (x, y) in zip(described, at, strict=True)
        if n in drawn
    ]
    return {
        "points": points,
        "shares": [round(share, 4) for share in shares],
        "size": list(PLOT_SIZE),
        "n_left_out": len(described) - len(points),
        "n_undescribed": len(hits) - len(described),
    }


def _illustrate(hits: Sequence[Mapping], read_audio, snippet_s) -> list[dict]:
    """Picture and sound of each hit, or why there is none; each audio file is decoded once."""
    by_path: dict[str | None, list[int]] = {}
    for number, hit in enumerate(hits):
        by_path.setdefault(hit["audio_path"], []).append(number)
    pictures: list[dict] = [{}] * len(hits)
    for path, members in by_path.items():
        samples, problem = _read(path, read_audio)
        for number in members:
            onset = hits[number]["onset_time"]
            picture = _draw(samples, onset, snippet_s) if problem is None else {"problem": problem}
            pictures[number] = picture | {
                "problem": hits[number]["reason"] or picture.get("problem")
            }
    return [{"picture": None, "sound": None} | picture for picture in pictures]


def _read(path, read_audio) -> tuple[np.ndarray | None, str | None]:
    if path is None:
        return None, NO_AUDIO
    try:
        return read_audio(path), None
    except ValueError:
        return None, UNREADABLE_AUDIO


def _draw(samples, onset, snippet_s) -> dict:
    if onset * RATE_HZ >= len(samples):
        return {"problem": ONSET_PAST_END}
    snippet = cut_snippet(samples, onset, snippet_s)
    if not np.isfinite(snippet).all():
        return {"problem": NOT_FINITE}
    if not snippet.any():
        return {"problem": SILENT_WINDOW}
    made = {"picture": draw_spectrogram(snippet), "sound": encode_sound(snippet)}
    return {name: base64.b64encode(data).decode() for name, data in made.items()}
