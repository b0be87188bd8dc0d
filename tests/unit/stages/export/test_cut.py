"""The samples of a shard: their sound, what is said of it, and a reason wherever there is none."""

import json
import tarfile

import mido
import numpy as np
import pyarrow as pa
import pytest
import soundfile
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st
from shard_of_events import LENGTH, MAPS, ONSET, RATE, cut, event, noise, session, sound_of

from drumcorpus.ground.files.digests import sha256_bytes
from drumcorpus.ground.files.tables import read_table
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.export import cut as module
from drumcorpus.stages.export.index import events_of_windows
from drumcorpus.stages.export.windows import RECORDINGS, segment_windows

SEGMENTS = {"unit": "segment", "seconds": 1.0}
SHARDS = {"form": ["webdataset", "parquet"]}


def clip(made, event_id):
    row = made.rows[event_id]
    return sound_of((made.root / row["file"]).read_bytes())


def whole(samples):
    return np.rint(samples * 32_768).astype(np.int16)


# --- the sound of a clip


def test_two_strokes_at_the_start_get_their_own_sound(tmp_path):
    made = cut(tmp_path, [event(1, 0.0), event(2, 0.02), event(3, 1.0)])
    source = whole(noise())
    for event_id, onset in [("e1", 0), ("e2", 882), ("e3", RATE)]:
        n_padded = max(0, ONSET - onset)
        row, sound = made.rows[event_id], clip(made, event_id)
        assert (row["n_padded_front"], row["n_padded_back"]) == (n_padded, 0)
        assert not sound[:n_padded].any()
        first = onset - ONSET + n_padded
        assert np.array_equal(sound[n_padded:], source[first : first + LENGTH - n_padded])


def test_the_onset_stands_at_the_same_sample_of_every_clip(tmp_path):
    onsets = [0.0, 0.01, 1.5, 2.9]
    made = cut(tmp_path, [event(n, onset) for n, onset in enumerate(onsets)])
    for n, onset in enumerate(onsets):
        row, sound = made.rows[f"e{n}"], clip(made, f"e{n}")
        facts = (row["onset_sample"], len(sound), row["n_samples"], row["bytes"])
        assert facts == (ONSET, LENGTH, LENGTH, 24_740)
        assert row["start"] == (round(onset * RATE) - ONSET) / RATE
        assert row["duration"] == pytest.approx(0.28)
        after = whole(noise())[round(onset * RATE) :][: LENGTH - ONSET]
        assert np.array_equal(sound[ONSET : ONSET + len(after)], after)


def test_a_clip_past_the_end_of_its_recording_is_padded_with_zeros(tmp_path):
    made = cut(tmp_path, [event(1, 2.9)])
    assert made.rows["e1"]["n_padded_back"] == 4_410
    sound = clip(made, "e1")
    assert not sound[-4_410:].any() and sound[-4_411] != 0


def test_a_clip_longer_than_its_recording_is_padded_on_both_sides(tmp_path):
    row = cut(tmp_path, [event(1, 0.01)], audio=noise(1_000)).rows["e1"]
    assert (row["n_padded_front"], row["n_padded_back"]) == (ONSET - 441, 441 + 8_820 - 1_000)


def test_a_recording_of_another_rate_is_resampled_and_the_onset_stays(tmp_path):
    click = np.zeros(48_000, np.float32)
    click[24_000] = 0.9
    sound = clip(cut(tmp_path, [event(1, 0.5)], audio=click, rate=48_000), "e1")
    assert np.abs(sound).argmax() == ONSET
    expected = soxr.resample(click, 48_000, RATE, quality="HQ")[22_050 - ONSET :][:LENGTH]
    assert np.array_equal(sound, whole(expected))


def test_numbers_beyond_full_scale_are_clipped_and_counted(tmp_path):
    audio = np.zeros(RATE, np.float32)
    audio[[22_050, 22_051, 22_052, 44_000]] = [1.5, -1.5, 1.0, 2.0]
    made = cut(tmp_path, [event(1, 0.5), event(2, 0.1)], audio=audio)
    assert (made.rows["e1"]["n_clipped"], made.rows["e2"]["n_clipped"]) == (2, 0)
    assert clip(made, "e1")[ONSET : ONSET + 4].tolist() == [32_767, -32_768, 32_767, 0]


