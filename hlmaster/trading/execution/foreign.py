"""Orders that another program, or the exchange's own page, placed on this account: shown, adopted, or left alone."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

from hlmaster.core.bus import Bus
from hlmaster.core.events import OrderChanged, TrackedOrder
from hlmaster.trading.execution.tracker import OrderTracker


class ForeignPolicy(StrEnum):
    SHOW = "show"
    """Listed; cancelled when a person or a policy cancels, otherwise not touched."""
    ADOPT = "adopt"
    """Ours from the moment we hear of them."""
    IGNORE = "ignore"
    """Listed in grey; only a kill touches them."""


class ForeignOrders:
    def __init__(self, bus: Bus, tracker: OrderTracker, policy: Callable[[], ForeignPolicy]) -> None:
        self._tracker, self._policy = tracker, policy
        bus.subscribe(OrderChanged, self._on_order)

    def _on_order(self, fact: OrderChanged) -> None:
        if fact.order.foreign and self._policy() is ForeignPolicy.ADOPT:
            self._tracker.adopt(fact.order.client_order_id)

    def is_ignored(self, tracked: TrackedOrder) -> bool:
        return tracked.foreign and self._policy() is ForeignPolicy.IGNORE

    def adopt(self, client_order_id: str) -> TrackedOrder | None:
        """One order by choice, whatever the policy; None when it is not known, or not foreign."""
        known = self._tracker.get(client_order_id)
        if known is None or not known.foreign:
            return None
        return self._tracker.adopt(client_order_id)
