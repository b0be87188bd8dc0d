"""An export is opened, its tables read, and its samples by number."""

import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from checkout import REPO
from small_export import LABELS, RATE_HZ, write_export

from drumcorpus.load.errors import NotAnExport, UnreadableSample
from drumcorpus.load.exports import open_export

FORMS = ["webdataset", "parquet", "files"]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return write_export(tmp_path_factory.mktemp("export") / "segments", forms=FORMS)


@pytest.fixture(scope="module")
def export(written):
    return open_export(written[0])


@pytest.fixture
def copy(written, tmp_path):
    return shutil.copytree(written[0], tmp_path / "copy")


@pytest.mark.parametrize(
    "module", ["errors", "class_maps", "exports", "reader", "weighted_sampler", "wav"]
)
def test_importing_takes_numpy_and_arrow_alone(module):
    code = (
        f"import sys, drumcorpus.load, drumcorpus.load.{module}\n"
        "heavy = {'torch', 'datasets', 'soundfile', 'duckdb', 'pandas', 'librosa', 'scipy'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": str(REPO / "src")}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- tables


def test_metadata_components_and_class_maps_are_those_of_the_files(export):
    assert export.metadata == {"class_map": "classes_3", "statistics": {}}
    assert export.components["components"] == LABELS
    assert export.class_maps["classes_3"].classes == ("KD", "SD", "HH")
    assert export.class_maps["components"].classes == tuple(LABELS)
    assert export.class_maps[None].name == "classes_3"


def test_sessions_and_labels_are_tables_of_pandas(export):
    assert isinstance(export.sessions(), pd.DataFrame)
    assert len(export.sessions()) == 24
    labels = export.labels("train", columns=["sample_id", "weight"])
    assert labels.columns.tolist() == ["sample_id", "weight"]
    assert labels.sample_id.tolist() == [f"train_{row:05d}" for row in range(12)]


def test_records_are_an_arrow_table_with_all_that_is_struck(export):
    records = export.records("validation")
    assert records.num_rows == 12
    struck = [stroke for strokes in records.column("strokes").to_pylist() for stroke in strokes]
    assert len(struck) > 12
    assert set(struck[0]) >= {"onset", "label", "velocity"}


def test_a_split_or_field_that_there_is_not_is_refused_by_name(export):
    with pytest.raises(KeyError, match="split: got 'val'; there are: train, validation, test"):
        export.split("val")
    with pytest.raises(KeyError, match="no field of one value: nope, strokes; there are: "):
        export.split("train", fields=["strokes", "nope"])
    with pytest.raises(KeyError, match="no class map 'classes_9'; there are: components, classes_"):
        export.split("train")[0].multi_hot("classes_9")


# --- samples by number


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ["wav16", "wav24", "flac"])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_sample_is_what_was_written(tmp_path, form, encoding, channels):
    options = {"encoding": encoding, "channels": channels, "n_samples": 5}
    root, sounds = write_export(tmp_path / "export", forms=[form], **options)
    for split in ("train", "validation"):
        samples = open_export(root).split(split)
        assert len(samples) == 5
        for number in (4, 0, 2, 1, 3):
            sample = samples[number]
            assert sample.sample_id == f"{split}_{number:05d}"
            assert (sample.sound.dtype, sample.sample_rate_hz) == (np.float32, RATE_HZ)
            np.testing.assert_array_equal(sample.sound, sounds[split][number])


def test_all_forms_of_an_export_give_the_same(export, written):
    assert export.forms("train") == FORMS
    for form in FORMS:
        samples = export.split("train", form=form)
        for sample, sound in zip(samples, written[1]["train"], strict=True):
            np.testing.assert_array_equal(sample.sound, sound)


def test_a_form_that_is_not_written_is_refused(tmp_path):
    root, _ = write_export(tmp_path / "export", forms=["parquet"], n_samples=2)
    export = open_export(root)
    with pytest.raises(ValueError, match="form: got 'files'; train is written as: parquet"):
        export.split("train", form="files")


