"""The host: one process that runs all strategies of other hands, watched, restarted, and replaced when code changes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from hlmaster.core.clock import Clock
from hlmaster.core.registry import Broken
from hlmaster.strategies.answer import StrategyBroken
from hlmaster.strategies.base import Params
from hlmaster.strategies.host.checker import Checker
from hlmaster.strategies.host.folder import Folder, Stamp
from hlmaster.strategies.host.hosted import Hosted, HostedMind, plain
from hlmaster.strategies.host.lineup import Begin, Casting, Lineup, Talk, said
from hlmaster.strategies.host.messages import Decide, Decided, Prepare, Prepared, Request
from hlmaster.strategies.host.process import HostLost, HostProcess
from hlmaster.strategies.known import Checks, Known, Later

log = logging.getLogger(__name__)
DECIDE_SECONDS, PREPARE_SECONDS = 0.25, 1.0
LOOK_SECONDS = 1.0
"""Between two looks at the folder; a change is taken when it has not changed further by the next."""
LONGEST_PAUSE, LOSSES_SECONDS = 30.0, 60.0
"""The pause before a restart doubles with each loss within so many seconds; the first restart is at once."""
MOST_WAITING = 2_000
"""Decisions, one for each strategy and coin; more coins than that nobody watches."""
Hear = Callable[[Sequence[Known], Sequence[Broken], Mapping[str, str]], None]


class _NoLineError(StrategyBroken):
    """There is nobody to ask."""


@dataclass(frozen=True, slots=True)
class _Decision:
    mind: HostedMind
    row_ms: int
    packed: bytes
    later: Later


class Host:
    """``command`` starts the process; ``taken`` are names of strategies that others may not have."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Folder,
        clock: Clock,
        taken: Collection[str],
        *,
        begin: Begin | None = None,
        decide_seconds: float = DECIDE_SECONDS,
        look_seconds: float = LOOK_SECONDS,
    ) -> None:
        self._folder, self._clock, self._taken = folder, clock, taken
        self._begin = begin or _beginner(command)
        self._decide_seconds, self._look_seconds = decide_seconds, look_seconds
        self.checker = Checker(self._begin)
        self._live = Lineup()
        self._reports: dict[str, Checks] = {}
        self._speaking, self._building = asyncio.Lock(), asyncio.Lock()
        self._waiting: OrderedDict[tuple[int, str], _Decision] = OrderedDict()
        self._work, self._reload, self._settled = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._numbers = count(1)
        self._losses: deque[float] = deque(maxlen=16)
        self._unreadable: list[Broken] = []
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    async def start(
        self, hear: Hear, fail: Callable[[str, str], None], armed: Callable[[Known], Params | None]
    ) -> None:
        """Returns at once; ``hear`` is told what there is when it is loaded, and again whenever that changed."""
        self._hear, self._fail = hear, fail
        self._casting = Casting(self, self._begin, self._taken, armed)
        self._reload.set()
        loop = asyncio.get_running_loop()
        self._tasks = (
            loop.create_task(self._keep_loaded(), name="strategy folder"),
            loop.create_task(self._decide(), name="strategy host"),
        )
        for task in self._tasks:
            task.add_done_callback(self._tell_end)

    def reload(self) -> None:
        """Read all code anew, and replace what runs by what loads and passes."""
        self._settled.clear()
        self._reload.set()

    async def settled(self) -> None:
        await self._settled.wait()

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._live.end()

    def _tell_end(self, task: asyncio.Task[None]) -> None:
        """Neither ends by itself unless we made a mistake; then nobody shall wait for it."""
        if not task.cancelled():
            log.error("the task %r failed", task.get_name(), exc_info=task.exception())
            self._settled.set()

    @property
    def process(self) -> Talk | None:
        return self._live.process

    # --- asked by the engine ---

    async def prepare(self, known: Hosted, params: dict[str, Any]) -> HostedMind:
        """Raises StrategyBroken."""
        number = next(self._numbers)
        request = Prepare(number, known.card.name, params)
        try:
            async with self._line_to(known) as live:
                prepared = said(await self._ask(live, request, PREPARE_SECONDS), Prepared)
                live.prepared.add(number)
        except HostLost as error:
            await self._restart()
            raise StrategyBroken(error.sentence) from error
        return HostedMind(self, known, params, number, prepared)

    async def check(self, known: Hosted, params: Params) -> Checks:
        """What was found when it was loaded, or else now, in a process of its own."""
        found = self._reports.pop(known.version(params), None)
        return found or await self.checker.check(known.source, known.card.name, plain(params))

    def put(self, mind: HostedMind, coin: str, row_ms: int, packed: bytes, later: Later) -> None:
        """Decide on this row, and forget an older one that still waits."""
        if len(self._waiting) < MOST_WAITING or (mind.number, coin) in self._waiting:
            self._waiting[mind.number, coin] = _Decision(mind, row_ms, packed, later)
            self._work.set()

    # --- decisions ---

    async def _decide(self) -> None:
        while True:
            await self._work.wait()
            if not self._waiting:
                self._work.clear()
                continue
            _, decision = self._waiting.popitem(last=False)
            try:
                await self._decide_on(decision)
            except _NoLineError:  # loaded anew meanwhile, or no process can be had: the next row asks again
                continue
            except StrategyBroken as error:
                self._drop(decision.mind, str(error))
            except HostLost as error:
                self._drop(decision.mind, error.sentence)
                await self._restart()

    async def _decide_on(self, decision: _Decision) -> None:
        mind = decision.mind
        async with self._line_to(mind.known) as live:
            if mind.number not in live.prepared:
                request = Prepare(mind.number, mind.known.card.name, mind.params)
                said(await self._ask(live, request, PREPARE_SECONDS), Prepared)
                live.prepared.add(mind.number)
            answer = await self._ask(live, Decide(mind.number, decision.packed), self._decide_seconds)
        decision.later(said(answer, Decided).answer, decision.row_ms, decision.packed)

    def _drop(self, mind: HostedMind, sentence: str) -> None:
        """The process goes on without this one."""
        name = mind.known.card.name
        for key in [key for key, waiting in self._waiting.items() if waiting.mind.known.card.name == name]:
            del self._waiting[key]
        self._fail(name, sentence)

    @contextlib.asynccontextmanager
    async def _line_to(self, known: Hosted) -> AsyncIterator[Lineup]:
        """A living process with this code, for as long as the block lasts. Raises _NoLineError.

        What was lost over somebody else's question, or by itself, is replaced first: nobody is blamed for it.
        """
        while True:
            async with self._speaking:
                live = self._live
                current = live.known.get(known.card.name)
                if current is None or current.code != known.code:
                    raise _NoLineError("Its code is not loaded now.")
                if live.process is not None and live.process.is_alive:
                    yield live
                    return
            log.warning("the process of strategies of other hands is gone; another is started")
            if not await self._restart():
                raise _NoLineError("There is no process to run it.")

    @staticmethod
    async def _ask(live: Lineup, request: Request, seconds: float) -> Any:
        if live.process is None:
            raise HostLost("There is no process to run it.")
        return await live.process.ask(request, seconds)

    # --- code ---

    async def _keep_loaded(self) -> None:
        loaded: Stamp | None = None
        seen: Stamp | None = None
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._look_seconds):
                    await self._reload.wait()
            stamp = await asyncio.to_thread(self._folder.stamp)
            if self._reload.is_set() or (stamp != loaded and stamp == seen):
                self._reload.clear()
                await self._load()
                loaded = stamp
                if not self._reload.is_set():
                    self._settled.set()
            elif self._live.process is not None and not self._live.process.is_alive:
                await self._restart()
            seen = stamp

    async def _load(self) -> None:
        wanted, self._unreadable = await asyncio.to_thread(self._folder.read)
        async with self._building:
            try:
                lineup = await self._casting.line_up(wanted, self._live.sources)
            except HostLost as error:  # what runs goes on
                self._live.failed = dict.fromkeys(wanted, error.sentence)
                self._tell()
                return
            await self._adopt(lineup)

    async def _restart(self) -> bool:
        """The same code in a new process; after repeated losses not at once. False where none can be started."""
        async with self._building:
            if self._live.process is not None and self._live.process.is_alive:
                return True  # somebody else was faster
            now = self._clock.monotonic()
            recent = sum(now - at < LOSSES_SECONDS for at in self._losses)
            self._losses.append(now)
            if recent:
                await self._clock.sleep(min(LONGEST_PAUSE, 0.5 * 2 ** (recent - 1)))
            try:
                lineup = await self._casting.line_up(self._live.sources, self._live.sources)
            except HostLost as error:
                for name in self._live.known:
                    self._fail(name, error.sentence)
                return False
            lineup.failed = self._live.failed | lineup.failed
            await self._adopt(lineup)
            return True

    async def _adopt(self, lineup: Lineup) -> None:
        async with self._speaking:
            old, self._live = self._live, lineup
        self._reports.update(lineup.checks)
        await old.end()
        self._tell()

    def _tell(self) -> None:
        live = self._live
        broken = [Broken(origin, why) for origin, why in live.failed.items() if origin not in live.sources]
        notices = {origin: why for origin, why in live.failed.items() if origin in live.sources}
        self._hear(tuple(live.known.values()), [*broken, *self._unreadable], notices)


def _beginner(command: Sequence[str]) -> Begin:
    async def begin() -> Talk:
        return await HostProcess.begin(command)

    return begin
