"""Orders, positions and money as the desk knows them, and their agreement with the exchange's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import Refused, SessionRestored, TradingState
from hlmaster.core.model import Instrument
from hlmaster.core.orders import Fill
from hlmaster.desk.parts import Parts
from hlmaster.desk.survey import Survey
from hlmaster.market.feed import Feed
from hlmaster.settings import Settings
from hlmaster.trading.differences import Differences
from hlmaster.trading.execution.children import Children
from hlmaster.trading.execution.foreign import ForeignOrders, ForeignPolicy
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio


class Books:
    """``state`` gives the trading state and the sentence that explains it."""

    def __init__(
        self,
        parts: Parts,
        bus: Bus,
        clock: Clock,
        feed: Feed,
        instruments: Mapping[str, Instrument],
        settings: Callable[[], Settings],
        state: Callable[[], tuple[TradingState, str]],
    ) -> None:
        self._bus, self._open_store = bus, parts.open_store
        self.orders = OrderTracker(bus, clock, parts.store, parts.failpoints)
        Children(bus, self.orders)
        self.portfolio = Portfolio(bus, clock, self.mark, parts.store)
        self.portfolio.exit_reason = self._exit_reason
        self.survey = Survey(clock, feed, lambda: instruments, self.portfolio, self.orders, state)
        self.reconciler = Reconciler(bus, clock, parts.trading, self.orders, self.portfolio, parts.session.since_ms)
        self.differences = Differences(bus, parts.store)
        self.foreign = ForeignOrders(bus, self.orders, lambda: ForeignPolicy(settings().execution.foreign_orders))
        self._store = parts.store
        bus.subscribe(Refused, self._on_refused)

    async def restore(self) -> None:
        """Raises StorageError."""
        self._open_store()
        await self.orders.restore()
        await self.portfolio.restore()
        await self.differences.restore()
        self._bus.publish(SessionRestored())

    @property
    def are_blank(self) -> bool:
        """Nothing was ever traded, as far as they know."""
        return not self.portfolio.fills and not self.orders.all()

    def mark(self, coin: str) -> Decimal | None:
        return self.survey.mark(coin)

    def _on_refused(self, fact: Refused) -> None:
        for failure in fact.verdict.failures:
            self._store.save_refusal(fact.time_ms, fact.order.coin, failure.rule, failure.sentence)

    def _exit_reason(self, fill: Fill) -> str:
        if fill.liquidation:
            return "liquidation"
        tracked = self.orders.of_fill(fill)
        if tracked is None:
            return "elsewhere"
        order = tracked.order
        return order.kind if order.trigger is not None else str(order.purpose)
