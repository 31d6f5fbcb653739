"""The exchange's own dead-man switch for entries: set to a little ahead and renewed, for as long as nothing protects.

When it fires it cancels every order of the account, stops too. So it is asked for only while entries rest and not
one reduce-only order, on its way or resting, and it is taken back the moment one is meant.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.errors import HlError, VenueRefused
from hlmaster.core.events import Notice, OrderChanged, Severity
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.tracker import OrderTracker
from hlmaster.trading.safety import Safety

log = logging.getLogger(__name__)
RENEWALS = 3
"""How often within the time it is set ahead."""
RETRY_SECONDS = 1.0
"""What must be taken back and was not is tried again."""
LEAST_LEAD_SECONDS = 5.0
"""The exchange takes nothing nearer."""


class ScheduledCancel:
    """``venue_ms`` is the exchange's time. ``run`` once the books agree with the exchange, ``stop`` before the end."""

    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        executor: Executor,
        tracker: OrderTracker,
        settings: Callable[[], Safety],
        venue_ms: Callable[[], int],
    ) -> None:
        self._bus, self._clock, self._executor, self._tracker = bus, clock, executor, tracker
        self._settings, self._venue_ms = settings, venue_ms
        self._wake = asyncio.Event()
        self._refused_day: int | None = None
        self.armed = False
        """True from before it is asked for until it is known to be taken back."""
        bus.subscribe(OrderChanged, lambda _: self._wake.set())

    async def run(self) -> None:
        while True:
            self._wake.clear()
            await self._step()
            with contextlib.suppress(TimeoutError):
                hurry = self.armed and not self._wanted()
                async with asyncio.timeout(RETRY_SECONDS if hurry else self._seconds / RENEWALS):
                    await self._woken()

    async def stop(self) -> None:
        """Orders that stay on purpose must not be cancelled behind an orderly end."""
        if self.armed:
            await self._disarm()

    @property
    def _seconds(self) -> float:
        return max(self._settings().scheduled_cancel_seconds, LEAST_LEAD_SECONDS * 2)

    async def _woken(self) -> None:
        """By an order that changes what should be; every other change waits for the renewal."""
        while True:
            await self._wake.wait()
            if self._wanted() is not self.armed:
                return
            self._wake.clear()

    def _wanted(self) -> bool:
        if not self._settings().scheduled_cancel or self._refused_day == self._venue_ms() // DAY_MS:
            return False
        protected = any(tracked.order.reduce_only for tracked in self._tracker.unsettled())
        return not protected and bool(self._tracker.live())

    async def _step(self) -> None:
        if self._wanted():
            await self._arm()
        elif self.armed:
            await self._disarm()

    async def _arm(self) -> None:
        self.armed = True
        try:
            await self._executor.schedule_cancel(self._venue_ms() + int(self._seconds * 1000 * self._clock.speed))
        except VenueRefused as error:
            # Too little volume, or ten today: asked again tomorrow.
            self.armed, self._refused_day = False, self._venue_ms() // DAY_MS
            self._bus.publish(Notice(Severity.WARNING, f"No scheduled cancel today. {error.sentence}", error.code))
        except HlError as error:
            log.warning("the scheduled cancel could not be renewed: %s", error)
            return
        if self.armed and not self._wanted():
            await self._disarm()

    async def _disarm(self) -> None:
        try:
            await self._executor.schedule_cancel(None)
        except HlError as error:
            log.error("the scheduled cancel could not be taken back: %s", error)
        else:
            self.armed = False
