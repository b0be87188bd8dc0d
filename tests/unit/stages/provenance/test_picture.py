"""The picture of a chain: which boxes stand in it, in which rows, and that it is sound SVG."""

import xml.etree.ElementTree as ElementTree

from stamped import build_corpus, stamp_chain

from drumcorpus.ground.run.lineage import Lineage
from drumcorpus.stages.provenance.picture import BOX_HEIGHT, BOX_WIDTH, boxes_of, picture_of
from drumcorpus.stages.provenance.tree import upstream_of

SVG = "{http://www.w3.org/2000/svg}"


def upstream(folder, product):
    return upstream_of(Lineage(folder), product)


def shown(boxes):
    """(row, title, number of members) of each box."""
    return [(box.row, box.title, len(box.members)) for box in boxes]


def rectangles(svg):
    return [
        tuple(float(each.get(name)) for name in ("x", "y"))
        for each in svg.iter(f"{SVG}rect")
        if each.get("class")
    ]


def test_boxes_stand_in_rows_from_the_product_to_the_raw_data(tmp_path):
    boxes = boxes_of(upstream(build_corpus(tmp_path), "results/manifests/prod.jsonl"), fold=4)
    assert shown(boxes) == [
        (0, "publish_manifest", 1),
        (1, "merge_manifest", 1),
        (2, "ingest_sessions", 1),
        (3, "take_inventory", 1),
        (4, "raw files", 1),
    ]
    assert boxes[3].others == {"resources/egmd.yaml"}
    assert [box.kind for box in boxes] == ["first", "box", "box", "box", "raw"]


def test_products_of_one_rule_are_one_box_and_a_link_that_follows_is_not_drawn(tmp_path):
    shards = [f"events/{n}.txt" for n in range(5)]
    rules = {"merged.txt": "merge", "page.txt": "show"} | dict.fromkeys(shards, "ingest")
    links = {shard: ["raw.txt"] for shard in shards}
    links |= {"merged.txt": shards, "page.txt": ["merged.txt", *shards]}
    folder = stamp_chain(tmp_path, links, rules=rules)
    boxes = boxes_of(upstream(folder, "page.txt"), fold=4)
    assert shown(boxes) == [(0, "show", 1), (1, "merge", 1), (2, "ingest", 5)]
    assert [list(box.below) for box in boxes] == [[boxes[1].key], [boxes[2].key], []]
    assert len(boxes_of(upstream(folder, "page.txt"), fold=0)) == 7


def test_products_of_one_rule_that_rest_on_each_other_stand_in_rows_of_their_own(tmp_path):
    links = {f"{n}b.txt": [f"{n}a.txt"] for n in range(4)}
    links |= {f"{n}a.txt": ["raw.txt"] for n in range(4)}
    links |= {"all.txt": [f"{n}b.txt" for n in range(4)]}
    boxes = boxes_of(upstream(stamp_chain(tmp_path, links), "all.txt"), fold=4)
    assert shown(boxes) == [(0, "stamp", 1), (1, "stamp", 4), (2, "stamp", 4)]


def test_it_is_svg_in_which_no_box_covers_another(tmp_path):
    shards = [f"events/{n}.txt" for n in range(23)]
    links = {shard: [f"raw<{n}>&.txt"] for n, shard in enumerate(shards)} | {"m.txt": shards}
    text = picture_of(upstream(stamp_chain(tmp_path, links), "m.txt"), fold=0)
    svg = ElementTree.fromstring(text)
    corners = rectangles(svg)
    assert len(corners) == 24
    width, height = float(svg.get("width")), float(svg.get("height"))
    for x, y in corners:
        assert 0 <= x <= width - BOX_WIDTH
        assert 0 <= y <= height - BOX_HEIGHT
    for one, (x, y) in enumerate(corners):
        for other_x, other_y in corners[:one]:
            assert abs(x - other_x) >= BOX_WIDTH or abs(y - other_y) >= BOX_HEIGHT
    assert len(list(svg.iter(f"{SVG}path"))) == 23


def test_equal_chains_give_equal_bytes_and_lines_lead_down(tmp_path):
    folder = build_corpus(tmp_path)
    product = "results/export/prod/clips/SHA256SUMS"
    text = picture_of(upstream(folder, product), fold=4)
    assert picture_of(upstream(folder, product), fold=4) == text
    assert str(tmp_path) not in text
    for path in ElementTree.fromstring(text).iter(f"{SVG}path"):
        words = path.get("d").replace("M", "").replace("C", "").split()
        assert float(words[1]) < float(words[-1])


def test_a_missing_link_has_a_box_and_a_circle_does_not_hang(tmp_path):
    folder = stamp_chain(tmp_path, {"a.txt": ["b.txt"], "b.txt": ["c.txt"]})
    (folder / "b.txt.manifest.json").unlink()
    boxes = boxes_of(upstream(folder, "a.txt"), fold=4)
    assert [(box.title, box.kind) for box in boxes] == [
        ("stamp", "first"),
        ("no run manifest", "lost"),
    ]
    circle = stamp_chain(tmp_path, {"a.txt": ["b.txt"], "b.txt": ["a.txt"]}, circular=True)
    assert picture_of(upstream(circle, "a.txt"), fold=4).count('<rect class="') == 2
