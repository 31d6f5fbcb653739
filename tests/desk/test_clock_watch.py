"""After sleep or a moved clock, entries wait until the books were compared."""

from __future__ import annotations

import contextlib

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import TradingState
from hlmaster.desk.clock_watch import ClockWatch
from hlmaster.desk.guard import Guard


class JumpyClock(ManualClock):
    jump = 0

    def wall_jump_ms(self) -> int:
        return self.jump


class Scene:
    def __init__(self) -> None:
        self.clock = JumpyClock()
        self.guard = Guard(Bus(), self.clock)
        self.watch = ClockWatch(self.clock, self.guard)

    def jumps(self, by_ms: int) -> bool:
        self.clock.jump = by_ms
        return self.watch.look()


@pytest.fixture
def scene() -> Scene:
    return Scene()


def test_a_jump_blocks_entries_and_asks_for_the_truth_once(scene: Scene) -> None:
    jumps = [scene.jumps(by_ms) for by_ms in (0, 4_000, -3_600_000, -3_600_000, -3_599_000)]
    assert jumps == [False, False, True, False, False]
    assert scene.guard.state is TradingState.REDUCING
    assert "-3600 s" in scene.guard.sentence
    with scene.watch.comparing():
        assert scene.guard.state is TradingState.REDUCING
    assert scene.guard.state is TradingState.ACTIVE


def test_a_comparison_begun_before_the_jump_opens_nothing(scene: Scene) -> None:
    with scene.watch.comparing():
        scene.jumps(60_000)
    assert scene.guard.state is TradingState.REDUCING
    with scene.watch.comparing():
        pass
    assert scene.guard.state is TradingState.ACTIVE


def test_a_comparison_that_failed_opens_nothing(scene: Scene) -> None:
    scene.jumps(60_000)
    with contextlib.suppress(VenueUnreachable), scene.watch.comparing():
        raise VenueUnreachable("No line.")
    assert scene.guard.state is TradingState.REDUCING


def test_small_corrections_are_nothing(scene: Scene) -> None:
    scene.jumps(4_999)
    assert scene.guard.state is TradingState.ACTIVE
