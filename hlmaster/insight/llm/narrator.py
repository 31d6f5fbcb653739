"""Plain rules in the place of a model: the panel says something true where there is none. It never sounds sure."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.core.signals import Direction
from hlmaster.insight.llm.backend import AnswerBroken, ModelInfo, Piece, PullProgress, Request, Usage, nothing_to_fetch

NAME = "plain rules"
STATEMENT = "Plain rules speak here, not a model."
MOST_CONFIDENCE = 3
CANDLES = 20
LEANS, LEANS_MUCH, LEANS_FULLY = 0.25, 0.4, 0.6
"""Of the weighted votes, -1 to 1: from where on it is a mood, a signal, and the most confidence that rules may have."""
CROWDED = 1e-4
"""Funding, fraction per hour: eight times what is paid where nobody pushes."""
WEIGHTS = {"trend": 0.35, "momentum": 0.2, "flow": 0.2, "book": 0.15, "funding": 0.1}
FEWEST_VOTES = 3
STOP_RANGES, TARGET_PER_STOP = 3.0, 2.0
NEAREST_STOP, FURTHEST_STOP = 0.002, 0.02
"""Fractions of the price."""
MINUTES_PER_CANDLE, LONGEST_HORIZON = 15, 1440


class Idea(Protocol):
    @property
    def direction(self) -> Direction: ...


@runtime_checkable
class Facts(Protocol):
    """What the rules look at, by the names under which the analyst knows it; None is what is not known."""

    @property
    def coin(self) -> str: ...
    @property
    def mid(self) -> float: ...
    @property
    def bid(self) -> float: ...
    @property
    def ask(self) -> float: ...
    @property
    def interval(self) -> Interval: ...
    @property
    def candles(self) -> CandleBlock: ...
    @property
    def momentum(self) -> float | None:
        """Change of the mid over the last minute, fraction."""

    @property
    def imbalance(self) -> float | None:
        """Of the shown book, -1 to 1: more bids are positive."""

    @property
    def bought(self) -> float | None:
        """What aggressors bought in the last minute, USD."""

    @property
    def sold(self) -> float | None: ...
    @property
    def funding_rate(self) -> float | None:
        """Fraction per hour."""

    @property
    def idea(self) -> Idea | None: ...


@dataclass(frozen=True, slots=True)
class Vote:
    """``lean``: -1 falling to 1 rising."""

    rule: str
    lean: float
    sentence: str


class Narrator:
    """The same facts give the same bytes."""

    is_model = False

    def __init__(self) -> None:
        self.name = NAME

    async def models(self) -> tuple[ModelInfo, ...]:
        return (ModelInfo(NAME, loaded=True),)

    def pull(self, model: str) -> AsyncGenerator[PullProgress, None]:
        return nothing_to_fetch("Plain rules are part of the program; there is nothing to fetch.")

    async def ask(self, request: Request) -> AsyncGenerator[Piece, None]:
        if not isinstance(request.facts, Facts):
            raise AnswerBroken("The rules were given no facts of the coin.", "Wait for its first prices.")
        for text in _spoken(_answer(request.facts), request.schema):
            yield Piece(text)
            await asyncio.sleep(0)  # between sentences the panel may paint
        yield Piece("", usage=Usage())

    async def close(self) -> None:
        return


def _spoken(answer: Mapping[str, Any], schema: Mapping[str, Any] | None) -> Iterable[str]:
    """The answer as JSON in the schema's order, in pieces of which one is a sentence of the reason."""
    wanted = [name for name in (schema or {}).get("properties", answer) if name in answer]
    for place, name in enumerate(wanted):
        yield f"{', ' if place else '{'}{json.dumps(name)}: "
        if name != "reason":
            yield json.dumps(answer[name])
            continue
        yield '"'
        for number, sentence in enumerate(answer[name]):
            yield json.dumps(" " * (number > 0) + sentence)[1:-1]
        yield '"'
    yield "}"


