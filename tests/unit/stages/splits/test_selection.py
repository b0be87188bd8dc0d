"""Which sessions a manifest selects, and that a selection moves no session."""

import re

import pytest

from drumcorpus.stages.splits.decide import Decision, decide_splits
from drumcorpus.stages.splits.families import Edge
from drumcorpus.stages.splits.page import render_splits_page
from drumcorpus.stages.splits.report import describe_splits, split_table
from drumcorpus.stages.splits.selection import (
    leave_out_model_labels,
    leave_out_unselected,
    read_selection,
    selected_alone,
)
from drumcorpus.vocabulary import MODEL_LABELS_HERE, NEAR_STROKES, NOT_SELECTED

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def session(name, split="train", source_set="egmd", **more):
    row = {"source_set": source_set, "session_id": name, "group_id": name, "split": split}
    empty = dict.fromkeys(("style", "kit_id", "drummer_id"))
    return row | {"official_split": True} | empty | more


CORPUS = [
    session("e0", style="rock", kit_id="Jazz", drummer_id="d1"),
    session("e1", style="rock", kit_id="808", drummer_id="d2"),
    session("e2", style="funk", kit_id="Jazz", drummer_id="d1"),
    session("e3", "test", style="rock", kit_id="Jazz", drummer_id="d2"),
    session("e4", style=None, kit_id=None, drummer_id=None),
    session("m0", source_set="mdb_drums"),
    session("m1", "test", source_set="mdb_drums"),
]


def decided(select, edges=(), policy="refuse", corpus=CORPUS):
    edges = list(edges)
    families, decisions = decide_splits(corpus, edges, policy=policy, seed=0, shares=SHARES)
    leave_out_unselected(corpus, decisions, select, manifest="m")
    return families, decisions


def included(select, **options):
    decisions = decided(select, **options)[1]
    rows = zip(options.get("corpus", CORPUS), decisions, strict=True)
    return [row["session_id"] for row, decision in rows if decision.included]


@pytest.mark.parametrize(
    ("wanted", "selected"),
    [
        ({"sessions": ["e4", "e0"]}, ["e0", "e4"]),
        ({"style": ["rock"]}, ["e0", "e1", "e3"]),
        ({"style": ["funk", "rock"]}, ["e0", "e1", "e2", "e3"]),
        ({"style": ["rock"], "kit": ["Jazz"]}, ["e0", "e3"]),
        ({"style": ["rock"], "kit": ["Jazz"], "split": ["train"]}, ["e0"]),
        ({"drummer": ["d1"]}, ["e0", "e2"]),
        ({"split": ["test"]}, ["e3"]),
    ],
    ids=["ids", "style", "or", "and", "three", "drummer", "split"],
)
def test_a_session_is_selected_that_has_a_value_of_every_key(wanted, selected):
    assert included({"egmd": wanted}) == [*selected, "m0", "m1"]


def test_without_a_selection_all_are_in():
    assert included({}) == [row["session_id"] for row in CORPUS]


def test_what_is_left_out_has_a_reason_of_its_own_in_the_table():
    families, decisions = decided({"mdb_drums": {"split": ["test"]}})
    table = split_table(CORPUS, families, decisions)
    rows = {row["session_id"]: row for row in table.to_pylist()}
    assert (rows["m0"]["included"], rows["m0"]["reason"]) == (False, NOT_SELECTED)
    assert (rows["m1"]["included"], rows["m1"]["reason"]) == (True, None)


def test_a_selection_lets_no_session_into_a_split_that_its_relatives_keep_it_out_of():
    # e0 is a copy of e3, which is published as test: it stays refused without e3.
    edges = [Edge(NEAR_STROKES, 0, 3)]
    assert included({"egmd": {"split": ["train"]}}, edges=edges) == ["e1", "e2", "e4", "m0", "m1"]
    moved = included({"egmd": {"split": ["train"]}}, edges=edges, policy="move")
    assert moved == ["e1", "e2", "e4", "m0", "m1"]  # for e0 stands in test then
    assert included({"egmd": {"split": ["test"]}}, edges=edges, policy="move")[:2] == ["e0", "e3"]


def test_the_report_counts_the_unselected_apart_from_leaks_and_refusals():
    edges = [Edge(NEAR_STROKES, 0, 3), Edge(NEAR_STROKES, 5, 6)]

    def report_of(select, policy):
        families, decisions = decided(select, edges, policy)
        heard = ({}, {}, {})
        options = {"policy": policy, "isolate": ()}
        return describe_splits(CORPUS, edges, families, decisions, *heard, **options)

    whole = report_of({}, "report")
    assert (whole["leaks"]["families"], whole["leaks"]["found_families"]) == (2, 2)
    assert whole["not_selected"] == {"sessions": 0, "by_source_set": {}}
    part = report_of({"egmd": {"split": ["train"]}}, "report")
    assert (part["leaks"]["families"], part["leaks"]["found_families"]) == (1, 1)
    assert part["not_selected"] == {"sessions": 1, "by_source_set": {"egmd": 1}}
    assert part["splits"]["egmd"]["after"] == {"train": 4, "not_selected": 1}
    refusing = report_of({"egmd": {"sessions": ["e0", "e1", "e3"]}}, "refuse")
    assert refusing["leaks"]["refused_sessions"] == 2  # e0 and m0
    assert [row["session"] for row in refusing["refused"]] == ["egmd/e0", "mdb_drums/m0"]
    assert refusing["not_selected"]["sessions"] == 2
    page = render_splits_page(refusing, "m")
    assert "2 more are not selected" in page
    assert "not selected for this manifest" in render_splits_page(part, "m")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (
            {"style": ["rok", "funk"]},
            "egmd.style: 'rok' (did you mean 'rock'?); its sessions have: funk, rock",
        ),
        ({"kit": ["TR-909"]}, "egmd.kit: 'TR-909'; its sessions have: 808, Jazz"),
        ({"split": ["validation"]}, "egmd.split: 'validation'; its sessions have: test, train"),
        ({"sessions": ["e9"]}, "egmd.sessions: 'e9'; its sessions have: e0, e1, e2, e3, e4"),
        ({"style": ["funk"], "kit": ["808"]}, "egmd: selects none of 5 sessions; each key alone"),
    ],
    ids=["style", "kit", "split", "id", "none"],
)
def test_what_no_session_has_is_refused_by_its_key(wanted, words):
    with pytest.raises(ValueError, match=re.escape(f"config: manifests.m.select.{words}")):
        decided({"egmd": wanted})


