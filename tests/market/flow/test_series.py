"""Delta, cumulative delta and sampled contexts: sums are the trades', gaps break the line."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import DAY_MS, MINUTE_MS
from hlmaster.core.events import AssetContext
from hlmaster.core.model import Interval
from hlmaster.market.flow import series as module
from hlmaster.market.flow.cells import PriceCells
from hlmaster.market.flow.listening import Listening
from hlmaster.market.flow.series import SAMPLE_MS, ContextSamples, cumulative, deltas
from tests.market.facts import NOW

M = MINUTE_MS


def test_candles_without_a_trade_are_zero_and_not_missing() -> None:
    cells, heard = PriceCells(), Listening(NOW)
    cells.add(NOW, 10, 3.0, True)
    cells.add(NOW + 3 * M, 10, 1.0, False)
    columns = deltas(cells, heard, Interval.M1, NOW + 4 * M, 100)
    assert columns.delta.tolist() == [3.0, 0.0, 0.0, -1.0, 0.0]
    assert cumulative(columns, by_session=False).tolist() == [3.0, 3.0, 3.0, 2.0, 2.0]


def test_a_gap_breaks_the_line_and_the_sum_begins_anew() -> None:
    cells, heard = PriceCells(), Listening(NOW)
    for minute in range(5):
        cells.add(NOW + minute * M, 10, 1.0, True)
    heard.miss(NOW + 2 * M + 10, NOW + 2 * M + 20)
    columns = deltas(cells, heard, Interval.M1, NOW + 4 * M, 100)
    assert columns.lost.tolist() == [False, False, True, False, False]
    running = cumulative(columns, by_session=False)
    assert running[[0, 1, 3, 4]].tolist() == [1.0, 2.0, 1.0, 2.0]
    assert np.isnan(running[2])


def test_a_session_begins_at_midnight_utc() -> None:
    midnight = (NOW // DAY_MS + 1) * DAY_MS
    cells, heard = PriceCells(), Listening(midnight - 2 * M)
    for minute in range(-2, 2):
        cells.add(midnight + minute * M, 10, 1.0, True)
    columns = deltas(cells, heard, Interval.M1, midnight + M, 100)
    assert cumulative(columns, by_session=True).tolist() == [1.0, 2.0, 1.0, 2.0]
    assert cumulative(columns, by_session=False).tolist() == [1.0, 2.0, 3.0, 4.0]


def test_only_the_last_candles_are_made() -> None:
    cells, heard = PriceCells(), Listening(NOW)
    cells.add(NOW, 10, 1.0, True)
    columns = deltas(cells, heard, Interval.M1, NOW + 50 * M, 10)
    assert len(columns) == 10
    assert not columns.delta.any()


@given(st.lists(st.tuples(st.integers(0, 40 * M), st.integers(1, 99), st.booleans()), max_size=50))
def test_longer_candles_hold_the_sum_of_shorter_ones(trades: list[tuple[int, int, bool]]) -> None:
    cells, heard = PriceCells(), Listening(NOW)
    for at, size, is_buy in sorted(trades):
        cells.add(NOW + at, 10, float(size), is_buy)
    told = sum(size if is_buy else -size for _, size, is_buy in trades)
    for interval in (Interval.M1, Interval.M5, Interval.M15, Interval.H1):
        columns = deltas(cells, heard, interval, NOW + 40 * M, 1000)
        assert columns.delta.sum() == told
        assert cumulative(columns, by_session=False)[-1] == told


def context(open_interest: float, funding: float = 0.0001) -> AssetContext:
    return AssetContext("BTC", 100.0, 100.0, 100.0, 99.0, 1e9, 1e6, funding, 0.0, open_interest)


def test_a_sample_is_the_newest_of_its_stretch_and_a_gap_stays_one() -> None:
    samples = ContextSamples()
    begin = NOW - NOW % M
    for seconds, open_interest in ((0, 1.0), (3, 2.0), (5, 3.0)):
        samples.add(begin + seconds * 1000, context(open_interest))
    samples.miss(begin + 2 * M)
    samples.add(begin + 3 * M, context(4.0))
    read = samples.read()
    assert read.open_interest[[0, 1, 3]].tolist() == [2.0, 3.0, 4.0]
    at, funding = read.at(begin + np.arange(-1, 4) * M, M)
    assert np.isnan(at).tolist() == [True, False, True, True, False]
    assert at[[1, 4]].tolist() == [3.0, 4.0]
    assert funding[1] == 0.0001


def test_samples_are_bounded() -> None:
    samples = ContextSamples()
    for number in range(module.MOST_SAMPLES + 10):
        samples.add(NOW + number * SAMPLE_MS, context(float(number)))
    read = samples.read()
    assert len(read.time_ms) == module.MOST_SAMPLES
    assert read.open_interest[0] == 10.0
    assert (np.diff(read.time_ms) > 0).all()
