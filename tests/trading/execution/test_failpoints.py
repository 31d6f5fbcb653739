"""Nine points of the order path, seven faults, four deeds: nothing doubled, nothing lost, nothing forgotten."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from hlmaster.core.events import TradingState
from hlmaster.core.failpoints import Point
from hlmaster.core.orders import OrderStatus
from tests.hostile.virtual_time import VirtualClock, run
from tests.trading.execution.lives import POSITION, Deed, DiedError, Fault, Injector, Life, Network, made_template
from tests.trading.scenes import D

RANK = {status: rank for rank, status in enumerate(OrderStatus)} | {OrderStatus.WAITING: 3, OrderStatus.RESTING: 3}


MEMORY = Path("/dev/shm")
"""Where there is a file system in memory, syncing costs nothing; what a sync is worth is tested with the journal."""


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        made_template(Path(folder) / "template")
        yield Path(folder)


@pytest.mark.parametrize("deed", Deed)
@pytest.mark.parametrize("fault", Fault)
@pytest.mark.parametrize("point", Point)
def test_at(point: Point, fault: Fault, deed: Deed, disk: Path) -> None:
    run(story(point, fault, deed, disk / f"{point.name}-{fault.name}-{deed.name}", disk / "template"))


async def story(point: Point, fault: Fault, deed: Deed, folder: Path, template: Path) -> None:
    network = Network(VirtualClock())
    if deed is not Deed.ENTRY:
        network.venue.give("ETH", POSITION)
    faults = Injector(point, fault)
    life = Life(folder, network, faults, template)
    await life.start()
    faults.arm()
    asked = asyncio.create_task(life.do(deed))
    await asyncio.wait({asked})
    if asked.exception() is not None:
        assert isinstance(asked.exception(), DiedError), asked.exception()
        assert not life.is_alive
    else:
        await life.settle()
        judge(life, deed)
        await life.kill()
    await life.end()
    assert faults.met == [point], f"the deed never came to the point {point}"
    heir = Life(life.successor, network, Injector(), template)
    await heir.start()
    assert heir.guard.state is TradingState.PROTECT_ONLY or heir.journal_was_damaged
    await heir.settle()
    judge(heir, deed)
    await heir.end()


def judge(life: Life, deed: Deed) -> None:
    venue, network = life.network.venue, life.network
    assert max(network.delivered.values(), default=0) <= 1, "an order was doubled"
    assert network.unwritten == [], "an entry left without an intent"
    booked = [one.fill.key for one in life.portfolio.fills]
    assert sorted(booked) == sorted(fill.key for fill in venue.all_fills), "a fill was lost or booked twice"
    assert life.portfolio.size("ETH") == venue.positions.get("ETH", D(0))
    assert 0 <= venue.positions.get("ETH", D(0)) <= POSITION
    assert len({order.order_id for order in venue.orders.values()}) <= 1, "a stop was placed twice"
    assert life.resolver.open == (), "a doubt never ended"
    for tracked in life.tracker.all():
        assert tracked.status.is_final or tracked.status.is_live, tracked
        assert not tracked.resolving
        venues_own = venue.statuses.get(tracked.client_order_id)
        assert tracked.status is (OrderStatus.REJECTED if venues_own is None else venues_own.status), tracked
    for client_order_id in network.delivered:
        assert life.tracker.get(client_order_id) is not None, "an order that the venue has is forgotten"
    for steps in life.history.values():
        assert all(RANK[a] <= RANK[b] and x <= y for (a, x), (b, y) in pairwise(steps)), steps
