"""A desk opens only on true books, hears what the market and the venue say, and ends in order."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import pytest

from hlmaster.core.errors import StorageError, VenueUnreachable
from hlmaster.core.events import (
    AccountResynchronised,
    LinkChanged,
    LinkState,
    Severity,
    Trade,
    Trades,
    TradingState,
)
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Intent, OrderStatus
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.desks import Scene, running, scene
from tests.trading.scenes import NOW, D, order

ENTRY = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5"))


@pytest.fixture
async def desk() -> AsyncIterator[Scene]:
    async with running() as made:
        yield made


def trade(coin: str, age_ms: int, number: int) -> Trades:
    return Trades(coin, [Trade(coin, NOW - age_ms, 3000.0, 1.0, True, number)])


async def test_no_entry_before_the_books_agree_with_the_exchange() -> None:
    made = scene()
    made.venue.deaf = VenueUnreachable("No line.")
    await made.desk.start()
    await made.until(lambda: "start" in made.venue.events)
    made.market.price("ETH", 3000.0)
    made.venue.publish_account()
    outcome = await made.desk.manual.place(ENTRY)
    assert not outcome.ok
    assert "Entries open once our books agree" in outcome.sentence
    (told,) = [notice for notice in made.notices if "Entries wait for the books" in notice.sentence]
    assert "No line." in told.sentence
    made.venue.deaf = None
    await made.until(lambda: made.desk.is_ready)
    made.market.price("ETH", 3000.0)
    made.venue.publish_account()
    outcome = await made.desk.manual.place(ENTRY)
    assert outcome.ok, outcome.sentence
    await made.desk.stop()


async def test_an_exchange_that_does_not_start_is_told_and_the_desk_still_ends(
    caplog: pytest.LogCaptureFixture,
) -> None:
    made = scene()

    async def before() -> None:
        raise VenueUnreachable("The embedded exchange did not start: the port is taken.")

    ended = asyncio.Event()

    async def after() -> None:
        ended.set()

    async def never() -> None:
        await asyncio.Event().wait()

    made.desk._parts.before, made.desk._parts.after = before, after
    made.store.flush = never  # type: ignore[method-assign]
    with caplog.at_level(logging.CRITICAL):
        await made.desk.start()
        await made.until(lambda: made.notices)
    assert (made.notices[0].severity, made.desk.is_ready) == (Severity.ERROR, False)
    assert "the port is taken" in made.notices[0].sentence
    await made.desk.stop()
    assert ended.is_set()


async def test_the_exchange_and_the_files_are_closed_even_when_the_disk_fails() -> None:
    made = scene()
    ended = asyncio.Event()

    async def after() -> None:
        ended.set()

    async def refuse() -> None:
        raise StorageError("The disk is full.")

    made.desk._parts.after = after
    await made.desk.start()
    await made.until(lambda: made.desk.is_ready)
    made.desk.orders.register(order(client_order_id="0xlast"))
    made.desk.orders.mark("0xlast", OrderStatus.REJECTED)
    made.store.flush = refuse  # type: ignore[method-assign]
    with pytest.raises(StorageError):
        await made.desk.stop()
    assert ended.is_set()


async def test_what_the_journal_holds_open_is_asked_after() -> None:
    made = scene()
    lost, landed = order(price="2900"), order(price="2900")
    made.journal.open_intents = [
        Intent(ActionKind.ORDER, item.client_order_id, nonce, NOW - 60_000, "", NOW, order=item)
        for nonce, item in enumerate((lost, landed))
    ]
    made.desk.orders.register(landed, NOW - 60_000)
    made.desk.orders.mark(landed.client_order_id, OrderStatus.CANCELED)
    async with running(made):
        await made.until(lambda: lost.client_order_id in made.journal.resolved)
        assert made.journal.resolved == {lost.client_order_id: "rejected", landed.client_order_id: "canceled"}


async def test_a_restart_shows_the_same_orders_fills_positions_and_equity() -> None:
    async with running() as first:
        first.hold("1")
        await first.desk.manual.place(
            Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), limit_price=D(2900))
        )
        before = (first.desk.orders.all(), first.desk.portfolio.fills, first.desk.portfolio.equity)
    made = scene(first.store)
    made.venue.__dict__.update({**first.venue.__dict__, "_bus": made.desk.bus, "_clock": made.clock})
    async with running(made):
        assert (made.desk.orders.all(), made.desk.portfolio.fills, made.desk.portfolio.equity) == before
        assert made.desk.portfolio.size("ETH") == 1


async def test_a_coin_that_is_held_is_watched_though_it_is_on_no_list() -> None:
    settings = Settings.model_validate({"market": {"watchlist": ["ETH"]}})
    async with running(scene(settings=settings)) as made:
        assert made.market.watched == ["ETH"]
        made.venue.give("BTC", D(1))
        made.venue.publish_account()
        assert made.market.watched == ["ETH", "BTC"]


async def test_new_settings_watch_new_coins_once() -> None:
    narrow = Settings.model_validate({"market": {"watchlist": ["ETH"]}})
    async with running(scene(settings=narrow)) as made:
        wide = Settings.model_validate({"market": {"watchlist": ["ETH", "BTC", "NOSUCH"]}})
        made.desk.apply_settings(wide)
        made.desk.apply_settings(wide)
        assert made.market.watched == ["ETH", "BTC"]


async def test_trades_that_a_subscription_repeats_are_not_lag(desk: Scene) -> None:
    desk.desk.bus.publish(trade("ETH", 60_000, 1))
    desk.desk.bus.publish(trade("ETH", 400, 2))
    assert desk.desk.behind_ms_max == 400
    desk.desk.bus.publish(LinkChanged(LinkState.CONNECTED, "Connected."))
    desk.desk.bus.publish(trade("ETH", 350, 3))
    assert desk.desk.behind_ms_max == 400


async def test_equity_is_not_recorded_while_a_position_has_no_price() -> None:
    made = scene()
    made.venue.give("BTC", D(1))
    made.desk.portfolio.ledger.book_fill(made.venue.all_fills[0])
    await made.desk.start()
    await made.until(lambda: made.desk.is_ready)
    await asyncio.sleep(0)
    assert made.store.saved_equity == []
    await made.desk.stop()


async def test_the_books_are_compared_after_every_reconnect(desk: Scene) -> None:
    seen = desk.desk.reconciler.last_success_ms
    desk.clock.advance(1_000)
    desk.desk.bus.publish(AccountResynchronised(5.0))
    desk.desk.bus.publish(AccountResynchronised(5.0))
    await desk.until(lambda: desk.desk.reconciler.last_success_ms != seen)
    assert desk.desk.reconciler.last_success_ms == desk.clock.now_ms()


async def test_the_venues_clock_is_told_to_the_feed(desk: Scene) -> None:
    desk.market.health.clock_offset_ms = 60_000.0
    desk.desk._watch()
    desk.desk.bus.publish(trade("ETH", -50_000, 9))
    assert sum(desk.desk.feed.defects.values()) == 0


@pytest.mark.parametrize(
    ("policy", "entry", "stop", "position"),
    [("cancel_entries", False, True, True), ("keep_all", True, True, True), ("flatten", False, False, False)],
)
async def test_a_lost_line_is_answered_as_the_settings_say(
    policy: str, entry: bool, stop: bool, position: bool
) -> None:
    settings = Settings.model_validate({"execution": {"disconnect_policy": policy}})
    async with running(scene(settings=settings)) as made:
        made.hold("1")
        limit = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), limit_price=D(2900))
        guard = Ticket(
            "ETH", Side.SELL, TicketKind.STOP_MARKET, SizeUnit.COIN, D(1), trigger_price=D(2800), reduce_only=True
        )
        for ticket in (limit, guard):
            outcome = await made.desk.manual.place(ticket)
            assert outcome.ok, outcome.sentence
        made.desk.bus.publish(LinkChanged(LinkState.RECONNECTING, "No line."))
        assert made.desk.guard.state is TradingState.REDUCING
        for _ in range(40):
            await asyncio.sleep(0.005)
        left = {item.order.reduce_only for item in made.desk.orders.live()}
        assert (False in left, True in left, made.desk.portfolio.size("ETH") != 0) == (entry, stop, position)


async def test_health_is_numbers(desk: Scene) -> None:
    await desk.desk.manual.place(ENTRY)
    health = desk.desk.health()
    assert (health.link, health.trading_state, health.gaps) == (LinkState.CONNECTED, "active", 0)
    assert health.order_latency_ms is not None
    assert desk.desk.is_connected
