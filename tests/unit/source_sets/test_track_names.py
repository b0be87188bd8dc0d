"""Names of tracks: whole words, where they stand, and what must not mislead."""

import copy

import pytest
import yaml
from checkout import REPO
from hypothesis import given
from hypothesis import strategies as st

from drumcorpus.ground.files.taxonomy_files import load_label_map
from drumcorpus.source_sets.shared.track_names import (
    CLOSE,
    COPY,
    KIT,
    OTHER,
    UNCLEAR,
    UNKNOWN,
    read_one_shot_names,
    read_track_names,
    shared_words,
)
from drumcorpus.source_sets.shared.track_rules import read_rules


@pytest.fixture(scope="module")
def document(repo):
    return yaml.safe_load((repo / "resources/source_sets/track_names.yaml").read_text())


@pytest.fixture(scope="module")
def rules(document):
    return read_rules(document)


def read(rules, *names):
    """(kind, instrument, instance) of the names of one session."""
    return [(r.kind, r.instrument, r.instance) for r in read_track_names(list(names), rules)]


def one(rules, name):
    (reading,) = read_track_names([name], rules)
    return reading


# What the sources' names mean


@pytest.mark.parametrize(
    ("name", "instrument", "instance", "place"),
    [
        ("01_Kick", "kick", 0, "plain"),
        ("01_KickIn", "kick", 0, "in"),
        ("02_KickOut", "kick", 0, "out"),
        ("03_KickSub", "kick", 0, "sub"),
        ("01_BassDrum", "kick", 0, "plain"),
        ("DRUM Kick I-Beta 52-HARDLEY M1-160A", "kick", 0, "in"),
        ("DRUMS - Kick In - M81-SH", "kick", 0, "in"),
        ("KICK - SENN 421  {our M82 died _( }", "kick", 0, "plain"),
        ("03_SnareUp", "snare", 0, "top"),
        ("05_SnareUnder", "snare", 0, "bottom"),
        ("04_SnareDown", "snare", 0, "bottom"),
        ("Snare Bottom", "snare", 0, "bottom"),
        ("DRUM SNARE T-M80-SSL DUALITY", "snare", 0, "top"),
        ("DRUM SNARE BOTTOM - M81 - API 1608", "snare", 0, "bottom"),
        ("02.SN TP_02", "snare", 0, "top"),
        ("04_Snare2", "snare", 2, "plain"),
        ("05_SnareUp2", "snare", 0, "top"),  # a second microphone, not a second snare
        ("05_HiHat", "hi hat", 0, "plain"),
        ("HH", "hi hat", 0, "plain"),
        ("Drums-Hat-M60", "hi hat", 0, "plain"),
        ("DRUM HI HAT - M60 FET hypercardioid - API 1608", "hi hat", 0, "plain"),
        ("08_HighHat", "hi hat", 0, "plain"),
        ("OpenHat", "open hi hat", 0, "plain"),
        ("HIHAT OPEN", "open hi hat", 0, "plain"),
        ("Closed Hat 2", "closed hi hat", 2, "plain"),
        ("05_Ride", "ride", 0, "plain"),
        ("09_RIde", "ride", 0, "plain"),  # as it is spelt in the library
        ("07_RideBell", "ride bell", 0, "plain"),
        ("11_Crash", "crash", 0, "plain"),
        ("Cymbal Crash 7", "crash", 7, "plain"),
        ("CrashCymbal2", "crash", 2, "plain"),
        ("12_Tom", "tom", 0, "plain"),
        ("TomTom", "tom", 0, "plain"),
        ("RackTom", "rack tom", 0, "plain"),
        ("Tom Rack", "rack tom", 0, "plain"),
        ("Drums-Rack-M81", "rack tom", 0, "plain"),
        ("Drums-Floor-M81", "floor tom", 0, "plain"),
        ("FloorTom2", "floor tom", 2, "plain"),
        ("Flr Tom", "floor tom", 0, "plain"),
        ("Fl Tom - M81", "floor tom", 0, "plain"),
        ("07_FlrTom2", "floor tom", 2, "plain"),
        ("TOM FLR", "floor tom", 0, "plain"),
        ("Snare Ac", "snare", 0, "plain"),  # an acoustic snare, beside a drum machine's
        ("Kick Acoustic", "kick", 0, "plain"),
        ("Snare Line", "snare", 0, "plain"),
        ("Rack Tom DI", "rack tom", 0, "plain"),
        ("Floor Tom Lead", "floor tom", 0, "plain"),
        ("AcousticTom", "tom", 0, "plain"),
        ("Tom1 DI", "tom", 1, "plain"),
        ("Tom D-112", "tom", 0, "plain"),
        ("Tom Alt", "tom", 0, "other take"),
        ("10_Clap1", "hand clap", 1, "plain"),
        ("07_Shaker", "shaker", 0, "plain"),
        ("06_Tambourine", "tambourine", 0, "plain"),
        ("15_Cowbell", "cowbell", 0, "plain"),
        ("14_Woodblock", "wood block", 0, "plain"),
        ("DJEMBE BOTTOM-260", "djembe", 0, "bottom"),
        ("09_Sidestick", "side stick", 0, "plain"),
        ("Snare Rimshot", "rim shot", 0, "plain"),
        ("808Kick", "kick", 0, "plain"),
        ("17_DrumkitTom1", "tom", 1, "plain"),
        ("08_Drumkit1_Kick", "kick", 0, "plain"),
    ],
)
def test_a_close_microphone(rules, name, instrument, instance, place):
    reading = one(rules, name)
    assert (reading.kind, reading.instrument, reading.instance) == (CLOSE, instrument, instance)
    assert rules.positions[reading.position] == place


