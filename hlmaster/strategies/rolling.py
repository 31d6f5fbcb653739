"""What the last rows of a window amount to, with bits that do not depend on where the window begins."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import Floats, Ints

Bools = NDArray[np.bool_]
Rows = NDArray[np.intp]


def rolling_mean(x: Floats, count: int, least: int) -> Floats:
    """Mean of what is known among the last ``count`` rows; NaN before so many, or with under ``least`` of them known.

    Every row's sum is taken anew, so that a tail says what the whole history says; a running total would drift.
    """
    mean = np.full(len(x), np.nan)
    if len(x) >= count:
        known, ones = x == x, np.ones(count)
        if np.count_nonzero(known) == len(x):
            mean[count - 1 :] = np.correlate(x, ones, "valid") / count
            return mean
        rows = np.correlate(known.astype(np.float64), ones, "valid")
        total = np.correlate(np.where(known, x, 0.0), ones, "valid")
        mean[count - 1 :] = np.where(rows >= least, total / np.maximum(rows, 1.0), np.nan)
    return mean


def latest(held: Bools) -> Rows:
    """The last row, each row itself included, on which it held; -1 before the first."""
    rows: Rows = np.maximum.accumulate(np.where(held, np.arange(len(held)), -1))
    return rows


def ago(time_ms: Ints, ms: int, step_ms: int) -> Rows:
    """The row that closed exactly ``ms`` before each row; -1 where it is absent, for rows may be. ``step_ms``: rows
    close at multiples of it."""
    rows = len(time_ms)
    if rows and ms % step_ms == 0 and int(time_ms[-1]) - int(time_ms[0]) == (rows - 1) * step_ms:  # none is absent
        return _rows_back(rows, ms // step_ms)
    then = time_ms - ms
    places = np.searchsorted(time_ms, then)
    return np.where(time_ms[places] == then, places, -1)


@lru_cache(maxsize=16)
def _rows_back(rows: int, back: int) -> Rows:
    found: Rows = np.maximum(np.arange(rows) - back, -1)
    found.flags.writeable = False
    return found
