"""An analyst at work in a test: a model that says what it is given, a shelf that keeps, and everything that is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.opinions import (
    AnalystAnswered,
    AnalystCalled,
    AnalystChanged,
    AnalystSpoke,
    Call,
    Headline,
    Opinion,
    Outcome,
    Question,
)
from hlmaster.insight.analyst.analyst import Analyst, AnalystOptions
from hlmaster.insight.analyst.facts import MarketFacts
from hlmaster.insight.analyst.prompts import Prompts
from hlmaster.insight.llm.backend import (
    BackendError,
    ModelInfo,
    Piece,
    PullProgress,
    Request,
    Usage,
)
from tests.insight.analyst.answers import answer
from tests.insight.analyst.markets import NOW_MS, market

USAGE = Usage(prompt_tokens=900, answer_tokens=120, eval_ms=2_000.0)
Answerer = Callable[[Request], str]


@dataclass
class FakeModel:
    """Says what it is given, in pieces of seven characters; it can fail, and it can hang after the first piece."""

    says: Answerer = lambda request: answer()
    failure: Exception | None = None
    hangs: bool = False
    thoughts: str = ""
    listing_fails: bool = False
    name: str = "fake"
    is_model: bool = True
    asked: list[Request] = field(default_factory=list)
    listed: int = 0
    open: int = 0
    most_open: int = 0
    speaking: asyncio.Event = field(default_factory=asyncio.Event)

    async def models(self) -> tuple[ModelInfo, ...]:
        self.listed += 1
        if self.listing_fails:
            raise BackendError("The list is not to be had.")
        return (ModelInfo("other", digest="00"), ModelInfo("llama3.2:latest", digest="a80c"))

    async def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        yield PullProgress(model)

    async def ask(self, request: Request) -> AsyncGenerator[Piece, None]:
        self.asked.append(request)
        self.open += 1
        self.most_open = max(self.open, self.most_open)
        try:
            if self.thoughts:
                yield Piece(self.thoughts, thinking=True)
            text = self.says(request)
            for start in range(0, len(text), 7):
                yield Piece(text[start : start + 7])
                self.speaking.set()
                if self.hangs:
                    await asyncio.Event().wait()
                if self.failure is not None:
                    raise self.failure
            yield Piece("", usage=USAGE)
        finally:
            self.open -= 1

    async def close(self) -> None:
        pass


class Shelf:
    """Keeps calls as the store does."""

    def __init__(self) -> None:
        self.saved: list[Call] = []

    def save_call(self, call: Call) -> None:
        self.saved.append(call)

    def save_outcome(self, outcome: Outcome) -> None: ...

    def save_headlines(self, headlines: Sequence[Headline]) -> None: ...

    async def calls(self, limit: int = 2000) -> list[Call]:
        return self.saved[-limit:]

    async def outcomes(self, limit: int = 20000) -> list[Outcome]:
        return []

    async def headlines(self, since_ms: int) -> list[Headline]:
        return []


class Room:
    """An analyst at work, and everything it says."""

    def __init__(
        self, model: Any = None, folder: Path | None = None, shelf: Shelf | None = None, **options: Any
    ) -> None:
        self.model = model or FakeModel()
        self.bus, self.clock, self.shelf = Bus(), ManualClock(NOW_MS), shelf or Shelf()
        self.options = AnalystOptions(**{"gap_s": 10.0, **options})
        self.facts: Callable[[str], MarketFacts | None] = lambda coin: market(coin=coin, at_ms=self.clock.now_ms())
        self.said: list[Any] = []
        self.called_at: list[float] = []
        self._news, self._heard = asyncio.Event(), Counter[type]()
        for kind in (AnalystCalled, AnalystSpoke, AnalystAnswered):
            self.bus.subscribe(kind, self._hear)
        self.changes: list[AnalystChanged] = []
        self.bus.subscribe(AnalystChanged, self.changes.append)
        self.analyst = Analyst(
            self.bus,
            self.clock,
            self._market,
            lambda: self.model,
            Prompts(folder),
            lambda: self.options,
            self.shelf,
        )

    def _market(self, coin: str) -> MarketFacts | None:
        return self.facts(coin)

    def _hear(self, fact: Any) -> None:
        self.said.append(fact)
        self._heard[type(fact)] += 1
        if isinstance(fact, AnalystCalled):
            self.called_at.append(self.clock.monotonic())
        self._news.set()

    @property
    def calls(self) -> list[Call]:
        return [fact.call for fact in self.said if isinstance(fact, AnalystAnswered)]

    @contextlib.asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        task = asyncio.get_running_loop().create_task(self.analyst.run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def heard(self, kind: type, count: int = 1) -> None:
        async with asyncio.timeout(20):
            while self._heard[kind] < count:
                self._news.clear()
                await self._news.wait()

    async def answered(self, count: int = 1) -> Call:
        await self.heard(AnalystAnswered, count)
        last: Call = next(fact for fact in reversed(self.said) if isinstance(fact, AnalystAnswered)).call
        return last

    async def asked(self, coin: str = "BTC", question: Question = Question.MARKET, **more: Any) -> Call:
        async with self.at_work():
            self.analyst.ask(coin, question, **more)
            return await self.answered(self._heard[AnalystAnswered] + 1)


def opinion_of(call: Call) -> Opinion:
    assert not call.failure
    assert call.opinion is not None
    return call.opinion
