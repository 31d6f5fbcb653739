"""The regime follows its rules, holds on at the edges, and looks at nothing later than its row."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from hlmaster.core.signals import Regime
from hlmaster.trading.regimes import MEDIAN_ROWS, ROWS, regime

CALM = np.full(ROWS, 0.01)


def strengths(*last: float) -> np.ndarray:
    return np.array([15.0] * (ROWS - len(last)) + list(last))


def test_too_little_is_known_to_say_so() -> None:
    short = MEDIAN_ROWS - 1
    assert regime(strengths()[:short], CALM[:short]) is None
    assert regime(np.empty(0), np.empty(0)) is None
    assert regime(np.append(strengths(), np.nan), np.append(CALM, 0.01)) is None


def test_range_trend_and_back_with_a_gap_between() -> None:
    assert regime(strengths(), CALM) is Regime.RANGE
    assert regime(strengths(24.9), CALM) is Regime.RANGE
    assert regime(strengths(25.0), CALM) is Regime.TREND
    assert regime(strengths(25.0, 20.5), CALM) is Regime.TREND
    assert regime(strengths(25.0, 19.9), CALM) is Regime.RANGE
    assert regime(strengths(19.9, 20.5), CALM) is Regime.RANGE


def test_what_is_wild_by_its_own_measure_is_volatile_first_of_all() -> None:
    def last(*ratios: float) -> np.ndarray:
        return np.append(CALM[: ROWS - len(ratios)], [0.01 * one for one in ratios])

    assert regime(strengths(40.0), last(1.79)) is Regime.TREND
    assert regime(strengths(40.0), last(1.81)) is Regime.VOLATILE
    assert regime(strengths(15.0), last(1.81, 1.45)) is Regime.VOLATILE
    assert regime(strengths(15.0), last(1.81, 1.35)) is Regime.RANGE
    assert regime(strengths(15.0), CALM * 100) is Regime.RANGE, "its own measure"


def test_an_unknown_row_in_between_changes_nothing() -> None:
    assert regime(strengths(25.0, np.nan, 21.0), CALM) is Regime.TREND


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1), st.integers(MEDIAN_ROWS, ROWS))
def test_a_later_row_changes_no_earlier_regime(seed: int, cut: int) -> None:
    random = np.random.default_rng(seed)
    strength, volatility = random.uniform(10, 35, ROWS), random.uniform(0.005, 0.03, ROWS)
    before = regime(strength[:cut], volatility[:cut])
    strength[cut:], volatility[cut:] = 99.0, 9.0
    assert regime(strength[:cut], volatility[:cut]) is before
