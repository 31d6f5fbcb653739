"""Finds out what became of actions whose answer never came. It asks, fences and waits; it never sends one again.

What counts as proof stands in ``proof``. A verdict of expiry also needs neither a fill nor an open order of that name.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError, JournalUnavailable, NonceUsed, OutcomeUnknown, UnrecognisedReply, VenueError
from hlmaster.core.events import ActionResolved, FillsReported, Notice, OrderChanged, Severity, TrackedOrder
from hlmaster.core.orders import ActionKind, Intent, OrderStatus, Prepared, ReplyKind, VenueOrder, intents_of
from hlmaster.core.ports import Journal, Trading
from hlmaster.trading.execution.proof import EXPIRY_MARGIN_MS, NEGATIVES_APART_SECONDS, FenceAnswer, Proof
from hlmaster.trading.execution.tracker import OrderTracker

log = logging.getLogger(__name__)
DISK_PATIENCE_SECONDS = 2.0
"""So long a fence waits for its entry in the journal; without one it is not sent, and the asking goes on."""
FILL_OVERLAP_MS = 60_000
"""Fills are asked for from this long before the action was made, for the venue's clock may be behind ours."""
LEFT_OPEN = "Left open by the last run."
NEVER_CAME = "It never reached the exchange."


@dataclass(frozen=True, slots=True)
class Doubt:
    """An action of unknown outcome. ``subjects`` are client order ids, or coins for actions on the account.

    Without a nonce (an order found in doubt whose action is not known any more) there is no fence.
    """

    kind: ActionKind
    subjects: tuple[str, ...]
    nonce: int | None
    expires_ms: int | None
    created_ms: int
    fenced: bool = False
    """A fence was tried before and its answer never came: "used" may then mean the fence itself."""

    @staticmethod
    def about(prepared: Prepared, created_ms: int) -> Doubt:
        subjects = tuple(item.subject for item in prepared.items)
        return Doubt(prepared.kind, subjects, prepared.nonce, prepared.expires_ms, created_ms)

    @staticmethod
    def left_open(intents: Iterable[Intent]) -> list[Doubt]:
        """What a journal holds open, action by action, in the order of their nonces."""
        actions: dict[int, list[Intent]] = {}
        fences: set[int] = set()
        for intent in intents:
            if intent.kind is ActionKind.NOOP:
                fences.add(intent.nonce)
            else:
                actions.setdefault(intent.nonce, []).append(intent)
        return [
            Doubt(
                items[0].kind,
                tuple(dict.fromkeys(item.subject for item in items)),
                nonce,
                items[0].expires_ms,
                items[0].created_ms,
                nonce in fences,
            )
            for nonce, items in sorted(actions.items())
        ]


