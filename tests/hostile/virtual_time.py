"""An asyncio loop whose time jumps: hundreds of seconds of waiting pass in about one.

Time stands still while anything can still happen at this instant: a callback is ready, a socket is readable, or a
worker thread owes an answer. Only then does it jump to the next timer. Sockets are real, so a desk and an exchange in
one loop talk over loopback as they always do.

Work of other threads is waited for at the instant it began and before any socket is looked at, so that its duration
does not order events: jobs of ``run_in_executor`` are known to the loop, others are announced with ``working``.
"""

from __future__ import annotations

import asyncio
import functools
import selectors
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar
from unittest.mock import patch

from hlmaster.desk import health

T = TypeVar("T")
P = ParamSpec("P")
THREAD_PATIENCE = 0.05
LAG_SECONDS = 5.0
START_MS = 1_790_000_000_000


class _Selector(selectors.DefaultSelector):
    """``select`` never sleeps for a timer; it tells the loop how far time may jump instead."""

    def __init__(self) -> None:
        super().__init__()
        self.loop: VirtualTimeLoop | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        loop = self.loop
        if loop is None or (timeout is not None and timeout <= 0 and not loop.pending):
            return super().select(0)
        if loop.pending:
            patience = THREAD_PATIENCE if timeout is None or timeout > 0 else 0
            return [event for event in super().select(patience) if event[0].fd == loop.wake_up_fd]
        if loop.guests:
            return super().select(THREAD_PATIENCE)
        events = super().select(0)
        if not events:
            if timeout is None:
                return super().select(THREAD_PATIENCE)
            loop.jump(timeout)
        return events


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    selector_kind = _Selector

    def __init__(self) -> None:
        self._now = 0.0
        self.pending = 0
        """Jobs of other threads whose answers are owed."""
        self.guests = 0
        """Blocking clients in other threads that are being served over sockets of this loop."""
        selector = self.selector_kind()
        super().__init__(selector)
        self.wake_up_fd: int = self._ssock.fileno()  # type: ignore[attr-defined]
        selector.loop = self

    def time(self) -> float:
        return self._now

    def jump(self, seconds: float) -> None:
        self._now += seconds

    @contextmanager
    def working(self) -> Iterator[None]:
        """Time stands still while another thread works on what the body waits for."""
        self.pending += 1
        try:
            yield
        finally:
            self.pending -= 1

    async def calling(self, blocking: Callable[[], T]) -> T:
        """What a blocking client, in a thread of its own, gets from a server on this loop. Time stands still."""
        self.guests += 1
        try:
            with ThreadPoolExecutor(1) as pool:
                return await asyncio.wrap_future(pool.submit(blocking), loop=self)
        finally:
            self.guests -= 1

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        future: asyncio.Future[T] = super().run_in_executor(executor, func, *args)
        self.pending += 1
        future.add_done_callback(self._job_done)
        return future

    def _job_done(self, _job: object) -> None:
        self.pending -= 1


class _Deaf(_Selector):
    """Never asks the system: there is nobody who could answer."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("everything waits, and nothing can happen any more")
        if timeout > 0 and self.loop is not None:
            self.loop.jump(timeout)
        return []


class LoneLoop(VirtualTimeLoop):
    """For what has neither sockets nor threads. What is given to a thread is done here, a step later, so one seed is
    one order of events."""

    selector_kind = _Deaf

    def run_in_executor(  # type: ignore[override]
        self, executor: Executor | None, func: Callable[..., T], *args: Any
    ) -> asyncio.Future[T]:
        async def here() -> T:
            return func(*args)

        return self.create_task(here())


class VirtualClock:
    """``core.clock.Clock`` on a virtual loop: market time and wall time are the loop's. Build it while that runs."""

    speed = 1.0

    def __init__(self, start_ms: int = START_MS) -> None:
        self._loop = asyncio.get_running_loop()
        self._start_ms = start_ms
        self.offset_ms = 0
        """Set it to part the wall clock from the monotonic one, as sleep or a clock set by hand does."""

    def now_ms(self) -> int:
        return self._start_ms + int(self._loop.time() * 1000)

    def wall_ms(self) -> int:
        return self.now_ms() + self.offset_ms

    def monotonic(self) -> float:
        return self._loop.time()

    def wall_jump_ms(self) -> int:
        return self.offset_ms

    async def sleep(self, wall_seconds: float) -> None:
        await asyncio.sleep(wall_seconds)


class Unhurried:
    """An object of another thread (journal, recorder): time stands still while one of its coroutines is awaited."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not asyncio.iscoroutinefunction(found):
            return found

        @functools.wraps(found)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            loop = asyncio.get_running_loop()
            if not isinstance(loop, VirtualTimeLoop):
                return await found(*args, **kwargs)
            with loop.working():
                return await found(*args, **kwargs)

        return awaited


async def hang_up() -> None:
    """Close every socket of the loop that nobody closed, as the end of a process does."""
    loop: Any = asyncio.get_running_loop()
    for transport in list(loop._transports.values()):
        transport.abort()
    for _ in range(3):
        await asyncio.sleep(0)


def run(main: Coroutine[Any, Any, T], loop: Callable[[], VirtualTimeLoop] = VirtualTimeLoop) -> T:
    """As ``asyncio.run``, in virtual time. Nothing is ever late in it, so the desk's meter of that beats seldom."""
    with patch.object(health, "BEAT_SECONDS", LAG_SECONDS), asyncio.Runner(loop_factory=loop) as runner:
        return runner.run(main)


def virtual(test: Callable[P, Awaitable[T]]) -> Callable[P, T]:
    """An async test that runs in virtual time."""

    @functools.wraps(test)
    def in_virtual_time(*args: P.args, **kwargs: P.kwargs) -> T:
        async def main() -> T:
            return await test(*args, **kwargs)

        return run(main())

    return in_virtual_time
