"""Frames, targets, peaks and counts: what surrounds a network, none of which needs torch."""

import dataclasses

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_frames import CLASSES, SPECTRA, draw_material
from small_export import LABELS, RATE_HZ, write_export

from drumcorpus.load.exports import open_export
from drumcorpus.stages.train_check.frame_counts import (
    GRID,
    counts_over_grid,
    fit_thresholds,
    precision_area,
    strokes_said,
)
from drumcorpus.stages.train_check.frame_samples import (
    by_families,
    read_frames,
    targets_of,
)
from drumcorpus.stages.train_check.peaks import pick_peaks
from drumcorpus.stages.train_check.spectra import (
    FrameCache,
    SpectrumSettings,
    band_filters,
    describe_frames,
    n_frames_of,
)

FULL = SpectrumSettings(100.0, 46.4, 84, 30.0, 20_000.0)


def mel(hz):
    return 2595 * np.log10(1 + hz / 700)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000])
@pytest.mark.parametrize("frequency_hz", [60.0, 1_000.0, 12_000.0])
def test_a_tone_is_loudest_in_the_band_whose_middle_is_nearest(frequency_hz, rate_hz):
    time = np.arange(rate_hz) / rate_hz
    frames = describe_frames(np.sin(2 * np.pi * frequency_hz * time), rate_hz, FULL)
    assert (frames.shape, frames.dtype) == ((100, 84), np.float16)
    middles = np.linspace(mel(30), mel(20_000), 86)[1:-1]
    nearest = int(np.argmin(np.abs(middles - mel(frequency_hz))))
    assert abs(int(frames[50].argmax()) - nearest) <= 1
    assert describe_frames(np.zeros(rate_hz), rate_hz, FULL).max() == 0


def test_a_click_is_in_the_frames_around_it_and_in_no_others():
    sound = np.zeros(44_100)
    sound[22_050] = 1
    is_there = describe_frames(sound, 44_100, FULL).max(axis=1) > 0
    assert np.flatnonzero(is_there).tolist() == [48, 49, 50, 51, 52]


def test_every_band_below_half_the_rate_hears_something_and_none_above():
    for rate_hz in (16_000, 44_100):
        filters = band_filters(round(0.0464 * rate_hz), rate_hz, FULL)
        edges = 700 * (10 ** (np.linspace(mel(30), mel(20_000), 86) / 2595) - 1)
        sums = filters.sum(axis=0)
        assert np.allclose(sums[edges[2:] <= rate_hz / 2], 1, atol=1e-6)
        assert (sums[edges[:-2] >= rate_hz / 2] == 0).all()


def test_channels_are_averaged_and_a_sound_of_one_sample_is_one_frame():
    sound = np.random.default_rng(0).normal(0, 0.1, 4_410).astype(np.float32)
    mono = describe_frames(sound, 44_100, FULL)
    assert (describe_frames(np.stack([sound, sound], axis=1), 44_100, FULL) == mono).all()
    assert describe_frames(np.zeros(1), 44_100, FULL).shape == (1, 84)
    assert [n_frames_of(n, 44_100, 100.0) for n in (0, 441, 442)] == [1, 1, 2]


def test_targets_are_one_at_an_onset_and_half_beside_it(tmp_path):
    sample = dataclasses.replace(
        draw_material(tmp_path, 1).samples[0],
        onsets=np.array([0.0, 0.104, 0.11, 0.2]),
        classes=np.array([0, 1, 1, 0]),
    )
    targets = targets_of(sample, 0, 21, 2, 100.0)
    assert targets[:3, 0].tolist() == [1, 0.5, 0]
    assert targets[8:14, 1].tolist() == [0, 0.5, 1, 1, 0.5, 0]
    assert targets[18:, 0].tolist() == [0, 0.5, 1]
    # A piece has what is beside an onset that it does not hold.
    assert targets_of(sample, 21, 4, 2, 100.0)[:, 0].tolist() == [0.5, 0, 0, 0]


