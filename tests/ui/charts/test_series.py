from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.series import BLOCK, FIELDS, CandleSeries
from tests.ui.charts.made import MINUTE, START, candles, row, series


@st.composite
def holed_series(draw: st.DrawFn) -> CandleSeries:
    count = draw(st.integers(1, 400))
    missing = draw(st.sets(st.integers(1, max(count - 2, 1)), max_size=12)) if count > 2 else set()
    return series(count, draw(st.integers(0, 9)), tuple(sorted(missing)))


@given(held=holed_series(), width=st.integers(1, 200), first=st.integers(-5, 420), length=st.integers(0, 420))
def test_a_column_has_exactly_the_extremes_of_its_slots(
    held: CandleSeries, width: int, first: int, length: int
) -> None:
    columns = held.columns(first, first + length, width)
    width = columns.width
    for index, slot in enumerate(columns.slot.tolist()):
        inside = slice(slot, min(slot + width, len(held)))
        assert columns.high[index] == np.nanmax(held.field("high")[inside])
        assert columns.low[index] == np.nanmin(held.field("low")[inside])
        assert columns.volume[index] == pytest.approx(held.field("volume")[inside].sum())
        opens, closes = held.field("open")[inside], held.field("close")[inside]
        assert columns.open[index] == opens[np.isfinite(opens)][0]
        assert columns.close[index] == closes[np.isfinite(closes)][-1]


@given(held=holed_series(), width=st.integers(1, 200))
def test_columns_cover_every_candle_once(held: CandleSeries, width: int) -> None:
    columns = held.columns(0, len(held), width)
    covered = np.concatenate([np.arange(slot, slot + columns.width) for slot in columns.slot.tolist()])
    candle_slots = np.flatnonzero(np.isfinite(held.field("close")))
    assert len(np.unique(covered)) == len(covered)
    assert np.isin(candle_slots, covered).all()


def test_columns_of_a_window_are_those_of_the_whole() -> None:
    held = series(5000)
    whole, window = held.columns(0, 5000, 64), held.columns(1000, 3000, 64)
    at = np.searchsorted(whole.slot, window.slot)
    assert (whole.slot[at] == window.slot).all()
    assert (whole.high[at] == window.high).all()


@given(
    st.lists(st.tuples(st.sampled_from(["tick", "next", "skip", "revise", "older"]), st.integers(1, 40)), max_size=40)
)
def test_blocks_stay_exact_through_any_changes(steps: list[tuple[str, int]]) -> None:
    held = series(BLOCK * 3)
    for step, number in steps:
        last = int(held.time[-1])
        if step == "tick":
            held.put(last, row(100.0 + number))
        elif step == "next":
            held.put(last + MINUTE, row(100.0 - number))
        elif step == "skip":
            held.put(last + MINUTE * (number + 1), row(100.0 + number))
        elif step == "revise":
            held.put(int(held.time[0]), row(50.0 + number))
        else:
            first = int(held.time[0])
            held.prepend(*candles(number, start=first - MINUTE * number))
        columns = held.columns(0, len(held), BLOCK * 2)
        for index, slot in enumerate(columns.slot.tolist()):
            inside = slice(slot, slot + columns.width)
            assert columns.high[index] == np.nanmax(held.field("high")[inside])
            assert columns.low[index] == np.nanmin(held.field("low")[inside])
    assert (np.diff(held.time) > 0).all()


def test_a_hole_of_any_length_is_one_slot_with_the_time_of_the_first_missing_candle() -> None:
    held = series(20, missing=(5, 6, 7, 12))
    assert len(held) == 20 - 4 + 2
    assert held.gaps(0, len(held)).tolist() == [5, 10]
    assert held.time[5] == START + 5 * MINUTE
    assert held.missing(5) == 3
    assert held.missing(10) == 1
    assert held.slot_at(START + 7 * MINUTE) == 5


def test_a_month_of_31_days_is_no_gap() -> None:
    day = 86_400_000
    time_ms = np.array([0, 31, 59, 90], np.int64) * day
    held = CandleSeries()
    held.replace(time_ms, {name: np.ones(4) for name in FIELDS}, 30 * day)
    assert not held.has_gaps


