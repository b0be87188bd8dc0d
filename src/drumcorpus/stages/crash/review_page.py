"""The page on which people review sessions in doubt."""

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

import pyarrow.compute as pc

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.tables import iter_batches
from drumcorpus.ground.pages.charts import COLOURS, RAMP, stacked_bars
from drumcorpus.ground.pages.render import N_EXAMPLES, render_page
from drumcorpus.ground.pages.session_links import session_anchor
from drumcorpus.stages.crash.decisions import TO_FILL_IN
from drumcorpus.stages.crash.pictures import FREQUENCY_RANGE_HZ, HEIGHT, PREROLL, RANGE_DB, WIDTH
from drumcorpus.stages.crash.review import choose_sessions, in_doubt, rank
from drumcorpus.stages.crash.review_file import COLUMNS, DECISIONS, Decision
from drumcorpus.vocabulary import (
    AGREES,
    BY_REVIEW,
    CYMBAL_NAMES,
    DECISION_OUTDATED,
    DIVIDED_OTHERWISE,
    FOLLOWS_ACCOMPANIMENT,
    LABELS_NOT_JOINED,
    MORE_CYMBALS,
    NO_HIT,
    NUMBERS_DIFFER,
    ONE_BY_KIT_CARD,
    ONE_BY_METADATA,
    ONE_CYMBAL,
    SHARED_KIT_ID,
    SOUND_UNDECIDED,
    SOUNDS_AS_ONE,
    SOUNDS_AS_SEVERAL,
    TOO_FEW_HITS,
    UNLIKE_ITS_KIT,
)

N_DIFFERING = 50  # sessions of each source set that sound otherwise than they are numbered
REASONS = {  # why a session is in review; a reason without a sentence shows its name
    TOO_FEW_HITS: "Too few hits could be heard to tell one cymbal from several.",
    "doubtful": "The hits fall into groups that are neither clearly alike nor clearly different.",
    FOLLOWS_ACCOMPANIMENT: "The hits fall into groups, but these are the hits with and without "
    "another stroke at the same moment, which may be all that differs.",
    MORE_CYMBALS: "There is one cymbal more than crash.clustering.max_cymbals allows; the hits "
    "of two that would share a number are in doubt.",
    ONE_CYMBAL: "The hits are one cymbal, and some of them are too unlike the others to be sure.",
    "separated": "Several cymbals were told apart, and some hits lie between them.",
    UNLIKE_ITS_KIT: "The session sounds unlike the other sessions of its kit.",
    SHARED_KIT_ID: "Sessions of its kit have no cymbal in common: two kits share the id, and too "
    "little of this session could be heard to tell it apart alone.",
    NUMBERS_DIFFER: "Some hits have a number of the source, and the sound divides the hits "
    "otherwise.",
    DIVIDED_OTHERWISE: "The sound divides the hits otherwise than the source numbers them.",
    SOUNDS_AS_ONE: "The source numbers several cymbals, and they sound as one.",
    SOUNDS_AS_SEVERAL: "The source numbers one cymbal, and it sounds as several.",
    LABELS_NOT_JOINED: "Several cymbals were told apart in one label of the family, and nothing "
    "says which of them the hits of the others are.",
    DECISION_OUTDATED: "A decision stands in the reviewed file that does not hold any more.",
}
# Verdicts on the sessions that a source numbers, as a chart has them.
VERDICTS = {
    AGREES: "sound alike",
    DIVIDED_OTHERWISE: "divided otherwise",
    SOUNDS_AS_ONE: "sound as one",
    SOUNDS_AS_SEVERAL: "sound as several",
    SOUND_UNDECIDED: "sound undecided",
    TOO_FEW_HITS: "too few hits",
}
VERDICT_COLOURS = [*(COLOURS[n] for n in (2, 5, 1, 3, 7)), RAMP[0]]
# Why a session may hold several cymbals of a family, or may not: the columns of a table.
MAY_HOLD_SEVERAL = {
    "candidates": "May hold several",
    "metadata": "numbered so",
    "kit_card": "the kit has several",
    CYMBAL_NAMES: "named so",
    "techniques": "struck in several ways",
    "unknown": "nothing known",
    TOO_FEW_HITS: "Too few hits",
    ONE_BY_METADATA: "One by its numbers",
    ONE_BY_KIT_CARD: "One by its kit",
    NO_HIT: "No hit",
}


def describe_decisions(
    decisions: Sequence[Decision],
    gone: Sequence[Decision],
    review: Iterable[Mapping],
    assignments: str,
) -> dict:
    """What became of the decisions on one source set.

    Parameters
    ----------
    decisions : sequence of Decision
        All of the source set.
    gone : sequence of Decision
        Those of sessions that are no longer there.
    review : iterable of mapping
        Sessions in doubt.
    assignments : path
        CYMBAL_ASSIGNMENTS schema.

    Returns
    -------
    dict
        ``total``, ``obeyed``, and under ``unused`` the others: session_id, family, line, decision,
        problem.
    """
    unused = [
        {"session_id": row["session_id"], "family": row["family"]} | row["decision"]
        for row in review
        if row.get("decision")
    ]
    unused += [_unused(row, "session_is_gone") for row in gone]
    said = {row["line"] for row in unused}
    reviewed = {
        (visible(session_id), family)
        for batch in iter_batches(assignments, ["session_id", "family", "method"])
        for session_id, family, method in zip(*(c.to_pylist() for c in batch), strict=True)
        if method == BY_REVIEW
    }
    obeyed = {d.line for d in decisions if (visible(d.session_id), d.family) in reviewed}
    unused += [
        _unused(row, "session_has_no_hit") for row in decisions if row.line not in said | obeyed
    ]
    return {
        "total": len(decisions),
        "obeyed": len(obeyed - said),
        "unused": sorted(unused, key=lambda row: row["line"]),
    }


