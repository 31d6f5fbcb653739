"""After a crash: everything without an end is found out, and with real orders only exits work until confirmed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hlmaster.core.events import Severity, TradingState
from hlmaster.core.model import Mode, Side
from hlmaster.core.orders import ActionKind, Intent, Order, OrderStatus, Prepared
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.desks import Scene, running, scene
from tests.trading.scenes import NOW, D, MemoryStore, order
from tests.trading.venues import item_of

ENTRY = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.5"))


def crashed(mode: Mode, store: MemoryStore | None = None) -> Scene:
    made = scene(store, Settings() if mode in (Mode.TESTNET, Mode.LIVE) else None, mode=mode)
    made.journal.crashed = True
    return made


def left_open(wanted: Order, nonce: int, kind: ActionKind = ActionKind.ORDER) -> Intent:
    return Intent(kind, wanted.client_order_id, nonce, NOW + 15_000, "", NOW, order=wanted)


@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.LIVE])
async def test_after_a_crash_with_real_orders_entries_wait_for_a_person_and_exits_do_not(mode: Mode) -> None:
    async with running(crashed(mode)) as made:
        desk = made.desk
        made.hold("1")
        assert desk.guard.state is TradingState.PROTECT_ONLY
        refused = await desk.manual.place(ENTRY)
        assert "confirm the restart" in refused.sentence
        assert (await desk.manual.close("ETH", D("0.5"))).ok
        assert made.journal.crashed
        desk.confirm_restart()
        assert (desk.guard.state, made.journal.crashed) == (TradingState.ACTIVE, False)
        assert (await desk.manual.place(ENTRY)).ok


@pytest.mark.parametrize("mode", [Mode.DEMO, Mode.PAPER])
async def test_elsewhere_a_crash_is_only_told(mode: Mode) -> None:
    async with running(crashed(mode)) as made:
        assert made.desk.guard.state is TradingState.ACTIVE
        assert not made.journal.crashed
        assert [notice.severity for notice in made.notices if "did not end in order" in notice.sentence] == [
            Severity.INFO
        ]


async def test_after_an_end_in_order_nothing_is_said() -> None:
    async with running(scene(settings=Settings(), mode=Mode.LIVE)) as made:
        assert made.desk.guard.state is TradingState.ACTIVE
        assert not [notice for notice in made.notices if "in order" in notice.sentence]


async def test_an_order_that_never_left_is_dead_within_seconds() -> None:
    made, lost = scene(), order(price="2900")
    made.journal.open_intents = [left_open(lost, NOW - 5)]
    async with running(made):
        await made.until(lambda: lost.client_order_id in made.journal.resolved)
        found = made.desk.orders.get(lost.client_order_id)
        assert found is not None
        assert (found.status, found.text) == (OrderStatus.REJECTED, "It never reached the exchange.")
        assert NOW - 5 in made.venue.nonces


async def test_a_change_that_a_crash_left_open_is_found_out() -> None:
    store = MemoryStore()
    async with running(scene(store)) as first:
        placed = await first.desk.manual.place(
            Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.COIN, D("0.5"), limit_price=D(2900))
        )
        (before,) = placed.orders
    made = scene(store)
    made.venue.__dict__.update({**first.venue.__dict__, "_bus": made.desk.bus, "_clock": made.clock})
    changed = replace(before.order, price=D(2800))
    nonce = NOW + 99
    made.venue.held = True
    made.venue.carry_out(
        Prepared(ActionKind.MODIFY, b"[%d]" % (before.order_id or 0), "", nonce, None, (item_of(changed),))
    )
    made.journal.open_intents = [left_open(before.order, nonce - 1), left_open(changed, nonce, ActionKind.MODIFY)]
    async with running(made):
        await made.until(lambda: (ActionKind.MODIFY, nonce) in made.journal.concluded)
        now = made.desk.orders.get(before.client_order_id)
        assert now is not None
        assert (now.order.price, now.status, now.in_doubt) == (D(2800), OrderStatus.RESTING, False)


async def test_what_reached_its_end_before_the_crash_is_only_closed() -> None:
    made, done = scene(), order(price="2900")
    made.journal.open_intents = [left_open(done, NOW - 5)]
    made.desk.orders.register(done)
    made.desk.orders.mark(done.client_order_id, OrderStatus.CANCELED)
    async with running(made):
        assert made.journal.resolved == {done.client_order_id: "canceled"}
        assert made.venue.asked == []


async def test_an_order_left_open_is_ours_before_the_streams_can_tell_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """An order that no stream may make a stranger's: the store had no time to write it down."""
    wanted = order()
    made = crashed(Mode.DEMO)
    made.journal.open_intents = [left_open(wanted, NOW - 5)]
    known, start = list[bool](), made.venue.start

    async def streams() -> None:
        known.append(made.desk.orders.get(wanted.client_order_id) is not None)
        await start()

    monkeypatch.setattr(made.venue, "start", streams)
    async with running(made):
        assert known == [True]
