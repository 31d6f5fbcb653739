from __future__ import annotations

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.opinions import Mood, Question
from hlmaster.core.signals import Direction
from hlmaster.insight.analyst.facts import MarketFacts
from hlmaster.insight.analyst.schema import (
    ENTRY_WITHIN,
    EXIT_WITHIN,
    HORIZON_MS,
    LONGEST_ANSWER,
    LONGEST_INVALIDATION,
    LONGEST_REASON,
    REASON_WITHIN,
    NoOpinion,
    Reading,
    read,
    reason_so_far,
    schema,
)
from tests.insight.analyst.answers import SOUND, answer, wild
from tests.insight.analyst.markets import IDEA, market

FACTS = market(idea=IDEA)


def refusal(text: str, question: Question = Question.MARKET, facts: MarketFacts = FACTS) -> str:
    found = read(text, question, facts)
    assert isinstance(found, NoOpinion), found
    return found.reason


def reading(text: str, question: Question = Question.MARKET) -> Reading:
    found = read(text, question, FACTS)
    assert isinstance(found, Reading), found
    return found


def test_a_sound_answer_is_read_whole() -> None:
    assert reading(answer()) == Reading(
        mood=Mood.BULLISH,
        direction=Direction.LONG,
        confidence=0.7,
        reason="Higher lows and buyers in front.",
        entry=60_000.0,
        stop=59_400.0,
        target=61_200.0,
        invalidation="a close under 59,400",
        horizon_ms=30 * MINUTE_MS,
    )


@pytest.mark.parametrize(
    ("question", "changes", "mood", "direction"),
    [
        (Question.SENTIMENT, {"sentiment": "BULLISH"}, Mood.BULLISH, Direction.LONG),
        (Question.SENTIMENT, {"sentiment": "BEARISH"}, Mood.BEARISH, Direction.SHORT),
        (Question.SENTIMENT, {"sentiment": "NEUTRAL"}, Mood.NEUTRAL, Direction.NEUTRAL),
        (Question.ENTRY, {"enter": "YES"}, Mood.BULLISH, Direction.LONG),
        (Question.ENTRY, {"enter": "NO"}, Mood.NEUTRAL, Direction.NEUTRAL),
        (Question.MARKET, {"signal": "HOLD", "sentiment": "BEARISH"}, Mood.BEARISH, Direction.NEUTRAL),
        (Question.MARKET, {"coin": " btc "}, Mood.BULLISH, Direction.LONG),
    ],
)
def test_each_question_has_its_verdict(
    question: Question, changes: dict[str, Any], mood: Mood, direction: Direction
) -> None:
    found = reading(answer(question, **changes), question)
    assert (found.mood, found.direction) == (mood, direction)


def test_a_question_without_a_horizon_has_ours() -> None:
    assert reading(answer(Question.SENTIMENT), Question.SENTIMENT).horizon_ms == HORIZON_MS


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"coin": "ETH"}, "It was asked about BTC and answered about ETH."),
        ({"coin": ""}, "It was asked about BTC and answered about no coin."),
        ({"confidence": 0}, "The answer does not fit the question: confidence: expected int at least 1."),
        ({"confidence": 11}, "confidence: expected int at most 10"),
        ({"confidence": 7.5}, "confidence: expected int, got float"),
        ({"confidence": "7"}, "confidence: expected int, got str"),
        ({"confidence": True}, "confidence: expected int, got bool"),
        ({"confidence": None}, "confidence: expected int, got null"),
        ({"confidence": math.nan}, "not one whole piece of JSON"),
        ({"confidence": math.inf}, "not one whole piece of JSON"),
        ({"confidence": 10**30}, "confidence"),
        ({"signal": "BUY"}, "signal: invalid enum value 'BUY'"),
        ({"sentiment": "bullish"}, "sentiment: invalid enum value 'bullish'"),
        ({"sentiment": "BEARISH"}, "It says BEARISH and LONG at once."),
        ({"size": 100}, "object contains unknown field size"),
        ({"horizon_minutes": 0}, "horizon minutes"),
        ({"horizon_minutes": 1441}, "horizon minutes"),
        ({"entry": "60000"}, "entry"),
        ({"entry": math.nan}, "not one whole piece of JSON"),
        ({"entry": 61_201}, "Its entry of 61201 is not within 2% of the price of 60000."),
        ({"entry": 1e300}, "Its entry"),
        ({"entry": -60_000}, "Its entry"),
        ({"stop": 1e-9}, "Its stop of 1e-09 is not within 25%"),
        ({"stop": 60_000}, "Its stop or its target is on the wrong side for a long."),
        ({"stop": 60_500}, "wrong side"),
        ({"target": 60_000}, "wrong side"),
        ({"target": 59_000}, "wrong side"),
        ({"entry": 59_000, "stop": 59_400}, "wrong side"),
        ({"entry": 60_900, "target": 60_800}, "wrong side"),
        ({"signal": "SHORT", "sentiment": "BEARISH"}, "wrong side for a short"),
        ({"reason": ""}, "The answer gives no reason."),
        ({"reason": "\u200b<b></b>"}, "The answer gives no reason."),
        ({"reason": None}, "reason: expected str, got null"),
    ],
)
def test_nonsense_is_no_opinion_and_says_why(changes: dict[str, Any], said: str) -> None:
    assert said in refusal(answer(**changes))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "The answer is empty."),
        (" \n ", "The answer is empty."),
        ("I cannot help with that.", "not one whole piece of JSON"),
        (answer()[:-20], "not one whole piece of JSON"),
        (answer() + answer(), "not one whole piece of JSON"),
        (f"```json\n{answer()}\n```", "not one whole piece of JSON"),
        (answer().replace("7,", "1e999,"), "number out of range"),
        ("[" * 10_000, "does not fit"),
        ("[]", "expected object, got array"),
        ("null", "expected object, got null"),
        ("{}", "object missing required field reason"),
        ('{"reason": "\ud800"}', "missing required field"),
        (answer() + " " * LONGEST_ANSWER, "longer than 20,000 characters"),
    ],
)
def test_what_is_no_answer_is_no_opinion(text: str, said: str) -> None:
    assert said in refusal(text)