def test_a_cymbal_has_the_longer_post_roll_of_its_family(tmp_path):
    rows = [event(1, 0.5), event(2, 0.5, labels=("kick", "crash2"))]
    made = cut(tmp_path, rows, postroll_ms={"default": 200, "crash": 800})
    assert [made.rows[name]["n_samples"] for name in ("e1", "e2")] == [LENGTH, ONSET + 35_280]


def test_two_channels_stay_two(tmp_path):
    stereo = np.stack([noise(), noise(seed=2)], axis=1)
    made = cut(tmp_path, [event(1, 1.0)], audio=stereo, channels="stereo")
    assert (made.rows["e1"]["channels"], made.rows["e1"]["bytes"]) == (2, 44 + 4 * LENGTH)
    expected = whole(stereo)[RATE - ONSET :][:LENGTH]
    assert np.array_equal(clip(made, "e1"), expected)


def test_a_gain_to_a_loudness_is_applied_and_noted(tmp_path):
    loudness = {"target_lufs": -30.0, "ceiling_dbtp": -1.0}
    plain = cut(tmp_path / "a", [event(1, 1.0)])
    made = cut(tmp_path / "b", [event(1, 1.0)], loudness=loudness)
    gain_db = made.rows["e1"]["gain_db"]
    assert plain.rows["e1"]["gain_db"] == 0
    assert -40 < gain_db < -5
    factor = np.float32(2**15 * 10 ** (gain_db / 20))
    assert np.abs(clip(made, "e1") - noise()[RATE - ONSET :][:LENGTH] * factor).max() <= 0.51


@pytest.mark.parametrize("encoding", ["wav16", "wav24", "flac"])
def test_every_encoding_holds_the_same_sound(tmp_path, encoding):
    made = cut(tmp_path, [event(1, 1.0)], encoding=encoding)
    row = made.rows["e1"]
    assert row["file"] == f"train/clips/egmd/000/e1/e1.{encoding[:4].rstrip('126')}"
    assert np.array_equal(clip(made, "e1"), whole(noise())[RATE - ONSET :][:LENGTH])
    kind = soundfile.info(made.root / row["file"]).subtype
    assert kind == {"wav24": "PCM_24"}.get(encoding, "PCM_16")


# --- the full mix


def mixed(session_id="s1", **changes):
    return session(session_id, mix_path=f"{session_id}.mix.wav", mix_duration=3.0, **changes)


UNITS = pytest.mark.parametrize(
    "unit", [{"unit": "clip"}, SEGMENTS, {"unit": "session"}], ids=["clip", "segment", "session"]
)


@UNITS
def test_the_sound_of_the_mix_is_cut_in_its_place_sample_by_sample(tmp_path, unit):
    sounds = {"s1.wav": noise(seed=1), "s1.mix.wav": noise(seed=2)}
    opened = []

    def open_audio(path):
        opened.append(path)
        return sounds[path], RATE

    rows, of = [event(1, 0.5), event(2, 2.0)], [mixed()]
    made = cut(tmp_path, rows, sessions=of, audio=open_audio, audio_="mix", **unit)
    assert opened == ["s1.mix.wav"]
    assert made.samples()
    for row in made.samples():
        start = round(row["start"] * RATE)
        wanted = whole(sounds["s1.mix.wav"])[start : start + row["n_samples"]]
        assert np.array_equal(sound_of((made.root / row["file"]).read_bytes()), wanted)
        assert (row["recording"], row["audio_path"]) == ("mix", "s1.mix.wav")
        assert row["gain_db"] == 0
    drums = cut(tmp_path / "drums", rows, sessions=of, audio=sounds, **unit)
    assert {(row["recording"], row["audio_path"]) for row in drums.samples()} == {
        ("drums", "s1.wav")
    }
    strokes = [[row["strokes"] for row in each.samples()] for each in (made, drums)]
    assert strokes[0] == strokes[1]


