"""Made-up markets and models whose skill is known: calls with their outcomes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.opinions import Mood, Opinion, Outcome, OutcomeKnown, Question
from hlmaster.core.signals import Direction, direction_of
from hlmaster.insight.calibration.scorer import outcome_of

NOW = 1_700_000_000_000
HORIZON_MS = 15 * MINUTE_MS
MODEL = "llama3.2:latest"


def an_opinion(
    direction: Direction = Direction.LONG,
    call_id: str = "c1",
    coin: str = "BTC",
    confidence: float = 0.8,
    asked_ms: int = NOW,
    horizon_ms: int = HORIZON_MS,
    price: float = 100.0,
    question: Question = Question.MARKET,
    model: str = MODEL,
) -> Opinion:
    return Opinion(
        call_id,
        coin,
        question,
        Mood.NEUTRAL,
        direction,
        confidence,
        "It rose.",
        None,
        None,
        None,
        "",
        horizon_ms,
        asked_ms,
        asked_ms + 4_000,
        model,
        "1m candle closed",
        price,
    )


def a_call(
    right: bool = True,
    number: int = 0,
    direction: Direction = Direction.LONG,
    *,
    naive_right: bool = False,
    coin: str = "BTC",
    regime: str = "trend",
    confidence: float = 0.8,
    model: str = MODEL,
    digest: str = "a80c",
) -> OutcomeKnown:
    """Scored; the ``number``th of calls that do not overlap."""
    asked_ms = NOW + number * HORIZON_MS
    opinion = an_opinion(direction, f"{model} {coin} {number}", coin, confidence, asked_ms, model=model)
    change = 0.01 if right == (direction is Direction.LONG) else -0.01
    outcome = Outcome(opinion.call_id, asked_ms + HORIZON_MS, change, right, naive_right, regime)
    return OutcomeKnown(opinion, outcome, digest)


def scored(seed: int, calls: int, right: float, *, every_minutes: int = 15, drift: float = 0.0) -> list[OutcomeKnown]:
    """Calls on a random walk whose side is the right one in a share ``right`` of cases; its confidence says nothing."""
    random = np.random.default_rng(seed)
    ahead = HORIZON_MS // MINUTE_MS
    moves = random.normal(drift, 1e-3, calls * every_minutes + 2 * ahead)
    price = 100 * np.exp(np.cumsum(moves))
    out = []
    for number in range(calls):
        row = ahead + number * every_minutes
        went = direction_of(price[row + ahead] - price[row])
        side = went if random.random() < right else went.opposite
        confidence = float(random.integers(5, 11)) / 10
        opinion = an_opinion(
            side, str(number), confidence=confidence, asked_ms=NOW + row * MINUTE_MS, price=float(price[row])
        )
        outcome = outcome_of(opinion, float(price[row - ahead]), float(price[row + ahead]), "")
        out.append(OutcomeKnown(opinion, outcome))
    return out


def shuffled(calls: list[OutcomeKnown], seed: int) -> list[OutcomeKnown]:
    """The same opinions, each with the side of another: whatever skill there was is gone."""
    sides = np.random.default_rng(seed).permutation([one.opinion.direction.sign for one in calls])
    return [with_side(one, direction_of(float(sign))) for one, sign in zip(calls, sides, strict=True)]


def with_side(one: OutcomeKnown, side: Direction) -> OutcomeKnown:
    right = direction_of(one.outcome.change) is side
    return OutcomeKnown(replace(one.opinion, direction=side), replace(one.outcome, right=right), one.digest)
