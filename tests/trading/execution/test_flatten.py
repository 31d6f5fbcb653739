"""Flat means: the exchange said so after the last action, whoever had placed or opened what there was."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from hlmaster.core.errors import OutcomeUnknown, RateLimited, VenueUnreachable
from hlmaster.core.events import OpenOrdersSnapshot, OrderChanged
from hlmaster.core.model import Account, Side
from hlmaster.core.orders import (
    ActionKind,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    Purpose,
    ReplyKind,
    Trigger,
    TriggerKind,
    VenueOrder,
)
from hlmaster.trading.execution.flatten import EXIT_CAPS, PATIENCE_SECONDS, Flattener
from tests.desk.desks import Scene, running
from tests.trading.scenes import NOW, D

GONE = VenueUnreachable("No line.")
STOP = Trigger(D(2800), TriggerKind.STOP, market=True)


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    async with running() as made:
        yield made


def foreign(scene: Scene, number: int, coin: str = "ETH", *, stop: bool = False) -> VenueOrder:
    """An order somebody else placed, of which our books have not heard."""
    side = Side.SELL if stop else Side.BUY
    order = VenueOrder(coin, side, D(2900), D(1), D(1), number, None, NOW, reduce_only=stop)
    if stop:
        order = replace(order, trigger=STOP, status=OrderStatus.WAITING)
    scene.venue.orders[number] = order
    return order


def actions(scene: Scene) -> list[str]:
    """In order: ``cancel 1 2`` and ``close ETH 1.5``."""
    found = []
    for sent in scene.venue.sent:
        if sent.kind is ActionKind.CANCEL:
            found.append(f"cancel {' '.join(str(number) for number in json.loads(sent.body))}")
        found += [f"close {order.coin} {order.size}" for order in sent.orders]
    return found


async def test_positions_and_orders_that_only_the_exchange_knows_are_closed_and_cancelled(scene: Scene) -> None:
    scene.venue.positions |= {"ETH": D("1.5"), "BTC": D("-0.0001")}
    foreign(scene, 7)
    foreign(scene, 8, "BTC")
    report = await scene.desk.flattener.run()
    assert report.is_flat
    assert report.proof_ms == scene.clock.now_ms()
    assert set(report.closed) == {"ETH 1.5", "BTC -0.0001"}
    assert len(report.cancelled) == 2
    assert report.remaining == report.problems == ()
    assert (scene.venue.orders, set(scene.venue.positions.values())) == ({}, {D(0)})


async def test_entries_are_cancelled_first_and_stops_only_after_the_position_is_gone(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    foreign(scene, 7)
    foreign(scene, 8, stop=True)
    assert (await scene.desk.flattener.run()).is_flat
    assert actions(scene) == ["cancel 7", "close ETH 1", "cancel 8"]


async def test_a_stop_outlasts_an_entry_that_may_have_filled_at_the_last_moment(scene: Scene) -> None:
    foreign(scene, 7)
    foreign(scene, 8, stop=True)
    assert (await scene.desk.flattener.run()).is_flat
    assert actions(scene) == ["cancel 7", "cancel 8"]


async def test_dust_under_the_smallest_order_is_closed_too(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D("0.0001")
    report = await scene.desk.flattener.run()
    assert report.is_flat
    (sent,) = scene.venue.sent
    assert sent.orders[0].notional < 10
    assert sent.orders[0].reduce_only
    assert sent.orders[0].purpose is Purpose.FLATTEN


async def test_the_cap_widens_from_try_to_try_and_stays_at_its_widest(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    scene.venue.liquidity.extend([D(0)] * 4)
    assert (await scene.desk.flattener.run()).is_flat
    prices = [sent.orders[0].price for sent in scene.venue.sent]
    assert prices == [3000 * (1 - cap / 100) for cap in (*EXIT_CAPS, EXIT_CAPS[-1], EXIT_CAPS[-1])]


async def test_the_cap_does_not_widen_for_what_never_left(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    scene.venue.script.extend([VenueUnreachable("No line."), RateLimited("Not now.")])
    assert (await scene.desk.flattener.run()).is_flat
    assert len({sent.orders[0].price for sent in scene.venue.sent}) == 1


async def test_what_a_partial_fill_leaves_is_closed_next(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    scene.venue.liquidity.extend([D("0.3"), D("0.69")])
    assert (await scene.desk.flattener.run()).is_flat
    assert actions(scene) == ["close ETH 1", "close ETH 0.7", "close ETH 0.01"]


@pytest.mark.parametrize("error", [OutcomeUnknown("Lost."), RateLimited("Too many."), GONE])
async def test_a_lost_answer_or_a_refused_action_is_followed_by_another_look(scene: Scene, error: Exception) -> None:
    scene.venue.positions["ETH"] = D(1)
    foreign(scene, 7)
    scene.venue.script.extend([error, error, error])
    assert (await scene.desk.flattener.run(patience=3_600)).is_flat
    assert scene.venue.positions["ETH"] == 0


async def test_a_carried_out_close_whose_answer_was_lost_is_not_repeated(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    scene.venue.lost = OutcomeUnknown("Lost.")
    assert (await scene.desk.flattener.run()).is_flat
    assert actions(scene) == ["close ETH 1"]


async def test_an_exchange_that_never_answers_is_said_and_nothing_is_called_flat(scene: Scene) -> None:
    scene.venue.deaf = GONE
    report = await scene.desk.flattener.run()
    assert not report.is_flat
    assert "No line." in report.sentence
    assert "what is left is not known" in report.sentence
    assert report.seconds >= PATIENCE_SECONDS


async def test_an_exchange_that_hangs_is_said_within_the_patience(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang() -> tuple[VenueOrder, ...]:
        await asyncio.Event().wait()
        return ()

    monkeypatch.setattr(scene.venue, "open_orders", hang)
    report = await scene.desk.flattener.run(patience=0.05)
    assert report.problems == ("The exchange did not answer within 0 s.",)


async def test_while_queries_are_refused_the_streams_are_acted_on_and_prove_nothing(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    foreign(scene, 7)
    scene.venue.deaf = RateLimited("HTTP 429.")
    scene.desk.bus.publish(OpenOrdersSnapshot(tuple(scene.venue.orders.values()), NOW))
    scene.venue.publish_account()
    report = await scene.desk.flattener.run()
    assert (scene.venue.orders, scene.venue.positions["ETH"]) == ({}, D(0))
    assert actions(scene) == ["cancel 7", "close ETH 1"]
    assert not report.is_flat
    scene.venue.deaf = None
    assert (await scene.desk.flattener.run()).is_flat


async def test_what_nobody_takes_is_named_with_its_reason(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    scene.venue.liquidity.extend([D(0)] * 100)
    report = await scene.desk.flattener.run()
    assert (report.is_flat, report.closed, report.remaining) == (False, (), ("ETH 1",))
    assert any("immediately match" in problem for problem in report.problems)


async def test_who_insists_is_flat_once_the_exchange_is_back(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    scene.venue.deaf = GONE
    report = await scene.desk.flattener.run(patience=0.05, insist=True)
    assert not report.is_flat
    scene.venue.deaf = None
    assert (await scene.desk.flattener.run()).is_flat
    assert scene.venue.positions["ETH"] == 0


async def test_who_stood_down_for_it_stands_up_when_it_is_over(scene: Scene) -> None:
    told: list[str] = []
    scene.desk.flattener.before_closing = lambda: told.append("down")
    scene.desk.flattener.after_closing = lambda: told.append("up")
    scene.venue.positions["ETH"] = D(1)
    assert (await scene.desk.flattener.run()).is_flat
    await asyncio.sleep(0)
    assert told == ["down", "up"]


async def test_two_who_ask_share_one_way(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    first, second = await asyncio.gather(scene.desk.flattener.run(), scene.desk.flattener.run())
    assert first.is_flat
    assert second.proof_ms == first.proof_ms
    assert actions(scene) == ["close ETH 1"]


async def test_nothing_is_proven_while_an_entry_may_still_arrive(scene: Scene) -> None:
    """Its fate is unknown: the exchange may take it until it expires."""
    order = Order("ETH", Side.BUY, D(1), D(2900))
    expires = scene.clock.now_ms() + 5_000
    scene.desk.orders.register(order, expires)
    scene.desk.orders.mark(order.client_order_id, OrderStatus.SENT)
    report = await scene.desk.flattener.run()
    assert report.proof_ms is not None
    assert report.proof_ms > expires


def beside(scene: Scene, elsewhere: dict[str, int], quiet_from_ms: int = 0) -> Flattener:
    """The way to flat of a process that knows what another one may have sent."""
    desk = scene.desk
    return Flattener(
        desk.bus,
        desk.clock,
        scene.venue,
        desk.gate,
        desk.executor,
        desk.orders,
        lambda: desk.instruments,
        lambda: D(8),
        elsewhere,
        quiet_from_ms,
    )


async def test_what_another_process_may_have_sent_is_waited_for_until_it_has_expired(scene: Scene) -> None:
    expires = scene.clock.now_ms() + 5_000
    for flattener in (beside(scene, {"0xabc": expires}), beside(scene, {}, expires + 5_000)):
        report = await flattener.run()
        assert report.proof_ms is not None
        assert report.proof_ms > expires
        expires += 5_000


async def test_what_another_process_sent_and_the_exchange_knows_is_not_waited_for(scene: Scene) -> None:
    order = foreign(scene, 7)
    scene.venue.statuses["0xabc"] = replace(order, client_order_id="0xabc", status=OrderStatus.CANCELED)
    report = await beside(scene, {"0xabc": scene.clock.now_ms() + 5_000}).run()
    assert report.proof_ms is not None
    assert report.seconds < 2


async def test_an_older_statement_proves_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.venue.positions["ETH"] = D(1)
    told, ages = scene.venue.account, iter([0, 60_000])

    async def lagging() -> Account:
        account = await told()
        return replace(account, time_ms=account.time_ms - next(ages, 0))

    monkeypatch.setattr(scene.venue, "account", lagging)
    report = await scene.desk.flattener.run()
    assert report.proof_ms is not None
    assert report.proof_ms >= NOW


async def test_an_order_that_was_gone_already_does_not_spoil_the_proof(scene: Scene) -> None:
    foreign(scene, 7)
    scene.venue.script.append((OrderReply(ReplyKind.REJECTED, text="already canceled"),))

    def gone(_: OrderChanged) -> None:
        scene.venue.orders.pop(7, None)

    scene.desk.bus.subscribe(OrderChanged, gone)
    assert (await scene.desk.flattener.run()).is_flat


async def test_entries_alone_are_cancelled_and_stops_stay(scene: Scene) -> None:
    scene.venue.positions["ETH"] = D(1)
    foreign(scene, 7)
    foreign(scene, 8, stop=True)
    report = await scene.desk.flattener.cancel_entries()
    assert (report.proof_ms is not None, len(report.cancelled), report.remaining) == (True, 1, ())
    assert not report.is_flat
    assert report.sentence == "No entry rests, by the exchange's own statement: 1 order cancelled."
    assert (set(scene.venue.orders), scene.venue.positions["ETH"]) == ({8}, Decimal(1))


async def test_an_exit_cap_of_the_settings_is_the_widest(scene: Scene) -> None:
    settings = scene.desk.settings
    narrow = settings.risk.model_copy(update={"exit_slippage_cap_percent": D(2)})
    scene.desk.settings = settings.model_copy(update={"risk": narrow})
    scene.venue.positions["ETH"] = D(1)
    scene.venue.liquidity.extend([D(0)] * 3)
    assert (await scene.desk.flattener.run()).is_flat
    assert min(sent.orders[0].price for sent in scene.venue.sent) == 2940


async def test_a_reader_that_lags_behind_the_beginning_proves_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its statement is of a time when there was no position yet."""
    scene.venue.positions["ETH"] = D(1)
    told, lags = scene.venue.account, iter([60_000])

    async def lagging() -> Account:
        account, lag = await told(), next(lags, 0)
        return replace(account, time_ms=account.time_ms - lag, positions=() if lag else account.positions)

    monkeypatch.setattr(scene.venue, "account", lagging)
    assert (await scene.desk.flattener.run()).is_flat
    assert scene.venue.positions["ETH"] == 0


