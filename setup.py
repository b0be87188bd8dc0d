"""The files that the package needs and that stand outside of ``src`` in a checkout: where each
goes in a wheel.

All else is said by ``pyproject.toml``. The paths of a checkout are a contract, so that they cannot
move; `drumcorpus.ground.files.project_files` finds them in both places.
"""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).resolve().parent
PROJECT = "drumcorpus/project"
# What goes below PROJECT, with its place in a checkout. Snakemake looks for the default profile
# beside the Snakefile.
CARRIED = {
    "Snakefile": "Snakefile",
    "workflow": "workflow",
    "config": "config",
    "resources": "resources",
    "profiles": "workflow/profiles",
}


def carried_files() -> dict[str, Path]:
    """The files of the project, by their paths in a wheel."""
    files = {}
    for target, source in CARRIED.items():
        top = HERE / source
        for path in [top] if top.is_file() else sorted(top.rglob("*")):
            below = path.relative_to(top)
            is_hidden = any(part.startswith((".", "__pycache__")) for part in below.parts)
            if path.is_file() and not is_hidden:
                files[(Path(PROJECT, target) / below).as_posix()] = path
    return files


class BuildWithProject(build_py):
    """Builds the package, and below it the files of the project."""

    def run(self) -> None:
        """Build; in an editable install the files stay where they are."""
        super().run()
        if self.editable_mode:
            return
        # What an earlier build left there may have gone from the checkout.
        shutil.rmtree(Path(self.build_lib, PROJECT), ignore_errors=True)
        for target, path in carried_files().items():
            self.mkpath(str(Path(self.build_lib, target).parent))
            self.copy_file(str(path), str(Path(self.build_lib, target)), preserve_mode=False)

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """What is built, the files of the project among it."""
        built = super().get_outputs(include_bytecode)
        if self.editable_mode:
            return built
        return [*built, *(str(Path(self.build_lib, target)) for target in carried_files())]

    def get_source_files(self) -> list[str]:
        """What an archive of the sources needs."""
        carried = [path.relative_to(HERE).as_posix() for path in carried_files().values()]
        return [*super().get_source_files(), *carried]


setup(cmdclass={"build_py": BuildWithProject})
