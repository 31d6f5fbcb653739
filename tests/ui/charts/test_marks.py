"""Marks stand at the candle of their moment, below what rises and above what falls; the latest have words."""

from __future__ import annotations

from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from hlmaster.ui.charts.candle_chart import CandleChart
from hlmaster.ui.charts.marks import NAMED, Mark, placed
from tests.ui.charts.made import MINUTE, START, arrays, series
from tests.ui.charts.seen import seen


def mark(slot: int, rising: bool = True, text: str = "Confluence 0.81") -> Mark:
    return Mark(START + slot * MINUTE + MINUTE - 1, rising, text)


def test_a_mark_touches_its_own_candle() -> None:
    held = series(50)
    rising, falling = placed([mark(10), mark(20, rising=False)], held, 0, 50)
    assert (rising.slot, rising.price) == (10, float(held.field("low")[10]))
    assert (falling.slot, falling.price) == (20, float(held.field("high")[20]))


def test_only_the_latest_have_words() -> None:
    shown = placed([mark(slot) for slot in range(10)], series(50), 0, 50)
    assert [bool(one.text) for one in shown] == [False] * (10 - NAMED) + [True] * NAMED


def test_what_is_said_twice_of_a_candle_is_one_mark_with_the_last_words() -> None:
    (one,) = placed([mark(5, text="first"), mark(5, text="last")], series(50), 0, 50)
    assert one.text == "last"


def test_marks_outside_the_view_in_a_gap_or_on_no_candles_are_none() -> None:
    assert not placed([mark(5)], series(50), 10, 50)
    assert not placed([mark(7)], series(50, missing=(7, 8)), 0, 50)
    assert not placed([mark(5)], series(0), 0, 0)


def test_they_are_painted_in_the_colour_of_what_waits_for_a_look(qtbot: QtBot) -> None:
    chart = CandleChart()
    qtbot.addWidget(chart)
    chart.resize(900, 600)
    chart.set_series(*arrays(200), MINUTE)
    chart.show_latest(100)
    chart.set_marks([mark(150)])
    frame = chart.frame
    chart.grab()
    x = round((150.5 - frame.view.left) * frame.view.pitch)
    y = round(frame.y_of(float(frame.series.field("low")[150]))) + 10
    assert seen(chart).pixelColor(x, y) == QColor(frame.palette.warning)
