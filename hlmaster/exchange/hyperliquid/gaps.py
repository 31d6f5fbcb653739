"""What a dropped connection did to candle series: where each one stopped, and how it is made whole. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from hlmaster.core.events import CandleRow
from hlmaster.core.model import Interval

Series = tuple[str, Interval]


class CandleGaps:
    """Live rows pass, until the line drops; then they wait until the rows missed meanwhile have gone first."""

    def __init__(self) -> None:
        self._last_open: dict[Series, int] = {}
        self._held: dict[Series, dict[int, CandleRow]] = {}

    def saw(self, series: Series, open_ms: int) -> None:
        """This series is known up to and including this open time."""
        if open_ms > self._last_open.get(series, -1):
            self._last_open[series] = open_ms

    def passes(self, row: CandleRow) -> bool:
        """True: publish it now. False: it is kept until its series' gap is closed."""
        series = (row.coin, row.interval)
        held = self._held.get(series)
        if held is None:
            self._last_open[series] = row.open_ms
            return True
        held[row.open_ms] = row
        return False

    def line_dropped(self) -> None:
        for series in self._last_open:
            self._held.setdefault(series, {})

    def forget(self, series: Series) -> None:
        self._last_open.pop(series, None)
        self._held.pop(series, None)

    @property
    def open(self) -> dict[Series, int]:
        """Series whose gap is open, with the last open time known of each: its row may be unfinished."""
        return {series: self._last_open[series] for series in self._held}

    def newest_held(self, series: Series) -> int:
        """Open time of the newest live row that waits, -1 without one."""
        return max(self._held.get(series, ()), default=-1)

    def close(self, series: Series, fetched: Iterable[CandleRow]) -> list[CandleRow]:
        """The rows to publish, ascending; live rows pass again. Of two rows of one candle the one with more trades
        is the later."""
        rows = {row.open_ms: row for row in fetched}
        for row in self._held.pop(series, {}).values():
            known = rows.get(row.open_ms)
            if known is None or row.trades >= known.trades:
                rows[row.open_ms] = row
        start = self._last_open.get(series, 0)
        ordered = [rows[open_ms] for open_ms in sorted(rows) if open_ms >= start]
        if ordered:
            self._last_open[series] = ordered[-1].open_ms
        return ordered
