"""Notes on a kit beside its sounds: what they say, and which are refused with file and line."""

import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.cymbal_names import read_cymbal_words
from drumcorpus.ground.files.raw_files import scan_roots
from drumcorpus.sessions import Survey
from drumcorpus.source_sets.shared.kit_notes import KitNotes, add_kit_notes, read_kit_notes
from drumcorpus.source_sets.signaturesounds import survey

DOCUMENT = yaml.safe_load((REPO / "resources/crash/cymbal_words.yaml").read_text())
RULES = yaml.safe_load((REPO / "resources/source_sets/track_names.yaml").read_text())
WORDS = read_cymbal_words(DOCUMENT)
SOUNDS = [f"Pack/Pack/Cymbal Crash {number}.wav" for number in range(1, 8)]


def read(text, name="notes.txt", sounds=SOUNDS):
    data = text.encode() if isinstance(text, str) else text
    return read_kit_notes({f"Pack/{name}": data}, sounds, WORDS)


def numbers(notes):
    """The numbers by the last word of a sound's name."""
    return {sound.rpartition(" ")[2]: number for sound, number in notes.numbers.items()}


TEXT = """\
Recorded on a Sunday, with two crashes and much patience.

Cymbal Crash 1-3, 7: Zildjian A Custom crash, 16"
Cymbal Crash 4 and 5.wav = Sabian AAX 18in
"""
CSV = """\
file;cymbal;maker;model;diameter
Cymbal Crash 1;;Zildjian;A Custom;16
Cymbal Crash 2;;Zildjian;A Custom;16
cymbal  crash 3.wav;;Zildjian;A Custom;16 in
Cymbal Crash 7;;Zildjian;A Custom;16"
Cymbal Crash 4;;Sabian;AAX;18
Cymbal Crash 5;;Sabian;AAX;45 cm
"""
YAML = """\
cymbals:
  - {maker: Zildjian, model: A Custom, diameter: 16, files: [Cymbal Crash 1, Cymbal Crash 2]}
  - {maker: Zildjian, model: A Custom, diameter: 16, files: ["Cymbal Crash 3", "Cymbal Crash 7"]}
  - maker: Sabian
    model: AAX
    diameter: 45 cm
    files: [Cymbal Crash 4, Cymbal Crash 5]
"""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (TEXT, "README"),
        (CSV, "kit.CSV"),
        (YAML, "kit.yml"),
    ],
    ids=["text", "csv", "yaml"],
)
def test_three_forms_say_the_same_and_the_largest_cymbal_is_the_first(text, name):
    notes = read(text, name)
    assert numbers(notes) == {"4": 1, "5": 1, "1": 2, "2": 2, "3": 2, "7": 2}
    assert notes.counts == {"crash": 2}
    assert "Zildjian A Custom" in notes.named[0] and "Sabian AAX" in notes.named[1]


def test_numbers_of_the_notes_are_kept():
    text = "file,cymbal\nCymbal Crash 1,2\nCymbal Crash ?,1\n".replace("?", "2")
    assert numbers(read(text, "kit.csv")) == {"1": 2, "2": 1}
    assert numbers(read("Cymbal Crash 1-6: cymbal 2\nCymbal Crash 7: 1, Paiste 2002")) == {
        **dict.fromkeys("123456", 2),
        "7": 1,
    }


def test_stars_stand_for_names():
    assert numbers(read("file,maker\nCymbal Crash ?,Paiste\n", "k.csv")) == dict.fromkeys(
        "1234567", 1
    )


def test_many_stars_cost_no_time():
    sounds = [f"p/{'a' * 200}b Crash {number}.wav" for number in range(20)]
    assert read(f"file,cymbal\n{'*a' * 90}*,1\n", "k.csv", sounds).counts == {"crash": 1}
    with pytest.raises(ValueError, match=r"k\.csv:2: .* is no sound beside these notes"):
        read(f"file,cymbal\n{'*a' * 90}*x,1\n", "k.csv", sounds)


def test_names_tell_cymbals_apart_that_are_described_alike():
    text = "file,cymbal,maker\nCymbal Crash 1,left,Paiste\nCymbal Crash 2,right,Paiste\n"
    assert numbers(read(text, "kit.csv")) == {"1": 1, "2": 2}


