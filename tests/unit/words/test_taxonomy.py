"""The vocabulary: the committed resources, and the sentences for mistakes in them."""

import pytest
import yaml

from drumcorpus.ground.files.taxonomy_files import load_label_map, load_taxonomy
from drumcorpus.ground.files.yaml_files import read_yaml
from drumcorpus.taxonomy import Stroke

COMPONENTS = {
    "kick": {"family": "kick", "aliases": ["bd"]},
    "snare": {"family": "snare", "aliases": ["sd"]},
}
TECHNIQUES = {"flam": {"meaning": "two strokes"}}
DYNAMICS = {
    "buckets": [{"name": "soft", "up_to": 0.5}, {"name": "loud", "up_to": 1.0}],
    "soft_techniques": [{"bucket": "soft", "labels": ["snare"], "technique": "flam"}],
}


@pytest.fixture
def load(tmp_path):
    """The small vocabulary above with parts replaced, read from files."""

    def load(**changes):
        parts = {"components": COMPONENTS, "techniques": TECHNIQUES, "dynamics": DYNAMICS} | changes
        for name, part in parts.items():
            (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(part, sort_keys=False))
        return load_taxonomy(*(tmp_path / f"{name}.yaml" for name in parts))

    return load


@pytest.fixture
def load_map(tmp_path, load):
    """A note map from YAML text."""

    def load_map(text):
        (tmp_path / "kit.yaml").write_text(text)
        return load_label_map(tmp_path / "kit.yaml", load())

    return load_map


class TestCommittedResources:
    def test_labels_are_in_the_order_of_the_class_ids(self, taxonomy):
        # Trained models rest on this order: append, never insert.
        assert taxonomy.labels == (
            *("kick", "snare", "rimshot", "cross_stick"),
            *("hihat_closed", "hihat_open", "hihat_pedal", "hihat_foot_splash"),
            *("ride_bow", "ride_bell", "ride_edge"),
            *("crash", "crash2", "crash3", "splash", "china"),
            *("tom_high", "tom_mid", "tom_low", "aux_percussion"),
            *("hand_clap", "tambourine", "cowbell", "claves", "shaker"),
        )

    def test_every_alias_names_a_label_and_none_is_a_label(self, taxonomy):
        assert set(taxonomy.aliases.values()) <= set(taxonomy.labels)
        assert not set(taxonomy.aliases) & set(taxonomy.labels)
        assert taxonomy.aliases["crash_1"] == "crash"
        assert taxonomy.aliases["crash_2"] == "crash2"
        assert taxonomy.aliases["hihat_splash"] == "hihat_foot_splash"

    def test_the_crash_family_is_the_numbered_crashes_and_nothing_else(self, taxonomy):
        crashes = [label for label, family in taxonomy.families.items() if family == "crash"]
        assert crashes == ["crash", "crash2", "crash3"]

    def test_buckets_and_the_ghost_note(self, taxonomy):
        assert taxonomy.buckets == (
            ("ghost", 0.25),
            ("light", 0.5),
            ("medium", 0.8),
            ("accent", 1.0),
        )
        assert taxonomy.soft_techniques == (("ghost", "snare", "ghost_note"),)

    @pytest.mark.parametrize(("name", "n_classes"), [("3", 3), ("5", 5), ("8", 8), ("18", 18)])
    def test_every_class_map_covers_every_label_in_order(self, repo, taxonomy, name, n_classes):
        class_map = read_yaml(repo / "resources/taxonomy/class_maps.yaml")[f"classes_{name}"]
        assert tuple(class_map) == taxonomy.labels
        classes = set(class_map.values()) - {None}
        assert len(classes) == n_classes
        assert len(classes) <= int(name)

    def test_there_are_no_other_class_maps(self, repo):
        class_maps = read_yaml(repo / "resources/taxonomy/class_maps.yaml")
        assert list(class_maps) == ["classes_3", "classes_5", "classes_8", "classes_18"]


