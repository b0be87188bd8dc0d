"""What became of every source label: counts that add up, and a page that is safe and bounded."""

import json
import re

import pyarrow as pa
import pytest
from page_links import without_page_links

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.files.tables import ROW_GROUP_ROWS, write_table
from drumcorpus.schemas import FLAGS, QUARANTINE, SESSIONS, TALLIES
from drumcorpus.stages.ingest.ingest_page import (
    describe_ingest,
    render_ingest_page,
    summarise_ingest,
)

HOSTILE = "<script>alert('x')</script>\n\u202egpj.exe&\"take\""
SCHEMAS = {
    **{"tallies": TALLIES, "quarantine": QUARANTINE, "sessions": SESSIONS},
    "flags": FLAGS,
}


def tally(session, source_label, label, outcome, n_hits):
    keys = ("session_id", "source_label", "label", "outcome", "n_hits")
    return dict(zip(keys, (session, source_label, label, outcome, n_hits), strict=True))


TABLES = {
    "tallies": [
        tally("a", "36", "kick", "in_event", 10),
        tally("a", "36", "kick", "double_trigger", 2),
        tally("a", "99", None, "unmapped_label", 4),
        tally("b", "36", "kick", "in_event", 5),
        tally("b", "100", None, "unmapped_label", 1),
        tally("b", "38", "snare", "before_start", 1),
    ],
    "quarantine": [
        {"path": "x.mid", "stage": "ingest", "reason": "no_notes", "detail": "no note"},
        {"path": "y.wav", "stage": "inventory", "reason": "unreadable_audio", "detail": "cut"},
    ],
    "sessions": [
        {"session_id": "a", "label_map": "td11"},
        {"session_id": "b", "label_map": "td11"},
        {"session_id": "c", "label_map": "td11"},
        {"session_id": "d", "label_map": None},
    ],
    "flags": [
        {"session_id": "a", "path": "a.mid", "flag": "bad_meter", "n": 2},
        {"session_id": "b", "path": "b.mid", "flag": "bad_meter", "n": 1},
        {"session_id": "b", "flag": "out_of_sync", "n": 1, "detail": "reported by x"},
    ],
}
EMPTY = {"tallies": [], "quarantine": [], "sessions": [], "flags": []}


def described(folder, name="the_set", title="The Set", tier="production", published=None, **tables):
    paths, card = {}, {"title": title}
    if published is not None:
        notes = {"figure": "notes", "count": published, "source": "paper", "where": "table 1"}
        card["published"] = [{"release": "1.0", "figures": [notes]}]
    for kind, rows in (TABLES | tables).items():
        paths[kind] = folder / f"{name}.{kind}.parquet"
        rows = [{"source_set": name, **row} for row in rows]
        write_table(paths[kind], pa.Table.from_pylist(rows, SCHEMAS[kind]))
    return describe_ingest(name, card, tier, **paths)


def page(*rows):
    return render_ingest_page(summarise_ingest(rows))


def test_sessions_without_sound_or_annotation_are_listed_by_name(tmp_path):
    refused = {"session_id": "lost", "path": "lost.wav", "reason": "missing_annotation"}
    sessions = [{"session_id": "a", "audio_duration": 1.0}, {"session_id": "b"}]
    row = described(tmp_path, quarantine=[refused], sessions=sessions)
    assert [(entry["kind"], entry["session_id"]) for entry in row["missing"]] == [
        ("annotation", "lost"),
        ("audio", "b"),
    ]
    html = page(row)
    assert "<summary>Sessions without annotation: 1</summary>" in html
    assert "<summary>Sessions without sound: 1</summary>" in html


def test_every_hit_is_in_an_event_or_dropped_for_a_reason(tmp_path):
    row = described(tmp_path)
    assert row["hits"] == {"total": 23, "in_event": 15, "dropped": 8}
    assert row["by_outcome"] == {
        "before_start": 1,
        "double_trigger": 2,
        "in_event": 15,
        "unmapped_label": 5,
    }
    assert row["sessions"] == {"total": 4, "with_labels": 3, "with_hits": 2}


def test_source_labels_come_with_label_and_outcomes_the_most_frequent_first(tmp_path):
    assert described(tmp_path)["source_labels"] == [
        {
            "source_label": "36",
            "label": "kick",
            "hits": 17,
            "outcomes": {"double_trigger": 2, "in_event": 15},
        },
        {"source_label": "99", "label": None, "hits": 4, "outcomes": {"unmapped_label": 4}},
        {"source_label": "100", "label": None, "hits": 1, "outcomes": {"unmapped_label": 1}},
        {"source_label": "38", "label": "snare", "hits": 1, "outcomes": {"before_start": 1}},
    ]


