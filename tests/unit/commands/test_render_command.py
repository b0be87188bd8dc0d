"""``render`` makes a root that ``rendered_kits`` reads, once, and names what it leaves out."""

import csv
import errno
import fcntl
import json
import shutil
from pathlib import Path

import mido
import numpy as np
import pytest
import soundfile
import yaml
from checkout import REPO
from command_lines import run_command
from sounds import write_sound
from source_set_runs import Run

from drumcorpus.ground.kits.performances import list_performances

RATE_HZ = 44_100
DATA = REPO.parent / "shared/data"
VOICES = {"kick": 0.4, "snare": 0.3, "crash": 0.2, "crash2": 0.25}
STROKES = [(0.0, 36, 127), (0.25, 49, 100), (0.5, 57, 60), (0.5, 38, 1), (0.75, 42, 90)]


def write_kit(folder):
    folder.mkdir()
    for voice, level in VOICES.items():
        write_sound(folder / f"{voice}.wav", np.full(8_000, level), RATE_HZ)
    voices = {voice: [f"{voice}.wav"] for voice in VOICES}
    text = json.dumps({"name": "Mine", "licence": "CC0", "voices": voices})
    (folder / "kit.json").write_text(text)


def write_midi(path, strokes=STROKES):
    track, now = mido.MidiTrack(), 0
    for seconds, note, velocity in strokes:
        tick = round(seconds * 960)  # 120 a minute
        track.append(mido.Message("note_on", note=note, velocity=velocity, time=tick - now))
        track.append(mido.Message("note_on", note=note, velocity=0, time=0))
        now = tick
    path.parent.mkdir(parents=True, exist_ok=True)
    mido.MidiFile(type=0, ticks_per_beat=480, tracks=[track]).save(path)


@pytest.fixture
def folder(tmp_path):
    write_kit(tmp_path / "My Kit")
    write_midi(tmp_path / "midi/a/take.mid")
    write_midi(tmp_path / "midi/b.mid", STROKES[:2])
    return tmp_path


def render(folder, *arguments, kit="My Kit", midi="midi"):
    return run_command(folder, "render", kit, "--midi", midi, "--out", "out", *arguments)


