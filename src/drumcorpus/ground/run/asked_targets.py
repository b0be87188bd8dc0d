"""Targets on a command line that no rule makes: what was meant, before Snakemake says only that."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

from drumcorpus.ground.files.paths import visible
from drumcorpus.ground.files.spelling import did_you_mean
from drumcorpus.ground.files.written_paths import exists

_BY_SET = "ingest_"  # of the targets of one source set


def check_targets(
    targets: Iterable[str],
    rules: Collection[str],
    is_made: Callable[[str], bool],
    *,
    used: Collection[str],
    configured: Mapping[str, Mapping],
    manifests: Collection[str],
) -> None:
    """Hold the targets of a command line against what the rules make.

    Parameters
    ----------
    targets
        Names of rules, or paths.
    rules
        Names of all rules.
    is_made
        Whether a rule makes the file at a path.
    used, configured, manifests
        Source sets in use, blocks of all that are configured, and names of manifests.

    Raises
    ------
    ValueError
        With one sentence for each target that nothing makes.
    """
    names = [*used, *manifests]
    problems = []
    for target in targets:
        if target in rules or is_made(target) or exists(target):
            continue
        if "/" in target:
            problems.append(_path_problem(target, names, is_made))
        else:
            problems.append(_name_problem(target, rules, used, configured))
    if problems:
        raise ValueError("\n".join(problems))


def _name_problem(
    target: str, rules: Collection[str], used: Collection[str], configured: Mapping[str, Mapping]
) -> str:
    name = target.removeprefix(_BY_SET)
    if target.startswith(_BY_SET) and name in configured:
        if name not in used:
            return f"target {target}: {name} is not in `use` ({', '.join(used)}); add it there"
        tier = configured[name].get("tier")
        return f"target {target}: {name} has tier {tier!r}, and is listed and not ingested"
    hint = did_you_mean(target, rules)
    return (
        f"target {visible(target)}: there is none of this name{hint}; "
        "`snakemake --list-target-rules` shows all"
    )


def _path_problem(target: str, names: Collection[str], is_made: Callable[[str], bool]) -> str:
    """A sentence on a path, with the right one where a part of it is nearly a set or a manifest."""
    hint, parts = "", re.split(r"([/.])", target)
    for place, part in enumerate(parts):
        meant = re.search(r"'(.*)'", did_you_mean(part, names)) if len(part) > 1 else None
        path = "".join([*parts[:place], meant[1], *parts[place + 1 :]]) if meant else ""
        if path and is_made(path):
            hint = f" (did you mean {path}?)"
    known = f"; source sets in use and manifests: {', '.join(names)}" if not hint else ""
    return f"target {visible(target)}: no rule makes this file{hint}{known}"
