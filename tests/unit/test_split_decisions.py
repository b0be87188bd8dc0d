"""Families, and the split that each of them stands in."""

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.leaks.decide import decide_splits, families_across_splits
from drumcorpus.leaks.families import (
    DRUMMER,
    EQUAL_AUDIO,
    GROUP,
    NEAR_STROKES,
    Edge,
    equal_values,
    find_families,
)
from drumcorpus.leaks.page import render_splits_page
from drumcorpus.leaks.report import describe_splits, split_table
from drumcorpus.splits import draw_split

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}
SPLITS = tuple(SHARES)


def session(group, split=None, name=None, **more):
    """A session with an official split, or with the one that its group draws."""
    return {
        "source_set": "s",
        "session_id": name or group,
        "group_id": group,
        "split": split or draw_split(group, seed=0, shares=SHARES),
        "official_split": split is not None,
        **more,
    }


def drawn(split, but=()):
    """A group that draws this split."""
    return next(
        name
        for name in map("g{}".format, range(1000))
        if name not in but and draw_split(name, seed=0, shares=SHARES) == split
    )


def decide(sessions, edges, policy="refuse", seed=0):
    return decide_splits(sessions, edges, policy=policy, seed=seed, shares=SHARES)


def outcome(decisions):
    return [decision.split if decision.included else "refused" for decision in decisions]


def test_a_family_is_what_edges_join_in_whatever_order():
    edges = [Edge(GROUP, 4, 2), Edge(EQUAL_AUDIO, 0, 1), Edge(NEAR_STROKES, 2, 0)]
    assert find_families(6, edges) == [0, 0, 0, 3, 0, 5]
    assert find_families(6, edges[::-1]) == [0, 0, 0, 3, 0, 5]


def test_equal_values_join_and_a_missing_value_joins_nothing():
    edges = equal_values(DRUMMER, ["a", None, "b", "a", None, "a"], "drummer_id")
    assert [(edge.one, edge.other) for edge in edges] == [(0, 3), (0, 5)]


def test_what_is_drawn_follows_the_published_split_of_its_family():
    sessions = [session(drawn("train")), session("b", "test")]
    _, decisions = decide(sessions, [Edge(NEAR_STROKES, 0, 1)])
    assert outcome(decisions) == ["test", "test"]
    assert [decision.reason for decision in decisions] == ["follows_official_split", None]


def test_a_family_without_a_published_split_is_drawn_once_by_its_first_group():
    first, second = sorted([drawn("train"), drawn("test")])
    families, decisions = decide([session(second), session(first)], [Edge(NEAR_STROKES, 0, 1)])
    assert outcome(decisions) == [draw_split(first, seed=0, shares=SHARES)] * 2
    assert families == [first, first]


@pytest.mark.parametrize(
    ("policy", "expected", "left"),
    [
        ("refuse", ["refused", "refused", "test", "test"], 0),
        ("move", ["test", "test", "test", "test"], 0),
        ("report", ["train", "validation", "test", "train"], 1),
    ],
)
def test_where_published_splits_differ_the_policy_decides(policy, expected, left):
    sessions = [session("a", "train"), session("b", "validation"), session("c", "test")]
    sessions.append(session(drawn("train")))
    edges = [Edge(NEAR_STROKES, 0, 1), Edge(NEAR_STROKES, 1, 2), Edge(NEAR_STROKES, 2, 3)]
    families, decisions = decide(sessions, edges, policy)
    assert outcome(decisions) == expected
    assert len(families_across_splits(families, decisions)) == left


def test_isolation_shares_families_out_by_size_and_published_splits_give_way():
    sessions = [
        session(f"{drummer}{number}", "test", drummer_id=drummer)
        for drummer, size in (("a", 16), ("b", 2), ("c", 2))
        for number in range(size)
    ]
    edges = equal_values(DRUMMER, [row["drummer_id"] for row in sessions], "drummer_id")
    _, decisions = decide(sessions, edges)
    by_drummer = defaultdict(set)
    for row, decision in zip(sessions, decisions, strict=True):
        by_drummer[row["drummer_id"]].add(decision.split)
    assert by_drummer == {"a": {"train"}, "b": {"validation"}, "c": {"test"}}
    assert {decision.reason for decision in decisions} == {"isolated", None}


some_sessions = st.lists(
    st.tuples(st.sampled_from("abcdefgh"), st.sampled_from([None, *SPLITS])),
    min_size=1,
    max_size=14,
)


