"""Rows that are closed candles, and the history before them."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import CandleBlock, Floats, Ints, next_open_time, open_time
from hlmaster.core.clock import MINUTE_MS, Clock
from hlmaster.core.events import CandleRow, Trade
from hlmaster.core.model import Interval
from hlmaster.market.grid.knowledge import Knowledge
from hlmaster.market.grid.rows import Rows, as_of
from hlmaster.market.grid.table import LIVE, OPENED, ROW
from hlmaster.market.series import NOISE, Series
from hlmaster.market.window import PRICES, Grid

HOLD_SECONDS = 1.0
"""Wall seconds that a row waits for a higher frame whose candle ends with it."""
QUIET_SECONDS = 2.0
"""Wall seconds after its end at which a candle is closed by the clock: the venue is silent until the next trade."""
HEARD_SECONDS = 5.0
"""Wall seconds within which a close counts as live, whatever the timeframe."""
Rates = tuple[Ints, Floats]


def may_close(interval: Interval, now_ms: int, speed: float) -> bool:
    """Whether the clock could close a candle now: one has ended some time ago, and not too long ago."""
    live = _still_live(interval, speed)
    return live >= interval.ms or QUIET_SECONDS * 1000 * speed <= now_ms - open_time(now_ms, interval) <= live


def _still_live(interval: Interval, speed: float) -> float:
    """Milliseconds after its end for which a candle may still be decided upon."""
    return max(HEARD_SECONDS * 1000 * speed, min(interval.ms // 4, MINUTE_MS))


class CandleRows(Rows):
    """A candle's row is made when the next candle is heard, or when the clock says that it has ended and nothing more
    came, with everything else as it is known then.

    * Until the first live row, the grid is what the series holds: it is loaded again, silently, whenever that grows.
    * From then on rows are final. A correction of a candle, or a hole that is filled late, is counted, told as a defect
      and left out. What a reconnect missed comes before the live rows and is appended in order, as history: nobody
      decides on it. A history that reaches further back begins a new epoch: every row stays as it was known, and
      indicators are computed anew from the earlier anchor.
    * History rows know prices, the funding rate where its history was loaded, and which higher candles had closed.
    * A row whose higher frame ends with it waits for that close for up to a second, so that what is seen live is what
      a reader of the history sees.
    """

    def __init__(
        self,
        grid: Grid,
        known: Knowledge,
        clock: Clock,
        told: Callable[[Rows, int], None],
        spurned: Callable[[CandleRows, str], None],
    ) -> None:
        super().__init__(grid, known, clock, told)
        self.interval = grid.interval or Interval.M1
        self.funding: Rates = (np.empty(0, np.int64), np.empty(0))
        """When rates were paid, and how much an hour."""
        self._spurned = spurned
        self._left_out: set[int] = set()
        self._early: list[Trade] = []
        self._held: CandleRow | None = None
        self._held_until = 0.0
        self._by_clock: int | None = None
        """Opening time of the row that the clock has closed, until the next candle is heard."""

    @property
    def wanted(self) -> int:
        """History rows that would serve everybody."""
        return self.table.keep

    # --- what is heard ---

    def hear_close(self) -> None:
        """The open candle became a closed one."""
        series = self._series()
        if series is None or len(series) < 2:
            return
        if not len(self.table):
            self._adopt(series, len(series) - 2)
        if self._by_clock is not None:
            self._by_clock = None
            self._compare(series)
        self._follow(series)

    def hear_load(self) -> None:
        """The series holds more, or other rows than it did."""
        series = self._series()
        if series is None or not len(series):
            return
        if not self.is_live:
            self._adopt(series, len(series) - 1)
            return
        self._deepen(series)
        self._compare(series)
        self._follow(series)

    def hear_frame(self) -> None:
        """A higher frame closed a candle, or holds other history."""
        if self._held is not None and not self._waits(self._held):
            self.release()

    @property
    def is_holding(self) -> bool:
        """A row waits for its higher frames."""
        return self._held is not None

    def look(self, now_ms: int, monotonic: float) -> None:
        """Close what nothing more will be heard of, and what has waited long enough. Needed where ``is_holding``, and
        where ``may_close``."""
        if self._held is not None and (monotonic >= self._held_until or not self._waits(self._held)):
            self.release()
        series = self._series()
        last = None if series is None or series.resuming else series.last
        if last is None or last.open_ms <= self._newest or not len(self.table) or not self.known.line_up:
            return
        if QUIET_SECONDS * 1000 * self._clock.speed <= now_ms - self._end(last.open_ms) <= self._still_live:
            self._by_clock = last.open_ms
            self._close(last)

    def release(self) -> None:
        """Close the row that waits for its higher frames."""
        row, self._held = self._held, None
        if row is not None:
            self._take(row)

    # --- live ---

    def see_trades(self, trades: list[Trade]) -> None:
        """Trades after the candle's end are heard before its close is; they belong to the next row."""
        end = self._end(self.since.start_ms)
        self._early += [trade for trade in trades if trade.time_ms >= end]
        super().see_trades([trade for trade in trades if trade.time_ms < end])

    def _follow(self, series: Series) -> None:
        """Every candle that has closed since the newest row, oldest first."""
        first = int(np.searchsorted(series.block().time_ms, self._newest, side="right"))
        for index in range(first, len(series) - 1):
            self._close(series.row(index))

    def _close(self, row: CandleRow) -> None:
        self.release()
        if self._clock.now_ms() - self._end(row.open_ms) > self._still_live:
            self._append_history(row)
        elif self._waits(row):
            self._held, self._held_until = row, self._clock.monotonic() + HOLD_SECONDS
        else:
            self._take(row)

    def _take(self, row: CandleRow) -> None:
        self.known.look(self._clock.now_ms(), self._clock.monotonic())
        prices = (row.open, row.high, row.low, row.close, row.volume)
        self._append(self._end(row.open_ms), row.open_ms, prices)
        self._go_on()

    def _go_on(self) -> None:
        early, self._early = self._early, []
        self.see_trades(early)

    def _waits(self, row: CandleRow) -> bool:
        """A higher candle ends with this one and has not been heard to close."""
        end = self._end(row.open_ms)
        return any(
            len(frame.table) and frame.table.last_ms < end == open_time(end, interval)
            for interval, frame in self.frames.items()
        )

    def _append_history(self, row: CandleRow) -> None:
        end = self._end(row.open_ms)
        prices = {"open": row.open, "high": row.high, "low": row.low, "close": row.close, "volume": row.volume}
        known = {name: float(column[0]) for name, column in self._dated(np.array([end])).items()} | prices
        known |= {ROW: float(self.table.next_row), OPENED: float(row.open_ms), LIVE: 0.0}
        self.table.append(end, [known.get(name, math.nan) for name in self.table.base])
        self.since.restart(end, math.nan, broken=True)
        self._go_on()

    # --- history ---

    def _adopt(self, series: Series, count: int) -> None:
        """The newest of the first ``count`` candles are the rows."""
        block = series.block().rows(slice(max(0, count - self.wanted), count))
        ends = self._ends(block.time_ms)
        columns = _prices(block) | self._dated(ends)
        if not self._holds(ends, columns):
            self._reload(ends, columns)

    def _deepen(self, series: Series) -> None:
        """Put older candles before the rows there are, as many as are wanted, and date what has no date yet."""
        table = self.table
        first = int(table.column(OPENED)[0])
        room = max(0, self.wanted - len(table))
        older = series.block().between(0, first)
        older = older.rows(slice(len(older) - min(room, len(older)), len(older)))
        ends = np.concatenate([self._ends(older.time_ms), table.times[: len(table)]])
        before, history = _prices(older), np.full(len(older), math.nan)
        own = [name for name in table.base if name != ROW]
        columns = {name: np.concatenate([before.get(name, history), table.column(name)]) for name in own}
        silent = columns[LIVE] == 0
        for name, column in self._dated(ends).items():
            columns[name] = np.where(silent, column, columns[name])
        if not self._holds(ends, columns):
            self._reload(ends, columns)

    def _holds(self, ends: Ints, columns: dict[str, Floats]) -> bool:
        table = self.table
        return np.array_equal(ends, table.times[: len(table)]) and all(
            np.array_equal(column, table.column(name), equal_nan=True)
            for name, column in columns.items()
            if name in table.base
        )

    def _reload(self, ends: Ints, columns: dict[str, Floats]) -> None:
        self.table.load(ends, columns)
        self._recorded, self._states = 0, self.table.beginnings()

    def _dated(self, ends: Ints) -> dict[str, Floats]:
        """What history knows of rows beside prices: the rate paid last, and the higher candles that had closed."""
        found: dict[str, Floats] = {}
        times, rates = self.funding
        if len(times) and "funding" in self.table.base:
            places = np.searchsorted(times, ends, side="right") - 1
            found["funding"] = np.where(places >= 0, rates[np.maximum(places, 0)], math.nan)
        for interval, frame in self.frames.items():
            closes = frame.table.times[: len(frame.table)]
            places = np.searchsorted(closes, ends, side="right") - 1
            known = np.append(closes, -1)[places]  # place -1 is the one appended
            found[as_of(interval)] = known.astype(np.float64)
        return found

    # --- what came too late ---

    def _compare(self, series: Series) -> None:
        """Tell of candles that are other than the rows that were decided upon."""
        table = self.table
        opened = table.column(OPENED).astype(np.int64)
        block = series.block().between(int(opened[0]), int(opened[-1]) + 1)
        places = np.minimum(np.searchsorted(opened, block.time_ms), len(opened) - 1)
        present: NDArray[np.bool_] = opened[places] == block.time_ms
        same = np.isclose(block.volume, table.column("volume")[places], rtol=NOISE, atol=0)
        for name in PRICES[:4]:
            same &= getattr(block, name) == table.column(name)[places]
        late, corrected = block.time_ms[~present], block.time_ms[present & ~same]
        fresh = [int(at) for at in (*late, *corrected) if int(at) not in self._left_out]
        if fresh:
            self._left_out = {at for at in self._left_out if at >= opened[0]} | set(fresh)
            self._spurned(
                self,
                f"{len(fresh)} {self.interval} candles came late or were corrected after the decision grid had closed "
                "their rows; the rows stay as they were known",
            )

    # --- bounds ---

    def _series(self) -> Series | None:
        return self.known.market.series(self.interval)

    @property
    def _newest(self) -> int:
        """When the newest candle opened that is a row or waits to be one."""
        if self._held is not None:
            return self._held.open_ms
        return int(self.table.column(OPENED)[-1]) if len(self.table) else -1

    @property
    def _still_live(self) -> float:
        return _still_live(self.interval, self._clock.speed)

    def _end(self, open_ms: int) -> int:
        return next_open_time(open_ms, self.interval) if self.interval is Interval.MO1 else open_ms + self.interval.ms

    def _ends(self, opened: Ints) -> Ints:
        if self.interval is not Interval.MO1:
            return opened + self.interval.ms
        return np.fromiter((self._end(int(at)) for at in opened), np.int64, len(opened))


def _prices(block: CandleBlock) -> dict[str, Floats]:
    return {
        OPENED: block.time_ms.astype(np.float64),
        LIVE: np.zeros(len(block)),
        "open": block.open,
        "high": block.high,
        "low": block.low,
        "close": block.close,
        "volume": block.volume,
    }
