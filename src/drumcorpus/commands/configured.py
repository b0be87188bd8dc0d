"""What commands that ask snakemake share: how it is configured, and where its Snakefile is."""

import argparse
from pathlib import Path

from drumcorpus.ground.files.project_files import project_folder
from drumcorpus.ground.run.command_line import why_no_setting
from drumcorpus.ground.run.snakemake_line import own_config


def add_configuration(parser: argparse.ArgumentParser) -> None:
    """Declare where a run works, and how it is configured."""
    parser.add_argument(
        "--directory", metavar="DIR", default=".", help="the working folder (default: this one)"
    )
    parser.add_argument(
        "--configfile",
        metavar="YAML",
        action="append",
        default=[],
        help="as given to snakemake (default: drumcorpus.yaml of the working folder)",
    )
    parser.add_argument(
        "--config",
        metavar="KEY=VALUE",
        type=_setting,
        action="append",
        default=[],
        help="as given to snakemake",
    )
    parser.add_argument(
        "--checkout", metavar="DIR", help="folder of the Snakefile (default: that of this package)"
    )


def _setting(text: str) -> str:
    if reason := why_no_setting(text):
        raise argparse.ArgumentTypeError(reason)
    return text


def configuration(arguments: argparse.Namespace) -> list[str]:
    """What snakemake is to be told of the configuration, wherever it runs."""
    options = []
    if files := configfiles(arguments):
        options += ["--configfile", *(str(Path(path).absolute()) for path in files)]
    return [*options, *(["--config", *arguments.config] if arguments.config else [])]


def configfiles(arguments: argparse.Namespace) -> list[str]:
    """The overlays that are named, or else that of the working folder, where there is one."""
    return arguments.configfile or own_config(Path(arguments.directory))


def checkout_of(arguments: argparse.Namespace) -> Path:
    """The folder of the Snakefile; it need not be one."""
    return Path(arguments.checkout or project_folder()).absolute()


def require_checkout(checkout: Path) -> None:
    """Refuse a folder that holds no Snakefile of this workflow.

    Raises
    ------
    argparse.ArgumentError
    """
    if not (checkout / "workflow/plan_jobs.py").is_file():
        raise argparse.ArgumentError(
            None, f"{checkout}: holds no Snakefile of drumcorpus; name its folder with --checkout"
        )
