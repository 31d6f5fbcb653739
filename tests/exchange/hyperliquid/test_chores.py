from __future__ import annotations

import asyncio
from typing import Any

from hlmaster.core.events import Notice, Severity
from hlmaster.exchange.hyperliquid.chores import Chores
from tests.exchange.hyperliquid.venue import until


async def test_a_chore_that_fails_is_told_and_the_others_go_on() -> None:
    told: list[Any] = []
    chores = Chores(told.append)

    async def breaks() -> None:
        raise LookupError("where is it")

    async def waits() -> None:
        await asyncio.Event().wait()

    waiting = chores.start(waits(), "waits")
    chores.start(breaks(), "breaks")
    await until(lambda: told)
    (notice,) = told
    assert isinstance(notice, Notice)
    assert notice.severity is Severity.CRITICAL
    assert "breaks" in notice.sentence
    assert not waiting.done()
    await chores.stop()
    assert waiting.cancelled()
    assert len(told) == 1
