"""Grids are supplied with streams, history and a beat; what fails is tried again and told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import HOUR_MS, ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import Notice
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.core.signals import RowClosed
from hlmaster.desk.charts import Charts
from hlmaster.desk.supply import MOST_CANDLES, PATIENCE, Supply
from hlmaster.market.feed import Feed
from hlmaster.market.grid.grids import Grids
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.window import FrameNeeds, Grid, Needs
from tests.desk.desks import BTC, MemoryMarket
from tests.trading.scenes import ETH, NOW
from tests.turns import turns

MINUTES = Needs(Grid.of("1m"), 300, ("funding",), (), (FrameNeeds(Interval.H1, (Ema(50),), 2),))
SAMPLED = Needs(Grid.of("250ms"), 5, ("mid",))


class HistoryMarket(MemoryMarket):
    """Has every candle there could be."""

    def __init__(self, bus: Bus, clock: ManualClock) -> None:
        super().__init__(bus, clock)
        self.listed = {"ETH": ETH, "BTC": BTC}
        self.asked: list[tuple[str, Interval]] = []
        self.rates_asked: list[tuple[str, int]] = []
        self.streams: set[tuple[str, Interval]] = set()
        self.failures = 0
        self.under_way = self.most_under_way = 0

    def watch_candles(self, coin: str, interval: Interval) -> None:
        self.streams.add((coin, interval))

    def unwatch_candles(self, coin: str, interval: Interval) -> None:
        self.streams.remove((coin, interval))

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        self.asked.append((coin, interval))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        if self.failures:
            self.failures -= 1
            raise VenueUnreachable("No line.")
        first = -(-start_ms // interval.ms) * interval.ms
        times = np.arange(first, end_ms + 1, interval.ms, dtype=np.int64)
        flat = np.full(len(times), 3000.0)
        return CandleBlock(times, flat, flat, flat, flat, flat, np.ones(len(times), np.int64))

    async def funding_history(self, coin: str, start_ms: int, end_ms: int) -> list[tuple[int, float, float]]:
        self.rates_asked.append((coin, (end_ms - start_ms) // HOUR_MS))
        return [(at, 0.25, 0.0) for at in range(start_ms, end_ms, HOUR_MS)]


@dataclass
class Scene:
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self) -> None:
        self.bus = Bus()
        self.market = HistoryMarket(self.bus, self.clock)
        self.feed = Feed(self.bus, self.clock, self.market.listed)
        self.grids = Grids(self.bus, self.clock, self.feed)
        self.charts = Charts(self.clock, self.market, self.feed)
        self.watched: list[str] = []
        self.notices: list[Notice] = []
        self.rows: list[RowClosed] = []
        self.bus.subscribe(Notice, self.notices.append)
        self.bus.subscribe(RowClosed, self.rows.append)
        self.supply = Supply(
            self.bus,
            self.clock,
            self.market,
            self.feed,
            self.charts,
            self.grids,
            self.watched.extend,
            self.clock.sleep,
        )

    async def until(self, condition: Callable[[], object]) -> None:
        for _ in range(2_000):
            if condition():
                return
            await asyncio.sleep(0)
        raise AssertionError("it did not come to that")


@contextmanager
def running(scene: Scene) -> Iterator[Scene]:
    tasks = [asyncio.ensure_future(work) for work in (scene.supply.run_beat(), scene.supply.run_loader())]
    yield scene
    for task in tasks:
        assert not task.done(), task
        task.cancel()


def loaded(scene: Scene, needs: Needs = MINUTES, coin: str = "ETH") -> bool:
    known, needed = scene.grids.progress(coin, needs)
    return known >= needed


async def test_streams_are_subscribed_and_enough_history_is_loaded() -> None:
    with running(Scene()) as scene:
        scene.grids.need("ETH", MINUTES, "test")
        await scene.until(lambda: loaded(scene))
        assert scene.watched == ["ETH"]
        assert scene.market.streams == {("ETH", Interval.M1), ("ETH", Interval.H1)}
        assert scene.market.asked == [("ETH", Interval.M1), ("ETH", Interval.H1)], "once each, short ones first"
        assert scene.rows == []


async def test_rates_that_were_paid_are_loaded_where_they_are_shown_as_far_back_as_one_answer_goes() -> None:
    with running(Scene()) as scene:
        scene.grids.need("ETH", MINUTES, "test")
        scene.grids.need("BTC", Needs(Grid.of("1d"), 300, ("funding",)), "test")
        scene.grids.need("BTC", SAMPLED, "other")
        await scene.until(lambda: len(scene.market.rates_asked) == 2 and loaded(scene))
        assert [coin for coin, _ in scene.market.rates_asked] == ["BTC", "ETH"]
        assert all(hours < 500 for _, hours in scene.market.rates_asked)
        window = scene.grids.window("ETH", MINUTES)
        assert window is not None
        assert window["funding"].tolist() == [0.25] * 300


async def test_one_history_is_asked_for_at_a_time() -> None:
    with running(Scene()) as scene:
        for coin in ("ETH", "BTC"):
            scene.grids.need(coin, MINUTES, "test")
        await scene.until(lambda: loaded(scene) and loaded(scene, coin="BTC"))
        assert scene.market.most_under_way == 1


async def test_what_fails_is_tried_again_and_told_once() -> None:
    with running(Scene()) as scene:
        scene.market.failures = PATIENCE * 2 + 2
        scene.grids.need("ETH", MINUTES, "test")
        await scene.until(lambda: loaded(scene))
        assert [notice.sentence for notice in scene.notices] == [
            "The history of ETH 1m could not be loaded: No line. Strategies on it wait.",
            "The history of ETH 1h could not be loaded: No line. Strategies on it wait.",
        ]


async def test_a_need_for_more_asks_again_and_one_for_less_does_not() -> None:
    with running(Scene()) as scene:
        scene.grids.need("ETH", MINUTES, "test")
        await scene.until(lambda: loaded(scene))
        scene.grids.need("ETH", Needs(Grid.of("1m"), 100), "other")
        more = Needs(Grid.of("1m"), 900)
        await scene.until(lambda: scene.market.streams)
        assert len(scene.market.asked) == 2
        scene.grids.need("ETH", more, "third")
        await scene.until(lambda: loaded(scene, more))
        assert scene.market.asked[2:] == [("ETH", Interval.M1)]


async def test_a_lookback_beyond_what_the_venue_keeps_is_not_asked_for_for_ever() -> None:
    with running(Scene()) as scene:
        scene.grids.need("ETH", Needs(Grid.of("1m"), 2 * MOST_CANDLES), "test")
        await scene.until(lambda: scene.market.asked)
        await turns(100)
        assert len(scene.market.asked) == 1


async def test_what_a_chart_has_loaded_is_not_asked_for_again_and_its_stream_stays() -> None:
    scene = Scene()
    await scene.charts.show("ETH", Interval.M1)
    with running(scene):
        plain = Needs(Grid.of("1m"), 300)
        scene.grids.need("ETH", plain, "test")
        await scene.until(lambda: loaded(scene, plain) and scene.watched)
        scene.grids.drop("test")
        scene.grids.need("ETH", SAMPLED, "other")
        await scene.until(lambda: len(scene.watched) == 2)
        assert len(scene.market.asked) == 1
        assert scene.market.streams == {("ETH", Interval.M1)}


async def test_a_stream_stays_whose_history_a_chart_or_a_stop_is_still_waiting_for() -> None:
    with running(Scene()) as scene:
        scene.grids.need("ETH", Needs(Grid.of("1m"), 100), "test")
        await scene.until(lambda: loaded(scene, Needs(Grid.of("1m"), 100)))
        shown = asyncio.ensure_future(scene.charts.show("ETH", Interval.M1, Turn.MEASURE))
        await scene.until(lambda: scene.market.under_way)
        scene.grids.drop("test")
        scene.supply._look()
        await shown
        assert scene.market.streams == {("ETH", Interval.M1)}


async def test_streams_that_nobody_needs_are_let_go() -> None:
    with running(Scene()) as scene:
        scene.grids.need("ETH", MINUTES, "test")
        await scene.until(lambda: loaded(scene))
        scene.grids.drop("test")
        await scene.until(lambda: not scene.market.streams)


@pytest.mark.parametrize("speed", [1.0, 20.0, 100.0])
async def test_the_beat_meets_every_sample_at_any_speed(speed: float) -> None:
    scene = Scene()
    scene.clock.speed = speed
    with running(scene):
        scene.grids.need("ETH", SAMPLED, "test")
        await scene.until(lambda: len(scene.rows) >= 200)
    first = scene.rows[0].row_ms
    assert [row.row_ms for row in scene.rows] == [first + 250 * n for n in range(len(scene.rows))]
