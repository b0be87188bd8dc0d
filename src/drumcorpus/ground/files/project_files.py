"""Where the files beside the package lie: the Snakefile, ``workflow``, ``config``, ``resources``.

In a checkout they stand at its top, beside ``src``; a wheel carries them below the package, in a
folder that ``setup.py`` fills.
"""

from pathlib import Path

SNAKEFILE = "Snakefile"
PACKAGE_FOLDER = "src/drumcorpus"  # in a checkout
WHEEL_FOLDER = "project"  # below the package, in a wheel
_PACKAGE = Path(__file__).resolve().parents[2]


def project_folder() -> Path:
    """The folder that holds the Snakefile of this package: the checkout, or a part of the wheel."""
    checkout = _PACKAGE.parents[1]
    is_checkout = (checkout / PACKAGE_FOLDER).resolve() == _PACKAGE
    return checkout if is_checkout and (checkout / SNAKEFILE).is_file() else _PACKAGE / WHEEL_FOLDER


def package_folder(project: Path) -> Path:
    """The folder of the package that belongs to a folder with a Snakefile.

    Parameters
    ----------
    project : Path
        A checkout, or what `project_folder` says of a wheel.
    """
    in_checkout = project / PACKAGE_FOLDER
    return in_checkout if in_checkout.is_dir() else project.parent


def path_of_module(file: str | Path) -> str:
    """The path of a module of this package as a run manifest has it: that in a checkout."""
    return f"{PACKAGE_FOLDER}/{Path(file).resolve().relative_to(_PACKAGE).as_posix()}"
