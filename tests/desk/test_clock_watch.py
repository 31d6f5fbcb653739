"""After sleep or a moved clock, entries wait until the books were compared."""

from __future__ import annotations

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import TradingState
from hlmaster.desk.clock_watch import ClockWatch
from hlmaster.desk.guard import Guard


class JumpyClock(ManualClock):
    jump = 0

    def wall_jump_ms(self) -> int:
        return self.jump


def test_a_jump_blocks_entries_and_asks_for_the_truth_once() -> None:
    clock, asked = JumpyClock(), []
    guard = Guard(Bus(), clock)
    watch = ClockWatch(clock, guard, lambda: asked.append(1))
    for jump in (0, 4_000, -3_600_000, -3_600_000, -3_599_000):
        clock.jump = jump
        watch.look()
    assert asked == [1]
    assert guard.state is TradingState.REDUCING
    assert "-3600 s" in guard.sentence
    watch.cleared()
    assert guard.state is TradingState.ACTIVE


def test_small_corrections_are_nothing() -> None:
    clock = JumpyClock()
    guard = Guard(Bus(), clock)
    watch = ClockWatch(clock, guard, lambda: None)
    clock.jump = 4_999
    watch.look()
    assert guard.state is TradingState.ACTIVE
