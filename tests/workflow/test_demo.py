"""The demo as a user runs it: all source sets through the real snakemake, by the committed config.

The first test builds it, which takes minutes; the others look at what it has built.
"""

import json
import re
from collections import Counter

import mido
import pyarrow.parquet as pq
import pytest
import yaml
from small_project import new_project
from what_sounds import FOLDERS, Corpus, label_rows, listed_rows, parquet_rows, tar_rows

from drumcorpus.stages.crash.review_page import REASONS

pytestmark = [pytest.mark.workflow, pytest.mark.long]


@pytest.fixture(scope="module")
def demo(tmp_path_factory, repo):
    """A project in which the committed configuration has built everything."""
    project = new_project(tmp_path_factory.mktemp("demo") / "project", repo)
    project.path("mine.yaml").write_text("{}\n")
    project.snakemake("all")
    return project


@pytest.fixture(scope="module")
def config(repo):
    return yaml.safe_load((repo / "config/config.yaml").read_text())


def test_all_builds_every_source_set(demo, config):
    for name in config["use"]:
        events = pq.read_metadata(demo.path(f"results/events/{name}.parquet")).num_rows
        assert (events > 0) == (name != "musdb18_hq"), name
        assert demo.path(f"results/provenance/{name}.jsonl").read_text()
    merged = pq.read_table(
        demo.path("results/manifests/prod_combined.parquet"), columns=["source_set"]
    )
    wanted = set(config["manifests"]["prod_combined"]["source_sets"])
    assert set(merged["source_set"].to_pylist()) == wanted


def test_staged_sets_show_in_the_audit_as_unreferenced_and_are_not_merged(demo, config):
    audit = json.loads(demo.path("reports/provenance/prod_combined.json").read_text())
    staged = {n for n, block in config["source_sets"].items() if block["tier"] == "staged"}
    assert staged
    for name in staged:
        figures = audit["sets"][name]
        assert figures["n_events"] == 0
        assert figures["n_unreferenced_sessions"] == figures["n_sessions"] > 0


def test_the_clips_of_the_review_are_rated_on_one_axis_and_followed_to_raw_files(demo, config):
    rows = jsonl(demo.path("results/corpora/aggregated/review_clips.jsonl"))
    clips = {
        clip["src_sha256"]: clip for clip in jsonl(demo.path("results/corpora/review_clips.jsonl"))
    }
    assert 0 < len(rows) <= len(clips)
    assert {row["corpus_source"] for row in rows} == {"reviewer-0-1", "reviewer-1-5"}
    for row in rows:
        scale = yaml.safe_load(
            demo.path(f"config/corpora/{row['mos_native_scale']}.yaml").read_text()
        )
        common = scale["slope"] * row["mos_native"] + scale["intercept"]
        assert row["mos"] == pytest.approx(common, abs=1e-9)
        assert 0 <= row["mos"] <= 100
        assert row["rated_by"] == f"simulated reviewer, seed {config['demo']['seed']}"
        clip = clips[row["src_sha256"]]
        [root] = config["source_sets"][clip["source_set"]]["roots"]
        assert demo.path(f"{root}/{clip['audio_path']}").is_file()
    said = demo.run(
        "-m", "drumcorpus", "trace", "results/corpora/aggregated/review_clips.jsonl"
    ).said
    for name in (
        "aggregate_corpora",
        "rate_review_clips",
        "list_review_clips",
        "illustrate_doubts",
    ):
        assert re.search(rf" {name}$| {name} ", said, re.MULTILINE), name
    for source_set in {clip["source_set"] for clip in clips.values()}:
        assert f"raw files of {source_set}: " in said


