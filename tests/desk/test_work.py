"""A loop that breaks is told, restrains entries, and does not end the watch."""

from __future__ import annotations

import asyncio

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import Notice, TradingState
from hlmaster.desk import work
from hlmaster.desk.guard import Guard
from hlmaster.desk.work import Work


class Scene:
    def __init__(self) -> None:
        bus = Bus()
        self.guard = Guard(bus, ManualClock(0))
        self.work = Work(bus, self.guard.fault)
        self.notices: list[Notice] = []
        bus.subscribe(Notice, self.notices.append)


async def test_a_watch_outlives_a_look_that_fails_and_entries_are_off() -> None:
    scene, third, faults = Scene(), asyncio.Event(), iter(["a fault", "a fault"])

    def look() -> None:
        for fault in faults:
            raise ZeroDivisionError(fault)
        third.set()

    scene.work.every(0, look, "protection")
    await third.wait()
    assert scene.guard.state is TradingState.PROTECT_ONLY
    assert [notice.sentence for notice in scene.notices] == ["An internal task failed (protection: a fault)."]
    await scene.work.stop()


async def test_an_error_with_a_name_is_told_and_restrains_nobody() -> None:
    async def work() -> None:
        raise VenueUnreachable("No line.")

    scene = Scene()
    await scene.work.own(work(), "leverage")
    assert scene.guard.state is TradingState.ACTIVE
    assert [notice.sentence for notice in scene.notices] == ["No line."]


async def test_what_must_go_on_is_begun_anew_after_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "AGAIN_SECONDS", 0.0)
    scene, third, begun = Scene(), asyncio.Event(), 0

    async def listen() -> None:
        nonlocal begun
        begun += 1
        if begun < 3:
            raise ZeroDivisionError("a fault")
        third.set()
        await asyncio.Event().wait()

    scene.work.keep(listen, "news")
    await third.wait()
    assert [notice.sentence for notice in scene.notices] == ["An internal task failed (news: a fault)."]
    await scene.work.stop()
