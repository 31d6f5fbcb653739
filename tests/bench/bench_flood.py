"""A flood of real frames over a real loopback socket: to the bus, and on through the feed to market state."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

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

Value = TypeVar("Value")
SECONDS = 5.0
GOAL = 80_000.0
"""Messages a second."""
SPEED = 1_000.0
"""Of the reader's market clock: about how fast a flood plays the recorded minutes, so that candles are open ones."""


def run(report: Report) -> None:
    channels = by_channel(record(1))
    total = sum(map(len, channels.values()))
    for channel, frames in channels.items():
        report.add(f"flood: share of {channel}", 100 * len(frames) / total, "%")
    with flood() as port:
        tell(report, "socket, codec, bus in asyncio's loop", asyncio.run(to_bus(port)))
    with flood() as port:
        tell(report, "socket, codec, bus in Qt's loop", in_qt(to_bus(port)), GOAL)
    with flood() as port:
        tell(report, "socket, codec, bus, feed in Qt's loop", in_qt(to_feed(port)), GOAL)


@dataclass(frozen=True, slots=True)
class Heard:
    messages: int
    seconds: float
    processor_seconds: float
    """Of the reader's thread; unlike the seconds it does not grow with what else the machine does."""


def tell(report: Report, name: str, heard: Heard, goal: float | None = None) -> None:
    report.add(f"flood: {name}", heard.messages / heard.seconds, "messages/s", at_least=goal)
    cost = heard.processor_seconds / heard.messages * 1e6
    report.add("flood: the same, processor time a message", cost, "µs", at_most=goal and 1e6 / goal)


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


async def to_bus(port: int) -> Heard:
    """What arrives on the bus, each kind with one small handler."""
    bus, seen = Bus(), {"facts": 0}

    def count(fact: Any) -> None:
        seen["facts"] += 1

    for kind in (BookSnapshot, BestQuote, Trades, CandleRow, AssetContext, Mids):
        bus.subscribe(kind, count)
    return await _read(port, bus, SystemClock(), lambda: seen["facts"])


async def to_feed(port: int) -> Heard:
    """What the feed judges and folds; raises if it refused a single message."""
    bus, clock = Bus(), SystemClock(START_MS, speed=SPEED)
    feed = Feed(bus, clock, instruments(one.coin for one in LISTINGS))
    heard = await _read(port, bus, clock, lambda: feed.messages)
    refused = {kind: count for kind, count in feed.defects.items() if count}
    if refused:
        raise AssertionError(f"the recording is unsound: {refused}, such as {feed.recent_defects[0]}")
    return heard


async def _read(port: int, bus: Bus, clock: SystemClock, count: Callable[[], int]) -> Heard:
    """After a second to get going."""
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
    before, started, worked = count(), time.perf_counter(), time.thread_time()
    await asyncio.sleep(SECONDS)
    heard = Heard(count() - before, time.perf_counter() - started, time.thread_time() - worked)
    await socket.stop()
    return heard


def in_qt(work: Coroutine[Any, Any, Value]) -> Value:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync
    from PySide6.QtWidgets import QApplication

    loop = qasync.QEventLoop(QApplication.instance() or QApplication(sys.argv[:1]))
    asyncio.set_event_loop(loop)
    with loop:
        result: Value = loop.run_until_complete(work)
        return result
