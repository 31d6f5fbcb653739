"""Latency of a journal commit as the desk awaits it, and of a nonce."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from hlmaster.core.clock import SystemClock
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Intent, Order
from hlmaster.storage.journal import SqliteJournal
from tests.bench.report import Report

COMMITS = 2_000


def intent(nonce: int) -> Intent:
    order = Order("BTC", Side.BUY, Decimal("0.01"), Decimal("97000"))
    return Intent(ActionKind.ORDER, order.client_order_id, nonce, nonce + 15_000, "ab" * 32, nonce, order=order)


async def measure(path: Path) -> tuple[list[float], list[float]]:
    clock = SystemClock()
    journal = SqliteJournal(path, clock)
    journal.open()
    nonces, commits = [], []
    for _ in range(COMMITS):
        started = time.perf_counter()
        nonce = journal.reserve_nonce(clock.now_ms())
        between = time.perf_counter()
        await journal.commit([intent(nonce)])
        nonces.append((between - started) * 1e3)
        commits.append((time.perf_counter() - between) * 1e3)
    journal.close()
    return nonces, commits


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        nonces, commits = asyncio.run(measure(Path(folder) / "journal.sqlite"))
    for name, times in (("journal commit", commits), ("nonce", nonces)):
        median, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
        report.add(f"{name}, median", median, "ms", at_most=1)
        report.add(f"{name}, p99", p99, "ms", at_most=20)
