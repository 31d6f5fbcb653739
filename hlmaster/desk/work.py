"""The desk's loops: owned, ended together, and never failing in silence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from hlmaster.core.bus import Bus
from hlmaster.core.errors import HlError
from hlmaster.core.events import Notice, Severity

log = logging.getLogger(__name__)
AGAIN_SECONDS = 60.0


class Work:
    """What goes wrong in a loop is told as a Notice; the others go on. ``fault`` hears of what nobody expected."""

    def __init__(self, bus: Bus, fault: Callable[[str], None]) -> None:
        self._bus, self._fault = bus, fault
        self._tasks: set[asyncio.Task[None]] = set()

    def own(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(self._supervise(work, name), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # A task that is cancelled before its first step never awaits its work.
        task.add_done_callback(lambda _: work.close())
        return task

    def keep(self, make: Callable[[], Coroutine[Any, Any, None]], name: str) -> None:
        """A task that fails is told, and begun anew a minute later: its end would go unnoticed."""

        async def again() -> None:
            while True:
                await self._supervise(make(), name)
                await asyncio.sleep(AGAIN_SECONDS)

        self.own(again(), name)

    def every(self, seconds: float, look: Callable[[], None], name: str) -> None:
        """A look that fails is told, and looked again all the same: no fault may end a watch."""

        async def once() -> None:
            look()

        async def repeat() -> None:
            while True:
                await self._supervise(once(), name)
                await asyncio.sleep(seconds)

        self.own(repeat(), name)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _supervise(self, work: Coroutine[Any, Any, None], name: str) -> None:
        try:
            await work
        except HlError as error:
            log.error("%s stopped: %s", name, error)
            self._bus.publish(Notice(Severity.ERROR, error.sentence, error.code, error.cure))
        except Exception as error:
            log.exception("the task %r failed", name)
            self._fault(f"An internal task failed ({name}: {error}).")
