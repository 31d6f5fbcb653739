"""Small files written beside the loop: one thread, in the order of asking, so that no disk holds up what is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

T = TypeVar("T")


class Pen:
    """The work begins at once when nothing waits before it, also while the loop stands still."""

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._last: Future[Any] | None = None

    def write(self, work: Callable[[], T]) -> Future[T]:
        """``work`` runs on the pen's thread."""
        future = self._thread.submit(work)
        self._last = future
        return future

    async def settled(self) -> None:
        """Return when everything asked for so far is done, whatever became of it."""
        if self._last is not None:
            await asyncio.wait({asyncio.wrap_future(self._last)})

    async def stop(self) -> None:
        """What waits is written; afterwards nothing is taken."""
        await asyncio.to_thread(self._thread.shutdown)
