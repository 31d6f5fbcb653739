"""Positions on the demo exchange, over real sockets, have their stops: filled in pieces, flipped, left and found."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

from hlmaster.core.model import Side
from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import snap_price
from hlmaster.desk.desk import Desk
from hlmaster.trading.protection.cover import PREFIX
from hlmaster.trading.protection.policy import Policy
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from tests.flow.desks import D, demo_desk, fresh, until

COVERED_WITHIN = 5.0
LOOK_SECONDS = 0.5
"""Two queries each; more often than this would spend the minute's request budget, and then wait for the next one."""


async def held_and_covered(desk: Desk) -> tuple[Decimal, Decimal]:
    """Signed ETH position and what stops at the exchange cover of it, by the exchange's own word."""
    account = await desk._parts.trading.account()
    orders = await desk._parts.trading.open_orders()
    position = account.position("ETH")
    size = position.size if position is not None else D(0)
    exit_side = Side.SELL if size > 0 else Side.BUY
    stops = [o for o in orders if o.trigger is not None and o.trigger.kind is TriggerKind.STOP and o.reduce_only]
    return size, sum((order.size for order in stops if order.side is exit_side), D(0))


async def covered(desk: Desk, within: float = COVERED_WITHIN) -> Decimal:
    """The position, once the exchange holds stops for all of it."""
    began = desk.clock.monotonic()
    while True:
        size, stopped = await held_and_covered(desk)
        if size and stopped >= abs(size):
            return size
        assert desk.clock.monotonic() - began < within, f"{stopped} of {size} is covered"


def kinds(desk: Desk) -> list[str]:
    return sorted(order.order.trigger.kind for order in desk.orders.live("ETH") if order.order.trigger is not None)


async def test_a_position_that_fills_in_pieces_is_covered_all_along(tmp_path: Path) -> None:
    async with demo_desk(tmp_path) as desk:
        await fresh(desk, "ETH")
        ask = desk.survey("ETH").best_ask
        assert ask is not None
        # Far more than rests at the touch: the rest of it fills as the market comes by
        ticket = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D(6), limit_price=ask)
        outcome = await desk.manual.place(ticket)
        assert outcome.ok, outcome.sentence
        await until(lambda: desk.portfolio.size("ETH") != 0, desk)
        bare_since: float | None = None
        end = desk.clock.monotonic() + 8
        while desk.clock.monotonic() < end:
            size, stopped = await held_and_covered(desk)
            bare_since = None if stopped >= abs(size) else bare_since or desk.clock.monotonic()
            assert bare_since is None or desk.clock.monotonic() - bare_since < COVERED_WITHIN
            await asyncio.sleep(LOOK_SECONDS)
        await desk.manual.cancel_entries()
        size = await covered(desk)
        assert (await desk.manual.close("ETH", D("0.5"))).ok
        assert abs(await covered(desk)) < abs(size)


async def test_a_flip_a_choice_and_a_restart_keep_it_covered_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    async with demo_desk(tmp_path) as desk:
        await fresh(desk, "ETH")
        await desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.USD, D(900)))
        assert await covered(desk) > 0
        await desk.manual.place(Ticket("ETH", Side.SELL, TicketKind.MARKET, SizeUnit.USD, D(2_000)))
        await until(lambda: desk.portfolio.size("ETH") < 0, desk)
        assert await covered(desk) < 0
        assert desk.protect("ETH", Policy(stop_percent=D(4), take_profits=("5:50",))).ok
        await until(lambda: kinds(desk) == ["sl", "tp"], desk)
        before = sorted((o.client_order_id, o.order.trigger) for o in desk.orders.live("ETH"))

    async with demo_desk(tmp_path) as again:
        await covered(again)
        shield = again.protector.shield("ETH")
        assert shield is not None
        assert shield.policy.stop_percent == 4
        assert sorted((o.client_order_id, o.order.trigger) for o in again.orders.live("ETH")) == before
        await fresh(again, "ETH")
        assert (await again.manual.close("ETH")).ok
        await until(lambda: not again.orders.live("ETH"), again)
        left = await again._parts.trading.open_orders()
        assert [order for order in left if (order.client_order_id or "").startswith(PREFIX)] == []


async def test_a_bracket_that_fills_in_pieces_has_stop_and_target_for_what_it_holds(tmp_path: Path) -> None:
    async with demo_desk(tmp_path) as desk:
        await fresh(desk, "ETH")
        situation = desk.survey("ETH")
        ask, decimals = situation.best_ask, situation.instrument.size_decimals
        assert ask is not None
        stop, target = (snap_price(ask * share, decimals) for share in (D("0.98"), D("1.03")))
        ticket = Ticket(
            "ETH",
            Side.BUY,
            TicketKind.LIMIT,
            SizeUnit.COIN,
            D(6),
            limit_price=ask,
            stop_price=stop,
            attach_stop=True,
            targets=(Target(target),),
        )
        assert (await desk.manual.place(ticket)).ok
        await until(lambda: desk.portfolio.size("ETH") != 0, desk)
        await covered(desk)
        await desk.manual.cancel_entries()

        def exits() -> set[tuple[TriggerKind, Decimal, Decimal]]:
            live = [order.order for order in desk.orders.live("ETH")]
            return {(o.trigger.kind, o.trigger.price, o.size) for o in live if o.trigger is not None}

        def is_bracketed() -> bool:
            held = desk.portfolio.size("ETH")
            return exits() == {(TriggerKind.STOP, stop, held), (TriggerKind.TAKE_PROFIT, target, held)}

        await until(is_bracketed, desk)
        assert (await desk.manual.close("ETH", D(1))).ok
        await until(lambda: not desk.portfolio.size("ETH") and not desk.orders.live("ETH"), desk)
