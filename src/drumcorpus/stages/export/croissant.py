"""Croissant 1.0 metadata of an export: its files with their digests, and the fields of its records.

The format is MLCommons' (https://docs.mlcommons.org/croissant/docs/croissant-spec.html): JSON-LD
over schema.org. Paths are relative to the file itself. SHA256SUMS stands in it only where its
digest is given: an export whose list names croissant.json cannot have it here as well.
"""

import re
from collections.abc import Iterable, Mapping

import pyarrow as pa

from drumcorpus.stages.export.layout import SPLIT_FOLDERS, labels_table
from drumcorpus.stages.export.record_fields import NESTED_FIELDS, RECORD_FIELDS
from drumcorpus.vocabulary import SPLITS

CONFORMS_TO = "http://mlcommons.org/croissant/1.0"
# The context that the specification of 1.0 prescribes for every file.
CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
LABELS = "label-tables"
_FORMATS = {
    "parquet": "application/x-parquet",
    "json": "application/json",
    "bib": "text/plain",
    "md": "text/plain",
    "tar": "application/x-tar",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "tsv": "text/tab-separated-values",
    "mid": "audio/midi",
}
_PLAIN_TEXT = "text/plain"
_DAY = re.compile(r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])(-(?P<day>0[1-9]|[12]\d|3[01]))?")
_NUMBERED = re.compile(r"\d+(\.\d+){0,2}")


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
) -> dict:
    """The metadata as a JSON-LD document; equal arguments give an equal one.

    Parameters
    ----------
    manifest, export : str
        Their names, of which the data set's is made.
    release : str, optional
        A version such as 1.2 becomes `version` 1.2.0; a month 2026-11 the version 2026.11.0; a day
        2026-11-30 the version 2026.11.30 and `datePublished`. Every name stands in the
        description. There is no clock: without a day, `datePublished` is left out.
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
    document = {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": f"{manifest}-{export}",
        "description": description if release is None else f"{description} Release {release}.",
        "license": sorted({card.get("license_url") or card["license"] for card in cards.values()}),
        "creator": [
            {"@type": "sc:Organization", "name": card["attribution"], "description": card["title"]}
            for _, card in sorted(cards.items())
        ],
        "citeAs": cite_as,
        "keywords": ["drums", "music", "automatic drum transcription"],
        **_version(release),
        "distribution": [
            *(_file_object(path, *files[path]) for path in sorted(files)),
            _file_set(LABELS, "Labels of all splits.", tables, "parquet"),
            *_sound(settings),
        ],
        "recordSet": [_splits(), _records(records)],
    }
    return document


def _version(release: str | None) -> dict:
    """What the name of a release says: a version, a day, or a month."""
    if release is None:
        return {}
    if match := _DAY.fullmatch(release):
        day = {} if match["day"] is None else {"datePublished": release}
        numbers = (match["year"], match["month"], match["day"] or "0")
        return {"version": ".".join(str(int(number)) for number in numbers), **day}
    if _NUMBERED.fullmatch(release):
        return {"version": ".".join([*release.split("."), "0", "0"][:3])}
    return {}


def _file_object(path: str, sha256: str, n_bytes: int) -> dict:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path}: a file of an export has a path below it")
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path.rsplit("/", 1)[-1],
        "contentUrl": path,
        "contentSize": f"{n_bytes} B",
        "encodingFormat": _FORMATS.get(path.rsplit(".", 1)[-1], _PLAIN_TEXT),
        "sha256": sha256,
    }


def _file_set(
    name: str, description: str, includes: Iterable[str], ending: str, within: str | None = None
) -> dict:
    contained = {} if within is None else {"containedIn": {"@id": within}}
    return {
        "@type": "cr:FileSet",
        "@id": name,
        "name": name,
        "description": description,
        **contained,
        "encodingFormat": _FORMATS[ending],
        "includes": list(includes),
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
            sets.append(_file_set("sound", "Sound, a file per sample.", paths, ending))
            if settings["unit"] == "session":
                for kind, what in (("tsv", "as text"), ("mid", "as General MIDI percussion")):
                    paths = [f"{short}/{folder}/*.{kind}" for short in SPLIT_FOLDERS.values()]
                    sets.append(_file_set(f"strokes-{kind}", f"Strokes {what}.", paths, kind))
        elif form == "webdataset":
            paths = [f"{short}/{split}-*.tar" for split, short in SPLIT_FOLDERS.items()]
            sets.append(_file_set("tar-shards", "Samples in tar shards.", paths, "tar"))
            words = "Sound within the tar shards."
            sets.append(_file_set("sound-in-tar", words, [f"*.{ending}"], ending, "tar-shards"))
            words = "Records within the tar shards."
            sets.append(_file_set("records-in-tar", words, ["*.json"], "json", "tar-shards"))
        else:
            paths = [f"{short}/{split}-*.parquet" for split, short in SPLIT_FOLDERS.items()]
            words = "Samples in Parquet shards, with their sound."
            sets.append(_file_set("parquet-shards", words, paths, "parquet"))
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


def _records(schema: pa.Schema) -> dict:
    missing = [name for name in schema.names if name not in RECORD_FIELDS]
    if missing:
        raise ValueError(f"fields of the records without an explanation: {', '.join(missing)}")
    return {
        "@type": "cr:RecordSet",
        "@id": "records",
        "name": "records",
        "description": "One record per sample that has sound, of all splits.",
        "key": {"@id": "records/sample_id"},
        "field": [_field(field) for field in schema],
    }


def _field(field: pa.Field) -> dict:
    """One column; a list or a struct of others has them as fields of its own."""
    kind, name = field.type, field.name
    document = {
        "@type": "cr:Field",
        "@id": f"records/{name}",
        "name": name,
        "description": RECORD_FIELDS[name],
    }
    if pa.types.is_list(kind):
        document["repeated"] = True
        kind = kind.value_type
    if not pa.types.is_struct(kind):
        return document | {"dataType": _data_type(name, kind), "source": _source(name)}
    meanings = NESTED_FIELDS.get(name, {})
    document["subField"] = [
        {
            "@type": "cr:Field",
            "@id": f"records/{name}/{child.name}",
            "name": child.name,
            "description": meanings.get(child.name, f"class ids of the map {child.name}"),
            "dataType": _data_type(f"{name}.{child.name}", _value_type(child.type)),
            **({"repeated": True} if pa.types.is_list(child.type) else {}),
            "source": _source(name) | {"transform": {"jsonPath": child.name}},
        }
        for child in kind
    ]
    return document


def _source(column: str) -> dict:
    return {"fileSet": {"@id": LABELS}, "extract": {"column": column}}


def _value_type(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_list(kind) else kind


def _data_type(name: str, kind: pa.DataType) -> str:
    """Croissant's type of a value of Arrow's."""
    if pa.types.is_string(kind):
        return "sc:Text"
    if pa.types.is_boolean(kind):
        return "sc:Boolean"
    if pa.types.is_integer(kind):
        return "sc:Integer"
    if pa.types.is_floating(kind):
        return "sc:Float"
    raise ValueError(f"{name}: Croissant has no type for {kind}")
