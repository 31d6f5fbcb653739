"""What the last run wrote down, read back; where a disk refuses, entries wait for it and nothing else does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from hlmaster.core.bus import Bus
from hlmaster.core.errors import StorageError
from hlmaster.core.events import Notice, Severity, TradingState
from hlmaster.desk.guard import Guard

log = logging.getLogger(__name__)
REASON = "store"
PATIENCE_SECONDS = 10.0
"""A disk that hangs must not keep protection from starting."""
RETRY_SECONDS = 5.0


class Restoring:
    """Steps of the start that need the disk. One that fails is told, put off, and tried again until it succeeds."""

    def __init__(self, bus: Bus, guard: Guard) -> None:
        self._bus, self._guard = bus, guard
        self._put_off: list[Callable[[], Awaitable[None]]] = []
        self._told = ""

    async def attempt(self, step: Callable[[], Awaitable[None]]) -> None:
        """Now if it can be; raises nothing of the disk's."""
        if not await self._succeeds(step):
            self._put_off.append(step)

    async def run(self) -> None:
        """Until nothing is put off any more."""
        while self._put_off:
            await asyncio.sleep(RETRY_SECONDS)
            while self._put_off and await self._succeeds(self._put_off[0]):
                del self._put_off[0]
        if self._told:
            self._guard.release(REASON)
            self._bus.publish(Notice(Severity.INFO, "What this session remembers has been read after all."))

    async def _succeeds(self, step: Callable[[], Awaitable[None]]) -> bool:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await step()
        except StorageError as error:
            self._tell(error)
        except TimeoutError:
            self._tell(StorageError("The session's database does not answer.", "Look at the disk it lies on."))
        else:
            return True
        return False

    def _tell(self, error: StorageError) -> None:
        """Each new reason once."""
        if error.sentence == self._told:
            return
        self._told = error.sentence
        log.error("%s", error)
        sentence = f"{error.sentence} Entries are off until this session's memory can be read; exits and stops work."
        self._guard.restrain(REASON, TradingState.REDUCING, sentence)
        self._bus.publish(Notice(Severity.ERROR, sentence, error.code, error.cure))
