"""What each method says of the same hits."""

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pandas as pd
import soundfile as sf
import soxr
from centroid_gap import RATE_HZ, cut_at_gap, mean_centroids
from company import times_to_others
from score import JudgedSession


def judge_by_chain(hits: pd.DataFrame, n_cymbals: dict[str, int]) -> list[JudgedSession]:
    """The chain's own word; a session of which it says nothing has no hits.

    Parameters
    ----------
    hits : pd.DataFrame
        As of `chain.read_hits`.
    n_cymbals : dict of str to int
        Crash cymbals of each session that was rendered.
    """
    return [
        JudgedSession(
            number,
            of_session["truth"].to_numpy(),
            of_session["label"].to_numpy(dtype=object),
            of_session["accepted"].to_numpy(),
            of_session["confidence"].to_numpy(),
            since_named=_since_named(of_session),
            **_company(of_session),
        )
        for number, of_session in _sessions(hits, n_cymbals)
    ]


def judge_by_gap(
    hits: pd.DataFrame, n_cymbals: dict[str, int], audio: Path, n_jobs: int
) -> list[JudgedSession]:
    """Cut every session at its widest gap of brightness; this method stands by all it says.

    Parameters
    ----------
    hits, n_cymbals
        As for `judge_by_chain`.
    audio : Path
        The root that the hits' recordings are in.
    """
    recordings = [(audio, group) for _, group in hits.groupby("session_id", sort=True)]
    with ProcessPoolExecutor(n_jobs, mp_context=get_context("spawn")) as pool:
        cymbals = list(pool.map(_cut_session, recordings))
    named = hits.assign(cymbal=np.concatenate(cymbals) if cymbals else [])
    return [
        JudgedSession(
            number,
            of_session["truth"].to_numpy(),
            of_session["cymbal"].to_numpy(),
            np.ones(len(of_session), dtype=bool),
            **_company(of_session),
        )
        for number, of_session in _sessions(named, n_cymbals)
    ]


def _sessions(hits: pd.DataFrame, n_cymbals: dict[str, int]) -> Iterator[tuple[int, pd.DataFrame]]:
    """Number of cymbals and scored hits of each session: both crashes at once have no truth."""
    scored = hits[~hits["both_at_once"]]
    for session_id in sorted(n_cymbals):
        yield n_cymbals[session_id], scored[scored["session_id"] == session_id]


def _company(hits: pd.DataFrame) -> dict[str, np.ndarray]:
    names = ("velocity", "since_other", "until_other")
    return {name: hits[name].to_numpy(dtype=float) for name in names}


def _since_named(hits: pd.DataFrame) -> np.ndarray:
    names = np.unique(hits["label"].to_numpy(dtype=str), return_inverse=True)[1]
    return times_to_others(hits["onset_time"].to_numpy(), names)[0]


def _cut_session(recording: tuple[Path, pd.DataFrame]) -> np.ndarray:
    audio, hits = recording
    samples, rate_hz = sf.read(audio / hits["audio_path"].iloc[0], dtype="float32")
    samples = soxr.resample(samples, rate_hz, RATE_HZ)
    return cut_at_gap(mean_centroids(samples, hits["onset_time"].to_numpy()))
