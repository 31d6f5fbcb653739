"""Which of a coin's orders protect its position now: ours, the user's own, and those that only look as if they did."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderStatus, Purpose, TriggerKind
from hlmaster.trading.execution.children import came_with

ZERO = Decimal(0)
SOURCE = "protection"
PREFIX = "0x" + b"protect".hex()
"""Of our client order ids: by it a stop of ours is known again when nothing else of it is."""
ID_DIGITS = 32


def new_protective_id() -> str:
    random_digits = ID_DIGITS - (len(PREFIX) - 2)
    return PREFIX + secrets.token_hex(random_digits // 2)


def stands(tracked: TrackedOrder) -> bool:
    """A stop whose change is in doubt may be gone: a second one beside it does no harm, and none would."""
    return tracked.status.is_live and not tracked.resolving


def is_own(tracked: TrackedOrder) -> bool:
    return tracked.order.source == SOURCE or tracked.client_order_id.startswith(PREFIX)


@dataclass(frozen=True, slots=True)
class Cover:
    """Of one position. Sizes in coins."""

    stops: tuple[TrackedOrder, ...]
    """Ours, live, on the right side."""
    targets: tuple[TrackedOrder, ...]
    stray: tuple[TrackedOrder, ...]
    """Ours, live, and of no use to this position: of an earlier one, on the other side."""
    theirs: tuple[TrackedOrder, ...]
    """Stops that somebody else placed and that can act."""
    by_others: Decimal
    aims: tuple[TrackedOrder, ...]
    """Targets that somebody else placed, those that are on their way included."""
    aimed: Decimal
    arriving: tuple[TrackedOrder, ...]
    """Stops on their way whose fate the exchange has not told yet."""

    @property
    def by_us(self) -> Decimal:
        return sum((order.remaining for order in self.stops), ZERO)


def cover(
    orders: Sequence[TrackedOrder],
    size: Decimal,
    liquidation: Decimal | None = None,
    handed_over: Collection[str] = (),
) -> Cover:
    """``orders``: those of the coin that are not final. ``handed_over`` names stops given into our care."""
    side = Side.SELL if size > 0 else Side.BUY
    ours = [order for order in orders if is_own(order) or order.client_order_id in handed_over]
    live = [order for order in ours if order.status.is_live]
    right = [order for order in live if order.order.side is side and order.order.trigger is not None]
    stops = [order for order in right if _kind(order) is TriggerKind.STOP and stands(order)]
    others = [order for order in orders if order not in ours and _is_stop(order, side)]
    theirs = [
        order
        for order in others
        if stands(order) and not _waits_for_entry(order, orders) and _acts_first(order, side, liquidation)
    ]
    aims = [
        order
        for order in orders
        if order not in ours
        and _is_exit(order, side, TriggerKind.TAKE_PROFIT)
        and (order.status.is_live or in_flight(order))
        and not _waits_for_entry(order, orders)
    ]
    whole = abs(size)
    return Cover(
        stops=tuple(stops),
        targets=tuple(order for order in right if _kind(order) is TriggerKind.TAKE_PROFIT),
        stray=tuple(order for order in live if order not in right),
        theirs=tuple(theirs),
        # A stop for the whole position is listed with no size of its own.
        by_others=min(whole, sum((order.remaining or whole for order in theirs), ZERO)),
        aims=tuple(aims),
        aimed=min(whole, sum((order.remaining or whole for order in aims), ZERO)),
        arriving=tuple(order for order in (*ours, *others) if _is_stop(order, side) and not order.status.is_live),
    )


def _kind(order: TrackedOrder) -> TriggerKind | None:
    return None if order.order.trigger is None else order.order.trigger.kind


def _is_exit(order: TrackedOrder, side: Side, kind: TriggerKind) -> bool:
    return order.order.reduce_only and order.order.side is side and _kind(order) is kind


def _is_stop(order: TrackedOrder, side: Side) -> bool:
    return _is_exit(order, side, TriggerKind.STOP)


def _acts_first(order: TrackedOrder, side: Side, liquidation: Decimal | None) -> bool:
    trigger = order.order.trigger
    if trigger is None or liquidation is None:
        return True
    return trigger.price > liquidation if side is Side.SELL else trigger.price < liquidation


def parent_of(child: TrackedOrder, orders: Sequence[TrackedOrder]) -> TrackedOrder | None:
    """The unfinished entry that a stop came with.

    Of orders placed elsewhere only the sizes tell; there a doubtful stop does not count as one.
    """
    for order in orders:
        if order.order.reduce_only or order.order.side is child.order.side or order.status.is_final:
            continue
        if child.foreign:
            if order.foreign and order.order.size == child.order.size:
                return order
        elif came_with(child, order):
            return order
    return None


def _waits_for_entry(order: TrackedOrder, orders: Sequence[TrackedOrder]) -> bool:
    return parent_of(order, orders) is not None


def ticket_price(orders: Sequence[TrackedOrder], size: Decimal, kind: TriggerKind) -> Decimal | None:
    """The trigger of a stop or target that came with the entry of this position: what its holder wants."""
    side = Side.SELL if size > 0 else Side.BUY
    for order in orders:
        trigger = order.order.trigger
        attached = order.order.purpose is Purpose.PROTECT and not is_own(order)
        if trigger is not None and attached and _is_exit(order, side, kind):
            return trigger.price
    return None


def in_flight(order: TrackedOrder) -> bool:
    return order.status in (OrderStatus.INTENDED, OrderStatus.SENT)
