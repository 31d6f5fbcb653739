"""What a tail says is what the whole history says, to the bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.strategies.rolling import ago, latest, rolling_mean

values = st.lists(st.one_of(st.floats(-1e6, 1e6), st.just(np.nan)), min_size=1, max_size=60)


@given(x=values, count=st.integers(1, 70), data=st.data())
def test_a_mean_is_of_what_is_known(x: list[float], count: int, data: st.DataObject) -> None:
    column, least = np.array(x), data.draw(st.integers(1, count), "least")
    means = rolling_mean(column, count, least)
    for row, mean in enumerate(means):
        held = column[max(0, row + 1 - count) : row + 1]
        known = held[~np.isnan(held)]
        if row + 1 < count or len(known) < least:
            assert np.isnan(mean)
        else:
            assert mean == pytest.approx(known.mean(), rel=1e-9, abs=1e-6)


@given(x=values, count=st.integers(1, 20))
def test_a_mean_has_the_same_bits_on_a_tail(x: list[float], count: int) -> None:
    column = np.array(x)
    means = rolling_mean(column, count, 1)
    for row in range(len(column)):
        assert np.array_equal(rolling_mean(column[: row + 1][-count:], count, 1)[-1:], means[row : row + 1], True)


def test_the_latest_row_on_which_it_held() -> None:
    assert latest(np.array([False, True, False, False, True, True, False])).tolist() == [-1, 1, 1, 1, 4, 5, 5]


def test_ago_is_by_time_and_absent_where_the_row_is() -> None:
    time_ms = np.array([0, 250, 500, 1_000, 1_250, 1_500], np.int64)
    assert ago(time_ms, 500, 250).tolist() == [-1, -1, 0, 2, -1, 3]
    assert ago(time_ms[:3], 500, 250).tolist() == [-1, -1, 0]
    assert ago(time_ms[3:], 250, 250).tolist() == [-1, 0, 1]
    assert ago(time_ms[:0], 500, 250).tolist() == []
