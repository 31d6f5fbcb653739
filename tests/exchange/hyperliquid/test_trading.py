from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock, SystemClock
from hlmaster.core.errors import (
    InvariantBroken,
    NonceUsed,
    OutcomeUnknown,
    RateLimited,
    SigningError,
    UnrecognisedReply,
    VenueUnreachable,
)
from hlmaster.core.events import (
    AccountLinkChanged,
    AccountResynchronised,
    AccountSnapshot,
    CashMoved,
    FillsReported,
    FundingReported,
    LinkChanged,
    LinkState,
    OpenOrdersSnapshot,
    OrderReported,
)
from hlmaster.core.model import FeeRates, Leverage, MarginMode, Side
from hlmaster.core.orders import (
    ActionKind,
    ApprovalMint,
    Approved,
    AssetSnapshot,
    CancelTarget,
    Expiry,
    Order,
    OrderStatus,
    Prepared,
    Purpose,
    ReplyKind,
    Verdict,
)
from hlmaster.exchange.hyperliquid import signing
from hlmaster.exchange.hyperliquid import trading as module
from hlmaster.exchange.hyperliquid.signing import Network, Signature, Signer
from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading
from tests.exchange.hyperliquid.test_codec import FILL, ORDER
from tests.exchange.hyperliquid.venue import QUICK_CLIENT, QUICK_SOCKET, STATE, Ear, Venue, until

ME = "0x" + "1a" * 20
HEARD = (
    AccountSnapshot,
    OpenOrdersSnapshot,
    OrderReported,
    FillsReported,
    FundingReported,
    CashMoved,
    AccountLinkChanged,
    AccountResynchronised,
    LinkChanged,
)


class Rig:
    def __init__(self, venue: Venue, clock: SystemClock | ManualClock | None = None) -> None:
        self.venue = venue
        self.bus = Bus()
        self.ear = Ear(self.bus, *HEARD)
        self.clock = clock or SystemClock()
        self.mint = ApprovalMint()
        self.signer = Signer.generate()
        nonces = count(1_700_000_000_000)
        self.trading = HyperliquidTrading(
            self.bus,
            self.clock,
            venue.url,
            Network.TESTNET,
            self.signer,
            ME.upper().replace("0X", "0x"),
            lambda now_ms: next(nonces),
            self.mint.is_genuine,
            socket_timing=QUICK_SOCKET,
            client_timing=QUICK_CLIENT,
            poll_every=0.05,
            jitter=lambda: 0.5,
        )

    def approve(self, **changes: Any) -> Approved:
        fields: dict[str, Any] = {"coin": "ETH", "side": Side.BUY, "size": Decimal("0.1"), "price": Decimal(50)}
        fields |= changes
        return self.mint.approve(Order(**fields), Verdict(()))

    def prepare(self, **changes: Any) -> Prepared:
        return self.trading.prepare_orders([self.approve(**changes)])


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    async with Venue() as venue:
        made = Rig(venue)
        await made.trading.start()
        await until(lambda: made.ear.of(AccountResynchronised))
        yield made
        await made.trading.stop()


def body_of(prepared: Prepared) -> dict[str, Any]:
    decoded: dict[str, Any] = json.loads(prepared.body)
    return decoded


