"""Anthropic's own client against a server that speaks its protocol."""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest

from hlmaster.core.clock import ManualClock, SystemClock
from hlmaster.core.opinions import Question
from hlmaster.core.secret import Secret
from hlmaster.insight.analyst.schema import schema
from hlmaster.insight.llm.backend import (
    AnswerBroken,
    BackendError,
    KeyMissing,
    ModelMissing,
    Piece,
    Refused,
    Request,
    ServerAbsent,
    TooSlow,
)
from hlmaster.insight.llm.claude import Claude, Pace
from tests.insight.fake_anthropic import KEY, FakeAnthropic, key_of
from tests.insight.fake_ollama import SAID, Mode
from tests.insight.local_server import nothing_left

MODEL = "claude-sonnet-5"
REQUEST = Request(MODEL, "You look at one coin.", "BTC stands at 100.", schema(Question.MARKET))


@pytest.fixture
async def server() -> AsyncIterator[FakeAnthropic]:
    async with FakeAnthropic() as server:
        yield server


@pytest.fixture
async def claude(server: FakeAnthropic) -> AsyncIterator[Claude]:
    async with nothing_left(server):
        made = Claude(lambda: Secret(KEY), SystemClock(), url=server.host)
        yield made
        await made.close()


async def asked(claude: Claude, request: Request = REQUEST) -> list[Piece]:
    return [piece async for piece in claude.ask(request)]


def said(pieces: list[Piece], thinking: bool = False) -> str:
    return "".join(piece.text for piece in pieces if piece.thinking is thinking)


async def test_an_answer_comes_in_pieces_with_its_usage(server: FakeAnthropic, claude: Claude) -> None:
    pieces = await asked(claude)
    assert said(pieces) == SAID
    assert len(pieces) > 20
    assert [piece.usage is None for piece in pieces] == [True] * (len(pieces) - 1) + [False]
    usage = pieces[-1].usage
    assert usage is not None
    assert (usage.prompt_tokens, usage.answer_tokens) == (120, len(SAID.split(" ")))
    assert claude.speeds.of(MODEL)


async def test_what_is_sent_is_what_was_asked(server: FakeAnthropic, claude: Claude) -> None:
    await asked(claude)
    (call,) = server.calls
    assert call["system"] == REQUEST.system
    assert call["messages"] == [{"role": "user", "content": REQUEST.prompt}]
    assert (call["model"], call["max_tokens"], call["stream"]) == (MODEL, 300, True)
    assert not {"temperature", "thinking"} & call.keys()
    shape = call["output_config"]["format"]["schema"]
    assert list(shape["properties"]) == list(schema(Question.MARKET)["properties"])
    assert shape["additionalProperties"] is False
    assert "maximum" not in str(shape["properties"]["confidence"].keys())  # the API takes no bounds; ours are checked


@pytest.mark.parametrize(("think", "sent"), [(True, "adaptive"), (False, "disabled")])
async def test_thinking_is_asked_for_and_told_apart(
    server: FakeAnthropic, claude: Claude, think: bool, sent: str
) -> None:
    server.thoughts = "The book is thin."
    pieces = await asked(claude, Request(MODEL, "", "BTC?", think=think))
    assert server.calls[0]["thinking"]["type"] == sent
    assert said(pieces, thinking=True) == "The book is thin."
    assert said(pieces) == SAID


@pytest.mark.parametrize(
    ("reason", "kind", "words"),
    [("max_tokens", AnswerBroken, "used up its 300 tokens"), ("refusal", Refused, "declined")],
)
async def test_an_answer_that_ends_otherwise_is_none(
    server: FakeAnthropic, claude: Claude, reason: str, kind: type[BackendError], words: str
) -> None:
    server.stop_reason = reason
    with pytest.raises(kind, match=words):
        await asked(claude)


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        (Mode.TRUNCATED, AnswerBroken, "broke off before its end"),
        (Mode.NOT_JSON, AnswerBroken, "not what its API says"),
        (Mode.OTHER_JSON, AnswerBroken, "not what its API says"),
        (Mode.ERROR_INSIDE, AnswerBroken, "“Overloaded”"),
        (Mode.DIES, AnswerBroken, "lost in the middle"),
        (Mode.HANG, TooSlow, "within 0.2 seconds"),
        (Mode.HANG_INSIDE, TooSlow, "within 0.2 seconds"),
        (Mode.SLOW, TooSlow, "within 0.2 seconds"),
    ],
)
async def test_each_failure_is_one_error(
    server: FakeAnthropic, claude: Claude, mode: Mode, kind: type[BackendError], words: str
) -> None:
    await claude.models()  # the library is loaded before time is short
    server.mode = mode
    seconds = 0.2 if kind is TooSlow else 30.0
    with pytest.raises(kind, match=words) as caught:
        await asked(claude, Request(MODEL, "", "BTC?", timeout_s=seconds))
    assert caught.type is kind
    server.mode = Mode.WELL
    assert said(await asked(claude)) == SAID


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Refused), (401, KeyMissing), (404, ModelMissing), (429, Refused), (529, Refused)]
)
async def test_a_refusal_is_told_once_and_not_tried_again(
    server: FakeAnthropic, claude: Claude, status: int, kind: type[BackendError]
) -> None:
    server.refusal = status
    with pytest.raises(kind) as caught:
        await asked(claude)
    assert caught.type is kind
    assert caught.value.cure
    assert len(server.calls) == 1