def contents(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_a_root_is_rendered_once_and_again_to_the_same_bytes(folder):
    status, said, errors = render(folder)
    assert (status, errors) == (0, "")
    assert "out/my_kit: Mine, voices; licence: CC0 (kit.json)\n" in said
    assert "  crash2             crash2: 57\n" in said
    assert "silent notes: 37" not in said  # the snare answers
    assert "39 (hand_clap)" in said
    assert "out/my_kit: 2 performance(s) made, 0 stood already\n" in said
    first = contents(folder / "out")
    times = {path: path.stat().st_mtime_ns for path in (folder / "out").rglob("*.*")}
    assert "0 performance(s) made, 2 stood already" in render(folder)[1]
    assert {path: path.stat().st_mtime_ns for path in times} == times
    (folder / "out/my_kit/b.csv").write_text("damaged")
    (folder / "out/my_kit/a/take.yaml").unlink()
    assert "2 performance(s) made, 0 stood already" in render(folder)[1]
    assert contents(folder / "out") == first
    shutil.rmtree(folder / "out")
    render(folder)
    assert contents(folder / "out") == first


def test_what_is_in_the_table_is_what_sounds(folder):
    render(folder)
    with (folder / "out/my_kit/a/take.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["onset_samples"], row["label"], row["velocity"]) for row in rows] == [
        ("0", "kick", "127"),
        ("11025", "crash", "100"),
        ("22050", "crash2", "60"),
        ("22050", "snare", "1"),
        ("33075", "unanswered", "90"),
    ]
    samples, rate_hz = soundfile.read(folder / "out/my_kit/a/take.flac")
    assert (rate_hz, samples.ndim) == (RATE_HZ, 1)
    gain = yaml.safe_load((folder / "out/my_kit/kit.yaml").read_text())["gain"]
    assert gain == pytest.approx(0.25 / 0.4, abs=1e-4)
    assert samples[0] == pytest.approx(0.25, abs=1e-3)
    assert samples[11_024] == 0
    assert samples[11_025] == pytest.approx(0.2 * gain * 100 / 127, abs=1e-3)
    record = yaml.safe_load((folder / "out/my_kit/a/take.yaml").read_text())
    assert (record["n_strokes"], record["unanswered"]) == (5, {"42": 1})
    assert record["group"].startswith("midi/")


def test_the_root_is_one_of_the_source_set(folder):
    render(folder)
    run = Run("rendered_kits", [folder / "out"], folder / "facts.json")
    inventory = run.inventory()
    assert inventory.quarantine.to_pylist() == []
    events = run.ingest(inventory.sessions).events.to_pylist()
    assert {event["license"] for event in events} == {"CC0"}
    parts = [part for event in events for part in event["components"]]
    assert {(part["label"], part["cymbal"]) for part in parts} >= {("crash", 1), ("crash", 2)}


def test_another_map_makes_it_anew_and_what_is_left_of_the_old_is_refused(folder):
    render(folder)
    place = folder / "out/my_kit/kit_map.yaml"
    place.write_text(place.read_text().replace("label: crash2", "label: china"))
    assert "1 performance(s) made" in render(folder, "--limit", "1")[1]
    inventory = Run("rendered_kits", [folder / "out"], folder / "facts.json").inventory()
    assert [(row["path"], row["reason"]) for row in inventory.quarantine.to_pylist()] == [
        ("my_kit/a/take.yaml", "annotations_disagree")
    ]


def test_a_cymbal_that_its_name_leaves_open_is_asked_and_the_answer_counts(folder):
    kit = folder / "My Kit/kit.json"
    kit.write_text(kit.read_text().replace('"crash2": [', '"crash ride": ['))
    status, said, errors = render(folder)
    assert status == 2
    assert "out/my_kit/kit_map.yaml: which cymbal is 'crash ride'? Say so under `label`" in errors
    assert list((folder / "out").rglob("*.flac")) == []
    place = folder / "out/my_kit/kit_map.yaml"
    text = place.read_text().replace("label: crash, notes: [49, 57]", "label: crash, notes: [49]")
    place.write_text(text.replace("label: '?', notes: []", "label: crash2, notes: [57]"))
    status, said, errors = render(folder)
    assert (status, errors) == (0, "")
    assert "  crash2             crash ride: 57\n" in said


def test_performances_that_cannot_be_played_are_named_and_the_others_go_on(folder):
    (folder / "midi/bad.mid").write_bytes(b"MThd")
    write_midi(folder / "midi/cymbals.mid", [(0, 81, 100)])
    write_midi(folder / "midi/long.mid", [(0, 36, 100), (3_700, 36, 100)])
    write_midi(folder / "midi/Kit_Map.mid")
    status, said, _ = render(folder)
    assert status == 1
    assert "left out: Kit_Map.mid: is called as a file of the kit is; rename it" in said
    assert "left out: my_kit: bad: truncated MIDI header" in said
    assert "left out: my_kit: cymbals: the kit answers to none of its notes" in said
    assert "left out: my_kit: long: a note at 3,700 s; allowed: 3,600" in said
    assert "2 performance(s) made" in said


def test_performances_of_groove_keep_their_group_and_split(folder):
    header = "drummer,id,style,bpm,time_signature,midi_filename,split\n"
    row = "drummer1,drummer1/s/1,rock,120,4-4,a/take.mid,validation\n"
    gone = "drummer1,drummer1/s/2,rock,120,4-4,../../gone.mid,test\n"
    odd = "drummer1,drummer1/s/3,rock,120,4-4,b.mid,dev\n"
    (folder / "midi/info.csv").write_text(header + row + gone + odd)
    status, said, _ = render(folder)
    assert status == 1
    assert "info.csv:4: split 'dev'" in said
    assert "../../gone.mid: is not there, or lies outside of the folder" in said
    record = yaml.safe_load((folder / "out/my_kit/a/take.yaml").read_text())
    assert (record["group"], record["split"]) == ("gmd/drummer1/s/1", "validation")
    kit_map = yaml.safe_load((folder / "out/my_kit/kit_map.yaml").read_text())
    assert kit_map["notes_of"] == "roland_td11"
    notes = {row["name"]: row["notes"] for row in kit_map["instruments"]}
    assert (notes["crash"], notes["crash2"]) == ([49, 55], [52, 57])


def test_of_egmd_one_recording_of_a_performance_is_taken(folder):
    header = "drummer,id,style,bpm,time_signature,midi_filename,split,kit_name\n"
    rows = "".join(
        f"drummer1,drummer1/s/1,rock,120,4-4,{file},train,{kit}\n"
        for file, kit in (("b.midi", "Odd Kit"), ("a/take.mid", "Acoustic Kit"))
    )
    (folder / "midi/e-gmd-v1.0.0.csv").write_text(header + rows)
    status, said, _ = render(folder)
    assert (status, "1 performance(s) made" in said) == (0, True)
    assert (folder / "out/my_kit/a/take.flac").is_file()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda kit: (kit / "kick.wav").unlink(), "voice 'kick': no sample"),
        (lambda kit: (kit / "kick.wav").write_bytes(b"RIFF"), "voice 'kick': kick.wav: not read"),
        (lambda kit: (kit / "kit.json").unlink(), "My Kit: holds no kit; wanted: drumkit.xml"),
        (lambda kit: shutil.rmtree(kit), "My Kit: is not there"),
    ],
    ids=["missing sample", "no sound", "no kit", "no folder"],
)
def test_a_kit_that_cannot_be_read_is_refused(folder, change, said):
    change(folder / "My Kit")
    status, _, errors = render(folder)
    assert status == 2
    assert said in errors


