"""What an answer must look like, declared once: the schema that a model is given, and the strict reading of its answer.

An answer that does not fit, names another coin, or prices that the book makes nonsense of, is no opinion.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

import msgspec

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.opinions import Mood, Question
from hlmaster.core.signals import Direction
from hlmaster.insight.analyst.facts import MarketFacts, figure
from hlmaster.insight.analyst.outside import plain

LONGEST_ANSWER = 20_000
LONGEST_REASON, LONGEST_INVALIDATION = 600, 200
"""Characters."""
REASON_WITHIN = 2 * LONGEST_REASON
"""So far into an answer its reason is looked for while it is written."""
ENTRY_WITHIN, EXIT_WITHIN = 0.02, 0.25
"""How far from the mid, as a fraction of it, an entry and a stop or target may lie."""
HORIZON_MS = 15 * MINUTE_MS
"""Of a question whose answer names none."""

MoodWord = Literal["BULLISH", "BEARISH", "NEUTRAL"]
Confidence = Annotated[int, msgspec.Meta(ge=1, le=10)]


class _Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The reason comes first: a model that writes it before its verdict thinks before it judges."""

    reason: str
    coin: str


class _MarketAnswer(_Answer, frozen=True, forbid_unknown_fields=True):
    sentiment: MoodWord
    signal: Literal["LONG", "SHORT", "HOLD"]
    confidence: Confidence
    entry: float | None
    stop: float | None
    target: float | None
    invalidation: str
    horizon_minutes: Annotated[int, msgspec.Meta(ge=1, le=1440)]


class _SentimentAnswer(_Answer, frozen=True, forbid_unknown_fields=True):
    sentiment: MoodWord
    confidence: Confidence


class _EntryAnswer(_Answer, frozen=True, forbid_unknown_fields=True):
    enter: Literal["YES", "NO"]
    confidence: Confidence


_KINDS: Mapping[Question, type[_Answer]] = {
    Question.MARKET: _MarketAnswer,
    Question.SENTIMENT: _SentimentAnswer,
    Question.ENTRY: _EntryAnswer,
}
_SIGNALS = {"LONG": Direction.LONG, "SHORT": Direction.SHORT, "HOLD": Direction.NEUTRAL}
_WAYS = {Mood.BULLISH: Direction.LONG, Mood.BEARISH: Direction.SHORT, Mood.NEUTRAL: Direction.NEUTRAL}
_MOODS = {way: mood for mood, way in _WAYS.items()}


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer says, every part within its bounds. ``direction`` of a sentiment is the mood's, so that it too can
    be held against what happened; of an entry it is the idea's for yes and NEUTRAL for no."""

    mood: Mood
    direction: Direction
    confidence: float
    reason: str
    entry: float | None = None
    stop: float | None = None
    target: float | None = None
    invalidation: str = ""
    horizon_ms: int = HORIZON_MS


@dataclass(frozen=True, slots=True)
class NoOpinion:
    """Why an answer counts for nothing: one plain sentence."""

    reason: str


@cache
def schema(question: Question) -> Mapping[str, Any]:
    """The JSON schema of the answer: flat, without references, for grammars of small servers."""
    kind = _KINDS[question]
    _, parts = msgspec.json.schema_components((kind,))
    return {name: value for name, value in parts[kind.__name__].items() if name not in ("title", "description")}