def test_put_replaces_the_open_candle_and_appends_a_new_one() -> None:
    held = series(10)
    assert held.put(int(held.time[-1]), row(200.0)) == 0
    assert (len(held), held.field("open")[-1]) == (10, 200.0)
    assert held.put(int(held.time[-1]) + MINUTE, row(300.0)) == 1
    assert (len(held), held.field("close")[-1]) == (11, 300.5)


def test_put_after_a_pause_leaves_a_gap() -> None:
    held = series(10)
    assert held.put(int(held.time[-1]) + 4 * MINUTE, row(300.0)) == 2
    assert held.is_gap(10)
    assert held.missing(10) == 3


def test_put_refuses_an_unknown_time_in_the_past() -> None:
    held = series(10, missing=(4,))
    for time_ms in (START - MINUTE, START + 4 * MINUTE, START + 30_000):
        with pytest.raises(ValueError, match="whole series again"):
            held.put(time_ms, row(1.0))


def test_many_additions_at_both_ends_keep_what_was_there() -> None:
    held = series(3)
    before = held.field("high").copy()
    for index in range(3000):
        held.put(int(held.time[-1]) + MINUTE, row(float(index)))
    for _ in range(50):
        held.prepend(*candles(60, start=int(held.time[0]) - 60 * MINUTE))
    assert len(held) == 3 + 3000 + 3000
    assert (held.field("high")[3000:3003] == before).all()
    assert (np.diff(held.time) == MINUTE).all()


def test_prepend_drops_what_is_not_older_and_marks_the_hole_between() -> None:
    held = series(10)
    assert held.prepend(*candles(20, start=START - 15 * MINUTE)) == 15
    assert not held.has_gaps
    assert held.prepend(*candles(5, start=START - 30 * MINUTE)) == 6
    assert held.gaps(0, len(held)).tolist() == [5]
    assert held.missing(5) == 10


def test_arrays_of_different_length_and_falling_times_are_refused() -> None:
    time_ms, data = candles(5)
    with pytest.raises(ValueError, match="low array has 4 values for 5"):
        CandleSeries().replace(time_ms, data | {"low": data["low"][:4]}, MINUTE)
    with pytest.raises(ValueError, match="rise strictly"):
        CandleSeries().replace(time_ms[::-1], data, MINUTE)


def test_an_overlay_follows_its_candles_over_gaps_and_growth() -> None:
    held = series(10, missing=(4, 5))
    held.set_overlay("mean", np.arange(8.0))
    assert np.isnan(held.field("mean")[4])
    assert held.field("mean")[5] == 4.0
    held.put(int(held.time[-1]) + MINUTE, row(1.0))
    assert np.isnan(held.field("mean")[-1])
    held.set_last_overlay("mean", 8.0)
    held.prepend(*candles(3, start=START - 3 * MINUTE))
    assert np.isnan(held.field("mean")[:3]).all()
    assert (held.field("mean")[3], held.field("mean")[-1]) == (0.0, 8.0)
    with pytest.raises(ValueError, match="13 values for 12 candles"):
        held.set_overlay("mean", np.zeros(13))
    held.set_overlay("mean", None)
    assert held.overlays == ()


def test_times_go_on_beyond_the_ends() -> None:
    held = series(10)
    assert held.time_at(-2) == START - 2 * MINUTE
    assert held.time_at(11) == START + 11 * MINUTE


def test_only_the_latest_candle_changes_without_a_new_revision() -> None:
    held = series(10)
    before = held.revision
    held.put(int(held.time[-1]), row(5.0))
    assert held.revision == before
    held.put(int(held.time[0]), row(5.0))
    assert held.revision > before


@given(first=st.integers(0, 3000), second=st.integers(0, 3000))
def test_what_is_loaded_anew_is_as_if_it_were_the_first(first: int, second: int) -> None:
    held, fresh = series(first, 1, (first // 2,)), series(second, 2)
    held.columns(0, len(held), 2 * BLOCK)
    held.replace(*candles(second, 2), MINUTE)
    for one in (held, fresh):
        one.put(START + MINUTE * (second + 5), row(7.0))
        one.prepend(*candles(3, 3, START - 3 * MINUTE))
    assert held.time.tolist() == fresh.time.tolist()
    for name in FIELDS:
        np.testing.assert_array_equal(held.field(name), fresh.field(name))
        wide = (getattr(one.columns(0, len(one), 2 * BLOCK), name) for one in (held, fresh))
        np.testing.assert_array_equal(*wide)
