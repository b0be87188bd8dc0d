"""Excerpts of the chosen sessions: waveform, spectrogram, sound, and the strokes in them."""

import base64
import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.ground.files.json_files import write_json
from drumcorpus.ground.files.tables import iter_batches, read_table
from drumcorpus.ground.sound.encoding import EncodedRecording
from drumcorpus.ground.sound.spectrograms import draw_spectrogram
from drumcorpus.stages.listening.excerpt import choose_excerpt, lanes, strokes_of
from drumcorpus.stages.listening.settings import ListeningSettings
from drumcorpus.stages.listening.words import ENDS_BEFORE, N_COLUMNS, PAGE_IS_FULL, SWING
from drumcorpus.vocabulary import NO_AUDIO, UNREADABLE_AUDIO

EVENT_COLUMNS = ["event_id", "session_id", "onset_time", "components", "license", "redistributable"]
DOUBT_COLUMNS = ["event_id", "session_id", "component_index", "accepted"]
OF_SESSION = ("kit_id", "drummer_id", "style", "tempo_bpm", "meter", "is_synthetic")
RECORDINGS = {"drums": "audio", "mix": "mix"}  # and the beginnings of their columns
PICTURE = (N_COLUMNS, 96)  # px
N_WINDOW = 512  # samples; 23 ms at 22,050 Hz, so that a stroke is not smeared over its label
LOWEST_HZ, HIGHEST_SHARE = 40.0, 0.45  # of the spectrogram's axis; the share is of the sample rate
ENCODING = "flac"


@dataclass(frozen=True)
class SessionTables:
    """Of the chosen sessions their rows of the tables.

    Attributes
    ----------
    sessions : pa.Table
        SESSIONS schema.
    events, assignments : dict
        By session, rows of the schemas EVENTS and CYMBAL_ASSIGNMENTS.
    """

    sessions: pa.Table
    events: dict[str, list[dict]]
    assignments: dict[str, list[dict]]


def read_sessions(
    chosen: Sequence[Mapping], sessions: str, events: Iterable[str], assignments: str
) -> SessionTables:
    """Read what the tables have of the chosen sessions, a row group at a time.

    Raises
    ------
    ValueError
        If a table cannot be read or lacks a column; the message names it.
    """
    names = pa.array([row["session_id"] for row in chosen], pa.string())
    table = read_table(sessions)
    return SessionTables(
        table.filter(pc.is_in(table["session_id"], names)),
        _by_session(events, EVENT_COLUMNS, names),
        _by_session([assignments], DOUBT_COLUMNS, names),
    )


def _by_session(paths: Iterable[str], columns: list[str], names: pa.Array) -> dict[str, list[dict]]:
    rows: dict[str, list[dict]] = {name: [] for name in names.to_pylist()}
    for path in paths:
        for batch in iter_batches(path, columns):
            for row in batch.filter(pc.is_in(batch["session_id"], names)).to_pylist():
                rows[row["session_id"]].append(row)
    return rows


def cut_sessions(
    chosen: Sequence[Mapping],
    tables: SessionTables,
    read_excerpt: Callable[[str, float, float], np.ndarray],
    card: Mapping,
    label_order: Sequence[str],
    settings: ListeningSettings,
    on_session: Callable[[], None] = lambda: None,
) -> list[dict]:
    """What the page shows of every chosen session.

    Parameters
    ----------
    chosen : sequence of mapping
        As of `choose.choose_sessions`, in the order in which sound finds room.
    tables : SessionTables
    read_excerpt : callable
        As of `excerpts.excerpt_reader`.
    card : mapping
        Of the source set; its licence is that of sessions without an event.
    label_order : sequence of str
        Labels in the order of the class ids.
    settings : ListeningSettings
    on_session : callable
        Called after each session, for progress.

    Returns
    -------
    shown : list of dict
        JSON document; pictures and sounds in base64, times in seconds from the `start` of the
        excerpt.
    """
    rows = {row["session_id"]: row for row in tables.sessions.to_pylist()}
    n_left, shown = round(settings.page_mb * 1e6), []
    for choice in chosen:
        name = choice["session_id"]
        row, events = rows[name], tables.events[name]
        doubtful = frozenset(
            (hit["event_id"], hit["component_index"])
            for hit in tables.assignments[name]
            if not hit["accepted"]
        )
        strokes = strokes_of(events, doubtful)
        recordings = [
            (kind, row[f"{column}_path"], row[f"{column}_duration"])
            for kind, column in RECORDINGS.items()
            if row[f"{column}_path"] is not None
        ]
        duration = max((length or 0.0 for _, _, length in recordings), default=None)
        start, length = choose_excerpt(strokes, duration, settings.excerpt_s, choice["focus"])
        pictures = []
        for kind, path, _ in recordings:
            picture = cut_recording(read_excerpt, path, start, length, settings.sample_rate_hz)
            if len(picture["sound"] or "") > n_left:
                picture |= {"sound": None, "problem": PAGE_IS_FULL, "detail": None}
            n_left -= len(picture["sound"] or "")
            pictures.append({"recording": kind, "path": path} | picture)
        shown.append(
            {key: choice[key] for key in ("session_id", "anchor", "split", "reasons")}
            | {key: row[key] for key in OF_SESSION}
            | _licence(card, events)
            | {
                "start": round(start, 4),
                "seconds": round(length, 4),
                "duration": duration,
                "problem": None if pictures else NO_AUDIO,
                "recordings": pictures,
                "n_strokes": len(strokes),
                "lanes": lanes(strokes, start, length, label_order),
            }
        )
        on_session()
    return shown


