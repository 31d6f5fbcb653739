"""What stands on the screen after a change is what a whole painting would show."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.lines import PriceLine
from hlmaster.ui.charts.marks import Mark
from hlmaster.ui.charts.study import Study, Trace
from hlmaster.ui.charts.tag import Quote
from hlmaster.ui.theme import theme
from tests.ui.charts.made import MINUTE, arrays, chart_of

COUNT = 400
CANDLES = arrays(COUNT)
TIMES, CLOSE = CANDLES[0], CANDLES[4]
LAST = float(CLOSE[-1])
LINES = [PriceLine(LAST * 1.001, "0.5", "stop", "-3.2"), PriceLine(LAST * 0.999, "1", "position")]
CHANGES: dict[str, Callable[[CandleChart], object]] = {
    "tick": lambda chart: chart.update_last(int(TIMES[-1]), LAST, LAST * 1.002, LAST * 0.998, LAST * 1.001, 5.0),
    "candle": lambda chart: chart.update_last(int(TIMES[-1]) + MINUTE, LAST, LAST, LAST, LAST, 1.0),
    "pan": lambda chart: chart.pan(-30),
    "latest": lambda chart: chart.go_to_latest(),
    "zoom": lambda chart: chart.zoom(1.3),
    "lines": lambda chart: chart.set_lines(LINES),
    "no lines": lambda chart: chart.set_lines([]),
    "marks": lambda chart: chart.set_marks([Mark(int(TIMES[-5]), rising=True, text="up")]),
    "quotes": lambda chart: chart.set_quotes([Quote("M", LAST * 1.0005, "#ff8800")]),
    "crosshair": lambda chart: chart._hover(QPointF(120, 90)),
    "crosshair away": lambda chart: chart._hover(None),
    "stale": lambda chart: chart.set_stale("The link is down."),
    "fresh": lambda chart: chart.set_stale(None),
    "countdown": lambda chart: chart.set_now(int(TIMES[-1]) + 20_000),
    "study": lambda chart: chart.set_study(Study("rsi", "RSI", (Trace("rsi", "#ffff00"),), "rsi"), [CLOSE - CLOSE[0]]),
    "no study": lambda chart: chart.remove_study("rsi") if "rsi" in chart.frame.studies else None,
    "log scale": lambda chart: chart.set_log_scale(True),
    "plain scale": lambda chart: chart.set_log_scale(False),
    "light": lambda chart: chart.set_palette(theme("light").chart_palette()),
    "dark": lambda chart: chart.set_palette(theme("dark").chart_palette()),
    "smaller": lambda chart: chart.resize(610, 430),
    "larger": lambda chart: chart.resize(700, 500),
    "other candles": lambda chart: chart.set_series(*CANDLES, MINUTE),
}


@pytest.fixture
def chart(qtbot: QtBot) -> CandleChart:
    chart = chart_of(qtbot, CANDLES)
    with qtbot.waitExposed(chart):
        chart.show()
    return chart


def differing(chart: CandleChart) -> int:
    """Pixels of the screen that a whole painting changes, by more than the rounding of a kept picture."""
    chart.frame  # noqa: B018 (what the next turn of the loop would work out)
    QGuiApplication.processEvents()
    onscreen = QGuiApplication.primaryScreen().grabWindow(chart.winId()).toImage()
    painted = chart.grab().toImage()
    assert onscreen.size() == painted.size()
    seen, whole = (
        np.frombuffer(image.convertToFormat(image.Format.Format_RGB32).constBits(), np.uint8).astype(int)
        for image in (onscreen, painted)
    )
    return int(np.count_nonzero((np.abs(seen - whole) > 2).reshape(-1, 4).any(axis=1)))


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen_whole(chart: CandleChart, name: str) -> None:
    assert differing(chart) == 0
    CHANGES[name](chart)
    assert differing(chart) == 0


@pytest.mark.parametrize("seed", range(6))
def test_so_are_changes_one_after_another(chart: CandleChart, seed: int) -> None:
    names = random.Random(seed).choices([*CHANGES], k=25)
    for number, name in enumerate(names):
        CHANGES[name](chart)
        assert differing(chart) == 0, names[: number + 1]
