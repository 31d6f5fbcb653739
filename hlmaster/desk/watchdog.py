"""Says what the loop was doing when it stood still: a thread of its own writes down every thread's stack."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import re
import tempfile
import threading

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.events import Notice, Severity

log = logging.getLogger(__name__)
BEAT_SECONDS = 0.25
LIMIT_SECONDS = 2.0
CODE = "INV-003"


class Watchdog:
    """The loop beats, the thread listens. One log entry per block, and a Notice once the loop runs again."""

    def __init__(self, clock: Clock, bus: Bus) -> None:
        self._clock, self._bus = clock, bus
        self._beat_at = clock.monotonic()
        self._is_reported = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="watchdog", daemon=True)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Once; the loop that runs now is the one that is watched."""
        self.beat()
        self._task = asyncio.get_running_loop().create_task(self._keep_beating(), name="watchdog's beat")
        self._thread.start()

    async def stop(self) -> None:
        self._over.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._thread.join()

    async def _keep_beating(self) -> None:
        while True:
            self.beat()
            await asyncio.sleep(BEAT_SECONDS)

    def beat(self) -> None:
        """Called by the loop: it runs."""
        now = self._clock.monotonic()
        stood, self._beat_at = now - self._beat_at, now
        if self._is_reported:
            self._is_reported = False
            sentence = f"The application stood still for {stood:.1f} s."
            self._bus.publish(Notice(Severity.WARNING, sentence, CODE, "The log says what it was doing; keep it."))

    def _listen(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            self.look()

    def look(self) -> None:
        """Called by the thread: is the loop late?"""
        stood = self._clock.monotonic() - self._beat_at
        if stood < LIMIT_SECONDS or self._is_reported:
            return
        self._is_reported = True
        sentence = f"The loop has stood still for {stood:.1f} s; the stacks of all threads follow."
        extra = {"code": CODE}
        log.handle(log.makeRecord(log.name, logging.ERROR, __file__, 0, sentence, (), None, None, extra, stacks()))


def stacks() -> str:
    """Where every thread is, innermost call first.

    Python's own ``sys._current_frames`` would lend the frames of other threads, and what they hold would live until it
    is given back, and end, here: a painter that outlives its paint event and ends on this thread ends the process.
    """
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    try:
        with tempfile.TemporaryFile() as file:
            faulthandler.dump_traceback(file)
            file.seek(0)
            told = file.read().decode(errors="replace")
    except OSError as error:
        return f"The stacks have no file to be written to: {error}."
    told = re.sub(r"(?m)^Current thread .*(\n .*)*\n*", "", told)  # the one that asks
    return re.sub(r"(?m)^Thread (0x[0-9a-f]+)", lambda found: f"Thread {names.get(int(found[1], 16), found[1])}", told)
