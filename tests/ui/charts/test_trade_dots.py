from __future__ import annotations

import numpy as np
import pytest

from hlmaster.ui.charts.trade_dots import REACH, ClosedTrade, dot_at, dots


def made(*gains: float) -> list[ClosedTrade]:
    return [ClosedTrade(index, gain, "ETH LONG") for index, gain in enumerate(gains)]


def test_trades_that_would_touch_are_one_dot_for_their_sum() -> None:
    found = dots(made(5, -2, 7), np.array([1.0, 2.0, 50.0]))
    assert [(dot.x, dot.gain, dot.words) for dot in found] == [(2.0, 3.0, "2 trades, 1 won"), (50.0, 7.0, "ETH LONG")]


def test_without_trades_there_are_no_dots() -> None:
    assert dots([], np.empty(0)) == []
    assert dot_at([], 3.0) is None


@pytest.mark.parametrize(("x", "is_near"), [(50.0, True), (50.0 + REACH / 2, True), (50.0 + 2 * REACH, False)])
def test_a_dot_is_under_the_mouse_when_it_is_near(x: float, is_near: bool) -> None:
    found = dots(made(1, 2), np.array([5.0, 50.0]))
    assert (dot_at(found, x) is not None) == is_near
