import json
import shutil
import subprocess
import wave

import numpy as np
import pyarrow as pa
import pytest
import soxr

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export.assemble import assemble_export
from drumcorpus.stages.export.clips import cut_clips
from drumcorpus.stages.export.layout import INDEX
from drumcorpus.stages.export.verify import verify_export

RATE = 44_100
DATABASE = {"threads": 2, "memory_limit": "1GB"}
GEOMETRY = {"sample_rate_hz": RATE, "preroll_ms": 80.0, "postroll_ms": 200.0}
ONSET, LENGTH = 3_528, 12_348


def noise(n_samples=3 * RATE, seed=1):
    """Noise that 16 bit hold exactly."""
    whole = np.random.default_rng(seed).integers(-16_000, 16_000, n_samples)
    return (whole / 32_768).astype(np.float32)


def event(number, onset, session_id="s1", **changes):
    return {
        "event_id": f"e{number}",
        "source_set": "egmd",
        "session_id": session_id,
        "split": "train",
        "onset_time": onset,
        "audio_path": f"{session_id}.wav",
        "license": "CC-BY-4.0",
        "redistributable": True,
        "negative_example": False,
        "techniques": [],
        "components": [{"label": "kick", "velocity": 0.5, "openness": None}],
    } | changes


def table(*rows):
    return pa.Table.from_pylist(list(rows), EVENTS)


