"""Every benchmark runs as it is printed, at a tiny size, so that its figures can be had again."""

import argparse
import ast
import json
import re
import runpy
import sys

import pytest
from checkout import REPO
from peer_tools import write_tools
from printed import COMMANDS, SCRIPTS, command_of, printed_commands, run

from drumcorpus.demo import mdb_drums

# Scripts of bench/ by the file that runs them: a new one belongs here, beside its test.
HERE = {
    "bench/audio_checks.py",
    "bench/corpora_merge.py",
    "bench/evaluate.py",
    "bench/export_records.py",
    "bench/export_shards.py",
    "bench/imports.py",
    "bench/ingest_groove.py",
    "bench/ingest_slakh.py",
    "bench/label_agreement.py",
    "bench/load_segments.py",
    "bench/make_manifest.py",
    "bench/make_slakh_tree.py",
    "bench/near_duplicates.py",
    "bench/plan.py",
    "bench/score_onsets.py",
    "bench/small_run.py",
    "bench/sound_stages.py",
    "bench/tables.py",
    "bench/upstream_facts.py",
    "bench/verify_products.py",
}
CRASHES = {
    "bench/crash_speed.py",
    "bench/crash_truth/bodies.py",
    "bench/crash_truth/draw.py",
    "bench/crash_truth/import_kits.py",
    "bench/crash_truth/in_doubt.py",
    "bench/crash_truth/leave_kits_out.py",
    "bench/crash_truth/leave_one_out.py",
    "bench/crash_truth/mixture.py",
    "bench/crash_truth/reliability.py",
    "bench/crash_truth/run.py",
    "bench/crash_truth/train_model.py",
}
PRODUCTION = {
    "bench/production/run.py",
    "bench/production/trees.py",
}
CAPACITY = {
    "bench/production/capacity.py",
}
CLUSTER = {
    "bench/demo_on_a_cluster.py",
}
TRAINING = {
    "bench/training/experiments.py",
    "bench/training/written.py",
}
NETWORKS = {
    "bench/training/networks.py",
}
BENCHMARK = {
    "bench/benchmark/baselines.py",
    "bench/benchmark/material.py",
    "bench/benchmark/name_split.py",
}


# --- no script and no command is left out


def test_every_script_is_printed_and_run():
    assert (
        set(SCRIPTS)
        == HERE | CRASHES | PRODUCTION | CAPACITY | CLUSTER | TRAINING | NETWORKS | BENCHMARK
    )
    assert {command.script for command in COMMANDS if command.page.endswith(".md")} == set(SCRIPTS)


@pytest.mark.parametrize(
    ("scripts", "file"),
    [
        (HERE, "test_benchmarks_run.py"),
        (CRASHES, "test_crash_truth_run.py"),
        (PRODUCTION, "test_production_run.py"),
        (CAPACITY, "test_production_capacity.py"),
        (CLUSTER, "test_cluster_run.py"),
        (TRAINING, "test_training_experiments.py"),
        (NETWORKS, "test_training_networks.py"),
        (BENCHMARK, "test_benchmark_scripts.py"),
    ],
    ids=[
        "here",
        "crashes",
        "production",
        "capacity",
        "cluster",
        "training",
        "networks",
        "benchmark",
    ],
)
def test_a_test_runs_each_script(scripts, file):
    tree = ast.parse((REPO / "tests/unit/bench" / file).read_text())
    named = {
        f"bench/{node.args[0].value}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "command_of"
    }
    assert named == scripts


def test_a_module_that_is_no_script_is_used_by_one():
    sources = {path: path.read_text() for path in (REPO / "bench").rglob("*.py")}
    unused = [
        path.relative_to(REPO).as_posix()
        for path in sources
        if path.relative_to(REPO).as_posix() not in SCRIPTS
        and not any(
            re.search(rf"^\s*(from|import) {path.stem}\b", text, flags=re.MULTILINE)
            or f"`{path.parent.name}/{path.name}`" in text  # loaded by Python, for its name
            for text in sources.values()
        )
    ]
    assert unused == []


