"""Replay: would today's checkout and inputs give the product that a run manifest speaks of?

The manifest says how the product was made. A job of today that would record the same (code,
versions, parameters, digests of all inputs) makes the same bytes, because a job's work depends on
nothing else. So the two are compared, and then those of every job on the way to the raw files.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from drumcorpus.ground.run.job_plan import PRODUCT, RAW_KIND, WORKFLOW_SCRIPTS
from drumcorpus.ground.run.lineage import circle_in, circle_in_words
from drumcorpus.ground.run.plan_differences import (
    CARD,
    CIRCLE,
    INPUT,
    RAW,
    RULE,
    TAXONOMY,
    UNSEEN,
    Difference,
    compare_plans,
)

N_FILES = 20  # raw files that are named one by one


@dataclass(frozen=True)
class Replayed:
    """What was compared: the products whose jobs were, how many inputs, and all differences."""

    product: str
    compared: list[str]
    n_inputs: int
    differences: list[Difference]

    @property
    def holds(self) -> bool | None:
        """True: the product would be the same. False: something differs. None: not all was seen."""
        if any(each.kind != UNSEEN for each in self.differences):
            return False
        return None if self.differences else True


class Present(Protocol):
    """What is asked of today's checkout and files."""

    listings: Mapping[str, Mapping[str, str]]

    def plan(self, product: str) -> dict | None:
        """What the job of a product would record, digests None for what is not there."""

    def raw_files(self, product: str) -> dict[str, str]:
        """SHA-256 of the raw files that the job of a product looks at, by path."""


def replay(
    product: str,
    manifest: Mapping,
    today: Present,
    manifest_of: Callable[[str, str], Mapping | None],
    *,
    listings: Mapping[str, Mapping[str, str]],
    raw_listing_of: Callable[[Mapping], Mapping[str, str]] = lambda manifest: {},
) -> Replayed:
    """Hold the run manifest of a product, and those of what it rests on, against today's plans.

    Parameters
    ----------
    product : str
        Path below the working folder.
    manifest : mapping
        Its run manifest.
    today : Present
        What the jobs would record now.
    manifest_of
        The run manifest of a product by path and recorded digest; None where there is none.
    listings : mapping
        The modules of digests of code, as far as they are remembered.
    raw_listing_of
        The digests of raw files that the run with a manifest has listed, as far as they are there.

    Raises
    ------
    OSError, ValueError
        If raw files cannot be looked at.
    """
    pending: list[tuple[str, Mapping | None, str]] = [(product, manifest, "")]
    asked: set[str] = set()
    standing: set[str] = set()
    # What each product was made of, by path and digest.
    links: dict[tuple[str, str], set[tuple[str, str]]] = {}
    compared, n_inputs = [], 0
    differences: list[Difference] = []
    while pending:
        path, record, wanted_by = pending.pop(0)
        plan = today.plan(path)
        if plan is None and record is None:
            if path not in standing:  # it is as it was, or is told to differ
                text = "is not there, no rule makes it, and no run manifest of it is at hand"
                differences.append(Difference(path, UNSEEN, path, detail=text))
            continue
        if plan is None and path != product and not _is_of_a_rule(record):
            continue  # stamped, or made by a function: its digest is all that counts here
        if plan is None:
            text = "no rule of this configuration makes it"
            differences.append(Difference(path, RULE, record["rule"], record["rule"], "", text))
            continue
        if record is None:
            text = f"no run manifest of the version that {wanted_by} was made from is at hand"
            differences.append(Difference(path, UNSEEN, plan["rule"], detail=text))
            continue
        compared.append(path)
        links |= _links_of(record)
        n_inputs += len(plan["inputs"])
        differences += compare_plans(
            path, record, plan, listings=listings, listings_today=today.listings
        )
        if any(each["kind"] == RAW_KIND for each in plan["inputs"]):
            differences = _with_raw_files(
                differences, path, raw_listing_of(record), today.raw_files(path)
            )
        standing |= {row["path"] for row in plan["inputs"] if row["sha256"]}
        for each in record["inputs"]:
            if each["kind"] == PRODUCT and each["path"] not in asked:
                asked.add(each["path"])
                made_by = manifest_of(each["path"], each["sha256"])
                asked |= {output["path"] for output in (made_by or {}).get("outputs", ())}
                pending.append((each["path"], made_by, path))
    if circle := circle_in(links):
        paths = [path for path, _ in circle]
        text = circle_in_words(paths).partition(": ")[2]
        differences.append(Difference(paths[0], CIRCLE, paths[0], detail=text))
    return Replayed(product, compared, n_inputs, differences)


def _links_of(record: Mapping) -> dict[tuple[str, str], set[tuple[str, str]]]:
    """The files that each output of a job was made of; which of them are products shows later."""
    made_of = {(row["path"], row["sha256"]) for row in record["inputs"]}
    return {(row["path"], row["sha256"]): made_of for row in record["outputs"]}


def _is_of_a_rule(manifest: Mapping) -> bool:
    return manifest["script"]["path"].startswith(WORKFLOW_SCRIPTS)


def _with_raw_files(
    differences: list[Difference],
    product: str,
    recorded: Mapping[str, str],
    today: Mapping[str, str],
) -> list[Difference]:
    """The differences, with the raw files by name where a listing of them is at hand."""
    differs = [each for each in differences if each.product == product and each.kind == INPUT]
    if not differs or not recorded:
        return differences
    names = sorted(
        path for path in recorded.keys() | today.keys() if recorded.get(path) != today.get(path)
    )
    files = []
    for path in names[:N_FILES]:
        was, now = recorded.get(path, ""), today.get(path, "")
        detail = "is missing" if not now else "" if was else "is new"
        files.append(Difference(product, RAW, path, was, now, detail))
    if len(names) > N_FILES:
        detail = f"{len(names) - N_FILES:,} more raw files differ"
        files.append(Difference(product, RAW, "…", detail=detail))
    return [*differences, *files]


def replayed_in_words(replayed: Replayed) -> str:
    """What was compared and what differs, each thing once; digests by their beginning."""
    n_jobs = len(replayed.compared)
    seen = f"{n_jobs} job{'s' if n_jobs != 1 else ''}, {replayed.n_inputs} inputs"
    if replayed.holds:
        return f"{replayed.product}: today's checkout and inputs would give it again ({seen} agree)"
    verdict = "differs from today" if replayed.holds is False else "could not all be looked at"
    lines = [f"{replayed.product}: {verdict} ({seen} compared)"]
    products_of: dict[str, list[str]] = {}
    for each in replayed.differences:
        products_of.setdefault(_difference_in_words(each), []).append(each.product)
    for words, products in products_of.items():
        more = f" and {len(products) - 1:,} more" if len(products) > 1 else ""
        lines += [f"  {words}", f"    in the making of {products[0]}{more}"]
    return "\n".join(lines)


def _difference_in_words(each: Difference) -> str:
    was, now = _short(each.kind, each.recorded), _short(each.kind, each.today)
    words = f"{each.kind}: {each.name}"
    if was or now:
        words += f": recorded {was or 'none'}, today {now or 'none'}"
    return f"{words}: {each.detail}" if each.detail else words


def _short(kind: str, value: str) -> str:
    is_digest = kind in (TAXONOMY, CARD, INPUT, RAW, UNSEEN) and len(value) == 64
    return f"{value[:12]}…" if is_digest else value