def test_peaks_are_30_ms_apart_and_a_plateau_is_one():
    activations = np.zeros((40, 2))
    activations[10:13, 0] = 0.8
    activations[[20, 22, 30, 33], 1] = [0.5, 0.9, 0.4, 0.4]
    activations[0, 0] = 0.6
    picked = pick_peaks(activations)
    by_class = [picked.frames[picked.classes == number].tolist() for number in (0, 1)]
    assert by_class == [[0, 10], [22, 30, 33]]
    assert picked.heights[0] == pytest.approx(0.6 * 11 / 12)
    assert len(pick_peaks(np.zeros((50, 3))).frames) == 0
    assert len(pick_peaks(np.zeros((0, 3))).frames) == 0


def oracle(sample):
    """Activations that say what is struck, at the right frame."""
    return targets_of(sample, 0, 400, len(CLASSES), SPECTRA.frames_per_s)


def said(material, predict=oracle, split="test"):
    rate = SPECTRA.frames_per_s
    return strokes_said(material.of(split), predict, n_classes=len(CLASSES), frames_per_s=rate)


def test_what_is_said_right_is_counted_right(tmp_path):
    material = draw_material(tmp_path, 20)
    strokes = said(material)
    counts = strokes.counts(np.full(4, 0.3))
    assert counts.shape == (4, 4, 3)
    assert counts.sum(axis=0)[:, 0].tolist() == material.n_strokes("test").tolist()
    assert counts[..., 1:].sum() == 0
    assert fit_thresholds(counts_over_grid(strokes))[3] is None
    assert precision_area(counts_over_grid(strokes))[:3].tolist() == [1, 1, 1]


@pytest.mark.parametrize(("late", "is_found"), [(4, True), (7, False)])
def test_a_stroke_counts_within_50_ms(tmp_path, late, is_found):
    strokes = said(draw_material(tmp_path, 5), lambda sample: np.roll(oracle(sample), late, axis=0))
    tp, fp, fn = strokes.counts(np.full(4, 0.3)).sum(axis=(0, 1))
    assert (tp > 0, fp > 0, fn > 0) == (is_found, not is_found, not is_found)


def test_segments_of_a_session_lie_on_its_time_line(tmp_path):
    first = draw_material(tmp_path, 1).samples[0]
    # A stroke at the end of one segment, said at the start of the next.
    early = dataclasses.replace(first, onsets=np.array([3.99]), classes=np.array([0]))
    late = dataclasses.replace(first, start=4.0, onsets=np.zeros(0), classes=np.zeros(0, int))
    at_start = np.zeros((400, 4))
    at_start[2, 0] = 0.9
    strokes = strokes_said(
        [early, late],
        lambda sample: at_start if sample is late else np.zeros((400, 4)),
        n_classes=4,
        frames_per_s=100.0,
    )
    assert strokes.counts(np.full(4, 0.3)).sum(axis=0)[0].tolist() == [1, 0, 0]


def test_a_threshold_is_the_highest_with_the_largest_f(tmp_path):
    material = draw_material(tmp_path, 5)
    rng = np.random.default_rng(0)

    def noisy(sample):
        activations = 0.6 * oracle(sample)
        activations[rng.integers(0, 400, 30), 0] += 0.25
        return activations

    strokes = said(material, noisy)
    limit = fit_thresholds(counts_over_grid(strokes))[0]
    assert limit in GRID.tolist()
    of = [strokes.counts(np.full(4, each)).sum(axis=0)[0] for each in (limit, limit + 0.02)]
    f = [2 * tp / (2 * tp + fp + fn) for tp, fp, fn in of]
    assert f[0] > f[1]
    assert f[0] >= max(
        2 * tp / (2 * tp + fp + fn) for tp, fp, fn in counts_over_grid(strokes)[:, 0]
    )


def exported(tmp_path, **options):
    splits = ("train", "validation", "test")
    root, _ = write_export(tmp_path / "segments", splits=splits, seconds=0.5, **options)
    return open_export(root)


def frames_of(export, tmp_path, labels=LABELS, class_map="components"):
    cache = FrameCache(tmp_path / "cache", FULL)
    return read_frames(export, cache, labels=labels, class_map=class_map)


