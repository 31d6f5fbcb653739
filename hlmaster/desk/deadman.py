"""The watchdog: a small process that acts in the desk's stead once the desk is dead or hangs.

The desk spawns it, hands over the key on its standard input where that lies in the vault, and says ``stop`` there at an
orderly end. It asks the desk's control socket for a
sign of life; a desk that owes one for too long is halted, and its entries are cancelled or everything is closed, by the
same code as ``hlmaster kill``.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from hlmaster.core.clock import Clock, SystemClock
from hlmaster.core.errors import ConfigError, HlError, StorageError, VenueUnreachable
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk import control, rescue
from hlmaster.desk.brake import report_record
from hlmaster.desk.exchange_child import ReadyLine
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
LONGEST_PAUSE_SECONDS = 60.0
"""Between two tries to act; they begin with one look's pause and double."""
REFUSALS = 3
"""Tries in a row that found nobody at the address of an exchange on this computer, after which it is gone."""
GONE = "The desk is gone, and so is the exchange on this computer that it traded on: nothing is left to watch."


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
        self._pause, self._again_at = patience / LOOKS, 0.0
        self._refusals = 0

    async def run(self) -> None:
        """Ends when released; or, with the desk gone, once it has acted or another desk has taken the session.

        A real exchange is tried for as long as that takes; one that ended with its desk is not waited for.
        """
        acted = False
        while not self._leash.released.is_set():
            if await self._is_alive():
                if self._leash.cut.is_set():
                    return
                acted = False
                self._pause, self._again_at, self._refusals = self._patience / LOOKS, 0.0, 0
            elif not acted and self._is_due():
                acted = await self._act()
                if acted and self._leash.cut.is_set():
                    return
                if not acted and self._leash.cut.is_set() and await self._is_exchange_gone():
                    self._say(GONE)
                    return
                self._again_at = self._clock.monotonic() + self._pause
                self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._patience / LOOKS):
                    await self._leash.released.wait()

    def _is_due(self) -> bool:
        now = self._clock.monotonic()
        return now - self._last >= self._patience and now >= self._again_at

    async def _is_exchange_gone(self) -> bool:
        """Only one of play money that nobody starts again; a child of the desk's we start ourselves."""
        place = self._place
        if place.mode is not Mode.DEMO:
            return False
        known = control.exchange_of(place.data, place.mode, place.session)
        own = known.ready_file if known is not None and not known.is_child else None
        ready_file = place.ready_file or own
        if not place.folder.is_dir():
            return True
        if ready_file is None:
            return False
        heard = await asyncio.to_thread(_answers, ready_file)
        self._refusals = 0 if heard else self._refusals + 1
        return self._refusals >= REFUSALS or not ready_file.exists()

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


def _answers(ready_file: Path) -> bool:
    """Whether anybody listens where the file says."""
    try:
        ready = ReadyLine.read(ready_file)
        if ready is None:
            return False
        where = urlsplit(ready.url)
        with socket.create_connection((where.hostname or "", where.port or 80), timeout=1.0):
            return True
    except (OSError, VenueUnreachable):
        return False


def key_handed_over() -> Secret:
    """The first line of standard input, and not a byte more of it. Raises ConfigError when it ends before."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(sys.stdin.fileno(), 1)
        if not piece:
            raise ConfigError("The desk ended before it handed over the key.", "There is nothing to watch any more.")
        line += piece
    return Secret(line.decode().strip())


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

    @property
    def has_ended(self) -> bool:
        """By itself, and too early: it outlives the desk unless it is released."""
        return self._process is not None and self._process.poll() is not None

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
        if place.key is not None:
            arguments.append("--key-stdin")
        with self._log_file.open("ab") as output:
            # A session of its own: Ctrl+C in the desk's terminal is not meant for it.
            self._process = subprocess.Popen(
                command(arguments), stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
            )
        if place.key is not None and self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it ended at once, and its log says why
                os.write(self._process.stdin.fileno(), f"{place.key.reveal()}\n".encode())

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
