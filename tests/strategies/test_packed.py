"""A window as bytes: the same bits come back, and nobody can write to them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.market.window import Grid, HigherFrame, Window
from hlmaster.strategies.packed import pack, unpack


@given(
    arrays(np.float64, st.integers(0, 40), elements=st.floats(allow_nan=True, allow_infinity=True)),
    st.text(max_size=12),
    st.sampled_from(["1m", "250ms", "1h"]),
)
def test_what_is_unpacked_is_what_was_packed(column: Floats, coin: str, grid: str) -> None:
    times = np.arange(len(column), dtype=np.int64)
    higher = HigherFrame(times[::2], {"close": column[::2]}, times - 1)
    before = Window(times, {"close": column, "rsi(14)": column[::-1]}, coin, Grid.of(grid), {Interval.H4: higher})
    after = unpack(pack(before))
    assert (after.coin, after.grid) == (coin, before.grid)
    assert after.time_ms.tobytes() == times.tobytes()
    assert {name: values.tobytes() for name, values in after.columns.items()} == {
        name: values.tobytes() for name, values in before.columns.items()
    }
    frame = after.frames[Interval.H4]
    assert frame.as_of.tobytes() == higher.as_of.tobytes()
    assert frame["close"].tobytes() == higher["close"].tobytes()
    assert not after["close"].flags.writeable


def test_other_bytes_are_no_window() -> None:
    with pytest.raises(ValueError, match=r"."):
        unpack(b"\x93nothing of ours")
