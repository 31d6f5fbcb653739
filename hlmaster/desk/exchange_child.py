"""The embedded exchange as a child process: started, watched, started again on the same port and state when it dies."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hlmaster.core.clock import Clock, SystemClock
from hlmaster.core.errors import VenueUnreachable

log = logging.getLogger(__name__)
READY_TIMEOUT_SECONDS = 30.0
STOP_SECONDS = 5.0
OWN_ENDS = (2, 3)
"""Exit codes before which the exchange says why it ends."""
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class ReadyLine:
    """What the exchange says when it is ready: where it is and how its market time runs."""

    url: str
    start_ms: int
    wall_ms: int
    speed: float

    @staticmethod
    def read(path: Path) -> ReadyLine | None:
        """None while the file is not there yet."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return ReadyLine(
                str(fields["url"]), int(fields["start_ms"]), int(fields["wall_ms"]), float(fields["speed"])
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise VenueUnreachable(
                f"{path} is not an exchange's ready file ({error}).", "Name the file that simulate --ready-file wrote."
            ) from error

    def anchor(self, clock: SystemClock) -> None:
        clock.anchor(self.start_ms, self.wall_ms, self.speed)


def command(arguments: Sequence[str]) -> list[str]:
    """How to start ourselves with other arguments: a frozen application is its own interpreter."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-m", "hlmaster", *arguments]


class ExchangeChild:
    """``spawn`` costs a fork and returns at once, so that the child starts up while its parent imports Qt."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = list(arguments)
        self._folder = tempfile.TemporaryDirectory(prefix="hlmaster-exchange-")
        self._ready_file = Path(self._folder.name) / "ready.json"
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._port = 0
        self.ready: ReadyLine | None = None
        self.restarts = 0

    @property
    def url(self) -> str:
        """Where it is, or will be once it is ready: the port is chosen before the start."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def spawn(self, port: int) -> None:
        self._port = port
        self._ready_file.unlink(missing_ok=True)
        arguments = ["simulate", *self._arguments, "--port", str(port), "--watch-stdin"]
        arguments += ["--ready-file", str(self._ready_file)]
        log_path = Path(self._folder.name) / "exchange.log"
        with log_path.open("ab") as output:
            self._process = subprocess.Popen(
                command(arguments),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    async def wait_ready(self, clock: Clock) -> ReadyLine:
        """Raises VenueUnreachable with the child's last words when it ends or does not get ready in time."""
        deadline = clock.monotonic() + READY_TIMEOUT_SECONDS
        while clock.monotonic() < deadline:
            ready = ReadyLine.read(self._ready_file)
            if ready is not None:
                self.ready = ready
                return ready
            if self._process is None or self._process.poll() is not None:
                break
            await asyncio.sleep(POLL_SECONDS)
        raise VenueUnreachable(f"The embedded exchange did not start: {self._last_words()}")

    def _last_words(self) -> str:
        path = Path(self._folder.name) / "exchange.log"
        lines = path.read_text(encoding="utf-8", errors="replace").strip().splitlines() if path.exists() else []
        return lines[-1] if lines else "it said nothing."

    def watch(self, clock: Clock, on_end: Callable[[str], None], on_restart: Callable[[ReadyLine], None]) -> None:
        """Keep it alive from now on; told are why it ended, as a sentence, and that it was started again."""
        self._watcher = asyncio.get_running_loop().create_task(
            self._keep_alive(clock, on_end, on_restart), name="exchange child"
        )

    async def _keep_alive(
        self, clock: Clock, on_end: Callable[[str], None], on_restart: Callable[[ReadyLine], None]
    ) -> None:
        while True:
            await asyncio.sleep(0.25)
            if self._process is None or self._process.poll() is None:
                continue
            code = self._process.returncode
            why = self._last_words() if code in OWN_ENDS else f"its process ended with code {code}."
            on_end(f"The embedded exchange stopped and is started again: {why}")
            self._release()
            self.restarts += 1
            try:
                self.spawn(self._port)
                on_restart(await self.wait_ready(clock))
            except (VenueUnreachable, OSError) as error:
                on_end(str(error))
                await asyncio.sleep(min(10.0, self.restarts))

    def _release(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    async def stop(self) -> None:
        """Closing its standard input asks the child to end; one that does not is killed."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        process = self._process
        if process is not None:
            self._release()
            try:
                await asyncio.to_thread(process.wait, STOP_SECONDS)
            except subprocess.TimeoutExpired:
                log.warning("the embedded exchange did not end when asked; killing it")
                process.kill()
                await asyncio.to_thread(process.wait)
        self._folder.cleanup()
