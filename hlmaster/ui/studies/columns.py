"""The columns that indicators read, from a block of candles, whole or in parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from hlmaster.core.candles import CandleBlock, Floats

Column = Callable[[CandleBlock, slice], Floats]


def _row(block: CandleBlock, part: slice) -> Floats:
    return np.arange(*part.indices(len(block)), dtype=np.float64)


def _of(*names: str) -> Column:
    def mean(block: CandleBlock, part: slice) -> Floats:
        values: Floats = sum((getattr(block, name)[part] for name in names[1:]), getattr(block, names[0])[part])
        return values / len(names) if len(names) > 1 else values

    return mean


COLUMNS: Mapping[str, Column] = {
    "row": _row,
    "time": lambda block, part: block.time_ms[part].astype(np.float64),
    "open": _of("open"),
    "high": _of("high"),
    "low": _of("low"),
    "close": _of("close"),
    "volume": _of("volume"),
    "hl2": _of("high", "low"),
    "hlc3": _of("high", "low", "close"),
    "ohlc4": _of("open", "high", "low", "close"),
}
SOURCES = ("close", "open", "high", "low", "hl2", "hlc3", "ohlc4", "volume")
"""What an indicator of one column may be taken of."""
