"""The dataset card of an export: its head as the Hub reads it, and what it says to people."""

import ast
import re
import tempfile

import pyarrow as pa
import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.export.cards import card_head, dataset_card, size_category
from drumcorpus.stages.export.class_maps import make_class_maps
from drumcorpus.stages.export.layout import STROKE, records_schema
from drumcorpus.stages.export.record_fields import (
    COMPONENT_COLUMNS,
    NESTED_FIELDS,
    RECORD_FIELDS,
    STROKE_FIELDS,
)
from drumcorpus.stages.export.statistics import COLUMNS, measure_samples

TAXONOMY = REPO / "resources/taxonomy"
LABELS = list(yaml.safe_load((TAXONOMY / "components.yaml").read_text()))
MAPS = make_class_maps(
    LABELS, yaml.safe_load((TAXONOMY / "class_maps.yaml").read_text())
).document()
SETTINGS = {
    "unit": "segment",
    "form": ["webdataset", "parquet"],
    "seconds": 10,
    "overlap": 0,
    "audio": "drums",
    "sample_rate_hz": 44100,
    "channels": "mono",
    "encoding": "flac",
    "loudness": "as_is",
    "class_map": "classes_5",
    "limit": None,
}
SAMPLES = [("egmd", "train"), ("egmd", "validation"), ("enst_drums", "train")]


def card(name, folder="resources/source_sets"):
    return yaml.safe_load((REPO / folder / f"{name}.yaml").read_text())


def cards(*names, **options):
    return {name: card(name, **options) for name in names}


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    rows = [
        {
            "source_set": source_set,
            "session_id": f"{source_set}/1",
            "split": split,
            "bytes": 500_000,
            "sample_rate_hz": 44100,
            "n_samples": 441_000,
            "outcome": "segment",
            "label_method": "midi",
            "strokes": [{"label": "snare"}] * 20,
        }
        for source_set, split in [
            ("egmd", "train"),
            ("egmd", "validation"),
            ("enst_drums", "train"),
        ]
    ]
    rows.append(rows[0] | {"bytes": None, "outcome": "unreadable_audio"})
    path = tmp_path_factory.mktemp("figures") / "index.parquet"
    strokes = pa.list_(pa.struct([("label", pa.string())]))
    write_table(path, pa.Table.from_pylist(rows, COLUMNS.append(pa.field("strokes", strokes))))
    return measure_samples([path], class_maps=MAPS, threads=1, memory_limit="500MB")


@pytest.fixture
def written(figures):
    def write(sets=("egmd", "enst_drums"), release="2026-11", of_model="", **changed):
        facts = {
            "manifest": "prod_combined",
            "export": "segments",
            "release": release,
            "settings": SETTINGS | changed,
            "figures": figures,
            "cards": cards(*sets),
            "class_maps": MAPS,
            "of_model": of_model,
        }
        return dataset_card(**facts)

    return write


def head_of(text):
    head, body = re.fullmatch(r"---\n(.*?)---\n\n(# .*)", text, re.DOTALL).groups()
    return yaml.safe_load(head), body


def test_the_head_has_licence_task_size_and_the_files_of_every_split_and_form(written):
    head, _ = head_of(written())
    assert head == {
        "license": "other",
        "license_name": "by-source-set",
        "license_link": "README.md",
        "pretty_name": "drumcorpus prod_combined, segments",
        "task_categories": ["audio-classification"],
        "tags": [
            "audio",
            "music",
            "drums",
            "automatic-drum-transcription",
            "music-information-retrieval",
            "webdataset",
        ],
        "size_categories": ["n<1K"],
        "configs": [
            {
                "config_name": "parquet",
                "data_files": [
                    {"split": "train", "path": "train/train-*.parquet"},
                    {"split": "validation", "path": "val/validation-*.parquet"},
                ],
                "default": True,
            },
            {
                "config_name": "labels",
                "data_files": [
                    {"split": "train", "path": "train/train_labels.parquet"},
                    {"split": "validation", "path": "val/val_labels.parquet"},
                ],
            },
        ],
    }


@pytest.mark.parametrize(
    ("names", "folder", "licence"),
    [
        (("egmd", "groove_mididataset"), "resources/source_sets", "cc-by-4.0"),
        (("egmd", "enst_drums"), "resources/demo/source_sets", "mit"),
        (("egmd", "mdb_drums"), "resources/source_sets", "other"),
        (("musdb18_hq",), "resources/source_sets", "other"),
    ],
    ids=["one licence", "the demo", "two licences", "a licence in words"],
)
def test_the_licence_is_the_hub_s_where_all_sets_have_one(figures, names, folder, licence):
    facts = {"manifest": "m", "export": "e", "settings": SETTINGS, "figures": figures}
    assert card_head(**facts, cards=cards(*names, folder=folder))["license"] == licence


@pytest.mark.parametrize(
    ("form", "names"),
    [
        ("files", ["labels"]),
        ("webdataset", ["webdataset"]),
        ("parquet", ["parquet", "labels"]),
        (["webdataset", "parquet"], ["parquet", "labels"]),
    ],
    ids=["files", "tar", "parquet", "both"],
)
def test_all_configurations_have_files_of_one_kind(figures, form, names):
    facts = {"manifest": "m", "export": "e", "settings": SETTINGS | {"form": form}}
    configs = card_head(**facts, figures=figures, cards=cards("egmd"))["configs"]
    assert [each["config_name"] for each in configs] == names
    assert [each.get("default", False) for each in configs] == [True, False][: len(names)]
    ends = {file["path"].split(".")[-1] for each in configs for file in each["data_files"]}
    assert ends == ({"tar"} if form == "webdataset" else {"parquet"})


