"""Text as codes of a dictionary, at whatever depth of a column it stands."""

import numpy as np
import pyarrow as pa

from drumcorpus.ground.files.columns import column_of, first_places, numbers


def has_codes(kind: pa.DataType) -> bool:
    """Whether there is a dictionary in a type, at whatever depth."""
    return plain_type(kind) != kind


def plain_type(kind: pa.DataType) -> pa.DataType:
    """The type with the values of each dictionary in its place."""
    if pa.types.is_dictionary(kind):
        return kind.value_type
    if pa.types.is_struct(kind):
        return pa.struct([field.with_type(plain_type(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(kind.value_field.with_type(plain_type(kind.value_type)))
    return kind


def in_order_of_appearance(column: pa.Array) -> pa.Array:
    """The same values by dictionaries of those that occur, in the order in which they do so.

    Those are the dictionaries which Arrow makes of text. They may stand within lists and structs,
    of a column that is no slice of a longer one.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _in_order(column)
    if not has_codes(kind):
        return column
    if pa.types.is_list(kind):
        bare, inner = column.buffers()[:2], [column.values]
    else:
        bare, inner = column.buffers()[:1], column.flatten()  # nothing under a struct that is null
    inner = [in_order_of_appearance(child) for child in inner]
    return pa.Array.from_buffers(kind, len(column), bare, children=inner)


def _in_order(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The values of a column of dictionaries, which may be a slice, by that of those that occur."""
    n_names, codes = len(column.dictionary), numbers(column.indices, null=-1)
    first = first_places(codes, n_names + 1)[:n_names]
    order = np.argsort(first, kind="stable")[: int((first < len(codes)).sum())]
    if len(order) == n_names and (np.diff(order) == 1).all():
        return column
    places = np.zeros(n_names + 1, np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    names = column.dictionary.take(column_of(order))
    is_valid = codes >= 0 if column.null_count else None
    return pa.DictionaryArray.from_arrays(column_of(places[codes], is_valid), names)
