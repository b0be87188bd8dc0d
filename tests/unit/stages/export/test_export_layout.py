import re

import pytest

from drumcorpus.stages.export.layout import (
    STROKE,
    label_file,
    labels_table,
    records_schema,
    sample_name,
    sample_path,
    shard_path,
)

# As the design of the exports states them.
RECORD_FIELDS = (
    "sample_id source_set session_id group_id split event_id recording file shard parquet_shard "
    "sha256 bytes start duration sample_rate_hz channels n_samples onset_sample n_padded_front "
    "n_padded_back n_clipped gain_db strokes ringing class_ids event_class_ids techniques "
    "negative_example components is_synthetic label_method license redistributable kit_id "
    "drummer_id style weight"
)
STROKE_FIELDS = "onset event_id label velocity openness cymbal confidence techniques"


def test_the_fields_of_a_record_and_of_a_stroke():
    assert records_schema(["classes_3"]).names == RECORD_FIELDS.split()
    assert [field.name for field in STROKE] == STROKE_FIELDS.split()


@pytest.mark.parametrize("names", [["classes_3"], ["classes_3", "components"]], ids=str)
def test_the_map_of_the_labels_comes_first(names):
    ids = records_schema(names).field("class_ids").type
    assert [field.name for field in ids] == ["components", "classes_3"]


@pytest.mark.parametrize(
    ("made", "path"),
    [
        (labels_table("validation"), "val/val_labels.parquet"),
        (label_file("validation"), "val/val_labels.json"),
        (shard_path("train", "egmd", "007", 12, "tar"), "train/train-egmd-007-000012.tar"),
        (
            shard_path("validation", "egmd", "007", 0, "parquet"),
            "val/validation-egmd-007-000000.parquet",
        ),
        (
            sample_path("test", "egmd", "007", "segment", "a-0f", "flac"),
            "test/segments/egmd/007/0f/a-0f.flac",
        ),
        (
            sample_path("train", "egmd", "007", "session", "a-0f", "tsv"),
            "train/sessions/egmd/007/a-0f.tsv",
        ),
    ],
    ids=["labels", "list", "tar", "parquet", "segment", "session"],
)
def test_paths_of_an_export(made, path):
    assert made == path


def test_a_name_that_leaves_its_folder_is_refused():
    with pytest.raises(ValueError, match="cannot be a file name"):
        shard_path("train", "../egmd", "000", 0, "tar")
    with pytest.raises(ValueError, match="'val' is none of"):
        shard_path("val", "egmd", "000", 0, "tar")


def test_the_name_of_a_sample_is_a_file_name_and_of_its_own():
    keys = [
        ("egmd", "drummer1/session 1/1.5", "a.wav", 0.0),
        ("egmd", "drummer1/session 1/1.5", "b.wav", 0.0),
        ("egmd", "drummer1/session 1/1.5", None, 0.0),
        ("egmd", "drummer1/session 1/1.5", "a.wav", 10.0),
        ("egmd", "drummer1/session 1/1.5", "a.wav", 10.000_4),
        ("egmd", "drummer1/session_1/1.5", "a.wav", 0.0),
        ("e-gmd", "drummer1/session 1/1.5", "a.wav", 0.0),
        ("egmd", "ドラム" * 100, "a.wav", 0.0),
    ]
    names = [sample_name(*key) for key in keys]
    assert len(set(names)) == len(names)
    assert all(re.fullmatch("[A-Za-z0-9_-]{1,160}", name) for name in names)
    assert names[3].startswith("egmd-drummer1_session_1_1_5-00010000-")
    assert names == [sample_name(*key) for key in keys]
