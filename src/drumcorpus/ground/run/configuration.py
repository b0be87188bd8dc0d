"""What a configuration must say beyond its schema: names that exist, and tiers that may merge."""

from collections.abc import Collection, Mapping

from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.ground.run.manifests_in_use import with_source_sets
from drumcorpus.ground.run.weight_profiles import profile_problems
from drumcorpus.taxonomy import Taxonomy
from drumcorpus.vocabulary import PRODUCTION


def spell_out(config: dict, key: str, section: str) -> dict:
    """The configuration with a key of its top level moved into the section it belongs to.

    The moved value overrides the section's own, so that ``--config KEY=VALUE`` can be typed.
    """
    if key not in config:
        return config
    others = {name: value for name, value in config.items() if name != key}
    return others | {section: others[section] | {key: config[key]}}


# Sections that have been renamed: the former name, and the place where each stands now.
FORMER_SECTIONS = {
    "audio_checks": ("checks",),
    "integrity": ("inventory", "integrity"),
    "distribution": ("baselines", "distribution"),
    "comparison": ("baselines",),
}


def with_present_names(config: dict) -> tuple[dict, list[str]]:
    """The configuration with its sections under the names that they have now.

    What an overlay says under a former name lies over what stands under the present one.

    Returns
    -------
    config : dict
    renamed : list of str
        One sentence for each section that stands under a former name.
    """
    renamed = []
    for former, place in FORMER_SECTIONS.items():
        if former in config:
            overlay = config[former]
            for key in reversed(place):
                overlay = {key: overlay}
            others = {key: value for key, value in config.items() if key != former}
            config = _overlaid(others, overlay)
            renamed.append(f"config: {former} is called {'.'.join(place)} now; write that instead")
    return config, renamed


def _overlaid(below, above):
    """Nested mappings of one document over those of another."""
    if not isinstance(below, Mapping) or not isinstance(above, Mapping):
        return above
    merged = {key: _overlaid(below[key], above[key]) for key in below.keys() & above.keys()}
    return {**below, **above, **merged}


def check_configuration(config: dict, taxonomy: Taxonomy) -> None:
    """Hold the parts of a configuration against each other and against the taxonomy.

    Raises
    ------
    ValueError
        With one line for each source set that is used and not configured, for each manifest that
        names a set which is not in use or not in production, or selects of one that it does not
        merge, for a yardstick that is not declared, for what is wrong with a weights profile, and
        for shares of splits that do not add up to 1.
    """
    problems = []
    configured = config["source_sets"]
    for name in config["use"]:
        if name not in configured:
            names = ", ".join(sorted(configured))
            hint = did_you_mean(name, configured)
            problems.append(f"use: {name!r} has no block in source_sets{hint}; configured: {names}")
    for manifest, block in config["manifests"].items():
        for name in block["source_sets"]:
            problems += _merge_problems(config, manifest, name)
        for name in block.get("select", {}):
            if name not in block["source_sets"]:
                merged = ", ".join(block["source_sets"])
                hint = did_you_mean(name, block["source_sets"])
                problems.append(f"manifests.{manifest}.select: {name!r}{hint}; it merges: {merged}")
    shares = config["splits"]["shares"]
    if abs(sum(shares.values()) - 1) > 1e-9:
        total = f"{sum(shares.values()):.6g}"
        problems.append(f"splits.shares: {shares} add up to {total}; they must add up to 1")
    for name in config["yardsticks"]:
        if name not in configured:
            hint, names = did_you_mean(name, configured), ", ".join(sorted(configured))
            problems.append(f"yardsticks: {name!r}{hint}; configured: {names}")
    problems += profile_problems(config, taxonomy)
    for section in ("distribution", "tolerances"):
        for name in config["baselines"][section]["per_set"]:
            if name not in configured:
                where = f"baselines.{section}.per_set"
                hint, names = did_you_mean(name, configured), ", ".join(sorted(configured))
                problems.append(f"{where}: {name!r}{hint}; configured: {names}")
    if problems:
        raise ValueError("\n".join(f"config: {problem}" for problem in problems))


def check_former_keys(config: Mapping) -> None:
    """Refuse keys whose place another key has taken, and say what to write.

    Raises
    ------
    ValueError
        If there is such a key.
    """
    for section, block in config.items():
        if isinstance(block, Mapping) and "family" in block:
            raise ValueError(
                f"config: {section}.family: got {block['family']!r}; it is {section}.families now, "
                f"a list: write families: [{block['family']}]"
            )


def check_source_set_names(config: Mapping, modules: Collection[str]) -> None:
    """Hold the names of the blocks of ``source_sets`` against the modules that read source sets.

    Parameters
    ----------
    config : mapping
        As it comes from the files, before its schema has been asked.
    modules
        Names of the modules.

    Raises
    ------
    ValueError
        With one line for each block whose name is no module, and that is not `like` another.
    """
    blocks = config.get("source_sets")
    blocks = blocks if isinstance(blocks, Mapping) else {}
    problems = [
        f"config: source_sets.{name}: there is no such source set{did_you_mean(name, modules)}; "
        f"known: {', '.join(sorted(modules))}; for one of these once more write `like: NAME` there"
        for name, block in blocks.items()
        if name not in modules and not (isinstance(block, Mapping) and block.get("like"))
    ]
    if problems:
        raise ValueError("\n".join(problems))


def redistributable_part(config: dict, cards: Mapping[str, Mapping]) -> dict:
    """The configuration without the source sets that may not be passed on, if it asks for that.

    Raises
    ------
    ValueError
        If nothing is left of what is in use, or of a manifest.
    """
    if not config["redistributable_only"]:
        return config
    kept = [name for name in config["use"] if cards[name]["redistributable"]]
    manifests = {
        manifest: with_source_sets(block, [s for s in block["source_sets"] if s in kept])
        for manifest, block in config["manifests"].items()
    }
    empty = [manifest for manifest, block in manifests.items() if not block["source_sets"]]
    if empty or not kept:
        left_out = ", ".join(name for name in config["use"] if name not in kept)
        raise ValueError(
            f"config: redistributable_only leaves nothing of {', '.join(empty) or 'use'}; the "
            f"cards of these say that they may not be passed on: {left_out}"
        )
    return config | {"use": kept, "manifests": manifests}


def _merge_problems(config: dict, manifest: str, name: str) -> list[str]:
    where = f"manifests.{manifest}.source_sets"
    if name not in config["use"]:
        used = ", ".join(config["use"])
        hint = did_you_mean(name, config["use"])
        text = f"{where}: {name!r} is not in `use` ({used}){hint}; add it there or take it out here"
        return [text]
    tier = config["source_sets"].get(name, {}).get("tier", PRODUCTION)
    if tier != PRODUCTION:
        return [
            f"{where}: {name!r} has tier {tier!r}; only sets of tier {PRODUCTION!r} may be merged"
        ]
    return []