class Resolver:
    """One task for each action in doubt. ``stop`` ends them; what is then open stays open in the journal."""

    def __init__(self, bus: Bus, clock: Clock, trading: Trading, journal: Journal, tracker: OrderTracker) -> None:
        self._bus, self._clock, self._trading = bus, clock, trading
        self._journal, self._tracker = journal, tracker
        self._tasks: dict[Doubt, asyncio.Task[None]] = {}
        self._stopped = False
        self._taken: set[str] = set()
        """Orders that a doubt in hand is about."""
        bus.subscribe(OrderChanged, self._on_order)

    async def stop(self) -> None:
        self._stopped = True
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    @property
    def open(self) -> tuple[Doubt, ...]:
        return tuple(self._tasks)

    def is_about(self, kind: ActionKind, name: str) -> bool:
        """Whether such an action upon this order is being found out."""
        return any(doubt.kind is kind and name in doubt.subjects for doubt in self._tasks)

    async def found_out(self, kind: ActionKind, names: Collection[str], seconds: float) -> None:
        """Wait for the end of such doubts about these orders, but no longer than so many wall seconds."""
        tasks = [t for doubt, t in self._tasks.items() if doubt.kind is kind and set(names) & set(doubt.subjects)]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)

    def take_up(self, doubt: Doubt) -> None:
        if self._stopped or doubt in self._tasks:
            return
        self._taken.update(doubt.subjects)
        task = asyncio.get_running_loop().create_task(self._resolve(doubt), name=f"resolve {doubt.kind} {doubt.nonce}")
        self._tasks[doubt] = task
        task.add_done_callback(lambda _: self._done(doubt))

    def _done(self, doubt: Doubt) -> None:
        del self._tasks[doubt]
        self._taken = {name for other in self._tasks for name in other.subjects}
        for name in doubt.subjects:
            tracked = self._tracker.get(name)
            if tracked is not None:
                self._on_order(OrderChanged(tracked))

    def take_up_left_open(self, intents: Sequence[Intent]) -> None:
        """After a restart: every action without an end, and every order that was on its way."""
        for intent in intents:
            if intent.kind is ActionKind.NOOP:
                self.conclude(ActionKind.NOOP, intent.nonce, "left", "The action it fenced is asked after.")
        for doubt in Doubt.left_open(intents):
            if doubt.kind not in _ABOUT_ORDERS or any(self._is_open(doubt.kind, name) for name in doubt.subjects):
                self.take_up(doubt)
            elif doubt.kind is not ActionKind.ORDER and doubt.nonce is not None:
                self.conclude(doubt.kind, doubt.nonce, "resolved", "Its orders have come to their end.")
        for tracked in self._tracker.unsettled():
            if _is_open(tracked) and not tracked.foreign:
                self._tracker.mark(tracked.client_order_id, OrderStatus.UNKNOWN, LEFT_OPEN)
                if tracked.client_order_id not in self._taken:
                    self._take_up_order(tracked)

    def _on_order(self, fact: OrderChanged) -> None:
        order = fact.order
        if order.status is OrderStatus.UNKNOWN and not order.foreign and order.client_order_id not in self._taken:
            self._take_up_order(order)

    def _take_up_order(self, order: TrackedOrder) -> None:
        self.take_up(Doubt(ActionKind.ORDER, (order.client_order_id,), None, order.expires_ms, order.created_ms))

    async def _resolve(self, doubt: Doubt) -> None:
        failures = 0
        while True:
            try:
                arrived, text = await self._find_out(doubt)
            except Exception as error:
                log.exception("resolving %s failed", doubt)
                failures += 1
                if failures == 1:
                    names = ", ".join(doubt.subjects)
                    sentence = f"What became of the {doubt.kind} of {names} could not be found out yet ({error})."
                    self._bus.publish(Notice(Severity.CRITICAL, sentence, "INV-001"))
                await self._clock.sleep(NEGATIVES_APART_SECONDS)
            else:
                break
        if doubt.kind is not ActionKind.ORDER and doubt.nonce is not None:
            self.conclude(doubt.kind, doubt.nonce, "resolved", text)
        self._bus.publish(ActionResolved(doubt.kind, doubt.subjects, arrived, text))

    # --- finding out ---

    async def _find_out(self, doubt: Doubt) -> tuple[bool | None, str]:
        """Whether the action arrived (None: nobody can say any more, nor does it matter), and a sentence."""
        expires_ms = doubt.created_ms if doubt.expires_ms is None else doubt.expires_ms
        proof = Proof(expires_ms, EXPIRY_MARGIN_MS * self._clock.speed, fenced=doubt.fenced)
        about_orders = doubt.kind in _ABOUT_ORDERS
        while True:
            venue_ms = await self._venue_ms()
            answers = [await self._ask(doubt, name) for name in self._open(doubt)]
            if about_orders and not self._open(doubt):
                return True, "The exchange told what became of it."
            if doubt.nonce is not None and doubt.kind in _FENCED and proof.wants_fence:
                proof.fence_answered(await self._fence(doubt.nonce))
            if proof.never_came:
                self._bury(doubt)
                return False, NEVER_CAME
            if proof.arrived and not about_orders:
                return True, "It reached the exchange; its answer is lost."
            proof.asked(None not in answers, venue_ms, self._clock.monotonic())
            if proof.left_no_trace and await self._is_nowhere(doubt):
                self._bury(doubt)
                return None, "It expired without a trace at the exchange."
            await self._clock.sleep(NEGATIVES_APART_SECONDS)

    def _open(self, doubt: Doubt) -> tuple[str, ...]:
        """The orders of the action that are still in doubt; for an action on the account, none."""
        if doubt.kind not in _ABOUT_ORDERS:
            return ()
        return tuple(name for name in doubt.subjects if self._is_open(doubt.kind, name))

    def _is_open(self, kind: ActionKind, name: str) -> bool:
        tracked = self._tracker.get(name)
        if tracked is None or tracked.status.is_final:
            return False
        match kind:
            case ActionKind.MODIFY:
                return tracked.resolving
            case ActionKind.CANCEL:
                return True
            case _:
                return _is_open(tracked)

    async def _ask(self, doubt: Doubt, name: str) -> bool | None:
        """True: told something that settles it. False: a clean negative. None: no answer."""
        known = await self.ask_after(name)
        if known and self._is_open(doubt.kind, name):
            # An order in a state without a name here is no negative; one that has not changed yet is.
            return None if doubt.kind is ActionKind.ORDER else False
        return known

    async def ask_after(self, name: str) -> bool | None:
        """Ask the venue about one order and book its answer. False: unknown there. None: no answer."""
        try:
            venue = await self._trading.order_status(name)
        except VenueError as error:
            log.info("no answer about order %s: %s", name, error)
            return None
        if venue is None:
            return False
        tracked = self._tracker.get(name)
        if tracked is not None and tracked.order.coin != venue.coin:
            sentence = f"Asked about our {tracked.order.coin} order {name}, the exchange speaks of {venue.coin}."
            self._bus.publish(Notice(Severity.CRITICAL, sentence, UnrecognisedReply.code))
            return None
        self._tracker.report(venue)
        return True

    def conclude(self, kind: ActionKind, nonce: int, status: str, text: str = "") -> None:
        """Close an action's entries in the journal; where it cannot be noted they stay open and are asked after."""
        try:
            self._journal.conclude(kind, nonce, status, text)
        except JournalUnavailable as error:
            log.warning("the end of %s %d is not noted: %s", kind, nonce, error)

    async def _venue_ms(self) -> int | None:
        """The venue's own time, asked before the orders are: their answers are younger than it."""
        try:
            return (await self._trading.account()).time_ms
        except VenueError as error:
            log.info("the exchange does not tell its time: %s", error)
            return None

    async def _fence(self, nonce: int) -> FenceAnswer:
        try:
            prepared = self._trading.prepare_noop(nonce)
            async with asyncio.timeout(DISK_PATIENCE_SECONDS):
                await self._journal.commit(intents_of(prepared, self._clock.now_ms()))
            (reply,) = await self._trading.send(prepared)
        except NonceUsed:
            self.conclude(ActionKind.NOOP, nonce, "used")
            return FenceAnswer.NONCE_USED
        except (OutcomeUnknown, UnrecognisedReply) as error:
            log.info("the fence at nonce %d has no answer: %s", nonce, error)
            return FenceAnswer.LOST
        except (HlError, TimeoutError) as error:
            log.info("the fence at nonce %d could not be set: %s", nonce, error or "the disk does not answer")
            return FenceAnswer.NOT_SENT
        if reply.kind is ReplyKind.UNRECOGNISED:
            return FenceAnswer.LOST
        self.conclude(ActionKind.NOOP, nonce, str(reply.kind), reply.text)
        return FenceAnswer.ACCEPTED if reply.kind is ReplyKind.DONE else FenceAnswer.OTHER

    async def _is_nowhere(self, doubt: Doubt) -> bool:
        """Neither a fill nor an open order bears one of its names. Both are told to the books where there are any."""
        if doubt.kind is not ActionKind.ORDER:
            return True
        listed = await self._listed()
        if listed is None:
            return False
        names = set(self._open(doubt))
        try:
            fills = await self._trading.fills(doubt.created_ms - FILL_OVERLAP_MS)
        except VenueError as error:
            log.info("fills could not be asked for: %s", error)
            return False
        ours = tuple(fill for fill in fills if fill.client_order_id in names)
        if ours:
            self._bus.publish(FillsReported(ours))
        found = [order for order in listed if order.client_order_id in names]
        for order in found:
            self._tracker.report(order)
        return not found

    async def _listed(self) -> tuple[VenueOrder, ...] | None:
        try:
            return await self._trading.open_orders()
        except VenueError as error:
            log.info("open orders could not be asked for: %s", error)
            return None

    def _bury(self, doubt: Doubt) -> None:
        """The action is dead: orders it would have placed do not exist, orders it would have changed are as before."""
        for name in self._open(doubt):
            if doubt.kind is ActionKind.MODIFY:
                self._tracker.not_replaced(name)
            elif doubt.kind is ActionKind.ORDER:
                tracked = self._tracker.get(name)
                came = tracked is not None and tracked.filled_size > 0
                status = OrderStatus.CANCELED if came else OrderStatus.REJECTED
                self._tracker.mark(name, status, "It is gone at the exchange." if came else NEVER_CAME)


_ABOUT_ORDERS = (ActionKind.ORDER, ActionKind.MODIFY, ActionKind.CANCEL)
_FENCED = tuple(kind for kind in ActionKind if kind is not ActionKind.CANCEL)
"""A cancel that is late is still wanted."""


def _is_open(tracked: TrackedOrder) -> bool:
    return tracked.status in (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN)
