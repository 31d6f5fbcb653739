"""A whole demo desk on a real embedded exchange, for stories."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

from hlmaster import app
from hlmaster.desk.desk import Desk
from hlmaster.desk.modes import build

D = Decimal
UNPROTECTED = ["protection.stop=off"]
"""``overrides`` of stories that count their orders."""
PATIENCE_SECONDS = 60.0
"""An order that a crash kept from leaving counts as dead half a minute later: expiry, then three clean negatives."""


def arguments(data: Path, **changes: object) -> argparse.Namespace:
    values: dict[str, object] = {
        "mode": None,
        "data": data,
        "session": "default",
        "overrides": [],
        "seed": 3,
        "speed": 1.0,
        "replay": None,
        "exchange": None,
    }
    return argparse.Namespace(**{**values, **changes})


@asynccontextmanager
async def demo_desk(data: Path, **changes: object) -> AsyncIterator[Desk]:
    async with opened(app.launch(arguments(data, **changes), console=False)) as desk:
        yield desk


@asynccontextmanager
async def opened(run: app.Launch) -> AsyncIterator[Desk]:
    """Started and reconciled; stopped in order at the end. What cannot be built leaves nothing open."""
    try:
        desk = Desk(build(run.opening))
    except BaseException:
        run.opening.session.close()
        run.logs.close()
        raise
    try:
        await desk.start()
        await until(lambda: desk.is_ready, desk)
        yield desk
    finally:
        await desk.stop()
        run.logs.close()


async def until(condition: Callable[[], object], desk: Desk) -> None:
    """Wait for the desk to get somewhere; an assertion names what it was waiting for."""
    deadline = desk.clock.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert desk.clock.monotonic() < deadline, f"still not true: {condition}; {desk.health()}"
        await asyncio.sleep(0.02)


async def fresh(desk: Desk, coin: str) -> None:
    """Prices of the coin are good enough for entries."""
    await until(lambda: coin in desk.instruments and desk.survey(coin).stale is None, desk)
