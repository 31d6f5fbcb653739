"""Rows of one coin on one grid: what they are made of, and which of them are still to be recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hlmaster.core.clock import Clock
from hlmaster.core.decision_rows import IndicatorState, RowBlock
from hlmaster.core.events import Trade
from hlmaster.core.model import Interval
from hlmaster.market.grid.knowledge import Knowledge, Reader, Since, reader
from hlmaster.market.grid.table import ALWAYS, ROW, Table
from hlmaster.market.indicators.indicator import Indicator
from hlmaster.market.window import Grid

MARGIN = 64
"""Rows kept beyond those that the longest look back needs."""
LATE_SECONDS = 2.0
"""Wall seconds by which a trade may be heard after the row that it happened before, and still count into the next."""


@dataclass(slots=True)
class Demand:
    """What all who look at one coin on one grid need together."""

    rows: int = 0
    columns: dict[str, None] = field(default_factory=dict)
    """A set that keeps its order."""
    indicators: dict[Indicator, None] = field(default_factory=dict)
    frames: dict[Interval, None] = field(default_factory=dict)
    decides: bool = False
    """A strategy decides on these rows; else they are a higher frame alone, and their closes are told to nobody."""


def as_of(interval: Interval) -> str:
    """The column that says when the newest candle of a higher frame had closed that was known on a row; -1 for none."""
    return f"as_of({interval})"


class Rows:
    """``told``: called with the time of every row that closed live and that somebody decides on."""

    least_rows = 256
    """Kept even if nobody asks for so many."""

    def __init__(self, grid: Grid, known: Knowledge, clock: Clock, told: Callable[[Rows, int], None]) -> None:
        self.grid, self.known = grid, known
        self.table = Table()
        self.since = Since()
        self.decides = False
        self.is_live = False
        """A row has closed live: from now on rows are final."""
        self.frames: dict[Interval, Rows] = {}
        self._clock, self._told = clock, told
        self._closing_ms = 0
        self._readers: list[Reader] = []
        self._recorded = 0
        self._states: tuple[IndicatorState, ...] = ()

    @property
    def coin(self) -> str:
        return self.known.market.coin

    def fit(self, demand: Demand, frames: Mapping[Interval, Rows]) -> None:
        """Hold what is asked for from the next row on; record first what is not. Raises ConfigError, changing nothing,
        for what no row can hold."""
        inputs = [name for indicator in demand.indicators for name in indicator.inputs if name not in ALWAYS]
        for name in inputs:
            reader(name)
        self.decides = demand.decides
        self.table.keep = max(self.least_rows, demand.rows + MARGIN)
        self.frames = {interval: frames[interval] for interval in demand.frames}
        columns = [*demand.columns, *inputs, *(as_of(interval) for interval in demand.frames)]
        before = self.table.epoch
        self.table.widen(columns, demand.indicators)
        self._readers = [self._reader(name) for name in self.table.base[len(ALWAYS) :]]
        if self.table.epoch != before:
            self._states = self.table.states() if self._recorded else self.table.beginnings()

    def _reader(self, name: str) -> Reader:
        for interval, frame in self.frames.items():
            if name == as_of(interval):
                return lambda known, since: float(frame.table.closed_by(self._closing_ms))
        if name.startswith("as_of("):  # of a frame that nobody looks at any more
            return lambda known, since: math.nan
        return reader(name)

    def see_trades(self, trades: list[Trade]) -> None:
        since = self.since
        oldest = since.start_ms - LATE_SECONDS * 1000 * self._clock.speed
        for trade in trades:
            if trade.time_ms >= oldest:
                since.see_trade(trade)

    def _append(self, closed_ms: int, opened_ms: int, prices: tuple[float, ...]) -> None:
        """A row with everything that is known now."""
        known, since = self.known, self.since
        since.broken = since.broken or known.is_deaf
        self._closing_ms = closed_ms
        row = [float(self.table.next_row), float(opened_ms), 1.0, *prices]
        row += [read(known, since) for read in self._readers]
        self.table.append(closed_ms, row)
        since.restart(closed_ms, known.mid, broken=known.is_deaf)
        self.is_live = True
        if self.decides:
            self._told(self, closed_ms)

    # --- recording ---

    def unrecorded(self, run: str) -> RowBlock | None:
        """What has come since the last call; nothing before the first live row. ``run`` names this process's life."""
        table = self.table
        first = max(0, self._recorded - table.first_row)
        if not self.is_live or first >= len(table):
            return None
        names = [name for name in table.base if name != ROW]
        block = RowBlock(
            self.coin,
            self.grid.name,
            f"{run}.{table.epoch}",
            table.first_row + first,
            table.times[first : len(table)],
            table.columns(names, slice(first, len(table))),
            self._states,
        )
        self._recorded, self._states = table.next_row, table.states()
        return block
