"""Ollama's own protocol, spoken by a server on loopback that thinks nothing: what it says, and how it fails, is set.

Wire as in the server's API description: lines of JSON while streaming, which is what happens unless ``stream`` is
false; durations in nanoseconds; errors as ``{"error": words}``; in the middle of an answer as one more line.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum, auto
from typing import Any

from tests.insight.local_server import LocalServer, Visit

STAMP = "2026-01-05T12:00:00.000000Z"
LINES = "application/x-ndjson"
SAID = json.dumps(
    {
        "reason": "Higher lows for ten candles. Buyers take what is offered.",
        "coin": "BTC",
        "sentiment": "BULLISH",
        "signal": "LONG",
        "confidence": 7,
        "entry": 100.0,
        "stop": 99.0,
        "target": 102.0,
        "invalidation": "A close below 99.",
        "horizon_minutes": 15,
    }
)


class Mode(StrEnum):
    """What goes wrong with an answer, or with a pull."""

    WELL = auto()
    SLOW = auto()
    """``pause`` seconds before each piece."""
    HANG = auto()
    """Says nothing at all, and does not hang up."""
    HANG_INSIDE = auto()
    """The same, after half of the answer."""
    TRUNCATED = auto()
    """Ends in order, without ever saying that it is done."""
    NOT_JSON = auto()
    OTHER_JSON = auto()
    """Lines of JSON that are no answer."""
    ERROR_INSIDE = auto()
    DIES = auto()
    """The connection breaks after half of the answer."""
    NO_MODEL = auto()
    NO_ROOM = auto()
    NOT_FOUND = auto()
    """Another program listens there."""
    ENDLESS = auto()


@dataclass(frozen=True, slots=True)
class FakeModel:
    name: str = "llama3.2:latest"
    size: int = 2_019_393_189
    parameters: str = "3.2B"
    quantisation: str = "Q4_K_M"
    digest: str = "a80c4f17acd55265feec403c7aef86be0c25983ab279d83f3bcd3abbcb5b8b72"
    thinks: bool = False
    loaded: bool = False

    @property
    def details(self) -> dict[str, Any]:
        return {
            "parent_model": "",
            "format": "gguf",
            "family": "llama",
            "families": ["llama"],
            "parameter_size": self.parameters,
            "quantization_level": self.quantisation,
        }


Words = AsyncIterator[str] | list[str]
Answer = Callable[[Mapping[str, Any]], str | Words]
"""From the body of a chat to what is said: text, which is cut into words, or the pieces themselves."""


@dataclass
class FakeOllama(LocalServer):
    """``async with FakeOllama() as server:`` listens at ``server.host``. Every field may be changed while it runs."""

    mode: Mode = Mode.WELL
    models: list[FakeModel] = field(default_factory=lambda: [FakeModel()])
    library: list[FakeModel] = field(default_factory=lambda: [FakeModel("qwen3:latest", 300, thinks=True)])
    """What can be pulled."""
    answer: Answer = lambda body: SAID
    thoughts: str = ""
    pause: float = 0.01

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def chats(self) -> list[Mapping[str, Any]]:
        return [visit.body for visit in self.visits if visit.path == "/api/chat"]

    async def visited(self, visit: Visit) -> None:
        try:
            await self._answered(visit)
        except _Refusal as refusal:
            await visit.reply(refusal.status, {"error": refusal.words})

    async def _answered(self, visit: Visit) -> None:
        if self.mode is Mode.HANG:
            await visit.pause(None)
        match visit.method, visit.path:
            case _ if self.mode is Mode.NOT_FOUND:
                await super().visited(visit)
            case "GET", "/":
                await visit.reply(200, b"Ollama is running", "text/plain")
            case "GET", "/api/version":
                await visit.reply(200, {"version": "0.13.0"})
            case "GET", "/api/tags":
                await visit.reply(200, {"models": [_listed(model) for model in self.models]})
            case "GET", "/api/ps":
                running = [_listed(model) | {"expires_at": STAMP} for model in self.models if model.loaded]
                await visit.reply(200, {"models": running})
            case "POST", "/api/show":
                await self._show(visit)
            case "POST", "/api/chat":
                await self._chat(visit)
            case "POST", "/api/pull":
                await self._pull(visit)
            case _:
                await super().visited(visit)

    def _model(self, name: str) -> FakeModel:
        model = None if self.mode is Mode.NO_MODEL else _named(name, self.models)
        if model is None:
            raise _Refusal(404, f"model '{name}' not found")
        return model

    async def _show(self, visit: Visit) -> None:
        model = self._model(visit.body["model"])
        await visit.reply(
            200,
            {
                "modified_at": STAMP,
                "details": model.details,
                "model_info": {"general.architecture": "llama", "llama.context_length": 131072},
                "capabilities": ["completion", *(["thinking"] if model.thinks else [])],
            },
        )

    async def _chat(self, visit: Visit) -> None:
        name = visit.body["model"]
        model = self._model(name)
        if visit.body.get("think") and not model.thinks:
            raise _Refusal(400, f'"{name}" does not support thinking')
        if self.mode is Mode.NO_ROOM:
            raise _Refusal(500, "model requires more system memory (5.6 GiB) than is available (3.1 GiB)")
        said = self.answer(visit.body)
        pieces = said if not isinstance(said, str) else re.findall(r"\s*\S+", said)
        if not visit.body.get("stream", True):
            words = "".join([piece async for piece in _each(pieces)])
            await visit.reply(200, _line(name, {"role": "assistant", "content": words}) | _done(1, "stop"))
            return
        visit.begin(LINES)
        thoughts = re.findall(r"\s*\S+", self.thoughts) if model.thinks and visit.body.get("think", True) else []
        for thought in thoughts:
            await self._say(visit, _line(name, {"role": "assistant", "content": "", "thinking": thought}))
        await self._stream(visit, name, pieces, len(thoughts))

    async def _stream(self, visit: Visit, name: str, pieces: Words, said: int) -> None:
        most = visit.body.get("options", {}).get("num_predict", 1_000_000)
        half = max(1, len(pieces) // 2) if isinstance(pieces, list) else 3
        ended = "stop"
        async for piece in _each(pieces):
            if said >= most:
                ended = "length"
                break
            if said >= half and self.mode is not Mode.WELL:
                await self._fail(visit)
            await self._say(visit, _line(name, {"role": "assistant", "content": piece}))
            said += 1
        while self.mode is Mode.ENDLESS:
            await self._say(visit, _line(name, {"role": "assistant", "content": "and so on " * 100}))
        if self.mode is not Mode.TRUNCATED:
            await self._say(visit, _line(name, {"role": "assistant", "content": ""}) | _done(said, ended))
        await visit.end()

    async def _fail(self, visit: Visit) -> None:
        match self.mode:
            case Mode.HANG_INSIDE:
                await visit.pause(None)
            case Mode.DIES:
                visit.die()
            case Mode.ERROR_INSIDE:
                await visit.chunk(b'{"error":"an error was encountered while running the model: unexpected EOF"}\n')
            case Mode.NOT_JSON:
                await visit.chunk(b"<html>502 Bad Gateway</html>\n")
            case Mode.OTHER_JSON:
                await visit.chunk(b'["not", "an", "answer"]\n')

    async def _pull(self, visit: Visit) -> None:
        model = _named(visit.body["model"], self.library)
        visit.begin(LINES)
        await self._say(visit, {"status": "pulling manifest"})
        if model is None or self.mode is Mode.NO_MODEL:
            await self._say(visit, {"error": "pull model manifest: file does not exist"})
            await visit.end()
            return
        layer = {"status": f"pulling {model.digest[:12]}", "digest": f"sha256:{model.digest}", "total": model.size}
        await self._say(visit, layer)
        for third in (1, 2, 3):
            if third == 2 and self.mode is not Mode.WELL:
                await self._fail(visit)
            await self._say(visit, layer | {"completed": model.size * third // 3})
        if self.mode is not Mode.TRUNCATED:
            for status in ("verifying sha256 digest", "writing manifest", "success"):
                await self._say(visit, {"status": status})
            self.models.append(model)
        await visit.end()

    async def _say(self, visit: Visit, line: Mapping[str, Any]) -> None:
        if self.mode is Mode.SLOW:
            await visit.pause(self.pause)
        await visit.chunk(json.dumps(line).encode() + b"\n")


class _Refusal(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def _named(name: str, models: list[FakeModel]) -> FakeModel | None:
    full = name if ":" in name else f"{name}:latest"
    return next((model for model in models if model.name == full), None)


def _listed(model: FakeModel) -> dict[str, Any]:
    return {
        "name": model.name,
        "model": model.name,
        "modified_at": STAMP,
        "size": model.size,
        "digest": model.digest,
        "details": model.details,
    }


def _line(model: str, message: Mapping[str, str]) -> dict[str, Any]:
    return {"model": model, "created_at": STAMP, "message": message, "done": False}


def _done(tokens: int, reason: str) -> dict[str, Any]:
    """Made up, and as a server words it: 40 tokens a second."""
    return {
        "done": True,
        "done_reason": reason,
        "total_duration": 1_000_000_000 + tokens * 25_000_000,
        "load_duration": 800_000_000,
        "prompt_eval_count": 120,
        "prompt_eval_duration": 200_000_000,
        "eval_count": tokens,
        "eval_duration": tokens * 25_000_000,
    }


async def _each(pieces: Words) -> AsyncIterator[str]:
    if isinstance(pieces, list):
        for piece in pieces:
            yield piece
    else:
        async for piece in pieces:
            yield piece
