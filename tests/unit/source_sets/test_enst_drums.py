"""ENST-Drums: names of takes, labels per drummer, mixes, groups, and what is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st
from source_set_runs import Run

from drumcorpus.demo.enst_drums import write_corpus
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.run.raw_sound import open_recordings
from drumcorpus.sessions import mix_files
from drumcorpus.source_sets import enst_drums
from drumcorpus.source_sets.enst_drums import (
    MIXES,
    cymbals_of,
    read_annotation,
    read_hits,
    read_name,
    survey,
)
from drumcorpus.stages.ingest.ingest import outcome_counts

RESOURCES = REPO / "resources"
FOLDER = RESOURCES / "taxonomy"
TAXONOMY = load_taxonomy(*(FOLDER / f"{n}.yaml" for n in ("components", "techniques", "dynamics")))
LABELS = load_label_map(FOLDER / "note_maps/enst_drums.yaml", TAXONOMY)
CYMBALS = read_yaml(RESOURCES / "source_sets/enst_drums_cymbals.yaml")
KITS_FILE = RESOURCES / "demo/kits.yaml"
VOCABULARY = {
    *("bd", "sd", "sd-", "rs", "cs", "chh", "ohh", "lt", "mt", "lmt", "lft", "mtr", "ltr", "cb"),
    *("rc2", "rc3", "rc4", "c4", "c1", "cr1", "cr2", "cr5", "ch1", "ch5", "spl2"),
    *("sweep", "sticks"),
}
CLOSE = ("kick", "snare", "hi-hat", "tom_1", "tom_2")
CHANNELS = (*CLOSE, "overhead_L", "overhead_R", "dry_mix", "wet_mix")
PHRASE = "049_phrase_afro_simple_medium_mallets"


BACKED = "drummer_3/134_minus-one_bossa_sticks"


def options(mix="wet_mix", ratio=2.0):
    return {"mix": mix, "drums_to_accompaniment": ratio, "cymbals": CYMBALS}


def paths_of(take, channels=CHANNELS):
    drummer, stem = take.split("/")
    audio = [f"{drummer}/audio/{channel}/{stem}.wav" for channel in channels]
    return [f"{drummer}/annotation/{stem}.txt", *audio]


def survey_of(*paths, mix="wet_mix", ratio=2.0):
    files = {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in paths}
    return survey(files, lambda path: b"", options(mix, ratio))


def session_of(take, mix="wet_mix"):
    (session,) = survey_of(*paths_of(take), mix=mix).sessions
    return session


def hits_of(take, text):
    session = session_of(take)
    data = text.encode() if isinstance(text, str) else text
    return read_hits(session, lambda path: data, LABELS, options())


def stroke_of(take, label):
    """(label, cymbal, all techniques, instance, remark) of one stroke; None if unmapped."""
    hits = hits_of(take, f"0.5 {label}\n")
    assert hits["source_label"].tolist() == [label]
    stroke = LABELS.strokes.get(str(hits["map_label"][0]))
    if stroke is None:
        return None
    techniques = {*stroke.techniques, str(hits["extra_technique"][0])} - {""}
    return (
        stroke.label,
        stroke.cymbal,
        techniques,
        int(hits["instance"][0]),
        str(hits["remark"][0]),
    )


def refused(found):
    return [(refusal.path, refusal.reason, refusal.session_id) for refusal in found.refusals]


class TestNames:
    @pytest.mark.parametrize(
        ("stem", "expected"),
        [
            (
                "001_hits_snare-drum_sticks_x6",
                ("hits", "snare-drum", None, None, "sticks", "x6"),
            ),
            (PHRASE, ("phrase", "afro", "simple", "medium", "mallets", None)),
            ("096_solo_latin_hands", ("solo", "latin", None, None, "hands", None)),
            ("112_minus-one_funk_rods", ("minus-one", "funk", None, None, "rods", None)),
            (
                "156_MIDI-minus-one_rock'n'roll-188_sticks",
                ("MIDI-minus-one", "rock'n'roll-188", None, None, "sticks", None),
            ),
            (
                "083_phrase_reggae-ska_complex_fast_sticks",
                ("phrase", "reggae-ska", "complex", "fast", "sticks", None),
            ),
            (
                "007_hits_pedal-hi-hat-close_pedal_x1",
                ("hits", "pedal-hi-hat-close", None, None, "pedal", "x1"),
            ),
            ("050_solo_c# and more", ("solo", "c# and more", None, None, None, None)),
            ("012_hits_sticks_x5", ("hits", "sticks", None, None, None, "x5")),
        ],
    )
    def test_a_name_is_taken_apart(self, stem, expected):
        take = read_name(stem)
        parts = (take.kind, take.what, take.complexity, take.tempo, take.implement, take.repeats)
        assert parts == expected

    @pytest.mark.parametrize(
        "stem",
        ["", "001", "001_hits", "001_hits_", "x_hits_a", "006_closed-hi-hat_sticks", "001_Hits_a"],
    )
    def test_a_name_without_number_kind_and_more_is_none(self, stem):
        with pytest.raises(ValueError, match="NNN_kind_what; kinds: hits, phrase"):
            read_name(stem)

    @given(st.text(max_size=40))
    def test_any_name_is_read_or_refused(self, stem):
        try:
            take = read_name(stem)
        except ValueError:
            return
        assert take.kind in enst_drums.KINDS
        assert take.what and take.what in stem

    @pytest.mark.parametrize(
        ("stem", "bpm"),
        [
            ("139_MIDI-minus-one_soul-120-marvin-gaye_sticks", 120.0),
            ("141_MIDI-minus-one_soul-98_sticks", 98.0),
            ("137_MIDI-minus-one_rock'n'roll-188_sticks", 188.0),
            ("108_minus-one_rock-60s_sticks", None),  # the sixties, not a tempo
            ("131_MIDI-minus-one_grunge_sticks", None),
            ("015_hits_ride-cymbal-20_sticks_x5", None),
            ("060_phrase_salsa_simple_slow_sticks", None),
        ],
    )
    def test_only_a_backing_track_names_its_tempo(self, stem, bpm):
        assert session_of(f"drummer_1/{stem}")["tempo_bpm"] == bpm


class TestSurvey:
    def test_a_take_is_a_session_of_its_drummer(self):
        assert session_of(f"drummer_1/{PHRASE}") == {
            "session_id": f"drummer_1/{PHRASE}",
            "group_id": "enst/drummer_1",
            "split": None,
            "drummer_id": "drummer_1",
            "kit_id": "enst_drummer_1",
            "style": "afro",
            "tempo_bpm": None,
            "annotation_path": f"drummer_1/annotation/{PHRASE}.txt",
            "audio_path": f"drummer_1/audio/wet_mix/{PHRASE}.wav",
            "channel_paths": None,
            "notes": ["phrase, afro, simple, medium, mallets"],
        }

    def test_hits_have_an_instrument_and_no_style(self):
        session = session_of("drummer_1/010_hits_crash-cymbal_sticks_x5")
        assert session["style"] is None
        assert session["notes"] == ["hits, crash-cymbal, sticks, x5"]

    def test_numbers_and_names_that_repeat_over_drummers_are_different_takes(self):
        stem = "001_hits_snare-drum_sticks_x6"
        takes = [f"drummer_{n}/{stem}" for n in (1, 2, 3)]
        found = survey_of(*(path for take in takes for path in paths_of(take)))
        assert [session["session_id"] for session in found.sessions] == takes
        assert found.refusals == []

    @pytest.mark.parametrize("mix", ["dry_mix", "wet_mix"])
    def test_the_mix_that_is_asked_for_is_the_audio(self, mix):
        take = f"drummer_2/{PHRASE}"
        found = survey_of(*paths_of(take), mix=mix)
        assert found.sessions[0]["audio_path"] == f"drummer_2/audio/{mix}/{PHRASE}.wav"
        roles = {path: role for path, role in found.roles.items() if role != "other"}
        assert roles == {
            f"drummer_2/annotation/{PHRASE}.txt": "annotation",
            f"drummer_2/audio/{mix}/{PHRASE}.wav": "audio",
        }
        assert set(found.owners.values()) == {take}
        assert set(found.owners) == set(paths_of(take))

    def test_the_overheads_are_one_recording_of_two_channels(self):
        session = session_of(f"drummer_2/{PHRASE}", mix="overheads")
        pair = [f"drummer_2/audio/overhead_{side}/{PHRASE}.wav" for side in "LR"]
        assert session["channel_paths"] == pair
        assert session["audio_path"] == pair[0]
        found = survey_of(*paths_of(f"drummer_2/{PHRASE}"), mix="overheads")
        assert [found.roles[path] for path in pair] == ["audio", "audio"]

    @pytest.mark.parametrize("mix", [None, "", "mix", "overhead_L"])
    def test_a_mix_that_there_is_not_is_named(self, mix):
        with pytest.raises(ValueError, match=r"enst_drums\.mix is .*; allowed: dry_mix, wet_mix"):
            survey_of(*paths_of(f"drummer_1/{PHRASE}"), mix=mix)

    @pytest.mark.parametrize("mix", MIXES)
    def test_a_take_without_the_mix_keeps_its_labels(self, mix):
        lost = f"drummer_1/audio/{MIXES[mix][-1]}/{PHRASE}.wav"
        take = f"drummer_1/{PHRASE}"
        found = survey_of(*(path for path in paths_of(take) if path != lost), mix=mix)
        assert refused(found) == [(lost, "missing_audio", take)]
        assert found.sessions[0]["audio_path"] is None
        assert found.sessions[0]["channel_paths"] is None
        assert found.sessions[0]["notes"][-1] == "audio missing"
        assert "audio" not in found.roles.values()

    def test_in_a_copy_without_audio_no_single_file_is_missing(self):
        found = survey_of(*paths_of(f"drummer_1/{PHRASE}", channels=()))
        assert found.refusals == []
        assert found.sessions[0]["notes"][-1] == "taken from a copy without audio"

    def test_a_recording_without_annotation_is_refused_once(self):
        kept, lost = f"drummer_1/{PHRASE}", "drummer_1/050_phrase_afro_simple_fast_mallets"
        found = survey_of(*paths_of(kept), *paths_of(lost)[1:])
        first = f"drummer_1/audio/dry_mix/{lost.split('/')[1]}.wav"
        assert refused(found) == [(first, "missing_annotation", lost)]
        assert len(found.sessions) == 1

    def test_a_name_that_cannot_be_read_is_refused(self):
        # Its group, its implement and its descriptors would be guesses.
        odd = "drummer_1/006_closed-hi-hat_sticks"
        found = survey_of(*paths_of(f"drummer_1/{PHRASE}"), *paths_of(odd))
        assert refused(found) == [(paths_of(odd)[0], "unreadable_name", odd)]
        assert found.refusals[0].detail.startswith("the name does not begin as NNN_kind_what")

    def test_of_two_annotations_of_one_name_one_counts(self):
        take = f"drummer_1/{PHRASE}"
        second = f"drummer_1/annotation/{PHRASE}.TXT"
        for paths in ([*paths_of(take), second], [second, *paths_of(take)]):
            found = survey_of(*paths)
            assert len(found.sessions) == 1
            assert refused(found) == [
                (f"drummer_1/annotation/{PHRASE}.txt", "duplicate_session", take)
            ]

    def test_what_an_archive_of_macos_leaves_is_no_annotation(self):
        left = [f"drummer_1/annotation/._{PHRASE}.txt", "drummer_1/annotation/.DS_Store"]
        left += [f"drummer_1/audio/wet_mix/._{PHRASE}.wav", "README", "drummer_1/readme.txt"]
        found = survey_of(*paths_of(f"drummer_1/{PHRASE}"), *left)
        assert found.refusals == []
        assert {found.roles[path] for path in left} == {"other"}

    def test_the_accompaniment_and_the_third_tom_are_not_the_drums(self):
        found = survey_of(*paths_of(BACKED, channels=(*CHANNELS, "tom_3", "accompaniment")))
        for channel, role in (("tom_3", "other"), ("accompaniment", "audio")):
            path = f"drummer_3/audio/{channel}/134_minus-one_bossa_sticks.wav"
            assert found.roles[path] == role
            assert found.owners[path] == BACKED
        assert found.sessions[0]["audio_path"] == paths_of(BACKED, ["wet_mix"])[1]
        assert found.refusals == []

    @pytest.mark.parametrize(
        ("ratio", "gains"), [(2.0, (2 / 3, 1 / 3)), (1, (0.5, 0.5)), (0.25, (0.2, 0.8))]
    )
    def test_the_full_mix_of_a_backed_take_is_its_drums_and_the_accompaniment(self, ratio, gains):
        paths = paths_of(BACKED, channels=(*CHANNELS, "accompaniment"))
        drums, backing = paths_of(BACKED, ["dry_mix", "accompaniment"])[1:]
        (session,) = survey_of(*paths, mix="dry_mix", ratio=ratio).sessions
        assert session["mix_path"] == backing
        assert [part["path"] for part in session["mix_parts"]] == [drums, backing]
        assert [part["gain"] for part in session["mix_parts"]] == pytest.approx(gains)
        said = f"gains of {gains[0]:.3f} for the drums and {gains[1]:.3f} for the accompaniment"
        assert session["notes"][-1] == f"full mix: {said}"

    def test_overheads_are_one_part_of_the_full_mix_by_the_first_of_the_pair(self):
        paths = paths_of(BACKED, channels=(*CHANNELS, "accompaniment"))
        (session,) = survey_of(*paths, mix="overheads").sessions
        left, right, backing = paths_of(BACKED, ["overhead_L", "overhead_R", "accompaniment"])[1:]
        assert [part["path"] for part in session["mix_parts"]] == [left, backing]
        assert mix_files(session) == [left, right, backing]

    @pytest.mark.parametrize(
        ("take", "lost"),
        [(BACKED, "accompaniment"), (BACKED, "wet_mix"), (f"drummer_1/{PHRASE}", "")],
    )
    def test_without_accompaniment_or_drums_there_is_no_full_mix(self, take, lost):
        channels = [name for name in (*CHANNELS, "accompaniment") if name != lost]
        found = survey_of(*paths_of(take, channels))
        assert "mix_path" not in found.sessions[0]
        assert not any("full mix" in note for note in found.sessions[0]["notes"])
        reasons = [reason for _, reason, _ in refused(found)]
        assert reasons == (["missing_audio"] if lost == "wet_mix" else [])

    @pytest.mark.parametrize("ratio", [None, 0, -1.0, True, "2"])
    def test_a_ratio_that_is_none_is_named(self, ratio):
        said = r"enst_drums\.drums_to_accompaniment is .*; allowed: a number above 0"
        with pytest.raises(ValueError, match=said):
            survey_of(*paths_of(BACKED), ratio=ratio)

    @pytest.mark.parametrize(
        "paths", [(), ("README",), (f"ENST/drummer_1/annotation/{PHRASE}.txt",)]
    )
    def test_a_root_without_annotations_is_named(self, paths):
        with pytest.raises(ValueError, match="the root of enst_drums is the folder that holds"):
            survey_of(*paths)

    @pytest.mark.parametrize(
        "folder",
        ["ENST-drums-public", "enst_drums_public", "ENST_Drums_Public", "enst-drums-public"],
    )
    def test_the_folder_that_holds_the_drummers_may_be_in_the_root(self, folder):
        """Version 1.0 and 1.1 call it otherwise; ids, groups and kits are those of the drummers."""
        take = f"drummer_1/{PHRASE}"
        found = survey_of(*(f"{folder}/{path}" for path in paths_of(take)))
        assert found.refusals == []
        (session,), (plain,) = found.sessions, survey_of(*paths_of(take)).sessions
        paths = {key: f"{folder}/{plain[key]}" for key in ("annotation_path", "audio_path")}
        assert session == plain | paths
        hits = read_hits(session, lambda path: b"0.5 rc2\n", LABELS, options())
        assert hits["remark"].tolist() == ["cymbal_map"]  # of the drummer's own kit
        lost = f"{folder}/drummer_1/audio/wet_mix/{PHRASE}.wav"
        kept = [path for path in (f"{folder}/{p}" for p in paths_of(take)) if path != lost]
        assert refused(survey_of(*kept)) == [(lost, "missing_audio", take)]

    def test_of_both_versions_in_one_root_every_take_counts_once(self):
        take = f"drummer_1/{PHRASE}"
        both = [
            f"{v}/{p}" for v in ("ENST-drums-public", "enst_drums_public") for p in paths_of(take)
        ]
        found = survey_of(*both)
        assert [session["annotation_path"] for session in found.sessions] == [both[0]]
        assert found.sessions[0]["audio_path"].startswith("ENST-drums-public/")
        assert refused(found) == [(both[len(both) // 2], "duplicate_session", take)]

    @given(st.lists(st.text(max_size=30)))
    def test_any_listing_gets_roles(self, names):
        listing = [f"drummer_1/annotation/{name}.txt" for name in names]
        listing += [f"drummer_1/audio/wet_mix/{name}.wav" for name in names]
        found = survey_of(*paths_of(f"drummer_1/{PHRASE}"), *listing)
        assert found.roles.keys() == {*listing, *paths_of(f"drummer_1/{PHRASE}")}


class TestGroups:
    @pytest.mark.parametrize(
        ("take", "group"),
        [
            ("drummer_1/114_minus-one_celtic-rock_brushes", "enst/backing/celtic-rock"),
            ("drummer_2/122_minus-one_celtic-rock_sticks", "enst/backing/celtic-rock"),
            ("drummer_2/123_minus-one_celtic-rock-better-take_sticks", "enst/backing/celtic-rock"),
            ("drummer_1/111_minus-one_funky_rods", "enst/backing/funky"),
            ("drummer_1/112_minus-one_funk_rods", "enst/backing/funk"),
            (
                "drummer_3/156_MIDI-minus-one_rock'n'roll-188_sticks",
                "enst/backing/rock'n'roll-188",
            ),
            ("drummer_3/119_solo_toms_mallets", "enst/drummer_3"),
            ("drummer_3/001_hits_snare-drum_sticks_x5", "enst/drummer_3"),
            ("drummer_2/045_phrase_rock_simple_medium_sticks", "enst/drummer_2"),
        ],
    )
    def test_a_backing_track_is_one_group_over_all_drummers(self, take, group):
        assert session_of(take)["group_id"] == group


class TestAnnotations:
    def test_times_and_labels_come_out_as_written(self):
        onsets, labels = read_annotation("a.txt", b"0.10 bd\n0.10 chh\n1.5 sd-\n")
        assert onsets == [0.1, 0.1, 1.5]
        assert labels == ["bd", "chh", "sd-"]

    @pytest.mark.parametrize(
        "data",
        [
            b"0.5 bd\r\n1 sd\r\n",
            b"0.5 bd\r1 sd",
            b"0.5\tbd\n1.0\tsd\n",
            b"5e-1 bd\n1E0 sd",
            b"\xef\xbb\xbf0.5 bd\n\n  \n1. sd\n\n",
            b" .5  bd \n+1 sd\t\n",
        ],
        ids=["windows", "old mac", "tabs", "exponents", "mark and empty lines", "blanks"],
    )
    def test_any_line_end_and_form_of_number_will_do(self, data):
        assert read_annotation("a.txt", data) == ([0.5, 1.0], ["bd", "sd"])

    @pytest.mark.parametrize(
        "line",
        [
            "bd 0.5",
            "0.5",
            "bd",
            "0.5 bd 100",
            "0,5 bd",
            "nan bd",
            "inf bd",
            "-inf bd",
            "1e999 bd",
            "1_0 bd",
            "0x1 bd",
            "0.5 b\x00d",
            "0.5 caf\xe9",
            "\u0660.\u0665 bd",
            "# 0.5",
        ],
        ids=[
            "label first",
            "no label",
            "no time",
            "three fields",
            "decimal comma",
            "nan",
            "inf",
            "-inf",
            "too large",
            "underscore",
            "hexadecimal",
            "NUL",
            "not ASCII",
            "other digits",
            "comment",
        ],
    )
    def test_a_line_that_is_not_time_and_label_is_named(self, line):
        with pytest.raises(UnusableFile) as caught:
            read_annotation("x/a.txt", f"0.1 bd\n\n{line}\n".encode())
        assert caught.value.reason == "unreadable_annotation"
        assert caught.value.path == "x/a.txt"
        assert caught.value.detail.startswith("x/a.txt:3: got ")
        assert caught.value.detail.endswith("wanted: <seconds> <label>")

    @pytest.mark.parametrize("time", ["1e308", "86401", "-1e99", "9" * 500])
    def test_a_time_past_a_day_is_no_onset(self, time):
        with pytest.raises(UnusableFile, match=r"x/a.txt:1: got .*; wanted: <seconds> <label>"):
            read_annotation("x/a.txt", f"{time} bd\n".encode())

    def test_time_that_goes_back_is_a_damaged_file(self):
        # All 318 annotations rise: whatever does not is not as it was published.
        with pytest.raises(UnusableFile) as caught:
            read_annotation("a.txt", b"0.5 bd\n0.7 sd\n0.6 bd\n")
        assert caught.value.reason == "unreadable_annotation"
        assert caught.value.detail == (
            "a.txt:3: 0.6 s comes after 0.7 s; wanted: times that never go back"
        )

    @pytest.mark.parametrize(
        "data",
        [b"", b"\n\n", b" \t\r\n", b"\xef\xbb\xbf"],
        ids=["empty", "blank lines", "white space", "byte order mark"],
    )
    def test_an_annotation_without_a_stroke_is_refused(self, data):
        with pytest.raises(UnusableFile) as caught:
            read_annotation("a.txt", data)
        assert caught.value.reason == "empty_annotation"

    @given(st.binary(max_size=200))
    def test_any_bytes_are_read_or_refused(self, data):
        try:
            hits = hits_of(f"drummer_1/{PHRASE}", data)
        except UnusableFile:
            return
        assert len({len(values) for values in hits.values()}) == 1
        assert np.isfinite(hits["onset"]).all()

    @given(
        st.lists(
            st.tuples(st.floats(-1, 86_400), st.sampled_from([*sorted(VOCABULARY), "x9"])),
            min_size=1,
        )
    )
    def test_what_is_written_is_read_back(self, strokes):
        strokes = sorted(strokes)
        hits = hits_of(f"drummer_2/{PHRASE}", "".join(f"{s!r} {label}\n" for s, label in strokes))
        pairs = zip(hits["onset"].tolist(), hits["source_label"].tolist(), strict=True)
        assert list(pairs) == strokes


class TestDrums:
    @pytest.mark.parametrize(
        ("label", "expected", "techniques"),
        [
            ("bd", "kick", set()),
            ("sd", "snare", set()),
            ("sd-", "snare", {"no_snares"}),
            ("rs", "rimshot", {"rimshot"}),
            ("cs", "cross_stick", {"cross_stick"}),
            ("sweep", "snare", {"sweep"}),
            ("chh", "hihat_closed", set()),
            ("ohh", "hihat_open", set()),
            ("mt", "tom_mid", set()),
            ("mtr", "tom_mid", {"rim"}),
            ("lmt", "tom_mid", set()),
            ("lt", "tom_low", set()),
            ("ltr", "tom_low", {"rim"}),
            ("lft", "tom_low", set()),
            ("cb", "cowbell", set()),
            ("sticks", "claves", set()),
        ],
    )
    @pytest.mark.parametrize("drummer", [1, 2, 3])
    def test_a_drum_is_the_same_for_every_drummer(self, drummer, label, expected, techniques):
        take = f"drummer_{drummer}/045_phrase_rock_simple_medium_sticks"
        assert stroke_of(take, label) == (expected, None, techniques, 0, "")

    @pytest.mark.parametrize("label", ["rc", "cr", "ch", "spl", "c", "hh", "crash", "ride", "BD"])
    def test_a_label_that_the_set_does_not_have_is_not_guessed(self, label):
        assert stroke_of("drummer_1/045_phrase_rock_simple_medium_sticks", label) is None

    def test_no_label_of_an_annotation_can_be_a_token_of_the_reviewed_map(self):
        derived = set(LABELS.strokes) - VOCABULARY
        assert derived
        assert all(" " in token for token in derived)

    def test_every_label_of_the_set_is_a_drum_or_somebody_s_cymbal(self):
        drummers = [cymbals_of(CYMBALS, drummer) for drummer in CYMBALS["drummers"]]
        cymbals = {label for labels in drummers for label in labels}
        drums = {token for token in LABELS.strokes if " " not in token}
        assert drums | cymbals == VOCABULARY
        assert not drums & cymbals


class TestCymbals:
    @pytest.mark.parametrize(
        ("drummer", "label", "expected", "cymbal", "instance"),
        [
            (1, "c1", "crash", 1, 0),
            (1, "rc2", "ride_bow", None, 0),
            (2, "c1", "crash", 1, 0),
            (2, "cr1", "crash", 1, 0),
            (2, "spl2", "splash", None, 0),
            (2, "rc3", "ride_bow", None, 1),
            (2, "rc4", "ride_bow", None, 2),
            (2, "ch5", "china", None, 0),
            (3, "ch1", "china", None, 0),
            (3, "cr2", "crash", 1, 1),
            (3, "rc3", "ride_bow", None, 1),
            (3, "c4", "ride_bow", None, 2),
            (3, "cr5", "crash", 2, 2),
        ],
    )
    def test_a_digit_is_a_place_in_the_drummer_s_kit(
        self, drummer, label, expected, cymbal, instance
    ):
        take = f"drummer_{drummer}/045_phrase_rock_simple_medium_sticks"
        assert stroke_of(take, label) == (expected, cymbal, set(), instance, "cymbal_map")

    def test_only_drummer_3_has_two_crashes(self):
        crashes = {
            drummer: {
                LABELS.strokes[token].cymbal
                for cymbal in cymbals_of(CYMBALS, drummer).values()
                for token in cymbal.tokens
                if token in LABELS.strokes
            }
            - {None}
            for drummer in CYMBALS["drummers"]
        }
        assert crashes == {"drummer_1": {1}, "drummer_2": {1}, "drummer_3": {1, 2}}

    def test_c4_is_a_ride_and_no_crash(self):
        assert stroke_of("drummer_3/015_hits_ride-cymbal-2_sticks_x5", "c4")[0] == "ride_bow"

    def test_the_third_and_fourth_ride_are_neither_bell_nor_edge(self):
        # Digits of places, read as ways of playing in other collections.
        take = "drummer_2/045_phrase_rock_simple_medium_sticks"
        for label in ("rc3", "rc4"):
            assert stroke_of(take, label)[0] == "ride_bow"
            assert stroke_of(take, label)[2] == set()

    @pytest.mark.parametrize(
        ("drummer", "label"),
        [(1, "cr2"), (1, "rc3"), (1, "c4"), (2, "cr5"), (2, "c4"), (3, "cr1"), (3, "rc2")],
    )
    def test_a_place_that_is_another_drummer_s_is_not_guessed(self, drummer, label):
        take = f"drummer_{drummer}/045_phrase_rock_simple_medium_sticks"
        assert stroke_of(take, label) is None

    def test_a_drummer_who_is_not_reviewed_has_drums_and_no_cymbals(self):
        take = "drummer_4/045_phrase_rock_simple_medium_sticks"
        assert stroke_of(take, "bd")[0] == "kick"
        assert stroke_of(take, "cr2") is None

    def test_the_reviewed_map_holds_together(self):
        for drummer, places in CYMBALS["drummers"].items():
            labels = [label for cymbal in places.values() for label in cymbal["labels"]]
            assert len(labels) == len(set(labels)), drummer
            for place, cymbal in places.items():
                assert {re.sub("[a-z]+", "", label) for label in cymbal["labels"]} == {str(place)}
                assert set(cymbal) == {"kind", "labels", "sources", "basis"}
                assert cymbal["basis"] and set(cymbal["sources"]) <= set(CYMBALS["sources"])
                assert f"{cymbal['kind']} cymbal" in LABELS.strokes or cymbal["kind"] == "crash"


class TestImplements:
    @pytest.mark.parametrize(
        ("word", "technique"),
        [
            ("sticks", set()),
            ("brushes", {"brush"}),
            ("rods", {"rods"}),
            ("mallets", {"mallets"}),
            ("hands", {"hands"}),
        ],
    )
    def test_every_stroke_of_a_take_is_played_with_what_it_names(self, word, technique):
        take = f"drummer_1/111_minus-one_funky_{word}"
        for label in ("sd", "rc2", "chh", "lt"):
            assert stroke_of(take, label)[2] == technique

    def test_the_bass_drum_is_not_played_with_brushes(self):
        assert stroke_of("drummer_1/111_minus-one_funky_brushes", "bd")[2] == set()

    def test_a_sweep_is_one_with_a_brush(self):
        take = "drummer_1/110_minus-one_musette_brushes"
        assert stroke_of(take, "sweep")[2] == {"brush", "sweep"}

    def test_every_technique_is_declared(self):
        named = set(enst_drums.IMPLEMENTS.values()) - {""}
        assert named <= set(TAXONOMY.techniques)

    def test_an_implement_that_is_not_named_is_noted(self):
        session = session_of("drummer_1/050_solo_jazz")
        assert session["notes"] == ["solo, jazz", "implement not named"]


class TestDescriptors:
    @pytest.mark.parametrize(
        ("take", "label", "expected", "techniques"),
        [
            ("drummer_1/008_hits_pedal-hi-hat-close_pedal_x1", "chh", "hihat_pedal", {"pedal"}),
            (
                "drummer_1/009_hits_pedal-hi-hat-open_pedal_x1",
                "ohh",
                "hihat_foot_splash",
                {"pedal"},
            ),
            ("drummer_1/007_hits_hi-hat-half-opened_sticks_x5", "ohh", "hihat_open", {"half_open"}),
            (
                "drummer_1/007_hits_half-opened-hi-hat_brushes_x5",
                "chh",
                "hihat_closed",
                {"half_open", "brush"},
            ),
            ("drummer_2/009_hits_ride-cymbal-1-dome_sticks_x5", "rc3", "ride_bell", {"bell"}),
            (
                "drummer_3/017_hits_ride-cymbal-2-dome_mallets_x5",
                "c4",
                "ride_bell",
                {"bell", "mallets"},
            ),
            ("drummer_2/019_hits_chinese-ride-cymbal-dome_sticks_x5", "ch5", "china", {"bell"}),
            (
                "drummer_2/010_hits_ride-cymbal-1-played-as-crash_sticks_x5",
                "rc3",
                "ride_edge",
                {"edge"},
            ),
            ("drummer_1/002_hits_snare-drum-no-snare_sticks_x5", "sd", "snare", {"no_snares"}),
        ],
    )
    def test_the_name_of_a_take_of_hits_refines_its_labels(self, take, label, expected, techniques):
        found = stroke_of(take, label)
        assert (found[0], found[2], found[4]) == (expected, techniques, "named_in_file")

    @pytest.mark.parametrize(
        ("take", "label", "expected"),
        [
            ("drummer_1/006_hits_open-hi-hat-wide-opened_sticks_x5", "ohh", "hihat_open"),
            ("drummer_1/004_hits_bass-drum_pedal_x5", "bd", "kick"),
            ("drummer_2/009_hits_ride-cymbal-1-dome_sticks_x5", "chh", "hihat_closed"),
            ("drummer_2/011_hits_flat-ride-cymbal_sticks_x5", "rc4", "ride_bow"),
            ("drummer_1/002_hits_snare-drum-no-snare_sticks_x5", "sd-", "snare"),
        ],
    )
    def test_and_no_others(self, take, label, expected):
        found = stroke_of(take, label)
        assert found[0] == expected
        assert found[4] != "named_in_file"

    @pytest.mark.parametrize("kind", ["phrase", "solo", "minus-one", "MIDI-minus-one"])
    def test_elsewhere_a_name_speaks_of_the_music(self, kind):
        assert stroke_of(f"drummer_2/100_{kind}_dome-pedal_sticks", "rc3")[0] == "ride_bow"
        assert stroke_of(f"drummer_2/100_{kind}_dome-pedal_sticks", "chh")[0] == "hihat_closed"


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "enst"
    write_corpus(root, KITS_FILE, seed=7)
    return root


def run(root, mix="wet_mix"):
    return Run("enst_drums", [root], root.parent / "facts.json", {"mix": mix})


@pytest.fixture(scope="module")
def ingested(demo):
    return run(demo).ingest(run(demo).inventory().sessions)


class TestDemo:
    @pytest.mark.parametrize("mix", MIXES)
    def test_every_take_is_read_and_nothing_refused(self, demo, mix):
        inventory = run(demo, mix).inventory()
        assert inventory.quarantine.num_rows == 0
        assert inventory.sessions.num_rows == 10
        ingested = run(demo, mix).ingest(inventory.sessions)
        assert ingested.refusals == []
        assert set(outcome_counts(ingested.tallies)) == {"in_event"}

    def test_the_order_of_the_files_leaves_no_trace(self, demo):
        over = run(demo, "overheads")
        assert over.inventory().sessions.equals(over.inventory(backwards=True).sessions)

    def test_it_holds_all_labels_of_the_set(self, ingested):
        assert set(ingested.tallies["source_label"].to_pylist()) == VOCABULARY

    def test_the_two_crashes_of_drummer_3_come_out_as_two(self, ingested):
        events = ingested.events.to_pylist()
        pairs = {
            (event["drummer_id"], c["source_label"], c["label"], c["cymbal"])
            for event in events
            for c in event["components"]
            if c["cymbal"] is not None
        }
        assert pairs == {
            ("drummer_1", "c1", "crash", 1),
            ("drummer_2", "cr1", "crash", 1),
            ("drummer_3", "cr2", "crash", 1),
            ("drummer_3", "cr5", "crash", 2),
        }

    def test_techniques_and_remarks_stand_on_their_events(self, ingested):
        events = ingested.events.to_pylist()
        (pedal,) = [e for e in events if "pedal-hi-hat" in e["session_id"]]
        assert pedal["techniques"] == ["pedal"]
        assert [entry["method"] for entry in pedal["annotation_history"]] == ["named_in_file"]
        domes = [e for e in events if "dome" in e["session_id"]]
        assert {c["label"] for e in domes for c in e["components"]} == {"ride_bell"}
        brushed = [e for e in events if e["session_id"].endswith("_brushes")]
        for event in brushed:
            only_kick = {c["source_label"] for c in event["components"]} == {"bd"}
            assert ("brush" in event["techniques"]) is not only_kick
        assert {e["tempo_bpm"] for e in events if "188" in e["session_id"]} == {188.0}

    @pytest.mark.parametrize("mix", MIXES)
    def test_the_full_mix_that_is_heard_is_the_sum_sample_by_sample(self, demo, mix):
        sessions = run(demo, mix).inventory().sessions
        backed = [row for row in sessions.to_pylist() if row["mix_path"]]
        assert len(backed) == 4
        opened = open_recordings("enst_drums", [demo], sessions)
        for row in backed:
            name = row["session_id"].split("/")[1]
            folder = demo / row["drummer_id"] / "audio"
            read = lambda channel, at=(folder, name): soundfile.read(  # noqa: E731
                at[0] / channel / f"{at[1]}.wav", dtype="float32"
            )[0]
            drums = np.mean([read(channel) for channel in MIXES[mix]], axis=0)
            wanted = 2 / 3 * drums + 1 / 3 * read("accompaniment")
            samples, rate = opened(row["mix_path"])
            assert rate == 44_100
            assert np.abs(samples - wanted).max() < 1e-6
            assert np.abs(samples - 2 / 3 * drums).max() > 0.01
            assert row["mix_duration"] == len(wanted) / 44_100
            assert {file["path"] for file in row["files"]} >= set(mix_files(row))

    def test_the_layout_is_that_of_the_real_set(self, demo):
        folders = {p.name for p in (demo / "drummer_3/audio").iterdir()}
        assert folders == {*CHANNELS, "tom_3", "accompaniment"}
        assert not (demo / "drummer_1/audio/tom_3").exists()
        backed = {p.name for p in demo.glob("*/audio/accompaniment/*")}
        assert backed == {p.name for p in demo.glob("*/audio/wet_mix/*minus-one*")}
        for path in demo.rglob("*.wav"):
            info = soundfile.info(path)
            assert (info.samplerate, info.channels, info.subtype) == (44100, 1, "PCM_16")

    def test_the_overheads_hear_the_kit_from_two_sides(self, demo):
        stem = "156_MIDI-minus-one_rock'n'roll-188_sticks"
        left, right = (
            soundfile.read(demo / f"drummer_3/audio/overhead_{side}/{stem}.wav")[0] for side in "LR"
        )
        annotation = (demo / f"drummer_3/annotation/{stem}.txt").read_text().split()
        onsets = dict(zip(annotation[1::2], map(float, annotation[::2]), strict=True))
        ratios = {}
        for label in ("sticks", "cr5"):
            span = slice(int(onsets[label] * 44100), int((onsets[label] + 0.1) * 44100))
            ratios[label] = np.square(left[span]).sum() / np.square(right[span]).sum()
        assert ratios["sticks"] > 2 * ratios["cr5"]

    def test_the_same_arguments_give_the_same_bytes(self, tmp_path, demo):
        write_corpus(tmp_path / "few", KITS_FILE, seed=7, n_performances=3)
        few = {p.relative_to(tmp_path / "few"): p.read_bytes() for p in walk(tmp_path / "few")}
        assert len([path for path in few if path.suffix == ".txt"]) == 3
        assert all((demo / path).read_bytes() == data for path, data in few.items())

    def test_it_is_small(self, demo):
        assert sum(path.stat().st_size for path in walk(demo)) < 25e6


def walk(root):
    return [path for path in root.rglob("*") if path.is_file()]
