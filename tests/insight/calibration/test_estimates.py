"""Intervals cover what they claim to, also where calls repeat one another."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.insight.calibration.estimates import mean_of, share_of, stretches, student, wilson


@pytest.mark.parametrize(
    ("share", "count", "low", "high"),
    [(0.5, 100, 0.4038, 0.5962), (0.0, 10, 0.0, 0.2775), (1.0, 10, 0.7225, 1.0), (0.6, 50, 0.4618, 0.7239)],
)
def test_wilson_gives_the_published_values(share: float, count: int, low: float, high: float) -> None:
    found = wilson(share, count)
    assert (found.low, found.high) == (pytest.approx(low, abs=1e-4), pytest.approx(high, abs=1e-4))


@pytest.mark.parametrize(("freedom", "quantile"), [(3, 3.182), (5, 2.571), (19, 2.093), (100, 1.984), (10**6, 1.960)])
def test_student_gives_the_published_values(freedom: int, quantile: float) -> None:
    assert student(freedom) == pytest.approx(quantile, rel=0.01)


def test_a_stretch_lasts_until_the_call_that_opened_it_is_due() -> None:
    asked = np.array([0, 1, 9, 10, 11, 30, 31])
    assert stretches(asked, asked + 10).tolist() == [0, 3, 5]
    assert stretches(asked, asked).tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert stretches(asked[:0], asked[:0]).tolist() == []


@given(st.lists(st.tuples(st.integers(0, 1_000), st.integers(0, 300)), min_size=1, max_size=60))
def test_no_two_stretches_begin_within_one_another(calls: list[tuple[int, int]]) -> None:
    asked, lengths = np.array(sorted(calls), np.int64).T
    starts = stretches(asked, asked + lengths)
    assert starts[0] == 0
    for one, following in pairwise(starts):
        assert asked[following] >= asked[one] + lengths[one]


def test_with_one_stretch_nothing_is_known_of_the_mean() -> None:
    found = mean_of(np.array([0.1, 0.2]), np.array([0]), -1.0, 1.0)
    assert (found.value, found.low, found.high) == (pytest.approx(0.15), -1.0, 1.0)


def test_independent_calls_have_the_ordinary_interval() -> None:
    hits = np.tile([1.0, 0.0, 1.0, 1.0, 0.0], 200)
    alone = np.arange(len(hits))
    found, plain = share_of(hits, alone), wilson(0.6, len(hits))
    assert found.low == pytest.approx(plain.low, abs=1e-3)
    mean = mean_of(hits, alone, 0.0, 1.0)
    assert mean.high - mean.low == pytest.approx(2 * 1.962 * np.sqrt(0.24 / len(hits)), rel=0.01)


def test_calls_that_repeat_one_another_count_once() -> None:
    """Twenty calls said ten times each are worth twenty."""
    one = np.array([1.0, 0.0, 1.0, 1.0, 0.0] * 4)
    repeated, starts = np.repeat(one, 10), np.arange(0, 200, 10)
    found, plain = share_of(repeated, starts), wilson(0.6, 20)
    assert found.low == pytest.approx(plain.low, abs=0.02)
    assert found.high == pytest.approx(plain.high, abs=0.02)
    sure = share_of(np.ones(200), starts)
    assert sure.low == pytest.approx(wilson(1.0, 20).low)


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    random, covered = np.random.default_rng(7), 0
    starts = np.arange(0, 400, 8)
    for _ in range(400):
        values = np.repeat(random.normal(0.3, 1.0, 50), 8) + random.normal(0.0, 1.0, 400)
        found = mean_of(values, starts, -9.0, 9.0)
        covered += found.low <= 0.3 <= found.high
    assert 0.92 <= covered / 400 <= 0.98