def test_kinds_are_numbered_apart():
    sounds = ["p/Crash 1.wav", "p/Ride 1.wav", "p/Crash 2.wav"]
    text = 'Ride 1: Zildjian K 22"\nCrash 1: Zildjian K 18"\nCrash 2: Zildjian K 16"\n'
    notes = read(text, sounds=sounds)
    assert notes.numbers == {"Crash 1": 1, "Crash 2": 2, "Ride 1": 1}
    assert notes.counts == {"crash": 2, "ride": 1}


def test_a_list_of_the_kit_counts_cymbals_and_numbers_none():
    # The README of the Colombo drum kit, in part, as it came.
    text = b"""Snare "piccolo" 14X4
Aquarian patch set. (\xbfparche se dice patch?)

Crash 16'' Sabian "B8 Pro, Thin Crash"
Crash 20'' Paiste 1000 "Power Crash 20''", made in Switzerland
Hihat Paiste 1000 14'' "Rude", made in Switzerland

 295K  crash16i__crash1.flac
 254K  crash16i__ride5.flac
"""
    assert read(text, "README") == KitNotes(
        {},
        {"crash": 2, "hihat": 1},
        ("Sabian B8 Pro crash, 16 in", "Paiste 1000 crash, 20 in", "Paiste hi-hat, 14 in"),
    )


def test_what_is_said_twice_is_one_cymbal():
    text = 'Crash: Zildjian A 16"\nThe Zildjian crash rings for long.\n'
    assert read(text).counts == {"crash": 1}


@pytest.mark.parametrize(
    "text",
    [
        "two Zildjian crashes",
        'Zildjian 16" crash\nPaiste crash ride',
        "Zildjian crash\nSabian cymbals",
    ],
    ids=["how many", "a crash ride", "some cymbals"],
)
def test_where_it_is_open_how_many_there_are_nothing_is_counted(text):
    assert read(text).counts == {}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("All rights reserved. A crash course: see below.", "terms.txt"),
        ("Cymbal Crash 1: with two microphones", "readme.md"),
        ("tempo,meter\n120,4/4\n", "tempo.csv"),
        ("bpm: 120\n", "song.yaml"),
        ("", "empty.csv"),
        ("", "empty.yaml"),
    ],
    ids=["terms", "prose", "table", "song", "empty table", "empty yaml"],
)
def test_what_says_nothing_of_cymbals_is_no_note(text, name):
    assert read(text, name) == KitNotes()


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "x\nCymbal Crash 8: Zildjian", "a.txt:2: 'Cymbal Crash 8' is no sound beside"),
        ("a.txt", "Cymbal Crash 6-8: Zildjian", "a.txt:1: 'Cymbal Crash 8' is no sound"),
        (
            "a.txt",
            "Cymbal Crash 1: Zildjian ride",
            "'Cymbal Crash 1' is a crash by its name, and a",
        ),
        ("a.txt", 'Cymbal Crash 1: Zildjian 16" and 18" crash', "a.txt:1: got"),
        (
            "a.txt",
            "Cymbal Crash 1: cymbal 0",
            "a.txt:1: cymbal: got 0; wanted: a whole number from",
        ),
        (
            "a.txt",
            "Cymbal Crash 1: 1\nCymbal Crash 1-2: 2",
            "a.txt:2: 'Cymbal Crash 1' is of cymbal",
        ),
        (
            "a.txt",
            "Cymbal Crash 1: Zildjian\nCymbal Crash 2: Zildjian A crash",
            "a.txt:2: this may be the cymbal of Pack/a.txt:1; give both a number",
        ),
        (
            "a.txt",
            "Cymbal Crash 1: 1, Zildjian\nCymbal Crash 2: 1, Sabian",
            "a.txt:2: cymbal 1 is Sabian, and Zildjian in Pack/a.txt:1",
        ),
        (
            "a.txt",
            "Cymbal Crash 1: 1\nCymbal Crash 2: Sabian",
            "a.txt:2: this cymbal has no number, and others have; give all one",
        ),
        ("a.txt", b"Zildjian\0crash", "a.txt:1: not text"),
        ("a.txt", "Zildjian crash\n" * 2001, "a.txt:2001: 2,001 cymbals and sounds in notes on a"),
        ("a.txt", "Zildjian crash" * 100, "a.txt:1: 1,400 characters in a line; allowed"),
        ("a.csv", "file,cymbal\n../../etc/passwd,1\n", "a.csv:2: '../../etc/passwd' is no sound"),
        ("a.csv", "file,cymbal\n\nCymbal Crash 1,\n", "a.csv:3: 'Cymbal Crash 1' has no cymbal"),
        ("a.csv", "file,cymbal\nCymbal Crash 1,100\n", "a.csv:2: cymbal: got 100; wanted"),
        ("a.csv", "file,cymbal,cymbal\n", "a.csv:1: column cymbal stands twice"),
        ("a.csv", 'file,cymbal\n"Cymbal Crash 1,1\n', "a.csv:2: not CSV"),
        (
            "a.csv",
            "file,maker,diameter\nCymbal Crash 1,Sabian,400\n",
            "a.csv:2: diameter: got '400'; wanted: 6 to 30, in inches, or with a unit",
        ),
        ("a.yaml", "cymbals:\n  - {files: [x]}\n", "a.yaml:2: 'x' is no sound beside these notes"),
        ("a.yaml", "bpm: 1\ncymbals: 3\n", "a.yaml:2: cymbals: got 3; wanted: a list"),
        ("a.yaml", "cymbals:\n  - 3\n", "a.yaml:2: cymbals: got 3; wanted: some of number, name"),
        ("a.yaml", "cymbals:\n  - {size: 3}\n", "a.yaml:2: got the key 'size'; allowed: number"),
        ("a.yaml", "cymbals:\n  - {number: yes}\n", "a.yaml:2: cymbal: got True; wanted: a whole"),
        ("a.yaml", "cymbals:\n  - {maker: []}\n", "a.yaml:2: maker: got []; wanted: text"),
        ("a.yaml", "cymbals: [\n", "a.yaml:2: not YAML"),
        ("a.yaml", "cymbals: &x [*x]\n", "a.yaml:1: the YAML alias 'x' is refused"),
    ],
    ids=[
        *("no sound", "no sound in a range", "another kind", "two of one", "number 0"),
        *("two numbers", "told by nothing", "one number for two", "with and without number"),
        *(
            "binary",
            "many lines",
            "long line",
            "a path",
            "no cymbal",
            "number 100",
            "column twice",
            "quote",
        ),
        *("diameter", "yaml no sound", "yaml no list", "yaml no entry", "yaml key"),
        *("yaml number", "yaml text", "yaml broken", "yaml alias"),
    ],
)
def test_a_broken_note_is_refused_with_file_and_line(name, text, message):
    with pytest.raises(ValueError, match=r"^Pack/a\.(txt|csv|yaml):\d+: ") as caught:
        read(text, name)
    assert message in str(caught.value)


