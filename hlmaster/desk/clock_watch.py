"""Notices when this computer slept or its clock was moved: what was true before may not be, so entries wait."""

from __future__ import annotations

from collections.abc import Callable

from hlmaster.core.clock import Clock
from hlmaster.core.events import TradingState
from hlmaster.desk.guard import Guard

JUMP_MS = 5_000
REASON = "clock"


class ClockWatch:
    """``resynchronise`` is called at each jump; ``cleared`` when the books were compared with the exchange since."""

    def __init__(self, clock: Clock, guard: Guard, resynchronise: Callable[[], None]) -> None:
        self._clock, self._guard, self._resynchronise = clock, guard, resynchronise
        self._seen_ms = clock.wall_jump_ms()

    def look(self) -> None:
        jump = self._clock.wall_jump_ms()
        moved = jump - self._seen_ms
        if abs(moved) <= JUMP_MS:
            return
        self._seen_ms = jump
        sentence = (
            f"This computer slept or its clock was moved by {moved / 1000:+.0f} s; "
            "entries open once the books were compared with the exchange."
        )
        self._guard.restrain(REASON, TradingState.REDUCING, sentence)
        self._resynchronise()

    def cleared(self) -> None:
        self._guard.release(REASON)
