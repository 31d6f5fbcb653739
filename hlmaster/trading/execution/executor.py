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
    VenueRefused,
    VenueUnreachable,
)
from hlmaster.core.events import Notice, OrderChanged, Rejected, Severity, TrackedOrder
from hlmaster.core.model import Leverage
from hlmaster.core.orders import (
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
LATENCIES = 500
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
        bus.subscribe(OrderChanged, self._on_order)

    async def stop(self) -> None:
        for task in self._resolving.values():
            task.cancel()
        await asyncio.gather(*self._resolving.values(), return_exceptions=True)

    # --- placing ---

    async def place(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> list[TrackedOrder]:
        """Register, prepare, commit, last look, send. Returns the orders as they stand afterwards."""
        orders = [item.order for item in approved]
        try:
            prepared = self._trading.prepare_orders(approved, grouping)
        except HlError as error:
            self._register(orders, None)
            return self._fail(orders, str(error))
        self._register(orders, prepared.expires_ms)
        return await self._carry_out(prepared, orders)

    def _register(self, orders: Sequence[Order], expires_ms: int | None) -> None:
        for order in orders:
            self._tracker.register(order, expires_ms)

    async def _carry_out(self, prepared: Prepared, orders: list[Order]) -> list[TrackedOrder]:
        try:
            await self._commit(prepared, orders)
        except JournalUnavailable as error:
            return self._fail(orders, str(error))
        stopped = next((why for order in orders if (why := self._last_look(order)) is not None), None)
        if stopped is not None:
            return self._fail(orders, stopped)
        for order in orders:
            self._tracker.mark(order.client_order_id, OrderStatus.SENT)
        try:
            replies = await self._send(prepared)
        except (VenueUnreachable, VenueRefused, RateLimited) as error:
            return self._fail(orders, str(error))
        except VenueError as error:
            return [self._doubt(order, error) for order in orders]
        return [self._book(order, reply) for order, reply in zip(orders, replies, strict=True)]

    async def modify(self, target: TrackedOrder, approved: Approved) -> TrackedOrder:
        """Cancel-replace under the same client order id. Raises HlError when the old order stands as it was."""
        order = approved.order
        name = order.client_order_id
        prepared = self._trading.prepare_modify(_target(target), approved)
        await self._commit(prepared, [order])
        stopped = self._last_look(order)
        if stopped is not None:
            raise VenueRefused(f"Not sent. {stopped}", "The order stands as it was.")
        self._tracker.begin_replacing(name)
        try:
            (reply, *_) = await self._send(prepared)
            if reply.kind is ReplyKind.UNRECOGNISED:
                raise UnrecognisedReply(reply.text or "The exchange gave no recognisable answer.")
        except (OutcomeUnknown, UnrecognisedReply) as error:
            self._notice(Severity.WARNING, f"The change of {order.coin} is unconfirmed: {error.sentence}", error.code)
            await self._ask_after(name)
            return self._tracker.get(name) or target
        else:
            if reply.kind is ReplyKind.REJECTED:
                self._bus.publish(Rejected(order, reply.text, self._clock.now_ms()))
                raise VenueRefused(f"The exchange refused the change: {reply.text}", "The order stands as it was.")
            return self._tracker.replaced(name, order, reply) or target
        finally:
            self._tracker.not_replaced(name)

    async def _commit(self, prepared: Prepared, orders: Sequence[Order]) -> None:
        """On disk when this returns. Raises JournalUnavailable for entries; an exit must not wait for a disk."""
        now = self._clock.now_ms()
        intents = [
            Intent(order, prepared.kind, prepared.nonce, prepared.expires_ms, prepared.payload_hash, now)
            for order in orders
        ]
        try:
            await self._journal.commit(intents)
        except JournalUnavailable as error:
            if not all(order.reduce_only for order in orders):
                raise
            self._notice(Severity.CRITICAL, f"An exit was sent without a journal entry: {error}", error.code)

    async def _send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        started = self._clock.monotonic()
        try:
            return await self._trading.send(prepared)
        finally:
            self.latency_ms.append((self._clock.monotonic() - started) * 1000)
            del self.latency_ms[:-LATENCIES]

    def _book(self, order: Order, reply: OrderReply) -> TrackedOrder:
        tracked = self._tracker.answer(order.client_order_id, reply)
        if tracked is None:
            raise LookupError(f"order {order.client_order_id} was answered but never registered")
        if reply.kind is ReplyKind.REJECTED:
            self._bus.publish(Rejected(order, reply.text, self._clock.now_ms()))
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
        if tracked is None:
            raise LookupError(f"order {order.client_order_id} was sent but never registered")
        return tracked

    # --- unknown outcomes ---

    def resolve_all(self) -> None:
        """Take up every order whose outcome a crash or a lost answer left open."""
        for tracked in self._tracker.unsettled():
            if tracked.status in (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN):
                self._resolve_later(tracked.client_order_id)

    def _on_order(self, fact: OrderChanged) -> None:
        if fact.order.status is OrderStatus.UNKNOWN and not fact.order.foreign:
            self._resolve_later(fact.order.client_order_id)

    def _resolve_later(self, client_order_id: str) -> None:
        if client_order_id not in self._resolving:
            task = asyncio.get_running_loop().create_task(
                self._resolve(client_order_id), name=f"resolve {client_order_id}"
            )
            self._resolving[client_order_id] = task
            task.add_done_callback(lambda _: self._resolving.pop(client_order_id, None))

    async def _resolve(self, client_order_id: str) -> None:
        try:
            await self._find_out(client_order_id)
        except Exception as error:
            log.exception("resolving order %s failed", client_order_id)
            sentence = f"The fate of order {client_order_id} could not be found out ({error})."
            self._notice(Severity.CRITICAL, sentence, "INV-001")

    async def _find_out(self, client_order_id: str) -> None:
        """Ask until the venue answers, or until the order has expired and three clean negatives prove it never came."""
        negatives = 0
        while (tracked := self._in_doubt(client_order_id)) is not None:
            known = await self._ask_after(client_order_id)
            negatives = negatives + 1 if known is False and self._has_expired(tracked) else 0
            if negatives >= CLEAN_NEGATIVES:
                came = (self._tracker.get(client_order_id) or tracked).filled_size > 0
                status = OrderStatus.CANCELED if came else OrderStatus.REJECTED
                text = "It is gone at the exchange." if came else "It expired without reaching the exchange."
                self._tracker.mark(client_order_id, status, text)
            elif self._in_doubt(client_order_id):
                await self._clock.sleep(RESOLVE_EVERY_SECONDS)

    def _in_doubt(self, client_order_id: str) -> TrackedOrder | None:
        tracked = self._tracker.get(client_order_id)
        return None if tracked is None or tracked.status.is_final or tracked.status.is_live else tracked

    def _has_expired(self, tracked: TrackedOrder) -> bool:
        """Past the moment from which the venue refuses it; without one it was never made ready to be sent."""
        expires = tracked.created_ms if tracked.expires_ms is None else tracked.expires_ms
        return self._clock.now_ms() > expires + EXPIRY_MARGIN_MS * self._clock.speed

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
        try:
            replies = await self._send(prepared)
        except OutcomeUnknown:
            for tracked in targets:
                await self._ask_after(tracked.client_order_id)
            raise
        return [await self._cancelled(item, reply) for item, reply in zip(targets, replies, strict=True)]

    async def _cancelled(self, tracked: TrackedOrder, reply: OrderReply) -> tuple[TrackedOrder, str | None]:
        if reply.kind is ReplyKind.DONE:
            self._tracker.mark(tracked.client_order_id, OrderStatus.CANCELED)
            return tracked, None
        # Gone already is no failure, but only the venue knows whether it was filled.
        await self._ask_after(tracked.client_order_id)
        now = self._tracker.get(tracked.client_order_id) or tracked
        if now.status is OrderStatus.CANCELED:
            return tracked, None
        return tracked, reply.text or "The exchange gave no recognisable answer."

    async def set_leverage(self, coin: str, leverage: Leverage) -> None:
        await self._done_or_raise(self._trading.prepare_leverage(coin, leverage))

    async def add_isolated_margin(self, coin: str, amount: Decimal) -> None:
        await self._done_or_raise(self._trading.prepare_isolated_margin(coin, amount))

    async def _done_or_raise(self, prepared: Prepared) -> None:
        (reply, *_) = await self._send(prepared)
        if reply.kind is not ReplyKind.DONE:
            raise VenueRefused(f"The exchange refused: {reply.text or 'no recognisable answer'}.")

    def _notice(self, severity: Severity, sentence: str, code: str) -> None:
        self._bus.publish(Notice(severity, sentence, code))


def _target(tracked: TrackedOrder) -> CancelTarget:
    client_id = tracked.client_order_id if tracked.client_order_id.startswith("0x") else None
    return CancelTarget(tracked.order.coin, tracked.order_id, client_id)
