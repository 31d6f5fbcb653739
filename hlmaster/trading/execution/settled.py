"""Closes a journal entry only when the order's final state is safe in the store.

Until then a crash finds the entry open and asks the exchange, so an order can be asked about twice but never forgotten.
"""

from __future__ import annotations

import asyncio
import logging

from hlmaster.core.bus import Bus
from hlmaster.core.errors import StorageError
from hlmaster.core.events import OrderChanged, TrackedOrder
from hlmaster.core.ports import Journal, Store

log = logging.getLogger(__name__)
RETRY_SECONDS = 1.0


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
        """For ever; while the store or the journal fails, entries stay open and it is tried again."""
        while True:
            await self._there_is_work.wait()
            self._there_is_work.clear()
            try:
                await self.close_now()
            except StorageError as error:
                log.warning("journal entries stay open for now: %s", error)
                self._there_is_work.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def close_now(self) -> None:
        """What is final by now; the desk calls it once more at its end. Raises StorageError."""
        waiting = dict(self._final)
        if not waiting:
            return  # the store may not even have been opened
        await self._store.flush()
        for name, order in waiting.items():
            if self._final.get(name) is order:
                self._journal.resolve(name, order.status, order.text)
                del self._final[name]