def test_an_export_is_read_with_its_strokes_and_weights(tmp_path):
    export = exported(tmp_path)
    material = frames_of(export, tmp_path, class_map="classes_3")
    assert material.classes == ("KD", "SD", "HH")
    assert [len(material.of(split)) for split in ("train", "validation", "test")] == [12, 12, 12]
    sample, of = material.of("train")[5], export.split("train")[5]
    assert sample.weight == of.record["weight"] > 0
    names = [material.classes[number] for number in sample.classes]
    of_label = {"kick": "KD", "snare": "SD", "hihat_closed": "HH"}
    assert names == [of_label[label] for label in of.labels if label in of_label]
    assert sample.read().shape == (50, 84)
    assert (sample.read() == describe_frames(of.sound, RATE_HZ, FULL)).all()
    hot = of.frames(100, class_map="classes_3", spread=(0.5, 1.0, 0.5))
    assert (targets_of(sample, 0, 50, 3, 100.0) == hot).mean() > 0.98


def change(export, split, changed):
    """Write the labels of a split anew, each record as `changed` makes it."""
    path = export.root / f"{split}/{split}_labels.parquet"
    table = pq.read_table(path)
    records = [changed(row, record) for row, record in enumerate(table.to_pylist())]
    pq.write_table(pa.Table.from_pylist(records, table.schema), path)
    return open_export(export.root)


def test_silence_has_the_mean_weight_and_a_stroke_without_one_is_refused(tmp_path):
    export = exported(tmp_path)
    silent = change(
        export, "train", lambda row, r: r | ({"weight": None, "strokes": []} if row == 3 else {})
    )
    weights = [sample.weight for sample in frames_of(silent, tmp_path).of("train")]
    others = weights[:3] + weights[4:]
    assert weights[3] == pytest.approx(np.mean(others))
    without = change(export, "train", lambda row, r: r | ({"weight": None} if r["strokes"] else {}))
    with pytest.raises(ValueError, match=r"train_\d+: is of train and has no sampling weight"):
        frames_of(without, tmp_path)
    empty = change(export, "train", lambda row, r: r | {"weight": None, "strokes": []})
    with pytest.raises(ValueError, match="nothing is struck in train; a network learns strokes"):
        frames_of(empty, tmp_path)


def test_a_sound_is_described_once_and_anew_with_other_settings(tmp_path, monkeypatch):
    export = exported(tmp_path)
    first = frames_of(export, tmp_path)
    monkeypatch.setattr(type(export.split("train")), "decode", lambda *_: pytest.fail("decoded"))
    again = frames_of(export, tmp_path)
    assert again.digest() == first.digest()
    first.samples[0].frames.write_bytes(b"broken")
    with pytest.raises(pytest.fail.Exception, match="decoded"):
        frames_of(export, tmp_path)
    other = dataclasses.replace(FULL, bands=60)
    assert not FrameCache(tmp_path / "cache", other).has(first.samples[1].sha256)
    assert FrameCache(tmp_path / "cache", FULL).has(first.samples[1].sha256)