def test_a_split_without_samples_is_empty(export):
    assert len(export.split("test")) == 0
    assert list(export.reader("test")) == []
    assert export.forms("test") == []


def test_a_sample_carries_its_record_and_its_strokes(export):
    sample, record = export.split("train")[3], export.records("train").slice(3, 1).to_pylist()[0]
    assert sample.record["session_id"] == "session/train/0"
    assert sample.record["weight"] == record["weight"]
    assert "sha256" not in sample.record
    strokes = record["strokes"]
    assert len(strokes) >= 1
    assert sample.labels == [stroke["label"] for stroke in strokes]
    assert sample.strokes.onsets.tolist() == [stroke["onset"] for stroke in strokes]
    velocities = [np.nan if s["velocity"] is None else s["velocity"] for s in strokes]
    np.testing.assert_array_equal(sample.strokes.velocities, np.float32(velocities))
    assert sample.duration == 0.25


def test_fields_are_chosen(export):
    sample = export.split("train", fields=["sha256", "license"])[0]
    assert sorted(sample.record) == ["license", "sample_id", "sha256", "weight"]


def test_multi_hot_is_that_of_the_class_ids_of_the_record(export):
    samples = export.split("train")
    for name in ("components", "classes_3"):
        ids = [row[name] for row in export.records("train").column("class_ids").to_pylist()]
        rows = samples.multi_hot(name)
        assert rows.shape == (12, len(export.class_maps[name]))
        assert [np.flatnonzero(row).tolist() for row in rows] == ids
        np.testing.assert_array_equal(rows, [sample.multi_hot(name) for sample in samples])


def test_the_classes_of_a_clip_s_own_event_are_told_apart(export):
    samples = export.split("train")
    stated = export.records("train").column("event_class_ids").to_pylist()
    ids = [[] if row is None else row["components"] for row in stated]
    assert sum(map(len, ids)) > 2
    rows = samples.event_multi_hot("components")
    assert [np.flatnonzero(row).tolist() for row in rows] == ids
    singly = [sample.event_multi_hot("components") for sample in samples]
    np.testing.assert_array_equal(rows, singly)
    threes = samples.event_multi_hot("classes_3")
    assert [row.tolist() for row in threes[:1]] == [[0, 0, 0]]


def test_a_negative_number_counts_from_the_end_and_one_past_it_is_refused(export):
    samples = export.split("train")
    assert samples[-1].sample_id == "train_00011"
    for number in (12, -13):
        with pytest.raises(IndexError, match=f"no sample {number}: there are 12"):
            samples[number]


def test_weights_are_those_of_the_records_and_missing_ones_are_refused(export):
    weights = export.split("train").weights()
    assert weights.tolist() == export.records("train").column("weight").to_pylist()
    with pytest.raises(ValueError, match="12 of 12 samples have no weight"):
        export.split("validation").sampler()


def with_labels(folder, changed):
    """The train split of an export, each record of its labels as `changed` makes it."""
    path = folder / "train/train_labels.parquet"
    table = pq.read_table(path)
    rows = [changed(row, record) for row, record in enumerate(table.to_pylist())]
    pq.write_table(pa.Table.from_pylist(rows, table.schema), path)
    return open_export(folder).split("train")


def test_silence_of_train_is_drawn_by_the_mean_weight(copy, export):
    silent = {"weight": None, "strokes": []}
    weights = with_labels(copy, lambda row, r: r | (silent if row == 3 else {})).weights()
    others = np.delete(export.split("train").weights(), 3)
    assert np.delete(weights, 3).tolist() == others.tolist()
    assert weights[3] == pytest.approx(others.mean())


