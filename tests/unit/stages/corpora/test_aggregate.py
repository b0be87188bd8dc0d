"""Rated shards become one corpus on one axis, with the same bytes in whatever order they come."""

import itertools
import json
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drumcorpus.ground.files import json_rows
from drumcorpus.ground.run.sidecars import read_output
from drumcorpus.stages.corpora import rating_sorter, runs
from drumcorpus.stages.corpora.aggregate import aggregate_corpora
from drumcorpus.stages.corpora.aggregate_settings import check_aggregates
from drumcorpus.stages.corpora.scales import read_scales, scale_files

READY = read_scales(scale_files())
aggregate = partial(aggregate_corpora, scales=READY)


def row(sha, mos, corpus, **others):
    return {"src": f"{sha}.wav", "src_sha256": sha, "mos": mos, "corpus": corpus} | others


def write(path, rows):
    Path(path).write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    return path


def read(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


KONVID = [
    row("b", 4.1, "konvid-1k", mos_std_dev=0.5),
    row("a", 5, "konvid-1k", mos_std_dev=0.1),
    row("c", 5.05, "konvid-1k"),
]
WATERLOO = [
    row("b", 70, "waterloo-ivc-4k", mos_std_dev=4.2),
    row("a", 60, "waterloo-ivc-4k", mos_std_dev=4.2),
    row("d", 64.2, "waterloo-ivc-4k"),
    row("d", 64.2, "waterloo-ivc-4k"),
    row("d", 10, "waterloo-ivc-4k"),
]


def test_each_item_stands_once_with_its_surest_rating_on_the_axis(here):
    inputs = [write("konvid.jsonl", KONVID), write("waterloo.jsonl", WATERLOO)]
    counters = aggregate(inputs, "out.jsonl")
    rated = {
        r["src_sha256"]: (r["mos"], r["mos_native"], r["corpus_source"]) for r in read("out.jsonl")
    }
    assert rated == {
        "a": (100.0, 5, "konvid-1k"),  # 0.1 of 4 is 2.5 of 100
        "b": (70.0, 70, "waterloo-ivc-4k"),  # 0.5 of 4 is 12.5 of 100
        "d": (10.0, 10, "waterloo-ivc-4k"),
    }
    assert [r["src_sha256"] for r in read("out.jsonl")] == ["a", "b", "d"]
    assert counters == {
        "rows_in": 8,
        "rows_out": 3,
        "duplicates": 0,
        "conflicts": 2,
        "other_corpus": 2,
        "dropped.out_of_range": 1,
        "unique_sources": 3,
        "inputs_seen": 2,
    }


def test_every_row_that_is_not_in_the_corpus_is_counted(here):
    equal = [row("a", 3, "konvid-1k")] * 3
    counters = aggregate([write("a.jsonl", [*equal, *KONVID, *WATERLOO])], "out.jsonl")
    left_out = ("duplicates", "conflicts", "other_corpus", "dropped.out_of_range")
    assert counters["rows_in"] == 11 == counters["rows_out"] + sum(counters[n] for n in left_out)


def test_the_order_of_inputs_does_not_matter_to_one_byte(here):
    shards = [write("1.jsonl", KONVID), write("2.jsonl", WATERLOO), write("3.jsonl", KONVID[:2])]
    made = []
    for number, inputs in enumerate(itertools.permutations(shards)):
        counters = aggregate(inputs, f"{number}.out")
        made.append((Path(f"{number}.out").read_bytes(), counters))
    assert len(made) == 6
    assert all(each == made[0] for each in made)


RATINGS = st.builds(
    row,
    st.sampled_from("abc"),
    st.one_of(st.integers(0, 6), st.floats(0.5, 5.5)),
    st.sampled_from(["konvid-1k", "reviewer-1-5", "youtube-ugc"]),
    mos_std_dev=st.sampled_from([None, 0, 0.0, 0.1, 0.5, 0.5000000000000001]),
    take=st.integers(0, 1),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(RATINGS, max_size=8), data=st.data())
def test_rows_may_come_in_any_order_and_in_any_shard(here, rows, data):
    shuffled = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    one = aggregate([write("all.jsonl", rows)], "one.out")
    parts = [write("x.jsonl", shuffled[:cut]), write("y.jsonl", shuffled[cut:])]
    two = aggregate(parts, "two.out")
    assert Path("one.out").read_bytes() == Path("two.out").read_bytes()
    assert one | {"inputs_seen": 2} == two


def test_a_rerun_gives_the_same_bytes_of_corpus_and_manifest(here):
    inputs = [write("a.jsonl", KONVID), write("b.jsonl", WATERLOO)]
    aggregate(inputs, "out.jsonl")
    first = [Path(name).read_bytes() for name in ("out.jsonl", "out.jsonl.manifest.json")]
    aggregate(inputs, "out.jsonl")
    assert [Path(name).read_bytes() for name in ("out.jsonl", "out.jsonl.manifest.json")] == first


def test_an_unknown_corpus_is_refused_unless_its_shard_is_named(here):
    shard = write("mine.jsonl", [row("a", 3, "mine")])
    with pytest.raises(ValueError, match=r'^mine\.jsonl:1: corpus: got "mine", which has no scale'):
        aggregate([shard], "out.jsonl")
    assert not Path("out.jsonl").exists()
    aggregate([shard], "out.jsonl", corpus_source={"mine.jsonl": "reviewer-1-5"})
    [rated] = read("out.jsonl")
    assert (rated["corpus"], rated["corpus_source"], rated["mos"]) == ("mine", "reviewer-1-5", 50.0)


@pytest.mark.parametrize(
    "spelled", ["./mine.jsonl", "x/../mine.jsonl", "link.jsonl", "/mine.jsonl"]
)
def test_a_shard_is_named_by_whatever_path_leads_to_it(here, spelled):
    write("mine.jsonl", [row("a", 3, "mine")])
    Path("x").mkdir()
    Path("link.jsonl").symlink_to("mine.jsonl")
    path = f"{here}{spelled}" if spelled.startswith("/") else spelled
    aggregate(["mine.jsonl"], "out.jsonl", corpus_source={path: "reviewer-1-5"})
    assert read("out.jsonl")[0]["mos"] == 50.0


def test_a_named_shard_needs_no_column_of_corpora(here):
    shard = write("mine.jsonl", [{"clip": 1, "rating": 0.25}, {"clip": 2, "rating": 1}])
    aggregate(
        [shard],
        "out.jsonl",
        corpus_source={shard: "reviewer-0-1"},
        natural_key=["clip"],
        required_keys=[],
        value="rating",
    )
    assert [(r["clip"], r["rating"], r["rating_native"]) for r in read("out.jsonl")] == [
        (1, 25.0, 0.25),
        (2, 100.0, 1),
    ]


@pytest.mark.parametrize(
    ("corpus_source", "message"),
    [
        (
            {"other.jsonl": "lsvq"},
            "corpus_source: other.jsonl: is none of the inputs; allowed: a.json",
        ),
        (
            {"a.jsonl": "lsvk"},
            "corpus_source: a.jsonl: got 'lsvk', which has no scale (did you mean ",
        ),
        (
            {"a.jsonl": "lsvq", "./a.jsonl": "chug"},
            "corpus_source: a.jsonl: is named twice, lsvq and",
        ),
    ],
    ids=["no-input", "no-scale", "twice"],
)
def test_a_wrong_name_of_a_shard_is_refused(here, corpus_source, message):
    with pytest.raises(ValueError) as refused:
        aggregate([write("a.jsonl", KONVID)], "out.jsonl", corpus_source=corpus_source)
    assert str(refused.value).startswith(message)


def test_a_shard_on_another_scale_than_its_corpus_is_refused(here):
    shard = write("a.jsonl", [row("a", 1.5, "lsvq"), row("b", 4.2, "lsvq")])
    with pytest.raises(
        ValueError, match=r"a\.jsonl: lsvq: all 2 ratings lie from 1\.5 to 4\.2, as"
    ):
        aggregate([shard], "out.jsonl")
    aggregate([shard], "out.jsonl", corpus_source={shard: "lsvq-1-5"})
    assert [r["mos"] for r in read("out.jsonl")] == [12.5, 80.0]
    aggregate([shard], "out.jsonl", corpus_source={shard: "lsvq"})
    assert [r["mos"] for r in read("out.jsonl")] == [1.5, 4.2]


def earlier():
    """Aggregate other rows into out.jsonl; its bytes and those of its run manifest."""
    aggregate([write("a.jsonl", KONVID)], "out.jsonl")
    return standing()


def standing():
    return [Path(path).read_bytes() for path in ("out.jsonl", "out.jsonl.manifest.json")]


def fields(**changes):
    """A row as text, with values as they are written; None leaves a field out."""
    written = {"src": '"a"', "src_sha256": '"a"', "mos": "3", "corpus": '"konvid-1k"'} | changes
    pairs = (f'"{name}": {value}' for name, value in written.items() if value is not None)
    return f"{{{', '.join(pairs)}}}"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param('{"src": "a", "src_sha', "not JSON", id="broken"),
        pytest.param(fields(src='"a", "src": "b"'), "src: the key stands twice", id="twice"),
        pytest.param(fields(mos="NaN"), "mos: got NaN", id="nan"),
        pytest.param(fields(mos_std_dev="NaN"), "mos_std_dev: got NaN", id="nan-spread"),
        pytest.param(fields(mos_std_dev="-1"), "mos_std_dev: got -1", id="negative-spread"),
        pytest.param(fields(mos='"3"'), 'mos: got the text "3"', id="number-as-text"),
        pytest.param(fields(mos=None), "mos: missing", id="no-rating"),
        pytest.param(fields(corpus=None), "corpus: missing", id="no-corpus"),
        pytest.param(fields(src="1"), "src: got the number 1", id="text-as-number"),
        pytest.param(fields(src_sha256='""'), 'src_sha256: got ""', id="empty-key"),
        pytest.param(fields(note=f'"{"a" * 1_000_000}"'), "1,000,0", id="long"),
        pytest.param("[]", "[] is list", id="list"),
        pytest.param(fields(x="[" * 400 + "]" * 400), "more than 64 levels", id="deep"),
        pytest.param(
            fields(x="[" * 900 + "12345678901234567890" + "]" * 900), "more than 64", id="deep-long"
        ),
    ],
)
def test_a_bad_row_is_named_by_file_and_line_and_the_output_stays(here, line, message):
    good = json.dumps(KONVID[0]).encode()
    Path("bad.jsonl").write_bytes(good + b"\n" + line.encode() + b"\n")
    stood = earlier()
    with pytest.raises(ValueError) as refused:
        aggregate([write("a.jsonl", WATERLOO), "bad.jsonl"], "out.jsonl")
    assert str(refused.value).startswith("bad.jsonl:2: ")
    assert message in str(refused.value)
    assert standing() == stood
    assert sorted(path.name for path in here.iterdir()) == [
        "a.jsonl",
        "bad.jsonl",
        "out.jsonl",
        "out.jsonl.manifest.json",
    ]


