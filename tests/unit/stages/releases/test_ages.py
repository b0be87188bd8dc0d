"""Of the files that tell it: how long ago every manifest was blessed."""

import json
import re

import pytest

from drumcorpus.ground.files.blessings import blessing
from drumcorpus.ground.files.digests import sha256_file
from drumcorpus.ground.run.run_manifest import SCHEMA, write_manifests
from drumcorpus.stages.releases.ages import ages_of_blessings


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Three manifests: one blessed with a note, one without, one not at all."""
    monkeypatch.chdir(tmp_path)
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "inputs": []}
    tables = {name: f"{name}.jsonl" for name in ("noted", "bare", "new")}
    for name, table in tables.items():
        (tmp_path / table).write_text(f'"{name}"\n')
        write_manifests(plan, [("manifest", table)], {})
    for name in ("noted", "bare"):
        (tmp_path / f"{name}.health.json").write_text(json.dumps({"totals": {"events": 7}}))
    note = blessing("2026.1", sha256_file("noted.health.json"), sha256_file("noted.jsonl"))
    (tmp_path / "noted.blessing.json").write_text(json.dumps(note))
    return tables, [f"{name}.health.json" for name in ("noted", "bare")], ["noted.blessing.json"]


REPORTS = {name: {"totals": {"events": 9}} for name in ("noted", "bare", "new")}


def test_only_what_is_blessed_has_an_age(files):
    ages = ages_of_blessings(REPORTS, *files, release="2026.3", earlier_releases=["2026.2"])
    assert ages == {
        "noted": "Blessed at release 2026.1, at least 2 releases ago. The events are the same to "
        "the byte.",
        "bare": "At which release it was blessed is not noted; blessing again notes it.",
    }


def test_other_events_are_counted_against_what_was_blessed(files, tmp_path):
    (tmp_path / "noted.jsonl").write_text("1\n")
    plan = {"schema": SCHEMA, "rule": "r", "wildcards": {}, "inputs": []}
    write_manifests(plan, [("manifest", "noted.jsonl")], {})
    ages = ages_of_blessings(REPORTS, *files, release="2026.1", earlier_releases=[])
    assert ages["noted"] == "Blessed at this release. Since then: 2 events more."


@pytest.mark.parametrize(
    ("totals", "got"),
    [(None, "None"), ([7], "[7]"), ({"events": "7"}, "'7'"), ({"sessions": -1}, "-1")],
    ids=["null", "list", "text", "negative"],
)
def test_blessed_totals_that_somebody_has_spoilt_are_named(files, tmp_path, totals, got):
    (tmp_path / "bare.health.json").write_text(json.dumps({"totals": totals}))
    with pytest.raises(ValueError, match=rf"bare\.health\.json: totals: got {re.escape(got)}; wan"):
        ages_of_blessings(REPORTS, *files, release="2026.1", earlier_releases=[])
