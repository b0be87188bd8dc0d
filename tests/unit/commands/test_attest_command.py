"""``attest`` as a user runs it, on files that no workflow made."""

import base64
import json
import shutil
import subprocess

import pytest
from command_lines import run_command
from stamped import content_of, stamp_chain, write_record

LINKS = {"merged.jsonl": ["a.jsonl", "b.jsonl"], "a.jsonl": ["raw.wav"]}


@pytest.fixture
def folder(tmp_path):
    return stamp_chain(tmp_path, LINKS)


def test_without_a_place_the_statement_is_printed(folder):
    status, said, _ = run_command(folder, "attest", "merged.jsonl")
    assert status == 0
    statement = json.loads(said)
    assert [each["name"] for each in statement["subject"]] == ["merged.jsonl"]
    definition = statement["predicate"]["buildDefinition"]
    assert definition["internalParameters"] == {"jobs": 2}
    names = [each["name"] for each in definition["resolvedDependencies"]]
    assert names == ["b.jsonl", "raw.wav", "(by hand)"]


def test_statement_and_crate_have_equal_bytes_each_time_and_from_any_folder(folder, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = ("attest", "merged.jsonl", "--statement", "s.json", "--crate", "crate")
    assert run_command(folder, *first)[:2] == (0, "s.json: written\ncrate: written\n")
    again = ("attest", folder / "merged.jsonl.manifest.json", "--statement", "s.json")
    assert run_command(elsewhere, *again, "--crate", "crate", anew=True)[0] == 0
    for name in ("s.json", "crate/ro-crate-metadata.json", "crate/statement.intoto.json"):
        assert (folder / name).read_bytes() == (elsewhere / name).read_bytes()
    assert str(tmp_path) not in (folder / "crate/ro-crate-metadata.json").read_text()
    assert not (folder / "crate/Snakefile").exists()  # no workflow made these


def test_several_files_come_into_one_statement(folder):
    _, said, _ = run_command(folder, "attest", "a.jsonl", "merged.jsonl")
    assert [each["name"] for each in json.loads(said)["subject"]] == ["a.jsonl", "merged.jsonl"]


def test_a_builder_and_a_date_are_those_that_are_stated(folder):
    options = ("--builder", "mailto:a@example.org", "--published", "2026-11-29", "--crate", "c")
    assert run_command(folder, "attest", "merged.jsonl", "--statement", "s", *options)[0] == 0
    details = json.loads((folder / "s").read_text())["predicate"]["runDetails"]
    assert details == {"builder": {"id": "mailto:a@example.org"}}
    crate = json.loads((folder / "c/ro-crate-metadata.json").read_text())
    (root,) = [each for each in crate["@graph"] if each["@id"] == "./"]
    assert root["datePublished"] == "2026-11-29"


def test_a_file_that_was_changed_is_not_attested(folder):
    (folder / "merged.jsonl").write_text("other\n")
    status, said, complaint = run_command(folder, "attest", "merged.jsonl", "--crate", "crate")
    assert (status, said) == (1, "")
    assert "merged.jsonl: is not what its run manifest says (sha256 " in complaint
    assert not (folder / "crate").exists()


def test_a_file_without_run_manifest_cannot_be_looked_at(folder):
    status, _, complaint = run_command(folder, "attest", "raw.wav")
    assert status == 2
    assert "raw.wav.manifest.json: there is no such file" in complaint


def test_files_of_two_folders_are_attested_apart(tmp_path):
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
        stamp_chain(folder, LINKS)
    files = [folder / "merged.jsonl" for folder in folders]
    status, _, complaint = run_command(tmp_path, "attest", *files)
    assert status == 1
    assert "are two working folders; attest each one alone" in complaint


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_a_signature_of_another_program_is_verified_by_it(folder):
    run = {"cwd": folder, "check": True, "capture_output": True}
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", "key.pem"]
    subprocess.run(["openssl", "genpkey", *curve], **run)
    subprocess.run(["openssl", "pkey", "-in", "key.pem", "-pubout", "-out", "pub.pem"], **run)
    command = "openssl dgst -sha256 -sign key.pem"
    options = ("--statement", "s.json", "--sign-with", command, "--key-id", "k")
    status, said, _ = run_command(folder, "attest", "merged.jsonl", *options)
    assert (status, said) == (0, "s.json: written\ns.json.dsse.json: written\n")
    signed = json.loads((folder / "s.json.dsse.json").read_text())
    payload = base64.b64decode(signed["payload"])
    assert payload == (folder / "s.json").read_bytes()
    kind = signed["payloadType"].encode()
    encoded = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    (folder / "signed").write_bytes(encoded)
    (signature,) = signed["signatures"]
    assert signature["keyid"] == "k"
    (folder / "signature").write_bytes(base64.b64decode(signature["sig"]))
    check = ["openssl", "dgst", "-sha256", "-verify", "pub.pem", "-signature", "signature"]
    assert subprocess.run([*check, "signed"], **run).stdout == b"Verified OK\n"


def test_nothing_is_written_where_the_program_that_signs_fails(folder):
    options = ("--statement", "s.json", "--sign-with", "false")
    status, _, complaint = run_command(folder, "attest", "merged.jsonl", *options)
    assert status == 1
    assert "--sign-with false: exit status 1, 0 bytes of signature: it said nothing" in complaint
    assert not (folder / "s.json").exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--sign-with", "true"), "--sign-with: say where to, with --statement OUT"),
        (("--sign-with", "", "--statement", "s"), "--sign-with: names no program"),
        (("--sign-with", "no-such-program", "--statement", "s"), "no-such-program"),
    ],
    ids=["without a place", "without a program", "no such program"],
)
def test_a_signature_that_cannot_be_made_is_refused(folder, options, sentence):
    status, _, complaint = run_command(folder, "attest", "merged.jsonl", *options)
    assert status == 2
    assert sentence in complaint
    assert content_of("merged.jsonl") == (folder / "merged.jsonl").read_bytes()


