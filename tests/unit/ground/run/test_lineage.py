"""What run manifests say of one another, up to the raw files and down to what was made of them."""

import hashlib
from pathlib import Path

import pytest
from stamped import content_of, stamp_chain

from drumcorpus.ground.run.lineage import Lineage, lineage_of, place_of, sidecar_files


def of(name):
    """A file of a chain with its digest."""
    return name, hashlib.sha256(content_of(name)).hexdigest()


@pytest.fixture
def chain(tmp_path):
    return stamp_chain(
        tmp_path,
        {"b.txt": ["raw.txt"], "c.txt": ["b.txt", "raw2.txt"], "d/e.txt": ["b.txt", "c.txt"]},
    )


def test_a_record_says_what_a_product_was_made_of(chain):
    record = Lineage(chain).record("c.txt")
    assert (record.path, record.rule, record.bytes, record.rows) == ("c.txt", "stamp", 6, None)
    assert [(each.name, each.path, each.kind) for each in record.inputs] == [
        ("input", "b.txt", "product"),
        ("input", "raw2.txt", "external"),
    ]
    assert record.products == ["b.txt"]
    assert record.inputs[0].sha256 == Lineage(chain).record("b.txt").sha256


def test_upstream_goes_to_the_end_of_the_chain_nearest_first(chain):
    assert [r.path for r in Lineage(chain).upstream(["d/e.txt"])] == ["d/e.txt", "b.txt", "c.txt"]


def test_downstream_goes_to_all_that_rests_on_a_path(chain):
    lineage = Lineage(chain)
    assert [r.path for r in lineage.downstream([of("raw2.txt")])] == ["c.txt", "d/e.txt"]
    assert [r.path for r in lineage.downstream([of("raw.txt")])] == ["b.txt", "c.txt", "d/e.txt"]
    assert lineage.downstream([of("d/e.txt")]) == []
    assert lineage.products == ["b.txt", "c.txt", "d/e.txt"]


def test_a_missing_record_and_one_that_lies_are_told_apart(chain):
    (chain / "b.txt.manifest.json").unlink()
    (chain / "c.txt.manifest.json").write_text("{")
    lineage = Lineage(chain)
    assert [r.path for r in lineage.upstream(["d/e.txt"])] == ["d/e.txt"]
    assert lineage.problems["b.txt"] == ""
    assert lineage.problems["c.txt"].startswith(f"{chain}/c.txt.manifest.json:1:")


def test_a_circle_ends_where_it_began(tmp_path):
    folder = stamp_chain(tmp_path, {"a.txt": ["b.txt"], "b.txt": ["a.txt"]}, circular=True)
    lineage = Lineage(folder)
    assert [r.path for r in lineage.upstream(["a.txt"])] == ["a.txt", "b.txt"]
    assert {r.path for r in lineage.downstream([of("a.txt")])} == {"a.txt", "b.txt"}


def test_a_chain_of_thousands_is_followed(tmp_path):
    links = {f"{n + 1}.txt": [f"{n}.txt"] for n in range(3000)}
    lineage = Lineage(stamp_chain(tmp_path, links))
    assert sum(1 for _ in lineage.upstream(["3000.txt"])) == 3000
    assert len(lineage.downstream([of("0.txt")])) == 3000


def test_the_folder_is_told_by_where_the_product_stands(chain, monkeypatch):
    assert place_of(chain / "d/e.txt") == (chain, "d/e.txt")
    monkeypatch.chdir(chain / "d")
    assert place_of("e.txt") == (chain, "d/e.txt")
    assert place_of("../b.txt") == (chain, "b.txt")
    Path("../b.txt.manifest.json").rename("elsewhere.json")
    lineage, path = lineage_of("../b.txt", "elsewhere.json")
    assert (lineage.folder, path, lineage.record(path).path) == (chain, "b.txt", "b.txt")
    Path("e.txt.manifest.json").rename("f.txt.manifest.json")
    with pytest.raises(ValueError, match="does not name the file it stands beside"):
        place_of("f.txt")


def test_hidden_folders_and_loose_files_of_exports_are_not_walked(tmp_path):
    wanted = [
        "results/export/m/clips/x.parquet.manifest.json",
        "results/export/m/clips/train/x.parquet.manifest.json",
        "deep/down/x.manifest.json",
    ]
    left = ["results/export/m/clips/train/clips/s/x.manifest.json", ".drumcorpus/x.manifest.json"]
    for name in [*wanted, *left]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = {path.removeprefix(f"{tmp_path}/") for path in sidecar_files(tmp_path)}
    assert found == set(wanted)