class TestRolandTd11:
    def test_it_maps_the_22_notes_that_occur_and_no_other(self, td11):
        notes = (
            *(36, 38, 40, 37, 48, 50, 45, 47, 43, 58, 46),
            *(26, 42, 22, 44, 49, 55, 57, 52, 51, 59, 53),
        )
        assert len(set(notes)) == 22
        assert set(td11.strokes) == set(map(str, notes))

    def test_bow_and_edge_of_a_crash_are_one_cymbal(self, td11):
        crashes = {
            note: (stroke.cymbal, stroke.strike_position)
            for note, stroke in td11.strokes.items()
            if stroke.label == "crash"
        }
        assert crashes == {
            "49": (1, "bow"),
            "55": (1, "edge"),
            "57": (2, "bow"),
            "52": (2, "edge"),
        }

    def test_only_crashes_carry_a_cymbal(self, td11):
        numbered = {n for n, stroke in td11.strokes.items() if stroke.cymbal is not None}
        assert numbered == {"49", "55", "57", "52"}

    def test_no_note_is_a_china_a_splash_or_percussion(self, td11):
        labels = {stroke.label for stroke in td11.strokes.values()}
        assert not labels & {"china", "splash", "aux_percussion", "hihat_foot_splash"}

    @pytest.mark.parametrize(
        ("note", "label", "position", "techniques"),
        [
            ("22", "hihat_closed", "edge", ("edge",)),
            ("26", "hihat_open", "edge", ("edge",)),
            ("42", "hihat_closed", "bow", ()),
            ("46", "hihat_open", "bow", ()),
            ("44", "hihat_pedal", None, ("pedal",)),
            ("58", "tom_low", "rim", ("rim",)),
            ("59", "ride_edge", "edge", ("edge",)),
            ("53", "ride_bell", "bell", ("bell",)),
            ("40", "rimshot", "rim", ("rimshot",)),
            ("37", "cross_stick", "rim", ("cross_stick",)),
            ("47", "tom_mid", "rim", ("rim",)),
            ("50", "tom_high", "rim", ("rim",)),
        ],
    )
    def test_the_notes_that_general_midi_reads_otherwise(
        self, td11, note, label, position, techniques
    ):
        stroke = td11.strokes[note]
        assert (stroke.label, stroke.strike_position) == (label, position)
        assert stroke.techniques == techniques

    def test_the_td_17_reads_these_notes_alike(self, repo, taxonomy, td11):
        td17 = load_label_map(
            repo / "resources/taxonomy/note_maps/roland_td17.yaml", taxonomy
        ).strokes
        assert {note: td17[note] for note in td11.strokes} == td11.strokes
        assert td17.keys() - td11.strokes.keys() == {"39", "54", "56", "64", "70", "75"}

    def test_openness_is_read_at_the_four_hat_strokes_and_not_at_the_pedal(self, td11):
        assert td11.openness == (4, 90.0, 0.0)
        assert td11.pedalled == {"42", "22", "46", "26"}

    def test_every_note_map_loads_and_says_its_own_name_and_sources(self, repo, taxonomy):
        paths = sorted((repo / "resources/taxonomy/note_maps").glob("*.yaml"))
        assert paths
        for path in paths:
            assert load_label_map(path, taxonomy).name == path.stem
            assert read_yaml(path)["sources"]


class TestMistakesInTheVocabulary:
    def test_the_small_vocabulary_itself_is_right(self, load):
        taxonomy = load()
        assert taxonomy.labels == ("kick", "snare")
        assert taxonomy.aliases == {"bd": "kick", "sd": "snare"}

    def test_an_alias_of_two_labels_is_refused(self, load):
        snare = {"family": "snare", "aliases": ["bd"]}
        with pytest.raises(ValueError, match=r"components\.yaml: 'bd' .* 'snare' and of 'kick'"):
            load(components=COMPONENTS | {"snare": snare})

    def test_an_alias_that_is_a_label_is_refused(self, load):
        snare = {"family": "snare", "aliases": ["kick"]}
        with pytest.raises(ValueError, match=r"components\.yaml: 'kick' is an alias of 'snare'"):
            load(components=COMPONENTS | {"snare": snare})

    @pytest.mark.parametrize("bounds", [[0.5, 0.9], [1.0, 0.5], [0.5, 0.5, 1.0], [0.5, 1.5], []])
    def test_buckets_that_do_not_rise_to_1_are_refused(self, load, bounds):
        buckets = [{"name": f"b{i}", "up_to": bound} for i, bound in enumerate(bounds)]
        with pytest.raises(ValueError, match=r"dynamics\.yaml: buckets must rise to 1\.0"):
            load(dynamics={"buckets": buckets, "soft_techniques": []})

    @pytest.mark.parametrize(
        ("key", "value"), [("bucket", "softest"), ("labels", ["snar"]), ("technique", "flamm")]
    )
    def test_a_rule_that_names_what_is_not_declared_is_refused(self, load, key, value):
        rule = DYNAMICS["soft_techniques"][0] | {key: value}
        wrong = value[0] if isinstance(value, list) else value
        message = rf"dynamics\.yaml: {key.rstrip('s')} '{wrong}' is not declared; allowed: "
        with pytest.raises(ValueError, match=message):
            load(dynamics=DYNAMICS | {"soft_techniques": [rule]})

    def test_a_file_that_is_not_yaml_is_named_with_its_line(self, tmp_path, load):
        load()
        (tmp_path / "techniques.yaml").write_text("flam: {}\nghost: [\n")
        with pytest.raises(ValueError, match=r"techniques\.yaml:3:\d+: not YAML"):
            load_taxonomy(
                *(tmp_path / f"{n}.yaml" for n in ("components", "techniques", "dynamics"))
            )


