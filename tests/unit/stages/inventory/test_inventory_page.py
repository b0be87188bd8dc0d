"""The inventory of all source sets: counts that add up, a page that is safe, a table."""

import csv
import io
import json
import re

import pyarrow as pa
import pytest
from page_links import without_page_links

from drumcorpus.ground.files.json_files import canonical_json, write_json
from drumcorpus.ground.files.paths import shown_path, visible
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.pages.render import COMMON_TEMPLATES
from drumcorpus.ground.pages.shown import data_size
from drumcorpus.schemas import INVENTORY, QUARANTINE, ROOTS, SESSIONS
from drumcorpus.stages.inventory.inventory_page import (
    describe_inventory,
    inventory_csv,
    render_inventory_page,
    summarise_inventory,
)

HOSTILE = "<script>alert('x')</script>\n\u202egpj.exe&\"take\""
CARD = {
    "title": "The Set",
    "version": "1.0",
    "license": "CC-BY-4.0",
    "license_verified": "2026-11-20",
    "redistributable": True,
    "forbids": [],
    "attribution": "Its authors",
}
SETTINGS = {"tier": "production", "roots": 2}


def audio(path, session, duration=60.0, rate=44100, channels=2, size=1000):
    sound = {"duration": duration, "sample_rate_hz": rate, "channels": channels}
    return {"path": path, "role": "audio", "session_id": session, "bytes": size, **sound}


FILES = [
    {"path": "info.csv", "role": "index", "bytes": 10},
    {"path": "a.mid", "role": "annotation", "session_id": "a", "bytes": 5},
    {"path": "b.mid", "role": "annotation", "session_id": "b", "bytes": 7},
    audio("a.wav", "a"),
    audio("b.wav", "b", duration=30.5, rate=48000, channels=1, size=500),
    audio("stem.wav", None, duration=30.5, rate=48000, channels=1, size=500),
]
RECORDED = {"audio_path": "a.wav", "audio_duration": 60.0, "label_map": "td11"}
TABLES = {
    "sessions": [
        {"session_id": "a", "split": "train", **RECORDED, "channels_cancel": True},
        {"session_id": "b", "split": "test", **RECORDED, "audio_duration": 30.5},
        {"session_id": "c", "split": "train", "label_map": "td11"},
        {"session_id": "d", "split": None, "audio_path": "d.wav", "audio_duration": 0.0},
    ],
    "quarantine": [
        {"path": f"{number:02d}.wav", "reason": "unreadable_audio", "detail": "cut short"}
        for number in range(12)
    ]
    + [{"path": "link", "reason": "broken_link", "detail": "its target does not exist"}],
}
SCHEMAS = {"files": INVENTORY, "roots": ROOTS, "sessions": SESSIONS, "quarantine": QUARANTINE}


NOTHING_LEFT = {"files": 0, "by_kind": {}}
LEFT = {
    "files": 8,
    "by_kind": {
        "apple_double": {"files": 7, "first": [f"._{n}.wav" for n in range(5)]},
        "server_index": {"files": 1, "first": ["@eaDir"]},
    },
}


def described(
    folder, name="the_set", card=CARD, settings=SETTINGS, files=FILES, left=NOTHING_LEFT, **tables
):
    paths = {}
    below_the_first = [{"path": row["path"], "root_number": 1} for row in files]
    tables = {"files": files, "roots": below_the_first} | TABLES | tables
    for kind, rows in tables.items():
        paths[kind] = folder / f"{name}.{kind}.parquet"
        rows = [{"source_set": name, **row} for row in rows]
        write_table(paths[kind], pa.Table.from_pylist(rows, SCHEMAS[kind]))
    paths["not_of_the_set"] = folder / f"{name}.json"
    write_json(paths["not_of_the_set"], {"source_set": name, **left})
    return describe_inventory(name, card, settings, **paths)


EMPTY = {"files": [], "sessions": [], "quarantine": []}


@pytest.fixture
def hostile_report(tmp_path):
    """A report in which every name that data or card could choose is hostile."""
    card = dict.fromkeys(("title", "version", "license", "attribution"), HOSTILE)
    card |= {"forbids": [HOSTILE], "license_verified": None, "redistributable": False}
    session = {"session_id": HOSTILE, "split": HOSTILE, "audio_path": HOSTILE}
    bad_file = dict.fromkeys(("path", "session_id", "stage", "reason", "detail"), HOSTILE)
    row = described(
        tmp_path,
        card=card,
        settings={"tier": HOSTILE, "roots": 1},
        files=[{"path": HOSTILE, "role": HOSTILE, "bytes": 1}],
        sessions=[session],
        quarantine=[bad_file],
        left={"files": 1, "by_kind": {HOSTILE: {"files": 1, "first": [HOSTILE]}}},
    )
    return summarise_inventory([row])


