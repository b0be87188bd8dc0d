"""What is kept of a training after each epoch, so that one that was killed goes on.

This module cannot be imported without torch.
"""

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from drumcorpus.ground.files.atomic import replacing

torch = import_module("torch")

FORMAT = "drumcorpus.network/1"
ADVICE = "delete the file to begin anew, or learn by what it was learned by"
# What a checkpoint is refused for, in words, where it has another; all else begins anew.
BOUND = {
    "taxonomy": "another taxonomy or class map",
    "features": "other features of the sound",
}


def save_checkpoint(path: str | os.PathLike, binding: Mapping, state: Mapping) -> None:
    """Write a checkpoint, whole or not at all.

    Parameters
    ----------
    binding : mapping
        What it belongs to: ``taxonomy``, ``features`` and whatever else must be equal to go on.
    state : mapping
        What the training goes on from.
    """
    with replacing(path) as part:
        torch.save({"format": FORMAT, "binding": dict(binding), "state": dict(state)}, part)


def load_checkpoint(path: str | os.PathLike, binding: Mapping) -> dict | None:
    """The state of a checkpoint of this binding; None where there is none, or one of another run.

    Raises
    ------
    ValueError
        If it cannot be read, or is of another taxonomy or of other features: these are not what the
        run is about, and nobody should believe that it went on. Says what to do.
    """
    path = Path(path)
    if not path.is_file():
        return None
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise KeyError(content["format"])
        bound, state = dict(content["binding"]), dict(content["state"])
    except Exception as error:  # torch raises what it meets, of many kinds
        raise ValueError(
            f"{path}: no checkpoint that can be read ({type(error).__name__}); {ADVICE}"
        ) from error
    for key, words in BOUND.items():
        if bound.get(key) != binding[key]:
            raise ValueError(
                f"{path}: a checkpoint of {words}: got {bound.get(key)}; wanted: {binding[key]}; "
                f"{ADVICE}"
            )
    return state if bound == dict(binding) else None
