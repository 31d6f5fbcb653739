"""A made-up market on any decision grid with every column there is: what strategies are checked on, and no evidence.

It is wild on purpose: trends, jumps, funding at extremes, lopsided books, an oracle that lags and dies, rows that are
absent and values that are unknown, so that a strategy has something to say and something to miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hlmaster.core.candles import Floats, Ints
from hlmaster.core.model import Interval
from hlmaster.market.indicators.indicator import Indicator, over
from hlmaster.market.window import PRICES, FrameNeeds, HigherFrame, Needs, Window

START_MS = 1_750_032_000_000
"""A Monday's midnight, UTC."""
STEP = 0.000_12
"""Standard deviation of the return over 250 ms; it grows with the root of time."""
CYCLE_S = 3.0
"""Of the oracle."""
Columns = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What the market was, before anybody's needs: ``window(needs)`` dresses it for a strategy."""

    time_ms: Ints
    """When each row closed."""
    columns: Mapping[str, Floats]
    frames: Mapping[Interval, tuple[Ints, Mapping[str, Floats]]] = field(default_factory=dict)
    """Closed candles of higher timeframes, from long before the first row on."""
    coin: str = "TEST"

    def __len__(self) -> int:
        return len(self.time_ms)

    def window(self, needs: Needs) -> Window:
        """Prices, what was declared, and its indicators from the first row on; nothing else, as the desk gives it."""
        frames = {need.interval: self._frame(need) for need in needs.frames}
        columns = {name: self.columns[name] for name in (*PRICES, *needs.columns)}
        return Window(self.time_ms, columns | indicated(self.columns, needs.indicators), self.coin, needs.grid, frames)

    def with_columns(self, **columns: Floats) -> Rehearsal:
        return replace(self, columns={**self.columns, **columns})

    def _frame(self, need: FrameNeeds) -> HigherFrame:
        time_ms, columns = self.frames[need.interval]
        as_of = np.searchsorted(time_ms, self.time_ms, "right").astype(np.int64) - 1
        prices = {name: columns[name] for name in PRICES}
        known = prices | indicated(columns, need.indicators)
        return HigherFrame.seen(need.interval, self.time_ms, time_ms, known, as_of)


def indicated(columns: Mapping[str, Floats], indicators: tuple[Indicator, ...]) -> Columns:
    return {
        name: values
        for indicator in indicators
        for name, values in zip(indicator.columns, over(indicator, columns), strict=True)
    }


def rehearsal(needs: Needs, rows: int, seed: int = 0, holes: bool = True) -> Rehearsal:
    """``rows`` rows on the grid of ``needs``, the same for the same seed; ``holes`` makes rows and values absent."""
    random = np.random.default_rng(seed)
    grid_ms = needs.grid.ms
    time_ms = START_MS + grid_ms * np.arange(1, rows + 1, dtype=np.int64)
    columns = candles(random, rows, grid_ms, 100.0)
    columns |= contexts(random, columns["close"], grid_ms) | books(random, columns["close"], needs)
    columns |= {"row": np.arange(rows, dtype=np.float64), "time": (time_ms - grid_ms).astype(np.float64)}
    frames = {need.interval: higher(random, need, time_ms, columns) for need in needs.frames}
    if not holes:
        return Rehearsal(time_ms, columns, frames)
    for name in needs.columns:
        columns[name] = np.where(random.random(rows) < 0.004, np.nan, columns[name])
    kept = random.random(rows) > (0.004 if needs.grid.interval is None else 0.0)
    return Rehearsal(time_ms[kept], {name: column[kept] for name, column in columns.items()}, frames)


def candles(random: np.random.Generator, rows: int, row_ms: int, price: float) -> Columns:
    """Calm and storm take turns, drifts come and go."""
    step = STEP * np.sqrt(row_ms / 250)
    storm = np.where(wave(random, rows, 60) > 0.8, 2.5, 0.7)
    drift = 0.25 * step * wave(random, rows, 40)
    close = price * np.exp(np.cumsum(drift + step * storm * random.normal(size=rows)) * taming(step, rows))
    start = np.concatenate(([price], close[:-1]))[:rows]
    reach = 0.5 * step * taming(step, rows) * np.abs(random.normal(size=(2, rows)))
    volume = np.exp(0.8 * wave(random, rows, 20) + 0.5 * random.normal(size=rows)) * row_ms / 250
    share = 1 / (1 + np.exp(-random.normal(size=rows) - wave(random, rows, 15)))
    return {
        "open": start,
        "high": np.maximum(start, close) * (1 + reach[0]),
        "low": np.minimum(start, close) * (1 - reach[1]),
        "close": close,
        "volume": volume,
        "buy_volume": volume * share,
        "sell_volume": volume * (1 - share),
        "flow": volume * (2 * share - 1) * close,
        "taker_volume": volume * close,
    }


def taming(step: float, rows: int) -> float:
    """Keeps a long walk of long candles within prices that floats and people can tell apart."""
    return float(min(1.0, 3.0 / (step * np.sqrt(rows))))