@pytest.mark.parametrize(
    "name",
    [
        *("09_Overheads", "05_OverheadsStereo", "OVER_04-07", "Oh Left", "OHs", "03.Ohd_01 L"),
        *("OVERHEADS_M60 FET.L", "NBATG - OH Ride - ELA M 260", "15_DrumkitOverheads"),
        *("10_Room", "13_DrumsRoom1", "ROOM_AR-51 (CARDIOID)", "CHAMBER - AR-70 STEREO.L"),
        *("DrumLoop", "11_Loop", "Forest Organics - Perc Loop 01 - 120-BPM", "SnareLoop2"),
        *("Drums", "06_Drums", "14_DrumkitClose", "08_DrumsReverb", "SnareVerb", "Kick FX"),
        *("09_ReverseCymbal", "10_RevCymbal", "Reversed Snare"),
    ],
)
def test_a_track_that_hears_more_or_no_stroke_is_listed_only(rules, name):
    reading = one(rules, name)
    assert (reading.kind, reading.instrument) == (KIT, None)
    assert reading.reason


@pytest.mark.parametrize(
    ("name", "instrument"),
    [
        ("02_KickSample", "kick"),
        ("01_KickTrigger", "kick"),
        ("07_SnareSample2", "snare"),
        ("09_HiHatSample", "hi hat"),
        ("09_TomSample1", "tom"),
        ("11_Tom1Sample", "tom"),
    ],
)
def test_samples_and_triggers_are_of_an_instrument_and_no_microphone(rules, name, instrument):
    reading = one(rules, name)
    assert (reading.kind, reading.instrument) == (COPY, instrument)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("06_Cymbal1", "cymbal: which cymbal is not told"),
        ("04_Cymbals", "cymbal: which cymbal is not told"),
        ("04_Toms", "toms: several toms in one track"),
        ("Percussion", "percussion: which percussion is not told"),
        ("03_Brushes", "brushes: a brush sweeps as much as it strikes"),
        ("Brush Snare", "names snare and brushes: a brush sweeps as much as it strikes"),
        ("Snare Brush", "names snare and brushes: a brush sweeps as much as it strikes"),
        ("04_SnareBrushesTop", "names snare and brushes: a brush sweeps as much as it strikes"),
        ("Snare Roll", "names snare and roll: the strokes of a roll run into each other"),
        ("DrumRoll", "roll: the strokes of a roll run into each other"),
        ("Rim", "rim: rim shot or cross stick is not told"),
        ("KickSnare", "names kick and snare"),
        ("Hat-Ride", "names hi hat and ride"),
    ],
)
def test_a_name_that_leaves_the_drum_open_gives_no_label(rules, name, reason):
    reading = one(rules, name)
    assert (reading.kind, reading.instrument, reading.reason) == (UNCLEAR, None, reason)


