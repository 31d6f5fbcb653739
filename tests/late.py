"""A machine that is late: what threads, sockets and timers have to say comes late, and who waits looks at once.

``make test ARGS="-p tests.late"`` finds tests that pass by luck. All of it may happen on a busy machine; of what the
loop promises nothing is taken away. ``LATE_SEED`` gives the same dice again, though not the same order of events.
"""

from __future__ import annotations

import asyncio
import os
import random
import sys
import threading
import time
from asyncio import base_events, selector_events
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import qasync
from qasync import _unix

from tests.hostile.virtual_time import VirtualTimeLoop

MOST_SECONDS = 0.015
HOW_OFTEN = 0.4
LONGEST_LOOK = 0.1
"""Seconds: a longer sleep of a test is meant."""
NAP = 0.0002
SEED = int(os.environ.get("LATE_SEED", time.time_ns() % 10**9))
TESTS = str(Path(__file__).parent)
_dice = random.Random(SEED)


def pytest_report_header() -> str:
    return f"late with LATE_SEED={SEED}"


def _lateness() -> float:
    return _dice.random() ** 2 * MOST_SECONDS if _dice.random() < HOW_OFTEN else 0.0


class _Held:
    """What is ready and is not told yet; the selector says it again and again."""

    def __init__(self) -> None:
        self._until: dict[object, float] = {}

    def passes(self, what: object) -> bool:
        now = time.monotonic()
        if now < self._until.setdefault(what, now + _lateness()):
            return False
        del self._until[what]
        return True


def _late_threads() -> None:
    submit = ThreadPoolExecutor.submit

    def late_submit(self: ThreadPoolExecutor, call: Callable[..., Any], /, *args: Any, **words: Any) -> Future[Any]:
        before, after = _lateness(), _lateness()

        def late_call() -> Any:
            time.sleep(before)
            try:
                return call(*args, **words)
            finally:
                time.sleep(after)

        return submit(self, late_call)

    ThreadPoolExecutor.submit = late_submit  # type: ignore[method-assign, assignment]
    loops: tuple[Any, ...] = base_events.BaseEventLoop, qasync._QEventLoop
    for loop in loops:
        loop.call_soon_threadsafe = _late_word(loop.call_soon_threadsafe)


def _late_word(tell: Callable[..., Any]) -> Callable[..., Any]:
    def late_tell(self: Any, *args: Any, **words: Any) -> Any:
        if threading.current_thread() is not threading.main_thread() and not isinstance(self, VirtualTimeLoop):
            time.sleep(_lateness())
        return tell(self, *args, **words)

    return late_tell


def _late_sockets() -> None:
    many: Any = selector_events.BaseSelectorEventLoop
    process, process_one = many._process_events, _unix._SelectorEventLoop._process_event

    def late_process(self: Any, events: list[Any]) -> None:
        if isinstance(self, VirtualTimeLoop):
            process(self, events)
            return
        held = self.__dict__.setdefault("_held", _Held())
        passed = [one for one in events if one[0].fileobj is self._ssock or held.passes(one[0].fd)]
        if events and not passed:
            time.sleep(NAP)
        process(self, passed)

    def late_process_one(self: Any, key: Any, mask: int) -> None:
        if self.__dict__.setdefault("_held", _Held()).passes((key.fd, mask)):
            process_one(self, key, mask)

    many._process_events = late_process
    _unix._SelectorEventLoop._process_event = late_process_one


def _late_timers() -> None:
    at, add = base_events.BaseEventLoop.call_at, qasync._SimpleTimer.add_callback

    def late_at(self: asyncio.AbstractEventLoop, when: float, *args: Any, **words: Any) -> Any:
        late = 0.0 if isinstance(self, VirtualTimeLoop) else _lateness()
        return at(self, when + late, *args, **words)  # type: ignore[arg-type]

    def late_add(self: Any, handle: Any, delay: float = 0.0) -> Any:
        return add(self, handle, delay + _lateness() if delay > 0 else delay)

    base_events.BaseEventLoop.call_at = late_at  # type: ignore[method-assign, assignment]
    qasync._SimpleTimer.add_callback = late_add


def _early_looks() -> None:
    """A test that sleeps for what others do looks at the first moment at which it may be so."""
    sleep = asyncio.sleep

    async def early(delay: float, result: Any = None) -> Any:
        is_look = 0 < delay <= LONGEST_LOOK and sys._getframe(1).f_code.co_filename.startswith(TESTS)
        if is_look and not isinstance(asyncio.get_running_loop(), VirtualTimeLoop) and _dice.random() < 0.7:
            delay = 0
        return await sleep(delay, result)

    asyncio.sleep = early


_late_threads()
_late_sockets()
_late_timers()
_early_looks()
