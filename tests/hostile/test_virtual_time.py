from __future__ import annotations

import asyncio
import threading

import pytest

from hlmaster.core.clock import Clock
from tests.hostile.virtual_time import LoneLoop, Unhurried, VirtualClock, VirtualTimeLoop, run, virtual


def loop() -> VirtualTimeLoop:
    running = asyncio.get_running_loop()
    assert isinstance(running, VirtualTimeLoop)
    return running


async def shut(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        writer.close()
    for writer in writers:
        await writer.wait_closed()


@virtual
async def test_hours_of_sleep_pass_in_order_and_at_once() -> None:
    woken: list[int] = []

    async def sleeper(seconds: int) -> None:
        await asyncio.sleep(seconds)
        woken.append(seconds)

    await asyncio.gather(*(sleeper(seconds) for seconds in (7200, 1, 3600, 60)))
    assert woken == [1, 60, 3600, 7200]
    assert loop().time() == 7200


@virtual
async def test_time_stands_still_while_bytes_are_on_their_way_over_loopback() -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(line)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    for number in range(200):
        async with asyncio.timeout(0.001):
            writer.write(b"%d\n" % number * 50)
            assert await reader.readline() == b"%d\n" % number
            for _ in range(49):
                await reader.readline()
    assert loop().time() < 0.001
    await shut(writer)
    server.close()


@virtual
async def test_a_silent_line_is_noticed_at_its_deadline() -> None:
    held: list[asyncio.StreamWriter] = []
    server = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    timed_out = False
    try:
        await asyncio.wait_for(reader.read(), 90)
    except TimeoutError:
        timed_out = True
    assert timed_out
    assert loop().time() == 90
    await shut(writer, *held)
    server.close()


@virtual
async def test_time_waits_for_jobs_of_other_threads() -> None:
    gate = threading.Event()
    asyncio.get_running_loop().call_later(0.0, gate.set)
    async with asyncio.timeout(0.5):
        assert await asyncio.to_thread(gate.wait, 20)
        await asyncio.to_thread(sum, range(10**6))
    assert loop().time() == 0


class Worker:
    """As the journal: a thread of its own, an answer by the loop."""

    async def work(self) -> int:
        running = asyncio.get_running_loop()
        done = running.create_future()

        def job() -> None:
            total = sum(range(10**6))
            running.call_soon_threadsafe(done.set_result, total)

        threading.Thread(target=job).start()
        return int(await done)

    def plain(self) -> str:
        return "plain"


@virtual
async def test_time_waits_for_an_announced_thread_and_no_socket_overtakes_it() -> None:
    heard: list[str] = []
    held: list[asyncio.StreamWriter] = []

    def accepted(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        heard.append("socket")

    server = await asyncio.start_server(accepted, "127.0.0.1", 0)

    async def work() -> None:
        async with asyncio.timeout(0.1):
            assert await Unhurried(Worker()).work() == sum(range(10**6))
        heard.append("thread")

    working = asyncio.ensure_future(work())
    await asyncio.sleep(0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    await working
    await asyncio.sleep(0.1)
    assert heard == ["thread", "socket"]
    assert Unhurried(Worker()).plain() == "plain"
    await shut(writer, *held)
    server.close()


@virtual
async def test_the_clock_follows_the_loop() -> None:
    clock: Clock = VirtualClock(start_ms=1_000)
    await clock.sleep(12.5)
    assert (clock.now_ms(), clock.wall_ms(), clock.monotonic(), clock.wall_jump_ms()) == (13_500, 13_500, 12.5, 0)


def test_a_lone_loop_does_a_threads_work_itself_a_step_later() -> None:
    seen: list[object] = []

    async def main() -> None:
        work = asyncio.ensure_future(asyncio.to_thread(threading.get_ident))
        asyncio.get_running_loop().call_later(3600, seen.append, "an hour")
        await asyncio.sleep(0)
        seen.append(work.done())
        assert await work == threading.get_ident()
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 / 0)
        await asyncio.sleep(3600)

    run(main(), LoneLoop)
    assert seen == [False, "an hour"]


def test_a_lone_loop_that_waits_for_nobody_says_so() -> None:
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="nothing can happen"):
        run(main(), LoneLoop)