@UNITS
def test_an_event_has_no_mix_without_one_of_its_session_or_of_another_recording(tmp_path, unit):
    rows = [
        event(1, 0.5),
        event(2, 1.0, audio_path="kick.wav"),  # of a file of its own
        event(3, 0.5, "s2"),  # of a session without a mix
        event(4, 0.5, "s3", audio_path=None),  # of a session without drums
    ]
    of = [mixed(), session("s2"), session("s3", audio_path=None)]
    made = cut(tmp_path, rows, sessions=of, audio_="mix", **unit)
    lost = {name: made.outcomes()[name] for name in ("e2", "e3", "e4")}
    assert set(lost.values()) == {"no_mix"}
    struck = {stroke["event_id"] for row in made.samples() for stroke in row["strokes"]}
    assert struck == {"e1"}


@pytest.mark.parametrize("audio", ["drums", "mix"])
def test_events_without_a_recording_use_up_nothing_of_a_limit(tmp_path, audio):
    rows = [
        event(1, 0.1, audio_path=None),
        event(2, 0.2, audio_path=None),
        event(3, 0.5),
        event(4, 0.6),
        event(5, 0.7),
    ]
    made = cut(tmp_path, rows, sessions=[mixed()], limits={"s1": 2}, audio_=audio)
    assert made.outcomes() == {"e3": "clip", "e4": "clip"}


def test_an_onset_past_the_end_of_a_shorter_mix_is_told(tmp_path):
    sounds = {"s1.wav": noise(), "s1.mix.wav": noise(RATE)}
    rows = [event(1, 0.5), event(2, 2.0)]
    made = cut(tmp_path, rows, sessions=[mixed()], audio=sounds, audio_="mix")
    assert made.outcomes() == {"e1": "clip", "e2": "onset_past_end"}


@pytest.mark.parametrize(
    ("error", "reason"),
    [(FileNotFoundError("gone"), "no_audio"), (ValueError("damaged"), "unreadable_audio")],
    ids=["gone", "damaged"],
)
def test_a_mix_that_cannot_be_read_loses_its_events_by_the_usual_words(tmp_path, error, reason):
    def open_audio(path):
        raise error

    made = cut(tmp_path, [event(1, 0.5)], sessions=[mixed()], audio=open_audio, audio_="mix")
    assert made.outcomes() == {"e1": reason}


# --- every form from one decoding


@pytest.mark.parametrize("forms", ["files", ["webdataset", "parquet"]], ids=["files", "shards"])
@pytest.mark.parametrize("unit", [{"unit": "clip"}, SEGMENTS], ids=["clips", "segments"])
def test_a_recording_is_opened_once(tmp_path, forms, unit):
    opened = []

    def open_audio(path):
        opened.append(path)
        return noise(), RATE

    rows = [event(1, 0.0), event(2, 0.5, "s2"), event(3, 1.0), event(4, 2.0, "s2")]
    cut(tmp_path, rows, audio=open_audio, form=forms, **unit)
    assert opened == ["s1.wav", "s2.wav"]


def test_every_form_holds_the_same_sound_of_a_sample(tmp_path):
    made = cut(tmp_path, [event(1, 1.0), event(2, 0.5)], form=["files", "webdataset", "parquet"])
    with tarfile.open(tmp_path / "train/train-egmd-000-000000.tar") as tar:
        of_tar = {m.name: tar.extractfile(m).read() for m in tar.getmembers()}
    of_table = read_table(tmp_path / "train/train-egmd-000-000000.parquet")
    of_table = {row["sample_id"]: row["audio"]["bytes"] for row in of_table.to_pylist()}
    for name in ("e1", "e2"):
        content = (tmp_path / made.rows[name]["file"]).read_bytes()
        assert of_tar[f"{name}.wav"] == content == of_table[name]
        assert sha256_bytes(content) == made.rows[name]["sha256"]


def test_the_json_of_a_tar_is_the_record_and_names_its_own_shard(tmp_path):
    rows = [event(n, 0.2 * n, labels=("snare", "crash")) for n in range(10)]
    made = cut(tmp_path, rows, form="webdataset", shard_samples=4)
    names = []
    for number in range(3):
        shard = f"train/train-egmd-000-{number:06d}.tar"
        with tarfile.open(tmp_path / shard) as tar:
            for member in tar.getnames():
                if member.endswith(".json"):
                    record = json.loads(tar.extractfile(member).read())
                    hot = record.pop("multi_hot")
                    row = dict(made.rows[record["event_id"]])
                    for key in ("audio_path", "outcome", "n_events"):
                        row.pop(key)
                    assert record == row
                    assert record["shard"] == shard
                    for name, ids in record["class_ids"].items():
                        assert np.flatnonzero(hot[name]).tolist() == ids
                        assert len(hot[name]) == len(MAPS.classes[name])
                    names.append(member)
    assert names == [f"e{n}.json" for n in range(10)]


