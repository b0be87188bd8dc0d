"""Slakh2100: tracks, kits, partitions, and groups of equal MIDI."""

import io
import random

import mido
import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drumcorpus.demo.slakh2100 import write_corpus
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile, scan_roots
from drumcorpus.ground.files.taxonomy_files import load_label_map
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.source_sets.slakh2100 import read_hits, survey

PLUGINS = {
    *("ar_modern_sparkle_kit_full", "ar_modern_white_kit_full", "funk_kit", "garage_kit_lite"),
    *("pop_kit", "session_kit_full", "stadium_kit_full", "street_knowledge_kit"),
}
HIGH_LOW = sorted(p for p in PLUGINS if p.endswith(("_full", "_lite")))

SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3),
)


@pytest.fixture(scope="module")
def references(repo):
    folder = repo / "resources/source_sets"
    return {
        "kits": read_yaml(folder / "slakh2100_kits.yaml"),
        "split_tables": read_yaml(folder / "slakh2100_splits.yaml"),
    }


@pytest.fixture
def options(references):
    return {"splits": "redux"} | references


@pytest.fixture(scope="module")
def label_maps(repo, references, taxonomy):
    folder = repo / "resources/taxonomy/note_maps"
    names = [kit["label_map"] for kit in references["kits"].values()]
    return {name: load_label_map(folder / f"{name}.yaml", taxonomy) for name in names}


def midi(*notes, tempos=((0, 500_000),), division=480):
    """A file of notes (tick, note, velocity) on channel 9, with a track of tempos before it."""
    tracks = []
    tempo_messages = [(tick, mido.MetaMessage("set_tempo", tempo=tempo)) for tick, tempo in tempos]
    strokes = [
        (tick, mido.Message("note_on", channel=9, note=note, velocity=velocity))
        for tick, note, velocity in notes
    ]
    for timed in (tempo_messages, strokes):
        track, now = mido.MidiTrack(), 0
        for tick, message in timed:
            track.append(message.copy(time=tick - now))
            now = tick
        tracks.append(track)
    buffer = io.BytesIO()
    mido.MidiFile(type=1, ticks_per_beat=division, tracks=tracks).save(file=buffer)
    return buffer.getvalue()


def stem(plugin="session_kit_full.nkm", **changes):
    entry = {
        "audio_rendered": True,
        "inst_class": "Drums",
        "integrated_loudness": -27.13,
        "is_drum": True,
        "midi_program_name": "Drums",
        "midi_saved": True,
        "plugin_name": plugin,
        "program_num": 128,
    }
    return entry | changes


def bass():
    return stem("classic_bass.nkm", inst_class="Bass", is_drum=False, program_num=33)


def metadata(stems=None, **changes):
    document = {
        "UUID": "1a81ae092884234f3264e2f45927f00a",
        "audio_dir": "Track00001/stems",
        "lmd_midi_dir": "lmd_matched/O/O/H/TROOHTB128F931F9DF/1a81ae.mid",
        "midi_dir": "Track00001/MIDI",
        "normalization_factor": -13.0,
        "normalized": True,
        "overall_gain": 0.18,
        "stems": {"S00": bass(), "S01": stem()} if stems is None else stems,
        "target_peak": -1.0,
    }
    return yaml.safe_dump(document | changes).encode()


class Root:
    """Raw files in memory: their contents by path."""

    def __init__(self):
        self.data = {}

    def add(self, track, *, drums=None, song=None, document=None, suffix=".flac", drop=()):
        """A track of a bass and drums; its MIDI is its own unless it is given."""
        number = int(track[-5:])
        files = {
            "metadata.yaml": metadata() if document is None else document,
            "all_src.mid": midi((number, 35, 90)) if song is None else song,
            "MIDI/S00.mid": midi((number, 40, 90)),
            "MIDI/S01.mid": midi((number, 36, 90), (number + 480, 38, 64))
            if drums is None
            else drums,
            f"stems/S00{suffix}": b"bass",
            f"stems/S01{suffix}": b"drums",
            f"mix{suffix}": b"mix",
        }
        self.data |= {f"{track}/{n}": data for n, data in files.items() if n not in drop}
        return self

    def files(self, order=None):
        paths = sorted(self.data)
        if order is not None:
            random.Random(order).shuffle(paths)
        return {path: RawFile(path, None, (len(self.data[path]), 0, 0, 0)) for path in paths}

    def survey(self, options, order=None):
        return survey(self.files(order), self.data.__getitem__, options)

    def hits(self, session, label_maps, options):
        label_map = label_maps[session["label_map"]]
        return read_hits(session, self.data.__getitem__, label_map, options)


@pytest.fixture
def root():
    return Root().add("train/Track00001")


def by_id(found):
    return {session["session_id"]: session for session in found.sessions}


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