@pytest.mark.parametrize(
    "name",
    [
        *("ORGAN LESLIE BOTTOM_M82", "LESLIE BOTTOM - M81", "11_Bass", "BASS_DI", "SD BASS-AMP"),
        *("VOX DRUMS_M80", "12_TomVox", "TomsGtr", "BackingVox", "11_ElecGtr1a_VoxM160"),
        *("TomAcoustic", "Tom Lead", "Tom DI", "Tom_D.I.", "TomAc30", "Tom's Amp", "Tom Vox 2"),
        *("Crotales", "19_Timpani1", "Glockenspiel", "SynthTom", "13_Click", "SideKick"),
    ],
)
def test_a_name_of_another_instrument_is_no_drum(rules, name):
    reading = one(rules, name)
    assert (reading.kind, reading.instrument) == (OTHER, None)


@pytest.mark.parametrize(
    "name",
    [
        *("TheBride", "Actions", "Car", "ACT L", "04_Atomic", "12_Bottomless", "Sidekicks"),
        *("08-130624_1035", "M60 LEFT", "M80", "U87", "C414", "57", "i5", "D112", "API 1608", ""),
        *("Welcome To M80", "Chat", "Shatter", "Tomorrow", "Strider", "Kickstarter", "Snared"),
    ],
)
def test_parts_of_words_and_microphones_name_nothing(rules, name):
    assert one(rules, name).kind == UNKNOWN


def test_several_reasons_stand_in_one_sentence(rules):
    assert one(rules, "12_TomVox").reason == "names vocals and tom, no drum"
    assert one(rules, "Tom Lead").reason == "names somebody called Tom, no drum"
    assert one(rules, "Snare Loop").reason.startswith("a loop holds several strokes")
    assert one(rules, "02_KickSample").reason == "kick: a sample laid over"
    assert one(rules, "03_SnareUp").reason == "snare, top"


def test_letters_say_left_and_right_and_where_a_microphone_stands(rules):
    sides = [one(rules, name).side for name in ("Crash L", "CrashR", "Crash Left", "Crash")]
    assert sides == ["left", "right", "left", ""]
    assert rules.positions[one(rules, "KICK - i5").position] == "plain"
    assert rules.positions[one(rules, "KickO").position] == "out"
    assert rules.positions[one(rules, "B SNARE").position] == "plain"


@pytest.mark.parametrize(
    ("name", "instance"),
    [("SNARE 57", 0), ("Kick Drum 18", 0), ("TOM 2 - M80", 2), ("Tom02", 2), ("TOM 421", 0),
     ("Tom 04-07", 0), ("Tom ²", 0), ("Tom " + "9" * 5000, 0)],
)  # fmt: skip
def test_a_small_number_right_after_the_instrument_counts(rules, name, instance):
    assert one(rules, name).instance == instance


# Sessions


def test_the_initials_of_a_song_are_no_snare(rules):
    names = [
        "SD BASS-AMP-CU29-LACHAPELL",
        "SD VOX-LEAD-M80-1081",
        "SD GUITAR-M81-1081",
        "SD DRUMS-TOM1-M81-SH-API",
        "SD DRUMS-KICK-M82",
    ]
    assert shared_words(names, rules) == (["sd"], [])
    assert read(rules, *names) == [
        (OTHER, None, 0),
        (OTHER, None, 0),
        (OTHER, None, 0),
        (CLOSE, "tom", 1),
        (CLOSE, "kick", 0),
    ]


def test_a_ride_in_a_title_is_no_ride_wherever_the_title_stands(rules):
    first = [f"Joy Ride - {part}" for part in ("Kick", "Snare", "Bass", "Vox")]
    last = [f"{part} - Joy Ride" for part in ("Kick", "Ride", "Bass", "Vox")]
    assert read(rules, *first)[:2] == [(CLOSE, "kick", 0), (CLOSE, "snare", 0)]
    assert read(rules, *last)[:2] == [(CLOSE, "kick", 0), (CLOSE, "ride", 0)]
    assert shared_words(last, rules) == ([], ["joy", "ride"])


@pytest.mark.parametrize(
    "names",
    [
        ["Kick 1", "Kick 2", "Kick 3", "Kick 4"],
        ["Kick - M80 (stock)", "Kick - M82", "Kick - M81", "Kick - D112", "Snare - M80"],
        ["808 Kick", "909 Kick", "Deep Kick", "Hard Kick"],
        ["Kick Drum", "Snare Drum", "Bass Drum", "Tom Drum"],
        ["Drums-Kick", "Drums-Snare", "Drums-Hat", "Drums-Floor"],
        ["SD BASS", "SD DRUMS", "SD VOX"],  # too few to tell
        ["VOX BASS", "VOX DRUMS", "VOX KEYS", "VOX KICK"],  # people who sing drums
    ],
)
def test_what_names_share_is_kept_where_it_says_what_they_are(rules, names):
    assert shared_words(names, rules) == ([], [])