def _unused(row: Decision, problem: str) -> dict:
    names = ("session_id", "family", "line", "decision")
    return {name: getattr(row, name) for name in names} | {"problem": problem}


def count_undescribed(assignments: str | os.PathLike) -> dict[str, dict[str, int]]:
    """Hits whose sound could not be described, by family and reason, of a table of assignments."""
    counts: dict[str, Counter[str]] = {}
    for batch in iter_batches(assignments, ["family", "undescribed"]):
        batch = batch.filter(pc.is_valid(batch["undescribed"]))
        for family, reason in zip(*(column.to_pylist() for column in batch), strict=True):
            counts.setdefault(family, Counter())[reason] += 1
    return {family: dict(sorted(of.items())) for family, of in sorted(counts.items())}


def describe_review(
    reviews: Mapping[str, Sequence[dict]],
    doubts: Mapping[str, Sequence[dict]],
    decisions: Mapping[str, dict],
    undescribed: Mapping[str, Mapping[str, Mapping[str, int]]],
    *,
    max_sessions: int,
) -> list[dict]:
    """What the page shows of each source set, in order of name.

    Parameters
    ----------
    reviews : mapping
        Sessions in doubt of each source set.
    doubts : mapping
        Of each source set, `review.illustrate_session` of the sessions that it would show
        alone.
    decisions : mapping
        Of each source set, `describe_decisions`.
    undescribed : mapping
        Of each source set, `count_undescribed`.
    max_sessions : int
        Sessions shown of all source sets together.
    """
    chosen = choose_sessions(reviews, max_sessions)
    source_sets = []
    for name, rows in sorted(reviews.items()):
        made = {_key(row): row for row in doubts[name]}
        shown = [_key(row) for row in chosen[name]]
        source_sets.append(
            {
                "name": name,
                "sessions": len(rows),
                "hits": sum(row["n_hits"] for row in rows),
                "in_doubt": sum(in_doubt(row) for row in rows),
                "shown": [made[key] for key in shown],
                "rest": _count_not_shown(row for row in rows if _key(row) not in set(shown)),
                "decisions": decisions[name],
                "undescribed": undescribed[name],
            }
        )
    return source_sets


def _key(row: Mapping) -> tuple[str, str]:
    return row["session_id"], row["family"]


def _count_not_shown(rows: Iterable[dict]) -> list[dict]:
    """Sessions not shown, by family and reason, each with the first ones."""
    by_reason: dict[tuple[str, str], dict] = {}
    for row in sorted(rows, key=rank):
        key = {"family": row["family"], "reason": row["reason"]}
        blank = key | {"sessions": 0, "hits": 0, "in_doubt": 0, "examples": []}
        group = by_reason.setdefault(tuple(key.values()), blank)
        group["sessions"] += 1
        group["hits"] += row["n_hits"]
        group["in_doubt"] += in_doubt(row)
        if len(group["examples"]) < N_EXAMPLES:
            group["examples"].append(row["session_id"])
    return [group for _, group in sorted(by_reason.items())]


def link_to_session(source_set: str, session_id: str) -> str:
    """Where a session in doubt is seen and heard, or named where it finds no room there."""
    return f"../sessions/{quote(source_set)}.html#{session_anchor(source_set, session_id)}"


def agreement_chart(agreement: Mapping) -> dict:
    """Of each source set, and family if there are several, the sessions by how they sound."""
    sets = agreement["source_sets"]
    is_one = len({family for of_set in sets for family in of_set["families"]}) == 1
    rows = {
        of_set["source_set"] + ("" if is_one else f": {family}"): {
            name: counts["by_reason"][reason] for reason, name in VERDICTS.items()
        }
        for of_set in sets
        for family, counts in of_set["families"].items()
    }
    return stacked_bars(rows, list(VERDICTS.values()), colours=VERDICT_COLOURS)


def render_review_page(
    source_sets: Sequence[dict],
    files: Mapping[str, str],
    agreement: Mapping,
    candidates: Mapping[str, Mapping[str, Mapping[str, int]]],
) -> str:
    """The page of sessions in doubt.

    Parameters
    ----------
    source_sets : sequence of dict
        Of `describe_review`.
    files : mapping of str to str
        The reviewed file of each source set.
    agreement : mapping
        Of `agreement.summarise_agreement`.
    candidates : mapping
        Of each source set, `candidates.count_reasons`.
    """
    return render_page(
        "review.html.jinja",
        title="Cymbals in doubt",
        source_sets=source_sets,
        files=files,
        agreement=agreement,
        agreement_chart=agreement_chart(agreement),
        link=link_to_session,
        candidates=candidates,
        may_hold_several=MAY_HOLD_SEVERAL,
        n_differing=N_DIFFERING,
        totals={
            **{
                key: sum(row[key] for row in source_sets)
                for key in ("sessions", "hits", "in_doubt")
            },
            "shown": sum(len(row["shown"]) for row in source_sets),
            "obeyed": sum(row["decisions"]["obeyed"] for row in source_sets),
            "unused": sum(len(row["decisions"]["unused"]) for row in source_sets),
        },
        reasons=REASONS,
        decisions=DECISIONS,
        header=",".join(COLUMNS),
        to_fill_in=TO_FILL_IN,
        picture={
            "width": WIDTH,
            "height": HEIGHT,
            "lowest_hz": FREQUENCY_RANGE_HZ[0],
            "highest_hz": FREQUENCY_RANGE_HZ[1],
            "range_db": RANGE_DB,
            "preroll_ms": 1000 * PREROLL,
        },
    )