async def test_the_time_of_an_exchange_whose_clock_is_behind_ours_proves(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = scene.venue.account

    async def behind() -> Account:
        scene.venue.health.clock_offset_ms = -3_600_000
        account = await told()
        return replace(account, time_ms=account.time_ms - 3_600_000)

    monkeypatch.setattr(scene.venue, "account", behind)
    report = await scene.desk.flattener.run()
    assert (report.is_flat, report.seconds < 1) == (True, True)


async def test_no_position_waits_for_an_answer_about_entries(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.venue.positions["ETH"] = D(1)
    foreign(scene, 7)
    send, answered = scene.venue.send, asyncio.Event()

    async def slow(prepared: Prepared) -> tuple[OrderReply, ...]:
        if prepared.kind is ActionKind.CANCEL:
            await answered.wait()
        return await send(prepared)

    monkeypatch.setattr(scene.venue, "send", slow)
    way = asyncio.create_task(scene.desk.flattener.run())
    await scene.until(lambda: scene.venue.positions["ETH"] == 0)
    answered.set()
    assert (await way).is_flat


async def test_entries_are_not_proven_gone_while_one_may_still_arrive(scene: Scene) -> None:
    soon = scene.clock.now_ms() + 5_000
    report = await beside(scene, {"0xabc": soon}).cancel_entries()
    assert report.proof_ms is not None
    assert report.proof_ms > soon
    report = await beside(scene, {"0xabc": scene.clock.now_ms() + 60_000}).cancel_entries()
    assert report.proof_ms is None
    assert "may still arrive" in report.sentence


async def test_two_who_begin_anew_share_one_way_too(scene: Scene) -> None:
    scene.venue.deaf = GONE
    assert not (await scene.desk.flattener.run(patience=0.01)).is_flat
    scene.venue.deaf = None
    scene.venue.positions["ETH"] = D(1)
    first, second = await asyncio.gather(scene.desk.flattener.run(), scene.desk.flattener.run())
    assert first.is_flat
    assert second.proof_ms == first.proof_ms
    assert actions(scene) == ["close ETH 1"]
