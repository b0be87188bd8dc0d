"""Amounts of an export in words: durations, sizes, and plain tables for terminal and log."""

from collections.abc import Mapping, Sequence

_UNITS = ("kB", "MB", "GB", "TB", "PB")


def duration_in_words(seconds: float) -> str:
    """A duration in its two largest units.

    Examples
    --------
    >>> [duration_in_words(seconds) for seconds in (148_330, 3_600, 754.6, 59.4, 0.28)]
    ['41 h 12 min', '1 h 0 min', '12 min 35 s', '59 s', '0.28 s']
    """
    if seconds < 9.95:
        return f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = round(seconds / 60)
    return f"{minutes // 60:,} h {minutes % 60} min"


def size_in_words(n_bytes: int) -> str:
    """A size in decimal units, as disks are sold.

    Examples
    --------
    >>> [size_in_words(n) for n in (999, 24_740, 999_960, 12_345_678_901)]
    ['999 bytes', '24.7 kB', '1 MB', '12.3 GB']
    """
    if n_bytes < 1000:
        return f"{n_bytes:,} bytes"
    value, unit = n_bytes / 1000, _UNITS[0]
    for larger in _UNITS[1:]:
        if value < 999.95:
            break
        value, unit = value / 1000, larger
    return f"{value:,.1f}".removesuffix(".0") + f" {unit}"


def amounts_in_words(amounts: Mapping) -> dict[str, str]:
    """``records``, ``strokes``, ``seconds``, ``bytes`` and ``sessions`` as people say them.

    Examples
    --------
    >>> amounts = {"records": 1200, "strokes": 9, "seconds": 90, "bytes": 5000, "sessions": 3}
    >>> words = amounts_in_words(amounts)
    >>> words["records"], words["duration"], words["size"]
    ('1,200', '1 min 30 s', '5 kB')
    """
    return {
        "records": f"{amounts['records']:,}",
        "strokes": f"{amounts['strokes']:,}",
        "duration": duration_in_words(amounts["seconds"]),
        "size": size_in_words(amounts["bytes"]),
        "sessions": f"{amounts['sessions']:,}",
    }


def text_table(header: Sequence[str], rows: Sequence[Sequence[str]], n_names: int = 1) -> str:
    """Rows of words in columns: names on the left, `n_names` of them, and numbers on the right.

    Examples
    --------
    >>> print(text_table(["split", "records"], [["train", "1,200"], ["test", "7"]]))
      split  records
      train    1,200
      test         7
    """
    lines = [list(header), *map(list, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  "
        + "  ".join(
            text.ljust(width) if place < n_names else text.rjust(width)
            for place, (text, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )
