"""The tree from a product to its raw files: what stands in it, and how it is shown."""

import pytest
from stamped import build_corpus, stamp_chain

from drumcorpus.ground.run.lineage import Lineage
from drumcorpus.stages.provenance.text import (
    TIMES,
    missing_links,
    summary,
    tree_in_words,
    upstream_as_document,
)
from drumcorpus.stages.provenance.tree import pattern_of, tree_of, upstream_of

LINKS = {
    "b.txt": ["raw.txt"],
    "c.txt": ["b.txt"],
    "d.txt": ["b.txt", "c.txt"],
}


def words(folder, product, fold=4):
    return list(tree_in_words(tree_of(Lineage(folder), product, fold=fold)))


def sha(name, folder):
    return Lineage(folder).record(name).sha256[:12]


def test_every_product_stands_once_with_its_inputs(tmp_path):
    folder = stamp_chain(tmp_path, LINKS)
    raw = Lineage(folder).record("b.txt").inputs[0].sha256[:12]
    assert words(folder, "d.txt") == [
        f"d.txt  stamp {sha('d.txt', folder)}",
        f"├ b.txt  stamp {sha('b.txt', folder)}",
        f"│ └ raw.txt  external {raw}",
        f"└ c.txt  stamp {sha('c.txt', folder)}",
        f"  └ b.txt  stamp {sha('b.txt', folder)} (as above)",
    ]


def test_like_inputs_are_one_line_with_their_number(tmp_path):
    shards = [f"shards/{name}/000.txt" for name in ("enst", "egmd", "slakh", "mdb")]
    links = {shard: [f"raw/{n}.txt"] for n, shard in enumerate(shards)} | {"all.txt": shards}
    folder = stamp_chain(tmp_path, links)
    lines = words(folder, "all.txt")
    assert lines[1:] == [
        f"└ 4 {TIMES} shards/*/000.txt  stamp",
        f"  └ 4 {TIMES} raw/*.txt  external",
    ]
    assert len(words(folder, "all.txt", fold=5)) == len(words(folder, "all.txt", fold=0)) == 9


def test_rows_and_raw_files_are_counted(tmp_path):
    folder = build_corpus(tmp_path)
    lines = words(folder, "results/manifests/prod.jsonl")
    sessions = sha("results/sessions/egmd.parquet", folder)
    assert lines[0].startswith("results/manifests/prod.jsonl  publish_manifest 2 rows ")
    assert lines[3] == f"    └ results/sessions/egmd.parquet  take_inventory 2 rows {sessions}"
    assert lines[4].startswith("      ├ raw files of egmd  2 files ")
    assert lines[5].startswith("      └ resources/egmd.yaml  resource ")
    upstream = upstream_of(Lineage(folder), "results/manifests/prod.jsonl")
    first, second = summary(upstream)
    assert first == "4 product(s), 1 file(s) that are kept by hand"
    assert second.startswith("raw files of egmd: 2, sha256 of their listing ")


def test_no_line_is_wider_than_a_terminal_and_none_breaks(tmp_path):
    long = "a_folder_with_a_long_name/" * 4
    links = {f"{long}{n + 1}.txt": [f"{long}{n}.txt"] for n in range(60)}
    links |= {"x\ny.txt": [f"{long}60.txt"], "z" * 100: ["x\ny.txt"]}
    lines = words(stamp_chain(tmp_path, links), "z" * 100)
    assert max(map(len, lines)) <= 80
    assert any("x\\ny.txt" in line for line in lines)
    assert any(line.startswith("(40) ") for line in lines)


def test_missing_links_and_lies_are_named_where_they_are_and_at_the_end(tmp_path):
    folder = stamp_chain(tmp_path, LINKS)
    (folder / "b.txt.manifest.json").unlink()
    lines = words(folder, "d.txt")
    assert "│   ! b.txt: has no run manifest" in lines
    upstream = upstream_of(Lineage(folder), "d.txt")
    assert missing_links(upstream) == [
        "b.txt: has no run manifest; d.txt was made from it, and 1 more"
    ]
    (folder / "b.txt.manifest.json").write_text("{}")
    upstream = upstream_of(Lineage(folder), "d.txt")
    assert missing_links(upstream)[0].startswith(f"{folder}/b.txt.manifest.json: schema: got None")
    assert upstream_as_document(upstream)["missing"] == [
        {"path": "b.txt", "problem": upstream.lost["b.txt"], "users": ["d.txt", "c.txt"]}
    ]


def test_a_circle_is_named_and_a_deep_chain_is_followed(tmp_path):
    links = {"a.txt": ["b.txt"], "b.txt": ["a.txt"]}
    lines = words(stamp_chain(tmp_path, links, circular=True), "a.txt")
    assert len(lines) == 3
    assert lines[2].endswith("(leads back to itself)")
    deep = stamp_chain(tmp_path, {f"{n + 1}.txt": [f"{n}.txt"] for n in range(2500)})
    lines = words(deep, "2500.txt")
    assert len(lines) == 2501
    assert lines[-1].startswith("(2500) 0.txt  external ")


def test_the_document_has_the_whole_chain_with_relative_paths(tmp_path):
    folder = build_corpus(tmp_path)
    upstream = upstream_of(Lineage(folder), "results/manifests/prod.jsonl")
    document = upstream_as_document(upstream)
    assert document["schema"] == "drumcorpus-trace-v1"
    assert [each["path"] for each in document["products"]] == [
        "results/manifests/prod.jsonl",
        "results/manifests/prod.parquet",
        "results/events/egmd.parquet",
        "results/sessions/egmd.parquet",
    ]
    assert document["products"][2]["inputs"][0]["path"] == "results/sessions/egmd.parquet"
    (raw,) = document["raw"]
    assert (raw["source_set"], raw["files"]) == ("egmd", 2)
    assert document["missing"] == []
    assert str(tmp_path) not in str(document)


@pytest.mark.parametrize(
    ("paths", "pattern"),
    [
        (["a/b.txt"], "a/b.txt"),
        (["a/x/000.parquet", "a/y/000.parquet"], "a/*/000.parquet"),
        (["a/000.parquet", "a/001.parquet", "a/012.parquet"], "a/0*.parquet"),
        (["aa", "aaa"], "aa*"),
        (["a/b/c", "a/d"], "a/…"),
        (["x", "y/z"], "…"),
    ],
    ids=["one", "folders", "names", "within", "depths", "apart"],
)
def test_paths_in_one(paths, pattern):
    assert pattern_of(paths) == pattern
