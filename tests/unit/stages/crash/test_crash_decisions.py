"""What reviewers decide about crash cymbals: read with care, obeyed, and never ignored unsaid."""

import pyarrow as pa
import pytest
from cymbal_families import CRASH

from drumcorpus.schemas import CYMBAL_ASSIGNMENTS, CYMBAL_EMBEDDINGS
from drumcorpus.stages.crash.decisions import apply_decisions, decision_lines, guessed_cymbals
from drumcorpus.stages.crash.review_file import (
    COLUMNS,
    decisions_of,
    decisions_without_session,
    read_decisions,
)

LABELS = CRASH.labels
HEADER = ",".join(COLUMNS)
SIGNED = "mara,2026-03-01,"


def read(*lines):
    data = "\n".join([HEADER, *lines, ""]).encode()
    return read_decisions(data, "set_review.csv", [CRASH])


def tables(onsets, cymbals=None, session="s", accepted=False):
    """Embeddings and assignments of one session, each hit an event of its own."""
    cymbals = cymbals or [None] * len(onsets)
    hits = [
        dict.fromkeys(CYMBAL_EMBEDDINGS.names)
        | {"event_id": f"{session}{n}", "session_id": session, "component_index": 0}
        | {"family": "crash", "label": "crash"}
        | {"source_label": "49", "cymbal": cymbal, "onset_time": onset}
        for n, (onset, cymbal) in enumerate(zip(onsets, cymbals, strict=True))
    ]
    rows = [
        {name: hit[name] for name in CYMBAL_ASSIGNMENTS.names if name in hit}
        | {"label": LABELS[0], "method": "spectral_cluster"}
        | {"confidence": 0.25, "accepted": accepted}
        for hit in hits
    ]
    return (
        pa.Table.from_pylist(hits, CYMBAL_EMBEDDINGS),
        pa.Table.from_pylist(rows, CYMBAL_ASSIGNMENTS),
    )


def review_row(n_hits, session="s", guesses=None):
    row = {
        "session_id": session,
        "family": "crash",
        "n_hits": n_hits,
        "n_accepted": 0,
        "reason": "doubtful",
    }
    row |= {"session_confidence": 0.1, "silhouette": None, "undescribed": {}}
    if guesses is not None:
        row["guesses"] = [
            {"event_id": f"{session}{n}", "component_index": 0, "cymbal": g, "confidence": 0.5}
            for n, g in enumerate(guesses)
        ]
    return row


def decide(line, onsets=(0.5, 1.25, 2.0), cymbals=None, guesses=None):
    hits, assignments = tables(onsets, cymbals)
    review = [review_row(len(onsets), guesses=guesses)]
    return apply_decisions(assignments, review, read(line), [CRASH], hits=hits)


def outcome(table):
    columns = ("label", "method", "confidence", "accepted")
    return [tuple(row[name] for name in columns) for row in table.to_pylist()]


def test_one_cymbal():
    table, review, unused = decide(f"s,one,,{SIGNED}")
    assert outcome(table) == [("crash", "review", 1.0, True)] * 3
    assert (review, unused) == ([], [])
    assert table.schema == CYMBAL_ASSIGNMENTS


def test_as_metadata():
    table, review, _ = decide(f"s,as_metadata,,{SIGNED}", cymbals=[2, 1, 3])
    assert [row[0] for row in outcome(table)] == ["crash2", "crash", "crash3"]
    assert review == []


def test_as_clustered_leaves_what_has_no_guess_undivided():
    table, review, _ = decide(f"s,as_clustered,,{SIGNED}", guesses=[2, None, 1])
    assert outcome(table) == [
        ("crash2", "review", 1.0, True),
        ("crash", "review", 0.0, False),
        ("crash", "review", 1.0, True),
    ]
    assert review == []


@pytest.mark.parametrize(
    "pairs", ["0.500:2 1.25:1 2.0:-", "s0:2 s1:1 2.000:-", "s2/0:- 1.250/0:1 s0:2"]
)
def test_by_hit(pairs):
    table, review, unused = decide(f"s,by_hit,{pairs},{SIGNED}")
    assert [row[0] for row in outcome(table)] == ["crash2", "crash", "crash"]
    assert [row[3] for row in outcome(table)] == [True, True, False]
    assert (review, unused) == ([], [])


def test_two_crashes_of_one_event_are_told_by_their_component():
    hits, assignments = tables([0.5, 0.5])
    same = [row | {"event_id": "e", "component_index": n} for n, row in enumerate(hits.to_pylist())]
    hits = pa.Table.from_pylist(same, CYMBAL_EMBEDDINGS)
    rows = [
        {**a, "event_id": "e", "component_index": n} for n, a in enumerate(assignments.to_pylist())
    ]
    assignments = pa.Table.from_pylist(rows, CYMBAL_ASSIGNMENTS)
    line = f"s,by_hit,0.500/0:1 e/1:2,{SIGNED}"
    table, _, unused = apply_decisions(assignments, [review_row(2)], read(line), [CRASH], hits=hits)
    assert [row[0] for row in outcome(table)] == ["crash", "crash2"] and unused == []
    assert (
        apply_decisions(
            assignments, [review_row(2)], read(f"s,by_hit,0.5:1 e/1:2,{SIGNED}"), [CRASH], hits=hits
        )[2][0]["problem"]
        == "hits_have_changed"
    )