@st.composite
def corpora(draw):
    rows = draw(some_sessions)
    sessions = [session(g, s, name=f"{g}{n}") for n, (g, s) in enumerate(rows)]
    place = st.integers(0, len(rows) - 1)
    pairs = draw(st.lists(st.tuples(place, place), max_size=12))
    edges = equal_values(GROUP, [row["group_id"] for row in sessions], "group_id")
    return sessions, edges + [Edge(NEAR_STROKES, min(p), max(p)) for p in pairs if p[0] != p[1]]


@given(corpora(), st.sampled_from(["refuse", "move"]))
def test_no_family_stands_in_two_splits(corpus, policy):
    families, decisions = decide(*corpus, policy)
    assert families_across_splits(families, decisions) == []
    refused = [row for row, d in zip(corpus[0], decisions, strict=True) if not d.included]
    assert all(row["official_split"] for row in refused)
    if policy == "move":
        assert refused == []


@given(corpora(), st.randoms(use_true_random=False), st.sampled_from(["refuse", "move", "report"]))
def test_the_order_of_the_sessions_does_not_matter(corpus, random, policy):
    sessions, edges = corpus
    order = list(range(len(sessions)))
    random.shuffle(order)
    place = {old: new for new, old in enumerate(order)}
    other = [
        Edge(e.kind, *sorted((place[e.one], place[e.other])))
        for e in random.sample(edges, len(edges))
    ]
    families, decisions = decide(sessions, edges, policy)
    shuffled = decide([sessions[n] for n in order], other, policy)
    assert [shuffled[0][place[n]] for n in range(len(sessions))] == families
    assert [shuffled[1][place[n]] for n in range(len(sessions))] == decisions


@given(corpora(), st.sampled_from(["refuse", "move", "report"]))
def test_another_session_moves_no_other(corpus, policy):
    sessions, edges = corpus
    before = decide(sessions, edges, policy)
    after = decide([*sessions, session("zz")], edges, policy)
    assert (after[0][:-1], after[1][:-1]) == before
    assert outcome(after[1])[-1] == draw_split("zz", seed=0, shares=SHARES)


def described(policy):
    sessions = [session("a", "train"), session("b", "test"), session("c", "train", name="<c>")]
    sessions += [session("d", "test", name=f"d{number}") for number in range(2)]
    edges = [
        Edge(NEAR_STROKES, 0, 1, {"share": 0.98}),
        Edge(EQUAL_AUDIO, 1, 2, {"sha256": "ab", "files": ["x.wav", "<y>.wav"]}),
        Edge(GROUP, 3, 4, {"group_id": "d"}),
    ]
    families, decisions = decide(sessions, edges, policy)
    reasons = {"s": {"no_audio": 3}}
    report = describe_splits(
        sessions, edges, families, decisions, reasons, policy=policy, isolate=[]
    )
    return report, split_table(sessions, families, decisions)


def test_the_report_counts_what_was_found_refused_and_left():
    report, table = described("refuse")
    figures = {name: n for name, n in report["leaks"].items() if name != "examples"}
    assert figures == {
        "families": 0,
        "found_families": 1,
        "moved_sessions": 0,
        "refused_sessions": 2,
        "policy": "refuse",
    }
    assert report["families"]["found"] == 1
    assert report["families"]["with_several_sessions"] == 2
    assert report["families"]["by_kind"]["near_strokes"] == {"pairs": 1, "families": 1}
    assert report["splits"]["s"] == {
        "before": {"test": 3, "train": 2},
        "after": {"refused": 2, "test": 3},
    }
    assert [row["session"] for row in report["refused"]] == ["s/a", "s/<c>"]
    assert table["session_id"].to_pylist() == ["<c>", "a", "b", "d0", "d1"]
    assert table["included"].to_pylist() == [False, False, True, True, True]
    assert table["split_before"].to_pylist()[:2] == ["train", "train"]
    assert table.filter(table["included"])["split"].unique().to_pylist() == ["test"]
    assert described("move")[0]["leaks"]["moved_sessions"] == 2
    assert described("report")[0]["leaks"]["families"] == 1


def test_the_page_says_what_joins_and_escapes_names():
    page = render_splits_page(described("refuse")[0], "m<1>")
    assert "m&lt;1&gt;" in page and "<c>" not in page and "<y>" not in page
    assert "the strokes coincide" in page and "left out" in page and "share 0.98" in page
    assert "http" not in page
