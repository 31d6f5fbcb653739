"""Tokens of a real model: llama.cpp makes them under the answer's grammar, our server on loopback passes them on.

Runs with ``pytest -m llm`` where llama-cpp-python and gguf are installed. The weights are chance: what such a model
says is of the right shape and means nothing.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.insight.llm.backend import AnswerBroken, Piece, Request
from hlmaster.insight.llm.ollama import Ollama
from tests.insight.fake_ollama import FakeModel, FakeOllama
from tests.insight.local_server import nothing_left
from tests.insight.tiny_model import CONTEXT, write_model

pytestmark = pytest.mark.llm

SCHEMA = {
    "type": "object",
    "properties": {
        "reason": {"type": "string", "maxLength": 30},
        "sentiment": {"enum": ["BULLISH", "BEARISH", "NEUTRAL"]},
        "signal": {"enum": ["LONG", "SHORT", "HOLD"]},
    },
    "required": ["reason", "sentiment", "signal"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    for name in ("llama_cpp", "gguf"):
        pytest.importorskip(name, reason=f"{name} is not installed: pip install llama-cpp-python gguf")
    import llama_cpp

    path: Path = tmp_path_factory.mktemp("model") / "tiny.gguf"
    write_model(path)
    made = llama_cpp.Llama(str(path), n_ctx=CONTEXT, n_threads=1, seed=1, verbose=False)
    yield made
    made.close()


@pytest.fixture
async def ollama(model: Any) -> AsyncIterator[Ollama]:
    async def answer(body: Mapping[str, Any]) -> AsyncIterator[str]:
        tokens = model.create_chat_completion(
            body["messages"],
            response_format={"type": "json_object", "schema": body["format"]},
            temperature=body["options"]["temperature"],
            max_tokens=None,  # it is the server that cuts
            stream=True,
        )
        while token := await asyncio.to_thread(next, tokens, None):
            if text := token["choices"][0]["delta"].get("content"):
                yield text

    async with FakeOllama(models=[FakeModel("tiny:latest")], answer=answer) as server, nothing_left(server):
        made = Ollama(SystemClock(), server.host)
        yield made
        await made.close()


def request(**changes: Any) -> Request:
    return Request("tiny", "You look at one coin.", "BTC stands at 100.", SCHEMA, **changes)


def read(pieces: list[Piece]) -> dict[str, str]:
    """Leniently: this library's grammar lets control characters into strings, which no strict reader takes."""
    answer: dict[str, str] = json.loads("".join(piece.text for piece in pieces), strict=False)
    return answer


async def test_an_answer_of_a_real_model_streams_and_has_the_schemas_shape(ollama: Ollama) -> None:
    pieces = [piece async for piece in ollama.ask(request())]
    assert len(pieces) > 10
    answer = read(pieces)
    assert list(answer) == ["reason", "sentiment", "signal"]
    assert answer["sentiment"] in ("BULLISH", "BEARISH", "NEUTRAL")
    assert answer["signal"] in ("LONG", "SHORT", "HOLD")


async def test_a_real_model_is_cut_at_its_limit(ollama: Ollama) -> None:
    pieces: list[Piece] = []
    with pytest.raises(AnswerBroken, match="used up its 5 tokens"):
        await _gather(ollama, request(max_tokens=5), pieces)
    assert pieces


async def test_a_real_model_can_be_left_in_the_middle_and_asked_again(ollama: Ollama) -> None:
    async with contextlib.aclosing(ollama.ask(request())) as pieces:
        async for _ in pieces:
            break
    assert read([piece async for piece in ollama.ask(request())])


async def _gather(ollama: Ollama, asked: Request, pieces: list[Piece]) -> None:
    async for piece in ollama.ask(asked):
        pieces.append(piece)