def read_clip(path):
    """Samples (n,) int16 of one clip."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


@pytest.fixture
def cut(tmp_path):
    """Cut events of noise; index rows by event."""

    def cut(*rows, audio=None, rate=RATE, **changes):
        audio = noise() if audio is None else audio
        settings = GEOMETRY | {"source_set": "egmd", "shard": "000"} | changes
        index = cut_clips(table(*rows), lambda path: (audio, rate), tmp_path, **settings)
        assert index.schema == INDEX
        return {row["event_id"]: row for row in index.to_pylist()}

    return cut


@pytest.fixture
def export(tmp_path):
    """Cut and assemble two shards of three splits; returns the function that does it."""
    folder = tmp_path / "a[1]*"  # a name, and no pattern, which would find the file beside it
    (tmp_path / "a1").mkdir()
    for name in ("m", "000", "001"):
        (tmp_path / f"a1/{name}.parquet").write_bytes(b"no table")
    root = folder / "export"
    shards = {
        "000": [event(1, 0.0), event(2, 0.02), event(3, 9.0)],
        "001": [
            event(4, 0.5, "s2", split="validation"),
            event(5, 0.7, "s3", split="test", audio_path=None),
        ],
    }

    def run(shards=shards, manifest=None, **changes):
        indexes = []
        for shard, rows in shards.items():
            index = cut_clips(
                table(*rows),
                lambda path: (noise(), RATE),
                root,
                source_set="egmd",
                shard=shard,
                **GEOMETRY,
            )
            indexes.append(folder / f"{shard}.parquet")
            write_table(indexes[-1], index)
        rows = [row for rows in shards.values() for row in rows] if manifest is None else manifest
        write_table(folder / "m.parquet", table(*rows))
        settings = {"components": ["snare", "kick"], "release": None} | DATABASE | GEOMETRY
        return assemble_export(folder / "m.parquet", indexes, root, **settings | changes)

    run.root, run.shards = root, shards
    return run


def problems(root, level="quick", **changes):
    return [(row["path"], row["problem"]) for row in verify_export(root, level, **changes)]


def test_two_hits_at_the_start_get_their_own_audio(cut, tmp_path):
    index = cut(event(1, 0.0), event(2, 0.02), event(3, 1.0))
    source = np.rint(noise() * 32_768).astype(np.int16)
    for event_id, onset in [("e1", 0), ("e2", 882), ("e3", RATE)]:
        clip = read_clip(tmp_path / index[event_id]["path"])
        n_padded = max(0, ONSET - onset)
        assert index[event_id]["n_padded_front"] == n_padded
        assert not clip[:n_padded].any()
        first = onset - ONSET + n_padded
        assert np.array_equal(clip[n_padded:], source[first : first + LENGTH - n_padded])


def test_the_onset_stands_at_the_same_sample_of_every_clip(cut, tmp_path):
    audio = noise()
    index = cut(event(1, 0.0), event(2, 0.01), event(3, 1.5), event(4, 2.9), audio=audio)
    for row, onset in zip(index.values(), [0.0, 0.01, 1.5, 2.9], strict=True):
        clip = read_clip(tmp_path / row["path"])
        assert (row["onset_sample"], len(clip), row["bytes"]) == (ONSET, LENGTH, 24_740)
        start = round(onset * RATE)
        after = audio[start : start + 4_000]
        heard = clip[ONSET : ONSET + len(after)]
        assert np.corrcoef(heard, after)[0, 1] == pytest.approx(1.0, abs=1e-12)


def test_a_clip_past_the_end_of_its_audio_is_padded_with_zeros(cut, tmp_path):
    row = cut(event(1, 2.9))["e1"]
    assert row["n_padded_back"] == round(2.9 * RATE) + LENGTH - ONSET - 3 * RATE == 4_410
    clip = read_clip(tmp_path / row["path"])
    assert not clip[-4_410:].any() and clip[-4_411] != 0


def test_a_clip_longer_than_its_audio_is_padded_on_both_sides(cut):
    row = cut(event(1, 0.01), audio=noise(1_000))["e1"]
    assert (row["n_padded_front"], row["n_padded_back"]) == (ONSET - 441, 441 + 8_820 - 1_000)


def test_an_audio_file_is_opened_once(tmp_path):
    opened = []

    def open_audio(path):
        opened.append(path)
        return noise(), RATE

    events = table(event(1, 0.0), event(2, 0.5, "s2"), event(3, 1.0))
    cut_clips(events, open_audio, tmp_path, source_set="egmd", shard="000", **GEOMETRY)
    assert opened == ["s1.wav", "s2.wav"]


def test_audio_of_another_rate_is_resampled_and_the_onset_stays(cut, tmp_path):
    click = np.zeros(48_000, np.float32)
    click[24_000] = 0.9
    row = cut(event(1, 0.5), audio=click, rate=48_000)["e1"]
    clip = read_clip(tmp_path / row["path"])
    assert np.abs(clip).argmax() == ONSET
    whole = soxr.resample(click, 48_000, RATE, quality="HQ")
    expected = np.rint(whole[22_050 - ONSET :][:LENGTH] * 32_768)
    assert np.array_equal(clip, expected.astype(np.int16))


def test_samples_beyond_full_scale_are_clipped_and_counted(cut, tmp_path):
    audio = np.zeros(RATE, np.float32)
    audio[[22_050, 22_051, 22_052, 44_000]] = [1.5, -1.5, 1.0, 2.0]
    index = cut(event(1, 0.5), event(2, 0.1), audio=audio)
    assert index["e1"]["n_clipped"] == 2
    assert index["e2"]["n_clipped"] == 0
    clip = read_clip(tmp_path / index["e1"]["path"])
    assert clip[ONSET : ONSET + 4].tolist() == [32_767, -32_768, 32_767, 0]


def test_every_event_without_a_clip_has_its_reason(tmp_path):
    def open_audio(path):
        if path == "gone.wav":
            raise FileNotFoundError(path)
        if path == "broken.wav":
            raise ValueError("not readable as audio")
        return np.full(RATE, np.nan if path == "nan.wav" else 0.1, np.float32), RATE

    events = table(
        event(0, 0.2),
        event(1, 0.0, audio_path=None),
        event(2, 0.0, audio_path="gone.wav"),
        event(3, 0.0, audio_path="broken.wav"),
        event(5, 0.0, audio_path="nan.wav"),
        event(6, 1.0),
        event(7, -0.01),
    )
    index = cut_clips(events, open_audio, tmp_path, source_set="egmd", shard="000", **GEOMETRY)
    assert index["outcome"].to_pylist() == [
        "clip",
        "no_audio",
        "no_audio",
        "unreadable_audio",
        "unreadable_audio",
        "onset_past_end",
        "onset_before_start",
    ]
    assert index["path"].null_count == index["sha256"].null_count == 6
    assert [path.name for path in tmp_path.rglob("*.wav")] == ["e0.wav"]


def test_a_disk_that_fails_stops_the_cutting(tmp_path):
    def open_audio(path):
        raise PermissionError(path)

    with pytest.raises(PermissionError):
        cut_clips(
            table(event(1, 0.0)),
            open_audio,
            tmp_path,
            source_set="egmd",
            shard="000",
            **GEOMETRY,
        )


def test_clips_go_to_the_folder_of_their_split(cut, tmp_path):
    index = cut(event(1, 0.1), event(2, 0.1, split="validation"), event(3, 0.1, split="test"))
    assert [row["path"] for row in index.values()] == [
        "train/clips/egmd/000/e1.wav",
        "val/clips/egmd/000/e2.wav",
        "test/clips/egmd/000/e3.wav",
    ]
    for row in index.values():
        assert sha256_file(tmp_path / row["path"]) == row["sha256"]


def test_cutting_again_gives_the_same_bytes_and_the_same_index(cut, tmp_path):
    rows = [event(n, n / 10) for n in range(20)]
    first = cut(*rows)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.wav")}
    assert cut(*rows) == first
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.wav")} == before


def test_the_clips_of_vanished_events_vanish(cut, tmp_path):
    cut(event(1, 0.1), event(2, 0.2, split="test"))
    cut(event(3, 0.3))
    assert [path.name for path in tmp_path.rglob("*.wav")] == ["e3.wav"]
    assert not list(tmp_path.rglob(".*"))


def test_another_shards_clips_stay(cut, tmp_path):
    cut(event(1, 0.1))
    cut(event(2, 0.1), shard="001")
    assert len(list(tmp_path.rglob("*.wav"))) == 2


def test_a_failed_run_leaves_the_earlier_clips_as_they_were(cut, tmp_path):
    cut(event(1, 0.1))
    with pytest.raises(ValueError, match="expected one channel"):
        cut(event(2, 0.1), audio=np.zeros((10, 2), np.float32))
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["e1.wav"]
    assert not list(tmp_path.rglob(".*"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": None}, "split None is none of"),
        ({"source_set": "groove"}, "is of 'groove', not of 'egmd'"),
        ({"event_id": "../e"}, "cannot be a file name"),
        ({"event_id": "a\nb"}, "cannot be a file name"),
        ({"event_id": "e0"}, "two events of the shard have the id e0"),
        ({"onset_time": float("nan")}, "onset_time: expected seconds"),
    ],
    ids=["no split", "another set", "path", "line break", "twice", "onset NaN"],
)
def test_an_event_that_cannot_be_cut_is_named(cut, changes, message):
    with pytest.raises(ValueError, match=message):
        cut(event(0, 0.1), event(1, 0.1) | changes)


def test_a_clip_without_post_roll_is_refused(cut):
    with pytest.raises(ValueError, match="no clip has"):
        cut(event(1, 0.1), postroll_ms=0.0)


def test_the_label_files_have_one_record_per_clip_in_order(export):
    export()
    text = (export.root / "train/train_labels.json").read_text()
    first, second = json.loads(text)
    assert len(text.splitlines()) == 4
    assert first == {
        "file": "train/clips/egmd/000/e1.wav",
        "sha256": sha256_file(export.root / "train/clips/egmd/000/e1.wav"),
        "event_id": "e1",
        "session_id": "s1",
        "source_set": "egmd",
        "onset_sample": ONSET,
        "components": [
            {"label": "kick", "velocity": 0.5, "dynamic_bucket": None, "openness": None}
            | {"strike_position": None, "cymbal": None, "instance": None}
        ],
        "techniques": [],
        "negative_example": False,
        "license": "CC-BY-4.0",
    }
    assert second["event_id"] == "e2"
    assert json.loads((export.root / "test/test_labels.json").read_text()) == []


def test_the_metadata_count_clips_and_drops(export):
    metadata = export()
    assert json.loads((export.root / "metadata.json").read_text()) == metadata
    assert metadata["clips"] == {"train": 2, "validation": 1}
    assert metadata["hits_by_label"] == {"train": {"kick": 2}, "validation": {"kick": 1}}
    assert metadata["dropped"] == {"no_audio": {"egmd": 1}, "onset_past_end": {"egmd": 1}}
    assert metadata["clips_by_license"] == {"CC-BY-4.0": 3}
    assert metadata["clip"]["onset_sample"] == ONSET
    assert metadata["clip"]["n_samples"] == LENGTH
    facts = metadata["label_files"]["val/val_labels.json"]
    assert facts["clips"] == 1
    assert facts["sha256"] == sha256_file(export.root / "val/val_labels.json")


def test_the_class_ids_are_the_order_of_the_components(export):
    export()
    document = json.loads((export.root / "components.json").read_text())
    assert document["components"] == ["snare", "kick"]
    assert document["classes"] == {"snare": 0, "kick": 1}


def test_sha256sum_reads_the_listing(export):
    export()
    done = subprocess.run(
        ["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=export.root, capture_output=True
    )
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 3 + 3 + 2


def test_an_export_made_twice_has_equal_bytes(export):
    def content():
        files = [path for path in export.root.rglob("*") if path.is_file()]
        return {str(path): path.read_bytes() for path in files}

    export()
    first = content()
    export()
    assert content() == first


def test_the_folders_of_vanished_shards_go(export):
    export()
    export({"000": export.shards["000"]})
    assert not (export.root / "val/clips/egmd/001").exists()
    assert problems(export.root) == []


def test_a_label_that_is_no_component_is_refused(export):
    with pytest.raises(ValueError, match="labels that are no component: kick"):
        export(components=["snare"])


def test_a_velocity_that_json_cannot_write_is_refused(export):
    broken = event(1, 0.1, components=[{"label": "kick", "velocity": float("nan")}])
    with pytest.raises(ValueError, match="not a number at hits of kick"):
        export({"000": [broken]})


def test_clips_of_other_events_than_the_manifests_are_refused(export):
    rows = [row for rows in export.shards.values() for row in rows]
    with pytest.raises(
        ValueError, match=r"1 events are indexed, and not in the manifest, e\.g\. e5"
    ):
        export(manifest=rows[:-1])
    with pytest.raises(
        ValueError, match=r"1 events are in the manifest, and in no index, e\.g\. e9"
    ):
        export(manifest=[*rows, event(9, 0.1)])
    with pytest.raises(ValueError, match=r"1 events are cut for another split, e\.g\. e1"):
        export(manifest=[rows[0] | {"split": "test"}, *rows[1:]])


def test_clips_of_another_geometry_are_refused(export):
    with pytest.raises(ValueError, match="another pre-roll, post-roll or sample rate"):
        export(preroll_ms=50.0)


@pytest.mark.parametrize("level", ["quick", "sample", "full"])
def test_a_sound_export_has_no_problem(export, level):
    export()
    (export.root / "metadata.json.manifest.json").write_text("{}")
    (export.root / "SHA256SUMS.manifest.json").write_text("{}")
    assert problems(export.root, level) == []


def test_a_flipped_bit_in_a_clip_is_named_at_level_full(export):
    export()
    path = export.root / "train/clips/egmd/000/e2.wav"
    content = bytearray(path.read_bytes())
    content[5_000] ^= 1
    path.write_bytes(content)
    assert problems(export.root, "full") == [("train/clips/egmd/000/e2.wav", "changed")]


def test_missing_extra_short_and_edited_files_are_named_at_level_quick(export):
    export()
    clips = export.root / "train/clips/egmd/000"
    (clips / "e1.wav").unlink()
    (clips / "e2.wav").write_bytes(b"RIFF")
    (clips / "e8.wav").write_bytes(b"RIFF")
    (clips / "e9.wav.manifest.json").write_text("{}")
    (export.root / "val/clips/other").mkdir()
    (export.root / "val/clips/other/.x.wav").write_bytes(b"")
    labels = export.root / "val/val_labels.json"
    labels.write_text(labels.read_text().replace("0.5", "0.6"))
    assert problems(export.root) == [
        ("train/clips/egmd/000/e1.wav", "missing"),
        ("train/clips/egmd/000/e2.wav", "wrong size"),
        ("train/clips/egmd/000/e8.wav", "extra"),
        ("train/clips/egmd/000/e9.wav.manifest.json", "extra"),
        ("val/clips/other/.x.wav", "extra"),
        ("val/val_labels.json", "changed"),
    ]


def test_a_vanished_folder_names_each_of_its_files(export):
    export()
    shutil.rmtree(export.root / "train/clips")
    assert problems(export.root) == [
        ("train/clips/egmd/000/e1.wav", "missing"),
        ("train/clips/egmd/000/e2.wav", "missing"),
    ]


def test_links_are_not_followed(export, tmp_path):
    export()
    clips = export.root / "train/clips/egmd/000"
    (clips / "e1.wav").rename(tmp_path / "e1.wav")
    (clips / "e1.wav").symlink_to(tmp_path / "e1.wav")
    (export.root / "train/more").symlink_to(tmp_path)
    assert problems(export.root, "full") == [
        ("train/clips/egmd/000/e1.wav", "not a plain file"),
        ("train/more", "extra"),
    ]


def test_a_listing_that_leaves_the_export_or_is_none_is_named(export, tmp_path):
    export()
    (tmp_path / "secret").write_text("x")
    with (export.root / "SHA256SUMS").open("a") as listing:
        listing.write(f"{'0' * 64}  ../secret\nnonsense\n")
    assert problems(export.root) == [
        ("../secret", "outside the export"),
        ("SHA256SUMS:10", "not readable as a listing"),
    ]


def test_damaged_metadata_is_a_problem_and_no_crash(export):
    export()
    (export.root / "metadata.json").write_text("{")
    assert problems(export.root) == [("metadata.json", "changed")]


def test_an_export_without_checksums_is_no_sound_export(tmp_path):
    assert problems(tmp_path) == [("SHA256SUMS", "missing")]


def test_names_that_the_caller_knows_are_ignored(export):
    export()
    (export.root / "train/clips/egmd/000/.mark").write_text("")
    assert problems(export.root) == [("train/clips/egmd/000/.mark", "extra")]
    assert problems(export.root, ignored_names=(".mark",)) == []


def test_an_unknown_level_is_refused(export):
    export()
    with pytest.raises(ValueError, match="level: expected one of quick, sample, full"):
        verify_export(export.root, "deep")
