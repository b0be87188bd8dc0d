"""The networks of a training check from an export to the report; torch is loaded if it is there."""

import logging
import os
from collections.abc import Callable, Collection, Sequence
from importlib.util import find_spec
from pathlib import Path

from drumcorpus.stages.train_check.describe import read_families
from drumcorpus.stages.train_check.frame_samples import by_families, read_frames
from drumcorpus.stages.train_check.network_report import not_run, report_networks
from drumcorpus.stages.train_check.network_settings import NetworkSettings
from drumcorpus.stages.train_check.spectra import FrameCache
from drumcorpus.vocabulary import SPLITS


def check_networks(
    export,
    splits: str | os.PathLike,
    settings: NetworkSettings,
    *,
    labels: Sequence[str],
    crashes: Collection[str],
    n_draws: int,
    memory: str | os.PathLike,
    n_threads: int,
    say: Callable[[str], None],
    progress: Callable,
) -> dict:
    """Learn with every seed, and score; without torch nothing is read.

    Parameters
    ----------
    export : drumcorpus.load.exports.Export
    splits : path
        The table of the splits stage of the manifest.
    settings : NetworkSettings
    labels : sequence of str
        Those of the taxonomy in use.
    crashes : collection of str
        Those of them that are crash cymbals.
    n_draws : int
        Of groups, for an interval.
    memory : path
        A folder of this machine: frames by content, and checkpoints while networks learn.
    n_threads : int
        Of the CPU.
    say : callable
        Gets sentences for people.
    progress : callable
        As `Job.progress`: of the total of each part, and what is counted, what counts them.

    Returns
    -------
    report : dict
        By ``workflow/schemas/network_check.schema.yaml``, without ``manifest`` and ``export``.

    Raises
    ------
    ValueError
        If the export cannot be learned from, or a checkpoint is of another taxonomy or of other
        features; says what to do.
    """
    if find_spec("torch") is None:
        report = not_run(settings)
        say(f"not run: {report['why']}")
        return report
    # What needs torch cannot be imported without it.
    from drumcorpus.stages.train_check.learned_networks import learn_networks

    cache = FrameCache(Path(memory, "frames"), settings.spectra)
    folder = Path(memory, "checkpoints", *Path(export.root).parts[-2:])
    n_epochs = settings.learning.epochs * len(settings.network_seeds)
    totals = {"samples": sum(len(export.split(split)) for split in SPLITS), "epochs": n_epochs}
    with progress(totals, "samples and epochs") as done:
        material = read_frames(
            export,
            cache,
            labels=labels,
            class_map=settings.class_map,
            progress=lambda n: done("samples", n),
        )
        material = by_families(material, read_families(splits), os.fspath(splits))

        def log_epoch(words):
            logging.info(words)
            done("epochs", 1)

        said, network = learn_networks(
            material, settings, folder=folder, n_threads=n_threads, log=log_epoch, say=say
        )
    report = report_networks(
        material, said, settings, n_draws=n_draws, crashes=crashes, network=network
    )
    # Only a training that was killed leaves a checkpoint.
    for path in folder.glob("seed-*.pt"):
        path.unlink()
    return report
