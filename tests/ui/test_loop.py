"""The window's loop ends what asyncio's own ends, and works with Python's own threads."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncIterator

from pytestqt.qtbot import QtBot

from hlmaster.ui.loop import Loop
from tests.ui.desks import until


async def test_an_iteration_that_nobody_finishes_is_closed_on_the_loop(qtbot: QtBot) -> None:
    assert isinstance(asyncio.get_running_loop(), Loop)
    closed: list[str] = []

    async def pieces() -> AsyncIterator[int]:
        try:
            yield 1
        finally:
            await asyncio.sleep(0)
            closed.append("in order")

    async for _ in pieces():
        break
    await until(lambda: closed == ["in order"])
    assert sys.get_asyncgen_hooks().finalizer is not None


async def test_what_works_beside_the_loop_is_a_thread_that_python_made(qtbot: QtBot) -> None:
    """One that it did not make is called a dummy; stacks cannot be read while such a one begins."""
    made = await asyncio.to_thread(threading.current_thread)
    assert made.name.startswith("worker")
    assert not isinstance(made, threading._DummyThread)