def test_a_sound_whose_kind_nothing_tells_is_refused():
    with pytest.raises(ValueError, match=r"notes\.txt:1: which kind of cymbal: nothing says it"):
        read("01: Zildjian A Custom", sounds=["Pack/01.wav"])
    notes = read("01: Zildjian A Custom crash", sounds=["Pack/01.wav"])
    assert notes.numbers == {"01": 1}


def scanned(root):
    """The survey of a pack below `root`, with all that a link leads to outside of it left out."""
    files, refusals = scan_roots([root], lambda name, is_folder: None)
    options = {"track_names": RULES, "cymbal_words": DOCUMENT}
    return survey(files, lambda path: files[path].location.read_bytes(), options), refusals


@pytest.fixture
def pack(tmp_path):
    """A folder with three crashes; write notes into it."""
    folder = tmp_path / "root" / "Pack"
    folder.mkdir(parents=True)
    for number in (1, 2, 3):
        (folder / f"Cymbal Crash {number}.wav").write_bytes(b"")
    return folder


def test_notes_are_annotations_of_the_session_and_named_in_its_notes(pack):
    (pack / "kit.txt").write_text('Cymbal Crash 1: Zildjian A crash, 16"\n')
    (pack / "LICENSE.txt").write_text("Zildjian crash\n")
    (pack / "prose.txt").write_text("Have fun.\n")
    found, _ = scanned(pack.parent)
    (session,) = found.sessions
    assert session["support_paths"][3:] == ["Pack/kit.txt"]
    assert found.roles["Pack/kit.txt"] == "annotation"
    assert {found.roles[f"Pack/{name}.txt"] for name in ("prose", "LICENSE")} == {"other"}
    assert found.owners["Pack/kit.txt"] == "Pack"
    assert "kit.txt: on the kit: Zildjian A crash, 16 in" in session["notes"]
    assert found.refusals == []


