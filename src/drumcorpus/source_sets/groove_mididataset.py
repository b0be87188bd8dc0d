"""Groove MIDI Dataset v1.0.0: human performances on a Roland TD-11, with the module's audio.

Layout: ``info.csv`` and ``drummer{n}/{session}/{n}_{style}_{bpm}_{beat|fill}_{meter}.mid`` with
a ``.wav`` of the same name. Gillick et al., "Learning to Groove with Inverse Sequence
Transformations", ICML 2019.
"""

from collections.abc import Callable

from drumcorpus.ground.files.raw_files import RawFile
from drumcorpus.ground.midi.midi_hits import read_midi_hits
from drumcorpus.sessions import Survey
from drumcorpus.source_sets.shared.performance_index import COLUMNS, read_index, survey_performances
from drumcorpus.taxonomy import LabelMap

INDEX = "info.csv"


def survey(files: dict[str, RawFile], read: Callable[[str], bytes], options: dict) -> Survey:
    """Which performances there are, by info.csv; see `performance_index.survey_performances`.

    Raises
    ------
    ValueError
        If info.csv is missing or lacks a column.
    """
    rows = read_index("groove_mididataset", INDEX, COLUMNS, files, read)
    return survey_performances(INDEX, rows, files, lambda row: {"session_id": row["id"]})


def read_hits(
    session: dict, read: Callable[[str], bytes], label_map: LabelMap, options: dict
) -> dict:
    """The strokes of one performance; see `midi_hits.read_midi_hits`."""
    path = session["annotation_path"]
    return read_midi_hits(path, read(path), label_map)
