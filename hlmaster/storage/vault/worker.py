"""Calls that may hang for a prompt nobody sees: on a thread of their own, and not waited for for ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from hlmaster.core.errors import VaultError

Answer = TypeVar("Answer")


async def in_worker(work: Callable[[], Answer], seconds: float, late: VaultError) -> Answer:
    """The answer of ``work``, or ``late`` raised after so many seconds.

    The thread is a daemon: one that never comes back must not keep the program from ending, as the loop's own
    executor would.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[Answer] = loop.create_future()

    def settle(answer: Answer | None, error: BaseException | None) -> None:
        if done.done():
            return
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(answer)  # type: ignore[arg-type]

    def run() -> None:
        answer: Answer | None = None
        error: BaseException | None = None
        try:
            answer = work()
        except Exception as failure:  # noqa: BLE001  the thread's top; whoever asked is told
            error = failure
        with suppress(RuntimeError):  # a loop that has closed meanwhile wants no answer
            loop.call_soon_threadsafe(settle, answer, error)

    threading.Thread(target=run, name="vault", daemon=True).start()
    try:
        async with asyncio.timeout(seconds):
            return await done
    except TimeoutError:
        raise late from None
