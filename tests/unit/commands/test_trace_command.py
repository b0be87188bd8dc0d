"""``trace``: from a product to raw files, and from a raw file to products."""

import hashlib
import json
import xml.etree.ElementTree as ElementTree

import pytest
from command_lines import run_command
from stamped import (
    EVENT,
    EXPORT,
    MIDI,
    SAMPLE,
    SESSION,
    SHARD,
    WAV,
    build_corpus,
    stamp_chain,
    write_record,
)

LINES = "results/manifests/prod.jsonl"


@pytest.fixture
def folder(tmp_path):
    return build_corpus(tmp_path)


def test_the_tree_is_shown_from_any_folder(folder, tmp_path_factory):
    here = run_command(folder, "trace", LINES)
    assert run_command(tmp_path_factory.mktemp("else"), "trace", folder / LINES) == here
    status, said, error = here
    assert (status, error) == (0, "")
    lines = said.splitlines()
    assert lines[0].startswith(f"{LINES}  publish_manifest 2 rows ")
    assert lines[4].startswith("      ├ raw files of egmd  2 files ")
    assert lines[-2] == "4 product(s), 1 file(s) that are kept by hand"
    assert max(map(len, lines)) <= 80


def test_the_tree_as_json_and_as_picture(folder):
    status, said, _ = run_command(folder, "trace", LINES, "--json", "--picture", "tree.svg")
    assert status == 0
    document = json.loads(said)
    assert [each["rule"] for each in document["products"]] == [
        *("publish_manifest", "merge_manifest", "ingest_sessions", "take_inventory")
    ]
    svg = ElementTree.parse(folder / "tree.svg").getroot()
    assert svg.find("{http://www.w3.org/2000/svg}title").text == f"What {LINES} was made of"
    said = run_command(folder, "trace", LINES, "--picture", "again.svg")[1]
    assert said.endswith("again.svg: written\n")
    assert (folder / "again.svg").read_bytes() == (folder / "tree.svg").read_bytes()


@pytest.mark.parametrize(
    "arguments",
    [
        [LINES, "--event", EVENT],
        [LINES, "--session", SESSION],
        [f"{EXPORT}/{SAMPLE}"],
        [f"{EXPORT}/train/train_labels.parquet", "--event", EVENT],
    ],
    ids=["event", "session", "sample", "labels"],
)
def test_the_raw_files_of_a_row_are_listed_with_their_digests(folder, arguments):
    status, said, _ = run_command(folder, "trace", *arguments)
    assert status == 0
    lines = said.splitlines()
    assert lines[0] == f"session {SESSION} of egmd, 1 row"
    files = json.loads(run_command(folder, "trace", *arguments, "--json")[1])["origins"][0]["files"]
    assert [file["path"] for file in files] == [MIDI, WAV]
    for file in files:
        assert f"    {file['path']}" in lines
        assert f"    sha256 {file['sha256']}" in lines
    assert lines[-1] == "told by results/sessions/egmd.parquet"


def test_a_shard_leads_to_the_sessions_in_it(folder):
    status, said, _ = run_command(folder, "trace", f"{EXPORT}/{SHARD}")
    assert status == 0
    assert said.startswith("session d1/s2 of egmd, 1 row\n")


def test_a_raw_file_leads_to_every_sample_and_shard(folder, tmp_path_factory):
    status, said, error = run_command(folder, "trace", "--raw", WAV)
    assert (status, error) == (0, "")
    lines = said.splitlines()
    assert lines[0] == f"egmd: {WAV}"
    assert f"  of session {SESSION}" in lines
    assert "10 product(s) rest on it, by their run manifests:" in lines
    assert f"       1 {LINES}" in lines
    assert f"{EXPORT}, release 2026-11: in 1 file(s)" in lines
    assert f"  {SAMPLE}" in lines
    assert lines[-1] == "release 2026-11: 1 document(s) or export(s)"
    elsewhere = tmp_path_factory.mktemp("else")
    assert run_command(elsewhere, "trace", folder, "--raw", WAV) == (0, said, "")
    everything = run_command(folder, "trace", "--raw", WAV, "--all")[1].splitlines()
    assert "  results/crash/egmd.parquet" in everything
    document = json.loads(run_command(folder, "trace", "--raw", WAV, "--json")[1])
    assert document["schema"] == "drumcorpus-users-v1"
    assert document["exports"] == [
        {"folder": EXPORT, "release": "2026-11", "files": {SAMPLE: 1}},
    ]


