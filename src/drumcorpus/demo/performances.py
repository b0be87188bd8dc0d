"""Reads which performances the demo corpus holds, and plays them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from drumcorpus.demo.grooves import Bar, Score, play
from drumcorpus.demo.kits import Kit
from drumcorpus.demo.synthesizer import render
from drumcorpus.ground.files.yaml_files import read_yaml

_NEEDED = {"split", "drummer", "session", "style", "beat_type", "kit", "tempos", "turns", "bars"}
_OPTIONAL = {"sample_rate_hz", "audio", "trailing"}
_RING_OUT = 1.5  # s of sound after the last note-off


@dataclass(frozen=True)
class Performance:
    """One performance as the demo file describes it; see `resources/demo/kits.yaml`."""

    split: str
    drummer: str
    session: str
    style: str
    beat_type: str
    kit: str
    tempos: Mapping[int, float]
    turns: Mapping[str, list[str]]
    bars: tuple[str, ...]
    sample_rate_hz: int = 44100
    audio: bool = True
    trailing: float = 0.0


def read_performances(path: Path) -> list[Performance]:
    """Read the performances of a demo file.

    Parameters
    ----------
    path : Path
        YAML file with the keys ``performances``, ``kits`` and ``patterns``.

    Returns
    -------
    performances : list of Performance
        In the order of the file, with repeated bars written out.

    Raises
    ------
    ValueError
        If a key is missing or not known, or a kit or bar is not in the file.
    """
    content = read_yaml(path)
    performances = []
    for index, fields in enumerate(content.get("performances") or []):
        where = f"{path}: performances[{index}]"
        missing, unknown = _NEEDED - set(fields), set(fields) - _NEEDED - _OPTIONAL
        if missing or unknown:
            raise ValueError(
                f"{where} lacks {sorted(missing)} and holds the unknown {sorted(unknown)}; "
                f"allowed are {sorted(_NEEDED)} and, as one likes, {sorted(_OPTIONAL)}"
            )
        if fields["kit"] not in content["kits"]:
            raise ValueError(f"{where}.kit is {fields['kit']!r}; allowed: {list(content['kits'])}")
        bars = _written_out(str(fields["bars"]), set(content["patterns"]), where)
        performances.append(Performance(**{**fields, "bars": bars}))
    if not performances:
        raise ValueError(f"{path}: performances is empty; at least one is needed")
    return performances


def _written_out(bars: str, patterns: set[str], where: str) -> tuple[str, ...]:
    names: list[str] = []
    for word in bars.split():
        name, _, times = word.partition("*")
        if name not in patterns or not (times or "1").isdigit():
            raise ValueError(
                f"{where}.bars holds {word!r}; allowed are {sorted(patterns)} and '*n'"
            )
        names += [name] * int(times or 1)
    return tuple(names)


def perform(
    performance: Performance, bars: Mapping[str, Bar], kits: Mapping[str, Kit], *, seed: list[int]
) -> Score:
    """Play a performance on its kit.

    Parameters
    ----------
    performance : Performance
        What is played.
    bars : mapping of str to Bar
        The bars that it names.
    kits : mapping of str to Kit
        The kits by name.
    seed : list of int
        Seeds the drummer's small deviations.

    Returns
    -------
    score : Score
        Its hits, tempos, meters and pedal positions.
    """
    return play(
        [bars[name] for name in performance.bars],
        kits[performance.kit],
        tempos_bpm=performance.tempos,
        turns=performance.turns,
        rng=np.random.default_rng(seed),
    )


def render_score(score: Score, kit: Kit, *, sample_rate_hz: int, seed: list[int]) -> np.ndarray:
    """Render a score on a kit, until 1.5 s after its last note-off.

    Parameters
    ----------
    score : Score
        What is played; the kit must play all of its notes.
    kit : Kit
        What it is played on.
    sample_rate_hz : int
        Sample rate of the result.
    seed : list of int
        Seeds the small differences between hits.

    Returns
    -------
    audio : np.ndarray, shape (n_samples,), float64
        Mono, peak at most 0.95 of full scale.
    """
    return render(
        score.onsets,
        score.notes[:, 1],
        score.notes[:, 2],
        kit,
        sample_rate_hz=sample_rate_hz,
        duration=score.duration + _RING_OUT,
        rng=np.random.default_rng(seed),
    )