def test_a_map_of_other_notes_is_not_taken_for_these(folder):
    render(folder)
    (folder / "midi/info.csv").write_text(
        "drummer,id,style,bpm,time_signature,midi_filename,split\n"
        "drummer1,drummer1/s/1,rock,120,4-4,b.mid,train\n"
    )
    status, _, errors = render(folder)
    assert status == 2
    assert "kit_map.yaml: is of the notes of general_midi, and these performances are of" in errors
    assert render(folder, "--notes", "general_midi")[0] == 0


def test_a_limit_draws_performances_of_which_fewer_are_a_part(folder):
    for number in range(8):
        write_midi(folder / f"midi/{number}.mid", STROKES[:1])
    drawn = []
    for limit in (2, 4):
        shutil.rmtree(folder / "out", ignore_errors=True)
        render(folder, "--limit", limit)
        drawn.append({path.stem for path in (folder / "out").rglob("*.flac")})
    assert [len(each) for each in drawn] == [2, 4]
    assert drawn[0] < drawn[1]
    assert drawn[0] != {"0", "1"}


def test_a_folder_is_called_as_the_kits_whatever_is_in_its_name(folder):
    (folder / "My Kit").rename(folder / "The Pearl 1.0 (é)")
    assert render(folder, kit="The Pearl 1.0 (é)")[0] == 0
    assert (folder / "out/the_pearl_1_0/kit.yaml").is_file()


def test_arguments_that_lead_nowhere_are_refused(folder):
    assert "--midi: gone: is not there" in render(folder, midi="gone")[2]
    assert (
        "--notes: got 'gm'; allowed: general_midi, roland_td11"
        in render(folder, "--notes", "gm")[2]
    )
    (folder / "none").mkdir()
    assert (
        "none: no performance; wanted: a folder with MIDI files" in render(folder, midi="none")[2]
    )
    both = run_command(
        folder, "render", "My Kit", "My Kit/kit.json", "--midi", "midi", "--out", "out"
    )
    assert (both[0], "are both my_kit; rename one" in both[2]) == (2, True)


def test_a_performance_cannot_take_the_place_of_a_file_of_the_kit(folder):
    for name in ("kit", "Kit_Map", "a/kit"):
        write_midi(folder / f"midi/{name}.mid")
    status, said, _ = render(folder)
    assert status == 1
    assert "left out: kit.mid: is called as a file of the kit is; rename it" in said
    assert "left out: Kit_Map.mid: is called as a file of the kit is; rename it" in said
    assert yaml.safe_load((folder / "out/my_kit/kit.yaml").read_text())["name"] == "Mine"
    assert (folder / "out/my_kit/kit_map.yaml").read_text().startswith("# Which instrument")
    run = Run("rendered_kits", [folder / "out"], folder / "facts.json")
    assert run.inventory().sessions["session_id"].to_pylist() == [
        "my_kit/a/kit",
        "my_kit/a/take",
        "my_kit/b",
    ]


