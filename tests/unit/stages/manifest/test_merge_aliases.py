"""Merging sorted shards, and settling labels: nothing lost, nothing doubled, nothing misplaced."""

import pyarrow as pa
import pytest

from drumcorpus.ground.files.merging import merge_small, merge_sorted
from drumcorpus.ground.files.tables import ROW_GROUP_ROWS, read_table, write_table
from drumcorpus.schemas import ANNOTATION, CRASH_ASSIGNMENTS, EVENTS, QUARANTINE
from drumcorpus.stages.manifest.aliases import alias_events

COMPONENT = {"confidence": 1.0, "velocity": 0.5}
NOTHING = {
    "aliased": 0,
    "crash_assigned": 0,
    "crash_relabelled": 0,
    "crash_renumbered": 0,
    "crash_doubtful": 0,
    "assignments_without_event": 0,
}


def event(event_id, *labels, session="a", onset=0.0, source_set="groove", history=()):
    """An event of the components `labels`; a label may bring its source label after a colon."""
    parts = [label.partition(":") for label in labels]
    return {
        "event_id": event_id,
        "source_set": source_set,
        "session_id": session,
        "onset_time": onset,
        "techniques": [],
        "annotation_history": list(history),
        "components": [
            COMPONENT | {"label": label, "source_label": source or "49"}
            for label, _, source in parts
        ],
    }


def table_of(rows):
    return pa.Table.from_pylist(list(rows), EVENTS)


