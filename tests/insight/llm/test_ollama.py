"""Ollama's own client against a server that speaks its protocol, and fails in every way that it can."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.insight.llm.backend import (
    AnswerBroken,
    BackendError,
    ModelInfo,
    ModelMissing,
    Piece,
    Refused,
    Request,
    ServerAbsent,
    Speeds,
    TooSlow,
    Usage,
)
from hlmaster.insight.llm.ollama import Ollama, find_server
from tests.insight.fake_ollama import SAID, FakeModel, FakeOllama, Mode
from tests.insight.local_server import LocalServer, Visit, nothing_left

SCHEMA = {"type": "object", "properties": {"coin": {"type": "string"}}, "required": ["coin"]}
REQUEST = Request("llama3.2", "You look at one coin.", "BTC stands at 100.", SCHEMA)
THINKER = FakeModel("qwen3:latest", 300, "8B", thinks=True, loaded=True)


@pytest.fixture
async def server() -> AsyncIterator[FakeOllama]:
    async with FakeOllama() as server:
        yield server


@pytest.fixture
async def ollama(server: FakeOllama) -> AsyncIterator[Ollama]:
    async with nothing_left(server):
        made = Ollama(SystemClock(), server.host)
        yield made
        await made.close()


def said(pieces: list[Piece], thinking: bool = False) -> str:
    return "".join(piece.text for piece in pieces if piece.thinking is thinking)


async def asked(ollama: Ollama, request: Request = REQUEST) -> list[Piece]:
    return [piece async for piece in ollama.ask(request)]


async def test_an_answer_comes_in_pieces_as_it_is_made(server: FakeOllama, ollama: Ollama) -> None:
    waiting: asyncio.Queue[str] = asyncio.Queue()

    async def dictated() -> AsyncIterator[str]:
        while word := await waiting.get():
            yield word

    server.answer = lambda body: dictated()
    pieces = ollama.ask(REQUEST)
    for word in ("Prices", " rise", "."):
        waiting.put_nowait(word)  # the next word is not even made before this one is here
        assert await anext(pieces) == Piece(word)
    waiting.put_nowait("")
    last = await anext(pieces)
    assert last.usage == Usage(120, 3, 800.0, 75.0)
    assert await anext(pieces, None) is None


async def test_what_is_sent_is_what_was_asked(server: FakeOllama, ollama: Ollama) -> None:
    assert said(await asked(ollama)) == SAID
    (chat,) = server.chats
    assert chat["messages"] == [
        {"role": "system", "content": REQUEST.system},
        {"role": "user", "content": REQUEST.prompt},
    ]
    assert chat["format"] == SCHEMA
    assert chat["stream"] is True
    assert "think" not in chat
    assert chat["options"] == {"temperature": 0.1, "num_predict": 300, "num_ctx": 4096}


@pytest.mark.parametrize(("letters", "context"), [(10, 4096), (9_000, 8192), (30_000, 16384), (500_000, 32768)])
async def test_the_context_holds_the_question(server: FakeOllama, ollama: Ollama, letters: int, context: int) -> None:
    await asked(ollama, Request("llama3.2", "", "x" * letters))
    assert server.chats[0]["options"]["num_ctx"] == context
    assert "format" not in server.chats[0]


async def test_thoughts_are_told_apart_from_the_answer(server: FakeOllama, ollama: Ollama) -> None:
    server.models, server.thoughts = [THINKER], "The book is thin. Wait."
    pieces = await asked(ollama, Request("qwen3", "", "BTC?", think=True))
    assert said(pieces, thinking=True) == "The book is thin. Wait."
    assert said(pieces) == SAID
    assert server.chats[0]["think"] is True
    silent = await asked(ollama, Request("qwen3", "", "BTC?", think=False))
    assert said(silent, thinking=True) == ""


async def test_a_model_that_cannot_think_says_so(ollama: Ollama) -> None:
    with pytest.raises(Refused, match="does not support thinking"):
        await asked(ollama, Request("llama3.2", "", "BTC?", think=True))


async def test_an_answer_cut_at_its_limit_is_broken_and_still_counted(ollama: Ollama) -> None:
    pieces: list[Piece] = []
    with pytest.raises(AnswerBroken, match="used up its 5 tokens"):
        await gathered(ollama.ask(Request("llama3.2", "", "BTC?", max_tokens=5)), pieces)
    assert pieces[-1].usage == Usage(120, 5, 800.0, 125.0)


async def gathered(answer: AsyncIterator[Piece], pieces: list[Piece], busy: float = 0.0) -> None:
    """What came is kept also where the answer fails; ``busy``: seconds that the listener takes for each piece."""
    async for piece in answer:
        pieces.append(piece)
        await asyncio.sleep(busy)


FAILURES = {
    Mode.TRUNCATED: (AnswerBroken, "broke off before its end"),
    Mode.NOT_JSON: (AnswerBroken, "not what Ollama says"),
    Mode.OTHER_JSON: (AnswerBroken, "not what Ollama says"),
    Mode.ERROR_INSIDE: (AnswerBroken, "unexpected EOF"),
    Mode.DIES: (AnswerBroken, "lost in the middle"),
    Mode.ENDLESS: (AnswerBroken, "without end"),
    Mode.HANG: (TooSlow, "within 0.2 seconds"),
    Mode.HANG_INSIDE: (TooSlow, "within 0.2 seconds"),
    Mode.SLOW: (TooSlow, "within 0.2 seconds"),
    Mode.NO_MODEL: (ModelMissing, "no model “llama3.2”.*ollama pull llama3.2"),
    Mode.NO_ROOM: (Refused, "more system memory"),
    Mode.NOT_FOUND: (ServerAbsent, "is no Ollama server"),
}


@pytest.mark.parametrize("mode", FAILURES)
async def test_each_failure_is_one_error_with_a_sentence_and_a_cure(
    server: FakeOllama, ollama: Ollama, mode: Mode
) -> None:
    await ollama.models()  # the library is loaded before time is short
    kind, words = FAILURES[mode]
    server.mode, server.pause = mode, 0.05
    seconds = 0.2 if kind is TooSlow else 30.0
    with pytest.raises(kind, match=words) as caught:
        await asked(ollama, Request("llama3.2", "", "BTC?", timeout_s=seconds))
    assert caught.type is kind
    assert caught.value.cure
    server.mode = Mode.WELL
    assert said(await asked(ollama)) == SAID  # the next question is answered


async def test_what_came_before_a_failure_was_passed_on(server: FakeOllama, ollama: Ollama) -> None:
    server.mode = Mode.DIES
    pieces: list[Piece] = []
    with pytest.raises(AnswerBroken):
        await gathered(ollama.ask(REQUEST), pieces)
    assert pieces
    assert SAID.startswith(said(pieces))


@pytest.mark.parametrize("mode", [Mode.HANG, Mode.HANG_INSIDE, Mode.SLOW])
async def test_a_cancelled_question_hangs_up_at_once(server: FakeOllama, ollama: Ollama, mode: Mode) -> None:
    await ollama.models()
    server.mode, server.pause = mode, 10.0
    task = asyncio.create_task(asked(ollama))
    await server.arrived("/api/chat")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await server.deserted()
    assert server.hung_up == 1


async def test_who_stops_listening_hangs_up(server: FakeOllama, ollama: Ollama) -> None:
    server.mode, server.pause = Mode.SLOW, 0.01
    async with contextlib.aclosing(ollama.ask(REQUEST)) as pieces:
        async for _ in pieces:
            break
    await server.deserted()
    assert server.hung_up == 1


async def test_a_listener_busy_past_the_deadline_is_told_and_not_cancelled(ollama: Ollama, server: FakeOllama) -> None:
    await ollama.models()
    server.mode, server.pause = Mode.SLOW, 0.05
    heard: list[Piece] = []
    with pytest.raises(TooSlow):
        await gathered(ollama.ask(Request("llama3.2", "", "BTC?", timeout_s=0.1)), heard, busy=0.2)
    assert len(heard) == 1


async def test_closing_while_an_answer_comes_ends_it(server: FakeOllama, ollama: Ollama) -> None:
    server.mode = Mode.HANG_INSIDE
    task = asyncio.create_task(asked(ollama))
    await server.arrived("/api/chat")
    await ollama.close()
    with pytest.raises(BackendError):
        await task


async def test_a_server_that_comes_back_is_asked_again(server: FakeOllama, ollama: Ollama) -> None:
    assert said(await asked(ollama)) == SAID
    await server.stop()
    with pytest.raises(ServerAbsent):
        await asked(ollama)
    async with server:
        assert said(await asked(ollama)) == SAID


# --- what there is ---


async def test_the_installed_models_are_listed_as_the_server_knows_them(server: FakeOllama, ollama: Ollama) -> None:
    server.models = [FakeModel(), THINKER]
    await asked(ollama)
    first, second = await ollama.models()
    assert first == ModelInfo("llama3.2:latest", 2_019_393_189, "3.2B", "Q4_K_M", FakeModel().digest, False, 40.0)
    assert (second.name, second.loaded, second.tokens_per_second) == ("qwen3:latest", True, None)


async def test_a_model_is_shown_with_what_it_can(server: FakeOllama, ollama: Ollama) -> None:
    server.models = [THINKER]
    shown = await ollama.show("qwen3")
    assert shown.capabilities == ("completion", "thinking")
    assert (shown.parameters, shown.context) == ("8B", 131072)
    with pytest.raises(ModelMissing):
        await ollama.show("llama3.2")


def test_speed_follows_the_last_answers() -> None:
    speeds = Speeds()
    for tokens in (100, 100, 200):
        speeds.learn("a", Usage(answer_tokens=tokens, eval_ms=1000.0))
    speeds.learn("a", Usage())
    assert speeds.of("a") == pytest.approx(130.0)
    assert speeds.of("b") is None


async def test_a_server_is_found_with_its_models(server: FakeOllama, ollama: Ollama) -> None:
    state = await find_server(ollama)
    assert (state.there, len(state.models), state.sentence) == (True, 1, "")
    server.models = []
    assert "has no model yet. Fetch one, for instance llama3.2" in (await find_server(ollama)).sentence


async def test_an_absent_server_says_how_to_get_one(server: FakeOllama, ollama: Ollama) -> None:
    await server.stop()
    state = await find_server(ollama)
    assert not state.there
    assert f"No Ollama server answers at {server.host}." in state.sentence
    assert "Install Ollama from ollama.com" in state.sentence


async def test_a_silent_server_is_given_up_after_two_seconds(
    server: FakeOllama, ollama: Ollama, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hlmaster.insight.llm.ollama.LOOK_SECONDS", 0.05)
    server.mode = Mode.HANG
    state = await find_server(ollama)
    assert not state.there
    assert "said nothing for 0.05 seconds" in state.sentence


@pytest.mark.parametrize(
    "host", ["http://[::1", "http://localhost:port", "ftp://localhost", "http://localhost:99999", "http://a b"]
)
async def test_an_address_that_is_none_is_told(host: str) -> None:
    ollama = Ollama(SystemClock(), host)
    with pytest.raises(ServerAbsent):
        await ollama.models()
    await ollama.close()


async def test_an_older_server_does_not_tell_what_is_loaded(server: FakeOllama, ollama: Ollama) -> None:
    answered = server._answered

    async def older(visit: Visit) -> None:
        await (LocalServer.visited(server, visit) if visit.path == "/api/ps" else answered(visit))

    server._answered = older  # type: ignore[method-assign]
    assert not (await ollama.models())[0].loaded


# --- fetching ---


async def test_a_fetch_tells_how_far_it_is(server: FakeOllama, ollama: Ollama) -> None:
    steps = [step async for step in ollama.pull("qwen3")]
    assert [step.completed for step in steps if step.total] == [0, 100, 200, 300]
    assert [step.status for step in steps][-1] == "success"
    assert [model.name for model in await ollama.models()] == ["llama3.2:latest", "qwen3:latest"]


async def test_a_cancelled_fetch_hangs_up(server: FakeOllama, ollama: Ollama) -> None:
    server.mode, server.pause = Mode.SLOW, 0.01
    async with contextlib.aclosing(ollama.pull("qwen3")) as steps:
        async for step in steps:
            if step.completed:
                break
    await server.deserted()
    assert server.hung_up == 1
    assert len(server.models) == 1


@pytest.mark.parametrize(
    ("mode", "kind", "words"),
    [
        (Mode.NO_MODEL, ModelMissing, "no model “qwen3”"),
        (Mode.TRUNCATED, AnswerBroken, "broke off"),
        (Mode.DIES, AnswerBroken, "lost in the middle"),
        (Mode.ERROR_INSIDE, AnswerBroken, "gave up"),
        (Mode.HANG_INSIDE, TooSlow, "said nothing"),
    ],
)
async def test_a_fetch_that_fails_is_one_error(
    server: FakeOllama,
    ollama: Ollama,
    monkeypatch: pytest.MonkeyPatch,
    mode: Mode,
    kind: type[BackendError],
    words: str,
) -> None:
    monkeypatch.setattr("hlmaster.insight.llm.ollama.PULL_SILENCE_SECONDS", 0.05)
    server.mode = mode
    with pytest.raises(kind, match=words) as caught:
        [step async for step in ollama.pull("qwen3")]
    assert caught.type is kind
