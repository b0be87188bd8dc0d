"""One export's block: defaults below it, and what contradicts itself refused by key."""

import pytest

from drumcorpus.stages.export.settings import (
    export_settings,
    milliseconds_by_label,
    sample_settings,
    smoked_exports,
)

DEFAULTS = {
    "memory_limit": "1GB",
    "audio": "drums",
    "sample_rate_hz": 44100,
    "channels": "mono",
    "encoding": "wav16",
    "preroll_ms": 80.0,
    "postroll_ms": {"default": 200.0, "crash": 800.0, "ride_bell": 400.0},
    "ring_ms": {"default": 250.0, "crash": 3000.0},
    "loudness": "as_is",
    "class_map": "classes_5",
    "weights": None,
    "limit": None,
    "shard_bytes": 10**9,
    "shard_samples": 20000,
}
CLIPS = {"manifest": "prod_combined", "unit": "clip", "form": "files"}
SEGMENTS = {"manifest": "prod_combined", "unit": "segment", "form": ["webdataset", "parquet"]}
CLASS_MAPS = ["components", "classes_5"]


@pytest.fixture
def read(taxonomy):
    return lambda **block: export_settings("mine", block, DEFAULTS, taxonomy.families, CLASS_MAPS)


@pytest.fixture
def times(read, taxonomy):
    """Milliseconds by label of one of the settings of a block."""
    return lambda key, **block: milliseconds_by_label(read(**block)[key], taxonomy.families)


def test_what_a_block_does_not_say_is_as_the_defaults_have_it(read):
    settings = read(**CLIPS)
    assert settings == {
        **{key: value for key, value in DEFAULTS.items() if key != "memory_limit"},
        **{"manifest": "prod_combined", "unit": "clip", "form": ["files"]},
    }
    assert list(settings) == sorted(settings)


def test_a_segment_has_a_length_and_no_overlap_unless_one_is_named(read):
    assert read(**SEGMENTS, seconds=10)["overlap"] == 0
    assert read(**SEGMENTS, seconds=10, overlap=5)["form"] == ["webdataset", "parquet"]


def test_a_mapping_of_a_block_needs_no_default_of_its_own(times):
    of = times("postroll_ms", **CLIPS, postroll_ms={"snare": 90.0})
    assert (of["snare"], of["rimshot"], of["kick"], of["crash"]) == (90.0, 90.0, 200.0, 200.0)
    of = times("preroll_ms", **CLIPS, preroll_ms={"kick": 20.0})
    assert (of["kick"], of["snare"]) == (20.0, 80.0)
    of = times("preroll_ms", **CLIPS, preroll_ms={"default": 10.0, "kick": 20.0})
    assert (of["kick"], of["snare"]) == (20.0, 10.0)


def test_labels_and_families_of_the_defaults_hold_where_a_block_names_none(times):
    of = times("postroll_ms", **CLIPS)
    assert (of["kick"], of["crash2"], of["ride_bell"], of["ride_bow"]) == (
        200.0,
        800.0,
        400.0,
        200.0,
    )


def test_what_lies_around_an_onset_is_no_setting_of_other_units(read):
    assert {"preroll_ms", "postroll_ms"}.isdisjoint(read(**SEGMENTS, seconds=10))


def test_what_labels_are_read_by_shapes_no_sample(read):
    first = sample_settings(read(**CLIPS))
    assert sample_settings(read(**CLIPS, class_map="components", weights="mine")) == first
    assert sample_settings(read(**CLIPS, encoding="flac")) != first


@pytest.mark.parametrize(
    "block, named",
    [
        pytest.param(SEGMENTS, "exports.mine.seconds: is missing", id="no length"),
        pytest.param(
            {**SEGMENTS, "seconds": 2, "overlap": 2}, "exports.mine.overlap: got 2 s", id="overlap"
        ),
        pytest.param({**CLIPS, "seconds": 2}, "exports.mine.seconds: only segments", id="seconds"),
        pytest.param(
            {**SEGMENTS, "seconds": 2, "preroll_ms": 9},
            "exports.mine.preroll_ms: only clips have it",
            id="preroll",
        ),
        pytest.param({**CLIPS, "overlap": 1}, "exports.mine.overlap: only segments", id="overlaps"),
        pytest.param(
            {**CLIPS, "unit": "session", "form": ["files", "parquet"]},
            "exports.mine.form: got files, parquet",
            id="session shards",
        ),
        pytest.param(
            {**CLIPS, "class_map": "classes_6"},
            "exports.mine.class_map: 'classes_6' (did you mean 'classes_5'?)",
            id="class map",
        ),
        pytest.param(
            {**SEGMENTS, "seconds": 2, "overlap": 1.99999},
            "exports.mine.overlap: got 1.99999 s; it must be below seconds, 2 s, by a sample of "
            "1/44100 s at least",
            id="no step",
        ),
        pytest.param(
            {**CLIPS, "postroll_ms": 0},
            "exports.mine.postroll_ms: got 0 ms; a clip lasts for a sample after its onset at "
            "least, 0.023 ms",
            id="no postroll",
        ),
        pytest.param(
            {**CLIPS, "postroll_ms": {"kick": 0.01}},
            "exports.mine.postroll_ms.kick: got 0.01 ms",
            id="no postroll of a label",
        ),
        pytest.param(
            {**CLIPS, "loudness": {"target_lufs": -1, "ceiling_dbtp": -2}},
            "exports.mine.loudness.target_lufs: got -1; allowed: up to ceiling_dbtp, -2",
            id="loudness",
        ),
        pytest.param(
            {**CLIPS, "ring_ms": {"crahs": 1}},
            "exports.mine.ring_ms: 'crahs' (did you mean 'crash'?)",
            id="label",
        ),
    ],
)
def test_what_contradicts_itself_is_refused_by_key(read, block, named):
    with pytest.raises(ValueError) as caught:
        read(**block)
    assert f"config: {named}" in str(caught.value)


def test_all_that_is_wrong_is_said_at_once(read):
    with pytest.raises(ValueError) as caught:
        read(**CLIPS, seconds=1, class_map="no", preroll_ms={"no": 1})
    assert len(str(caught.value).splitlines()) == 3


def test_a_smoke_run_tries_all_exports_or_those_that_it_names():
    exports = {"clips": {"unit": "clip"}, "segments": {"unit": "segment"}}
    assert smoked_exports({"exports": None}, exports) == exports
    assert smoked_exports({"exports": ["segments"]}, exports) == {"segments": {"unit": "segment"}}
    message = (
        r"config: smoke.exports: 'clip' \(did you mean 'clips'\?\); configured: clips, segments"
    )
    with pytest.raises(ValueError, match=message):
        smoked_exports({"exports": ["clip"]}, exports)
    with pytest.raises(ValueError, match="'clips'; configured: none"):
        smoked_exports({"exports": ["clips"]}, {})


def test_a_limit_shapes_no_sample_by_itself(read):
    assert read(**CLIPS, limit=10)["limit"] == 10
    assert sample_settings(read(**CLIPS, limit=10)) == sample_settings(read(**CLIPS))
