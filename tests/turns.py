"""Time for tasks without a clock."""

from __future__ import annotations

import asyncio


async def turns(count: int = 20) -> None:
    """Let every task take so many steps."""
    for _ in range(count):
        await asyncio.sleep(0)
