"""From the wire to facts on the bus: decoding alone, then socket, codec and bus together in Qt's loop."""

from __future__ import annotations

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.events import AssetContext, BestQuote, BookSnapshot, CandleRow, Trades
from hlmaster.core.ports import LinkHealth
from hlmaster.exchange.hyperliquid.codec import read_frame
from hlmaster.exchange.hyperliquid.signing import Network, Signer
from hlmaster.exchange.hyperliquid.socket import Socket
from tests.bench.flood import frame, mixed
from tests.bench.report import Report, median_seconds

MICRO = 1e6
SECONDS = 3.0


def run(report: Report) -> None:
    decode(report)
    sign(report)
    with flood() as port:
        report.add("flood: socket, codec, bus in asyncio's loop", asyncio.run(flooded(port)), "messages/s")
    with flood() as port:
        report.add("flood: socket, codec, bus in Qt's loop", in_qt(flooded(port)), "messages/s", at_least=80_000)


def decode(report: Report) -> None:
    rng = random.Random(3)
    now = SystemClock().now_ms
    goals = {"l2Book": 6.0, "bbo": 1.0}
    for channel in ("l2Book", "bbo", "trades", "candle", "activeAssetCtx"):
        raw = frame(rng, channel, "BTC", 1_766_566_375_292)
        taken = median_seconds(lambda raw=raw: read_frame(raw, now), calls=5000) * MICRO  # type: ignore[misc]
        report.add(f"decode {channel} ({len(raw)} bytes) to a fact", taken, "µs", at_most=goals.get(channel))
        if channel == "l2Book":
            plain = median_seconds(lambda raw=raw: with_json(raw), calls=2000) * MICRO  # type: ignore[misc]
            report.add("the same with json and float()", plain, "µs")
    frames = mixed(4000)

    def all_of_them() -> None:
        for raw in frames:
            read_frame(raw, now)

    report.add("decode the mix", median_seconds(all_of_them) / len(frames) * MICRO, "µs")


def with_json(raw: bytes) -> list[list[tuple[float, float]]]:
    sides = json.loads(raw)["data"]["levels"]
    return [[(float(level["px"]), float(level["sz"])) for level in side] for side in sides]


def sign(report: Report) -> None:
    signer = Signer.generate()
    limit = {"limit": {"tif": "Gtc"}}
    order = {"a": 0, "b": True, "p": "97000", "s": "0.1", "r": False, "t": limit, "c": "0x" + "ab" * 16}
    action = {"type": "order", "orders": [order], "grouping": "na"}

    def once() -> None:
        signer.sign(action, 1_766_566_375_292, 1_766_566_390_292, Network.TESTNET)

    report.add("sign an order and recover its signer", median_seconds(once, calls=50) * 1e3, "ms", at_most=1.0)


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


async def flooded(port: int) -> float:
    """Messages a second that arrive on the bus, each kind with one small handler, as the feed has."""
    bus, health, seen = Bus(), LinkHealth(), {"facts": 0}

    def count(fact: Any) -> None:
        seen["facts"] += 1

    for kind in (BookSnapshot, BestQuote, Trades, CandleRow, AssetContext):
        bus.subscribe(kind, count)
    socket = Socket(
        f"ws://127.0.0.1:{port}/ws",
        SystemClock(),
        health,
        name="flood",
        heard=bus.publish,
        changed=bus.publish,
        ready=lambda offline: None,
    )
    socket.start()
    await asyncio.sleep(1.0)
    before, started = seen["facts"], time.perf_counter()
    await asyncio.sleep(SECONDS)
    rate = (seen["facts"] - before) / (time.perf_counter() - started)
    await socket.stop()
    return rate


def in_qt(work: Coroutine[Any, Any, float]) -> float:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    import qasync
    from PySide6.QtWidgets import QApplication

    loop = qasync.QEventLoop(QApplication.instance() or QApplication(sys.argv[:1]))
    asyncio.set_event_loop(loop)
    with loop:
        return float(loop.run_until_complete(work))
