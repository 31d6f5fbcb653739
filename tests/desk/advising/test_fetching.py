from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.core.opinions import AnalystChanged
from hlmaster.desk.advising.choice import Choice
from hlmaster.desk.advising.claude_key import ClaudeKey
from hlmaster.desk.advising.fetching import Fetching
from hlmaster.desk.work import Work
from hlmaster.insight.analyst.terms import AnalystTerms
from hlmaster.insight.llm.backend import PullProgress
from tests.desk.advising.keys import MemoryVault
from tests.exchange.hyperliquid.venue import until
from tests.insight.fake_ollama import FakeOllama, Mode


class Bench:
    def __init__(self, server: FakeOllama) -> None:
        bus = Bus()
        self.seen: list[PullProgress] = []
        self.work = Work(bus, lambda sentence: None)
        terms = AnalystTerms(host=server.host)
        self.choice = Choice(bus, SystemClock(), lambda: terms, ClaudeKey(MemoryVault()))
        self.fetching = Fetching(bus, self.work, self.choice)
        bus.subscribe(AnalystChanged, self._note)

    def _note(self, fact: AnalystChanged) -> None:
        if self.fetching.progress is not None:
            self.seen.append(self.fetching.progress)

    async def over(self) -> None:
        await until(lambda: self.fetching.progress is None)


@asynccontextmanager
async def bench(server: FakeOllama) -> AsyncIterator[Bench]:
    async with server:
        made = Bench(server)
        try:
            yield made
        finally:
            await made.work.stop()
            await made.choice.close()


async def test_a_model_is_fetched_with_its_progress_and_is_there_afterwards() -> None:
    async with bench(FakeOllama()) as one:
        one.fetching.start("qwen3")
        one.fetching.start("another")
        assert one.fetching.model == "qwen3", "one at a time"
        await one.over()
        assert one.fetching.failure == ""
        assert (300, 300) in {(part.completed, part.total) for part in one.seen}
        assert "qwen3:latest" in {info.name for info in one.choice.server.models}


async def test_what_cannot_be_fetched_says_why_and_another_may_follow() -> None:
    async with bench(FakeOllama()) as one:
        one.fetching.start("nosuch")
        await one.over()
        assert "nosuch" in one.fetching.failure
        one.fetching.start("qwen3")
        assert one.fetching.failure == ""
        await one.over()
        assert one.fetching.failure == ""


async def test_giving_up_and_ending_leave_no_task() -> None:
    async with bench(FakeOllama(mode=Mode.HANG_INSIDE)) as one:
        before = asyncio.all_tasks()
        one.fetching.start("qwen3")
        one.fetching.cancel()
        await one.over()
        one.fetching.start("qwen3")
        await until(lambda: any(part.total for part in one.seen))
        one.fetching.cancel()
        await one.over()
        assert (one.fetching.progress, one.fetching.failure) == (None, "")
        assert not {task for task in asyncio.all_tasks() - before if task.get_name() == "fetching a model"}
