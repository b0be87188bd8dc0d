"""Families, and the split that each of them stands in."""

from collections import defaultdict
from itertools import permutations

import orjson
import pytest
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.json_files import canonical_json
from drumcorpus.ground.run.code_digest import reached_modules
from drumcorpus.stages.splits.decide import decide_splits, families_across_splits
from drumcorpus.stages.splits.draw import draw_split
from drumcorpus.stages.splits.families import DRUMMER, GROUP, KIT, Edge, equal_values, find_families
from drumcorpus.stages.splits.page import render_splits_page
from drumcorpus.stages.splits.report import describe_splits, split_table
from drumcorpus.vocabulary import EQUAL_AUDIO, NEAR_STROKES

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


def of_drummers(**splits):
    """Sessions of some drummers by their published splits, and what joins those of one."""
    sessions = [
        session(f"{drummer}{number}", split, drummer_id=drummer)
        for drummer, of_one in splits.items()
        for number, split in enumerate(of_one)
    ]
    return sessions, equal_values(DRUMMER, [row["drummer_id"] for row in sessions], "drummer_id")


def by_drummer(sessions, decisions):
    found = defaultdict(set)
    for row, decision in zip(sessions, decisions, strict=True):
        found[row["drummer_id"]].add(decision.split)
    return dict(found)


def test_isolation_shares_families_out_by_size_and_published_splits_give_way():
    sessions, edges = of_drummers(
        a=["test"] * 15 + ["train"], b=["test", "train"], c=["test", "validation"]
    )
    _, decisions = decide(sessions, edges)
    assert by_drummer(sessions, decisions) == {"a": {"train"}, "b": {"validation"}, "c": {"test"}}
    assert {decision.reason for decision in decisions} == {"isolated", None}
    assert all(decision.included for decision in decisions)


@pytest.mark.parametrize("policy", ["refuse", "move", "report"])
def test_isolation_leaves_drummers_who_stand_in_one_split_where_they_are(policy):
    sessions, edges = of_drummers(a=["train"] * 8, b=["test"] * 2, c=["validation"] * 2)
    _, decisions = decide(sessions, edges, policy)
    assert outcome(decisions) == ["train"] * 8 + ["test"] * 2 + ["validation"] * 2
    assert {decision.reason for decision in decisions} == {None}


@pytest.mark.parametrize(
    ("standing", "target"),
    [
        ({"a": ["train"] * 16}, "validation"),
        ({"a": ["train"] * 16, "b": ["validation"] * 2}, "test"),
        ({"a": ["train"] * 2, "b": ["validation"] * 2, "c": ["test"] * 2}, "train"),
    ],
)
def test_isolation_counts_the_sessions_of_drummers_who_stay(standing, target):
    sessions, edges = of_drummers(**standing, both=["train", "test"])
    # Of nobody: these do not count.
    alone = ["test", "validation", "validation"]
    sessions += [session(f"x{n}", split, drummer_id=None) for n, split in enumerate(alone)]
    _, decisions = decide(sessions, edges)
    found = by_drummer(sessions, decisions)
    assert found.pop("both") == {target}
    assert found.pop(None) == set(alone)
    assert found == {name: set(splits) for name, splits in standing.items()}


def test_under_report_isolation_changes_nothing_and_the_drummer_is_counted():
    sessions, edges = of_drummers(a=["train", "test", "test"], b=["test"])
    families, decisions = decide(sessions, edges, "report")
    assert outcome(decisions) == ["train", "test", "test", "test"]
    assert families_across_splits(families, decisions) == ["a0"]


@pytest.mark.parametrize("policy", ["refuse", "move"])
def test_few_drummers_are_shared_out_so_that_no_split_is_left_empty(policy):
    everywhere = ["train", "validation", "test"] * 4
    sessions, edges = of_drummers(a=everywhere, b=everywhere, c=everywhere)
    _, decisions = decide(sessions, edges, policy)  # by their size all three would go to train
    assert by_drummer(sessions, decisions) == {"a": {"train"}, "b": {"validation"}, "c": {"test"}}


def test_isolation_does_not_depend_on_the_order_in_which_shares_are_written():
    sessions, edges = of_drummers(**{name: ["train", "test", "validation"] for name in "abcdefg"})
    equal = {"train": 1 / 3, "validation": 1 / 3, "test": 1 / 3}  # every choice is a tie
    found = [
        outcome(
            decide_splits(
                sessions, edges, policy="move", seed=0, shares={n: equal[n] for n in order}
            )[1]
        )
        for order in permutations(equal)
    ]
    assert found[1:] == found[:-1]
    assert set(found[0]) == set(equal)


@pytest.mark.parametrize("policy", ["refuse", "move"])
def test_isolation_that_empties_a_split_is_an_error_that_says_what_to_do(policy):
    sessions, edges = of_drummers(a=["train", "test"], b=["test", "train", "validation"])
    sessions[0] |= {"kit_id": "k"}
    sessions[1] |= {"kit_id": "k"}
    edges += equal_values(KIT, [row.get("kit_id") for row in sessions], "kit_id")
    with pytest.raises(
        ValueError, match="leaves no session in validation: 2 drummers and 1 kit,"
    ) as it:
        decide(sessions, edges, policy)
    assert "families: 2" in str(it.value)
    for remedy in ("less in splits.isolate", "leaks to report", "share of 0 in splits.shares"):
        assert remedy in str(it.value)


