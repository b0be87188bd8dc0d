"""``evaluate`` writes a report, says the figures, and ends by what is required."""

import json

import pyarrow as pa
import pytest
import yaml
from checkout import REPO
from command_lines import read_sidecar_json, run_command
from evaluated_corpus import MANIFEST, write_corpus, write_lines

from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.files.schema_check import document_problems
from drumcorpus.ground.files.tables import write_table
from drumcorpus.schemas import SESSIONS as SCHEMA_OF_SESSIONS
from drumcorpus.stages.evaluation.folds import read_folds

SESSIONS = {
    f"s{n}": {"events": [(1.0, ["kick", "crash"]), (2.0, ["snare"])], "kit": f"k{n % 2}"}
    for n in range(12)
}
ARGUMENTS = ("evaluate", "--corpus", MANIFEST, "--predictions", "mine", "--resamples", 200)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    write_corpus(tmp_path, SESSIONS, monkeypatch)
    for n in range(12):
        lines = [(1.001, "kick"), (1.02, "crash"), (2.0, "snare" if n % 3 else "kick")]
        write_lines(tmp_path / "mine", **{f"s{n}": lines})
        write_lines(tmp_path / "theirs", **{f"s{n}": lines[:2]})
    return tmp_path


def report(folder):
    return json.loads((folder / "evaluation.json").read_text())


def test_the_figures_are_said_and_written(folder):
    status, said, errors = run_command(folder, *ARGUMENTS)
    assert (status, errors) == (0, "")
    lines = said.splitlines()
    assert lines[:3] == [
        "evaluation.json: written",
        "evaluation.json.manifest.json: written",
        f"corpus@50/pooled on test of {MANIFEST} (12 sessions, 12 groups, 36 hits)",
    ]
    assert lines[3].startswith("micro              F 0.8889  [0.")
    assert "snare              F 0.8000  [0." in said
    scores = report(folder)["system"]["scores"]
    assert (scores["micro"]["tp"], scores["micro"]["fp"], scores["micro"]["fn"]) == (32, 4, 4)
    assert scores["classes"]["kick"]["precision"] == 0.75
    assert report(folder)["system"]["errors"]["snare"]["taken_for"] == {"kick": 4}


def test_the_report_is_of_its_schema_and_has_the_same_bytes_again(folder):
    run_command(folder, *ARGUMENTS, "--compare", "theirs")
    names = ("evaluation.json", "evaluation.json.manifest.json")
    before = [(folder / name).read_bytes() for name in names]
    schema = yaml.safe_load((REPO / "workflow/schemas/evaluation.schema.yaml").read_text())
    assert document_problems(report(folder), schema) == []
    run_command(folder, *ARGUMENTS, "--compare", "theirs", anew=True)
    assert [(folder / name).read_bytes() for name in names] == before


def test_the_run_manifest_names_the_corpus_and_is_verified_and_traced(folder):
    run_command(folder, *ARGUMENTS)
    manifest = read_sidecar_json(folder / "evaluation.json")
    inputs = {row["path"]: (row["name"], row["kind"]) for row in manifest["inputs"]}
    assert inputs[MANIFEST] == ("corpus", "product")
    assert inputs["mine/s0.tsv"] == ("predictions", "external")
    assert inputs["resources/taxonomy/components.yaml"] == ("settings", "resource")
    stated = {row["path"]: row["sha256"] for row in manifest["inputs"]}
    assert report(folder)["corpus"]["sha256"] == stated[MANIFEST]
    assert run_command(folder, "verify", "evaluation.json")[0] == 0
    assert MANIFEST in run_command(folder, "trace", "evaluation.json")[1]


def test_a_second_system_is_held_against_the_first(folder):
    status, said, _ = run_command(folder, *ARGUMENTS, "--compare", "theirs")
    assert status == 0
    assert "theirs less mine: micro -0.0889, [-0." in said
    comparison = report(folder)["comparison"]
    assert comparison["classes"]["snare"]["difference"] == -0.8
    assert comparison["classes"]["snare"]["p"] < 0.05
    assert comparison["classes"]["snare"]["p_holm"] >= comparison["classes"]["snare"]["p"]
    assert comparison["classes"]["crash"] == {
        "difference": 0.0,
        "effective_groups": 12.0,
        "groups": 12,
        "high": 0.0,
        "low": 0.0,
        "p": 1.0,
        "p_holm": 1.0,
        "resolvable": True,
    }


