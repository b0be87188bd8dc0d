"""E-GMD: 43 kits that replay one performance, and kits that send other notes for a pad."""

import csv
import io
import re
from pathlib import Path

import mido
import numpy as np
import pytest
from checkout import REPO
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import write_sound
from source_set_runs import Run

from drumcorpus.demo.egmd import INDEX_COLUMNS, KITS, write_corpus
from drumcorpus.demo.grooves import read_bars
from drumcorpus.demo.kits import read_kits
from drumcorpus.demo.performances import perform, read_performances
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.files.taxonomy_files import load_label_map
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.source_sets import groove_mididataset
from drumcorpus.source_sets.egmd import (
    ALIGNMENT,
    CANONICAL,
    DISPUTED,
    INDEX,
    UNALIGNED,
    read_hits,
    survey,
)
from drumcorpus.stages.ingest.ingest import outcome_counts

LISTS = {"kits": read_yaml(REPO / "resources/source_sets/egmd_kits.yaml")}
ERRATA = {
    name: read_yaml(REPO / f"resources/source_sets/{name}_errata.yaml")["errata"]
    for name in ("egmd", "groove_mididataset")
}
KITS_FILE = REPO / "resources/demo/kits.yaml"
FOLDER = "drummer1/session1"
ACOUSTIC, TAMBOURINE, DRUM_MACHINE = "Acoustic Kit", "Dark Hybrid", "808 Simple"
REQUIRED = [name for name in INDEX_COLUMNS if name != "duration"]


@pytest.fixture(scope="module")
def td17(taxonomy):
    return load_label_map(REPO / "resources/taxonomy/note_maps/roland_td17.yaml", taxonomy)


def row(number=1, kit=1, kit_name=ACOUSTIC, **changes):
    stem = f"{FOLDER}/{number}_funk-groove1_138_beat_4-4_{kit}"
    return {
        "drummer": "drummer1",
        "session": FOLDER,
        "id": f"{FOLDER}/{number}",
        "style": "funk/groove1",
        "bpm": "138",
        "beat_type": "beat",
        "time_signature": "4-4",
        "duration": "27.826099773242632",
        "split": "test",
        "midi_filename": f"{stem}.midi",
        "audio_filename": f"{stem}.wav",
        "kit_name": kit_name,
    } | changes


ROWS = [row(), row(kit=17, kit_name=TAMBOURINE), row(kit=51, kit_name=DRUM_MACHINE)]


def index_of(rows, header=INDEX_COLUMNS):
    text = io.StringIO()
    writer = csv.DictWriter(text, header, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "surrogateescape")


def raw_files(paths):
    return {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in paths}


def surveyed(rows, *, without=(), more=(), index=None, lists=LISTS):
    """The survey of a root that holds what the rows name, less `without` and with `more`."""
    named = {r[name] for r in rows for name in ("midi_filename", "audio_filename")} - {""}
    files = raw_files(sorted((named | {INDEX} | set(more)) - set(without)))
    data = index_of(rows) if index is None else index
    return survey(files, lambda path: {INDEX: data}[path], lists)


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def by_kit(found):
    return {session["kit_id"].removeprefix("roland_td17/"): session for session in found.sessions}