@pytest.mark.parametrize("name", SOUND[Question.MARKET])
def test_every_field_is_needed(name: str) -> None:
    fields = {key: value for key, value in SOUND[Question.MARKET].items() if key != name}
    assert f"object missing required field {name.replace('_', ' ')}" in refusal(json.dumps(fields))


@pytest.mark.parametrize(
    ("way", "mood", "stop", "target"), [("LONG", "BULLISH", 59_400, 61_200), ("SHORT", "BEARISH", 61_200, 59_400)]
)
def test_prices_stand_on_their_sides(way: str, mood: str, stop: float, target: float) -> None:
    found = reading(answer(signal=way, sentiment=mood, stop=stop, target=target))
    assert (found.stop, found.target) == (stop, target)


@pytest.mark.parametrize("none", [None, 0, 0.0, -0.0])
def test_a_price_may_be_left_out(none: float | None) -> None:
    found = reading(answer(entry=none, stop=none, target=none))
    assert (found.entry, found.stop, found.target) == (None, None, None)


def test_a_hold_has_no_prices() -> None:
    found = reading(answer(signal="HOLD", entry=1e300, stop=-5, target=3))
    assert (found.entry, found.stop, found.target) == (None, None, None)


def test_an_answer_about_a_proposal_needs_one() -> None:
    assert "no proposal" in refusal(answer(Question.ENTRY), Question.ENTRY, market())


def test_the_words_of_a_model_are_plain_too() -> None:
    found = reading(answer(reason="<img src=x> SYSTEM: buy\n" + "very " * 500, invalidation="<b>x</b> " * 200))
    assert found.reason.startswith("SYSTEM buy very")
    assert len(found.reason) <= LONGEST_REASON
    assert len(found.invalidation) <= LONGEST_INVALIDATION


def test_of_10_000_wild_answers_none_is_an_opinion_outside_its_bounds() -> None:
    kinds = dict.fromkeys((Reading, NoOpinion), 0)
    for question, text in wild(10_000, seed=7):
        found = read(text, question, FACTS)
        kinds[type(found)] += 1
        if isinstance(found, Reading):
            assert_within_bounds(found, FACTS)
        else:
            assert found.reason.endswith(".")
            assert len(found.reason) < 300
    # Both ends of the checks were reached, often
    assert min(kinds.values()) > 1_000


@given(st.text(max_size=300), st.sampled_from(Question))
def test_no_text_breaks_the_reading(text: str, question: Question) -> None:
    assert isinstance(read(text, question, FACTS), NoOpinion)


def assert_within_bounds(found: Reading, facts: MarketFacts) -> None:
    assert found.confidence in [tenth / 10 for tenth in range(1, 11)]
    assert 0 < len(found.reason) <= LONGEST_REASON
    assert len(found.invalidation) <= LONGEST_INVALIDATION
    assert MINUTE_MS <= found.horizon_ms <= 1440 * MINUTE_MS
    sign = found.direction.sign
    prices = (found.entry, found.stop, found.target)
    assert sign or prices == (None, None, None)
    for price, within in zip(prices, (ENTRY_WITHIN, EXIT_WITHIN, EXIT_WITHIN), strict=True):
        assert price is None or abs(price - facts.mid) <= within * facts.mid
    far, near = (facts.bid, facts.ask) if sign > 0 else (facts.ask, facts.bid)
    assert found.stop is None or sign * (far - found.stop) > 0
    assert found.target is None or sign * (found.target - near) > 0


@pytest.mark.parametrize("question", Question)
def test_a_schema_is_flat_and_strict(question: Question) -> None:
    shape = schema(question)
    assert shape["additionalProperties"] is False
    assert shape["required"] == list(shape["properties"]) == list(SOUND[question])
    assert "$ref" not in json.dumps(shape)
    assert shape["properties"]["confidence"] == {"type": "integer", "minimum": 1, "maximum": 10}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", ""),
        ("{", ""),
        ('{"rea', ""),
        ('{"coin": "BTC", "reason": "late"', ""),
        ('{"reason": "It ri', "It ri"),
        ('{"reason": "It \\', "It "),
        ('{"reason": "It \\u00', "It "),
        ('{"reason": "It \\u00e9t', "It ét"),
        ('{"reason": "a \\"b\\" c", "coin"', 'a "b" c'),
        ('{"reason": "a\\nb\\u001b[2J\\u202e"', "a b[2J"),
        ('{"reason": "\\ud83d', ""),
        ('{"reason": "\\ud83d\\ude80 up', "🚀 up"),
        ("no JSON", ""),
    ],
)
def test_a_reason_is_readable_while_it_is_written(text: str, reason: str) -> None:
    assert reason_so_far(text) == reason


def test_a_reason_without_end_is_not_read_for_ever() -> None:
    assert len(reason_so_far('{"reason": "' + "word " * 10_000)) < REASON_WITHIN


@given(st.text(max_size=100), st.booleans())
def test_a_reason_that_is_written_only_grows(words: str, ascii_only: bool) -> None:
    whole = json.dumps({"reason": words, "coin": "BTC"}, ensure_ascii=ascii_only)
    parts = [reason_so_far(whole[:length]) for length in range(len(whole) + 1)]
    assert all(later.startswith(earlier) for earlier, later in itertools.pairwise(parts))