def read(text: str, question: Question, facts: MarketFacts) -> Reading | NoOpinion:
    """``facts``: what the question was made of; for ``ENTRY`` with its idea."""
    if not text.strip():
        return NoOpinion("The answer is empty.")
    if len(text) > LONGEST_ANSWER:
        return NoOpinion(f"The answer is longer than {LONGEST_ANSWER:,} characters.")
    try:
        answer = msgspec.json.decode(text.encode("utf-8", "replace"), type=_KINDS[question])
    except msgspec.ValidationError as error:
        return NoOpinion(f"The answer does not fit the question: {_in_words(str(error))}.")
    except (msgspec.DecodeError, RecursionError):
        return NoOpinion("The answer is not one whole piece of JSON.")
    if answer.coin.strip().casefold() != facts.coin.casefold():
        return NoOpinion(f"It was asked about {facts.coin} and answered about {plain(answer.coin, 20) or 'no coin'}.")
    reason = plain(answer.reason, LONGEST_REASON)
    if not reason:
        return NoOpinion("The answer gives no reason.")
    match answer:
        case _MarketAnswer():
            return _market(answer, reason, facts)
        case _SentimentAnswer():
            mood = Mood(answer.sentiment)
            return Reading(mood, _WAYS[mood], answer.confidence / 10, reason)
        case _EntryAnswer() if facts.idea is not None:
            way = facts.idea.direction if answer.enter == "YES" else Direction.NEUTRAL
            return Reading(_MOODS[way], way, answer.confidence / 10, reason)
        case _:
            return NoOpinion("There is no proposal that the answer could be about.")


def _market(answer: _MarketAnswer, reason: str, facts: MarketFacts) -> Reading | NoOpinion:
    way, mood = _SIGNALS[answer.signal], Mood(answer.sentiment)
    if way is _WAYS[mood].opposite is not Direction.NEUTRAL:
        return NoOpinion(f"It says {mood} and {answer.signal} at once.")
    if nonsense := _nonsense(way, answer, facts):
        return NoOpinion(nonsense)
    entry, stop, target = (None if way is Direction.NEUTRAL else price for _, price, _ in _prices(answer))
    invalidation = plain(answer.invalidation, LONGEST_INVALIDATION)
    horizon_ms = answer.horizon_minutes * MINUTE_MS
    return Reading(mood, way, answer.confidence / 10, reason, entry, stop, target, invalidation, horizon_ms)


def _prices(answer: _MarketAnswer) -> tuple[tuple[str, float | None, float], ...]:
    """Name, price, and how far from the mid it may lie. A model writes 0 for none, too."""
    return (
        ("entry", answer.entry or None, ENTRY_WITHIN),
        ("stop", answer.stop or None, EXIT_WITHIN),
        ("target", answer.target or None, EXIT_WITHIN),
    )


def _nonsense(way: Direction, answer: _MarketAnswer, facts: MarketFacts) -> str:
    """What is wrong with the prices as the book stood; empty where nothing is, and for a hold, which has none."""
    if way is Direction.NEUTRAL:
        return ""
    for name, price, within in _prices(answer):
        if price is not None and not abs(price - facts.mid) <= within * facts.mid:
            return f"Its {name} of {price:.6g} is not within {within:.0%} of the price of {figure(facts.mid)}."
    below, above = (answer.stop, answer.target) if way is Direction.LONG else (answer.target, answer.stop)
    lowest, highest = min(facts.bid, answer.entry or facts.bid), max(facts.ask, answer.entry or facts.ask)
    if (below and below >= lowest) or (above and above <= highest):
        return f"Its stop or its target is on the wrong side for a {way}."
    return ""


def _in_words(error: str) -> str:
    """msgspec's sentence without its notation: ``Expected `int` <= 10 - at `$.confidence` ``."""
    what, _, where = error.replace("`", "").partition(" - at ")
    what = plain(what.replace("<=", "at most").replace(">=", "at least"), 160)
    name = where.removeprefix("$.").replace("_", " ")
    return f"{name}: {what[:1].lower()}{what[1:]}" if name else f"{what[:1].lower()}{what[1:]}"


_REASON_SO_FAR = re.compile(r'\s*\{\s*"reason"\s*:\s*"((?:[^"\\]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*)')


def reason_so_far(text: str) -> str:
    """The reason of an answer that is still being written, as a person reads it; it only ever grows."""
    found = _REASON_SO_FAR.match(text[:REASON_WITHIN])
    return visible(json.loads(f'"{found[1]}"', strict=False)) if found else ""


def visible(text: str) -> str:
    """Without what draws nothing or moves the cursor."""
    return "".join(
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or unicodedata.category(letter)[0] != "C"
    )
