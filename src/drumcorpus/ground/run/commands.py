"""Commands that a message tells the user to type: as they are, with the options of this run.

Every process that reads the Snakefile writes the options of its run into the environment, and so
its jobs find them, here and on a cluster.
"""

import json
import os
import shlex
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

VARIABLE = "DRUMCORPUS_RUN_OPTIONS"


def remember_options(
    configfiles: Iterable[str | os.PathLike],
    config: Mapping[str, object],
    directory: str | os.PathLike | None,
    *,
    is_main: bool,
    typed: Mapping[str, object] | None = None,
) -> None:
    """Note the options that decide what a run makes, where, and how.

    Parameters
    ----------
    configfiles
        Values of ``--configfile``, absolute.
    config
        What ``--config`` set, by key.
    directory
        Value of ``--directory``, if there was one.
    is_main
        Whether this is the process that the user has started; a job leaves what that has noted.
    typed
        What Snakemake's parser finds on the command line; of a profile only its name.
    """
    if VARIABLE in os.environ and not is_main:
        return
    options = {
        "configfiles": [_near(path, directory) for path in configfiles],
        "config": dict(config),
        "directory": str(Path(directory).absolute()) if directory else None,
        "how": _how(typed or {}),
        "snakefile": _given(typed or {}, "snakefile"),
    }
    os.environ[VARIABLE] = json.dumps(options)


def command(
    *targets: str, forced: Iterable[str] = (), config: Mapping[str, object] | None = None
) -> str:
    """A command line that makes `targets`, for a shell.

    Parameters
    ----------
    targets
        Names of targets, or paths of products.
    forced
        Products to make again though they stand.
    config
        Settings that are laid over those of the run, key by key.
    """
    options = json.loads(os.environ.get(VARIABLE, "{}"))
    settings = _overlaid(options.get("config", {}), config or {})
    words = ["snakemake", *(options.get("how") or ["--cores", "all"])]
    # Where it was named, Snakemake does not find it by itself, as with an installed package.
    words += _option("--snakefile", options.get("snakefile", []))
    words += _option("--configfile", options.get("configfiles", []))
    words += _option("--directory", [options["directory"]] if options.get("directory") else [])
    words += _option("--config", [f"{key}={_value(value)}" for key, value in settings.items()])
    words += _option("--forcerun", forced)
    return shlex.join([*words, "--", *targets])


def options_of_run() -> list[str]:
    """``--configfile`` and ``--config`` of this run, with their values, for another call of its."""
    options = json.loads(os.environ.get(VARIABLE, "{}"))
    settings = options.get("config", {})
    words = _option("--configfile", options.get("configfiles", []))
    return words + _option(
        "--config", [f"{key}={_value(value)}" for key, value in settings.items()]
    )


def _how(typed: Mapping[str, object]) -> list[str]:
    """Profiles and executor as they were typed; with them go cores and jobs, which they may set."""
    profiles = [word for name in typed.get("profile") or [] for word in ("--profile", name)]
    words = [*profiles, *_option("--workflow-profile", _given(typed, "workflow_profile"))]
    # Who looked on, or touched files, wants these made now.
    executor = [name for name in _given(typed, "executor") if name not in ("dryrun", "touch")]
    words += _option("--executor", executor)
    if not words:
        return []
    n_jobs = ["unlimited" if n == str(sys.maxsize) else n for n in _given(typed, "jobs")]
    cores_and_jobs = [*_option("--cores", _given(typed, "cores")), *_option("--jobs", n_jobs)]
    # Where neither was typed, a profile has said it; without one all cores are asked for.
    has_profile = bool(profiles or _given(typed, "workflow_profile"))
    return [*words, *(cores_and_jobs or ([] if has_profile else ["--cores", "all"]))]


def _given(typed: Mapping[str, object], name: str) -> list[str]:
    return [str(typed[name])] if typed.get(name) is not None else []


def _option(name: str, values: Iterable[str]) -> list[str]:
    values = list(values)
    return [name, *values] if values else []


def _overlaid(below: object, above: object) -> object:
    """Nested settings of one mapping over those of another."""
    if not isinstance(below, dict) or not isinstance(above, Mapping):
        return above
    return below | {key: _overlaid(below.get(key), value) for key, value in above.items()}


def _near(path: str | os.PathLike, directory: object) -> str:
    """A path as it can be typed: relative where it lies below the folder that one stands in."""
    path = Path(path).absolute()
    if directory is None and path.is_relative_to(Path.cwd()):
        return path.relative_to(Path.cwd()).as_posix()
    return str(path)


def _value(value: object) -> str:
    """A setting as ``--config`` reads it."""
    if value is None:
        return ""
    # YAML does not put the two halves together by which JSON escapes a character such as 🥁.
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