async def test_an_unreachable_service_is_told(server: FakeAnthropic, claude: Claude) -> None:
    await server.stop()
    with pytest.raises(ServerAbsent, match="cannot be reached"):
        await asked(claude)


async def test_a_cancelled_question_hangs_up_at_once(server: FakeAnthropic, claude: Claude) -> None:
    server.mode = Mode.HANG_INSIDE
    task = asyncio.create_task(asked(claude))
    await server.arrived("/v1/messages")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.deserted()
    assert server.hung_up == 1


async def test_the_models_are_listed_and_none_is_fetched(claude: Claude) -> None:
    assert [model.name for model in await claude.models()] == [MODEL]
    with pytest.raises(Refused, match="run at Anthropic"):
        await anext(claude.pull(MODEL))


# --- the key ---


@pytest.mark.parametrize("key", [KEY, "a-key-of-no-known-shape"])
async def test_the_key_is_in_no_log_no_error_and_no_repr(
    server: FakeAnthropic, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG)
    server.key = key
    claude = Claude(lambda: Secret(key), SystemClock(), url=server.host)
    told = [repr(claude), str(vars(claude))]
    await asked(claude)
    for refusal in (400, 401, 404, 429, 529):
        server.refusal = refusal
        with pytest.raises(BackendError) as caught:
            await asked(claude)
        told += [str(caught.value), repr(caught.value), repr(caught.value.args)]
    server.refusal, server.mode = 0, Mode.DIES
    with pytest.raises(BackendError) as caught:
        await asked(claude)
    told += [str(caught.value), repr(claude), str(vars(claude))]
    await claude.close()
    assert caplog.records  # the client does log, at this level
    assert [text for text in (*told, caplog.text) if key in text] == []


async def test_the_key_goes_where_it_belongs_whatever_the_environment_says(
    server: FakeAnthropic, claude: Claude, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    await asked(claude)
    assert key_of(server.visits[0]) == KEY


@pytest.mark.parametrize("key", [None, Secret(""), Secret("with space"), Secret("with\nline"), Secret("schlüssel")])
async def test_without_a_usable_key_nothing_is_sent(server: FakeAnthropic, key: Secret | None) -> None:
    claude = Claude(lambda: key, SystemClock(), url=server.host)
    with pytest.raises(KeyMissing) as caught:
        await asked(claude)
    assert not key or key.reveal() not in str(caught.value)
    assert server.visits == []


async def test_a_new_key_is_used_from_the_next_call_on(server: FakeAnthropic) -> None:
    keys = [Secret("old"), Secret(KEY)]
    claude = Claude(lambda: keys[0], SystemClock(), url=server.host)
    with pytest.raises(KeyMissing):
        await asked(claude)
    keys.pop(0)
    assert said(await asked(claude)) == SAID
    await claude.close()


async def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(BackendError, match=r"not installed. Install it: pip install 'hlmaster\[cloud-llm\]'"):
        await asked(Claude(lambda: Secret(KEY), SystemClock()))


# --- the pace ---


async def test_no_more_than_sixty_calls_begin_in_any_minute() -> None:
    clock = ManualClock()
    pace = Pace(clock)
    began = []
    for _ in range(200):
        await pace.turn()
        began.append(clock.monotonic())
    assert began[:60] == [0.0] * 60
    assert all(later - earlier >= 60.0 for earlier, later in zip(began, began[60:], strict=False))
    assert began[-1] == 180.0


async def test_who_waits_is_served_in_order_and_may_leave() -> None:
    pace = Pace(SystemClock(), most=1, seconds=0.05)
    served: list[int] = []

    async def caller(number: int) -> None:
        await pace.turn()
        served.append(number)

    callers = [asyncio.create_task(caller(number)) for number in range(4)]
    await asyncio.sleep(0)
    callers[1].cancel()
    await asyncio.gather(*callers, return_exceptions=True)
    assert served == [0, 2, 3]
