"""The parts of the trading floor put together, and what a user can do there. Books, marks and time come from outside.

The embedded exchange puts real books under it, paper trading the shown book of somebody else's market.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hlmaster.core.clock import DAY_MS
from hlmaster.core.model import Instrument
from hlmaster.exchange.simulator.events import TradeRow
from hlmaster.exchange.simulator.floor import Book, Floor
from hlmaster.exchange.simulator.lifecycle import Lifecycle
from hlmaster.exchange.simulator.liquidation import Liquidator
from hlmaster.exchange.simulator.matching import BookOrder
from hlmaster.exchange.simulator.placing import Placing
from hlmaster.exchange.simulator.settlement import Settlement
from hlmaster.exchange.simulator.statements import Statements
from hlmaster.exchange.simulator.treasury import Treasury
from hlmaster.exchange.simulator.triggers import Triggers

SOONEST_SCHEDULE_MS = 5_000
SCHEDULED_CANCELS_PER_DAY = 10
SCHEDULE_VOLUME = 1_000_000


class Engine:
    def __init__(
        self,
        instruments: Mapping[str, Instrument],
        books: Mapping[str, Book],
        start_ms: int,
        on_trade: Callable[[TradeRow, int, int], None],
        on_anonymous: Callable[[str, BookOrder], None],
        *,
        asset_suffix: bool = False,
    ) -> None:
        self.floor = Floor(instruments, books, start_ms)
        self.lifecycle = Lifecycle(self.floor)
        self.settlement = Settlement(self.floor, self.lifecycle, on_trade, on_anonymous)
        self.placing = Placing(self.floor, self.lifecycle, self.settlement, suffix=asset_suffix)
        self.treasury = Treasury(self.floor)
        self.statements = Statements(self.floor)
        self._triggers = Triggers(self.floor, self.lifecycle, self.placing)
        self._liquidator = Liquidator(self.floor, self.lifecycle, self.settlement, self.placing)

    def set_mark(self, coin: str, mark_ticks: int, oracle_ticks: int) -> None:
        """New prices of a coin; its triggers fire."""
        self.floor.marks[coin] = mark_ticks
        self.floor.oracles[coin] = oracle_ticks
        self._triggers.on_mark(coin)

    def watch_triggers(self, coin: str) -> None:
        """Fire what the present mark has reached."""
        self._triggers.on_mark(coin)

    def liquidate(self) -> None:
        """Close what the marks no longer carry."""
        for trader in self.floor.traders:
            if trader.account.holdings:
                self._liquidator.check(trader)

    # --- the dead man's switch ---

    def schedule_cancel(self, user: str, time_ms: int | None) -> str | None:
        floor = self.floor
        trader = floor.traders.open(user)
        schedule = trader.schedule
        if time_ms is None:
            schedule.time_ms = None
            floor.touch(user)
            return None
        traded = trader.volumes.total
        if traded < SCHEDULE_VOLUME:
            return (
                "Cannot set scheduled cancel time until enough volume traded. "
                f"Required: ${SCHEDULE_VOLUME}. Traded: ${traded:.2f}"
            )
        if time_ms < floor.now_ms + SOONEST_SCHEDULE_MS:
            return "Scheduled cancel time too early, must be at least 5 seconds from now."
        if schedule.day == floor.now_ms // DAY_MS and schedule.fired >= SCHEDULED_CANCELS_PER_DAY:
            return f"Too many scheduled cancels triggered for the day. Limit is {SCHEDULED_CANCELS_PER_DAY}"
        schedule.time_ms = time_ms
        floor.touch(user)
        return None

    def fire_schedules(self) -> None:
        floor = self.floor
        for trader in floor.traders:
            schedule = trader.schedule
            if schedule.time_ms is None or schedule.time_ms > floor.now_ms:
                continue
            schedule.time_ms = None
            day = floor.now_ms // DAY_MS
            schedule.fired = schedule.fired + 1 if schedule.day == day else 1
            schedule.day = day
            for order in list(trader.orders.values()):
                if order.is_live:
                    self.lifecycle.cancel(order, "scheduledCancel")
            floor.touch(trader.address)

    # --- memory ---

    def export_user(self, user: str) -> dict[str, Any]:
        return self.floor.traders.export(user)

    def restore_user(self, user: str, state: Mapping[str, Any], rows: Mapping[str, list[Any]]) -> None:
        """Put a user back; when all are back, ``rest_restored``."""
        trader = self.floor.traders.restore(user, state, rows)
        for order in list(trader.orders.values()):
            self.lifecycle.register(order)

    def rest_restored(self) -> None:
        """Orders of all restored users come to rest by age, as they stood in time priority."""
        orders = [order for trader in self.floor.traders for order in trader.orders.values() if not order.is_waiting]
        for order in sorted(orders, key=lambda order: order.oid):
            self.lifecycle.rest(order)

    def open_interest(self, coin: str) -> int:
        """Lots that users hold long."""
        grid = self.floor.grids[coin]
        return sum(max(0, grid.lots(trader.account.size(coin))) for trader in self.floor.traders)
