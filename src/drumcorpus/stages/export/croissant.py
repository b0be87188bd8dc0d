"""Croissant 1.0 metadata of an export: its files with their digests, and the fields of its records.

Paths are relative to the file itself. SHA256SUMS stands in it only where its
digest is given: an export whose list names croissant.json cannot have it here as well.
"""

from collections.abc import Mapping, Sequence

import pyarrow as pa

from drumcorpus.ground.files.croissant import file_object, file_set, heading, record_set
from drumcorpus.stages.export.layout import SPLIT_FOLDERS, labels_table
from drumcorpus.stages.export.record_fields import NESTED_FIELDS, RECORD_FIELDS
from drumcorpus.vocabulary import SPLITS

LABELS = "label-tables"


def croissant_document(
    *,
    manifest: str,
    export: str,
    release: str | None,
    settings: Mapping,
    description: str,
    cards: Mapping[str, Mapping],
    cite_as: str,
    records: pa.Schema,
    files: Mapping[str, tuple[str, int]],
    annotation_tools: Sequence[str] = (),
) -> dict:
    """The metadata as a JSON-LD document; equal arguments give an equal one.

    Parameters
    ----------
    manifest, export : str
        Their names, of which the data set's is made.
    release : str, optional
        As of `ground.files.croissant.version_of`.
    settings : mapping
        ``unit``, ``form`` (a name or a list) and ``encoding`` of the export.
    description : str
        What it is, in a sentence.
    cards : mapping
        The card of every source set of the export, by the set's name: their licences are the
        export's.
    cite_as : str
        BibTeX of the source sets.
    records : pa.Schema
        Of the label tables.
    files : mapping
        SHA-256 and bytes of single files, by their path below the export: the label tables, and
        any other that is to be listed.
    annotation_tools : sequence of str
        Models that have made labels, with their versions.

    Raises
    ------
    ValueError
        If no label table is among the files, a path leads out of the export, or a field has no
        explanation or a type that Croissant lacks.
    """
    tables = [path for split in SPLITS if (path := labels_table(split)) in files]
    if not tables:
        raise ValueError(
            f"no label table among the files; wanted: {', '.join(map(labels_table, SPLITS))}"
        )
    return {
        **heading(
            name=f"{manifest}-{export}",
            description=description,
            release=release,
            cards=cards,
            cite_as=cite_as,
        ),
        **({"rai:machineAnnotationTools": list(annotation_tools)} if annotation_tools else {}),
        "distribution": [
            *(file_object(path, *files[path]) for path in sorted(files)),
            file_set(LABELS, "Labels of all splits.", tables, "parquet"),
            *_sound(settings),
        ],
        "recordSet": [
            _splits(),
            record_set(
                "records",
                "One record per sample that has sound, of all splits.",
                records,
                key="sample_id",
                source={"fileSet": {"@id": LABELS}},
                meanings=RECORD_FIELDS,
                nested=NESTED_FIELDS,
                otherwise="class ids of the map ",
            ),
        ],
    }


def _sound(settings: Mapping) -> list[dict]:
    """The files with sound, by form; those within tar shards are a set of their own."""
    forms = [settings["form"]] if isinstance(settings["form"], str) else settings["form"]
    ending = "flac" if settings["encoding"] == "flac" else "wav"
    folder = f"{settings['unit']}s"
    sets = []
    for form in forms:
        if form == "files":
            paths = [f"{short}/{folder}/*.{ending}" for short in SPLIT_FOLDERS.values()]
            sets.append(file_set("sound", "Sound, a file per sample.", paths, ending))
            if settings["unit"] == "session":
                for kind, what in (("tsv", "as text"), ("mid", "as General MIDI percussion")):
                    paths = [f"{short}/{folder}/*.{kind}" for short in SPLIT_FOLDERS.values()]
                    sets.append(file_set(f"strokes-{kind}", f"Strokes {what}.", paths, kind))
        elif form == "webdataset":
            paths = [f"{short}/{split}-*.tar" for split, short in SPLIT_FOLDERS.items()]
            sets.append(file_set("tar-shards", "Samples in tar shards.", paths, "tar"))
            words = "Sound within the tar shards."
            sets.append(file_set("sound-in-tar", words, [f"*.{ending}"], ending, "tar-shards"))
            words = "Records within the tar shards."
            sets.append(file_set("records-in-tar", words, ["*.json"], "json", "tar-shards"))
        else:
            paths = [f"{short}/{split}-*.parquet" for split, short in SPLIT_FOLDERS.items()]
            words = "Samples in Parquet shards, with their sound."
            sets.append(file_set("parquet-shards", words, paths, "parquet"))
    return sets


def _splits() -> dict:
    """The splits as Croissant names them, so that tools know which column is the split."""
    urls = {
        "train": "cr:TrainingSplit",
        "validation": "cr:ValidationSplit",
        "test": "cr:TestSplit",
    }
    fields = {"name": "name of the split", "url": "what the split is for"}
    return {
        "@type": "cr:RecordSet",
        "@id": "splits",
        "name": "splits",
        "description": "Splits of the data set.",
        "dataType": "cr:Split",
        "key": {"@id": "splits/name"},
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"splits/{name}",
                "name": name,
                "description": meaning,
                "dataType": "sc:Text" if name == "name" else "sc:URL",
            }
            for name, meaning in fields.items()
        ],
        "data": [{"splits/name": split, "splits/url": urls[split]} for split in SPLITS],
    }
