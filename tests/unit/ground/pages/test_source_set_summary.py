"""What all reports on source sets share: their order, sums, and parts that add up."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.pages.source_set_summary import (
    describe_each,
    describe_source_set,
    summarise_source_sets,
)
from drumcorpus.schemas import QUARANTINE

SUMS = {"hits": ("total",)}


def described(name, n_hits, n_left=0):
    quarantine = {"files": 1, "by_reason": {"damaged": {"files": 1, "examples": []}}}
    hits = {"total": n_hits, "parts": n_hits - n_left}
    return {"source_set": name, "hits": hits, "quarantine": quarantine}


def parts_of(row):
    return {"hits": (row["hits"]["parts"], row["hits"]["total"])}


def summarise(*rows):
    return summarise_source_sets("s/1", rows, sums=SUMS, parts=parts_of)


def test_source_sets_stand_in_order_of_name_with_their_sums():
    report = summarise(described("b", 3), described("a", 4))
    assert [row["source_set"] for row in report["source_sets"]] == ["a", "b"]
    assert report["schema"] == "s/1"
    assert report["totals"] == {
        "hits": {"total": 7},
        "quarantine": {"files": 2},
        "source_sets": 2,
    }


def test_no_source_set_has_sums_of_nothing():
    totals = {"hits": {"total": 0}, "quarantine": {"files": 0}, "source_sets": 0}
    assert summarise() == {"schema": "s/1", "totals": totals, "source_sets": []}


def test_parts_that_do_not_add_up_are_named():
    with pytest.raises(ValueError, match=r"^b: hits add up to 2 of 3$"):
        summarise(described("a", 4), described("b", 3, n_left=1))
    row = described("a", 4)
    row["quarantine"]["by_reason"].clear()
    with pytest.raises(ValueError, match=r"^a: files in quarantine by reason add up to 0 of 1$"):
        summarise(row)


def test_what_every_report_says_of_a_source_set(tmp_path):
    rows = [{"path": f"{n:02d}.wav", "reason": "damaged"} for n in range(12, 0, -1)]
    write_table(tmp_path / "q.parquet", pa.Table.from_pylist(rows, QUARANTINE))
    row = describe_source_set("a", {"title": "A"}, "staged", tmp_path / "q.parquet")
    quarantine = row.pop("quarantine")
    assert row == {"source_set": "a", "title": "A", "tier": "staged"}
    damaged = quarantine["by_reason"]["damaged"]
    assert (quarantine["files"], damaged["files"]) == (12, 12)
    assert [file["path"] for file in damaged["examples"]] == [f"{n:02d}.wav" for n in range(1, 11)]


def test_each_source_set_is_described_with_its_own_card_and_tables(tmp_path):
    cards = [tmp_path / "b.yaml", tmp_path / "a.yaml"]
    for card in cards:
        card.write_text(f"title: {card.stem}\n")

    def describe(name, card, settings, *, files, sessions):
        return name, card["title"], settings, files, sessions

    paths = {"cards": cards, "files": ["f1", "f2"], "sessions": ["s1", "s2"]}
    described = describe_each(describe, {"b": 1, "a": 2}, **paths)
    assert list(described) == [("b", "b", 1, "f1", "s1"), ("a", "a", 2, "f2", "s2")]
    with pytest.raises(ValueError, match="zip"):
        list(describe_each(describe, {"b": 1}, **paths))


def test_a_table_that_is_no_parquet_or_lacks_a_column_is_named(tmp_path):
    path = tmp_path / "q.parquet"
    path.write_bytes(b"{}")
    with pytest.raises(ValueError, match=r"q\.parquet: not a readable Parquet table"):
        describe_source_set("a", {"title": "A"}, "staged", path)
    write_table(path, pa.table({"path": ["a.wav"]}))
    with pytest.raises(ValueError, match=r"q\.parquet: the column \w+ is missing"):
        describe_source_set("a", {"title": "A"}, "staged", path)
