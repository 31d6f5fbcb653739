"""What a strategy says on a row: taken as it is, or refused with a sentence."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from hlmaster.core.signals import Detail, Direction, Opportunity
from hlmaster.strategies.answer import Answer, StrategyBroken, judge, judge_words, last_answer
from hlmaster.strategies.base import Explanation, Signals

ROWS = 3
GOOD = Signals(np.array([0, 1, -1], np.int8), np.array([0, 0.1, 0.9]), np.array([0, 0.2, 0.3]))


def with_prices(**prices: float) -> Signals:
    columns: dict[str, Any] = {name: np.full(ROWS, value, np.float64) for name, value in prices.items()}
    return dataclasses.replace(GOOD, **columns)


def test_the_last_row_is_the_answer() -> None:
    assert last_answer(GOOD, ROWS) == Answer(-1, 0.9, 0.3)
    assert last_answer(with_prices(entry=10, stop=11, target=9), ROWS) == Answer(-1, 0.9, 0.3, 10, 11, 9)


def test_a_price_that_is_nan_is_none() -> None:
    assert last_answer(with_prices(entry=np.nan, stop=np.nan), ROWS).entry is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, "returned nothing"),
        ((1, 2), "returned a tuple"),
        (dataclasses.replace(GOOD, direction=np.array([0, 1, -1])), "int64 of shape"),
        (dataclasses.replace(GOOD, direction=np.array([[0, 1, -1]], np.int8)), "of shape"),
        (dataclasses.replace(GOOD, direction=np.zeros(5, np.int8)), "has 5 entries, more than there are rows"),
        (dataclasses.replace(GOOD, strength=np.zeros(2)), "strength is float64 of shape"),
        (dataclasses.replace(GOOD, confidence=np.zeros(3, np.float32)), "float32"),
        (dataclasses.replace(GOOD, confidence=np.full(3, np.nan)), "confidence is nan"),
        (dataclasses.replace(GOOD, strength=np.full(3, np.inf)), "strength is inf"),
        (dataclasses.replace(GOOD, strength=np.full(3, -0.1)), "between 0 and 1"),
        (dataclasses.replace(GOOD, direction=np.full(3, 7, np.int8)), "direction is 7"),
        (with_prices(stop=0), "stop is 0"),
        (with_prices(target=-1), "target is -1"),
        (with_prices(entry=np.inf), "entry is inf"),
        (with_prices(entry=10, stop=9), "SHORT from 10 with stop 9"),
        (with_prices(entry=10, target=10), "wrong side"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(said: Any, words: str) -> None:
    with pytest.raises(StrategyBroken, match=words):
        last_answer(said, ROWS)


def test_a_neutral_row_may_name_any_price() -> None:
    judge(Answer(0, 0, 0, entry=-1.0))


@pytest.mark.parametrize(
    ("explanation", "opportunity"),
    [
        (Explanation("x" * 3_000), None),
        (Explanation("x", (Detail("a", "b"),) * 100), None),
        ("just words", None),
        (Explanation(5), None),  # type: ignore[arg-type]
        (None, "a chance"),
        (None, Opportunity("", "", Direction.LONG, "x" * 3_000, (), 0)),
    ],
)
def test_words_that_nobody_could_read_are_refused(explanation: Any, opportunity: Any) -> None:
    with pytest.raises(StrategyBroken):
        judge_words(explanation, opportunity)
