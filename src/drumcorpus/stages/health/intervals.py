"""Confidence intervals of what is measured on a sample, at 95 %.

References
----------
.. [1] E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
   Journal of the American Statistical Association 22(158), 209-212, 1927.
.. [2] L. Kish, "Survey Sampling", Wiley 1965: the effective size of a weighted sample.
.. [3] W. J. Conover, "Practical Nonparametric Statistics", Wiley 1999: intervals of quantiles by
   order statistics.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np

NORMAL_95 = 1.959964


def share_interval(share: float, n: float) -> tuple[float, float]:
    """Wilson's score interval [1]_ of a share seen in a sample.

    Parameters
    ----------
    share : float
        0 to 1.
    n : float
        Size of the sample, above 0; an effective size need not be whole.
    """
    z2 = NORMAL_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def effective_size(groups: Iterable[tuple[int, int]]) -> float:
    """Size of an evenly drawn sample that is worth as much as this uneven one, after Kish [2]_.

    Parameters
    ----------
    groups : iterable of (int, int)
        Of each group its members, and those of them that were drawn, at least one.
    """
    groups = list(groups)
    return sum(n for n, _ in groups) ** 2 / sum(n * n / drawn for n, drawn in groups)


def quantile_interval(values: Sequence[float], level: float) -> tuple[float, float]:
    """Interval of a quantile by order statistics [3]_; it supposes no distribution.

    Of few values, fewer than 6 for the median, it is all that was seen, and covers less than 95 %.

    Parameters
    ----------
    values : sequence of float
        The sample, in order, not empty.
    level : float
        Of the quantile, 0 to 1; the median is 0.5.
    """
    n = len(values)
    reached = _binomial_reached(n, level)
    low = max(int(np.searchsorted(reached, 0.025)) - 1, 0)
    high = min(int(np.searchsorted(reached, 0.975)), n - 1)
    return values[low], values[high]


def _binomial_reached(n: int, p: float) -> np.ndarray:
    """Chance of at most 0, 1, ... `n` of `n` values below a quantile, shape (n + 1,).

    By the logarithm of factorials; scipy's own takes as long to import as a million events to
    count.
    """
    factorials = np.array([math.lgamma(k + 1) for k in range(n + 1)])
    below = np.arange(n + 1)
    ways = factorials[n] - factorials - factorials[::-1]
    return np.cumsum(np.exp(ways + below * math.log(p) + (n - below) * math.log1p(-p)))
