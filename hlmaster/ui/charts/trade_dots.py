"""Closed trades as dots on the equity curve: those that would touch are one dot for their sum."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hlmaster.ui.charts.series import Floats

REACH = 9.0
"""Pixels that a dot has to itself."""


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """`gain` in dollars, after fees and funding; `words` say which it was: ETH LONG."""

    time_ms: int
    gain: float
    words: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    trades: tuple[ClosedTrade, ...]

    @property
    def gain(self) -> float:
        return sum(trade.gain for trade in self.trades)

    @property
    def words(self) -> str:
        """The trade, or how many there are and how many of them won."""
        if len(self.trades) == 1:
            return self.trades[0].words
        won = sum(trade.gain > 0 for trade in self.trades)
        return f"{len(self.trades)} trades, {won} won"


def dots(trades: Sequence[ClosedTrade], x: Floats) -> list[Dot]:
    """One for all trades of the same stretch of `REACH` pixels, where the last of them lies; `x` (float64[n]) has the
    pixel of each trade, rising."""
    if not trades:
        return []
    begins = np.flatnonzero(np.diff(np.floor(x / REACH), prepend=-np.inf)).tolist()
    ends = [*begins[1:], len(trades)]
    return [Dot(float(x[end - 1]), tuple(trades[begin:end])) for begin, end in zip(begins, ends, strict=True)]


def dot_at(found: Sequence[Dot], x: float) -> Dot | None:
    """The nearest to a pixel column, when it is near."""
    nearest = min(found, key=lambda dot: abs(dot.x - x), default=None)
    return nearest if nearest is not None and abs(nearest.x - x) <= REACH / 2 + 1 else None
