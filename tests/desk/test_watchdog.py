"""A loop that stands still is caught in the act: its stack is logged once, and a notice follows."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.clock import ManualClock
from hlmaster.core.events import Notice
from hlmaster.core.logs import entry_of
from hlmaster.desk.watchdog import CODE, LIMIT_SECONDS, Watchdog, stacks


class Heard(logging.Handler):
    """Log entries, and a signal at the first."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.first = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self.first.set()


@pytest.fixture
def heard() -> Iterator[Heard]:
    handler, log = Heard(), logging.getLogger("hlmaster.desk.watchdog")
    log.addHandler(handler)
    yield handler
    log.removeHandler(handler)


@pytest.fixture(autouse=True)
def few_threads() -> None:
    """Of more than a hundred threads the interpreter tells the newest hundred alone: the workers that earlier tests
    have left go."""
    pools = [one for one in gc.get_objects() if type(one) is ThreadPoolExecutor]
    for pool in pools:
        pool.shutdown(wait=False)
    for worker in (worker for pool in pools for worker in pool._threads):
        worker.join(1)


def wired() -> tuple[ManualClock, list[Notice], Watchdog]:
    clock, bus, notices = ManualClock(), Bus(), list[Notice]()
    bus.subscribe(Notice, notices.append)
    return clock, notices, Watchdog(clock, bus)


def test_each_block_is_logged_once_and_told_once_it_is_over(heard: Heard) -> None:
    clock, notices, dog = wired()
    for blocks in (1, 2):
        for _ in range(3):
            clock.advance(int(LIMIT_SECONDS * 1000))
            dog.look()
        assert len(heard.records) == blocks
        assert len(notices) == blocks - 1
        dog.beat()
        dog.beat()
        dog.look()
        assert len(heard.records) == len(notices) == blocks
    assert notices[0].sentence == "The application stood still for 6.0 s."
    assert notices[0].code == entry_of(heard.records[0]).code == CODE


def test_a_loop_that_is_only_late_is_left_alone(heard: Heard) -> None:
    clock, notices, dog = wired()
    clock.advance(int(LIMIT_SECONDS * 1000) - 1)
    dog.look()
    dog.beat()
    assert (heard.records, notices) == ([], [])


async def test_a_blocked_loop_is_caught_by_name(heard: Heard) -> None:
    clock, notices, dog = wired()
    dog.start()

    def hold_up_the_loop() -> None:
        clock.advance(3_000)
        assert heard.first.wait(30)

    hold_up_the_loop()
    await dog.stop()
    dog.beat()
    entry = entry_of(heard.records[0])
    assert entry.message == "The loop has stood still for 3.0 s; the stacks of all threads follow."
    assert "hold_up_the_loop" in entry.detail
    assert "Thread MainThread" in entry.detail
    assert [notice.sentence for notice in notices] == ["The application stood still for 3.0 s."]
    assert not any(thread.name == "watchdog" for thread in threading.enumerate())


def test_what_a_function_holds_ends_on_its_own_thread_while_its_stack_is_told() -> None:
    """A painter that outlives its function, and ends on another thread, ends the process."""
    ended_on: set[int] = set()
    told: list[str] = []

    class Held:
        def __del__(self) -> None:
            ended_on.add(threading.get_ident())

    def paint() -> int:
        held = Held()
        return sum(range(2_000)) + id(held)

    def ask() -> None:
        for _ in range(300):
            told.append(stacks())

    asking = threading.Thread(target=ask)
    asking.start()
    while asking.is_alive():
        paint()
    asking.join()
    assert ended_on == {threading.get_ident()}
    assert any("in paint" in stack for stack in told)
