"""What the target verify_export says of exports beforehand, and that it makes nothing."""

import csv
import json
import os
import re

import pyarrow.parquet as pq
import pytest
from test_exports_heal import EXPORT, EXPORTS, SET, state

pytestmark = pytest.mark.workflow

AMOUNTS = ("records", "seconds", "sessions")


def products(project):
    """Time and size of every product and of every file of an export."""
    return {name: each for name, each in state(project).items() if not name.startswith(".")}


def test_what_it_says_is_what_the_exports_hold_and_nothing_is_made(project):
    before = products(project)
    options = ("--config", "summary=said.json", "duration_csv=said.csv", "--", "verify_export")
    said = project.snakemake(*options).said
    assert products(project) == before
    summary = json.loads(project.path("said.json").read_text())
    rows = list(csv.DictReader(project.path("said.csv").open()))
    assert set(summary) == {f"prod_combined/{name}" for name in EXPORTS}
    for name in EXPORTS:
        forecast = summary[f"prod_combined/{name}"]
        made = json.loads(project.path(f"{EXPORT}/{name}/metadata.json").read_text())
        planned, actual = (each["statistics"]["by_split"] for each in (forecast, made))
        for split, amounts in actual.items():
            assert [planned[split][key] for key in AMOUNTS] == [amounts[key] for key in AMOUNTS]
            [row] = [
                row
                for row in rows
                if (row["export"], row["split"]) == (f"prod_combined/{name}", split)
            ]
            assert (row["source_set"], int(row["records"])) == (SET, amounts["records"])
            assert float(row["seconds"]) == amounts["seconds"] > 0
        assert forecast["events_without_sound"] == forecast["unknown_labels"] == []
        assert forecast["missing_files"] == {}
        assert re.search(rf"^  all +all +3 +{made['statistics']['records']} ", said, re.MULTILINE)
    # WAV is as long as its samples; that of FLAC is estimated.
    clips = json.loads(project.path(f"{EXPORT}/clips/metadata.json").read_text())
    assert summary["prod_combined/clips"]["statistics"]["bytes"] == clips["statistics"]["bytes"]
    counted = clips["event_label_counts"]
    assert summary["prod_combined/clips"]["label_counts"] == counted
    kicks = [counted[split]["components"]["kick"] for split in ("train", "validation", "test")]
    assert re.search(rf"^  kick +{' +'.join(map(str, kicks))} +{sum(kicks)} ", said, re.MULTILINE)


def test_audio_that_is_gone_or_cut_short_is_named_with_its_events_and_nothing_is_made(project):
    gone, cut = sorted(project.path("raw").rglob("*.wav"))[:2]
    gone.unlink()
    os.truncate(cut, cut.stat().st_size // 2)
    before = products(project)
    said = project.snakemake("--config", "summary=said.json", "--", "verify_export").said
    assert products(project) == before
    events = pq.read_table(project.path("results/manifests/prod_combined.parquet")).to_pylist()
    wanted = []
    for path, reason in ((cut, "changed_audio"), (gone, "missing_audio")):
        name = path.relative_to(project.path("raw")).as_posix()
        ids = sorted(row["event_id"] for row in events if row["audio_path"] == name)
        wanted.append(
            {"source_set": SET, "reason": reason, "events": len(ids), "examples": ids[:5]}
        )
        assert f"  {SET}: {len(ids)} events {reason}, e.g. {', '.join(ids[:5])}" in said
    summary = json.loads(project.path("said.json").read_text())
    names = [path.relative_to(project.path("raw")).as_posix() for path in (gone, cut)]
    for name in EXPORTS:
        forecast = summary[f"prod_combined/{name}"]
        assert forecast["events_without_sound"] == wanted
        assert forecast["missing_files"] == {SET: {"files": 2, "examples": names}}
        assert forecast["statistics"]["sessions"] == 1
