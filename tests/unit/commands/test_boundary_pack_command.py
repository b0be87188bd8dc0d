"""``boundary-pack`` writes the hard places of a split, and ``evaluate`` scores them by tag."""

import json
import re
import shutil

import pyarrow as pa
import pytest
import yaml
from checkout import REPO
from command_lines import run_command
from evaluated_corpus import MANIFEST, PLAN, write_corpus, write_lines

from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.run.run_manifest import write_manifests
from drumcorpus.schemas import SESSIONS

PACK, LENGTHS = "boundary_pack.json", "results/sessions/one.parquet"
MAKE = ("boundary-pack", "--corpus", MANIFEST, "--window", 4, "--hop", 4)
ARGUMENTS = ("evaluate", "--corpus", MANIFEST, "--resamples", 200, "--boundary-pack", PACK)
CHOKED = {"techniques": ["choke"]}
SILENT = {"negative_example": True, "offset_time": 9.5}
EVENTS = [
    (0.02, ["kick", "crash"]),
    (0.5, ["ride_bow"]),
    (1.0, ["crash"], 0.9, CHOKED),
    (1.5, ["snare"], 0.2),
    (1.52, ["snare"], 0.9),
    (4.005, ["tambourine"]),
    (9.0, [], None, SILENT),
    (9.97, ["kick"]),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write_corpus(tmp_path, {f"s{n:02d}": {"events": EVENTS} for n in range(12)}, monkeypatch)
    rows = [{"session_id": f"s{n:02d}", "audio_duration": 10.0} for n in range(12)]
    write_table(LENGTHS, pa.Table.from_pylist(rows, SESSIONS))
    plan = {**PLAN, "rule": "inventory", "inputs": []}
    write_manifests(plan, [("sessions", LENGTHS)], {})
    lines = [
        *[
            (0.02, "kick", 0.9),
            (0.02, "crash", 0.8),
            (0.5, "ride_bow", 0.7),
            (1.0, "ride_bow", 0.6),
        ],
        *[(1.5, "snare", 0.9), (2.9, "crash", 0.5), (9.2, "kick", 0.4), (9.97, "kick", 0.9)],
    ]
    for n in range(12):
        write_lines(tmp_path / "mine", **{f"s{n:02d}": lines})
        write_lines(tmp_path / "plain", **{f"s{n:02d}": [line[:2] for line in lines]})
    return tmp_path


def read(folder, name):
    return json.loads((folder / name).read_text())


def schema(name):
    return yaml.safe_load((REPO / f"workflow/schemas/{name}.schema.yaml").read_text())


def test_every_tag_is_named_with_its_cases_or_why_it_has_none(folder):
    status, said, errors = run_command(folder, *MAKE)
    assert (status, errors) == (0, "")
    assert said.splitlines() == [
        "boundary_pack.json: written",
        "boundary_pack.json.manifest.json: written",
        "first_50_ms            24 of 24, in 12 session(s)",
        "last_50_ms             12 of 12, in 12 session(s)",
        "window_edge            12 of 12, in 12 session(s)",
        "flam                   12 of 12, in 12 session(s)",
        "double_trigger         none: no session of the split has it",
        "crash_with_kick        12 of 12, in 12 session(s)",
        "crash_on_ringing_ride  12 of 12, in 12 session(s)",
        "open_hat_then_pedal    none: no session of the split has it",
        "choke                  12 of 12, in 12 session(s)",
        "ghost                  12 of 12, in 12 session(s)",
        "silence                24 of 24, in 12 session(s)",
        "negative_clip          12 of 12, in 12 session(s)",
    ]
    pack = read(folder, PACK)
    assert document_problems(pack, schema("boundary_pack")) == []
    assert next(case for case in pack["cases"] if case["tag"] == "choke") == {
        "tag": "choke",
        "source_set": "one",
        "session_id": "s00",
        "start_us": 950_000,
        "end_us": 1_050_000,
        "hits": [{"onset_us": 1_000_000, "label": "crash"}],
    }
    status, said, errors = run_command(folder, "verify", PACK)
    assert (status, errors) == (0, ""), said


def test_a_pack_is_bounded_and_has_the_same_bytes_again(folder):
    said = run_command(folder, *MAKE, "--per-tag", 5)[1]
    assert "first_50_ms            5 of 24, in 5 session(s)" in said
    names = (PACK, f"{PACK}.manifest.json")
    before = [(folder / name).read_bytes() for name in names]
    run_command(folder, *MAKE, "--per-tag", 5, anew=True)
    assert [(folder / name).read_bytes() for name in names] == before
    run_command(folder, *MAKE, "--per-tag", 5, "--seed", 2)
    assert read(folder, PACK)["cases"] != json.loads(before[0])["cases"]


def test_recall_and_false_positives_of_every_tag(folder):
    run_command(folder, *MAKE)
    status, said, errors = run_command(folder, *ARGUMENTS, "--predictions", "mine")
    assert (status, errors) == (0, "")
    report = read(folder, "evaluation.json")
    assert document_problems(report, schema("evaluation")) == []
    assert report["boundary_pack"]["tags"]["double_trigger"]["none_because"]
    tags = report["system"]["boundary"]
    assert {name for name, row in tags.items() if row is None} == {
        "double_trigger",
        "open_hat_then_pedal",
    }
    shown = {
        name: (row["hits"], row["found"], row["fp"], row["fp_of_other_classes"])
        for name, row in tags.items()
        if row
    }
    assert shown == {
        "first_50_ms": (24, 24, 0, 0),
        "last_50_ms": (12, 12, 0, 0),
        "window_edge": (12, 0, 0, 0),
        "flam": (24, 12, 0, 0),
        "crash_with_kick": (24, 24, 0, 0),
        "crash_on_ringing_ride": (12, 0, 12, 12),  # said to be the ride
        "choke": (12, 0, 12, 12),
        "ghost": (12, 12, 0, 0),
        "silence": (0, 0, 24, 24),
        "negative_clip": (0, 0, 12, 12),
    }
    # Of two crashes each session has one; the other is said to be the ride.
    crash = report["system"]["cymbals"]["crash"]
    assert (crash["hits"], crash["found"], crash["missed"]) == (24, 12, 0)
    assert {name: n for name, n in crash["taken_for"].items() if n} == {"ride_bow": 12}
    assert crash["taken_for"].keys() == {
        *("ride_bow", "ride_bell", "ride_edge", "crash2", "crash3", "splash", "china"),
    }
    choke = tags["choke"]["recall"]
    assert (choke["value"], choke["low"], choke["high"], choke["groups"]) == (0, 0, 0, 12)
    silence = tags["silence"]  # from 1.57 to 3.955 s, and from 4.055 to 9.92 s
    assert silence["recall"]["value"] is None
    assert silence["minutes"] == pytest.approx(12 * (2.385 + 5.865) / 60, abs=1e-6)
    assert silence["fp_per_minute"]["value"] == pytest.approx(24 / silence["minutes"], rel=1e-5)
    assert "choke                  recall 0.0000  [0.0000, 0.0000], 12 false positive(s)" in said
    assert "double_trigger         no case" in said
    manifest = read(folder, "evaluation.json.manifest.json")
    assert PACK in {row["path"] for row in manifest["inputs"]}


def test_the_page_has_the_tags_and_the_open_set(folder):
    run_command(folder, *MAKE)
    asked = ("--predictions", "mine", "--open-set", "--page", "evaluation.html")
    assert run_command(folder, *ARGUMENTS, *asked)[0] == 0
    page = (folder / "evaluation.html").read_text()
    assert re.search(r"<td>choke</td><td[^>]*>12</td><td[^>]*>12</td><td[^>]*>0.000</td>", page)
    assert "<td>double_trigger</td>" in page
    assert "no session of the split has it" in page
    assert "FPR at 95 % TPR" in page
    assert re.search(r"<td>crash</td><td[^>]*>24</td><td[^>]*>50.*ride_bow 50", page)


def test_what_has_no_class_is_counted_and_a_pack_of_another_corpus_is_refused(folder):
    run_command(folder, *MAKE)
    map_of = ("--class-map", "adtof5", "--vocabulary", "corpus")
    run_command(folder, *ARGUMENTS, "--predictions", "mine", *map_of)
    edge = read(folder, "evaluation.json")["system"]["boundary"]["window_edge"]
    assert (edge["cases"], edge["hits"], edge["hits_without_class"]) == (12, 0, 12)
    assert read(folder, "evaluation.json")["system"]["cymbals"].keys() == {"CY+RD"}
    pack = read(folder, PACK)
    pack["corpus"]["sha256"] = "0" * 64
    (folder / PACK).write_text(json.dumps(pack))
    status, _, errors = run_command(folder, *ARGUMENTS, "--predictions", "mine")
    assert status == 2
    assert "the pack is of the manifest with sha256 000000000000…" in errors


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"tag": "gong"}, "cases.0: got tag 'gong'"),
        ({"end_us": 0, "start_us": 5}, "from 5 to 0 µs"),
        ({"session_id": "x"}, "session 'x' is none of the split with a hit"),
        ({"hits": [{"onset_us": 7, "label": "kick"}]}, "has no kick at 7 µs; write the pack again"),
        ({"hits": [{"onset_us": 20_000, "label": "gong"}]}, "label 'gong'; allowed: kick, snare"),
        ({"hits": [{"onset_us": -7, "label": "kick"}]}, "-7"),
        ({"start_us": None}, "cases.0.start_us"),
    ],
    ids=["tag", "end", "session", "hit", "label", "time", "type"],
)
def test_a_pack_that_was_edited_is_refused(folder, change, words):
    run_command(folder, *MAKE)
    pack = read(folder, PACK)
    pack["cases"][0] |= change
    (folder / PACK).write_text(json.dumps(pack))
    status, _, errors = run_command(folder, *ARGUMENTS, "--predictions", "mine")
    assert status == 2
    assert PACK in errors
    assert words in errors


