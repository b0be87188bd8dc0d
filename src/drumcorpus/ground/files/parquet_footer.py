"""The footer of a Parquet file, as far as it says where the pieces of columns lie.

Arrow reads and writes whole columns. To copy a column as it stands, the footer must say its new
place; all else that it says of it (values, statistics, encodings) is kept to the byte. Parquet's
footers are structs of Thrift's compact protocol; names of fields are those of ``parquet.thrift``.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from drumcorpus.ground.files.thrift import signed, varint

MAGIC = b"PAR1"
# Kinds of values, by Thrift's compact protocol.
_BOOLEANS, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _STRUCT = (
    (1, 2), 3, 4, 5, 6, 7, 8, 9, 10, 12
)  # fmt: skip
# Numbers of fields.
_ROW_GROUPS = 4  # of FileMetaData
_COLUMNS, _NUM_ROWS = 1, 3  # of RowGroup
_FILE_OFFSET, _META_DATA = 2, 3  # of ColumnChunk; those above have places in the file
_PATH, _NUM_VALUES, _UNCOMPRESSED, _COMPRESSED = 3, 5, 6, 7  # of ColumnMetaData
_DATA_PAGE, _INDEX_PAGE, _DICTIONARY_PAGE, _BLOOM_FILTER = 9, 10, 11, 14


@dataclass(frozen=True)
class Chunk:
    """One leaf of one row group: its path, its bytes in the file, and what the footer says of it.

    Attributes
    ----------
    path : str
        Names from the column to the leaf, with dots: ``components.list.element.label``.
    start, size : int
        Place of its pages in the file.
    n_values, n_uncompressed : int
        Values with nulls, and bytes of its pages before compression.
    said : bytes
        Its ColumnChunk.
    places : tuple of (int, int, int)
        Where in `said` a place in the file stands: from, to before, and the place.
    """

    path: str
    start: int
    size: int
    n_values: int
    n_uncompressed: int
    said: bytes
    places: tuple[tuple[int, int, int], ...]

    def said_at(self, start: int) -> bytes:
        """Its ColumnChunk, as it is where its pages begin at `start`."""
        parts, done = [], 0
        for begin, end, place in self.places:
            parts += [self.said[done:begin], _zigzag(place - self.start + start)]
            done = end
        return b"".join([*parts, self.said[done:]])


@dataclass(frozen=True)
class Footer:
    """A footer: its row groups, each of chunks, and the bytes before and after these."""

    before: bytes
    groups: list[list[Chunk]]
    n_rows: list[int]
    after: bytes

    def said_of(self, groups: list[list[tuple[Chunk, int]]]) -> bytes:
        """The footer of other chunks with their places, as many of them, and the file's end."""
        parts = [self.before, _list_head(len(groups))]
        for chunks, n_rows in zip(groups, self.n_rows, strict=True):
            parts += [b"\x19", _list_head(len(chunks))]  # columns
            parts += [chunk.said_at(start) for chunk, start in chunks]
            n_uncompressed = sum(chunk.n_uncompressed for chunk, _ in chunks)
            size = sum(chunk.size for chunk, _ in chunks)
            parts += [b"\x16", _zigzag(n_uncompressed), b"\x16", _zigzag(n_rows)]
            parts += [b"\x26", _zigzag(chunks[0][1]), b"\x16", _zigzag(size), b"\0"]
        said = b"".join([*parts, self.after])
        return said + len(said).to_bytes(4, "little") + MAGIC


