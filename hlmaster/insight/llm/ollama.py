"""Models on this machine, or on one that the user names, through Ollama's own client."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from hlmaster.core.clock import Clock
from hlmaster.core.redaction import redact
from hlmaster.insight.llm.backend import (
    GARBLED,
    AnswerBroken,
    BackendError,
    ModelInfo,
    ModelMissing,
    Piece,
    PullProgress,
    Refused,
    Request,
    ServerAbsent,
    Speeds,
    TooSlow,
    Usage,
    cut,
    in_time,
    quoted,
)

if TYPE_CHECKING:
    import ollama

Part = TypeVar("Part")

HOST = "http://localhost:11434"
FIRST_MODEL = "llama3.2"
LOOK_SECONDS = 2.0
PULL_SILENCE_SECONDS = 600.0
"""Checking the digest of a large model takes minutes without a word."""
SMALLEST_CONTEXT, LARGEST_CONTEXT = 4096, 32768
LETTERS_PER_TOKEN = 2
"""Tables of prices make short tokens; prose would have four letters in each."""


@dataclass(frozen=True, slots=True)
class ServerState:
    """``sentence``: what to do, for a person; empty when there is a server with a model."""

    there: bool
    models: tuple[ModelInfo, ...] = ()
    sentence: str = ""


async def find_server(server: Ollama) -> ServerState:
    """Whether somebody answers, within two seconds once the library is loaded."""
    try:
        models = await server.models()
    except BackendError as error:
        return ServerState(False, sentence=str(error))
    if not models:
        return ServerState(
            True, sentence=f"Ollama is there and has no model yet. Fetch one, for instance {FIRST_MODEL} (2 GB)."
        )
    return ServerState(True, models)


class Ollama:
    """``host``: an address as Ollama's own tools take it. No proxy is asked: questions stay between here and there."""

    is_model = True

    def __init__(self, clock: Clock, host: str = HOST, speeds: Speeds | None = None) -> None:
        self.name = "Ollama"
        self.host = host
        self.speeds = speeds or Speeds()
        self._clock = clock
        self._client: ollama.AsyncClient | None = None
        self._opening = asyncio.Lock()

    async def models(self) -> tuple[ModelInfo, ...]:
        """The installed ones as the server lists them, the latest first."""
        client = await self._ready()
        with self._told():
            async with self._within(LOOK_SECONDS):
                listed = (await client.list()).models
                loaded = await self._loaded(client)
        return tuple(self._info(model, loaded) for model in listed if model.model)

    async def show(self, model: str) -> ModelInfo:
        """What the server knows of one model, with its ``capabilities`` and the ``context`` it was made for."""
        client = await self._ready()
        with self._told(model):
            async with self._within(LOOK_SECONDS):
                shown = await client.show(model)
            details = shown.details
            lengths = [value for key, value in (shown.modelinfo or {}).items() if key.endswith(".context_length")]
            return ModelInfo(
                model,
                parameters=(details and details.parameter_size) or "",
                quantisation=(details and details.quantization_level) or "",
                tokens_per_second=self.speeds.of(_in_full(model)),
                capabilities=tuple(shown.capabilities or ()),
                context=int(lengths[0]) if lengths else None,
            )

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        client = await self._ready()
        with self._told(model):
            stream = await client.pull(model, stream=True)
            async with _closing(stream):
                while True:
                    async with self._within(PULL_SILENCE_SECONDS):
                        part = await anext(stream, None)
                    if part is None:
                        break
                    yield PullProgress(part.status or "", part.completed or 0, part.total or 0)
                    if part.status == "success":
                        return
        raise AnswerBroken(f"Fetching {quoted(model)} broke off.", "Start it again: what has come so far is kept.")

    def ask(self, request: Request) -> AsyncGenerator[Piece, None]:
        return in_time(self._answer(request), request.timeout_s, self._clock, f"The model {request.model}")

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()  # type: ignore[no-untyped-call]  # the library leaves it bare

    async def _answer(self, request: Request) -> AsyncGenerator[Piece, None]:
        client = await self._ready()
        with self._told(request.model):
            stream = await client.chat(
                request.model,
                [{"role": "system", "content": request.system}, {"role": "user", "content": request.prompt}],
                stream=True,
                think=request.think,
                format=dict(request.schema) if request.schema is not None else None,
                options=_options(request),
            )
            async with _closing(stream):
                async for part in stream:
                    if part.message.thinking:
                        yield Piece(part.message.thinking, thinking=True)
                    if part.message.content and not part.done:
                        yield Piece(part.message.content)
                    if part.done:
                        usage = _usage(part)
                        self.speeds.learn(_in_full(request.model), usage)
                        yield Piece(part.message.content or "", usage=usage)
                        if part.done_reason == "length":
                            raise cut(f"The model {request.model}", request.max_tokens)
                        return
        raise AnswerBroken(f"The answer of {request.model} broke off before its end.", "Ask again.")

    async def _ready(self) -> ollama.AsyncClient:
        """The client, made beside the loop: library and certificates take a quarter of a second to load."""
        async with self._opening:
            if self._client is None:
                self._client = await asyncio.to_thread(self._open)
            return self._client

    def _open(self) -> ollama.AsyncClient:
        library = importlib.import_module("ollama")
        invalid = importlib.import_module("httpx").InvalidURL
        try:
            client: ollama.AsyncClient = library.AsyncClient(self.host, trust_env=False)
        except (ValueError, invalid):
            raise ServerAbsent(
                f"{quoted(self.host)} is no address of an Ollama server.", f"Write it like {HOST} in the settings."
            ) from None
        return client

    async def _loaded(self, client: ollama.AsyncClient) -> set[str]:
        import ollama

        try:
            return {model.model for model in (await client.ps()).models if model.model}
        except ollama.ResponseError:
            return set()  # servers before 0.1.38 do not tell

    def _info(self, model: ollama.ListResponse.Model, loaded: set[str]) -> ModelInfo:
        name, details = model.model or "", model.details
        return ModelInfo(
            name,
            size_bytes=model.size,
            parameters=(details and details.parameter_size) or "",
            quantisation=(details and details.quantization_level) or "",
            digest=model.digest or "",
            loaded=name in loaded,
            tokens_per_second=self.speeds.of(name),
        )

    @contextlib.asynccontextmanager
    async def _within(self, seconds: float) -> AsyncGenerator[None, None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise TooSlow(
                f"The server at {redact(self.host)} said nothing for {seconds:g} seconds.", "Restart Ollama."
            ) from None

    @contextlib.contextmanager
    def _told(self, model: str = "") -> Iterator[None]:
        """Everything that the client and what it stands on may raise, in our words. The library is loaded by now."""
        import httpx
        import ollama

        at = f"at {redact(self.host)}"
        try:
            yield
        except ollama.ResponseError as error:
            raise self._refusal(error, model) from None
        except (ConnectionError, httpx.ConnectError, httpx.ConnectTimeout, httpx.UnsupportedProtocol):
            raise ServerAbsent(
                f"No Ollama server answers {at}.",
                f"Install Ollama from ollama.com, start it and fetch a model (ollama pull {FIRST_MODEL}); "
                "without it plain rules speak here.",
            ) from None
        except (httpx.HTTPError, httpx.StreamError):
            raise AnswerBroken(
                f"The server {at} was lost in the middle of its answer.",
                "Look whether it still runs, then ask again.",
            ) from None
        except GARBLED:
            raise AnswerBroken(
                f"What came from the server {at} is not what Ollama says.", "Look which program listens there."
            ) from None

    def _refusal(self, error: ollama.ResponseError, model: str) -> BackendError:
        words = str(error.error)
        if ("not found" in words and "model" in words) or "file does not exist" in words:
            return ModelMissing(
                f"There is no model {quoted(model)} at {redact(self.host)}.",
                f"Choose one of the list, or fetch it: ollama pull {redact(model)}.",
            )
        if error.status_code == 404:
            return ServerAbsent(
                f"What answers at {redact(self.host)} is no Ollama server.", "Check the address in the settings."
            )
        if error.status_code < 400:
            return AnswerBroken(f"Ollama gave up in the middle of its answer: {quoted(words)}.", "Ask again.")
        return Refused(f"Ollama refused: {quoted(words)}.", "Choose another model, or change the analyst's options.")


def _closing(stream: AsyncIterator[Part]) -> contextlib.aclosing[AsyncGenerator[Part, None]]:
    """The client's streams are generators, whatever it says: closed early, they give their connection back at once."""
    return contextlib.aclosing(cast("AsyncGenerator[Part, None]", stream))


def _in_full(model: str) -> str:
    """As the server lists it: llama3.2 is llama3.2:latest."""
    return model if ":" in model.rpartition("/")[2] else f"{model}:latest"


def _options(request: Request) -> dict[str, float | int]:
    """The context grows in doublings, for the server loads the model anew whenever it changes."""
    needed = (len(request.system) + len(request.prompt)) // LETTERS_PER_TOKEN + request.max_tokens
    context = SMALLEST_CONTEXT
    while context < min(needed, LARGEST_CONTEXT):
        context *= 2
    return {"temperature": request.temperature, "num_predict": request.max_tokens, "num_ctx": context}


def _usage(last: ollama.ChatResponse) -> Usage:
    return Usage(
        last.prompt_eval_count or 0,
        last.eval_count or 0,
        (last.load_duration or 0) / 1e6,
        (last.eval_duration or 0) / 1e6,
    )
