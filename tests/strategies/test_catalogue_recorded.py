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
SAMPLED = [name for name in STRATEGIES.names() if made(name).needs.grid.interval is None]
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


def sampled(coin: str, needs: Needs) -> Rehearsal:
    """Book and trades as they stood every 250 ms; a book older than two seconds is unknown, and so is the oracle."""
    pytest.importorskip("pyarrow", reason="pyarrow is not installed: recorded books are kept in Parquet")
    from pyarrow import parquet

    paths = [DATA / "ticks" / f"hl_{coin}_{what}_20250904.parquet" for what in ("l2_20", "trades")]
    if not all(path.is_file() for path in paths):
        pytest.skip(f"The recorded book and trades of {coin} are not here.")
    book, trades = (parquet.read_table(path).sort_by("ts") for path in paths)
    then = book["ts"].to_numpy()
    time_ms = np.arange(then[0] // 250 + 1, then[-1] // 250, dtype=np.int64) * 250
    rows = np.searchsorted(then, time_ms, "right") - 1
    fresh = time_ms - then[rows] < 2_000
    bid, ask = (book[f"{side}_px_0"].to_numpy()[rows] for side in ("bid", "ask"))
    mid = np.where(fresh, (bid + ask) / 2, np.nan)
    bids, asks = (sum(book[f"{side}_sz_{level}"].to_numpy()[rows] for level in range(5)) for side in ("bid", "ask"))
    ends = np.searchsorted(trades["ts"].to_numpy(), time_ms, "right")
    traded = np.concatenate(([0.0], np.cumsum(trades["price"].to_numpy() * trades["size"].to_numpy())))[ends]
    unknown = np.full(len(time_ms), np.nan)
    columns: Columns = dict.fromkeys((*PRICES, *COLUMNS), unknown) | {
        "mid": mid,
        "spread": (ask - bid) / mid,
        "imbalance": np.where(fresh, bids / asks, np.nan),
        "taker_volume": np.diff(traded, prepend=traded[0]),
    }
    return Rehearsal(time_ms, columns, coin=coin)


@pytest.mark.parametrize("coin", ["BTC", "SOL", "WLFI"])
@pytest.mark.parametrize("name", SAMPLED)
def test_recorded_samples_are_read_without_nonsense(name: str, coin: str) -> None:
    strategy = made(name)
    window = sampled(coin, strategy.needs).window(strategy.needs)
    report = check(strategy, window)
    assert report.passed, report.findings
    if "oracle" in strategy.needs.columns:
        assert "oracle" in strategy.explain(window).missing
        assert not report.spoke
    else:
        assert 0 < report.spoke < 0.2 * len(window)
