"""Croissant metadata of an export: checked by hand, and by mlcroissant where it is there."""

import hashlib
import importlib.util
import json

import pyarrow as pa
import pytest
import yaml
from checkout import REPO

from drumcorpus.ground.files.citations import bibliography
from drumcorpus.ground.files.croissant import CONFORMS_TO
from drumcorpus.ground.files.json_files import canonical_json, read_json, write_json
from drumcorpus.ground.files.tables import write_table
from drumcorpus.stages.export.croissant import croissant_document
from drumcorpus.stages.export.layout import SPLIT_FOLDERS, labels_table, records_schema
from drumcorpus.stages.export.record_fields import RECORD_FIELDS

SCHEMA = records_schema(["classes_3", "classes_5"])
SETTINGS = {"unit": "segment", "form": ["webdataset", "parquet"], "encoding": "flac"}
FORMS = {
    "clips": {"unit": "clip", "form": "files", "encoding": "wav16"},
    "shards": {"unit": "clip", "form": "webdataset", "encoding": "wav24"},
    "segments": SETTINGS,
    "sessions": {"unit": "session", "form": ["files"], "encoding": "flac"},
}
STROKES = [
    {"onset": 0.1, "label": "kick", "velocity": 0.5, "techniques": []},
    {"onset": 0.2, "label": "snare", "techniques": ["flam", "ghost_note"]},
]


def card(name):
    return yaml.safe_load((REPO / f"resources/source_sets/{name}.yaml").read_text())


CARDS = {name: card(name) for name in ("egmd", "enst_drums", "groove_mididataset")}


def write_export(root, **changed):
    """Label tables and croissant.json below `root`; returns the document."""
    files = {}
    for split, n in (("train", 2), ("validation", 1), ("test", 0)):
        rows = [
            {
                "sample_id": f"{split}-{number}",
                "split": split,
                "n_samples": 8000,
                "strokes": STROKES,
                "ringing": [],
                "class_ids": {"components": [0, 1], "classes_3": [0, 1], "classes_5": [0, 1]},
            }
            for number in range(n)
        ]
        path = root / labels_table(split)
        path.parent.mkdir(exist_ok=True)
        write_table(path, pa.Table.from_pylist(rows, SCHEMA))
        content = path.read_bytes()
        files[labels_table(split)] = (hashlib.sha256(content).hexdigest(), len(content))
    facts = {
        "manifest": "prod_combined",
        "export": "segments",
        "release": None,
        "settings": SETTINGS,
        "description": "Segments of 10 s.",
        "cards": CARDS,
        "cite_as": bibliography(CARDS.values()),
        "records": SCHEMA,
        "files": files,
    }
    document = croissant_document(**facts | changed)
    write_json(root / "croissant.json", document)
    return document


def nodes(value):
    """Every mapping within a document."""
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from nodes(child)


def ids(document):
    body = {key: value for key, value in document.items() if key != "@context"}
    return [node["@id"] for node in nodes(body) if {"@type", "@id"} <= node.keys()]


def test_what_the_data_set_is_stands_at_the_top(tmp_path):
    document = write_export(tmp_path)
    assert (document["@type"], document["conformsTo"]) == ("sc:Dataset", CONFORMS_TO)
    assert document["name"] == "prod_combined-segments"
    assert document["license"] == [
        "https://creativecommons.org/licenses/by-nc-nd/4.0/",
        "https://creativecommons.org/licenses/by/4.0/",
    ]
    assert document["citeAs"].count("@") == 3
    assert [who["name"] for who in document["creator"]] == [
        card["attribution"] for card in CARDS.values()
    ]


def test_label_tables_are_listed_with_their_digests(tmp_path):
    document = write_export(tmp_path)
    objects = [node for node in document["distribution"] if node["@type"] == "cr:FileObject"]
    assert [node["contentUrl"] for node in objects] == [
        "test/test_labels.parquet",
        "train/train_labels.parquet",
        "val/val_labels.parquet",
    ]
    for node in objects:
        content = (tmp_path / node["contentUrl"]).read_bytes()
        assert node["sha256"] == hashlib.sha256(content).hexdigest()
        assert node["contentSize"] == f"{len(content)} B"
        assert node["encodingFormat"] == "application/x-parquet"


def test_other_files_may_be_listed_as_well(tmp_path):
    paths = {"train/train_labels.parquet": ("0" * 64, 5), "SHA256SUMS": ("1" * 64, 7)}
    document = write_export(tmp_path, files=paths)
    objects = {node["@id"]: node for node in document["distribution"]}
    assert objects["SHA256SUMS"]["encodingFormat"] == "text/plain"
    assert objects["label-tables"]["includes"] == ["train/train_labels.parquet"]


@pytest.mark.parametrize(
    ("name", "sets"),
    [
        ("clips", {"sound": ["train/clips/*.wav", "val/clips/*.wav", "test/clips/*.wav"]}),
        (
            "shards",
            {
                "tar-shards": [
                    "train/train-*.tar",
                    "val/validation-*.tar",
                    "test/test-*.tar",
                ],
                "sound-in-tar": ["*.wav"],
                "records-in-tar": ["*.json"],
            },
        ),
        (
            "segments",
            {
                "sound-in-tar": ["*.flac"],
                "parquet-shards": [
                    "train/train-*.parquet",
                    "val/validation-*.parquet",
                    "test/test-*.parquet",
                ],
            },
        ),
        (
            "sessions",
            {
                "sound": [f"{short}/sessions/*.flac" for short in SPLIT_FOLDERS.values()],
                "strokes-tsv": [f"{short}/sessions/*.tsv" for short in SPLIT_FOLDERS.values()],
                "strokes-mid": [f"{short}/sessions/*.mid" for short in SPLIT_FOLDERS.values()],
            },
        ),
    ],
)
def test_the_sound_of_every_form_is_a_set_of_files(tmp_path, name, sets):
    document = write_export(tmp_path, settings=FORMS[name])
    found = {
        node["@id"]: node["includes"]
        for node in document["distribution"]
        if node["@type"] == "cr:FileSet"
    }
    assert found.items() >= sets.items()


