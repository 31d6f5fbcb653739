"""Takes protective orders to the exchange and back from it, through the gate like every other order."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Sequence

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.events import Notice, Severity, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Approved, Order, OrderStatus, Purpose, Trigger, Verdict
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.protection.cover import SOURCE, new_protective_id
from hlmaster.trading.protection.epoch import Epoch
from hlmaster.trading.protection.plan import Level
from hlmaster.trading.risk.gate import Gate

log = logging.getLogger(__name__)
SEND_SECONDS = 4.0
"""A stop not answered for so long gets a second one beside it."""
RETRY_SECONDS = (0.5, 1.0, 2.0, 4.0)


class Sender:
    def __init__(self, bus: Bus, clock: Clock, gate: Gate, executor: Executor, tracker: OrderTracker) -> None:
        self._bus, self._clock, self._gate = bus, clock, gate
        self._executor, self._tracker = executor, tracker
        self._sends: set[asyncio.Task[list[TrackedOrder]]] = set()

    async def stop(self) -> None:
        for task in self._sends:
            task.cancel()
        await asyncio.gather(*self._sends, return_exceptions=True)

    async def place(self, epoch: Epoch, levels: Sequence[Level]) -> None:
        epoch.placed_at, choice = self._clock.monotonic(), epoch.choices
        approved, problems = self._approve(epoch, levels)
        if approved:
            send = asyncio.get_running_loop().create_task(self._executor.place(approved), name=f"stop {epoch.coin}")
            self._sends.add(send)
            send.add_done_callback(self._sends.discard)
            done, _ = await asyncio.wait({send}, timeout=SEND_SECONDS)
            placed = send.result() if done else []
            problems += [order.text or str(order.status) for order in placed if not _stands(order)]
            problems += [] if done else [f"no answer within {SEND_SECONDS:.0f} s"]
        if not problems:
            epoch.failures, epoch.retry_at = 0, -math.inf
            return
        self.put_off(epoch, choice)
        if epoch.naked_since is not None and not epoch.told:
            epoch.told = True
            sentence = f"The stop of the {epoch.coin} position does not stand yet: {problems[0]} It is tried again."
            self._bus.publish(Notice(Severity.WARNING, sentence))

    def _approve(self, epoch: Epoch, levels: Sequence[Level]) -> tuple[list[Approved], list[str]]:
        approved: list[Approved] = []
        problems: list[str] = []
        for level in levels:
            answer = self._gate.approve(
                Order(
                    coin=epoch.coin,
                    side=Side.SELL if epoch.sign > 0 else Side.BUY,
                    size=level.size,
                    price=level.worst,
                    reduce_only=True,
                    trigger=Trigger(level.trigger, level.kind, market=True),
                    purpose=Purpose.PROTECT,
                    source=SOURCE,
                    client_order_id=new_protective_id(),
                )
            )
            if isinstance(answer, Verdict):
                problems += [failure.sentence for failure in answer.failures]
            else:
                approved.append(answer)
        return approved, problems

    def put_off(self, epoch: Epoch, choice: int) -> None:
        """The next try comes after a back-off; deadlines go on. What was chosen since ``choice`` goes at once."""
        if epoch.choices != choice:
            return
        epoch.retry_at = self._clock.monotonic() + RETRY_SECONDS[min(epoch.failures, len(RETRY_SECONDS) - 1)]
        epoch.failures += 1

    async def cancel(self, coin: str, orders: Sequence[TrackedOrder]) -> bool:
        """Whether all are gone. One that was gone already was reconciled by the executor."""
        try:
            results = await self._executor.cancel(orders)
        except HlError as error:
            log.warning("spare stops of %s could not be cancelled yet: %s", coin, error)
            return False
        left = [why for tracked, why in results if why is not None and self._is_live(tracked)]
        if left:
            log.warning("spare stops of %s could not be cancelled yet: %s", coin, left[0])
        return not left

    def _is_live(self, tracked: TrackedOrder) -> bool:
        now = self._tracker.get(tracked.client_order_id)
        return now is not None and now.status.is_live


def _stands(order: TrackedOrder) -> bool:
    return order.status.is_live or order.status is OrderStatus.FILLED
