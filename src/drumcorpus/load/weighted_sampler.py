"""Draws numbers of samples by weight, for any number of samples, the same on every machine.

Uniform numbers are taken from the raw bits of numpy's PCG64, which numpy keeps as they are through
its versions, and weights are added up from first to last in float64; no step of it is left to the
rounding of a mathematical library.
"""

from collections.abc import Iterator

import numpy as np

from drumcorpus.load.epochs import Epochs

# Draws that are made at once.
BLOCK = 65_536


def uniform(n: int, *key: int) -> np.ndarray:
    """Numbers from 0 to below 1, 53 random bits each, that follow from the key alone."""
    bits = np.random.PCG64(np.random.SeedSequence([int(part) for part in key])).random_raw(n)
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53


class WeightedSampler(Epochs):
    """Numbers of samples, drawn by weight; what torch's DataLoader takes as ``sampler=``.

    Unlike `torch.multinomial` it has no limit of 2**24 samples. Each epoch is another draw, as of
    `Epochs`; of `split` in `world` parts each takes every `world`-th draw.

    Parameters
    ----------
    weights : array_like, shape (n_samples,)
        From 0 on; not all 0. They need not add up to 1.
    n_draws : int, optional
        Per epoch; by default as many as there are samples or, without replacement, weights above 0.
    seed : int
        From 0 on.
    replacement : bool
        Whether a sample may be drawn again in an epoch. Without, each draw is among those that are
        left, with the shares that their weights have among them.

    Raises
    ------
    ValueError
        If weights are negative, no numbers or all 0, or more draws are wanted than there are
        samples to draw.
    """

    def __init__(
        self, weights, n_draws: int | None = None, *, seed: int = 0, replacement: bool = True
    ):
        self._weights = np.asarray(weights, np.float64)
        if self._weights.ndim != 1 or not np.isfinite(self._weights).all():
            raise ValueError("weights: wanted: one number per sample; some are none")
        if (self._weights < 0).any() or not self._weights.any():
            raise ValueError("weights: wanted: numbers from 0 on, not all of them 0")
        n_possible = int(np.count_nonzero(self._weights))
        if n_draws is None:
            n_draws = len(self._weights) if replacement else n_possible
        if n_draws < 1 or (not replacement and n_draws > n_possible):
            raise ValueError(
                f"n_draws: got {n_draws}; wanted: from 1"
                + ("" if replacement else f" to {n_possible}, the samples with a weight above 0")
            )
        self.n_draws, self.seed, self.replacement = int(n_draws), int(seed), bool(replacement)
        self._cumulative = np.cumsum(self._weights) if replacement else None

    def __len__(self) -> int:
        return len(range(self._rank, self.n_draws, self._world))

    def _identity(self) -> dict:
        return {
            "seed": self.seed,
            "n_draws": self.n_draws,
            "n_samples": len(self._weights),
            "replacement": self.replacement,
        } | super()._identity()

    def _items(self, epoch: int, position: int) -> Iterator[int]:
        block, drawn = None, None
        for place in range(position, len(self)):
            draw = self._rank + place * self._world
            if block != draw // BLOCK:
                block = draw // BLOCK
                drawn = self._block(epoch, block)
            yield int(drawn[draw % BLOCK])

    def _block(self, epoch: int, block: int) -> np.ndarray:
        if self.replacement:
            return _drawn(self._cumulative, uniform(BLOCK, self.seed, epoch, block))
        # All of them at once: what may be drawn depends on all that were.
        order = _without_replacement(self._weights, self.n_draws, (self.seed, epoch))
        return order[block * BLOCK : (block + 1) * BLOCK]


def _drawn(cumulative: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """The sample in whose part of the sum each number falls; one without weight has no part."""
    total = cumulative[-1]
    below = np.minimum(numbers * total, np.nextafter(total, 0))  # a product of tiny numbers rounds
    return np.searchsorted(cumulative, below, side="right")


def _without_replacement(weights, n_draws, key) -> np.ndarray:
    """Successive draws among what is left.

    Draws with replacement of which the repeated are left out are such draws. They are made in
    rounds, and what was drawn has no weight in the next, so that each round finds many.
    """
    left, drawn, n_drawn, n_rounds = weights.copy(), [], 0, 0
    while n_drawn < n_draws:
        wanted = max(n_draws - n_drawn, 64)
        found = _drawn(np.cumsum(left), uniform(wanted, *key, n_rounds))
        _, first = np.unique(found, return_index=True)
        new = found[np.sort(first)][: n_draws - n_drawn]
        left[new] = 0
        drawn.append(new)
        n_drawn += len(new)
        n_rounds += 1
    return np.concatenate(drawn)
