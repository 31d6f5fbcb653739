"""History is loaded once, extended backwards as long as there is more, and asked for again after a failure."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import numpy as np
import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import MINUTE_MS, ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import CandleRow
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.desk.charts import FIRST_ROWS, KEPT, OLDER_ROWS, Charts
from hlmaster.market.feed import Feed
from tests.desk.desks import MemoryMarket
from tests.trading.scenes import ETH, NOW

ROWS = FIRST_ROWS + OLDER_ROWS + 7


class CandleMarket(MemoryMarket):
    """Has ``ROWS`` minutes of history."""

    def __init__(self, bus: Bus, clock: ManualClock) -> None:
        super().__init__(bus, clock)
        self.asked: list[tuple[int, int]] = []
        self.streams: list[tuple[str, Interval]] = []
        self.grouped: tuple[str, int, int] | None = None
        self.down = False
        last = clock.now_ms() // MINUTE_MS * MINUTE_MS
        times = last + MINUTE_MS * np.arange(1 - ROWS, 1, dtype=np.int64)
        flat = np.full(ROWS, 3000.0)
        self.history = CandleBlock(times, flat, flat, flat, flat, flat, np.ones(ROWS, np.int64))

    def watch_grouped(self, coin: str, significant_figures: int, mantissa: int) -> None:
        self.grouped = (coin, significant_figures, mantissa)

    def unwatch_grouped(self) -> None:
        self.grouped = None

    def watch_candles(self, coin: str, interval: Interval) -> None:
        if (coin, interval) not in self.streams:
            self.streams.append((coin, interval))

    def unwatch_candles(self, coin: str, interval: Interval) -> None:
        self.streams.remove((coin, interval))

    async def candles(
        self, coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        self.asked.append((start_ms, end_ms))
        await asyncio.sleep(0)
        if self.down:
            raise VenueUnreachable("No line.")
        return self.history.between(start_ms, end_ms + 1)


@dataclass
class Scene:
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))

    def __post_init__(self) -> None:
        self.bus = Bus()
        self.market = CandleMarket(self.bus, self.clock)
        self.feed = Feed(self.bus, self.clock, {"ETH": ETH})
        self.charts = Charts(self.clock, self.market, self.feed)

    @property
    def rows(self) -> int:
        series = self.feed.market("ETH").series(Interval.M1)
        return 0 if series is None else len(series)


async def test_history_is_loaded_once_whoever_asks() -> None:
    scene = Scene()
    await asyncio.gather(*(scene.charts.show("ETH", Interval.M1) for _ in range(3)))
    assert scene.rows == FIRST_ROWS
    assert len(scene.market.asked) == 1


async def test_live_rows_do_not_pass_for_history() -> None:
    scene = Scene()
    scene.market.down = True
    with pytest.raises(VenueUnreachable):
        await scene.charts.show("ETH", Interval.M1)
    for number in range(5):
        opened = (NOW // MINUTE_MS + number) * MINUTE_MS
        scene.clock.market_ms = opened
        scene.bus.publish(CandleRow("ETH", Interval.M1, opened, 3000.0, 3000.0, 3000.0, 3000.0, 1.0, 1))
    scene.market.down = False
    await scene.charts.show("ETH", Interval.M1)
    assert scene.rows > FIRST_ROWS - 5


async def test_older_rows_are_fetched_until_there_are_no_more() -> None:
    scene = Scene()
    await scene.charts.show("ETH", Interval.M1)
    added = [await scene.charts.older("ETH", Interval.M1) for _ in range(4)]
    assert added == [OLDER_ROWS, 7, 0, 0]
    assert scene.rows == ROWS
    assert len(scene.market.asked) == 4, "an end once found is not asked for again"


async def test_nothing_before_the_epoch_is_asked_for() -> None:
    scene = Scene()
    await scene.charts.show("ETH", Interval.MO1)
    assert scene.market.asked[0][0] == 0
    assert await scene.charts.older("ETH", Interval.D1) == 0


async def test_settled_waits_for_what_is_being_fetched_and_for_nothing_else() -> None:
    scene = Scene()
    await scene.charts.settled()
    assert scene.market.asked == []
    loading = asyncio.create_task(scene.charts.show("ETH", Interval.M1))
    await asyncio.sleep(0)
    await scene.charts.settled()
    assert scene.rows >= FIRST_ROWS
    await loading


async def test_series_that_nobody_looks_at_any_more_are_let_go_in_the_order_in_which_they_were_left() -> None:
    scene = Scene()
    intervals = list(Interval)[: KEPT + 3]
    for interval in intervals:
        await scene.charts.show("ETH", interval, viewer="chart")
    assert scene.market.streams == [("ETH", interval) for interval in intervals[2:]]
    asked = len(scene.market.asked)
    await scene.charts.show("ETH", intervals[-2], viewer="chart")
    assert len(scene.market.asked) == asked, "who goes back and forth waits once"
    await scene.charts.show("ETH", intervals[0], viewer="chart")
    assert len(scene.market.asked) == asked + 1, "what was let go has missed something"


async def test_a_series_stays_while_one_viewer_or_anybody_else_needs_it() -> None:
    scene = Scene()
    one = ("ETH", Interval.M1)
    await asyncio.gather(*(scene.charts.show(*one, viewer=viewer) for viewer in ("chart", "chart.2")))
    scene.charts.hold("grids", *one)
    scene.charts.leave("chart")
    scene.charts.leave("chart.2")
    for interval in list(Interval)[1 : KEPT + 3]:
        await scene.charts.show("ETH", interval, viewer="chart")
    assert one in scene.market.streams
    scene.charts.release("grids", *one)
    assert one not in scene.market.streams
    await scene.charts.show(*one)
    await scene.charts.show(*one, viewer="chart")
    scene.charts.leave("chart")
    scene.charts.release("grids", *one)
    assert one in scene.market.streams, "the desk's own stays for good"


async def test_the_ladder_that_chose_last_has_the_grouped_book() -> None:
    scene = Scene()
    scene.charts.group_book("ETH", (5, 2))
    scene.charts.group_book("ETH", (4, 1), "book.2")
    scene.charts.group_book("ETH", (5, 2))
    assert scene.market.grouped == ("ETH", 4, 1)
    scene.charts.group_book("ETH", None, "book.2")
    assert scene.market.grouped == ("ETH", 5, 2)
    scene.charts.group_book("ETH", None)
    assert scene.market.grouped is None