def test_the_rows_of_a_parquet_shard_say_where_they_stand(tmp_path):
    rows = [event(n, 0.2 * n) for n in range(5)]
    alone = cut(tmp_path / "a", rows, form="parquet", shard_samples=3)
    both = cut(tmp_path / "b", rows, form=["webdataset", "parquet"], shard_samples=3)
    shards = [f"train/train-egmd-000-00000{n // 3}" for n in range(5)]
    assert [row["shard"] for row in alone.samples()] == [f"{name}.parquet" for name in shards]
    assert [row["shard"] for row in both.samples()] == [f"{name}.tar" for name in shards]
    found = [row["parquet_shard"] for row in both.samples()]
    assert found == [f"{name}.parquet" for name in shards]
    assert alone.index["parquet_shard"].null_count == 5


def test_a_shard_ends_at_either_bound(tmp_path):
    rows = [event(n, 0.2 * n) for n in range(10)]
    by_number = cut(tmp_path / "a", rows, form="webdataset", shard_samples=4)
    assert by_number.written["n_samples"].to_pylist() == [4, 4, 2]
    by_bytes = cut(tmp_path / "b", rows, form="webdataset", shard_bytes=90_000)
    assert max(by_bytes.written["bytes"].to_pylist()) <= 90_000
    assert sum(by_bytes.written["n_samples"].to_pylist()) == 10
    assert len(by_bytes.written) > 3


def test_every_split_has_shards_and_folders_of_its_own(tmp_path):
    rows = [
        event(1, 0.1),
        event(2, 0.1, "s2", split="validation"),
        event(3, 0.1, "s3", split="test"),
    ]
    made = cut(tmp_path, rows, form=["files", "webdataset", "parquet"])
    paths = made.written["path"].to_pylist()
    assert paths == sorted(
        path
        for folder, split, n in [
            ("train", "train", 1),
            ("val", "validation", 2),
            ("test", "test", 3),
        ]
        for path in (
            f"{folder}/clips/egmd/000/e{n}/e{n}.wav",
            f"{folder}/{split}-egmd-000-000000.parquet",
            f"{folder}/{split}-egmd-000-000000.tar",
        )
    )
    assert sorted(made.files()) == paths
    sizes = {path: len(content) for path, content in made.files().items()}
    assert dict(zip(paths, made.written["bytes"].to_pylist(), strict=True)) == sizes
    digests = {path: sha256_bytes(content) for path, content in made.files().items()}
    assert dict(zip(paths, made.written["sha256"].to_pylist(), strict=True)) == digests


@pytest.mark.parametrize("at_once", [1, 3, 4096], ids=str)
def test_how_many_are_written_together_shows_nowhere(tmp_path, monkeypatch, at_once):
    rows = [event(n, 0.25 * n, f"s{n % 3}") for n in range(12)]
    block = SEGMENTS | SHARDS | {"overlap": 0.5, "shard_samples": 4}
    whole = cut(tmp_path / "whole", rows, **block)
    monkeypatch.setattr(module, "_SAMPLES_AT_ONCE", at_once)
    monkeypatch.setattr(module, "_BYTES_AT_ONCE", 100_000 * at_once)
    made = cut(tmp_path / "parts", rows, **block)
    assert made.index.equals(whole.index)
    assert made.files() == whole.files()


# --- what sounds, and how often it counts