@pytest.mark.parametrize(
    "damage",
    [
        lambda frames: frames.astype(np.float32),
        lambda frames: frames[:, :83],
        lambda frames: frames[:40],
        lambda frames: frames[:0],
        lambda frames: frames[0],
        lambda frames: np.where(np.arange(len(frames))[:, None] == 7, np.nan, frames),
        lambda frames: np.where(np.arange(len(frames))[:, None] == 7, np.inf, frames),
        lambda frames: frames - np.float16(1),
    ],
    ids=["kind", "bands", "length", "empty", "shape", "nan", "infinite", "negative"],
)
def test_frames_that_were_damaged_are_made_again(tmp_path, damage):
    export = exported(tmp_path)
    sample = frames_of(export, tmp_path).samples[0]
    whole = sample.read().copy()
    damaged = damage(whole)
    np.save(sample.frames, damaged if damaged.dtype == np.float32 else damaged.astype(np.float16))
    assert not FrameCache(tmp_path / "cache", FULL).has(sample.sha256, 0.5)
    again = frames_of(export, tmp_path).samples[0].read()
    assert (again.dtype, again.shape) == (np.float16, (50, 84))
    assert (again == whole).all()


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"}", b" "), (b"(50", b"(05"), (b"(50, 84)", b"(-9, 84)"), (b"False", b"F\xff\xff\xffe")],
    ids=["not_closed", "no_number", "below_nothing", "no_text"],
)
def test_frames_with_a_damaged_head_are_made_again(tmp_path, old, new):
    export = exported(tmp_path)
    sample = frames_of(export, tmp_path).samples[0]
    whole = sample.frames.read_bytes()
    assert whole[:128].count(old) == 1
    sample.frames.write_bytes(whole[:128].replace(old, new) + whole[128:])
    assert not FrameCache(tmp_path / "cache", FULL).has(sample.sha256, 0.5)
    assert frames_of(export, tmp_path).samples[0].frames.read_bytes() == whole


def test_a_folder_in_the_place_of_frames_is_refused(tmp_path):
    export = exported(tmp_path)
    path = frames_of(export, tmp_path).samples[0].frames
    path.unlink()
    path.mkdir()
    with pytest.raises(ValueError, match=rf"{path.name}: is a folder, where the frames .*delete"):
        frames_of(export, tmp_path)


def test_a_sound_that_is_no_number_is_named(tmp_path, monkeypatch):
    export = exported(tmp_path)
    sound = np.full(RATE_HZ // 2, np.nan, np.float32)
    monkeypatch.setattr(type(export.split("train")), "decode", lambda *_: (sound, RATE_HZ))
    with pytest.raises(ValueError, match="train_00000: its sound has values that are no numbers"):
        frames_of(export, tmp_path)


def test_a_corrupt_shard_is_named_with_what_to_do(tmp_path):
    export = exported(tmp_path, forms=("files",))
    place = export.records("test", ["file"]).column("file")[3].as_py()
    (export.root / place).write_bytes(b"RIFF")
    with pytest.raises(ValueError, match=rf"{place}: test_00003: .*; `snakemake verify` names all"):
        frames_of(export, tmp_path)


def test_segments_that_overlap_are_refused_where_they_are_scored(tmp_path):
    export = exported(tmp_path)
    change(export, "train", lambda row, r: r | {"start": 0.4 * row})
    assert len(frames_of(export, tmp_path).samples) == 36
    overlapping = change(export, "test", lambda row, r: r | {"start": 0.4 * row})
    with pytest.raises(ValueError, match=r"test_00001: begins at 0.4 s, before test_00000 ends"):
        frames_of(overlapping, tmp_path)


def test_another_taxonomy_map_or_split_is_refused(tmp_path):
    export = exported(tmp_path)
    with pytest.raises(ValueError, match="only the taxonomy has: china; make the export again"):
        frames_of(export, tmp_path, labels=[*LABELS, "china"])
    with pytest.raises(ValueError, match="got 'no'; the export has: components, classes_3"):
        frames_of(export, tmp_path, class_map="no")
    root, _ = write_export(tmp_path / "two", splits=("train", "validation"))
    with pytest.raises(ValueError, match=r"no sample in test; .* name another export"):
        frames_of(open_export(root), tmp_path)


def test_families_are_what_is_drawn_and_none_stands_in_two_splits(tmp_path):
    material = draw_material(tmp_path, 5)
    families = {("demo", f"session{number}"): f"family{number}" for number in range(5)}
    joined = by_families(material, families, "splits.parquet")
    assert [sample.group_id for sample in joined.samples] == [*families.values()]
    families["demo", "session4"] = "family0"
    with pytest.raises(ValueError, match="group family0 is in train and in test"):
        by_families(material, families, "splits.parquet")
    del families["demo", "session2"]
    with pytest.raises(ValueError, match=r"splits.parquet: no session demo/session2, which"):
        by_families(material, families, "splits.parquet")
