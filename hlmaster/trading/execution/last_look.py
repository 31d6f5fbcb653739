"""The last look: between the gate's yes and the send a commit was awaited, and the world may have changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal

from hlmaster.core.clock import SECOND_MS
from hlmaster.core.errors import ConfigError
from hlmaster.core.orders import ActionItem, Order, Prepared, Purpose, Verdict
from hlmaster.core.rounding import wire_text
from hlmaster.trading.situation import Situation

Look = Callable[[Prepared], str | None]
"""A sentence from it stops the send. Synchronous: nothing can change between the look and the send."""


class LastLook:
    """Called with orders at the moment of their approval; what it returns is asked right before the send."""

    def __init__(
        self,
        check: Callable[[Order], Verdict],
        survey: Callable[[str], Situation],
        venue_ms: Callable[[], int],
        drift_percent: Callable[[], Decimal],
    ) -> None:
        self._check, self._survey, self._venue_ms, self._drift_percent = check, survey, venue_ms, drift_percent

    def __call__(self, orders: Sequence[Order]) -> Look:
        prices = {order.client_order_id: self._price(order) for order in orders if _enters_at_market(order)}

        def look(prepared: Prepared) -> str | None:
            return (
                self._expired(prepared)
                or self._changed(prepared.items)
                or next((why for order in prepared.orders if (why := self._refused(order))), None)
                or next((why for order in prepared.orders if (why := self._drifted(order, prices))), None)
            )

        return look

    def _price(self, order: Order) -> Decimal | None:
        situation = self._survey(order.coin)
        return situation.mid or situation.reference

    def _expired(self, prepared: Prepared) -> str | None:
        late = 0 if prepared.expires_ms is None else self._venue_ms() - prepared.expires_ms
        return f"It expired {late / SECOND_MS:.1f} s ago, before it could be sent." if late > 0 else None

    def _changed(self, items: Sequence[ActionItem]) -> str | None:
        """The number that was signed must still mean the same coin, in the same lots."""
        for item in items:
            if item.asset is None or item.order is None:
                continue
            try:
                listed = self._survey(item.asset.coin).instrument
            except ConfigError as error:
                return error.sentence
            if (listed.asset, listed.size_decimals) != (item.asset.asset, item.asset.size_decimals):
                return f"{listed.coin} changed its number or lot at the exchange while the order was on its way."
        return None

    def _refused(self, order: Order) -> str | None:
        return " ".join(failure.sentence for failure in self._check(order).failures) or None

    def _drifted(self, order: Order, prices: dict[str, Decimal | None]) -> str | None:
        before, now = prices.get(order.client_order_id), self._price(order)
        if before is None or now is None:
            return None
        moved = abs(now - before) / before * 100
        if moved <= self._drift_percent():
            return None
        return (
            f"{order.coin} moved by {moved:.2f} % after the order was approved, from {wire_text(before)} "
            f"to {wire_text(now)}; at most {self._drift_percent()} % is allowed."
        )


def _enters_at_market(order: Order) -> bool:
    return order.market and order.purpose is Purpose.ENTRY
