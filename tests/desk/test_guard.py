"""Who may trade: the strictest reason wins, a fault of ours halts, a lost line is acted on once."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest

from hlmaster.core.bus import Bus, HandlerFailed
from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.events import LinkChanged, LinkState, Notice, Severity, TradingState, TradingStateChanged
from hlmaster.desk.guard import GRACE_SECONDS, RETRY_SECONDS, Guard
from tests.turns import turns

DOWN = LinkChanged(LinkState.RECONNECTING, "No line.")
UP = LinkChanged(LinkState.CONNECTED, "Connected.")


@dataclass
class Scene:
    bus: Bus = field(default_factory=Bus)
    clock: ManualClock = field(default_factory=ManualClock)
    answers: list[str | Exception] = field(default_factory=list)
    acted_at: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.guard = Guard(self.bus, self.clock)
        self.states: list[TradingState] = []
        self.notices: list[Notice] = []
        self.bus.subscribe(TradingStateChanged, lambda fact: self.states.append(fact.state))
        self.bus.subscribe(Notice, self.notices.append)
        self.guard.on_lost_connection(self.policy)

    async def policy(self) -> str:
        self.acted_at.append(self.clock.monotonic())
        answer = self.answers.pop(0) if self.answers else ""
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.guard.stop()


async def test_the_strictest_reason_wins_and_every_reason_is_named(scene: Scene) -> None:
    scene.guard.pause()
    scene.guard.restrain("fault", TradingState.HALTED, "Broken.")
    assert scene.guard.state is TradingState.HALTED
    assert "You paused trading" in scene.guard.sentence
    assert "Broken." in scene.guard.sentence
    scene.guard.release("fault")
    assert scene.guard.is_restrained_by("pause")
    scene.guard.resume()
    assert scene.states == [TradingState.REDUCING, TradingState.HALTED, TradingState.REDUCING, TradingState.ACTIVE]
    assert scene.guard.sentence == "Trading is open."


async def test_nothing_is_told_twice(scene: Scene) -> None:
    scene.guard.pause()
    scene.guard.pause()
    scene.guard.resume()
    scene.guard.resume()
    assert len(scene.states) == 2


async def test_a_failing_handler_of_the_desk_halts_trading(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    def broken(fact: LinkChanged) -> None:
        raise ZeroDivisionError("no")

    scene.bus.subscribe(LinkChanged, broken)
    with caplog.at_level(logging.CRITICAL):
        scene.bus.publish(UP)
    assert scene.guard.state is TradingState.HALTED
    assert [(notice.severity, notice.code) for notice in scene.notices] == [(Severity.CRITICAL, "INV-001")]


@pytest.mark.parametrize(
    "handler",
    [
        "hlmaster.ui.bridge.Bridge._on_fact",
        "hlmaster.insight.calibration.scorer.Scorer._on_answer",
        "hlmaster.desk.advising.asking.Asking._on_candle",
    ],
)
async def test_a_failing_window_or_adviser_is_told_and_halts_nothing(scene: Scene, handler: str) -> None:
    scene.bus.publish(HandlerFailed(handler, "Trades", "KeyError: 1"))
    assert scene.guard.state is TradingState.ACTIVE
    assert [notice.severity for notice in scene.notices] == [Severity.ERROR]


async def test_a_lost_line_is_acted_on_once_after_the_grace(scene: Scene) -> None:
    scene.answers = ["Entries were cancelled."]
    scene.bus.publish(DOWN)
    scene.bus.publish(LinkChanged(LinkState.RECONNECTING, "Still no line."))
    assert scene.guard.state is TradingState.REDUCING
    assert scene.acted_at == []
    await turns()
    assert scene.acted_at == [GRACE_SECONDS]
    assert [notice.sentence for notice in scene.notices] == ["Entries were cancelled."]
    scene.bus.publish(DOWN)
    await turns()
    assert len(scene.acted_at) == 1


async def test_the_policy_is_tried_until_the_venue_can_be_reached(scene: Scene) -> None:
    scene.answers = [VenueUnreachable("No line."), VenueUnreachable("No line."), "Done."]
    scene.bus.publish(DOWN)
    await turns()
    assert scene.acted_at == [GRACE_SECONDS + number * RETRY_SECONDS for number in range(3)]


async def test_a_policy_that_breaks_is_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.answers = [KeyError("no")]
    scene.bus.publish(DOWN)
    with caplog.at_level(logging.CRITICAL):
        await turns()
    assert [notice.severity for notice in scene.notices] == [Severity.CRITICAL]


async def test_a_line_that_comes_back_in_time_calls_it_off_and_the_next_loss_counts_anew(scene: Scene) -> None:
    scene.bus.publish(DOWN)
    scene.bus.publish(UP)
    assert scene.guard.state is TradingState.ACTIVE
    await turns()
    assert scene.acted_at == []
    scene.bus.publish(DOWN)
    await turns()
    assert len(scene.acted_at) == 1


async def test_a_line_that_we_end_ourselves_is_no_lost_line(scene: Scene) -> None:
    await scene.guard.stop()
    scene.bus.publish(DOWN)
    await turns()
    assert scene.acted_at == []
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "disconnect policy"]