def test_unknown_keeps_the_label_and_stops_asking():
    table, review, unused = decide(f"s,unknown,,{SIGNED}")
    assert outcome(table) == [("crash", "review", 0.0, False)] * 3
    assert (review, unused) == ([], [])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("s,as_metadata,", "source_does_not_number_every_hit"),
        ("s,as_clustered,", "no_cymbal_guessed"),
        ("s,by_hit,0.500:1 1.250:1", "hits_have_changed"),
        ("s,by_hit,0.500:1 1.250:1 2.001:1", "hits_have_changed"),
        ("s,by_hit,0.500:1 1.250:1 2.000:1 s2:1", "hits_have_changed"),
        ("s,one,seen:00000000", "hits_have_changed"),
    ],
)
def test_a_decision_that_does_not_hold_is_reported_and_the_session_stays(line, problem):
    table, review, unused = decide(f"{line},{SIGNED}")
    assert outcome(table) == [("crash", "spectral_cluster", 0.25, False)] * 3
    assert [(row["session_id"], row["line"], row["problem"]) for row in unused] == [
        ("s", 2, problem)
    ]
    assert review[0]["decision"]["problem"] == problem
    assert review[0]["reason"] == "doubtful"


def test_a_number_of_the_source_without_a_label_is_reported():
    assert decide(f"s,as_metadata,,{SIGNED}", cymbals=[1, 2, 7])[2][0]["problem"] == (
        "source_number_without_label"
    )


def test_a_session_out_of_doubt_comes_back_if_its_decision_does_not_hold():
    hits, assignments = tables([0.5, 1.0], accepted=True)
    decisions = read(f"s,one,seen:00000000,{SIGNED}")
    table, review, unused = apply_decisions(assignments, [], decisions, [CRASH], hits=hits)
    assert table.equals(assignments) and len(unused) == 1
    assert [(row["session_id"], row["reason"]) for row in review] == [("s", "decision_outdated")]
    assert (review[0]["n_hits"], review[0]["n_accepted"]) == (2, 2)


def test_a_session_without_hits_is_reported():
    hits, assignments = tables([0.5])
    decisions = read(f"gone,one,,{SIGNED}")
    table, review, unused = apply_decisions(
        assignments, [review_row(1)], decisions, [CRASH], hits=hits
    )
    assert table.equals(assignments) and review == [review_row(1)]
    assert unused[0]["problem"] == "session_has_no_hit_here"


def test_other_sessions_stay_as_they_are():
    hits, assignments = tables([0.5, 1.0])
    other_hits, other = tables([0.5, 1.0], session="t")
    table, review, _ = apply_decisions(
        pa.concat_tables([other, assignments]),
        [review_row(2, "t"), review_row(2)],
        read(f"s,one,,{SIGNED}"),
        [CRASH],
        hits=pa.concat_tables([hits, other_hits]),
    )
    assert table.slice(0, 2).equals(other)
    assert [row["session_id"] for row in review] == ["t"]


def test_without_decisions_nothing_changes():
    hits, assignments = tables([0.5])
    review = [review_row(1)]
    assert apply_decisions(assignments, review, [], [CRASH], hits=hits) == (assignments, review, [])


@pytest.mark.parametrize(
    "session", ["s", 'a "b", c', "line\nend"], ids=["plain", "quotes", "line break"]
)
def test_the_lines_of_the_page_are_obeyed(session):
    hits, assignments = tables([0.5, 1.25], cymbals=[2, 1], session=session)
    review = [review_row(2, session, guesses=[1, 2])]
    rows = hits.to_pylist()
    guesses = guessed_cymbals(review[0], assignments.to_pylist(), CRASH)
    lines = decision_lines(session, rows, guesses, [CRASH], CRASH)
    assert [row["decision"] for row in lines] == [
        *("one", "as_metadata", "as_clustered", "by_hit", "unknown")
    ]
    labels = {}
    for row in lines:
        line = row["line"].replace("REVIEWER", "mara").replace("YYYY-MM-DD", "2026-03-01")
        table, left, unused = apply_decisions(assignments, review, read(line), [CRASH], hits=hits)
        assert (left, unused) == ([], [])
        labels[row["decision"]] = table["label"].to_pylist()
    assert labels["as_metadata"] == ["crash2", "crash"]
    assert labels["as_clustered"] == labels["by_hit"] == ["crash", "crash2"]


