"""Sends approved orders, each written to disk before its bytes leave. What has no answer goes to the resolver.

The order of steps is a promise: reservation (the gate's yes and the tracker's entry), preparation (nonce, expiry,
bytes, hash), commit, last look, send.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
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
from hlmaster.core.events import Notice, Rejected, Severity, TrackedOrder
from hlmaster.core.failpoints import NO_FAILPOINTS, Failpoints, Point
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
    intents_of,
)
from hlmaster.core.ports import Journal, Trading
from hlmaster.trading.execution.last_look import Look
from hlmaster.trading.execution.resolver import Doubt, Resolver
from hlmaster.trading.execution.tracker import NOT_SENT, OrderTracker

log = logging.getLogger(__name__)
LATENCIES = 500
DISK_PATIENCE_SECONDS = 2.0
"""Cancels and reducing orders wait for the journal so long, and then go on with what is in memory."""
NO_WORDS = "The answer was not recognisable."


class Executor:
    """``last_look`` remembers the orders at their approval; what it returns is asked right before the send."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        trading: Trading,
        journal: Journal,
        tracker: OrderTracker,
        last_look: Callable[[Sequence[Order]], Look],
        resolver: Resolver,
        failpoints: Failpoints = NO_FAILPOINTS,
    ) -> None:
        self._bus, self._clock, self._trading = bus, clock, trading
        self._journal, self._tracker, self._last_look = journal, tracker, last_look
        self._resolver, self._failpoints = resolver, failpoints
        self._writing: set[asyncio.Task[None]] = set()
        self.latency_ms: list[float] = []

    # --- placing ---

    async def place(self, approved: Sequence[Approved], grouping: Grouping = Grouping.NONE) -> list[TrackedOrder]:
        """Returns the orders as they stand afterwards: rejected, on the venue's book, final, or in doubt."""
        orders = [item.order for item in approved]
        try:
            for order in orders:
                self._tracker.register(order)
            look = self._last_look(orders)
            prepared = self._trading.prepare_orders(approved, grouping)
            for order in orders:
                self._tracker.prepared(order.client_order_id, prepared.expires_ms)
            await self._make_ready(prepared, look)
        except HlError as error:
            return self._fail(orders, str(error))
        except BaseException:
            self._fail(orders, "It was given up before it left.")
            raise
        for order in orders:
            self._tracker.mark(order.client_order_id, OrderStatus.SENT)
        try:
            with self._in_doubt_unless_answered(prepared):
                replies = await self._send(prepared)
        except (VenueUnreachable, VenueRefused, RateLimited) as error:
            return self._fail(orders, str(error))
        except VenueError as error:
            return [self._doubted(order, error) for order in orders]
        except BaseException:
            for order in orders:
                self._tracker.mark(order.client_order_id, OrderStatus.UNKNOWN, "Nobody waited for its answer.")
            raise
        if any(reply.kind is ReplyKind.UNRECOGNISED for reply in replies):
            self._doubt(prepared)
        return [self._book(order, reply) for order, reply in zip(orders, replies, strict=True)]

    async def _make_ready(self, prepared: Prepared, look: Look) -> None:
        """Commit, then the last look; when it returns, the send follows with nothing awaited in between.

        Raises JournalUnavailable, or VenueRefused with what has changed.
        """
        await self._failpoints.reach(Point.SIGNED)
        await self._commit(prepared)
        why = look(prepared)
        if why is not None:
            raise VenueRefused(why)

    async def modify(self, changes: Sequence[tuple[TrackedOrder, Approved]]) -> list[tuple[TrackedOrder, str | None]]:
        """Cancel-replace under the same client order ids, all in one action and in this order.

        Each order as it stands afterwards with None, or with the reason why it stands as it was; ``resolving`` is one
        of which nobody knows, until the resolver has found out. Raises HlError when nothing was sent.
        """
        orders = [approved.order for _, approved in changes]
        if any(target.resolving for target, _ in changes):
            raise VenueRefused("An earlier change of this order is still being found out.", "Wait, or cancel it.")
        look = self._last_look(orders)
        for order in orders:
            self._tracker.begin_replacing(order.client_order_id, order)
        try:
            prepared = self._trading.prepare_modify([(_target(target), approved) for target, approved in changes])
            replies = await self._send_ready(prepared, look)
        except (OutcomeUnknown, UnrecognisedReply) as error:
            return [self._changed_perhaps(target, error.sentence, error.code) for target, _ in changes]
        except BaseException:
            for order in orders:
                self._give_up_change(order.client_order_id)
            raise
        answered = zip(changes, replies, strict=True)
        return [self._changed(target, approved.order, reply) for (target, approved), reply in answered]

    async def found_out(self, names: Sequence[str], seconds: float) -> None:
        """Wait until it is known what became of the changes of these orders; no longer than so many wall seconds."""
        await self._resolver.found_out(ActionKind.MODIFY, names, seconds)

    async def ask_after(self, name: str) -> None:
        """Have the exchange say how an order stands; where it does not answer, what is known stays."""
        await self._resolver.ask_after(name)

    def _changed(self, target: TrackedOrder, order: Order, reply: OrderReply) -> tuple[TrackedOrder, str | None]:
        name = order.client_order_id
        if reply.kind is ReplyKind.UNRECOGNISED:
            return self._changed_perhaps(target, reply.text or NO_WORDS, OutcomeUnknown.code)
        if reply.kind is ReplyKind.REJECTED:
            self._tracker.not_replaced(name)
            self._bus.publish(Rejected(order, reply.text, self._clock.now_ms()))
            return self._tracker.get(name) or target, f"The exchange refused the change: {reply.text}"
        return self._tracker.replaced(name, order, reply) or target, None

    def _changed_perhaps(self, target: TrackedOrder, why: str, code: str) -> tuple[TrackedOrder, None]:
        self._tracker.doubt_replacing(target.client_order_id)
        sentence = f"The change of {target.order.coin} is unconfirmed; the exchange is being asked. {why}"
        self._notice(Severity.WARNING, sentence, code)
        return self._tracker.get(target.client_order_id) or target, None

    def _give_up_change(self, name: str) -> None:
        if self._resolver.is_about(ActionKind.MODIFY, name):
            self._tracker.doubt_replacing(name)
        else:
            self._tracker.not_replaced(name)

    async def _send_one(self, prepared: Prepared, look: Look) -> OrderReply:
        """An action with one item and one answer."""
        (reply,) = await self._send_ready(prepared, look)
        return reply

    async def _send_ready(self, prepared: Prepared, look: Look) -> tuple[OrderReply, ...]:
        """Raises HlError; OutcomeUnknown once the resolver has taken it up, where no answer was recognisable.

        Where only some were, the resolver finds out about the others.
        """
        try:
            await self._make_ready(prepared, look)
            with self._in_doubt_unless_answered(prepared):
                replies = await self._send(prepared)
                if all(reply.kind is ReplyKind.UNRECOGNISED for reply in replies):
                    raise OutcomeUnknown(replies[0].text or NO_WORDS, "It is being looked up.")
        except (VenueUnreachable, VenueRefused, RateLimited) as error:
            self._resolver.conclude(prepared.kind, prepared.nonce, "not sent", str(error))
            raise
        answers = zip(prepared.items, replies, strict=True)
        unclear = tuple(item.subject for item, reply in answers if reply.kind is ReplyKind.UNRECOGNISED)
        if unclear:
            self._resolver.take_up(replace(Doubt.about(prepared, self._clock.now_ms()), subjects=unclear))
        else:
            words = ", ".join(dict.fromkeys(str(reply.kind) for reply in replies))
            texts = " ".join(dict.fromkeys(reply.text for reply in replies if reply.text))
            self._resolver.conclude(prepared.kind, prepared.nonce, words, texts)
        return replies

    # --- the journal and the wire ---

    async def _commit(self, prepared: Prepared) -> None:
        """On disk when this returns. Raises JournalUnavailable, save for exits, which must not wait for a disk."""
        await self._failpoints.reach(Point.BEFORE_INTENT)
        intents = intents_of(prepared, self._clock.now_ms())
        if all(intent.may_go_without_disk for intent in intents):
            await self._commit_exit(intents)
        else:
            await self._journal.commit(intents)
        await self._failpoints.reach(Point.COMMITTED)

    async def _commit_exit(self, intents: Sequence[Intent]) -> None:
        writing = asyncio.get_running_loop().create_task(self._journal.commit(intents), name="commit an exit")
        self._writing.add(writing)
        writing.add_done_callback(self._written)
        await asyncio.wait({writing}, timeout=DISK_PATIENCE_SECONDS)
        if not writing.done():
            error: BaseException | None = JournalUnavailable(
                "The journal's disk does not answer.", "It is tried again."
            )
        else:
            error = writing.exception()
        if isinstance(error, JournalUnavailable):
            sentence = f"An exit goes out without an entry on disk; it is kept in memory. {error}"
            self._notice(Severity.CRITICAL, sentence, error.code)
        elif error is not None:
            raise error

    def _written(self, writing: asyncio.Task[None]) -> None:
        self._writing.discard(writing)
        if not writing.cancelled() and writing.exception() is not None:
            log.info("an exit's journal entry: %s", writing.exception())

    async def stop(self) -> None:
        for writing in self._writing:
            writing.cancel()
        await asyncio.gather(*self._writing, return_exceptions=True)

    async def _send(self, prepared: Prepared) -> tuple[OrderReply, ...]:
        started = self._clock.monotonic()
        try:
            replies = await self._trading.send(prepared)
        finally:
            self.latency_ms.append((self._clock.monotonic() - started) * 1000)
            del self.latency_ms[:-LATENCIES]
        await self._failpoints.reach(Point.REPLIED)
        return replies

    @contextmanager
    def _in_doubt_unless_answered(self, prepared: Prepared) -> Iterator[None]:
        """Whatever ends a send without an answer, a cancelled task too, leaves its outcome to the resolver."""
        try:
            yield
        except (VenueUnreachable, VenueRefused, RateLimited):
            raise
        except BaseException:
            self._doubt(prepared)
            raise

    def _doubt(self, prepared: Prepared) -> None:
        self._resolver.take_up(Doubt.about(prepared, self._clock.now_ms()))

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
            tracked = self._tracker.mark(order.client_order_id, OrderStatus.REJECTED, f"{NOT_SENT} {why}")
            if tracked is not None:
                failed.append(tracked)
            self._bus.publish(Rejected(order, f"{NOT_SENT} {why}", self._clock.now_ms()))
        return failed

    def _doubted(self, order: Order, error: VenueError) -> TrackedOrder:
        sentence = f"The fate of {order.side} {order.size} {order.coin} is unknown; asking the exchange. {error}"
        self._notice(Severity.WARNING, sentence, error.code)
        tracked = self._tracker.mark(order.client_order_id, OrderStatus.UNKNOWN, error.sentence)
        if tracked is None:
            raise LookupError(f"order {order.client_order_id} was sent but never registered")
        return tracked

    # --- cancels and the account ---

    async def cancel(self, targets: Sequence[TrackedOrder]) -> list[tuple[TrackedOrder, str | None]]:
        """Each order with None, or with the venue's reason why it could not be cancelled."""
        if not targets:
            return []
        prepared = self._trading.prepare_cancel([_target(tracked) for tracked in targets])
        await self._failpoints.reach(Point.SIGNED)
        await self._commit(prepared)
        try:
            with self._in_doubt_unless_answered(prepared):
                replies = await self._send(prepared)
        except (VenueUnreachable, VenueRefused, RateLimited) as error:
            self._resolver.conclude(prepared.kind, prepared.nonce, "not sent", str(error))
            raise
        if any(reply.kind is ReplyKind.UNRECOGNISED for reply in replies):
            self._doubt(prepared)
        else:
            self._resolver.conclude(prepared.kind, prepared.nonce, "answered")
        return [await self._cancelled(item, reply) for item, reply in zip(targets, replies, strict=True)]

    async def _cancelled(self, tracked: TrackedOrder, reply: OrderReply) -> tuple[TrackedOrder, str | None]:
        if reply.kind is ReplyKind.DONE:
            self._tracker.mark(tracked.client_order_id, OrderStatus.CANCELED)
            return tracked, None
        # Gone already is no failure, but only the venue knows whether it was filled.
        await self._resolver.ask_after(tracked.client_order_id)
        now = self._tracker.get(tracked.client_order_id) or tracked
        if now.status is OrderStatus.CANCELED:
            return tracked, None
        return tracked, reply.text or "The exchange gave no recognisable answer."

    async def set_leverage(self, coin: str, leverage: Leverage) -> None:
        await self._done_or_raise(self._trading.prepare_leverage(coin, leverage))

    async def add_isolated_margin(self, coin: str, amount: Decimal) -> None:
        """USD; negative takes back what is not needed."""
        await self._done_or_raise(self._trading.prepare_isolated_margin(coin, amount))

    async def schedule_cancel(self, time_ms: int | None) -> None:
        """Have the venue cancel every open order, stops too, at ``time_ms``; None takes that back."""
        await self._done_or_raise(self._trading.prepare_schedule_cancel(time_ms))

    async def _done_or_raise(self, prepared: Prepared) -> None:
        """Raises HlError; with OutcomeUnknown the resolver finds out and tells it as ``ActionResolved``."""
        reply = await self._send_one(prepared, self._last_look(()))
        if reply.kind is not ReplyKind.DONE:
            raise VenueRefused(f"The exchange refused: {reply.text or 'no recognisable answer'}.")

    def _notice(self, severity: Severity, sentence: str, code: str) -> None:
        self._bus.publish(Notice(severity, sentence, code))


def _target(tracked: TrackedOrder) -> CancelTarget:
    client_id = tracked.client_order_id if tracked.client_order_id.startswith("0x") else None
    return CancelTarget(tracked.order.coin, tracked.order_id, client_id)
