"""Figures with 95 % intervals, for calls that overlap in time and so repeat one another."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hlmaster.core.candles import Floats, Ints

Z = 1.959964
"""Of the normal distribution, for 95 %."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """``low`` to ``high`` is its 95 % interval."""

    value: float
    low: float
    high: float


def stretches(asked_ms: Ints, due_ms: Ints) -> Ints:
    """Rows at which a new stretch of time begins: the first call asked once the one that opened the last is due.

    ``asked_ms`` ascends. Calls of one stretch saw much of the same future, whatever their coin: coins move together.
    """
    following = np.maximum(np.searchsorted(asked_ms, due_ms), np.arange(1, len(asked_ms) + 1)).tolist()
    starts, row = [], 0
    while row < len(following):
        starts.append(row)
        row = following[row]
    return np.array(starts, np.int64)


def mean_of(values: Floats, starts: Ints, least: float, most: float) -> Estimate:
    """Of values within [least, most]. The variance is that between stretches (cluster-robust: Liang and Zeger 1986),
    the interval Student's; with fewer than two stretches nothing is known of it."""
    mean, count = float(values.mean()), len(starts)
    if count < 2:
        return Estimate(mean, least, most)
    away = student(count - 1) * _error(values, starts)
    return Estimate(mean, max(least, mean - away), min(most, mean + away))


def share_of(hits: Floats, starts: Ints) -> Estimate:
    """Of ones among zeros and ones: Wilson's interval (1927) for as many independent calls as these are worth, which
    is one for each stretch at least and one for each call at most."""
    share, error = float(hits.mean()), _error(hits, starts) if len(starts) > 1 else 0.0
    worth = share * (1 - share) / error**2 if error else 0.0
    return wilson(share, min(max(worth, len(starts)), len(hits)))


def wilson(share: float, count: float) -> Estimate:
    spread = Z * Z / count
    middle = (share + spread / 2) / (1 + spread)
    away = Z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    return Estimate(share, max(0.0, middle - away), min(1.0, middle + away))


def student(freedom: int) -> float:
    """The 97.5 % quantile of Student's t (Abramowitz and Stegun 26.7.5); to 1 % from 3 degrees of freedom on."""
    terms = (
        (Z**3 + Z) / 4,
        (5 * Z**5 + 16 * Z**3 + 3 * Z) / 96,
        (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / 384,
        (79 * Z**9 + 776 * Z**7 + 1482 * Z**5 - 1920 * Z**3 - 945 * Z) / 92_160,
    )
    return Z + sum(term / float(freedom) ** power for power, term in enumerate(terms, 1))


def _error(values: Floats, starts: Ints) -> float:
    """Standard error of the mean."""
    sums = np.add.reduceat(values - values.mean(), starts)
    spread = float(np.square(sums).sum()) * len(starts) / (len(starts) - 1)
    return math.sqrt(spread) / len(values)