class TestMerge:
    @pytest.fixture
    def merge(self, tmp_path):
        """Rows of the merged table of some inputs, each a list of events."""

        def merge(*inputs):
            paths = []
            for number, rows in enumerate(inputs):
                paths.append(str(tmp_path / f"{number}.parquet"))
                write_table(paths[-1], table_of(rows))
            n_rows = merge_sorted(paths, EVENTS, tmp_path / "merged.parquet")
            merged = read_table(tmp_path / "merged.parquet")
            assert merged.schema.equals(EVENTS)
            assert n_rows == merged.num_rows
            return merged.to_pylist()

        return merge

    def keys(self, rows):
        return [(row["source_set"], row["session_id"], row["onset_time"]) for row in rows]

    def test_rows_come_in_order_of_source_set_session_and_onset(self, merge):
        one = [
            event("1", "kick", session="a", onset=9.0),
            event("2", "kick", session="c", onset=1.0),
            event("3", "kick", session="c", onset=2.0),
            event("4", "kick", session="a", source_set="slakh"),
        ]
        other = [
            event("5", "kick", session="z", source_set="egmd"),
            event("6", "kick", session="b", onset=0.5),
        ]
        merged = merge(one, other)
        assert [row["event_id"] for row in merged] == ["5", "1", "6", "2", "3", "4"]
        assert self.keys(merged) == sorted(self.keys(merged))

    def test_session_names_are_ordered_by_their_letters_and_not_as_numbers(self, merge):
        rows = [[event(n, "kick", session=n)] for n in ("10", "9", "é", "Z", "a")]
        assert [row["session_id"] for row in merge(*rows)] == ["10", "9", "Z", "a", "é"]

    def test_no_row_and_no_value_is_lost(self, merge):
        rows = [event(str(i), "kick", "crash:57", session=f"{i:04}") for i in range(900)]
        assert merge(rows[::3], [], rows[1::3], rows[2::3]) == table_of(rows).to_pylist()

    def test_no_input_and_empty_inputs_make_an_empty_table(self, merge):
        assert merge() == []
        assert merge([], []) == []

    def test_a_session_in_two_inputs_is_refused_with_both_files(self, merge):
        with pytest.raises(ValueError, match=r"'b'.* stands in .*[01]\.parquet and in .*[01]\.par"):
            merge(
                [event("1", "kick"), event("2", "kick", session="b")],
                [event("3", "kick", session="b", onset=5.0), event("4", "kick", session="c")],
            )

    def test_the_same_session_of_two_source_sets_is_two_sessions(self, merge):
        rows = merge([event("1", "kick")], [event("2", "kick", source_set="slakh")])
        assert [row["event_id"] for row in rows] == ["1", "2"]

    def test_one_input_given_twice_is_refused(self, tmp_path):
        path = str(tmp_path / "a.parquet")
        write_table(path, table_of([event("1", "kick")]))
        with pytest.raises(ValueError, match=r"'a'.* stands in"):
            merge_sorted([path, path], EVENTS, tmp_path / "merged.parquet")

    @pytest.mark.parametrize(
        "rows",
        [
            [event("1", "kick", session="b"), event("2", "kick", session="a")],
            [event("1", "kick", session=name) for name in ("a", "b", "a")],
            [event("1", "kick", source_set="slakh"), event("2", "kick", source_set="egmd")],
            [event("1", "kick", onset=2.0), event("2", "kick", onset=1.0)],
        ],
        ids=["sessions", "session comes again", "source sets", "onsets"],
    )
    @pytest.mark.parametrize("beside", [[], [event("9", "kick", session="aa")]])
    def test_an_input_out_of_order_is_refused(self, merge, rows, beside):
        with pytest.raises(ValueError, match=r"not in order"):
            merge(rows, beside)

    def test_onsets_out_of_order_over_the_border_of_row_groups_are_refused(self, merge):
        rows = [event(str(i), "kick", onset=float(i)) for i in range(ROW_GROUP_ROWS)]
        with pytest.raises(ValueError, match=r"not in order"):
            merge([*rows, event("late", "kick", onset=0.5)])

    def test_a_refusal_leaves_the_old_product(self, merge, tmp_path):
        merge([event("1", "kick")])
        before = (tmp_path / "merged.parquet").read_bytes()
        with pytest.raises(ValueError):
            merge([event("1", "kick", session="b"), event("2", "kick", session="a")])
        assert (tmp_path / "merged.parquet").read_bytes() == before

    def test_equal_rows_give_equal_bytes_however_they_were_sharded(self, tmp_path):
        # Two sessions longer than a row group, and many short ones.
        lengths = [20_000, 17_000] + [3] * 200
        rows = [
            event(f"{session}.{i}", "kick", "crash", session=f"{session:04}", onset=float(i))
            for session, length in enumerate(lengths)
            for i in range(length)
        ]
        whole = table_of(rows)
        results = set()
        for n_shards in (1, 2, 5):
            paths = []
            for shard in range(n_shards):
                mine = [int(name) % n_shards == shard for name in whole["session_id"].to_pylist()]
                paths.append(str(tmp_path / f"{n_shards}.{shard}"))
                write_table(paths[-1], whole.filter(pa.array(mine)))
            for order in (paths, paths[::-1]):
                merge_sorted(order, EVENTS, tmp_path / "merged")
                results.add((tmp_path / "merged").read_bytes())
        write_table(tmp_path / "whole", whole)
        assert results == {(tmp_path / "whole").read_bytes()}

    def test_small_tables_are_merged_in_order_of_all_columns(self, tmp_path):
        rows = [
            dict.fromkeys(QUARANTINE.names, "x") | {"source_set": s, "path": p, "detail": d}
            for s, p, d in [("b", "1", "y"), ("a", "2", "y"), ("a", "1", "z"), ("a", "1", "y")]
        ]
        for number, part in enumerate((rows[:1], rows[1:])):
            write_table(tmp_path / str(number), pa.Table.from_pylist(part, QUARANTINE))
        paths = [str(tmp_path / name) for name in ("0", "1")]
        assert merge_small(paths, QUARANTINE, tmp_path / "a") == 4
        merged = read_table(tmp_path / "a").to_pylist()
        found = [(row["source_set"], row["path"], row["detail"]) for row in merged]
        assert found == [("a", "1", "y"), ("a", "1", "z"), ("a", "2", "y"), ("b", "1", "y")]
        merge_small(paths[::-1], QUARANTINE, tmp_path / "b")
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def assignment(event_id, index, label, *, source_label="49", **given):
    return {
        "event_id": event_id,
        "session_id": "a",
        "component_index": index,
        "source_label": source_label,
        "label": label,
        **{"method": "gmm", "confidence": 0.9, "accepted": True, "cymbal": None},
        **given,
    }


