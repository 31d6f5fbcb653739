"""Altered windows differ where they should and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from hlmaster.core.model import Interval
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.window import FrameNeeds, Grid, Needs, Window
from hlmaster.strategies.alterations import desk_view, futures, known_at, locked, without, without_row
from hlmaster.strategies.rehearsal import rehearsal

NEEDS = Needs(Grid.of("15m"), 5, ("funding",), (Ema(9),), (FrameNeeds(Interval.H1, (Ema(5),), 3),))
H1 = Interval.H1
ROW = 77


@pytest.fixture
def window() -> Window:
    return locked(rehearsal(NEEDS, 120, seed=3).window(NEEDS))


def test_a_locked_window_refuses_to_be_written_to(window: Window) -> None:
    for frame in (window, window.frames[H1], window.tail(3)):
        with pytest.raises(ValueError, match="read-only"):
            frame["close"][0] = 1.0


def test_what_is_known_at_a_row_has_no_later_row(window: Window) -> None:
    seen = known_at(window, ROW)
    assert len(seen) == ROW + 1
    assert (seen.frames[H1].time_ms <= window.time_ms[ROW]).all()
    assert np.array_equal(seen.frames[H1].at(Ema(5)), window.frames[H1].at(Ema(5))[: ROW + 1])


def test_the_desk_shows_the_lookback_and_no_more(window: Window) -> None:
    seen = desk_view(window, ROW, NEEDS)
    chosen = slice(ROW - 4, ROW + 1)
    assert np.array_equal(seen.time_ms, window.time_ms[chosen])
    assert np.array_equal(seen["ema(9)"], window["ema(9)"][chosen])
    assert np.array_equal(seen.frames[H1].at("close"), window.frames[H1].at("close")[chosen])
    assert len(seen.frames[H1]) <= NEEDS.frames[0].lookback + 2
    assert len(desk_view(window, 1, NEEDS)) == 2


def test_another_future_leaves_the_past_alone(window: Window) -> None:
    made = dict(futures(window, ROW, np.random.default_rng(1)))
    assert list(made) == ["shuffled", "turned round", "spiked", "wiped out"]
    for other in made.values():
        for name in window.columns:
            assert np.array_equal(other[name][: ROW + 1], window[name][: ROW + 1], equal_nan=True)
        assert not np.array_equal(other["close"][ROW + 1 :], window["close"][ROW + 1 :])
        frame, was = other.frames[H1], window.frames[H1]
        known = int(was.as_of[ROW]) + 1
        assert np.array_equal(frame["close"][:known], was["close"][:known])
        assert not np.array_equal(frame["close"][known:], was["close"][known:])


def test_what_is_wiped_is_unknown_and_the_rest_is_not(window: Window) -> None:
    assert np.isnan(without(window, "funding")["funding"]).all()
    assert not np.isnan(without(window, "funding")["close"]).any()
    assert np.isnan(without(window, "frames").frames[H1].at("close")).all()
    holed = without_row(window, ROW)
    for name, column in holed.columns.items():
        assert np.isnan(column[ROW]), name
        assert np.array_equal(np.delete(column, ROW), np.delete(window[name], ROW), equal_nan=True)
    assert np.isnan(holed.frames[H1].at("close")).tolist() == [row == ROW for row in range(len(window))]
