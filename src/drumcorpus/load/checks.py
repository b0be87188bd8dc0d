"""Reads every sample of an export back and holds it against its record."""

import hashlib
import os
from collections import Counter

import numpy as np

from drumcorpus.load.errors import UnreadableSample
from drumcorpus.load.exports import open_export
from drumcorpus.load.samples import Samples
from drumcorpus.vocabulary import SPLITS

N_EXAMPLES = 5
# What may be wrong with a sample.
UNREADABLE, OTHER_CONTENT, OTHER_LENGTH, ONSET_OUTSIDE = (
    *("that cannot be read", "with another digest than in the record"),
    *("with another length or rate than in the record", "with an onset outside the sound"),
)
_FIELDS = ("source_set", "sha256", "bytes", "n_samples", "sample_rate_hz", "n_clipped")


def check_samples(folder: str | os.PathLike) -> dict:
    """Read all samples of an export, in every form that it is written in, one by one.

    Parameters
    ----------
    folder : path
        Of the export.

    Returns
    -------
    checked : dict
        ``read``: samples read, by form; ``problems``: by what is wrong with them ``samples``, how
        many, and ``examples``, the first, with split and form; ``by_source_set``, each sample
        once: ``samples``; ``struck``, those in which a stroke is listed; ``silent``, those of them
        whose sound is all zeros; ``clipped``, those with numbers that were cut at full scale.

    Raises
    ------
    NotAnExport
        If the folder is none.
    """
    export = open_export(folder)
    read: Counter[str] = Counter()
    problems: dict[str, list[str]] = {}
    by_source_set: dict[str, Counter[str]] = {}
    for split in SPLITS:
        for number, form in enumerate(export.forms(split)):
            samples = export.split(split, form=form, fields=_FIELDS)
            samples.hold(1)
            for row in range(len(samples)):
                record, sound, wrong = _look_at(samples, row)
                read[form] += 1
                name = f"{record['sample_id']} ({split}, {form})"
                for problem in wrong:
                    problems.setdefault(problem, []).append(name)
                if number == 0:
                    counts = by_source_set.setdefault(record["source_set"], Counter())
                    is_struck = len(samples.strokes[row].onsets) > 0
                    counts["samples"] += 1
                    counts["struck"] += is_struck
                    counts["silent"] += is_struck and sound is not None and not sound.any()
                    counts["clipped"] += (record["n_clipped"] or 0) > 0
    names = ("samples", "struck", "silent", "clipped")
    return {
        "read": dict(read),
        "problems": {
            problem: {"samples": len(rows), "examples": rows[:N_EXAMPLES]}
            for problem, rows in sorted(problems.items())
        },
        "by_source_set": {
            source_set: {name: int(counts[name]) for name in names}
            for source_set, counts in sorted(by_source_set.items())
        },
    }


def _look_at(samples: Samples, row: int) -> tuple[dict, np.ndarray | None, list[str]]:
    """The record of one sample, its sound, where it can be read, and what is wrong with it."""
    record = samples.record(row)
    try:
        content = samples.content(row)
        sound, rate = samples.decode(row, content)
    except UnreadableSample:
        return record, None, [UNREADABLE]
    wrong = []
    if hashlib.sha256(content).hexdigest() != record["sha256"] or len(content) != record["bytes"]:
        wrong.append(OTHER_CONTENT)
    if (len(sound), rate) != (record["n_samples"], record["sample_rate_hz"]):
        wrong.append(OTHER_LENGTH)
    onsets = samples.strokes[row].onsets
    if len(onsets) and not 0 <= onsets.min() <= onsets.max() < len(sound) / rate:
        wrong.append(ONSET_OUTSIDE)
    return record, sound, wrong
