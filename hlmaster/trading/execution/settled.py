"""Closes a journal entry only when the order's final state is safe in the store.

Until then a crash finds the entry open and asks the exchange, so an order can be asked about twice but never forgotten.
"""

from __future__ import annotations

import asyncio

from hlmaster.core.bus import Bus
from hlmaster.core.events import OrderChanged, TrackedOrder
from hlmaster.core.ports import Journal, Store


class Settled:
    def __init__(self, bus: Bus, journal: Journal, store: Store) -> None:
        self._journal, self._store = journal, store
        self._final: dict[str, TrackedOrder] = {}
        self._there_is_work = asyncio.Event()
        bus.subscribe(OrderChanged, self._on_order)

    def _on_order(self, fact: OrderChanged) -> None:
        if fact.order.foreign:
            return
        if fact.order.status.is_final:
            self._final[fact.order.client_order_id] = fact.order
            self._there_is_work.set()
        else:
            self._final.pop(fact.order.client_order_id, None)

    async def run(self) -> None:
        """For ever; raises StorageError when the store fails, and then leaves the entries open."""
        while True:
            await self._there_is_work.wait()
            self._there_is_work.clear()
            await self.close_now()

    async def close_now(self) -> None:
        """What is final by now; the desk calls it once more at its end."""
        waiting, self._final = self._final, {}
        if not waiting:
            return  # the store may not even have been opened
        await self._store.flush()
        for order in waiting.values():
            self._journal.resolve(order.client_order_id, order.status, order.text)
