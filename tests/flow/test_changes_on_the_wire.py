"""Brackets moved as one on the embedded exchange, over sockets: whole, in part, and with answers that never come."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal

from hyperliquid.utils.types import Cloid

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind
from hlmaster.core.rounding import snap_price
from hlmaster.desk.changing import NEVER_CAME, Change
from hlmaster.desk.outcome import Outcome
from hlmaster.exchange.simulator.faults import Fault, FaultKind
from hlmaster.exchange.simulator.orders import NewOrder
from hlmaster.trading.ticket import SizeUnit, Target, Ticket, TicketKind
from tests.flow.second_client import Beside, beside
from tests.hostile.virtual_time import virtual
from tests.trading.venues import MemoryJournal

D = Decimal
COIN, SOMEBODY = "ETH", "0x" + "5" * 40
KINDS = ("limit", "stop market", "take profit market")
LATE, LOST, NEVER = FaultKind.REQUEST_LATE, FaultKind.REPLY_LOST, FaultKind.REQUEST_LOST


class Bracket:
    """Buy 0.5 ETH 3 % under the market, its stop 3 % below that and its target at the market."""

    def __init__(self, scene: Beside) -> None:
        self.scene, self.desk = scene, scene.desk
        journal = scene.desk._parts.journal
        assert isinstance(journal, MemoryJournal)
        self.journal = journal

    async def place(self) -> None:
        mark = self.scene.server.house.venue.mark(COIN)
        self.price, self.stop, self.target = (snap_price(mark * D(share), 4) for share in ("0.97", "0.94", "1.01"))
        wanted = Ticket(
            COIN,
            Side.BUY,
            TicketKind.LIMIT,
            SizeUnit.COIN,
            D("0.5"),
            limit_price=self.price,
            stop_price=self.stop,
            attach_stop=True,
            targets=(Target(self.target),),
        )
        outcome = await self.desk.manual.place(wanted)
        assert outcome.ok, outcome.sentence
        await self.scene.until(lambda: len(self.ours) == 3 and not self.scene.apart(), 10)
        self.orders = {one.order.kind: one for one in self.desk.orders.live(COIN)}

    async def shift(self, by: int) -> Outcome:
        return await self.desk.manual.modify_all([_moved(one, by) for one in self.orders.values()])

    @property
    def ours(self) -> dict[str, D]:
        live = self.desk.orders.live(COIN)
        return {one.order.kind: one.order.trigger.price if one.order.trigger else one.order.price for one in live}

    @property
    def theirs(self) -> list[D]:
        rows = self.scene.server.house.venue.open_orders(self.scene.account)
        return sorted(row.trigger_price or row.price for row in rows)

    def at(self, by: int = 0) -> dict[str, D]:
        return dict(zip(KINDS, (self.price + by, self.stop + by, self.target + by), strict=True))

    def changes(self) -> int:
        return len({intent.nonce for intent in self.journal.intents if intent.kind is ActionKind.MODIFY})

    async def agrees(self, wanted: dict[str, D]) -> None:
        """Books, exchange and what was wanted; and every change in the journal has its end."""
        await self.scene.until(lambda: not self.scene.apart(), 60)
        assert self.ours == wanted
        assert self.theirs == sorted(wanted.values())
        asked = {(one.kind, one.nonce) for one in self.journal.intents if one.kind is ActionKind.MODIFY}
        await self.scene.until(lambda: asked <= self.journal.concluded.keys(), 60)

    async def their_cancel(self, kind: str) -> None:
        """By the other program, while our change is on its way."""
        name = self.orders[kind].client_order_id
        reply = await self.scene.calling(self.scene.sdk.cancel_by_cloid, COIN, Cloid.from_str(name))
        assert reply["status"] == "ok", reply

    async def shift_while_they_cancel(self, kind: str) -> Outcome:
        spoil(self.scene, LATE)
        moving = asyncio.create_task(self.shift(20))
        await asyncio.sleep(0.3)
        await self.their_cancel(kind)
        return await moving


def _moved(one: TrackedOrder, by: int) -> Change:
    if one.order.trigger is None:
        return Change(one.client_order_id, price=one.order.price + by)
    return Change(one.client_order_id, trigger_price=one.order.trigger.price + by)


@asynccontextmanager
async def bracket() -> AsyncIterator[Bracket]:
    async with beside(7) as scene:
        made = Bracket(scene)
        await made.place()
        yield made


def spoil(scene: Beside, *kinds: FaultKind) -> None:
    """The next action."""
    for kind in kinds:
        scene.server.house.faults.add(Fault(kind, seconds=1.0 if kind is LATE else 0.0, channel="/exchange"))


@virtual
async def test_a_bracket_moves_in_one_action_and_stays_one() -> None:
    async with bracket() as made:
        for by in (20, 20, -40):
            made.orders = {one.order.kind: one for one in made.desk.orders.live(COIN)}
            outcome = await made.shift(by)
            assert outcome.ok, outcome.sentence
        await made.agrees(made.at())
        assert made.changes() == 3
        assert (await made.desk.manual.cancel(made.orders["limit"].client_order_id)).ok
        await made.scene.until(lambda: not made.theirs and not made.scene.apart(), 10)


@virtual
async def test_of_a_bracket_that_is_changed_in_part_the_rest_is_put_back() -> None:
    async with bracket() as made:
        outcome = await made.shift_while_they_cancel("take profit market")
        assert not outcome.ok
        assert "Cannot modify canceled or filled order" in outcome.sentence
        assert outcome.sentence.count("canceled.") == 1, outcome.sentence
        assert "Put back: " in outcome.sentence
        await made.agrees({kind: price for kind, price in made.at().items() if kind != "take profit market"})
        assert made.changes() == 2


@virtual
async def test_a_bracket_whose_entry_is_gone_is_not_said_to_stand() -> None:
    async with bracket() as made:
        outcome = await made.shift_while_they_cancel("limit")
        assert not outcome.ok
        assert "stand" not in outcome.sentence
        assert outcome.sentence.count("canceled.") == 3, outcome.sentence
        await made.agrees({})


@virtual
async def test_a_bracket_whose_answer_is_lost_is_found_where_it_went() -> None:
    async with bracket() as made:
        spoil(made.scene, LOST)
        outcome = await made.shift(20)
        assert outcome.ok, outcome.sentence
        await made.agrees(made.at(20))
        assert made.changes() == 1, "nobody sends it again"


@virtual
async def test_a_change_that_is_lost_on_its_way_leaves_the_bracket_as_it_was() -> None:
    async with bracket() as made:
        spoil(made.scene, NEVER)
        outcome = await made.shift(20)
        assert not outcome.ok
        assert NEVER_CAME in outcome.sentence
        await made.agrees(made.at())


@virtual
async def test_half_a_change_whose_answer_is_lost_is_told_as_unknown_and_found_out() -> None:
    async with bracket() as made:
        spoil(made.scene, LATE)
        moving = asyncio.create_task(made.shift(20))
        await asyncio.sleep(0.3)
        await made.their_cancel("take profit market")
        spoil(made.scene, LOST)
        outcome = await moving
        assert not outcome.ok
        assert outcome.sentence.count("Its change is unconfirmed") == 1, outcome.sentence
        await made.agrees({kind: made.at(20)[kind] for kind in KINDS[:2]})


@virtual
async def test_what_fills_while_the_entry_is_moved_comes_off_its_size_and_is_protected() -> None:
    async with beside(7) as scene:
        house, desk = scene.server.house, scene.desk
        price = house.venue.book(COIN).bids[8].price
        entry = Ticket(COIN, Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), limit_price=price)
        (placed,) = (await desk.manual.place(entry)).orders
        spoil(scene, LATE)
        moving = asyncio.create_task(desk.manual.modify(placed.client_order_id, price=snap_price(price * D("0.98"), 4)))
        await asyncio.sleep(0.9)
        house.welcome(SOMEBODY)
        sold = NewOrder(house.venue.instruments[COIN].asset, False, price, D("0.2"), tif="Ioc")
        while not house.venue.fills(scene.account):
            house.venue.place(SOMEBODY, [sold], "na", house.now())
        house.settle()
        outcome = await moving
        assert outcome.ok, outcome.sentence
        assert "filled while it was changed" in outcome.sentence
        await scene.until(lambda: not scene.apart() and len(desk.protector.kept(COIN)) == 1, 10)
        left, held = {one.order.kind: one.remaining for one in desk.orders.live(COIN)}, desk.portfolio.size(COIN)
        assert 0 < held <= D("0.2")
        assert left == {"limit": D("0.5") - held, "stop market": held}
