from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.events import CandleRow
from hlmaster.core.model import Interval
from hlmaster.exchange.hyperliquid.gaps import CandleGaps

SERIES = ("BTC", Interval.M1)


def row(minute: int, trades: int = 1) -> CandleRow:
    return CandleRow("BTC", Interval.M1, minute * 60_000, 1, 1, 1, 1, float(trades), trades)


def test_rows_pass_until_the_line_drops_and_after_the_gap_is_closed() -> None:
    gaps = CandleGaps()
    assert gaps.passes(row(1))
    gaps.line_dropped()
    assert gaps.open == {SERIES: 60_000}
    assert not gaps.passes(row(4, 2))
    assert not gaps.passes(row(4, 3))
    assert gaps.newest_held(SERIES) == 240_000
    fetched = [row(1, 9), row(2), row(3), row(4, 1)]
    assert gaps.close(SERIES, fetched) == [row(1, 9), row(2), row(3), row(4, 3)]
    assert gaps.passes(row(4, 4))
    assert gaps.open == {}
    assert gaps.newest_held(SERIES) == -1


def test_the_later_state_of_a_candle_wins_whether_fetched_or_heard() -> None:
    gaps = CandleGaps()
    gaps.passes(row(1))
    gaps.line_dropped()
    gaps.passes(row(2, 5))
    assert gaps.close(SERIES, [row(1, 4), row(2, 9)]) == [row(1, 4), row(2, 9)]


def test_a_second_drop_before_the_gap_is_closed_keeps_what_was_heard() -> None:
    gaps = CandleGaps()
    gaps.passes(row(1))
    gaps.line_dropped()
    gaps.passes(row(3))
    gaps.line_dropped()
    assert gaps.close(SERIES, []) == [row(3)]


def test_history_loaded_before_the_first_live_row_marks_where_a_gap_would_begin() -> None:
    gaps = CandleGaps()
    gaps.saw(SERIES, 300_000)
    gaps.saw(SERIES, 60_000)
    gaps.line_dropped()
    assert gaps.open == {SERIES: 300_000}
    gaps.forget(SERIES)
    assert gaps.open == {}


@given(st.lists(st.integers(1, 30), max_size=8), st.lists(st.integers(1, 30), max_size=20))
def test_what_is_published_ascends_without_repeats_from_the_last_known_candle(
    heard: list[int], fetched: list[int]
) -> None:
    gaps = CandleGaps()
    gaps.passes(row(10))
    gaps.line_dropped()
    for minute in heard:
        gaps.passes(row(minute))
    times = [item.open_ms for item in gaps.close(SERIES, [row(minute) for minute in fetched])]
    assert times == sorted(set(times))
    assert all(time >= 600_000 for time in times)
    assert {m * 60_000 for m in fetched if m >= 10} <= set(times)
