"""Who answers to which note: proposals by name, and what a user may write."""

from pathlib import Path

import pytest
from checkout import REPO

from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.ground.kits.kit_map import (
    labels_of_notes,
    map_text,
    open_questions,
    propose_map,
    read_map,
)
from drumcorpus.ground.kits.names import grabbed_bodies, make_words
from drumcorpus.ground.kits.shots import Instrument, Part, SampledKit, Shot

RESOURCES = REPO / "resources"
TAXONOMY = load_taxonomy(
    *(RESOURCES / f"taxonomy/{n}.yaml" for n in ("components", "techniques", "dynamics"))
)
WORDS = make_words(read_yaml(RESOURCES / "kits/instrument_words.yaml"), TAXONOMY)
GENERAL_MIDI = {
    note: entry["label"]
    for note, entry in read_yaml(RESOURCES / "taxonomy/general_midi.yaml")["instruments"].items()
}
TD11 = labels_of_notes(
    load_label_map(RESOURCES / "taxonomy/note_maps/roland_td11.yaml", TAXONOMY), TAXONOMY
)


def kit_of(*names, form="hydrogen", notes=None):
    shots = (Shot((Part("here", Path("a.wav")),)),)
    instruments = tuple(Instrument(n, shots, (notes or {}).get(n)) for n in names)
    return SampledKit("Kit", form, Path("kit/drumkit.xml"), Path("kit"), instruments)


def proposed(*names, **how):
    kit = kit_of(*names, **how)
    kit_map = propose_map(kit, WORDS, TAXONOMY, "roland_td11", TD11, GENERAL_MIDI)
    return {answer.name: (answer.label, list(answer.notes)) for answer in kit_map.answers}


def test_a_hand_grabs_one_cymbal():
    assert grabbed_bodies(WORDS, TAXONOMY) == {
        **{label: label for label in ("crash", "crash2", "crash3")},
        **dict.fromkeys(("ride_bow", "ride_bell", "ride_edge"), "ride"),
        **{label: label for label in ("splash", "china")},
    }
    document = read_yaml(RESOURCES / "kits/instrument_words.yaml") | {"grabbed": ["gong", "ride"]}
    with pytest.raises(ValueError, match=r"^words: grabbed: no families: gong$"):
        make_words(document, TAXONOMY)


def test_the_notes_of_both_pads_are_two_crashes():
    assert {note: label for note, label in TD11.items() if "crash" in label} == {
        49: "crash",
        55: "crash",
        57: "crash2",
        52: "crash2",
    }


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("BassDrum", "kick"),
        ("RideGrab", None),
        ("Snare (Pearl Free Floating Maple 14x3.5)", "snare"),
        ("Pearl Snare Rimshot", "rimshot"),
        ("Rim Click", "cross_stick"),
        ("Hi Hat Opened", "hihat_open"),
        ("Closed HH", "hihat_closed"),
        ("Pedal HH", "hihat_pedal"),
        ("VariBreaks Hat 1 Op", "hihat_open"),
        ("Sabian Hat Semi-Open", None),
        ("Tom Hi", "tom_high"),
        ("Pearl Tom 2", "tom_mid"),
        ("Floor Tom", "tom_low"),
        ("b3 - low tom", "tom_low"),
        ("ride-cup", "ride_bell"),
        ("Paiste Bell", "ride_bell"),
        ("Snare Roll", None),
        ("Splash", "splash"),
        ("China (Paiste Alpha 18)", "china"),
        ("Cowbell", "cowbell"),
        ("snare_rim", "rimshot"),
        ("Whistle", None),
    ],
    ids=lambda value: str(value),
)
def test_instruments_are_known_by_their_names(name, label):
    assert proposed(name)[name][0] == label


@pytest.mark.parametrize(
    ("names", "labels"),
    [
        (["Crash Left", "Crash Right"], ["crash", "crash2"]),
        (["crash16inch", "crash20inch--2"], ["crash", "crash2"]),
        (["Crash 2", "Crash 1"], ["crash2", "crash"]),
        (["Crash", "Crash Jazz"], ["crash", "crash2"]),
        (["Crash edge", "Crash bow", "Crash 18"], ["crash", "crash", "crash2"]),
        (["Crash", "Crash Choke"], ["crash", None]),
        (["Crash", "Crash Flink"], ["crash", "?"]),
        (["Crash", "Crash (2)"], ["crash", "?"]),
        (["Crash", "Crash/Ride 18"], ["crash", "?"]),
        (["Crash 14", "Crash 15", "Crash 16", "Crash 17"], ["crash", "crash2", "crash3", "?"]),
    ],
    ids=lambda value: ", ".join(map(str, value)),
)
def test_crashes_are_numbered_or_asked(names, labels):
    assert [label for label, _ in proposed(*names).values()] == labels


