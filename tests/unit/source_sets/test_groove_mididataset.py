"""The Groove MIDI Dataset: what its index and its files make up, and what is refused."""

import csv
import io

import mido
import numpy as np
import pytest
from sounds import write_sound
from source_set_runs import Run

from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.schemas import EVENTS, TALLIES
from drumcorpus.source_sets.groove_mididataset import COLUMNS, survey
from drumcorpus.stages.ingest.ingest import outcome_counts

HEADER = [*COLUMNS[:-1], "duration", "split"]
FOLDER = "drummer1/session1"


def row(number, **changes):
    stem = f"{FOLDER}/{number}_funk_120_beat_4-4"
    return {
        "drummer": "drummer1",
        "session": FOLDER,
        "id": f"{FOLDER}/{number}",
        "style": "funk/groove1",
        "bpm": "120",
        "beat_type": "beat",
        "time_signature": "4-4",
        "midi_filename": f"{stem}.mid",
        "audio_filename": f"{stem}.wav",
        "duration": "2.0",
        "split": "train",
    } | changes


def midi(*notes, padding=0, channel=9):
    """A file of notes (tick, note, velocity), with the end of track `padding` ticks later."""
    track = mido.MidiTrack([mido.MetaMessage("set_tempo", tempo=500_000)])
    now = 0
    for tick, note, velocity in notes:
        strike = {"note": note, "velocity": velocity, "channel": channel}
        track.append(mido.Message("note_on", time=tick - now, **strike))
        now = tick
    track.append(mido.MetaMessage("end_of_track", time=padding))
    buffer = io.BytesIO()
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(file=buffer)
    return buffer.getvalue()


BEAT = midi((0, 36, 100), (480, 38, 90), (960, 36, 100), (1440, 38, 90))  # 0 to 1.5 s


