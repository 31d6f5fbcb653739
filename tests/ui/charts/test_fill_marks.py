"""Executions are gathered for each candle and side, and nothing of their size or fee is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.charts.fill_marks import LARGEST, SMALLEST, Deal, gathered, in_view, radius_of
from tests.ui.charts.made import MINUTE, START, series

CANDLES = series(60)


def deal(minute: float, *, is_buy: bool = True, price: float = 100.0, size: float = 1.0, note: str = "") -> Deal:
    return Deal(START + int(minute * MINUTE), is_buy, price, size, 0.1, note)


def test_fills_of_one_side_in_one_candle_are_one_mark() -> None:
    marks = gathered(
        [
            deal(3.1, price=100, size=1, note="limit, by you"),
            deal(3.9, price=103, size=2, note="limit, by you"),
            deal(3.5, is_buy=False, note="stop market, by protection"),
            deal(4.0),
        ],
        CANDLES,
        1,
    )
    assert [(mark.slot, mark.is_buy, mark.count) for mark in marks] == [(3, False, 1), (3, True, 2), (4, True, 1)]
    both = marks[1]
    assert (both.price, both.size, both.notes) == (102.0, 3.0, ("limit, by you",))
    assert both.fee == pytest.approx(0.2)
    assert both.time_ms == START + int(3.9 * MINUTE)


def test_what_is_older_than_the_candles_is_left_out_and_what_is_younger_stands_on_the_last() -> None:
    marks = gathered([deal(-1), deal(500)], CANDLES, 1)
    assert [mark.slot for mark in marks] == [len(CANDLES) - 1]


deals = st.lists(st.builds(deal, st.floats(0, 59), is_buy=st.booleans(), size=st.floats(0.01, 1e3)), max_size=30)


@given(deals, st.sampled_from([1, 2, 5, 60]))
def test_nothing_is_lost_at_any_zoom(all_deals: list[Deal], width: int) -> None:
    marks = gathered(all_deals, CANDLES, width)
    assert sum(mark.size for mark in marks) == pytest.approx(sum(one.size for one in all_deals))
    assert sum(mark.count for mark in marks) == len(all_deals)
    assert len({(mark.slot, mark.is_buy) for mark in marks}) == len(marks)
    assert all(mark.slot % width == 0 for mark in marks)
    seen = in_view(marks, 10, 20)
    assert seen == [mark for mark in marks if 10 <= mark.slot < 20]


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_larger_size_is_a_larger_mark_within_what_can_be_read(one: float, other: float) -> None:
    largest = max(one, other)
    small, large = sorted((one, other))
    assert SMALLEST <= radius_of(small, largest) <= radius_of(large, largest) <= LARGEST


def test_without_candles_there_are_no_marks() -> None:
    assert gathered([deal(1)], series(0), 1) == []