@pytest.mark.parametrize("midi", ["../midi", "../.hidden/midi"], ids=["above", "hidden"])
def test_performances_lie_below_any_folder(folder, midi):
    (folder / "here").mkdir()
    write_midi(folder / ".hidden/midi/a/take.mid")
    write_midi(folder / ".hidden/midi/b.mid", STROKES[:2])
    write_midi(folder / f"here/{midi}/.trash/c.mid")
    status, _, errors = render(folder / "here", kit="../My Kit", midi=midi)
    assert (status, errors) == (0, "")
    flacs = {path.name for path in (folder / "here/out").rglob("*.flac")}
    assert flacs == {"take.flac", "b.flac"}


def test_an_index_may_name_files_in_odd_ways(folder):
    header = "drummer,id,style,bpm,time_signature,midi_filename,split\n"
    files = ("b.mid", "./b.mid", "take.1/x", "a//take.mid")
    (folder / "midi/take.1").mkdir()
    (folder / "midi/take.1/x").write_bytes((folder / "midi/b.mid").read_bytes())
    rows = "".join(f"d,s/{n},rock,120,4-4,{file},train\n" for n, file in enumerate(files))
    (folder / "midi/info.csv").write_text(header + rows)
    status, said, _ = render(folder)
    assert status == 1
    assert "left out: ./b.mid: another file of this name is taken" in said
    assert "left out: take.1/x: its name does not end in .mid or .midi" in said
    assert {path.stem for path in (folder / "out").rglob("*.flac")} == {"take", "b"}


def test_a_folder_that_holds_the_kit_or_the_performances_is_not_written_into(folder):
    write_kit(folder / "kick")
    write_midi(folder / "kick/kick.mid")
    before = contents(folder)
    for kit, midi, what in (
        ("kick", "midi", "the kit"),
        ("My Kit", "my_kit/midi", "the performances"),
    ):
        if midi.startswith("my_kit"):
            write_midi(folder / "my_kit/midi/b.mid")
            before = contents(folder)
        run = run_command(folder, "render", kit, "--midi", midi, "--out", ".")
        assert run[0] == 2
        assert f"the renderings would go to {kit.lower().replace(' ', '_')}, which holds" in run[2]
        assert what in run[2]
        assert contents(folder) == before


def test_another_kit_of_one_name_does_not_take_the_place_of_the_first(folder):
    render(folder)
    before = contents(folder / "out")
    (folder / "new").mkdir()
    write_kit(folder / "new/My Kit")
    text = (folder / "new/My Kit/kit.json").read_text()
    (folder / "new/My Kit/kit.json").write_text(text.replace('"Mine"', '"Another"'))
    status, _, errors = render(folder, kit="new/My Kit")
    assert status == 2
    assert "out/my_kit/kit.yaml: is of another kit, 'Mine' (voices), and this one is" in errors
    assert contents(folder / "out") == before


def test_another_kit_of_one_name_and_form_is_told_by_its_samples(folder):
    render(folder)
    before = contents(folder / "out")
    (folder / "new").mkdir()
    write_kit(folder / "new/My Kit")
    for number, voice in enumerate(VOICES):
        write_sound(folder / f"new/My Kit/{voice}.wav", np.full(9_000 + number, 0.3), RATE_HZ)
    status, _, errors = render(folder, kit="new/My Kit")
    assert status == 2
    assert (
        "out/my_kit/kit.yaml: is of another kit of this name, 'Mine' (voices): none of the 4 "
        "samples that it played is in new/My Kit; name another --out" in errors
    )
    assert contents(folder / "out") == before
    # With one of the samples left it is the kit, changed.
    shutil.copy(folder / "My Kit/snare.wav", folder / "new/My Kit/snare.wav")
    status, said, _ = render(folder, kit="new/My Kit")
    assert (status, "2 performance(s) made" in said) == (0, True)


