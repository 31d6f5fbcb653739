"""Several orders are changed in one action, and half a change is put back."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from hlmaster.core.errors import OutcomeUnknown
from hlmaster.core.events import FillsReported, Notice, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import (
    ActionKind,
    Approved,
    Fill,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    ReplyKind,
    RuleResult,
    Verdict,
)
from hlmaster.desk import changing
from hlmaster.desk.changing import Change
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from tests.desk.desks import Scene, running
from tests.trading.scenes import D, fill

NO = OrderReply(ReplyKind.REJECTED, text="Cannot modify canceled or filled order")


@pytest.fixture
async def scene(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Scene]:
    monkeypatch.setattr(changing, "DOUBT_SECONDS", 0.0)
    async with running() as made:
        yield made


async def bracket(scene: Scene) -> dict[str, TrackedOrder]:
    """Buy 0.5 at 2900 with a stop at 2800 and a target at 3000: ``limit``, ``stop market``, ``take profit market``."""
    exits: dict[str, Any] = {"stop_price": D(2800), "attach_stop": True, "targets": (Target(D(3000)),)}
    wanted = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), limit_price=D(2900), **exits)
    placed = await scene.desk.manual.place(wanted)
    assert placed.ok, placed.sentence
    return {one.order.kind: one for one in scene.desk.orders.live("ETH")}


async def shifted(scene: Scene, orders: dict[str, TrackedOrder], by: int) -> Outcome:
    """All of them, and the target first, as a hand may take them."""
    changes = []
    for one in reversed(orders.values()):
        trigger, name = one.order.trigger, one.client_order_id
        moved = {"price": one.order.price + by} if trigger is None else {"trigger_price": trigger.price + by}
        changes.append(Change(name, **moved))
    return await scene.desk.manual.modify_all(changes)


def prices(scene: Scene) -> dict[str, int]:
    live = scene.desk.orders.live("ETH")
    return {one.order.kind: int(one.order.trigger.price if one.order.trigger else one.order.price) for one in live}


STOOD = {"limit": 2900, "stop market": 2800, "take profit market": 3000}


@pytest.mark.parametrize(
    ("by", "turns"),
    [(20, ["stop market", "limit", "take profit market"]), (-20, ["limit", "take profit market", "stop market"])],
)
async def test_a_bracket_is_one_action_in_which_the_stop_never_lies_further_from_its_entry(
    scene: Scene, by: int, turns: list[str]
) -> None:
    orders = await bracket(scene)
    sent = len(scene.venue.sent)
    outcome = await shifted(scene, orders, by)
    assert outcome.ok, outcome.sentence
    (action,) = scene.venue.sent[sent:]
    assert (action.kind, [order.kind for order in action.orders]) == (ActionKind.MODIFY, turns)
    assert prices(scene) == {kind: price + by for kind, price in STOOD.items()}


@pytest.mark.parametrize("refused", ["limit", "stop market", "take profit market"])
@pytest.mark.parametrize("by", [20, -20])
async def test_half_a_bracket_is_put_back_and_told(scene: Scene, refused: str, by: int) -> None:
    orders = await bracket(scene)
    change, sent = scene.venue.change, len(scene.venue.sent)
    times = Counter[str]()

    def once_refused(old: int, order: Order) -> OrderReply:
        times[order.kind] += 1
        return NO if order.kind == refused and times[order.kind] == 1 else change(old, order)

    scene.venue.change = once_refused  # type: ignore[method-assign]
    outcome = await shifted(scene, orders, by)
    assert not outcome.ok
    assert prices(scene) == STOOD
    assert "was not changed" in outcome.sentence
    assert outcome.sentence.count("2900") + outcome.sentence.count("2800") + outcome.sentence.count("3000") == 3
    assert "Put back: " in outcome.sentence
    assert [action.kind for action in scene.venue.sent[sent:]] == [ActionKind.MODIFY] * 2


async def test_what_cannot_be_put_back_is_named_as_it_stands(scene: Scene) -> None:
    orders = await bracket(scene)
    ok = OrderReply(ReplyKind.RESTING, 900)
    scene.venue.script += [(ok, NO, NO), (NO,)]
    outcome = await shifted(scene, orders, 20)
    assert not outcome.ok
    assert "stop market 2820 could not be put back, and stands as changed" in outcome.sentence
    assert prices(scene) == STOOD | {"stop market": 2820}


async def test_nothing_is_put_back_while_one_is_in_doubt(scene: Scene) -> None:
    orders = await bracket(scene)
    sent = len(scene.venue.sent)
    scene.venue.deaf = OutcomeUnknown("The answer was lost.", "")
    scene.venue.script.append((OrderReply(ReplyKind.RESTING, 900), OrderReply(ReplyKind.UNRECOGNISED, text="?"), NO))
    outcome = await shifted(scene, orders, 20)
    assert not outcome.ok
    assert "the exchange is being asked" in outcome.sentence
    changes = [action for action in scene.venue.sent[sent:] if action.kind is ActionKind.MODIFY]
    assert len(changes) == 1


async def test_a_change_without_any_answer_says_that_it_is_being_found_out(scene: Scene) -> None:
    orders = await bracket(scene)
    scene.venue.deaf = OutcomeUnknown("The answer was lost.", "")
    scene.venue.script.append(scene.venue.deaf)
    outcome = await shifted(scene, orders, 20)
    assert not outcome.ok, "nobody knows yet whether it was done"
    assert outcome.sentence.count("Its change is unconfirmed") == 3
    assert changing.IN_DOUBT in (await shifted(scene, orders, 30)).sentence


async def test_a_change_that_never_came_is_told_as_none(scene: Scene) -> None:
    orders = await bracket(scene)
    scene.venue.script.append(OutcomeUnknown("The answer was lost.", ""))
    outcome = await shifted(scene, orders, 20)
    assert outcome.sentence == f"{changing.NEVER_CAME} All of them stand as they were."
    assert prices(scene) == STOOD


def slowly(scene: Scene) -> asyncio.Event:
    """Every action reaches the exchange once the event is set."""
    send, go = scene.venue.send, asyncio.Event()

    async def late(prepared: Prepared) -> tuple[OrderReply, ...]:
        await go.wait()
        return await send(prepared)

    scene.venue.send = late  # type: ignore[method-assign]
    return go


async def test_an_order_is_changed_once_at_a_time(scene: Scene) -> None:
    orders = await bracket(scene)
    go, sent = slowly(scene), len(scene.venue.sent)
    first = asyncio.create_task(shifted(scene, orders, 20))
    await scene.until(lambda: any(one.replacement for one in scene.desk.orders.live("ETH")))
    assert (await shifted(scene, orders, -20)).sentence == changing.ON_ITS_WAY
    go.set()
    assert (await first).ok
    assert len(scene.venue.sent) == sent + 1
    assert prices(scene) == {kind: price + 20 for kind, price in STOOD.items()}


async def test_a_bracket_whose_entry_fills_on_the_way_keeps_its_exits_where_they_were(scene: Scene) -> None:
    scene.market.price("ETH", 2950.0)
    orders = await bracket(scene)
    go = slowly(scene)
    moving = asyncio.create_task(shifted(scene, orders, 20))
    await scene.until(lambda: any(one.replacement for one in scene.desk.orders.live("ETH")))
    filled(scene, orders["limit"], "0.5")
    go.set()
    outcome = await moving
    assert not outcome.ok
    assert "Buy 0.5 ETH limit 2900: filled" in outcome.sentence
    assert prices(scene) == {"stop market": 2800, "take profit market": 3000}, outcome.sentence


async def test_an_order_that_is_cancelled_on_the_way_is_not_said_to_stand(scene: Scene) -> None:
    orders = await bracket(scene)
    go = slowly(scene)
    moving = asyncio.create_task(scene.desk.manual.modify(orders["limit"].client_order_id, price=D(2920)))
    await scene.until(lambda: any(one.replacement for one in scene.desk.orders.live("ETH")))
    assert orders["limit"].order_id is not None
    scene.venue._cancel(orders["limit"].order_id)
    go.set()
    outcome = await moving
    assert "Buy 0.5 ETH limit 2900: canceled" in outcome.sentence
    assert "stands as it was" not in outcome.sentence


async def test_what_fills_while_an_order_is_moved_comes_off_its_size(scene: Scene) -> None:
    placed = await placed_entry(scene)
    go = slowly(scene)
    moving = asyncio.create_task(scene.desk.manual.modify(placed.client_order_id, price=D(2920)))
    await scene.until(lambda: any(one.replacement for one in scene.desk.orders.live("ETH")))
    filled(scene, placed, "0.2")
    go.set()
    outcome = await moving
    assert outcome.ok
    (left,) = scene.desk.orders.live("ETH")
    assert (left.order.price, left.remaining, scene.desk.portfolio.size("ETH")) == (D(2920), D("0.3"), D("0.2"))
    assert "0.2 ETH filled while it was changed" in outcome.sentence


async def placed_entry(scene: Scene) -> TrackedOrder:
    """Buy 0.5 at 2900."""
    entry = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), limit_price=D(2900))
    (placed,) = (await scene.desk.manual.place(entry)).orders
    return placed


async def changed_with_a_silent_fill(scene: Scene, coins: str, /, **changes: Any) -> tuple[TrackedOrder, Fill]:
    """The entry after the change, and a fill before it that nobody has heard of."""
    placed = await placed_entry(scene)
    silent = filled_in_silence(scene, placed, coins)
    outcome = await scene.desk.manual.modify(placed.client_order_id, **changes)
    assert outcome.ok, outcome.sentence
    (now,) = scene.desk.orders.live("ETH")
    return now, silent


def left(scene: Scene) -> list[Decimal]:
    return [one.remaining for one in scene.desk.orders.live("ETH") if one.replacement is None]


async def test_what_filled_before_a_change_and_is_told_after_it_comes_off_its_size(scene: Scene) -> None:
    said = list[str]()
    scene.desk._parts.bus.subscribe(Notice, lambda notice: said.append(notice.sentence))
    _, silent = await changed_with_a_silent_fill(scene, "0.2", price=D(2920))
    assert left(scene) == [D("0.5")]
    for _ in range(2):  # told twice it is one fill
        tell(scene, silent)
        await scene.until(lambda: left(scene) == [D("0.3")])
    assert [one for one in said if "0.2 ETH filled while it was changed" in one] == said
    assert len(said) == 1


async def test_where_no_more_is_left_than_comes_off_the_order_goes(scene: Scene) -> None:
    now, silent = await changed_with_a_silent_fill(scene, "0.2", price=D(2920))
    filled(scene, now, "0.35")
    tell(scene, silent)
    await scene.until(lambda: not scene.desk.orders.unsettled("ETH"))
    assert scene.venue.orders == {}


async def test_fills_of_several_lives_come_off_once_each(scene: Scene) -> None:
    now, first = await changed_with_a_silent_fill(scene, "0.1", price=D(2920))
    second = filled_in_silence(scene, now, "0.2")
    assert (await scene.desk.manual.modify(now.client_order_id, price=D(2930))).ok
    tell(scene, second, first)
    await scene.until(lambda: left(scene) == [D("0.2")])
    assert scene.desk.portfolio.size("ETH") == D("0.3")


async def test_a_size_that_was_said_stays_whatever_filled_before(scene: Scene) -> None:
    _, silent = await changed_with_a_silent_fill(scene, "0.2", size=D("0.4"))
    sent = len(scene.venue.sent)
    tell(scene, silent)
    await scene.until(lambda: scene.desk.portfolio.size("ETH") == D("0.2"))
    assert left(scene) == [D("0.4")]
    assert scene.venue.sent[sent:] == []


async def test_a_size_that_the_exchange_refused_lets_earlier_fills_come_off_as_before(scene: Scene) -> None:
    now, silent = await changed_with_a_silent_fill(scene, "0.2", price=D(2920))
    scene.venue.script.append((NO,))
    assert not (await scene.desk.manual.modify(now.client_order_id, size=D("0.45"))).ok
    tell(scene, silent)
    await scene.until(lambda: left(scene) == [D("0.3")])


async def test_what_is_told_while_a_size_is_being_refused_comes_off_afterwards(scene: Scene) -> None:
    now, silent = await changed_with_a_silent_fill(scene, "0.2", price=D(2920))
    scene.venue.script.append((NO,))
    go = slowly(scene)
    changing = asyncio.create_task(scene.desk.manual.modify(now.client_order_id, size=D("0.45")))
    await scene.until(lambda: any(one.replacement for one in scene.desk.orders.live("ETH")))
    tell(scene, silent)
    go.set()
    outcome = await changing
    assert not outcome.ok
    assert "0.2 ETH filled while it was changed" in outcome.sentence
    assert left(scene) == [D("0.3")]


async def test_what_the_gate_will_not_put_back_keeps_none_of_the_others_from_going_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = await bracket(scene)
    change, approve, refused = scene.venue.change, scene.desk.gate.approve, list[Order]()

    def without_entry(old: int, order: Order) -> OrderReply:
        return NO if order.kind == "limit" else change(old, order)

    def not_the_target_again(order: Order) -> Approved | Verdict:
        if order.trigger is not None and order.trigger.price == 3000:
            refused.append(order)
            return Verdict((RuleResult("test", False, sentence="Not now."),))
        return approve(order)

    monkeypatch.setattr(scene.venue, "change", without_entry)
    monkeypatch.setattr(scene.desk.gate, "approve", not_the_target_again)
    outcome = await shifted(scene, orders, 20)
    assert refused
    assert not outcome.ok
    assert prices(scene) == STOOD | {"take profit market": 3020}
    assert "take profit market 3020 could not be put back, and stands as changed. Not now." in outcome.sentence
    assert "Put back: Sell 0.5 ETH stop market 2800." in outcome.sentence


def filled(scene: Scene, order: TrackedOrder, size: str) -> None:
    """By somebody else's order, whole or in part."""
    done = filled_in_silence(scene, order, size)
    tell(scene, done)
    listed = scene.venue.orders[done.order_id]
    status = OrderStatus.RESTING if listed.size else OrderStatus.FILLED
    scene.venue._report(replace(listed, status=status, status_text="open" if listed.size else "filled"))
    if not listed.size:
        del scene.venue.orders[done.order_id]


