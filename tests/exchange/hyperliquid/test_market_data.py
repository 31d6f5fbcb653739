from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import MINUTE_MS, SystemClock
from hlmaster.core.errors import VenueRefused
from hlmaster.core.events import (
    AssetContext,
    BestQuote,
    BookSnapshot,
    CandleRow,
    DataDefect,
    DefectKind,
    GroupedBook,
    LinkChanged,
    LinkState,
    Mids,
    Notice,
    Resynchronised,
)
from hlmaster.core.model import Interval
from hlmaster.core.ports import Turn
from hlmaster.exchange.hyperliquid.market_data import HyperliquidMarketData
from tests.exchange.hyperliquid.venue import (
    META,
    PATIENT_SOCKET,
    QUICK_CLIENT,
    QUICK_SOCKET,
    Ear,
    HurriedClock,
    Venue,
    book,
    candle,
    until,
)

MARKET = (BookSnapshot, GroupedBook, BestQuote, CandleRow, AssetContext, Mids)
HEARD = (*MARKET, LinkChanged, Resynchronised, DataDefect, Notice)


class Rig:
    """Market data over a told venue, and everything its bus carried."""

    def __init__(self, venue: Venue, clock: SystemClock | None = None) -> None:
        self.bus = Bus()
        self.clock = clock or SystemClock()
        self.ear = Ear(self.bus, *HEARD)
        self.venue = venue
        self.data = HyperliquidMarketData(
            self.bus,
            self.clock,
            venue.url,
            socket_timing=PATIENT_SOCKET if isinstance(clock, HurriedClock) else QUICK_SOCKET,
            client_timing=QUICK_CLIENT,
            poll_every=0.05,
            jitter=lambda: 0.5,
        )

    @property
    def candles(self) -> list[CandleRow]:
        return self.ear.of(CandleRow)

    async def watch_minutes(self) -> None:
        self.data.watch_candles("BTC", Interval.M1)
        await until(lambda: {"type": "candle", "coin": "BTC", "interval": "1m"} in self.venue.subscribed)

    async def connected(self) -> None:
        await self.data.start()
        await until(lambda: self.ear.of(Resynchronised))
        await until(lambda: self.venue.connections == 2)


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with Venue() as venue:
        made = Rig(venue)
        yield made
        await made.data.stop()


async def test_it_starts_with_the_instruments_and_says_when_it_is_in_step(rig: Rig) -> None:
    await rig.connected()
    assert list(rig.data.instruments) == ["BTC", "OLD", "ETH"]
    assert rig.data.instruments["ETH"].asset == 2
    assert [change.state for change in rig.ear.of(LinkChanged)] == [LinkState.CONNECTING, LinkState.CONNECTED]
    assert rig.ear.of(Resynchronised) == [Resynchronised(0.0, 0)]


async def test_without_an_exchange_it_says_so_and_starts_as_soon_as_there_is_one() -> None:
    async with Venue() as venue:
        venue.sick = "meta"
        rig = Rig(venue, HurriedClock())
        starting = asyncio.create_task(rig.data.start())
        await until(lambda: rig.ear.of(LinkChanged))
        venue.sick = ""
        await starting
        await rig.data.stop()
    waiting = [change for change in rig.ear.of(LinkChanged) if change.retry_in_seconds is not None]
    assert waiting
    assert waiting[0].state is LinkState.CONNECTING
    assert "502" in waiting[0].sentence


async def test_a_watched_coin_has_its_fast_streams_on_one_line_and_its_deep_book_on_another(rig: Rig) -> None:
    await rig.connected()
    rig.venue.subscribed.clear()
    rig.data.watch("BTC")
    rig.data.watch("BTC")
    await until(lambda: len(rig.venue.subscribed) == 5)
    kinds = sorted((s["type"], s.get("fast", False)) for s in rig.venue.subscribed)
    assert kinds == [
        ("activeAssetCtx", False),
        ("bbo", False),
        ("l2Book", False),
        ("l2Book", True),
        ("trades", False),
    ]
    rig.data.unwatch("BTC")
    await until(lambda: rig.venue.said["unsubscribe"] == 5)


