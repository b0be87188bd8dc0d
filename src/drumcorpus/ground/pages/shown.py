"""How values are shown to people: numbers with separators, names without what does not print."""


def number(value: float | None) -> str:
    """A number with thousands separators; a dash where there is none."""
    if value is None:
        return "—"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1 else f"{value:,.2f}".rstrip("0").rstrip(".")
    return f"{value:,}"


def short(value: float) -> str:
    """A number in few letters.

    Examples
    --------
    >>> short(999), short(1500), short(2_000_000)
    ('999', '1.5k', '2M')
    """
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def percent(value: float | None) -> str:
    """A share in percent; a dash where there is none."""
    return "—" if value is None else f"{100 * value:.3g} %"


def hours(seconds: float | None) -> str:
    """A duration in hours, minutes and seconds; a dash where there is none.

    Examples
    --------
    >>> hours(3723.4), hours(None)
    ('1:02:03', '—')
    """
    if seconds is None:
        return "—"
    minutes, seconds_left = divmod(round(seconds), 60)
    return f"{minutes // 60:,}:{minutes % 60:02d}:{seconds_left:02d}"


def data_size(n_bytes: int) -> str:
    """A size in decimal units.

    Examples
    --------
    >>> data_size(999), data_size(1_250_000_000)
    ('999 bytes', '1.25 GB')
    """
    value, unit = float(n_bytes), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if value < 999.5:
            break
        value, unit = value / 1000, larger
    return f"{n_bytes:,} bytes" if unit == "bytes" else f"{value:,.3g} {unit}"