def jsonl(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_second_run_has_nothing_to_do(demo):
    assert demo.jobs("all") == set()


def test_everything_is_as_recorded(demo):
    assert "as recorded (level full)." in demo.snakemake("verify").said


def test_every_export_holds_the_same_events_in_its_own_unit_and_form(demo, config):
    assert set(config["exports"]) == {"clips", "shards", "segments", "sessions"}
    events = {}
    for name, block in config["exports"].items():
        folder = demo.path(f"results/export/prod_combined/{name}")
        rows = [
            row
            for split in ("train", "val", "test")
            for row in pq.read_table(folder / f"{split}/{split}_labels.parquet").to_pylist()
        ]
        report = json.loads(demo.path(f"reports/export/prod_combined/{name}.json").read_text())
        assert (report["unit"], report["samples"]) == (block["unit"], len(rows))
        assert report["events"] == report["exported"] + sum(report["not_exported"].values())
        is_clip = block["unit"] == "clip"
        events[name] = {
            row["event_id"] if is_clip else stroke["event_id"]
            for row in rows
            for stroke in row["strokes"]
        }
        assert len(events[name]) == report["exported"] > 0
        for column in ("file", "shard", "parquet_shard"):
            named = {row[column] for row in rows} - {None}
            assert all((folder / path).is_file() for path in named)
            is_named = (
                "files" in block["form"] if column == "file" else "files" not in block["form"]
            )
            assert bool(named) == (
                is_named and (column != "parquet_shard" or len(block["form"]) == 2)
            )
    assert events["clips"] == events["shards"]
    assert events["segments"] == events["sessions"] >= events["clips"]


def text_of(sound):
    """Onsets, labels and velocities of the lines beside a session; six decimals."""
    lines = [line.split("\t") for line in sound.with_suffix(".tsv").read_text().splitlines()]
    rows = sorted((label, float(onset), velocity) for onset, label, velocity in lines)
    return [row[1] for row in rows], [row[0] for row in rows], [row[2] for row in rows]


def strokes_of(record):
    """The same of the strokes of a record."""
    rows = sorted(
        (each["label"], each["onset"], "" if (v := each["velocity"]) is None else f"{v:.6f}")
        for each in record["strokes"]
    )
    return [row[1] for row in rows], [row[0] for row in rows], [row[2] for row in rows]


READERS = {"files": listed_rows, "webdataset": tar_rows, "parquet": parquet_rows}
# What stands in shards before it is known.
LATER = {"weight": None, "parquet_shard": None}


@pytest.mark.parametrize("name", ["clips", "shards", "segments", "sessions"])
def test_every_record_of_every_form_says_what_the_manifest_says(demo, config, repo, name):
    block = config["export"] | config["exports"][name]
    forms = [block["form"]] if isinstance(block["form"], str) else block["form"]
    corpus = Corpus(
        demo.path("results/manifests/prod_combined.parquet"), repo / "resources/taxonomy"
    )
    folder = demo.path(f"results/export/prod_combined/{name}")
    n_strokes, n_ringing, ids = 0, 0, set()
    for split in FOLDERS:
        rows = label_rows(folder, split)
        for row in rows:
            wanted = corpus.what_sounds(row, block["ring_ms"])
            assert {key: row[key] for key in wanted} == wanted, row["sample_id"]
            assert row["split"] == split
            if block["unit"] == "clip":
                event = corpus.events[row["event_id"]]
                sizes = (round(row["start"] * 44100), row["n_samples"], row["onset_sample"])
                assert sizes == corpus.window(event, block), row["sample_id"]
                assert row["components"] == event["components"]
                assert event["event_id"] in {stroke["event_id"] for stroke in row["strokes"]}
            n_strokes, n_ringing = n_strokes + len(row["strokes"]), n_ringing + len(row["ringing"])
            ids.add(row["sample_id"])
        of_table = {row["sample_id"]: row for row in rows}
        for row in rows if block["unit"] == "session" else ():
            (onsets, *text), (wanted, *struck) = text_of(folder / row["file"]), strokes_of(row)
            assert onsets == pytest.approx(wanted, abs=1e-6, rel=0), row["sample_id"]
            assert text == struck, row["sample_id"]
            midi = mido.MidiFile((folder / row["file"]).with_suffix(".mid"))
            notes = [m for track in midi.tracks for m in track if m.type == "note_on"]
            assert sum(m.velocity > 0 for m in notes) == len(row["strokes"]), row["sample_id"]
        for form in forms:
            found = READERS[form](folder, split)
            assert sorted(row["sample_id"] for row in found) == sorted(of_table)
            for row in found:
                wanted = of_table[row["sample_id"]]
                if form != "parquet":
                    assert row.pop("multi_hot") == corpus.multi_hot(row["class_ids"])
                known = {} if form == "files" else LATER
                if form == "parquet" and len(forms) == 2:
                    known = {"weight": None}
                assert row == wanted | known, row["sample_id"]
    assert n_strokes > len(ids)
    assert (n_ringing > 0) == (block["unit"] != "session")  # nothing is before its start
    # No event of the manifest is missing without a reason.
    report = json.loads(demo.path(f"reports/export/prod_combined/{name}.json").read_text())
    assert report["events"] == len(corpus.events)


def test_the_page_says_what_became_of_every_source_label(demo, config):
    report = json.loads(demo.path("reports/ingest.json").read_text())
    sets = {row["source_set"]: row for row in report["source_sets"]}
    assert set(sets) == set(config["use"])
    for name, row in sets.items():
        tallies = pq.read_table(demo.path(f"results/tallies/{name}.parquet")).to_pylist()
        by_outcome, by_label = Counter(), Counter()
        for tally in tallies:
            by_outcome[tally["outcome"]] += tally["n_hits"]
            by_label[tally["source_label"]] += tally["n_hits"]
        assert row["by_outcome"] == by_outcome
        listed = Counter()
        for line in row["source_labels"]:
            listed[line["source_label"]] += line["hits"]
        assert listed == by_label
        others = {"not_on_the_kit"} if name == "rendered_kits" else set()
        assert by_outcome.keys() <= {"in_event", "bleed"} | others


def test_the_demo_shows_crashes_told_apart_one_left_whole_and_doubts_with_their_reasons(demo):
    assigned = pq.read_table(demo.path("results/crash/assignments/mdb_drums.parquet")).to_pylist()
    told = Counter((r["session_id"], r["label"], r["method"], r["accepted"]) for r in assigned)
    sure, by_sound = True, "gaussian_mixture"
    assert told == {
        ("MusicDelta_Rock", "crash", by_sound, sure): 4,
        ("MusicDelta_Rock", "crash2", by_sound, sure): 4,
        ("MusicDelta_Rockabilly", "crash", by_sound, sure): 8,
        ("MusicDelta_Zeppelin", "crash", by_sound, not sure): 2,
    }
    merged = pq.read_table(demo.path("results/manifests/prod_combined.parquet")).to_pylist()
    labels = Counter(
        hit["label"]
        for row in merged
        if row["session_id"] == "MusicDelta_Rock"
        for hit in row["components"]
        if hit["source_label"] == "CRC"
    )
    assert labels == {"crash": 4, "crash2": 4}
    page = demo.path("reports/crash/review.html").read_text()
    leads_on = r"<p class=\"note\"><a href=[^>]*>The session with all its labels</a></p>"
    shown = dict(re.findall(rf"<h3>(.*?)</h3>\s*{leads_on}\s*<p class=\"why\">(.*?)</p>", page))
    assert shown == {
        "MusicDelta_Zeppelin": f"<b>crash</b>: {REASONS['too_few_hits']}",
        "training/9000001_mix_birch_kit_full": f"<b>crash</b>: {REASONS['too_few_hits']}",
        "training/9000001_mix_maple_kit_full": f"<b>crash</b>: {REASONS['too_few_hits']}",
        "Cymbal Crashes - Demo": f"<b>crash</b>: {REASONS['doubtful']}",
    }


def test_the_demo_sounds_as_its_sources_number_it(demo):
    report = json.loads(demo.path("reports/crash/agreement.json").read_text())
    numbered = {row["source_set"]: row for row in report["source_sets"] if row["numbered"]}
    by_notes = numbered.pop("signaturesounds")  # two strokes of each cymbal: too few to judge
    assert (by_notes["numbered"], by_notes["not_judged"]) == (1, 1)
    for name in ("sadtp", "stemgmd"):  # so are their strokes
        few = numbered.pop(name)
        assert (few["numbered"], few["not_judged"]) == (2, 2), name
    assert set(numbered) == {
        *("slakh2100", "groove_mididataset", "egmd", "enst_drums", "rendered_kits")
    }
    assert all(row["agree"] > 0 and row["differ"] == 0 for row in numbered.values())
    assert report["totals"]["numbered"] == 5 + sum(row["numbered"] for row in numbered.values())


def test_notes_beside_the_sounds_of_the_demo_number_all_crashes_but_one(demo):
    table = pq.read_table(demo.path("results/crash/assignments/signaturesounds.parquet"))
    told = {row["source_label"]: row for row in table.to_pylist()}
    labels = {1: "crash3", 2: "crash2", 3: "crash3", 4: "crash2", 5: "crash", 7: "crash"}
    assert {name: row["label"] for name, row in told.items() if row["accepted"]} == {
        f"Cymbal Crash {number}": label for number, label in labels.items()
    }
    assert {row["method"] for row in told.values() if row["accepted"]} == {"metadata_override"}
    assert not told["Cymbal Crash 6"]["accepted"]
    (row,) = pq.read_table(
        demo.path("results/crash/candidates/signaturesounds.parquet")
    ).to_pylist()
    assert (row["n_expected"], row["n_cymbals_named"], row["reason"]) == (3, 3, "metadata")
    note = "Cymbal Crashes - Demo/Cymbal Crashes - Demo/README"
    lines = demo.path("results/provenance/signaturesounds.jsonl").read_text().splitlines()
    rows = {row["session_id"]: row for row in map(json.loads, lines)}
    session = rows["Cymbal Crashes - Demo"]
    assert [file["role"] for file in session["hashes"] if file["path"] == note] == ["annotation"]
    assert "crash_dual_label" in session["techniques"]
    stages = {(entry["annotation_stage"], entry["n_accepted"]) for entry in session["annotations"]}
    assert stages == {("crash_dual_label", 6), ("crash_dual_label", 0)}