async def test_one_grouped_book_at_a_time_has_a_line_of_its_own(rig: Rig) -> None:
    await rig.connected()
    rig.venue.subscribed.clear()
    rig.venue.greeting = lambda s: [{"channel": "l2Book", "data": book(s["coin"], 1_000 + s["nSigFigs"])}]
    for _ in range(2):
        rig.data.watch_grouped("BTC", 5, 2)
    await until(lambda: rig.ear.of(GroupedBook))
    assert rig.venue.subscribed == [{"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 2}]
    rig.data.watch_grouped("ETH", 4, 1)
    await until(lambda: len(rig.ear.of(GroupedBook)) == 2)
    assert rig.venue.subscribed[-1] == {"type": "l2Book", "coin": "ETH", "nSigFigs": 4}
    assert rig.venue.said["unsubscribe"] == 1
    heard = [(row.coin, row.significant_figures, row.mantissa, row.time_ms) for row in rig.ear.of(GroupedBook)]
    assert heard == [("BTC", 5, 2, 1_005), ("ETH", 4, 1, 1_004)]
    rig.data.unwatch_grouped()
    await until(lambda: rig.venue.said["unsubscribe"] == 2)
    await rig.venue.tell({"channel": "l2Book", "data": book("ETH")})
    rig.data.watch_grouped("BTC", 3, 1)
    await until(lambda: len(rig.ear.of(GroupedBook)) == 3)
    assert rig.ear.of(GroupedBook)[-1].time_ms == 1_003
    rig.data.unwatch("BTC")
    await until(lambda: rig.venue.said["unsubscribe"] == 3)


@pytest.mark.parametrize("coin", ["btc", "", "GONE", "@107"])
async def test_a_coin_that_is_not_listed_never_reaches_the_line(rig: Rig, coin: str) -> None:
    await rig.connected()
    with pytest.raises(VenueRefused):
        rig.data.watch(coin)
    with pytest.raises(VenueRefused):
        rig.data.watch_candles(coin, Interval.M1)
    with pytest.raises(VenueRefused):
        rig.data.watch_grouped(coin, 3, 1)


async def test_bad_rows_of_the_list_are_told_and_the_rest_is_traded(rig: Rig) -> None:
    rig.venue.answers["meta"] = META | {"universe": [None, *META["universe"]]}
    await rig.connected()
    assert rig.data.instruments["BTC"].asset == 1
    assert len(rig.ear.of(Notice)) == 1


async def test_after_an_outage_missed_candles_come_before_live_ones(rig: Rig) -> None:
    await rig.connected()
    await rig.watch_minutes()
    now = rig.clock.now_ms() // MINUTE_MS * MINUTE_MS
    first = now - 5 * MINUTE_MS
    await rig.venue.tell({"channel": "candle", "data": candle("BTC", first)})
    await until(lambda: rig.candles)
    truth = [candle("BTC", first + i * MINUTE_MS, close=float(i + 1), trades=10) for i in range(6)]
    rig.venue.answers["candleSnapshot"] = truth
    rig.venue.greeting = lambda s: (
        [{"channel": "candle", "data": candle("BTC", now, close=7.0, trades=11)}] if s["type"] == "candle" else []
    )
    rig.venue.drop()
    await until(lambda: len(rig.ear.of(Resynchronised)) == 2)
    asked = next(body["req"] for body in rig.venue.asked if body["type"] == "candleSnapshot")
    assert asked["startTime"] == first
    await rig.venue.tell({"channel": "candle", "data": candle("BTC", now, close=8.0, trades=12)})
    await until(lambda: rig.candles[-1].close == 8.0)
    seen = rig.candles[1:]
    assert [row.open_ms for row in seen] == [first + i * MINUTE_MS for i in range(6)] + [now]
    assert [row.close for row in seen] == [1.0, 2.0, 3.0, 4.0, 5.0, 7.0, 8.0]
    resynchronised = rig.ear.of(Resynchronised)[1]
    assert resynchronised.candles_filled == 6
    assert resynchronised.offline_seconds > 0
    order = [type(fact) for fact in rig.ear.facts]
    assert order.index(Resynchronised, order.index(Resynchronised) + 1) > order.index(CandleRow)


async def test_a_gap_is_asked_for_until_the_exchange_answers() -> None:
    async with Venue() as venue:
        rig = Rig(venue, HurriedClock())
        await rig.connected()
        await rig.watch_minutes()
        await rig.venue.tell({"channel": "candle", "data": candle("BTC", MINUTE_MS)})
        await until(lambda: rig.candles)
        rig.venue.answers["candleSnapshot"] = [candle("BTC", MINUTE_MS, trades=5), candle("BTC", 2 * MINUTE_MS)]
        rig.venue.sick = "candleSnapshot"
        rig.venue.drop()
        await until(lambda: rig.venue.count("candleSnapshot") > QUICK_CLIENT.attempts)
        assert len(rig.candles) == len(rig.ear.of(Resynchronised)) == 1
        rig.venue.sick = ""
        await until(lambda: len(rig.ear.of(Resynchronised)) == 2)
        assert [row.open_ms for row in rig.candles] == [MINUTE_MS, MINUTE_MS, 2 * MINUTE_MS]
        await rig.data.stop()


async def test_a_gap_is_asked_for_again_when_a_candle_closed_under_way(rig: Rig) -> None:
    await rig.connected()
    await rig.watch_minutes()
    await rig.venue.tell({"channel": "candle", "data": candle("BTC", MINUTE_MS)})
    await until(lambda: rig.candles)
    final = [candle("BTC", MINUTE_MS, trades=9), candle("BTC", 2 * MINUTE_MS)]
    answers = iter([[candle("BTC", MINUTE_MS, trades=5)]])
    rig.venue.answers["candleSnapshot"] = lambda body: next(answers, final)
    rig.venue.greeting = lambda s: (
        [{"channel": "candle", "data": candle("BTC", 2 * MINUTE_MS)}] if s["type"] == "candle" else []
    )
    rig.venue.drop()
    await until(lambda: len(rig.ear.of(Resynchronised)) == 2)
    assert rig.venue.count("candleSnapshot") == 2
    assert [row.trades for row in rig.candles] == [1, 9, 1]


async def test_a_gap_that_cannot_be_read_is_told_and_does_not_hold_the_series(rig: Rig) -> None:
    await rig.connected()
    await rig.watch_minutes()
    await rig.venue.tell({"channel": "candle", "data": candle("BTC", MINUTE_MS)})
    await until(lambda: rig.candles)
    rig.venue.answers["candleSnapshot"] = {"nonsense": 1}
    rig.venue.drop()
    await until(lambda: len(rig.ear.of(Resynchronised)) == 2)
    assert [defect.kind for defect in rig.ear.of(DataDefect)] == [DefectKind.GAP]
    await until(lambda: len(rig.venue.lines) == 2)
    await rig.venue.tell({"channel": "candle", "data": candle("BTC", 5 * MINUTE_MS)})
    await until(lambda: rig.candles[-1].open_ms == 5 * MINUTE_MS)


async def test_while_the_line_is_down_watched_coins_are_polled(rig: Rig) -> None:
    await rig.connected()
    rig.data.watch("ETH")
    rig.venue.turn_away = 1_000_000
    rig.venue.drop()
    await until(lambda: rig.ear.of(BookSnapshot) and rig.ear.of(AssetContext) and rig.ear.of(Mids))
    assert {fact.coin for fact in rig.ear.of(BookSnapshot)} == {"ETH"}
    assert {fact.coin for fact in rig.ear.of(AssetContext)} == {"ETH"}
    rig.venue.turn_away = 0
    await until(lambda: len(rig.ear.of(Resynchronised)) == 2)
    await asyncio.sleep(0.1)
    polled = rig.venue.count("l2Book")
    await asyncio.sleep(0.15)
    assert rig.venue.count("l2Book") == polled


async def test_a_coin_delisted_during_an_outage_is_dropped_and_told(rig: Rig) -> None:
    await rig.connected()
    rig.data.watch("ETH")
    rig.venue.answers["meta"] = META | {"universe": META["universe"][:2]}
    rig.venue.drop()
    await until(lambda: rig.ear.of(DataDefect))
    (defect,) = rig.ear.of(DataDefect)
    assert (defect.kind, defect.coin) == (DefectKind.UNKNOWN_COIN, "ETH")
    assert "ETH" not in rig.data.instruments


async def test_a_list_that_comes_back_damaged_leaves_the_last_good_one(rig: Rig) -> None:
    await rig.connected()
    rig.venue.answers["meta"] = META | {"universe": []}
    rig.venue.drop()
    await until(lambda: len(rig.ear.of(Resynchronised)) == 2)
    assert "ETH" in rig.data.instruments


async def test_candles_are_columns_within_the_asked_range(rig: Rig) -> None:
    await rig.connected()
    rig.venue.answers["candleSnapshot"] = [candle("BTC", t * MINUTE_MS) for t in range(8)]
    block = await rig.data.candles("BTC", Interval.M1, MINUTE_MS + 1, 5 * MINUTE_MS)
    assert block.time_ms.tolist() == [t * MINUTE_MS for t in range(2, 6)]


async def test_long_ranges_are_paged(rig: Rig) -> None:
    await rig.connected()
    rows = [candle("BTC", t * MINUTE_MS) for t in range(1203)]

    def page(body: dict[str, Any]) -> list[dict[str, Any]]:
        asked = body["req"]
        return [row for row in rows if asked["startTime"] <= row["t"] + 59_999 and row["t"] <= asked["endTime"]][:500]

    rig.venue.answers["candleSnapshot"] = page
    block = await rig.data.candles("BTC", Interval.M1, 0, 2000 * MINUTE_MS)
    assert len(block) == 1203
    hours = [{"coin": "BTC", "fundingRate": "0.1", "premium": "0.2", "time": t} for t in range(1100)]
    rig.venue.answers["fundingHistory"] = lambda body: [row for row in hours if row["time"] >= body["startTime"]][:500]
    funding = await rig.data.funding_history("BTC", 0, 10_000)
    assert [row[0] for row in funding] == list(range(1100))


async def test_a_chart_is_not_behind_the_histories_of_strategies(rig: Rig) -> None:
    await rig.connected()
    rig.venue.answers["candleSnapshot"] = [candle("BTC", MINUTE_MS)]
    rig.data.budget.charge(600)
    study = asyncio.create_task(rig.data.candles("ETH", Interval.M1, 0, MINUTE_MS))
    await asyncio.sleep(0)
    for turn in (Turn.SIGHT, Turn.MEASURE):
        assert len(await rig.data.candles("BTC", Interval.M1, 0, MINUTE_MS, turn)) == 1
    assert not study.done()
    study.cancel()
    await asyncio.gather(study, return_exceptions=True)
    assert not any(rig.data.budget._claims.values()), "who was cancelled claims nothing any more"


async def test_the_exchanges_clock_is_compared_with_ours(rig: Rig) -> None:
    rig.venue.answers["exchangeStatus"] = lambda body: {"time": rig.clock.now_ms() + 5_000, "specialStatuses": None}
    await rig.connected()
    await until(lambda: rig.data.health.clock_offset_ms is not None)
    assert rig.data.health.clock_offset_ms == pytest.approx(5_000, abs=200)


async def test_the_age_of_every_stream_is_known(rig: Rig) -> None:
    await rig.connected()
    await rig.watch_minutes()
    rig.data.watch("BTC")
    await until(lambda: {"type": "bbo", "coin": "BTC"} in rig.venue.subscribed)
    quote = {"coin": "BTC", "time": 5, "bbo": [None, None]}
    await rig.venue.tell({"channel": "bbo", "data": quote}, {"channel": "candle", "data": candle("BTC", 0)})
    await until(lambda: len(rig.data.ages()) == 2)
    assert rig.data.ages().keys() == {("quote", "BTC"), ("1m", "BTC")}
    assert all(0 <= age < 5 for age in rig.data.ages().values())


async def test_stopping_leaves_no_task_behind(rig: Rig) -> None:
    await rig.connected()
    rig.data.watch("BTC")
    await rig.data.stop()
    ours = [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and "socket" in task.get_name()]
    assert ours == []
    assert rig.ear.of(LinkChanged)[-1].state is LinkState.DISCONNECTED
