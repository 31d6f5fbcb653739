"""A day at the desk in minutes: ``python -m tests.bench.session --minutes 10 --data DIR``.

The real window, offscreen, on a real embedded exchange over sockets. A scripted hand does everything, round after
round, and every stretch in which the window's thread did not come to its loop is measured; the start is told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.beats import Beats, Measured, Stretch

if TYPE_CHECKING:
    from hlmaster.desk.desk import Desk
    from hlmaster.ui.window import Window

START_SECONDS = 10.0
LIMIT = 0.050
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Memory:
    """At the end of a round, after a collection. ``minutes`` since the start of the first; ``market_mb`` lies in what
    fills up to a bound, ``rest_mb`` is all else that is resident."""

    minutes: float
    resident_mb: float
    market_mb: float
    rest_mb: float
    widgets: int
    objects: int
    tasks: int
    python: int


@dataclass(slots=True)
class Found:
    start: Measured
    work: Measured
    memory: list[Memory] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    """Acts that failed, and notices of errors."""

    def over(self, limit: float = LIMIT) -> list[Stretch]:
        """The window's own thread was busy for longer, the worst first."""
        return sorted((one for one in self.work.kept if one.own > limit), key=lambda one: -one.own)

    def held_up(self, limit: float = LIMIT) -> list[Stretch]:
        """Not its own work, but that of other threads of the process."""
        return [one for one in self.work.kept if one.own <= limit < one.held_up]

    def slope(self, name: str) -> float:
        """Of a figure of the memory, per minute, by least squares over all rounds but the first."""
        later = self.memory[1:]
        if len(later) < 2:
            return float("nan")
        times, values = [one.minutes for one in later], [float(getattr(one, name)) for one in later]
        middle, mean = sum(times) / len(times), sum(values) / len(values)
        spread = sum((t - middle) ** 2 for t in times)
        return sum((t - middle) * (v - mean) for t, v in zip(times, values, strict=True)) / spread


