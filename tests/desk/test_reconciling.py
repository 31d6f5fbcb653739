"""A pass on a timer and one soon after each doubt; what a pass is asked for before it began is answered by the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.errors import VenueUnreachable
from hlmaster.desk.reconciling import Reconciling
from hlmaster.desk.work import Work
from tests.turns import turns


class Scene:
    """A reconciler whose passes end when they are let; ``passes`` tells of each whether it succeeded."""

    def __init__(self) -> None:
        self.begun, self.passes = 0, list[bool]()
        self.let = asyncio.Event()
        self.fails = False
        self.work = Work(Bus(), pytest.fail)
        self.one = Reconciling(self, self.work, lambda: 3_600.0, self.comparing)  # type: ignore[arg-type]

    async def run(self) -> None:
        self.begun += 1
        await self.let.wait()
        if self.fails:
            raise VenueUnreachable("No line.")

    @contextmanager
    def comparing(self) -> Iterator[None]:
        self.passes.append(False)
        yield
        self.passes[-1] = True


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    made = Scene()
    yield made
    await made.work.stop()


async def test_before_it_runs_nobody_compares(scene: Scene) -> None:
    scene.one.soon()
    await turns()
    assert scene.begun == 0


async def test_beside_a_pass_under_way_at_most_one_waits(scene: Scene) -> None:
    scene.work.own(scene.one.run(), "reconcile")
    await turns()
    for _ in range(5):
        scene.one.soon()
    await turns()
    assert scene.begun == 2
    scene.let.set()
    await turns()
    assert scene.passes == [True, True] or scene.passes.count(True) >= 1
    scene.one.soon()
    await turns()
    assert scene.begun == 3


async def test_a_pass_that_fails_is_no_comparison(scene: Scene) -> None:
    scene.fails = True
    scene.let.set()
    scene.work.own(scene.one.run(), "reconcile")
    await turns()
    scene.one.soon()
    await turns()
    assert scene.passes == [False]