class TestSurvey:
    def test_a_recording_is_a_session_of_its_performance(self):
        found = surveyed(ROWS)
        assert found.refusals == []
        assert found.sessions[0] == {
            "session_id": f"{FOLDER}/1_funk-groove1_138_beat_4-4_1",
            "group_id": f"gmd/{FOLDER}/1",
            "split": "test",
            "drummer_id": "drummer1",
            "kit_id": f"roland_td17/{ACOUSTIC}",
            "style": "funk/groove1",
            "tempo_bpm": 138.0,
            "meter": "4/4",
            "annotation_path": ROWS[0]["midi_filename"],
            "audio_path": ROWS[0]["audio_filename"],
            "notes": [f"beat, {FOLDER}"],
        }

    def test_the_id_that_repeats_over_the_kits_does_not_merge_their_sessions(self):
        found = surveyed([row(kit=n, kit_name=f"kit {n}") for n in range(1, 44)])
        assert len({session["session_id"] for session in found.sessions}) == 43
        assert {session["group_id"] for session in found.sessions} == {f"gmd/{FOLDER}/1"}

    def test_the_groove_midi_dataset_has_the_same_group(self):
        performance = row() | {"midi_filename": f"{FOLDER}/1.mid", "audio_filename": ""}
        data = index_of([performance], groove_mididataset.COLUMNS)
        files = raw_files(["info.csv", f"{FOLDER}/1.mid"])
        groove = groove_mididataset.survey(files, lambda path: data, {})
        assert groove.sessions[0]["group_id"] == surveyed(ROWS).sessions[0]["group_id"]

    def test_every_file_has_its_role_and_its_session(self):
        found = surveyed(ROWS, more=["README"])
        assert found.roles[INDEX] == "index"
        assert found.roles["README"] == "other"
        for entry, session in zip(ROWS, found.sessions, strict=True):
            assert found.roles[entry["midi_filename"]] == "annotation"
            assert found.roles[entry["audio_filename"]] == "audio"
            assert found.owners[entry["midi_filename"]] == session["session_id"]
            assert found.owners[entry["audio_filename"]] == session["session_id"]

    def test_the_order_of_the_columns_is_no_matter(self):
        data = index_of(ROWS, sorted(INDEX_COLUMNS))
        assert surveyed(ROWS, index=data).sessions == surveyed(ROWS).sessions

    def test_a_copy_whose_midi_files_end_in_mid_is_read_too(self):
        renamed = [entry["midi_filename"].replace(".midi", ".mid") for entry in ROWS]
        gone = [entry["midi_filename"] for entry in ROWS]
        found = surveyed(ROWS, without=gone, more=renamed)
        assert found.refusals == []
        assert [session["annotation_path"] for session in found.sessions] == renamed
        ids = [session["session_id"] for session in surveyed(ROWS).sessions]
        assert [session["session_id"] for session in found.sessions] == ids

    def test_in_the_distribution_without_audio_no_single_file_is_missing(self):
        found = surveyed(ROWS, without=[entry["audio_filename"] for entry in ROWS])
        assert found.refusals == []
        assert {session["audio_path"] for session in found.sessions} == {None}
        notes = {session["notes"][-1] for session in found.sessions}
        assert notes == {"taken from the distribution without audio"}

    def test_audio_that_is_missing_is_noted_and_the_labels_stay(self):
        gone = ROWS[1]["audio_filename"]
        found = surveyed(ROWS, without=[gone])
        assert refused(found) == [(gone, "missing_audio")]
        assert found.sessions[1]["audio_path"] is None
        assert "audio missing" in found.sessions[1]["notes"]

    def test_a_row_without_its_midi_file_is_refused(self):
        gone = ROWS[1]["midi_filename"]
        found = surveyed(ROWS, without=[gone])
        assert refused(found) == [(gone, "missing_annotation")]
        assert found.refusals[0].detail.startswith(f"{INDEX}:3 names this MIDI file")
        assert len(found.sessions) == 2

    @pytest.mark.parametrize(
        ("changes", "detail"),
        [
            ({"split": "val"}, "split 'val'; allowed: train, validation, test"),
            ({"id": ""}, "no id"),
            ({"midi_filename": ""}, "no midi_filename"),
            ({"bpm": "fast"}, "bpm: got 'fast'; wanted: a number, a tempo from 1 to 1,000"),
            ({"bpm": "0"}, "bpm: got '0'"),
            ({"bpm": "1e999"}, "bpm: got '1e999'"),
            ({"bpm": "\0"}, r"bpm: got '\x00'"),
        ],
        ids=["split", "id", "midi_filename", "bpm a word", "bpm 0", "bpm too large", "bpm NUL"],
    )
    def test_a_row_that_cannot_be_read_is_refused_with_its_line(self, changes, detail):
        found = surveyed([ROWS[0], ROWS[1] | changes], more=[ROWS[1]["midi_filename"]])
        assert "bad_index_row" in [refusal.reason for refusal in found.refusals]
        assert found.refusals[0].detail.startswith(f"{INDEX}:3: {detail}")
        assert len(found.sessions) == 1

    @pytest.mark.parametrize("name", ["midi_filename", "audio_filename"])
    @pytest.mark.parametrize("path", ["../x.midi", "/etc/x.midi", "a/../../x.midi", "..\\x.midi"])
    def test_a_row_that_names_a_path_outside_the_root_is_refused(self, name, path):
        found = surveyed([ROWS[0], ROWS[1] | {name: path}])
        assert (path, "outside_root") in refused(found)
        assert len(found.sessions) == 1

    @pytest.mark.parametrize("ending", [".midi", ".mid"])
    def test_of_two_rows_of_one_recording_the_first_counts(self, ending):
        again = ROWS[0]["midi_filename"].replace(".midi", ending)
        found = surveyed([*ROWS, ROWS[0] | {"midi_filename": again, "kit_name": "Jazz"}])
        assert refused(found) == [(again, "duplicate_session")]
        assert len(found.sessions) == 3

    def test_a_performance_in_two_splits_is_refused_the_second_time(self):
        found = surveyed([ROWS[0], ROWS[1] | {"split": "train"}])
        assert refused(found)[0] == (ROWS[1]["midi_filename"], "split_conflict")
        assert found.refusals[0].detail == (
            f"{INDEX}:3: split 'train'; {INDEX}:2 has the same performance in 'test'"
        )
        assert len(found.sessions) == 1

    def test_recordings_that_no_row_names_are_refused(self):
        more = ["a/extra.midi", "a/notes.txt", "extra.WAV"]
        assert refused(surveyed(ROWS, more=more)) == [
            (name, "unlisted_file") for name in ("a/extra.midi", "extra.WAV")
        ]

    def test_a_row_without_a_kit_takes_the_card_s(self):
        assert surveyed([row(kit_name="")]).sessions[0]["kit_id"] is None


