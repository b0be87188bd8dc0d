"""What stands around the samples of an export: labels, figures, card, checksums."""

import json
import subprocess

import numpy as np
import pyarrow as pa
import pytest
import yaml
from checkout import REPO
from shard_of_events import MAPS, cut, event, session, settings_of, write_tables

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.tables import read_table, write_table
from drumcorpus.schemas import EVENTS, SESSIONS
from drumcorpus.stages.export.assemble import assemble_export, write_run
from drumcorpus.stages.export.label_lists import write_label_list
from drumcorpus.stages.export.layout import SPLIT_FOLDERS, records_schema
from drumcorpus.stages.export.stale import remove_stale
from drumcorpus.stages.export.verify import LEVELS, absent_files, files_are_whole, verify_export

CARDS = {"egmd": yaml.safe_load((REPO / "resources/source_sets/egmd.yaml").read_text())}
AROUND = {
    *("components.json", "metadata.json", "sessions.parquet", "README.md", "CITE.bib"),
    *("croissant.json", "SHA256SUMS", "files.parquet"),
    *(f"{folder}/{folder}_labels.parquet" for folder in SPLIT_FOLDERS.values()),
}
LISTS = {f"{folder}/{folder}_labels.json" for folder in SPLIT_FOLDERS.values()}
SHARDS = {
    "000": [event(1, 0.0), event(2, 0.02, labels=("snare", "kick")), event(3, 9.0)],
    "001": [
        event(4, 0.5, "s2", split="validation"),
        event(5, 0.7, "s3", split="test", audio_path=None),
    ],
}
WEIGHTS = {"e1": 0.25, "e2": 0.75, "e3": 0.5}
SEGMENTS = {"unit": "segment", "form": ["webdataset", "parquet"], "seconds": 1.0}
BLOCKS = [
    {},
    SEGMENTS,
    {"unit": "session", "encoding": "flac"},
    {"form": ["files", "webdataset", "parquet"]},
]
IDS = ["clips", "segments", "sessions", "all forms"]


class Export:
    """An export that is cut and assembled in a folder, as its jobs do it."""

    def __init__(self, folder):
        self.folder, self.root = folder, folder / "a[1]*" / "export"

    def __call__(self, shards=SHARDS, weights=WEIGHTS, **block):
        settings = settings_of(**block)
        paths = []
        for shard, rows in shards.items():
            own = [
                session(row["session_id"], row["split"], audio_path=row["audio_path"])
                for row in {row["session_id"]: row for row in rows}.values()
            ]
            made = cut(self.root, rows, sessions=own, shard=shard, **block)
            tables = [self.folder / f"{kind}_{shard}.parquet" for kind in ("events", "sessions")]
            write_table(tables[0], pa.Table.from_pylist(rows, EVENTS))
            write_table(tables[1], pa.Table.from_pylist(own, SESSIONS))
            paths.append([*write_tables(made, self.folder, shard), *tables])
        self.indexes, self.written, events, sessions = map(list, zip(*paths, strict=True))
        self.weights = self.folder / "weights.parquet"
        of_session = {row["event_id"]: row["session_id"] for own in shards.values() for row in own}
        of = {"event_id": list(weights), "weight": list(weights.values())}
        of["session_id"] = [of_session.get(event_id, "s1") for event_id in weights]
        write_table(self.weights, pa.table(of))
        lists = []
        if "files" in settings["form"]:
            for split, folder in SPLIT_FOLDERS.items():
                lists.append(f"{folder}/{folder}_labels.json")
                path = self.root / lists[-1]
                path.parent.mkdir(parents=True, exist_ok=True)
                write_label_list(path, self.indexes, split, MAPS, self.weights)
        remove_stale(self.root, self.written, lists)
        return assemble_export(
            self.root,
            index=self.indexes,
            written=self.written,
            **{"manifest": "m", "export": "mine", "release": None, "settings": settings},
            **{"class_maps": MAPS, "weights": self.weights, "cards": CARDS},
            events=events,
            sessions=sessions,
            label_files=lists,
            memory_limit="500MB",
            threads=1,
        )

    def labels(self, split="train"):
        folder = SPLIT_FOLDERS[split]
        return read_table(self.root / f"{folder}/{folder}_labels.parquet")

    def json(self, name):
        return json.loads((self.root / name).read_text())

    def files(self):
        paths = (path for path in self.root.rglob("*") if path.is_file())
        return {path.relative_to(self.root).as_posix(): path for path in paths}

    def contents(self):
        return {name: path.read_bytes() for name, path in self.files().items()}


@pytest.fixture
def export(tmp_path):
    return Export(tmp_path)


def problems(root, level="quick"):
    return [(row["path"], row["problem"]) for row in verify_export(root, level)]