async def test_an_account_of_which_nothing_is_heard_is_asked_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line looks alive, and orders may have filled."""
    async with Venue() as venue:
        monkeypatch.setattr(module, "QUIET_SECONDS", 0.05)
        quiet = Rig(venue)
        await quiet.trading.start()
        await until(lambda: venue.count("clearinghouseState") >= 3)
        assert len(quiet.ear.of(AccountSnapshot)) >= 2
        await quiet.trading.stop()


# --- preparing ---


async def test_a_prepared_order_is_signed_for_its_bytes_its_nonce_and_its_expiry(rig: Rig) -> None:
    approved = rig.approve()
    before = rig.clock.now_ms()
    prepared = rig.trading.prepare_orders([approved])
    body = body_of(prepared)
    assert body["action"]["orders"][0]["a"] == 2
    assert body["action"]["orders"][0]["c"] == approved.order.client_order_id
    assert (body["nonce"], body["expiresAfter"]) == (prepared.nonce, prepared.expires_ms)
    assert prepared.expires_ms is not None
    assert 0 <= prepared.expires_ms - before - 15_000 < 1_000
    assert prepared.payload_hash == hashlib.sha256(prepared.body).hexdigest()
    assert prepared.orders == (approved.order,)
    digest = signing.digest(body["action"], prepared.nonce, prepared.expires_ms, Network.TESTNET)
    assert signing.recover(digest, Signature(**body["signature"])) == rig.signer.address
    assert rig.venue.actions == []


async def test_what_makes_risk_smaller_lives_twice_as_long_and_market_time_stretches_it(rig: Rig) -> None:
    async with Venue() as venue:
        quick = Rig(venue, ManualClock(market_ms=10_000_000, speed=20.0))
        quick.trading._instruments = rig.trading._instruments
        exit_order = quick.prepare(purpose=Purpose.CLOSE, reduce_only=True)
        cancel = quick.trading.prepare_cancel([CancelTarget("ETH", 5, None)])
        leverage = quick.trading.prepare_leverage("ETH", Leverage(MarginMode.CROSS, 3))
        assert exit_order.expires_ms == cancel.expires_ms == 10_000_000 + 30_000 * 20
        assert quick.prepare().expires_ms == leverage.expires_ms == 10_000_000 + 15_000 * 20
        await quick.trading.stop()


async def test_expiries_and_nonces_go_by_the_venues_clock(rig: Rig) -> None:
    reserved: list[int] = []
    rig.trading._reserve_nonce = lambda now_ms: reserved.append(now_ms) or len(reserved)  # type: ignore[func-returns-value]
    rig.venue.ahead_ms = 3_600_000
    await rig.trading.account()
    expires_ms = rig.prepare().expires_ms
    assert expires_ms is not None
    assert abs(reserved[0] - rig.clock.now_ms() - 3_600_000) < 1_000
    assert expires_ms - reserved[0] == 15_000


async def test_expiries_are_as_the_settings_say(rig: Rig) -> None:
    rig.trading.expiry = Expiry(7, 70)
    before = rig.clock.now_ms()
    entry, cancel = rig.prepare(), rig.trading.prepare_cancel([CancelTarget("ETH", 5, None)])
    assert [round((one.expires_ms or 0) - before, -3) for one in (entry, cancel)] == [7_000, 70_000]


async def test_a_fence_is_signed_with_the_nonce_of_what_it_fences_and_a_used_one_is_told_apart(rig: Rig) -> None:
    prepared = rig.prepare()
    fence = rig.trading.prepare_noop(prepared.nonce)
    assert (fence.kind, fence.nonce, fence.expires_ms) == (ActionKind.NOOP, prepared.nonce, None)
    assert body_of(fence)["action"] == {"type": "noop"}
    assert [reply.kind for reply in await rig.trading.send(fence)] == [ReplyKind.DONE]
    rig.venue.reply = {"status": "err", "response": f"Invalid nonce: duplicate nonce {prepared.nonce}"}
    with pytest.raises(NonceUsed):
        await rig.trading.send(fence)


async def test_a_scheduled_cancel_names_its_time(rig: Rig) -> None:
    assert body_of(rig.trading.prepare_schedule_cancel(5))["action"] == {"type": "scheduleCancel", "time": 5}
    assert body_of(rig.trading.prepare_schedule_cancel(None))["action"] == {"type": "scheduleCancel"}


async def test_what_was_signed_is_told_as_it_stands_on_the_wire(rig: Rig) -> None:
    (item,) = rig.prepare(price=Decimal("50.00"), size=Decimal("0.10")).items
    assert (item.asset, item.price, item.size) == (AssetSnapshot("ETH", 2, 4), "50", "0.1")


async def test_only_the_gates_own_approvals_are_signed(rig: Rig) -> None:
    forged = ApprovalMint().approve(rig.approve().order, Verdict(()))
    with pytest.raises(InvariantBroken):
        rig.trading.prepare_orders([rig.approve(), forged])
    with pytest.raises(InvariantBroken):
        rig.trading.prepare_modify([(CancelTarget("ETH", 5, None), forged)])


async def test_every_preparation_has_a_nonce_of_its_own(rig: Rig) -> None:
    nonces = [rig.prepare().nonce for _ in range(20)]
    assert nonces == sorted(set(nonces))


async def test_modifications_cancels_and_account_actions_name_what_they_change(rig: Rig) -> None:
    cloid = "0x" + "cd" * 16
    modify = rig.trading.prepare_modify([(CancelTarget("ETH", 5, cloid), rig.approve())])
    assert modify.kind is ActionKind.MODIFY
    assert body_of(modify)["action"]["modifies"][0]["oid"] == cloid
    cancel = rig.trading.prepare_cancel([CancelTarget("ETH", 5, None), CancelTarget("BTC", 6, None)])
    assert [item.subject for item in cancel.items] == ["oid:5", "oid:6"]
    margin = rig.trading.prepare_isolated_margin("ETH", Decimal("2.5"))
    assert body_of(margin)["action"] == {"type": "updateIsolatedMargin", "asset": 2, "isBuy": True, "ntli": 2_500_000}


async def test_a_demo_key_is_refused_off_this_computer() -> None:
    with pytest.raises(SigningError, match="demo key"):
        HyperliquidTrading(
            Bus(), SystemClock(), "https://venue.example", Network.MAINNET, Signer.generate(), ME, int, bool
        )


# --- sending ---


def statuses(*items: object) -> dict[str, Any]:
    return {"status": "ok", "response": {"type": "order", "data": {"statuses": list(items)}}}


async def test_exactly_the_prepared_bytes_are_sent_and_answers_come_item_by_item(rig: Rig) -> None:
    prepared = rig.trading.prepare_orders([rig.approve(), rig.approve()])
    rig.venue.reply = statuses({"resting": {"oid": 9}}, {"error": "Insufficient margin to place order. asset=2"})
    replies = await rig.trading.send(prepared)
    assert rig.venue.actions == [prepared.body]
    assert [reply.kind for reply in replies] == [ReplyKind.RESTING, ReplyKind.REJECTED]
    assert "free margin" in replies[1].text


@pytest.mark.parametrize(
    ("status", "reply"),
    [
        (500, "null"),
        (502, "<html>"),
        (200, "<html>"),
        (200, "null"),
        (200, {"status": "ok", "response": {"type": "order"}}),
        (200, {"status": "err", "response": "Invalid nonce: duplicate nonce 17"}),
    ],
)
async def test_whatever_is_no_clear_answer_leaves_the_outcome_unknown(rig: Rig, status: int, reply: Any) -> None:
    rig.venue.reply_status, rig.venue.reply = status, reply
    with pytest.raises(OutcomeUnknown):
        await rig.trading.send(rig.prepare())
    assert len(rig.venue.actions) == 1


async def test_a_lost_answer_leaves_the_outcome_unknown_and_nothing_is_sent_twice(rig: Rig) -> None:
    rig.venue.lose_reply = True
    with pytest.raises(OutcomeUnknown):
        await rig.trading.send(rig.prepare())
    assert len(rig.venue.actions) == 1


async def test_a_refused_form_is_a_rejection_of_every_item(rig: Rig) -> None:
    rig.venue.reply_status = 422
    rig.venue.reply = "Failed to deserialize the JSON body into the target type"
    replies = await rig.trading.send(rig.trading.prepare_orders([rig.approve(), rig.approve()]))
    assert [reply.kind for reply in replies] == [ReplyKind.REJECTED] * 2


async def test_without_a_venue_nothing_left_and_that_is_said() -> None:
    async with Venue() as venue:
        rig = Rig(venue)
        await rig.trading.start()
        prepared = rig.prepare()
    with pytest.raises(VenueUnreachable):
        await rig.trading.send(prepared)
    await rig.trading.stop()


async def test_exits_pass_when_entries_have_used_up_their_share(rig: Rig) -> None:
    rig.trading._client.budget.charge(1000)
    with pytest.raises(RateLimited):
        await rig.trading.send(rig.prepare())
    await rig.trading.send(rig.prepare(purpose=Purpose.CLOSE, reduce_only=True))
    await rig.trading.send(rig.trading.prepare_cancel([CancelTarget("ETH", 5, None)]))
    assert len(rig.venue.actions) == 2


async def test_the_address_allowance_is_read_and_counted_on(rig: Rig) -> None:
    health = rig.trading.health
    await until(lambda: health.address_limit == 10_000)
    await rig.trading.send(rig.trading.prepare_orders([rig.approve(), rig.approve()]))
    assert health.address_used == 9


async def test_the_last_fifth_of_the_requests_is_kept_for_exits(rig: Rig) -> None:
    health = rig.trading.health
    await until(lambda: health.address_limit == 10_000)
    health.address_used = 8_000
    with pytest.raises(RateLimited, match="entries are off"):
        await rig.trading.send(rig.prepare())
    health.address_used = 30_000
    await rig.trading.send(rig.prepare(purpose=Purpose.PROTECT, reduce_only=True))
    await rig.trading.send(rig.prepare(purpose=Purpose.CLOSE, reduce_only=True))
    await rig.trading.send(rig.trading.prepare_cancel([CancelTarget("ETH", 5, None)]))
    assert len(rig.venue.actions) == 3


async def test_an_action_that_came_too_late_counts_five_times(rig: Rig) -> None:
    health = rig.trading.health
    await until(lambda: health.address_limit == 10_000)
    rig.venue.reply = {"status": "err", "response": "Action already expired. now=5"}
    await rig.trading.send(rig.prepare())
    assert health.address_used == 12


# --- streams ---


async def test_streams_become_facts_of_perpetuals_only(rig: Rig) -> None:
    spot = FILL | {"coin": "@107", "feeToken": "HYPE"}
    row = {"order": ORDER, "status": "open", "statusTimestamp": 9}
    await rig.venue.tell(
        {"channel": "userFills", "data": {"user": ME, "isSnapshot": True, "fills": [FILL, spot]}},
        {"channel": "orderUpdates", "data": [row, {**row, "order": ORDER | {"coin": "@107"}}]},
        {"channel": "openOrders", "data": {"dex": "", "user": ME, "orders": [ORDER, ORDER | {"coin": "@1", "oid": 6}]}},
        {"channel": "clearinghouseState", "data": {"dex": "", "user": ME, "clearinghouseState": STATE}},
    )
    await until(lambda: rig.ear.of(AccountSnapshot))
    assert [len(fact.fills) for fact in rig.ear.of(FillsReported)] == [1]
    assert [fact.order.coin for fact in rig.ear.of(OrderReported)] == ["BTC"]
    assert [len(fact.orders) for fact in rig.ear.of(OpenOrdersSnapshot)] == [1]
    assert rig.ear.of(AccountSnapshot)[0].account.address == ME == rig.trading.address


async def test_after_an_outage_the_account_is_pulled_and_published_before_all_is_called_well(rig: Rig) -> None:
    rig.venue.answers["userFillsByTime"] = [FILL | {"time": 5}]
    asked_from = rig.clock.now_ms()
    rig.ear.facts.clear()
    rig.venue.drop()
    await until(lambda: rig.ear.of(AccountResynchronised))
    order = [type(fact) for fact in rig.ear.facts]
    done = order.index(AccountResynchronised)
    for kind in (FillsReported, FundingReported, CashMoved, OpenOrdersSnapshot, AccountSnapshot):
        assert order.index(kind) < done
    assert LinkState.CONNECTED in [fact.state for fact in rig.ear.of(AccountLinkChanged)]
    assert rig.ear.of(LinkChanged) == []
    since = next(body["startTime"] for body in rig.venue.asked if body["type"] == "userFillsByTime")
    assert 7_190_000 < asked_from - since < 7_210_000
    assert rig.ear.of(AccountResynchronised)[0].offline_seconds > 0


async def test_while_the_line_is_down_the_account_is_polled(rig: Rig) -> None:
    rig.ear.facts.clear()
    rig.venue.turn_away = 1_000_000
    rig.venue.drop()
    await until(lambda: len(rig.ear.of(AccountSnapshot)) >= 2)
    assert rig.ear.of(AccountResynchronised) == []


# --- queries ---


async def test_fills_are_paged_with_overlap_and_none_is_lost_or_doubled(rig: Rig) -> None:
    history = [FILL | {"time": 1000 + i // 3, "tid": i} for i in range(5_000)]

    def page(body: dict[str, Any]) -> list[dict[str, Any]]:
        return [row for row in history if row["time"] >= body["startTime"]][:2000]

    rig.venue.answers["userFillsByTime"] = page
    fills = await rig.trading.fills(1000)
    assert sorted(fill.trade_id for fill in fills) == list(range(5_000))
    assert [fill.time_ms for fill in fills] == sorted(fill.time_ms for fill in fills)


async def test_a_page_of_one_instant_does_not_loop_for_ever(rig: Rig) -> None:
    rig.venue.answers["userFillsByTime"] = [FILL | {"tid": i} for i in range(2000)]
    assert len(await rig.trading.fills(5)) == 2000


async def test_orders_can_be_asked_for_by_name(rig: Rig) -> None:
    rig.venue.answers["orderStatus"] = {"status": "unknownOid"}
    assert await rig.trading.order_status("0x" + "ab" * 16) is None
    order = ORDER | {"sz": "0.0", "oid": 7, "cloid": "0x" + "ab" * 16}
    row = {"order": order, "status": "filled", "statusTimestamp": 9}
    rig.venue.answers["orderStatus"] = {"status": "order", "order": row}
    found = await rig.trading.order_status("0x" + "ab" * 16)
    assert found is not None
    assert (found.status, found.original_size, found.size) == (OrderStatus.FILLED, Decimal("2.0"), Decimal("0.0"))
    assert await rig.trading.order_status("oid:7") == found
    assert rig.venue.asked[-1]["oid"] == 7
    for other in ("0x" + "cd" * 16, "oid:8"):
        with pytest.raises(UnrecognisedReply, match="answered about 7"):
            await rig.trading.order_status(other)


async def test_fees_and_leverage_come_from_the_exchange(rig: Rig) -> None:
    rig.venue.answers["userFees"] = {"userCrossRate": "0.000315", "userAddRate": "-0.00001"}
    assert await rig.trading.fee_rates() == FeeRates(Decimal("0.000315"), Decimal("-0.00001"))
    rig.venue.answers["activeAssetData"] = {
        "user": ME,
        "coin": "ETH",
        "leverage": {"type": "isolated", "value": 7, "rawUsd": "0.0"},
        "maxTradeSzs": ["0", "0"],
        "availableToTrade": ["0", "0"],
        "markPx": "1.0",
    }
    assert await rig.trading.leverage("ETH") == Leverage(MarginMode.ISOLATED, 7)


async def test_an_account_that_never_did_anything_is_no_special_case(rig: Rig) -> None:
    assert await rig.trading.fills(0) == ()
    assert await rig.trading.funding(0) == ()
    assert await rig.trading.cash_moves(0) == ()
    assert await rig.trading.open_orders() == ()
    assert (await rig.trading.account()).positions == ()
