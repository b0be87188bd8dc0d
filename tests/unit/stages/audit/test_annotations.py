"""Provenance rows gain what told the crashes of their session apart, method by method."""

from dataclasses import replace

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import CYMBAL_ASSIGNMENTS
from drumcorpus.stages.audit.annotations import annotate_provenance

CHAIN = ["take_inventory", "ingest_sessions"]


def row(session_id, *techniques):
    return {
        "session_id": session_id,
        "license": "CC-BY-4.0",
        "processing_chain": CHAIN,
        "techniques": list(techniques),
    }


@pytest.fixture
def annotate(tmp_path, taxonomy):
    """Rows by session; hits are (session, method, label, confidence, accepted, cymbal)."""

    def annotate(rows, *hits, of=taxonomy, family="crash"):
        names = ("session_id", "method", "label", "confidence", "accepted", "cymbal", "family")
        table = [
            {"family": family, "event_id": str(number)} | dict(zip(names, hit, strict=False))
            for number, hit in enumerate(hits)
        ]
        path = tmp_path / "assignments.parquet"
        write_table(path, pa.Table.from_pylist(table, CYMBAL_ASSIGNMENTS))
        annotated = list(annotate_provenance(rows, path, of))
        assert [r["session_id"] for r in annotated] == [r["session_id"] for r in rows]
        return {r["session_id"]: r for r in annotated}

    return annotate


def test_every_method_has_its_hits_confidence_and_labels(annotate):
    rows = annotate(
        [row("a", "flam"), row("b"), row("c")],
        ("a", "spectral_cluster", "crash2", 0.9, True),
        ("a", "spectral_cluster", "crash", 0.96, True),
        ("a", "spectral_cluster", "crash", 0.99, True),
        ("a", "spectral_cluster", "crash", 0.2, False),
        ("a", "metadata_override", "crash", 1.0, True),
        ("b", "spectral_cluster", "crash", 0.0, False),
    )
    assert rows["a"]["annotations"] == [
        {
            "annotation_stage": "crash_dual_label",
            "method": "metadata_override",
            "confidence": 1.0,
            "notes": "1 hit, 1 as crash",
            "n_hits": 1,
            "n_accepted": 1,
            "labels": {"crash": 1},
            "cymbals": {},
        },
        {
            "annotation_stage": "crash_dual_label",
            "method": "spectral_cluster",
            "confidence": 0.95,
            "notes": "4 hits, 2 as crash, 1 as crash2, 1 in doubt",
            "n_hits": 4,
            "n_accepted": 3,
            "labels": {"crash": 2, "crash2": 1},
            "cymbals": {},
        },
    ]
    assert rows["a"]["processing_chain"] == [*CHAIN, "embed_crashes", "cluster_crashes"]
    assert rows["b"]["annotations"] == [
        {
            "annotation_stage": "crash_dual_label",
            "method": "spectral_cluster",
            "confidence": None,
            "notes": "1 hit, 1 in doubt",
            "n_hits": 1,
            "n_accepted": 0,
            "labels": {},
            "cymbals": {},
        }
    ]
    assert rows["c"] == row("c") | {"annotations": []}


def test_a_session_of_two_cymbals_has_the_technique_where_the_taxonomy_has_it(annotate, taxonomy):
    sessions = [row("a", "flam"), row("b"), row("c")]
    hits = [
        *(("a", "review", label, 1.0, True) for label in ("crash", "crash3")),
        *(("b", "spectral_cluster", "crash", 1.0, True),) * 2,
        ("c", "spectral_cluster", "crash", 1.0, True),
        ("c", "spectral_cluster", "crash2", 0.5, False),
    ]
    rows = annotate(sessions, *hits)
    assert [r["techniques"] for r in rows.values()] == [["crash_dual_label", "flam"], [], []]
    without = annotate(sessions, *hits, of=replace(taxonomy, techniques=("flam",)))
    assert [r["techniques"] for r in without.values()] == [["flam"], [], []]


def test_where_labels_do_not_tell_the_cymbal_its_number_does(annotate):
    rows = annotate(
        [row("a")],
        ("a", "spectral_cluster", "ride_bow", 0.98, True, 1),
        ("a", "spectral_cluster", "ride_bell", 0.96, True, 2),
        ("a", "spectral_cluster", "ride_bow", 0.5, False, None),
        ("a", "metadata_override", "crash", 1.0, True, 1, "crash"),
        family="ride",
    )
    crash, ride = rows["a"]["annotations"]
    assert (crash["annotation_stage"], crash["labels"]) == ("crash_dual_label", {"crash": 1})
    assert (ride["annotation_stage"], ride["labels"]) == ("ride_number", {})
    assert (ride["cymbals"], ride["confidence"]) == ({"1": 1, "2": 1}, 0.97)
    assert ride["notes"] == "3 hits, 1 as cymbal 1, 1 as cymbal 2, 1 in doubt"
    assert rows["a"]["techniques"] == []  # the taxonomy has no ride_number


def test_what_ingestion_wrote_stays(annotate):
    before = row("a", "flam") | {"hashes": [{"path": "x", "sha256": "0"}], "n_events": 3}
    after = annotate([before])["a"]
    assert {name: after[name] for name in before} == before


def test_an_assignment_of_a_session_without_provenance_is_refused(annotate):
    with pytest.raises(ValueError, match=r"assignments\.parquet: session 'z' has cymbals and no"):
        annotate([row("a")], ("z", "review", "crash", 1.0, True))
