"""How long the window's thread is busy in one stretch, told by a beat that finds every turn of the loop."""

from __future__ import annotations

import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from types import FrameType

from PySide6.QtCore import QObject, Qt, QTimer

BEAT_MS = 4
WORTH_KEEPING = 0.020
"""Seconds of a stretch from which it is kept."""
WORTH_A_LOOK, LOOK_SECONDS = 0.025, 0.005
"""Seconds without a beat from which it looks where it is, and how often."""
DEPTH = 14


@dataclass(frozen=True, slots=True)
class Stretch:
    """From one beat to the next, in seconds: time passed, processor time of the window's thread, and of all threads
    of the process. ``places``: stacks that were seen meanwhile, and how often."""

    act: str
    at: float
    wall: float
    own: float
    process: float
    places: tuple[tuple[str, int], ...] = ()

    @property
    def held_up(self) -> float:
        """Seconds that threads of this process took of it: their work while this one waited for the interpreter counts,
        other programs' does not."""
        return min(self.wall, self.process)


@dataclass(slots=True)
class Measured:
    kept: list[Stretch] = field(default_factory=list)
    beats: int = 0
    wall: float = 0.0
    own: float = 0.0
    process: float = 0.0


class Beats(QObject):
    """``act`` is what is being done now. With ``stacks`` long stretches tell where they spend their time: an alarm has
    the window's own thread look, for whoever else holds one of its frames keeps a painter alive."""

    def __init__(self, parent: QObject, *, stacks: bool = False) -> None:
        super().__init__(parent)
        self.act = "start"
        self.measured = Measured()
        self._looks = stacks
        self._seen: list[str] = []
        if stacks:
            signal.signal(signal.SIGALRM, self._look)
        self._last = self._now()
        self._timer = QTimer(self, interval=BEAT_MS, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self.resume()

    @staticmethod
    def _now() -> tuple[float, float, float]:
        return time.perf_counter(), time.thread_time(), time.process_time()

    def resume(self) -> None:
        self._last = self._now()
        self._timer.start()

    def pause(self) -> None:
        self._timer.stop()
        signal.setitimer(signal.ITIMER_REAL, 0)

    def afresh(self) -> Measured:
        """What was measured until now; another account begins."""
        done, self.measured = self.measured, Measured()
        return done

    def _beat(self) -> None:
        before, now = self._last, self._now()
        self._last = now
        wall, own, process = (b - a for a, b in zip(before, now, strict=True))
        found = self.measured
        found.beats += 1
        found.wall += wall
        found.own += own
        found.process += process
        if own > WORTH_KEEPING or wall > 2 * WORTH_KEEPING:
            places = tuple(Counter(self._seen).most_common(3))
            found.kept.append(Stretch(self.act, before[0], wall, own, process, places))
        self._seen.clear()
        if self._looks:
            signal.setitimer(signal.ITIMER_REAL, WORTH_A_LOOK, LOOK_SECONDS)

    def _look(self, _: int, frame: FrameType | None) -> None:
        lines: list[str] = []
        while frame is not None and len(lines) < DEPTH:
            code = frame.f_code
            lines.append(f"{'/'.join(code.co_filename.split('/')[-3:])}:{frame.f_lineno} {code.co_name}")
            frame = frame.f_back
        self._seen.append("\n".join(lines))