class TestIndex:
    @pytest.mark.parametrize("column", REQUIRED)
    def test_a_missing_column_is_named(self, column):
        data = index_of(ROWS, [name for name in INDEX_COLUMNS if name != column])
        with pytest.raises(ValueError, match=rf"e-gmd-v1\.0\.0\.csv:1: column {column} missing"):
            surveyed(ROWS, index=data)

    def test_the_duration_is_not_needed(self):
        data = index_of(ROWS, REQUIRED)
        assert len(surveyed(ROWS, index=data).sessions) == 3

    @pytest.mark.parametrize(
        "data",
        [b"", b"\n", b"PK\x03\x04\0\0", b"\0\0\0", b'"' + b"x" * 140_000, b'id\n"a"b,c'],
        ids=["empty", "blank", "zip", "NUL", "one endless quote", "text after a quote"],
    )
    def test_an_index_that_is_no_index_is_named(self, data):
        with pytest.raises(ValueError, match=r"e-gmd-v1\.0\.0\.csv"):
            surveyed(ROWS, index=data)

    def test_a_root_without_an_index_is_named(self):
        with pytest.raises(ValueError, match=r"csv: not found; the root of egmd is the folder"):
            surveyed(ROWS, without=[INDEX])

    def test_a_mark_windows_line_ends_and_quotes_are_no_matter(self):
        data = b"\xef\xbb\xbf" + index_of(ROWS).replace(b"\n", b"\r\n")
        data = data.replace(ACOUSTIC.encode(), b'"' + ACOUSTIC.encode() + b'"')
        assert surveyed(ROWS, index=data).sessions == surveyed(ROWS).sessions

    def test_bytes_that_are_not_utf8_stay_visible(self):
        found = surveyed([row(style="caf\udce9")])
        assert found.sessions[0]["style"] == "caf\\xe9"

    @given(st.binary(max_size=400))
    @settings(max_examples=150, deadline=None)
    def test_any_bytes_are_an_index_or_a_value_error(self, data):
        for tail in (data, index_of(ROWS) + data):
            try:
                found = surveyed(ROWS, index=tail)
            except ValueError as error:
                assert INDEX in str(error)
            else:
                assert found.roles.keys() >= {INDEX, ROWS[0]["midi_filename"]}

    @given(
        st.lists(
            st.fixed_dictionaries(
                {
                    name: st.sampled_from(["", "x", "a/b_1.midi", "a/b_1.mid", INDEX, ACOUSTIC])
                    | st.text(max_size=8)
                    for name in REQUIRED
                    if name not in ("split", "bpm")
                }
                | {
                    "split": st.sampled_from(["train", "test", ""]),
                    "bpm": st.sampled_from(["120", "nan", ""]),
                }
            ),
            max_size=5,
        )
    )
    @settings(max_examples=150, deadline=None)
    def test_any_rows_leave_every_file_with_a_role_and_every_session_unlike(self, rows):
        found = surveyed(rows)
        assert set(found.roles.values()) <= {"annotation", "audio", "index", "other"}
        ids = [session["session_id"] for session in found.sessions]
        assert len(set(ids)) == len(ids)
        assert len(found.sessions) <= len(rows)


