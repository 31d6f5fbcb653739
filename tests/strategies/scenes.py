"""Markets for the tests of strategies: made up, still, with one thing changed, or seen in a mirror."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.market.window import Needs, Window
from hlmaster.strategies.base import STRATEGIES, Strategy
from hlmaster.strategies.catalogue import STRATEGIES as KNOWN
from hlmaster.strategies.rehearsal import START_MS, Rehearsal, rehearsal

LEVELS = ("open", "high", "low", "close", "mid", "mark", "oracle")
SWAPPED = (("high", "low"), ("bid_depth", "ask_depth"), ("buy_volume", "sell_volume"))
SIGNED = ("flow", "premium", "opinion", "sentiment_momentum", "sentiment_extreme")

assert KNOWN is STRATEGIES  # importing the catalogue registered them all


def made(name: str, **params: Any) -> Strategy[Any]:
    kind = STRATEGIES[name]
    return kind(kind.Parameters(**params))


def scene(strategy: Strategy[Any], seed: int, rows: int = 300, holes: bool = False) -> Rehearsal:
    """A lively market, long enough for the strategy to know everything on the last ``rows`` rows."""
    return rehearsal(strategy.needs, strategy.needs.warm_up + rows, seed, holes)


def still(needs: Needs, changed: Mapping[str, float | Floats] | None = None, rows: int = 0) -> Rehearsal:
    """Nothing happens: price 100, funding at its base, an even book, an oracle late in its cycle.

    What is given differs: a number on every row, an array on the last rows.
    """
    count = rows or needs.warm_up + 5
    quiet = dict.fromkeys(LEVELS, 100.0) | {
        "volume": 10.0, "buy_volume": 5.0, "sell_volume": 5.0, "flow": 0.0, "taker_volume": 1_000.0,
        "funding": 0.000_012_5, "premium": 0.0, "open_interest": 1e5, "spread": 0.000_1,
        "bid_depth": 1e5, "ask_depth": 1e5, "imbalance": 1.0, "oracle_age": 2.5, "oracle_phase": 0.9,
        "regime": 0.0, "sentiment": 0.5, "sentiment_confidence": 0.5, "sentiment_momentum": 0.0,
        "sentiment_volatility": 0.1, "sentiment_extreme": 0.0, "sentiment_3d": 0.5, "sentiment_7d": 0.5,
        "sentiment_14d": 0.5, "opinion": 0.0, "opinion_confidence": 0.5,
    }  # fmt: skip
    quiet |= {name: 1.0 for name in needs.columns if name.startswith("depth_ratio")}
    time_ms = START_MS + needs.grid.ms * np.arange(1, count + 1, dtype=np.int64)
    columns = {name: np.full(count, value) for name, value in quiet.items()}
    columns |= {"row": np.arange(count, dtype=np.float64), "time": (time_ms - needs.grid.ms).astype(np.float64)}
    for name, value in (changed or {}).items():
        ends = np.atleast_1d(np.asarray(value, np.float64))
        columns[name][count - len(ends) if isinstance(value, np.ndarray) else 0 :] = ends
    return Rehearsal(time_ms, columns)


def put(window: Window, values: Mapping[str, float], row: int = -1) -> Window:
    """The same with other values on one row, indicators among them."""
    columns = {name: column.copy() for name, column in window.columns.items()}
    for name, value in values.items():
        columns[name][row] = value
    return replace(window, columns=columns)


def mirrored(
    market: Rehearsal, how: Literal["reflected", "inverted"] = "reflected", neutral_funding: float = 0.0
) -> Rehearsal:
    """Up is down. Reflected: p → 2c - p, which turns averages and ranges over exactly; inverted: p → c² / p, which does
    that to returns. Books, flows and opinions change sides; funding turns over about ``neutral_funding``."""
    tables = [market.columns, *(columns for _, columns in market.frames.values())]
    top, bottom = (
        pick(float(pick(table[name])) for table in tables for name in ("high", "low")) for pick in (max, min)
    )

    def turned(columns: Mapping[str, Floats]) -> dict[str, Floats]:
        out = dict(columns)
        for name in columns:
            if name in LEVELS:
                out[name] = top + bottom - columns[name] if how == "reflected" else top * bottom / columns[name]
            elif name in SIGNED:
                out[name] = -columns[name]
            elif name == "imbalance" or name.startswith("depth_ratio"):
                out[name] = 1 / columns[name]
            elif name == "funding":
                out[name] = 2 * neutral_funding - columns[name]
            elif name in ("sentiment", "sentiment_3d", "sentiment_7d", "sentiment_14d"):
                out[name] = 1 - columns[name]
        for one, other in SWAPPED:
            if one in columns:
                out[one], out[other] = out[other], out[one]
        return out

    frames = {interval: (time_ms, turned(columns)) for interval, (time_ms, columns) in market.frames.items()}
    return replace(market, columns=turned(market.columns), frames=frames)


def numbers(text: str) -> list[float]:
    """The signed numbers in a sentence, in their order."""
    return [float(found) for found in re.findall(r"(?<![\w.])[+-]?\d+(?:\.\d+)?", text)]
