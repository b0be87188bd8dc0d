import pytest

from drumcorpus.stages.export.layout import records_schema
from drumcorpus.stages.export.written import ShardForms


@pytest.mark.parametrize("ending", ["tar", "parquet"])
def test_a_folder_in_the_place_of_a_shard_makes_way_and_other_shards_stay(tmp_path, ending):
    stem = tmp_path / "train/train-groove-000-000000"
    folder, other = stem.with_suffix(f".{ending}"), stem.with_name(f"train-groove-001-0.{ending}")
    folder.mkdir(parents=True)
    (folder / "mine.txt").write_text("mine")
    other.mkdir()
    bounds = {"shard_bytes": 1000, "shard_samples": 10}
    with ShardForms(
        *(tmp_path, "groove", "000", records_schema({"components": []})),
        **{"extension": "wav", "tar": ending == "tar", "parquet": ending == "parquet"},
        **{"bounds": bounds, "sample_rate_hz": 8000},
    ):
        pass
    assert not folder.exists() and other.is_dir()
