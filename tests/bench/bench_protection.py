"""From a fill in the books to the protective order on its way, the commit to disk included."""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from hlmaster.core.events import FillBooked
from hlmaster.core.orders import Prepared, Purpose
from hlmaster.core.ports import Journal
from hlmaster.storage.journal import SqliteJournal
from tests.bench.report import Report
from tests.trading.protection.rig import Rig, settings

POSITIONS = 60


class Measured(Rig):
    """Notes when fills are booked and when protective orders are sent; its journal is the real one."""

    booked = 0.0

    def new_journal(self) -> Journal:
        journal = SqliteJournal(self.folder / "journal.sqlite", self.clock)
        journal.open()
        return journal

    def measure(self, delays: list[float]) -> None:
        self.desk.bus.subscribe(FillBooked, self._note)

        def sent(prepared: Prepared) -> str:
            if any(order.purpose is Purpose.PROTECT for order in prepared.orders) and self.booked:
                delays.append((time.perf_counter() - self.booked) * 1e3)
                self.booked = 0.0
            return ""

        self.line.fault = sent

    def _note(self, fact: FillBooked) -> None:
        self.booked = self.booked or time.perf_counter()


async def measured(folder: Path) -> list[float]:
    delays: list[float] = []
    async with Measured(settings(), folder) as rig:
        rig.measure(delays)
        for number in range(POSITIONS):
            await rig.buy(f"0.{100 + number}")  # equal ones would be taken for a second click
            await rig.until(lambda: rig.size and rig.is_covered)
            await rig.desk.manual.close("ETH")
            await rig.until(lambda: not rig.size and not rig.desk.portfolio.size("ETH"))
            rig.booked = 0.0
    return delays


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory(dir=Path.cwd(), prefix=".bench-") as folder:
        delays = asyncio.run(measured(Path(folder)))
    report.add("fill to protective order sent, median", statistics.median(delays), "ms", at_most=5)
    report.add("fill to protective order sent, p99", statistics.quantiles(delays, n=100)[98], "ms", at_most=50)