@pytest.mark.parametrize(
    ("names", "instruments"),
    [
        (["Tom1", "Tom2"], ["high tom", "low tom"]),
        (["Tom3", "Tom2", "Tom1"], ["low tom", "middle tom", "high tom"]),
        (["Tom1", "Tom2", "Tom3", "Tom4"], ["high tom", "middle tom", "middle tom", "low tom"]),
        (["Tom1", "Tom2", "FloorTom"], ["high tom", "middle tom", "floor tom"]),
        (["Tom1", "FloorTom"], ["high tom", "floor tom"]),
        (["RackTom", "FloorTom"], ["rack tom", "floor tom"]),
        (["RackTom1", "RackTom2", "FloorTom"], ["high tom", "middle tom", "floor tom"]),
        (["DRUM TOM - M81-SH", "DRUM TOM 2 - M81-SH"], ["high tom", "low tom"]),
        (["Tom1", "Tom1Sample", "Tom2"], ["high tom", "high tom", "low tom"]),
        (["Tom"], ["tom"]),
        (["Tom1"], ["tom"]),
        (["Tom", "FloorTom"], ["tom", "floor tom"]),
        (["Hi Tom", "Mid Tom", "Lo Tom"], ["high tom", "middle tom", "low tom"]),
    ],
)
def test_numbered_toms_are_ranked_among_the_toms_of_the_session(rules, names, instruments):
    assert [reading.instrument for reading in read_track_names(names, rules)] == instruments


def test_a_rank_is_told(rules):
    assert [r.reason for r in read_track_names(["Tom1", "Tom2"], rules)] == [
        "tom 1: high tom",
        "tom 2: low tom",
    ]


def test_no_session_is_no_reading(rules):
    assert read_track_names([], rules) == []
    assert shared_words([], rules) == ([], [])


# Sample packs


def shots(rules, pack, *names):
    return [
        (r.kind, r.instrument, r.instance) for r in read_one_shot_names(list(names), pack, rules)
    ]


def test_numbers_of_one_shots_are_serial_numbers(rules):
    assert shots(rules, "Pack", "Cymbal Crash 2", "Tom 1", "Tom 2", "Kick 3") == [
        (CLOSE, "crash", 0),
        (CLOSE, "tom", 0),
        (CLOSE, "tom", 0),
        (CLOSE, "kick", 0),
    ]


def test_every_file_of_a_pack_is_a_sample(rules):
    assert shots(rules, "Pack", "Kick Sample 4") == [(CLOSE, "kick", 0)]
    assert shots(rules, "Snare Samples", "01 Dusty") == [(CLOSE, "snare", 0)]


def test_in_a_sample_pack_percussion_is_one_stroke_of_percussion(rules):
    assert shots(rules, "Pack", "Perc 12", "Percussion") == [(CLOSE, "percussion", 0)] * 2
    assert read(rules, "Perc 12") == [(UNCLEAR, None, 0)]


def test_a_roll_and_a_brush_are_no_one_shots(rules):
    names = ["Snare Roll 2", "Snare Brush", "Snare 3"]
    assert shots(rules, "Pack", *names) == [(UNCLEAR, None, 0)] * 2 + [(CLOSE, "snare", 0)]


def test_a_loop_of_a_pack_is_no_one_shot(rules):
    name = "Forest Organics - Perc Loop 01 - 120-BPM"
    assert shots(rules, "Forest Kit", name) == [(KIT, None, 0)]


@pytest.mark.parametrize(
    ("pack", "instrument"),
    [
        ("Cymbal Crashes - SignatureSounds.org", "crash"),
        ("Kick Drums - Multiple Genres", "kick"),
        ("Multi kick vol.2", "kick"),
        ("burial Percussions Teaser", "percussion"),
        ("Smash Kit 3", None),
        ("Industrial Percussion Kit", None),  # a kit holds several things
        ("Kicks And Snares", None),
        ("Snare Loops", None),
        ("Signature Samples Foley One Shots", None),
    ],
)
def test_where_no_file_says_what_it_is_a_pack_of_one_instrument_does(rules, pack, instrument):
    expected = (CLOSE, instrument, 0) if instrument else (UNKNOWN, None, 0)
    assert shots(rules, pack, "01 Dusty", "02 Deep", "03 Wide") == [expected] * 3