def _licence(card: Mapping, events: Sequence[Mapping]) -> dict:
    """What the events say where there are any: in some sets every recording has its own."""
    passed_on = card["redistributable"] and all(event["redistributable"] for event in events)
    named = events[0]["license"] if events else None
    return {"license": named or card["license"], "redistributable": passed_on}


def write_excerpts(path: str | os.PathLike, shown: list[dict]) -> dict[str, int]:
    """Write what is shown; returns how many sessions that is, and what is wrong with how many."""
    write_json(path, shown)
    problems = [one["problem"] for row in shown for one in row["recordings"] if one["problem"]]
    problems += [row["problem"] for row in shown if row["problem"]]
    counted = {f"recordings_{problem}": n for problem, n in sorted(Counter(problems).items())}
    return {"sessions": len(shown), **counted}


def cut_recording(
    read_excerpt: Callable[[str, float, float], np.ndarray],
    path: str,
    start: float,
    length: float,
    sample_rate_hz: int,
) -> dict:
    """Waveform, spectrogram and sound of one excerpt, or why there is none.

    Returns
    -------
    dict
        ``problem``: null, or why something is missing: a reason of `decoding`, `no_audio` where the
        excerpt lies past the end or is too short, `ends_before` where the end of it does;
        ``detail`` of it; ``peak_dbfs`` null for silence; ``low`` and ``high`` of `N_COLUMNS`
        columns, `SWING` at the peak; ``picture`` and ``sound`` in base64.
    """
    n_samples = round(length * sample_rate_hz)
    nothing = {"peak_dbfs": None, "low": [], "high": [], "picture": None, "sound": None}
    try:
        samples = read_excerpt(path, start, start + length)
    except ValueError as error:
        reason = getattr(error, "reason", UNREADABLE_AUDIO)
        return {"problem": reason, "detail": getattr(error, "detail", str(error))} | nothing
    if not len(samples) or n_samples < N_COLUMNS:
        detail = "it is too short to draw" if len(samples) else "the excerpt has no sample"
        return {"problem": NO_AUDIO, "detail": detail} | nothing
    n_read = min(len(samples), n_samples)
    is_short = n_read < n_samples - sample_rate_hz // 100
    whole = np.zeros(n_samples, np.float32)
    whole[:n_read] = samples[:n_read]
    peak = float(np.abs(whole).max())
    low, high = waveform(whole, peak)
    axis_hz = (LOWEST_HZ, HIGHEST_SHARE * sample_rate_hz)
    picture = draw_spectrogram(whole, sample_rate_hz, PICTURE, axis_hz, n_window=N_WINDOW)
    sound = EncodedRecording(whole, sample_rate_hz, ENCODING).cut(0, n_samples).content
    return {
        "problem": ENDS_BEFORE if is_short else None,
        "detail": f"the recording ends {n_read / sample_rate_hz:.2f} s into it"
        if is_short
        else None,
        "peak_dbfs": round(20 * float(np.log10(peak)), 1) if peak > 0 else None,
        "low": low,
        "high": high,
        "picture": base64.b64encode(picture).decode(),
        "sound": base64.b64encode(sound).decode(),
    }


def waveform(samples: np.ndarray, peak: float) -> tuple[list[int], list[int]]:
    """Least and largest sample of every column, `SWING` at the peak.

    Parameters
    ----------
    samples : np.ndarray, shape (n_samples,)
        At least `N_COLUMNS`.
    peak : float
        Largest absolute sample.
    """
    starts = np.linspace(0, len(samples), N_COLUMNS, endpoint=False).astype(int)
    scale = SWING / peak if peak > 0 else 0.0
    low = np.minimum.reduceat(samples, starts) * scale
    high = np.maximum.reduceat(samples, starts) * scale
    return np.rint(low).astype(int).tolist(), np.rint(high).astype(int).tolist()