class Parsed(Exception):
    """The command line was accepted."""


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.id)
def test_a_printed_command_line_is_accepted(command, monkeypatch):
    if command.script in NETWORKS:
        pytest.importorskip("torch", reason="torch is not installed: requirements-torch.lock")
    parse = argparse.ArgumentParser.parse_args

    def accept(parser, *args):
        parse(parser, *args)
        raise Parsed

    script = REPO / command.script
    for folder in {REPO / "bench", script.parent}:
        monkeypatch.syspath_prepend(folder)
    monkeypatch.setattr(sys, "argv", list(command.words))
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", accept)
    with pytest.raises(Parsed):
        runpy.run_path(str(script), run_name="__main__")


def test_commands_are_read_as_a_shell_reads_them():
    page = (
        "Text `python bench/a.py ROOT` and more.\n\n"
        "    python bench/b.py OUT && python bench/c.py\n"
        "    python bench/d.py --kits KITS/{x,y} \\\n        [--limit N] --seen Z...   # a word\n"
    )
    assert [command.words for command in printed_commands(page, "page")] == [
        ("bench/b.py", "OUT"),
        ("bench/c.py",),
        ("bench/d.py", "--kits", "KITS/x", "KITS/y", "--seen", "Z"),
        ("bench/a.py", "ROOT"),
    ]


# --- the runs


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn")
    small = ("--events", "3000", "--sessions", "60")
    said = run(command_of("make_manifest.py"), {"OUT": out}, *small)
    assert said.startswith("3,000 events, ")
    return {"OUT": out}


def test_a_manifest_has_the_sets_of_a_production_corpus(tmp_path):
    small = ("--production", "--events", "30079")
    said = run(command_of("make_manifest.py"), {"OUT": tmp_path}, *small)
    # A hundredth of 318, 1,150, 284 and 1,708 sessions.
    assert said.startswith("30,079 events, ")
    assert said.endswith(", 34 sessions\n")


@pytest.mark.long  # seven steps
def test_every_step_on_tables(drawn):
    steps = ["alias", "the same, two at once", "merge", "JSON Lines", "audit", "health report"]
    steps.append("sampling weights")
    lines = run(command_of("tables.py"), drawn).splitlines()
    assert [step for step, line in zip(steps, lines, strict=True) if line.startswith(step)] == steps
    assert " crashes; " in lines[0]
    assert lines[4].endswith("3,000 events, 0 findings")


def test_steps_that_are_asked_for_alone(drawn):
    lines = run(command_of("tables.py", of="audit,health"), drawn).splitlines()
    assert [line.split()[0] for line in lines] == ["audit", "health"]


def rendered(judged):
    """Two performances of 60 strokes in the layout of Groove MIDI, with their audio."""
    return judged[0] / "muldjord/as_rendered/audio"


def test_groove_midi_is_ingested(judged):
    said = run(command_of("ingest_groove.py"), {"ROOT": rendered(judged)}, "--shards", "2")
    lines = said.splitlines()
    assert len(lines) == 5
    assert "120 hits, " in lines[2]
    assert lines[3].partition("MB")[2] == lines[2].partition("MB")[2]
    assert lines[4].endswith("120 notes")


def test_a_tool_of_another_pipeline_ingests_the_same_files(judged, tmp_path):
    peer = write_tools(tmp_path, "tools/ingest_groove.py")
    small = ("--shards", "1", "--turns", "2", "--peer", str(peer))
    lines = run(command_of("ingest_groove.py"), {"ROOT": rendered(judged)}, *small).splitlines()
    assert len(lines) == 6 + 5 + 4  # in the first turn alone
    # Two files of 60 notes each, of which the tool makes an event each.
    assert lines[4].endswith("an event for 1.7% of the notes")
    assert [line.partition(":")[0] for line in lines[11:]] == [
        "peer beside inventory and ingestion",
        "peer beside ingestion alone",
        "peer beside the same in one shard",
        "peer beside ingestion alone in one shard",
    ]
    assert all("(medians of 2: " in line for line in lines[11:])


def test_a_slakh_tree_is_written_and_ingested(tmp_path):
    tree = {"OUT": tmp_path / "slakh_2"}
    small = ("--sessions", "2", "--notes", "40")
    assert run(command_of("make_slakh_tree.py"), tree, *small).startswith("2 tracks, ")
    peer = write_tools(tmp_path / "peer", "tools/ingest_slakh.py")
    small = ("--sizes", "2", "--per-shard", "1", "--peer", str(peer))
    said = run(command_of("ingest_slakh.py"), {"OUT": tmp_path}, *small)
    assert "2: ingest, 2 shards, 2 at once" in said
    assert "| 2 | " in said
    assert "peer beside ingestion alone: " in said


