"""Which candles a footprint shows, how wide they are, and how high its price rows."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QRectF

from hlmaster.core.candles import next_open_time, open_time
from hlmaster.core.events import CandleRow
from hlmaster.core.model import Interval
from hlmaster.market.flow.coin_flow import CoinFlow
from hlmaster.market.flow.footprint import Footprint, footprint
from hlmaster.market.flow.grid import row_step, step_after
from hlmaster.market.series import Series

PITCHES = (132, 108, 88, 74, 58, 46, 36, 28, 20, 14, 9, 6)
"""Pixels a candle takes, from near to far."""
USUAL = 3
BOTH, NET, SHADES, CANDLES = 74, 36, 14, 0
"""Pixels from which a cell holds what was sold and bought, its delta, a shade; below there are delta candles alone."""
ROW = 15
FOOT = 3 * 16 + 4
"""Delta, volume and time under the candles."""
SPARE = 0.4
"""Rows get finer when the candles need less than this share of the height."""
ROOM = 1.15
"""The height, over that of the candles."""


@dataclass(slots=True)
class FootprintFrame:
    """``shown`` are the candles from left to right: open time, the footprint (None before anybody listened), the candle
    itself (None where the feed has none). ``low`` is the lowest row, in rows of ``step`` units."""

    zoom: int = USUAL
    back: int = 0
    """Candles between the last one shown and the open one."""
    step: int = 0
    is_fixed: bool = False
    """The user chose the height of rows."""
    low: int = 0
    rows: int = 1
    shown: list[tuple[int, Footprint | None, CandleRow | None]] = field(default_factory=list)
    _kept: dict[int, Footprint] = field(default_factory=dict)
    _kept_of: tuple[object, ...] = ()

    @property
    def pitch(self) -> int:
        return PITCHES[self.zoom]

    @property
    def detail(self) -> int:
        return next(least for least in (BOTH, NET, SHADES, CANDLES) if self.pitch >= least)

    def lay_out(
        self, plot: QRectF, flow: CoinFlow, series: Series | None, interval: Interval, now_ms: int, tick: int
    ) -> None:
        self.rows = max(4, int(plot.height() // ROW))
        count = max(1, int(plot.width() // self.pitch))
        opens = _opens(interval, now_ms, self.back, count)
        candles = _candles(series, opens[0])
        low, high = self._range(flow, candles, opens, now_ms)
        self._choose_step(high - low, tick)
        self._place(low, high)
        made = [self._footprint(flow, interval, open_ms, now_ms) for open_ms in opens]
        self.shown = [(at, one, candles.get(at)) for at, one in zip(opens, made, strict=True)]

    def _range(self, flow: CoinFlow, candles: dict[int, CandleRow], opens: list[int], now_ms: int) -> tuple[int, int]:
        """Lowest and highest price of what was heard, in units; of the candles where nothing was."""
        cells = flow.cells.between(opens[0], now_ms + 1)
        if len(cells):
            return int(cells.units.min()), int(cells.units.max())
        near = [candles[at] for at in opens[-3:] if at in candles]
        if not near:
            return 0, 0
        return flow.grid.units(min(row.low for row in near)), flow.grid.units(max(row.high for row in near))

    def _choose_step(self, span: int, tick: int) -> None:
        wanted = row_step(span * ROOM, self.rows, tick)
        if self.step == 0 or (not self.is_fixed and (wanted > self.step or wanted < self.step * SPARE)):
            self.step = wanted
        self.step = max(self.step, tick)

    def _place(self, low: int, high: int) -> None:
        self.low = (low + high) // 2 // self.step - self.rows // 2

    def _footprint(self, flow: CoinFlow, interval: Interval, open_ms: int, now_ms: int) -> Footprint | None:
        """A candle that closed a while ago does not change any more."""
        of = (flow, interval, self.step)
        if of != self._kept_of:
            self._kept, self._kept_of = {}, of
        found = self._kept.get(open_ms)
        if found is not None:
            return found
        close_ms = next_open_time(open_ms, interval)
        made = footprint(flow.cells, flow.listening, open_ms, close_ms, self.step, now_ms)
        if made is not None and close_ms + interval.ms <= now_ms and not flow.listening.is_lost:
            self._kept[open_ms] = made
        return made

    # --- moving ---

    def zoom_by(self, closer: bool) -> None:
        self.zoom = min(max(self.zoom + (-1 if closer else 1), 0), len(PITCHES) - 1)

    def pan(self, candles: int) -> None:
        self.back = max(0, self.back + candles)

    def choose_rows(self, *, finer: bool, tick: int) -> None:
        self.is_fixed = True
        self.step = step_after(self.step, tick, finer=finer)

    # --- mapping ---

    def left_of(self, place: int, plot: QRectF) -> float:
        """The newest candle ends at the plot's right edge."""
        return plot.right() - (len(self.shown) - place) * self.pitch

    def top_of(self, row: float, plot: QRectF) -> float:
        """Upper edge of the row that is ``row`` over the lowest."""
        return plot.bottom() - (row + 1) * plot.height() / self.rows

    def y_of(self, units: float, plot: QRectF) -> float:
        return plot.bottom() - (units / self.step - self.low) * plot.height() / self.rows


def _opens(interval: Interval, now_ms: int, back: int, count: int) -> list[int]:
    last = open_time(now_ms, interval) - back * interval.ms
    return [last - (count - 1 - place) * interval.ms for place in range(count)]


def _candles(series: Series | None, since_ms: int) -> dict[int, CandleRow]:
    if series is None or not len(series):
        return {}
    first = int(np.searchsorted(series.block().time_ms, since_ms))
    return {row.open_ms: row for row in map(series.row, range(first, len(series)))}