WRITES = {
    "the_product": ("attest", "merged.jsonl", "--statement", "merged.jsonl"),
    "an_input": ("attest", "merged.jsonl", "--statement", "b.jsonl"),
    "a_manifest": ("attest", "merged.jsonl", "--statement", "a.jsonl.manifest.json"),
    "notes": ("attest", "merged.jsonl", "--statement", "notes.txt"),
    "a_folder": ("attest", "merged.jsonl", "--statement", "."),
    "no_name": ("attest", "merged.jsonl", "--statement", ""),
    "a_file_for_the_crate": ("attest", "merged.jsonl", "--crate", "notes.txt"),
    "a_folder_with_another_statement": ("attest", "merged.jsonl", "--crate", "other"),
    "a_folder_with_a_snakefile": ("attest", "merged.jsonl", "--crate", "work"),
    "picture_over_the_product": ("trace", "merged.jsonl", "--picture", "merged.jsonl"),
    "picture_over_an_input": ("trace", "merged.jsonl", "--picture", "raw.wav"),
    "picture_over_a_manifest": ("trace", "b.jsonl", "--picture", "a.jsonl.manifest.json"),
    "picture_over_notes": ("trace", "merged.jsonl", "--picture", "notes.txt"),
    "picture_over_a_drawing": ("trace", "merged.jsonl", "--picture", "drawing.svg"),
}


@pytest.mark.parametrize("name", WRITES)
def test_nothing_is_written_over_what_is_something_else(folder, name):
    write_record(folder, "b.jsonl", [])
    (folder / "notes.txt").write_text("notes\n")
    (folder / "drawing.svg").write_text("<svg xmlns='x'><title>Mine</title></svg>")
    for place, text in (("other/statement.intoto.json", "{}"), ("work/Snakefile", "rule all:")):
        (folder / place).parent.mkdir()
        (folder / place).write_text(text)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status, said, error = run_command(folder, *WRITES[name])
    assert (status, said) == (2, "")
    assert "; name " in error
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_what_was_written_before_is_written_again(folder):
    sign = ("--sign-with", "tr -d z", "--key-id", "k")
    for _ in range(2):
        words = ("attest", "a.jsonl", "--statement", "s.json", *sign, "--crate", "crate")
        assert run_command(folder, *words)[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        ("--published", "2026-99-99"),
        ("--published", "soon"),
        ("--builder", "not a uri"),
        ("--max-raw-files", "-1"),
        ("--max-jobs", "-1"),
        ("--checkout", "/nope"),
    ],
    ids=lambda words: f"{words[0]}={words[1]}",
)
def test_an_argument_that_cannot_be_meant_is_refused(folder, words):
    status, _, error = run_command(folder, "attest", "merged.jsonl", *words)
    assert status == 2
    assert words[0] in error


def test_a_run_manifest_that_stands_elsewhere_is_named(folder):
    (folder / "sub").mkdir()
    (folder / "merged.jsonl.manifest.json").rename(folder / "sub/m.json")
    for command in ("attest", "replay", "trace", "verify"):
        words = (command, "merged.jsonl", "--manifest", "sub/m.json")
        assert run_command(folder, *words)[0] == 0
    status, _, error = run_command(folder, "attest", "a.jsonl", "b.jsonl", "--manifest", "x")
    assert status == 2
    assert "--manifest is that of one FILE" in error


def test_a_crate_without_licences_names_none(folder):
    assert run_command(folder, "attest", "merged.jsonl", "--crate", "crate")[0] == 0
    graph = json.loads((folder / "crate/ro-crate-metadata.json").read_text())["@graph"]
    assert all("license" not in each for each in graph)
