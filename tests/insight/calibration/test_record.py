"""A record gives weight to proven skill and to nothing else: not to luck, drift, trend or repetition."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.opinions import OutcomeKnown
from hlmaster.core.signals import Direction
from hlmaster.insight.calibration.record import Record
from hlmaster.insight.calibration.record import record_of as record_of_columns
from hlmaster.insight.calibration.scored import Scored
from tests.insight.calibration.models import a_call, scored, shuffled, with_side

SEEDS = st.integers(0, 2**31)
LONG, SHORT = Direction.LONG, Direction.SHORT


def record_of(known: list[OutcomeKnown]) -> Record:
    return record_of_columns(Scored.of(known))


def skilled(calls: int) -> list[OutcomeKnown]:
    """Right in three of four, whichever way it goes; the naive guess in every second."""
    return [
        a_call(n % 4 != 3, n, LONG if n % 8 < 4 else SHORT, naive_right=n % 2 == 0, confidence=0.6 + n % 4 / 10)
        for n in range(calls)
    ]


def test_before_the_first_call_nothing_is_said() -> None:
    record = Record()
    assert (record.weight, record.calibrated(0.8), record.bins, record.figures) == (0.0, None, (), None)
    assert record.sentence == "Not enough evidence: no call is scored yet, 50 are needed."


@pytest.mark.parametrize("calls", [1, 2, 10, 49])
def test_under_fifty_calls_there_is_no_weight_and_no_calibration(calls: int) -> None:
    record = record_of([replace(one, outcome=replace(one.outcome, right=True)) for one in skilled(calls)])
    assert record.weight == 0.0
    assert record.calibrated(0.8) is None
    assert record.sentence == f"Not enough evidence: {calls} of 50 scored calls."
    assert record.figures is not None
    assert record.figures.hits.low < 1.0


def test_skill_that_is_proven_gives_weight() -> None:
    record = record_of(skilled(200))
    assert record.figures is not None
    assert record.figures.hits.value == 0.75
    assert record.figures.naive.value == 0.5
    assert record.figures.skill.value == pytest.approx(0.25)
    assert record.weight == 1.0
    assert record.sentence.startswith("Right in 75 % of 200 calls (69 % to 80 %); ")
    assert record.sentence.endswith(" was in 50 %.")


def test_the_brier_score_is_the_mean_squared_difference() -> None:
    calls = [a_call(n % 2 == 0, n, confidence=0.9) for n in range(60)]
    figures = record_of(calls).figures
    assert figures is not None
    assert figures.brier.value == pytest.approx((0.01 + 0.81) / 2)
    assert figures.brier.low < figures.brier.value < figures.brier.high


def test_calls_in_one_stretch_of_time_are_no_evidence_however_many() -> None:
    calls = [replace(one, opinion=replace(one.opinion, asked_ms=one.opinion.asked_ms // 50)) for one in skilled(500)]
    record = record_of(calls)
    assert record.stretches < 20
    assert record.weight == 0.0
    assert record.sentence.startswith("Not enough evidence: 500 scored calls overlap so much that they are worth ")
    assert record.calibrated(0.8) is not None


@pytest.mark.parametrize(("side", "drift"), [(LONG, 0.000_5), (SHORT, -0.000_5)])
def test_always_the_same_side_is_no_skill_however_the_market_drifts(side: Direction, drift: float) -> None:
    record = record_of([with_side(one, side) for one in scored(1, 400, 0.5, drift=drift)])
    assert record.figures is not None
    assert record.figures.hits.low > 0.6
    assert record.figures.skill.value == pytest.approx(0.0)
    assert record.weight == 0.0
    assert f"always {side.upper()} was in" in record.sentence


def test_going_with_the_trend_is_no_skill() -> None:
    calls = [a_call(n % 4 != 3, n, LONG if n % 8 < 4 else SHORT, naive_right=n % 4 != 3) for n in range(400)]
    record = record_of(calls)
    assert record.weight == 0.0
    assert record.sentence.startswith("No skill shown: right in 75 %")
    assert "going on with the trend was in 75 %" in record.sentence


@given(SEEDS)
@settings(max_examples=15)
def test_a_skilled_model_earns_weight_and_with_shuffled_labels_loses_it(seed: int) -> None:
    calls = scored(seed, 500, 0.7)
    assert record_of(calls).weight > 0
    control = record_of(shuffled(calls, seed))
    assert control.weight < 0.1
    assert control.figures is not None
    assert abs(control.figures.hits.value - 0.5) < 0.13


def test_of_many_models_without_skill_hardly_one_earns_any_weight() -> None:
    weights = [record_of(scored(seed, 150, 0.5, every_minutes=5)).weight for seed in range(200)]
    assert np.mean(np.array(weights) > 0) <= 0.01
    assert max(weights) < 0.1


def test_of_many_shuffled_records_hardly_one_shows_skill() -> None:
    calls = scored(3, 200, 0.7)
    weights = [record_of(shuffled(calls, seed)).weight for seed in range(200)]
    assert np.mean(np.array(weights) > 0) <= 0.01


@given(SEEDS, st.integers(50, 150))
@settings(max_examples=40)
def test_calibrated_confidence_rises_with_confidence_and_lies_among_what_came_true(seed: int, calls: int) -> None:
    record = record_of(scored(seed, calls, 0.6))
    values = [record.calibrated(said / 20) or 0.0 for said in range(21)]
    assert values == sorted(values)
    shares = [one.hits.value for one in record.bins]
    assert min(shares) - 1e-9 <= values[0]
    assert values[-1] <= max(shares) + 1e-9
    assert record.calibrated(float("nan")) is None


def test_calibration_mends_an_overconfident_model_out_of_sample() -> None:
    random = np.random.default_rng(5)

    def calls(first: int) -> list[OutcomeKnown]:
        """Says 0.6 to 1, and is right in 0.45 to 0.65 of cases."""
        said = random.integers(6, 11, 300) / 10
        hits = random.random(300) < 0.45 + (said - 0.6) / 2
        sides = random.random(300) < 0.5
        return [
            a_call(bool(hits[n]), first + n, LONG if sides[n] else SHORT, confidence=float(said[n])) for n in range(300)
        ]

    record, later = record_of(calls(0)), calls(300)
    right = np.array([one.outcome.right for one in later], np.float64)
    raw = np.array([one.opinion.confidence for one in later])
    mended = np.array([record.calibrated(one.opinion.confidence) for one in later], np.float64)
    assert np.mean((mended - right) ** 2) < 0.26 < np.mean((raw - right) ** 2)


def test_bins_hold_every_call_once_and_tenths_end_them() -> None:
    calls = [a_call(n % 3 == 0, n, confidence=(1 + n % 10) / 10) for n in range(90)]
    bins = record_of(calls).bins
    assert [round(one.high, 1) for one in bins] == [n / 10 for n in range(1, 11)]
    assert sum(one.calls for one in bins) == 90
    assert all(one.low < one.confidence <= one.high + 1e-9 for one in bins)
    assert all(one.hits.low <= one.hits.value <= one.hits.high for one in bins)


def test_unknown_outcomes_count_for_nothing() -> None:
    calls = skilled(60)
    lost = [replace(one, outcome=replace(one.outcome, change=float("nan"), right=False)) for one in skilled(10)]
    assert record_of([*calls, *lost]) == record_of(calls)


@given(st.permutations(range(60)))
@settings(max_examples=20)
def test_the_order_of_calls_changes_nothing(order: list[int]) -> None:
    calls = skilled(60)
    assert record_of([calls[n] for n in order]) == record_of(calls)
