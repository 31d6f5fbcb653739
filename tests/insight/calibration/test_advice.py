"""Advice is small, earned and fresh, or there is none."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.opinions import Question
from hlmaster.core.signals import Direction
from hlmaster.insight.calibration.advice import MOST_SHIFT, advice, expires_ms
from tests.insight.calibration.models import NOW, an_opinion

LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)


@pytest.mark.parametrize(
    ("says", "idea", "shift"),
    [
        (LONG, LONG, 0.08),
        (LONG, SHORT, -0.08),
        (SHORT, SHORT, 0.08),
        (SHORT, LONG, -0.08),
        (NEUTRAL, LONG, 0.0),
        (LONG, NEUTRAL, 0.0),
    ],
)
def test_it_is_for_ideas_on_its_side_and_against_the_others(says: Direction, idea: Direction, shift: float) -> None:
    assert advice(an_opinion(says), idea, 0.5, NOW) == pytest.approx(shift)


@pytest.mark.parametrize("idea", [LONG, SHORT])
def test_a_no_to_an_entry_is_against_it(idea: Direction) -> None:
    no = an_opinion(NEUTRAL, question=Question.ENTRY)
    assert advice(no, idea, 0.5, NOW) == pytest.approx(-0.08)
    assert advice(no, NEUTRAL, 0.5, NOW) == 0.0


@pytest.mark.parametrize(("confidence", "counts"), [(0.299, False), (0.3, True), (math.nan, False), (-1.0, False)])
def test_an_unsure_opinion_counts_for_nothing(confidence: float, counts: bool) -> None:
    assert bool(advice(an_opinion(confidence=confidence), LONG, 1.0, NOW)) == counts


@pytest.mark.parametrize(("horizon", "lasts"), [(5, 5), (15, 15), (60, 15)])
def test_it_expires_with_its_horizon_and_after_a_quarter_of_an_hour_at_most(horizon: int, lasts: int) -> None:
    opinion = an_opinion(horizon_ms=horizon * MINUTE_MS)
    assert expires_ms(opinion) == NOW + lasts * MINUTE_MS
    assert advice(opinion, LONG, 1.0, NOW + lasts * MINUTE_MS - 1) > 0
    assert advice(opinion, LONG, 1.0, NOW + lasts * MINUTE_MS) == 0
    assert advice(opinion, LONG, 1.0, NOW - 1) == 0


def test_no_opinion_and_no_weight_give_none() -> None:
    assert advice(None, LONG, 1.0, NOW) == 0
    assert advice(an_opinion(), LONG, 0.0, NOW) == 0


@given(st.sampled_from(Direction), st.sampled_from(Direction), st.sampled_from(Question), ANY_FLOAT, ANY_FLOAT)
def test_it_never_leaves_its_bounds(
    says: Direction, idea: Direction, question: Question, confidence: float, weight: float
) -> None:
    shift = advice(an_opinion(says, confidence=confidence, question=question), idea, weight, NOW)
    assert abs(shift) <= MOST_SHIFT
    if says is not idea:
        assert shift <= 0
