"""The one way to the market: gate, journal, send, what becomes of what was sent, and the ways to stop it all."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.model import Instrument
from hlmaster.core.orders import Expiry
from hlmaster.desk.brake import Brake
from hlmaster.desk.guard import Guard
from hlmaster.desk.parts import Parts
from hlmaster.desk.recovery import Recovery
from hlmaster.desk.scheduled_cancel import ScheduledCancel
from hlmaster.desk.survey import Survey
from hlmaster.settings import Settings
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.flatten import Flattener
from hlmaster.trading.execution.last_look import LastLook
from hlmaster.trading.execution.resolver import Resolver
from hlmaster.trading.execution.settled import Settled
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.risk.gate import Gate


class OrderPath:
    """``settings`` are those in force."""

    def __init__(
        self,
        parts: Parts,
        bus: Bus,
        clock: Clock,
        guard: Guard,
        orders: OrderTracker,
        survey: Survey,
        instruments: Mapping[str, Instrument],
        settings: Callable[[], Settings],
    ) -> None:
        self._trading, self._clock = parts.trading, clock
        self.gate = Gate(bus, parts.mint, survey, lambda: settings().risk)
        self.resolver = Resolver(bus, clock, parts.trading, parts.journal, orders)
        self.recovery = Recovery(bus, guard, parts.journal, orders, self.resolver, parts.session.mode)
        look = LastLook(self.gate.check, survey, self._venue_ms, lambda: settings().execution.entry_drift_percent)
        self.executor = Executor(
            bus, clock, parts.trading, parts.journal, orders, look, self.resolver, parts.failpoints
        )
        self.settled = Settled(bus, parts.journal, parts.store)
        self.scheduled_cancel = ScheduledCancel(
            bus, clock, self.executor, orders, lambda: settings().safety, self._venue_ms
        )
        self.flattener = Flattener(
            bus,
            clock,
            parts.trading,
            self.gate,
            self.executor,
            orders,
            lambda: instruments,
            lambda: settings().risk.exit_slippage_cap_percent,
        )
        self.brake = Brake(bus, clock, guard, parts.halt, self.flattener)
        self.apply(settings())

    def apply(self, settings: Settings) -> None:
        execution = settings.execution
        self._trading.expiry = Expiry(execution.entry_expiry_seconds, execution.exit_expiry_seconds)

    def _venue_ms(self) -> int:
        return self._trading.health.venue_ms(self._clock.now_ms())

    async def stop(self) -> None:
        """Nothing leaves any more, and nobody asks what became of what did."""
        await self.flattener.stop()
        await self.scheduled_cancel.stop()
        await self.executor.stop()
        await self.resolver.stop()
