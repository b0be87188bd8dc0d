"""Predictions of a model as strokes: confidence, label map, remark and recording."""

import pyarrow as pa
import pytest
from checkout import REPO

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import PREDICTED_HITS, SESSIONS
from drumcorpus.stages.ingest.ingest import ingest_sessions, outcome_counts
from drumcorpus.stages.ingest.predicted import labels_of_model

TERMS = {
    **{"resources": REPO / "resources", "taxonomy_folder": REPO / "resources/taxonomy"},
    "class_map": "adtof5",
    "labels": {"SD": "snare", "TT": "tom_mid", "HH": "hihat_closed", "CY+RD": None},
}
ABOUT = {"license": "MIT", "redistributable": True, "label_method": "annotation"}
SETTINGS = {"simultaneous_ms": 30, "double_trigger_ms": 5, "context_ms": {"pre": 1, "post": 2}}


@pytest.fixture
def ingest(tmp_path, taxonomy):
    def ingest(hits, *sessions):
        write_table(tmp_path / "hits.parquet", pa.Table.from_pylist(hits, PREDICTED_HITS))
        rows = [
            {
                **{"source_set": "mixes", "session_id": name, "label_map": label_map},
                **{"audio_path": f"{name}.wav", "audio_duration": 10.0, "split": "train"},
                **{"channels_cancel": False, "is_synthetic": False},
            }
            for name, label_map in sessions
        ]
        table = pa.Table.from_pylist(rows, SESSIONS)
        declared = ABOUT | {"label_maps": {}, "taxonomy": taxonomy, "options": {}}
        declared, read_hits = labels_of_model(
            declared, tmp_path / "hits.parquet", table, TERMS, model="lion", version="1.0"
        )
        return ingest_sessions(table, read_hits, None, **declared, **SETTINGS)

    return ingest


def hit(name, onset, label, score=None, velocity=None, audio_path=None):
    return dict(
        zip(PREDICTED_HITS.names, (name, onset, label, score, velocity, audio_path), strict=True)
    )


def test_a_prediction_is_an_event_of_label_method_model(ingest):
    hits = [
        *(hit("a", 1.0, "BD", 0.75, 0.5), hit("a", 1.01, "SD"), hit("a", 2.0, "CY+RD", 0.5)),
        hit("elsewhere", 1.0, "BD"),
    ]
    ingested = ingest(hits, ("a", "adtof5"), ("b", "adtof5"), ("c", None))
    (event,) = ingested.events.to_pylist()
    assert (event["label_method"], event["session_id"]) == ("model", "a")
    assert event["annotation_history"] == [
        {"annotation_stage": "ingest", "method": "lion 1.0", "confidence": None, "notes": None}
    ]
    names = ("label", "confidence", "velocity", "source_label")
    assert [tuple(each[name] for name in names) for each in event["components"]] == [
        ("kick", 0.75, 0.5, "BD"),
        ("snare", None, None, "SD"),
    ]
    assert event["audio_path"] == "a.wav"
    assert outcome_counts(ingested.tallies) == {"in_event": 2, "class_of_several_labels": 1}
    assert ingested.refusals == []


def test_predictions_of_one_of_several_recordings_are_events_of_that(ingest):
    ingested = ingest([hit("a", 1.0, "BD", audio_path="a/left.wav")], ("a", "adtof5"))
    assert ingested.events["audio_path"].to_pylist() == ["a/left.wav"]