def test_a_record_lists_every_stroke_of_its_recording(tmp_path):
    labels = ["kick", "snare", "crash", "hihat_closed"]
    rng = np.random.default_rng(3)
    rows = [
        event(n, float(onset), f"s{n % 2}", labels=tuple(labels[: 1 + n % 4]))
        for n, onset in enumerate(rng.uniform(0, 3, 60))
    ]
    for unit in ({}, SEGMENTS | {"overlap": 0.25}):
        for sample in cut(tmp_path, rows, **unit).samples():
            start, end = sample["start"], sample["duration"]
            inside, ringing = [], []
            for row in rows:
                onset = row["onset_time"] - start
                for component in row["components"]:
                    own = (row["event_id"], component["label"], onset)
                    if row["session_id"] == sample["session_id"] and 0 <= onset < end:
                        inside.append(own)
                    ring = 3.0 if component["label"] == "crash" else 0.25
                    if row["session_id"] == sample["session_id"] and -ring < onset < 0:
                        ringing.append(own)
            for name, expected in [("strokes", inside), ("ringing", ringing)]:
                found = [(s["event_id"], s["label"], s["onset"]) for s in sample[name]]
                assert sorted(found) == sorted(expected)
                assert [onset for *_, onset in found] == sorted(onset for *_, onset in found)
            struck = {MAPS.labels.index(label) for _, label, _ in inside}
            assert sample["class_ids"]["components"] == sorted(struck)


@pytest.mark.parametrize("overlap", [0, 0.1, 0.25, 0.75], ids=str)
def test_every_event_counts_once_in_overlapping_segments(tmp_path, overlap):
    rows = [event(n, n / 10) for n in range(35)]
    made = cut(tmp_path, rows, **SEGMENTS, overlap=overlap)
    outcomes = made.outcomes()
    assert [outcomes.pop(f"e{n}") for n in range(30, 35)] == ["onset_past_end"] * 5
    assert set(outcomes.values()) == {"segment"}
    n_events = [row["n_events"] for row in made.samples()]
    assert sum(n_events) == 30
    assert n_events[0] == 10


@given(
    st.lists(st.floats(-0.1, 2.5), min_size=1, max_size=30),
    st.integers(1, 60),
    st.floats(0, 0.999),
)
@settings(max_examples=60, deadline=None)
def test_an_event_has_either_one_place_or_one_reason(onsets, length, shared):
    rate = 100
    recording = pa.Table.from_pylist(
        [
            {"source_set": "egmd", "session_id": "s1", "audio_path": "s1.wav", "split": "train"}
            | {"n_samples": 200}
        ],
        RECORDINGS,
    )
    overlap = int(shared * length) / rate
    windows = segment_windows(
        recording, sample_rate_hz=rate, seconds=length / rate, overlap=overlap
    )
    events = pa.Table.from_pylist([event(n, t) for n, t in enumerate(onsets)], EVENTS)
    counts = events_of_windows(windows, events, recording, rate)
    assert len(counts) == len(windows)
    at = [int(np.floor(onset * rate + 0.5)) for onset in onsets]
    assert counts.sum() == sum(0 <= place < 200 for place in at)
    starts = windows["start_sample"].to_pylist()
    for start, before, n in zip(starts, [-length, *starts], counts, strict=False):
        own = range(max(start, before + length), min(start + length, 200))
        assert n == sum(place in own for place in at)


