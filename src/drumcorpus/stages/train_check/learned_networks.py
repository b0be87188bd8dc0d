"""All networks of a training check, one for each seed; this cannot be imported without torch."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from drumcorpus.stages.train_check.frame_counts import strokes_said
from drumcorpus.stages.train_check.frame_samples import Material
from drumcorpus.stages.train_check.learning import learn_network, predict, this_machine
from drumcorpus.stages.train_check.network import REACH, n_parameters
from drumcorpus.stages.train_check.network_report import SeedSaid
from drumcorpus.stages.train_check.network_settings import NetworkSettings

# Share of the time without data from which on a GPU is not kept busy.
MOST_WAITED = 0.10


def learn_networks(
    material: Material,
    settings: NetworkSettings,
    *,
    folder: str | os.PathLike,
    n_threads: int,
    log: Callable[[str], None],
    say: Callable[[str], None],
) -> tuple[list[SeedSaid], dict]:
    """Learn with every seed, and let each say what validation and test have.

    Parameters
    ----------
    folder : path
        For checkpoints, which are left there.
    n_threads : int
        Of the CPU.
    log, say : callable
        Get a line for each epoch, and sentences for people.

    Returns
    -------
    said : list of SeedSaid
    network : dict
        ``parameters``, ``reach_frames`` and ``torch``, its version.
    """
    machine = this_machine(n_threads)
    said, size = [], 0
    for seed in settings.network_seeds:
        path = checkpoint_of(folder, seed)
        learned = learn_network(
            material, settings, seed=seed, checkpoint=path, machine=machine, say=log
        )
        if machine.has_gpu and learned.waited > MOST_WAITED:
            say(
                f"seed {seed}: the network waited for data in {100 * learned.waited:.0f} % of the "
                f"time; give the job more threads (resources.rules.learn_networks.threads)"
            )
        strokes = [
            strokes_said(
                material.of(split),
                lambda sample, network=learned.network: predict(network, sample, machine),
                n_classes=len(material.classes),
                frames_per_s=material.spectra.frames_per_s,
            )
            for split in ("validation", "test")
        ]
        said.append(SeedSaid(seed, *strokes, learned.curve, learned.best_epoch))
        size = n_parameters(learned.network)
    torch = import_module("torch")
    return said, {"parameters": size, "reach_frames": REACH, "torch": torch.__version__}


def checkpoint_of(folder: str | os.PathLike, seed: int) -> Path:
    """Where the checkpoint of a seed stands."""
    return Path(folder, f"seed-{seed}.pt")
