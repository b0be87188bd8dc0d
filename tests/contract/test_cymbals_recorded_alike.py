"""Where a card says that kits are recorded alike, a cymbal sounds alike in all their sessions."""

from collections import defaultdict
from importlib import import_module
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from checkout import REPO
from cymbal_families import CRASH, RIDE
from source_set_runs import RESOURCES, Run

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.stages.crash.cymbal_model import fine_columns
from drumcorpus.stages.crash.described import embedding_matrix
from drumcorpus.stages.crash.divisions import similarities
from drumcorpus.stages.crash.hits import embed_cymbals

SOURCE_SETS = read_yaml(REPO / "config/config.yaml")["use"]
RATE_HZ = 22050


def demo_card(name):
    return read_yaml(RESOURCES / f"demo/source_sets/{name}.yaml")


@pytest.mark.parametrize(
    "name", [name for name in SOURCE_SETS if demo_card(name).get("recorded_alike")]
)
def test_strokes_on_one_cymbal_of_a_kit_are_alike_over_its_sessions(name, tmp_path):
    module = import_module(f"drumcorpus.demo.{name}")
    module.write_corpus(tmp_path / "raw", RESOURCES / "demo/kits.yaml", seed=7, n_performances=12)
    run = Run(name, [tmp_path / "raw"], tmp_path / "facts.json")
    sessions = run.inventory().sessions
    read = open_recordings(name, [str(tmp_path / "raw")], sessions, RATE_HZ, allow_not_finite=True)
    hits = embed_cymbals(
        run.ingest(sessions).events,
        [CRASH],
        lambda path, spans: read(path, spans)[0],
        sample_rate_hz=RATE_HZ,
        companion=RIDE.labels,
    )
    kit_of = dict(zip(*(sessions[n].to_pylist() for n in ("session_id", "kit_id")), strict=True))
    hits = hits.filter(pa.compute.is_valid(hits["embedding"]))
    centres = defaultdict(list)  # by kit: (session, cymbal, mean fine structure)
    of_cymbal = defaultdict(list)
    fine = embedding_matrix(hits)[:, fine_columns()]
    for row, vector in zip(hits.to_pylist(), fine, strict=True):
        of_cymbal[row["session_id"], row["cymbal"] or row["source_label"]].append(vector)
    for (session_id, cymbal), vectors in of_cymbal.items():
        centres[kit_of[session_id]].append((session_id, cymbal, np.mean(vectors, axis=0)))
    alike, unlike = [], []
    for rows in centres.values():
        likeness = similarities(np.array([vector for *_, vector in rows]))
        for one, other in combinations(range(len(rows)), 2):
            if rows[one][0] == rows[other][0]:
                continue
            same = rows[one][1] == rows[other][1]
            (alike if same else unlike).append(likeness[one, other])
    assert alike  # of ENST's demo one pair: most of its takes have no crash
    assert np.median(alike) > 0.5
    assert np.median(alike) > np.median(unlike or [0.0]) + 0.3