def filled_in_silence(scene: Scene, order: TrackedOrder, size: str) -> Fill:
    venue, number = scene.venue, order.order_id
    assert number is not None
    venue.orders[number] = replace(venue.orders[number], size=venue.orders[number].size - D(size))
    venue.positions["ETH"] = venue.positions.get("ETH", D(0)) + D(size)
    done = fill(Side.BUY, size, "2900", order_id=number, client_order_id=order.client_order_id)
    venue.all_fills.append(done)
    return done


def tell(scene: Scene, *fills: Fill) -> None:
    scene.desk._parts.bus.publish(FillsReported(fills))


async def test_when_the_gate_refuses_one_none_is_sent(scene: Scene) -> None:
    orders = await bracket(scene)
    sent = len(scene.venue.sent)
    outcome = await shifted(scene, orders, 2000)
    assert outcome.verdict is not None
    assert scene.venue.sent[sent:] == []
    assert prices(scene) == STOOD
    assert all(one.replacement is None for one in scene.desk.orders.live("ETH"))


async def test_all_refused_is_said_once(scene: Scene) -> None:
    orders = await bracket(scene)
    scene.venue.script.append((NO, NO, NO))
    outcome = await shifted(scene, orders, 20)
    assert outcome.sentence.count("Cannot modify") == 1
    assert "All of them stand as they were." in outcome.sentence
    assert prices(scene) == STOOD


async def test_of_orders_that_are_not_all_there_none_is_changed(scene: Scene) -> None:
    orders = await bracket(scene)
    await scene.desk.manual.cancel(orders["take profit market"].client_order_id)
    sent = len(scene.venue.sent)
    assert "so none was changed" in (await shifted(scene, orders, 20)).sentence
    assert scene.venue.sent[sent:] == []
