"""The real window on an embedded exchange: does a 16 ms timer keep its beat under 10,000 messages a second?

A busy machine measures itself; ``chrt -r 5 python -m tests.bench beat`` (Linux, as root) goes before what else it does.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

from hlmaster.core.events import DefectKind
from hlmaster.desk.health import percentile
from tests.bench.bench_flood import in_qt
from tests.bench.report import Report

RATE = 10_000
BEAT_MS = 16
SETTLE_SECONDS = 6.0
PHASE_SECONDS = 6.0
ROUNDS = 3
LAG_SECONDS = 20.0


def run(report: Report) -> None:
    with tempfile.TemporaryDirectory() as folder, exchange(Path(folder)) as (ready, rate):
        in_qt(_measure(report, Path(folder), ready, rate))


@contextmanager
def exchange(folder: Path) -> Iterator[tuple[Path, IO[str]]]:
    """An embedded exchange behind a line that can be made loud: its ready file, and where to write the rate."""
    inner, outer = folder / "exchange.json", folder / "line.json"
    command = ["hlmaster", "simulate", "--faucet", "10000", "--seed", "7", "--ready-file", str(inner), "--watch-stdin"]
    with _child(command), _child(["tests.bench.loud_line", str(inner), str(outer)]) as line:
        assert line.stdin is not None
        yield outer, line.stdin


@contextmanager
def _child(module: list[str]) -> Iterator[subprocess.Popen[str]]:
    """A program that says a line when it is ready."""
    child = subprocess.Popen([sys.executable, "-m", *module], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        if child.stdout is None or not child.stdout.readline():
            raise RuntimeError(f"{module[0]} did not get ready")
        yield child
    finally:
        child.kill()
        child.wait()


async def _measure(report: Report, folder: Path, ready: Path, rate: IO[str]) -> None:
    from hlmaster.__main__ import _parser
    from hlmaster.app import launch
    from hlmaster.core.clock import SystemClock
    from hlmaster.desk.desk import Desk
    from hlmaster.desk.modes import build
    from hlmaster.storage.sessions import Sessions
    from hlmaster.ui.window import Window

    arguments = _parser().parse_args(["gui", "--data", str(folder / "data"), "--exchange", str(ready)])
    launched = launch(arguments, console=False)
    desk = Desk(build(launched.opening))
    sessions = Sessions(launched.data, SystemClock())
    window = Window(desk, launched.settings_file, launched.origins, launched.logs.ring, sessions)
    window.open((1600, 980))
    await desk.start()
    try:
        await asyncio.sleep(SETTLE_SECONDS)
        await _lag(report, desk)
        await _beat(report, desk, rate)
    finally:
        await window.shut()
        await desk.stop()
        launched.logs.close()


async def _lag(report: Report, desk: Any) -> None:
    desk.lag.samples.clear()
    await asyncio.sleep(LAG_SECONDS)
    lags = list(desk.lag.samples)
    report.add("loop lag: idle desk with its window, 20 s, median", percentile(lags, 0.5), "ms", at_most=2.0)
    report.add("loop lag: idle desk with its window, 20 s, p99", percentile(lags, 0.99), "ms", at_most=10.0)
    report.add("loop lag: idle desk with its window, 20 s, longest", max(lags), "ms")


async def _beat(report: Report, desk: Any, rate: IO[str]) -> None:
    """Quiet and loud by turns, so that a passing load on the machine falls on both."""
    beats: dict[int, list[Beat]] = {0: [], RATE: []}
    heard, seconds = 0, 0.0

    def ask(wanted: int) -> None:
        rate.write(f"{wanted}\n")
        rate.flush()

    for wanted in (0, RATE) * ROUNDS:
        ask(wanted)
        await asyncio.sleep(1.0)
        before, started = desk.feed.messages, time.perf_counter()
        beats[wanted] += await _listen(PHASE_SECONDS)
        if wanted:
            heard += desk.feed.messages - before
            seconds += time.perf_counter() - started
    ask(0)
    refused = sum(defect.kind is not DefectKind.GAP for defect in desk.feed.recent_defects)
    report.add("beat: messages that were refused", refused, "", at_most=0)
    report.add("beat: load of the machine meanwhile", os.getloadavg()[0], "processes")
    report.add("beat: messages through the desk", heard / seconds, "messages/s", at_least=0.95 * RATE)
    quiet, loud = beats[0], beats[RATE]
    for name, fraction in (("median", 0.5), ("p99", 0.99)):
        one, other = (percentile([beat.wall_ms for beat in some], fraction) for some in (quiet, loud))
        report.add(f"beat: {BEAT_MS} ms timer, {name}, loud to quiet", other, "ms", baseline=one, at_most=1.1)
    # What the loop itself did between two beats does not depend on what else the machine was busy with.
    own = percentile([beat.processor_ms for beat in loud], 0.99)
    report.add("beat: processor time between two beats, loud, p99", own, "ms", at_most=BEAT_MS)
    share = 100 * sum(beat.processor_ms for beat in loud) / sum(beat.wall_ms for beat in loud)
    report.add("beat: share of a processor that the loop takes, loud", share, "%")


@dataclass(frozen=True, slots=True)
class Beat:
    """From one beat to the next: time passed, and processor time that the loop's thread took of it."""

    wall_ms: float
    processor_ms: float


async def _listen(seconds: float) -> list[Beat]:
    from PySide6.QtCore import Qt, QTimer

    beats: list[tuple[int, int]] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.setInterval(BEAT_MS)
    timer.timeout.connect(lambda: beats.append((time.perf_counter_ns(), time.thread_time_ns())))
    timer.start()
    await asyncio.sleep(seconds)
    timer.stop()
    return [Beat((b[0] - a[0]) / 1e6, (b[1] - a[1]) / 1e6) for a, b in pairwise(beats)]
