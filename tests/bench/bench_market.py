"""The embedded exchange's market: cost of one participant action, of history on demand, and of replay."""

from __future__ import annotations

import time
from pathlib import Path
from tempfile import TemporaryDirectory

from hlmaster.exchange.simulator.history import CandleHistory
from hlmaster.exchange.simulator.listing import LISTINGS
from hlmaster.exchange.simulator.market import Market
from hlmaster.exchange.simulator.replay import Recording
from tests.bench.report import Report
from tests.exchange.simulator.plain_book import PlainBook

START_MS = 1_780_000_123_456
STEP_MS = 100


def run(report: Report) -> None:
    _flow(report)
    for interval, limit, goal in (("1m", 5000, 60.0), ("1d", 500, 20.0), ("30m", 5000, 60.0)):
        took = min(_first_request(interval, limit) for _ in range(5))
        report.add(f"history: first request of {limit} {interval} candles", took, "ms", at_most=goal)
    _replay(report)


def _flow(report: Report) -> None:
    """Nine coins for two market minutes in steps of 100 ms; the book's own work is left out."""
    market = Market(LISTINGS, 1, START_MS)
    books = [PlainBook(market.flow(one.coin)) for one in LISTINGS]
    for book in books:
        book.apply(book.flow.seed_book(START_MS))
    events, spent, minutes = 0, 0.0, 2
    for now_ms in range(START_MS + STEP_MS, START_MS + minutes * 60_000 + 1, STEP_MS):
        for book in books:
            best_bid, best_ask = book.best(True), book.best(False)
            began = time.perf_counter()
            orders = book.flow.step(now_ms, STEP_MS, best_bid, best_ask)
            spent += time.perf_counter() - began
            events += len(orders)
            book.apply(orders)
    report.add("market: one participant action, all included", spent / events * 1e6, "µs", at_most=40.0)
    report.add("market: actions per market second, nine coins", events / (minutes * 60), "1/s")
    report.add("market: share of a core at speed 20", 20 * spent / (minutes * 60) * 100, "%", at_most=10.0)


def _first_request(interval: str, limit: int) -> float:
    history = CandleHistory(LISTINGS, 1, START_MS)
    began = time.perf_counter()
    block = history.candles("ETH", interval, START_MS, limit)
    took = time.perf_counter() - began
    assert len(block) == limit
    return took * 1e3


def _replay(report: Report) -> None:
    """Ten hours of minute candles played in strides of 250 ms."""
    import pyarrow as pa
    from pyarrow import parquet

    block = CandleHistory(LISTINGS, 1, START_MS).candles("SOL", "1m", START_MS, 600)
    columns = {"ts": block.time_ms} | {
        name: getattr(block, name) for name in ("open", "high", "low", "close", "volume")
    }
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bench_SOL_1m.parquet"
        parquet.write_table(pa.table(columns), path)
        recording = Recording(path)
    events, now_ms, began = 0, recording.start_ms, time.perf_counter()
    while not recording.ended:
        events += len(recording.step("SOL", now_ms, now_ms + 250))
        now_ms += 250
    spent = time.perf_counter() - began
    report.add("replay: one event of played candles", spent / events * 1e6, "µs", at_most=100.0)
