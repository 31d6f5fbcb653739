"""What a decision saw comes back bit for bit, or is refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.errors import StorageError
from hlmaster.core.model import Interval
from hlmaster.market.inputs import pack, unpack
from hlmaster.market.window import Frame, Grid, HigherFrame, Window

numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)


def window(values: list[float], higher: list[float]) -> Window:
    rows = len(values)
    own = np.array(values, np.float64)
    as_of = np.arange(rows, dtype=np.int64) % max(len(higher), 1) - 1
    frame = HigherFrame(np.arange(len(higher), dtype=np.int64), {"ema(9)": np.array(higher, np.float64)}, as_of)
    return Window(
        np.arange(rows, dtype=np.int64) * 60_000,
        {"close": own, "rsi(14)": own[::-1]},
        "kPEPE",
        Grid.of("1m"),
        {Interval.H1: frame},
    )


def bits(frame: Frame) -> list[tuple[str, bytes]]:
    return [("time", frame.time_ms.tobytes()), *((name, column.tobytes()) for name, column in frame.columns.items())]


@given(st.lists(numbers, max_size=40), st.lists(numbers, max_size=10))
def test_a_window_comes_back_bit_for_bit(values: list[float], higher: list[float]) -> None:
    made = window(values, higher)
    found = unpack(pack(made))
    assert (found.coin, found.grid) == (made.coin, made.grid)
    assert bits(found) == bits(made)
    [(interval, frame)] = found.frames.items()
    assert interval is Interval.H1
    assert bits(frame) == bits(made.frames[interval])
    assert frame.as_of.tolist() == made.frames[interval].as_of.tolist()


def test_a_tail_is_packed_as_it_is_seen() -> None:
    made = window([1.0, 2.0, 3.0, 4.0], [5.0]).tail(2)
    assert unpack(pack(made))["close"].tolist() == [3.0, 4.0]


@pytest.mark.parametrize("cut", [0, 1, 10, -1, -8])
def test_what_is_cut_is_refused(cut: int) -> None:
    with pytest.raises(StorageError, match="cannot be read"):
        unpack(pack(window([1.0, 2.0], [3.0]))[:cut])


def test_what_is_too_long_or_newer_is_refused() -> None:
    packed = pack(window([1.0], []))
    for wrong in (packed + b"12345678", packed.replace(b'"format":1', b'"format":2')):
        with pytest.raises(StorageError):
            unpack(wrong)
