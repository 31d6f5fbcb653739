"""The regime follows closed candles of the coins that matter, and is forgotten with them."""

from __future__ import annotations

import math

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.model import Interval
from hlmaster.core.signals import Regime, StrategiesChanged
from hlmaster.desk.regime_watch import RegimeWatch
from hlmaster.market.window import Grid, Needs
from tests.market.facts import NOW
from tests.market.grid.scene import GridDesk

ROWS = 400


def trending() -> CandleBlock:
    step = Interval.M15.ms
    opened = NOW - NOW % step + step * np.arange(1 - ROWS, 1, dtype=np.int64)
    price = 100.0 * 1.002 ** np.arange(ROWS) * (1 + 0.0005 * np.array([(-1) ** row for row in range(ROWS)]))
    return CandleBlock(opened, price, price * 1.001, price * 0.999, price, np.ones(ROWS), np.ones(ROWS, np.int64))


def test_a_trend_is_told_to_the_grids_once_its_history_is_there() -> None:
    desk = GridDesk()
    coins: set[str] = set()
    watch = RegimeWatch(desk.bus, desk.grids, {"BTC"}, lambda: coins)
    desk.market()
    assert watch("BTC") is None
    coins |= {"BTC", "UNLISTED"}
    desk.bus.publish(StrategiesChanged())
    assert ("BTC", Interval.M15) in desk.grids.candles_wanted()
    desk.feed.load_series("BTC", Interval.M15, trending())
    assert watch("BTC") is Regime.TREND

    seen = Needs(Grid.of("250ms"), 1, ("regime",))
    desk.grids.need("BTC", seen, "strategy")
    desk.at(NOW + 250)
    desk.grids.tick()
    assert desk.window(seen)["regime"][-1] == 1.0

    coins.clear()
    desk.bus.publish(StrategiesChanged())
    assert watch("BTC") is None
    desk.at(NOW + 500)
    desk.grids.tick()
    assert math.isnan(desk.window(seen)["regime"][-1])
    assert desk.grids.candles_wanted() == set()
