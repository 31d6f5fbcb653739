"""Ladders, pairs and chases do what they promise, and never leave something behind that nobody watches."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from hlmaster.core.errors import OutcomeUnknown
from hlmaster.core.events import FillsReported, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderReply, OrderStatus, Prepared, ReplyKind
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.execution.algorithms.chase import Chase
from hlmaster.trading.execution.algorithms.pairs import stem
from hlmaster.trading.execution.algorithms.scale import Scale
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.desks import Scene, running, scene
from tests.trading.scenes import D, fill


@pytest.fixture
async def desk() -> AsyncIterator[Scene]:
    async with running() as made:
        yield made


def limit(side: Side, price: str, size: str = "0.1", **more: Any) -> Ticket:
    return Ticket("ETH", side, TicketKind.LIMIT, SizeUnit.COIN, D(size), limit_price=D(price), **more)


def take(made: Scene, order: TrackedOrder, size: str) -> None:
    """Somebody trades against a resting order."""
    assert order.order_id is not None
    name, now = order.client_order_id, made.clock.now_ms()
    done = fill(order.order.side, size, order.order.price, now, order_id=order.order_id, client_order_id=name)
    made.venue.all_fills.append(done)
    made.desk.bus.publish(FillsReported((done,)))


async def soon(condition: Callable[[], object]) -> None:
    """By turns of the loop, each of which is a second to a chase on a clock that only sleepers move."""
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError(f"still not true: {condition}")


def statuses(made: Scene, outcome: Outcome) -> list[OrderStatus]:
    found = [made.desk.orders.get(order.client_order_id) for order in outcome.orders]
    return [order.status for order in found if order is not None]


# --- ladders ---


async def test_a_ladder_rests_whole_and_leaves_in_one_action(desk: Scene) -> None:
    outcome = await desk.desk.tools.scale(Scale("ETH", Side.BUY, D("0.5"), D(2950), D(2900), 5))
    assert outcome.ok, outcome.sentence
    assert statuses(desk, outcome) == [OrderStatus.RESTING] * 5
    assert len(desk.venue.sent) == 1


async def test_a_ladder_that_passes_a_limit_only_as_a_whole_is_refused_whole(desk: Scene) -> None:
    """Each rung needs margin that the others have already taken."""
    alone = await desk.desk.tools.scale(Scale("ETH", Side.BUY, D(13), D(2950), D(2949), 2))
    assert alone.ok, alone.sentence
    await desk.desk.manual.cancel_all()
    outcome = await desk.desk.tools.scale(Scale("ETH", Side.BUY, D(120), D(2950), D(2900), 20))
    assert not outcome.ok
    assert len(desk.venue.sent) == 2
    assert desk.desk.orders.unsettled() == []


async def test_an_impossible_ladder_says_why(desk: Scene) -> None:
    outcome = await desk.desk.tools.scale(Scale("ETH", Side.BUY, D("0.5"), D(2900), D(2950), 5))
    assert (outcome.ok, desk.venue.sent) == (False, [])


# --- pairs ---


async def placed_pair(made: Scene) -> Outcome:
    outcome = await made.desk.tools.one_cancels_other(limit(Side.BUY, "2900"), limit(Side.SELL, "3100"))
    assert outcome.ok, outcome.sentence
    return outcome


async def test_the_first_fill_of_an_entry_cancels_the_other(desk: Scene) -> None:
    outcome = await placed_pair(desk)
    first, second = outcome.orders
    assert stem(first.client_order_id) == stem(second.client_order_id)
    take(desk, first, "0.04")
    await desk.until(lambda: statuses(desk, outcome)[1] is OrderStatus.CANCELED)
    assert statuses(desk, outcome)[0] is OrderStatus.RESTING


async def test_an_exit_that_is_filled_in_part_leaves_its_partner(desk: Scene) -> None:
    desk.hold("0.1")
    outcome = await desk.desk.tools.one_cancels_other(
        limit(Side.SELL, "3100", reduce_only=True), limit(Side.SELL, "3200", reduce_only=True)
    )
    assert outcome.ok, outcome.sentence
    take(desk, outcome.orders[0], "0.04")
    assert statuses(desk, outcome) == [OrderStatus.RESTING, OrderStatus.RESTING]
    take(desk, outcome.orders[0], "0.06")
    await desk.until(lambda: statuses(desk, outcome) == [OrderStatus.FILLED, OrderStatus.CANCELED])


async def test_a_cancelled_order_leaves_its_partner_alone(desk: Scene) -> None:
    outcome = await placed_pair(desk)
    await desk.desk.manual.cancel(outcome.orders[0].client_order_id)
    assert statuses(desk, outcome) == [OrderStatus.CANCELED, OrderStatus.RESTING]


async def test_a_cancel_that_gets_lost_is_tried_until_the_partner_is_gone(desk: Scene) -> None:
    outcome = await placed_pair(desk)
    desk.venue.script.append(OutcomeUnknown("The answer was lost."))
    take(desk, outcome.orders[0], "0.1")
    await desk.until(lambda: statuses(desk, outcome)[1] is OrderStatus.CANCELED)


async def test_a_pair_is_known_again_after_a_restart() -> None:
    async with running() as before:
        outcome = await placed_pair(before)
    again = scene(store=before.store)
    again.venue.orders = dict(before.venue.orders)
    again.venue.statuses = dict(before.venue.statuses)
    again.venue.cash = before.venue.cash
    take_while_away = outcome.orders[0]
    async with running(again) as after:
        await after.until(after.desk.orders.live)
        take(after, take_while_away, "0.1")
        await after.until(lambda: statuses(after, outcome)[1] is OrderStatus.CANCELED)


async def test_a_pair_on_two_coins_is_refused(desk: Scene) -> None:
    other = Ticket("BTC", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.01"), limit_price=D(2900))
    outcome = await desk.desk.tools.one_cancels_other(limit(Side.BUY, "2900"), other)
    assert (outcome.ok, desk.venue.sent) == (False, [])


# --- chases ---


async def test_a_chase_follows_the_bid_and_ends_filled(desk: Scene) -> None:
    assert desk.desk.tools.chase(Chase("ETH", Side.BUY, D("0.1"), D(3010), 600)).ok
    await soon(desk.desk.orders.live)
    (first,) = desk.desk.orders.live()
    assert first.order.price == D("2999.9")
    desk.venue.price = D(3005)
    desk.market.price("ETH", 3005.0)
    await soon(lambda: desk.desk.orders.live() and desk.desk.orders.live()[0].order.price == D("3004.9"))
    take(desk, desk.desk.orders.live()[0], "0.1")
    await soon(lambda: not desk.desk.tools.chases())
    assert desk.notices[-1].sentence == "Chase buy: 0.1 of 0.1 ETH filled."


async def test_a_chase_gives_up_at_its_limit_and_leaves_nothing_behind(desk: Scene) -> None:
    desk.desk.tools.chase(Chase("ETH", Side.BUY, D("0.1"), D(3001), 600))
    await soon(desk.desk.orders.live)
    desk.venue.price = D(3005)
    desk.market.price("ETH", 3005.0)
    await soon(lambda: not desk.desk.tools.chases())
    assert desk.desk.orders.unsettled() == []
    assert "left its limit of 3001" in desk.notices[-1].sentence


async def test_a_chase_ends_with_its_time(desk: Scene) -> None:
    desk.desk.tools.chase(Chase("ETH", Side.BUY, D("0.1"), D(3010), 5))
    await soon(lambda: not desk.desk.tools.chases())
    assert desk.desk.orders.unsettled() == []
    assert "5 seconds are over" in desk.notices[-1].sentence


async def test_a_stopped_chase_withdraws_its_order(desk: Scene) -> None:
    desk.desk.tools.chase(Chase("ETH", Side.BUY, D("0.1"), D(3010), 3_000))
    await soon(desk.desk.orders.live)
    assert desk.desk.tools.stop_chase("ETH").ok
    await soon(lambda: not desk.desk.tools.chases())
    assert desk.desk.orders.unsettled() == []
    assert not desk.desk.tools.stop_chase("ETH").ok


async def test_a_post_only_refusal_is_tried_again(desk: Scene) -> None:
    refusal = OrderReply(ReplyKind.REJECTED, text="Post only order would have immediately matched, bbo was 2999@3000.")
    desk.venue.script.append((refusal,))
    desk.desk.tools.chase(Chase("ETH", Side.BUY, D("0.1"), D(3010), 600))
    await soon(desk.desk.orders.live)
    assert len(desk.venue.sent) == 2


async def test_a_chase_ends_when_entries_are_closed(desk: Scene) -> None:
    desk.desk.tools.chase(Chase("ETH", Side.BUY, D("0.1"), D(3010), 3_000))
    await soon(desk.desk.orders.live)
    desk.desk.pause()
    await soon(lambda: not desk.desk.tools.chases())
    assert desk.desk.orders.unsettled() == []
    assert "You paused trading" in desk.notices[-1].sentence


async def test_a_chase_stopped_while_its_order_is_on_the_way_withdraws_it_once_it_rests(
    desk: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, arrived, answer = desk.venue.send, asyncio.Event(), asyncio.Event()

    async def slow(prepared: Prepared) -> tuple[OrderReply, ...]:
        replies = await send(prepared)
        if prepared.orders:
            arrived.set()
            await answer.wait()
        return replies

    monkeypatch.setattr(desk.venue, "send", slow)
    desk.venue.held = True
    desk.desk.tools.chase(Chase("ETH", Side.BUY, D("0.1"), D(3010), 3_000))
    await arrived.wait()
    desk.desk.tools.stop_chase("ETH")
    await soon(lambda: not desk.desk.tools.chases())
    assert desk.venue.orders == {}


async def test_a_refused_chase_says_so(desk: Scene) -> None:
    desk.desk.tools.chase(Chase("ETH", Side.BUY, D(9_000), D(3010), 600))
    await soon(lambda: not desk.desk.tools.chases())
    assert "0 of 9000 ETH filled. " in desk.notices[-1].sentence
    assert "margin" in desk.notices[-1].sentence
    assert desk.venue.sent == []


@pytest.mark.parametrize(
    ("size", "worst", "seconds", "words"),
    [("0", "3000", 60, "above zero"), ("1", "0", 60, "above zero"), ("1", "3000", 0, "at most an hour")],
)
async def test_an_impossible_chase_says_why(desk: Scene, size: str, worst: str, seconds: float, words: str) -> None:
    outcome = desk.desk.tools.chase(Chase("ETH", Side.BUY, D(size), D(worst), seconds))
    assert not outcome.ok
    assert words in outcome.sentence
    await asyncio.sleep(0)
    assert desk.desk.tools.chases() == []
