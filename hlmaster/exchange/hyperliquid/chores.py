"""The background tasks of one connection: owned, ended together, and never failing in silence."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from hlmaster.core.events import Notice, Severity

log = logging.getLogger(__name__)


class Chores:
    """A chore that fails is told through ``publish``; the others go on."""

    def __init__(self, publish: Callable[[object], None]) -> None:
        self._publish = publish
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def stop(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("the task %r failed", task.get_name(), exc_info=error)
            sentence = f"An internal task failed ({task.get_name()}: {type(error).__name__}: {error})."
            self._publish(Notice(Severity.CRITICAL, sentence, "INV-001", "Restart the application and keep the log."))
