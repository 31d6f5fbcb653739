"""Six live charts, ladder and tape of real panels: what 300 wire messages a second cost, from bytes to pixels.

Recorded frames go through codec, bus and feed in their own market time, at a pace kept by the wall. What is told is
processor time, which does not depend on what else the machine does.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tests.bench.bench_flood import in_qt
from tests.bench.recording import _STAMP, START_MS, by_channel, record
from tests.bench.report import Report

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from hlmaster.core.candles import CandleBlock
    from hlmaster.core.model import Interval
    from hlmaster.ui.context import Context
    from tests.ui.market_desk import MarketScene

RATE = 300.0
"""Messages a second."""
WARM_UP_SECONDS, SECONDS = 5.0, 20.0
STEP_SECONDS = 0.01
MINUTES = 3
SIZE = (1600, 980)
MOST_SHARE = 60.0


def run(report: Report) -> None:
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from tests.ui.market_desk import PRICES

    frames, before = record(MINUTES), dict(PRICES)
    try:
        PRICES.update({coin: (price, before[coin][1]) for coin, price in _closes(frames) if coin in before})
        in_qt(_measure(report, [frame for frame in frames if b"kPEPE" not in frame]))
    finally:
        PRICES.update(before)


def _closes(frames: Sequence[bytes]) -> Iterator[tuple[str, float]]:
    from hlmaster.core.events import CandleRow
    from hlmaster.exchange.hyperliquid.codec import read_frame

    for frame in by_channel(frames)["candle"]:
        fact = read_frame(frame, lambda: START_MS)
        if isinstance(fact, CandleRow):
            yield fact.coin, fact.close


async def _measure(report: Report, frames: Sequence[bytes]) -> None:
    from PySide6.QtWidgets import QApplication

    from hlmaster.core.events import DefectKind
    from hlmaster.core.ports import Turn
    from hlmaster.ui import theme
    from hlmaster.ui.bridge import Bridge
    from hlmaster.ui.context import Context
    from tests.ui.market_desk import MarketScene

    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(False)
    theme.load_fonts()
    theme.apply(app, theme.theme("dark"))
    scene = MarketScene()
    scene.clock.market_ms = START_MS
    told = scene.market_data.candles

    async def candles(
        coin: str, interval: Interval, start_ms: int, end_ms: int, turn: Turn = Turn.STUDY
    ) -> CandleBlock:
        """Until the recording begins."""
        return await told(coin, interval, start_ms, min(end_ms, START_MS - 1), turn)

    scene.market_data.candles = candles  # type: ignore[method-assign]
    await scene.desk.start()
    scene.connect()
    context = Context(scene.desk, Bridge(scene.bus), theme.theme("dark"))
    window = _window(context)
    feed = scene.desk.feed
    playing = asyncio.create_task(_play(scene, frames))
    try:
        await asyncio.sleep(WARM_UP_SECONDS)
        heard, began = feed.messages, _now()
        await asyncio.sleep(SECONDS)
        wall, own, process = (b - a for a, b in zip(began, _now(), strict=True))
        heard = feed.messages - heard
    finally:
        playing.cancel()
        ends = await asyncio.gather(playing, return_exceptions=True)
        await context.close()
        window.close()
        await scene.desk.stop()
    if isinstance(ends[0], Exception):
        raise ends[0]
    refused = sum(count for kind, count in feed.defects.items() if kind is not DefectKind.GAP)
    report.add("six charts, ladder, tape: messages a second", heard / wall, "1/s", at_least=0.95 * RATE)
    report.add("six charts, ladder, tape: messages that were refused", refused, "", at_most=0)
    report.add("six charts, ladder, tape: the window's thread", 100 * own / wall, "% of a core")
    report.add("six charts, ladder, tape: all threads", 100 * process / wall, "% of a core", at_most=MOST_SHARE)


def _now() -> tuple[float, float, float]:
    return time.perf_counter(), time.thread_time(), time.process_time()


def _window(context: Context) -> QWidget:
    from PySide6.QtWidgets import QGridLayout, QWidget

    from hlmaster.ui.ladder.options import Layout
    from hlmaster.ui.links import ALONE
    from hlmaster.ui.panels.chart import ChartPanel
    from hlmaster.ui.panels.ladder import LadderPanel
    from hlmaster.ui.panels.tape import TapePanel
    from tests.ui.market_desk import PRICES

    window = QWidget()
    grid = QGridLayout(window)
    for number, coin in enumerate(list(PRICES)[:6]):
        chart = ChartPanel(context)
        chart.chart.add_canvas()
        chart.join(ALONE)
        chart.select(coin)
        grid.addWidget(chart, number // 3, number % 3)
    ladder, tape = LadderPanel(context), TapePanel(context)
    ladder.options.layout = Layout.LADDER
    ladder.options_changed()
    grid.addWidget(ladder, 0, 3, 2, 1)
    grid.addWidget(tape, 0, 4, 2, 1)
    for column, stretch in enumerate((4, 4, 4, 3, 2)):
        grid.setColumnStretch(column, stretch)
    window.resize(*SIZE)
    window.show()
    return window


async def _play(scene: MarketScene, frames: Sequence[bytes]) -> None:
    """Each frame when it is due; the market's clock follows their stamps."""
    from hlmaster.exchange.hyperliquid.codec import read_frame

    clock: Any = scene.clock
    clock.speed = RATE / (len(frames) / (MINUTES * 60))
    begun, now_ms = time.perf_counter(), START_MS
    for number, frame in enumerate(frames):
        early = number / RATE - (time.perf_counter() - begun)
        if early > STEP_SECONDS:
            await asyncio.sleep(early)
        now_ms = max([now_ms, *(int(found[1]) for found in _STAMP.finditer(frame))])
        clock.advance(now_ms - clock.market_ms)
        scene.bus.publish(read_frame(frame, clock.now_ms))