def test_the_pack_says_nothing_where_a_file_does(rules):
    assert shots(rules, "Burial Kicks", "01 Dusty", "Rimshot 1") == [
        (UNKNOWN, None, 0),
        (CLOSE, "rim shot", 0),
    ]
    assert shots(rules, "Burial Kicks", "01 Dusty", "02 Loop", "03 Vox") == [
        (CLOSE, "kick", 0),
        (KIT, None, 0),
        (OTHER, None, 0),
    ]


# The rules


def test_every_instrument_has_a_label_and_every_label_an_instrument(repo, taxonomy, document):
    path = repo / "resources/taxonomy/note_maps/track_instruments.yaml"
    label_map = load_label_map(path, taxonomy)
    instruments = document["instruments"].keys() | document["one_shot_instruments"].keys()
    assert label_map.strokes.keys() == instruments
    assert label_map.drops == {"bleed": "bleed"}
    assert {stroke.cymbal for stroke in label_map.strokes.values()} == {None}


def test_every_word_is_read_as_its_entry(rules, document):
    for entry, row in document["instruments"].items():
        for word in row["words"]:
            for spelling in (word, word.upper(), word.title().replace(" ", ""), f"07_{word}"):
                assert one(rules, spelling).instrument == entry, spelling
    for section, kind in (("unclear", UNCLEAR), ("roles", KIT)):
        for row in document[section].values():
            assert {one(rules, word).kind for word in row["words"]} == {kind}
    for words in document["not_drums"].values():
        assert {one(rules, word).kind for word in words} == {OTHER}


def broken(document, change):
    document = copy.deepcopy(document)
    change(document)
    return document


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("roles"), r"track_names\.yaml: \(top level\): missing roles"),
        (lambda d: d.update(rolls={}), r"unknown key 'rolls' \(did you mean 'roles'\?\)"),
        (lambda d: d["instruments"]["kick"].update(words="kick"), r"instruments\.kick\.words: got"),
        (lambda d: d["unclear"]["rim"].pop("reason"), r"unclear\.rim: missing reason"),
        (lambda d: d["kit"].append(7), r"kit\.\d+: got 7; wanted: string"),
        (lambda d: d["kit"].append("kick"), r"kit: kit: 'kick' stands in instruments: kick too"),
        (lambda d: d["kit"].append("hihat"), r"'hihat' stands in instruments: hi hat too"),
        (lambda d: d["shared_words"].update(share=0), r"shared_words\.share: got 0"),
        (lambda d: d["positions"].pop(2), r"positions: got in, top, .*; `plain` is missing"),
        (lambda d: d["ranked"]["tom"].update(first="tenor"), r"ranked: tom: 'tenor' is no instr"),
    ],
    ids=[
        "section missing",
        "unknown section",
        "words no list",
        "reason missing",
        "number among words",
        "word of an instrument",
        "another spelling of one",
        "share 0",
        "position missing",
        "first no instrument",
    ],
)
def test_a_mistake_in_the_rules_is_named(document, change, message):
    with pytest.raises(ValueError, match=message):
        read_rules(broken(document, change))


@pytest.mark.parametrize("value", [None, [], "kick", 7])
def test_rules_that_are_no_mapping_are_refused(value):
    with pytest.raises(ValueError, match=r"track_names\.yaml: \(top level\)"):
        read_rules(value)


@given(st.lists(st.text(max_size=30), max_size=8), st.text(max_size=20))
def test_any_names_are_read(names, pack):
    path = "resources/source_sets/track_names.yaml"
    rules = _rules(path)
    assert len(read_track_names(names, rules)) == len(names)
    assert len(read_one_shot_names(names, pack, rules)) == len(names)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    ),
    st.sampled_from(["instruments", "roles", "ranked", "positions", "kit", "shared_words"]),
)
def test_any_rules_are_read_or_refused(value, section):
    document = _rules("resources/source_sets/track_names.yaml").document | {section: value}
    try:
        read_track_names(["Kick In"], read_rules(document))
    except ValueError as error:
        assert str(error).startswith("track_names.yaml: ")


def _rules(path, known={}):  # noqa: B006, one for all examples
    if path not in known:
        text = (REPO / path).read_text()
        known[path] = read_rules(yaml.safe_load(text))
    return known[path]