def test_links_that_are_missing_are_status_1_and_named(folder):
    (folder / "results/events/egmd.parquet.manifest.json").unlink()
    status, said, error = run_command(folder, "trace", LINES)
    assert status == 1
    assert "! results/events/egmd.parquet: has no run manifest" in said
    assert error.splitlines() == [
        "missing link: results/events/egmd.parquet: has no run manifest; "
        "results/manifests/prod.parquet was made from it",
        f"python -m drumcorpus: {LINES}: 1 problem(s) in what is recorded",
    ]


def test_a_circle_ends_and_is_a_problem(tmp_path):
    stamp_chain(tmp_path, {"a.txt": ["b.txt"], "b.txt": ["a.txt"]}, circular=True)
    status, said, error = run_command(tmp_path, "trace", "a.txt", "--picture", "a.svg")
    assert status == 1
    assert said.count("leads back to itself") == 1
    assert "a.txt: was made from b.txt from a.txt, by what is recorded: nothing can be" in error


def make_again(folder, name, text, sources):
    """Another version of a product, made of other things."""
    (folder / name).write_text(text)
    write_record(folder, name, sources)


@pytest.fixture
def stale(tmp_path):
    """`top` was made of the `mm` that had `take` in it; today's has `other` in its place."""
    stamp_chain(tmp_path, {"mm.jsonl": ["keep.jsonl", "take.jsonl"], "top.jsonl": ["mm.jsonl"]})
    (tmp_path / "other.jsonl").write_text("other.jsonl\n")
    kinds = [("keep.jsonl", "external"), ("other.jsonl", "external")]
    make_again(tmp_path, "mm.jsonl", "again\n", kinds)
    return tmp_path


WAS, IS = (hashlib.sha256(text).hexdigest()[:12] for text in (b"mm.jsonl\n", b"again\n"))


def test_a_stale_link_is_named_and_what_stands_today_is_told_apart(stale):
    status, said, error = run_command(stale, "trace", "top.jsonl", "--picture", "t.svg")
    assert status == 1
    tree, _, _ = said.partition("\n\n")
    assert tree.splitlines()[1] == f"└ mm.jsonl  {WAS} (does not stand any more)"
    assert "other.jsonl" not in tree
    assert "keep.jsonl" not in tree
    assert error.splitlines()[0] == (
        f"missing link: mm.jsonl: another version stands (sha256 {WAS}… was read, {IS}… stands), "
        "and no run manifest tells what the one that was read was made of; read by top.jsonl. "
        "The one that stands rests on keep.jsonl, other.jsonl"
    )
    assert "another version stands" in (stale / "t.svg").read_text()
    status, said, _ = run_command(stale, "trace", "top.jsonl", "--json")
    assert status == 1
    document = json.loads(said)
    assert [each["path"] for each in document["products"]] == ["top.jsonl"]
    (link,) = document["stale"]
    assert (link["path"], link["users"]) == ("mm.jsonl", ["top.jsonl"])
    assert (link["recorded"][:12], link["today"][:12]) == (WAS, IS)
    assert link["rests_on"] == ["keep.jsonl", "other.jsonl"]


@pytest.mark.parametrize("raw", ["take.jsonl", "other.jsonl", "keep.jsonl"])
def test_what_a_stale_link_may_hide_is_said_for_every_raw_file(stale, raw):
    status, said, error = run_command(stale, "trace", "--raw", raw, "--json")
    assert status == 1
    document = json.loads(said)
    assert document["chain"] == ([] if raw == "take.jsonl" else ["mm.jsonl"])
    (unknown,) = document["unknown"]
    assert (unknown["path"], unknown["products"]) == ("mm.jsonl", ["top.jsonl"])
    said = run_command(stale, "trace", "--raw", raw)[1]
    assert "1 more product(s) may, of which nothing tells that is here:\n  top.jsonl\n" in said
    assert f"top.jsonl: cannot be known: made from mm.jsonl with sha256 {WAS}…" in error


