"""Two crashes have one order: that of their sound is that of the spellings of older releases."""

import numpy as np
import pyarrow as pa
import pytest
import yaml

from drumcorpus.ground.files.settings import read_settings
from drumcorpus.schemas import CYMBAL_EMBEDDINGS
from drumcorpus.stages.crash.assignments import assign_cymbals
from drumcorpus.stages.crash.embeddings import ORDER_FEATURE, feature_names
from drumcorpus.stages.crash.settings import ClusteringSettings
from drumcorpus.taxonomy import cymbal_families

LOW_HZ, HIGH_HZ = 1800.0, 2600.0


def described(order_hz):
    """Hits of two cymbals, which differ in all features; `order_hz` is where the modes lie."""
    rng = np.random.default_rng(3)
    names = feature_names()
    shapes = rng.normal(size=(2, len(names)))
    vectors = np.array([shapes[int(hz == HIGH_HZ)] for hz in order_hz])
    vectors += 0.2 * rng.normal(size=vectors.shape)
    vectors[:, names.index(ORDER_FEATURE)] = order_hz
    rows = [
        {
            "event_id": f"e{number}",
            "session_id": "s",
            "component_index": 0,
            "family": "crash",
            "label": "crash",
            "onset_time": float(number),
            "embedding": vector,
        }
        for number, vector in enumerate(vectors.astype(np.float32).tolist())
    ]
    return pa.Table.from_pylist(rows, CYMBAL_EMBEDDINGS)


@pytest.mark.parametrize("first_hz", [LOW_HZ, HIGH_HZ], ids=["low first", "high first"])
def test_crash_low_means_the_label_that_the_sound_gives_to_the_lower(repo, taxonomy, first_hz):
    order_hz = [first_hz, LOW_HZ + HIGH_HZ - first_hz] * 8
    components = yaml.safe_load((repo / "resources/taxonomy/components.yaml").read_text())
    config = yaml.safe_load((repo / "config/config.yaml").read_text())
    assigned, review = assign_cymbals(
        described(order_hz),
        cymbal_families(components, ["crash"]),
        read_settings(ClusteringSettings, config["crash"]["clustering"]),
        use_metadata=True,
    )
    assert review == []
    label_of = dict(zip(order_hz, assigned["label"].to_pylist(), strict=True))
    assert label_of == {LOW_HZ: "crash", HIGH_HZ: "crash2"}
    aliases = taxonomy.aliases
    assert label_of == {LOW_HZ: aliases["crash_low"], HIGH_HZ: aliases["crash_high"]}
