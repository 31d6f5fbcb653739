"""Orders by one gesture: a click in the ladder or on the chart, a key, a dragged line. They go the ticket's way.

The working size is the ticket's; the switch before all of it is ``Context.arming``. What cannot be is said at once.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from hlmaster.core.errors import HlError
from hlmaster.core.events import Severity, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Purpose, TriggerKind
from hlmaster.core.rounding import to_float, wire_text
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.bracket import Entry, break_even
from hlmaster.trading.preview import Preview
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui import figures, gestures, moving
from hlmaster.ui.attempts import Attempts, Key, Placed, Surroundings
from hlmaster.ui.dialogs.checklist import all_ticked
from hlmaster.ui.dialogs.order_question import asking_window, meant
from hlmaster.ui.gestures import Refused
from hlmaster.ui.order_words import consequences, order_words
from hlmaster.ui.working import DraftBracket, WorkingSize

KEPT = "Protection keeps this order and would place it again at once: drag it, or change how the position is protected."
NOTHING_SENT = Outcome(False, "Nothing was sent.")


class QuickOrders(QObject):
    """Every verb gives its task, or None where it was refused; the same gesture within a moment is one.

    ``why_not`` says what came of it, to whoever made the gesture and can say so at its place.
    """

    size_changed = Signal()
    bracket_changed = Signal()
    """What ``bracket`` shows is another."""

    def __init__(self, context: Surroundings) -> None:
        super().__init__()
        self._context = context
        self._working: WorkingSize | None = None
        self._bracket: DraftBracket | None = None
        self._attempts = Attempts(context, self)
        self._moving: set[str] = set()

    def why_not(self, placed: Placed | None) -> str:
        """Of None, why the last verb was refused; of a task that has ended, why it failed; empty where all went."""
        return self._attempts.why_not(placed)

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
        if (same := self._attempts.same(key)) is not None:
            return same
        context = self._context
        try:
            now = self._attempts.fresh(coin)
            ticket = make(now)
            shown = context.desk.manual.preview(ticket)
            if not shown.can_send:
                raise Refused(" ".join(dict.fromkeys(shown.problems)))
        except HlError as error:
            return self._attempts.refuse(error.sentence)
        return self._attempts.begin(key, self._place(ticket, shown, now), f"{ticket.side} {coin}")

    async def _place(self, ticket: Ticket, shown: Preview, now: Situation) -> Outcome:
        """Asked as the ticket asks; what was asked about is sent, or nothing."""
        context, coin = self._context, ticket.coin
        settings = context.desk.settings
        with figures.unveiled():
            what = order_words(ticket.side, coin, shown, now.instrument.size_decimals)
            more = consequences(shown, now)
        if shown.entry is not None:
            # The size that is asked about, whatever equity and prices do meanwhile.
            ticket = replace(ticket, size_unit=SizeUnit.COIN, amount=shown.entry.size)
        if settings.general.confirm_orders and not await meant(what, more):
            return NOTHING_SENT
        questions = () if ticket.reduce_only else settings.safeguards.checklist
        if not await all_ticked(asking_window(), what, questions):
            return Outcome(False, "Nothing was sent: the checklist is not ticked.")
        # What was asked about may have waited: the picture that the gesture was made on must still hold.
        self._attempts.fresh(coin)
        return await context.desk.manual.place(ticket)

    # --- what is there already ---

    def cancel(self, client_order_id: str) -> Placed | None:
        """Not what protection keeps: that would be there again at once."""
        desk = self._context.desk
        tracked = desk.orders.get(client_order_id)
        if tracked is not None and client_order_id in desk.protector.kept(tracked.order.coin):
            return self._attempts.refuse(KEPT)
        cancel = partial(
            self._cancelled, desk.manual.cancel, client_order_id, "" if not tracked else tracked.order.coin
        )
        return self._attempts.act(("cancel", client_order_id), cancel, "Cancel")

    def cancel_newest(self, coin: str) -> Placed | None:
        """The newest order but for exits that protect: those are cancelled at their line."""
        desk = self._context.desk
        kept = desk.protector.kept(coin)
        live = [one for one in desk.orders.live(coin) if one.client_order_id not in kept]
        # Of two in the same millisecond the later one in the list is the newer.
        found = sorted(
            (one for one in live if one.order.purpose is not Purpose.PROTECT), key=lambda one: one.created_ms
        )
        if found:
            return self.cancel(found[-1].client_order_id)
        return self._attempts.refuse(
            f"Only stops and targets of {coin} are left, and they stay."
            if desk.orders.live(coin)
            else f"There is no {coin} order."
        )

    def cancel_coin(self, coin: str) -> Placed | None:
        """Every order of the coin but what protection keeps."""
        desk = self._context.desk

        async def work() -> Outcome:
            kept = desk.protector.kept(coin)
            done = await self._cancelled(partial(desk.manual.cancel_all, keep=kept), coin, coin)
            stay = f" What protection keeps stays: {len(kept)} order{'' if len(kept) == 1 else 's'}." if kept else ""
            return replace(done, sentence=f"{done.sentence}{stay}")

        return self._attempts.act(("cancel", coin), work, f"Cancel {coin}")

    async def _cancelled(self, cancel: Callable[[str], Coroutine[Any, Any, Outcome]], of: str, coin: str) -> Outcome:
        """And what that leaves without a stop."""
        desk = self._context.desk
        had = self._stops(coin)
        done = await cancel(of)
        if had and not self._stops(coin) and desk.portfolio.size(coin) and not desk.protector.kept(coin):
            return replace(done, sentence=f"{done.sentence} The {coin} position has no stop of its own now.")
        return done

    def _stops(self, coin: str) -> list[TrackedOrder]:
        """That can end the position."""
        desk = self._context.desk
        side = Side.SELL if desk.portfolio.size(coin) > 0 else Side.BUY
        return [order for order in desk.orders.live(coin) if _is_stop(order, side)]

    def move(self, client_order_id: str, price: float) -> Placed | None:
        """An order to another price, a waiting one's trigger; its size stays, and a limit behind a trigger keeps its
        distance."""
        return self.move_all({client_order_id: price})

    def move_all(self, prices: Mapping[str, float]) -> Placed | None:
        """Orders of one coin as one gesture, the first one first. An exit is moved on an old picture too."""
        if any(name in self._moving for name in prices):
            return self._attempts.refuse(moving.ON_ITS_WAY)
        try:
            self._attempts.ready()
            moves = moving.planned(self._context.desk, prices)
        except HlError as error:
            return self._attempts.refuse(error.sentence)
        if moves.note:
            self._context.notify(Severity.WARNING, moves.note)
        carry = partial(moving.carried_out, self._context.desk, moves)
        placed = self._attempts.act(("move", *moves.orders.items(), *moves.kept.items()), carry, f"Move {moves.coin}")
        if placed is not None and moves.orders:
            self._moving |= moves.orders.keys()
            placed.add_done_callback(lambda _: self._moving.difference_update(moves.orders))
        return placed

    # --- positions ---

    def close(self, coin: str, fraction: float | Decimal = 1) -> Placed | None:
        """At market, reduce-only; ``fraction`` of the position."""
        share = fraction if isinstance(fraction, Decimal) else Decimal(repr(fraction))
        part = "" if share == 1 else f" {figures.plain(share * 100)} % of"
        desk = self._context.desk

        async def work() -> Outcome:
            size = desk.portfolio.size(coin)
            if desk.settings.general.confirm_orders and not await meant(
                f"Close{part} {_held(size, coin)}", "At market."
            ):
                return NOTHING_SENT
            self._still(coin, size)
            return await desk.manual.close(coin, share)

        return self._of_position(("close", coin, share), coin, work, f"Close {coin}")

    def reverse(self, coin: str) -> Placed | None:
        """Close, then open the same size on the other side; asked as an entry is."""
        desk = self._context.desk

        async def work() -> Outcome:
            size = desk.portfolio.size(coin)
            what = f"Reverse {_held(size, coin)}"
            sentence = "It is closed at market, and the same size is opened on the other side."
            if desk.settings.general.confirm_orders and not await meant(what, sentence):
                return NOTHING_SENT
            if not await all_ticked(asking_window(), what, desk.settings.safeguards.checklist):
                return Outcome(False, "Nothing was sent: the checklist is not ticked.")
            self._still(coin, size)
            self._attempts.fresh(coin)
            return await desk.manual.reverse(coin)

        try:
            self._attempts.fresh(coin)
        except HlError as error:
            return self._attempts.refuse(error.sentence)
        return self._of_position(("reverse", coin), coin, work, f"Reverse {coin}")

    def _still(self, coin: str, size: Decimal) -> None:
        """Raises Refused where the position is not what was asked about, or gestures are locked by now."""
        self._attempts.ready()
        if self._context.desk.portfolio.size(coin) != size:
            raise Refused(f"Nothing was sent: the {coin} position changed while it was asked.")

    def breakeven(self, coin: str) -> Placed | None:
        """Every stop of the position that lies short of it, to the entry price plus the fees of both ends; a stop
        there where there is none."""
        desk = self._context.desk
        held = desk.portfolio.position(coin)
        if held is None:
            return self._attempts.refuse(f"There is no {coin} position.")
        try:
            now = self._attempts.fresh(coin)
            side = Side.BUY if held.size > 0 else Side.SELL
            even = break_even(Entry(side, held.entry_price, None, now.fees.taker, now.instrument.size_decimals))
            if now.reference is None or (now.reference - even) * side.sign <= 0:
                mark = figures.price(now.reference, now.instrument.size_decimals)
                raise Refused(f"Break-even lies at {wire_text(even)}, and the mark price of {mark} has not passed it.")
        except HlError as error:
            return self._attempts.refuse(error.sentence)
        return self._attempts.act(
            ("breakeven", coin), partial(self._break_even, coin, side, even), f"Break-even {coin}"
        )

    async def _break_even(self, coin: str, side: Side, even: Decimal) -> Outcome:
        desk = self._context.desk
        stops = self._stops(coin)
        short = [stop for stop in stops if stop.order.trigger and (even - stop.order.trigger.price) * side.sign > 0]
        if stops and not short:
            return Outcome(True, f"The stop of {coin} lies at break-even or beyond already.")
        shield = desk.protector.shield(coin)
        if not stops and shield is not None:
            return desk.protect(coin, shield.policy.model_copy(update={"stop_price": even, "stop_tiers": ()}))
        if not short:
            return Outcome(False, f"{coin} has no stop, and nothing protects it: place one by the ticket.")
        moves = moving.planned(desk, {stop.client_order_id: to_float(even) for stop in short})
        return await moving.carried_out(desk, moves)

    # --- one gesture ---

    def _of_position(
        self, key: Key, coin: str, work: Callable[[], Coroutine[Any, Any, Outcome]], what: str
    ) -> Placed | None:
        if self._context.desk.portfolio.size(coin) == 0:
            return self._attempts.refuse(f"There is no {coin} position.")
        return self._attempts.act(key, work, what)


def _is_stop(tracked: TrackedOrder, side: Side) -> bool:
    order = tracked.order
    is_stop = order.trigger is not None and order.trigger.kind is TriggerKind.STOP
    return is_stop and order.reduce_only and order.side is side


def _held(size: Decimal, coin: str) -> str:
    with figures.unveiled():
        return f"{'long' if size > 0 else 'short'} {figures.size(abs(size))} {coin}"
