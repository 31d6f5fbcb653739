"""Orders by one gesture: a click in the ladder or on the chart, a key, a dragged line. They go the ticket's way.

The working size is the ticket's; the switch before all of it is ``Context.arming``. What cannot be is said at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QApplication

from hlmaster.core.errors import HlError
from hlmaster.core.events import Severity, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import snap_price, wire_text
from hlmaster.desk.desk import Desk
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.bracket import Entry, break_even
from hlmaster.trading.preview import Preview
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import Ticket, TicketKind
from hlmaster.ui import figures, gestures
from hlmaster.ui.arming import Arming
from hlmaster.ui.dialogs.checklist import all_ticked
from hlmaster.ui.dialogs.confirm import Confirm, answered
from hlmaster.ui.gestures import Refused
from hlmaster.ui.order_words import consequences, order_words
from hlmaster.ui.working import DraftBracket, WorkingSize

LOCKED = "Trading gestures are locked. Arm them with the switch in the top bar."
Placed = asyncio.Task[None]
Key = tuple[object, ...]


class Surroundings(Protocol):
    """What of the window's context gestures need."""

    desk: Desk
    arming: Arming

    def notify(self, severity: Severity, sentence: str, code: str = "", cure: str = "") -> None: ...

    def run(self, work: Coroutine[Any, Any, Any], what: str) -> asyncio.Task[None]: ...


