"""Values of the chosen studies, kept up with the candles that a chart shows.

A series is folded in slices between two turns of the event loop, so that a million candles never hold the window up;
the open candle is a step from the last closed one, taken again with each tick.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QObject, QTimer

from hlmaster.core.candles import CandleBlock, Floats
from hlmaster.market.indicators.indicator import Indicator, Live, Values, over
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.studies.chosen import Chosen
from hlmaster.ui.studies.columns import COLUMNS

SLICE = 2_000
"""Rows folded in one go: below 20 ms for the slowest indicator."""


class Running:
    """One indicator on one series: the values of its closed candles, and the state after them."""

    def __init__(self, indicator: Indicator, shown: tuple[int, ...]) -> None:
        self.live = Live(indicator)
        self.shown = shown
        """The outputs that the chart draws."""
        self.parts: list[Floats] = []
        self.rows = 0

    def fold(self, block: CandleBlock, most: int) -> bool:
        """Take the next closed candles, at most so many; True when the open one alone is left."""
        end = min(self.rows + most, len(block) - 1)
        if end > self.rows:
            part = slice(self.rows, end)
            inputs = {name: COLUMNS[name](block, part) for name in self.live.indicator.inputs}
            self.parts.append(over(self.live, inputs))
            self.rows = end
        return end == len(block) - 1

    def whole(self, block: CandleBlock) -> Floats:
        """float64[outputs, candles], the open candle as it stands."""
        last = np.array(self.newest(block, len(block) - 1), np.float64).reshape(-1, 1)
        whole = np.concatenate([*self.parts, last], axis=1)
        self.parts.clear()
        return whole

    def newest(self, block: CandleBlock, index: int) -> Values:
        """The values at a candle that may still change."""
        return self.live.fork().advance(self._row(block, index))

    def close(self, block: CandleBlock, index: int) -> None:
        """The candle is final."""
        self.live.advance(self._row(block, index))
        self.rows = index + 1

    def _row(self, block: CandleBlock, index: int) -> tuple[float, ...]:
        part = slice(index, index + 1)
        return tuple(float(COLUMNS[name](block, part)[0]) for name in self.live.indicator.inputs)


class StudyEngine(QObject):
    """Chosen studies by their keys. ``block`` answers the candles that the chart holds."""

    def __init__(self, chart: CandleChart, block: Callable[[], CandleBlock], parent: QObject) -> None:
        super().__init__(parent)
        self.chosen: dict[str, Chosen] = {}
        self._chart, self._block = chart, block
        self._running: dict[str, Running] = {}
        self._waiting: dict[str, Running] = {}
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._work)

    # --- which ---

    def put(self, chosen: Chosen) -> None:
        """Add a study, or change the one that has its key. Its looks change at once, its values when they are there."""
        before = self.chosen.get(chosen.key)
        self.chosen[chosen.key] = chosen
        if before is not None and before.pane != chosen.pane:
            self._chart.remove_study(chosen.key)
        self._dress(chosen)
        if before is None or before.indicator != chosen.indicator:
            self._begin(chosen)

    def remove(self, key: str) -> None:
        if self.chosen.pop(key, None) is not None:
            self._running.pop(key, None)
            self._waiting.pop(key, None)
            self._chart.remove_study(key)

    def dress(self) -> None:
        """After the chart's palette changed."""
        for chosen in self.chosen.values():
            self._dress(chosen)

    @property
    def is_busy(self) -> bool:
        """True while a long series is still being folded."""
        return bool(self._waiting)

    # --- candles ---

    def begin(self) -> None:
        """The chart holds other candles than before."""
        self._running.clear()
        self._waiting.clear()
        for chosen in self.chosen.values():
            self._begin(chosen)

    def forget(self) -> None:
        """The chart holds nothing any more."""
        self._running.clear()
        self._waiting.clear()

    def step(self, block: CandleBlock, index: int, *, opens: bool) -> None:
        """The candle ``index`` of ``block`` changed; ``opens``: it is new, so that the one before it is final."""
        for key, running in self._running.items():
            if opens and running.rows < index:
                running.close(block, index - 1)
            values = running.newest(block, index)
            self._chart.set_last_values(key, [values[output] for output in running.shown])

    # --- inside ---

    def _dress(self, chosen: Chosen) -> None:
        self._chart.set_study(chosen.study(self._chart.colours))

    def _begin(self, chosen: Chosen) -> None:
        self._running.pop(chosen.key, None)
        if not len(self._block()):
            return
        self._waiting[chosen.key] = Running(chosen.indicator, self._shown(chosen))
        self._advance(chosen.key)
        if self._waiting:
            self._soon.start()

    def _work(self) -> None:
        """One slice of one study; the loop turns before the next."""
        if self._waiting:
            self._advance(next(iter(self._waiting)))
        if self._waiting:
            self._soon.start()

    def _advance(self, key: str) -> None:
        running, block = self._waiting[key], self._block()
        if running.fold(block, SLICE):
            del self._waiting[key]
            self._running[key] = running
            rows = running.whole(block)
            study = self.chosen[key].study(self._chart.colours)
            self._chart.set_study(study, [rows[output] for output in running.shown])

    def _shown(self, chosen: Chosen) -> tuple[int, ...]:
        """Which outputs are behind the study's columns, in their order."""
        outputs = chosen.indicator.outputs
        columns = chosen.study(self._chart.colours).columns
        return tuple(outputs.index(column.removeprefix(chosen.column(""))) for column in columns)
