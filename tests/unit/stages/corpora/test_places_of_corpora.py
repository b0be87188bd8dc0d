"""Where merges and aggregates read and write: what is refused, how files elsewhere are named."""

import json
import os
from pathlib import Path

import pytest
from merge_model import write_shard

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.run.plan_differences import UNSEEN
from drumcorpus.ground.run.run_manifest import seal_of
from drumcorpus.ground.run.sidecars import read_sidecar
from drumcorpus.ground.run.stamp import stamp
from drumcorpus.ground.run.today import AsStated
from drumcorpus.ground.run.verify_products import verify_file
from drumcorpus.stages.corpora.aggregate import aggregate_corpora
from drumcorpus.stages.corpora.aggregate_settings import aggregate_settings
from drumcorpus.stages.corpora.inputs_and_outputs import LOCK, WrongArguments, own_folder
from drumcorpus.stages.corpora.merge import merge_corpora
from drumcorpus.stages.corpora.merging import merge_settings
from drumcorpus.stages.corpora.sections import command_of, recorded_block, recorded_names
from drumcorpus.stages.provenance.replay import replay

LOOKED_AT = {"n_sample": 0, "workers": 1, "roots": {}, "verify_export": lambda folder, level: []}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The folder ``here`` with two shards; another two of one name lie outside."""
    for name in ("here/a.jsonl", "here/b.jsonl", "here/g.jsonl", "x/g.jsonl", "y/g.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        write_shard(tmp_path / name, [{"event_id": name}])
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def merge(*inputs, output="out.jsonl", **others):
    return merge_corpora(inputs or ["a.jsonl", "b.jsonl"], output, natural_key="events", **others)


def contents(folder="."):
    """Every file below a folder, with its bytes."""
    return {
        str(path): path.read_bytes() if path.is_file() else None
        for path in sorted(Path(folder).rglob("*"))
    }


# --- files that lie elsewhere


def test_shards_from_elsewhere_are_told_apart_and_held_against_no_file_here(here):
    merge("../x/g.jsonl", "../y/g.jsonl", "a.jsonl")
    manifest = read_sidecar("out.jsonl")
    paths = ["…/g.jsonl", "…/2/g.jsonl", "a.jsonl"]
    section = manifest["corpus"]
    assert [row["path"] for row in manifest["inputs"]] == paths
    assert [row["kind"] for row in manifest["inputs"]] == ["external"] * 3
    assert [row["path"] for row in section["input_shards"]] == paths
    assert section["arguments"]["given"]["inputs"] == paths
    assert section["arguments"]["complete"]["inputs"] == paths
    verified = verify_file("out.jsonl", "full", **LOOKED_AT)
    assert verified.problems == []
    assert verified.unseen == {"lies elsewhere:": {"…/g.jsonl", "…/2/g.jsonl"}}
    assert [file.shown for file in verified.inputs] == ["a.jsonl"]
    today = AsStated({"out.jsonl": manifest}.get, Path(__file__).parents[4])
    replayed = replay("out.jsonl", manifest, today, lambda *_: None, listings={})
    assert [(each.kind, each.name) for each in replayed.differences] == [
        (UNSEEN, "…/2/g.jsonl"),
        (UNSEEN, "…/g.jsonl"),
    ]


def test_a_shard_from_elsewhere_must_be_what_its_run_manifest_says(here, monkeypatch):
    monkeypatch.chdir("..")
    stamp(["x/g.jsonl"])
    monkeypatch.chdir(here)
    merge("../x/g.jsonl", "a.jsonl")
    assert read_sidecar("out.jsonl")["inputs"][0]["kind"] == "external"
    write_shard(Path("../x/g.jsonl"), [{"event_id": "changed"}])
    with pytest.raises(ValueError, match=r"^…/g\.jsonl: is not what its run manifest says"):
        merge("../x/g.jsonl", "a.jsonl")
    Path("../x/g.jsonl.manifest.json").write_text("{}")
    with pytest.raises(ValueError, match=r"x/g\.jsonl\.manifest\.json: schema: got None"):
        merge("../x/g.jsonl", "a.jsonl")


def test_scales_from_elsewhere_are_named_as_such_and_those_asked_for_are_given(here):
    write_shard(Path("r.jsonl"), [{"src": "a", "src_sha256": "a", "mos": 1, "corpus": "mine"}])
    scale = "name: mine\nlabel: m\nminimum: 0\nmaximum: 4\nslope: 25\nintercept: 0\nsource: me\n"
    Path("../mine.yaml").write_text(scale)
    Path("scales").mkdir()
    Path("scales/mine.yaml").write_text(scale)
    for place, given, complete in (
        ("../mine.yaml", "…/mine.yaml", "…/mine.yaml"),
        ("scales", "scales", "scales/mine.yaml"),
    ):
        aggregate_corpora(["r.jsonl"], "out.jsonl", scales=[place])
        manifest = read_sidecar("out.jsonl")
        assert manifest["corpus"]["arguments"]["given"]["scales"] == [given]
        assert manifest["corpus"]["arguments"]["complete"]["scales"] == [complete]
        assert manifest["inputs"][1]["path"] == complete


def test_the_block_of_a_configuration_is_recorded_without_places_of_the_machine(here):
    other = str(here.parent / "x/g.jsonl")
    block = {"inputs": [other, str(here / "a.jsonl")], "corpus_source": {other: "lsvq"}}
    assert recorded_block(block) == {
        "inputs": ["…/g.jsonl", "a.jsonl"],
        "corpus_source": {"…/g.jsonl": "lsvq"},
    }
    assert recorded_names(["../x/g.jsonl", "g.jsonl", "../y/g.jsonl"]) == {
        "../x/g.jsonl": "…/g.jsonl",
        "g.jsonl": "g.jsonl",
        "../y/g.jsonl": "…/2/g.jsonl",
    }


# --- what is not written over


PLACES = {
    "outside": ({"output": "../out.jsonl"}, r"\.\./out\.jsonl: lies outside the present folder"),
    "manifest outside": ({"manifest_out": "../m.json"}, r"\.\./m\.json: lies outside the present"),
    "notes": ({"output": "notes.txt"}, r"notes\.txt: stands there, and no run manifest at notes"),
    "manifest notes": ({"manifest_out": "notes.txt"}, r"notes\.txt: stands there and is no run m"),
    "manifest of an input": (
        {"manifest_out": "a.jsonl.manifest.json"},
        r"a\.jsonl\.manifest\.json: is where the run manifest of a\.jsonl belongs",
    ),
    "run manifest": ({"output": "z.jsonl.manifest.json"}, r"z\.jsonl\.\S+: is the name of a run m"),
    "shard of another": (
        {"output": "g.jsonl"},
        r"g\.jsonl: stands there, and no run manifest at g\.jsonl",
    ),
    "pipe": ({"output": "pipe"}, r"pipe: is a pipe, where a file belongs; move it away"),
    "device": ({"output": "device"}, r"device: is a link, where a file belongs"),
    "folder": ({"output": "folder"}, r"folder: is a folder, where a file belongs"),
    "folder at the manifest": (
        {"output": "o8.jsonl"},
        r"o8\.jsonl\.manifest\.json: is a folder, where a file belongs; move it away",
    ),
    "no name": ({"output": ""}, r"output: got ''; wanted: a file"),
    "dot": ({"output": "."}, r"output: got '\.'; wanted: a file"),
    "not UTF-8": ({"output": "\udcfeo.jsonl"}, r"\\xfeo\.jsonl: its name is not UTF-8"),
    "manifest not UTF-8": ({"manifest_out": "\udcfe.json"}, r"\\xfe\.json: its name is not UTF-8"),
}


@pytest.mark.parametrize("case", PLACES)
def test_a_place_that_is_somebody_elses_is_refused_and_nothing_is_touched(here, case):
    Path("notes.txt").write_text("mine")
    Path("o8.jsonl").write_text("mine")
    for folder in ("folder", "o8.jsonl.manifest.json"):
        Path(folder).mkdir()
    os.mkfifo("pipe")
    Path("device").symlink_to("/dev/full")
    before = contents("..")
    asked, words = PLACES[case]
    with pytest.raises(WrongArguments, match=f"^{words}"):
        merge(**asked)
    assert contents("..") == before


def test_a_shard_whose_name_is_not_utf_8_is_refused(here):
    write_shard(Path("\udcff.jsonl"), [{"event_id": 1}])
    with pytest.raises(WrongArguments, match=r"^\\xff\.jsonl: its name is not UTF-8"):
        merge("\udcff.jsonl", "a.jsonl")


def test_a_corpus_made_before_is_replaced_and_a_run_manifest_that_would_lie_is_refused(here):
    merge()
    write_shard(Path("a.jsonl"), [{"event_id": "other"}])
    merge()
    assert b"other" in Path("out.jsonl").read_bytes()
    with pytest.raises(
        WrongArguments, match=r"^out\.jsonl\.manifest\.json: stands beside the corpus"
    ):
        merge(manifest_out="m.json")
    Path("out.jsonl").rename("moved.jsonl")
    with pytest.raises(WrongArguments, match=r"^out\.jsonl\.\S+: is the run manifest of something"):
        merge(output="two.jsonl", manifest_out="out.jsonl.manifest.json")


def test_a_folder_of_a_person_stays_and_no_two_write_one_output(here):
    Path(".u.jsonl.runs").mkdir()
    Path(".u.jsonl.runs/thesis.txt").write_text("mine")
    with pytest.raises(WrongArguments, match=r"^\.u\.jsonl\.runs: is in the way of a folder"):
        merge(output="u.jsonl")
    assert Path(".u.jsonl.runs/thesis.txt").read_text() == "mine"
    with own_folder("out.jsonl", Path("out.jsonl.manifest.json")) as folder:
        Path(folder, "00000.rows").write_text("at work")
        with pytest.raises(ValueError, match=r"^out\.jsonl: another process is writing it; wait"):
            merge()
        assert sorted(path.name for path in folder.iterdir()) == ["00000.rows", LOCK]
    merge()
    assert not Path(".out.jsonl.runs").exists()


def test_a_failed_merge_leaves_no_new_folder(here):
    write_shard(Path("bad.jsonl"), [b"{"])
    before = contents()
    with pytest.raises(ValueError, match=r"^bad\.jsonl:1: not JSON"):
        merge("a.jsonl", "bad.jsonl", output="new/deep/out.jsonl", manifest_out="other/m.json")
    assert contents() == before


# --- what is asked for


def test_a_recorded_call_holds_names_that_look_like_options_or_kinds(here):
    write_shard(Path("-a.jsonl"), [{"a:text": 1}])
    write_shard(Path("b.jsonl"), [{"a:text": 2}])
    merge_corpora(["./-a.jsonl", "b.jsonl"], "out.jsonl", natural_key=["a:text"])
    section = read_sidecar("out.jsonl")["corpus"]
    words = ["--inputs=-a.jsonl", "--inputs=b.jsonl", "--output", "out.jsonl"]
    assert section["command_line"][4:8] == words
    assert section["natural_key"] == ["a:text"]
    assert command_of("x", {"natural_key": ["-k"], "value": "-v"})[4:] == [
        "--natural-key=-k",
        "--value=-v",
    ]
    assert merge_settings(None, ["a:text"]).required_keys == ()


def test_paths_may_come_from_an_iterator_and_one_path_is_no_list(here):
    counters = merge_corpora(iter(["a.jsonl", "b.jsonl"]), "out.jsonl", natural_key="events")
    assert counters["inputs_seen"] == 2
    with pytest.raises(
        WrongArguments, match=r"^inputs: got the one path 'a\.jsonl'; wanted: a list"
    ):
        merge_corpora("a.jsonl", "out.jsonl")
    with pytest.raises(WrongArguments, match=r"^natural_key: got the text 'src_sha256'; wanted"):
        aggregate_settings(natural_key="src_sha256")


def test_rows_of_a_shard_are_held_against_its_run_manifest(here):
    Path("a.jsonl").write_bytes(b'{"event_id": "without a last line end"}')
    stamp(["a.jsonl"])
    merge()
    path = Path("a.jsonl.manifest.json")
    manifest = json.loads(path.read_text())
    manifest["outputs"][0]["rows"] = 7
    path.write_bytes(canonical_json(manifest | {"seal": seal_of(manifest)}))
    with pytest.raises(ValueError, match=r"^a\.jsonl: has 1 rows, and its run manifest says 7"):
        merge()


def test_what_an_aggregate_asks_of_rows_follows_the_names_of_its_columns(here):
    assert aggregate_settings().required_keys == (
        *("src:text", "src_sha256:text", "mos:number", "corpus:text"),
    )
    own = aggregate_settings(natural_key=["clip"], value="v", corpus="c")
    assert own.required_keys == ("clip", "v:number", "c:text")
    assert own.fields(names_its_corpus=False) == {"clip": None, "v": "number"}
    write_shard(Path("r.jsonl"), [{"src": "a", "src_sha256": "a", "v": 0.5}])
    sources = {"r.jsonl": "reviewer-0-1"}
    aggregate_corpora(["r.jsonl"], "out.jsonl", scales=None, corpus_source=sources, value="v")
    assert json.loads(Path("out.jsonl").read_text())["v"] == 50.0


def test_a_scale_that_is_a_pipe_is_refused_before_it_is_opened(here):
    os.mkfifo("pipe.yaml")
    with pytest.raises(ValueError, match=r"^pipe\.yaml: is a pipe, where a file belongs"):
        aggregate_corpora(["a.jsonl"], "out.jsonl", scales=["pipe.yaml"])
