"""The four exports of the demo, opened with the readers of others and with torch's DataLoader.

What each reader gives is held against the label tables, which pyarrow reads.
"""

import hashlib
import io
import json
from collections import defaultdict

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from standing import EXPORTS, NAMES, SPLITS, STANDING

from drumcorpus.load.exports import open_export
from drumcorpus.load.items import Item

pytestmark = [pytest.mark.loading, STANDING]
RATE_HZ = 44_100
# What ADTOF calls kick, snare, toms, hi-hat and cymbals, and the classes of our map of five.
ADTOF = {"KD": 35, "SD": 38, "TT": 47, "HH": 42, "CY": 49}


def reader(name):
    return pytest.importorskip(name, reason=f"{name} is not installed: make test-loading")


def records(export, split):
    """The label table of a split, by sample id."""
    folder = SPLITS[split]
    rows = pq.read_table(EXPORTS / export / folder / f"{folder}_labels.parquet").to_pylist()
    return {row["sample_id"]: row for row in rows}


def strokes(row):
    return [(stroke["onset"], stroke["label"], stroke["velocity"]) for stroke in row["strokes"]]


# --- as files


@pytest.mark.parametrize("export", ["clips", "sessions"])
@pytest.mark.parametrize("split", SPLITS)
def test_soundfile_reads_every_file_and_json_every_record(export, split):
    folder, table = EXPORTS / export, records(export, split)
    path = folder / SPLITS[split] / f"{SPLITS[split]}_labels.json"
    listed = {row["sample_id"]: row for row in json.loads(path.read_text())}
    assert list(listed) == list(table)
    assert listed
    for sample_id, row in listed.items():
        sound, rate = soundfile.read(folder / row["file"], dtype="float32")
        assert (len(sound), rate) == (row["n_samples"], RATE_HZ)
        assert strokes(row) == strokes(table[sample_id])
        assert sum(row["multi_hot"]["classes_5"]) == len(row["class_ids"]["classes_5"])


@pytest.mark.parametrize("export", NAMES)
def test_the_list_of_digests_is_that_of_the_files(export):
    lines = (EXPORTS / export / "SHA256SUMS").read_text().splitlines()
    sums = dict(reversed(line.split("  ", 1)) for line in lines)
    there = {
        path.relative_to(EXPORTS / export).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (EXPORTS / export).rglob("*")
        if path.is_file() and path.name not in ("SHA256SUMS", "run.json", "run.log")
    }
    assert {name: digest for name, digest in there.items() if name in sums} == sums
    assert [
        name for name in there.keys() - sums.keys() if not name.endswith(".manifest.json")
    ] == []


# --- as tar


@pytest.mark.parametrize("export", ["shards", "segments"])
@pytest.mark.parametrize("split", SPLITS)
def test_webdataset_reads_every_sample_once(export, split):
    webdataset, table = reader("webdataset"), records(export, split)
    shards = sorted(str(path) for path in (EXPORTS / export / SPLITS[split]).glob("*.tar"))
    samples = list(webdataset.WebDataset(shards, shardshuffle=False))
    assert sorted(sample["__key__"] for sample in samples) == sorted(table)
    for sample in samples:
        row, record = table[sample["__key__"]], json.loads(sample["json"])
        (extension,) = sample.keys() & {"wav", "flac"}
        assert hashlib.sha256(sample[extension]).hexdigest() == row["sha256"]
        sound, rate = soundfile.read(io.BytesIO(sample[extension]))
        assert (len(sound), rate) == (row["n_samples"], RATE_HZ)
        assert strokes(record) == strokes(row)


@pytest.mark.parametrize("export", ["shards", "segments"])
def test_webdataset_decodes_beneath_torch_s_data_loader(export):
    torch, webdataset = reader("torch"), reader("webdataset")
    shards = sorted(str(path) for path in (EXPORTS / export / "train").glob("*.tar"))
    stream = webdataset.WebDataset(shards, shardshuffle=False).to_tuple("__key__", "json")
    loader = torch.utils.data.DataLoader(stream, batch_size=None, num_workers=2)
    read = {key: json.loads(record) for key, record in loader}
    table = records(export, "train")
    assert read.keys() == table.keys()
    assert all(strokes(record) == strokes(table[key]) for key, record in read.items())


# --- as Parquet


@pytest.mark.parametrize("streaming", [False, True])
def test_datasets_reads_every_segment_with_its_notes(tmp_path, streaming):
    datasets = reader("datasets")
    files = {
        split: [str(path) for path in sorted((EXPORTS / "segments" / folder).glob("*-*.parquet"))]
        for split, folder in SPLITS.items()
    }
    opened = datasets.load_dataset(
        "parquet", data_files=files, streaming=streaming, cache_dir=str(tmp_path)
    )
    assert set(opened) == set(SPLITS)
    for split, rows in opened.items():
        assert rows.features["audio"] == datasets.Audio(sampling_rate=RATE_HZ)
        table = records("segments", split)
        read = []
        for row in rows.cast_column("audio", datasets.Audio(decode=False)):
            read.append(row["sample_id"])
            record = table[row["sample_id"]]
            notes = [(note["onset"], note["label"], note["velocity"]) for note in row["notes"]]
            assert notes == strokes(record)
            assert hashlib.sha256(row["audio"]["bytes"]).hexdigest() == record["sha256"]
        assert sorted(read) == sorted(table)


