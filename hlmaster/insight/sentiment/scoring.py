"""What a text means for the price, who says so, and what that may do to a signal's confidence."""

from __future__ import annotations

import asyncio
import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from hlmaster.core.clock import HOUR_MS, Clock
from hlmaster.core.signals import Direction
from hlmaster.insight.sentiment.text import key_of, plain

LEAST_CONFIDENCE = 0.3
"""Under it a text is heard and shown, and moves nothing."""
MOST_EFFECT = 0.2
KEPT_MS = HOUR_MS
MOST_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Score:
    """``score``: 0 falling, 0.5 nothing, 1 rising. ``factors``: what it was drawn from, the strongest first."""

    score: float
    confidence: float
    factors: tuple[str, ...]
    topics: tuple[str, ...]
    scorer: str


class Scorer(Protocol):
    @property
    def name(self) -> str: ...

    async def score(self, title: str, text: str) -> Score:
        """Of one text. Raises HlError."""


def effect(score: float | None, confidence: float | None, direction: Direction) -> float:
    """What sentiment adds to a signal's confidence, -0.2 to 0.2: ``(score - 0.5) x 2 x confidence x 0.2`` by side.

    0 for no direction, for what is not known, and under a confidence of 0.3.
    """
    if score is None or confidence is None or not (0 <= score <= 1 and LEAST_CONFIDENCE <= confidence <= 1):
        return 0.0
    return direction.sign * (score - 0.5) * 2 * confidence * MOST_EFFECT


class Remembering:
    """Asks ``scorer`` once an hour for the same words, whoever publishes them. What fails is not remembered."""

    def __init__(self, scorer: Scorer, clock: Clock) -> None:
        self._scorer, self._clock = scorer, clock
        self._kept: OrderedDict[str, tuple[int, Score]] = OrderedDict()

    @property
    def name(self) -> str:
        return self._scorer.name

    async def score(self, title: str, text: str) -> Score:
        key, now = f"{self.name} {key_of(f'{title} {text}', text)}", self._clock.now_ms()
        known = self._kept.get(key)
        if known is not None and 0 <= now - known[0] < KEPT_MS:
            return known[1]
        found = await self._scorer.score(title, text)
        self._kept[key] = now, found
        self._kept.move_to_end(key)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


class _Answer(msgspec.Struct, frozen=True):
    score: float
    confidence: float
    key_factors: list[str]
    topics: list[str] = []


SCHEMA = {
    "type": "object",
    "properties": {
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        "key_factors": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
        "topics": {"type": "array", "items": {"type": "string"}, "maxItems": 5},
    },
    "required": ["score", "confidence", "key_factors", "topics"],
}


def score_of(answer: str, model: str) -> Score | None:
    """What a model's answer by ``SCHEMA`` says; None for nonsense."""
    try:
        told = msgspec.json.decode(answer, type=_Answer)
    except (msgspec.MsgspecError, RecursionError):
        return None
    if not (_fraction(told.score) and _fraction(told.confidence)):
        return None
    return Score(told.score, told.confidence, _short(told.key_factors), _short(told.topics), model)


class Later:
    """A scorer that is made when it is first needed, in a worker thread: reading a word list takes its time."""

    def __init__(self, name: str, make: Callable[[], Scorer]) -> None:
        self.name, self._make = name, make
        self._scorer: Scorer | None = None

    async def score(self, title: str, text: str) -> Score:
        if self._scorer is None:
            self._scorer = await asyncio.to_thread(self._make)
        return await self._scorer.score(title, text)


def _fraction(value: float) -> bool:
    return math.isfinite(value) and 0 <= value <= 1


def _short(words: list[str]) -> tuple[str, ...]:
    return tuple(told for word in words[:5] if (told := plain(word, 60)))
