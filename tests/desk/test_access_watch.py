"""Entries wait for the account's yes, and stop when it is taken back or about to end; exits never wait."""

from __future__ import annotations

from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import DAY_MS, HOUR_MS, ManualClock
from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.desk.access_watch import AccessWatch
from hlmaster.desk.entrance import Check, Entrance, Outcome
from hlmaster.desk.guard import Guard

NOW = 1_800_000_000_000


def seen(outcome: Outcome, left_ms: int = 90 * DAY_MS) -> Entrance:
    return Entrance((Check("agent", "API wallet", outcome, f"It is {outcome}.", "Do this."),), NOW + left_ms)


class Scene:
    def __init__(self) -> None:
        self.bus, self.clock = Bus(), ManualClock(NOW)
        self.notices: list[Notice] = []
        self.bus.subscribe(Notice, self.notices.append)
        self.guard = Guard(self.bus, self.clock)

        async def look() -> Any:
            raise AssertionError

        self.watch = AccessWatch(self.bus, self.clock, self.guard, look)


def test_entries_wait_for_the_first_yes() -> None:
    scene = Scene()
    states = [scene.guard.state]
    for outcome in (Outcome.UNKNOWN, Outcome.PASSED):
        scene.watch.judge(seen(outcome))
        states.append(scene.guard.state)
    assert states == [TradingState.REDUCING, TradingState.REDUCING, TradingState.ACTIVE]
    assert not scene.notices


def test_a_look_that_could_not_be_made_changes_nothing() -> None:
    scene = Scene()
    scene.watch.judge(seen(Outcome.PASSED))
    scene.watch.judge(seen(Outcome.UNKNOWN))
    assert scene.guard.state is TradingState.ACTIVE


def test_a_refusal_stops_entries_and_is_told_once() -> None:
    scene = Scene()
    scene.watch.judge(seen(Outcome.PASSED))
    scene.watch.judge(seen(Outcome.FAILED))
    scene.watch.judge(seen(Outcome.FAILED))
    assert scene.guard.state is TradingState.REDUCING
    assert "exits and stops go on" in scene.guard.sentence
    assert [notice.severity for notice in scene.notices] == [Severity.ERROR]
    scene.watch.judge(seen(Outcome.PASSED))
    assert scene.guard.state is TradingState.ACTIVE


def test_the_last_day_of_an_approval_takes_no_entries() -> None:
    scene = Scene()
    scene.watch.judge(seen(Outcome.WARNING, 25 * HOUR_MS))
    assert scene.guard.state is TradingState.ACTIVE
    scene.watch.judge(seen(Outcome.WARNING, 23 * HOUR_MS))
    assert scene.guard.state is TradingState.REDUCING


def test_the_coming_end_is_told_once_a_day() -> None:
    scene = Scene()
    for _ in range(3):
        scene.watch.judge(seen(Outcome.WARNING, 10 * DAY_MS))
    assert len(scene.notices) == 1
    scene.clock.advance(DAY_MS)
    scene.watch.judge(seen(Outcome.WARNING, 10 * DAY_MS))
    assert len(scene.notices) == 2