def test_a_source_label_with_two_labels_stands_twice(tmp_path):
    tallies = [tally("a", "25", label, "in_event", 1) for label in ("snare", "rimshot")]
    rows = described(tmp_path, tallies=tallies)["source_labels"]
    assert [(row["source_label"], row["label"]) for row in rows] == [
        ("25", "rimshot"),
        ("25", "snare"),
    ]


def test_tables_of_many_row_groups_are_summed(tmp_path):
    n_sessions = ROW_GROUP_ROWS // 2
    tallies = [
        tally(f"{number:06d}", source_label, None, "unmapped_label", 3)
        for number in range(n_sessions)
        for source_label in ("1", "2", "3")
    ]
    row = described(tmp_path, tallies=tallies)
    assert row["hits"]["total"] == 9 * n_sessions
    assert row["sessions"]["with_hits"] == n_sessions
    assert [label["hits"] for label in row["source_labels"]] == [3 * n_sessions] * 3


def test_totals_are_the_sums_of_the_sets_in_order_of_name(tmp_path):
    report = summarise_ingest([described(tmp_path, "b_set"), described(tmp_path, "a_set")])
    assert [row["source_set"] for row in report["source_sets"]] == ["a_set", "b_set"]
    totals = report["totals"]
    assert totals["hits"] == {"total": 46, "in_event": 30, "dropped": 16}
    assert sum(totals["by_outcome"].values()) == 46
    assert (totals["quarantine"], totals["source_sets"]) == ({"files": 4}, 2)


def test_parts_that_do_not_add_up_stop_the_report(tmp_path):
    row = described(tmp_path)
    row["source_labels"][0]["hits"] -= 1
    with pytest.raises(ValueError, match="the_set: hits by source label add up to 22 of 23"):
        summarise_ingest([row])


def test_the_page_names_reasons_with_their_source_labels(tmp_path):
    text = re.sub(r"<[^>]+>", "", page(described(tmp_path)))
    assert "unmapped_label521.7 %99: 4; 100: 1" in text
    assert "23 hits: 15 in events, 8 dropped." in text


def test_a_long_table_says_how_much_it_leaves_out(tmp_path):
    tallies = [tally("a", f"token{n:04d}", None, "unmapped_label", 2) for n in range(1250)]
    row = described(tmp_path, tallies=tallies)
    html = page(row)
    assert len(row["source_labels"]) == 1250
    assert "and 950 more, with 1,900 hits in all" in html
    assert "token0299" in html
    assert "token0300" not in html


def test_names_from_the_data_are_escaped_everywhere(tmp_path):
    bad_file = dict.fromkeys(("path", "session_id", "stage", "reason", "detail"), HOSTILE)
    row = described(
        tmp_path,
        title=HOSTILE,
        tier=HOSTILE,
        tallies=[tally(HOSTILE, HOSTILE, HOSTILE, HOSTILE, 3)],
        quarantine=[bad_file],
    )
    html = page(row)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") > 10
    assert "\u202e" not in html
    assert r"\n\u202egpj.exe" in html
    apart = without_page_links(html)
    assert not re.search(r"https?:|//|url\(|@import|\bsrc=|\bhref=|\bon\w+=", apart)


def test_no_hits_and_no_sets_are_described_in_words(tmp_path):
    html = page(described(tmp_path, **EMPTY))
    for sentence in ("No hit was dropped.", "No label was read.", "No raw file is in quarantine."):
        assert sentence in html
    assert "No source set is ingested." in page()


def test_equal_tables_give_equal_bytes(tmp_path):
    reports = [summarise_ingest([described(tmp_path)]) for _ in range(2)]
    assert canonical_json(reports[0]) == canonical_json(reports[1])
    back = json.loads(canonical_json(reports[0]))
    assert render_ingest_page(back) == render_ingest_page(reports[1])


def test_what_is_wrong_around_strokes_that_are_used_is_counted_and_shown(tmp_path):
    row = described(tmp_path)
    assert row["flags"]["bad_meter"] == {
        "files": 2,
        "places": 3,
        "examples": [
            {"session_id": "a", "path": "a.mid", "detail": None},
            {"session_id": "b", "path": "b.mid", "detail": None},
        ],
    }
    page = render_ingest_page(summarise_ingest([row]))
    assert re.search("out_of_sync.*reported by x", page)


@pytest.mark.parametrize(
    ("count", "state"), [(22, "larger"), (23, "complete"), (24, "partial"), (None, "unknown")]
)
def test_the_notes_that_were_read_are_held_against_those_that_are_published(tmp_path, count, state):
    row = described(tmp_path, published=count)
    assert row["completeness"]["state"] == state
    html = page(row)
    assert f">{state}</span></h4>" in html
    assert ("Held against: 1.0." in html) == (count is not None)
