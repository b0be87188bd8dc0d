"""What a run says at its end of the exports that it assembled."""

import json

from drumcorpus.ground.run.exports_made import export_in_words, exports_in_words

SPLIT = {"events": 3000, "clips": 2000, "without_clip": {"no_audio": 1000}}
REPORT = {
    "events": 3000,
    "clips": 2000,
    "without_clip": {"no_audio": 998, "onset_past_end": 2},
    "by_split": {"train": SPLIT},
    "gates": [{"gate": "max_dropped_share", "status": "FAIL"}, {"gate": "x", "status": "PASS"}],
}
STARTED = {"run": "started"}


def assembled(manifest, outcome="made"):
    return {"rule": "assemble_export", "wildcards": {"manifest": manifest}, "outcome": outcome}


def said(folder, *rows, reports=("a", "b")):
    (folder / "logs").mkdir(exist_ok=True)
    lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
    (folder / "logs/run_log.jsonl").write_text("".join(f"{line}\n" for line in lines))
    for name in reports:
        path = folder / f"reports/export/{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(REPORT))
    return exports_in_words(folder)


def test_it_says_how_many_events_became_clips_and_why_not():
    assert export_in_words("a", REPORT) == (
        "Export of a: 3,000 events became 2,000 clips (train 2,000). Without a clip: no_audio 998, "
        "onset_past_end 2. Its gates that fail: max_dropped_share."
    )
    whole = {"events": 2, "clips": 2, "without_clip": {}, "by_split": {}, "gates": []}
    assert export_in_words("a", whole) == "Export of a: 2 events became 2 clips."


def test_only_what_the_last_run_assembled_is_told(tmp_path):
    assert exports_in_words(tmp_path) == ""
    text = said(tmp_path, STARTED, assembled("a"), STARTED, "{cut", assembled("b"))
    assert text.startswith("Export of b: ") and text.count("\n") == 1
    assert said(tmp_path, STARTED, assembled("a"), STARTED, assembled("b", "fresh")) == ""
    assert said(tmp_path, STARTED, assembled("a"), assembled("b")).count("events became") == 2
    assert said(tmp_path, STARTED, assembled("c")) == ""
