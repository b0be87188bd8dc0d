"""The cymbals of each kit whose sessions were recorded alike, from all its sessions together.

A session with two hits of a cymbal says little of it; the other sessions of its kit say the rest.
So the hits of all sessions of one `kit_id` make one mixture, and a cymbal has one number in all of
them: the source's where it numbers some of its hits, else by the order from low to high.

That rests on the kit id. Where two kits share one, their cymbals are more than allowed, and the
sessions fall into blocks that have no cymbal in common: such an id gets no mixture, and a warning.
A single session that has no cymbal of the others is left out, and will be unlike its kit.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.schemas import KIT_CYMBALS, KIT_SESSIONS
from drumcorpus.stages.crash.cymbal_maps import CymbalMap, apply_cymbal_map
from drumcorpus.stages.crash.cymbal_model import CymbalModel
from drumcorpus.stages.crash.described import embedding_matrix, strokes_of
from drumcorpus.stages.crash.membership import name_hits, tell_session
from drumcorpus.stages.crash.mixture import Mixture, fit_mixture
from drumcorpus.stages.crash.numbering import most_cymbals, name_groups
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.stages.crash.strokes import Strokes
from drumcorpus.taxonomy import CymbalFamily
from drumcorpus.vocabulary import MORE_CYMBALS, SHARED_KIT_ID

# Cymbals looked for where an id has more than allowed: those of two kits, and one more.
TIMES_AS_MANY = 2
# A cymbal is in a session that has so many hits of it, or so large a share: one misnamed hit would
# join two kits.
LEAST_HITS, LEAST_SHARE = 2, 0.2
LEAST_SESSIONS = 2  # of a kit; fewer are sessions of another one that bear its id by mistake
N_NAMED = 3  # sessions of a block that a warning names
DECIMALS = 9
KIT_KEY = ("kit_id", "family", "label")


@dataclass(frozen=True)
class KitCymbals:
    """What the sessions of a kit share; `mixture` is None where they share nothing."""

    mixture: Mixture | None
    numbers: tuple[int | None, ...]  # by cymbal of the mixture, from 1; None where unsettled
    reason: str

    @property
    def n_divided(self) -> int:
        """Hits that were told apart into cymbals."""
        if self.mixture is None or self.mixture.merged.max(initial=0) == 0:  # or may be, at most
            return 0
        return int(self.mixture.n_hits.sum())


def kit_sessions(sessions: pa.Table) -> pa.Table:
    """The kit of each session that names one.

    Parameters
    ----------
    sessions : pa.Table
        SESSIONS schema.

    Returns
    -------
    pa.Table
        KIT_SESSIONS schema, by session.
    """
    with_kit = sessions.filter(pc.is_valid(sessions["kit_id"]))
    return with_kit.select(KIT_SESSIONS.names).cast(KIT_SESSIONS).sort_by("session_id")


def pool_kits(
    embeddings: pa.Table,
    sessions: pa.Table,
    families: Iterable[CymbalFamily],
    model: CymbalModel,
    *,
    cymbal_maps: Iterable[CymbalMap],
    clustering: Mapping,
    use_metadata: bool,
) -> tuple[pa.Table, list[str]]:
    """Tell the cymbals of each kit apart.

    Parameters
    ----------
    embeddings : pa.Table
        CYMBAL_EMBEDDINGS schema, of all sessions, those of one together and in order of onset.
    sessions : pa.Table
        SESSIONS schema, of one source set; sessions without `kit_id` are of no kit.
    families : iterable of CymbalFamily
        Those of the hits, at least.
    model : CymbalModel
    cymbal_maps : iterable of CymbalMap
        Each overrides the source and the ones before it.
    clustering : mapping
        The section ``crash.clustering`` of the configuration.
    use_metadata : bool
        False hides what the source says, for benchmarks.

    Returns
    -------
    kits : pa.Table
        KIT_CYMBALS schema, by kit, family and label; kits of fewer than two sessions with a hit
        that is described are left out.
    warnings : list of str
        One sentence for each kit id that two kits share.
    """
    families = {family.name: family for family in families}
    settings = read_settings(ClusteringSettings, clustering)
    for cymbal_map in cymbal_maps:
        embeddings = apply_cymbal_map(embeddings, sessions, cymbal_map)
    ids = (sessions[name].to_pylist() for name in ("session_id", "kit_id"))
    kit_of = dict(zip(*ids, strict=True))
    rows, warnings = [], []
    for key, hits in _by_kit(embeddings, kit_of, families):
        found = dict(zip(KIT_KEY, key, strict=True))
        pool = _Pool.of_hits(hits)
        if len(hits.filter(pc.is_valid(hits["embedding"]))["session_id"].unique()) < LEAST_SESSIONS:
            continue
        mixture, blocks = _fit(pool, model, settings)
        if len(blocks) > 1:
            warnings.append(_warning(found, mixture, pool, blocks))
            found |= {"n_cymbals": mixture.n_sure, "reason": SHARED_KIT_ID, "confidence": 0.0}
            rows.append(found | {"n_sessions": pool.n_sessions, "n_hits": len(pool.strokes)})
            continue
        numbers = [None] * mixture.n_cymbals
        if mixture.n_cymbals:
            family = families[found["family"]]
            known = hits["cymbal"].to_pylist() if use_metadata else [None] * len(pool.strokes)
            numbers = _numbers(pool, mixture, known, family, model, settings)
        rows += _rows(found, mixture, numbers, pool)
    return pa.Table.from_pylist(rows, KIT_CYMBALS), warnings


def kits_of_table(table: pa.Table) -> dict[tuple[str, str, str | None], KitCymbals]:
    """The kits of a table of `pool_kits`, by kit_id, family and label."""
    rows_of: dict[tuple, list[dict]] = {}
    for row in table.to_pylist():
        rows_of.setdefault(tuple(row[name] for name in KIT_KEY), []).append(row)
    return {key: _kit_cymbals(rows) for key, rows in rows_of.items()}


def warn_of_shared_ids(warnings: Iterable[str]) -> None:
    """Log the sentences of `pool_kits`."""
    for sentence in warnings:
        logging.warning(sentence)


def count_kits(table: pa.Table) -> dict[str, int]:
    """Kits of a table of `pool_kits`, those of them with two cymbals or more, and shared ids."""
    kits = kits_of_table(table).values()
    return {
        "kits": len(kits),
        "kits_with_several_cymbals": sum(kit.n_divided > 0 for kit in kits),
        "cymbals": sum(kit.mixture.n_sure for kit in kits if kit.mixture is not None),
        "shared_kit_ids": sum(kit.reason == SHARED_KIT_ID for kit in kits),
    }


@dataclass(frozen=True)
class _Pool:
    """The hits of one kit and family; those without a description tell when strokes came."""

    strokes: Strokes
    names: list[str]  # of the sessions, by code

    @property
    def n_sessions(self) -> int:
        return len(self.names)

    @classmethod
    def of_hits(cls, hits: pa.Table) -> "_Pool":
        session_ids = hits["session_id"].to_pylist()
        names = sorted(set(session_ids))
        codes = {name: code for code, name in enumerate(names)}
        sessions = np.array([codes[name] for name in session_ids])
        onsets = hits["onset_time"].to_numpy()
        beside = [labels or () for labels in hits["beside"].to_pylist()]
        velocities = hits["velocity"].to_numpy()
        return cls(strokes_of(embedding_matrix(hits), onsets, sessions, beside, velocities), names)

    def of_sessions(self, codes: Iterable[int]) -> Strokes:
        return self.strokes.of_rows(np.flatnonzero(np.isin(self.strokes.sessions, list(codes))))


def _by_kit(hits: pa.Table, kit_of: Mapping[str, str | None], families: Mapping[str, CymbalFamily]):
    """(kit_id, family, label or None) and its hits, in this order; those of a session in theirs."""
    rows_of: dict[tuple, list[int]] = {}
    columns = (hits[name].to_pylist() for name in ("session_id", "family", "label"))
    for row, (session_id, family, label) in enumerate(zip(*columns, strict=True)):
        kit_id = kit_of.get(session_id)
        if kit_id is not None:
            part = None if families[family].is_numbered else label
            rows_of.setdefault((kit_id, family, part), []).append(row)
    session_ids = hits["session_id"].to_pylist()
    for key in sorted(rows_of, key=lambda key: (*key[:2], key[2] or "")):
        rows = sorted(rows_of[key], key=session_ids.__getitem__)  # stable, and not by shard
        yield key, hits.take(pa.array(rows, pa.int64()))


def _fit(
    pool: _Pool, model: CymbalModel, settings: ClusteringSettings
) -> tuple[Mixture, list[list[int]]]:
    """The mixture of a kit, and the sessions of each kit that has its id."""
    whole = [list(range(pool.n_sessions))]
    mixture = fit_mixture(pool.strokes, model, settings)
    if mixture.reason != MORE_CYMBALS:
        return mixture, whole
    wider = replace(settings, max_cymbals=TIMES_AS_MANY * settings.max_cymbals)
    wide = fit_mixture(pool.strokes, model, wider)
    blocks = _blocks(_cymbals_of_sessions(pool, wide, model))
    kits = [block for block in blocks if len(block) >= LEAST_SESSIONS]
    if len(kits) > 1:
        return wide, kits
    if len(kits) == 1 and len(blocks) > 1:
        return fit_mixture(pool.of_sessions(kits[0]), model, settings), whole
    return mixture, whole


def _cymbals_of_sessions(pool: _Pool, mixture: Mixture, model: CymbalModel) -> np.ndarray:
    """Which cymbals are in which session, (n_sessions, n_cymbals) bool."""
    struck = np.zeros((pool.n_sessions, mixture.n_cymbals), dtype=bool)
    for code in range(pool.n_sessions):
        named = name_hits(pool.of_sessions([code]), mixture, model).named
        counts = np.bincount(named[named >= 0], minlength=mixture.n_cymbals)
        struck[code] = (counts >= LEAST_HITS) | (counts > LEAST_SHARE * max(counts.sum(), 1))
        struck[code] &= counts > 0
    return struck


def _blocks(struck: np.ndarray) -> list[list[int]]:
    """Sessions that share cymbals, the largest block first; those without a cymbal are in none."""
    n_sessions, n_cymbals = struck.shape
    session, cymbal = np.nonzero(struck)
    ends = (session, n_sessions + cymbal)
    links = coo_array((np.ones(len(session)), ends), shape=(n_sessions + n_cymbals,) * 2)
    _, labels = connected_components(links, directed=False)
    sessions = np.flatnonzero(struck.any(axis=1))
    blocks = [sessions[labels[sessions] == label].tolist() for label in np.unique(labels[sessions])]
    return sorted(blocks, key=lambda block: (-len(block), block))


def _warning(key: Mapping, mixture: Mixture, pool: _Pool, blocks: Sequence[Sequence[int]]) -> str:
    of_blocks = " and ".join(_named(pool, block) for block in blocks[:2])
    return (
        f"kit {key['kit_id']!r}: its sessions have {mixture.n_sure} cymbals of the family "
        f"{key['family']}, and {of_blocks} have none in common, so that more than one kit has this "
        "id; give each an id of its own, or take recorded_alike from the card of the source set. "
        "Until then each of its sessions is told apart alone"
    )


def _named(pool: _Pool, block: Sequence[int]) -> str:
    names = [pool.names[code] for code in block]
    more = f" and {len(names) - N_NAMED} more" if len(names) > N_NAMED else ""
    return f"{', '.join(map(repr, names[:N_NAMED]))}{more}"


def _numbers(
    pool: _Pool,
    mixture: Mixture,
    known: Sequence[int | None],
    family: CymbalFamily,
    model: CymbalModel,
    settings: ClusteringSettings,
) -> list[int | None]:
    """The number of each cymbal: that of the source where it numbers hits, or else by order."""
    pairs = []
    numbered = {code for code, n in zip(pool.strokes.sessions.tolist(), known, strict=True) if n}
    for code in sorted(numbered):
        rows = np.flatnonzero(pool.strokes.sessions == code)
        told = tell_session(pool.strokes.of_rows(rows), model, settings, kit=mixture)
        pairs += [
            (int(told.cymbals[n]), known[row])
            for n, row in enumerate(rows.tolist())
            if told.accepted[n] and known[row] is not None
        ]
    groups = sorted(set(mixture.merged.tolist()))
    names = name_groups(groups, pairs, known, most_cymbals(family, known, settings))
    return [names.get(int(group)) if names else None for group in mixture.merged]


def _rows(key: Mapping, mixture: Mixture, numbers: Sequence[int | None], pool: _Pool) -> list[dict]:
    of_kit = key | {
        "n_cymbals": mixture.n_sure,
        "confidence": round(float(mixture.confidence), 6),
        "reason": mixture.reason,
    }
    if mixture.n_cymbals == 0:
        return [of_kit | {"n_sessions": pool.n_sessions, "n_hits": len(pool.strokes)}]
    return [
        of_kit
        | {
            "cymbal": numbers[n],
            "merged": int(mixture.merged[n]),
            "n_hits": int(mixture.n_hits[n]),
            "n_sessions": int(mixture.n_sessions[n]),
            "order_key": _rounded(mixture.order_keys[n]),
            "mean": _rounded(mixture.means[n]),
            "discriminant": _rounded(mixture.discriminants[n]),
            "offset": _rounded(mixture.offsets[n]),
        }
        for n in range(mixture.n_cymbals)
    ]


def _rounded(numbers):
    """As Python's numbers, without the last bits, which hang on the order of summation."""
    return np.round(numbers, DECIMALS).tolist()


def _kit_cymbals(rows: Sequence[dict]) -> KitCymbals:
    if rows[0]["mean"] is None:
        return KitCymbals(None, (), rows[0]["reason"])
    column = lambda name: np.array([row[name] for row in rows])  # noqa: E731
    mixture = Mixture(
        means=column("mean"),
        discriminants=column("discriminant"),
        offsets=column("offset"),
        n_hits=column("n_hits"),
        n_sessions=column("n_sessions"),
        order_keys=column("order_key"),
        merged=column("merged"),
        confidence=rows[0]["confidence"],
        reason=rows[0]["reason"],
    )
    return KitCymbals(mixture, tuple(row["cymbal"] for row in rows), mixture.reason)
