"""What is written is written in order, beside the loop, and nothing is left out at the end."""

from __future__ import annotations

import threading

from hlmaster.desk.pen import Pen


async def test_in_the_order_of_asking_on_one_thread_of_its_own() -> None:
    pen, done = Pen("test"), list[tuple[int, str]]()
    for number in range(100):
        pen.write(lambda number=number: done.append((number, threading.current_thread().name)))  # type: ignore[misc]
    await pen.settled()
    assert [number for number, _ in done] == list(range(100))
    assert {name for _, name in done} == {"test_0"}
    await pen.stop()


async def test_whoever_asks_does_not_wait_and_the_end_does() -> None:
    pen, go, done = Pen("test"), threading.Event(), list[int]()
    pen.write(go.wait)
    pen.write(lambda: done.append(1))
    assert done == []
    go.set()
    await pen.stop()
    assert done == [1]


async def test_what_fails_is_told_to_whoever_asks_and_stops_nobody_else() -> None:
    pen = Pen("test")
    failed = pen.write(lambda: 1 / 0)
    after = pen.write(lambda: 7)
    await pen.settled()
    assert isinstance(failed.exception(), ZeroDivisionError)
    assert after.result() == 7
    await pen.stop()
