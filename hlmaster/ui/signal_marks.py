"""What strategies said, kept for the chart: the last words on each coin, as marks on its candles."""

from __future__ import annotations

from collections import defaultdict, deque

from hlmaster.core.signals import Direction, Signal
from hlmaster.desk.desk import Desk
from hlmaster.ui.charts.marks import Mark

MOST = 200
"""Words kept for each coin."""


class SignalMarks:
    """A NEUTRAL ends an idea and is no mark."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._marks: defaultdict[str, deque[Mark]] = defaultdict(lambda: deque(maxlen=MOST))

    def take(self, signal: Signal) -> bool:
        """Whether there is a new mark on the signal's coin."""
        if signal.direction is Direction.NEUTRAL:
            return False
        text = f"{self._desk.title(signal.strategy)} {signal.confidence:.2f}"
        # The row closed then, so what it tells of lies in the candle before.
        self._marks[signal.coin].append(Mark(signal.row_ms - 1, signal.direction is Direction.LONG, text))
        return True

    def of(self, coin: str) -> tuple[Mark, ...]:
        return tuple(self._marks[coin]) if coin in self._marks else ()
