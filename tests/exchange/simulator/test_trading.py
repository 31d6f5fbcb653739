"""Paper trading against facts on the bus: what fills, what waits, what is refused, what is remembered."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, TypeVar

import pytest

from hlmaster.core.bus import Bus, HandlerFailed
from hlmaster.core.clock import HOUR_MS, ManualClock
from hlmaster.core.errors import InvariantBroken, NonceUsed, VenueRefused
from hlmaster.core.events import (
    AccountSnapshot,
    AssetContext,
    BestQuote,
    BookSnapshot,
    CashMoved,
    FillsReported,
    FundingReported,
    Level,
    OpenOrdersSnapshot,
    OrderReported,
    Trade,
    Trades,
)
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import (
    ApprovalMint,
    Approved,
    CancelTarget,
    Fill,
    Grouping,
    Order,
    OrderReply,
    OrderStatus,
    ReplyKind,
    TimeInForce,
    Trigger,
    TriggerKind,
    Verdict,
)
from hlmaster.core.ports import Trading
from hlmaster.exchange.simulator.trading import PaperTrading
from tests.exchange.simulator.arena import INSTRUMENTS

D = Decimal
Fact = TypeVar("Fact")
HOUR = 490_000


class Desk:
    """A bus, a clock, a paper account, and the market as the test tells it."""

    def __init__(self, state: dict[str, Any] | None = None, bus: Bus | None = None) -> None:
        self.bus, self.clock, self.mint = bus or Bus(), ManualClock(HOUR * HOUR_MS + 60_000), ApprovalMint()
        self.saved: dict[str, Any] | None = None
        self.told: dict[type, list[Any]] = {}
        for kind in (AccountSnapshot, OpenOrdersSnapshot, OrderReported, FillsReported, FundingReported, CashMoved):
            self.bus.subscribe(kind, self._listen(kind))
        self.bus.subscribe(HandlerFailed, self._failed)
        self.trading = PaperTrading(
            self.bus, self.clock, lambda: INSTRUMENTS, D(10_000), state, self._save, self.mint.is_genuine
        )
        self._trade_id = 0

    def _save(self, state: dict[str, Any]) -> None:
        self.saved = json.loads(json.dumps(state))

    def _failed(self, failure: HandlerFailed) -> None:
        raise AssertionError(failure)

    def _listen(self, kind: type[Fact]) -> Callable[[Fact], None]:
        return self.told.setdefault(kind, []).append

    @property
    def fills(self) -> list[Fill]:
        return [fill for fact in self.told[FillsReported] for fill in fact.fills]

    @property
    def position(self) -> Decimal:
        found = self.told[AccountSnapshot][-1].account.position("BTC")
        return D(0) if found is None else found.size

    # --- the market ---

    def book(self, bid: float = 99_990, ask: float = 100_010, size: float = 0.5, *, fast: bool = False) -> None:
        depth = range(5 if fast else 20)
        bids = [Level(bid - 10 * step, size, 1) for step in depth]
        asks = [Level(ask + 10 * step, size, 1) for step in depth]
        self.bus.publish(BookSnapshot("BTC", self.clock.now_ms(), bids, asks, fast))

    def quote(self, bid: float | None, ask: float | None, size: float = 0.5) -> None:
        sides = [None if price is None else Level(price, size, 1) for price in (bid, ask)]
        self.bus.publish(BestQuote("BTC", self.clock.now_ms(), sides[0], sides[1]))

    def trade(self, price: float, size: float, *, is_buy: bool, time_ms: int | None = None) -> Trade:
        self._trade_id += 1
        one = Trade("BTC", self.clock.now_ms() if time_ms is None else time_ms, price, size, is_buy, self._trade_id)
        self.bus.publish(Trades("BTC", [one]))
        return one

    def context(self, mark: float = 100_000, *, rate: float = 0.0000125, coin: str = "BTC") -> None:
        self.bus.publish(AssetContext(coin, mark, mark, mark, mark, 1e6, 10, rate, 0, 100, self.clock.now_ms()))

    # --- us ---

    def approved(self, order: Order) -> Approved:
        return self.mint.approve(order, Verdict(()))

    async def send(self, *orders: Order, grouping: Grouping = Grouping.NONE) -> tuple[OrderReply, ...]:
        return await self.trading.send(self.trading.prepare_orders([self.approved(one) for one in orders], grouping))

    async def cancel(self, order: Order) -> OrderReply:
        target = CancelTarget(order.coin, None, order.client_order_id)
        return (await self.trading.send(self.trading.prepare_cancel([target])))[0]


async def opened(state: dict[str, Any] | None = None) -> Desk:
    desk = Desk(state)
    await desk.trading.start()
    desk.context()
    desk.book()
    return desk


def order(side: Side, size: str, price: str | int, **more: Any) -> Order:
    return Order("BTC", side, D(size), D(price), **more)


def buy(size: str = "0.1", price: str | int = 99_000, **more: Any) -> Order:
    return order(Side.BUY, size, price, **more)


def sell(size: str = "0.1", price: str | int = 101_000, **more: Any) -> Order:
    return order(Side.SELL, size, price, **more)


def market_buy(size: str = "0.1") -> Order:
    return buy(size, 105_000, time_in_force=TimeInForce.IOC, market=True)


async def test_it_is_a_trading_port_with_an_opening_balance() -> None:
    desk = await opened()
    port: Trading = desk.trading
    assert (await port.account()).equity == 10_000
    assert [move.amount for move in await port.cash_moves(0)] == [10_000]
    assert [fact.moves[0].kind for fact in desk.told[CashMoved]] == ["deposit"]
    assert (await port.fee_rates()).taker == D("0.00045")
    assert len(port.address) == 42


async def test_a_taker_walks_the_shown_levels_and_pays_the_taker_fee() -> None:
    desk = await opened()
    reply = (await desk.send(market_buy("0.8")))[0]
    assert (reply.kind, reply.filled_size) == (ReplyKind.FILLED, D("0.8"))
    assert [(fill.price, fill.size) for fill in desk.fills] == [(D(100_010), D("0.5")), (D(100_020), D("0.3"))]
    assert [fill.is_maker for fill in desk.fills] == [False, False]
    assert sum(fill.fee for fill in desk.fills) == (D(100_010) * D("0.5") + D(100_020) * D("0.3")) * D("0.00045")
    assert desk.position == D("0.8")
    assert desk.told[OrderReported][-1].order.status is OrderStatus.FILLED


async def test_what_was_taken_is_gone_until_it_is_shown_again() -> None:
    desk = await opened()
    await desk.send(market_buy("0.5"))
    await desk.send(market_buy("0.1"))
    assert desk.fills[-1].price == 100_020
    desk.book()
    await desk.send(market_buy("0.1"))
    assert desk.fills[-1].price == 100_010


async def test_a_quote_newer_than_the_book_sets_the_touch() -> None:
    desk = await opened()
    desk.clock.advance(100)
    desk.quote(100_030, 100_040, 0.05)
    await desk.send(market_buy("0.1"))
    assert [(fill.price, fill.size) for fill in desk.fills] == [(D(100_040), D("0.05")), (D(100_050), D("0.05"))]


async def test_a_book_older_than_the_quote_is_not_believed() -> None:
    desk = await opened()
    late = desk.clock.now_ms()
    desk.clock.advance(500)
    desk.quote(100_030, 100_040)
    desk.bus.publish(BookSnapshot("BTC", late, [Level(90_000, 1)], [Level(90_010, 1)]))
    await desk.send(market_buy("0.1"))
    assert desk.fills[-1].price == 100_040


async def test_an_empty_side_has_nothing_to_sell() -> None:
    desk = await opened()
    desk.quote(99_990, None)
    reply = (await desk.send(market_buy()))[0]
    assert reply == OrderReply(ReplyKind.REJECTED, text="No liquidity available for market order.")


@pytest.mark.parametrize(
    ("advance_ms", "fast", "fresh"),
    [(2_999, True, True), (3_001, True, True), (11_999, False, True), (12_001, True, False)],
)
async def test_nothing_is_matched_against_old_data(advance_ms: int, fast: bool, fresh: bool) -> None:
    desk = await opened()
    desk.clock.advance(advance_ms)
    reply = (await desk.send(market_buy()))[0]
    assert (reply.kind is ReplyKind.FILLED) is fresh
    if not fresh:
        assert "no fresh book of BTC (the last is 12 s old)" in reply.text
        assert (await desk.send(buy()))[0].kind is ReplyKind.REJECTED
        assert await desk.trading.open_orders() == ()


async def test_without_any_data_the_refusal_says_so() -> None:
    desk = Desk()
    await desk.trading.start()
    assert "no mark price of BTC yet" in (await desk.send(buy()))[0].text
    desk.context()
    assert "none was seen yet" in (await desk.send(buy()))[0].text


class TestResting:
    async def resting(self, price: int = 99_980) -> tuple[Desk, Order]:
        desk = await opened()
        mine = buy("0.2", price)
        assert (await desk.send(mine))[0].kind is ReplyKind.RESTING
        desk.clock.advance(100)
        return desk, mine

    async def test_a_trade_through_the_price_fills_it_whole_at_its_own_price(self) -> None:
        desk, _ = await self.resting()
        desk.trade(99_970, 0.01, is_buy=False)
        assert [(fill.price, fill.size, fill.is_maker) for fill in desk.fills] == [(D(99_980), D("0.2"), True)]
        assert desk.told[OpenOrdersSnapshot][-1].orders == ()

    async def test_trades_at_the_price_first_serve_those_who_stood_before(self) -> None:
        desk, _ = await self.resting()
        desk.trade(99_980, 0.4, is_buy=False)
        assert desk.fills == []
        desk.trade(99_980, 0.25, is_buy=False)
        assert [fill.size for fill in desk.fills] == [D("0.15")]
        desk.trade(99_980, 1.0, is_buy=False)
        assert [fill.size for fill in desk.fills] == [D("0.15"), D("0.05")]

    async def test_the_queue_shrinks_when_the_level_thins_out(self) -> None:
        desk, _ = await self.resting()
        desk.book(size=0.1)
        desk.trade(99_980, 0.15, is_buy=False)
        assert [fill.size for fill in desk.fills] == [D("0.05")]

    async def test_a_better_price_than_all_shown_has_nobody_before_it(self) -> None:
        desk, _ = await self.resting(100_000)
        desk.trade(100_000, 0.05, is_buy=False)
        assert [fill.size for fill in desk.fills] == [D("0.05")]

    async def test_deeper_than_the_book_is_shown_only_trades_through_count(self) -> None:
        desk, _ = await self.resting(99_000)
        desk.trade(99_000, 50, is_buy=False)
        assert desk.fills == []
        desk.trade(98_999, 0.001, is_buy=False)
        assert [fill.size for fill in desk.fills] == [D("0.2")]

    async def test_the_shown_other_side_reaching_the_price_fills_what_it_shows(self) -> None:
        desk, _ = await self.resting()
        desk.quote(99_960, 99_970, 0.15)
        assert [(fill.price, fill.size) for fill in desk.fills] == [(D(99_980), D("0.15"))]

    async def test_trades_from_before_the_order_and_repeats_do_not_count(self) -> None:
        desk = await opened()
        old = desk.trade(99_000, 1.0, is_buy=False)
        desk.clock.advance(100)
        desk.book()
        await desk.send(buy("0.2", 99_980))
        desk.bus.publish(Trades("BTC", [old]))
        desk.trade(99_000, 1.0, is_buy=False, time_ms=old.time_ms - 1)
        assert desk.fills == []

    async def test_it_can_be_canceled_and_modified(self) -> None:
        desk, mine = await self.resting()
        smaller = replace(mine, size=D("0.1"), price=D(99_950))
        target = CancelTarget("BTC", None, mine.client_order_id)
        replies = await desk.trading.send(desk.trading.prepare_modify([(target, desk.approved(smaller))]))
        assert replies[0].kind is ReplyKind.RESTING
        assert [(one.price, one.size) for one in await desk.trading.open_orders()] == [(D(99_950), D("0.1"))]
        assert (await desk.cancel(mine)).kind is ReplyKind.DONE
        assert (await desk.cancel(mine)).text == "Order was never placed, already canceled, or filled."
        known = await desk.trading.order_status(mine.client_order_id)
        assert known is not None
        assert known.status is OrderStatus.CANCELED

    async def test_post_only_that_crosses_is_refused(self) -> None:
        desk = await opened()
        reply = (await desk.send(buy("0.1", 100_010, time_in_force=TimeInForce.ALO)))[0]
        assert reply.text.startswith("Post only order would have immediately matched")


class TestTriggers:
    def stop(self, at: int = 98_000, *, market: bool = True) -> Order:
        return sell("0.1", at, reduce_only=True, trigger=Trigger(D(at), TriggerKind.STOP, market))

    async def test_a_stop_sells_when_the_mark_falls_to_it(self) -> None:
        desk = await opened()
        await desk.send(market_buy())
        assert (await desk.send(self.stop()))[0].kind is ReplyKind.WAITING
        desk.context(98_001)
        assert desk.position == D("0.1")
        desk.book(97_990, 98_010)
        desk.context(98_000)
        assert desk.position == 0
        assert desk.fills[-1].price == 97_990

    async def test_a_stop_waits_for_fresh_data_rather_than_filling_against_old(self) -> None:
        desk = await opened()
        await desk.send(market_buy())
        await desk.send(self.stop())
        desk.clock.advance(20_000)
        desk.context(97_000)
        assert desk.position == D("0.1")
        desk.book(96_990, 97_010)
        assert desk.position == 0
        assert desk.fills[-1].price == 96_990

    async def test_an_entry_brings_its_stop_and_target_and_one_cancels_the_other(self) -> None:
        desk = await opened()
        target = sell("0.1", 103_000, reduce_only=True, trigger=Trigger(D(103_000), TriggerKind.TAKE_PROFIT, True))
        replies = await desk.send(market_buy(), target, self.stop(), grouping=Grouping.ENTRY_TPSL)
        assert [reply.kind for reply in replies] == [ReplyKind.FILLED, ReplyKind.WAITING, ReplyKind.WAITING]
        assert {one.status for one in await desk.trading.open_orders()} == {OrderStatus.WAITING}
        desk.book(103_000, 103_010)
        desk.context(103_000)
        assert (desk.position, await desk.trading.open_orders()) == (0, ())


async def test_funding_is_charged_at_each_hour_that_is_lived_through() -> None:
    desk = await opened()
    await desk.send(market_buy())
    desk.context(100_000, rate=0.0001)
    desk.clock.advance(HOUR_MS)
    desk.context(100_000, rate=0.0005)
    paid = [payment for fact in desk.told[FundingReported] for payment in fact.payments]
    assert [payment.amount for payment in paid] == [D("-1.00000")]
    assert await desk.trading.funding(0) == tuple(paid)


async def test_leverage_and_isolated_margin_move() -> None:
    desk = await opened()
    leverage = Leverage(MarginMode.ISOLATED, 10)
    done = await desk.trading.send(desk.trading.prepare_leverage("BTC", leverage))
    assert done[0].kind is ReplyKind.DONE
    assert await desk.trading.leverage("BTC") == leverage
    await desk.send(market_buy())
    before = (await desk.trading.account()).position("BTC")
    await desk.trading.send(desk.trading.prepare_isolated_margin("BTC", D(100)))
    after = (await desk.trading.account()).position("BTC")
    assert before is not None
    assert after is not None
    assert after.margin_used - before.margin_used == 100
    refused = await desk.trading.send(desk.trading.prepare_leverage("BTC", Leverage(MarginMode.CROSS, 10)))
    assert refused[0].text == "Cannot switch leverage type with open position."


async def test_an_account_that_cannot_carry_its_position_is_liquidated_against_the_shown_book() -> None:
    desk = await opened()
    await desk.send(market_buy("1.5"))
    desk.book(94_400, 94_420, 10)
    desk.context(94_400)
    assert desk.position == D("1.2")
    assert desk.fills[-1].liquidation


async def test_a_restart_brings_back_money_position_orders_and_histories() -> None:
    first = await opened()
    await first.send(market_buy())
    mine = buy("0.2", 99_980)
    await first.send(mine)
    await first.trading.stop()
    assert first.saved is not None
    again = Desk(first.saved)
    await again.trading.start()
    assert again.told[AccountSnapshot] == [], "a position without a mark has no value yet"
    with pytest.raises(VenueRefused, match="before BTC has a mark price"):
        await again.trading.account()
    again.context()
    again.book()
    assert (await again.trading.account()).equity == (await first.trading.account()).equity
    assert await again.trading.open_orders() == await first.trading.open_orders()
    assert await again.trading.fills(0) == await first.trading.fills(0)
    assert await again.trading.cash_moves(0) == await first.trading.cash_moves(0)
    again.clock.advance(100)
    again.trade(99_970, 0.01, is_buy=False)
    assert [fill.size for fill in again.fills] == [D("0.2")]


async def test_money_is_saved_before_it_is_told() -> None:
    desk = await opened()
    seen: list[bool] = []
    desk.bus.subscribe(FillsReported, lambda fact: seen.append(str(fact.fills[0].order_id) in json.dumps(desk.saved)))
    await desk.send(market_buy())
    assert seen == [True]


async def test_an_order_without_the_gates_seal_and_an_unlisted_coin_are_refused() -> None:
    desk = await opened()
    forged = ApprovalMint().approve(buy(), Verdict(()))
    with pytest.raises(InvariantBroken):
        desk.trading.prepare_orders([forged])
    with pytest.raises(VenueRefused, match="DOGE is not listed"):
        desk.trading.prepare_orders([desk.approved(replace(buy(), coin="DOGE"))])


async def test_an_expired_action_does_nothing() -> None:
    desk = await opened()
    prepared = desk.trading.prepare_orders([desk.approved(market_buy())])
    desk.clock.advance(15_001)
    desk.book()
    assert [reply.text for reply in await desk.trading.send(prepared)] == ["Action already expired"]
    assert desk.fills == []


async def test_whole_batch_errors_answer_every_order() -> None:
    desk = await opened()
    stop = sell("0.1", 98_000, trigger=Trigger(D(98_000), TriggerKind.STOP, True))
    replies = await desk.send(market_buy(), stop, grouping=Grouping.ENTRY_TPSL)
    assert [reply.text for reply in replies] == ["Trigger order is not reduce only."] * 2


async def test_it_cannot_start_before_the_coins_are_known() -> None:
    desk = Desk()
    desk.trading = PaperTrading(desk.bus, desk.clock, {}, D(1), None, lambda state: None)
    asked: Awaitable[None] = desk.trading.start()
    with pytest.raises(VenueRefused):
        await asked


async def test_a_stopped_account_hears_nothing() -> None:
    desk = await opened()
    await desk.send(buy("0.2", 99_980))
    await desk.trading.stop()
    desk.clock.advance(100)
    desk.trade(90_000, 1, is_buy=False)
    assert desk.fills == []


# --- nonces ---


async def test_a_nonce_is_taken_once_and_remembered_over_a_restart() -> None:
    desk = await opened()
    prepared = desk.trading.prepare_orders([desk.approved(buy("0.2", 99_980))])
    await desk.trading.send(prepared)
    late = desk.trading.prepare_orders([desk.approved(buy("0.2", 99_970))])
    (fenced,) = await desk.trading.send(desk.trading.prepare_noop(late.nonce))
    assert fenced.kind is ReplyKind.DONE
    again = Desk(desk.saved)
    await again.trading.start()
    for trading in (desk.trading, again.trading):
        for used in (prepared, late, trading.prepare_noop(prepared.nonce)):
            with pytest.raises(NonceUsed):
                await trading.send(used)
    assert len(await desk.trading.open_orders()) == 1
    assert again.trading.prepare_noop(1).expires_ms is None
    newest = again.trading.prepare_orders([again.approved(buy("0.2", 99_960))])
    assert newest.nonce > late.nonce


async def test_a_scheduled_cancel_asks_for_volume_as_the_real_one_does() -> None:
    desk = await opened()
    (refused,) = await desk.trading.send(desk.trading.prepare_schedule_cancel(desk.clock.now_ms() + 60_000))
    assert "until enough volume traded" in refused.text
    (taken_back,) = await desk.trading.send(desk.trading.prepare_schedule_cancel(None))
    assert taken_back.kind is ReplyKind.DONE


async def test_an_order_can_be_asked_for_by_its_number() -> None:
    desk = await opened()
    (placed, *_) = await desk.send(buy("0.2", 99_980))
    found = await desk.trading.order_status(f"oid:{placed.order_id}")
    assert found is not None
    assert found.order_id == placed.order_id
