"""The embedded exchange's process: ready by file, restarted where it was, gone when it should be."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest

from hlmaster.core.clock import ManualClock, SystemClock
from hlmaster.core.errors import VenueUnreachable
from hlmaster.desk import exchange_child, exchange_process
from hlmaster.desk.exchange_child import ExchangeChild, ReadyLine
from hlmaster.desk.exchange_process import ExchangeProcess, command

CLOCK = SystemClock()
CHILD = """
import json, pathlib, signal, sys
arguments = sys.argv[1:] + json.loads(sys.stdin.readline())
value = lambda name: arguments[arguments.index(name) + 1]
if "--broken" in arguments:
    sys.exit("Traceback\\nThe port is taken.")
if "--shy" in arguments:
    place = pathlib.Path(value("--shy"))
    if tries := int(place.read_text()):
        place.write_text(str(tries - 1))
        sys.exit("Not yet.")
if "--stubborn" in arguments:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
ready = {"url": "http://127.0.0.1:" + value("--port"), "start_ms": 1000, "wall_ms": 2000, "speed": 20.0}
path = pathlib.Path(value("--ready-file"))
part = path.with_suffix(".part")
part.write_text(json.dumps(ready))
part.rename(path)
sys.stdin.read()
if "--stubborn" in arguments:
    while True:
        signal.pause()
"""


@pytest.fixture
async def spawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., ExchangeChild]]:
    script = tmp_path / "child.py"
    script.write_text(CHILD)

    def stand_in(arguments: Sequence[str]) -> list[str]:
        return [sys.executable, str(script), *arguments]

    monkeypatch.setattr(exchange_process, "command", stand_in)
    children = []

    def start(*arguments: str) -> ExchangeChild:
        child = ExchangeChild(arguments, ExchangeProcess(4711))
        children.append(child)
        child.begin()
        return child

    yield start
    for child in children:
        await child.stop()


def alive(pid: int | None) -> bool:
    try:
        os.kill(pid or 0, 0)
    except ProcessLookupError:
        return False
    return True


async def test_it_is_ready_when_its_file_says_so(spawn: Callable[..., ExchangeChild]) -> None:
    child = spawn()
    assert child.url == "http://127.0.0.1:4711"
    assert await child.wait_ready(CLOCK) == ReadyLine(child.url, 1000, 2000, 20.0)


async def test_closing_its_input_ends_it(spawn: Callable[..., ExchangeChild]) -> None:
    child = spawn()
    await child.wait_ready(CLOCK)
    assert alive(child.pid)
    await child.stop()
    assert not alive(child.pid)


async def test_one_that_does_not_end_when_asked_is_killed(
    spawn: Callable[..., ExchangeChild], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_child, "STOP_SECONDS", 0.1)
    child = spawn("--stubborn")
    await child.wait_ready(CLOCK)
    await child.stop()
    assert not alive(child.pid)


async def test_one_that_was_spawned_before_is_told_what_to_be(
    spawn: Callable[..., ExchangeChild], tmp_path: Path
) -> None:
    process = ExchangeProcess(4712)
    process.spawn()
    first = process.pid
    child = ExchangeChild([], process)
    child.begin()
    assert (await child.wait_ready(CLOCK)).url == "http://127.0.0.1:4712"
    assert child.pid == first
    await child.stop()


def test_one_that_is_not_needed_after_all_leaves_nothing(tmp_path: Path) -> None:
    process = ExchangeProcess()
    process.spawn()
    process.abandon()
    assert not alive(process.pid)
    assert not process.ready_file.parent.exists()


async def test_telling_one_that_has_ended_is_no_error(tmp_path: Path) -> None:
    process = ExchangeProcess()
    process.spawn()
    process.kill()
    child = ExchangeChild([], process)
    child.begin()
    with pytest.raises(VenueUnreachable, match="did not start"):
        await child.wait_ready(CLOCK)
    await child.stop()


async def test_its_last_words_say_why_it_did_not_start(spawn: Callable[..., ExchangeChild]) -> None:
    child = spawn("--broken")
    with pytest.raises(VenueUnreachable, match="did not start: The port is taken"):
        await child.wait_ready(CLOCK)


async def test_a_first_start_that_fails_is_told_and_tried_again(
    spawn: Callable[..., ExchangeChild], tmp_path: Path
) -> None:
    (tmp_path / "tries").write_text("3")
    child, told = spawn("--shy", str(tmp_path / "tries")), list[str]()
    assert (await child.first_ready(ManualClock(), told.append)).url == "http://127.0.0.1:4711"
    assert told == [
        "The embedded exchange did not start: Not yet. It is started again.",
        "The embedded exchange did not start: Not yet. It is tried again every few seconds.",
    ]
    assert child.restarts == 3


async def test_one_that_died_is_started_again_at_the_same_address(spawn: Callable[..., ExchangeChild]) -> None:
    child = spawn()
    await child.wait_ready(CLOCK)
    first, again = child.pid, asyncio.Event()
    lines: list[ReadyLine] = []
    ends: list[str] = []

    def heard(line: ReadyLine) -> None:
        lines.append(line)
        again.set()

    child.watch(CLOCK, ends.append, heard)
    os.kill(first or 0, signal.SIGKILL)
    await again.wait()
    assert (child.restarts, lines[0].url) == (1, "http://127.0.0.1:4711")
    assert ends == ["The embedded exchange stopped and is started again: its process ended with code -9."]
    assert child.pid != first
    assert alive(child.pid)


def test_a_ready_file_is_absent_sound_or_an_error(tmp_path: Path) -> None:
    file = tmp_path / "ready.json"
    assert ReadyLine.read(file) is None
    for text in ("", "{", "[]", '{"url": "x"}', json.dumps({"url": 1, "start_ms": "a", "wall_ms": 1, "speed": 1})):
        file.write_text(text)
        with pytest.raises(VenueUnreachable, match="not an exchange's ready file"):
            ReadyLine.read(file)


def test_market_time_runs_from_the_ready_line() -> None:
    clock = SystemClock()
    ReadyLine("", 5_000_000, clock.wall_ms() - 1_000, 20.0).anchor(clock)
    assert clock.speed == 20.0
    assert 5_020_000 <= clock.now_ms() < 5_320_000


def test_we_start_ourselves_with_other_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    assert command(["simulate"]) == [sys.executable, "-m", "hlmaster", "simulate"]
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert command(["simulate"]) == [sys.executable, "simulate"]


async def test_one_that_never_gets_ready_is_given_up(
    spawn: Callable[..., ExchangeChild], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_child, "READY_TIMEOUT_SECONDS", 0.0)
    with pytest.raises(VenueUnreachable, match="it said nothing"):
        await spawn().wait_ready(ManualClock())
