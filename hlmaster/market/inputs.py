"""A window as bytes and back, bit for bit: what a decision saw, kept so that it can be made again.

A line of JSON (coin, grid, and for each frame its number of rows and the names of its columns), then the arrays as they
lie in memory, little-endian: times, columns, and for higher frames ``as_of``.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.errors import StorageError
from hlmaster.core.model import Interval
from hlmaster.market.window import Frame, Grid, HigherFrame, Window

FORMAT = 1
WHOLE, REAL = np.dtype("<i8"), np.dtype("<f8")


def pack(window: Window) -> bytes:
    """A few microseconds for each column; whoever stores it compresses it."""
    head = {
        "format": FORMAT,
        "coin": window.coin,
        "grid": window.grid.name,
        "frame": _shape(window),
        "frames": {str(interval): _shape(frame) for interval, frame in window.frames.items()},
    }
    parts = [json.dumps(head, separators=(",", ":")).encode(), b"\n", *_arrays(window)]
    for frame in window.frames.values():
        parts += [*_arrays(frame), np.ascontiguousarray(frame.as_of, WHOLE).tobytes()]
    return b"".join(parts)


def unpack(packed: bytes) -> Window:
    """Raises StorageError when these are not the bytes that ``pack`` made."""
    try:
        head, _, body = packed.partition(b"\n")
        told: dict[str, Any] = json.loads(head)
        if told["format"] != FORMAT:
            raise ValueError(f"format {told['format']}")
        reader = _Reader(body)
        own = reader.frame(told["frame"])
        frames = {}
        for name, shape in told["frames"].items():
            frame = reader.frame(shape)
            frames[Interval(name)] = HigherFrame(frame.time_ms, frame.columns, reader.take(WHOLE, len(own)))
        if reader.left:
            raise ValueError("too long")
        return Window(own.time_ms, own.columns, told["coin"], Grid.of(told["grid"]), frames)
    except (ValueError, KeyError, TypeError) as error:
        raise StorageError(
            f"The stored inputs of a decision cannot be read ({error}).", "It cannot be replayed; all else is kept."
        ) from error


def _shape(frame: Frame) -> dict[str, object]:
    return {"rows": len(frame), "columns": list(frame.columns)}


def _arrays(frame: Frame) -> list[bytes]:
    columns = (np.ascontiguousarray(column, REAL).tobytes() for column in frame.columns.values())
    return [np.ascontiguousarray(frame.time_ms, WHOLE).tobytes(), *columns]


class _Reader:
    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    @property
    def left(self) -> int:
        return len(self._body) - self._at

    def take(self, kind: np.dtype[Any], count: int) -> NDArray[Any]:
        found = np.frombuffer(self._body, kind, count, self._at)
        self._at += found.nbytes
        return found

    def frame(self, shape: dict[str, Any]) -> Frame:
        rows = int(shape["rows"])
        times = self.take(WHOLE, rows)
        return Frame(times, {name: self.take(REAL, rows) for name in shape["columns"]})
