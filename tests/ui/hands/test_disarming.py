"""What locks trading gestures again by itself, and that it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from hlmaster.core.events import LinkChanged, LinkState, TradingState, TradingStateChanged
from hlmaster.ui.hands.disarming import Disarming
from tests.ui.hands.room import Room, room


class Watched:
    """``now`` is the monotonic clock."""

    def __init__(self, here: Room, monkeypatch: pytest.MonkeyPatch) -> None:
        self.here, self.now = here, 1_000.0
        monkeypatch.setattr(here.scene.clock, "monotonic", lambda: self.now)
        self.watch = Disarming(here.scene.context, here.window)
        self.arming = here.scene.context.arming
        self.arming.set(True)

    def after(self, seconds: float) -> bool:
        """Whether it is still armed so much later."""
        self.now += seconds
        self.watch.look()
        return self.arming.is_on


@asynccontextmanager
async def watched(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    async with room(qtbot) as here:
        yield Watched(here, monkeypatch)


async def test_the_first_arming_explains_itself_once(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(qtbot, monkeypatch) as it:
        for on in (False, True):
            it.arming.set(on)
        assert it.here.scene.sentences().count("act at once, through the same risk gate") == 1


async def test_it_locks_when_nothing_was_done_and_use_prolongs_it(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(qtbot, monkeypatch) as it:
        assert it.after(599)
        QTest.mouseClick(it.here.window.windowHandle(), Qt.MouseButton.LeftButton)
        assert it.after(599)
        assert not it.after(1)
        assert "locked: nothing was done for 10 minutes" in it.here.scene.sentences()


async def test_it_locks_when_another_program_was_in_front_for_long(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(qtbot, monkeypatch) as it:
        it.watch._on_application(Qt.ApplicationState.ApplicationInactive)
        assert it.after(59)
        it.watch._on_application(Qt.ApplicationState.ApplicationActive)
        assert it.after(61)
        it.watch._on_application(Qt.ApplicationState.ApplicationInactive)
        assert not it.after(60)
        assert "another program was in front" in it.here.scene.sentences()


@pytest.mark.parametrize(
    ("fact", "why"),
    [
        (LinkChanged(LinkState.RECONNECTING, ""), "the connection to the exchange is gone"),
        (TradingStateChanged(TradingState.HALTED, ""), "trading is halted"),
        (TradingStateChanged(TradingState.PROTECT_ONLY, ""), "protect-only"),
    ],
)
async def test_it_locks_without_a_line_and_at_a_halt(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, fact: object, why: str
) -> None:
    async with watched(qtbot, monkeypatch) as it:
        it.here.scene.bus.publish(fact)
        assert not it.arming.is_on
        assert why in it.here.scene.sentences()


async def test_it_locks_at_a_lockout(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(qtbot, monkeypatch) as it:
        it.here.scene.desk.risk.lock_out(30)
        assert not it.after(1)
        assert "you are locked out" in it.here.scene.sentences()


async def test_a_pause_and_a_line_that_comes_lock_nothing(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(qtbot, monkeypatch) as it:
        it.here.scene.bus.publish(LinkChanged(LinkState.CONNECTED, ""))
        it.here.scene.bus.publish(TradingStateChanged(TradingState.REDUCING, ""))
        assert it.arming.is_on