# --- labels


def test_the_label_files_have_a_record_for_each_clip_in_order(export):
    export()
    text = (export.root / "train/train_labels.json").read_text()
    first, second = json.loads(text)
    assert len(text.splitlines()) == 4
    assert (first["event_id"], second["event_id"]) == ("e1", "e2")
    place = "train/clips/egmd/000/e1/e1.wav"
    assert (first["file"], first["shard"]) == (place, None)
    assert first["sha256"] == sha256_file(export.root / place)
    assert first["weight"] == 0.25
    assert [stroke["label"] for stroke in first["strokes"]] == ["kick", "snare", "kick"]
    assert [stroke["onset"] for stroke in first["strokes"]] == [0.08, 0.1, 0.1]
    assert export.json("test/test_labels.json") == []
    (only,) = export.json("val/val_labels.json")
    assert (only["split"], only["weight"]) == ("validation", None)


def test_the_table_of_labels_has_the_rows_of_the_list(export):
    export()
    for split, folder in SPLIT_FOLDERS.items():
        table = export.labels(split)
        assert table.schema.equals(records_schema(MAPS.ids))
        records = export.json(f"{folder}/{folder}_labels.json")
        for record in records:
            hot = record.pop("multi_hot")
            ids = {name: np.flatnonzero(flags).tolist() for name, flags in hot.items()}
            assert ids == record["class_ids"]
        assert table.to_pylist() == records


def test_records_stand_in_the_order_of_shards_sessions_and_starts(export):
    shards = {
        "000": [event(n, 2.5 - n / 4, f"s{n % 2}") for n in range(6)],
        "001": [event(n, 0.1 * n, "s9") for n in range(6, 9)],
    }
    export(shards)
    found = [(row["session_id"], row["start"]) for row in export.labels().to_pylist()]
    assert found == sorted(found)
    assert len(found) == 9


def test_shards_have_no_lists_and_say_where_each_sample_stands(export):
    export(**SEGMENTS)
    assert export.files().keys() & LISTS == set()
    row = export.labels().to_pylist()[0]
    assert (row["file"], row["shard"]) == (None, "train/train-egmd-000-000000.tar")
    assert row["parquet_shard"] == "train/train-egmd-000-000000.parquet"


def test_a_clip_has_the_weight_of_its_own_event(export):
    export()
    weights = {row["event_id"]: row["weight"] for row in export.labels().to_pylist()}
    assert weights == {"e1": 0.25, "e2": 0.75}


def test_a_segment_has_the_mean_weight_of_its_events_each_counted_once(export):
    rows = [
        event(1, 0.1),
        event(2, 0.2, labels=("snare", "kick", "crash")),
        event(3, 0.3),
        event(4, 1.5),
    ]
    export({"000": rows}, {"e1": 0.2, "e2": 0.6, "e9": 5.0}, **SEGMENTS)
    weights = export.labels()["weight"].to_pylist()
    assert weights[0] == pytest.approx(0.4)
    assert weights[1:] == [None, None]  # an event without a weight; no event


def test_other_weights_change_no_sound(export):
    export()
    before = export.contents()
    export(weights={"e1": 1.0})
    after = export.contents()
    changed = {name for name in before if before[name] != after[name]}
    assert {name for name in changed if name.endswith(".wav")} == set()
    assert "train/train_labels.parquet" in changed and "val/val_labels.parquet" not in changed


# --- figures, classes, sessions


def test_the_metadata_count_what_is_in_it_and_what_is_not(export):
    metadata = export()
    assert export.json("metadata.json") == metadata
    names = ("manifest", "export", "release", "class_map")
    assert [metadata[name] for name in names] == ["m", "mine", None, "components"]
    assert metadata["statistics"]["records"] == 3
    assert metadata["statistics"]["by_split"]["train"]["records"] == 2
    counts = metadata["label_counts"]["validation"]["components"]
    assert {label: n for label, n in counts.items() if n} == {"kick": 1}
    assert metadata["split_durations_seconds"]["train"] == pytest.approx(0.56)
    reasons = {"no_audio": 1, "onset_past_end": 1}
    assert metadata["without_sound"]["by_source_set"] == {"egmd": reasons}
    assert metadata["settings"]["postroll_ms"] == 200.0