class Root:
    """A root of the data set; the tests break one thing of it."""

    def __init__(self, folder):
        self.folder = folder
        self.rows = [row(1), row(2, split="test")]

    def path(self, name):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def write(self, *, audio=True, seconds=2.0):
        for entry in self.rows:
            self.path(entry["midi_filename"]).write_bytes(BEAT)
            if audio and entry["audio_filename"]:
                samples = np.zeros(int(seconds * 8000))
                write_sound(self.path(entry["audio_filename"]), samples, 8000)
        self.write_index()
        return self

    def write_index(self, header=HEADER):
        text = io.StringIO()
        writer = csv.DictWriter(text, header, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(self.rows)
        data = text.getvalue().encode("utf-8", "surrogateescape")
        self.path("info.csv").write_bytes(data)

    def survey(self):
        files, refusals = scan_roots([self.folder])
        assert refusals == []
        return survey(files, lambda path: files[path].location.read_bytes(), {})

    def run(self):
        return Run("groove_mididataset", [self.folder], self.folder.parent / "facts.json")

    def inventory(self):
        return self.run().inventory()

    def ingest(self, td11, taxonomy):
        return self.run().ingest(self.inventory().sessions)


@pytest.fixture
def root(tmp_path):
    return Root(tmp_path / "groove")


def refused(found):
    return [(refusal.path, refusal.reason) for refusal in found.refusals]


def ids(found):
    return [session["session_id"] for session in found.sessions]


class TestSurvey:
    def test_a_whole_root_gives_its_sessions(self, root):
        found = root.write().survey()
        assert found.refusals == []
        assert found.sessions[1] == {
            "session_id": f"{FOLDER}/2",
            "group_id": f"gmd/{FOLDER}/2",
            "split": "test",
            "drummer_id": "drummer1",
            "style": "funk/groove1",
            "tempo_bpm": 120.0,
            "meter": "4/4",
            "annotation_path": root.rows[1]["midi_filename"],
            "audio_path": root.rows[1]["audio_filename"],
            "notes": [f"beat, {FOLDER}"],
        }

    def test_every_file_has_its_role_and_its_session(self, root):
        root.path("README").write_text("x")
        found = root.write().survey()
        one = root.rows[0]
        assert found.roles["info.csv"] == "index"
        assert found.roles["README"] == "other"
        assert found.roles[one["midi_filename"]] == "annotation"
        assert found.roles[one["audio_filename"]] == "audio"
        assert found.owners[one["midi_filename"]] == one["id"]
        assert found.owners[one["audio_filename"]] == one["id"]
        assert "README" not in found.owners

    def test_a_row_without_its_midi_file_is_refused(self, root):
        root.write()
        gone = root.rows[0]["midi_filename"]
        (root.folder / gone).unlink()
        found = root.survey()
        assert ids(found) == [f"{FOLDER}/2"]
        assert (gone, "missing_annotation") in refused(found)
        assert found.refusals[0].session_id == f"{FOLDER}/1"
        assert found.refusals[0].detail.startswith("info.csv:2 names this MIDI file")

    @pytest.mark.parametrize(
        ("changes", "detail"),
        [
            ({"split": "val"}, "split 'val'; allowed: train, validation, test"),
            ({"split": ""}, "split ''"),
            ({"id": ""}, "no id"),
            ({"bpm": "fast"}, "bpm: got 'fast'; wanted: a number, a tempo from 1 to 1,000"),
            ({"bpm": ""}, "bpm: got ''"),
            ({"bpm": "0"}, "bpm: got '0'"),
            ({"bpm": "-120"}, "bpm: got '-120'"),
            ({"bpm": "nan"}, "bpm: got 'nan'"),
            ({"bpm": "inf"}, "bpm: got 'inf'"),
            ({"bpm": "1_00"}, "bpm: got '1_00'"),
            ({"bpm": "1e308"}, "bpm: got '1e308'"),
            ({"bpm": "\u0661\u0662\u0660"}, "bpm: got "),
            ({"time_signature": "0-4"}, "time_signature: got '0-4'; wanted: a meter such as 4-4"),
            ({"time_signature": ""}, "time_signature: got ''"),
            ({"time_signature": "waltz"}, "time_signature: got 'waltz'"),
        ],
    )
    def test_a_row_that_cannot_be_read_is_refused_with_its_line(self, root, changes, detail):
        root.rows[1] |= changes
        found = root.write().survey()
        assert ids(found) == [f"{FOLDER}/1"]
        assert refused(found) == [(root.rows[1]["midi_filename"], "bad_index_row")]
        assert found.refusals[0].detail.startswith(f"info.csv:3: {detail}")

    def test_a_row_cut_short_is_refused(self, root):
        root.write()
        with root.path("info.csv").open("a") as index:
            index.write("drummer1,drummer1/session1,drummer1/session1/3,funk\n")
        found = root.survey()
        assert len(found.sessions) == 2
        assert [reason for _, reason in refused(found)] == ["bad_index_row"]

    @pytest.mark.parametrize("name", ["midi_filename", "audio_filename"])
    @pytest.mark.parametrize(
        "path", ["../secret.mid", "a/../../secret.mid", "/etc/secret.mid", "..\\secret.mid"]
    )
    def test_a_row_that_names_a_path_outside_the_root_is_refused(self, root, name, path):
        root.write()
        root.rows[1][name] = path
        root.write_index()
        found = root.survey()
        assert ids(found) == [f"{FOLDER}/1"]
        assert (path, "outside_root") in refused(found)

    @pytest.mark.parametrize("form", ["backslashes", "dot in front", "blanks", "byte order mark"])
    def test_an_index_written_on_another_system_names_the_same_files(self, root, form):
        plain = root.write().survey()
        change = {
            "backslashes": lambda path: path.replace("/", "\\"),
            "dot in front": lambda path: f"./{path}",
            "blanks": lambda path: f"{path} ",
        }.get(form, str)
        for row in root.rows:
            row |= {name: change(row[name]) for name in ("midi_filename", "audio_filename")}
        root.write_index()
        if form == "byte order mark":
            index = root.folder / "info.csv"
            text = index.read_text().replace("\n", "\r\n")
            index.write_bytes(b"\xef\xbb\xbf" + text.encode())
        found = root.survey()
        assert found.sessions == plain.sessions
        assert found.refusals == plain.refusals

    @pytest.mark.parametrize(
        ("path", "reason"),
        [
            ("C:\\data\\groove\\1.mid", "names a whole path of Windows"),
            ("\\\\nas\\groove\\1.mid", "names a network path of Windows"),
            ("file:///data/groove/1.mid", "names an address"),
        ],
        ids=["drive", "network", "address"],
    )
    def test_a_path_that_is_none_below_the_root_is_refused_by_its_reason(self, root, path, reason):
        root.write()
        root.rows[1]["midi_filename"] = path
        root.write_index()
        details = [refusal.detail for refusal in root.survey().refusals if refusal.path == path]
        assert len(details) == 1
        assert reason in details[0]

    def test_a_file_that_an_index_names_with_backslashes_and_that_is_gone_is_missing(self, root):
        root.write()
        root.rows[1]["midi_filename"] = "drummer1\\gone.mid"
        root.write_index()
        assert ("drummer1/gone.mid", "missing_annotation") in refused(root.survey())

    def test_dots_within_a_name_are_no_way_out(self, root):
        root.rows[1]["midi_filename"] = f"{FOLDER}/2..take.mid"
        assert len(root.write().survey().sessions) == 2

    def test_of_two_rows_of_one_id_the_first_counts(self, root):
        root.rows.append(row(3, id=root.rows[0]["id"]))
        found = root.write().survey()
        assert ids(found) == [f"{FOLDER}/1", f"{FOLDER}/2"]
        assert refused(found) == [(root.rows[2]["midi_filename"], "duplicate_session")]
        assert found.refusals[0].detail == f"info.csv:4: a second row of id {FOLDER}/1"

    def test_one_file_s_strokes_are_not_counted_twice(self, root):
        # Two ids, one MIDI file: the same music in train and in test.
        root.rows.append(row(3, midi_filename=root.rows[0]["midi_filename"], split="test"))
        found = root.write().survey()
        paths = [session["annotation_path"] for session in found.sessions]
        assert len(paths) == len(set(paths))

    def test_one_recording_is_not_that_of_two_performances(self, root):
        root.rows.append(row(3, audio_filename=root.rows[0]["audio_filename"], split="test"))
        found = root.write().survey()
        assert ids(found) == [f"{FOLDER}/1", f"{FOLDER}/2"]
        assert (root.rows[2]["midi_filename"], "duplicate_session") in refused(found)

    def test_performances_without_audio_are_no_duplicates(self, root):
        root.rows += [row(3, audio_filename=""), row(4, audio_filename="")]
        assert len(root.write().survey().sessions) == 4

    def test_audio_that_is_missing_is_noted_and_the_labels_stay(self, root):
        root.write()
        gone = root.rows[0]["audio_filename"]
        (root.folder / gone).unlink()
        found = root.survey()
        assert refused(found) == [(gone, "missing_audio")]
        assert found.refusals[0].session_id == f"{FOLDER}/1"
        assert [session["audio_path"] for session in found.sessions] == [
            None,
            root.rows[1]["audio_filename"],
        ]
        assert found.sessions[0]["notes"][-1] == "audio missing"

    def test_in_the_distribution_without_audio_no_single_file_is_missing(self, root):
        found = root.write(audio=False).survey()
        assert found.refusals == []
        assert [session["audio_path"] for session in found.sessions] == [None, None]
        notes = {session["notes"][-1] for session in found.sessions}
        assert notes == {"taken from the distribution without audio"}

    def test_a_performance_published_without_audio_is_marked(self, root):
        root.rows[0]["audio_filename"] = ""
        found = root.write().survey()
        assert found.refusals == []
        assert found.sessions[0]["audio_path"] is None
        assert found.sessions[0]["notes"][-1] == "published without audio"

    def test_recordings_that_no_row_names_are_refused(self, root):
        root.write()
        for name in ("x/extra.mid", "extra.WAV", "extra.midi", "notes.txt"):
            root.path(name).write_bytes(BEAT)
        assert refused(root.survey()) == [
            (name, "unlisted_file") for name in ("extra.WAV", "extra.midi", "x/extra.mid")
        ]

    def test_bytes_of_the_index_that_are_not_utf8_stay_visible(self, root):
        root.rows[0]["style"] = "caf\udce9"
        found = root.write().survey()
        assert found.sessions[0]["style"] == "caf\\xe9"
        assert len(found.sessions) == 2

    def test_a_byte_order_mark_and_windows_line_ends_are_no_matter(self, root):
        root.write()
        index = root.path("info.csv")
        index.write_bytes(b"\xef\xbb\xbf" + index.read_bytes().replace(b"\n", b"\r\n"))
        assert len(root.survey().sessions) == 2

    @pytest.mark.parametrize("column", COLUMNS)
    def test_a_missing_column_is_named(self, root, column):
        root.write()
        root.write_index([name for name in HEADER if name != column])
        with pytest.raises(ValueError, match=rf"info\.csv:1: column {column} missing"):
            root.survey()

    @pytest.mark.parametrize(
        "data",
        [b"", b"\n", b"PK\x03\x04\x00\x00", b'"' + b"x" * 140_000],
        ids=["empty", "blank line", "ZIP", "field without end"],
    )
    def test_an_index_that_is_no_index_is_named(self, root, data):
        root.write()
        root.path("info.csv").write_bytes(data)
        with pytest.raises(ValueError, match=r"info\.csv"):
            root.survey()

    def test_a_quote_that_is_never_closed_is_named(self, root):
        root.write()
        with root.path("info.csv").open("ab") as index:
            index.write(b'drummer1,"' + b"x,\n" * 60_000)
        with pytest.raises(ValueError, match=r"info\.csv"):
            root.survey()

    def test_a_root_without_an_index_is_named(self, root):
        root.write()
        root.path("info.csv").unlink()
        with pytest.raises(ValueError, match=r"info\.csv: not found; the root of groove"):
            root.survey()


class TestIngest:
    def test_four_strokes_are_four_events(self, root, td11, taxonomy):
        ingested = root.write().ingest(td11, taxonomy)
        assert ingested.refusals == []
        rows = ingested.events.to_pylist()
        assert [row["onset_time"] for row in rows] == [0.0, 0.5, 1.0, 1.5] * 2
        assert [row["beat"] for row in rows[:4]] == [1.0, 2.0, 3.0, 4.0]
        assert rows[0]["kit_id"] == "roland_td11"
        assert outcome_counts(ingested.tallies) == {"in_event": 8}
        assert ingested.tallies.schema.equals(TALLIES)

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            (b"", "unreadable_midi"),
            (BEAT[:40], "unreadable_midi"),
            (b"RIFF" + BEAT, "unreadable_midi"),
            (midi(), "no_notes"),
            (midi((0, 36, 0)), "no_notes"),
        ],
        ids=["empty", "truncated", "no MIDI", "no event", "only note-offs"],
    )
    def test_a_midi_file_of_no_use_is_set_aside_and_the_rest_goes_on(
        self, root, td11, taxonomy, data, reason
    ):
        root.write()
        bad = root.rows[0]["midi_filename"]
        (root.folder / bad).write_bytes(data)
        ingested = root.ingest(td11, taxonomy)
        (refusal,) = ingested.refusals
        assert (refusal.path, refusal.reason) == (bad, reason)
        assert refusal.session_id == f"{FOLDER}/1"
        assert set(ingested.events["session_id"].to_pylist()) == {f"{FOLDER}/2"}
        assert len(ingested.events) == 4

    def test_where_no_file_is_of_use_the_tables_are_empty(self, root, td11, taxonomy):
        root.write()
        for entry in root.rows:
            (root.folder / entry["midi_filename"]).write_bytes(b"")
        ingested = root.ingest(td11, taxonomy)
        assert (len(ingested.events), len(ingested.tallies), len(ingested.refusals)) == (0, 0, 2)
        assert ingested.events.schema.equals(EVENTS)

    def test_where_no_note_is_mapped_every_note_is_counted(self, root, td11, taxonomy):
        root.write()
        for entry in root.rows:
            (root.folder / entry["midi_filename"]).write_bytes(midi((0, 99, 64), (480, 98, 64)))
        ingested = root.ingest(td11, taxonomy)
        assert len(ingested.events) == 0
        assert ingested.events.schema.equals(EVENTS)
        assert outcome_counts(ingested.tallies) == {"unmapped_label": 4}

    def test_an_unmapped_note_is_counted_under_its_number(self, root, td11, taxonomy):
        root.write(audio=False)
        path = root.folder / root.rows[0]["midi_filename"]
        path.write_bytes(midi((0, 36, 100), (0, 39, 100), (480, 39, 100), (481, 36, 90)))
        ingested = root.ingest(td11, taxonomy)
        mine = [t for t in ingested.tallies.to_pylist() if t["session_id"].endswith("/1")]
        found = [(t["source_label"], t["label"], t["outcome"], t["n_hits"]) for t in mine]
        assert found == [("36", "kick", "in_event", 2), ("39", None, "unmapped_label", 2)]

    def test_a_double_trigger_is_counted_and_the_first_stroke_kept(self, root, td11, taxonomy):
        root.write()
        path = root.folder / root.rows[0]["midi_filename"]
        path.write_bytes(midi((0, 38, 100), (9, 38, 20), (480, 38, 100), (490, 38, 20)))
        ingested = root.ingest(td11, taxonomy)  # 9 ticks are 9.4 ms, 10 are 10.4 ms
        assert outcome_counts(ingested.tallies) == {"double_trigger": 1, "in_event": 7}
        velocities = [e["components"][0]["velocity"] for e in ingested.events.to_pylist()[:3]]
        assert velocities == [0.787402, 0.787402, 0.15748]

    def test_audio_that_ends_before_its_labels_is_not_used(self, root, td11, taxonomy):
        root.write(seconds=1.2)
        ingested = root.ingest(td11, taxonomy)
        assert [(r.path, r.reason, r.session_id) for r in ingested.refusals] == [
            (entry["audio_filename"], "audio_shorter_than_labels", entry["id"])
            for entry in root.rows
        ]
        assert ingested.refusals[0].detail == (
            "the audio ends at 1.200 s, and 1 of 4 labels come later, the last at 1.500 s"
        )
        assert set(ingested.events["audio_path"].to_pylist()) == {None}
        assert len(ingested.events) == 8

    def test_only_the_session_of_the_short_audio_loses_it(self, root, td11, taxonomy):
        root.write()
        short = root.rows[0]["audio_filename"]
        write_sound(root.folder / short, np.zeros(8000), 8000)
        ingested = root.ingest(td11, taxonomy)
        assert [refusal.path for refusal in ingested.refusals] == [short]
        paths = [event["audio_path"] for event in ingested.events.to_pylist()]
        assert paths == [None] * 4 + [root.rows[1]["audio_filename"]] * 4

    def test_a_stroke_on_the_last_sample_is_within_its_audio(self, root, td11, taxonomy):
        ingested = root.write(seconds=1.5).ingest(td11, taxonomy)
        assert ingested.refusals == []

    def test_an_end_of_track_padded_for_minutes_means_nothing(self, root, td11, taxonomy):
        plain = root.write().ingest(td11, taxonomy)
        for entry in root.rows:
            padded = midi(
                (0, 36, 100), (480, 38, 90), (960, 36, 100), (1440, 38, 90), padding=264_960
            )
            (root.folder / entry["midi_filename"]).write_bytes(padded)
        ingested = root.ingest(td11, taxonomy)
        assert ingested.refusals == []
        assert ingested.events.equals(plain.events)

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            pytest.param(b"", "empty_audio", id="empty"),
            pytest.param(b"RIFF", "unreadable_audio", id="RIFF"),
            pytest.param(b"no audio at all", "unreadable_audio", id="words"),
        ],
    )
    def test_audio_that_cannot_be_read_is_set_aside_in_the_inventory(
        self, root, td11, taxonomy, data, reason
    ):
        root.write()
        bad = root.rows[0]["audio_filename"]
        (root.folder / bad).write_bytes(data)
        inventory = root.inventory()
        (refusal,) = inventory.quarantine.to_pylist()
        assert (refusal["path"], refusal["reason"]) == (bad, reason)
        assert refusal["stage"] == "inventory"
        assert inventory.sessions["audio_path"].to_pylist()[0] is None
        assert len(root.ingest(td11, taxonomy).events) == 8

    @pytest.mark.parametrize(
        ("messages", "choked"),
        [
            ([(0, 55, 100, 127)], [1]),
            ([(0, 49, 100, 127), (0, 55, 0, 1)], [1]),
            ([(0, 55, 100, 0)], []),
            ([(0, 57, 100, 127)], [2]),
            ([(0, 36, 100, 127)], []),
            ([(0, 55, 100, 127), (0, 55, 50, 0), (0, 55, 900, 127)], [1]),
            ([(0, 51, 100, 127)], []),
            ([(0, 55, 5_000, 127)], []),
            ([(9, 55, 100, 127)], [1]),
        ],
        ids=[
            "the edge",
            "both zones of the pad",
            "released alone",
            "another cymbal",
            "no cymbal",
            "twice",
            "struck by nobody",
            "rung out",
            "on another channel",
        ],
    )
    def test_a_hand_chokes_the_last_stroke_of_its_cymbal(
        self, root, td11, taxonomy, messages, choked
    ):
        root.write(audio=False)
        track = mido.MidiTrack()
        for note in (49, 55, 52, 36):
            track.append(mido.Message("note_on", note=note, velocity=100, time=48))
        for channel, note, after, value in messages:
            pressed = {"note": note, "value": value, "channel": channel, "time": after}
            track.append(mido.Message("polytouch", **pressed))
        mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(
            root.folder / root.rows[0]["midi_filename"]
        )
        events = root.ingest(td11, taxonomy).events.to_pylist()[:4]
        notes = [row["components"][0]["source_label"] for row in events]
        assert notes == ["49", "55", "52", "36"]
        tagged = [number for number, row in enumerate(events) if "choke" in row["techniques"]]
        assert tagged == choked

    def test_a_hand_that_strikes_as_it_grabs_lets_that_stroke_ring(self, root, td11, taxonomy):
        root.write(audio=False)
        track = mido.MidiTrack(
            [
                mido.Message("note_on", note=49, velocity=100, time=48),
                mido.Message("note_on", note=55, velocity=100, time=480),
                mido.Message("polytouch", note=55, value=127),
            ]
        )
        mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(
            root.folder / root.rows[0]["midi_filename"]
        )
        bow, edge = root.ingest(td11, taxonomy).events.to_pylist()[:2]
        assert "choke" in bow["techniques"] and "choke" not in edge["techniques"]

    def test_the_pedal_opens_the_hat_and_no_other_drum(self, root, td11, taxonomy):
        root.write(audio=False)
        track = mido.MidiTrack()
        for value, note in ((90, 42), (45, 46), (0, 26), (127, 22), (0, 44), (0, 36)):
            pedal = mido.Message("control_change", channel=9, control=4, value=value, time=100)
            track.append(pedal)
            track.append(mido.Message("note_on", channel=9, note=note, velocity=64))
        mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(
            root.folder / root.rows[0]["midi_filename"]
        )
        events = root.ingest(td11, taxonomy).events.to_pylist()[:6]
        openness = [event["components"][0]["openness"] for event in events]
        assert openness == [0.0, 0.5, 1.0, 0.0, None, None]
