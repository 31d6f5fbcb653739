"""Whose turn it is when a candle closes: the hour's calls last for all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.clock import HOUR_MS, MINUTE_MS
from hlmaster.desk.advising.asking import OTHERS_SHARE, SHOWN_SHARE, is_turn

MINUTES = st.sampled_from([1, 3, 5, 15, 30, 60])


@given(coins=st.integers(1, 60), minutes=MINUTES, per_hour=st.floats(0.5, 3_600), start=st.integers(0, 10**6))
def test_no_hour_asks_more_than_its_measure(coins: int, minutes: int, per_hour: float, start: int) -> None:
    rows = HOUR_MS // (minutes * MINUTE_MS)
    hours = 8
    asked = sum(
        is_turn(start + row, place, coins, minutes * MINUTE_MS, per_hour)
        for row in range(rows * hours)
        for place in range(coins)
    )
    assert asked <= per_hour * hours + coins


@given(coins=st.integers(1, 30), minutes=MINUTES, per_hour=st.floats(1, 3_600))
def test_every_coin_has_its_turn(coins: int, minutes: int, per_hour: float) -> None:
    for place in range(coins):
        rows = range(int(coins * 60 / minutes / per_hour) + 2)
        assert any(is_turn(row, place, coins, minutes * MINUTE_MS, per_hour) for row in rows)


@pytest.mark.parametrize(("others", "every"), [(1, 2), (2, 4), (5, 9)])
def test_with_the_settings_of_a_beginning_the_coin_that_is_shown_is_asked_about_each_minute(
    others: int, every: int
) -> None:
    assert all(is_turn(minute, 0, 1, MINUTE_MS, SHOWN_SHARE * 120) for minute in range(60))
    turns = [minute for minute in range(60) if is_turn(minute, 0, others, MINUTE_MS, OTHERS_SHARE * 120)]
    assert turns[1] - turns[0] == every


def test_an_hour_without_calls_asks_nothing() -> None:
    assert not any(is_turn(minute, 0, 1, MINUTE_MS, 0.0) for minute in range(60))