def test_a_note_that_cannot_be_used_is_refused_and_the_others_are_used(pack):
    (pack / "a.txt").write_text("Cymbal Crash 1: 1\nCymbal Crash 2: 2\n")
    (pack / "b.txt").write_text("\nCymbal Crash 1: 2\n")
    (pack / "large.txt").write_text("Zildjian crash\n" * 20_000)
    found, _ = scanned(pack.parent)
    (session,) = found.sessions
    assert session["support_paths"][3:] == ["Pack/a.txt"]
    refused = {refusal.path: refusal for refusal in found.refusals}
    assert {path: refusal.reason for path, refusal in refused.items()} == {
        "Pack/b.txt": "unreadable_notes",
        "Pack/large.txt": "too_large",
    }
    assert refused["Pack/b.txt"].detail == (
        "Pack/b.txt:2: 'Cymbal Crash 1' is of cymbal 2, and of cymbal 1 in Pack/a.txt:1; leave "
        "one of the two out"
    )
    assert "300,000 bytes of notes on a kit; allowed: 262,144" in refused["Pack/large.txt"].detail
    assert {refusal.session_id for refusal in found.refusals} == {"Pack"}


def test_a_link_out_of_the_roots_is_not_read(pack, tmp_path):
    (tmp_path / "elsewhere.txt").write_text("Cymbal Crash 1: cymbal 1\n")
    (pack / "kit.txt").symlink_to(tmp_path / "elsewhere.txt")
    found, refusals = scanned(pack.parent)
    assert [(refusal.path, refusal.reason) for refusal in refusals] == [
        ("Pack/kit.txt", "outside_root")
    ]
    assert found.sessions[0]["support_paths"] == sorted(SOUND for SOUND in found.roles)


def test_what_is_too_large_is_not_opened():
    class Large:
        bytes = 1 << 30

    def read(path):
        raise AssertionError(path)

    session = {"session_id": "s", "support_paths": SOUNDS, "notes": []}
    found = Survey()
    options = {"cymbal_words": DOCUMENT}
    kept = add_kit_notes(found, session, ["Pack/a.txt"], {"Pack/a.txt": Large}, read, options)
    assert kept == session
    assert [refusal.reason for refusal in found.refusals] == ["too_large"]


KITS = st.dictionaries(st.integers(1, 7), st.integers(1, 3), min_size=1)


@given(KITS, st.sampled_from(["csv", "yaml", "txt"]))
def test_what_is_written_is_read_back(kit, form):
    rows = [(f"Cymbal Crash {sound}", number) for sound, number in kit.items()]
    text = {
        "csv": "file,cymbal\n" + "".join(f"{name},{number}\n" for name, number in rows),
        "txt": "".join(f"{name}: cymbal {number}\n" for name, number in rows),
        "yaml": yaml.safe_dump({"cymbals": [{"number": n, "files": [name]} for name, n in rows]}),
    }[form]
    notes = read(text, f"kit.{form}")
    assert notes.numbers == dict(sorted(rows, key=lambda row: notes.numbers[row[0]]))
    assert notes.counts == {"crash": len(set(kit.values()))}


@given(
    st.one_of(
        st.binary(max_size=300),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
        st.lists(
            st.sampled_from(
                ["Cymbal Crash ", "1", "7", "8", "-", ": ", ",", "\n", "Zildjian", '16"', " crash"]
            ),
            max_size=30,
        ).map(lambda parts: "".join(parts).encode()),
    ),
    st.sampled_from(["notes.txt", "kit.csv", "kit.yaml", "README"]),
)
def test_any_bytes_give_numbers_of_sounds_or_a_sentence_with_file_and_line(data, name):
    try:
        notes = read(data, name)
    except ValueError as error:
        assert str(error).startswith(f"Pack/{name}")
    else:
        stems = {f"Cymbal Crash {number}" for number in range(1, 8)}
        assert notes.numbers.keys() <= stems
        assert all(1 <= number <= 99 for number in notes.numbers.values())


@given(KITS, st.randoms())
def test_the_order_of_the_lines_does_not_matter_where_cymbals_are_told_by_size(kit, random):
    lines = [f'Cymbal Crash {sound}: {14 + 2 * size}" crash' for sound, size in kit.items()]
    shuffled = random.sample(lines, len(lines))
    assert read("\n".join(lines)).numbers == read("\n".join(shuffled)).numbers