def test_the_classes_are_those_of_the_taxonomy_and_of_every_map(export):
    export()
    document = export.json("components.json")
    assert document["schema"] == "drumcorpus.export_components/2"
    assert document["components"] == list(MAPS.labels)
    assert document["classes"] == {label: number for number, label in enumerate(MAPS.labels)}
    assert document["class_maps"] == MAPS.document()


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_the_table_of_sessions_names_the_sample_of_a_session(export, block):
    export(**block)
    rows = {
        row["session_id"]: row for row in read_table(export.root / "sessions.parquet").to_pylist()
    }
    assert [(name, row["n_events"]) for name, row in rows.items()] == [
        ("s1", 3),
        ("s2", 1),
        ("s3", 1),
    ]
    assert rows["s2"]["split"] == "validation"
    sample = rows["s1"]["sample_id"]
    if block.get("unit") == "session":
        assert export.labels()["sample_id"].to_pylist() == [sample]
        stem = f"train/sessions/egmd/000/{sample}"
        assert {f"{stem}.{end}" for end in ("flac", "tsv", "mid")} <= export.files().keys()
    else:
        assert sample is None


# --- the files and their digests


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_sha256sum_reads_the_listing_and_every_file_is_in_it(export, block):
    export(**block)
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=export.root, capture_output=True
    )
    assert done.returncode == 0
    listed = {line.rpartition(": ")[0] for line in done.stdout.decode().splitlines()}
    assert listed == export.files().keys() - {"SHA256SUMS"}
    assert export.files().keys() >= AROUND
    assert all(problems(export.root, level) == [] for level in LEVELS)


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_the_table_of_files_lists_all_but_itself_and_the_checksums(export, block):
    export(**block)
    rows = read_table(export.root / "files.parquet").to_pylist()
    found = export.files()
    assert {row["path"] for row in rows} == found.keys() - {"SHA256SUMS", "files.parquet"}
    for row in rows:
        path = found[row["path"]]
        assert (row["bytes"], row["sha256"]) == (path.stat().st_size, sha256_file(path))
    folders = [row["path"].rpartition("/")[::2] for row in rows]
    assert folders == sorted(folders)