def test_sessions_are_counted_by_labels_audio_and_split(tmp_path):
    row = described(tmp_path)
    assert row["sessions"] == {
        "total": 4,
        "with_labels": 3,
        "inventory_only": 1,
        "with_audio": 3,
        "without_audio": 1,
        "channels_cancel": 1,
    }
    assert row["splits"] == [
        {"split": "train", "sessions": 2, "audio": 60.0},
        {"split": "test", "sessions": 1, "audio": 30.5},
        {"split": "(none)", "sessions": 1, "audio": 0.0},
    ]


def test_files_are_counted_by_role_and_audio_by_format(tmp_path):
    row = described(tmp_path)
    assert row["files"] == {
        "total": 6,
        "bytes": 2022,
        "without_session": 2,
        "by_role": {
            "annotation": {"files": 2, "bytes": 12},
            "audio": {"files": 3, "bytes": 2000},
            "index": {"files": 1, "bytes": 10},
        },
    }
    assert row["audio_formats"] == [
        {"sample_rate_hz": 44100, "channels": 2, "files": 1, "audio": 60.0},
        {"sample_rate_hz": 48000, "channels": 1, "files": 2, "audio": 61.0},
    ]


def test_the_audio_of_a_session_counts_once_however_many_files_it_has(tmp_path):
    pair = {"session_id": "a", "split": "train", **RECORDED, "channel_paths": ["a.wav", "b.wav"]}
    assert described(tmp_path, sessions=[pair])["audio"] == 60.0


def test_quarantine_has_every_reason_with_its_first_files(tmp_path):
    found = described(tmp_path)["quarantine"]
    assert found["files"] == 13
    assert {reason: group["files"] for reason, group in found["by_reason"].items()} == {
        "broken_link": 1,
        "unreadable_audio": 12,
    }
    examples = found["by_reason"]["unreadable_audio"]["examples"]
    assert [row["path"] for row in examples] == [f"{number:02d}.wav" for number in range(10)]


def test_totals_are_the_sums_of_the_sets_in_order_of_name(tmp_path):
    sets = [described(tmp_path, name) for name in ("b_set", "a_set")]
    sets.append(described(tmp_path, "c_set", card=CARD | {"redistributable": False}, **EMPTY))
    report = summarise_inventory(sets)
    assert [row["source_set"] for row in report["source_sets"]] == ["a_set", "b_set", "c_set"]
    assert report["totals"] == {
        "source_sets": 3,
        "not_of_the_set": {"files": 0},
        "redistributable": 2,
        "audio": 181.0,
        "sessions": {
            "total": 8,
            "with_labels": 6,
            "inventory_only": 2,
            "with_audio": 6,
            "without_audio": 2,
            "channels_cancel": 2,
        },
        "files": {"total": 12, "bytes": 4044, "without_session": 4},
        "quarantine": {"files": 26},
    }


def test_parts_that_do_not_add_up_stop_the_report(tmp_path):
    row = described(tmp_path)
    row["splits"].pop()
    with pytest.raises(ValueError, match="the_set: sessions by split add up to 3 of 4"):
        summarise_inventory([row])


def test_what_is_not_of_the_set_is_counted_and_shown_by_kind(tmp_path):
    clean = described(tmp_path, name="clean")
    report = summarise_inventory([described(tmp_path, left=LEFT), clean])
    assert report["totals"]["not_of_the_set"] == {"files": 8}
    assert report["source_sets"][1]["not_of_the_set"] == LEFT
    html = render_inventory_page(report)
    assert "<td>apple_double</td>" in html
    assert "<code>._4.wav</code>, …</td>" in html
    assert "<code>@eaDir</code></td>" in html
    assert html.count("Left by systems and tools") == 1
    lines = list(csv.DictReader(io.StringIO(inventory_csv(report))))
    assert [line["not_of_the_set"] for line in lines] == ["0", "8"]
    report["source_sets"][1]["not_of_the_set"] = LEFT | {"files": 9}
    with pytest.raises(ValueError, match="not of the set by kind add up to 8 of 9"):
        summarise_inventory(report["source_sets"])