def test_a_shard_that_is_missing_a_folder_or_named_twice_is_refused(here):
    write("a.jsonl", KONVID)
    Path("folder").mkdir()
    with pytest.raises(FileNotFoundError, match=r"gone\.jsonl"):
        aggregate(["a.jsonl", "gone.jsonl"], "out.jsonl")
    with pytest.raises(ValueError, match=r"folder"):
        aggregate(["a.jsonl", "folder"], "out.jsonl")
    for again in ("a.jsonl", "./a.jsonl"):
        with pytest.raises(ValueError, match=r"inputs: a\.jsonl and .*a\.jsonl are one file"):
            aggregate(["a.jsonl", again], "out.jsonl")
    with pytest.raises(ValueError, match="inputs: got 0 shards; wanted: 1 or more"):
        aggregate([], "out.jsonl")
    assert not Path("out.jsonl").exists()


def test_empty_shards_give_an_empty_corpus(here):
    counters = aggregate([write("a.jsonl", [])], "out.jsonl")
    assert (counters["rows_in"], counters["rows_out"]) == (0, 0)
    assert Path("out.jsonl").read_bytes() == b""


def test_the_run_manifest_says_how_the_corpus_came_about(here):
    shard = write("mine.jsonl", [row("a", 3, "mine"), row("b", 9, "mine")])
    aggregate(
        ["./mine.jsonl", write("konvid.jsonl", KONVID)],
        "made/out.jsonl",
        corpus_source={f"{here}/mine.jsonl": "reviewer-1-5"},
        manifest_out="made/of.json",
    )
    assert not Path("made/out.jsonl.manifest.json").exists()
    manifest = json.loads(Path("made/of.json").read_text())
    section = manifest["corpus"]
    assert section["kind"] == "aggregate"
    assert [(each["path"], each["rows"]) for each in section["input_shards"]] == [
        ("mine.jsonl", 2),
        ("konvid.jsonl", 3),
    ]
    assert section["arguments"]["given"] == {
        "inputs": ["mine.jsonl", "konvid.jsonl"],
        "output": "made/out.jsonl",
        "corpus_source": {"mine.jsonl": "reviewer-1-5"},
        "manifest_out": "made/of.json",
    }
    assert section["arguments"]["complete"]["natural_key"] == ["src_sha256"]
    assert section["arguments"]["complete"]["value"] == "mos"
    assert section["output_paths"] == ["made/out.jsonl", "made/of.json"]
    assert section["required_keys"] == ["src:text", "src_sha256:text", "mos:number", "corpus:text"]
    assert section["duplicates"] == "least_uncertainty"
    assert section["source_overrides"] == {"mine.jsonl": "reviewer-1-5"}
    conversions = {each["name"]: each for each in section["scale_conversions"]}
    assert sorted(conversions) == ["konvid-1k", "reviewer-1-5"]
    assert conversions["konvid-1k"]["native_range"] == [1, 5]
    assert (conversions["konvid-1k"]["slope"], conversions["konvid-1k"]["intercept"]) == (25, -25)
    assert "QoMEX 2017" in conversions["konvid-1k"]["source"]
    assert [(each["kind"], each["path"]) for each in manifest["inputs"]] == [
        ("external", "mine.jsonl"),
        ("external", "konvid.jsonl"),
        ("resource", "config/corpora/konvid-1k.yaml"),
        ("resource", "config/corpora/reviewer-1-5.yaml"),
    ]
    assert manifest["counters"]["dropped.out_of_range"] == 2
    assert manifest["counters"]["inputs_seen"] == 2
    assert manifest["outputs"][0]["rows"] == 2
    assert str(here) not in Path("made/of.json").read_text()
    assert shard == "mine.jsonl"


