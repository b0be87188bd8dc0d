"""Every sample of an export is read back and held against its record."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from small_export import write_export

from drumcorpus.load.checks import check_samples

FORMS = ["webdataset", "parquet", "files"]


@pytest.fixture
def written(tmp_path):
    return write_export(tmp_path / "export", forms=FORMS, n_samples=4, n_shards=2)[0]


def change(root, column, value):
    """Another value of a column in the first record of train."""
    path = root / "train/train_labels.parquet"
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows[0][column] = value(rows[0][column])
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
    return rows[0]


def test_a_whole_export_reads_back_in_every_form(written):
    checked = check_samples(written)
    assert checked["problems"] == {}
    n_samples = sum(of["samples"] for of in checked["by_source_set"].values())
    assert checked["read"] == dict.fromkeys(FORMS, n_samples)
    assert n_samples == sum(
        pq.read_table(path).num_rows for path in written.glob("*/*_labels.parquet")
    )


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        pytest.param(
            "sha256", lambda _: "0" * 64, "with another digest than in the record", id="digest"
        ),
        pytest.param("bytes", lambda n: n + 1, "with another digest than in the record", id="size"),
        pytest.param(
            "n_samples",
            lambda n: n - 1,
            "with another length or rate than in the record",
            id="length",
        ),
        pytest.param(
            "strokes",
            lambda strokes: [{"onset": 99.0, "label": "kick"}],
            "with an onset outside the sound",
            id="onset after the end",
        ),
        pytest.param(
            "strokes",
            lambda strokes: [{"onset": -0.001, "label": "kick"}],
            "with an onset outside the sound",
            id="onset before the start",
        ),
    ],
)
def test_a_record_that_is_not_of_its_sound_is_told(written, column, value, problem):
    row = change(written, column, value)
    checked = check_samples(written)
    assert checked["problems"] == {
        problem: {
            "samples": 3,
            "examples": [f"{row['sample_id']} (train, {form})" for form in FORMS],
        }
    }


def test_sound_that_cannot_be_read_is_told_by_its_form(written):
    path = sorted(written.glob("train/*.tar"))[0]
    path.write_bytes(path.read_bytes()[:600])
    problems = check_samples(written)["problems"]
    assert list(problems) == ["that cannot be read"]
    assert all(
        each.endswith("(train, webdataset)") for each in problems["that cannot be read"]["examples"]
    )


def test_clipped_samples_are_counted(written):
    row = change(written, "n_clipped", lambda n: 7)
    counts = check_samples(written)["by_source_set"]
    assert {name: of["clipped"] for name, of in counts.items() if of["clipped"]} == {
        row["source_set"]: 1
    }
