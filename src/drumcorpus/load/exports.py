"""Opens an export and reads it: tables as pandas or Arrow, samples by number or in a stream."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pt

from drumcorpus.load.class_maps import COMPONENTS, ClassMaps, read_class_maps
from drumcorpus.load.contents import FileContents, ParquetContents, TarContents
from drumcorpus.load.errors import NotAnExport
from drumcorpus.load.reader import Reader
from drumcorpus.load.samples import Samples
from drumcorpus.load.targets import label_lists, stroke_lists
from drumcorpus.vocabulary import SPLITS

SCHEMA = "drumcorpus.export_components/2"
# Folders and files of a split have its short name.
SHORT = {"train": "train", "validation": "val", "test": "test"}
# How the samples may be written, the first that is there is read, and the ends of shards' names.
FORMS = ("webdataset", "parquet", "files")
ENDS = {"webdataset": ".tar", "parquet": ".parquet"}
# Columns with few values, which are kept as numbers; and those that no sample carries along unless
# asked for, since they are long and in the records.
FEW_VALUES = (
    *("source_set", "session_id", "group_id", "split", "shard", "parquet_shard", "license"),
    *("label_method", "kit_id", "drummer_id", "style"),
)
ASKED_FOR_ONLY = ("sha256",)
ATTRIBUTES = ("onset", "label", "velocity")


def open_export(folder: str | os.PathLike) -> "Export":
    """An export, such as ``results/export/prod_combined/segments``.

    Raises
    ------
    NotAnExport
        If the folder is none; names what is missing or not as it should be.
    """
    root = Path(folder)
    metadata, components = (_document(root, f"{n}.json") for n in ("metadata", "components"))
    if components.get("schema") != SCHEMA:
        raise NotAnExport(
            f"{root / 'components.json'}: schema {components.get('schema')!r}; wanted: {SCHEMA}, "
            "as a named export has it; open results/export/<manifest>/<export>"
        )
    return Export(root, metadata, components, read_class_maps(components, _default_map(metadata)))


class Export:
    """What `open_export` returns.

    `metadata` and `components` are the contents of the files of that name, `class_maps` has the
    classes of every map by its name.
    """

    def __init__(self, root: Path, metadata: dict, components: dict, class_maps: ClassMaps):
        self.root, self.metadata, self.components = root, metadata, components
        self.class_maps = class_maps

    def __repr__(self) -> str:
        return f"Export({str(self.root)!r})"

    def sessions(self):
        """The recordings, one per row, as a pandas DataFrame."""
        return _read(self.root / "sessions.parquet").read().to_pandas()

    def records(self, split: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The records of a split, one row per sample, with all that is struck in it."""
        return self._labels_file(split).read(columns=columns)

    def labels(self, split: str, columns: Sequence[str] | None = None):
        """The same as a pandas DataFrame; name the columns if the split is large."""
        return self.records(split, columns).to_pandas()

    def forms(self, split: str) -> list[str]:
        """In which forms the samples of a split are written."""
        file = self._labels_file(split)
        places = file.read(columns=["file", "shard", "parquet_shard"])
        return [form for form in FORMS if _place(places, form) is not None]

    def split(
        self, split: str, *, form: str | None = None, fields: Sequence[str] | None = None
    ) -> Samples:
        """The samples of a split by number.

        Parameters
        ----------
        split : str
            train, validation or test.
        form : str, optional
            webdataset, parquet or files; by default the first of them that is written.
        fields : sequence of str, optional
            Which fields of its record a sample carries along, of those that are single values; by
            default all but the digest. What is struck in it comes in any case.
        """
        file = self._labels_file(split, FEW_VALUES)
        schema = file.schema_arrow
        single = [field.name for field in schema if not pt.is_nested(field.type)]
        unknown = sorted(set(fields or ()) - set(single))
        if unknown:
            raise KeyError(
                f"no field of one value: {', '.join(unknown)}; there are: {', '.join(single)}"
            )
        chosen = [n for n in single if n in (fields or set(single) - set(ASKED_FOR_ONLY))]
        needed = {"sample_id", "weight", "file", "shard", "parquet_shard"} & set(single)
        attributes = [f"strokes.list.element.{name}" for name in ATTRIBUTES]
        if "event_class_ids" in schema.names:
            attributes.append(f"event_class_ids.{COMPONENTS}.list.element")
        table = file.read(columns=[*dict.fromkeys([*chosen, *sorted(needed)]), *attributes])
        strokes = stroke_lists(table.column("strokes"), self.class_maps.labels)
        contents = self._contents(table, split, form)
        kept = [name for name in dict.fromkeys(["sample_id", "weight", *chosen]) if name in single]
        events = label_lists(_event_ids(table))
        return Samples(table.select(kept), strokes, events, contents, self.class_maps)

    def reader(self, split: str, *, form: str | None = None, fields=None, **options) -> Reader:
        """The samples of a split in a stream; `options` are those of `Reader`."""
        return Reader(self.split(split, form=form, fields=fields), **options)

    def _contents(self, table, split, form):
        there = [name for name in FORMS if _place(table, name) is not None]
        if not there and len(table):
            raise NotAnExport(f"{self._labels_path(split)}: says of no sample where its sound is")
        if form is not None and form not in there and len(table):
            raise ValueError(f"form: got {form!r}; {split} is written as: {', '.join(there)}")
        form = form or (there or ["files"])[0]
        place = _place(table, form)
        place = pa.array([], pa.string()) if place is None else place
        ids = table.column("sample_id").combine_chunks()
        if form == "files":
            return FileContents(self.root, place)
        kind = TarContents if form == "webdataset" else ParquetContents
        return kind(self.root, place, ids)

    def _labels_path(self, split: str) -> Path:
        if split not in SPLITS:
            raise KeyError(f"split: got {split!r}; there are: {', '.join(SPLITS)}")
        return self.root / SHORT[split] / f"{SHORT[split]}_labels.parquet"

    def _labels_file(self, split: str, numbered: Sequence[str] = ()) -> pq.ParquetFile:
        file = _read(self._labels_path(split), numbered)
        missing = {"sample_id", "strokes"} - set(file.schema_arrow.names)
        if missing:
            raise NotAnExport(
                f"{self._labels_path(split)}: no column {' and '.join(sorted(missing))}"
            )
        return file


