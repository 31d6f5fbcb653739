"""What the trader did by hand, as the safeguards measure it: orders placed, positions closed."""

from __future__ import annotations

from collections.abc import Iterable

from hlmaster.core.bus import Bus
from hlmaster.core.events import OrderChanged, TrackedOrder
from hlmaster.core.orders import OrderStatus
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.risk.safeguards import Closed, Placed

MAX_ORDERS = 2_000


class Habits:
    """A position counts whoever opened it: a strategy's loss is a loss to the one who watches it."""

    def __init__(self, bus: Bus, portfolio: Portfolio) -> None:
        self._portfolio = portfolio
        self._placed: dict[str, Placed] = {}
        bus.subscribe(OrderChanged, lambda fact: self._note(fact.order))

    def recall(self, orders: Iterable[TrackedOrder]) -> None:
        for tracked in sorted(orders, key=lambda one: one.created_ms):
            self._note(tracked)
        # Whatever was heard of before this is younger, or an old order told of anew.
        self._placed = dict(sorted(self._placed.items(), key=lambda item: item[1].time_ms))

    @property
    def placed(self) -> list[Placed]:
        return list(self._placed.values())

    @property
    def closed(self) -> list[Closed]:
        return [Closed(trip.closed_ms, trip.net) for trip in self._portfolio.round_trips[-50:]]

    def _note(self, tracked: TrackedOrder) -> None:
        order, name = tracked.order, tracked.client_order_id
        if tracked.foreign or order.reduce_only or (order.basis is not None and order.basis.automatic):
            return
        if tracked.status is OrderStatus.REJECTED:
            self._placed.pop(name, None)
        elif name not in self._placed:
            self._placed[name] = Placed(tracked.created_ms, order.notional)
            if len(self._placed) > MAX_ORDERS:
                del self._placed[next(iter(self._placed))]