class TestReviewedLists:
    def test_what_is_left_out_here_is_left_out_of_groove_too_by_its_id(self):
        left_out = [e for e in ERRATA["egmd"] if e["action"] == "leave_out"]
        ids = {re.match("(.*?/.*?/[0-9]+)_", entry["pattern"])[1] for entry in left_out}
        in_groove = {
            entry["session"]
            for entry in ERRATA["groove_mididataset"]
            if entry["action"] == "leave_out"
        }
        assert len(ids) == 11
        assert in_groove == ids

    def test_the_list_of_kits_has_each_of_the_43_once(self):
        names = [*LISTS["kits"]["canonical"], *LISTS["kits"]["labels"]]
        assert len(names) == len(set(names)) == 43
        assert len(LISTS["kits"]["canonical"]) == 25
        assert {name for name, _ in KITS.values()} <= set(names)

    def test_an_unknown_choice_for_a_kit_is_named(self):
        kits = {"canonical": [], "labels": {"Jazz Funk": "both"}}
        with pytest.raises(ValueError, match="Jazz Funk: got 'both'; allowed: canonical, own"):
            surveyed(ROWS, lists=LISTS | {"kits": kits})


class TestCanonicalPerformance:
    def test_kits_that_send_other_notes_rest_on_the_canonical_file(self):
        found = by_kit(surveyed(ROWS))
        assert "support_paths" not in found[ACOUSTIC]
        assert found[TAMBOURINE]["support_paths"] == [ROWS[0]["midi_filename"]]
        assert found[DRUM_MACHINE]["support_paths"] == [ROWS[0]["midi_filename"]]

    def test_a_kit_that_nobody_has_reviewed_is_compared_too(self):
        found = by_kit(surveyed([*ROWS, row(kit=99, kit_name="Mine")]))
        assert found["Mine"]["support_paths"] == [ROWS[0]["midi_filename"]]

    def test_the_canonical_file_is_that_of_the_first_kit_of_the_list_that_is_there(self):
        jazz, metal = row(kit=3, kit_name="Jazz"), row(kit=24, kit_name="Heavy Metal")
        found = by_kit(surveyed([metal, ROWS[1], jazz]))
        assert found[TAMBOURINE]["support_paths"] == [jazz["midi_filename"]]
        found = by_kit(surveyed([metal, ROWS[1], jazz], without=[jazz["midi_filename"]]))
        assert found[TAMBOURINE]["support_paths"] == [metal["midi_filename"]]

    def test_another_performance_is_no_canonical_one(self):
        found = by_kit(surveyed([row(2), ROWS[1]]))
        assert "support_paths" not in found[TAMBOURINE]
        assert found[TAMBOURINE]["notes"][-1] == (
            "no canonical performance: labels are of the kit's own notes"
        )

    def test_the_lists_may_choose_a_kit_s_own_notes(self):
        kits = LISTS["kits"] | {"labels": LISTS["kits"]["labels"] | {TAMBOURINE: "own"}}
        found = by_kit(surveyed(ROWS, lists=LISTS | {"kits": kits}))
        assert "support_paths" not in found[TAMBOURINE]
        assert found[TAMBOURINE]["notes"] == [f"beat, {FOLDER}"]
        assert "support_paths" in found[DRUM_MACHINE]


