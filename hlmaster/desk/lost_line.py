"""What a lost connection does to orders and positions, by the policy in the settings."""

from __future__ import annotations

from collections.abc import Callable

from hlmaster.core.errors import VenueError
from hlmaster.desk.guard import DisconnectPolicy
from hlmaster.desk.manual import Manual
from hlmaster.settings import Settings
from hlmaster.trading.execution.foreign import ForeignOrders
from hlmaster.trading.execution.tracker import OrderTracker


class LostLine:
    """Call it when the line stays away: a sentence about what was done, empty for nothing. Raises VenueError."""

    def __init__(
        self, settings: Callable[[], Settings], orders: OrderTracker, foreign: ForeignOrders, manual: Manual
    ) -> None:
        self._settings, self._orders, self._foreign, self._manual = settings, orders, foreign, manual

    async def __call__(self) -> str:
        policy = DisconnectPolicy(self._settings().execution.disconnect_policy)
        if policy is DisconnectPolicy.CANCEL_ENTRIES:
            return await self._cancel_entries()
        return await self._flatten() if policy is DisconnectPolicy.FLATTEN else ""

    async def _cancel_entries(self) -> str:
        live = [order for order in self._orders.live() if not self._foreign.is_ignored(order)]
        if all(order.order.reduce_only for order in live):
            return ""
        outcome = await self._manual.cancel_entries()
        if not outcome.ok:
            raise VenueError(outcome.sentence)
        return f"The connection was lost, so resting entries were cancelled: {outcome.sentence} Stops stay."

    async def _flatten(self) -> str:
        report = await self._manual.flatten_all()
        if not report.is_flat:
            raise VenueError("Flattening after the lost connection is not complete.")
        return "The connection was lost, so everything was cancelled and closed."
