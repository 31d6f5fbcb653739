"""Stops and targets that were sent together with an entry, and end with it when it is cancelled."""

from __future__ import annotations

from hlmaster.core.bus import Bus
from hlmaster.core.events import OrderChanged, TrackedOrder
from hlmaster.core.orders import OrderStatus, Purpose, TimeInForce
from hlmaster.trading.execution.tracker import GONE, OrderTracker

MARGIN = "margin"
"""In the venue's word for it."""


class Children:
    """The venue tells of a child's end on the orders' stream alone, and that may be lost: until the venue speaks of the
    child again, a child whose entry was cancelled before it was whole is taken for gone and protects nothing.

    It is our conclusion, as ``GONE`` says: a report or a list that holds one brings it back. The venue keeps the
    children of an entry whose rest it cancelled itself: of an IOC, and for want of margin.
    """

    def __init__(self, bus: Bus, tracker: OrderTracker) -> None:
        self._tracker = tracker
        bus.subscribe(OrderChanged, self._on_order)

    def _on_order(self, fact: OrderChanged) -> None:
        entry = fact.order
        if entry.order.reduce_only or entry.status is not OrderStatus.CANCELED or entry.remaining <= 0:
            return
        if entry.order.time_in_force is TimeInForce.IOC or MARGIN in entry.text.lower():
            return
        for child in self._tracker.unsettled(entry.order.coin):
            if child.status is OrderStatus.WAITING and came_with(child, entry):
                self._tracker.mark(child.client_order_id, OrderStatus.CANCELED, GONE)


def came_with(child: TrackedOrder, entry: TrackedOrder) -> bool:
    """Both were sent in one action, so they expire in one moment; so may what another action of that moment sent."""
    return (
        child.order.purpose is Purpose.PROTECT
        and child.order.trigger is not None
        and child.order.side is entry.order.side.opposite
        and child.order.source == entry.order.source
        and child.order.ticket == entry.order.ticket
        and child.expires_ms is not None
        and child.expires_ms == entry.expires_ms
    )