def play(data: Path, minutes: float, *, stacks: bool = False, rounds: int | None = None, only: str = "") -> Found:
    """For so long, or so many rounds; ``only`` names the beginnings of the acts, separated by commas."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from hlmaster.__main__ import _parser
    from hlmaster.app import launch
    from hlmaster.ui import qt

    # A hand that trades at random loses now and then; a breaker would leave the rounds after it without trades.
    settings = ("sounds.muted=true", "news.enabled=false", "breakers.losing_streak=1000")
    arguments = ["gui", "--data", str(data), "--seed", "7", *(part for one in settings for part in ("--set", one))]
    launched = launch(_parser().parse_args(arguments), console=False)
    sys.setswitchinterval(qt.SWITCH_SECONDS)
    application = qt.application(sys.argv[:1])
    from hlmaster.ui.loop import Loop

    with asyncio.Runner(loop_factory=lambda: Loop(application)) as runner:
        return runner.run(_play(launched, minutes, rounds, tuple(filter(None, only.split(","))), stacks=stacks))


async def _play(launched: Any, minutes: float, rounds: int | None, only: tuple[str, ...], *, stacks: bool) -> Found:
    from hlmaster.core.clock import SystemClock
    from hlmaster.core.events import Notice, Severity
    from hlmaster.desk.desk import Desk
    from hlmaster.desk.modes import build
    from hlmaster.storage.sessions import Sessions
    from hlmaster.ui.window import Window

    desk = Desk(build(launched.opening))
    beats = Beats(desk_owner(), stacks=stacks)
    sessions = Sessions(launched.data, SystemClock())
    window = Window(desk, launched.settings_file, launched.origins, launched.logs.ring, sessions)
    troubles: list[str] = []

    def hear(notice: Notice) -> None:
        if notice.severity in (Severity.ERROR, Severity.CRITICAL):
            troubles.append(f"{beats.act}: {notice.sentence} {notice.code}")

    window.context.notified.connect(hear)
    window.open((1600, 980))
    await desk.start()
    try:
        await asyncio.sleep(START_SECONDS)
        found = Found(beats.afresh(), beats.measured, troubles=troubles)
        await _rounds(window, beats, found, minutes, rounds, only)
        return found
    finally:
        beats.pause()
        window.closed.set()
        await window.shut()
        await desk.stop()
        launched.logs.close()


def desk_owner() -> Any:
    from PySide6.QtWidgets import QApplication

    return QApplication.instance()


async def _rounds(
    window: Window, beats: Beats, found: Found, minutes: float, rounds: int | None, only: tuple[str, ...]
) -> None:
    from tests.bench.acts import Session
    from tests.bench.hand import Hand

    session, begun, done = Session(Hand(window)), time.perf_counter(), 0
    while (done < rounds) if rounds is not None else (time.perf_counter() - begun < minutes * 60):
        for name, act in session.acts():
            if only and not name.startswith(only):
                continue
            beats.act = name
            try:
                await act()
            except Exception:  # an act that fails is told, and the session goes on
                found.troubles.append(f"{name}: {traceback.format_exc(limit=-2)}")
        beats.act = "rest"
        await asyncio.sleep(1.0)
        beats.pause()
        found.memory.append(_memory((time.perf_counter() - begun) / 60, window.context.desk))
        await asyncio.sleep(1.0)  # what came meanwhile
        beats.resume()
        done += 1


def _memory(minutes: float, desk: Desk) -> Memory:
    from PySide6.QtCore import QObject
    from PySide6.QtWidgets import QApplication

    from tests.bench.held import held_mb

    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20
    market = held_mb(desk.feed, desk.flow)
    tops = QApplication.topLevelWidgets()
    objects = sum(len(top.findChildren(QObject)) for top in tops)
    tasks = len(asyncio.all_tasks())
    widgets, python = len(QApplication.allWidgets()), len(gc.get_objects())
    return Memory(minutes, resident, market, resident - market, widgets, objects, tasks, python)


def tell(found: Found) -> None:
    print(f"start: {found.start.own:.2f} s of processor, longest {_longest(found.start) * 1000:.0f} ms")
    for one in sorted(found.start.kept, key=lambda one: -one.own)[:5]:
        _tell_stretch(one)
    work, over = found.work, found.over()
    print(f"session: {work.wall / 60:.1f} min, {100 * work.own / work.wall:.1f} % of a core, {work.beats} beats")
    print(f"stretches over {LIMIT * 1000:.0f} ms of our own: {len(over)}, longest {_longest(work) * 1000:.0f} ms")
    for one in over[:60]:
        _tell_stretch(one)
    held = found.held_up()
    print(f"held up by other threads of ours: {len(held)}")
    for one in held[:15]:
        _tell_stretch(one)
    for memory in found.memory:
        print(memory)
    for name in ("resident_mb", "market_mb", "rest_mb", "widgets", "objects", "tasks", "python"):
        print(f"slope of {name}: {found.slope(name):.2f} a minute")
    print("\n".join(found.troubles))


def _longest(measured: Measured) -> float:
    return max((one.own for one in measured.kept), default=0.0)


def _tell_stretch(one: Stretch) -> None:
    wall, own, process = (1000 * seconds for seconds in (one.wall, one.own, one.process))
    print(f"  {own:5.0f} ms own, {process:5.0f} process, {wall:5.0f} wall: {one.act}")
    for place, times in one.places:
        print(f"      {times} x")
        print("\n".join(f"        {line}" for line in place.splitlines()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.session", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", default="")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--stacks", action="store_true", help="look where long stretches spend their time")
    parser.add_argument("--json", type=Path, help="write what was found there")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = arguments.data or Path(folder)
        found = play(data, arguments.minutes, stacks=arguments.stacks, rounds=arguments.rounds, only=arguments.only)
    tell(found)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(asdict(found), indent=1))


if __name__ == "__main__":
    main()
