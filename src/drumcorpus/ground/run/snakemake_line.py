"""The command line of Snakemake that a command of this package stands for."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from drumcorpus.ground.files.project_files import SNAKEFILE

# A config that a run takes by itself, where it lies in the working folder and no other is named.
CONFIG_FILE = "drumcorpus.yaml"


@dataclass(frozen=True)
class Request:
    """What is asked of Snakemake.

    `config` are settings as ``--config`` reads them, KEY=VALUE. `cores` is a number, or ``all``.
    `profile` is the name of one that comes with the workflow, or a folder. `more` are further
    words, such as ``--dry-run``.
    """

    targets: Sequence[str]
    configfiles: Sequence[str] = ()
    config: Sequence[str] = ()
    directory: str = "."
    cores: str = "all"
    profile: str | None = None
    more: Sequence[str] = field(default=())


def words_for(request: Request, project: Path, here: Path) -> list[str]:
    """The words behind ``snakemake``, as they hold in the folder `here`.

    Parameters
    ----------
    request : Request
    project : Path
        The folder of the Snakefile. It is named unless Snakemake finds it by itself.
    here : Path
        The folder that one stands in.
    """
    words = []
    if here.resolve() != project.resolve():
        words += ["--snakefile", str(project / SNAKEFILE)]
    if request.configfiles:
        words += ["--configfile", *request.configfiles]
    if request.config:
        words += ["--config", *request.config]
    if request.directory != ".":
        words += ["--directory", request.directory]
    if request.profile is not None:
        own = project / "workflow/profiles" / request.profile
        words += ["--profile", str(own) if own.is_dir() else request.profile]
    # A profile may say how many cores; else all are used.
    if request.profile is None or request.cores != "all":
        words += ["--cores", request.cores]
    return [*words, *request.more, "--", *request.targets]


def in_shell(words: Sequence[str]) -> str:
    """A line for a shell."""
    return shlex.join(["snakemake", *words])


def own_config(folder: Path) -> list[str]:
    """The config of a working folder that is taken where none is named."""
    path = folder / CONFIG_FILE
    return [str(path)] if path.exists() else []
