"""Weights profiles: the section `sampling`, called `default`, and those that lie over it."""

import math
from collections.abc import Collection, Mapping

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.taxonomy import Taxonomy

DEFAULT = "default"


def weight_profiles(config: Mapping) -> dict[str, dict]:
    """Every weights profile by its name, each with all keys of `sampling`.

    Parameters
    ----------
    config : mapping
        As its schema allows it. A key that a profile has counts as a whole, mappings too; one that
        is null is taken away.
    """
    blocks = {name: block for name, block in config["weights"].items() if block is not None}
    of_all = config["sampling"]
    return {DEFAULT: dict(of_all)} | {name: {**of_all, **own} for name, own in blocks.items()}


def profile_name(block: Mapping) -> str:
    """The weights profile that a manifest, an export or a source set asks for."""
    return block.get("weights", DEFAULT)


def export_profile(config: Mapping, export: str) -> str:
    """The weights profile of an export: its own, or else that of its manifest."""
    block = config["exports"][export]
    return block.get("weights") or profile_name(config["manifests"][block["manifest"]])


def profile_problems(config: Mapping, taxonomy: Taxonomy) -> list[str]:
    """What is wrong with the profiles, and with who asks for one; one sentence each, by key."""
    profiles, problems = weight_profiles(config), []
    for section in ("manifests", "exports", "source_sets"):
        for name, block in config[section].items():
            if profile_name(block) not in profiles:
                where = f"{section}.{name}.weights"
                problems.append(_unknown(where, profile_name(block), profiles, "configured"))
    for name, block in {DEFAULT: config["sampling"], **config["weights"]}.items():
        where = "sampling" if name == DEFAULT else f"weights.{name}"
        problems += _rule_problems(block or {}, where, config["source_sets"], taxonomy)
    return list(dict.fromkeys(problems))


def _rule_problems(block: Mapping, where: str, source_sets, taxonomy: Taxonomy) -> list[str]:
    problems = []
    for key, allowed, kind in (
        ("technique_factors", taxonomy.techniques, "allowed"),
        ("class_bounds", taxonomy.labels, "allowed"),
        ("source_set_shares", sorted(source_sets), "configured"),
    ):
        unknown = [each for each in block.get(key, ()) if each not in allowed]
        problems += [_unknown(f"{where}.{key}", each, allowed, kind) for each in unknown]
    for label, bounds in block.get("class_bounds", {}).items():
        least, most = bounds.get("min", 0), bounds.get("max", math.inf)
        if least > most:
            problems.append(f"{where}.class_bounds.{label}: min {least} is above max {most}")
    if (total := sum(block.get("source_set_shares", {}).values())) > 1 + 1e-9:
        problems.append(
            f"{where}.source_set_shares: they add up to {total:.6g}; at most 1 can be shared"
        )
    return problems


def _unknown(where: str, name: str, allowed: Collection[str], kind: str) -> str:
    return f"{where}: {name!r}{did_you_mean(name, allowed)}; {kind}: {', '.join(allowed)}"
