"""Which regime a market is in, by rules on its closed candles. Pure and causal: row i uses rows up to i alone.

* Volatile: the realised volatility of 16 candles is ``WILD_IN`` times its own median over the last 96 rows or more;
  until it is under ``WILD_OUT`` times.
* Trend: else, where the ADX of 14 is at least ``TREND_IN``; until it is under ``TREND_OUT`` (Wilder calls 25 a trend
  and 20 none).
* Range: else.

The gap between in and out keeps a value at the edge from switching back and forth. The regime now is folded over the
last ``ROWS`` rows, so it does not depend on when the program was started.
"""

from __future__ import annotations

import math

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.core.signals import Regime
from hlmaster.market.indicators.adx import Adx
from hlmaster.market.indicators.realised_volatility import RealisedVolatility
from hlmaster.market.window import Grid, Needs, Window

WILD_IN, WILD_OUT = 1.8, 1.4
TREND_IN, TREND_OUT = 25.0, 20.0
MEDIAN_ROWS = 96
"""A day of quarters of an hour."""
ROWS = 2 * MEDIAN_ROWS
STRENGTH, VOLATILITY = Adx(14), RealisedVolatility(16)
NEEDS = Needs(Grid.of(Interval.M15), ROWS, indicators=(STRENGTH, VOLATILITY))


def regime_of(window: Window) -> Regime | None:
    """None while fewer than ``MEDIAN_ROWS`` rows are known, or the last one is not. ``window``: of ``NEEDS``."""
    return regime(window[STRENGTH], window[VOLATILITY])


def regime(strength: Floats, volatility: Floats) -> Regime | None:
    """``strength``: ADX, 0 to 100. A row that is not known leaves the regime as it was."""
    found: Regime | None = None
    for row in range(MEDIAN_ROWS - 1, len(strength)):
        seen = volatility[row + 1 - MEDIAN_ROWS : row + 1]
        known = seen[~np.isnan(seen)]
        if 2 * len(known) < MEDIAN_ROWS or math.isnan(volatility[row]) or math.isnan(strength[row]):
            continue
        usual = np.median(known)
        found = _next(found, strength[row], volatility[row] / usual if usual > 0 else 0.0)
    if not len(strength) or math.isnan(strength[-1]) or math.isnan(volatility[-1]):
        return None
    return found


def _next(before: Regime | None, strength: float, ratio: float) -> Regime:
    if ratio >= (WILD_OUT if before is Regime.VOLATILE else WILD_IN):
        return Regime.VOLATILE
    return Regime.TREND if strength >= (TREND_OUT if before is Regime.TREND else TREND_IN) else Regime.RANGE