def test_the_kits_own_notes_number_its_crashes_but_for_those_of_hydrogen():
    notes = {"57 boom": 57, "49 boom": 49, "36 x": 36}
    labels = {n: label for n, (label, _) in proposed(*notes, form="sfz", notes=notes).items()}
    assert labels == {"57 boom": "crash2", "49 boom": "crash", "36 x": "kick"}
    assert {label for label, _ in proposed(*notes, notes=notes).values()} == {None}


def test_a_crash_of_a_note_that_is_none_is_asked():
    notes = {"49 crash": 49, "50 crash": 50}
    labels = [label for label, _ in proposed(*notes, form="sfz", notes=notes).values()]
    assert labels == ["crash", "?"]


def test_a_lack_is_answered_by_what_is_nearest_and_the_rest_is_silent():
    answers = proposed("Kick", "Snare", "Tom", "Crash", "Ride")
    assert answers == {
        "Kick": ("kick", [36]),
        "Snare": ("snare", [37, 38, 40]),
        "Tom": ("tom_high", [43, 45, 47, 48, 50, 58]),
        "Crash": ("crash", [49, 52, 55, 57]),
        "Ride": ("ride_bow", [51, 53, 59]),
    }


def test_a_proposal_is_read_as_it_was_written(tmp_path):
    kit = kit_of("Kick", "Crash 'é' : #", "Crash/Ride", "?")
    kit_map = propose_map(kit, WORDS, TAXONOMY, "roland_td11", TD11, GENERAL_MIDI)
    path = tmp_path / "kit_map.yaml"
    path.write_text(map_text(kit_map), encoding="utf-8")
    read = read_map(path, kit, TAXONOMY, ["roland_td11"])
    assert read == kit_map
    assert open_questions(read) == ["Crash/Ride"]


HEAD = "notes_of: roland_td11\ninstruments:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- 1\n", "wanted: the keys notes_of and instruments"),
        ("notes_of: gm\ninstruments: []\n", "notes_of: got 'gm'; allowed: roland_td11"),
        (HEAD + "- {name: Gong, label: null, notes: []}\n", "'Gong': the kit has no such"),
        (HEAD + "- {name: Kick, label: boom, notes: []}\n", "'Kick': label 'boom'; allowed: kick"),
        (HEAD + "- {name: Kick, label: [kick], notes: []}\n", r"'Kick': label \['kick'\]; allowed"),
        (HEAD + "- {name: Kick, label: {kick: 1}, notes: []}\n", r"'Kick': label \{'kick': 1\}; a"),
        (HEAD + "- {name: Kick, label: null, notes: [36]}\n", r"answers to notes \[36\] without"),
        (HEAD + "- {name: Kick, label: kick, notes: [128]}\n", "note 128; wanted: a number from 0"),
        (HEAD + "- {name: Kick, label: kick, notes: [true]}\n", "note True; wanted: a number"),
        (HEAD + "- {name: Kick, label: kick}\n", "wanted: name, label, and notes"),
        (HEAD + "- {name: Kick, label: kick, notes: []}\n", "no instrument answers to a note"),
        (
            HEAD + "- {name: Kick, label: kick, notes: [36]}\n"
            "- {name: Snare, label: snare, notes: [36]}\n",
            "two instruments answer to note 36: 'Kick' and 'Snare'",
        ),
        (HEAD + 2 * "- {name: Kick, label: kick, notes: [36]}\n", "'Kick' stands twice"),
    ],
    ids=[
        *(
            "no map",
            "dialect",
            "instrument",
            "label",
            "labels",
            "of labels",
            "unlabelled",
            "note",
            "no note",
            "key",
        ),
        *("nobody", "two on one note", "twice"),
    ],
)
def test_what_is_no_map_is_refused(tmp_path, text, said):
    path = tmp_path / "kit_map.yaml"
    path.write_text(text)
    with pytest.raises(ValueError, match=rf"kit_map\.yaml: .*{said}"):
        read_map(path, kit_of("Kick", "Snare"), TAXONOMY, ["roland_td11"])


def test_words_of_labels_that_are_none_are_refused():
    document = read_yaml(RESOURCES / "kits/instrument_words.yaml")
    with pytest.raises(ValueError, match="words: no labels: gong"):
        make_words(document | {"instead": {"gong": []}}, TAXONOMY)
