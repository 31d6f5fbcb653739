"""What the analyst was asked, what it said, and what became of it; and the news. Opinions, never orders."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from hlmaster.core.signals import Direction


class Question(StrEnum):
    MARKET = "analyse the market"
    SENTIMENT = "quick sentiment"
    ENTRY = "should I enter"


class Mood(StrEnum):
    BULLISH = "BULLISH"
    BEARISH = "BEARISH"
    NEUTRAL = "NEUTRAL"


@dataclass(frozen=True, slots=True)
class Opinion:
    """A model's answer that passed every check. Prices are quotes of the coin; None where it named none, or nonsense.

    ``confidence``: the model's own, 1 to 10 as a tenth, so 0.1 to 1. ``direction``: NEUTRAL means hold. ``horizon_ms``:
    how long it wants to be measured over. ``heard_outside``: text of strangers (news, posts) stood in its question.
    ``proposal_id``: the proposal that was asked about, of ``Question.ENTRY`` alone; ``direction`` is then that of the
    proposal for yes and NEUTRAL for no.
    """

    call_id: str
    coin: str
    question: Question
    mood: Mood
    direction: Direction
    confidence: float
    reason: str
    entry: float | None
    stop: float | None
    target: float | None
    invalidation: str
    horizon_ms: int
    asked_ms: int
    answered_ms: int
    model: str
    trigger: str
    price: float
    """Mid when it was asked: what the outcome is measured from."""
    heard_outside: bool = False
    proposal_id: str = ""

    @property
    def signed(self) -> float:
        """-1 to 1: which way, and how surely."""
        ways = {Direction.LONG: 1.0, Direction.SHORT: -1.0, Direction.NEUTRAL: 0.0}
        return ways[self.direction] * self.confidence


@dataclass(frozen=True, slots=True)
class Call:
    """One question as it was put, whatever became of it. ``digest``: of the model's weights, where the server names it.

    ``failure``: a sentence, empty when an opinion came of it; ``opinion`` then says what. ``options``: JSON text.
    """

    call_id: str
    coin: str
    question: Question
    trigger: str
    model: str
    digest: str
    options: str
    prompt_version: str
    prompt: str
    answer: str
    asked_ms: int
    latency_ms: float
    prompt_tokens: int
    answer_tokens: int
    failure: str
    opinion: Opinion | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """An opinion at its horizon. ``change``: fraction of ``Opinion.price``. ``right``: it went the way that was said;
    ``naive_right``: it went on the way it had gone over the same time before the question. ``change`` is NaN where a
    price that is needed could not be learnt; such an outcome counts for nothing."""

    call_id: str
    at_ms: int
    change: float
    right: bool
    naive_right: bool
    regime: str
    """When it was asked; empty where it is not known."""

    @property
    def known(self) -> bool:
        return math.isfinite(self.change)


@dataclass(frozen=True, slots=True)
class Headline:
    """A stranger's words: data, never instructions. ``coins``: those it names; none: it is about the market."""

    key: str
    source: str
    title: str
    text: str
    link: str
    published_ms: int
    heard_ms: int
    coins: tuple[str, ...]
    score: float
    """0 falling, 0.5 nothing, 1 rising."""
    confidence: float
    factors: tuple[str, ...]
    scorer: str
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CoinSentiment:
    """What all sources together say of a coin now. ``score`` 0 to 1; every figure is None where too little is known."""

    coin: str
    at_ms: int
    score: float | None
    confidence: float | None
    headlines: int
    momentum: float | None
    volatility: float | None
    extreme: int
    """1 greed, -1 fear, else 0."""
    averages: tuple[float | None, float | None, float | None]
    """Of the last 3, 7 and 14 days."""


# --- facts on the bus ---


@dataclass(frozen=True, slots=True)
class AnalystSpoke:
    """A piece of an answer as it comes; ``thinking`` is not part of the answer itself."""

    call_id: str
    coin: str
    text: str
    thinking: bool


@dataclass(frozen=True, slots=True)
class AnalystCalled:
    """A call has begun."""

    call_id: str
    coin: str
    question: Question
    trigger: str
    model: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class AnalystAnswered:
    call: Call


@dataclass(frozen=True, slots=True)
class OutcomeKnown:
    """``digest``: of the weights that had the opinion, as ``Call.digest``."""

    opinion: Opinion
    outcome: Outcome
    digest: str = ""


@dataclass(frozen=True, slots=True)
class AnalystChanged:
    """Its server, its model, its switches, its queue: whatever a panel shows beside the words."""


@dataclass(frozen=True, slots=True)
class SentimentChanged:
    coin: str


# --- keeping ---


class Opinions(Protocol):
    """Where calls, outcomes and headlines outlast a restart. Writing returns at once; a list is oldest first."""

    def save_call(self, call: Call) -> None: ...

    def save_outcome(self, outcome: Outcome) -> None: ...

    def save_headlines(self, headlines: Sequence[Headline]) -> None:
        """A key that is known is written over."""

    async def calls(self, limit: int = 2000) -> list[Call]: ...

    async def outcomes(self, limit: int = 20000) -> list[Outcome]: ...

    async def headlines(self, since_ms: int) -> list[Headline]: ...


class KeptOpinions(Opinions, Protocol):
    """What scoring asks of them beside."""

    async def scored(self, limit: int) -> list[OutcomeKnown]:
        """The latest known outcomes with their opinions, oldest first."""

    async def waiting(self, limit: int) -> list[tuple[Opinion, str]]:
        """The latest opinions for a side that have no outcome yet, with their digests, oldest first."""