@pytest.mark.parametrize(
    ("required", "status", "words"),
    [
        (["micro>=0.88", "snare.f>0.7"], 0, ""),
        (["micro>=0.89"], 1, "does not hold: micro>=0.89: is 0.8889"),
        (["micro>=0.5", "tom_low>=0"], 1, "tom_low>=0: has no value (absent, or not resolvable)"),
        (["micr>=0.5"], 2, "no 'micr' (did you mean 'micro'?); allowed: micro, macro"),
        (["micro=0.5"], 2, "got 'micro=0.5'; wanted: FIGURE>=LIMIT, such as micro>=0.80"),
        (["micro.q>0.5"], 2, "no 'q' of micro; allowed: f, precision, recall, low, high"),
        (["macro.precision>0"], 2, "no 'precision' of macro; allowed: f, low, high"),
        (["fold_mean>=0"], 2, "require: fold_mean is there with folds alone"),
        (["micro>=0.8889"], 1, "does not hold: micro>=0.8889: is 0.888889"),
    ],
    ids=[
        *("holds", "does not", "absent", "no such figure", "no such form", "no such part"),
        *("no part of a mean", "no folds", "by a hair"),
    ],
)
def test_a_required_figure_decides_the_exit_status(folder, required, status, words):
    options = [word for each in required for word in ("--require", each)]
    ended, _, errors = run_command(folder, *ARGUMENTS, *options)
    assert ended == status
    assert words in errors


def test_what_was_required_stands_in_the_report(folder):
    run_command(folder, *ARGUMENTS, "--require", "micro>=0.89", "--require", "snare > 0.7")
    assert report(folder)["required"] == [
        {"figure": "micro>=0.89", "value": 0.888889, "holds": False},
        {"figure": "snare > 0.7", "value": 0.8, "holds": True},
    ]


def test_published_folds_have_names(folder):
    status, _, errors = run_command(folder, *ARGUMENTS, "--folds", "vogl_mdb")
    assert status == 2
    assert "folds: session 'MusicDelta_Punk'; wanted: every session that is scored in one" in errors
    sizes = {"vogl_mdb": [7, 8, 8], "vogl_enst": [21, 22, 21], "vogl_rbma13": [9, 9, 9]}
    for name, wanted in sizes.items():
        folds = read_folds(REPO / f"resources/evaluation/folds/{name}.yaml")
        assert [len(names) for names in folds.values()] == wanted
        assert len({each for names in folds.values() for each in names}) == sum(wanted)


def test_what_cannot_be_read_ends_with_2_and_writes_nothing(folder):
    (folder / "mine/s3.tsv").write_text("1.0\tkick\n0.5\tkick\n")
    status, _, errors = run_command(folder, *ARGUMENTS)
    assert status == 2
    assert "mine/s3.tsv:2: onset_time 0.5 is before" in errors
    assert not (folder / "evaluation.json").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--class-map", "vogl"], "no class map 'vogl'"),
        (["--note-map", "pads"], "no note map 'pads'; allowed: general_midi, roland_td11"),
        (["--output", "../e.json"], "lies outside the present folder"),
        (["--corpus", "results/manifests/none.parquet"], "there is no such file"),
        (["--predictions", "none"], "there is no such file"),
    ],
    ids=["class map", "note map", "output", "corpus", "predictions"],
)
def test_a_name_that_is_none_ends_with_2(folder, options, words):
    status, _, errors = run_command(folder, *ARGUMENTS, *options)
    assert (status, words in errors) == (2, True), errors


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (MANIFEST, "no run manifest beside it says that it was evaluated"),
        ("results/splits/small.parquet", "no run manifest beside it says that it was evaluated"),
        ("notes.txt", "no run manifest beside it says that it was evaluated"),
        ("mine/predictions.json", "lies in the folder of the predictions"),
        ("mine", "at mine is a folder; move it away"),
        ("e.json.manifest.json", "is the name of a run manifest"),
        ("", "is no name of a file"),
        ("new/", "is no name of a file"),
    ],
    ids=["manifest", "splits", "text", "statement", "folder", "run manifest", "none", "new folder"],
)
def test_nothing_but_an_older_report_is_written_over(folder, output, words):
    (folder / "notes.txt").write_text("a thesis")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    status, _, errors = run_command(folder, *ARGUMENTS, "--output", output)
    assert (status, words in errors) == (2, True), errors
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_run_manifest_of_something_else_is_not_written_over(folder):
    (folder / "e.json.manifest.json").write_text("{}")
    status, _, errors = run_command(folder, *ARGUMENTS, "--output", "e.json")
    assert (status, "'e.json' stands there" in errors) == (2, True), errors
    assert (folder / "e.json.manifest.json").read_text() == "{}"


