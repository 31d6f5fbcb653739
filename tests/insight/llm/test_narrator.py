"""The rules that speak where there is no model: modest, consistent, and readable by the same strict reader."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import CandleBlock
from hlmaster.core.model import Interval
from hlmaster.core.opinions import Question
from hlmaster.core.signals import Direction
from hlmaster.insight.analyst.facts import MarketFacts, OpenIdea
from hlmaster.insight.analyst.schema import Reading, read, schema
from hlmaster.insight.llm.backend import AnswerBroken, Piece, Refused, Request
from hlmaster.insight.llm.narrator import MOST_CONFIDENCE, NAME, STATEMENT, Narrator

IDEA = OpenIdea("p1", Direction.LONG, 100.0)


def candles(closes: list[float], height: float = 0.1) -> CandleBlock:
    close = np.asarray(closes, np.float64)
    times = np.arange(len(closes), dtype=np.int64) * 60_000
    return CandleBlock(times, close, close + height / 2, close - height / 2, close, np.ones_like(close), times)


def facts(closes: list[float], **known: Any) -> MarketFacts:
    mid = closes[-1] if closes else 100.0
    return MarketFacts("BTC", 4_000_000, mid, mid * 0.9999, mid * 1.0001, Interval.M1, candles(closes), **known)


RISING = facts(
    [100 + 0.02 * step for step in range(50)], momentum=0.001, imbalance=0.6, bought=9e5, sold=1e5, funding_rate=1e-5
)
FALLING = facts(
    [100 - 0.02 * step for step in range(50)], momentum=-0.001, imbalance=-0.6, bought=1e5, sold=9e5, funding_rate=2e-4
)
STILL = facts([100.0] * 50, momentum=0.0, imbalance=0.0, bought=1e5, sold=1e5, funding_rate=0.0)
UNKNOWN = facts([])


async def told(shown: object, question: Question = Question.MARKET) -> list[Piece]:
    request = Request(NAME, "system", "prompt", schema(question), facts=shown)
    return [piece async for piece in Narrator().ask(request)]


async def answered(shown: MarketFacts, question: Question = Question.MARKET) -> Reading:
    text = "".join(piece.text for piece in await told(shown, question))
    reading = read(text, question, shown)
    assert isinstance(reading, Reading), (reading, text)
    return reading


@pytest.mark.parametrize(
    ("shown", "way"),
    [
        (RISING, Direction.LONG),
        (FALLING, Direction.SHORT),
        (STILL, Direction.NEUTRAL),
        (UNKNOWN, Direction.NEUTRAL),
    ],
)
async def test_it_leans_the_way_that_the_facts_lean(shown: MarketFacts, way: Direction) -> None:
    reading = await answered(shown)
    assert reading.direction is way
    assert (reading.stop is None) == (way is Direction.NEUTRAL)
    assert (await answered(shown, Question.SENTIMENT)).direction is way


async def test_its_reason_is_made_of_the_facts() -> None:
    assert (await answered(FALLING)).reason == (
        "Plain rules speak here, not a model. BTC stands 0.19 % below the mean of its last 20 candles. "
        "It fell 0.10 % in the last minute. Of what was taken from the book in that time 10 % was bought. "
        "Bids are 20 % of the shown book. Longs pay 0.0200 % an hour: that side is crowded. Together this leans down."
    )
    assert "Too little is known yet" in (await answered(UNKNOWN)).reason
    assert "says nothing clear" in (await answered(STILL)).reason


@pytest.mark.parametrize(
    ("shown", "way", "enters"),
    [
        (RISING, Direction.LONG, True),
        (RISING, Direction.SHORT, False),
        (FALLING, Direction.SHORT, True),
        (STILL, Direction.LONG, False),
        (UNKNOWN, Direction.LONG, False),
    ],
)
async def test_it_agrees_to_an_entry_only_where_the_facts_lean_that_way(
    shown: MarketFacts, way: Direction, enters: bool
) -> None:
    reading = await answered(replace(shown, idea=replace(IDEA, direction=way)), Question.ENTRY)
    assert reading.direction is (way if enters else Direction.NEUTRAL)


async def test_it_speaks_sentence_by_sentence_and_counts_no_tokens() -> None:
    pieces = await told(RISING)
    sentences = [piece.text for piece in pieces if piece.text.endswith(".")]
    assert sentences[0] == STATEMENT
    assert len(sentences) >= 6
    assert pieces[-1].usage is not None
    assert pieces[-1].usage.answer_tokens == 0
    assert not any(piece.thinking for piece in pieces)


async def test_without_a_schema_it_says_all_it_has() -> None:
    request = Request(NAME, "", "", facts=RISING)
    answer = json.loads("".join([piece.text async for piece in Narrator().ask(request)]))
    assert {"coin", "sentiment", "confidence", "signal", "reason", "entry", "stop", "target", "enter"} <= answer.keys()


async def test_without_facts_there_is_no_answer() -> None:
    with pytest.raises(AnswerBroken, match="given no facts"):
        await told(None)
    with pytest.raises(AnswerBroken, match="given no facts"):
        await told({"coin": "BTC"})


async def test_it_says_that_it_is_no_model() -> None:
    narrator = Narrator()
    assert not narrator.is_model
    assert [model.name for model in await narrator.models()] == [NAME]
    with pytest.raises(Refused, match="nothing to fetch"):
        await anext(narrator.pull("llama3.2"))
    await narrator.close()


anything = st.none() | st.floats(allow_nan=True, allow_infinity=True)


def mostly(low: float, high: float) -> st.SearchStrategy[float | None]:
    return st.floats(low, high) | st.floats(low, high) | st.floats(low, high) | anything


@given(
    start=st.floats(1e-4, 1e6),
    steps=st.lists(st.floats(-0.002, 0.002), min_size=20, max_size=60) | st.lists(st.floats(-0.05, 0.05), max_size=19),
    drift=st.floats(-0.01, 0.01),
    height=st.floats(0, 0.02) | st.just(float("nan")),
    spread=st.floats(0, 0.002) | st.floats(0, 0.2),
    interval=st.sampled_from(Interval),
    known=st.fixed_dictionaries(
        {
            "momentum": mostly(-0.01, 0.01),
            "imbalance": mostly(-1, 1),
            "bought": mostly(0, 1e6),
            "sold": mostly(0, 1e6),
            "funding_rate": mostly(-1e-3, 1e-3),
        }
    ),
    way=st.sampled_from([Direction.LONG, Direction.SHORT]),
    question=st.sampled_from(Question),
)
async def test_whatever_the_facts_its_answer_is_valid_modest_and_always_the_same(
    start: float,
    steps: list[float],
    drift: float,
    height: float,
    spread: float,
    interval: Interval,
    known: dict[str, Any],
    way: Direction,
    question: Question,
) -> None:
    closes = list(start * np.cumprod([1 + drift + step for step in steps]))
    mid = float(closes[-1]) if closes else start
    block = candles(closes, height * start)
    idea = replace(IDEA, direction=way)
    shown = MarketFacts("BTC", 1, mid, mid * (1 - spread), mid * (1 + spread), interval, block, **known, idea=idea)
    reading = await answered(shown, question)
    assert reading.confidence <= MOST_CONFIDENCE / 10
    assert reading.reason.startswith(STATEMENT)
    assert await told(shown, question) == await told(shown, question)
