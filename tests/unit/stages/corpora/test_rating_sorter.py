"""Of several ratings of one item the surest stays, and what becomes of the others is counted."""

import itertools
import json
from collections import Counter

import pytest

from drumcorpus.ground.files.json_rows import Block
from drumcorpus.stages.corpora import rating_sorter, runs
from drumcorpus.stages.corpora.keys import Keys
from drumcorpus.stages.corpora.rating_sorter import LEFT_OUT, RatingSorter
from drumcorpus.stages.corpora.ratings import Converter, Names
from drumcorpus.stages.corpora.scales import Scale

NAMES = Names(("src_sha256",), "mos", "mos_std_dev", "corpus")
SCALES = {
    "five": Scale("five", "1 to 5", 1, 5, 25, -25, "test"),
    "full": Scale("full", "0 to 100", 0, 100, 1, 0, "test"),
}


def rated(mos, corpus="five", sha="ab", **others):
    values = {"src": "a", "src_sha256": sha, "mos": mos, "corpus": corpus} | others
    line = json.dumps(values).encode()
    block = Block(first=1, rows=[values], data=line + b"\n")
    [key] = Keys("a.jsonl", ["src_sha256"]).of(block)
    return key, Converter(NAMES, SCALES).convert(line, values, "a.jsonl:1", None)


def best_of(folder, *pairs):
    """(native ratings that stay, what was counted) of rows in any order, which must not matter."""
    given = []
    for number, some in enumerate(itertools.permutations(pairs)):
        (folder / f"{number}").mkdir(parents=True)
        sorter = RatingSorter(folder / f"{number}/rated")
        with sorter:
            for key, row in some:
                sorter.add([key], [row])
        parts = list(sorter.parts())
        lines = b"".join(part.rows for part in parts).splitlines()
        assert len(lines) == sum(part.n_rows for part in parts)
        given.append((lines, sum((part.counted for part in parts), Counter())))
    assert all(each == given[0] for each in given)
    lines, counted = given[0]
    del counted["unique_sources"]
    return [json.loads(line)["mos_native"] for line in lines], counted


def test_uncertainties_are_compared_on_the_common_axis(tmp_path):
    five = rated(4, mos_std_dev=0.5)  # 12.5 of 100, though 0.5 is the smaller number
    full = rated(80, "full", mos_std_dev=4.2)
    assert best_of(tmp_path, five, full) == ([80], Counter(other_corpus=1))


@pytest.mark.parametrize("unknown", [{}, {"mos_std_dev": None}, {"mos_std_dev": 0}], ids=str)
def test_an_uncertainty_that_is_not_known_loses_to_any_other(tmp_path, unknown):
    wide = rated(80, "full", mos_std_dev=1e12)
    assert best_of(tmp_path, rated(4, **unknown), wide) == ([80], Counter(other_corpus=1))


def test_of_equal_uncertainties_the_first_corpus_by_name_stays(tmp_path):
    five, full = rated(4, mos_std_dev=0.5), rated(80, "full", mos_std_dev=12.5)
    assert best_of(tmp_path / "1", five, full) == ([4], Counter(other_corpus=1))
    assert best_of(tmp_path / "2", rated(4), rated(80, "full")) == ([4], Counter(other_corpus=1))


def test_within_one_corpus_equal_rows_are_duplicates_and_others_conflicts(tmp_path):
    one, other = rated(4, mos_std_dev=0.5), rated(3, mos_std_dev=0.4)
    assert best_of(tmp_path / "1", one, one) == ([4], Counter(duplicates=1))
    counted = Counter(conflicts=2, duplicates=1)
    assert best_of(tmp_path / "2", one, other, other, one) == ([3], counted)


def test_rows_of_several_items_stay_in_order_of_the_key(tmp_path):
    pairs = [rated(4, sha="b"), rated(2, sha="a"), rated(5, sha="b", mos_std_dev=1)]
    assert best_of(tmp_path, *pairs) == ([2, 5], Counter(conflicts=1))


def test_no_row_gives_no_part(tmp_path):
    with RatingSorter(tmp_path / "rated") as sorter:
        pass
    assert list(sorter.parts()) == []


def test_parts_are_small_whatever_the_number_of_rows_of_one_item(tmp_path, monkeypatch):
    monkeypatch.setattr(rating_sorter, "RUN_BYTES", 2000)
    monkeypatch.setattr(rating_sorter, "PART_BYTES", 4000)
    monkeypatch.setattr(runs, "SAMPLED", 1)
    pairs = [
        rated(3, mos_std_dev=0.1 + n / 100, sha="a" if n % 2 else f"{n:03d}") for n in range(200)
    ]
    with RatingSorter(tmp_path / "rated") as sorter:
        for key, row in pairs:
            sorter.add([key], [row])
    parts = list(sorter.parts())
    n_bytes = sum(len(row.row) + 1 for _, row in pairs)
    assert n_bytes > 30_000
    assert len(parts) >= n_bytes // 4000
    assert max(part.n_rows + sum(part.counted[name] for name in LEFT_OUT) for part in parts) <= 40
    assert sum((part.counted for part in parts), Counter())["conflicts"] == 99
    assert sum(part.n_rows for part in parts) == 101
