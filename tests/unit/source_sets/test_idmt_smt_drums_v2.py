"""IDMT-SMT-Drums V2: what its files make up, and what becomes of their onsets."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st
from mir_eval.util import match_events

from drumcorpus.demo.idmt_smt_drums_v2 import LOOPS, write_corpus
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile, scan_roots
from drumcorpus.ground.files.taxonomy_files import load_label_map
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.source_sets.idmt_smt_drums_v2 import read_hits, survey

KITS_FILE = REPO / "resources/demo/kits.yaml"
NAME = "WaveDrum02_01"
XML, MIX = f"annotation_xml/{NAME}#MIX.xml", f"audio/{NAME}#MIX.wav"
SVL = {part: f"annotation_svl/{NAME}#{part}.svl" for part in ("HH", "KD", "SD")}
EVENTS = [("0.5", "KD"), ("0.5", "HH"), ("1.0355", "SD"), ("12.1079", "HH")]


def event(onset, instrument):
    parts = [
        "<pitch>0</pitch>",
        "" if onset is None else f"<onsetSec>{onset}</onsetSec><offsetSec>{onset}</offsetSec>",
        "" if instrument is None else f"<instrument>{instrument}</instrument>",
    ]
    return f"<event>{''.join(parts)}</event>"


def xml(*events):
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<instrumentRecording>'
    known = "<globalParameter><mixGroundTrouthAvailable>true</mixGroundTrouthAvailable>"
    body = "".join(event(*each) for each in events)
    return (
        f"{head}{known}</globalParameter><transcription>{body}</transcription>"
        "</instrumentRecording> \n"
    ).encode()


def svl(*frames, model='<model sampleRate="44100" start="0" end="342475" />'):
    points = "".join(f'<point frame="{frame}" label="New Point" />' for frame in frames)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE sonic-visualiser>\n'
        f"<sv><data>{model}<dataset>{points}</dataset></data></sv>\n"
    ).encode()


def recording():
    """A whole recording; tests break one thing of it."""
    return {
        XML: xml(*EVENTS),
        SVL["HH"]: svl(22050, 533958),
        SVL["KD"]: svl(22050),
        SVL["SD"]: svl(45666),
        MIX: b"RIFF",
        f"audio/{NAME}#HH.wav": b"RIFF",
        f"audio/{NAME}#KD#train.wav": b"RIFF",
    }


def surveyed(contents):
    files = {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in contents}
    return survey(files, contents.__getitem__, {})


def row_of(session):
    """The session as the reader gets it: with the files that it rests on."""
    paths = {session["annotation_path"], *session["support_paths"], session["audio_path"]} - {None}
    return session | {"files": [{"path": path} for path in sorted(paths)]}


def read(contents, label_map=None):
    (session,) = surveyed(contents).sessions
    return read_hits(row_of(session), contents.__getitem__, label_map, {})


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


class TestSurvey:
    def test_a_recording_is_one_session_of_its_series(self):
        found = surveyed(recording())
        assert found.refusals == []
        assert found.sessions == [
            {
                "session_id": NAME,
                "group_id": "idmt_smt_drums_v2/WaveDrum02",
                "kit_id": "WaveDrum02",
                "is_synthetic": True,
                "annotation_path": XML,
                "audio_path": MIX,
                "support_paths": list(SVL.values()),
                "notes": [],
            }
        ]

    def test_every_file_has_its_role_and_its_session(self):
        found = surveyed(recording() | {"README.txt": b""})
        assert found.roles == {
            XML: "annotation",
            **dict.fromkeys(SVL.values(), "annotation"),
            MIX: "audio",
            f"audio/{NAME}#HH.wav": "other",
            f"audio/{NAME}#KD#train.wav": "other",
            "README.txt": "other",
        }
        assert found.owners == dict.fromkeys([XML, *SVL.values(), MIX], NAME)

    def test_training_audio_never_stands_beside_the_onsets_of_the_mix(self):
        contents = recording()
        del contents[MIX]
        contents["audio/RealDrum01_00#MIX.wav"] = b"RIFF"
        contents["annotation_xml/RealDrum01_00#MIX.xml"] = xml(*EVENTS)
        found = surveyed(contents)
        assert [session["audio_path"] for session in found.sessions] == [
            "audio/RealDrum01_00#MIX.wav",
            None,
        ]
        assert refused(found) == [(MIX, "missing_audio")]
        assert found.refusals[0].session_id == NAME
        assert found.sessions[1]["notes"] == ["audio missing"]

    def test_annotations_alone_are_no_single_missing_audio(self):
        contents = {path: data for path, data in recording().items() if "audio" not in path}
        found = surveyed(contents)
        assert found.refusals == []
        assert found.sessions[0]["notes"] == ["the root holds no audio"]

    @pytest.mark.parametrize(
        ("series", "is_synthetic"),
        [
            ("RealDrum01", None),
            ("TechnoDrum01", True),
            ("TechnoDrum02", True),
            ("WaveDrum01", True),
        ],
    )
    def test_what_no_drummer_played_is_synthetic(self, series, is_synthetic):
        found = surveyed({f"annotation_xml/{series}_07#MIX.xml": xml(*EVENTS)})
        assert found.sessions[0]["is_synthetic"] is is_synthetic
        assert found.sessions[0]["kit_id"] == series

    def test_loops_of_one_series_are_one_group(self):
        names = ("WaveDrum02_01", "WaveDrum02_60", "WaveDrum01_01")
        found = surveyed({f"annotation_xml/{name}#MIX.xml": xml(*EVENTS) for name in names})
        groups = {session["session_id"]: session["group_id"] for session in found.sessions}
        assert groups["WaveDrum02_01"] == groups["WaveDrum02_60"] != groups["WaveDrum01_01"]
        assert {session.get("split") for session in found.sessions} == {None}

    def test_a_recording_without_xml_is_annotated_by_its_svls(self):
        contents = recording()
        del contents[XML]
        (session,) = surveyed(contents).sessions
        assert session["annotation_path"] == SVL["HH"]
        assert session["support_paths"] == [SVL["KD"], SVL["SD"]]
        assert session["notes"] == ["no XML: annotated by its SVLs"]

    def test_without_xml_an_instrument_without_svl_would_go_unlabelled(self):
        contents = recording()
        del contents[XML], contents[SVL["KD"]]
        found = surveyed(contents)
        assert found.sessions == []
        assert refused(found) == [(MIX, "missing_annotation")]
        assert found.refusals[0].detail == f"no {XML}, and no SVL of KD"
        assert found.roles[MIX] == "other"

    def test_audio_without_annotation_is_refused(self):
        found = surveyed(recording() | {"audio/RealDrum01_19#MIX.wav": b"RIFF"})
        assert refused(found) == [("audio/RealDrum01_19#MIX.wav", "missing_annotation")]
        assert [session["session_id"] for session in found.sessions] == [NAME]

    def test_a_folder_around_the_data_set_is_no_matter(self):
        contents = {f"IDMT-SMT-DRUMS-V2/{path}": data for path, data in recording().items()}
        (session,) = surveyed(contents).sessions
        assert session["session_id"] == NAME
        assert session["audio_path"] == f"IDMT-SMT-DRUMS-V2/{MIX}"

    def test_of_two_copies_the_one_of_the_shorter_way_counts(self):
        contents = recording()
        copies = {f"A copy/{path}": data for path, data in contents.items() if "train" not in path}
        for order in (contents | copies, copies | contents):
            found = surveyed(order)
            assert found.sessions == surveyed(contents).sessions
            counted = [f"A copy/{path}" for path in sorted([XML, *SVL.values(), MIX])]
            assert sorted(refused(found)) == [(path, "duplicate_file") for path in counted]

    def test_the_order_of_the_files_leaves_no_trace(self):
        contents = recording() | {"annotation_xml/RealDrum01_00#MIX.xml": xml(*EVENTS)}
        backwards = surveyed(dict(reversed(contents.items())))
        assert backwards.sessions == surveyed(contents).sessions
        assert backwards.roles == surveyed(contents).roles

    @pytest.mark.parametrize(
        "path",
        [
            "audio/RealDrum01_00.wav",
            "audio/RealDrum01_00#MIX (1).wav",
            "annotation_xml/RealDrum1x_00#MIX.xml",
            "annotation_svl/RealDrum01_00#TT.svl",
            "audio/RealDrum01_00#MIX#train.wav",
            "elsewhere/RealDrum01_00#MIX.wav",
        ],
    )
    def test_files_of_other_names_are_refused(self, path):
        found = surveyed(recording() | {path: b""})
        assert refused(found) == [(path, "unlisted_file")]
        assert len(found.sessions) == 1

    def test_a_root_that_is_another_folder_is_named(self):
        with pytest.raises(ValueError, match="the root of idmt_smt_drums_v2 is the folder"):
            surveyed({"groove/info.csv": b""})


class TestHits:
    def test_the_onsets_of_the_xml_are_the_hits(self):
        hits = read(recording())
        assert hits["onset"].tolist() == [0.5, 0.5, 1.0355, 12.1079]
        assert hits["source_label"].tolist() == ["HH", "KD", "SD", "HH"]
        assert hits["remark"].tolist() == [""] * 4
        assert hits["refusals"] == []

    def test_a_hi_hat_of_unknown_state_is_less_sure(self):
        assert read(recording())["confidence"].tolist() == [0.8, 1.0, 1.0, 0.8]

    def test_all_three_labels_are_mapped(self, taxonomy):
        path = REPO / "resources/taxonomy/note_maps/idmt_smt_drums_v2.yaml"
        strokes = load_label_map(path, taxonomy).strokes
        labels = {token: stroke.label for token, stroke in strokes.items()}
        assert labels == {"KD": "kick", "SD": "snare", "HH": "hihat_closed"}

    def test_a_label_of_a_tom_is_left_to_the_label_map(self):
        contents = recording() | {XML: xml(*EVENTS, ("13", "TT"))}
        assert read(contents)["source_label"].tolist()[-1] == "TT"

    def test_an_onset_in_exponent_form_is_one(self):
        contents = recording() | {XML: xml(("4.5351e-05", "KD"), ("6.8027E-4", "HH"))}
        contents = {path: data for path, data in contents.items() if not path.endswith(".svl")}
        assert read(contents)["onset"].tolist() == [4.5351e-05, 6.8027e-4]

    @pytest.mark.parametrize(
        ("onset", "moved", "remark"),
        [
            ("-0.00022676", 0.0, "moved_to_start"),
            ("-0.01", 0.0, "moved_to_start"),
            ("-0.0101", -0.0101, ""),
            ("-2", -2.0, ""),
            ("0", 0.0, ""),
        ],
    )
    def test_only_an_onset_just_before_the_start_is_moved_to_it(self, onset, moved, remark):
        hits = read({XML: xml((onset, "KD"), ("1", "KD"))})
        assert hits["onset"].tolist() == [moved, 1.0]
        assert hits["remark"].tolist() == [remark, ""]
        assert not np.signbit(hits["onset"][0]) or moved < 0

    def test_the_last_stroke_may_lack_its_point(self):
        # As in RealDrum01_00: 42 HH in the XML, 41 points in the SVL.
        contents = recording() | {SVL["HH"]: svl(22050)}
        hits = read(contents)
        assert hits["remark"].tolist() == ["", "", "", "absent_from_svl"]
        assert hits["refusals"] == []
        assert len(hits["onset"]) == 4

    def test_a_point_without_a_stroke_refuses_the_svl_and_leaves_the_xml(self):
        contents = recording() | {SVL["HH"]: svl(22050, 44100, 533958)}
        hits = read(contents)
        (refusal,) = hits["refusals"]
        assert (refusal.path, refusal.reason) == (SVL["HH"], "annotations_disagree")
        assert refusal.session_id == NAME
        assert refusal.detail == (
            f"1 of 3 points have no stroke of HH within 1 ms in {XML}, the first at 1.0000 s; "
            "0 of 2 strokes there have no point"
        )
        assert hits["onset"].tolist() == read(recording())["onset"].tolist()

    @pytest.mark.parametrize(("frame", "agrees"), [(22094, True), (22095, False), (22005, False)])
    def test_a_millisecond_is_the_bound_of_agreement(self, frame, agrees):
        hits = read(recording() | {SVL["KD"]: svl(frame)})  # 22050 is the onset
        assert (hits["refusals"] == []) is agrees

    def test_the_frame_counts_by_the_models_own_rate(self):
        model = '<model sampleRate="96000" start="0" end="0" />'
        hits = read(recording() | {SVL["KD"]: svl(48000, model=model)})
        assert hits["refusals"] == []

    def test_a_wrong_end_of_the_model_is_no_matter(self):
        # 342475 in every published file, whatever its length; points run to twice that.
        hits = read({XML: xml(("17.1056", "HH")), SVL["HH"]: svl(754357)})
        assert hits["remark"].tolist() == [""]

    def test_svls_alone_give_the_same_strokes(self):
        contents = recording()
        del contents[XML]
        hits = read(contents)
        whole = read(recording())
        assert hits["source_label"].tolist() == whole["source_label"].tolist()
        assert np.allclose(hits["onset"], whole["onset"], atol=1e-4)
        assert set(hits["remark"].tolist()) == {"svl_only"}
        assert hits["confidence"].tolist() == whole["confidence"].tolist()

    def test_an_unreadable_svl_is_refused_and_the_xml_stands(self):
        hits = read(recording() | {SVL["SD"]: b"<sv>"})
        (refusal,) = hits["refusals"]
        assert (refusal.path, refusal.reason) == (SVL["SD"], "unreadable_annotation")
        assert refusal.detail.startswith(f"{SVL['SD']}:1:")
        assert len(hits["onset"]) == 4

    def test_without_xml_an_unreadable_svl_refuses_the_session(self):
        contents = recording() | {SVL["SD"]: b"<sv>"}
        del contents[XML]
        with pytest.raises(UnusableFile, match="unreadable_annotation") as caught:
            read(contents)
        assert caught.value.path == SVL["SD"]

    @pytest.mark.parametrize(
        ("data", "detail"),
        [
            (b"", f"{XML}:1:1: not XML: no element found"),
            (xml(*EVENTS)[:200], f"{XML}:2:"),
            (b"<score/>", "the XML is a <score>; wanted: <instrumentRecording>"),
            (b"<instrumentRecording/>", "no <transcription> in the XML"),
            (xml(("0.5", "KD"), (None, "SD")), "event 2: onsetSec: got None; wanted: a number"),
            (xml(("", "KD")), "event 1: onsetSec: got ''"),
            (xml(("0,5", "KD")), "event 1: onsetSec: got '0,5'"),
            (xml(("nan", "KD")), "event 1: onsetSec: got 'nan'"),
            (xml(("1e400", "KD")), "event 1: onsetSec: got '1e400'"),
            (xml(("86401", "KD")), "event 1: onsetSec: got '86401'"),
            (xml(("0.5", None)), "event 1: no instrument; wanted: HH, KD, SD"),
            (xml(("0.5", " ")), "event 1: no instrument"),
        ],
        ids=[
            "empty",
            "cut",
            "another root",
            "no transcription",
            "onset missing",
            "onset empty",
            "decimal comma",
            "nan",
            "too large",
            "beyond a day",
            "instrument missing",
            "instrument blank",
        ],
    )
    def test_an_xml_of_no_use_is_refused_with_the_place(self, data, detail):
        with pytest.raises(UnusableFile) as caught:
            read(recording() | {XML: data})
        assert (caught.value.path, caught.value.reason) == (XML, "unreadable_annotation")
        assert caught.value.detail.startswith(detail)

    def test_an_xml_bomb_is_refused_unopened(self):
        bomb = (
            b'<?xml version="1.0"?><!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">'
            b'<!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
            b"<instrumentRecording><transcription>&b;</transcription></instrumentRecording>"
        )
        with pytest.raises(UnusableFile, match="XML with entities is refused"):
            read(recording() | {XML: bomb})

    @pytest.mark.parametrize(
        ("data", "detail"),
        [
            (b"<sv><data/></sv>", "0 elements data/model in the SVL; wanted: one"),
            (svl(1, model=""), "0 elements data/model"),
            (svl(1, model='<model sampleRate="44100"/>' * 2), "2 elements data/model"),
            (svl(1, model="<model/>"), "model: sampleRate: got None; wanted: a number, a rate"),
            (svl(1, model='<model sampleRate="0"/>'), "model: sampleRate: got '0'"),
            (svl(1, model='<model sampleRate="-44100"/>'), "model: sampleRate: got '-44100'"),
            (svl(1, model='<model sampleRate="fast"/>'), "model: sampleRate: got 'fast'"),
            (svl(1, model='<model sampleRate="inf"/>'), "model: sampleRate: got 'inf'"),
            (svl(1, "x"), "point 2: frame: got 'x'; wanted: a number"),
            (svl("9" * 400), "point 1: frame: got '999"),
            (svl(1).replace(b"frame=", b"time="), "point 1: frame: got None"),
            (xml(*EVENTS), "the XML is a <instrumentRecording>; wanted: <sv>"),
        ],
        ids=[
            "no model",
            "model empty",
            "two models",
            "rate missing",
            "rate 0",
            "rate negative",
            "rate a word",
            "rate infinite",
            "frame a letter",
            "frame too large",
            "frame missing",
            "XML of labels",
        ],
    )
    def test_an_svl_of_no_use_is_refused_with_the_place(self, data, detail):
        (refusal,) = read(recording() | {SVL["KD"]: data})["refusals"]
        assert (refusal.path, refusal.reason) == (SVL["KD"], "unreadable_annotation")
        assert refusal.detail.startswith(detail)

    def test_an_annotation_without_a_stroke_is_refused(self):
        contents = recording() | {XML: xml()}
        with pytest.raises(UnusableFile, match="no_onsets: the annotation holds no onset"):
            read({XML: contents[XML]})
        del contents[XML]
        empty = contents | dict.fromkeys(SVL.values(), svl())
        with pytest.raises(UnusableFile, match="no_onsets"):
            read(empty)

    def test_an_svl_without_a_point_says_that_it_lacks_the_strokes(self):
        hits = read(recording() | {SVL["SD"]: svl()})
        assert hits["refusals"] == []
        assert hits["remark"].tolist() == ["", "", "absent_from_svl", ""]


NUMBERS = st.one_of(
    st.floats().map(str),
    st.floats(-20, 20).map(lambda x: f"{x:.5g}"),
    st.integers().map(str),
    st.text(st.characters(codec="utf-8", exclude_characters="<&>\"'"), max_size=8),
)


class TestAnyBytes:
    @given(st.binary(max_size=300))
    def test_any_bytes_are_hits_or_an_unusable_file(self, data):
        for contents in ({XML: data}, {XML: xml(*EVENTS), SVL["KD"]: data}):
            try:
                hits = read(contents)
            except UnusableFile as error:
                assert error.path == XML
            else:
                assert len(hits["onset"]) == len(hits["source_label"]) > 0

    @given(st.lists(st.tuples(NUMBERS, st.sampled_from(["HH", "KD", "SD", "?"])), max_size=8))
    def test_any_events_are_hits_in_order_or_an_unusable_file(self, events):
        contents = {XML: xml(*events).decode("utf-8", "replace").encode()}
        try:
            hits = read(contents)
        except UnusableFile:
            return
        assert len(hits["onset"]) == len(events)
        assert np.isfinite(hits["onset"]).all()
        assert (np.diff(hits["onset"]) >= 0).all()

    @given(st.lists(st.integers(0, 15), max_size=12), st.lists(st.integers(0, 15), max_size=12))
    def test_as_many_strokes_as_can_be_have_a_point_of_their_own(self, strokes, points):
        rate = 1100  # neighbouring frames are just within the bound
        contents = {
            XML: xml(*[(repr(frame / rate), "KD") for frame in strokes], ("9", "SD")),
            SVL["KD"]: svl(*points, model=f'<model sampleRate="{rate}" />'),
        }
        hits = read(contents)
        seconds = [np.sort(np.array(frames) / rate) for frames in (strokes, points)]
        n_pairs = len(match_events(*seconds, 0.001))
        if n_pairs == len(points):
            assert hits["refusals"] == []
            alone = hits["remark"].tolist().count("absent_from_svl")
            assert alone == len(strokes) - n_pairs
        else:
            (refusal,) = hits["refusals"]
            assert refusal.detail.startswith(f"{len(points) - n_pairs} of {len(points)} points")
            assert set(hits["remark"].tolist()) == {""}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "IDMT-SMT-DRUMS-V2"
    write_corpus(root, KITS_FILE, seed=7)
    return root


@pytest.fixture(scope="module")
def found(corpus):
    files, refusals = scan_roots([corpus])
    assert refusals == []
    return survey(files, lambda path: (corpus / path).read_bytes(), {})


class TestDemoCorpus:
    def hits(self, corpus, found, name):
        session = next(s for s in found.sessions if s["session_id"] == name)
        return read_hits(row_of(session), lambda path: (corpus / path).read_bytes(), None, {})

    def test_nothing_is_refused_and_every_file_has_a_role(self, corpus, found):
        assert found.refusals == []
        paths = {p.relative_to(corpus).as_posix() for p in corpus.rglob("*") if p.is_file()}
        assert set(found.roles) == paths
        assert [session["session_id"] for session in found.sessions] == sorted(
            loop.name for loop in LOOPS
        )
        assert {session["group_id"] for session in found.sessions} == {
            f"idmt_smt_drums_v2/{series}" for series in ("RealDrum01", "TechnoDrum01", "WaveDrum02")
        }

    def test_every_hit_is_read_and_within_its_audio(self, corpus, found):
        labels = set()
        for session in found.sessions:
            hits = self.hits(corpus, found, session["session_id"])
            assert hits["refusals"] == []
            info = soundfile.info(corpus / session["audio_path"])
            assert (info.samplerate, info.channels, info.subtype) == (44100, 1, "PCM_16")
            assert 5 < info.duration < 9
            assert hits["onset"].min() >= 0 and hits["onset"].max() < info.duration
            labels |= set(hits["source_label"].tolist())
        assert labels == {"HH", "KD", "SD"}

    def test_the_oddities_of_the_published_files_are_there(self, corpus, found):
        first = (corpus / "annotation_xml/WaveDrum02_01#MIX.xml").read_text()
        assert "<onsetSec>4.5351e-05</onsetSec>" in first
        assert "<mixGroundTrouthAvailable>true</mixGroundTrouthAvailable>" in first
        assert first.endswith("</instrumentRecording> \n")
        assert (
            "<onsetSec>-0.00022676</onsetSec>"
            in (corpus / "annotation_xml/WaveDrum02_02#MIX.xml").read_text()
        )
        assert self.hits(corpus, found, "WaveDrum02_02")["remark"].tolist()[0] == "moved_to_start"
        remarks = self.hits(corpus, found, "RealDrum01_00")["remark"].tolist()
        assert remarks == [""] * (len(remarks) - 1) + ["absent_from_svl"]
        assert set(self.hits(corpus, found, "TechnoDrum01_01")["source_label"]) == {"KD", "SD"}
        assert not (corpus / "annotation_svl/TechnoDrum01_01#HH.svl").exists()
        svls = [path.read_text() for path in corpus.glob("annotation_svl/*.svl")]
        assert all('end="342475"' in text and "<!DOCTYPE" in text for text in svls)

    def test_stems_are_aligned_with_the_mix_and_training_sounds_are_not(self, corpus):
        mix, _ = soundfile.read(corpus / "audio/WaveDrum02_01#MIX.wav")
        stems = [soundfile.read(corpus / f"audio/WaveDrum02_01#{p}.wav")[0] for p in SVL]
        assert np.abs(np.sum(stems, axis=0) - mix).max() < 1e-3
        train, _ = soundfile.read(corpus / "audio/WaveDrum02_01#KD#train.wav")
        assert len(train) != len(mix)
        assert len(list(corpus.glob("audio/*#train.wav"))) == 3 * len(LOOPS)
        assert not list(corpus.glob("audio/RealDrum01_*#HH.wav"))

    def test_the_sound_starts_where_the_label_says(self, corpus, found):
        for name in ("RealDrum01_00", "TechnoDrum01_00"):
            samples, rate = soundfile.read(corpus / f"audio/{name}#MIX.wav")
            first = self.hits(corpus, found, name)["onset"][0]
            start = np.flatnonzero(np.abs(samples) > 1e-4)[0] / rate
            assert abs(start - first) < 0.002

    def test_the_bytes_depend_on_the_arguments_alone(self, corpus, tmp_path):
        write_corpus(tmp_path / "again", KITS_FILE, seed=7, n_performances=2)
        write_corpus(tmp_path / "other", KITS_FILE, seed=8, n_performances=1)
        again = {p.relative_to(tmp_path / "again"): p for p in tmp_path.glob("again/*/*")}
        assert len([path for path in again if path.name.endswith("MIX.wav")]) == 2
        assert all((corpus / path).read_bytes() == p.read_bytes() for path, p in again.items())
        mix = "audio/RealDrum01_00#MIX.wav"
        assert (tmp_path / "other" / mix).read_bytes() != (corpus / mix).read_bytes()

    def test_it_is_small_and_says_that_it_is_synthetic(self, corpus):
        assert sum(p.stat().st_size for p in corpus.rglob("*") if p.is_file()) < 12e6
        assert "Synthetic" in (corpus / "README.txt").read_text()


def test_the_cards_forbid_passing_the_real_data_on(repo):
    card = read_yaml(repo / "resources/source_sets/idmt_smt_drums_v2.yaml")
    assert card["license"] == "CC-BY-NC-ND-4.0"
    assert card["redistributable"] is False
    demo = read_yaml(repo / "resources/demo/source_sets/idmt_smt_drums_v2.yaml")
    assert (demo["license"], demo["redistributable"]) == ("MIT", True)
    assert demo["label_maps"] == card["label_maps"] == ["idmt_smt_drums_v2"]
