"""Croissant 1.0 metadata: what every document of it has, whatever its files hold.

The format is MLCommons' (https://docs.mlcommons.org/croissant/docs/croissant-spec.html): JSON-LD
over schema.org.
"""

import datetime
import re
from collections.abc import Iterable, Mapping

import pyarrow as pa

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
_DAY = re.compile(
    r"(?P<year>\d{4})-(?P<month>0[1-9]|1[0-2])(-(?P<day>0[1-9]|[12]\d|3[01]))?", re.ASCII
)
_NUMBERED = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){0,2}", re.ASCII)


def heading(
    *, name: str, description: str, release: str | None, cards: Mapping[str, Mapping], cite_as: str
) -> dict:
    """What a document begins with: what it is of, its licences, who is to be named.

    Parameters
    ----------
    name, description : str
        Of the data set.
    release : str, optional
        As of `version_of`; every name stands in the description.
    cards : mapping
        The card of every source set in it, by the set's name: their licences are the data set's.
    cite_as : str
        BibTeX of the source sets.
    """
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": CONFORMS_TO,
        "name": name,
        "description": description if release is None else f"{description} Release {release}.",
        "license": sorted({card.get("license_url") or card["license"] for card in cards.values()}),
        "creator": [
            {"@type": "sc:Organization", "name": card["attribution"], "description": card["title"]}
            for _, card in sorted(cards.items())
        ],
        "citeAs": cite_as,
        "keywords": ["drums", "music", "automatic drum transcription"],
        **version_of(release),
    }


def version_of(release: str | None) -> dict:
    """What the name of a release says: a version, a day, or a month.

    A version such as 1.2 becomes `version` 1.2.0; a month 2026-11 the version 2026.11.0; a day
    2026-11-30 the version 2026.11.30 and `datePublished`. There is no clock: of another name
    nothing is said.
    """
    if release is None:
        return {}
    if (match := _DAY.fullmatch(release)) and _is_in_the_calendar(match):
        day = {} if match["day"] is None else {"datePublished": release}
        numbers = (match["year"], match["month"], match["day"] or "0")
        return {"version": ".".join(str(int(number)) for number in numbers), **day}
    if _NUMBERED.fullmatch(release):
        return {"version": ".".join([*release.split("."), "0", "0"][:3])}
    return {}


def _is_in_the_calendar(match: re.Match) -> bool:
    numbers = [int(match[name] or 1) for name in ("year", "month", "day")]
    try:
        datetime.date(*numbers)
    except ValueError:
        return False
    return True


def file_object(path: str, sha256: str, n_bytes: int, url: str | None = None) -> dict:
    """A file of the data set.

    Parameters
    ----------
    path : str
        Below the folder of the document; its id.
    sha256 : str
    n_bytes : int
    url : str, optional
        Where it lies, relative to the document, if not at its path.

    Raises
    ------
    ValueError
        If the path leads out of the folder.
    """
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError(f"{path}: a file of a data set has a path below it")
    return {
        "@type": "cr:FileObject",
        "@id": path,
        "name": path.rsplit("/", 1)[-1],
        "contentUrl": url or path,
        "contentSize": f"{n_bytes} B",
        "encodingFormat": _FORMATS.get(path.rsplit(".", 1)[-1], _PLAIN_TEXT),
        "sha256": sha256,
    }


def file_set(
    name: str, description: str, includes: Iterable[str], ending: str, within: str | None = None
) -> dict:
    """Files of one kind, by patterns of their paths, or by the ids of files that stand alone.

    `within` is the id of the set of archives that they are in.
    """
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


def record_set(
    name: str,
    description: str,
    schema: pa.Schema,
    *,
    key: str,
    source: Mapping,
    meanings: Mapping[str, str],
    nested: Mapping[str, Mapping[str, str]],
    otherwise: str = "",
) -> dict:
    """The rows of Parquet tables with one schema.

    Parameters
    ----------
    name, description : str
        `name` is also the id, before which those of the fields stand.
    schema : pa.Schema
    key : str
        The column that tells the rows apart.
    source : mapping
        What they are read from: ``{"fileSet": {"@id": ...}}`` or ``{"fileObject": ...}``.
    meanings : mapping
        What each column means, in words.
    nested : mapping
        The same of the fields of columns that are structs, or lists of structs, by column.
    otherwise : str
        What stands before the name of such a field that has no meaning of its own.

    Raises
    ------
    ValueError
        If a column has no meaning, or a type that Croissant lacks.
    """
    missing = [column for column in schema.names if column not in meanings]
    if missing:
        raise ValueError(f"fields of the records without an explanation: {', '.join(missing)}")
    fields = [_field(name, field, source, meanings, nested, otherwise) for field in schema]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "description": description,
        "key": {"@id": f"{name}/{key}"},
        "field": fields,
    }


def _field(
    records: str,
    field: pa.Field,
    source: Mapping,
    meanings: Mapping[str, str],
    nested: Mapping[str, Mapping[str, str]],
    otherwise: str,
) -> dict:
    """One column; a list or a struct of others has them as fields of its own."""
    kind, name = field.type, field.name
    document = {
        "@type": "cr:Field",
        "@id": f"{records}/{name}",
        "name": name,
        "description": meanings[name],
    }
    if pa.types.is_list(kind):
        document["repeated"] = True
        kind = kind.value_type
    extract = {**source, "extract": {"column": name}}
    if not pa.types.is_struct(kind):
        return document | {"dataType": _data_type(name, kind), "source": extract}
    words = nested.get(name, {})
    document["subField"] = [
        {
            "@type": "cr:Field",
            "@id": f"{records}/{name}/{child.name}",
            "name": child.name,
            "description": words.get(child.name) or f"{otherwise}{child.name}",
            "dataType": _data_type(f"{name}.{child.name}", _value_type(child.type)),
            **({"repeated": True} if pa.types.is_list(child.type) else {}),
            "source": extract | {"transform": {"jsonPath": child.name}},
        }
        for child in kind
    ]
    return document


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