def test_the_run_manifest_beside_the_corpus_tells_its_digest(here):
    aggregate([write("a.jsonl", KONVID)], "out.jsonl")
    _, record = read_output("out.jsonl", "out.jsonl")
    assert (record["rows"], record["bytes"]) == (2, Path("out.jsonl").stat().st_size)


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ({"natural_key": ["a", "a"]}, "natural_key: got a, a; wanted: one field or more"),
        (
            {"required_keys": ["mos:numbr", "mos:numbr"]},
            "required_keys: 'mos:numbr' stands twice",
        ),
        ({"corpus_source": {"b.jsonl": "lsvq"}}, "corpus_source: b.jsonl: is none of the inputs"),
        (
            {"corpus_source": {"./a.jsonl": "no"}},
            "corpus_source: ./a.jsonl: got 'no', which has no",
        ),
    ],
    ids=["key", "required", "no-input", "no-scale"],
)
def test_a_wrong_aggregate_of_the_config_is_refused_by_name(block, message):
    check_aggregates({"good": {"inputs": ["a.jsonl"]}}, READY)
    with pytest.raises(ValueError) as refused:
        check_aggregates({"mine": {"inputs": ["a.jsonl"]} | block}, READY)
    assert str(refused.value).startswith(f"config: corpora.aggregates.mine.{message}")


