"""Candle bounds and aggregation."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import CandleBlock, aggregate, next_open_time, open_time
from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Interval

TIMES = st.integers(0, 4_102_444_800_000)


def utc(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp()) * 1000  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("interval", "moment", "opens", "following"),
    [
        (Interval.M1, (2026, 9, 30, 23, 59, 59), (2026, 9, 30, 23, 59), (2026, 10, 1)),
        (Interval.H12, (2026, 9, 30, 13), (2026, 9, 30, 12), (2026, 10, 1)),
        (Interval.D1, (2028, 2, 29, 5), (2028, 2, 29), (2028, 3, 1)),
        (Interval.W1, (2026, 9, 30), (2026, 9, 28), (2026, 10, 5)),
        (Interval.W1, (2026, 9, 28), (2026, 9, 28), (2026, 10, 5)),
        (Interval.MO1, (2026, 12, 31, 23), (2026, 12, 1), (2027, 1, 1)),
        (Interval.MO1, (2028, 2, 29), (2028, 2, 1), (2028, 3, 1)),
    ],
)
def test_candles_open_on_the_calendar(
    interval: Interval, moment: tuple[int, ...], opens: tuple[int, ...], following: tuple[int, ...]
) -> None:
    assert open_time(utc(*moment), interval) == utc(*opens)
    assert next_open_time(utc(*moment), interval) == utc(*following)


@given(TIMES, st.sampled_from(Interval))
def test_every_moment_lies_in_exactly_one_candle(time_ms: int, interval: Interval) -> None:
    opens, following = open_time(time_ms, interval), next_open_time(time_ms, interval)
    assert opens <= time_ms < following
    assert open_time(opens, interval) == opens
    assert open_time(following, interval) == following
    assert open_time(following - 1, interval) == opens


@st.composite
def minutes(draw: st.DrawFn) -> CandleBlock:
    """Minute candles with holes; prices on a grid of eighths, so that sums are exact."""
    steps = draw(st.lists(st.integers(1, 4), min_size=0, max_size=60))
    n = len(steps)
    column = st.lists(st.integers(1, 800), min_size=n, max_size=n)
    a, b, volume, trades = (np.array(draw(column), np.int64) for _ in range(4))
    times = 28_333_333 * MINUTE_MS + MINUTE_MS * np.cumsum(np.array(steps, np.int64))
    return CandleBlock(times, a / 8, np.maximum(a, b) / 8, np.minimum(a, b) / 8, b / 8, volume / 8, trades)


@given(minutes(), st.sampled_from([Interval.M5, Interval.M15, Interval.H1, Interval.D1, Interval.MO1]))
def test_aggregation_keeps_ends_extremes_and_sums(block: CandleBlock, interval: Interval) -> None:
    coarse = aggregate(block, interval)
    assert (np.diff(coarse.time_ms) > 0).all()
    assert coarse.volume.sum() == block.volume.sum()
    assert coarse.trades.sum() == block.trades.sum()
    for i, opens in enumerate(coarse.time_ms):
        part = block.between(int(opens), next_open_time(int(opens), interval))
        assert len(part)
        assert coarse.open[i] == part.open[0]
        assert coarse.high[i] == part.high.max()
        assert coarse.low[i] == part.low.min()
        assert coarse.close[i] == part.close[-1]


@given(minutes())
def test_aggregating_in_two_steps_equals_one(block: CandleBlock) -> None:
    direct = aggregate(block, Interval.H1)
    staged = aggregate(aggregate(block, Interval.M15), Interval.H1)
    for name in ("time_ms", "open", "high", "low", "close", "volume", "trades"):
        assert np.array_equal(getattr(direct, name), getattr(staged, name)), name


def test_between_is_half_open() -> None:
    times = np.array([0, 60, 120], np.int64)
    ones = np.ones(3)
    block = CandleBlock(times, ones, ones, ones, ones, ones, times)
    assert block.between(60, 120).time_ms.tolist() == [60]
    assert len(block.between(61, 61)) == 0
    assert len(CandleBlock.empty().between(0, 10)) == 0