@pytest.mark.parametrize(
    ("n", "words"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (371_187, "100K<n<1M"), (10**9, "n>1B")],
)
def test_sizes_have_the_hub_s_names(n, words):
    assert size_category(n) == words


def test_the_sections_say_what_is_in_it(written):
    _, body = head_of(written())
    assert re.findall(r"^## (.*)$", body, re.MULTILINE) == [
        "How to load it",
        "Fields",
        "Splits",
        "Class maps",
        "Sources, licences and citations",
        "How it was made, and how to trace a label",
        "Known limits",
    ]
    assert "release 2026-11: recordings cut into windows of one length, 10 s long, 0 s" in body
    assert "3 samples of 3 sessions, 30 s of sound, 1.5 MB, with 60 strokes" in body
    assert "44,100 Hz, flac, as loud as it came" in body
    assert "1 samples that were asked for have no sound: unreadable_audio 1." in body
    assert "There is no sample in test." in body
    assert "| `classes_3` | 3 | KD, SD, HH |" in body


def test_licences_what_they_forbid_and_citations_stand_in_it(written):
    _, body = head_of(written())
    assert (
        "| `enst_drums` | ENST-Drums, public set | 1.1 | [CC-BY-NC-ND-4.0]"
        "(https://creativecommons.org/licenses/by-nc-nd/4.0/) | **no** |" in body
    )
    assert "**This export must not be passed on**: it holds sound of `enst_drums`." in body
    assert "Forbidden: commercial use; passing on what is made from the recordings" in body
    assert "- `egmd`: Lee Callender, Curtis Hawthorne and Jesse Engel" in body


@pytest.mark.parametrize("ending", ["", "."])
def test_what_is_said_of_a_set_is_in_whole_sentences(figures, ending):
    facts = {"manifest": "m", "export": "e", "release": None, "settings": SETTINGS}
    words = {"notes": f"Played twice{ending}", "obtain": "its makers", "forbids": []}
    sources = cards("enst_drums") | {"egmd": card("egmd") | words}
    text = dataset_card(**facts, figures=figures, cards=sources, class_maps=MAPS)
    assert "\n`egmd`. Played twice. Where it is from: its makers.\n" in text


def test_a_set_without_a_card_is_refused_by_its_name(written):
    with pytest.raises(ValueError, match="no card of the source sets enst_drums"):
        written(sets=("egmd",))


def test_the_code_in_it_is_python_and_fits_the_forms(written):
    def blocks(text):
        return re.findall(r"```python\n(.*?)```", text, re.DOTALL)

    both = written()
    assert len(blocks(both)) == 3
    for code in blocks(both):
        ast.parse(code)
    assert 'sample["flac"]' in both
    assert 'class_map="classes_5"' in both
    clips = written(
        unit="clip",
        form="files",
        encoding="wav16",
        preroll_ms=80,
        postroll_ms={"default": 200, "cymbals": 600},
    )
    assert "soundfile.read(labels.file[0])" in clips
    assert "from 80 ms before the onset to 200 ms or 600 ms (cymbals) after it" in clips
    assert "webdataset" not in head_of(clips)[0]["tags"]
    sessions = written(unit="session", form="files")
    assert "General MIDI percussion (`.mid`)" in sessions


def test_settings_that_change_the_sound_are_said(written):
    text = written(
        loudness={"target_lufs": -23, "ceiling_dbtp": -1}, audio="mix", limit=50_000, release=None
    )
    assert "brought to -23 LUFS below -1 dBTP; `gain_db` says by how much" in text
    assert "the full mix, where the source set has one" in text
    assert "limited to 50,000 events" in text
    assert "release" not in text.split("## How to load it")[0]


def test_every_field_of_a_record_is_explained():
    schema = records_schema(["classes_3"])
    assert list(RECORD_FIELDS) == schema.names
    assert list(STROKE_FIELDS) == [field.name for field in STROKE]
    components = [field.name for field in schema.field("components").type.value_type]
    assert sorted(COMPONENT_COLUMNS) == sorted(components)
    assert NESTED_FIELDS.keys() <= set(schema.names)


def test_equal_facts_give_equal_cards_without_a_path_of_the_machine(written):
    assert written() == written()
    assert str(REPO) not in written()
    assert tempfile.gettempdir() not in written()


def test_words_of_a_card_cannot_break_the_table(figures):
    odd = card("egmd") | {"title": "a | b\n<script>", "name": "egmd"}
    facts = {"manifest": "m", "export": "e", "release": None, "settings": SETTINGS}
    text = dataset_card(
        **facts, figures=figures, cards=cards("enst_drums") | {"egmd": odd}, class_maps=MAPS
    )
    assert "a \\| b &lt;script>" in text


def test_labels_that_a_model_made_are_named_before_all_else(written):
    said = "A model made the labels of 3 samples of egmd (lion 1.0)."
    _, body = head_of(written(of_model=said))
    assert f"\n\n**{said}**\n\n## How to load it" in body
    assert "A model made" not in written()
