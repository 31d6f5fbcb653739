"""The profile at the chart's edge: which candles it counts, and what it says it is made from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hlmaster.core.model import Interval
from hlmaster.market.flow.rows import Rows
from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.flow.profile_layer import ProfileLayer, Source
from tests.ui.flow.scene import followed
from tests.ui.market_desk import NOW, history

DAY = NOW // 86_400_000 * 86_400_000


def made(qtbot: Any, *, by_session: bool, candles: int) -> tuple[ProfileLayer, Any, CandleChart]:
    scene, flow = followed()
    block = history("ETH", Interval.M1, DAY - 7_200_000, NOW - 60_000)
    scene.desk.feed.load_series("ETH", Interval.M1, block)
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.resize(700, 400)
    prices = (block.open, block.high, block.low, block.close, block.volume)
    chart.set_series(block.time_ms, *prices, 60_000)
    chart.show_latest(candles)
    chart.show()
    source = Source(scene.desk.feed.market("ETH"), Interval.M1, flow, scene.clock.now_ms())
    layer = ProfileLayer(lambda: source, by_session)
    chart.add_layer(layer.draw, live=layer.live)
    chart.grab()
    return layer, block, chart


def test_a_session_is_the_utc_day(qtbot: Any) -> None:
    layer, block, _ = made(qtbot, by_session=True, candles=60)
    assert layer.rows is not None
    assert layer.rows.total == pytest.approx(block.between(DAY, NOW + 1).volume.sum())


def test_visible_is_what_is_on_the_screen_near_and_far(qtbot: Any) -> None:
    layer, block, chart = made(qtbot, by_session=False, candles=40)
    assert layer.rows is not None
    first = int(chart.frame.columns.slot[0])
    assert layer.rows.total == pytest.approx(block.volume[first:].sum())
    chart.show_latest(len(block))
    chart.grab()
    assert layer.rows.total == pytest.approx(block.volume[int(chart.frame.columns.slot[0]) :].sum(), rel=1e-6)


def test_it_is_made_anew_once_a_second_and_when_the_view_moves(qtbot: Any) -> None:
    layer, _, chart = made(qtbot, by_session=False, candles=40)
    rows = layer.rows
    layer.live(chart.frame)
    assert layer.rows is rows
    chart.pan(-5)
    chart.grab()
    assert layer.rows is not rows


@pytest.mark.parametrize(
    ("sided", "unsided", "words"),
    [
        (1.0, 0.0, "SESSION PROFILE · from trades"),
        (0.0, 1.0, "SESSION PROFILE · from candles"),
        (1.0, 3.0, "SESSION PROFILE · 25% from trades, rest from candles"),
    ],
)
def test_it_says_what_it_is_made_from(sided: float, unsided: float, words: str) -> None:
    rows = Rows(1, 0, np.array([sided]), np.zeros(1), np.array([unsided]))
    assert ProfileLayer(lambda: None).words(rows) == words