def test_a_version_that_does_not_stand_leads_to_what_was_made_of_it(stale):
    digest = hashlib.sha256(b"mm.jsonl\n").hexdigest()
    status, said, _ = run_command(stale, "trace", "--raw", digest, "--json")
    assert status == 0
    assert json.loads(said)["chain"] == ["top.jsonl"]


def test_a_raw_file_that_was_changed_is_known_by_its_path(stale):
    (stale / "keep.jsonl").write_text("changed\n")
    status, said, error = run_command(stale, "trace", "--raw", "keep.jsonl", "--json")
    assert status == 1
    assert json.loads(said)["chain"] == ["mm.jsonl"]
    assert "keep.jsonl: was changed since mm.jsonl was made from it" in error


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        ([], 2, "wanted: FILE, or --raw RAW"),
        (["gone.jsonl"], 2, "gone.jsonl: there is no such file"),
        (["raw/info.csv"], 2, "raw/info.csv: has no run manifest, and no listing of an export"),
        ([LINES, "--event", "zz"], 1, f"{LINES}: no row of it has the event 'zz'"),
        ([LINES, "--event", "a", "--session", "b"], 2, "not allowed with argument"),
        (["--raw", "gone.wav"], 1, "gone.wav: no inventory and no run manifest of this folder"),
        (["gone", "--raw", WAV], 2, "gone: is no folder, which --raw searches"),
        (["raw", "--raw", WAV], 2, "raw: no run manifest stands below this folder"),
        (["--raw", WAV, "--picture", "x.svg"], 2, "--picture draws what FILE was made of"),
    ],
    ids=["none", "gone", "raw", "event", "two", "unknown", "no_folder", "empty", "picture"],
)
def test_what_cannot_be_answered_is_one_sentence_last(folder, arguments, status, words):
    got, said, error = run_command(folder, "trace", *arguments)
    assert (got, said) == (status, "")
    assert words in error.splitlines()[-1]
    assert "Traceback" not in error


def test_a_copy_in_the_folder_of_a_release_is_traced_as_what_it_is_a_copy_of(folder):
    release = folder / "reports/releases/r"
    release.mkdir(parents=True)
    data = (folder / LINES).read_bytes()
    (release / "prod.jsonl").write_bytes(data)
    listing = f"{hashlib.sha256(data).hexdigest()}  prod.jsonl\n"
    (release / "contents.sha256").write_text(listing)
    write_record(folder, "reports/releases/r/contents.sha256", [(LINES, "product")])
    copy = "reports/releases/r/prod.jsonl"
    assert run_command(folder, "trace", copy) == run_command(folder, "trace", LINES)
    assert run_command(folder, "verify", copy, "--quick")[0] == 0
    (release / "prod.jsonl").write_bytes(b"{}\n")
    assert run_command(folder, "verify", copy)[0] == 1


def test_the_run_manifest_may_be_named_instead_of_its_product(folder):
    for name in ("trace", "verify"):
        done = run_command(folder, name, f"{LINES}.manifest.json")
        assert done == run_command(folder, name, LINES)
        assert done[0] == 0


def test_a_file_that_is_gone_or_another_is_a_problem(tmp_path):
    stamp_chain(tmp_path, {"b.txt": ["raw.txt"]})
    (tmp_path / "b.txt").write_text("other\n")
    status, said, error = run_command(tmp_path, "trace", "b.txt")
    assert status == 1
    assert "raw.txt" in said
    assert error.startswith("b.txt: is not what its run manifest says (sha256 ")
    (tmp_path / "b.txt").unlink()
    status, _, error = run_command(tmp_path, "trace", "b.txt")
    assert status == 1
    assert error.startswith("b.txt: is not there; its run manifest alone was read")
    assert run_command(tmp_path, "trace", "b.txt.manifest.json")[0] == 0