def test_a_split_without_a_share_or_that_others_fill_may_lose_its_drummers():
    sessions, edges = of_drummers(a=["train", "test"], b=["test", "train"])
    shares = {"train": 1.0, "validation": 0.0, "test": 0.0}
    _, decisions = decide_splits(sessions, edges, policy="refuse", seed=0, shares=shares)
    assert outcome(decisions) == ["train"] * 4
    _, decisions = decide([*sessions, session("x", "test", drummer_id=None)], edges)
    assert outcome(decisions) == ["train"] * 4 + ["test"]


def test_a_split_that_refusal_empties_is_no_error_of_isolation():
    sessions, edges = of_drummers(a=["train", "test"], b=["test"], c=["validation"])
    edges.append(Edge(NEAR_STROKES, 2, 3))
    _, decisions = decide(sessions, edges)
    assert outcome(decisions) == ["train", "train", "test", "refused"]


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


@given(corpora(), st.lists(st.sampled_from([None, *"xyz"]), min_size=14, max_size=14), st.data())
def test_no_drummer_stands_in_two_splits_and_who_stands_in_one_stays(corpus, drummers, data):
    sessions, edges = corpus
    edges = edges + equal_values(DRUMMER, drummers[: len(sessions)], "drummer_id")
    policy = data.draw(st.sampled_from(["refuse", "move"]))
    try:
        families, decisions = decide(sessions, edges, policy)
    except ValueError as error:
        assert "leaves no session in" in str(error)
        return
    assert families_across_splits(families, decisions) == []
    before = defaultdict(set)
    for family, row in zip(families, sessions, strict=True):
        before[family].add(row["split"])
    stay = [name for name in before if len(before[name]) == 1]
    for family, row, decision in zip(families, sessions, decisions, strict=True):
        if family in stay:
            assert (decision.split, decision.included) == (row["split"], True)
    order = data.draw(st.permutations(range(len(sessions))))
    place = {old: new for new, old in enumerate(order)}
    other = [Edge(e.kind, *sorted((place[e.one], place[e.other]))) for e in edges]
    shuffled = decide([sessions[n] for n in order], other, policy)
    assert [shuffled[1][place[n]] for n in range(len(sessions))] == decisions


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


def described(policy, isolate=()):
    sessions = [session("a", "train"), session("b", "test"), session("c", "train", name="<c>")]
    sessions += [session("d", "test", name=f"d{number}") for number in range(2)]
    edges = [
        Edge(NEAR_STROKES, 0, 1, {"share": 0.98}),
        Edge(EQUAL_AUDIO, 1, 2, {"sha256": "ab", "files": ["x.wav", "<y>.wav"]}),
        Edge(GROUP, 3, 4, {"group_id": "d"}),
    ]
    families, decisions = decide(sessions, edges, policy)
    reasons = {"s": {"no_audio": 3}}
    unreadable = {"s": [f"d{number:02d}" for number in range(12)]}
    report = describe_splits(
        *(sessions, edges, families, decisions, reasons, unreadable, {}),
        policy=policy,
        isolate=isolate,
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


def test_the_report_counts_and_names_sessions_that_cannot_be_decoded():
    unreadable = described("refuse")[0]["unreadable"]
    assert (unreadable["sessions"], unreadable["by_source_set"]) == (12, {"s": 12})
    assert unreadable["examples"] == {"s": [f"d{number:02d}" for number in range(10)]}


def test_the_page_says_what_joins_and_escapes_names():
    page = render_splits_page(described("refuse")[0], "m<1>")
    assert "m&lt;1&gt;" in page and "<c>" not in page and "<y>" not in page
    assert "the strokes coincide" in page and "left out" in page and "share 0.98" in page
    assert "http" not in page


def test_a_page_of_a_report_read_back_is_equal_to_the_byte():
    report = described("refuse", ["drummer"])[0]
    evidence = {"lag_s": 0.0, "landmarks": 542, "at_another_lag": 8, "seconds": 9, "more": 1}
    report["families"]["examples"][0]["edges"][0]["evidence"] = evidence
    page = render_splits_page(report, "m")
    assert page == render_splits_page(orjson.loads(canonical_json(report)), "m")
    # In the order of reading, not that of the JSON; what it has no place for comes last.
    assert "(lag_s 0.0; landmarks 542; at_another_lag 8; seconds 9; more 1)" in page


def test_who_decides_reaches_no_page_and_who_shows_reaches_no_search():
    decides, shows = (
        set(reached_modules(REPO / f"workflow/scripts/{name}.py", REPO / "src/drumcorpus"))
        for name in ("decide_splits", "render_splits")
    )
    assert {p for p in decides if "page" in p} == set()
    own = {p.removeprefix("stages/splits/") for p in shows if p.startswith("stages/splits/")}
    assert own == {"__init__.py", "page.py", "families.py", "policies.py"}


def test_the_page_does_not_say_of_a_report_that_drummers_are_kept():
    kept = render_splits_page(described("refuse", ["drummer", "kit"])[0], "m")
    assert "Kept in one split as well: sessions of one drummer, of one kit; where they" in kept
    counted = render_splits_page(described("report", ["drummer"])[0], "m")
    assert "Counted as well: sessions of one drummer." in counted
    assert "Nothing is changed" in counted and "gave way" not in counted