# --- sessions as text and MIDI


def sessions():
    """(row, path without its ending) of every session of the demo."""
    table = pq.read_table(EXPORTS / "sessions/sessions.parquet").to_pylist()
    rows = {**records("sessions", "train"), **records("sessions", "validation")}
    rows |= records("sessions", "test")
    silent = {row["sample_id"] for row in table if row["audio_path"] is None}
    assert rows.keys() == {row["sample_id"] for row in table} - silent
    assert len(silent) == 1  # published without audio, as are some of Groove MIDI
    return [(row, (EXPORTS / "sessions" / row["file"]).with_suffix("")) for row in rows.values()]


def read_like_adtof(path):
    """Onsets by class from lines of time, tab, class; what stands behind them is not read."""
    onsets = defaultdict(list)
    for line in path.read_text().splitlines():
        time, name = line.split("\t")[:2]
        onsets[int(name)].append(float(time))
    return onsets


def test_a_reader_of_time_tab_class_gets_the_strokes_of_every_session(tmp_path):
    maps = json.loads((EXPORTS / "sessions/components.json").read_text())["class_maps"]
    names, of = maps["classes_5"]["classes"], maps["classes_5"]["of"]
    read_in_all = 0
    for row, path in sessions():
        lines = [line.split("\t") for line in path.with_suffix(".tsv").read_text().splitlines()]
        classes = [(line[0], of[line[1]]) for line in lines]
        text = [
            f"{onset}\t{ADTOF[names[number]]}" for onset, number in classes if number is not None
        ]
        (tmp_path / "s.txt").write_text("".join(f"{line}\n" for line in text))
        wanted = defaultdict(list)
        for stroke in row["strokes"]:
            if of[stroke["label"]] is not None:
                wanted[ADTOF[names[of[stroke["label"]]]]].append(stroke["onset"])
        read = read_like_adtof(tmp_path / "s.txt")
        assert read.keys() == wanted.keys()
        for number, onsets in read.items():
            np.testing.assert_allclose(onsets, wanted[number], rtol=0, atol=5.1e-7)
        read_in_all += sum(map(len, read.values()))
    assert read_in_all > 1000


def test_pretty_midi_and_mir_eval_find_the_same_onsets_in_both_files():
    pretty_midi, mir_eval = reader("pretty_midi"), reader("mir_eval")
    general = {}
    for row, path in sessions():
        times, labels = mir_eval.io.load_labeled_events(str(path.with_suffix(".tsv")))
        midi = pretty_midi.PrettyMIDI(str(path.with_suffix(".mid")))
        drums = [i for i in midi.instruments if i.notes]
        assert [instrument.is_drum for instrument in drums] == [True] * len(drums)
        notes = sorted((note.start, note.pitch) for i in drums for note in i.notes)
        labels = [label.split("\t")[0] for label in labels]
        assert len(times) == len(row["strokes"])
        has_note = np.array([label != "aux_percussion" for label in labels])
        assert len(notes) == has_note.sum()
        written, heard = times[has_note], np.array([start for start, _ in notes])
        f_measure = mir_eval.onset.f_measure(written, heard, window=0.0006)
        assert f_measure == (1.0, 1.0, 1.0), path.name
        for (_, pitch), label in zip(notes, labels, strict=False):
            general.setdefault(pitch, set()).add(label)
        assert len(soundfile.SoundFile(path.with_suffix(".flac"))) == row["n_samples"]
        assert midi.get_end_time() <= row["n_samples"] / RATE_HZ + 1
    assert {36, 38, 42} <= general.keys()


# --- torch and drumcorpus.load


@pytest.mark.parametrize("export", NAMES)
@pytest.mark.parametrize("split", ["train", "test"])
def test_torch_s_data_loader_gets_every_sample_once(export, split):
    torch = reader("torch")
    from drumcorpus.load.torch_data import padded_tensors, torch_dataset

    table = records(export, split)
    opened = open_export(EXPORTS / export).reader(split, seed=1)
    dataset = torch_dataset(opened, Item(fps=100, class_map="classes_5"))
    options = {"batch_size": 4, "num_workers": 2, "collate_fn": padded_tensors}
    read = []
    for batch in torch.utils.data.DataLoader(dataset, **options):
        assert batch["sound"].dtype == batch["frames"].dtype == torch.float32
        assert batch["frames"].shape[2] == 5
        n_samples = [table[sample_id]["n_samples"] for sample_id in batch["sample_id"]]
        assert batch["n_samples"].tolist() == n_samples
        read += batch["sample_id"]
    assert sorted(read) == sorted(table)


# --- what stands around


@pytest.mark.parametrize("export", NAMES)
def test_mlcroissant_validates_the_metadata_and_reads_the_records(export):
    mlcroissant = reader("mlcroissant")
    dataset = mlcroissant.Dataset(str(EXPORTS / export / "croissant.json"))
    assert list(dataset.metadata.ctx.issues.errors) == []
    table = {**records(export, "train"), **records(export, "validation"), **records(export, "test")}
    read = {}
    for row in dataset.records("records"):
        read[row["records/sample_id"].decode()] = row
    assert read.keys() == table.keys()
    for sample_id, row in read.items():
        onsets = [stroke["records/strokes/onset"] for stroke in row["records/strokes"]]
        assert onsets == [stroke["onset"] for stroke in table[sample_id]["strokes"]]