def test_a_stroke_without_a_weight_is_named_with_what_to_do(copy):
    samples = with_labels(copy, lambda row, r: r | ({"weight": None} if row in (2, 4) else {}))
    words = "2 of 12 samples have strokes and no weight, the first train_00002; make the labels"
    with pytest.raises(ValueError, match=words):
        samples.weights()


# --- what is no export, or a damaged one


@pytest.mark.parametrize("name", ["metadata.json", "components.json"])
def test_a_folder_without_its_documents_is_no_export(copy, name):
    (copy / name).unlink()
    with pytest.raises(NotAnExport, match=f"copy: no export: {name} is not there"):
        open_export(copy)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "no JSON: "),
        ("[1]", "got a list; wanted: an object"),
        ('{"schema": "other/1"}', "schema 'other/1'; wanted: drumcorpus.export_components/2"),
        ('{"schema": "drumcorpus.export_components/2"}', "'classes' is missing"),
    ],
)
def test_documents_that_say_something_else_are_refused(copy, text, message):
    (copy / "components.json").write_text(text)
    with pytest.raises(NotAnExport, match=message):
        open_export(copy)


def test_a_file_in_place_of_the_folder_is_no_export(copy):
    with pytest.raises(NotAnExport, match=r"metadata.json: no folder; wanted: that of an export"):
        open_export(copy / "metadata.json")


def test_class_maps_that_do_not_fit_the_labels_are_refused(copy):
    components = json.loads((copy / "components.json").read_text())
    del components["class_maps"]["classes_3"]["of"]["kick"]
    (copy / "components.json").write_text(json.dumps(components))
    with pytest.raises(NotAnExport, match="classes_3: labels that only one side has: kick"):
        open_export(copy)


def test_a_table_that_is_gone_or_no_table_is_named(copy):
    export = open_export(copy)
    (copy / "val/val_labels.parquet").unlink()
    with pytest.raises(NotAnExport, match=r"val_labels.parquet: is not there; is the export whole"):
        export.records("validation")
    (copy / "train/train_labels.parquet").write_bytes(b"no table" * 9)
    with pytest.raises(NotAnExport, match=r"train_labels.parquet: no Parquet file that can be"):
        export.split("train")
    shutil.copyfile(copy / "sessions.parquet", copy / "test/test_labels.parquet")
    with pytest.raises(NotAnExport, match=r"test_labels.parquet: no column sample_id and strokes"):
        export.split("test")


@pytest.mark.parametrize(("form", "ending"), [("webdataset", "tar"), ("parquet", "parquet")])
def test_a_shard_that_is_gone_or_cut_short_is_named(copy, form, ending):
    path = copy / f"train/train-demo-001-000000.{ending}"
    path.write_bytes(path.read_bytes()[:5_000])
    samples = open_export(copy).split("train", form=form)
    assert samples[0].sample_id == "train_00000"
    named = rf"train/train-demo-001-000000.{ending}: train_00005: "
    with pytest.raises(UnreadableSample, match=named):
        samples[5]
    path.unlink()
    with pytest.raises(UnreadableSample, match=named):
        open_export(copy).split("train", form=form)[5]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        (b"RIFF", "no chunk of samples"),
        (b"fLaC and no more", "no sound that libsndfile reads"),
    ],
    ids=["gone", "no_samples", "no_flac"],
)
def test_a_file_that_is_gone_or_no_sound_is_named(copy, content, message):
    path = copy / "train/segments/demo/000/02/train_00002.wav"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UnreadableSample, match=rf"/train_00002.wav: train_00002: .*{message}"):
        open_export(copy).split("train", form="files")[2]


def test_a_sample_that_is_not_in_its_shard_is_named(copy):
    shutil.copyfile(
        copy / "train/train-demo-000-000000.tar", copy / "train/train-demo-001-000000.tar"
    )
    message = r"train-demo-001-000000.tar: train_00004: the shard has no sound of this sample"
    with pytest.raises(UnreadableSample, match=message):
        open_export(copy).split("train", form="webdataset")[4]
