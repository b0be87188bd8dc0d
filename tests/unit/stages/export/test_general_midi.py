"""The reviewed map of General MIDI: complete, and refused where it is not."""

import mido
import pytest
import yaml

from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.stages.export.general_midi import read_general_midi

LABELS = ("kick", "aux")
INSTRUMENTS = {note: {"name": f"Drum {note}", "label": "kick"} for note in range(35, 82)}
NOTES = {"kick": {"note": 36, "name": "Drum 36"}, "aux": {"note": None, "reason": "many"}}


@pytest.fixture(scope="module")
def path(repo):
    return repo / "resources/taxonomy/general_midi.yaml"


def test_every_label_has_a_note_or_a_reason(path, taxonomy):
    general = read_general_midi(path, taxonomy.labels)
    assert tuple(general.notes) == taxonomy.labels
    assert [label for label, note in general.notes.items() if note is None] == ["aux_percussion"]
    assert "no note stands for all" in read_yaml(path)["labels"]["aux_percussion"]["reason"]


def test_every_note_of_the_standard_has_a_label(path, taxonomy):
    general = read_general_midi(path, taxonomy.labels)
    assert list(general.labels) == list(range(35, 82))
    assert set(general.labels.values()) <= set(taxonomy.labels)


@pytest.mark.parametrize(
    ("label", "note"),
    [
        ("kick", 36),
        ("snare", 38),
        ("hihat_closed", 42),
        ("hihat_pedal", 44),
        ("hihat_open", 46),
        ("crash", 49),
        ("crash2", 57),
        ("ride_bow", 51),
        ("ride_bell", 53),
        ("china", 52),
        ("splash", 55),
        ("tom_high", 50),
    ],
)
def test_known_notes(path, taxonomy, label, note):
    general = read_general_midi(path, taxonomy.labels)
    assert general.notes[label] == note
    assert general.labels[note] == label
    mido.Message("note_on", note=note)  # one that MIDI has


def test_a_written_note_is_read_as_the_same_class_of_the_small_maps(repo, path, taxonomy):
    general = read_general_midi(path, taxonomy.labels)
    class_maps = read_yaml(repo / "resources/taxonomy/class_maps.yaml")
    for name in ("classes_3", "classes_5", "classes_8", "classes_18"):
        for label, note in general.notes.items():
            if note is not None:
                read = general.labels[note]
                assert class_maps[name][read] == class_maps[name][label], (name, label)


def test_labels_that_share_a_note(path, taxonomy):
    notes = read_general_midi(path, taxonomy.labels).notes
    shared = {}
    for label, note in notes.items():
        shared.setdefault(note, []).append(label)
    assert [labels for labels in shared.values() if len(labels) > 1] == [
        ["hihat_pedal", "hihat_foot_splash"],
        ["crash2", "crash3"],
    ]


def test_a_small_map(tmp_path):
    (tmp_path / "map.yaml").write_text(
        yaml.safe_dump({"instruments": INSTRUMENTS, "labels": NOTES})
    )
    general = read_general_midi(tmp_path / "map.yaml", LABELS)
    assert general.notes == {"kick": 36, "aux": None}
    assert general.labels == dict.fromkeys(range(35, 82), "kick")


def without(mapping, key):
    return {name: value for name, value in mapping.items() if name != key}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"more": 1}, "wanted: the keys instruments and labels", id="another key"),
        pytest.param({"labels": []}, "labels: lacks kick, aux", id="no mapping"),
        pytest.param({"labels": without(NOTES, "aux")}, "labels: lacks aux", id="label missing"),
        pytest.param(
            {"labels": NOTES | {"bell": NOTES["kick"]}},
            "labels: has, and there is not, bell",
            id="label unknown",
        ),
        pytest.param(
            {"instruments": without(INSTRUMENTS, 81)}, "instruments: lacks 81", id="note missing"
        ),
        pytest.param(
            {"instruments": INSTRUMENTS | {40: {"name": "X", "label": "bell"}}},
            "instruments: 40: got .*'bell'.*one of kick, aux",
            id="instrument of no label",
        ),
        pytest.param(
            {"labels": NOTES | {"kick": {"note": 34, "name": "X"}}},
            "labels: kick: got .* from 35 to 81",
            id="note outside the standard",
        ),
        pytest.param(
            {"labels": NOTES | {"aux": {"note": None, "reason": ""}}},
            "labels: aux: got .* note: null, and reason",
            id="no reason",
        ),
        pytest.param(
            {"labels": NOTES | {"kick": {"note": 36, "name": "Bass"}}},
            "labels: kick: note 36 is 'Drum 36', got 'Bass'",
            id="another name",
        ),
    ],
)
def test_a_wrong_map_is_refused(tmp_path, changes, said):
    document = {"instruments": INSTRUMENTS, "labels": NOTES} | changes
    (tmp_path / "map.yaml").write_text(yaml.safe_dump(document))
    with pytest.raises(ValueError, match=rf"map\.yaml: .*{said}|map\.yaml: {said}"):
        read_general_midi(tmp_path / "map.yaml", LABELS)
