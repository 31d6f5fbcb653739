"""The watchdog: a small process that acts in the desk's stead once the desk is dead or hangs.

The desk spawns it and says ``stop`` on its standard input at an orderly end. It asks the desk's control socket for a
sign of life; a desk that owes one for too long is halted, and its entries are cancelled or everything is closed, by the
same code as ``hlmaster kill``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hlmaster.core.clock import Clock, SystemClock
from hlmaster.core.errors import HlError, StorageError, VenueUnreachable
from hlmaster.desk import control, rescue
from hlmaster.desk.brake import report_record
from hlmaster.desk.exchange_process import command
from hlmaster.desk.rescue import Place
from hlmaster.storage.halt import Halt, HaltFile
from hlmaster.trading.execution.flatten import PATIENCE_SECONDS, FlattenReport
from hlmaster.trading.safety import Safety, WatchdogAction

log = logging.getLogger(__name__)
WHO = "the watchdog"
GOODBYE = b"stop\n"
LOOKS = 6
"""How often the desk is asked within its patience."""
STOP_SECONDS = 5.0
RETRY_SECONDS = 5.0


@dataclass(slots=True)
class Leash:
    """What the desk's end of standard input tells: ``released`` in order, or ``cut`` because the desk is gone."""

    released: asyncio.Event
    cut: asyncio.Event

    def hold(self) -> None:
        """Read standard input to its end, on a thread: pipes differ too much between systems for the loop."""
        loop = asyncio.get_running_loop()

        def read() -> None:
            said = b""
            while piece := os.read(sys.stdin.fileno(), 64):
                said += piece
            with contextlib.suppress(RuntimeError):  # the loop ended first
                loop.call_soon_threadsafe((self.released if said.endswith(GOODBYE) else self.cut).set)

        threading.Thread(target=read, name="leash", daemon=True).start()


class Watch:
    """Asks for signs of life until it is released, and acts once for each silence."""

    def __init__(
        self,
        place: Place,
        action: WatchdogAction,
        patience: float,
        clock: Clock,
        leash: Leash,
        say: Callable[[str], None],
    ) -> None:
        self._place, self._action, self._patience = place, action, patience
        self._clock, self._leash, self._say = clock, leash, say
        self._last = clock.monotonic()

    async def run(self) -> None:
        """Ends when released; or, with the desk gone, once it has acted or another desk has taken the session."""
        acted = False
        while not self._leash.released.is_set():
            if await self._is_alive():
                if self._leash.cut.is_set():
                    return
                acted = False
            elif not acted and self._clock.monotonic() - self._last >= self._patience:
                acted = await self._act()
                if acted and self._leash.cut.is_set():
                    return
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._leash.released.wait(), self._patience / LOOKS)

    async def _is_alive(self) -> bool:
        place = self._place
        try:
            await asyncio.to_thread(control.ask, place.data, place.mode, place.session, "ping", self._patience / LOOKS)
        except VenueUnreachable:
            return False
        self._last = self._clock.monotonic()
        return True

    async def _act(self) -> bool:
        """True once the exchange has confirmed it; else it is tried again at the next look."""
        silence = self._clock.monotonic() - self._last
        halt = HaltFile(self._place.data, self._place.mode, self._place.session)
        with contextlib.suppress(StorageError):
            if halt.read() is None:
                halt.write(Halt(WHO, self._clock.wall_ms(), f"The desk gave no sign of life for {silence:.0f} s."))
        report = await self._do()
        self._say(report.sentence)
        with contextlib.suppress(HlError):
            halt.keep_report(report_record(report), self._clock.wall_ms())
        return report.proof_ms is not None

    async def _do(self) -> FlattenReport:
        if self._action == "flatten":
            return await rescue.go_flat(self._place, PATIENCE_SECONDS)
        return await rescue.cancel_entries(self._place, PATIENCE_SECONDS)


async def watch(place: Place, action: WatchdogAction, patience: float, say: Callable[[str], None]) -> None:
    leash = Leash(asyncio.Event(), asyncio.Event())
    leash.hold()
    await Watch(place, action, patience, SystemClock(), leash, say).run()


class DeadMan:
    """The desk's end: spawns the watchdog and releases it at an orderly end."""

    def __init__(self, place: Place, safety: Safety, log_file: Path) -> None:
        self._place, self._safety, self._log_file = place, safety, log_file
        self._action = safety.action(place.mode)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    @property
    def is_wanted(self) -> bool:
        return self._action != "off"

    def start(self) -> None:
        """Does nothing when it is off."""
        if not self.is_wanted:
            return
        place = self._place
        arguments = ["watchdog", "--data", str(place.data.absolute()), "--mode", str(place.mode)]
        arguments += ["--session", place.session, "--action", self._action]
        arguments += ["--patience", str(self._safety.watchdog_seconds)]
        if place.ready_file is not None:
            arguments += ["--exchange", str(place.ready_file.absolute())]
        with self._log_file.open("ab") as output:
            # A session of its own: Ctrl+C in the desk's terminal is not meant for it.
            self._process = subprocess.Popen(
                command(arguments), stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            )

    async def stop(self) -> None:
        process, self._process = self._process, None
        if process is None or process.stdin is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.write(GOODBYE)
            process.stdin.close()
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("the watchdog did not end when released; killing it")
            process.kill()
            await asyncio.to_thread(process.wait)
