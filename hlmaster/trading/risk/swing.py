"""How far a coin moves against its holder in a day, exceeded on one day in twenty (95 %), as a fraction.

From history where there is enough of it: the 95th percentile of the moves over 24 h, the worse of both sides, for the
side that will be held is not known here. Else parametric: ``1.645`` standard deviations of an hour's move, times the
root of 24 (J.P. Morgan/Reuters, RiskMetrics technical document, 1996).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

HOURS = 24
LEVEL = 0.95
NORMAL = 1.6448536269514722
"""Quantile of the normal distribution at ``LEVEL``."""
ENOUGH_DAYS = 30
ENOUGH_HOURS = 48
"""Fewer closes than that say nothing."""


def day_swing(closes: NDArray[np.float64]) -> float | None:
    """``closes``: of hours, oldest first, without holes worth speaking of. None where there are too few, or unsound."""
    if len(closes) < ENOUGH_HOURS or not np.all(np.isfinite(closes)) or np.any(closes <= 0):
        return None
    if len(closes) >= ENOUGH_DAYS * HOURS:
        moves = closes[HOURS:] / closes[:-HOURS] - 1
        return max(np.quantile(moves, LEVEL).item(), -np.quantile(moves, 1 - LEVEL).item())
    hourly = np.diff(np.log(closes))
    return NORMAL * np.std(hourly, ddof=1).item() * math.sqrt(HOURS)
