"""One export's block: defaults below it, and what contradicts itself refused by key."""

import pytest

from drumcorpus.stages.export.settings import ByLabel, Loudness, read_export

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
    return lambda **block: read_export("mine", block, DEFAULTS, taxonomy, CLASS_MAPS)


def test_what_a_block_does_not_say_is_as_the_defaults_have_it(read):
    settings = read(**CLIPS)
    assert (settings.manifest, settings.unit, settings.forms) == (
        "prod_combined",
        "clip",
        ("files",),
    )
    assert (settings.sample_rate_hz, settings.encoding, settings.loudness) == (44100, "wav16", None)
    assert (settings.seconds, settings.overlap) == (None, None)
    assert settings.preroll_ms == ByLabel(80.0, {})


def test_a_segment_has_a_length_and_no_overlap_unless_one_is_named(read):
    assert read(**SEGMENTS, seconds=10).overlap == 0.0
    assert read(**SEGMENTS, seconds=10, overlap=5).forms == ("webdataset", "parquet")


def test_a_label_goes_before_its_family_and_the_family_before_the_default(read, taxonomy):
    of = read(**CLIPS).postroll_ms.of(taxonomy)
    assert list(of) == list(taxonomy.labels)
    assert (of["kick"], of["crash"], of["crash2"]) == (200.0, 800.0, 800.0)
    assert (of["ride_bell"], of["ride_bow"]) == (400.0, 200.0)


def test_a_mapping_of_a_block_needs_no_default_of_its_own(read, taxonomy):
    of = read(**CLIPS, postroll_ms={"snare": 90.0}).postroll_ms.of(taxonomy)
    assert (of["snare"], of["rimshot"], of["kick"], of["crash"]) == (90.0, 90.0, 200.0, 200.0)
    of = read(**CLIPS, preroll_ms={"default": 10.0, "kick": 20.0}).preroll_ms.of(taxonomy)
    assert (of["kick"], of["snare"]) == (20.0, 10.0)


def test_a_loudness_is_a_target_and_a_ceiling(read):
    loudness = {"target_lufs": -23.0, "ceiling_dbtp": -1.0}
    assert read(**CLIPS, loudness=loudness).loudness == Loudness(-23.0, -1.0)


@pytest.mark.parametrize(
    "block, named",
    [
        pytest.param(SEGMENTS, "exports.mine.seconds: is missing", id="no length"),
        pytest.param(
            {**SEGMENTS, "seconds": 2, "overlap": 2}, "exports.mine.overlap: got 2 s", id="overlap"
        ),
        pytest.param({**CLIPS, "seconds": 2}, "exports.mine.seconds: only segments", id="seconds"),
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
