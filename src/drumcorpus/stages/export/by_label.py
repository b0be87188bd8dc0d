"""Times that a setting gives by label or family, such as a longer post-roll for cymbals."""

import math
from collections.abc import Mapping

import numpy as np

DEFAULT = "default"


def seconds_by_label(
    setting: float | Mapping[str, float], families: Mapping[str, str], *, name: str
) -> np.ndarray:
    """What a setting in milliseconds says of each label.

    Parameters
    ----------
    setting : number or mapping
        One time for all, or ``default`` and any number of families and labels. A label goes before
        its family; a name that is both, such as ``crash``, means the family.
    families : mapping
        Label to family, in the order of the class ids.
    name : str
        What to call the setting in messages.

    Returns
    -------
    seconds : array (n_labels,) float

    Raises
    ------
    ValueError
        If a key is none of these, ``default`` is missing, or a time is no number from 0.

    Examples
    --------
    >>> families = {"kick": "kick", "crash": "crash", "crash2": "crash"}
    >>> times = {"default": 200, "crash": 800, "crash2": 500}
    >>> seconds_by_label(times, families, name="postroll_ms").tolist()
    [0.2, 0.8, 0.5]
    """
    times = setting if isinstance(setting, Mapping) else {DEFAULT: setting}
    allowed = [DEFAULT, *dict.fromkeys(families.values()), *families]
    for key, value in times.items():
        if key not in allowed:
            known = ", ".join(dict.fromkeys(allowed))
            raise ValueError(f"{name}: {key}: is no family and no label; allowed: {known}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_time(value):
            where = f"{name}: {key}" if isinstance(setting, Mapping) else name
            raise ValueError(f"{where}: got {value!r}; wanted: milliseconds, a number from 0")
    if DEFAULT not in times:
        raise ValueError(f"{name}: {DEFAULT}: missing; it is for the labels that are not named")
    of_labels = [
        times.get(label, times.get(family, times[DEFAULT])) for label, family in families.items()
    ]
    return np.array(of_labels, float) / 1000


def _is_time(value: float) -> bool:
    return math.isfinite(value) and value >= 0