def test_a_stroke_beyond_the_sound_of_the_last_segment_is_left_out_by_its_reason(tmp_path):
    made = cut(tmp_path, [event(1, 0.1), event(2, 0.55)], audio=noise(RATE // 2), **SEGMENTS)
    (sample,) = made.samples()
    assert (sample["n_padded_back"], sample["n_events"]) == (RATE // 2, 1)
    assert made.rows["e2"]["outcome"] == "onset_past_end"


# --- what has no sound


def test_every_event_without_a_clip_has_its_reason(tmp_path):
    def open_audio(path):
        if path == "gone.wav":
            raise FileNotFoundError(path)
        if path == "broken.wav":
            raise ValueError("not readable as audio")
        n_samples = 0 if path == "empty.wav" else RATE
        return np.full(n_samples, np.nan if path == "nan.wav" else 0.1, np.float32), RATE

    rows = [
        event(0, 0.2),
        event(1, 0.0, audio_path=None),
        event(2, 0.0, audio_path="gone.wav"),
        event(3, 0.0, audio_path="broken.wav"),
        event(4, 0.0, audio_path="empty.wav"),
        event(5, 0.0, audio_path="nan.wav"),
        event(6, 1.0),
        event(7, -0.01),
    ]
    reasons = [
        *("no_audio", "no_audio", "unreadable_audio", "empty_audio", "unreadable_audio"),
        *("onset_past_end", "onset_before_start"),
    ]
    for unit in ({"unit": "clip"}, SEGMENTS):
        made = cut(tmp_path / unit["unit"], rows, audio=open_audio, **unit)
        outcomes = made.outcomes()
        assert [outcomes[f"e{n}"] for n in range(1, 8)] == reasons
        (sample,) = made.samples()
        assert (sample["outcome"], sample["n_events"]) == (unit["unit"], 1)
        assert list(made.files()) == [sample["file"]]
        without = [row for row in made.index.to_pylist() if row["bytes"] is None]
        assert all(row["file"] is row["sha256"] is row["n_events"] is None for row in without)


@pytest.mark.parametrize("unit", ["segment", "session"])
def test_a_session_without_any_event_is_left_out_by_its_reason(tmp_path, unit):
    opened = []

    def open_audio(path):
        opened.append(path)
        return noise(), RATE

    block = SEGMENTS if unit == "segment" else {"unit": unit}
    made = cut(
        tmp_path,
        [event(1, 0.1)],
        sessions=[session("s1"), session("s2", "test")],
        audio=open_audio,
        **block,
    )
    (left,) = [row for row in made.index.to_pylist() if row["session_id"] == "s2"]
    assert (left["outcome"], left["split"], left["bytes"]) == ("no_onsets", "test", None)
    assert opened == ["s1.wav"]
    assert not (tmp_path / "test").exists()


def test_no_clip_is_asked_of_a_session_without_events(tmp_path):
    made = cut(tmp_path, [event(1, 0.1)], sessions=[session("s1"), session("s2")])
    assert made.index["session_id"].to_pylist() == ["s1"]


def test_a_shard_without_any_event_has_empty_tables_and_no_files(tmp_path):
    made = cut(tmp_path, [], form=["files", "webdataset", "parquet"])
    assert (len(made.index), len(made.written), made.files()) == (0, 0, {})


def test_a_disk_that_fails_stops_the_work(tmp_path):
    def open_audio(path):
        raise PermissionError(path)

    with pytest.raises(PermissionError):
        cut(tmp_path, [event(1, 0.0)], audio=open_audio)


# --- sessions


def test_a_session_has_text_and_midi_beside_its_sound(tmp_path):
    rows = [event(1, 0.5), event(2, 1.5, labels=("snare",)), event(3, -0.01), event(4, 3.5)]
    made = cut(tmp_path, rows, unit="session", encoding="flac")
    (sample,) = made.samples()
    assert (sample["duration"], sample["n_events"]) == (3.0, 2)
    stem = tmp_path / sample["file"].removesuffix(".flac")
    assert stem.parent == tmp_path / "train/sessions/egmd/000"
    assert np.array_equal(sound_of(stem.with_suffix(".flac").read_bytes()), whole(noise()))
    text = stem.with_suffix(".tsv").read_text()
    assert [line.split("\t")[:2] for line in text.splitlines()] == [
        ["0.500000", "kick"],
        ["1.500000", "snare"],
    ]
    notes = [m for m in mido.MidiFile(stem.with_suffix(".mid")) if m.type == "note_on"]
    assert len([m for m in notes if m.velocity]) == 2
    assert made.written["path"].to_pylist() == sorted(made.files())
    assert made.outcomes()["e3"] == "onset_before_start"
    assert made.outcomes()["e4"] == "onset_past_end"


def test_the_midi_of_a_session_keeps_the_tempo_map_of_its_source(tmp_path):
    source = tmp_path / "source.mid"
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=400_000)])
    mido.MidiFile(tracks=[track]).save(source)
    asked = []

    def read_raw(path):
        asked.append(path)
        return source.read_bytes()

    files = [{"path": name, "role": "", "sha256": "0"} for name in ("s1.wav", "s1.mid")]
    own = session("s1", annotation_path="s1.mid", files=files)
    made = cut(tmp_path / "e", [event(1, 0.5)], sessions=[own], unit="session", raw=read_raw)
    (sample,) = made.samples()
    written = mido.MidiFile((tmp_path / "e" / sample["file"]).with_suffix(".mid"))
    tempos = [m.tempo for each in written.tracks for m in each if m.type == "set_tempo"]
    assert (tempos, asked) == ([400_000], ["s1.mid"])


