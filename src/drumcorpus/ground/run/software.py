"""Versions of the libraries that a job reaches: what they compute can change with them."""

import importlib.metadata
import sys
from collections.abc import Iterable
from functools import cache

# Where a library is imported under another name than that of its distribution.
DISTRIBUTIONS = {
    "mir_eval": "mir-eval",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
}
# Libraries below those that are imported, whose versions show in what these compute.
RESTS_ON = {
    "jinja2": ("markupsafe",),
    "mir-eval": ("numpy", "scipy"),
    "pandas": ("numpy",),
    "pyloudnorm": ("numpy", "scipy"),
    "scikit-learn": ("numpy", "scipy"),
    "scipy": ("numpy",),
    "soundfile": ("libsndfile", "numpy"),
    "soxr": ("numpy",),
}


def software_versions(imported: Iterable[str]) -> dict[str, str]:
    """Versions by distribution, in order of name, of libraries and of what these rest on.

    Parameters
    ----------
    imported : iterable of str
        Names of top-level modules; those of Python itself are left out.

    Raises
    ------
    ValueError
        If a library is not installed.
    """
    pending = [
        DISTRIBUTIONS.get(name, name) for name in imported if name not in sys.stdlib_module_names
    ]
    reached: set[str] = set()
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += RESTS_ON.get(name, ())
    return {name: _version(name) for name in sorted(reached)}


def here(library: str) -> str | None:
    """The version of a library, by the name of its distribution; None where it is not installed."""
    try:
        return _version(library)
    except ValueError:
        return None


@cache
def _version(name: str) -> str:
    if name == "libsndfile":
        # The decoder has a version of its own: a system's library may stand in for the wheel's.
        import soundfile

        return soundfile.__libsndfile_version__
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError as error:
        raise ValueError(
            f"the library {name} is imported and not installed; install what requirements.lock says"
        ) from error