def test_an_open_set_takes_scores_and_says_its_conventions(folder):
    map_of = ("--class-map", "adtof5", "--vocabulary", "corpus", "--open-set")
    words = ("evaluate", "--corpus", MANIFEST, "--resamples", 200, *map_of)
    status, said, _ = run_command(folder, *words, "--predictions", "mine")
    assert status == 0
    # Known: 0.9, 0.7, 0.6, 0.9 (twice, of one flam's two strokes), 0.9; unknown: nothing, and 0.4.
    assert (
        "open set: 72 known and 24 unknown sounds, AUROC 1.0000, AP 1.0000, FPR at 95 % TPR 0."
        in said
    )
    report = read(folder, "evaluation.json")
    assert document_problems(report, schema("evaluation")) == []
    assert report["system"]["open_set"]["threshold"] == 0.6
    assert report["system"]["open_set"]["unknown_without_prediction"] == 12
    assert report["protocol"]["open_set"]["positive"] == "known"
    assert "tambourine" in report["protocol"]["open_set"]["unknown"]
    status, _, errors = run_command(folder, *words, "--predictions", "plain")
    assert status == 2
    assert "predictions have no score, the first of session " in errors
    assert "open set takes one of every prediction: add them, or evaluate without --open" in errors


def test_a_session_that_lacks_scores_is_named(folder):
    shutil.copytree(folder / "mine", folder / "some")
    files = sorted((folder / "some").rglob("*.tsv"))
    lines = files[1].read_text().splitlines()
    without = ["\t".join(line.split("\t")[:2]) for line in lines]
    files[1].write_text("\n".join(without) + "\n")
    words = ("evaluate", "--corpus", MANIFEST, "--resamples", 200, "--calibration")
    status, _, errors = run_command(folder, *words, "--predictions", "some")
    assert status == 2
    name = files[1].relative_to(folder / "some").with_suffix("").as_posix()
    assert f"some: {len(lines)} of " in errors
    assert f"predictions have no score, the first of session '{name}'; calibration takes" in errors


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--window", 4], "--window and --hop: name both, or none"),
        (["--window", 4, "--hop", 0], "wanted: a number, a length from 0.1 to 3,600 s"),
        (["--per-tag", 0], "wanted: a number from 1 on"),
        (["--output", "results/manifests/small.parquet"], "no run manifest beside it says that"),
    ],
    ids=["half", "hop", "none", "corpus"],
)
def test_what_cannot_be_meant_is_refused(folder, arguments, words):
    status, _, errors = run_command(folder, "boundary-pack", "--corpus", MANIFEST, *arguments)
    assert status == 2
    assert words in errors
