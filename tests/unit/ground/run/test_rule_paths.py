"""Paths of a rule's jobs: those that Snakemake finds, without its objects."""

from pathlib import Path

import pytest
from snakemake.io import IOFile, strip_wildcard_constraints
from snakemake.iocontainers import InputFiles, Wildcards

from drumcorpus.ground.run.rule_paths import RulePaths, flat

SHARD = "results/{source_set}/{shard,\\d{3}}.parquet"
NAMES = {"source_set": "toy", "shard": "007"}


def files(**items):
    """A rule's files as Snakemake holds them: patterns, lists of them, functions as they are."""
    listed = InputFiles()
    for name, item in items.items():
        start = len(listed)
        if isinstance(item, list):
            listed.extend(IOFile(each) for each in item)
            listed._set_name(name, start, end=len(listed))
        else:
            listed.append(IOFile(item) if isinstance(item, str) else item)
            if name != "unnamed":
                listed._add_name(name)
    return listed


@pytest.mark.parametrize(
    "items, wanted",
    [
        ({"table": SHARD}, [("table", "results/toy/007.parquet")]),
        ({"plain": "cards/a.yaml"}, [("plain", "cards/a.yaml")]),
        (
            {"tables": [SHARD, "b/{source_set}"], "none": []},
            [("tables", ["results/toy/007.parquet", "b/toy"]), ("none", [])],
        ),
        ({"one": lambda names: f"of/{names.shard}"}, [("one", "of/007")]),
        ({"path": lambda names: Path("of", names.shard)}, [("path", "of/007")]),
        ({"pattern": lambda names: "of/{shard}"}, [("pattern", "of/007")]),
        ({"some": lambda names: ["a", "{shard}"]}, [("some", ["a", "007"])]),
        ({"made": lambda names: (n for n in "ab")}, [("made", ["a", "b"])]),
        ({"unnamed": SHARD}, [(None, "results/toy/007.parquet")]),
    ],
    ids=["pattern", "plain", "lists", "one", "path", "filled", "some", "generator", "unnamed"],
)
def test_paths_by_name(items, wanted):
    paths = RulePaths(files(**items), strip_wildcard_constraints)
    assert paths.named(Wildcards(fromdict=NAMES)) == wanted
    assert paths.paths(Wildcards(fromdict=NAMES)) == flat(wanted)
    assert all(type(path) is str for path in flat(paths.named(Wildcards(fromdict=NAMES))))


def test_a_wildcard_that_is_not_there_is_an_error():
    paths = RulePaths(files(table="results/{manifest}.parquet"), strip_wildcard_constraints)
    with pytest.raises(KeyError, match="manifest"):
        paths.named(Wildcards(fromdict=NAMES))
