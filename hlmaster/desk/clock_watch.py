"""Notices when this computer slept or its clock was moved: what was true before may not be, so entries wait."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from hlmaster.core.clock import Clock
from hlmaster.core.events import TradingState
from hlmaster.desk.guard import Guard

JUMP_MS = 5_000
REASON = "clock"


class ClockWatch:
    """What is done ``comparing`` clears a jump, if it began after it."""

    def __init__(self, clock: Clock, guard: Guard) -> None:
        self._clock, self._guard = clock, guard
        self._seen_ms = clock.wall_jump_ms()
        self._jumps = 0

    def look(self) -> bool:
        """True at a jump: it is time to compare."""
        jump = self._clock.wall_jump_ms()
        moved = jump - self._seen_ms
        if abs(moved) <= JUMP_MS:
            return False
        self._seen_ms, self._jumps = jump, self._jumps + 1
        sentence = (
            f"This computer slept or its clock was moved by {moved / 1000:+.0f} s; "
            "entries open once the books were compared with the exchange."
        )
        self._guard.restrain(REASON, TradingState.REDUCING, sentence)
        return True

    @contextmanager
    def comparing(self) -> Iterator[None]:
        """Around one whole comparison of the books with the exchange. One that fails clears nothing."""
        jumps = self._jumps
        yield
        if jumps == self._jumps:
            self._guard.release(REASON)