def test_labels_are_compared_with_a_plain_reading_of_general_midi(performances, tmp_path):
    tree = ("--sessions", "2", "--notes", "40")
    run(command_of("make_slakh_tree.py"), {"OUT": tmp_path / "slakh"}, *tree)
    places = {"ROOT": performances, "SLAKH_ROOT": tmp_path / "slakh"}
    sets, kits = run(command_of("label_agreement.py"), places).rstrip().split("\n\n")
    rows = [line.strip("| ").split(" | ") for line in sets.splitlines()]
    # The edge of the first crash, which General MIDI takes for a splash.
    assert rows[2:6] == [
        ["groove_mididataset", "classes_3", "240", "0", "0", "0", "0 (0.0 %)"],
        ["groove_mididataset", "classes_5", "240", "0", "0", "0", "0 (0.0 %)"],
        ["groove_mididataset", "classes_8", "240", "0", "0", "0", "0 (0.0 %)"],
        ["groove_mididataset", "classes_18", "240", "0", "0", "4", "4 (1.7 %)"],
    ]
    assert [row[0] for row in rows[6:]] == ["slakh2100"] * 4
    assert "| roland_td11 | 22 | 2 (9.1 %) | 3 (13.6 %) | 3 (13.6 %) | 7 (31.8 %) |" in kits
    assert "| slakh_pop_kit | 25 | " in kits


def test_facts_of_published_sets_are_counted(performances, tmp_path):
    run(
        command_of("make_slakh_tree.py"),
        {"OUT": tmp_path / "slakh"},
        "--sessions",
        "1",
        "--notes",
        "40",
    )
    mdb = tmp_path / "mdb/annotations"
    for kind, label, times in [
        ("class", "CY", ["0.25", "0.5"]),
        ("subclass", "CRC", ["0.25", "0.501"]),
    ]:
        (mdb / kind).mkdir(parents=True)
        lines = "".join(f"{time} \t {label} \n" for time in times)
        (mdb / kind / f"MusicDelta_Rock_{kind}.txt").write_text(lines)
    places = {"ROOT": performances, "SLAKH_ROOT": tmp_path / "slakh", "MDB_ROOT": mdb.parent}
    said = run(command_of("upstream_facts.py"), places)
    counts = {
        tuple(cells[:2]): tuple(cells[2:])
        for cells in (line.strip("| ").split(" | ") for line in said.splitlines()[2:])
    }
    assert counts["groove", "crash strokes on an edge (55, 52)"] == ("4", "48")
    assert counts["groove", "takes without sound"] == ("4", "4")
    assert counts["groove", "files that are equal to another, byte by byte"] == ("0", "4")
    assert counts["groove", "test takes from a session that has training takes"] == ("0", "0")
    assert counts["slakh", "stems with sound that the metadata say was not rendered"][0] == "0"
    assert counts["mdb", "strokes at a whole hundredth of a second"] == ("1", "2")
    assert counts["mdb", "crash strokes, all of one label"] == ("2", "2")
    assert counts["mdb", "recordings whose two lists differ in a time"] == ("1", "1")