def test_what_would_be_written_over_is_refused(here):
    shard = write("a.jsonl", KONVID)
    before = Path(shard).read_bytes()
    for output, manifest_out in (("./a.jsonl", None), ("out.jsonl", "a.jsonl")):
        with pytest.raises(ValueError, match=r"a\.jsonl: is an input, and would be written over"):
            aggregate([shard], output, manifest_out=manifest_out)
    assert Path(shard).read_bytes() == before
    assert [path.name for path in here.iterdir()] == ["a.jsonl"]


def test_a_key_that_is_a_number_here_and_a_text_there_is_refused(here):
    write("a.jsonl", [row("x", 3, "konvid-1k", take=23)])
    write("b.jsonl", [row("y", 3, "konvid-1k"), row("x", 3, "konvid-1k", take="23")])
    with pytest.raises(ValueError, match=r"^b\.jsonl:1: take: missing"):
        aggregate(["a.jsonl", "b.jsonl"], "out.jsonl", natural_key=["take"])
    write("b.jsonl", [row("x", 3, "konvid-1k", take="23")])
    message = (
        r"^b\.jsonl:1: take: is a text, and a number in a\.jsonl:1; by that no item can be told"
    )
    with pytest.raises(ValueError, match=message):
        aggregate(["a.jsonl", "b.jsonl"], "out.jsonl", natural_key=["take"])


