"""What is left of a broken-off iteration is closed on the window's loop, as on asyncio's own."""

from __future__ import annotations

import asyncio
import sys
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