def test_samples_are_cut_into_files_and_shards(tmp_path):
    small = ("--clips", "40", "--files", "2", "--seconds", "11", "--jobs", "1", "--repeats", "1")
    lines = run(command_of("export_shards.py"), {"OUT": tmp_path}, *small).splitlines()
    limit = "  the same bytes alone"
    clips = ["clips, loose, 1 processes", limit, "clips, tar, 1 processes", limit]
    assert [line[:34].rstrip() for line in lines[:4]] == clips
    assert all(" clips/s on the clock " in line for line in lines[:4])
    assert sum("libsndfile alone" in line for line in lines[4:]) == 2
    assert sum(line.endswith("% of libsndfile") for line in lines[4:]) == 6
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("unit", "size", "made", "weighted", "listed"),
    [
        ("clip", "200", "300 clips", "2 sessions, 300 events with a weight", "300 records, "),
        ("segment", "300", "4 segments", "1 sessions, 300 events with a weight", "4 records, "),
    ],
    ids=["clip", "segment"],
)
def test_records_are_planned_labelled_and_gathered(tmp_path, unit, size, made, weighted, listed):
    small = ("--events", "300", "--shard-events", size, "--unit", unit, "--list-split", "train")
    lines = run(command_of("export_records.py"), {"OUT": tmp_path}, *small).splitlines()
    assert lines[0].startswith("300 events, ")
    assert lines[0].endswith("memory limit 2,000 MB")
    assert lines[1].partition(",")[0] == made
    assert [line.split()[0] for line in lines[2:6]] == ["plan", "label", "write", "JSON"]
    assert lines[6] == weighted
    steps = [(line.split()[0], line.partition("MB  ")[2]) for line in lines[7:]]
    limited = ("limit", "300 events taken")
    assert steps[:3] == [("forecast", made), limited, ("measure", made)]
    assert [step for step, _ in steps[3:]] == ["list_labels", "assemble"]
    assert steps[3][1].startswith(listed)
    assert steps[4][1].startswith(f"{made.split()[0]} records, ")
    assert list(tmp_path.iterdir()) == []


def test_segments_are_read_beside_libsndfile(tmp_path):
    small = ("--segments", "2", "--repeats", "1")
    lines = run(command_of("load_segments.py"), {"OUT": tmp_path}, *small).splitlines()
    readers = ("libsndfile", "webdataset", "parquet")
    expected = [[sound, reader] for sound in ("wav16", "flac") for reader in readers]
    assert [line.split()[:2] for line in lines] == expected
    assert all(line.endswith("%") for line in lines)


def test_audio_is_checked(judged):
    small = ("--limit", "1", "--long-seconds", "5")
    said = run(command_of("audio_checks.py"), {"ROOT": rendered(judged)}, *small)
    assert "1 sessions, wav" in said
    assert "1 sessions, flac" in said
    assert "one session of 5 s, wav" in said


@pytest.mark.long  # four stages
def test_stages_that_listen_are_held_against_libsndfile(judged):
    small = ("--limit", "1", "--repeats", "1")
    said = run(command_of("sound_stages.py"), {"ROOT": rendered(judged)}, *small)
    rows = [line.split() for line in said.splitlines()]
    stages = ("libsndfile", "check_audio", "fingerprint_sessions", "embed_crashes", "SHA-256")
    assert [tuple(row[:2]) for row in rows] == [(k, s) for k in ("wav", "flac") for s in stages]
    shares = [float(row[-1].rstrip("%")) for row in rows]
    assert shares[0] == shares[5] == 100
    assert all(
        0 < share < 200 for share, row in zip(shares, rows, strict=True) if row[1] in stages[:4]
    )
    assert min(shares) > 0


def test_near_duplicates_are_searched(renderer, kits, performances, tmp_path):
    places = {"GMD_ROOT": performances, "KIT": kits / "muldjord", "FILE": renderer}
    said = run(command_of("near_duplicates.py"), places | {"OUT": tmp_path}, "--sessions", "5")
    assert "5 sessions, " in said
    assert "search, 5 sessions" in said
    assert "pairs of two performances: " in said


def test_imports_are_timed():
    small = ("--repeats", "1", "--scripts", "take_inventory", "merge_manifest")
    lines = run(command_of("imports.py"), {}, *small).splitlines()
    assert [line.split()[0] for line in lines] == ["(nothing)", "merge_manifest", "take_inventory"]


@pytest.mark.long
def test_a_small_run_is_divided_into_starts_and_work(tmp_path):
    said = run(command_of("small_run.py"), {"OUT": tmp_path}, "--target", "inventory")
    rows = [line.split() for line in said.splitlines()]
    assert rows[0] == ["together", "wall", "CPU", "Snakemake", "jobs", "starts"]
    # 15 corpora written, 15 inventories, each in two processes, and their page.
    assert [(row[0], row[9]) for row in rows[1:]] == [("2", "5"), ("null", "31")]
    for row in rows[1:]:
        _wall, cpu, own, of_jobs, starts = (float(row[place]) for place in (1, 3, 5, 7, 10))
        assert own > 1 and of_jobs > starts > 0
        assert cpu == pytest.approx(own + of_jobs, abs=1.1)