def test_a_long_list_of_ids_is_looked_up_once_each():
    class Id(str):
        n_hashes = 0

        def __hash__(self):
            Id.n_hashes += 1
            return super().__hash__()

    ids = [Id(f"e{number:03d}") for number in range(300)]
    sessions = [CORPUS[0] | {"session_id": name} for name in ids]
    decisions = [Decision("train") for _ in ids]
    leave_out_unselected(sessions, decisions, {"egmd": {"sessions": ids[:200]}}, manifest="m")
    assert sum(decision.included for decision in decisions) == 200
    assert Id.n_hashes < 10 * len(ids)


def test_a_value_of_another_set_is_no_value():
    with pytest.raises(ValueError, match=r"mdb_drums\.style: 'rock'; its .* have: none at all"):
        decided({"mdb_drums": {"style": ["rock"]}})


def test_all_that_is_wrong_is_said_at_once_and_long_lists_are_cut():
    corpus = [session(f"e{n}", style=f"style {n:02d}") for n in range(30)]
    wanted = {"sessions": [f"x{n}" for n in range(7)], "style": ["none"]}
    with pytest.raises(ValueError) as error:
        decided({"egmd": wanted}, corpus=corpus)
    first, second = str(error.value).splitlines()
    assert "'x4'" in first and "'x5'" not in first and " and 2 more; its sessions" in first
    assert second.endswith("style 18, style 19 and 10 more")


def test_ids_are_read_one_a_line(tmp_path):
    one, two = tmp_path / "one.txt", tmp_path / "two.txt"
    one.write_bytes("\ufeffdrummer1/ein Stück \r\n\r\ne1\r\n".encode())
    two.write_text("m0")
    select = {
        "egmd": {"sessions": None, "style": ["rock"]},
        "slakh2100": {"sessions": ["Track1"]},
        "mdb_drums": {"sessions": None},
    }
    assert read_selection(select, [one, two]) == {
        "egmd": {"sessions": ["drummer1/ein Stück", "e1"], "style": ["rock"]},
        "slakh2100": {"sessions": ["Track1"]},
        "mdb_drums": {"sessions": ["m0"]},
    }


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\n \n", "has no session id"), (b"\xff\xfea\x00", "is no text in UTF-8")],
    ids=["empty", "bytes"],
)
def test_a_list_without_ids_is_refused_by_its_name(tmp_path, content, words):
    path = tmp_path / "ids.txt"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=rf"ids\.txt: {words}"):
        read_selection({"egmd": {"sessions": None}}, [path])


def test_sessions_that_cannot_be_decoded_count_where_they_are_selected():
    decisions = decided({"egmd": {"sessions": ["e0", "e1"]}})[1]
    unreadable = {"egmd": ["e1", "e2"], "mdb_drums": ["m0"]}
    kept = selected_alone(unreadable, CORPUS, decisions)
    assert kept == {"egmd": ["e1"], "mdb_drums": ["m0"]}
    assert selected_alone({"egmd": ["e2"]}, CORPUS, decisions) == {}


def test_sessions_that_a_model_labelled_are_left_out_of_splits_that_may_not_have_such():
    sessions = [
        {"source_set": source_set, "session_id": str(n)}
        for n, source_set in enumerate(["mixes", "mixes", "mixes", "egmd", "rooms"])
    ]
    splits = ["train", "test", "validation", "test", "test"]
    decisions = [Decision(split) for split in splits]
    decisions[2] = Decision("validation", included=False, reason=NOT_SELECTED)
    leave_out_model_labels(sessions, decisions, {"mixes": ["train"], "rooms": ["test"]})
    left = [(decision.included, decision.reason) for decision in decisions]
    assert left == [
        (True, None),
        (False, MODEL_LABELS_HERE),
        (False, NOT_SELECTED),
        (True, None),
        (True, None),
    ]


def test_the_report_counts_them_apart_from_refusals_and_leaks():
    sessions = [session("a"), session("b", "test", "mixes"), session("c", "test", "mixes")]
    edges = [Edge(NEAR_STROKES, 0, 1)]
    families, decisions = decide_splits(sessions, edges, policy="report", seed=1, shares=SHARES)
    leave_out_model_labels(sessions, decisions, {"mixes": ["train"]})
    about = {"policy": "report", "isolate": []}
    report = describe_splits(sessions, edges, families, decisions, {}, {}, {}, **about)
    assert report[MODEL_LABELS_HERE] == {"sessions": 2, "by_source_set": {"mixes": 2}}
    assert report["leaks"]["refused_sessions"] == report["leaks"]["families"] == 0
    assert report["refused"] == []
    assert report["splits"]["mixes"]["after"] == {MODEL_LABELS_HERE: 2}
    assert "2 sessions more left out" in render_splits_page(report, "m")