# --- again


@pytest.mark.parametrize(
    "block",
    [{}, SEGMENTS | SHARDS, {"unit": "session", "encoding": "flac"}],
    ids=["clips", "segments", "sessions"],
)
def test_equal_events_give_equal_bytes_in_whatever_order_they_stand(tmp_path, block):
    rows = [event(n, n / 10, f"s{n % 2}") for n in range(20)]
    first = cut(tmp_path / "a", rows, **block)
    second = cut(tmp_path / "b", rows[::-1], **block)
    assert second.index.equals(first.index) and second.written.equals(first.written)
    assert second.files() == first.files()
    third = cut(tmp_path / "a", rows, **block)
    assert third.files() == first.files()


@pytest.mark.parametrize("form", ["files", "webdataset", "parquet"])
def test_samples_of_vanished_events_vanish(tmp_path, form):
    cut(tmp_path, [event(1, 0.1), event(2, 0.2, "s2", split="test")], form=form, shard_samples=1)
    cut(tmp_path, [event(1, 0.1), event(4, 0.2)], form=form, shard_samples=1)
    made = cut(tmp_path, [event(3, 0.3)], form=form, shard_samples=1)
    assert list(made.files()) == made.written["path"].to_pylist()
    assert len(made.files()) == 1


def test_another_shard_stays(tmp_path):
    for form in ("files", ["webdataset", "parquet"]):
        cut(tmp_path, [event(1, 0.1)], form=form)
        cut(tmp_path, [event(2, 0.1)], form=form, shard="001")
    names = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert names == sorted(
        ["e1.wav", "e2.wav"]
        + [f"train-egmd-00{n}-000000.{end}" for n in (0, 1) for end in ("tar", "parquet")]
    )


@pytest.mark.parametrize("form", ["files", "webdataset", "parquet"])
def test_work_that_fails_leaves_the_earlier_samples_as_they_were(tmp_path, form, monkeypatch):
    before = cut(tmp_path, [event(1, 0.1)], form=form).files()
    monkeypatch.setattr(module, "_SAMPLES_AT_ONCE", 1)

    def open_audio(path):
        if path == "s2.wav":
            raise OSError(5, "Input/output error", path)
        return noise(), RATE

    with pytest.raises(OSError, match="Input/output error"):
        cut(tmp_path, [event(2, 0.1), event(3, 0.1, "s2")], audio=open_audio, form=form)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {p.relative_to(tmp_path).as_posix(): p.read_bytes() for p in files} == before
    assert not list(tmp_path.rglob(".*"))


# --- what is refused


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"split": None}, "split None is none of"),
        ({"source_set": "groove"}, "is of 'groove', not of 'egmd'"),
        ({"event_id": "../e"}, "cannot name a sample"),
        ({"event_id": "a\nb"}, "cannot name a sample"),
        ({"event_id": "a.b"}, "cannot name a sample"),
        ({"event_id": "e0"}, "two events of the shard have the id e0"),
        ({"onset_time": float("nan")}, "onset_time: expected seconds"),
        ({"onset_time": None}, "onset_time: expected seconds"),
        ({"components": [{"label": "cowbells"}]}, "labels that are no component: cowbells"),
        (
            {"components": [{"label": "kick", "velocity": float("nan")}]},
            "velocity: expected a number or null, got nan",
        ),
    ],
    ids=[
        *("no split", "another set", "path", "line break", "dot", "twice"),
        *("onset NaN", "no onset", "label", "velocity NaN"),
    ],
)
def test_an_event_that_cannot_be_cut_is_named(tmp_path, changes, message):
    with pytest.raises(ValueError, match=message):
        cut(tmp_path, [event(0, 0.1), event(1, 0.1, "s2") | changes])
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_clip_without_a_post_roll_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"exports\.mine\.postroll_ms: got 0"):
        cut(tmp_path, [event(1, 0.1)], postroll_ms=0.0)


def test_a_name_of_a_shard_that_leaves_its_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="cannot be a file name"):
        cut(tmp_path, [event(1, 0.1)], shard="../000")
