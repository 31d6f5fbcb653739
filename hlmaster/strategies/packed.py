"""A window as bytes and back: what a strategy in another process is given, and what a replay of a decision needs."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.market.window import Grid, HigherFrame, Window


class _PackedFrame(msgspec.Struct, frozen=True, gc=False):
    time_ms: bytes
    columns: dict[str, bytes]
    as_of: bytes = b""


class _Packed(msgspec.Struct, frozen=True, gc=False):
    """Columns are float64, times and row numbers int64, in this computer's order, little-endian wherever we run."""

    coin: str
    grid: str
    rows: _PackedFrame
    frames: dict[str, _PackedFrame]


_decoder = msgspec.msgpack.Decoder(_Packed)
_encoder = msgspec.msgpack.Encoder()


def pack(window: Window) -> bytes:
    """The same bits come back from ``unpack``."""
    frames = {
        interval.value: _PackedFrame(frame.time_ms.tobytes(), _bytes(frame.columns), frame.as_of.tobytes())
        for interval, frame in window.frames.items()
    }
    rows = _PackedFrame(window.time_ms.tobytes(), _bytes(window.columns))
    return _encoder.encode(_Packed(window.coin, window.grid.name, rows, frames))


def unpack(content: bytes) -> Window:
    """Arrays that nobody may write to. Raises ValueError for bytes that ``pack`` did not make."""
    packed = _decoder.decode(content)
    frames = {
        Interval(name): HigherFrame(_whole(f.time_ms), _floats(f.columns), _whole(f.as_of))
        for name, f in packed.frames.items()
    }
    rows = packed.rows
    return Window(_whole(rows.time_ms), _floats(rows.columns), packed.coin, Grid.of(packed.grid), frames)


def _bytes(columns: Mapping[str, Floats]) -> dict[str, bytes]:
    return {name: column.tobytes() for name, column in columns.items()}


def _floats(columns: dict[str, bytes]) -> dict[str, Floats]:
    return {name: np.frombuffer(content, np.float64) for name, content in columns.items()}


def _whole(content: bytes) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.frombuffer(content, np.int64)
