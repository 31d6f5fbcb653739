"""An average grown candle by candle equals the one computed whole."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.ui.averages import MovingAverage

CLOSES = st.lists(st.floats(1.0, 1e5), min_size=1, max_size=60)


@given(CLOSES, CLOSES, st.integers(2, 30))
def test_steps_go_on_where_the_whole_ended(start: list[float], more: list[float], length: int) -> None:
    grown = MovingAverage(length)
    values = list(grown.over(np.array(start)))
    for close in more:
        grown.step(close * 1.5, opens=True)  # the open candle moves before it settles
        values.append(grown.step(close, opens=False))
    np.testing.assert_allclose(values, MovingAverage(length).over(np.array(start + more)), rtol=1e-12)


def test_it_begins_at_the_first_close_and_weighs_by_the_length() -> None:
    np.testing.assert_allclose(MovingAverage(3).over(np.array([10.0, 20.0, 20.0])), [10.0, 15.0, 17.5])


def test_of_nothing_it_is_nothing_and_a_first_candle_is_its_own_average() -> None:
    average = MovingAverage(9)
    assert len(average.over(np.empty(0))) == 0
    assert average.step(5.0, opens=True) == 5.0
    assert average.step(6.0, opens=False) == 6.0