def test_rows_stand_in_order_of_the_whole_natural_key(here):
    keys = [("b", 2), ("a", 10), ("a", 9.5), ("ab", 1), ("é", 0), ("Z", 3)]
    rows = [row(sha, 3, "konvid-1k", take=take) for sha, take in keys]
    counters = aggregate([write("a.jsonl", rows)], "out.jsonl", natural_key=["src_sha256", "take"])
    stood = [(each["src_sha256"], each["take"]) for each in read("out.jsonl")]
    assert stood == [("Z", 3), ("a", 9.5), ("a", 10), ("ab", 1), ("b", 2), ("é", 0)]
    assert counters["unique_sources"] == 5


@pytest.mark.parametrize("n_bytes", [1, 150, 1000])
def test_what_does_not_fit_into_memory_gives_the_same(here, monkeypatch, n_bytes):
    rows = [
        row(f"{n % 40:02d}", 1 + n % 5, ("konvid-1k", "reviewer-1-5")[n % 2], mos_std_dev=n % 3)
        for n in range(300)
    ]
    inputs = [write(f"{n}.jsonl", rows[n::3]) for n in range(3)]
    whole = aggregate(inputs, "whole.jsonl")
    monkeypatch.setattr(rating_sorter, "RUN_BYTES", 10 * n_bytes)
    monkeypatch.setattr(rating_sorter, "PART_BYTES", 20 * n_bytes)
    monkeypatch.setattr(runs, "SAMPLED", 2)
    monkeypatch.setattr(json_rows, "BLOCK_BYTES", 700)
    assert aggregate(inputs, "parts.jsonl") == whole
    assert Path("parts.jsonl").read_bytes() == Path("whole.jsonl").read_bytes()
    assert whole["rows_out"] == whole["unique_sources"] == 40
    assert sorted(path.name for path in here.glob(".*")) == []


def test_a_shard_that_is_not_what_its_run_manifest_says_is_refused_and_the_output_stays(here):
    aggregate([write("a.jsonl", KONVID)], "shard.jsonl")
    stood = earlier()
    write("shard.jsonl", KONVID)
    with pytest.raises(ValueError, match=r"^shard\.jsonl: is not what its run manifest says"):
        aggregate(["shard.jsonl"], "out.jsonl")
    assert standing() == stood
