"""Whether the cymbals of a session sound as the source numbers them.

What the source says of a cymbal's identity decides; the sound only checks it. A session is judged
where the sound was sure of most of its hits, and on the cymbals that were struck often enough to
be heard apart. Where sound and source differ, the session is listed for a person: a note map may
be wrong, two pads may play one sample, or one pad two.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from drumcorpus.stages.crash.settings import AgreementSettings
from drumcorpus.taxonomy import CymbalFamily
from drumcorpus.vocabulary import (
    AGREES,
    DIVIDED_OTHERWISE,
    SOUND_UNDECIDED,
    SOUNDS_AS_ONE,
    SOUNDS_AS_SEVERAL,
    TOO_FEW_HITS,
)

RAND_DECIMALS = 6
REASONS = (
    *(AGREES, DIVIDED_OTHERWISE, SOUNDS_AS_ONE, SOUNDS_AS_SEVERAL),
    *(SOUND_UNDECIDED, TOO_FEW_HITS),
)


def compare_with_sound(
    by_metadata: pa.Table,
    by_sound: pa.Table,
    families: Iterable[CymbalFamily],
    settings: AgreementSettings,
    *,
    method: str,
) -> list[dict]:
    """Compare the source's cymbals with those that the sound tells apart, session by session.

    Parameters
    ----------
    by_metadata : pa.Table, n_hits rows
        CYMBAL_ASSIGNMENTS schema; only sessions of `method` are compared.
    by_sound : pa.Table, n_hits rows
        CYMBAL_ASSIGNMENTS schema: the same hits in the same order, assigned with the source's
        numbers hidden.
    families : iterable of CymbalFamily
        Those of the hits, at least.
    settings : AgreementSettings
    method : str
        Value of `method` where the source has numbered the cymbal.

    Returns
    -------
    rows : list of dict
        One for each session and family, and for each label of a family that does not number its
        labels, in order of the first hit: session_id, family, label (None where the labels are the
        cymbals), and what `compare_session` returns.

    Raises
    ------
    ValueError
        If the two tables are not of the same hits in the same order.
    """
    keys = ["event_id", "component_index"]
    if not by_metadata.select(keys).equals(by_sound.select(keys)):
        raise ValueError("the assignments by metadata and by sound are not of the same hits")
    is_numbered = pc.equal(by_metadata["method"], method)
    by_metadata, by_sound = by_metadata.filter(is_numbered), by_sound.filter(is_numbered)
    names = pa.array([family.name for family in families if family.is_numbered], pa.string())
    tells = pc.is_in(by_metadata["family"], names)  # the label tells the cymbal
    numbers, sound = (
        _codes(pc.if_else(tells, table["label"], pc.cast(table["cymbal"], pa.string())))
        for table in (by_metadata, by_sound)
    )
    accepted = by_sound["accepted"].to_numpy()
    label = pc.if_else(tells, None, by_metadata["label"])
    keys = pa.table([by_metadata["session_id"], by_metadata["family"], label], ["s", "f", "l"])
    codes = _codes(pc.binary_join_element_wise(*(pc.fill_null(c, "") for c in keys), "\0"))
    order = np.argsort(codes, kind="stable")
    stops = np.cumsum(np.bincount(codes))
    rows = []
    for start, stop in zip(np.r_[0, stops], stops, strict=False):
        hits = order[start:stop]
        named = dict(zip(("session_id", "family", "label"), _cells(keys, hits[0]), strict=True))
        rows.append(named | compare_session(numbers[hits], sound[hits], accepted[hits], settings))
    return rows


def compare_session(
    numbers: Iterable[int],
    sound: Iterable[int],
    accepted: Iterable[bool],
    settings: AgreementSettings,
) -> dict:
    """Whether one session sounds as the source numbers its cymbals.

    Parameters
    ----------
    numbers, sound : array, shape (n_hits,), int
        Cymbal of each hit by the source and by the sound; the numbers themselves mean nothing.
    accepted : array, shape (n_hits,), bool
        Whether the sound is sure of the hit.
    settings : AgreementSettings

    Returns
    -------
    row : dict
        n_hits; n_cymbals_metadata and n_cymbals_sound among the hits compared; adjusted_rand, -1
        to 1; agrees; reason. Where the session is not judged, n_cymbals_metadata counts all hits,
        and n_cymbals_sound, adjusted_rand and agrees are None.

    Raises
    ------
    ValueError
        If the arrays are not of one length.
    """
    numbers, sound = np.asarray(numbers), np.asarray(sound)
    accepted = np.asarray(accepted, dtype=bool)
    if not numbers.shape == sound.shape == accepted.shape or numbers.ndim != 1:
        shapes = f"{numbers.shape}, {sound.shape}, {accepted.shape}"
        raise ValueError(f"expected three arrays of shape (n_hits,), got {shapes}")
    sure = numbers[accepted]
    cymbals, sizes = np.unique(sure, return_counts=True)
    compared = accepted & np.isin(numbers, cymbals[sizes >= settings.min_hits])
    if len(numbers) >= 2 * settings.min_hits and len(sure) < settings.min_accepted * len(numbers):
        return _row(numbers, SOUND_UNDECIDED)
    if compared.sum() < 2 * settings.min_hits:
        return _row(numbers, TOO_FEW_HITS)
    n_metadata, n_sound = (len(np.unique(part[compared])) for part in (numbers, sound))
    similarity = adjusted_rand(numbers[compared], sound[compared])
    reason = _judge(n_metadata, n_sound, similarity >= settings.min_adjusted_rand)
    return _row(numbers, reason) | {
        "n_cymbals_metadata": n_metadata,
        "n_cymbals_sound": n_sound,
        "adjusted_rand": round(similarity, RAND_DECIMALS),
        "agrees": reason == AGREES,
    }


def summarise_agreement(rows: Mapping[str, Sequence[Mapping]]) -> dict:
    """Sessions that sound as the source numbers them, and those that do not.

    Parameters
    ----------
    rows : mapping
        Of each source set, what `compare_with_sound` returns.

    Returns
    -------
    report : dict
        ``totals``, and under ``source_sets`` the same of each with its ``source_set``: sessions
        ``numbered`` by their source, of which some ``agree``, some ``differ`` and some are
        ``not_judged``, and their number ``by_reason``; besides, under ``differing``, the rows of
        those that differ, those that differ most first.
    """
    source_sets = []
    for name, members in sorted(rows.items()):
        differing = [dict(row) for row in members if row["agrees"] is False]
        differing.sort(key=lambda row: (row["adjusted_rand"], row["session_id"]))
        families = {
            family: _counts([row for row in members if row["family"] == family])
            for family in sorted({row["family"] for row in members})
        }
        counts = _counts(members) | {"families": families}
        source_sets.append({"source_set": name} | counts | {"differing": differing})
    everything = [row for members in rows.values() for row in members]
    return {"totals": _counts(everything), "source_sets": source_sets}


def _counts(rows: Sequence[Mapping]) -> dict:
    verdicts = Counter(row["agrees"] for row in rows)
    reasons = Counter(row["reason"] for row in rows)
    return {
        "numbered": len(rows),
        **{"agree": verdicts[True], "differ": verdicts[False], "not_judged": verdicts[None]},
        "by_reason": {reason: reasons[reason] for reason in REASONS},
    }


def adjusted_rand(a: np.ndarray, b: np.ndarray) -> float:
    """Adjusted Rand index [1]_ of two partitions: 1 where they are equal, near 0 by chance.

    Parameters
    ----------
    a, b : np.ndarray, shape (n,), int
        Group of each item.

    References
    ----------
    .. [1] L. Hubert and P. Arabie, "Comparing partitions", Journal of Classification 2, 193-218,
       1985.

    Examples
    --------
    The numbers of the groups mean nothing; a hit in the other group does:

    >>> adjusted_rand(np.array([0, 0, 0, 1, 1, 1]), np.array([5, 5, 5, 2, 2, 2]))
    1.0
    >>> round(adjusted_rand(np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 1, 1, 1, 1])), 3)
    0.324
    """
    a, b = (np.unique(part, return_inverse=True)[1] for part in (a, b))
    table = np.zeros((a.max(initial=-1) + 1, b.max(initial=-1) + 1), dtype=np.int64)
    np.add.at(table, (a, b), 1)
    together = _pairs(table).sum()
    in_a, in_b = _pairs(table.sum(axis=1)).sum(), _pairs(table.sum(axis=0)).sum()
    all_pairs = _pairs(np.int64(len(a)))
    expected = in_a * in_b / all_pairs if all_pairs else 0.0
    most = (in_a + in_b) / 2
    # Both put everything into one group, or each item into one of its own.
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def _row(numbers: np.ndarray, reason: str) -> dict:
    """The row of a session that is not judged."""
    return {
        "n_hits": len(numbers),
        "n_cymbals_metadata": len(np.unique(numbers)),
        **dict.fromkeys(("n_cymbals_sound", "adjusted_rand", "agrees")),
        "reason": reason,
    }


def _judge(n_metadata: int, n_sound: int, alike: bool) -> str:
    if n_metadata > 1 and n_sound == 1:
        return SOUNDS_AS_ONE
    if n_metadata == 1 and n_sound > 1:
        return SOUNDS_AS_SEVERAL
    return AGREES if alike else DIVIDED_OTHERWISE


def _pairs(n):
    return n * (n - 1) // 2


def _cells(table: pa.Table, row: int) -> list:
    return [column[int(row)].as_py() for column in table.columns]


def _codes(column: pa.ChunkedArray) -> np.ndarray:
    """A number for each value, from 0 in the order of their first appearance; nulls are one."""
    encoded = pc.dictionary_encode(column.combine_chunks(), null_encoding="encode")
    return encoded.indices.to_numpy().astype(np.int64)
