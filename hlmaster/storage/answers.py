"""Answers from a storage thread to whoever awaits them on the loop."""

from __future__ import annotations

import asyncio
import logging
from typing import TypeVar

from hlmaster.core.errors import StorageError

log = logging.getLogger(__name__)
T = TypeVar("T")


def answer(loop: asyncio.AbstractEventLoop, done: asyncio.Future[T], result: T | StorageError) -> None:
    """Settle a future of the loop's from another thread; one that was cancelled stays so."""

    def finish() -> None:
        if done.done():
            return
        if isinstance(result, StorageError):
            done.set_exception(result)
        else:
            done.set_result(result)

    try:
        loop.call_soon_threadsafe(finish)
    except RuntimeError:  # the loop is closed: nobody waits any more
        log.debug("an answer came after the loop had closed")