def test_a_kit_whose_samples_have_names_of_another_code_page_is_itself(folder):
    kit = folder / "My Kit"
    voices = {}
    for voice in VOICES:
        (kit / f"{voice}.wav").rename(kit / f"{voice}\udce9.wav")
        voices[voice] = [f"{voice}\udce9.wav"]
    kit.joinpath("kit.json").unlink()
    regions = "".join(
        f"<region> sample={voice}\udce9.wav key={key} group_label={voice}\n"
        for voice, key in zip(VOICES, (36, 38, 49, 57), strict=True)
    )
    kit.joinpath("kit.sfz").write_bytes(regions.encode("utf-8", "surrogateescape"))
    first = render(folder)
    assert "2 performance(s) made, 0 stood already" in first[1], first
    assert "0 performance(s) made, 2 stood already" in render(folder)[1]


def test_a_kit_that_plays_otherwise_makes_it_anew(folder):
    kit = folder / "My Kit"
    kit.joinpath("kit.json").unlink()
    keys = dict(zip(VOICES, (36, 38, 49, 57), strict=True))
    text = "".join(f"<region> sample={name}.wav key={key}\n" for name, key in keys.items())
    kit.joinpath("kit.sfz").write_text(text)
    assert "2 performance(s) made" in render(folder)[1]
    # Neither a sample nor the gain of the kit has changed.
    kit.joinpath("kit.sfz").write_text(text.replace("key=49", "key=49 group=1 off_by=1"))
    assert "2 performance(s) made, 0 stood already" in render(folder)[1]
    moved = folder / "elsewhere/My Kit"
    moved.parent.mkdir()
    kit.rename(moved)
    assert "0 performance(s) made, 2 stood already" in render(folder, kit="elsewhere/My Kit")[1]


@pytest.mark.parametrize(
    "samples",
    ["{1: {sha256: a}}", "{a.wav: {sha256: 3}}", "[]", "{a.wav: b}"],
    ids=["number", "digest", "list", "text"],
)
def test_a_description_that_somebody_has_edited_ends_in_words(folder, samples):
    render(folder)
    place = folder / "out/my_kit/kit.yaml"
    place.write_text(f"name: Mine\nform: voices\nsamples: {samples}\n")
    status, _, errors = render(folder)
    assert "Traceback" not in errors
    assert status == 0 or "is of another kit of this name" in errors


def test_a_hand_that_grabs_a_cymbal_is_in_table_sound_and_events(folder):
    track = mido.MidiTrack()
    for kind, note, value, time in (
        ("note_on", 49, 127, 0),
        ("note_on", 57, 127, 48),  # at 0.05 s
        ("polytouch", 49, 127, 48),  # at 0.1 s
        ("polytouch", 49, 0, 48),
        ("note_on", 36, 127, 336),
    ):
        name = {"note_on": "velocity", "polytouch": "value"}[kind]
        track.append(mido.Message(kind, note=note, time=time, channel=9, **{name: value}))
    # A pressure of another channel grabs no drum.
    other = mido.MidiTrack([mido.Message("polytouch", note=57, value=127, channel=0, time=60)])
    file = mido.MidiFile(type=1, ticks_per_beat=480, tracks=[track, other])
    shutil.rmtree(folder / "midi")
    (folder / "midi").mkdir()
    file.save(folder / "midi/grab.mid")
    for voice, level in VOICES.items():
        write_sound(folder / f"My Kit/{voice}.wav", np.full(20_000, level), RATE_HZ)
    render(folder)
    with (folder / "out/my_kit/grab.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [(row["label"], row["grabbed_samples"]) for row in rows] == [
        ("crash", "4410"),
        ("crash2", ""),
        ("kick", ""),
    ]
    record = yaml.safe_load((folder / "out/my_kit/grab.yaml").read_text())
    assert record["n_choked"] == 1
    samples, _ = soundfile.read(folder / "out/my_kit/grab.flac")
    gain = record["gain"]
    assert samples[4_409] == pytest.approx(gain * (0.2 + 0.25), abs=1e-3)
    assert samples[4_410 + 6_615] == pytest.approx(gain * 0.25, abs=1e-3)  # 0.15 s later
    run = Run("rendered_kits", [folder / "out"], folder / "facts.json")
    events = run.ingest(run.inventory().sessions).events.to_pylist()
    assert [event["techniques"] for event in events] == [["choke"], [], []]


