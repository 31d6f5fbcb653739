from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import ManualClock
from hlmaster.core.errors import HlError
from hlmaster.core.signals import Direction
from hlmaster.insight.sentiment.scoring import KEPT_MS, MOST_KEPT, Later, Remembering, Score, effect, score_of

LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL


@pytest.mark.parametrize(
    ("score", "confidence", "direction", "expected"),
    [
        (1.0, 1.0, LONG, 0.2),
        (1.0, 1.0, SHORT, -0.2),
        (0.0, 1.0, LONG, -0.2),
        (0.0, 1.0, SHORT, 0.2),
        (0.75, 0.5, LONG, 0.05),
        (0.5, 1.0, LONG, 0.0),
        (1.0, 0.3, LONG, 0.06),
        (1.0, 0.29, LONG, 0.0),
        (1.0, 1.0, NEUTRAL, 0.0),
        (None, 1.0, LONG, 0.0),
        (1.0, None, LONG, 0.0),
        (math.nan, 1.0, LONG, 0.0),
        (1.0, math.nan, LONG, 0.0),
        (7.0, 1.0, LONG, 0.0),
        (1.0, 9.0, LONG, 0.0),
    ],
)
def test_the_effect_is_the_formula(
    score: float | None, confidence: float | None, direction: Direction, expected: float
) -> None:
    assert effect(score, confidence, direction) == pytest.approx(expected)


@given(st.floats(), st.floats(), st.sampled_from(list(Direction)))
def test_no_figure_whatever_moves_a_confidence_by_more_than_a_fifth(
    score: float, confidence: float, direction: Direction
) -> None:
    assert abs(effect(score, confidence, direction)) <= 0.2
    assert effect(score, confidence, LONG) == -effect(score, confidence, SHORT)


class Counting:
    name = "counting"

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False

    async def score(self, title: str, text: str) -> Score:
        self.asked += 1
        if self.fails:
            raise HlError("It fails.")
        return Score(0.6, 0.5, (), (), self.name)


async def test_identical_text_is_scored_once_an_hour() -> None:
    scorer, clock = Counting(), ManualClock()
    remembering = Remembering(scorer, clock)
    for title in ("Bitcoin rises", "bitcoin RISES!", "Bitcoin rises"):
        await remembering.score(title, "again")
    assert scorer.asked == 1
    clock.advance(KEPT_MS - 1)
    await remembering.score("Bitcoin rises", "again")
    assert scorer.asked == 1
    clock.advance(1)
    await remembering.score("Bitcoin rises", "again")
    assert scorer.asked == 2


async def test_a_failure_is_not_remembered_and_memory_has_a_bound() -> None:
    scorer = Counting()
    remembering = Remembering(scorer, ManualClock())
    scorer.fails = True
    with pytest.raises(HlError):
        await remembering.score("Bitcoin rises", "")
    scorer.fails = False
    for number in range(MOST_KEPT + 10):
        await remembering.score(f"Headline {number}", "")
    assert len(remembering._kept) == MOST_KEPT
    await remembering.score("Headline 0", "")
    assert scorer.asked == MOST_KEPT + 12


def answer(**changed: object) -> str:
    told = {"score": 0.9, "confidence": 0.8, "key_factors": ["adoption"], "topics": ["funds"], **changed}
    return json.dumps(told)


def test_what_a_model_answers_by_the_schema_is_its_score() -> None:
    found = score_of(answer(key_factors=["<b>strong</b> " * 50] * 9), "some model")
    assert found is not None
    assert (found.score, found.confidence, found.scorer, found.topics) == (0.9, 0.8, "some model", ("funds",))
    assert len(found.factors) == 5
    assert all(len(factor) <= 60 and "<" not in factor for factor in found.factors)


@pytest.mark.parametrize(
    "told",
    ["", "I think it rises", "[" * 100_000, "null", answer(score=2), answer(confidence=-1), answer(score="1e999")],
)
def test_nonsense_of_a_model_is_no_score(told: str) -> None:
    assert score_of(told, "some model") is None


async def test_a_scorer_may_be_made_when_it_is_first_needed() -> None:
    made: list[Counting] = []

    def make() -> Counting:
        made.append(Counting())
        return made[-1]

    later = Later("counting", make)
    assert (later.name, made) == ("counting", [])
    await later.score("Bitcoin rises", "")
    await later.score("Bitcoin falls", "")
    assert [scorer.asked for scorer in made] == [2]
