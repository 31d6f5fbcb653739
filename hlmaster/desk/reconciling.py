"""When the books are compared with the exchange: on a timer, and soon after whatever casts doubt on them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

from hlmaster.core.errors import VenueError
from hlmaster.desk.work import Work
from hlmaster.trading.execution.reconcile import Reconciler

log = logging.getLogger(__name__)


class Reconciling:
    """``comparing`` is entered around each pass; ``soon`` does nothing before ``run``, for the start is a pass too."""

    def __init__(
        self,
        reconciler: Reconciler,
        work: Work,
        seconds: Callable[[], float],
        comparing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._reconciler, self._work, self._seconds, self._comparing = reconciler, work, seconds, comparing
        self._soon: list[asyncio.Task[None]] = []
        self._runs = False

    async def run(self) -> None:
        self._runs = True
        while True:
            await asyncio.sleep(self._seconds())
            await self._once()

    def soon(self) -> None:
        """A pass that begins from now on: beside one under way at most one waits, and serves whoever asks meanwhile."""
        self._soon = [task for task in self._soon if not task.done()]
        if self._runs and len(self._soon) < 2:
            self._soon.append(self._work.own(self._once(), "reconcile soon"))

    async def _once(self) -> None:
        try:
            with self._comparing():
                await self._reconciler.run()
        except VenueError as error:
            log.warning("reconciliation failed, it will be tried again: %s", error)
