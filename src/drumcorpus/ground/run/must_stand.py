"""What must stand: the products that the rules make, as far as they have been made here.

A product that was finished once and is gone, with its run manifest or without, is missing. So is
one that another product which stands was made from, and what the last run was to make and has
not. What nobody asked for yet is not built.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from drumcorpus.ground.run.ledger import ASKED, LEDGER, read_asked, read_ledger
from drumcorpus.ground.run.recorded_files import Problem

NOT_MADE = "the last run was to make this, and failed or was stopped before it did"


@dataclass(frozen=True)
class Plan:
    """What the rules make under the present configuration.

    `targets` has the products of each target by its name, in the order of the chain; `lasting` the
    folders in which products of earlier configurations stay, `apart` the targets that `all` does
    not ask for.
    """

    targets: Mapping[str, Iterable[str]]
    lasting: Collection[str] = ()
    apart: Collection[str] = ()

    @cached_property
    def products(self) -> dict[str, str]:
        """The first target that asks for it, by product."""
        first: dict[str, str] = {}
        for target, products in self.targets.items():
            for product in products:
                first.setdefault(product, target)
        return first

    def is_lasting(self, product: str) -> bool:
        """Whether a product stays though no rule makes it any more."""
        return product.startswith(tuple(f"{folder}/" for folder in self.lasting))


def missing_products(
    plan: Plan, standing: Collection[str], used: Collection[str] = ()
) -> tuple[list[Problem], dict[str, int]]:
    """What was made here and is gone, and how many products of each target were never made.

    Parameters
    ----------
    plan
    standing
        Paths at which anything stands that is told of otherwise: the products with a run manifest,
        and what has none.
    used
        Products that those which stand were made from.

    Returns
    -------
    problems : list of Problem
        Of kind missing; one of kind changed where the ledger is no longer what was written, one of
        kind missing where there is none although not all of the plan stands.
    not_built : dict
        Numbers of products by target; empty where all stands.
    """
    problems, finished, asked = [], None, set()
    text = "cannot be relied on ({}); delete it, the next run writes it anew"
    try:
        finished = read_ledger()
    except (ValueError, OSError) as error:
        problems.append(Problem(str(LEDGER), "changed", text.format(error)))
    try:
        asked = read_asked()
    except (ValueError, OSError) as error:
        problems.append(Problem(str(ASKED), "changed", text.format(error)))
    absent = [product for product in plan.products if product not in standing]
    of_all = [product for product in absent if plan.products[product] not in plan.apart]
    is_begun = len(absent) < len(plan.products)
    if finished is None and not problems and of_all and is_begun:
        text = (
            f"is gone: nobody can say of {len(of_all):,} products that do not stand, such as "
            f"{of_all[0]}, whether they were ever made; the next run writes it anew"
        )
        problems.append(Problem(str(LEDGER), "missing", text))
    finished = finished or set()
    gone = {p for p in finished if p not in standing and (p in plan.products or plan.is_lasting(p))}
    lost = set(used) - set(standing) - gone
    text = "was made here, and is gone together with its run manifest"
    problems += [Problem(product, "missing", text, product) for product in gone]
    text = "is gone together with its run manifest, and others stand that were made from it"
    missing = {product for product in lost if product in plan.products}
    problems += [Problem(product, "missing", text, product) for product in missing]
    planned = plan.products
    unmade = {product for product in absent if product in asked} - gone - missing
    problems += [Problem(product, "missing", NOT_MADE, product) for product in unmade]
    never = [product for product in absent if product not in gone | missing | unmade]
    return problems, dict(Counter(planned[product] for product in never))
