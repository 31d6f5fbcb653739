"""What stands between an order's approval and its send: signature, local recovery and intent on disk, and the loop.

Measured as the desk does it: real signatures through the adapter, the real journal on a real disk, on one loop whose
own stretches are timed apart, for the commit must not be among them.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.model import Instrument, MarginTier, Side
from hlmaster.core.orders import ApprovalMint, Order, Verdict, intents_of
from hlmaster.exchange.hyperliquid import signing
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.trading import HyperliquidTrading
from hlmaster.storage.journal import SqliteJournal
from tests.bench.report import Report

ORDERS = 1_000
BTC = Instrument("BTC", 0, 5, 40, (MarginTier(Decimal(0), 40),))


async def measure(path: Path) -> tuple[list[float], list[float]]:
    """Milliseconds from approval to the moment before the send, and the part of them that the loop was held."""
    clock, mint, signer = SystemClock(), ApprovalMint(), Signer.generate()
    journal = SqliteJournal(path, clock)
    journal.open()
    trading = HyperliquidTrading(
        Bus(),
        clock,
        "http://127.0.0.1:1",
        Network.TESTNET,
        signer,
        signer.address,
        journal.reserve_nonce,
        mint.is_genuine,
    )
    trading._instruments = {"BTC": BTC}
    await asyncio.to_thread(signing.load_libraries)
    whole, held = [], []
    for number in range(ORDERS + 20):
        approved = mint.approve(Order("BTC", Side.BUY, Decimal("0.01"), Decimal(97_000 + number)), Verdict(()))
        started = time.perf_counter()
        prepared = trading.prepare_orders([approved])
        committing = asyncio.create_task(journal.commit(intents_of(prepared, clock.now_ms())))
        await asyncio.sleep(0)  # its part on the loop: up to where it waits for the journal's thread
        held.append((time.perf_counter() - started) * 1e3)
        await committing
        whole.append((time.perf_counter() - started) * 1e3)
    journal.close()
    await trading.stop()
    return whole[20:], held[20:]


def percentile_99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def plain_commits(path: Path) -> list[float]:
    """What this disk takes for as much, at this moment: the part that is not ours."""
    database = sqlite3.connect(path, isolation_level=None)
    database.executescript("PRAGMA journal_mode = wal; PRAGMA synchronous = FULL; CREATE TABLE rows (row BLOB);")
    times = []
    for _ in range(ORDERS):
        started = time.perf_counter()
        database.execute("INSERT INTO rows VALUES (?)", (bytes(800),))
        times.append((time.perf_counter() - started) * 1e3)
    database.close()
    return times


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        whole, held = asyncio.run(measure(Path(folder) / "journal.sqlite"))
        plain = plain_commits(Path(folder) / "plain.sqlite")
    for name, of, goal in (("median", statistics.median, 3), ("p99", percentile_99, 15)):
        report.add(f"sign, recover, commit: {name}", of(whole), "ms", at_most=goal)
        report.add(f"a plain commit of this disk now: {name}", of(plain), "ms")
    report.add("of it on the loop: median", statistics.median(held), "ms", at_most=3)
