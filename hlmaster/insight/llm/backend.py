"""The port to whoever answers: what is asked, what comes back piece by piece, and all that can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.redaction import redact

LONGEST_ANSWER = 64 * 1024
"""Characters, thoughts included. Ten times what any question needs; what goes on beyond it is no answer."""
QUOTED_WORDS = 200
LEARNED_FROM = 0.3
"""How much the last answer's speed counts against those before it."""

GARBLED = (ValueError, TypeError, AttributeError, KeyError, RecursionError)
"""What client libraries raise over a reply that is JSON of another shape, or no JSON."""


class BackendError(HlError):
    """No answer, or no whole one. Nothing else escapes a back-end."""

    code = "LLM-001"


class ServerAbsent(BackendError):
    """Nobody can be reached where the server should be."""

    code = "LLM-002"


class ModelMissing(BackendError):
    """The server is there; it has no such model."""

    code = "LLM-003"


class AnswerBroken(BackendError):
    """An answer began, or claimed to, and is not whole: cut, garbled, of another protocol, or lost on its way."""

    code = "LLM-004"


class TooSlow(BackendError):
    code = "LLM-005"


class KeyMissing(BackendError):
    """There is no key, or the service does not accept it."""

    code = "LLM-006"


class Refused(BackendError):
    """The server understood and said no: too large for its memory, a limit, an option that the model does not know."""

    code = "LLM-007"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """``parameters`` and ``quantisation`` as the server words them ("3.2B", "Q4_K_M"); empty or None is not told.

    ``digest``: of the weights. ``tokens_per_second``: as measured here, None before the first answer. ``context``: in
    tokens.
    """

    name: str
    size_bytes: int | None = None
    parameters: str = ""
    quantisation: str = ""
    digest: str = ""
    loaded: bool = False
    tokens_per_second: float | None = None
    capabilities: tuple[str, ...] = ()
    context: int | None = None


@dataclass(frozen=True, slots=True)
class PullProgress:
    """Bytes of the part that is fetched now; 0 of 0 while the server does something else (``status`` says what)."""

    status: str
    completed: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """``load_ms``: until the model stood in memory. ``eval_ms``: the making of the answer alone."""

    prompt_tokens: int = 0
    answer_tokens: int = 0
    load_ms: float = 0.0
    eval_ms: float = 0.0

    @property
    def tokens_per_second(self) -> float | None:
        return 1000.0 * self.answer_tokens / self.eval_ms if self.answer_tokens and self.eval_ms > 0 else None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of the answer, in order; ``thinking`` is no part of it. The last one alone carries ``usage``."""

    text: str
    thinking: bool = False
    usage: Usage | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """``schema``: the JSON schema of the answer. ``think``: None leaves it to the model. ``timeout_s``: wall seconds
    for the whole answer. ``facts``: what the question was made of, for the narrator alone; they are sent nowhere."""

    model: str
    system: str
    prompt: str
    schema: Mapping[str, Any] | None = None
    temperature: float = 0.1
    max_tokens: int = 300
    timeout_s: float = 30.0
    think: bool | None = None
    facts: object | None = None


class Backend(Protocol):
    """Who stops listening before the end closes what he listens to (``contextlib.aclosing``); that frees the line.

    Whatever fails is a ``BackendError``; a cancelled, late or closed call leaves no task and no connection.
    """

    name: str
    is_model: bool
    """False: plain rules, which an interface must not present as a model."""

    async def models(self) -> tuple[ModelInfo, ...]: ...

    def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        """Have the server fetch a model; closing cancels it, and what has come so far is kept by the server."""

    def ask(self, request: Request) -> AsyncGenerator[Piece, None]:
        """The answer as it is made. One that is cut at ``max_tokens`` gives its usage, then raises ``AnswerBroken``."""

    async def close(self) -> None:
        """Give the connections back. Asking again opens new ones."""


class Speeds:
    """Tokens a second on this machine, per model, learnt from answers: a moving average of the last few."""

    def __init__(self) -> None:
        self._of: dict[str, float] = {}

    def learn(self, model: str, usage: Usage) -> None:
        speed = usage.tokens_per_second
        if speed is not None:
            before = self._of.get(model, speed)
            self._of[model] = before + LEARNED_FROM * (speed - before)

    def of(self, model: str) -> float | None:
        return self._of.get(model)


async def in_time(
    pieces: AsyncGenerator[Piece, None], seconds: float, clock: Clock, asked: str
) -> AsyncGenerator[Piece, None]:
    """The pieces while there is time; then ``TooSlow``, and ``AnswerBroken`` if they are too many.

    The time is measured around each wait and never around a ``yield``: there a timeout would cancel the listener.
    """
    end = clock.monotonic() + seconds
    length = 0
    async with contextlib.aclosing(pieces):
        while True:
            try:
                async with asyncio.timeout(end - clock.monotonic()):
                    piece = await anext(pieces, None)
            except TimeoutError:
                raise TooSlow(
                    f"{asked} did not finish its answer within {seconds:g} seconds.",
                    "Choose a smaller model, or allow more time in the settings.",
                ) from None
            if piece is None:
                return
            length += len(piece.text)
            if length > LONGEST_ANSWER:
                raise AnswerBroken(f"{asked} went on without end and was stopped.", "Choose another model.")
            yield piece
            await asyncio.sleep(0)  # pieces may come in a burst, from a buffer; the window gets its turn between them


async def nothing_to_fetch(sentence: str) -> AsyncGenerator[PullProgress, None]:
    """The ``pull`` of a back-end whose models live elsewhere."""
    if sentence:
        raise Refused(sentence)
    yield PullProgress("")


def cut(asked: str, tokens: int) -> AnswerBroken:
    return AnswerBroken(
        f"{asked} used up its {tokens} tokens before the answer was whole.",
        "Allow longer answers in the settings, or switch thinking off.",
    )


def quoted(words: object) -> str:
    """A stranger's words for a sentence of ours: one line, short, printable, and nothing in them that looks secret."""
    line = "".join(letter if letter.isprintable() else " " for letter in redact(str(words)))
    line = " ".join(line.split())
    return f"“{line[:QUOTED_WORDS]}…”" if len(line) > QUOTED_WORDS else f"“{line}”"