class TestMistakesInANoteMap:
    def test_a_right_one_loads(self, load_map):
        kit = load_map("name: kit\nnotes:\n  36: {label: kick, cymbal: 2, techniques: [flam]}\n")
        assert kit.strokes == {"36": Stroke("kick", cymbal=2, techniques=("flam",))}
        assert (kit.openness, kit.pedalled) == (None, frozenset())

    @pytest.mark.parametrize(
        ("entry", "message"),
        [
            ("{label: kik}", r"kit\.yaml: 36: label 'kik' is not declared; allowed: kick, snare"),
            ("{label: bd}", r"kit\.yaml: 36: label 'bd' is not declared"),
            ("{label: kick, techniques: [roll]}", r"kit\.yaml: 36: technique 'roll' .*: flam"),
            ("{label: kick, cymbal: 0}", r"kit\.yaml: 36: cymbal: got 0; wanted: a number from 1$"),
        ],
    )
    def test_an_entry_of_undeclared_names_is_refused(self, load_map, entry, message):
        with pytest.raises(ValueError, match=message):
            load_map(f"name: kit\nnotes:\n  36: {entry}\n")

    @pytest.mark.parametrize("cymbal", ["4", "0", "'1'", "1.5", "true"])
    def test_a_cymbal_that_has_no_crash_label_is_refused_with_what_is_allowed(
        self, tmp_path, taxonomy, cymbal
    ):
        path = tmp_path / "kit.yaml"
        path.write_text(f"name: kit\nnotes:\n  49: {{label: crash2, cymbal: {cymbal}}}\n")
        with pytest.raises(ValueError, match=r"kit\.yaml: 49: cymbal: got ") as caught:
            load_label_map(path, taxonomy)
        assert str(caught.value).endswith(
            f"got {yaml.safe_load(cymbal)!r}; wanted: a number from 1 to 3, for the labels of "
            "these cymbals are crash, crash2, crash3; correct it, or append a label of their "
            "family, with its number under `cymbal`, to the taxonomy's components.yaml"
        )

    @pytest.mark.parametrize("entry", ["{label: crash, cymbal: 3}", "{label: ride_bow, cymbal: 4}"])
    def test_the_crash_labels_bound_the_numbers_of_crashes_alone(self, tmp_path, taxonomy, entry):
        path = tmp_path / "kit.yaml"
        path.write_text(f"name: kit\nnotes:\n  49: {entry}\n")
        load_label_map(path, taxonomy)

    @pytest.mark.parametrize(
        "entry", ["{label: kick, position: rim}", "{strike_position: rim}", "kick", "null"]
    )
    def test_an_entry_of_the_wrong_shape_is_refused_by_file_and_note(self, load_map, entry):
        with pytest.raises(ValueError, match=r"kit\.yaml: 36"):
            load_map(f"name: kit\nnotes:\n  36: {entry}\n")

    def test_tokens_stand_under_labels_and_what_is_no_stroke_under_drops(self, tmp_path, load):
        path = tmp_path / "tokens.yaml"
        path.write_text("name: t\nlabels: {bd: {label: kick}}\ndrops: {rev: reversed_sound}\n")
        label_map = load_label_map(path, load())
        assert set(label_map.strokes) == {"bd"}
        assert label_map.drops == {"rev": "reversed_sound"}

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("labels: {bd: {label: kick}}\ndrops: {bd: x}", "drops: bd: is also a stroke"),
            ("labels: {bd: {label: kick}}\ndrops: {x: in_event}", "drops: x: 'in_event' is what"),
            ("labels: {bd: {label: kick}}\ndrops: {x: No Way}", "drops: x: got 'No Way'; wanted"),
            ("strokes: {}", "wanted: one of the keys notes and labels"),
            ("notes: {}\nlabels: {}", "wanted: one of the keys notes and labels"),
            ("[1]", "wanted: one of the keys notes and labels"),
        ],
        ids=[
            "stroke and drop",
            "reserved reason",
            "reason with capitals",
            "neither key",
            "both keys",
            "list",
        ],
    )
    def test_a_map_of_the_wrong_shape_is_refused(self, tmp_path, load, text, message):
        path = tmp_path / "tokens.yaml"
        path.write_text(text if text == "[1]" else f"name: t\n{text}\n")
        with pytest.raises(ValueError, match=message):
            load_label_map(path, load())

    @pytest.mark.parametrize(
        ("grabs", "message"),
        [
            ("[choke]", "grabs: got .*; wanted: technique, seconds, cymbals"),
            ("{technique: choke, seconds: 5}", "grabs: got .*; wanted: technique, seconds, cym"),
            ("{technique: stop, seconds: 5, cymbals: [[49]]}", "grabs: technique 'stop' is not"),
            ("{technique: choke, seconds: 0, cymbals: [[49]]}", "grabs: seconds: got 0; wanted"),
            ("{technique: choke, seconds: .nan, cymbals: [[49]]}", "grabs: seconds: got nan"),
            ("{technique: choke, seconds: yes, cymbals: [[49]]}", "grabs: seconds: got True"),
            ("{technique: choke, seconds: 5, cymbals: [49]}", r"grabs: cymbals: got \[49\]; wan"),
            ("{technique: choke, seconds: 5, cymbals: []}", r"grabs: cymbals: got \[\]; wanted"),
            ("{technique: choke, seconds: 5, cymbals: [[49], []]}", r"got \[\[49\], \[\]\]; wan"),
            ("{49: choke, seconds: 5, cymbals: [[49]]}", "grabs: got .*; wanted: technique, sec"),
            ("{technique: choke, seconds: 5, cymbals: [[50]]}", "grabs: cymbals: note '50' is no"),
            (
                "{technique: choke, seconds: 5, cymbals: [[49], [49]]}",
                "grabs: cymbals: 49 stands twice",
            ),
        ],
        ids=[
            "list",
            "missing key",
            "unknown technique",
            "no time",
            "not a number",
            "true",
            "no list of lists",
            "no cymbal",
            "a cymbal without notes",
            "a note for a key",
            "unknown note",
            "one note of two cymbals",
        ],
    )
    def test_grabs_of_the_wrong_shape_are_refused(self, tmp_path, taxonomy, grabs, message):
        path = tmp_path / "kit.yaml"
        path.write_text(f"name: kit\nnotes:\n  49: {{label: crash}}\ngrabs: {grabs}\n")
        with pytest.raises(ValueError, match=message):
            load_label_map(path, taxonomy)

    def test_a_note_that_stands_twice_is_refused(self, load_map):
        with pytest.raises(ValueError, match=r"kit\.yaml.*36"):
            load_map("name: kit\nnotes:\n  36: {label: kick}\n  36: {label: snare}\n")

    def test_openness_at_a_note_that_is_not_mapped_is_refused(self, load_map):
        with pytest.raises(ValueError, match=r"kit\.yaml: openness: note '42' is not declared"):
            load_map(
                "name: kit\nnotes:\n  36: {label: kick}\n"
                "openness: {controller: 4, closed: 90, open: 0, notes: [42]}\n"
            )

    def test_a_pedal_of_equal_ends_is_refused(self, load_map):
        with pytest.raises(ValueError, match=r"kit\.yaml: openness"):
            load_map(
                "name: kit\nnotes:\n  36: {label: kick}\n"
                "openness: {controller: 4, closed: 90, open: 90, notes: [36]}\n"
            )
