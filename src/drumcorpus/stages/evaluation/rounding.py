"""A fixed number of decimals, so that equal figures are equal bytes."""

import math
from collections.abc import Mapping

DECIMALS = 6


def rounded(value):
    """A document with every number of a fixed number of decimals, and null where there is none.

    Examples
    --------
    >>> rounded({"f": 2 / 3, "recall": [math.nan, 1]})
    {'f': 0.666667, 'recall': [None, 1]}
    """
    if isinstance(value, Mapping):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(each) for each in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(float(value), DECIMALS) + 0.0
    return value