class QuickOrders(QObject):
    """Every verb gives its task, or None where it was refused; the same gesture within a moment is one."""

    size_changed = Signal()
    bracket_changed = Signal()
    """What ``bracket`` shows is another."""

    def __init__(self, context: Surroundings) -> None:
        super().__init__()
        self._context = context
        self._working: WorkingSize | None = None
        self._bracket: DraftBracket | None = None
        self._recent: dict[Key, Placed] = {}

    # --- the working size ---

    @property
    def working(self) -> WorkingSize | None:
        return self._working

    def set_working(self, working: WorkingSize | None) -> None:
        if working != self._working:
            self._working = working
            self.size_changed.emit()

    def size_text(self, coin: str) -> str:
        """``0.5``, ``$1,000``, ``5% eq``, ``$25 risk``; empty where nothing would be traded in this coin."""
        size = self._working
        return size.text if size is not None and size.counts_for(coin) else ""

    @property
    def bracket(self) -> DraftBracket | None:
        """What the ticket would send now, for whoever draws it; None while it means no order."""
        return self._bracket

    def set_bracket(self, bracket: DraftBracket | None) -> None:
        if bracket != self._bracket:
            self._bracket = bracket
            self.bracket_changed.emit()

    # --- entries ---

    def limit(self, coin: str, price: float, side: Side | None = None) -> Placed | None:
        """Without a side: below the middle of the book it buys, above it sells."""

        def make(now: Situation) -> Ticket:
            wanted = gestures.on_grid(price, now)
            return self._ticket(now, side or gestures.limit_side(now, wanted), TicketKind.LIMIT, wanted)

        return self._trade(("limit", coin, price, side), coin, make)

    def stop(self, coin: str, price: float, side: Side | None = None) -> Placed | None:
        """A stop market order; without a side: above the market it buys, below it sells.

        Against an open position and no larger than it, it is reduce-only: it may end the position and nothing else.
        """

        def make(now: Situation) -> Ticket:
            wanted = gestures.on_grid(price, now)
            made = self._ticket(now, gestures.stop_side(now, wanted, side), TicketKind.STOP_MARKET, wanted)
            orders = self._context.desk.manual.draft(made).orders
            return gestures.ending(made, now, orders[0].size) if orders else made

        return self._trade(("stop", coin, price, side), coin, make)

    def market(self, coin: str, side: Side) -> Placed | None:
        return self._trade(("market", coin, side), coin, lambda now: self._ticket(now, side, TicketKind.MARKET))

    def join(self, coin: str, side: Side) -> Placed | None:
        """A limit at the best price of one's own side, post-only where the settings say so."""
        is_maker = self._context.desk.settings.ticket.join_post_only
        kind = TicketKind.POST_ONLY if is_maker else TicketKind.LIMIT
        return self._trade(
            ("join", coin, side), coin, lambda now: self._ticket(now, side, kind, gestures.best(now, side))
        )

    def take(self, coin: str, side: Side) -> Placed | None:
        """A limit at the best price of the other side; what it does not find there waits at that price."""

        def make(now: Situation) -> Ticket:
            return self._ticket(now, side, TicketKind.LIMIT, gestures.best(now, side.opposite))

        return self._trade(("take", coin, side), coin, make)

    def _ticket(self, now: Situation, side: Side, kind: TicketKind, price: Decimal | None = None) -> Ticket:
        return gestures.ticket(now, self._working, self._context.desk.settings.ticket, side, kind, price)

    def _trade(self, key: Key, coin: str, make: Callable[[Situation], Ticket]) -> Placed | None:
        if key in self._recent:
            return self._recent[key]
        context = self._context
        try:
            now = self._fresh(coin)
            ticket = make(now)
            shown = context.desk.manual.preview(ticket)
            if not shown.can_send:
                raise Refused(" ".join(dict.fromkeys(shown.problems)))
        except HlError as error:
            self._refuse(error.sentence)
            return None
        return self._begin(key, self._place(ticket, shown, now), f"{ticket.side} {coin}")

    async def _place(self, ticket: Ticket, shown: Preview, now: Situation) -> Outcome:
        """Asked as the ticket asks; what was asked about is sent, or nothing."""
        context, coin = self._context, ticket.coin
        settings = context.desk.settings
        what = order_words(ticket.side, coin, shown, now.instrument.size_decimals)
        if settings.general.confirm_orders and not await self._meant(what, consequences(shown, now)):
            return Outcome(False, "Nothing was sent.")
        questions = () if ticket.reduce_only else settings.safeguards.checklist
        if not await all_ticked(_window(), what, questions):
            return Outcome(False, "Nothing was sent: the checklist is not ticked.")
        # What was asked about may have waited: the picture that the gesture was made on must still hold.
        self._fresh(coin)
        return await context.desk.manual.place(ticket)

    # --- what is there already ---

    def cancel(self, client_order_id: str) -> Placed | None:
        manual = self._context.desk.manual
        return self._act(("cancel", client_order_id), partial(manual.cancel, client_order_id), "Cancel")

    def cancel_coin(self, coin: str) -> Placed | None:
        manual = self._context.desk.manual
        return self._act(("cancel", coin), partial(manual.cancel_all, coin), f"Cancel {coin}")

    def move(self, client_order_id: str, price: float) -> Placed | None:
        """An order to another price, a waiting one's trigger; its size stays, and a limit behind a trigger keeps its
        distance."""
        desk = self._context.desk
        tracked = desk.orders.get(client_order_id)
        if tracked is None or not tracked.status.is_live:
            self._refuse("This order is not open any more.")
            return None
        order = tracked.order
        try:
            now = self._fresh(order.coin)
            wanted = gestures.on_grid(price, now)
        except HlError as error:
            self._refuse(error.sentence)
            return None
        if client_order_id in desk.protector.kept(order.coin):
            keep = partial(self._kept, order.coin, {client_order_id: wanted})
            return self._act(("move", client_order_id, wanted), keep, f"Move {order.coin}")
        changes = {"price": wanted}
        if order.trigger is not None:
            changes = {"trigger_price": wanted}
            if not order.trigger.market:
                beside = order.price + wanted - order.trigger.price
                changes["price"] = snap_price(beside, now.instrument.size_decimals)
        change = partial(desk.manual.modify, client_order_id, **changes)
        return self._act(("move", client_order_id, wanted), change, f"Move {order.coin}")

    async def _kept(self, coin: str, prices: Mapping[str, Decimal]) -> Outcome:
        """What protection keeps is moved by its own hand: it would put it back otherwise."""
        return Outcome(*self._context.desk.protector.move(coin, prices))

    # --- positions ---

    def close(self, coin: str, fraction: float | Decimal = 1) -> Placed | None:
        """At market, reduce-only; ``fraction`` of the position."""
        share = fraction if isinstance(fraction, Decimal) else Decimal(repr(fraction))
        part = "" if share == 1 else f" {figures.plain(share * 100)} % of"
        desk = self._context.desk

        async def work() -> Outcome:
            held = _held(desk.portfolio.size(coin), coin)
            if desk.settings.general.confirm_orders and not await self._meant(f"Close{part} {held}", "At market."):
                return Outcome(False, "Nothing was sent.")
            return await desk.manual.close(coin, share)

        return self._of_position(("close", coin), coin, work, f"Close {coin}")

    def reverse(self, coin: str) -> Placed | None:
        """Close, then open the same size on the other side; asked as an entry is."""
        desk = self._context.desk

        async def work() -> Outcome:
            size = desk.portfolio.size(coin)
            what = f"Reverse {_held(size, coin)}"
            sentence = "It is closed at market, and the same size is opened on the other side."
            if desk.settings.general.confirm_orders and not await self._meant(what, sentence):
                return Outcome(False, "Nothing was sent.")
            if not await all_ticked(_window(), what, desk.settings.safeguards.checklist):
                return Outcome(False, "Nothing was sent: the checklist is not ticked.")
            if desk.portfolio.size(coin) != size:
                return Outcome(False, f"Nothing was sent: the {coin} position changed while it was asked.")
            return await desk.manual.reverse(coin)

        try:
            self._fresh(coin)
        except HlError as error:
            self._refuse(error.sentence)
            return None
        return self._of_position(("reverse", coin), coin, work, f"Reverse {coin}")

    def breakeven(self, coin: str) -> Placed | None:
        """Every stop of the position that lies short of it, to the entry price plus the fees of both ends; a stop
        there where there is none."""
        desk = self._context.desk
        held = desk.portfolio.position(coin)
        if held is None:
            self._refuse(f"There is no {coin} position.")
            return None
        try:
            now = self._fresh(coin)
            side = Side.BUY if held.size > 0 else Side.SELL
            even = break_even(Entry(side, held.entry_price, None, now.fees.taker, now.instrument.size_decimals))
            if now.reference is None or (now.reference - even) * side.sign <= 0:
                mark = figures.price(now.reference, now.instrument.size_decimals)
                raise Refused(f"Break-even lies at {wire_text(even)}, and the mark price of {mark} has not passed it.")
        except HlError as error:
            self._refuse(error.sentence)
            return None
        return self._act(("breakeven", coin), partial(self._break_even, coin, side, even), f"Break-even {coin}")

    async def _break_even(self, coin: str, side: Side, even: Decimal) -> Outcome:
        desk = self._context.desk
        kept = desk.protector.kept(coin)
        stops = [order for order in desk.orders.live(coin) if _is_stop(order, side.opposite)]
        short = [stop for stop in stops if stop.order.trigger and (even - stop.order.trigger.price) * side.sign > 0]
        if stops and not short:
            return Outcome(True, f"The stop of {coin} lies at break-even or beyond already.")
        ours = {stop.client_order_id: even for stop in short if stop.client_order_id in kept}
        told = [await self._kept(coin, ours)] if ours else []
        for stop in short:
            if stop.client_order_id not in kept:
                told.append(await desk.manual.modify(stop.client_order_id, trigger_price=even))
        shield = desk.protector.shield(coin)
        if not stops and shield is not None:
            told = [desk.protect(coin, shield.policy.model_copy(update={"stop_price": even, "stop_tiers": ()}))]
        return Outcome(all(one.ok for one in told), " ".join(one.sentence for one in told))

    # --- one gesture ---

    def _of_position(
        self, key: Key, coin: str, work: Callable[[], Coroutine[Any, Any, Outcome]], what: str
    ) -> Placed | None:
        if self._context.desk.portfolio.size(coin) == 0:
            self._refuse(f"There is no {coin} position.")
            return None
        return self._act(key, work, what)

    def _act(self, key: Key, work: Callable[[], Coroutine[Any, Any, Any]], what: str) -> Placed | None:
        if key in self._recent:
            return self._recent[key]
        if not self._context.arming.is_on:
            self._refuse(LOCKED)
            return None
        if not self._context.desk.is_ready:
            self._refuse("Orders open once the exchange has answered.")
            return None
        return self._begin(key, work(), what)

    def _begin(self, key: Key, work: Coroutine[Any, Any, Any], what: str) -> Placed:
        task = self._recent[key] = self._context.run(work, what)
        # For as long as a second gesture may be half of a double click, and until the first has ended
        QTimer.singleShot(QApplication.doubleClickInterval(), self, partial(self._forget, key))
        return task

    def _forget(self, key: Key) -> None:
        task = self._recent.get(key)
        if task is not None and not task.done():
            task.add_done_callback(lambda _: self._recent.pop(key, None))
        else:
            self._recent.pop(key, None)

    def _fresh(self, coin: str) -> Situation:
        """Raises Refused while gestures are locked, or on a picture that is not the market's any more."""
        context = self._context
        if not context.arming.is_on:
            raise Refused(LOCKED)
        if not context.desk.is_ready:
            raise Refused("Orders open once the exchange has answered.")
        now = context.desk.survey(coin)
        if now.stale is not None:
            raise Refused(now.stale)
        return now

    def _refuse(self, sentence: str) -> None:
        self._context.notify(Severity.WARNING, sentence)

    async def _meant(self, what: str, sentence: str) -> bool:
        """Beside the window, not in its way."""
        dialog = Confirm(_window(), "Send this order?", f"{what}. {sentence}", what.split()[0])
        dialog.show()
        return await answered(dialog)


def _is_stop(tracked: TrackedOrder, side: Side) -> bool:
    order = tracked.order
    is_stop = order.trigger is not None and order.trigger.kind is TriggerKind.STOP
    return is_stop and order.reduce_only and order.side is side


def _held(size: Decimal, coin: str) -> str:
    return f"{'long' if size > 0 else 'short'} {figures.size(abs(size))} {coin}"


def _window() -> Any:
    return QApplication.activeWindow()
