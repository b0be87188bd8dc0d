"""MDB Drums: what its files make up, and what becomes of their lines."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.demo.mdb_drums import CLASS_OF_SUBCLASS, TRACKS, write_corpus
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile, scan_roots
from drumcorpus.ground.files.taxonomy_files import load_label_map
from drumcorpus.ground.midi.beats import (
    meter_of_beats,
    place_among_beats,
    read_beats,
    tempo_of_beats,
    timed_lines,
)
from drumcorpus.source_sets.mdb_drums import SUBCLASSES, read_hits, survey
from drumcorpus.source_sets.shared.groups import work_group

KITS_FILE = REPO / "resources/demo/kits.yaml"
SUB = "annotations/subclass/MusicDelta_Rock_subclass.txt"
CLASS = "annotations/class/MusicDelta_Rock_class.txt"
BEATS = "annotations/beats/MusicDelta_Rock_MIX.beats"
DRUMS = "audio/drum_only/MusicDelta_Rock_Drum.wav"
MIX = "audio/full_mix/MusicDelta_Rock_MIX.wav"
RAW = "audio/multi-tracks/MusicDelta_Rock/MusicDelta_Rock_RAW/MusicDelta_Rock_RAW_01_01.wav"


def lines(*rows):
    return "".join(f"{time} \t {label} \n" for time, label in rows).encode()


ROWS = [("0.000000", "KD"), ("0.020000", "CHH"), ("0.528254", "SDG"), ("1.000000", "LFT")]
CLASSES = [("0.000000", "KD"), ("0.020000", "HH"), ("0.528254", "SD"), ("1.000000", "TT")]


def track():
    """A whole track; tests break one thing of it."""
    return {
        SUB: lines(*ROWS),
        CLASS: lines(*CLASSES),
        BEATS: b"0.010\t1\n0.550\t2\n1.080\t3\n1.630\t4\n2.160\t1\n",
        DRUMS: b"RIFF",
        MIX: b"RIFF",
        RAW: b"RIFF",
    }


def surveyed(contents):
    files = {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in contents}
    return survey(files, contents.__getitem__, {})


def row_of(session):
    """The session as the reader gets it: with the files that it rests on."""
    paths = {session["annotation_path"], *session["support_paths"], session["audio_path"]} - {None}
    return session | {"files": [{"path": path} for path in sorted(paths)]}


def read(contents):
    (session,) = surveyed(contents).sessions
    return read_hits(row_of(session), contents.__getitem__, None, {})


def without(*paths):
    return {path: data for path, data in track().items() if path not in paths}


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


class TestSurvey:
    def test_a_track_is_one_session_of_its_work(self):
        found = surveyed(track())
        assert found.refusals == []
        assert found.sessions == [
            {
                "session_id": "MusicDelta_Rock",
                "group_id": work_group("Music Delta", "Rock"),
                "style": "Rock",
                "tempo_bpm": 112.15,
                "meter": "4/4",
                "annotation_path": SUB,
                "audio_path": DRUMS,
                "mix_path": MIX,
                "support_paths": [CLASS, BEATS],
                "notes": [],
            }
        ]

    def test_every_file_has_its_role_and_its_session(self):
        found = surveyed(track() | {"README.md": b""})
        annotations = dict.fromkeys((SUB, CLASS, BEATS), "annotation")
        others = dict.fromkeys((RAW, "README.md"), "other")
        assert found.roles == annotations | others | {DRUMS: "audio", MIX: "audio"}
        assert found.owners == dict.fromkeys((SUB, CLASS, BEATS, DRUMS, MIX), "MusicDelta_Rock")

    def test_a_track_without_its_full_mix_lacks_nothing(self):
        (session,) = surveyed(without(MIX)).sessions
        assert (session["audio_path"], session["mix_path"], session["notes"]) == (DRUMS, None, [])

    def test_the_full_mix_of_a_track_that_is_not_annotated_is_nobody_s(self):
        other = "audio/full_mix/MusicDelta_Other_MIX.wav"
        found = surveyed(track() | {other: b"RIFF"})
        assert len(found.sessions) == 1
        assert found.refusals == []
        assert found.roles[other] == "other"

    def test_of_two_full_mixes_the_one_in_fewer_folders_is_taken(self):
        found = surveyed(track() | {f"copy/{MIX}": b"RIFF"})
        assert found.sessions[0]["mix_path"] == MIX
        assert refused(found) == [(f"copy/{MIX}", "duplicate_file")]

    def test_the_full_mix_never_stands_in_for_the_drums(self):
        found = surveyed(without(DRUMS))
        (session,) = found.sessions
        assert (session["audio_path"], session["mix_path"]) == (None, None)
        assert session["notes"] == ["no drum-only audio in the root"]
        assert found.refusals == []
        assert found.roles[MIX] == "other"

    def test_what_is_not_there_to_check_is_noted(self):
        (session,) = surveyed(without(CLASS, BEATS)).sessions
        assert session["notes"] == [
            "no class annotation to hold the labels against",
            "no beat annotation",
        ]
        assert (session["tempo_bpm"], session["meter"]) == (None, None)

    def test_the_folder_of_the_repository_around_it_is_no_matter(self):
        contents = {f"MDBDrums-master/MDB Drums/{path}": data for path, data in track().items()}
        (session,) = surveyed(contents).sessions
        assert session["session_id"] == "MusicDelta_Rock"
        assert session["annotation_path"] == f"MDBDrums-master/MDB Drums/{SUB}"

    def test_the_sets_of_mirex_are_noted_in_spite_of_a_misspelt_title(self):
        index = (
            b"## Splits\n\nMusicDelta_Rock\n\n### Training Set\n\nMusicDelta_Zepplin  \n\n"
            b"### Test Set\n\nMusicDelta_Beatles   \nMusicDelta_SwingJazz  "
        )
        contents = {f"MDB Drums/{path}": data for path, data in track().items()}
        for title in ("Zeppelin", "Beatles"):
            path = f"MDB Drums/annotations/subclass/MusicDelta_{title}_subclass.txt"
            contents[path] = lines(*ROWS)
        found = surveyed(contents | {"MIREX2017.md": index})
        notes = {session["session_id"]: session["notes"] for session in found.sessions}
        assert notes["MusicDelta_Zeppelin"][0] == "MIREX 2017: training set"
        assert notes["MusicDelta_Beatles"][0] == "MIREX 2017: test set"
        assert notes["MusicDelta_Rock"] == []
        assert found.roles["MIREX2017.md"] == "index"
        assert {session.get("split") for session in found.sessions} == {None}

    def test_a_misspelt_file_belongs_to_its_track(self):
        contents = {
            "annotations/subclass/MusicDelta_Zeppelin_subclass.txt": lines(*ROWS),
            "audio/drum_only/MusicDelta_Zepplin_Drum.wav": b"RIFF",
        }
        (session,) = surveyed(contents).sessions
        assert session["session_id"] == "MusicDelta_Zeppelin"
        assert session["audio_path"] == "audio/drum_only/MusicDelta_Zepplin_Drum.wav"

    @pytest.mark.parametrize("path", [CLASS, BEATS, DRUMS])
    def test_a_track_without_a_subclass_file_is_refused(self, path):
        other = path.replace("Rock", "Punk")
        found = surveyed(track() | {other: b"RIFF"})
        assert refused(found) == [(other, "missing_annotation")]
        assert found.refusals[0].session_id == "MusicDelta_Punk"
        assert [session["session_id"] for session in found.sessions] == ["MusicDelta_Rock"]
        assert found.roles[other] != "audio"

    def test_of_two_copies_the_one_of_the_shorter_way_counts(self):
        contents = track()
        copies = {f"MDB Drums/{path}": contents[path] for path in (SUB, CLASS, BEATS, DRUMS)}
        for order in (contents | copies, copies | contents):
            found = surveyed(order)
            assert found.sessions == surveyed(contents).sessions
            assert sorted(refused(found)) == [(path, "duplicate_file") for path in sorted(copies)]

    def test_the_order_of_the_files_leaves_no_trace(self):
        contents = track() | {path.replace("Rock", "Punk"): d for path, d in track().items()}
        backwards = surveyed(dict(reversed(contents.items())))
        assert backwards.sessions == surveyed(contents).sessions
        assert backwards.roles == surveyed(contents).roles

    @pytest.mark.parametrize(
        "path",
        [
            "annotations/subclass/MusicDelta_Rock_class.txt",
            "annotations/subclass/MusicDelta_Rock copy_subclass.txt",
            "annotations/beats/Rock.beats",
        ],
    )
    def test_annotations_of_other_names_are_refused(self, path):
        found = surveyed(track() | {path: b""})
        assert refused(found) == [(path, "unlisted_file")]

    @pytest.mark.parametrize(
        ("data", "detail"),
        [
            (b"", f"{BEATS}: 0 beats; two at least make a tempo"),
            (b"0.5\t1\n", f"{BEATS}: 1 beats"),
            (b"0.5\t1\n0.4\t2\n", f"{BEATS}:2: 0.4 s does not come after 0.5 s"),
            (b"0.5\t1\n0.5\t2\n", f"{BEATS}:2: 0.5 s does not come after"),
            (b"0.5\t1\n1.0\tx\n", f"{BEATS}:2: beat 'x'; wanted: its number in the bar"),
            (b"0.5\t0\n1.0\t1\n", f"{BEATS}:1: beat '0'"),
            (b"0.5 1 2\n", f"{BEATS}:1: got '0.5 1 2'; wanted: a time and the number of a beat"),
            (
                b"0\t1\n0.02\t2\n0.04\t3\n",
                f"{BEATS}: 3,000 beats a minute; wanted: a tempo from 1 to 1,000",
            ),
            (b"0\t1\n7200\t2\n", f"{BEATS}: 0.00833333 beats a minute; wanted: a tempo"),
        ],
        ids=[
            *("empty", "one beat", "backwards", "twice", "no number", "beat 0", "three fields"),
            *("too fast", "two hours apart"),
        ],
    )
    def test_beats_that_cannot_be_read_are_refused_and_the_labels_stay(self, data, detail):
        found = surveyed(track() | {BEATS: data})
        assert refused(found) == [(BEATS, "unreadable_beats")]
        assert found.refusals[0].detail.startswith(detail)
        assert found.refusals[0].session_id == "MusicDelta_Rock"
        (session,) = found.sessions
        assert session["support_paths"] == [CLASS]
        assert session["notes"] == ["no beat annotation"]
        hits = read(track() | {BEATS: data})
        assert len(hits["onset"]) == 4
        assert "beat" not in hits

    def test_a_root_that_is_another_folder_is_named(self):
        with pytest.raises(ValueError, match="the root of mdb_drums is the folder that holds"):
            surveyed({"groove/info.csv": b"", MIX: b"RIFF"})


class TestHits:
    def test_the_lines_of_the_subclass_file_are_the_hits(self):
        hits = read(track())
        assert hits["onset"].tolist() == [0.0, 0.02, 0.528254, 1.0]
        assert hits["source_label"].tolist() == ["KD", "CHH", "SDG", "LFT"]
        assert hits["remark"].tolist() == [""] * 4
        assert hits["refusals"] == []
        assert "velocity" not in hits

    @pytest.mark.parametrize(
        "data",
        [
            b"0.5 \t KD \n1.5 \t SD \n",
            b"0.500000000\tKD\n1.500000000\tSD\n",
            b"0.5 KD\r\n\r\n1.5\t\tSD",
            b"\xef\xbb\xbf0.5\tKD\n  1.5\tSD\n\n",
        ],
        ids=["blanks around tabs", "tabs", "Windows, no last line end", "mark, blank line"],
    )
    def test_fields_may_be_parted_in_any_published_way(self, data):
        hits = read({SUB: data})
        assert hits["onset"].tolist() == [0.5, 1.5]
        assert hits["source_label"].tolist() == ["KD", "SD"]

    def test_fewer_digits_in_one_of_the_files_are_no_disagreement(self):
        # As in Rockabilly: 0.005804988 in the subclass file, 0.005805 in the class file.
        contents = {SUB: b"0.005804988\tCHH\n", CLASS: b"0.005805 \t HH \n"}
        hits = read(contents)
        assert hits["refusals"] == []
        assert hits["onset"].tolist() == [0.005804988]

    def test_the_two_floor_toms_are_told_apart(self):
        hits = read({SUB: lines(("0", "HFT"), ("1", "LFT"), ("2", "MHT"), ("3", "KD"))})
        assert hits["instance"].tolist() == [1, 2, 0, 0]

    @pytest.mark.parametrize(
        ("row", "other"), [(("0.5", "SDG"), ("0.5", "HH")), (("0.5", "SDG"), ("0.502", "SD"))]
    )
    def test_a_line_that_the_class_contradicts_is_marked_and_the_class_file_refused(
        self, row, other
    ):
        contents = {SUB: lines(*ROWS[:2], row), CLASS: lines(*CLASSES[:2], other)}
        hits = read(contents)
        assert hits["remark"].tolist() == ["", "", "class_disagrees"]
        (refusal,) = hits["refusals"]
        assert (refusal.path, refusal.reason) == (CLASS, "annotations_disagree")
        assert refusal.session_id == "MusicDelta_Rock"
        time, name = other
        assert refusal.detail == (
            f"1 of 3 strokes are contradicted; the first is {name} at {float(time):.6f} s in "
            f"line 3, and SDG at 0.500000 s in line 3 of {SUB}"
        )

    def test_a_subclass_that_is_not_known_is_left_to_the_label_map(self):
        contents = {SUB: lines(("0.5", "XYZ")), CLASS: lines(("0.5", "OT"))}
        hits = read(contents)
        assert hits["source_label"].tolist() == ["XYZ"]
        assert hits["refusals"] == []

    @pytest.mark.parametrize("changed", [CLASSES[:-1], [*CLASSES, ("2.0", "KD")]])
    def test_files_of_unequal_length_refuse_the_session(self, changed):
        with pytest.raises(UnusableFile, match="annotations_disagree") as caught:
            read(track() | {CLASS: lines(*changed)})
        assert caught.value.path == SUB
        assert caught.value.detail.startswith(f"4 strokes, and {len(changed)} in {CLASS}; one of")

    def test_a_class_file_of_another_track_refuses_the_session(self):
        others = [(f"{float(time) + 0.1}", name) for time, name in CLASSES]
        with pytest.raises(UnusableFile, match="annotations_disagree") as caught:
            read(track() | {CLASS: lines(*others)})
        assert caught.value.detail == f"4 of 4 strokes are others than in {CLASS}"

    def test_an_unreadable_class_file_is_refused_and_the_labels_stay(self):
        hits = read(track() | {CLASS: b"KD 0.5\n"})
        (refusal,) = hits["refusals"]
        assert (refusal.path, refusal.reason) == (CLASS, "unreadable_annotation")
        assert len(hits["onset"]) == 4

    @pytest.mark.parametrize(
        ("data", "detail"),
        [
            (b"0.5 KD\nKD 0.6\n", f"{SUB}:2: got 'KD 0.6'; wanted: a time and a label"),
            (b"0.5\n", f"{SUB}:1: got '0.5'"),
            (b"0.5 KD x\n", f"{SUB}:1: got '0.5 KD x'"),
            (b"nan KD\n", f"{SUB}:1: got 'nan KD'"),
            (b"\n1e9 KD\n", f"{SUB}:2: got '1e9 KD'"),
            (b"\xff\xfe0 KD\n", f"{SUB}:1: got "),
            (b"RIFF\x00\x00", f"{SUB}:1: got "),
        ],
        ids=["label first", "no label", "three fields", "nan", "beyond a day", "UTF-16", "RIFF"],
    )
    def test_a_line_that_is_none_is_refused_with_its_number(self, data, detail):
        with pytest.raises(UnusableFile) as caught:
            read({SUB: data})
        assert (caught.value.path, caught.value.reason) == (SUB, "unreadable_annotation")
        assert caught.value.detail.startswith(detail)

    @pytest.mark.parametrize("data", [b"", b"\n \t\n"], ids=["empty", "white space"])
    def test_a_file_without_a_stroke_is_refused(self, data):
        with pytest.raises(UnusableFile, match="no_onsets"):
            read({SUB: data})


class TestBeats:
    def test_a_stroke_has_the_bar_and_the_beat_it_falls_in(self):
        hits = read(track())
        assert hits["bar"].tolist() == [1, 1, 1, 1]
        expected = [1.0, 1 + 0.01 / 0.54, 1 + 0.518254 / 0.54, 2 + 0.45 / 0.53]
        assert np.allclose(hits["beat"], expected)

    def places(self, beats, *onsets):
        times, numbers = read_beats(lines(*beats), "x")
        return place_among_beats(times, numbers, np.array(onsets))

    def test_a_bar_that_the_beats_begin_within_is_bar_1(self):
        beats = [("0", "3"), ("1", "4"), ("2", "1"), ("3", "2"), ("4", "1")]
        places = self.places(beats, 0.5, 1.5, 2.0, 3.75, 4.25)
        assert places["bar"].tolist() == [1, 1, 2, 2, 3]
        assert places["beat"].tolist() == [3.5, 4.5, 1.0, 2.75, 1.25]

    def test_a_stroke_just_before_the_first_beat_is_on_it(self):
        beats = [("0.1", "1"), ("0.6", "2")]
        places = self.places(beats, 0.04, 0.06, 0.1)
        assert places["bar"].tolist() == [0, 1, 1]
        assert np.isnan(places["beat"][0])
        assert places["beat"][1:].tolist() == [1.0, 1.0]

    def test_an_interval_after_the_last_beat_its_place_is_unknown(self):
        beats = [("0", "1"), ("0.5", "2")]
        places = self.places(beats, 0.75, 1.0, 20.0)
        assert places["bar"].tolist() == [1, 0, 0]
        assert places["beat"][0] == 2.5
        assert np.isnan(places["beat"][1:]).all()

    def test_beats_set_to_10_ms_give_the_tempo_that_was_played(self):
        # 110 beats a minute are 0.5454 s; single intervals here are 0.54 and 0.55 s.
        times = np.round(np.arange(64) * 60 / 110, 2)
        assert tempo_of_beats(times) == pytest.approx(110, abs=0.2)
        numbers = np.arange(64) % 4 + 1
        places = place_among_beats(times, numbers, np.array([17.0]))
        assert places["tempo_bpm"][0] == pytest.approx(110, abs=0.5)

    def test_a_beat_that_was_left_out_does_not_bend_the_tempo(self):
        times = np.delete(np.arange(40) * 0.5, 20)
        assert tempo_of_beats(times) == pytest.approx(120)
        places = place_among_beats(times, np.ones(39, dtype=int), times)
        assert places["tempo_bpm"].tolist() == pytest.approx([120] * 39)

    def test_a_change_of_tempo_is_followed(self):
        times = np.concatenate([np.arange(40) * 0.5, 20 + np.arange(40) * 0.25])
        places = place_among_beats(times, np.ones(80, dtype=int), np.array([2.0, 28.0]))
        assert places["tempo_bpm"].tolist() == pytest.approx([120, 240])

    def test_where_beats_have_no_tempo_of_music_it_is_unknown(self):
        times = np.concatenate([np.arange(40) * 0.5, 20 + np.arange(40) * 0.02])
        places = self.places([(f"{time:.2f}", "1") for time in times], 2.0, 20.5)
        assert places["tempo_bpm"][0] == pytest.approx(120)
        assert np.isnan(places["tempo_bpm"][1])
        assert places["bar"].tolist() == [5, 66]

    def test_a_bar_of_a_hundred_beats_makes_no_meter(self):
        assert meter_of_beats(np.array([1, *[2] * 99, 1, *[2] * 98, 1])) == "99/4"
        assert meter_of_beats(np.array([1, *[2] * 99, 1])) is None

    @pytest.mark.parametrize(
        ("numbers", "meter"),
        [("1234123412", "4/4"), ("3412341234", "4/4"), ("123123123", "3/4"), ("1234", None)],
    )
    def test_the_meter_is_the_commonest_length_of_a_whole_bar(self, numbers, meter):
        beats = lines(*[(f"{row / 2}", number) for row, number in enumerate(numbers)])
        (session,) = surveyed(track() | {BEATS: beats}).sessions
        assert session["meter"] == meter

    def test_a_short_bar_is_a_bar(self):
        # As in Gospel at 8 s: 1 2 1 2 3 4.
        beats = [(f"{row}", number) for row, number in enumerate("341212341")]
        places = self.places(beats, *np.arange(9.0))
        assert places["bar"].tolist() == [1, 1, 2, 2, 3, 3, 3, 3, 4]

    def test_a_bar_whose_first_beat_was_left_out_is_a_bar(self):
        beats = [(f"{row}", number) for row, number in enumerate("1234234")]
        places = self.places(beats, *np.arange(7.0))
        assert places["bar"].tolist() == [1, 1, 1, 1, 2, 2, 2]


class TestAnyBytes:
    @given(st.binary(max_size=200))
    def test_any_bytes_are_hits_or_an_unusable_file(self, data):
        for contents in ({SUB: data}, track() | {CLASS: data}, track() | {BEATS: data}):
            try:
                hits = read(contents)
            except UnusableFile as error:
                assert error.path == SUB
            else:
                assert len(hits["onset"]) == len(hits["source_label"]) > 0
                assert np.isfinite(hits["onset"]).all()

    @given(
        st.lists(
            st.tuples(
                st.floats(-1e5, 1e5).map(str) | st.text(max_size=4),
                st.sampled_from(["KD", "HH", "1", "2", "4"]) | st.text(max_size=4),
            ),
            max_size=8,
        )
    )
    def test_any_lines_are_read_or_named(self, rows):
        data = lines(*rows)
        try:
            found = timed_lines(data, "file", "a time and a label")
        except ValueError as error:
            assert str(error).startswith("file:")
        else:
            assert all(abs(time) <= 86_400 for _, time, _ in found)

    @given(
        st.lists(st.tuples(st.integers(1, 5_000), st.integers(1, 7)), min_size=2, max_size=20),
        st.lists(st.floats(-10, 200), max_size=20),
    )
    def test_every_place_is_known_or_said_to_be_unknown(self, steps, onsets):
        times = np.cumsum([step for step, _ in steps]) / 1000
        numbers = np.array([number for _, number in steps])
        places = place_among_beats(times, numbers, np.array(onsets))
        known = places["bar"] > 0
        assert (known == ~np.isnan(places["beat"])).all()
        assert (places["beat"][known] >= 1).all()
        assert (places["beat"][known] < 8).all()
        tempos = places["tempo_bpm"]
        assert ((tempos >= 1) & (tempos <= 1_000) | np.isnan(tempos)).all()


@pytest.fixture(scope="module")
def label_map(taxonomy):
    return load_label_map(REPO / "resources/taxonomy/note_maps/mdb_drums.yaml", taxonomy)


class TestLabelMap:
    def test_it_maps_the_21_subclasses_and_nothing_else(self, label_map):
        subclasses = {each for members in SUBCLASSES.values() for each in members}
        assert len(subclasses) == 21
        assert set(label_map.strokes) == subclasses
        assert label_map.drops == {}

    def test_a_label_is_of_the_family_of_its_class(self, label_map, taxonomy):
        families = {"KD": {"kick"}, "SD": {"snare"}, "HH": {"hihat"}, "TT": {"tom"}}
        for name, expected in (families | {"CY": {"ride", "crash", "splash", "china"}}).items():
            labels = {label_map.strokes[each].label for each in SUBCLASSES[name]}
            assert {taxonomy.families[label] for label in labels} == expected

    @pytest.mark.parametrize(
        ("token", "label", "techniques"),
        [
            ("SDB", "snare", ("brush",)),
            ("SDD", "snare", ("drag",)),
            ("SDF", "snare", ("flam",)),
            ("SDG", "snare", ("ghost_note",)),
            ("SDNS", "snare", ("no_snares",)),
            ("PHH", "hihat_pedal", ("pedal",)),
            ("SST", "cross_stick", ("cross_stick",)),
            ("RDB", "ride_bell", ("bell",)),
            ("RDC", "ride_bow", ()),
            ("HIT", "tom_high", ()),
            ("MHT", "tom_mid", ()),
            ("HFT", "tom_low", ()),
            ("TMB", "tambourine", ()),
            ("CHC", "china", ()),
        ],
    )
    def test_technique_and_instrument_are_read_out_of_the_subclass(
        self, label_map, token, label, techniques
    ):
        assert (label_map.strokes[token].label, label_map.strokes[token].techniques) == (
            label,
            techniques,
        )

    def test_no_crash_cymbal_is_numbered(self, label_map):
        assert {stroke.cymbal for stroke in label_map.strokes.values()} == {None}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "MDB Drums"
    write_corpus(root, KITS_FILE, seed=7)
    return root


@pytest.fixture(scope="module")
def found(corpus):
    files, refusals = scan_roots([corpus])
    assert refusals == []
    return survey(files, lambda path: (corpus / path).read_bytes(), {})


class TestDemoCorpus:
    def hits(self, corpus, session):
        return read_hits(row_of(session), lambda path: (corpus / path).read_bytes(), None, {})

    def test_nothing_is_refused_and_every_file_has_a_role(self, corpus, found):
        assert found.refusals == []
        paths = {p.relative_to(corpus).as_posix() for p in corpus.rglob("*") if p.is_file()}
        assert set(found.roles) == paths
        names = sorted(track.name for track in TRACKS)
        assert [session["session_id"] for session in found.sessions] == names
        assert all(session["notes"] == [] for session in found.sessions)
        mixes = {session["session_id"]: session["mix_path"] for session in found.sessions}
        zeppelin = "audio/full_mix/MusicDelta_Zeppelin_MIX.wav"
        assert mixes.pop("MusicDelta_Zeppelin") == zeppelin
        assert set(mixes.values()) == {None}
        assert found.roles[zeppelin] == "audio"

    def test_every_hit_is_read_and_within_its_audio(self, corpus, found):
        labels = set()
        for session in found.sessions:
            hits = self.hits(corpus, session)
            assert hits["refusals"] == []
            info = soundfile.info(corpus / session["audio_path"])
            assert (info.samplerate, info.channels, info.subtype) == (44100, 1, "PCM_16")
            assert 6 < info.duration < 10
            assert hits["onset"].min() >= 0 and hits["onset"].max() < info.duration
            assert (hits["bar"] > 0).mean() > 0.95
            labels |= set(hits["source_label"].tolist())
        assert labels == set(CLASS_OF_SUBCLASS)

    def test_beats_say_the_tempo_that_was_played(self, found):
        tempos = {session["session_id"]: session["tempo_bpm"] for session in found.sessions}
        for played in TRACKS:
            assert tempos[played.name] == pytest.approx(played.tempo_bpm, abs=0.5)
        assert {session["meter"] for session in found.sessions} == {"4/4"}

    def test_both_published_forms_of_a_line_are_there(self, corpus):
        forms = {
            "annotations/subclass/MusicDelta_Rock_subclass.txt": " \t KD \n",
            "annotations/subclass/MusicDelta_Rockabilly_subclass.txt": "0\tKD\n",
            "annotations/class/MusicDelta_Rockabilly_class.txt": " \t KD \n",
            "annotations/beats/MusicDelta_Rock_MIX.beats": "0 \t 1\n",
            "annotations/beats/MusicDelta_Rockabilly_MIX.beats": "0\t1\n",
        }
        for path, form in forms.items():
            assert form in (corpus / path).read_bytes().decode(), path

    def test_a_recording_may_begin_within_a_bar(self, corpus, found):
        session = next(s for s in found.sessions if s["session_id"] == "MusicDelta_Zeppelin")
        beats = (corpus / "annotations/beats/MusicDelta_Zeppelin_MIX.beats").read_text()
        assert beats.startswith("0.010\t3\n")
        assert self.hits(corpus, session)["beat"][0] == 3.0

    def test_both_strokes_of_a_flam_have_their_line(self, corpus, found):
        session = next(s for s in found.sessions if s["session_id"] == "MusicDelta_Rock")
        hits = self.hits(corpus, session)
        flams = hits["onset"][hits["source_label"] == "SDF"]
        assert len(flams) == 4
        assert (np.diff(flams)[::2] < 0.06).all()

    def test_the_drums_sound_where_the_label_says(self, corpus, found):
        for session in found.sessions:
            samples, rate = soundfile.read(corpus / session["audio_path"])
            start = np.flatnonzero(np.abs(samples) > 1e-4)[0] / rate
            first = self.hits(corpus, session)["onset"].min()
            assert 0 <= first - start <= 0.0101

    def test_the_bytes_depend_on_the_arguments_alone(self, corpus, tmp_path):
        write_corpus(tmp_path / "again", KITS_FILE, seed=7, n_performances=3)
        write_corpus(tmp_path / "other", KITS_FILE, seed=8, n_performances=1)
        again = [p for p in tmp_path.glob("again/**/*") if p.is_file()]
        assert len(again) == 3 * 4 + 1 + 1
        assert all(
            (corpus / p.relative_to(tmp_path / "again")).read_bytes() == p.read_bytes()
            for p in again
        )
        assert (tmp_path / "other" / DRUMS).read_bytes() != (corpus / DRUMS).read_bytes()

    def test_it_is_small_and_says_that_it_is_synthetic(self, corpus):
        assert sum(p.stat().st_size for p in corpus.rglob("*") if p.is_file()) < 6e6
        assert "Synthetic" in (corpus / "README.md").read_text()
