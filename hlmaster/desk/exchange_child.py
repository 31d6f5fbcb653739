"""The embedded exchange as a child process: started, watched, started again on the same port and state when it dies."""

from __future__ import annotations

import asyncio
import json
import logging
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hlmaster.core.clock import Clock, SystemClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.desk.exchange_process import ExchangeProcess

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
    network: str = ""
    """The network it plays: ``testnet`` or ``mainnet``."""

    @staticmethod
    def read(path: Path) -> ReadyLine | None:
        """None while the file is not there yet."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
            return ReadyLine(
                str(fields["url"]),
                int(fields["start_ms"]),
                int(fields["wall_ms"]),
                float(fields["speed"]),
                str(fields.get("network", "")),
            )
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise VenueUnreachable(
                f"{path} is not an exchange's ready file ({error}).", "Name the file that simulate --ready-file wrote."
            ) from error

    def anchor(self, clock: SystemClock) -> None:
        clock.anchor(self.start_ms, self.wall_ms, self.speed)


class ExchangeChild:
    """The process while the desk lives: waited for, watched, and started again with the same arguments when it dies."""

    def __init__(self, arguments: Sequence[str], process: ExchangeProcess | None = None) -> None:
        self._arguments = list(arguments)
        self._process = process or ExchangeProcess()
        self._watcher: asyncio.Task[None] | None = None
        self.ready: ReadyLine | None = None
        self.restarts = 0

    @property
    def url(self) -> str:
        return self._process.url

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def ready_file(self) -> Path:
        """Where the process says that it is ready; another process can read it too."""
        return self._process.ready_file

    def begin(self) -> None:
        """Spawn the process unless that is done, and tell it its market. Returns at once."""
        if not self._process.is_spawned:
            self._process.spawn()
        self._process.tell(self._arguments)

    async def wait_ready(self, clock: Clock) -> ReadyLine:
        """Raises VenueUnreachable with the child's last words when it ends or does not get ready in time."""
        deadline = clock.monotonic() + READY_TIMEOUT_SECONDS
        while clock.monotonic() < deadline:
            ready = ReadyLine.read(self._process.ready_file)
            if ready is not None:
                self.ready = ready
                return ready
            if self._process.exit_code is not None:
                break
            await asyncio.sleep(POLL_SECONDS)
        raise VenueUnreachable(f"The embedded exchange did not start: {self._process.last_words()}")

    async def first_ready(self, clock: Clock, tell: Callable[[str], None]) -> ReadyLine:
        """As ``wait_ready``, but a failed start is told, as a sentence, and tried again until one succeeds."""
        try:
            return await self.wait_ready(clock)
        except VenueUnreachable as error:
            tell(f"{error} It is started again.")
            return await self._start_again(clock, tell)

    async def _start_again(self, clock: Clock, tell: Callable[[str], None]) -> ReadyLine:
        """Until it is ready; each new reason why it is not is told once."""
        told = ""
        while True:
            self._process.kill()
            self._process.release()
            self.restarts += 1
            try:
                self._process.spawn()
                self._process.tell(self._arguments)
                return await self.wait_ready(clock)
            except (VenueUnreachable, OSError) as error:
                if str(error) != told:
                    told = str(error)
                    tell(f"{told} It is tried again every few seconds.")
                await clock.sleep(min(10.0, self.restarts))

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
            code = self._process.exit_code
            if code is None:
                continue
            why = self._process.last_words() if code in OWN_ENDS else f"its process ended with code {code}."
            on_end(f"The embedded exchange stopped and is started again: {why}")
            on_restart(await self._start_again(clock, on_end))

    async def stop(self) -> None:
        """Closing its standard input asks the child to end; one that does not is killed."""
        if self._watcher is not None:
            self._watcher.cancel()
            await asyncio.gather(self._watcher, return_exceptions=True)
        process = self._process
        process.release()
        try:
            await asyncio.to_thread(process.wait, STOP_SECONDS)
        except subprocess.TimeoutExpired:
            log.warning("the embedded exchange did not end when asked; killing it")
            await asyncio.to_thread(process.kill)
        process.forget()
