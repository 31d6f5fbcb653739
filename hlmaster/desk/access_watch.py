"""Looks again and again whether the account still lets our API wallet trade, and tells before its approval ends."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, Clock
from hlmaster.core.errors import AccessRefused
from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.desk.entrance import NO_ENTRIES_MS, Entrance, Outcome, sentence_of
from hlmaster.desk.guard import Guard

REASON = "access"
EVERY_SECONDS = 600.0
SOON_SECONDS = 60.0
"""A look costs up to 180 of the 1,200 request weights of a minute."""
FIRST = "The API wallet is being checked with the exchange; entries open when it passed."


class AccessWatch:
    """Restrains entries from the beginning until the first look passed, and whenever a later one fails.

    A look that could not be made changes nothing: the connection's own guard acts on outages.
    """

    def __init__(self, bus: Bus, clock: Clock, guard: Guard, look: Callable[[], Awaitable[Entrance]]) -> None:
        self._bus, self._clock, self._guard, self._look = bus, clock, guard, look
        self._warned_day = -1
        self._told = ""
        self.last: Entrance | None = None
        guard.restrain(REASON, TradingState.REDUCING, FIRST)

    async def run(self) -> None:
        while True:
            seen = await self._look()
            self.judge(seen)
            await asyncio.sleep(EVERY_SECONDS if seen.admitted else SOON_SECONDS)

    def judge(self, seen: Entrance) -> None:
        failed = [check for check in seen.checks if check.outcome is Outcome.FAILED]
        if failed:
            self.last = seen
            self._stop(sentence_of(failed))
        elif seen.admitted:
            self.last = seen
            self._admit(seen)

    def _stop(self, sentence: str) -> None:
        self._guard.restrain(REASON, TradingState.REDUCING, f"{sentence} Entries are off; exits and stops go on.")
        if sentence != self._told:
            self._told = sentence
            self._bus.publish(Notice(Severity.ERROR, sentence, AccessRefused.code))

    def _admit(self, seen: Entrance) -> None:
        now = self._clock.now_ms()
        warnings = [check for check in seen.checks if check.outcome is Outcome.WARNING]
        if seen.valid_until_ms is not None and seen.valid_until_ms - now < NO_ENTRIES_MS:
            self._stop(sentence_of(warnings))
            return
        self._told = ""
        self._guard.release(REASON)
        if warnings and self._warned_day != now // DAY_MS:
            self._warned_day = now // DAY_MS
            self._bus.publish(Notice(Severity.WARNING, sentence_of(warnings), AccessRefused.code))
