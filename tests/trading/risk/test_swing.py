"""The loss of one day in twenty, from what is known of a coin's past."""

from __future__ import annotations

import numpy as np
import pytest

from hlmaster.trading.risk.swing import ENOUGH_DAYS, ENOUGH_HOURS, HOURS, NORMAL, day_swing


def walk(hours: int, sigma: float, seed: int = 7) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    steps = np.random.default_rng(seed).normal(0.0, sigma, hours)
    return 100.0 * np.exp(np.cumsum(steps))


@pytest.mark.parametrize("days", [3, 20, 60])
def test_both_ways_agree_with_the_walk_they_are_asked_about(days: int) -> None:
    found = day_swing(walk(days * HOURS, 0.01))
    assert found is not None
    assert found == pytest.approx(NORMAL * 0.01 * np.sqrt(HOURS), rel=0.45)


def test_the_worse_side_counts() -> None:
    """A coin that falls by a tenth on one day in eight and creeps up on the others."""
    hourly = np.full(ENOUGH_DAYS * HOURS * 2, 0.0005)
    hourly[:: 8 * HOURS] = -0.1
    falling = day_swing(100 * np.cumprod(1 + hourly))
    assert falling is not None
    assert falling > 0.08


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0, -1.0])
def test_what_is_unsound_or_too_short_says_nothing(bad: float) -> None:
    closes = walk(ENOUGH_HOURS, 0.01)
    assert day_swing(closes) is not None
    assert day_swing(closes[1:]) is None
    closes[5] = bad
    assert day_swing(closes) is None