def wave(random: np.random.Generator, rows: int, memory: float) -> Floats:
    """Standard normal on each row, forgotten after about ``memory`` rows."""
    keep = np.exp(-1 / memory)
    shocks = np.sqrt(1 - keep * keep) * random.normal(size=rows)
    level, out = float(random.normal()), []
    for shock in shocks.tolist():
        level = keep * level + shock
        out.append(level)
    return np.array(out, np.float64)


def contexts(random: np.random.Generator, close: Floats, row_ms: int) -> Columns:
    """Mark, oracle, funding and the like. The oracle is renewed once a cycle and now and then dies for a while."""
    rows = len(close)
    mid = close * (1 + 2e-5 * random.normal(size=rows))
    every = max(1, round(CYCLE_S * 1_000 / row_ms))
    numbers = np.arange(rows)
    renewed = (numbers % every == 0) & ~((wave(random, rows, 30) > 1.9) & (row_ms < 60_000))
    renewed[0] = True
    latest = np.maximum.accumulate(np.where(renewed, numbers, 0))
    oracle = (mid * np.exp(0.001_5 * wave(random, rows, 12)))[latest]
    age = (numbers - latest) * row_ms / 1_000
    opinion = np.where(random.random(rows) < 0.5, np.nan, np.tanh(wave(random, rows, 50)))
    known = {
        "mid": mid,
        "mark": oracle + 0.5 * (mid - oracle),
        "oracle": oracle,
        "oracle_age": age,
        "oracle_phase": np.minimum(age / CYCLE_S, 1.0) if row_ms < 60_000 else np.zeros(rows),
        "funding": 0.000_012_5 + 0.000_08 * wave(random, rows, 30) ** 3 / 2,
        "premium": mid / oracle - 1,
        "open_interest": 1e5 * np.exp(0.2 * wave(random, rows, 100)),
        "regime": np.clip(np.round(wave(random, rows, 60)), -1, 1),
        "sentiment": 0.5 + 0.5 * np.tanh(wave(random, rows, 80)),
        "opinion": opinion,
        "opinion_confidence": np.where(np.isnan(opinion), np.nan, np.abs(opinion)),
    }
    mood = 2 * known["sentiment"] - 1
    return known | {
        "sentiment_confidence": np.abs(mood),
        "sentiment_momentum": 0.4 * mood,
        "sentiment_volatility": 0.1 + 0.05 * mood,
        "sentiment_extreme": np.trunc(mood / 0.8),
        "sentiment_3d": 0.5 + 0.4 * mood,
        "sentiment_7d": 0.5 + 0.3 * mood,
        "sentiment_14d": 0.5 + 0.2 * mood,
    }


def books(random: np.random.Generator, close: Floats, needs: Needs) -> Columns:
    """Depths of both sides, one of them empty at times, and every depth ratio asked for."""
    rows = len(close)
    tilt, empty = wave(random, rows, 25), random.random(rows) < 0.003
    bid = np.exp(11 + 0.6 * tilt + 0.1 * random.normal(size=rows))
    ask = np.where(empty, 0.0, np.exp(11 - 0.6 * tilt + 0.1 * random.normal(size=rows)))
    ratio = np.where(empty, np.nan, bid / np.where(empty, 1.0, ask))
    ratios = {name: ratio * np.exp(0.1 * random.normal(size=rows)) for name in needs.columns if "depth_ratio" in name}
    spread = 5e-5 * np.exp(0.5 * random.normal(size=rows))
    return {"bid_depth": bid, "ask_depth": ask, "imbalance": ratio, "spread": spread, **ratios}


def higher(
    random: np.random.Generator, need: FrameNeeds, time_ms: Ints, base: Mapping[str, Floats]
) -> tuple[Ints, Columns]:
    """Candles that close with the base rows where those are, and walk back from the first price before that."""
    length, first = need.interval.ms, int(time_ms[0])
    warm_up = need.lookback + max((indicator.warm_up for indicator in need.indicators), default=0) + 60
    opened = (first // length - warm_up) * length
    closes = np.arange(opened, int(time_ms[-1]) + 1, length, dtype=np.int64) + length
    past = int((closes < first).sum())
    columns = candles(random, len(closes), length, 1.0)
    anchor = float(base["open"][0]) / columns["close"][past - 1]
    columns = {name: column * anchor if name in PRICES[:4] else column for name, column in columns.items()}
    within = np.searchsorted(time_ms, closes[past:], "right") - 1
    close = np.concatenate((columns["close"][:past], base["close"][within]))
    start = np.concatenate((columns["open"][:1], close[:-1]))
    columns |= {
        "open": start,
        "close": close,
        "high": np.maximum(start, close) * columns["high"] / np.maximum(columns["open"], columns["close"]),
        "low": np.minimum(start, close) * columns["low"] / np.minimum(columns["open"], columns["close"]),
        "row": np.arange(len(closes), dtype=np.float64),
        "time": (closes - length).astype(np.float64),
    }
    return closes, columns