def test_files_sizes_and_sessions_are_counted_by_root_and_shown_where_there_are_several(tmp_path):
    numbers = {"a.wav": 2, "stem.wav": 3}
    roots = [{"path": f["path"], "root_number": numbers.get(f["path"], 1)} for f in FILES]
    three, one = (
        described(tmp_path, "a_three", settings={"tier": "staged", "roots": 3}, roots=roots),
        described(tmp_path, "b_one", settings={"tier": "staged", "roots": 1}),
    )
    columns = ("root", "root_number", "files", "bytes", "sessions")
    assert [tuple(row[name] for name in columns) for row in three["by_root"]] == [
        ("primary", 1, 4, 522, 2),
        ("secondary", 2, 1, 1000, 1),
        ("root_3", 3, 1, 500, 0),
    ]
    assert [(row["root"], row["files"]) for row in one["by_root"]] == [("primary", 6)]
    html = render_inventory_page(summarise_inventory([three, one]))
    assert html.count("<h4>Where files lie</h4>") == 1
    assert '<tr><td>secondary</td><td class="num">1</td>' in html
    three["by_root"][2]["files"] = 2
    with pytest.raises(ValueError, match="a_three: files by root add up to 7 of 6"):
        summarise_inventory([three])


def test_sessions_without_sound_or_annotation_are_listed_by_name_the_page_shows_the_first(tmp_path):
    sessions = [
        {"session_id": f"take {number:02d}", "notes": ["published without audio"]}
        for number in range(12)
    ]
    refused = {"session_id": "lost", "path": "lost.mid", "reason": "missing_annotation"}
    refused["detail"] = "info.csv:7 names this MIDI file"
    row = described(tmp_path, sessions=sessions, quarantine=[refused])
    assert [(entry["kind"], entry["session_id"]) for entry in row["missing"]] == [
        ("annotation", "lost"),
        *(("audio", f"take {number:02d}") for number in range(12)),
    ]
    assert row["missing"][0]["reason"] == "missing_annotation"
    html = render_inventory_page(summarise_inventory([row]))
    assert "<summary>Sessions without annotation: 1</summary>" in html
    assert "<summary>Sessions without sound: 12</summary>" in html
    assert "<code>take 09</code>" in html and "<code>take 10</code>" not in html
    assert html.count("and 2 more") == 1
    whole = described(tmp_path, "whole", sessions=[], quarantine=[])
    assert "Missing files" not in render_inventory_page(summarise_inventory([whole]))


def test_a_root_that_holds_nothing_is_listed_too(tmp_path):
    assert described(tmp_path)["by_root"][1] == {
        **{"root": "secondary", "root_number": 2, "files": 0, "bytes": 0, "sessions": 0}
    }


def test_a_table_without_a_column_is_named(tmp_path):
    left = tmp_path / "left.json"
    write_json(left, {"source_set": "s", **NOTHING_LEFT})
    old = tmp_path / "old.parquet"
    write_table(old, pa.table({"session_id": ["a"]}))
    with pytest.raises(ValueError, match=r"old\.parquet"):
        describe_inventory(
            *("s", CARD, SETTINGS),
            **dict.fromkeys(("files", "roots", "sessions", "quarantine"), old),
            not_of_the_set=left,
        )


def test_names_from_data_and_cards_are_escaped_everywhere(hostile_report):
    html = render_inventory_page(hostile_report)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 10
    assert "\u202e" not in html
    assert r"\n\u202egpj.exe" in html


def test_the_page_refers_to_nothing_outside_itself_and_runs_nothing(hostile_report):
    html = render_inventory_page(hostile_report)
    apart = without_page_links(html)
    assert not re.search(r"https?:|//|url\(|@import|\bsrc=|\bhref=|\bon\w+=", apart)
    assert html.lstrip().startswith("<!doctype html>")
    assert "prefers-color-scheme: dark" in html


def test_the_page_says_what_the_licence_allows_and_forbids(tmp_path):
    closed = CARD | {
        "license_verified": None,
        "redistributable": False,
        "forbids": ["commercial use", "derivatives"],
    }
    rows = [described(tmp_path, "open_set"), described(tmp_path, "closed_set", card=closed)]
    html = render_inventory_page(summarise_inventory(rows))
    assert "forbids: commercial use; derivatives" in html
    assert html.count(">may be passed on<") == 1
    assert html.count(">may not be passed on<") == 1
    assert html.count("nobody here has read its text") == 1
    assert "and 2 more" in html


