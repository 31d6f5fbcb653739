"""Sends approved orders, each written to disk before its bytes leave, and finds out what became of every one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import (
    HlError,
    JournalUnavailable,
    OutcomeUnknown,
    RateLimited,
    UnrecognisedReply,
    VenueError,
    VenueUnreachable,
)
from hlmaster.core.events import Notice, Rejected, Severity, TrackedOrder
from hlmaster.core.model import Leverage
from hlmaster.core.orders import (
    ActionKind,
    Approved,
    CancelTarget,
    Grouping,
    Intent,
    Order,
    OrderReply,
    OrderStatus,
    Prepared,
    ReplyKind,
)
from hlmaster.core.ports import Journal, Trading
from hlmaster.trading.execution.tracker import OrderTracker

log = logging.getLogger(__name__)
RESOLVE_EVERY_SECONDS = 5.0
CLEAN_NEGATIVES = 3
EXPIRY_MARGIN_MS = 2_000
LastLook = Callable[[Order], str | None]


class Executor:
    """``last_look`` is asked synchronously right before the send; a sentence from it stops the order."""

    def __init__(
        self, bus: Bus, clock: Clock, trading: Trading, journal: Journal, tracker: OrderTracker, last_look: LastLook
    ) -> None:
        self._bus, self._clock, self._trading = bus, clock, trading
        self._journal, self._tracker, self._last_look = journal, tracker, last_look
        self._resolving: dict[str, asyncio.Task[None]] = {}
        self.latency_ms: list[float] = []

    async def stop(self) -> None:
        for task in self._resolving.values():
            task.cancel()
        await asyncio.gather(*self._resolving.values(), return_exceptions=True)

    # --- placing ---

    async def place(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> list[TrackedOrder]:
        """Register, prepare, commit, last look, send. Returns the orders as they stand afterwards."""
        orders = [item.order for item in approved]
        for order in orders:
            self._tracker.register(order)
        try:
            prepared = self._trading.prepare_orders(approved, grouping)
        except HlError as error:
            return self._fail(orders, str(error))
        return await self._carry_out(prepared, orders, ActionKind.ORDER)

    async def modify(self, target: TrackedOrder, approved: Approved) -> TrackedOrder:
        """Cancel-replace under the same client order id. A refusal leaves the old order as it was."""
        order = approved.order
        prepared = self._trading.prepare_modify(_target(target), approved)
        try:
            await self._commit(prepared, [order], ActionKind.MODIFY)
            (reply, *_) = await self._send(prepared)
        except OutcomeUnknown as error:
            self._notice(Severity.WARNING, f"The change of {order.coin} is unconfirmed: {error.sentence}", error.code)
            await self._ask_after(order.client_order_id)
            return self._tracker.get(order.client_order_id) or target
        if reply.kind is ReplyKind.REJECTED:
            self._bus.publish(Rejected(order, reply.text, self._clock.now_ms()))
            raise VenueError(f"The exchange refused the change: {reply.text}", "The order stands as it was.")
        current = self._tracker.get(order.client_order_id)
        if current is not None and not current.status.is_final:
            self._tracker.reshape(order.client_order_id, order)
            self._tracker.answer(order.client_order_id, reply)
        return self._tracker.get(order.client_order_id) or target

    async def _carry_out(self, prepared: Prepared, orders: list[Order], kind: ActionKind) -> list[TrackedOrder]:
        for order in orders:
            self._tracker.expect(order.client_order_id, prepared.expires_ms)
        try:
            await self._commit(prepared, orders, kind)
        except JournalUnavailable as error:
            if not all(order.reduce_only for order in orders):
                return self._fail(orders, str(error))
            # An exit must not wait for a disk: its intent lives in memory until the venue has answered.
            self._notice(Severity.CRITICAL, f"An exit was sent without a journal entry: {error}", error.code)
        stopped = next((why for order in orders if (why := self._last_look(order)) is not None), None)
        if stopped is not None:
            return self._fail(orders, stopped)
        for order in orders:
            self._tracker.mark(order.client_order_id, OrderStatus.SENT)
        try:
            replies = await self._send(prepared)
        except (VenueUnreachable, RateLimited) as error:
            return self._fail(orders, str(error))
        except (OutcomeUnknown, UnrecognisedReply) as error:
            return [self._doubt(order, error) for order in orders]
        return [self._book(order, reply) for order, reply in zip(orders, replies, strict=True)]

    async def _commit(self, prepared: Prepared, orders: list[Order], kind: ActionKind) -> None:
        now = self._clock.now_ms()
        intents = [
            Intent(order, kind, prepared.nonce, prepared.expires_ms, prepared.payload_hash, now) for order in orders
        ]
        await self._journal.commit(intents)

    async def _send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        started = self._clock.monotonic()
        try:
            return await self._trading.send(prepared)
        finally:
            self.latency_ms.append((self._clock.monotonic() - started) * 1000)
            del self.latency_ms[:-500]

    def _book(self, order: Order, reply: OrderReply) -> TrackedOrder:
        tracked = self._tracker.answer(order.client_order_id, reply)
        if tracked is None:
            raise LookupError(f"order {order.client_order_id} was answered but never registered")
        if reply.kind is ReplyKind.REJECTED:
            self._bus.publish(Rejected(order, reply.text, self._clock.now_ms()))
        elif reply.kind is ReplyKind.UNRECOGNISED:
            self._resolve_later(order.client_order_id)
        return tracked

    def _fail(self, orders: Sequence[Order], why: str) -> list[TrackedOrder]:
        """Nothing left this computer."""
        failed = []
        for order in orders:
            tracked = self._tracker.mark(order.client_order_id, OrderStatus.REJECTED, f"Not sent. {why}")
            if tracked is not None:
                failed.append(tracked)
            self._bus.publish(Rejected(order, f"Not sent. {why}", self._clock.now_ms()))
        return failed

    def _doubt(self, order: Order, error: VenueError) -> TrackedOrder:
        sentence = f"The fate of {order.side} {order.size} {order.coin} is unknown; asking the exchange. {error}"
        self._notice(Severity.WARNING, sentence, error.code)
        tracked = self._tracker.mark(order.client_order_id, OrderStatus.UNKNOWN, error.sentence)
        self._resolve_later(order.client_order_id)
        if tracked is None:
            raise LookupError(f"order {order.client_order_id} was sent but never registered")
        return tracked

    # --- unknown outcomes ---

    def resolve_all(self) -> None:
        """Take up every order whose outcome a crash or a lost answer left open."""
        for tracked in self._tracker.unsettled():
            if tracked.status in (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN):
                self._resolve_later(tracked.client_order_id)

    def _resolve_later(self, client_order_id: str) -> None:
        if client_order_id not in self._resolving:
            task = asyncio.get_running_loop().create_task(
                self._resolve(client_order_id), name=f"resolve {client_order_id}"
            )
            self._resolving[client_order_id] = task
            task.add_done_callback(lambda _: self._resolving.pop(client_order_id, None))

    async def _resolve(self, client_order_id: str) -> None:
        """Ask until the venue answers, or until the order has expired and three clean negatives prove it never came."""
        negatives = 0
        while (tracked := self._tracker.get(client_order_id)) is not None and not (
            tracked.status.is_final or tracked.status.is_live
        ):
            found = await self._ask_after(client_order_id)
            expires = tracked.expires_ms
            expired = expires is not None and self._clock.now_ms() > expires + EXPIRY_MARGIN_MS * self._clock.speed
            negatives = negatives + 1 if found is False and expired else 0
            if negatives >= CLEAN_NEGATIVES:
                self._tracker.mark(client_order_id, OrderStatus.REJECTED, "It expired without reaching the exchange.")
                return
            if found is not True:
                await self._clock.sleep(RESOLVE_EVERY_SECONDS)

    async def _ask_after(self, client_order_id: str) -> bool | None:
        """True: found and booked. False: the venue says it does not know it. None: no answer."""
        try:
            venue = await self._trading.order_status(client_order_id)
        except VenueError as error:
            log.info("no answer about order %s: %s", client_order_id, error)
            return None
        if venue is None:
            return False
        self._tracker.report(venue)
        return True

    # --- cancels and leverage ---

    async def cancel(self, targets: Sequence[TrackedOrder]) -> list[tuple[TrackedOrder, str | None]]:
        """Each order with None, or with the venue's reason why it could not be cancelled."""
        if not targets:
            return []
        prepared = self._trading.prepare_cancel([_target(tracked) for tracked in targets])
        replies = await self._send(prepared)
        results: list[tuple[TrackedOrder, str | None]] = []
        for tracked, reply in zip(targets, replies, strict=True):
            if reply.kind is ReplyKind.DONE:
                self._tracker.mark(tracked.client_order_id, OrderStatus.CANCELED)
                results.append((tracked, None))
            else:
                # Gone already is no failure, but only the venue knows whether it was filled.
                await self._ask_after(tracked.client_order_id)
                results.append((tracked, reply.text or "The exchange gave no recognisable answer."))
        return results

    async def set_leverage(self, coin: str, leverage: Leverage) -> None:
        await self._done_or_raise(self._trading.prepare_leverage(coin, leverage))

    async def add_isolated_margin(self, coin: str, amount: Decimal) -> None:
        await self._done_or_raise(self._trading.prepare_isolated_margin(coin, amount))

    async def _done_or_raise(self, prepared: Prepared) -> None:
        (reply, *_) = await self._send(prepared)
        if reply.kind is not ReplyKind.DONE:
            raise VenueError(f"The exchange refused: {reply.text or 'no recognisable answer'}.")

    def _notice(self, severity: Severity, sentence: str, code: str) -> None:
        self._bus.publish(Notice(severity, sentence, code))


def _target(tracked: TrackedOrder) -> CancelTarget:
    client_id = tracked.client_order_id if tracked.client_order_id.startswith("0x") else None
    return CancelTarget(tracked.order.coin, tracked.order_id, client_id)
