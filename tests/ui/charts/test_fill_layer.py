"""Executions on the candles, as they are painted."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.fill_layer import FillLayer
from hlmaster.ui.charts.fill_marks import Deal
from hlmaster.ui.charts.marks import MARK_ROOM, Mark
from tests.ui.charts.made import arrays, chart_of
from tests.ui.charts.seen import seen

CANDLES = arrays(300)


@pytest.fixture
def chart(qtbot: QtBot) -> CandleChart:
    chart = chart_of(qtbot, CANDLES, 400)
    chart.show_latest(80)
    return chart


def deals(slots: list[int], *, is_buy: bool) -> list[Deal]:
    return [Deal(int(CANDLES[0][slot]), is_buy, 100.0, 1.0 + slot % 7, 0.1) for slot in slots]


def test_marks_at_the_ends_of_the_scale_are_seen_whole(chart: CandleChart) -> None:
    layer = FillLayer(chart)
    low, high = 220 + int(np.argmin(CANDLES[3][220:])), 220 + int(np.argmax(CANDLES[2][220:]))
    layer.show([*deals([low], is_buy=True), *deals([high], is_buy=False)], ())
    height = chart.frame.price_pane.height()
    seen(chart)
    assert len(layer.placed) == 2
    for one in layer.placed:
        assert one.radius <= one.y <= height - one.radius


def test_a_mark_at_the_lowest_candle_lies_below_a_strategys_and_not_upon_it(chart: CandleChart) -> None:
    layer = FillLayer(chart)
    lowest = 220 + int(np.argmin(CANDLES[3][220:]))
    bare = chart.frame.prices.low
    layer.show(deals([lowest], is_buy=True), ())
    chart.set_marks([Mark(int(CANDLES[0][lowest]), True, "confluence long")])
    seen(chart)
    (one,) = layer.placed
    end = chart.frame.y_of(float(CANDLES[3][lowest]))
    assert end + MARK_ROOM <= one.y - one.radius
    assert one.y + one.radius < chart.frame.price_pane.height()
    layer.show((), ())
    chart.set_marks(())
    assert chart.frame.prices.low == bare
