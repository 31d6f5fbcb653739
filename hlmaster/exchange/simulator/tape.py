"""The public record of one coin since the venue opened: trades, minutes, and every coarser candle from them."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from hlmaster.core.clock import DAY_MS, MINUTE_MS
from hlmaster.core.intervals import next_open_time, open_time
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.events import CandleView, TradeRow
from hlmaster.exchange.simulator.grid import Grid

KEPT_TRADES = 50
KEPT_MINUTES = 100_000
MOST_CANDLES = 5_000


@dataclass(slots=True)
class Bar:
    """A candle in ticks and lots; ``tick_lots`` is its notional."""

    open_ms: int
    open: int
    high: int
    low: int
    close: int
    lots: int = 0
    trades: int = 0
    tick_lots: int = 0

    def trade(self, ticks: int, lots: int) -> None:
        self.high = max(self.high, ticks)
        self.low = min(self.low, ticks)
        self.close = ticks
        self.lots += lots
        self.trades += 1
        self.tick_lots += ticks * lots

    def extend(self, later: Bar) -> None:
        self.high = max(self.high, later.high)
        self.low = min(self.low, later.low)
        self.close = later.close
        self.lots += later.lots
        self.trades += later.trades
        self.tick_lots += later.tick_lots

    def starting(self, open_ms: int) -> Bar:
        return Bar(open_ms, self.open, self.high, self.low, self.close, self.lots, self.trades, self.tick_lots)

    def row(self) -> list[int]:
        return [self.open_ms, self.open, self.high, self.low, self.close, self.lots, self.trades, self.tick_lots]


class Minutes:
    """Closed minutes as one flat array of integers, oldest first."""

    WIDTH = 8

    def __init__(self) -> None:
        self._cells = array("q")
        self._times = array("q")

    def __len__(self) -> int:
        return len(self._times)

    def append(self, bar: Bar) -> None:
        self._cells.extend(bar.row())
        self._times.append(bar.open_ms)
        if len(self._times) > KEPT_MINUTES:
            drop = KEPT_MINUTES // 10
            del self._cells[: drop * self.WIDTH], self._times[:drop]

    def __getitem__(self, index: int) -> Bar:
        return Bar(*self._cells[index * self.WIDTH : (index + 1) * self.WIDTH])

    def since(self, time_ms: int) -> Iterator[Bar]:
        """Minutes that open at or after ``time_ms``."""
        return (self[index] for index in range(self.index(time_ms), len(self)))

    def index(self, time_ms: int) -> int:
        return bisect_left(self._times, time_ms)


class Tape:
    """One coin's. Times only go forward."""

    def __init__(self, coin: str, grid: Grid) -> None:
        self._coin = coin
        self._grid = grid
        self.minutes = Minutes()
        self.minute: Bar | None = None
        self.trades: deque[TradeRow] = deque(maxlen=KEPT_TRADES)
        self.last: int | None = None
        """Price of the last trade, ticks."""
        self._open: dict[Interval, Bar] = {}
        """Coarse candles without the minute that is open."""
        self._day: deque[tuple[int, int, int]] = deque()
        """Closed minutes of the last 24 h: open time, lots, tick-lots."""
        self._day_lots = 0
        self._day_tick_lots = 0
        self._unsaved: list[list[int]] = []

    def begin(self, time_ms: int, ticks: int) -> None:
        """Open the first minute at a price that nobody has traded at yet."""
        if self.minute is None and self.last is None:
            self.minute = Bar(open_time(time_ms, Interval.M1), ticks, ticks, ticks, ticks)

    def add(self, trade: TradeRow, ticks: int, lots: int) -> None:
        self.roll(trade.time_ms)
        self.trades.append(trade)
        self.last = ticks
        if self.minute is None:
            self.minute = Bar(open_time(trade.time_ms, Interval.M1), ticks, ticks, ticks, ticks)
        elif not self.minute.trades:
            start = self.minute.open_ms
            self.minute = Bar(start, ticks, ticks, ticks, ticks)
        self.minute.trade(ticks, lots)
        self._day_lots += lots
        self._day_tick_lots += ticks * lots

    def roll(self, now_ms: int) -> None:
        """Close minutes that are over; those without a trade stay flat at the last price."""
        while self.minute is not None and now_ms >= self.minute.open_ms + MINUTE_MS:
            closed = self.minute
            self._close(closed)
            close = closed.close
            self.minute = Bar(closed.open_ms + MINUTE_MS, close, close, close, close)

    def _close(self, bar: Bar) -> None:
        self.minutes.append(bar)
        self._unsaved.append(bar.row())
        self._fold(bar)
        self._day.append((bar.open_ms, bar.lots, bar.tick_lots))
        while self._day[0][0] <= bar.open_ms - DAY_MS:
            _, lots, tick_lots = self._day.popleft()
            self._day_lots -= lots
            self._day_tick_lots -= tick_lots

    def _fold(self, bar: Bar) -> None:
        for interval in Interval:
            start = open_time(bar.open_ms, interval)
            known = self._open.get(interval)
            if known is not None and known.open_ms == start:
                known.extend(bar)
            else:
                self._open[interval] = bar.starting(start)

    # --- candles ---

    def candle(self, interval: Interval) -> CandleView | None:
        """The open one."""
        if self.minute is None:
            return None
        start = open_time(self.minute.open_ms, interval)
        known = self._open.get(interval)
        bar = self.minute.starting(start)
        if known is not None and known.open_ms == start:
            bar = known.starting(start)
            bar.extend(self.minute)
        return self._view(bar, interval)

    def candles(self, interval: Interval, since_ms: int) -> list[CandleView]:
        bars: list[Bar] = []
        if interval is not Interval.MO1 and self.minutes:
            last = self.minutes[len(self.minutes) - 1].open_ms
            since_ms = max(since_ms, last - MOST_CANDLES * interval.ms)
        for minute in (*self.minutes.since(open_time(since_ms, interval)), *self._open_minute()):
            start = open_time(minute.open_ms, interval)
            if bars and bars[-1].open_ms == start:
                bars[-1].extend(minute)
            else:
                bars.append(minute.starting(start))
        return [self._view(bar, interval) for bar in bars[-MOST_CANDLES:]]

    def _open_minute(self) -> Sequence[Bar]:
        return () if self.minute is None else (self.minute,)

    def _view(self, bar: Bar, interval: Interval) -> CandleView:
        price = self._grid.price
        return CandleView(
            coin=self._coin,
            interval=interval,
            open_ms=bar.open_ms,
            close_ms=next_open_time(bar.open_ms, interval) - 1,
            open=price(bar.open),
            high=price(bar.high),
            low=price(bar.low),
            close=price(bar.close),
            volume=self._grid.size(bar.lots),
            trades=bar.trades,
        )

    # --- the last day ---

    def day(self) -> tuple[int, int, int | None]:
        """Lots and tick-lots of the last 24 h, and the price at their start (None: the venue was not open)."""
        before = None
        if self.minute is not None:
            index = self.minutes.index(self.minute.open_ms - DAY_MS)
            if index < len(self.minutes) and self.minutes[index].open_ms == self.minute.open_ms - DAY_MS:
                before = self.minutes[index].open
        return self._day_lots, self._day_tick_lots, before

    # --- memory ---

    def take_unsaved(self) -> list[list[int]]:
        rows, self._unsaved = self._unsaved, []
        return rows

    def rows(self) -> list[list[int]]:
        return [bar.row() for bar in self.minutes.since(0)]

    def restore(self, rows: Sequence[Sequence[int]], minute: Sequence[int] | None, last: int | None) -> None:
        """Bring back closed minutes and the one that was open when the venue stopped: it ends there, and the next
        begins with the next trade."""
        if minute is not None and rows and rows[-1][0] >= minute[0]:
            minute = None
        for row in (*rows, *([minute] if minute is not None else [])):
            bar = Bar(*row)
            self._day_lots += bar.lots
            self._day_tick_lots += bar.tick_lots
            self._close(bar)
        self._unsaved = [list(minute)] if minute is not None else []
        self.last = last

    def export(self) -> dict[str, Any]:
        return {"minute": None if self.minute is None else self.minute.row(), "last": self.last}
