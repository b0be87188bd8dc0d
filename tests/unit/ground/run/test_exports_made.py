"""What a run says at its end of the exports that it assembled."""

import json

from drumcorpus.ground.run.exports_made import (
    export_in_words,
    exports_in_words,
    indexes_made,
    logs_made,
)

REPORT = {
    "unit": "segment",
    "events": 3000,
    "exported": 2000,
    "samples": 1400,
    "not_exported": {"no_audio": 998, "onset_past_end": 2},
    "by_split": {"train": {"samples": 1300}, "test": {"samples": 100}},
    "gates": [{"gate": "max_dropped_share", "status": "FAIL"}, {"gate": "x", "status": "PASS"}],
}
STARTED = {"run": "started"}


def assembled(manifest, export, outcome="made"):
    names = {"manifest": manifest, "export": export}
    return {"rule": "assemble_export", "wildcards": names, "outcome": outcome}


def said(folder, *rows, reports=("a/x", "b/x", "a/y")):
    (folder / "logs").mkdir(exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "logs/run_log.jsonl").write_text("".join(f"{line}\n" for line in lines))
    for name in reports:
        path = folder / f"reports/export/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(REPORT))
    return exports_in_words(folder)


def test_it_says_how_many_events_stand_in_samples_and_why_others_do_not():
    assert export_in_words("a/x", REPORT) == (
        "Export a/x: 2,000 of 3,000 events in 1,400 segments (train 1,300, test 100). Left out: "
        "no_audio 998, onset_past_end 2. Its gates that fail: max_dropped_share."
    )
    whole = {"unit": "clip", "events": 2, "exported": 2, "samples": 2, "not_exported": {}}
    assert export_in_words("a/x", whole | {"by_split": {}, "gates": []}) == (
        "Export a/x: 2 of 2 events in 2 clips."
    )


def test_only_what_the_last_run_assembled_is_told(tmp_path):
    assert exports_in_words(tmp_path) == ""
    text = said(tmp_path, STARTED, assembled("a", "x"), STARTED, "{cut", assembled("b", "x"))
    assert text.startswith("Export b/x: ") and text.count("\n") == 1
    fresh = assembled("b", "x", "fresh")
    assert said(tmp_path, STARTED, assembled("a", "x"), STARTED, fresh) == ""
    assert said(tmp_path, STARTED, assembled("a", "z")) == ""  # its report is gone


def test_each_export_of_a_manifest_is_told_by_its_name_in_order(tmp_path):
    rows = [assembled("b", "x"), assembled("a", "y"), assembled("a", "x"), assembled("a", "x")]
    lines = said(tmp_path, STARTED, *rows).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["Export a/x", "Export a/y", "Export b/x"]


def test_the_indexes_and_logs_of_what_the_run_has_made_so_far_go_together(tmp_path):
    def written(export, shard, outcome="made"):
        names = {"manifest": "a", "export": export, "source_set": "s", "shard": shard}
        return {"rule": "write_samples", "wildcards": names, "outcome": outcome}

    rows = [written("x", "003"), STARTED, written("x", "001"), written("x", "000")]
    said(tmp_path, *rows, written("y", "002"), written("x", "004", "fresh"))
    tops = ("results/samples", "logs/write_samples")
    expected = [[tmp_path / top / f"a/x/s/{n}" for n in ("000", "001")] for top in tops]
    made = (indexes_made("a", "x", tmp_path), logs_made("a", "x", tmp_path))
    assert [[path.with_suffix("") for path in paths] for paths in made] == expected
    assert [path.suffix for paths in made for path in paths] == [".parquet"] * 2 + [".log"] * 2
