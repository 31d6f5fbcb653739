"""Anthropic's protocol, as far as its own client uses it for a streamed message and the list of models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.insight.fake_ollama import SAID, Mode
from tests.insight.local_server import LocalServer, Visit

KEY = "sk-ant-api03-thisKeyOpensNothingAtAll0123456789"
ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


@dataclass
class FakeAnthropic(LocalServer):
    """``refusal``: the status that every call is answered with, in ``words``; ``{key}`` in them is the client's."""

    mode: Mode = Mode.WELL
    key: str = KEY
    refusal: int = 0
    words: str = "No, and your key is {key}."
    said: str = SAID
    thoughts: str = ""
    stop_reason: str = "end_turn"
    pause: float = 0.01

    def __post_init__(self) -> None:
        super().__init__()

    @property
    def calls(self) -> list[Mapping[str, Any]]:
        return [visit.body for visit in self.visits if visit.path == "/v1/messages"]

    async def visited(self, visit: Visit) -> None:
        if self.mode is Mode.HANG:
            await visit.pause(None)
        key = key_of(visit)
        refusal = self.refusal or (401 if key != self.key else 0)
        if refusal:
            words = self.words.format(key=key)
            await visit.reply(refusal, {"type": "error", "error": {"type": ERRORS[refusal], "message": words}})
        elif (visit.method, visit.path) == ("GET", "/v1/models"):
            model = {"type": "model", "id": "claude-sonnet-5", "display_name": "Claude Sonnet 5"}
            model |= {"created_at": "2026-01-01T00:00:00Z", "lifecycle": "active"}
            await visit.reply(200, {"data": [model], "has_more": False, "first_id": None, "last_id": None})
        elif (visit.method, visit.path) == ("POST", "/v1/messages"):
            visit.begin("text/event-stream")
            await self._message(visit)
            await visit.end()
        else:
            await super().visited(visit)

    async def _message(self, visit: Visit) -> None:
        message = {"id": "msg_01", "type": "message", "role": "assistant", "model": visit.body["model"], "content": []}
        await self._say(
            visit, "message_start", {"message": message | {"usage": {"input_tokens": 120, "output_tokens": 1}}}
        )
        await self._block(visit, 0, "thinking", self.thoughts.split(" ") if self.thoughts else [])
        words = self.said.split(" ")
        half = len(words) // 2
        await self._block(visit, 1, "text", words[:half])
        await self._fail(visit)
        await self._block(visit, 2, "text", words[half:])
        if self.mode is not Mode.TRUNCATED:
            end = {"stop_reason": self.stop_reason, "stop_sequence": None}
            await self._say(visit, "message_delta", {"delta": end, "usage": {"output_tokens": len(words)}})
            await self._say(visit, "message_stop", {})

    async def _block(self, visit: Visit, index: int, kind: str, words: list[str]) -> None:
        await self._say(visit, "content_block_start", {"index": index, "content_block": {"type": kind, kind: ""}})
        await self._say(visit, "ping", {})
        for number, word in enumerate(words):
            space = " " if number or index == 2 else ""
            delta = {"type": f"{kind}_delta", kind: space + word}
            await self._say(visit, "content_block_delta", {"index": index, "delta": delta})
        await self._say(visit, "content_block_stop", {"index": index})

    async def _fail(self, visit: Visit) -> None:
        match self.mode:
            case Mode.HANG_INSIDE:
                await visit.pause(None)
            case Mode.DIES:
                visit.die()
            case Mode.NOT_JSON:
                await visit.chunk(b"event: content_block_delta\ndata: <html>\n\n")
            case Mode.OTHER_JSON:
                await visit.chunk(b'event: content_block_delta\ndata: {"type": "content_block_delta"}\n\n')
            case Mode.ERROR_INSIDE:
                error = {"type": "overloaded_error", "message": "Overloaded"}
                await self._say(visit, "error", {"error": error})

    async def _say(self, visit: Visit, event: str, data: Mapping[str, Any]) -> None:
        if self.mode is Mode.SLOW:
            await visit.pause(self.pause)
        await visit.chunk(f"event: {event}\ndata: {json.dumps({'type': event, **data})}\n\n".encode())


def key_of(visit: Visit) -> str:
    """Clients send it in either of two headers, by their version."""
    return visit.headers.get("x-api-key") or visit.headers.get("authorization", "").removeprefix("Bearer ")