class TestLayout:
    def test_a_track_is_a_session_of_its_drum_stem(self, root, options):
        found = root.survey(options)
        assert found.refusals == []
        (session,) = found.sessions
        group = session.pop("group_id")
        assert group.startswith("slakh/")
        assert session == {
            "session_id": "train/Track00001",
            "kit_id": "kontakt_session_kit_full",
            "label_map": "slakh_session_kit_full",
            "annotation_path": "train/Track00001/MIDI/S01.mid",
            "audio_path": "train/Track00001/stems/S01.flac",
            "mix_path": "train/Track00001/mix.flac",
            "support_paths": ["train/Track00001/metadata.yaml"],
            "integrated_loudness": -27.13,
            "overall_gain": 0.18,
            "split": "train",
            "notes": [],
        }

    def test_every_file_has_its_role_and_its_session(self, root, options):
        root.data["README"] = b"x"
        found = root.survey(options)
        assert set(found.roles) == set(root.data)
        used = {path: role for path, role in found.roles.items() if role != "other"}
        assert used == {
            "train/Track00001/metadata.yaml": "index",
            "train/Track00001/MIDI/S01.mid": "annotation",
            "train/Track00001/stems/S01.flac": "audio",
            "train/Track00001/mix.flac": "audio",
        }
        assert set(found.owners) == set(root.data) - {"README"}
        assert set(found.owners.values()) == {"train/Track00001"}

    def test_babyslakh_has_wav_and_no_split_folders(self, options):
        found = Root().add("Track00001", suffix=".wav").survey(options)
        assert found.refusals == []
        (session,) = found.sessions
        assert session["session_id"] == "Track00001"
        assert session["audio_path"] == "Track00001/stems/S01.wav"
        assert session["mix_path"] == "Track00001/mix.wav"
        assert session["split"] is None

    def test_several_roots_merge_and_the_ids_stay_apart(self, root, options):
        root.add("Track00001", suffix=".wav").add("test/Track01876")
        found = root.survey(options)
        assert list(by_id(found)) == ["Track00001", "test/Track01876", "train/Track00001"]

    def test_a_track_without_its_mix_lacks_nothing(self, options):
        (session,) = Root().add("train/Track00001", drop=["mix.flac"]).survey(options).sessions
        assert (session["mix_path"], session["notes"]) == (None, [])
        assert session["audio_path"] == "train/Track00001/stems/S01.flac"

    def test_of_two_recordings_of_a_stem_the_published_one_is_taken(self, root, options):
        root.data["train/Track00001/stems/S01.wav"] = b"converted"
        found = root.survey(options)
        assert found.sessions[0]["audio_path"].endswith("S01.flac")
        assert found.roles["train/Track00001/stems/S01.wav"] == "other"

    @pytest.mark.parametrize(
        "path", ["x/y.mid", "slakh2100_flac_redux/train/Track00001/all_src.mid"]
    )
    def test_a_root_without_tracks_is_named(self, path, options):
        root = Root()
        root.data[path] = b""
        with pytest.raises(ValueError, match="no folder TrackNNNNN found; a root of slakh2100 is"):
            root.survey(options)

    def test_the_order_of_the_files_leaves_no_trace(self, options):
        root = Root()
        for number in range(1, 9):
            root.add(f"train/Track{number:05d}", song=midi((number // 3, 36, 1)))
        one, other = root.survey(options, order=1), root.survey(options, order=2)
        assert one.sessions == other.sessions
        assert one.roles == other.roles


class TestMetadataFlags:
    def test_files_are_trusted_where_the_metadata_denies_them(self, options):
        # BabySlakh says so of every stem: who believes it finds no drums.
        denied = {"audio_rendered": False, "midi_saved": False}
        stems = {"S00": bass() | denied, "S01": stem(**denied)}
        found = Root().add("Track00001", document=metadata(stems), suffix=".wav").survey(options)
        (session,) = found.sessions
        assert session["label_map"] == "slakh_session_kit_full"
        assert session["notes"] == [
            "metadata.yaml says audio_rendered: false, and the file is there",
            "metadata.yaml says midi_saved: false, and the file is there",
        ]

    @pytest.mark.parametrize("audio_dir", ["stems", "Track00001/stems", "elsewhere", 5, None])
    def test_the_folders_that_the_metadata_names_do_not_matter(self, audio_dir, options):
        document = metadata(audio_dir=audio_dir, midi_dir=audio_dir)
        found = Root().add("train/Track00001", document=document).survey(options)
        assert found.refusals == []
        assert found.sessions[0]["audio_path"] == "train/Track00001/stems/S01.flac"

    @pytest.mark.parametrize("plugin", sorted(PLUGINS))
    @pytest.mark.parametrize("spelling", ["{}.nkm", "{}", " {}.NKM "])
    def test_the_plugin_chooses_the_kit_and_the_note_map(self, plugin, spelling, options):
        name = spelling.format(plugin)
        name = name.upper() if name.endswith(" ") else name
        document = metadata({"S01": stem(name)})
        (session,) = Root().add("train/Track00001", document=document).survey(options).sessions
        assert session["kit_id"] == f"kontakt_{plugin}"
        assert session["label_map"] == f"slakh_{plugin}"

    @pytest.mark.parametrize("plugin", ["jazz_kit.nkm", "None", None, 5, True, ["pop_kit"], ""])
    def test_an_unknown_plugin_is_refused_by_name(self, plugin, options):
        document = metadata({"S01": stem(plugin)})
        found = Root().add("train/Track00001", document=document).survey(options)
        assert found.sessions == []
        assert refused(found) == [("train/Track00001/metadata.yaml", "unknown_plugin")]
        detail = found.refusals[0].detail
        assert detail.startswith("stems.S01.plugin_name: got ")
        assert detail.endswith(f"known: {', '.join(sorted(PLUGINS))}")
        assert found.refusals[0].session_id == "train/Track00001"
        assert set(found.roles.values()) == {"other"}

    def test_a_plugin_of_another_stem_is_nobody_s_business(self, options):
        document = metadata({"S00": bass() | {"plugin_name": None}, "S01": stem()})
        found = Root().add("train/Track00001", document=document).survey(options)
        assert found.refusals == []

    @pytest.mark.parametrize(
        ("value", "note"),
        [
            (None, "got None"),
            ("loud", "got 'loud'"),
            (True, "got True"),
            (float("-inf"), "got -inf"),
            (float("nan"), "got nan"),
            ([1], "got a value of type list"),
            (1e308, "got 1e+308"),
            (10**400, "got a value of type int"),
        ],
    )
    @pytest.mark.parametrize("name", ["integrated_loudness", "overall_gain"])
    def test_a_number_that_is_none_is_noted_and_left_out(self, name, value, note, options):
        in_stem = {name: value} if name == "integrated_loudness" else {}
        at_top = {name: value} if name == "overall_gain" else {}
        document = metadata({"S01": stem(**in_stem)}, **at_top)
        (session,) = Root().add("train/Track00001", document=document).survey(options).sessions
        assert session[name] is None
        assert session["notes"] == [f"{name}: {note}, no number from -1,000 to 1,000"]

    def test_a_stem_without_a_loudness_is_noted(self, options):
        entry = stem()
        del entry["integrated_loudness"]
        document = metadata({"S01": entry})
        (session,) = Root().add("train/Track00001", document=document).survey(options).sessions
        assert session["integrated_loudness"] is None
        assert session["notes"] == ["integrated_loudness: got None, no number from -1,000 to 1,000"]

    def test_a_whole_number_is_a_number(self, options):
        document = metadata({"S01": stem(integrated_loudness=-27)}, overall_gain=1)
        (session,) = Root().add("train/Track00001", document=document).survey(options).sessions
        assert (session["integrated_loudness"], session["overall_gain"]) == (-27.0, 1.0)
        assert session["notes"] == []


class TestDrumStems:
    def test_a_track_without_drums_is_a_session_without_labels(self, options):
        found = Root().add("train/Track00001", document=metadata({"S00": bass()})).survey(options)
        assert found.refusals == []
        (session,) = found.sessions
        assert session["label_map"] is None
        assert session["annotation_path"] is None
        assert session["audio_path"] is None
        assert session["notes"] == ["no drum stem"]
        assert set(found.owners.values()) == {"train/Track00001"}
        assert "annotation" not in found.roles.values()
        assert "audio" not in found.roles.values()

    def test_each_of_several_drum_stems_is_a_session_with_its_own_kit(self, options):
        stems = {"S00": stem("funk_kit.nkm"), "S01": stem()}
        root = Root().add("train/Track00001", document=metadata(stems))
        found = root.survey(options)
        assert [(s["session_id"], s["label_map"]) for s in found.sessions] == [
            ("train/Track00001/S00", "slakh_funk_kit"),
            ("train/Track00001/S01", "slakh_session_kit_full"),
        ]
        assert len({session["group_id"] for session in found.sessions}) == 1
        assert {session["mix_path"] for session in found.sessions} == {None}
        assert found.sessions[0]["notes"] == ["mix not used: it holds other drum stems as well"]
        assert found.roles["train/Track00001/mix.flac"] == "other"
        assert found.owners == {
            f"train/Track00001/{folder}/{name}.{suffix}": f"train/Track00001/{name}"
            for folder, suffix in (("MIDI", "mid"), ("stems", "flac"))
            for name in ("S00", "S01")
        }

    def test_one_of_several_drum_stems_may_be_of_no_use(self, options):
        stems = {"S00": stem("jazz_kit.nkm"), "S01": stem()}
        found = Root().add("train/Track00001", document=metadata(stems)).survey(options)
        assert list(by_id(found)) == ["train/Track00001/S01"]
        assert found.refusals[0].session_id == "train/Track00001/S00"

    @pytest.mark.parametrize(
        ("plugin", "drop", "reason"),
        [
            ("jazz_kit.nkm", [], "unknown_plugin"),
            ("funk_kit.nkm", ["MIDI/S00.mid"], "missing_annotation"),
        ],
        ids=["unknown kit", "no MIDI"],
    )
    def test_a_mix_holds_the_drum_stem_that_is_refused(self, options, plugin, drop, reason):
        document = metadata({"S00": stem(plugin), "S01": stem()})
        found = Root().add("train/Track00001", document=document, drop=drop).survey(options)
        assert [refusal.reason for refusal in found.refusals] == [reason]
        (session,) = found.sessions
        assert session["session_id"] == "train/Track00001/S01"
        assert session["mix_path"] is None
        assert session["notes"] == ["mix not used: it holds other drum stems as well"]
        assert found.roles["train/Track00001/mix.flac"] == "other"

    def test_a_drum_stem_without_midi_is_refused(self, options):
        found = Root().add("train/Track00001", drop=["MIDI/S01.mid"]).survey(options)
        assert found.sessions == []
        assert refused(found) == [("train/Track00001/MIDI/S01.mid", "missing_annotation")]

    def test_audio_that_is_missing_is_refused_and_the_labels_stay(self, root, options):
        root.add("train/Track00002", drop=["stems/S01.flac"])
        found = root.survey(options)
        gone = "train/Track00002/stems/S01.flac"
        assert refused(found) == [(gone, "missing_audio")]
        assert found.refusals[0].session_id == "train/Track00002"
        session = by_id(found)["train/Track00002"]
        assert session["audio_path"] is None
        assert session["notes"] == ["audio missing"]
        assert session["mix_path"] is None  # what was not rendered is not in it
        assert session["label_map"] == "slakh_session_kit_full"

    def test_in_a_distribution_without_audio_no_single_file_is_missing(self, options):
        drop = ["stems/S00.flac", "stems/S01.flac", "mix.flac"]
        found = Root().add("train/Track00001", drop=drop).survey(options)
        assert found.refusals == []
        (session,) = found.sessions
        assert session["audio_path"] is None
        assert session["notes"] == ["taken from a distribution without audio"]


class TestBadMetadata:
    def refusal(self, document, options):
        root = Root().add("train/Track00001", document=document).add("train/Track00002")
        found = root.survey(options)
        assert list(by_id(found)) == ["train/Track00002"]
        assert set(found.roles) == set(root.data)
        (refusal,) = found.refusals
        assert refusal.path == "train/Track00001/metadata.yaml"
        assert refusal.session_id == "train/Track00001"
        return refusal

    @pytest.mark.parametrize(
        ("document", "detail"),
        [
            (b"stems: {S01: [", "not YAML"),
            (b"\x00\xff\xfe", "not YAML"),
            (b"stems:\n\tS01: 1", ":2: not YAML"),
            (b"", "stems: got None; wanted: a mapping"),
            (b"just words", "stems: got None"),
            (b"- a\n- b", "stems: got None"),
            (b"stems:", "stems: got None"),
            (b"stems: {}", "stems: got a value of type dict"),
            (b"stems: [S01]", "stems: got a value of type list"),
            (b"stems: {1: {is_drum: true}}", "got the key a value of type int"),
            (b"stems: {drums: {is_drum: true}}", "got the key 'drums'; wanted: S00, S01"),
            (b"stems: {S01: drums}", "stems.S01: got 'drums'; wanted: a mapping"),
            (b"stems: {S01: {}}", "stems.S01.is_drum: got None; allowed: true, false"),
            (b"stems: {S01: {is_drum: 1}}", "stems.S01.is_drum: got a value of type int"),
            (b"stems: {S01: {is_drum: 'yes'}}", "stems.S01.is_drum: got 'yes'"),
            (b"stems: {S01: {is_drum: 2001-99-99}}", "not YAML"),
            (b"x: &a [1]\nstems: *a", "alias 'a' is refused"),
            (
                b"[" * 40_000 + b"]" * 40_000,
                "80,000 bytes of metadata of one track",
            ),
            (b"[" * 16_000 + b"]" * 16_000, "nested deeper than 100"),
            (b"stems: {S01: " + b"[" * 5000 + b"]" * 5000 + b"}", "nested deeper than 100"),
        ],
        ids=[
            "cut",
            "binary",
            "tab",
            "empty",
            "words",
            "list",
            "stems null",
            "stems empty",
            "stems a list",
            "key a number",
            "key a word",
            "stem a word",
            "stem empty",
            "is_drum a number",
            "is_drum a word",
            "no such day",
            "alias",
            "too long",
            "too deep",
            "too deep below a stem",
        ],
    )
    def test_what_is_no_metadata_is_refused_and_the_rest_goes_on(self, document, detail, options):
        refusal = self.refusal(document, options)
        assert refusal.reason == "unreadable_metadata"
        assert detail in refusal.detail
        assert len(refusal.detail) < 400

    def test_a_yaml_bomb_is_refused_before_it_grows(self, options):
        lines = [b"a0: &a0 [x, x, x, x, x, x, x, x, x]"]
        lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]".encode() for n in range(1, 12)]
        refusal = self.refusal(b"\n".join(lines), options)
        assert refusal.reason == "unreadable_metadata"
        assert "alias" in refusal.detail

    @pytest.mark.parametrize(
        "path", ["../../secret", "/etc/S01", "a/../../b", "..\\secret", "MIDI/../.."]
    )
    @pytest.mark.parametrize("place", ["audio_dir", "midi_dir", "stem"])
    def test_metadata_that_leaves_the_track_is_refused(self, place, path, options):
        document = metadata({path: stem()}) if place == "stem" else metadata(**{place: path})
        assert self.refusal(document, options).reason == "outside_root"

    def test_a_track_without_metadata_is_refused(self, root, options):
        root.add("train/Track00007", drop=["metadata.yaml"])
        found = root.survey(options)
        assert refused(found) == [("train/Track00007/metadata.yaml", "missing_metadata")]
        assert found.refusals[0].session_id == "train/Track00007"
        assert list(by_id(found)) == ["train/Track00001"]

    @settings(max_examples=80, deadline=None)
    @given(data=st.binary(max_size=300))
    def test_no_bytes_break_the_survey(self, references, data):
        root = Root().add("train/Track00001", document=data)
        found = root.survey({"splits": "redux"} | references)
        assert len(found.sessions) + len(found.refusals) == 1

    @settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(
        changes=st.dictionaries(st.sampled_from(sorted(stem())), VALUES, max_size=4),
        top=st.dictionaries(st.sampled_from(["overall_gain", "stems", "audio_dir"]), VALUES),
    )
    def test_no_types_break_the_survey(self, references, changes, top):
        document = yaml.dump(
            yaml.safe_load(metadata({"S00": bass(), "S01": stem(**changes)})) | top
        )
        root = Root().add("train/Track00001", document=document.encode("utf-8", "backslashreplace"))
        found = root.survey({"splits": "redux"} | references)
        assert len(found.sessions) + len(found.refusals) >= 1
        for session in found.sessions:
            for name in ("integrated_loudness", "overall_gain"):
                assert session.get(name) is None or np.isfinite(session[name])


class TestSplits:
    @pytest.mark.parametrize("folder", ["train", "validation", "test"])
    def test_in_redux_the_folder_says_the_split(self, folder, options):
        # A number that no partition omits; whoever re-sorted the folders had a reason.
        found = Root().add(f"{folder}/Track00002").survey(options)
        assert found.sessions[0]["split"] == folder

    def test_omitted_tracks_have_no_labels_in_redux(self, root, options):
        root.add("omitted/Track00049", document=b"broken: [")
        found = root.survey(options)
        assert found.refusals == []
        session = by_id(found)["omitted/Track00049"]
        assert session["label_map"] is None
        assert session["split"] is None
        assert session["notes"] == ["omitted in Slakh2100-redux: its MIDI is that of another track"]
        assert found.owners["omitted/Track00049/mix.flac"] == "omitted/Track00049"
        assert found.roles["omitted/Track00049/metadata.yaml"] == "other"  # it is not read

    def test_redux_of_an_original_root_leaves_the_same_tracks_out(self, options):
        # There the duplicates stand among the others: 49 is one of them, 48 is none.
        found = Root().add("train/Track00048").add("train/Track00049").survey(options)
        label_maps = [session["label_map"] for session in found.sessions]
        assert label_maps == ["slakh_session_kit_full", None]

    @pytest.mark.parametrize(
        ("number", "split"),
        [
            *((1, "train"), (1500, "train"), (1501, "validation"), (1875, "validation")),
            *((1876, "test"), (2100, "test")),
        ],
    )
    @pytest.mark.parametrize("folder", ["omitted", "train"])
    def test_the_original_partition_goes_by_the_number(self, folder, number, split, options):
        path = f"{folder}/Track{number:05d}"
        (session,) = Root().add(path).survey(options | {"splits": "orig"}).sessions
        assert session["split"] == split
        assert session["label_map"] == "slakh_session_kit_full"
        moved = [] if folder == split else [f"in the folder {folder}, by its number {split}"]
        assert session["notes"] == moved

    @pytest.mark.parametrize(
        ("number", "split"),
        [
            *((1, "train"), (3, "test"), (26, "validation"), (1506, "train"), (1510, "test")),
            *((1879, "train"), (1890, "validation"), (2098, "test"), (2100, "train")),
        ],
    )
    def test_split2_moves_tracks(self, number, split, options):
        root = Root().add(f"train/Track{number:05d}")
        (session,) = root.survey(options | {"splits": "split2"}).sessions
        assert session["split"] == split

    def test_a_number_that_slakh_does_not_have_keeps_its_folder(self, options):
        for variant in ("orig", "split2", "redux"):
            root = Root().add("test/Track09999")
            (session,) = root.survey(options | {"splits": variant}).sessions
            assert session["split"] == "test"

    @pytest.mark.parametrize("variant", ["redux", "orig", "split2"])
    def test_babyslakh_has_no_partition(self, variant, options):
        root = Root().add("Track00001").add("Track00020").add("train/Track00021")
        found = root.survey(options | {"splits": variant})
        assert [session["split"] for session in found.sessions] == [None, None, "train"]

    def test_split_folders_named_as_roots_go_by_the_number(self, options):
        found = Root().add("Track00001").add("Track01501").add("Track00049").survey(options)
        splits = {name: session["split"] for name, session in by_id(found).items()}
        assert splits == {"Track00001": "train", "Track00049": None, "Track01501": "validation"}
        assert by_id(found)["Track00049"]["label_map"] is None

    @pytest.mark.parametrize("variant", ["original", "", None, 2])
    def test_another_partition_is_named_with_those_there_are(self, root, variant, options):
        wanted = r"source_sets\.slakh2100\.splits: got .*; allowed: redux, orig, split2"
        with pytest.raises(ValueError, match=wanted):
            root.survey(options | {"splits": variant})

    def test_the_tables_have_the_published_sizes(self, references):
        tables = references["split_tables"]
        original = {
            number: split
            for split, (first, last) in tables["original"].items()
            for number in range(first, last + 1)
        }
        moved = {n: split for split, numbers in tables["split2"].items() for n in numbers}
        assert sizes(original) == {"train": 1500, "validation": 375, "test": 225}
        assert sizes(original | moved) == {"train": 1500, "validation": 375, "test": 225}
        assert all(original[number] != split for number, split in moved.items())
        kept = {n: split for n, split in original.items() if n not in set(tables["omitted"])}
        assert sizes(kept) == {"train": 1289, "validation": 270, "test": 151}
        assert tables["omitted"] == sorted(set(tables["omitted"]))


def sizes(splits):
    return {split: list(splits.values()).count(split) for split in ("train", "validation", "test")}


class TestGroups:
    def groups(self, root, options):
        found = root.survey(options)
        return {name: session["group_id"] for name, session in by_id(found).items()}

    def test_equal_songs_are_one_group(self, options):
        song = midi((0, 35, 80))
        root = Root().add("train/Track00001", song=song).add("test/Track01876", song=song)
        root.add("train/Track00002")
        groups = self.groups(root, options)
        assert groups["train/Track00001"] == groups["test/Track01876"]
        assert groups["train/Track00002"] != groups["train/Track00001"]

    def test_equal_drum_stems_are_one_group(self, options):
        drums = midi((0, 36, 80), (1, 42, 80))
        root = Root().add("train/Track00001", drums=drums).add("test/Track01876", drums=drums)
        assert len(set(self.groups(root, options).values())) == 1

    def test_groups_that_share_a_member_are_one(self, options):
        song, drums = midi((5, 35, 80)), midi((5, 36, 80))
        root = Root().add("train/Track00001", song=song)
        root.add("train/Track00002", song=song, drums=drums)
        root.add("train/Track00003", drums=drums)
        assert len(set(self.groups(root, options).values())) == 1

    def test_babyslakh_is_in_the_group_of_its_track(self, options):
        song, drums = midi((5, 35, 80)), midi((5, 36, 80))
        root = Root().add("train/Track00001", song=song, drums=drums)
        root.add("Track00001", song=song, drums=drums, suffix=".wav")
        assert len(set(self.groups(root, options).values())) == 1

    def test_an_omitted_track_is_in_the_group_of_its_duplicate(self, options):
        song = midi((5, 35, 80))
        root = Root().add("train/Track00001", song=song).add("omitted/Track00049", song=song)
        assert len(set(self.groups(root, options).values())) == 1

    def test_a_group_has_its_name_whatever_else_is_there(self, options):
        song, drums = midi((5, 35, 80)), midi((5, 36, 80))
        alone = self.groups(Root().add("train/Track00009", song=song, drums=drums), options)
        root = Root().add("test/Track01876", song=song, drums=drums)
        for number in range(1, 8):
            root.add(f"train/Track{number:05d}")
        crowd = self.groups(root.add("train/Track00009", song=song, drums=drums), options)
        assert crowd["train/Track00009"] == alone["train/Track00009"]
        assert crowd["test/Track01876"] == alone["train/Track00009"]
        assert len(set(crowd.values())) == 8

    def test_without_the_song_the_drum_stem_still_groups(self, options):
        drums = midi((5, 36, 80))
        root = Root().add("train/Track00001", drums=drums, drop=["all_src.mid"])
        root.add("train/Track00002", drums=drums)
        assert len(set(self.groups(root, options).values())) == 1

    def test_a_track_of_no_midi_at_all_names_no_group(self, options):
        document, drop = metadata({"S00": bass()}), ["all_src.mid", "MIDI/S00.mid", "MIDI/S01.mid"]
        found = Root().add("train/Track00001", document=document, drop=drop).survey(options)
        assert "group_id" not in found.sessions[0]

    def test_a_duplicate_in_another_split_is_noted(self, options):
        song = midi((5, 35, 80))
        root = Root().add("train/Track00001", song=song).add("test/Track01876", song=song)
        found = by_id(root.survey(options | {"splits": "orig"}))
        assert found["train/Track00001"]["notes"] == ["the same MIDI is in test"]
        assert found["test/Track01876"]["notes"] == ["the same MIDI is in train"]


class TestHits:
    def test_the_strokes_are_those_of_the_drum_stem(self, options, label_maps):
        drums = midi((0, 36, 127), (480, 49, 64), (960, 57, 1))
        root = Root().add("train/Track00001", drums=drums)
        (session,) = root.survey(options).sessions
        hits = root.hits(session, label_maps, options)
        assert hits["source_label"].tolist() == ["36", "49", "57"]
        assert hits["onset"].tolist() == [0.0, 0.5, 1.0]
        assert hits["velocity"].tolist() == [1.0, 64 / 127, 1 / 127]

    def test_a_tempo_map_of_hundreds_of_changes_reads_as_mido_reads_it(self, options, label_maps):
        rng = np.random.default_rng(3)
        ticks = np.cumsum(rng.integers(1, 200, 700))
        tempos = [(0, 606_061)]
        tempos += zip(ticks.tolist(), rng.integers(150_000, 1_400_000, 700).tolist(), strict=True)
        strokes = np.sort(rng.integers(0, ticks[-1] + 500, 2_000))
        drums = midi(*((int(tick), 38, 80) for tick in strokes), tempos=tempos, division=96)
        root = Root().add("train/Track00001", drums=drums)
        (session,) = root.survey(options).sessions
        seconds, expected = 0.0, []
        for message in mido.MidiFile(file=io.BytesIO(drums)):
            seconds += message.time
            if message.type == "note_on":
                expected.append(seconds)
        onsets = root.hits(session, label_maps, options)["onset"]
        assert np.abs(onsets - expected).max() < 1e-6
        # One tempo for the whole file, as it was at each stroke, would be far off.
        assert np.abs(onsets - strokes * 0.606061 / 96).max() > 10

    @pytest.mark.parametrize(
        ("drums", "reason"),
        [
            (b"", "unreadable_midi"),
            (b"RIFF....", "unreadable_midi"),
            (midi((0, 36, 90))[:40], "unreadable_midi"),
            (midi(), "no_notes"),
        ],
        ids=["empty", "RIFF", "cut", "no notes"],
    )
    def test_midi_of_no_use_has_its_reason(self, drums, reason, options, label_maps):
        root = Root().add("train/Track00001", drums=drums)
        (session,) = root.survey(options).sessions
        with pytest.raises(UnusableFile) as caught:
            root.hits(session, label_maps, options)
        assert caught.value.reason == reason
        assert caught.value.path == "train/Track00001/MIDI/S01.mid"

    @settings(max_examples=100, deadline=None)
    @given(data=st.binary(max_size=200), cut=st.integers(0, 80))
    def test_no_bytes_break_the_reader(self, references, label_maps, data, cut):
        drums = midi((0, 36, 90), (480, 38, 90))[:cut] + data
        root = Root().add("train/Track00001", drums=drums)
        options = {"splits": "redux"} | references
        (session,) = root.survey(options).sessions
        try:
            hits = root.hits(session, label_maps, options)
        except UnusableFile as error:
            assert error.reason in ("unreadable_midi", "no_notes")
        else:
            assert len(hits["onset"]) == len(hits["source_label"]) > 0


class TestNoteMaps:
    def test_there_is_one_for_each_kit(self, references, label_maps):
        assert set(references["kits"]) == PLUGINS
        assert {kit["label_map"] for kit in references["kits"].values()} == set(label_maps)
        assert {f"slakh_{plugin}" for plugin in PLUGINS} == set(label_maps)
        assert all(name == label_map.name for name, label_map in label_maps.items())

    def test_the_cards_name_them_all(self, repo, label_maps):
        for folder in ("source_sets", "demo/source_sets"):
            card = read_yaml(repo / f"resources/{folder}/slakh2100.yaml")
            assert set(card["label_maps"]) == set(label_maps)
            assert card["settings"] == ["splits"]
            assert set(card["references"]) == {"kits", "split_tables", "errata"}
            for path in card["references"].values():
                assert (repo / "resources" / path).is_file()

    @pytest.mark.parametrize("plugin", HIGH_LOW)
    def test_tip_edge_and_bell_are_one_crash_and_57_is_a_china(self, plugin, label_maps):
        strokes = label_maps[f"slakh_{plugin}"].strokes
        crashes = {n: s.cymbal for n, s in strokes.items() if s.label == "crash"}
        high, low = dict.fromkeys(("48", "49", "50"), 1), dict.fromkeys(("54", "55", "56"), 2)
        assert crashes == high | low
        assert [strokes[n].label for n in ("57", "58", "59")] == ["china", "china", "splash"]
        assert [strokes[n].techniques for n in ("48", "49", "50")] == [
            ("tip",),
            ("edge",),
            ("bell",),
        ]

    @pytest.mark.parametrize("plugin", ["funk_kit", "pop_kit"])
    def test_the_band_kits_have_two_crashes_and_no_china(self, plugin, label_maps):
        label_map = label_maps[f"slakh_{plugin}"]
        crashes = {n: s.cymbal for n, s in label_map.strokes.items() if s.label == "crash"}
        assert crashes == {"49": 1, "57": 2}
        assert "china" not in {stroke.label for stroke in label_map.strokes.values()}
        assert [label_map.strokes[n].label for n in ("52", "53", "54", "58")] == [
            "tom_high",
            "tom_high",
            "ride_bell",
            "splash",
        ]
        assert {label_map.drops[str(n)] for n in range(60, 72)} == {"plays_sequence"}

    def test_a_crash_played_backwards_is_no_onset(self, label_maps):
        label_map = label_maps["slakh_street_knowledge_kit"]
        assert label_map.drops["57"] == "reversed_sound"
        assert "crash" not in {stroke.label for stroke in label_map.strokes.values()}
        assert label_map.strokes["49"].label == "aux_percussion"

    def test_a_note_of_which_nothing_is_known_has_no_row(self, label_maps):
        for name, label_map in label_maps.items():
            known = label_map.strokes.keys() | label_map.drops.keys()
            assert not known & {"0", "110", "127"}, name
        # What a choke key does, no source says.
        for plugin in HIGH_LOW:
            known = label_maps[f"slakh_{plugin}"].strokes.keys()
            assert not known & {"22", "23", "24", "25", "26"}

    def test_every_map_has_its_sources_and_reads_the_notes_from_36_to_59(self, repo, label_maps):
        for name, label_map in label_maps.items():
            document = read_yaml(repo / f"resources/taxonomy/note_maps/{name}.yaml")
            assert document["sources"]
            known = label_map.strokes.keys() | label_map.drops.keys()
            assert {str(note) for note in range(36, 60)} <= known


@pytest.fixture(scope="module")
def demo(repo, tmp_path_factory):
    root = tmp_path_factory.mktemp("demo") / "slakh2100"
    write_corpus(root, repo / "resources/demo/kits.yaml", seed=7)
    return root


@pytest.fixture(scope="module")
def surveyed_demo(demo, references):
    files, refusals = scan_roots([demo])
    assert refusals == []
    options = {"splits": "redux"} | references
    return files, survey(files, lambda path: files[path].location.read_bytes(), options)


class TestDemo:
    def test_nothing_of_it_is_refused_and_every_file_has_a_role(self, surveyed_demo):
        files, surveyed = surveyed_demo
        assert surveyed.refusals == []
        assert set(surveyed.roles) == set(files)
        assert set(files) - set(surveyed.owners) == {"README"}

    def test_it_has_all_splits_several_kits_and_the_traps(self, surveyed_demo):
        _, surveyed = surveyed_demo
        used = [session for session in surveyed.sessions if session["label_map"]]
        assert {session["split"] for session in used} == {"train", "validation", "test"}
        assert len({session["kit_id"] for session in used}) >= 3
        sessions = by_id(surveyed)
        omitted = sessions["omitted/Track00049"]
        assert omitted["label_map"] is None
        assert omitted["group_id"] == sessions["train/Track00001"]["group_id"]
        assert sessions["train/Track00003"]["notes"] == ["no drum stem"]
        assert len(sessions["train/Track00002"]["notes"]) == 2

    def test_its_labels_are_all_known_and_lie_within_the_sound(self, surveyed_demo, label_maps):
        files, surveyed = surveyed_demo
        for session in surveyed.sessions:
            if session["label_map"] is None:
                continue
            label_map = label_maps[session["label_map"]]
            hits = read_hits(session, lambda p: files[p].location.read_bytes(), label_map, {})
            known = label_map.strokes.keys() | label_map.drops.keys()
            assert set(hits["source_label"].tolist()) <= known
            assert len(hits["onset"]) > 40
            assert hits["onset"].max() < 15
            cymbals = {
                label_map.strokes[label].cymbal
                for label in hits["source_label"].tolist()
                if label in label_map.strokes and label_map.strokes[label].label == "crash"
            }
            assert cymbals <= {1, 2}

    def test_the_tempo_of_one_track_changes_at_every_bar(self, demo):
        drums = mido.MidiFile(demo / "train/Track00002/MIDI/S01.mid")
        tempos = [message for message in drums.tracks[0] if message.type == "set_tempo"]
        assert drums.type == 1
        assert len(tempos) == 5

    def test_the_song_has_kicks_that_the_stem_does_not(self, demo):
        def notes(path):
            tracks = mido.MidiFile(path).tracks
            strokes = [m for track in tracks for m in track if m.type == "note_on" and m.velocity]
            return {message.note for message in strokes if message.channel == 9}

        assert 35 in notes(demo / "train/Track00001/all_src.mid")
        assert 35 not in notes(demo / "train/Track00001/MIDI/S01.mid")

    def test_the_same_seed_writes_the_same_bytes(self, repo, demo, tmp_path):
        write_corpus(tmp_path / "a", repo / "resources/demo/kits.yaml", seed=7, n_performances=2)
        for path in (tmp_path / "a").rglob("*"):
            if path.is_file():
                assert path.read_bytes() == (demo / path.relative_to(tmp_path / "a")).read_bytes()
