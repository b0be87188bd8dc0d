"""STAR Drums: what its files make up, which licences let be used, and what becomes of lines."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from checkout import REPO
from source_set_runs import Run

from drumcorpus.demo.star_drums import CLASS_OF_NOTE, write_corpus
from drumcorpus.ground.files.raw_files import RawFile, UnusableFile
from drumcorpus.ground.files.tables import write_table
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.schemas import FLAGS, QUARANTINE
from drumcorpus.source_sets.shared.groups import work_group
from drumcorpus.source_sets.star_drums import read_hits, survey
from drumcorpus.stages.ingest.provenance import provenance_rows

KIT = "stadium_kit_full"
FOLDER = "data/training/mtg-jamendo"
LINES = b"0.5\tBD\t127\n19.215833333333336\tSS\t0\n"


def take(track="1001890", kit=KIT, folder=FOLDER):
    """The files of a take, and the originals, which are never used."""
    return {
        f"{folder}/annotation/{track}_mix_{kit}.txt": LINES,
        f"{folder}/audio/re_synthesized_drum/{track}_re_synth_drum_{kit}.flac": b"fLaC",
        f"{folder}/audio/mix/{track}_mix_{kit}.flac": b"fLaC",
        f"{folder}/audio/original_drum/{track}_original_drum.flac": b"fLaC",
        f"{folder}/audio/original_mix/{track}_original_mix.flac": b"fLaC",
        f"{folder}/audio/non_drum/{track}.flac": b"fLaC",
    }


LIST = "LICENSE/licenses_audio_files_from_mtg_jamendo.txt"
LICENCES = read_yaml(REPO / "resources/source_sets/star_drums_licences.yaml")
WORKS = read_yaml(REPO / "resources/source_sets/work_splits.yaml")


def listed(*pairs):
    """The list of licences: recordings, and the ends of addresses."""
    said = "Available under a Creative Commons Attribution license: http://creativecommons.org/"
    blocks = [f"{n}.mp3\nA Title, by somebody\n{said}licenses/{end}\n" for n, end in pairs]
    return {LIST: "\n".join(blocks).encode()}


OURS = listed(("1001890", "by/3.0/"))


def surveyed(contents, policy="leave_out"):
    files = {path: RawFile(path, Path(path), (1, 0, 0, 0)) for path in contents}
    options = {"non_commercial": policy, "licences": LICENCES, "work_splits": WORKS}
    return survey(files, contents.__getitem__, options)


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def hits_of(data):
    path = f"{FOLDER}/annotation/1001890_mix_{KIT}.txt"
    session = {"annotation_path": path, "notes": ["licence: CC-BY-3.0"]}
    return read_hits(session, {path: data}.__getitem__, None, {})


class TestSurvey:
    def test_a_take_has_the_new_drums_and_the_mix_with_them_and_no_original(self):
        contents = take() | OURS
        found = surveyed(contents)
        annotation, drums, mix, *originals = take()
        assert found.refusals == []
        assert found.sessions == [
            {
                "session_id": f"training/1001890_mix_{KIT}",
                "group_id": "star_drums/1001890",
                "split": "train",
                "kit_id": KIT,
                "annotation_path": annotation,
                "audio_path": drums,
                "mix_path": mix,
                "notes": ["licence: CC-BY-3.0"],
            }
        ]
        assert found.roles == {
            **{annotation: "annotation", drums: "audio", mix: "audio"},
            **dict.fromkeys(originals, "other"),
            LIST: "index",
        }
        assert set(found.owners) == {annotation, drums, mix}

    @pytest.mark.parametrize(
        ("folder", "split"),
        [
            ("data/training/mtg-jamendo", "train"),
            ("data/validation", "validation"),  # no folder of a collection
            ("STAR_publication/data/test", "test"),
            ("star_drums_preview/data/test/ismir04", "test"),
            ("data/training/test", "train"),  # a collection of that name
        ],
    )
    def test_the_first_folder_of_a_split_says_which_it_is(self, folder, split):
        (session,) = surveyed(take(folder=folder), "use").sessions
        assert session["split"] == split
        assert session["mix_path"] == f"{folder}/audio/mix/1001890_mix_{KIT}.flac"

    def test_the_last_mix_in_a_name_parts_track_and_kit(self):
        (session,) = surveyed(take("a_mix_b", "909_detailed_kit_full"), "use").sessions
        assert session["group_id"] == "star_drums/a_mix_b"
        assert session["kit_id"] == "909_detailed_kit_full"
        assert session["audio_path"].endswith("a_mix_b_re_synth_drum_909_detailed_kit_full.flac")

    @pytest.mark.parametrize(
        ("folder", "name", "artist", "title", "split"),
        [
            ("test", "BKS__Bulldozer", "BKS", "Bulldozer", None),
            ("validation", "Al_James__Schoolboy_Facination", "Al James", "Schoolboy Facination", 1),
        ],
    )
    def test_a_song_of_musdb18_is_in_the_group_and_the_split_that_it_has_there(
        self, folder, name, artist, title, split
    ):
        (session,) = surveyed(take(name, folder=f"data/{folder}"), "use").sessions
        assert session["group_id"] == work_group(artist, title)
        assert session["split"] is None  # that of the table of works
        notes = ["licence: academic use only, as MUSDB18"]
        notes += ["STAR Drums has it in validation, and MUSDB18 in test"] if split else []
        assert session["notes"] == notes

    def test_a_song_that_the_table_of_works_lacks_keeps_its_published_split(self):
        (session,) = surveyed(take("Nobody__Knows", folder="data/test"), "use").sessions
        assert session["group_id"] == work_group("Nobody", "Knows")
        assert session["split"] == "test"

    def test_a_track_on_two_kits_is_one_group(self):
        found = surveyed(take() | take(kit="in_da_house_kit_full") | OURS)
        assert [session["group_id"] for session in found.sessions] == ["star_drums/1001890"] * 2

    def test_a_track_in_two_splits_is_used_in_the_one_that_is_not_trained_on(self):
        other = take(kit="other_kit", folder="data/validation")
        found = surveyed(take() | other | OURS, "use")
        assert [session["split"] for session in found.sessions] == ["validation"]
        assert refused(found) == [(next(iter(take())), "split_conflict")]

    def test_of_two_copies_of_a_take_the_one_in_fewer_folders_is_taken_whole(self):
        copy = take(folder=f"older/{FOLDER}")
        found = surveyed(take() | copy | OURS)
        (session,) = found.sessions
        assert session["audio_path"].startswith(FOLDER)
        assert refused(found) == [(next(iter(copy)), "duplicate_session")]

    def test_the_mix_never_stands_in_for_the_drums(self):
        contents = {path: data for path, data in take().items() if "re_synth" not in path}
        found = surveyed(contents | OURS)
        (session,) = found.sessions
        assert (session["audio_path"], session["mix_path"]) == (None, None)
        assert session["notes"][-1] == "no drum-only audio in the root"
        assert found.refusals == []

    def test_drums_that_one_take_alone_lacks_are_missing(self):
        contents = take() | take(kit="other_kit") | OURS
        lost = f"{FOLDER}/audio/re_synthesized_drum/1001890_re_synth_drum_other_kit.flac"
        del contents[lost]
        assert refused(surveyed(contents)) == [(lost, "missing_audio")]

    def test_sound_without_an_annotation_and_annotations_of_other_names_are_refused(self):
        alone = f"{FOLDER}/audio/mix/7_mix_{KIT}.flac"
        odd = f"{FOLDER}/annotation/notes.txt"
        found = surveyed(take() | OURS | {alone: b"fLaC", odd: b""})
        assert sorted(refused(found)) == [
            (odd, "unlisted_file"),
            (alone, "missing_annotation"),
        ]

    def test_a_folder_of_something_else_is_no_root(self):
        with pytest.raises(ValueError, match="the root of star_drums is the folder that holds"):
            surveyed({"a.txt": b"", "audio/mix/1_mix_a.flac": b""})


class TestLicences:
    @pytest.mark.parametrize(
        ("end", "licence", "is_used"),
        [
            ("by/3.0/", "CC-BY-3.0", True),
            ("by-sa/2.5/es/", "CC-BY-SA-2.5", True),
            ("by-nc/3.0/nl/", "CC-BY-NC-3.0", False),
            ("by-nc-sa/4.0", "CC-BY-NC-SA-4.0", False),
            ("by-nc-nd/2.0/", "CC-BY-NC-ND-2.0", False),
        ],
    )
    def test_a_track_that_may_not_be_sold_is_left_out_unless_that_is_asked_for(
        self, end, licence, is_used
    ):
        contents = take() | take("2") | listed(("1001890", end), ("2", "by/4.0/"))
        session = surveyed(contents).sessions[0]
        assert ("label_map" not in session) == is_used
        left_out = ["left out: the licence of the track forbids commercial use"]
        assert session["notes"] == [f"licence: {licence}"] + ([] if is_used else left_out)
        session = surveyed(contents, "use").sessions[0]
        assert "label_map" not in session
        assert session["notes"] == [f"licence: {licence}"]

    def test_a_track_that_is_not_listed_is_left_out_and_says_so(self):
        _, other = surveyed(take() | take("2") | OURS).sessions
        assert other["label_map"] is None
        assert other["notes"] == ["left out: the licence of the track is not listed"]
        (session,) = surveyed(take(), "use").sessions
        assert "label_map" not in session
        assert session["notes"] == ["the licence of the track is not listed"]

    def test_a_list_is_of_one_collection(self):
        """The number of a track of another collection may be the same."""
        contents = take() | take("2", folder="data/training/ismir04") | listed(("2", "by/4.0/"))
        sessions = surveyed(contents, "use").sessions
        notes = ["licence: CC-BY-NC-SA-1.0", "the licence of the track is not listed"]
        assert [session["notes"] for session in sessions] == [[note] for note in notes]

    @pytest.mark.parametrize(
        "lists",
        [{}, listed(("1001890", "by-nc/3.0/")), {LIST: b""}],
        ids=["no_list", "not_to_be_sold", "empty_list"],
    )
    def test_where_none_may_be_used_it_is_said_what_to_bring(self, lists):
        with pytest.raises(ValueError, match=r"mtg_jamendo\.txt.*: of 1 takes none .* use$"):
            surveyed(take() | lists)

    def test_blocks_that_say_no_licence_are_counted_and_the_others_used(self):
        lines = OURS[LIST].decode()
        odd = f"Licences\n\n\n{lines}\n7.mp3\nby nobody\n"
        found = surveyed(take() | {LIST: odd.replace("\n", "\r\n").encode()})
        assert found.sessions[0]["notes"] == ["licence: CC-BY-3.0"]
        assert refused(found) == [(LIST, "unreadable_metadata")]
        detail = found.refusals[0].detail
        assert detail.startswith("2 of 3 blocks do not say the licence of a recording; the first")
        assert "begins 'Licences'" in detail

    def test_recordings_without_a_blank_line_between_them_have_each_their_own(self):
        both = listed(("1001890", "BY/3.0/"), ("22", "by-nc/3.0/"))
        both[LIST] = both[LIST].replace(b"\n\n", b"\n").replace(b"creativec", b"CreativeC")
        found = surveyed(take() | take("22") | both)
        assert [(row["session_id"], row["notes"][0]) for row in found.sessions] == [
            (f"training/1001890_mix_{KIT}", "licence: CC-BY-3.0"),
            (f"training/22_mix_{KIT}", "licence: CC-BY-NC-3.0"),
        ]
        assert refused(found) == []

    def test_a_recording_with_two_licences_has_none(self):
        two = listed(("1001890", "by/3.0/"), ("2", "by/3.0/"), ("1001890", "by-nc/3.0/"))
        first, _ = surveyed(take() | take("2") | two).sessions
        assert first["notes"] == ["left out: the licence of the track is not listed"]

    def test_a_policy_that_there_is_not_is_refused(self):
        with pytest.raises(ValueError, match="non_commercial is 'maybe'; allowed: leave_out, use"):
            surveyed(take(), "maybe")


class TestReader:
    def test_a_line_is_a_time_a_class_and_a_velocity(self):
        hits = hits_of(LINES)
        assert hits["source_label"].tolist() == ["BD", "SS"]
        assert hits["onset"].tolist() == [0.5, 19.215833333333336]
        assert hits["velocity"].tolist() == [1.0, 0.0]
        assert hits["license"] == "CC-BY-3.0"

    def test_a_line_may_lack_its_velocity(self):
        hits = hits_of(b"0.5\tBD\r\n\r\n1.0 SD 127\r\n")
        assert np.isnan(hits["velocity"][0])
        assert hits["velocity"][1] == 1.0

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "no_onsets"),
            (b"\n \n", "no_onsets"),
            (b"0.5\n", "unreadable_annotation"),
            (b"0.5\tBD\t100\t1\n", "unreadable_annotation"),
            (b"0.5\tBD\t128\n", "unreadable_annotation"),
            (b"0.5\tBD\t-1\n", "unreadable_annotation"),
            (b"nan\tBD\t1\n", "unreadable_annotation"),
            (b"BD\t0.5\t1\n", "unreadable_annotation"),
            (b"0.5\t" + b"B" * 65 + b"\t1\n", "unreadable_annotation"),
        ],
        ids=[
            *("empty", "blank", "time_alone", "four_fields", "too_loud", "below_0", "no_time"),
            *("turned_round", "long_class"),
        ],
    )
    def test_an_annotation_that_is_none_is_refused_with_its_line(self, data, reason):
        with pytest.raises(UnusableFile) as error:
            hits_of(data)
        assert error.value.reason == reason
        assert reason == "no_onsets" or ":1" in error.value.detail


class TestMap:
    def test_it_has_the_18_classes_and_numbers_no_crash(self):
        labels = read_yaml(REPO / "resources/taxonomy/note_maps/star_drums.yaml")["labels"]
        assert " ".join(labels) == ("BD SD SS CLP CHH PHH OHH TB LT MT HT SPC CHC CRC RD RB CB CL")
        assert labels["CRC"] == {"label": "crash"}
        assert labels["SS"]["label"] == "cross_stick"
        assert not any("cymbal" in stroke for stroke in labels.values())


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    root = tmp_path_factory.mktemp("star") / "raw"
    write_corpus(root, REPO / "resources/demo/kits.yaml", seed=7)
    return root


def test_every_event_and_its_provenance_have_the_licence_of_the_track(demo, tmp_path):
    run = Run("star_drums", [demo], tmp_path / "facts.json")
    inventory = run.inventory()
    ingested = run.ingest(inventory.sessions)
    write_table(tmp_path / "events.parquet", ingested.events)
    rows = provenance_rows(
        *(inventory.sessions, tmp_path / "events.parquet", ingested.tallies),
        *(QUARANTINE.empty_table(), FLAGS.empty_table(), inventory.roots, [], run.card),
        license_ref="card.yaml",
        ingestion="0",
    )
    by_session = {row["session_id"]: row["license"] for row in rows}
    left_out = ("test/Paper_Kilns__Radio_mix_Two_mix_birch", "training/9000003_mix_birch")
    assert by_session == {
        "training/9000001_mix_birch_kit_full": "CC-BY-3.0",
        "training/9000001_mix_maple_kit_full": "CC-BY-3.0",
        "training/9000002_mix_maple_kit_full": "CC-BY-SA-3.0",
        **{f"{name}_kit_full": run.card["license"] for name in left_out},  # no event
    }
    events = ingested.events.select(["session_id", "license"]).to_pylist()
    assert {event["session_id"] for event in events} == {
        session_id for session_id in by_session if not session_id.startswith(left_out)
    }
    assert all(by_session[event["session_id"]] == event["license"] for event in events)


def test_with_the_setting_the_track_that_may_not_be_sold_gives_events(demo, tmp_path):
    run = Run("star_drums", [demo], tmp_path / "facts.json", {"non_commercial": "use"})
    events = run.ingest(run.inventory().sessions).events
    licences = set(events["license"].to_pylist())
    assert licences == {
        *("CC-BY-3.0", "CC-BY-SA-3.0", "CC-BY-NC-SA-2.5"),
        "academic use only, as MUSDB18",
    }


def test_the_demo_is_small_and_in_the_published_rate_and_shape(demo):
    sounds = sorted(demo.rglob("*.flac"))
    assert len(sounds) == 5 * 2 + 4 * 2  # the originals of a track stand once
    for path in sounds:
        info = soundfile.info(path)
        assert (info.samplerate, info.channels) == (48000, 2)
        assert 3 < info.duration < 5
    text = "".join(path.read_text() for path in demo.rglob("annotation/*.txt"))
    assert {line.split("\t")[1] for line in text.splitlines()} == set(CLASS_OF_NOTE.values())


def test_the_labels_are_where_the_new_drums_sound_and_not_where_the_original_does(demo):
    folder = demo / "data/training/mtg-jamendo"
    text = (folder / "annotation/9000001_mix_birch_kit_full.txt").read_text()
    times = np.array([float(line.split("\t")[0]) for line in text.splitlines()])
    times = times[(times > 0.2)]
    own = folder / "audio/re_synthesized_drum/9000001_re_synth_drum_birch_kit_full.flac"
    other = folder / "audio/original_drum/9000001_original_drum.flac"
    rises = {}
    for path in (own, other):
        samples, rate = soundfile.read(path)
        energy = np.concatenate([[0.0], np.cumsum(samples[:, 0] ** 2)])
        at = np.rint(times * rate).astype(int)
        width = rate // 200  # 5 ms
        before, after = energy[at] - energy[at - width], energy[at + width] - energy[at]
        rises[path] = np.mean(after > 1.5 * before)
    assert rises[own] > 0.8
    assert rises[other] < 0.5