def _event_ids(table: pa.Table) -> pa.ChunkedArray:
    """Label ids of each sample's own event; of what is no clip there are none."""
    if "event_class_ids" not in table.column_names:
        return pa.chunked_array([pa.nulls(len(table), pa.list_(pa.int32()))])
    return pc.struct_field(table.column("event_class_ids"), COMPONENTS)


def _place(table: pa.Table, form: str) -> pa.Array | None:
    """Where the sound of every sample is in this form; None if it is not written in it."""
    end = ENDS.get(form, "")
    for name in ("file",) if form == "files" else ("shard", "parquet_shard"):
        if name not in table.column_names:
            continue
        place = table.column(name).cast(pa.string()).combine_chunks()
        if len(place) and not place.null_count and place[0].as_py().endswith(end):
            return place
    return None


def _read(path: Path, numbered: Sequence[str] = ()) -> pq.ParquetFile:
    try:
        names = set(pq.read_schema(path).names) if numbered else set()
        return pq.ParquetFile(path, read_dictionary=[n for n in numbered if n in names])
    except FileNotFoundError:
        raise NotAnExport(f"{path}: is not there; is the export whole?") from None
    except pa.ArrowException as error:
        raise NotAnExport(f"{path}: no Parquet file that can be read: {error}") from None


def _document(root: Path, name: str) -> dict:
    try:
        document = json.loads((root / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotAnExport(f"{root}: no export: {name} is not there") from None
    except NotADirectoryError:
        raise NotAnExport(f"{root}: no folder; wanted: that of an export") from None
    except ValueError as error:
        raise NotAnExport(f"{root / name}: no JSON: {error}") from None
    if not isinstance(document, dict):
        raise NotAnExport(f"{root / name}: got a {type(document).__name__}; wanted: an object")
    return document


def _default_map(metadata: dict) -> str | None:
    settings = metadata.get("settings")
    return metadata.get("class_map") or (settings or {}).get("class_map")
