"""What the desk keeps an eye on: the line, the clock, the loop, the account's rights and allowance, and what is
overdue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.model import Instrument
from hlmaster.desk.allowance import AllowanceWatch
from hlmaster.desk.clock_watch import ClockWatch
from hlmaster.desk.guard import Guard
from hlmaster.desk.health import LinkWatch, LoopLag
from hlmaster.desk.overdue import Overdue
from hlmaster.desk.parts import Parts
from hlmaster.desk.reconciling import Reconciling
from hlmaster.desk.watched import Watched
from hlmaster.desk.work import Work
from hlmaster.market.feed import Feed
from hlmaster.settings import Settings
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.portfolio import Portfolio

if TYPE_CHECKING:
    from hlmaster.desk.access_watch import AccessWatch


class Watches:
    """``begin`` first, then ``look`` a few times a second."""

    def __init__(
        self,
        parts: Parts,
        bus: Bus,
        clock: Clock,
        guard: Guard,
        work: Work,
        feed: Feed,
        instruments: Mapping[str, Instrument],
        orders: OrderTracker,
        portfolio: Portfolio,
        reconciler: Reconciler,
        settings: Callable[[], Settings],
    ) -> None:
        self._market_health, self._feed, self._work = parts.market_data.health, feed, work
        self._access: AccessWatch | None = None
        if parts.access is not None:
            from hlmaster.desk.access_watch import AccessWatch

            self._access = AccessWatch(bus, clock, guard, parts.access)
        self._clock_watch = ClockWatch(clock, guard)
        self.reconciling = Reconciling(
            reconciler, work, lambda: settings().execution.reconcile_seconds, self._clock_watch.comparing
        )
        self.lag = LoopLag(clock)
        self.link = LinkWatch(bus, clock, parts.market_data.health)
        self.overdue = Overdue(bus, clock, orders, portfolio, self.reconciling.soon)
        self._allowance = AllowanceWatch(guard, parts.trading.health)
        self.coins = Watched(bus, clock, parts.market_data, feed, instruments)

    @property
    def access_ends_ms(self) -> int | None:
        """When the API wallet's approval ends; None where there is none, or it is not known yet."""
        seen = None if self._access is None else self._access.last
        return None if seen is None else seen.valid_until_ms

    def begin(self) -> None:
        self._work.own(self.lag.run(), "loop lag")
        if self._access is not None:
            self._work.own(self._access.run(), "access")

    def look(self) -> None:
        offset = self._market_health.clock_offset_ms
        if offset is not None:
            self._feed.set_clock_offset(offset)
        self._feed.check_staleness()
        self._allowance.look()
        self.link.sample()
        if self._clock_watch.look():
            self.reconciling.soon()
