"""Candle series: ascending and unique whatever arrives, gaps kept as gaps, open candle replaced, history merged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.candles import CandleBlock
from hlmaster.core.events import CandleRow
from hlmaster.core.model import Interval
from hlmaster.market import series as series_module
from hlmaster.market.series import Change, Series
from tests.market.facts import MINUTE, NOW, candle


def made(*rows: CandleRow) -> Series:
    result = Series("BTC", Interval.M1)
    for row in rows:
        result.put(row)
    return result


def block(*rows: CandleRow) -> CandleBlock:
    return made(*rows).block()


def minutes(series: Series) -> list[int]:
    return [(int(time_ms) - NOW) // MINUTE for time_ms in series.block().time_ms]


def test_the_open_candle_is_replaced_until_its_time_changes() -> None:
    series = Series("BTC", Interval.M1)
    assert [series.put(row) for row in (candle(0), candle(0, 101, 2), candle(0, 101, 2), candle(1))] == [
        Change.APPENDED,
        Change.MOVED,
        Change.SAME,
        Change.APPENDED,
    ]
    assert series.block().close.tolist() == [101, 100]
    assert series.last == candle(1)
    assert series.row(0) == candle(0, 101, 2)


def test_an_older_state_of_the_open_candle_is_not_taken() -> None:
    series = made(candle(0, 101, 5))
    assert series.put(candle(0, 100, 4)) is Change.REGRESSED
    assert series.put(candle(0, 100, 5, volume=4.0)) is Change.REGRESSED
    assert series.last == candle(0, 101, 5)


def test_after_a_reconnect_the_open_candle_may_be_restated_smaller_once() -> None:
    series = made(candle(0, 101, 5))
    series.resuming = True
    assert series.put(candle(0, 100, 4)) is Change.MOVED
    assert series.put(candle(0, 100, 3)) is Change.REGRESSED


def test_missing_candles_stay_missing_until_they_come() -> None:
    series = made(candle(0), candle(1), candle(5))
    assert series.gaps == [(NOW + 2 * MINUTE, NOW + 5 * MINUTE)]
    assert series.put(candle(3)) is Change.FILLED
    assert series.gaps == [(NOW + 2 * MINUTE, NOW + 3 * MINUTE), (NOW + 4 * MINUTE, NOW + 5 * MINUTE)]
    series.put(candle(2))
    series.put(candle(4))
    assert series.gaps == []
    assert series.last == candle(5)


def test_a_closed_candle_that_comes_again_corrects_or_repeats() -> None:
    series = made(candle(0), candle(1))
    assert series.put(candle(0)) is Change.REPEATED
    assert series.put(candle(0, 99, 3)) is Change.CORRECTED
    assert series.row(0) == candle(0, 99, 3)


def test_months_have_no_gap_for_being_short() -> None:
    months = Series("BTC", Interval.MO1)
    january, february, march, may = 1_767_225_600_000, 1_769_904_000_000, 1_772_323_200_000, 1_777_593_600_000
    for open_ms in (january, february, march, may):
        months.put(CandleRow("BTC", Interval.MO1, open_ms, 1, 1, 1, 1, 1, 1))
    assert months.gaps == [(1_775_001_600_000, may)]


def test_the_block_is_a_view_that_follows_the_open_candle() -> None:
    series = made(candle(0), candle(1))
    view = series.block()
    series.put(candle(1, 105, 2))
    assert view.close.tolist() == [100, 105]
    assert series.block() is view
    series.put(candle(2))
    assert len(view) == 2
    assert len(series.block()) == 3


def test_history_is_merged_below_and_over_what_is_there() -> None:
    series = made(candle(3, 103, 1), candle(4, 104, 9))
    series.merge(block(candle(0), candle(1), candle(3, 133, 7), candle(4, 144, 8)))
    assert minutes(series) == [0, 1, 3, 4]
    assert series.block().close.tolist() == [100, 100, 133, 104]
    assert series.last == candle(4, 104, 9), "our open candle is further on than the answer"
    assert series.gaps == [(NOW + 2 * MINUTE, NOW + 3 * MINUTE)]
    assert series.put(candle(4, 105, 10)) is Change.MOVED


def test_an_answer_that_saw_a_candle_unfinished_does_not_undo_its_end() -> None:
    series = made(candle(0, 100, 1), candle(0, 109, 9), candle(1))
    series.merge(block(candle(-1), candle(0, 105, 5)))
    assert series.block().close.tolist() == [100, 109, 100]


def test_merging_nothing_changes_nothing() -> None:
    series = made(candle(0))
    series.merge(CandleBlock.empty())
    assert minutes(series) == [0]
    empty = Series("BTC", Interval.M1)
    empty.merge(CandleBlock.empty())
    assert (len(empty), empty.last, empty.gaps) == (0, None, [])


def test_rows_out_of_range_are_refused() -> None:
    with pytest.raises(IndexError):
        made(candle(0)).row(1)


def test_a_hundred_thousand_candles_are_held_and_grown_without_loss() -> None:
    n = 100_000
    times = NOW + MINUTE * np.arange(n, dtype=np.int64)
    ones = np.ones(n)
    series = Series("BTC", Interval.M1)
    series.merge(CandleBlock(times, ones, ones, ones, ones, ones, np.ones(n, np.int64)))
    for i in range(n, n + 2_000):
        series.put(candle(i))
    assert len(series) == n + 2_000
    assert series.gaps == []
    assert np.shares_memory(series.block().close, series.block().close)


def test_beyond_its_bound_the_series_lets_its_oldest_quarter_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series_module, "MAX_ROWS", 2_000)
    series = Series("BTC", Interval.M1)
    for i in range(2_001):
        series.put(candle(i))
    assert minutes(series) == list(range(500, 2_001))
    series.merge(block(*(candle(i) for i in range(-1_000, 0))))
    assert minutes(series) == [*range(-499, 0), *range(500, 2_001)]
    series.put(candle(2_001))
    assert len(series) == 1_501
    assert series.last == candle(2_001)


ROWS = st.builds(candle, st.integers(0, 12), st.sampled_from([99.0, 100.0, 101.0]), st.integers(0, 3))
BLOCKS = st.lists(ROWS, max_size=8).map(lambda rows: block(*rows))


@given(st.lists(st.one_of(ROWS, BLOCKS), max_size=40))
def test_the_series_ascends_is_unique_and_holds_only_rows_that_came(steps: list[CandleRow | CandleBlock]) -> None:
    series = Series("BTC", Interval.M1)
    offered = set[tuple[int, float, int]]()
    times = set[int]()
    appended = 0
    for step in steps:
        if isinstance(step, CandleRow):
            before = len(series)
            change = series.put(step)
            appended += change is Change.APPENDED
            assert len(series) - before == (change in (Change.APPENDED, Change.FILLED))
            offered.add((step.open_ms, step.close, step.trades))
            times.add(step.open_ms)
        else:
            series.merge(step)
            offered |= set(zip(step.time_ms.tolist(), step.close.tolist(), step.trades.tolist(), strict=True))
            times |= set(step.time_ms.tolist())
        held = series.block()
        assert held.time_ms.tolist() == sorted(times)
        assert set(zip(held.time_ms.tolist(), held.close.tolist(), held.trades.tolist(), strict=True)) <= offered
        assert (series.last is None) == (not times)
        assert series.last is None or series.last == series.row(-1)
        missing = sum((end - start) // MINUTE for start, end in series.gaps)
        assert not times or len(times) + missing == (max(times) - min(times)) // MINUTE + 1