@pytest.mark.parametrize("block", BLOCKS, ids=IDS)
def test_an_export_made_twice_has_equal_bytes(export, tmp_path, block):
    export(**block)
    first = export.contents()
    export(**block)
    assert export.contents() == first
    elsewhere = Export(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    elsewhere(**block)
    assert elsewhere.contents() == first


def test_what_vanished_shards_left_goes(export):
    for block in BLOCKS:
        export(**block)
        export({"000": SHARDS["000"]}, **block)
        assert not [name for name in export.files() if "egmd/001" in name or "-001-" in name]
        assert problems(export.root) == []


def test_what_another_unit_or_form_left_goes(export):
    export(form=["files", "webdataset", "parquet"])
    export(unit="session")
    kinds = {name.split("/")[1] for name in export.files() if "egmd/" in name}
    assert kinds == {"sessions"}
    (export.root / "val/val_labels.json.manifest.json").write_text("{}")
    export(form="webdataset")
    assert problems(export.root) == []
    assert not [n for n in export.files() if "/sessions/" in n or n.endswith("000.parquet")]


def test_what_is_no_sound_of_an_export_stays(export):
    export()
    for name in ("train/notes/a/b/c.txt", "train/clips/readme.txt", "mine.tar"):
        path = export.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("mine")
    export()
    assert {"train/notes/a/b/c.txt", "train/clips/readme.txt", "mine.tar"} <= export.files().keys()


def test_the_card_and_the_citations_name_the_source_set(export):
    export()
    assert "egmd" in (export.root / "README.md").read_text()
    assert "@" in (export.root / "CITE.bib").read_text()
    listed = export.json("croissant.json")["distribution"]
    table = "train/train_labels.parquet"
    digest = sha256_file(export.root / table)
    assert digest in [each["sha256"] for each in listed if each.get("contentUrl") == table]


# --- whether it is whole


def test_what_lacks_of_a_shard_is_counted(export):
    export(form=["files", "webdataset"])
    written = export.written[0]
    assert (absent_files(written, export.root), files_are_whole(written, export.root)) == (0, True)
    tar = export.root / "train/train-egmd-000-000000.tar"
    content = tar.read_bytes()
    tar.write_bytes(content[:-512])
    (export.root / "train/clips/egmd/000/e1/e1.wav").unlink()
    assert absent_files(written, export.root) == 2
    assert problems(export.root) == [
        ("train/clips/egmd/000/e1/e1.wav", "missing"),
        ("train/train-egmd-000-000000.tar", "wrong size"),
    ]


def test_a_flipped_bit_of_a_file_of_sound_is_named_at_level_full(export):
    export(**SEGMENTS)
    for name in ("train/train-egmd-000-000000.tar", "train/train-egmd-000-000000.parquet"):
        content = bytearray((export.root / name).read_bytes())
        content[-600] ^= 1
        (export.root / name).write_bytes(content)
        assert not files_are_whole(export.written[0], export.root)
        assert absent_files(export.written[0], export.root) == 0
    assert problems(export.root) == []
    assert problems(export.root, "full") == [
        ("train/train-egmd-000-000000.parquet", "changed"),
        ("train/train-egmd-000-000000.tar", "changed"),
    ]


@pytest.mark.parametrize(
    "name", ["metadata.json", "files.parquet", "sessions.parquet", "train/train_labels.parquet"]
)
def test_a_flipped_bit_around_the_sound_is_named_at_every_level(export, name):
    export()
    content = bytearray((export.root / name).read_bytes())
    content[len(content) // 2] ^= 1
    (export.root / name).write_bytes(content)
    for level in LEVELS:
        assert problems(export.root, level) == [(name, "changed")]


def test_added_and_lost_files_are_named(export):
    export()
    clips = export.root / "train/clips/egmd/000"
    (clips / "e1/e1.wav").unlink()
    (clips / "e2/e2.wav").write_bytes(b"RIFF")
    (clips / "e2/e8.wav").write_bytes(b"RIFF")
    (clips / "e9.wav.manifest.json").write_text("{}")
    (export.root / "metadata.json.manifest.json").write_text("{}")
    (export.root / "SHA256SUMS.manifest.json").write_text("{}")
    labels = export.root / "val/val_labels.json"
    labels.write_text(labels.read_text().replace("0.5", "0.6"))
    assert problems(export.root) == [
        ("train/clips/egmd/000/e1/e1.wav", "missing"),
        ("train/clips/egmd/000/e2/e2.wav", "wrong size"),
        ("train/clips/egmd/000/e2/e8.wav", "extra"),
        ("train/clips/egmd/000/e9.wav.manifest.json", "extra"),
        ("val/val_labels.json", "changed"),
    ]


def test_links_are_not_followed(export, tmp_path):
    export()
    clip = export.root / "train/clips/egmd/000/e1/e1.wav"
    clip.rename(tmp_path / "e1.wav")
    clip.symlink_to(tmp_path / "e1.wav")
    (export.root / "train/more").symlink_to(tmp_path)
    assert problems(export.root, "full") == [
        ("train/clips/egmd/000/e1/e1.wav", "not a plain file"),
        ("train/more", "extra"),
    ]


def test_a_listing_that_leaves_the_export_or_is_none_is_named(export, tmp_path):
    export()
    n_lines = len((export.root / "SHA256SUMS").read_text().splitlines())
    with (export.root / "SHA256SUMS").open("a") as listing:
        listing.write(f"{'0' * 64}  ../secret\nnonsense\n")
    assert problems(export.root) == [
        ("../secret", "outside the export"),
        (f"SHA256SUMS:{n_lines + 2}", "not readable as a listing"),
    ]


def test_names_that_the_caller_knows_are_ignored(export):
    export()
    (export.root / "train/.mark").write_text("")
    assert problems(export.root) == [("train/.mark", "extra")]
    assert verify_export(export.root, "quick", ignored_names=(".mark",)) == []


def test_no_export_and_an_unknown_level(export, tmp_path):
    assert problems(tmp_path) == [("SHA256SUMS", "missing")]
    with pytest.raises(ValueError, match="level: expected one of quick, sample, full"):
        verify_export(tmp_path, "deep")


# --- what a run has added


def test_what_a_run_added_stands_beside_the_export_and_in_no_listing(export, tmp_path):
    metadata = export()
    log = tmp_path / "000.log"
    log.write_text(
        "INFO write_samples m mine egmd 000: 2 clips (train 2) in 0.5 s, 4 a second\n"
        "WARNING /home/somebody/lib.py:3: UserWarning: old\n"
        "INFO clip: 2\n"
    )
    made, logs = export.indexes[:1], [log, tmp_path / "gone.log"]
    settings = {"class_maps": MAPS, "memory_limit": "500MB", "threads": 1}
    table = write_run(export.root, made, logs, metadata, **settings)
    run = export.json("run.json")
    assert run["run_statistics"]["records"] == 2
    assert run["run_label_counts"]["train"]["components"]["kick"] == 4
    assert run["run_split_durations_seconds"] == {"train": 0.56, "validation": 0, "test": 0}
    assert run["run_in_words"]["total"]["records"] == "2"
    lines = table.splitlines()
    assert lines[0] == "Run contribution"
    assert lines[2].split()[:3] == ["train", "2", "6"]
    assert (export.root / "run.log").read_text() == (
        f"{table}\n\n{log.as_posix()}\n"
        "  write_samples m mine egmd 000: 2 clips (train 2) in 0.5 s, 4 a second\n"
        "  clip: 2\n"
    )
    assert problems(export.root, "full") == []
    assert "run.log" not in (export.root / "SHA256SUMS").read_text()
    assert {
        *("statistics", "label_counts", "split_durations_seconds", "durations_by_source_set"),
        "in_words",
    } <= metadata.keys()
