"""The journal lets go of an order only when the store holds its end."""

from __future__ import annotations

import asyncio

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import StorageError
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderStatus, VenueOrder
from hlmaster.trading.execution import settled as module
from hlmaster.trading.execution.settled import Settled
from hlmaster.trading.execution.tracker import OrderTracker
from tests.trading.scenes import NOW, D, MemoryStore, order
from tests.trading.venues import MemoryJournal

NAME = "0x" + "a" * 32


class GatedStore(MemoryStore):
    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.error: StorageError | None = None

    async def flush(self) -> None:
        await self.gate.wait()
        if self.error is not None:
            raise self.error


class Scene:
    def __init__(self) -> None:
        bus = Bus()
        self.store, self.journal = GatedStore(), MemoryJournal()
        self.settled = Settled(bus, self.journal, self.store)
        self.tracker = OrderTracker(bus, ManualClock(NOW), self.store)
        self.tracker.register(order(client_order_id=NAME))


async def test_an_end_is_noted_after_it_is_stored() -> None:
    scene = Scene()
    running = asyncio.create_task(scene.settled.run())
    scene.tracker.mark(NAME, OrderStatus.CANCELED)
    await asyncio.sleep(0)
    assert scene.journal.resolved == {}
    scene.store.gate.set()
    await asyncio.sleep(0.01)
    assert scene.journal.resolved == {NAME: "canceled"}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_store_that_refuses_leaves_the_entry_open() -> None:
    scene = Scene()
    scene.store.gate.set()
    scene.store.error = StorageError("The disk is full.")
    scene.tracker.mark(NAME, OrderStatus.CANCELED)
    with pytest.raises(StorageError):
        await scene.settled.close_now()
    assert scene.journal.resolved == {}


async def test_an_order_that_lives_after_all_is_not_closed() -> None:
    scene = Scene()
    scene.store.gate.set()
    scene.tracker.mark(NAME, OrderStatus.REJECTED, "It expired without reaching the exchange.")
    scene.tracker.report(VenueOrder("ETH", Side.BUY, D(3000), D("0.5"), D("0.5"), 7, NAME, NOW))
    await scene.settled.close_now()
    assert scene.journal.resolved == {}


async def test_with_nothing_to_note_the_store_is_not_asked() -> None:
    await Scene().settled.close_now()


async def test_what_could_not_be_stored_is_noted_once_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.001)
    scene = Scene()
    scene.store.gate.set()
    scene.store.error = StorageError("The database is locked.")
    running = asyncio.create_task(scene.settled.run())
    scene.tracker.mark(NAME, OrderStatus.CANCELED)
    await asyncio.sleep(0.005)
    assert (running.done(), scene.journal.resolved) == (False, {})
    scene.store.error = None
    async with asyncio.timeout(20):
        while not scene.journal.resolved:  # noqa: ASYNC110 (the journal in memory tells nobody)
            await asyncio.sleep(0.005)
    assert scene.journal.resolved == {NAME: "canceled"}
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_order_that_lives_again_while_its_end_is_stored_is_not_closed() -> None:
    scene = Scene()
    scene.tracker.mark(NAME, OrderStatus.REJECTED, "It expired without reaching the exchange.")
    closing = asyncio.create_task(scene.settled.close_now())
    await asyncio.sleep(0)
    scene.tracker.report(VenueOrder("ETH", Side.BUY, D(3000), D("0.5"), D("0.5"), 7, NAME, NOW))
    scene.store.gate.set()
    await closing
    assert scene.journal.resolved == {}