def _answer(facts: Facts) -> dict[str, Any]:
    """Every word that any question may ask for; ``reason`` as its sentences."""
    last = facts.candles.rows(slice(-CANDLES, None))
    mean, usual = (
        float(np.mean(each)) if len(last) == CANDLES else math.nan for each in (last.close, last.high - last.low)
    )
    votes = list(_votes(facts, mean, usual))
    weight = sum(WEIGHTS[vote.rule] for vote in votes)
    score = sum(WEIGHTS[vote.rule] * vote.lean for vote in votes) / weight if len(votes) >= FEWEST_VOTES else 0.0
    if not abs(score) >= LEANS:
        mood, end = "NEUTRAL", "Together this says nothing clear."
    else:
        mood = "BULLISH" if score > 0 else "BEARISH"
        end = f"Together this leans {'up' if score > 0 else 'down'}{'' if abs(score) >= LEANS_MUCH else ', a little'}."
    if len(votes) < FEWEST_VOTES:
        end = "Too little is known yet to lean either way."
    confidence = 1 + sum(1 for least in (LEANS_MUCH, LEANS_FULLY) if abs(score) >= least)
    sentences = [STATEMENT, *(vote.sentence for vote in votes), end]
    return {
        "reason": sentences,
        "coin": facts.coin,
        "sentiment": mood,
        "confidence": min(confidence, MOST_CONFIDENCE),
        "enter": "YES" if facts.idea is not None and _agrees(facts.idea.direction, score) else "NO",
        **_plan(facts, score, usual),
    }


def _votes(facts: Facts, mean: float, usual: float) -> Iterable[Vote]:
    """One of each rule whose figures are known. ``usual``: the mean height of a candle, the coin's own measure."""
    if usual > 0 and 0 < mean < math.inf:
        away = facts.mid - mean
        yield Vote(
            "trend",
            _bounded(away / (2.0 * usual)),
            f"{facts.coin} stands {_percent(abs(away) / mean)} {'above' if away >= 0 else 'below'} the mean of its "
            f"last {CANDLES} candles.",
        )
    if facts.momentum is not None and math.isfinite(facts.momentum) and usual > 0:
        way = "rose" if facts.momentum >= 0 else "fell"
        yield Vote(
            "momentum",
            _bounded(facts.momentum * facts.mid / usual),
            f"It {way} {_percent(abs(facts.momentum))} in the last minute.",
        )
    traded = (facts.bought or 0.0) + (facts.sold or 0.0)
    if facts.bought is not None and facts.sold is not None and math.isfinite(traded) and traded > 0:
        yield Vote(
            "flow",
            _bounded((facts.bought - facts.sold) / traded),
            f"Of what was taken from the book in that time {facts.bought / traded * 100:.0f} % was bought.",
        )
    if facts.imbalance is not None and math.isfinite(facts.imbalance):
        share = (1.0 + _bounded(facts.imbalance)) / 2.0
        yield Vote("book", _bounded(facts.imbalance), f"Bids are {share * 100:.0f} % of the shown book.")
    if facts.funding_rate is not None and math.isfinite(facts.funding_rate) and abs(facts.funding_rate) >= CROWDED:
        payer = "Longs" if facts.funding_rate > 0 else "Shorts"
        yield Vote(
            "funding",
            -_bounded(facts.funding_rate / (4.0 * CROWDED)),
            f"{payer} pay {abs(facts.funding_rate) * 100:.4f} % an hour: that side is crowded.",
        )


def _plan(facts: Facts, score: float, usual: float) -> dict[str, Any]:
    """Signal, prices and horizon; no prices where there is no signal."""
    horizon = min(MINUTES_PER_CANDLE * facts.interval.ms // MINUTE_MS, LONGEST_HORIZON)
    hold = {"entry": None, "stop": None, "target": None}
    spread, furthest = facts.ask - facts.bid, FURTHEST_STOP * facts.mid
    if not (abs(score) >= LEANS_MUCH and usual > 0 and 2.0 * spread < furthest):
        return {"signal": "HOLD", **hold, "invalidation": "", "horizon_minutes": horizon}
    way = 1.0 if score > 0 else -1.0
    distance = min(max(STOP_RANGES * usual, NEAREST_STOP * facts.mid, 2.0 * spread), furthest)
    stop = _price(facts.mid - way * distance)
    return {
        "signal": "LONG" if score > 0 else "SHORT",
        "entry": float(facts.mid),
        "stop": stop,
        "target": _price(facts.mid + way * TARGET_PER_STOP * distance),
        "invalidation": f"A trade {'below' if way > 0 else 'above'} {stop}.",
        "horizon_minutes": horizon,
    }


def _agrees(direction: Direction, score: float) -> bool:
    return {Direction.LONG: score, Direction.SHORT: -score}.get(direction, 0.0) >= LEANS


def _bounded(lean: float) -> float:
    return max(-1.0, min(1.0, lean))


def _price(value: float) -> float:
    """Six digits: more would claim what rules do not know."""
    return float(f"{value:.6g}")


def _percent(part: float) -> str:
    return f"{part * 100:.2f} %"
