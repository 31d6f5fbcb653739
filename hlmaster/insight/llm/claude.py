"""Claude, through Anthropic's own client: an optional extra, and the one that questions leave this network for."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import TYPE_CHECKING, Any

from hlmaster.core.clock import Clock
from hlmaster.core.redaction import MASK
from hlmaster.core.secret import Secret
from hlmaster.insight.llm.backend import (
    GARBLED,
    AnswerBroken,
    BackendError,
    KeyMissing,
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
    nothing_to_fetch,
    quoted,
)

if TYPE_CHECKING:
    import anthropic

URL = "https://api.anthropic.com"
CALLS_PER_MINUTE = 60
LIST_SECONDS = 10.0
WHERE_KEYS_ARE = "Enter one from console.anthropic.com in the settings of the analyst."
Key = Callable[[], Secret | None]


class Pace:
    """At most ``most`` calls begin within any ``seconds``; who comes later waits, first come first served."""

    def __init__(self, clock: Clock, most: int = CALLS_PER_MINUTE, seconds: float = 60.0) -> None:
        self._clock = clock
        self._seconds = seconds
        self._began: deque[float] = deque(maxlen=most)
        self._queue = asyncio.Lock()

    async def turn(self) -> None:
        async with self._queue:
            if len(self._began) == self._began.maxlen:
                wait = self._began[0] + self._seconds - self._clock.monotonic()
                if wait > 0:
                    await self._clock.sleep(wait)
            self._began.append(self._clock.monotonic())


class Claude:
    """``key`` is asked before each call, from memory; the key goes to ``url`` alone, whatever the environment says.

    Temperature is not sent: the API has none any more. Nothing is tried again by itself, so a call is one call.
    """

    is_model = True

    def __init__(
        self, key: Key, clock: Clock, *, url: str = URL, pace: Pace | None = None, speeds: Speeds | None = None
    ) -> None:
        self.name = "Claude"
        self.speeds = speeds or Speeds()
        self._key = key
        self._clock = clock
        self._url = url
        self._pace = pace or Pace(clock)
        self._client: anthropic.AsyncAnthropic | None = None
        self._opened_with: Secret | None = None
        self._opening = asyncio.Lock()

    async def models(self) -> tuple[ModelInfo, ...]:
        client = await self._ready()
        with self._told():
            try:
                async with asyncio.timeout(LIST_SECONDS):
                    page = await client.models.list(limit=100)
            except TimeoutError:
                raise TooSlow(f"Anthropic said nothing for {LIST_SECONDS:g} seconds.", "Try again later.") from None
            return tuple(
                ModelInfo(
                    model.id, loaded=True, tokens_per_second=self.speeds.of(model.id), context=model.max_input_tokens
                )
                for model in page.data
            )

    def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        return nothing_to_fetch("Claude's models run at Anthropic; none of them can be fetched.")

    def ask(self, request: Request) -> AsyncGenerator[Piece, None]:
        return in_time(self._answer(request), request.timeout_s, self._clock, f"The model {request.model}")

    async def close(self) -> None:
        client, self._client, self._opened_with = self._client, None, None
        if client is not None:
            await client.close()

    async def _answer(self, request: Request) -> AsyncGenerator[Piece, None]:
        client = await self._ready()
        await self._pace.turn()
        prompt_tokens, answer_tokens, began, end = 0, 0, self._clock.monotonic(), ""
        with self._told(request.model):
            async with await client.messages.create(**_call(request)) as stream:
                async for event in stream:
                    if event.type == "message_start":
                        prompt_tokens, began = event.message.usage.input_tokens, self._clock.monotonic()
                    elif event.type == "content_block_delta" and event.delta.type == "thinking_delta":
                        yield Piece(event.delta.thinking, thinking=True)
                    elif event.type == "content_block_delta" and event.delta.type == "text_delta":
                        yield Piece(event.delta.text)
                    elif event.type == "message_delta":
                        answer_tokens, end = event.usage.output_tokens, event.delta.stop_reason or end
                    elif event.type == "message_stop":
                        break
                else:
                    raise AnswerBroken(f"The answer of {request.model} broke off before its end.", "Ask again.")
        usage = Usage(prompt_tokens, answer_tokens, eval_ms=1000.0 * (self._clock.monotonic() - began))
        self.speeds.learn(request.model, usage)
        yield Piece("", usage=usage)
        if end in ("max_tokens", "model_context_window_exceeded"):
            raise cut(f"The model {request.model}", request.max_tokens)
        if end == "refusal":
            raise Refused(f"{request.model} declined to answer.", "Ask again, or choose another model.")

    async def _ready(self) -> anthropic.AsyncAnthropic:
        """The client for the key as it is now, made beside the loop: its library takes seconds to load."""
        key = self._key()
        if not key:
            raise KeyMissing("There is no key for Anthropic's API.", WHERE_KEYS_ARE)
        if not (key.reveal().isascii() and key.reveal().isprintable()) or " " in key.reveal():
            raise KeyMissing("The key for Anthropic's API holds letters that no key has.", WHERE_KEYS_ARE)
        async with self._opening:
            if self._client is None or self._opened_with != key:
                await self.close()
                self._client, self._opened_with = await asyncio.to_thread(self._open, key), key
            return self._client

    def _open(self, key: Secret) -> anthropic.AsyncAnthropic:
        try:
            library = importlib.import_module("anthropic")
        except ImportError:
            raise BackendError(
                "The client for Anthropic's API is not installed.", "Install it: pip install 'hlmaster[cloud-llm]'."
            ) from None
        client: anthropic.AsyncAnthropic = library.AsyncAnthropic(
            api_key=key.reveal(), base_url=self._url, max_retries=0, timeout=None, open_telemetry=False
        )
        return client

    @contextlib.contextmanager
    def _told(self, model: str = "") -> Iterator[None]:
        """Everything that the client and what it stands on may raise, in our words. The library is loaded by now."""
        import anthropic
        import httpx2

        try:
            yield
        except anthropic.APIStatusError as error:
            raise self._refusal(error, model) from None
        except anthropic.APIConnectionError:
            raise ServerAbsent("Anthropic cannot be reached.", "Check the internet connection.") from None
        except (anthropic.APIError, httpx2.HTTPError, httpx2.StreamError):
            raise AnswerBroken("Anthropic was lost in the middle of its answer.", "Ask again.") from None
        except GARBLED:
            raise AnswerBroken("What came from Anthropic is not what its API says.", "Update the program.") from None

    def _refusal(self, error: anthropic.APIStatusError, model: str) -> BackendError:
        words = str(error.api_message or "no reason given")
        if self._opened_with:
            words = words.replace(self._opened_with.reveal(), MASK)
        match error.status_code:
            case 401 | 403:
                return KeyMissing(f"Anthropic does not accept the key: {quoted(words)}.", WHERE_KEYS_ARE)
            case 404:
                return ModelMissing(f"Anthropic has no model {quoted(model)}.", "Choose one of the list.")
            case 429:
                return Refused("The limit of the key at Anthropic is reached.", "Ask less often, or raise the limit.")
            case code if code < 400:
                return AnswerBroken(f"Anthropic gave up in the middle of its answer: {quoted(words)}.", "Ask again.")
            case code if code >= 500:
                return Refused(f"Anthropic is in trouble: {quoted(words)}.", "Ask again in a few minutes.")
        return Refused(f"Anthropic refused: {quoted(words)}.", "Choose another model, or change the options.")


def _call(request: Request) -> dict[str, Any]:
    """What is sent, beside the key."""
    import anthropic

    call: dict[str, Any] = {
        "model": request.model,
        "system": request.system,
        "messages": [{"role": "user", "content": request.prompt}],
        "max_tokens": request.max_tokens,
        "stream": True,
    }
    if request.schema is not None:
        shape = anthropic.transform_schema(dict(request.schema))
        call["output_config"] = {"format": {"type": "json_schema", "schema": shape}}
    if request.think is not None:
        call["thinking"] = {"type": "adaptive", "display": "summarized"} if request.think else {"type": "disabled"}
    return call
