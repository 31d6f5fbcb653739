"""A flood of real frames over a real loopback socket: to the bus, and on through the feed to market state."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, CandleRow, Mids, Trades
from hlmaster.core.ports import LinkHealth
from hlmaster.exchange.hyperliquid.socket import Socket
from hlmaster.exchange.simulator.listing import LISTINGS
from hlmaster.market.feed import Feed
from tests.bench.bench_feed import instruments
from tests.bench.recording import START_MS, by_channel, record
from tests.bench.report import Report

SECONDS = 5.0
SPEED = 1_000.0
"""Of the reader's market clock: about how fast a flood plays the recorded minutes, so that candles are open ones."""


def run(report: Report) -> None:
    channels = by_channel(record(1))
    total = sum(map(len, channels.values()))
    for channel, frames in channels.items():
        report.add(f"flood: share of {channel}", 100 * len(frames) / total, "%")
    with flood() as port:
        report.add("flood: socket, codec, bus in asyncio's loop", asyncio.run(to_bus(port)), "messages/s")
    with flood() as port:
        report.add("flood: socket, codec, bus in Qt's loop", in_qt(to_bus(port)), "messages/s", at_least=80_000)
    with flood() as port:
        rate = in_qt(to_feed(port))
    report.add("flood: socket, codec, bus, feed in Qt's loop", rate, "messages/s", at_least=80_000)


@contextmanager
def flood() -> Iterator[int]:
    """The port of a server, in a process of its own, that floods its first client."""
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.flood"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield int(server.stdout.readline())
    finally:
        server.kill()
        server.wait()


async def to_bus(port: int) -> float:
    """Messages a second that arrive on the bus, each kind with one small handler."""
    bus, seen = Bus(), {"facts": 0}

    def count(fact: Any) -> None:
        seen["facts"] += 1

    for kind in (BookSnapshot, BestQuote, Trades, CandleRow, AssetContext, Mids):
        bus.subscribe(kind, count)
    before, seconds = await _read(port, bus, SystemClock(), lambda: seen["facts"])
    return before / seconds


async def to_feed(port: int) -> float:
    """Messages a second that the feed judges and folds; raises if it refused a single one."""
    bus, clock = Bus(), SystemClock(START_MS, speed=SPEED)
    feed = Feed(bus, clock, instruments(one.coin for one in LISTINGS))
    heard, seconds = await _read(port, bus, clock, lambda: feed.messages)
    refused = {kind: count for kind, count in feed.defects.items() if count}
    if refused:
        raise AssertionError(f"the recording is unsound: {refused}, such as {feed.recent_defects[0]}")
    return heard / seconds


async def _read(port: int, bus: Bus, clock: SystemClock, count: Any) -> tuple[int, float]:
    """How many messages in how many seconds, after a second to get going."""
    socket = Socket(
        f"ws://127.0.0.1:{port}/ws",
        clock,
        LinkHealth(),
        name="flood",
        heard=bus.publish,
        changed=bus.publish,
        ready=lambda offline: None,
    )
    socket.start()
    await asyncio.sleep(1.0)
    before, started = count(), time.perf_counter()
    await asyncio.sleep(SECONDS)
    heard, seconds = count() - before, time.perf_counter() - started
    await socket.stop()
    return heard, seconds


def in_qt(work: Coroutine[Any, Any, float]) -> float:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync
    from PySide6.QtWidgets import QApplication

    loop = qasync.QEventLoop(QApplication.instance() or QApplication(sys.argv[:1]))
    asyncio.set_event_loop(loop)
    with loop:
        return float(loop.run_until_complete(work))
