"""The desk's loop lag while a slow model streams its answers, against the same desk in silence, turn by turn."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hlmaster.core.opinions import AnalystSpoke, Question
from hlmaster.desk.desk import Desk
from hlmaster.desk.health import percentile
from tests.bench.report import Report
from tests.flow.desks import demo_desk, fresh
from tests.insight.fake_ollama import SAID, FakeOllama, Mode

TURNS, TURN_SECONDS = 4, 15.0
PIECE_SECONDS = 0.05
"""Twenty tokens a second: a small model on a processor."""
MOST_RATIO = 1.1


def run(report: Report) -> None:
    with slow_model() as host:
        quiet, streaming, pieces = asyncio.run(compared(host))
    report.add("analyst: pieces streamed", pieces / (TURNS * TURN_SECONDS), "1/s", at_least=5)
    report.add(
        "analyst: loop lag p50 while it streams", percentile(streaming, 0.5), "ms", baseline=percentile(quiet, 0.5)
    )
    lag = percentile(streaming, 0.99)
    report.add(
        "analyst: loop lag p99 while it streams", lag, "ms", baseline=percentile(quiet, 0.99), at_most=MOST_RATIO
    )


async def compared(host: str) -> tuple[list[float], list[float], int]:
    own = ["analyst.enabled=true", f"analyst.host={host}", "analyst.on_candle=false", "analyst.gap_seconds=1"]
    quiet: list[float] = []
    streaming: list[float] = []
    pieces = 0

    def heard(_: AnalystSpoke) -> None:
        nonlocal pieces
        pieces += 1

    with tempfile.TemporaryDirectory() as folder:
        async with demo_desk(Path(folder), overrides=[*own, "market.watchlist=ETH,BTC,SOL"]) as desk:
            desk.bus.subscribe(AnalystSpoke, heard)
            await desk.deciding.wait()
            await fresh(desk, "ETH")
            for _ in range(TURNS):
                quiet += await lags(desk, speaks=False)
                streaming += await lags(desk, speaks=True)
    return quiet, streaming, pieces


async def lags(desk: Desk, *, speaks: bool) -> list[float]:
    assert desk.advising is not None
    analyst = desk.advising.analyst
    desk.lag.samples.clear()
    until = desk.clock.monotonic() + TURN_SECONDS
    while desk.clock.monotonic() < until:
        if speaks and analyst.state.running is None and not analyst.state.waiting:
            analyst.ask("ETH", Question.MARKET)
        await asyncio.sleep(0.1)
    analyst.cancel()
    return list(desk.lag.samples)


@contextmanager
def slow_model() -> Iterator[str]:
    """In a process of its own, as the real one is."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_analyst"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


async def serve() -> None:
    words = SAID.replace("BTC", "ETH").replace("Higher lows", "Higher lows and more of the same " * 20)
    async with FakeOllama(mode=Mode.SLOW, pause=PIECE_SECONDS, answer=lambda body: words) as server:
        print(server.host, flush=True)
        await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(serve())
