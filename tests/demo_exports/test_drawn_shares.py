"""Clips are drawn with the class shares that the weights promise."""

import json

import numpy as np
import pyarrow.parquet as pq
import pytest
from standing import DEMO, EXPORTS, STANDING

from drumcorpus.load.exports import open_export

pytestmark = [pytest.mark.loading, STANDING]
DRAWS = 200_000


def shares(weights, hits):
    """Share of each label among the hits of weighted events; `hits` has a row per event."""
    of_labels = weights @ hits
    return of_labels / of_labels.sum()


def test_drawn_class_shares_are_share_after_but_for_events_without_sound():
    export = open_export(EXPORTS / "shards")
    clips, labels = export.split("train"), export.class_maps["components"].classes
    manifest = pq.read_table(
        DEMO / "results/manifests/prod_combined.parquet", columns=["event_id", "components"]
    ).to_pylist()
    struck = {row["event_id"]: [hit["label"] for hit in row["components"]] for row in manifest}
    table = pq.read_table(DEMO / "results/sampling/prod_combined.parquet").to_pylist()
    hits = np.array([[struck[row["event_id"]].count(label) for label in labels] for row in table])
    weights = np.array([row["weight"] for row in table])
    document = json.loads((DEMO / "results/sampling/prod_combined.json").read_text())
    promised = [document["classes"].get(label, {}).get("share_after", 0) for label in labels]
    np.testing.assert_allclose(shares(weights, hits), promised, atol=1e-6)

    ids = [sample_id.as_py() for sample_id in clips.records.column("sample_id")]
    has_sound = np.isin([row["event_id"] for row in table], ids)
    assert (len(ids), 0.9 < has_sound.mean() < 1) == (has_sound.sum(), True)
    times = np.bincount(np.fromiter(clips.sampler(DRAWS, seed=1), int), minlength=len(clips))
    rows = {row["event_id"]: number for number, row in enumerate(table)}
    drawn = shares(times, hits[[rows[sample_id] for sample_id in ids]])
    np.testing.assert_allclose(drawn, shares(weights * has_sound, hits), atol=0.003)
    np.testing.assert_allclose(drawn, promised, atol=0.006)