@pytest.mark.parametrize(
    ("option", "value", "wanted"),
    [
        ("--resamples", "99", "from 100 to 1,000,000"),
        ("--resamples", "0", "from 1 on"),
        ("--seed", str(2**32), "from 1 to 4,294,967,295"),
        ("--seed", "9" * 5_000, "from 1 to 4,294,967,295"),
    ],
    ids=["few", "none", "large seed", "endless seed"],
)
def test_numbers_that_no_interval_can_be_drawn_with_are_refused(folder, option, value, wanted):
    status, _, errors = run_command(folder, *ARGUMENTS, option, value)
    assert (status, wanted in errors) == (2, True), errors


def test_a_name_of_a_system_cannot_steer_the_terminal(folder):
    (folder / "theirs/predictions.json").write_text('{"system": "\\u001b[31mred"}')
    said = run_command(folder, *ARGUMENTS, "--compare", "theirs")[1]
    assert "\\x1b[31mred less mine: micro -0.0889" in said


def test_the_tables_that_lengths_were_read_of_are_in_the_run_manifest(folder):
    rows = [{"source_set": "one", "session_id": name, "audio_duration": 30.0} for name in SESSIONS]
    path = "results/sessions/one.parquet"
    write_table(path, pa.Table.from_pylist(rows, SCHEMA_OF_SESSIONS))
    run_command(folder, *ARGUMENTS)
    assert report(folder)["corpus"]["minutes"] == 6.0
    assert report(folder)["system"]["scores"]["classes"]["kick"]["fp_per_minute"] == 0.666667
    inputs = read_sidecar_json(folder / "evaluation.json")["inputs"]
    (row,) = [row for row in inputs if row["path"] == path]
    assert (row["name"], row["kind"], row["sha256"]) == ("sessions", "product", sha256_file(path))


@pytest.mark.parametrize("other", ["mine", "./mine/", "link"])
def test_a_run_that_is_named_twice_is_no_other_seed(folder, other):
    (folder / "link").symlink_to("mine")
    status, _, errors = run_command(folder, *ARGUMENTS, "--another-seed", other)
    assert status == 2
    assert "is named twice; wanted: each run once" in errors


def test_a_split_without_a_class_that_is_scored_has_no_value_and_is_said(tmp_path, monkeypatch):
    parts = {"v": "validation", "t": "test"}
    events = [(1.0, ["aux_percussion"])]
    write_corpus(
        tmp_path, {n: {"events": events, "split": s} for n, s in parts.items()}, monkeypatch
    )
    for folder, name in (("mine", "t"), ("theirs", "t"), ("fit", "v")):
        write_lines(tmp_path / folder, **{name: [(1.0, "kick", 0.5)]})
    options = ("--compare", "theirs", "--another-seed", "theirs", "--validation", "fit")
    options += ("--class-map", "adtof5", "--vocabulary", "corpus", "--open-set", "--calibration")
    status, said, errors = run_command(tmp_path, *ARGUMENTS, *options)
    assert (status, errors) == (0, "")
    assert "theirs less mine: micro no value, not resolvable (0 groups, 0.0 effective)" in said
    assert "without the lags of validation: micro F no value" in said
    assert "ceiling, with those of test itself: no value" in said


def test_lags_of_two_systems_are_fitted_each_on_its_own_validation(tmp_path, monkeypatch):
    sessions = {f"{split}{n}": split for split in ("validation", "test") for n in range(3)}
    events = [(1.0, ["kick"]), (2.0, ["snare"])]
    write_corpus(
        tmp_path, {n: {"events": events, "split": s} for n, s in sessions.items()}, monkeypatch
    )
    for late, folder in ((0.04, "mine"), (0.01, "theirs")):
        for name, split in sessions.items():
            place = tmp_path / (folder if split == "test" else f"{folder}_validation")
            write_lines(place, **{name: [(1 + late, "kick"), (2 + late, "snare")]})
    options = ("--compare", "theirs", "--compare-validation", "theirs_validation")
    status, _, errors = run_command(
        tmp_path, *ARGUMENTS, *options, "--validation", "mine_validation"
    )
    assert (status, errors) == (0, "")
    document = report(tmp_path)
    lags = [document[key]["tuning"]["lags"]["one"]["lag_ms"] for key in ("system", "other")]
    assert lags == [40.0, 10.0]
    run_command(tmp_path, *ARGUMENTS, *options)
    assert report(tmp_path)["system"]["tuning"] is None
    status, _, errors = run_command(tmp_path, *ARGUMENTS, *options[2:])
    assert status == 2
    assert "compare_validation: there is no other system; name it under compare" in errors