def test_an_empty_set_and_no_set_are_described_in_words(tmp_path):
    html = render_inventory_page(summarise_inventory([described(tmp_path, **EMPTY)]))
    for sentence in ("No session.", "No file.", "No audio.", "No raw file is in quarantine."):
        assert sentence in html
    assert "No source set is in use." in render_inventory_page(summarise_inventory([]))


def test_the_table_has_one_line_per_set(tmp_path):
    report = summarise_inventory([described(tmp_path, "b_set"), described(tmp_path, "a_set")])
    text = inventory_csv(report)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["source_set"] for row in rows] == ["a_set", "b_set"]
    assert rows[0] | {"sessions": "4", "audio_seconds": "90.5", "bytes": "2022"} == rows[0]
    assert (rows[0]["train_sessions"], rows[0]["redistributable"]) == ("2", "true")
    assert "\r" not in text


def test_equal_tables_give_equal_bytes(tmp_path):
    reports = [summarise_inventory([described(tmp_path)]) for _ in range(2)]
    assert canonical_json(reports[0]) == canonical_json(reports[1])
    back = json.loads(canonical_json(reports[0]))
    assert render_inventory_page(back) == render_inventory_page(reports[1])


def test_a_path_is_shown_without_the_machine():
    assert shown_path("data/raw/set") == "data/raw/set"
    assert shown_path("/mnt/drive/anna/egmd/") == "…/egmd"


def test_sizes_are_written_for_people():
    shown = [data_size(n) for n in (0, 999, 1000, 999_499, 999_600, 22_656_664_047, 3 * 10**15)]
    assert shown[:3] == ["0 bytes", "999 bytes", "1 kB"]
    assert shown[3:] == ["999 kB", "1 MB", "22.7 GB", "3e+03 TB"]


def test_what_does_not_print_is_shown_as_its_escape():
    assert visible("Café 東京 drums.wav") == "Café 東京 drums.wav"
    assert visible("a\nb\tc\x1b[31m\u202e\u2066\ud800") == r"a\nb\tc\x1b[31m\u202e\u2066\ud800"


def test_the_digest_of_every_page_covers_the_templates_that_it_builds_upon(repo):
    templates = {path.name for path in (repo / "src/drumcorpus/ground/pages/templates").iterdir()}
    texts = [path.read_text() for path in (repo / "src/drumcorpus").rglob("*.py")]
    rendered = {name for name in templates if any(f'"{name}"' in text for text in texts)}
    assert templates == rendered | set(COMMON_TEMPLATES)


def published(figure, count, **more):
    return {"figure": figure, "count": count, "source": "web_page", "where": "its page", **more}


def test_the_inventory_says_whether_the_set_is_whole_and_what_is_missing(tmp_path):
    figures = [
        *(published("sessions", 4), published("recordings", 4)),
        *(published("files", 2, kind=".mid"), published("files", 4, kind=".wav")),
        *(published("hours", 0.1), published("notes", 99)),
    ]
    releases = [{"release": "1.0", "figures": figures, "unknown": {"notes": "not here"}}]
    row = described(tmp_path, card=CARD | {"published": releases})
    found = row["completeness"]
    assert [(f["figure"], f["here"], f["state"]) for f in found["figures"]] == [
        *(("sessions", 4, "complete"), ("recordings", 3, "partial")),
        *(("files", 2, "complete"), ("files", 3, "partial"), ("hours", 0.0251, "partial")),
    ]
    assert (found["state"], found["release"]) == ("partial", "1.0")
    assert found["unknown"] == {}
    report = summarise_inventory([row])
    page = render_inventory_page(report)
    assert "Is this the whole set?" in page
    assert "web page: its page" in page
    [line] = csv.DictReader(io.StringIO(inventory_csv(report)))
    assert (line["completeness"], line["release"]) == ("partial", "1.0")


def test_a_set_of_which_nothing_is_published_is_unknown_on_the_page(tmp_path):
    report = summarise_inventory([described(tmp_path)])
    assert report["source_sets"][0]["completeness"]["state"] == "unknown"
    assert "sessions not compared: the card publishes no count." in render_inventory_page(report)