def test_a_line_is_not_obeyed_once_the_hits_or_the_guesses_are_others():
    hits, assignments = tables([0.5, 1.25])
    rows, guesses = hits.to_pylist(), {("s0", 0): 1, ("s1", 0): 2}
    made = decision_lines("s", rows, guesses, [CRASH], CRASH)
    lines = {row["decision"]: row["line"] for row in made}
    for name, now in (("as_clustered", [2, 1]), ("as_clustered", [1, 1]), ("one", [1, 2])):
        line = lines[name].replace("REVIEWER", "m").replace("YYYY-MM-DD", "2026-03-01")
        review = [review_row(2, guesses=now)]
        part = slice(0, 1) if name == "one" else slice(0, 2)
        found = apply_decisions(
            pa.Table.from_pylist(assignments.to_pylist()[part], CYMBAL_ASSIGNMENTS),
            review,
            read(line),
            [CRASH],
            hits=pa.Table.from_pylist(rows[part], CYMBAL_EMBEDDINGS),
        )
        assert found[2][0]["problem"] == "hits_have_changed"


def test_only_decisions_that_are_possible_are_offered_and_open_ones_must_be_filled_in():
    rows = tables([0.5, 1.25])[0].to_pylist()
    lines = decision_lines("s", rows, {}, [CRASH], CRASH)
    assert [row["decision"] for row in lines] == ["one", "by_hit", "unknown"]
    assert "0.500:? 1.250:?" in lines[1]["line"]
    with pytest.raises(ValueError, match=r"'0.500:\?'; allowed"):
        read(lines[1]["line"].replace("YYYY-MM-DD", "2026-03-01"))


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (f"s,two,,{SIGNED}", r"set_review.csv:2: decision 'two' is not one of one, as_metadata"),
        (f",one,,{SIGNED}", r":2: session_id is empty"),
        ("s,one,,,2026-03-01,", r":2: reviewer is empty"),
        ("s,one,,mara,01.03.2026,", r":2: date '01.03.2026'; allowed is a day as YYYY-MM-DD"),
        ("s,one,,mara,2026-02-30,", r":2: date '2026-02-30'"),
        ("s,one,,mara,20260301,", r":2: date '20260301'"),
        ("s,one,,mara,,", r":2: date ''"),
        (f"s,one,1,{SIGNED}", r":2: cymbals '1' for one; allowed is nothing"),
        (f"s,by_hit,,{SIGNED}", r":2: cymbals is empty"),
        (f"s,by_hit,0.5:4,{SIGNED}", r":2: cymbals: '0.5:4'; allowed .* from 1 to 3"),
        (f"s,by_hit,0.5:0,{SIGNED}", r"'0.5:0'"),
        (f"s,by_hit,0.5:x,{SIGNED}", r"'0.5:x'"),
        (f"s,by_hit,0.5,{SIGNED}", r"'0.5'"),
        (f"s,by_hit,0.5:1 0.5:2,{SIGNED}", r":2: cymbals: the hit '0.5' stands twice"),
        (f"t,one,,{SIGNED}\nt,one,,{SIGNED}", r":3: session 't' stands in line 2 already"),
    ],
    ids=[
        "unknown decision",
        "no session",
        "no reviewer",
        "day first",
        "no such day",
        "day without dashes",
        "no date",
        "cymbals of one",
        "no cymbals",
        "cymbal 4",
        "cymbal 0",
        "cymbal a letter",
        "no cymbal",
        "hit twice",
        "session twice",
    ],
)
def test_every_mistake_names_line_value_and_what_is_allowed(line, message):
    with pytest.raises(ValueError, match=message):
        read(line)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match=r"set_review.csv:1: column reviewer, date missing"):
        read_decisions(b"session_id,decision,cymbals,note\n", "set_review.csv", 3)


def test_a_session_that_is_not_there():
    decisions = read(f"train/Track0001,one,,{SIGNED}", f"s,unknown,,{SIGNED}")
    sessions = ["s", "train/Track00001"]
    with pytest.raises(ValueError, match=r"x.csv:2: .* such as 'train/Track00001'"):
        decisions_without_session(decisions, sessions, "x.csv", may_be_gone=False)
    gone = decisions_without_session(decisions, sessions, "x.csv", may_be_gone=True)
    assert [row.session_id for row in gone] == ["train/Track0001"]
    assert [row.session_id for row in decisions_of(decisions, ["s", "t"])] == ["s"]


def test_a_decision_names_each_of_thousands_of_hits():
    pairs = " ".join(f"{n:020x}:{1 + n % 3}" for n in range(5_000))
    [decision] = read(f"s,by_hit,{pairs},{SIGNED}")
    assert len(decision.cymbals) == 5_000
    assert decision.cymbals[f"{4_999:020x}"] == 2
    with pytest.raises(ValueError, match=r"set_review.csv:2: .* allowed: 131,072 at most"):
        read(f"s,by_hit,{pairs} {pairs},{SIGNED}")
