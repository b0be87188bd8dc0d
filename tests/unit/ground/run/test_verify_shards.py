"""Shards of an export that was not assembled: a table names them, and they are not extra."""

import pytest

from drumcorpus.ground.run.must_stand import Plan
from drumcorpus.ground.run.product_walk import Found
from drumcorpus.ground.run.verify import odd_and_extra

TABLE = "results/samples/prod/shards/groove/000.files.parquet"
FOLDER = "results/export/prod/shards/train"


@pytest.mark.parametrize(
    ("name", "is_extra"),
    [
        ("train-groove-000-000000.tar", False),
        ("train-groove-000-000001.parquet", False),
        ("train-groove-001-000000.tar", True),
        ("train-groove-000-000000.tar.part", True),
        ("notes.txt", True),
    ],
)
def test_a_shard_of_sound_is_extra_only_where_no_table_of_files_stands(name, is_extra):
    found = [Found(f"{FOLDER}/{name}")]
    assert bool(odd_and_extra(found, {TABLE}, Plan({}), [], set())) == is_extra
    assert odd_and_extra(found, set(), Plan({}), [], set())
