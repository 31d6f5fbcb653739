"""The exchange's own switch on the exchange itself: offered from a million of volume, and gone before a stop rests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hlmaster.core.events import Notice
from hlmaster.core.model import Side
from hlmaster.desk.desk import Desk
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.desks import D, demo_desk, fresh, until

ON = ["safety.scheduled_cancel=true", "safety.scheduled_cancel_seconds=60"]
RICH = [
    "demo.start_balance=5000000",
    "risk.max_order_value_usd=10000000",
    "risk.slippage_cap_percent=4",
    "protection.stop=off",
    "breakers.losing_streak=1000",
]
BUY = Ticket("BTC", Side.BUY, TicketKind.MARKET, SizeUnit.USD, D(130_000))


async def entry(desk: Desk) -> None:
    mid = desk.survey("BTC").mid
    assert mid is not None
    ticket = replace(BUY, kind=TicketKind.LIMIT, amount=D(500), limit_price=(mid * D("0.97")).quantize(D(1)))
    outcome = await desk.manual.place(ticket)
    assert outcome.ok, outcome.sentence


@pytest.mark.slow
async def test_an_account_without_the_volume_is_told_why(tmp_path: Path) -> None:
    async with demo_desk(tmp_path, overrides=ON) as desk:
        told: list[str] = []
        desk.bus.subscribe(Notice, lambda notice: told.append(notice.sentence))
        await fresh(desk, "BTC")
        await entry(desk)
        await until(lambda: any("1,000,000 USD" in sentence for sentence in told), desk)
        assert not desk.scheduled_cancel.armed


@pytest.mark.slow
async def test_with_the_volume_it_is_armed_for_entries_and_taken_back_for_a_stop(tmp_path: Path) -> None:
    async with demo_desk(tmp_path, overrides=[*ON, *RICH]) as desk:
        traded, price = D(0), D(0)
        while traded < 1_050_000:
            await fresh(desk, "BTC")
            price = desk.survey("BTC").mid or price
            outcome = await desk.manual.place(replace(BUY, amount=BUY.amount + traded / 1_000))
            assert outcome.orders, outcome.sentence
            traded += 2 * price * sum((order.filled_size for order in outcome.orders), D(0))
            assert (await desk.manual.flatten_all()).is_flat
        await fresh(desk, "BTC")
        await entry(desk)
        await until(lambda: desk.scheduled_cancel.armed, desk)
        await desk.manual.place(replace(BUY, amount=D(500)))
        await until(lambda: desk.portfolio.size("BTC"), desk)
        held = desk.portfolio.size("BTC")
        stop = replace(BUY, side=Side.SELL, kind=TicketKind.STOP_MARKET, size_unit=SizeUnit.COIN, amount=held)
        trigger = (price * D("0.9")).quantize(D(1))
        assert (await desk.manual.place(replace(stop, trigger_price=trigger, reduce_only=True))).ok
        await until(lambda: not desk.scheduled_cancel.armed, desk)
        assert len(desk.orders.live()) == 2