def midi(*notes, pedal=None):
    """A file of notes (tick, note, velocity) at 960 ticks a second, and one pedal position."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    if pedal is not None:
        track.append(mido.Message("control_change", channel=9, control=4, value=pedal))
    now = 0
    for tick, note, velocity in notes:
        strike = {"note": note, "velocity": velocity, "channel": 9}
        track.append(mido.Message("note_on", time=tick - now, **strike))
        now = tick
    buffer = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=buffer)
    return buffer.getvalue()


PLAYED = ((0, 36, 100), (0, 42, 80), (480, 38, 90), (480, 37, 70), (960, 36, 100), (960, 44, 60))


def hits_of(td17, own, canonical=None):
    files = {"own.midi": own} | ({} if canonical is None else {"canonical.midi": canonical})
    session = {
        "annotation_path": "own.midi",
        "files": [{"path": path, "role": "annotation"} for path in files]
        + [{"path": "own.wav", "role": "audio"}],
    }
    return read_hits(session, files.__getitem__, td17, LISTS)


def said(hits):
    """(own note, note that labels, remark) of each stroke, in order."""
    return list(
        zip(
            hits["source_label"].tolist(),
            hits["map_label"].tolist(),
            hits["remark"].tolist(),
            strict=True,
        )
    )


class TestReadHits:
    def test_a_stroke_of_another_note_is_labelled_by_the_canonical_one_and_says_so(self, td17):
        sent = {42: 54, 44: 54}
        own = midi(*((t, sent.get(n, n), v) for t, n, v in PLAYED))
        hits = hits_of(td17, own, midi(*PLAYED))
        assert said(hits) == [
            ("36", "36", ""),
            ("54", "42", CANONICAL),
            ("38", "38", ""),
            ("37", "37", ""),
            ("36", "36", ""),
            ("54", "44", CANONICAL),
        ]
        assert hits["confidence"].tolist() == [1, DISPUTED, 1, 1, 1, DISPUTED]

    def test_a_file_of_the_canonical_notes_stays_as_it_is(self, td17):
        hits = hits_of(td17, midi(*PLAYED), midi(*PLAYED))
        assert set(hits["remark"]) == {""}
        assert set(hits["confidence"]) == {1.0}
        assert hits["map_label"].tolist() == hits["source_label"].tolist()

    def test_without_a_canonical_file_the_own_notes_label(self, td17):
        hits = hits_of(td17, midi((0, 54, 100)))
        assert hits["source_label"].tolist() == ["54"]
        assert "map_label" not in hits

    def test_the_pedal_is_read_for_the_pad_whatever_note_the_kit_sends(self, td17):
        canonical = midi((0, 46, 80), (480, 47, 80), (960, 44, 80), pedal=45)
        hits = hits_of(td17, midi((0, 54, 80), (480, 42, 80), (960, 54, 80), pedal=45), canonical)
        assert hits["openness"][0] == 0.5
        assert np.isnan(hits["openness"][1:]).all()

    def test_the_order_of_strokes_at_one_tick_is_no_matter(self, td17):
        canonical = midi((0, 37, 70), (0, 38, 90), (0, 47, 90))
        hits = hits_of(td17, midi((0, 38, 90), (0, 38, 90), (0, 40, 70)), canonical)
        assert said(hits) == [("38", "38", ""), ("38", "47", CANONICAL), ("40", "37", CANONICAL)]

    def test_of_two_equally_strong_strokes_at_one_tick_the_unchanged_one_keeps_its_note(self, td17):
        canonical = midi((0, 37, 90), (0, 38, 90))
        hits = hits_of(td17, midi((0, 40, 90), (0, 38, 90)), canonical)
        assert said(hits) == [("40", "37", CANONICAL), ("38", "38", "")]

    def test_two_pads_of_one_note_at_one_tick_are_told_apart_by_velocity(self, td17):
        canonical = midi((0, 42, 50), (0, 47, 90))
        hits = hits_of(td17, midi((0, 42, 90), (0, 42, 50)), canonical)
        assert said(hits) == [("42", "47", CANONICAL), ("42", "42", "")]

    def test_jitter_within_the_set_s_alignment_is_forgiven(self, td17):
        assert ALIGNMENT == 0.002  # 1.92 ticks
        hits = hits_of(td17, midi((1, 54, 80), (481, 38, 90)), midi((0, 42, 80), (480, 38, 90)))
        assert said(hits) == [("54", "42", CANONICAL), ("38", "38", "")]
        assert hits["onset"].tolist() == pytest.approx([1 / 960, 481 / 960])

    @pytest.mark.parametrize(
        "canonical",
        [
            midi(*PLAYED[:-1]),
            midi(*PLAYED, (970, 36, 1)),
            midi(*PLAYED[:-1], (963, 44, 60)),
            b"MThd",
            midi(),
        ],
        ids=["a stroke less", "a stroke more", "one too late", "damaged", "no stroke"],
    )
    def test_what_does_not_match_is_not_relabelled_and_says_so(self, td17, canonical):
        hits = hits_of(td17, midi(*PLAYED), canonical)
        assert "map_label" not in hits
        assert set(hits["remark"]) == {UNALIGNED}
        assert set(hits["confidence"]) == {DISPUTED}
        assert len(hits["onset"]) == len(PLAYED)

    @pytest.mark.parametrize(
        ("data", "reason"), [(b"", "unreadable_midi"), (midi(), "no_notes")], ids=["empty", "mute"]
    )
    def test_a_midi_file_of_no_use_is_named(self, td17, data, reason):
        with pytest.raises(UnusableFile) as caught:
            hits_of(td17, data, midi(*PLAYED))
        assert (caught.value.path, caught.value.reason) == ("own.midi", reason)

    @given(st.binary(max_size=80), st.binary(max_size=80))
    @settings(max_examples=100, deadline=None)
    def test_any_bytes_are_strokes_or_an_unusable_file(self, td17, own, canonical):
        for first, second in ((own, canonical), (midi(*PLAYED), canonical), (own, midi(*PLAYED))):
            try:
                hits = hits_of(td17, first, second)
            except UnusableFile as error:
                assert error.path == "own.midi"
            else:
                assert isinstance(hits.pop("flags"), dict)
                assert {len(values) for values in hits.values()} == {len(hits["onset"])}

    @given(
        st.lists(
            st.tuples(
                st.integers(0, 9).map(lambda step: 10 * step),
                st.sampled_from([22, 26, 36, 37, 38, 40, 42, 44, 46, 47, 50, 58]),
                st.sampled_from([1, 64, 127]),
            ),
            min_size=1,
            max_size=30,
        ),
        st.dictionaries(
            st.sampled_from([22, 26, 37, 40, 42, 44, 46, 47, 50, 58]),
            st.sampled_from([36, 37, 38, 39, 40, 42, 54, 56]),
        ),
        st.randoms(use_true_random=False),
    )
    @settings(max_examples=200, deadline=None)
    def test_whatever_notes_a_kit_sends_the_performance_comes_back(
        self, td17, played, sent, random
    ):
        played = sorted(played)
        own = [(tick, sent.get(note, note), velocity) for tick, note, velocity in played]
        random.shuffle(own)
        own.sort(key=lambda stroke: stroke[0])
        hits = hits_of(td17, midi(*own), midi(*played))
        assert strokes(hits, "source_label") == sorted(own)
        assert strokes(hits, "map_label") == played
        changed = hits["map_label"] != hits["source_label"]
        assert (hits["remark"] == np.where(changed, CANONICAL, "")).all()


def strokes(hits, label):
    """(tick, note, velocity) of each stroke, sorted."""
    ticks = np.rint(hits["onset"] * 960).astype(int).tolist()
    velocities = np.rint(hits["velocity"] * 127).astype(int).tolist()
    return sorted(zip(ticks, hits[label].astype(int).tolist(), velocities, strict=True))


# Which note two kits send in the place of a pad's own.
SENT = {TAMBOURINE: {42: 54, 44: 54}, DRUM_MACHINE: {37: 40}}


class Root:
    """A small root: one performance on three kits, of which two send other notes."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = list(ROWS)

    def write(self, notes=PLAYED):
        for entry in self.rows:
            sent = SENT.get(entry["kit_name"], {})
            path = self.folder / entry["midi_filename"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(midi(*((t, sent.get(n, n), v) for t, n, v in notes)))
            write_sound(self.folder / entry["audio_filename"], np.zeros(16_000), 8000)
        (self.folder / INDEX).write_bytes(index_of(self.rows))
        return Run("egmd", [self.folder], self.folder.parent / "facts.json")


class TestIngest:
    def test_the_events_of_all_kits_have_the_labels_of_the_performance(self, tmp_path):
        run = Root(tmp_path / "e-gmd").write()
        inventory = run.inventory()
        assert inventory.quarantine.num_rows == 0
        ingested = run.ingest(inventory.sessions)
        assert ingested.refusals == []
        labels = {}
        for event in ingested.events.to_pylist():
            mine = labels.setdefault(event["kit_id"], [])
            mine.append(sorted(part["label"] for part in event["components"]))
        expected = [["hihat_closed", "kick"], ["cross_stick", "snare"], ["hihat_pedal", "kick"]]
        assert labels == {f"roland_td17/{r['kit_name']}": expected for r in ROWS}

    def test_a_repaired_stroke_keeps_its_own_note_and_its_event_its_history(self, tmp_path):
        run = Root(tmp_path / "e-gmd").write()
        events = run.ingest(run.inventory().sessions).events.to_pylist()
        first = next(e for e in events if e["kit_id"].endswith(TAMBOURINE))
        hat = next(part for part in first["components"] if part["label"] == "hihat_closed")
        assert (hat["source_label"], hat["confidence"]) == ("54", DISPUTED)
        assert [entry["method"] for entry in first["annotation_history"]] == [CANONICAL]
        plain = [e for e in events if e["kit_id"].endswith(ACOUSTIC)]
        assert all(event["annotation_history"] == [] for event in plain)

    def test_the_canonical_file_stands_among_the_files_that_the_session_rests_on(self, tmp_path):
        run = Root(tmp_path / "e-gmd").write()
        for session in run.inventory().sessions.to_pylist():
            paths = [file["path"] for file in session["files"]]
            assert ROWS[0]["midi_filename"] in paths
            assert all(len(file["sha256"]) == 64 for file in session["files"])

    def test_a_rejected_take_is_listed_and_nothing_is_quarantined(self, tmp_path):
        root = Root(tmp_path / "e-gmd")
        name = "drummer7/session3/109_rock_95_beat_4-4_1"
        names = {"midi_filename": f"{name}.midi", "audio_filename": f"{name}.wav"}
        root.rows.append(row(109, id="drummer7/session3/109", **names))
        run = root.write()
        inventory = run.inventory()
        assert inventory.quarantine.num_rows == 0
        sessions = inventory.sessions.to_pylist()
        [left_out] = [s for s in sessions if s["label_map"] is None]
        assert left_out["session_id"] == name
        assert left_out["notes"][-1] == "left out: out_of_sync, reported by ddm"
        assert name not in set(run.ingest(inventory.sessions).events["session_id"].to_pylist())


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "e-gmd-v1.0.0"
    write_corpus(root, KITS_FILE, seed=7, n_performances=9)
    return root


class TestDemo:
    def test_it_has_the_header_and_the_files_of_the_data_set(self, demo):
        text = (demo / INDEX).read_text()
        assert text.split("\n")[0] == (
            "drummer,session,id,style,bpm,beat_type,time_signature,duration,split,"
            "midi_filename,audio_filename,kit_name"
        )
        rows = list(csv.DictReader(io.StringIO(text)))
        named = {r[name] for r in rows for name in ("midi_filename", "audio_filename")}
        there = {p.relative_to(demo).as_posix() for p in demo.rglob("*") if p.is_file()}
        assert there == named | {INDEX, "README"}
        assert {name.rpartition("_")[2] for name in named} == {
            f"{kit}.{ending}" for kit in (1, 8, 36) for ending in ("midi", "wav")
        }
        assert {r["split"] for r in rows} == {"train", "validation", "test"}

    def test_its_performances_are_those_of_the_groove_midi_demo(self, demo):
        sounds, bars = read_kits(KITS_FILE), read_bars(KITS_FILE)
        scores = {
            round(score.duration, 6): score.notes
            for index, performance in enumerate(read_performances(KITS_FILE))
            for score in [perform(performance, bars, sounds, seed=[7, index, 0])]
        }
        for entry in csv.DictReader(io.StringIO((demo / INDEX).read_text())):
            if entry["kit_name"] == ACOUSTIC:
                track = mido.MidiFile(demo / entry["midi_filename"]).tracks[0]
                notes = [m.note for m in track if m.type == "note_on" and m.velocity]
                assert notes == scores[round(float(entry["duration"]), 6)][:, 1].tolist()

    def test_it_is_read_without_a_refusal_and_repaired(self, demo, tmp_path):
        run = Run("egmd", [demo], tmp_path / "facts.json")
        inventory = run.inventory()
        assert inventory.quarantine.num_rows == 0
        assert None not in inventory.files["role"].to_pylist()
        ingested = run.ingest(inventory.sessions)
        assert ingested.refusals == []
        assert "unmapped_label" not in outcome_counts(ingested.tallies)
        notes = {}
        for tally in ingested.tallies.to_pylist():
            notes.setdefault(tally["source_label"], set()).add(tally["label"])
        assert notes["54"] == {"hihat_open"}
        assert notes["39"] == {"tom_mid"}
        assert notes["56"] == {"tom_low"}
        methods = [
            entry["method"]
            for e in ingested.events.to_pylist()
            for entry in e["annotation_history"]
        ]
        assert set(methods) == {CANONICAL}

    def test_the_same_seed_writes_the_same_bytes(self, demo, tmp_path):
        write_corpus(tmp_path / "again", KITS_FILE, seed=7, n_performances=3)
        again = [
            path for path in (tmp_path / "again").rglob("*") if path.suffix in (".midi", ".wav")
        ]
        assert len(again) == 6
        for path in again:
            other = demo / path.relative_to(tmp_path / "again")
            assert path.read_bytes() == other.read_bytes()
