"""A disk that refuses at the start keeps entries off and nothing else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from hlmaster.core.errors import DatabaseDamaged, StorageError
from hlmaster.core.events import Severity, TradingState
from hlmaster.core.model import Side
from hlmaster.core.orders import Purpose
from hlmaster.desk import restoring
from hlmaster.settings import Settings
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.desks import Scene, running, scene
from tests.trading.scenes import D

BUY = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.1"))


class Refusing:
    """Stands before a read of the store or the journal and raises until it is told to let it through."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str, error: StorageError) -> None:
        self.error: StorageError | None = error
        self._read: Callable[[], Awaitable[object]] = getattr(owner, name)
        monkeypatch.setattr(owner, name, self.ask)

    async def ask(self) -> object:
        if self.error is not None:
            raise self.error
        return await self._read()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "RETRY_SECONDS", 0.01)


def stops(made: Scene) -> list[Purpose]:
    return [order.purpose for sent in made.venue.sent for order in sent.orders if order.trigger is not None]


@pytest.mark.parametrize(
    "error", [StorageError("The disk is full."), DatabaseDamaged("The database is damaged.", "Restore a backup.")]
)
@pytest.mark.parametrize("what", ["orders", "fills", "discrepancies"])
async def test_a_store_that_cannot_be_read_keeps_entries_off_and_positions_protected(
    monkeypatch: pytest.MonkeyPatch, what: str, error: StorageError
) -> None:
    made = scene(settings=Settings.model_validate({"protection": {"protect_foreign": True}}))
    if what == "discrepancies":
        store = Refusing(monkeypatch, made.store, "cash", error)
    else:
        store = Refusing(monkeypatch, made.store, what, error)
    made.venue.give("ETH", D(1))
    async with running(made):
        await made.until(lambda: stops(made))
        assert made.desk.guard.state is TradingState.REDUCING
        assert error.sentence in made.desk.guard.sentence
        (told,) = [notice for notice in made.notices if error.sentence in notice.sentence]
        assert (told.severity, told.cure) == (Severity.ERROR, error.cure)
        assert "Entries are off" in told.sentence
        assert not (await made.desk.manual.place(BUY)).ok
        store.error = None
        await made.until(lambda: made.desk.guard.state is TradingState.ACTIVE)
        assert (await made.desk.manual.close("ETH")).ok


async def test_a_journal_that_cannot_be_read_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    made = scene()
    journal = Refusing(monkeypatch, made.journal, "unresolved", StorageError("The journal cannot be read."))
    async with running(made):
        assert made.desk.guard.state is TradingState.REDUCING
        journal.error = None
        await made.until(lambda: made.desk.guard.state is TradingState.ACTIVE)


async def test_a_store_that_hangs_holds_up_nothing_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restoring, "PATIENCE_SECONDS", 0.02)
    made, read = scene(), asyncio.Event()
    orders = made.store.orders

    async def slow() -> object:
        await read.wait()
        return await orders()

    monkeypatch.setattr(made.store, "orders", slow)
    async with running(made):
        assert "does not answer" in made.desk.guard.sentence
        read.set()
        await made.until(lambda: made.desk.guard.state is TradingState.ACTIVE)


async def test_what_is_read_late_is_booked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The exchange has told of it all meanwhile."""
    async with running() as before:
        assert (await before.desk.manual.place(BUY)).ok
        await before.until(lambda: before.desk.portfolio.size("ETH"))
        money, (order,) = before.desk.portfolio.ledger.settled, before.desk.orders.all()
    made = scene(before.store)
    for what in ("positions", "all_fills", "orders", "cash"):
        setattr(made.venue, what, getattr(before.venue, what))
    store = Refusing(monkeypatch, made.store, "orders", StorageError("The disk is full."))
    async with running(made):
        store.error = None
        await made.until(lambda: made.desk.guard.state is TradingState.ACTIVE)
        assert made.desk.portfolio.size("ETH") == D("0.1")
        assert made.desk.portfolio.ledger.settled == money
        again = made.desk.orders.get(order.client_order_id)
        assert again is not None
        assert again.filled_size == order.filled_size
