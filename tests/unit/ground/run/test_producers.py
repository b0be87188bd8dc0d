"""Which rules make a file: as Snakemake finds them, and each file but once."""

from collections import Counter

import pytest
from snakemake.output_index import OutputIndex

from drumcorpus.ground.run.producers import LooksUp


class Producers(LooksUp, OutputIndex):
    """As the workflow has it."""


class Product(str):
    """A path of a rule, with at most the wildcard {name}."""

    def constant_prefix(self):
        return self.partition("{")[0]

    def constant_suffix(self):
        return self.rpartition("}")[2]


class Rule:
    """As much of a rule of Snakemake's as its index asks for."""

    def __init__(self, *paths):
        self.paths = [Product(path) for path in paths]
        self.asked = Counter()

    def products(self):
        return iter(self.paths)

    def has_wildcards(self):
        return any("{" in path for path in self.paths)

    def is_producer(self, target):
        self.asked[target] += 1
        return any(
            target.startswith(path.constant_prefix()) and target.endswith(path.constant_suffix())
            for path in self.paths
            if "{" in path or path == target
        )


ONE = Rule("events/{name}.txt", "logs/{name}.txt")
EACH = Rule("events/a.txt", "events/b.txt", "logs/a.txt")
OTHER = Rule("events/b.txt")
EMPTY = Rule()


@pytest.mark.parametrize(
    "path, wanted",
    [
        ("events/a.txt", {ONE, EACH}),
        ("events/b.txt", {ONE, EACH, OTHER}),
        ("events/c.txt", {ONE}),
        ("logs/a.txt", {ONE, EACH}),
        ("events/a.txt.txt", {ONE}),
        ("events/a", set()),
        ("a.txt", set()),
        ("", set()),
    ],
    ids=["two", "three", "by-wildcard", "log", "longer", "shorter", "end", "empty"],
)
def test_rules_that_make_a_file_are_those_that_snakemake_finds(path, wanted):
    rules = [ONE, EACH, OTHER, EMPTY]
    index = Producers(iter(rules))
    assert index.match_producers(path) == wanted
    assert OutputIndex(rules).match_producers(path) == wanted


def test_a_rule_without_wildcards_is_not_asked_and_another_once_for_a_file():
    wild, named = Rule("events/{name}.txt"), Rule("events/a.txt")
    index = Producers([wild, named])
    for _ in range(3):
        assert index.match_producers("events/a.txt") == {wild, named}
    assert wild.asked == {"events/a.txt": 1}
    assert not named.asked
