"""Columns for the tests: a random market, and the degenerate ones that every indicator must bear."""

from __future__ import annotations

import numpy as np

from hlmaster.core.candles import Floats

Columns = dict[str, Floats]
NAMES = ("row", "time", "open", "high", "low", "close", "volume", "buy_volume", "sell_volume")
MINUTE_MS = 60_000
MIDNIGHT_MS = 1_700_006_400_000


def market(seed: int, count: int, price: float = 100.0) -> Columns:
    """Minutes from a midnight on, prices without ties."""
    random = np.random.default_rng(seed)
    close = price * np.exp(np.cumsum(random.normal(0, 0.01, count)))
    start = np.concatenate([[price], close[:-1]])[:count]
    top, bottom = np.maximum(start, close), np.minimum(start, close)
    bought, sold = random.exponential(10, count), random.exponential(10, count)
    return {
        "row": np.arange(count, dtype=np.float64),
        "time": MIDNIGHT_MS + MINUTE_MS * np.arange(count, dtype=np.float64),
        "open": start,
        "high": top * (1 + np.abs(random.normal(0, 0.005, count))),
        "low": bottom * (1 - np.abs(random.normal(0, 0.005, count))),
        "close": close,
        "volume": bought + sold,
        "buy_volume": bought,
        "sell_volume": sold,
    }


def flat(count: int, price: float = 100.0) -> Columns:
    """Nothing moves; something is traded."""
    columns = market(0, count)
    return columns | {name: np.full(count, price) for name in ("open", "high", "low", "close")}


def untraded(count: int) -> Columns:
    columns = market(1, count)
    return columns | {name: np.zeros(count) for name in ("volume", "buy_volume", "sell_volume")}


def holed(columns: Columns, rows: list[int]) -> Columns:
    """The same with every value of some rows missing, but the row's number."""
    out = {name: column.copy() for name, column in columns.items()}
    for name in NAMES[1:]:
        out[name][rows] = np.nan
    return out


def without(columns: Columns, rows: list[int]) -> Columns:
    return {name: np.delete(column, rows) for name, column in columns.items()}


def head(columns: Columns, count: int) -> Columns:
    return {name: column[:count] for name, column in columns.items()}


def tail(columns: Columns, first: int) -> Columns:
    return {name: column[first:] for name, column in columns.items()}