@pytest.mark.long
def test_onsets_are_scored_beside_librosa(tmp_path, repo):
    mdb_drums.write_corpus(tmp_path, repo / "resources/demo/kits.yaml", seed=1, n_performances=1)
    places = {"MDB_ROOT": tmp_path, "ROOT": tmp_path}
    said = run(command_of("score_onsets.py"), places, "--stem-seconds", "1")
    assert [line.split(",")[0] for line in said.splitlines() if "s of music" in line] == [
        "drumcorpus",
        "librosa",
    ]
    assert "1 s of stereo at 192 kHz" in said


@pytest.mark.long
def test_planning_is_measured_before_anything_is_made_and_where_nothing_is_to_do(tmp_path):
    small = ("--shards", "128", "--sets", "mdb_drums", "--jobs-per-set", "1")
    lines = run(command_of("plan.py"), {"OUT": tmp_path}, *small).splitlines()
    first, limit, second = (line.split() for line in lines)
    assert first[:2] == second[:2] == ["128", "shards"]
    assert first[2:7] == second[2:7]
    # The two shards of the set are done together.
    assert int(first[2]) - 8 > int(first[5]) > 50
    assert (first[7:9], second[7:10]) == (["first", "build"], ["nothing", "to", "do"])
    assert limit[:7] == ["as", "many", "jobs", "of", "one", "empty", "rule"]
    assert [line.count("s CPU") for line in lines] == [2, 1, 2]
    made = json.loads((tmp_path / "shards_128_1/.drumcorpus/ledger.json").read_text())["products"]
    assert "results/manifests/prod_combined.parquet" in made


def test_products_are_verified_beside_a_stat_of_as_many_files(tmp_path):
    small = ("--products", "40", "--inputs", "2")
    said = run(command_of("verify_products.py"), {"OUT": tmp_path}, *small)
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("stat", f"{tmp_path}/products_40_2:", "verify"),
        *("stat", f"{tmp_path}/products_40_2:", "verify"),
    ]
    assert lines[0].endswith("80 files")
    for line, level in ((lines[1], "quick"), (lines[4], "full")):
        words = f"holds: 40 product(s) and 0 other file(s) are as recorded (level {level})"
        assert line.endswith(words)
    assert "status 0, " in lines[2]
    manifests = sorted(tmp_path.rglob("*.manifest.json"))
    assert len(manifests) == 40
    assert manifests[-1].read_text().count('"kind": "product"') == 2


def test_shards_of_json_lines_are_merged_beside_plain_python(tmp_path):
    peer = tmp_path / "peer.py"
    peer.write_text("import sys\nassert sys.argv[1] == '--inputs' and '--output' in sys.argv\n")
    small = ("--shards", "3", "--rows", "2000", "--turns", "1", "--peer", str(peer))
    said = run(command_of("corpora_merge.py"), {"OUT": tmp_path / "out"}, *small)
    first, own, plain, other = said.splitlines()
    assert first.startswith("3 shards, 6,000 rows, 1 MB")
    counters = "'rows_in': 6000, 'rows_out': 5800"
    assert own.startswith("merge_corpora ")
    again = "'duplicates': 200, 'conflicts': 0, 'unique_sources': 6, 'inputs_seen': 3"
    assert own.endswith(f"{{{counters}, {again}}}")
    assert plain.startswith("plain Python ")
    assert plain.endswith(f"{{{counters}, 'unique_sources': 6}}")
    assert other.startswith("peer ")


def test_an_evaluation_is_measured_beside_what_it_says(tmp_path):
    small = ("--sessions", "60", "--hits", "50", "--copies", "4", "--resamples", "100")
    said = run(command_of("evaluate.py"), {"OUT": tmp_path / "out"}, *small).splitlines()
    assert said[0] == "60 sessions, 1 h, 3,000 hits"
    assert any(line.endswith("(60 sessions, 15 groups, 3,000 hits)") for line in said)
    assert any(line.startswith("micro              F 0.8") and "[" in line for line in said)
    assert said[-1].startswith("evaluate ")
