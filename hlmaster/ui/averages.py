"""Exponential moving averages as a chart draws them: whole for a series, then candle by candle."""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from hlmaster.core.candles import Floats


class MovingAverage:
    """``ema = before + (close - before) * 2 / (length + 1)``, begun at the first close; the open candle counts too."""

    def __init__(self, length: int) -> None:
        self.length = length
        self._weight = 2 / (length + 1)
        self._before: float | None = None
        """The value at the last closed candle."""
        self._value: float | None = None

    def over(self, close: Floats) -> Floats:
        """One value for each close (float64[n]); later steps go on from the last."""
        weight = self._weight
        values = np.fromiter(accumulate(close.tolist(), lambda mean, c: mean + (c - mean) * weight), np.float64)
        self._before = float(values[-2]) if len(values) > 1 else None
        self._value = float(values[-1]) if len(values) else None
        return values

    def step(self, close: float, *, opens: bool) -> float:
        """The value at the latest candle; ``opens`` when that candle is new, so that the one before it is closed."""
        if opens:
            self._before = self._value
        before = close if self._before is None else self._before
        self._value = before + (close - before) * self._weight
        return self._value