def read_footer(data: bytes | memoryview) -> Footer:
    """The footer of a Parquet file, of its bytes.

    Raises
    ------
    ValueError
        If it is none, or has other places in the file than those of pages: of an index of pages,
        of a Bloom filter, of another file.
    """
    if len(data) < 12 or bytes(data[-4:]) != MAGIC:
        raise ValueError("no Parquet footer at its end")
    size = int.from_bytes(data[-8:-4], "little")
    said = bytes(data[-8 - size : -8])
    try:
        fields, _ = _fields(said, 0)
        begin, end = fields[_ROW_GROUPS]
        groups, n_rows = [], []
        for at, _ in _elements(said, begin):
            own, _ = _fields(said, at)
            groups.append([_chunk(said[a:z]) for a, z in _elements(said, own[_COLUMNS][0])])
            n_rows.append(signed(said, own[_NUM_ROWS][0])[0])
    except (IndexError, KeyError) as error:
        raise ValueError(f"its Parquet footer is cut or lacks {error}") from error
    return Footer(said[:begin], groups, n_rows, said[end:])


def _chunk(said: bytes) -> Chunk:
    own, _ = _fields(said, 0)
    about, _ = _fields(said, own[_META_DATA][0])
    if set(own) - {_FILE_OFFSET, _META_DATA} or {_INDEX_PAGE, _BLOOM_FILTER} & set(about):
        raise ValueError("its Parquet footer has an index of pages, or a Bloom filter")
    spans = [own[_FILE_OFFSET], *(about[f] for f in (_DATA_PAGE, _DICTIONARY_PAGE) if f in about)]
    places = [(begin, end, signed(said, begin)[0]) for begin, end in spans]
    start = min(place for _, _, place in places[1:])
    if not places[0][2]:  # writers leave it 0
        del places[0]
    path = ".".join(
        said[varint(said, a)[1] : z].decode() for a, z in _elements(said, about[_PATH][0])
    )
    fields = (_COMPRESSED, _NUM_VALUES, _UNCOMPRESSED)
    figures = (signed(said, about[field][0])[0] for field in fields)
    return Chunk(path, start, *figures, said, tuple(places))


def _fields(data: bytes, at: int) -> tuple[dict[int, tuple[int, int]], int]:
    """From where to where each field of the struct at `at` has its value, and the struct's end."""
    fields, number = {}, 0
    while head := data[at]:
        at += 1
        if head >> 4:
            number += head >> 4
        else:
            number, at = signed(data, at)[0], _end(data, at, _I16)
        end = _end(data, at, head & 15)
        fields[number] = (at, end)
        at = end
    return fields, at + 1


def _elements(data: bytes, at: int) -> Iterable[tuple[int, int]]:
    """From where to where each element of the list at `at` stands."""
    kind, n_elements, at = _list_of(data, at)
    for _ in range(n_elements):
        end = _end(data, at, kind)
        yield at, end
        at = end


def _end(data: bytes, at: int, kind: int) -> int:
    """Where the value at `at` ends."""
    if _I16 <= kind <= _I64:
        while data[at] & 0x80:
            at += 1
        return at + 1
    if kind == _BINARY:
        size, at = varint(data, at)
        return at + size
    if kind == _STRUCT:
        while head := data[at]:
            at = _end(data, at + 1 if head >> 4 else _end(data, at + 1, _I16), head & 15)
        return at + 1
    if kind in (_LIST, _SET):
        kind, n_elements, at = _list_of(data, at)
        if kind <= _BYTE:
            return at + n_elements
        for _ in range(n_elements):
            at = _end(data, at, kind)
        return at
    sizes = {**dict.fromkeys(_BOOLEANS, 0), _BYTE: 1, _DOUBLE: 8}
    if kind not in sizes:
        raise ValueError(f"its Parquet footer has a value of the unknown kind {kind}")
    return at + sizes[kind]


def _list_of(data: bytes, at: int) -> tuple[int, int, int]:
    """Kind and number of the elements of a list, and where the first stands."""
    head = data[at]
    n_elements, at = (head >> 4, at + 1) if head >> 4 < 15 else varint(data, at + 1)
    return head & 15, n_elements, at


def _list_head(n_structs: int) -> bytes:
    head = bytes([min(n_structs, 15) << 4 | _STRUCT])
    return head if n_structs < 15 else head + _as_varint(n_structs)


def _as_varint(value: int) -> bytes:
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*parts, value])


def _zigzag(value: int) -> bytes:
    return _as_varint(value << 1)  # places and sizes are not negative
