"""One cancels the other. The exchange knows no such pair, so the desk keeps it.

Which orders belong together is written in their client order ids: members of a pair share all but the last digits.
So a pair is known again after a restart, from the exchange's own word if need be, and no table can fall out of step.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.events import Notice, OrderChanged, Severity, TrackedOrder
from hlmaster.core.orders import Order, OrderStatus
from hlmaster.trading.execution.tracker import OrderTracker

log = logging.getLogger(__name__)
STEM_DIGITS = 28
RETRY_SECONDS = 2.0
Cancel = Callable[[Sequence[TrackedOrder]], Awaitable[object]]


def paired(first: Order, second: Order) -> tuple[Order, Order]:
    """The same two orders as a pair: client order ids of one random stem."""
    stem = "0x" + secrets.token_hex(STEM_DIGITS // 2)
    return replace(first, client_order_id=stem + "0001"), replace(second, client_order_id=stem + "0002")


def stem(client_order_id: str) -> str:
    return client_order_id[: 2 + STEM_DIGITS]


class Pairs:
    """Watches every order; the first of a pair to trade ends the other.

    An entry ends its partner with its first fill. An exit ends it when it is filled whole: both are reduce-only, and a
    stop must stay for what a partly filled target leaves open. An order that is cancelled leaves its partner alone.
    """

    def __init__(self, bus: Bus, clock: Clock, tracker: OrderTracker, cancel: Cancel) -> None:
        self._bus, self._clock, self._tracker, self._cancel = bus, clock, tracker, cancel
        self._ending: dict[str, asyncio.Task[None]] = {}
        bus.subscribe(OrderChanged, lambda fact: self._look(fact.order))

    def resume(self) -> None:
        """After a restart: pairs of which one traded while nobody looked."""
        for tracked in self._tracker.all():
            self._look(tracked)

    async def stop(self) -> None:
        for task in self._ending.values():
            task.cancel()
        await asyncio.gather(*self._ending.values(), return_exceptions=True)

    def partner(self, client_order_id: str) -> TrackedOrder | None:
        """The other order of a pair, whatever became of it."""
        if not client_order_id.startswith("0x"):
            return None
        mine = stem(client_order_id)
        for tracked in self._tracker.all():
            other = tracked.client_order_id
            if other != client_order_id and stem(other) == mine:
                return tracked
        return None

    def _look(self, tracked: TrackedOrder) -> None:
        if not self._has_traded(tracked):
            return
        partner = self.partner(tracked.client_order_id)
        if partner is None or partner.status.is_final or partner.client_order_id in self._ending:
            return
        name = partner.client_order_id
        task = asyncio.get_running_loop().create_task(self._end(name), name=f"end the partner {name}")
        self._ending[name] = task
        task.add_done_callback(lambda _: self._ending.pop(name, None))

    @staticmethod
    def _has_traded(tracked: TrackedOrder) -> bool:
        if tracked.order.reduce_only:
            return tracked.status is OrderStatus.FILLED
        return tracked.filled_size > 0

    async def _end(self, client_order_id: str) -> None:
        """Until it is final; what is on its way or in doubt can be cancelled only once it rests."""
        try:
            while (tracked := self._tracker.get(client_order_id)) is not None and not tracked.status.is_final:
                if tracked.status.is_live:
                    await self._try_to_cancel(tracked)
                if not (self._tracker.get(client_order_id) or tracked).status.is_final:
                    await self._clock.sleep(RETRY_SECONDS)
        except Exception as error:
            log.exception("the partner %s could not be cancelled", client_order_id)
            self._notice(f"The other order of a pair could not be cancelled ({error}); cancel it by hand.")
            return
        last = self._tracker.get(client_order_id)
        if last is not None and last.status is OrderStatus.FILLED:
            self._notice(f"Both orders of a pair on {last.order.coin} were filled before one could cancel the other.")

    async def _try_to_cancel(self, tracked: TrackedOrder) -> None:
        try:
            await self._cancel([tracked])
        except HlError as error:
            log.warning("the partner %s is not cancelled yet: %s", tracked.client_order_id, error)

    def _notice(self, sentence: str) -> None:
        self._bus.publish(Notice(Severity.WARNING, sentence, "", "Look at the position and its orders."))
