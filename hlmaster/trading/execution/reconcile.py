"""The exchange's word against our books: at the start, after every reconnect, and on a timer. The exchange wins."""

from __future__ import annotations

import asyncio
import logging

from hlmaster.core.bus import Bus
from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.errors import VenueError
from hlmaster.core.events import (
    AccountSnapshot,
    CashMoved,
    Discrepancy,
    FillsReported,
    FundingReported,
    OpenOrdersSnapshot,
    TrackedOrder,
)
from hlmaster.core.orders import OrderStatus
from hlmaster.core.ports import Trading
from hlmaster.trading.execution.executor import CLEAN_NEGATIVES
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio

log = logging.getLogger(__name__)
OVERLAP_MS = 2 * HOUR_MS


class Reconciler:
    """Fetches the venue's state and publishes it as the same facts the streams do; the books fold each fact once."""

    def __init__(
        self, bus: Bus, clock: Clock, trading: Trading, tracker: OrderTracker, portfolio: Portfolio, since_ms: int
    ) -> None:
        self._bus, self._clock, self._trading = bus, clock, trading
        self._tracker, self._portfolio = tracker, portfolio
        self._since_ms = since_ms
        self._lock = asyncio.Lock()
        self._negatives: dict[str, int] = {}
        self.last_success_ms: int | None = None

    async def run(self) -> None:
        """One whole pass. Raises VenueError; facts published before the failure stay, they are true."""
        async with self._lock:
            ledger = self._portfolio.ledger
            cash = await self._trading.cash_moves(self._from(ledger.last_cash_ms))
            # Positions that stay apart lack fills older than the overlap: then everything is asked for.
            last_fill_ms = 0 if self._portfolio.mismatched else ledger.last_fill_ms
            fills = await self._trading.fills(self._from(last_fill_ms))
            funding = await self._trading.funding(self._from(ledger.last_funding_ms))
            asked_ms = self._clock.now_ms()
            orders = await self._trading.open_orders()
            account = await self._trading.account()
            new_fills = sum(1 for fill in fills if not ledger.knows(fill))
            self._bus.publish(CashMoved(cash))
            self._bus.publish(FillsReported(fills))
            self._bus.publish(FundingReported(funding))
            self._bus.publish(OpenOrdersSnapshot(orders, asked_ms))
            self._bus.publish(AccountSnapshot(account))
            if new_fills and self.last_success_ms is not None:
                log.info("reconciliation brought %d fills the stream had not", new_fills)
            await self._settle_missing()
            self.last_success_ms = self._clock.now_ms()

    def _from(self, last_ms: int) -> int:
        """With an overlap, for rows can arrive late; from the session's beginning when nothing is booked yet."""
        return max(self._since_ms, last_ms - OVERLAP_MS) if last_ms else self._since_ms

    async def _settle_missing(self) -> None:
        """Orders that we hold for live and the venue does not list: ask after each by name."""
        missing = self._tracker.missing()
        self._negatives = {t.client_order_id: self._negatives.get(t.client_order_id, 0) for t in missing}
        for tracked in missing:
            if tracked.foreign:
                self._tracker.mark(tracked.client_order_id, OrderStatus.CANCELED, "gone at the exchange")
                continue
            venue = await self._trading.order_status(tracked.client_order_id)
            after = self._unknown_there(tracked) if venue is None else self._tracker.report(venue)
            if after is not None and after.status.is_final:
                text = f"{tracked.order.side} {tracked.order.size} {tracked.order.coin}"
                self._bus.publish(
                    Discrepancy(text, tracked.status, after.status, "The stream had not told.", self._clock.now_ms())
                )

    def _unknown_there(self, tracked: TrackedOrder) -> TrackedOrder | None:
        """One negative is no proof, for readers lag; several passes that agree are."""
        name = tracked.client_order_id
        self._negatives[name] += 1
        if self._negatives[name] < CLEAN_NEGATIVES:
            return None
        return self._tracker.mark(name, OrderStatus.CANCELED, "gone at the exchange")

    async def run_until_done(self, retry_seconds: float = 3.0) -> None:
        """Repeat until one pass succeeds; for the start, when nothing may trade before the books are true."""
        while True:
            try:
                await self.run()
            except VenueError as error:
                log.warning("reconciliation failed, trying again: %s", error)
                await self._clock.sleep(retry_seconds)
            else:
                return
