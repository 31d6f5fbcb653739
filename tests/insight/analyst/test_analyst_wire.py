"""The analyst over Ollama's own client and wire: whatever a server does is an opinion, or a call with its sentence."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.core.opinions import AnalystSpoke, Question
from hlmaster.insight.analyst.analyst import CANCELLED
from hlmaster.insight.llm import ollama
from hlmaster.insight.llm.ollama import Ollama
from tests.insight.analyst.answers import answer
from tests.insight.analyst.room import Room, opinion_of
from tests.insight.fake_ollama import FakeOllama, Mode
from tests.insight.local_server import nothing_left


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    async with FakeOllama(answer=lambda body: answer()) as server:
        yield server


@pytest.fixture
async def room(server: FakeOllama, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Room]:
    monkeypatch.setattr(ollama, "LOOK_SECONDS", 0.3)
    async with nothing_left(server):
        made = Ollama(SystemClock(), server.host)
        yield Room(made, timeout_s=0.3)
        await made.close()


async def test_an_answer_over_the_wire_is_an_opinion(server: FakeOllama, room: Room) -> None:
    call = await room.asked()
    assert opinion_of(call).confidence == 0.7
    assert call.digest == server.models[0].digest
    assert call.answer_tokens > 0
    spoken = [fact.text for fact in room.said if isinstance(fact, AnalystSpoke)]
    assert "".join(spoken) == opinion_of(call).reason


@pytest.mark.parametrize("mode", [mode for mode in Mode if mode not in (Mode.WELL, Mode.SLOW)])
async def test_whatever_goes_wrong_is_told_and_over(server: FakeOllama, room: Room, mode: Mode) -> None:
    server.mode = mode
    call = await room.asked()
    assert call.opinion is None
    assert call.failure.endswith(".")
    server.mode = Mode.WELL
    opinion_of(await room.asked())


async def test_a_server_that_is_not_there_is_told_and_another_one_asked(server: FakeOllama, room: Room) -> None:
    room.model = Ollama(SystemClock(), "http://127.0.0.1:9")
    assert "127.0.0.1:9" in (await room.asked()).failure
    room.model = Ollama(SystemClock(), server.host)
    opinion_of(await room.asked())
    await room.model.close()


async def test_cancelling_hangs_up(server: FakeOllama, room: Room) -> None:
    server.mode, server.pause = Mode.SLOW, 0.02
    async with room.at_work():
        room.analyst.ask("BTC", Question.MARKET)
        await room.heard(AnalystSpoke)
        room.analyst.cancel()
        assert (await room.answered()).failure == CANCELLED
