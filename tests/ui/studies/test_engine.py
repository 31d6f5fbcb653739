"""Studies keep up with the candles: whole, in slices, tick by tick, and with the same values each way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from hlmaster.core.candles import CandleBlock
from hlmaster.market.indicators.catalogue import INDICATORS
from hlmaster.market.indicators.indicator import over
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.series import FIELDS
from hlmaster.ui.studies.chosen import Chosen
from hlmaster.ui.studies.columns import COLUMNS
from hlmaster.ui.studies.engine import SLICE, StudyEngine
from hlmaster.ui.studies.looks import LOOKS
from tests.ui.charts.made import MINUTE, candles

LONG = 2 * SLICE + 100


class Bench(QObject):
    """A chart with candles that grow, and an engine on it."""

    def __init__(self, qtbot: QtBot, count: int, missing: tuple[int, ...] = ()) -> None:
        super().__init__()
        time_ms, data = candles(count + 50, missing=missing)
        opened, high, low, close, volume = (data[name] for name in FIELDS)
        self.all = CandleBlock(time_ms, opened, high, low, close, volume, np.ones(len(time_ms), np.int64))
        self.count = count - len(missing)
        self.chart = CandleChart(early=True)
        qtbot.addWidget(self.chart)
        self.engine = StudyEngine(self.chart, self.block, self)
        self.show()

    def show(self) -> None:
        block = self.block()
        self.chart.set_series(block.time_ms, block.open, block.high, block.low, block.close, block.volume, MINUTE)
        self.engine.begin()

    def block(self) -> CandleBlock:
        return self.all.rows(slice(self.count))

    def tick(self, *, opens: bool) -> None:
        self.count += opens
        index = self.count - 1
        values = [float(column[index]) for column in self.all.columns[1:6]]
        self.chart.update_last(int(self.all.time_ms[index]), *values)
        self.engine.step(self.block(), index, opens=opens)

    def shown(self, column: str) -> Any:
        series = self.chart.frame.series
        return series.field(column)[np.isfinite(series.field("close"))]

    def wanted(self, chosen: Chosen, output: str) -> Any:
        block = self.block()
        inputs = {name: COLUMNS[name](block, slice(None)) for name in chosen.indicator.inputs}
        return over(chosen.indicator, inputs)[chosen.indicator.outputs.index(output)]


@pytest.mark.parametrize("name", sorted(LOOKS))
def test_every_indicator_is_drawn_whole_and_streams_the_same_values(qtbot: QtBot, name: str) -> None:
    bench = Bench(qtbot, 300)
    chosen = Chosen("one", INDICATORS[name]())
    bench.engine.put(chosen)
    for opens in (False, True, False, True, True):
        bench.tick(opens=opens)
    for one in chosen.look.drawn:
        np.testing.assert_array_equal(bench.shown(f"one.{one.output}"), bench.wanted(chosen, one.output))
    study = bench.chart.frame.studies["one"]
    assert study.pane == ("price" if chosen.indicator.overlay else "one")
    assert not bench.chart.grab().isNull()


def test_a_long_series_is_folded_in_slices_and_ends_as_if_it_were_one(qtbot: QtBot) -> None:
    bench = Bench(qtbot, LONG)
    chosen = Chosen("one", INDICATORS["rsi"]())
    bench.engine.put(chosen)
    assert bench.engine.is_busy
    bench.tick(opens=True)
    qtbot.waitUntil(lambda: not bench.engine.is_busy)
    bench.tick(opens=True)
    np.testing.assert_array_equal(bench.shown("one.rsi"), bench.wanted(chosen, "rsi"))


def test_a_gap_is_a_hole_in_every_study(qtbot: QtBot) -> None:
    bench = Bench(qtbot, 100, missing=(60, 61))
    bench.engine.put(Chosen("one", INDICATORS["ema"](9)))  # type: ignore[call-arg]
    values = bench.chart.frame.series.field("one.ema")
    assert np.isnan(values[60])
    assert np.isfinite(values[[59, 61]]).all()


def test_changed_parameters_change_the_values_and_changed_looks_only_the_looks(qtbot: QtBot) -> None:
    bench = Bench(qtbot, 100)
    chosen = Chosen("one", INDICATORS["ema"](9))  # type: ignore[call-arg]
    bench.engine.put(chosen)
    before = bench.shown("one.ema").copy()
    bench.engine.put(replace(chosen, width=3.0, is_hidden=True))
    np.testing.assert_array_equal(bench.shown("one.ema"), before)
    assert bench.chart.frame.studies["one"].is_hidden
    bench.engine.put(replace(chosen, indicator=INDICATORS["ema"](30)))  # type: ignore[call-arg]
    assert np.isnan(bench.shown("one.ema")[28])
    bench.engine.remove("one")
    assert bench.chart.frame.series.overlays == ()


def test_studies_wait_for_the_first_candles(qtbot: QtBot) -> None:
    bench = Bench(qtbot, 0)
    chosen = Chosen("one", INDICATORS["sma"](1))  # type: ignore[call-arg]
    bench.engine.put(chosen)
    bench.count = 5
    bench.show()
    np.testing.assert_array_equal(bench.shown("one.sma"), bench.block().close)