def test_every_field_of_the_records_has_its_type_and_its_column(tmp_path):
    records = write_export(tmp_path)["recordSet"][1]
    fields = {field["name"]: field for field in records["field"]}
    assert list(fields) == SCHEMA.names
    assert all(field["description"] == RECORD_FIELDS[name] for name, field in fields.items())
    assert fields["duration"]["dataType"] == "sc:Float"
    assert fields["n_samples"]["dataType"] == "sc:Integer"
    assert fields["negative_example"]["dataType"] == "sc:Boolean"
    assert fields["techniques"]["repeated"] is True
    strokes = {field["name"]: field for field in fields["strokes"]["subField"]}
    assert fields["strokes"]["repeated"] is True
    assert strokes["onset"] == {
        "@type": "cr:Field",
        "@id": "records/strokes/onset",
        "name": "onset",
        "description": "seconds from the start of the sample's sound",
        "dataType": "sc:Float",
        "source": {
            "fileSet": {"@id": "label-tables"},
            "extract": {"column": "strokes"},
            "transform": {"jsonPath": "onset"},
        },
    }
    maps = [field["name"] for field in fields["class_ids"]["subField"]]
    assert maps == ["components", "classes_3", "classes_5"]


@pytest.mark.parametrize("name", FORMS)
def test_ids_are_unique_and_every_reference_has_its_target(tmp_path, name):
    document = write_export(tmp_path, settings=FORMS[name])
    known = ids(document)
    assert len(known) == len(set(known))
    body = {key: value for key, value in document.items() if key != "@context"}
    references = {node["@id"] for node in nodes(body) if set(node) == {"@id"}}
    assert references <= set(known)


@pytest.mark.parametrize(
    ("release", "version", "published"),
    [
        (None, None, None),
        ("summer", None, None),
        ("1.2", "1.2.0", None),
        ("2026-11", "2026.11.0", None),
        ("2026-11-05", "2026.11.5", "2026-11-05"),
        ("2026-13-05", None, None),
        ("2026-02-30", None, None),
        ("1.02", None, None),
    ],
    ids=["none", "a word", "numbers", "a month", "a day", "no month", "no day", "no number"],
)
def test_version_and_day_come_from_the_release_alone(tmp_path, release, version, published):
    document = write_export(tmp_path, release=release)
    assert document.get("version") == version
    assert document.get("datePublished") == published
    assert ("Release" in document["description"]) == (release is not None)


def test_equal_exports_have_equal_metadata_without_a_path_of_the_machine(tmp_path):
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        texts.append(canonical_json(write_export(tmp_path / name)))
    assert texts[0] == texts[1]
    assert str(tmp_path).encode() not in texts[0]
    assert read_json(tmp_path / "one/croissant.json") == json.loads(texts[0])


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"files": {}}, "no label table among the files; wanted: train/train_labels.parquet"),
        (
            {"files": {"train/train_labels.parquet": ("", 1), "../x": ("", 1)}},
            r"\.\./x: a file of a data set has a path below it",
        ),
        (
            {"records": SCHEMA.append(pa.field("mood", pa.string()))},
            "fields of the records without an explanation: mood",
        ),
        ({"records": pa.schema([("bytes", pa.binary())])}, "bytes: Croissant has no type for bin"),
    ],
    ids=["no labels", "a path that leads out", "an unknown field", "an unknown type"],
)
def test_what_cannot_be_said_is_refused(tmp_path, changed, message):
    with pytest.raises(ValueError, match=message):
        write_export(tmp_path, **changed)


@pytest.mark.parametrize("name", FORMS)
def test_mlcroissant_finds_no_error_and_reads_the_records(tmp_path, name):
    if importlib.util.find_spec("mlcroissant") is None:
        reason = "mlcroissant is not installed: only what needs no library was checked"
        print(reason)
        pytest.skip(reason)
    import mlcroissant

    tools = {"annotation_tools": ["lion 1.0"]}
    write_export(tmp_path, settings=FORMS[name], release="2026-11-05", **tools)
    dataset = mlcroissant.Dataset(tmp_path / "croissant.json")
    assert dataset.metadata.ctx.issues.errors == set()
    assert dataset.metadata.ctx.issues.warnings == set()
    rows = list(dataset.records("records"))
    assert [row["records/sample_id"] for row in rows] == [b"train-0", b"train-1", b"validation-0"]
    strokes = rows[0]["records/strokes"]
    assert [stroke["records/strokes/label"] for stroke in strokes] == [b"kick", b"snare"]
    assert strokes[1]["records/strokes/techniques"] == [b"flam", b"ghost_note"]
    assert rows[0]["records/class_ids"]["records/class_ids/classes_3"] == [0, 1]


def test_models_that_have_made_labels_are_annotation_tools(tmp_path):
    assert "rai:machineAnnotationTools" not in write_export(tmp_path)
    document = write_export(tmp_path, annotation_tools=["lion 1.0"])
    assert document["rai:machineAnnotationTools"] == ["lion 1.0"]
