"""What `run.launch` asks of a command line before Snakemake, which answers with a traceback."""

import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from drumcorpus.ground.files.json_files import KeyTwice, read_json_by_people
from drumcorpus.ground.files.paths import printable, visible
from drumcorpus.ground.files.written_paths import (
    exists,
    why_no_file,
    why_no_folder,
    why_not_to_make,
    why_not_to_write,
)
from drumcorpus.ground.files.yaml_files import read_yaml

_CONFIG_FILES = ("--configfile", "--configfiles")
_SETTINGS = ("--config", "-C")
_KEY = re.compile(r"[a-zA-Z_][\w-]*\w")  # what Snakemake takes for one


def config_files(arguments: Iterable[str]) -> list[str]:
    """The overlays of the config that a command line of Snakemake names, in order."""
    return _values_of(_CONFIG_FILES, arguments)


def check_settings(arguments: Iterable[str]) -> None:
    """Hold the settings that a command line of Snakemake has against KEY=VALUE.

    Raises
    ------
    ValueError
        If one is none; one sentence.
    """
    for setting in _values_of(_SETTINGS, arguments):
        if reason := why_no_setting(setting):
            raise ValueError(f"--config: {reason}")


def why_no_setting(text: str) -> str:
    """Why a text is no setting, with what it is and what is wanted; empty where it is one."""
    key, equals, _ = text.partition("=")
    if equals and _KEY.fullmatch(key):
        return ""
    return f"got {visible(text[:60])!r}; wanted: KEY=VALUE, such as gates=report"


def _values_of(options: Collection[str], arguments: Iterable[str]) -> list[str]:
    """The words behind some options, up to the next one, in order."""
    values, is_value = [], False
    for argument in arguments:
        if is_value and not argument.startswith("-"):
            values.append(argument)
            continue
        option, equals, value = argument.partition("=")
        is_value = option in options
        if is_value and equals:
            values.append(value)
            is_value = False
    return values


def check_overlays(paths: Iterable[str]) -> None:
    """Hold each overlay of the config against what any of them must be.

    Raises
    ------
    ValueError
        If one is not there, may not be read, is neither YAML nor JSON, has a key twice, or is no
        mapping; one sentence that names the file and, where it has one, line and column.
    """
    for path in paths:
        if reason := why_no_file(path):
            raise ValueError(f"config file {path}: {reason}")
        overlay = _read_overlay(path)
        if not isinstance(overlay, dict):
            got = "nothing" if overlay is None else f"a {type(overlay).__name__}"
            raise ValueError(
                f"{path}: a config holds settings, such as `use: [groove_mididataset]`; got {got}"
            )


def _read_overlay(path: str | os.PathLike):
    """A config file, which may also be JSON: not all JSON is YAML, for tabs may indent it."""
    try:
        return read_json_by_people(path)
    except KeyTwice:
        raise
    except ValueError:
        return read_yaml(path)


def check_folder(folder: Path) -> None:
    """Hold the working folder that a command line names against what can be one.

    Raises
    ------
    ValueError
        If it cannot; one sentence with the reason.
    """
    where = str(folder.absolute())
    if printable(where) != where:
        reason = "the name is not UTF-8, and no record could hold it; rename the folder"
    elif exists(folder):
        reason = why_no_folder(folder)
        if not reason and not os.access(folder, os.W_OK | os.X_OK):
            reason = why_not_to_write(folder)
    else:
        reason = why_not_to_make(folder)
    if reason:
        raise ValueError(f"working folder {visible(printable(str(folder)))}: {reason}")