def test_two_calls_do_not_render_into_one_folder_at_once(folder):
    render(folder)
    before = contents(folder / "out")
    with (folder / "out/.render.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        status, _, errors = render(folder, "--seed", "2")
    assert status == 2
    assert "--out: out: another call renders into it; wait for that, or name another f" in errors
    (folder / "out/.render.lock").unlink()
    assert contents(folder / "out") == before
    assert render(folder)[0] == 0
    assert contents(folder / "out") == before


def test_of_a_file_with_a_channel_of_percussion_that_alone_is_played(folder):
    song = mido.MidiFile(folder / "midi/b.mid")  # channel 1 alone: it is taken for drums
    bass = mido.MidiTrack([mido.Message("note_on", note=36, velocity=90, channel=0, time=240)])
    for message in song.tracks[0]:
        if not message.is_meta:
            message.channel = 9
    mido.MidiFile(type=1, ticks_per_beat=480, tracks=[bass, *song.tracks]).save(
        folder / "midi/song.mid"
    )
    render(folder)
    made = {
        name: yaml.safe_load((folder / f"out/my_kit/{name}.yaml").read_text())
        for name in ("b", "song")
    }
    keys = ("n_strokes", "n_of_other_channels")
    assert [made["b"][key] for key in keys] == [2, 0]
    assert [made["song"][key] for key in keys] == [2, 1]
    tables = [(folder / f"out/my_kit/{name}.csv").read_text() for name in ("b", "song")]
    assert tables[0] == tables[1]


def test_a_midi_file_that_the_system_does_not_give_is_named(folder, monkeypatch):
    read_bytes = Path.read_bytes

    def refuse(path):
        if path.name == "b.mid":
            raise OSError(errno.EIO, "Input/output error")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    performances, problems = list_performances(folder / "midi")
    assert [each.name for each in performances] == ["a/take"]
    assert problems == ["b.mid: cannot be read (Input/output error)"]


def test_what_does_not_print_is_shown_as_its_escape(folder):
    text = (folder / "My Kit/kit.json").read_text()
    text = text.replace('"Mine"', r'"Mi\u001bne"').replace('"CC0"', r'"C\u202eC0"')
    (folder / "My Kit/kit.json").write_text(text)
    (folder / "midi/bad\x1b.mid").write_bytes(b"MThd")
    said = render(folder)[1]
    assert r"out/my_kit: Mi\x1bne, voices; licence: C\u202eC0 (kit.json)" in said
    assert r"left out: my_kit: bad\x1b: truncated" in said


@pytest.mark.parametrize("empty", ["kit", "--midi", "--out"], ids=["kit", "midi", "out"])
def test_an_empty_argument_is_not_the_current_folder(folder, empty):
    arguments = {"kit": "My Kit", "--midi": "midi", "--out": "out"} | {empty: ""}
    status, _, errors = run_command(
        *(folder, "render", arguments["kit"]),
        *("--midi", arguments["--midi"], "--out", arguments["--out"]),
    )
    assert status == 2
    assert f"{empty.replace('kit', 'KIT')}: is empty; wanted: a folder" in errors
    assert not (folder / "out").exists()


def test_a_real_kit_plays_real_performances(tmp_path):
    kit, midi = DATA / "kits/muldjord", DATA / "groove_midi/groove"
    if not (kit.is_dir() and midi.is_dir()):
        pytest.skip(f"no real kit and performances in {DATA}")
    status, said, _ = render(tmp_path, "--limit", "3", kit=kit, midi=midi)
    assert (status, "3 performance(s) made" in said) == (0, True)
    assert "  crash2             crash2: 52, 57\n" in said
    run = Run("rendered_kits", [tmp_path / "out"], tmp_path / "facts.json")
    inventory = run.inventory()
    assert inventory.quarantine.to_pylist() == []
    assert set(inventory.sessions["split"].to_pylist()) <= {"train", "validation", "test"}
    tallies = run.ingest(inventory.sessions).tallies.to_pylist()
    assert {row["outcome"] for row in tallies} <= {"in_event", "double_trigger"}
