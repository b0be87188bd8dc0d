"""A release for those who look for data sets: Croissant 1.0 and RO-Crate 1.1.

Both lie in the folder of the release and describe what `contents` lists. A file that is not copied
is named by its content (``ni:///sha-256;…``, RFC 6920) and by the place that it lies at.
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from urllib.parse import quote

from drumcorpus.event_columns import EVENT_COLUMNS, PARTS_OF_COLUMNS
from drumcorpus.ground.files.croissant import file_object, heading, record_set, version_of
from drumcorpus.ground.files.digests import content_name
from drumcorpus.schemas import EVENTS
from drumcorpus.stages.releases.releases import SHARD_OF_SOUND

CROISSANT, CRATE = "croissant.json", "ro-crate-metadata.json"
# From the folder of a release to the working folder.
_WORKING_FOLDER = "../../.."
_RO_CRATE = "https://w3id.org/ro/crate/1.1"


def croissant_of_release(contents: Mapping, cards: Mapping[str, Mapping], cite_as: str) -> dict:
    """Croissant metadata: the data of the release, and the events of its manifests as records.

    Parameters
    ----------
    contents : mapping
        As of `contents.list_contents`. Sound stands in the metadata of each export.
    cards : mapping
        The card of every source set that is merged, by its name.
    cite_as : str
        BibTeX of these sets.
    """
    files = [row for row in contents["files"] if _is_data(row["path"])]
    manifests = [
        row["path"]
        for row in files
        if row["path"].startswith("manifests/") and row["path"].endswith(".parquet")
    ]
    return {
        **heading(
            name=f"drumcorpus-{contents['release']}",
            description="Strokes of drums in published data sets, with labels, splits and weights.",
            release=contents["release"],
            cards=cards,
            cite_as=cite_as,
        ),
        "distribution": [
            file_object(row["path"], row["sha256"], row["bytes"], _url(row)) for row in files
        ],
        "recordSet": [
            record_set(
                PurePosixPath(path).stem,
                f"One record per event of the manifest {PurePosixPath(path).stem}.",
                EVENTS,
                key="event_id",
                source={"fileObject": {"@id": path}},
                meanings=EVENT_COLUMNS,
                nested=PARTS_OF_COLUMNS,
            )
            for path in manifests
        ],
    }


def crate_of_release(
    contents: Mapping, cards: Mapping[str, Mapping], others: Sequence[tuple[str, str]]
) -> dict:
    """The release as an RO-Crate: every file with digest and size, licences, what to cite.

    Parameters
    ----------
    contents, cards
        As of `croissant_of_release`.
    others : sequence of (path, name)
        Further files of the folder, with a word on each.
    """
    release = contents["release"]
    files = [row for row in contents["files"] if row["what"] != SHARD_OF_SOUND]
    parts = [*(_id(row) for row in files), *(path for path, _ in others)]
    sound = [_sound(export) for export in contents["exports"]]
    licences: dict[str, list[str]] = {}  # names by id: one text may be called by several
    for name, identifier in sorted(
        {(card["license"], _licence_id(card)) for card in cards.values()}
    ):
        licences.setdefault(identifier, []).append(name)
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": f"drumcorpus, release {release}",
        "description": "Strokes of drums in published data sets, with labels, splits and weights.",
        "hasPart": _refs([*dict.fromkeys(parts), *(each["@id"] for each in sound)]),
        "license": _refs(licences),
        "creditText": "; ".join(
            dict.fromkeys(cards[name]["attribution"] for name in sorted(cards))
        ),
        "isBasedOn": _refs(f"#{name}" for name in sorted(cards)),
        **version_of(release),
    }
    graph = [
        {
            "@id": CRATE,
            "@type": "CreativeWork",
            "about": {"@id": "./"},
            "conformsTo": {"@id": _RO_CRATE},
        },
        root,
        *({row["@id"]: row for row in map(_file, files)}).values(),
        *({"@id": path, "@type": "File", "name": name} for path, name in others),
        *sound,
        *(_source_set(name, cards[name]) for name in sorted(cards)),
        *(
            {"@id": identifier, "@type": "CreativeWork", "name": "; ".join(names)}
            for identifier, names in licences.items()
        ),
    ]
    return {"@context": f"{_RO_CRATE}/context", "@graph": graph}


def _is_data(path: str) -> bool:
    """Whether a file is of the manifests, and no document and of no export."""
    parts = PurePosixPath(path).parts
    return parts[0] in ("manifests", "sampling", "splits") and path.endswith((".parquet", ".jsonl"))


def _url(row: Mapping) -> str | None:
    return None if row["copied"] else f"{_WORKING_FOLDER}/{row['place']}"


def _id(row: Mapping) -> str:
    return row["path"] if row["copied"] else content_name(row["sha256"])


def _file(row: Mapping) -> dict:
    of = f" of {row['name']}" if row["name"] not in row["what"] else ""
    return {
        "@id": _id(row),
        "@type": "File",
        "name": f"{row['what']}{of}",
        "contentSize": str(row["bytes"]),
        "sha256": row["sha256"],
        **({} if row["copied"] else {"alternateName": row["place"]}),
    }


def _sound(export: Mapping) -> dict:
    name = f"{export['manifest']}/{export['export']}"
    return {
        "@id": f"#export/{name}",
        "@type": "Dataset",
        "name": f"Sound of {name}",
        "description": (
            f"{export['files']} files in {export['place']}, {export['bytes']} bytes; "
            f"all of them with their digests: {export['listing']}"
        ),
    }


def _source_set(name: str, card: Mapping) -> dict:
    return {
        "@id": f"#{name}",
        "@type": "Dataset",
        "name": card["title"],
        "version": card["version"],
        "license": {"@id": _licence_id(card)},
        "creditText": card["attribution"],
        "citation": " ".join(card["citation"].split()),
    }


def _licence_id(card: Mapping) -> str:
    return card.get("license_url") or f"#licence-{quote(card['license'].replace(' ', '-'))}"


def _refs(ids) -> list[dict]:
    return [{"@id": each} for each in ids]
