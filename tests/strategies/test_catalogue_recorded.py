"""Every strategy over recorded candles and funding says finite, sensible things. Nothing here is about profit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hlmaster.core.candles import CandleBlock, Ints, aggregate
from hlmaster.core.model import Interval
from hlmaster.market.indicators.indicator import named
from hlmaster.market.window import COLUMNS, PRICES, Needs
from hlmaster.strategies.base import STRATEGIES, Strategy
from hlmaster.strategies.checks import check
from hlmaster.strategies.rehearsal import Columns, Rehearsal
from tests.strategies.scenes import made

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
SOURCES = ("1m", "5m", "15m", "1h", "4h", "1d")
CANDLES = [name for name in STRATEGIES.names() if made(name).needs.grid.interval is not None]
ROWS = 6_000


def candles(coin: str, interval: Interval) -> CandleBlock:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: recorded candles are kept in Parquet")
    from pyarrow import parquet

    source = next(name for name in reversed(SOURCES) if Interval(name).ms <= interval.ms)
    path = DATA / "candles" / f"hl_{coin}_{source}.parquet"
    if not path.is_file():
        pytest.skip(f"The recorded candles {path.name} are not here.")
    table = parquet.read_table(path)
    time_ms = table["ts"].to_numpy().astype(np.int64)
    start, high, low, close, volume = (table[name].to_numpy().astype(np.float64) for name in PRICES)
    block = CandleBlock(time_ms, start, high, low, close, volume, np.zeros(len(time_ms), np.int64))
    return aggregate(block.rows(slice(-ROWS, None)), interval)


def funding(coin: str, time_ms: Ints) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The rate last charged when a row closed; NaN where the recording has a hole or has not begun."""
    from pyarrow import parquet

    table = parquet.read_table(DATA / "funding" / f"hl_{coin}_funding_1h.parquet")
    then, rate = table["ts"].to_numpy(), table["rate"].to_numpy()
    rows = np.searchsorted(then, time_ms, "right") - 1
    recent = (rows >= 0) & (time_ms - then[np.maximum(rows, 0)] < 2 * Interval.H1.ms)
    return np.where(recent, rate[rows], np.nan)


def recorded(coin: str, needs: Needs) -> Rehearsal:
    """What was recorded of a coin, the rest unknown; books, which were not, lean with the candle's body."""
    assert needs.grid.interval is not None
    block = candles(coin, needs.grid.interval)
    time_ms = block.time_ms + needs.grid.ms
    columns: Columns = {name: np.full(len(block), np.nan) for name in COLUMNS} | named(block)
    columns["funding"] = funding(coin, time_ms)
    body = (block.close - block.open) / np.maximum(block.high - block.low, 1e-12)
    columns |= {name: np.exp(2 * body) for name in needs.columns if name.startswith("depth_ratio")}
    frames = {need.interval: higher(block, need.interval) for need in needs.frames}
    return Rehearsal(time_ms, columns, frames, coin)


def higher(block: CandleBlock, interval: Interval) -> tuple[Ints, Columns]:
    """Of the same candles: no timeframe may be older than another."""
    coarse = aggregate(block, interval)
    return coarse.time_ms + interval.ms, named(coarse)


@pytest.mark.parametrize("coin", ["BTC", "HYPE"])
@pytest.mark.parametrize("name", CANDLES)
def test_recorded_markets_are_read_without_nonsense(name: str, coin: str) -> None:
    strategy: Strategy[object] = made(name)  # type: ignore[type-var]
    window = recorded(coin, strategy.needs).window(strategy.needs)
    report = check(strategy, window)
    assert report.passed, report.findings
    assert report.spoke < 0.98 * len(window)
    said = strategy.signals(window)
    for row in np.flatnonzero(said.direction)[-5:]:
        assert not strategy.explain(window.upto(int(row))).missing
    if not said.direction.any():
        assert strategy.explain(window).missing, "silent throughout, though nothing is missing"