class TestAliases:
    @pytest.fixture
    def alias(self, taxonomy):
        """(labels by event, history by event, counters) after aliasing."""

        def alias(events, *assignments):
            table = events if isinstance(events, pa.Table) else table_of(events)
            given = pa.Table.from_pylist(list(assignments), CRASH_ASSIGNMENTS)
            aliased = alias_events(table, given, taxonomy)
            aliased.events.validate(full=True)
            assert aliased.events.schema.equals(EVENTS)
            rows = aliased.events.to_pylist()
            assert [row["event_id"] for row in rows] == table["event_id"].to_pylist()
            labels = [[c["label"] for c in row["components"]] for row in rows]
            return labels, [row["annotation_history"] for row in rows], aliased.counters

        return alias

    def test_labels_that_are_settled_stay_and_leave_no_note(self, alias):
        labels, history, counters = alias([event("1", "kick", "crash"), event("2", "china")])
        assert labels == [["kick", "crash"], ["china"]]
        assert history == [[], []]
        assert counters == NOTHING

    def test_another_spelling_becomes_the_label_and_is_noted(self, alias):
        labels, history, counters = alias(
            [event("1", "kick", "crash_2"), event("2", "snare"), event("3", "bd", "hihat_splash")]
        )
        assert labels == [["kick", "crash2"], ["snare"], ["kick", "hihat_foot_splash"]]
        note = {"annotation_stage": "alias_labels", "method": "taxonomy_alias", "confidence": 1.0}
        assert history == [
            [note | {"notes": "crash_2 -> crash2"}],
            [],
            [note | {"notes": "bd -> kick"}, note | {"notes": "hihat_splash -> hihat_foot_splash"}],
        ]
        assert counters == NOTHING | {"aliased": 3}

    @pytest.mark.parametrize("label", ["kazoo", "Crash", "crash ", "", "crash4"])
    def test_an_unknown_label_is_refused(self, alias, label):
        with pytest.raises(ValueError, match=f"label '{label}' is neither in components.yaml nor"):
            alias([event("1", "kick", label)])

    def test_a_crash_beside_a_kick_is_relabelled_and_the_kick_is_not(self, alias):
        events = [event("1", "kick:36", "crash"), event("2", "crash"), event("3", "crash", "snare")]
        labels, history, counters = alias(events, assignment("1", 1, "crash2"))
        assert labels == [["kick", "crash2"], ["crash"], ["crash", "snare"]]
        assert history == [
            [
                {
                    "annotation_stage": "crash_dual_label",
                    "method": "gmm",
                    "confidence": 0.9,
                    "notes": "crash -> crash2",
                }
            ],
            [],
            [],
        ]
        assert counters == NOTHING | {"crash_assigned": 1, "crash_relabelled": 1}

    @pytest.mark.parametrize(
        ("index", "labels"), [(0, ["crash2", "crash", "kick"]), (1, ["crash", "crash2", "kick"])]
    )
    def test_of_two_crashes_at_once_the_one_meant_is_relabelled(self, alias, index, labels):
        events = [event("0", "crash"), event("1", "crash", "crash", "kick:36"), event("2", "crash")]
        found, _, _ = alias(events, assignment("1", index, "crash2"))
        assert found == [["crash"], labels, ["crash"]]

    def test_two_crashes_at_once_may_each_have_their_own(self, alias):
        found, history, counters = alias(
            [event("1", "crash:49", "crash:57")],
            assignment("1", 1, "crash2", source_label="57"),
            assignment("1", 0, "crash"),
        )
        assert found == [["crash", "crash2"]]
        assert [entry["notes"] for entry in history[0]] == ["crash -> crash2", "crash -> crash"]
        assert counters == NOTHING | {"crash_assigned": 2, "crash_relabelled": 1}

    def test_one_that_is_not_accepted_leaves_the_label_and_is_noted(self, alias):
        labels, history, counters = alias(
            [event("1", "crash")], assignment("1", 0, "crash2", accepted=False, confidence=0.4)
        )
        assert labels == [["crash"]]
        assert history[0] == [
            {
                "annotation_stage": "crash_in_doubt",
                "method": "gmm",
                "confidence": 0.4,
                "notes": "in doubt: crash stays",
            }
        ]
        assert counters == NOTHING | {"crash_doubtful": 1}

    def test_history_is_in_order_what_was_there_then_aliases_then_crashes(self, alias):
        earlier = {"annotation_stage": "x", "method": "y", "confidence": None, "notes": None}
        events = [
            event("1", "crash", history=[earlier | {"notes": "other event"}]),
            event("2", "kick:36", "crash_1", history=[earlier, earlier | {"notes": "second"}]),
            event("3", "bd:36"),
        ]
        _, history, _ = alias(events, assignment("2", 1, "crash2"), assignment("1", 0, "crash"))
        notes = [[entry["notes"] for entry in entries] for entries in history]
        assert notes == [
            ["other event", "crash -> crash"],
            [None, "second", "crash_1 -> crash", "crash -> crash2"],
            ["bd -> kick"],
        ]
        assert set(history[1][0]) == {field.name for field in ANNOTATION}

    def test_the_component_takes_the_confidence_of_an_accepted_assignment_alone(self, taxonomy):
        events = table_of([event("1", "kick:36", "crash"), event("2", "crash")])
        given = [
            assignment("1", 1, "crash2", confidence=0.8),
            assignment("2", 0, "crash2", accepted=False, confidence=0.1),
        ]
        given = pa.Table.from_pylist(given, CRASH_ASSIGNMENTS)
        after = alias_events(events, given, taxonomy).events.to_pylist()
        before = events.to_pylist()
        assert after[0]["components"][1]["confidence"] == 0.8
        assert after[0]["components"][0] == before[0]["components"][0]
        assert after[1]["components"][0]["confidence"] == before[1]["components"][0]["confidence"]

    @pytest.fixture
    def renumber(self, taxonomy):
        """The cymbal and the notes of a crash that the source numbers `cymbal`, after aliasing."""

        def renumber(cymbal, given, **settings):
            row = event("1", "kick:36", "crash")
            row["components"][1]["cymbal"] = cymbal
            given = pa.Table.from_pylist([assignment("1", 1, "crash", **given)], CRASH_ASSIGNMENTS)
            aliased = alias_events(table_of([row]), given, taxonomy, **settings)
            (after,) = aliased.events.to_pylist()
            kick, crash = after["components"]
            assert (kick["cymbal"], crash["source_label"]) == (None, "49")
            notes = [n for n in after["annotation_history"] if "cymbal" in n["annotation_stage"]]
            assert aliased.counters["crash_renumbered"] == len(notes)
            return crash["cymbal"], [(n["method"], n["confidence"], n["notes"]) for n in notes]

        return renumber

    def test_hidden_metadata_leave_no_number_of_a_cymbal_behind(self, renumber):
        assert renumber(2, {"cymbal": 2}, hide_cymbals=True) == (None, [])
        assert renumber(2, {"cymbal": 2}) == (2, [])

    @pytest.mark.parametrize(
        ("before", "given", "after", "note"),
        [
            (1, {"cymbal": 2}, 2, ("cymbal_map", 1.0, "cymbal 1 -> 2")),
            (None, {"cymbal": 2}, 2, ("cymbal_map", 1.0, "cymbal none -> 2")),
            (2, {"cymbal": None}, None, ("cymbal_map", 1.0, "cymbal 2 -> none")),
            (1, {"cymbal": 3, "method": "review"}, 3, ("review", 1.0, "cymbal 1 -> 3")),
            (1, {"cymbal": None, "accepted": False}, None, ("cymbal_map", 1.0, "cymbal 1 -> none")),
        ],
    )
    def test_the_number_follows_who_overrides_the_source_and_the_history_says_so(
        self, renumber, before, given, after, note
    ):
        assert renumber(before, given) == (after, [note])

    def test_everything_else_of_an_event_stays_as_it_was(self, taxonomy):
        events = table_of([event("1", "kick:36", "crash_1", onset=1.5), event("2", "crash")])
        given = pa.Table.from_pylist([assignment("2", 0, "crash2")], CRASH_ASSIGNMENTS)
        after = alias_events(events, given, taxonomy).events.to_pylist()
        for row, old in zip(after, events.to_pylist(), strict=True):
            for component, earlier in zip(row["components"], old["components"], strict=True):
                judged = {"label": None, "confidence": None}
                assert component | judged == earlier | judged
            changed = {"components", "annotation_history"}
            assert {k: row[k] for k in row.keys() - changed} == {
                k: old[k] for k in old.keys() - changed
            }

    @pytest.mark.parametrize(
        ("event_id", "index"), [("gone", 0), ("1", 2), ("1", 99), ("2", 1), ("2", -1)]
    )
    def test_an_assignment_without_its_component_is_counted_and_does_nothing(
        self, alias, event_id, index
    ):
        events = [event("1", "kick:36", "crash"), event("2", "crash"), event("3", "crash")]
        labels, history, counters = alias(events, assignment(event_id, index, "crash2"))
        assert labels == [["kick", "crash"], ["crash"], ["crash"]]
        assert history == [[], [], []]
        assert counters == NOTHING | {"assignments_without_event": 1}

    def test_an_assignment_of_another_source_label_never_relabels(self, alias):
        # The crash assignments were made from events that were ingested otherwise.
        try:
            labels, _, _ = alias([event("1", "kick:36", "crash:49")], assignment("1", 0, "crash2"))
        except ValueError:
            return
        assert labels == [["kick", "crash"]]

    def test_a_component_that_is_no_crash_any_more_is_not_made_one(self, alias):
        # The assignment is older than a label map that has since made a china of the note.
        labels, history, counters = alias(
            [event("1", "china:57", "crash")], assignment("1", 0, "crash2", source_label="57")
        )
        assert labels == [["china", "crash"]]
        assert history == [[]]
        assert counters == NOTHING | {"assignments_without_event": 1}

    @pytest.mark.parametrize("label", ["crash4", "crash_2", ""])
    def test_an_assignment_may_give_labels_of_the_taxonomy_only(self, alias, label):
        try:
            labels, _, _ = alias([event("1", "crash")], assignment("1", 0, label))
        except ValueError as error:
            assert repr(label) in str(error)
        else:
            assert labels == [["crash2"]]
            assert label == "crash_2"

    def test_a_slice_of_a_table_is_as_good_as_a_table(self, alias):
        rows = [event(str(i), *["kick:36"] * (i % 3), "crash_1") for i in range(10)]
        whole = table_of(rows)
        given = assignment("7", 1, "crash2")
        assert alias(whole.slice(4, 5), given) == alias(rows[4:9], given)

    def test_a_table_in_pieces_is_as_good_as_one(self, alias):
        rows = [event(str(i), *["kick:36"] * (i % 3), "crash_1") for i in range(9)]
        pieces = pa.concat_tables([table_of(rows[:2]), table_of([]), table_of(rows[2:])])
        given = assignment("7", 1, "crash2")
        assert alias(pieces, given) == alias(rows, given)

    def test_no_event_is_no_error(self, alias):
        assert alias([]) == ([], [], NOTHING)
        assert alias([], assignment("1", 0, "crash"))[2]["assignments_without_event"] == 1
