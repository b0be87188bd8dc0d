"""Whole numbers as Thrift's compact protocol has them, in footers and page headers of Parquet."""


def varint(data: bytes, place: int) -> tuple[int, int]:
    """A number in groups of seven bits, the lowest first, and where it ends.

    Raises
    ------
    IndexError
        If the data end within it.
    """
    number = shift = 0
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number, place


def signed(data: bytes, place: int) -> tuple[int, int]:
    """A number whose sign is its lowest bit, and where it ends; raises as `varint` does."""
    number, place = varint(data, place)
    return (number >> 1) ^ -(number & 1), place
