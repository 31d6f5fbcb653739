"""Another process can ask a running desk, and is told plainly when none runs."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.errors import StorageError, VenueUnreachable
from hlmaster.core.model import Mode
from hlmaster.desk.control import MAX_REQUEST, Control, Exchange, ask, exchange_of


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Sockets of this test lie in a folder beside ``tmp_path``, whose name is too long for them."""
    with tempfile.TemporaryDirectory(prefix="hl") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def control(data: Path) -> Control:
    return Control(data, Mode.DEMO, "default", {"health": lambda: {"link": "connected"}})


def pointer(data: Path) -> Path:
    return data / "run" / "demo-default.json"


async def asked(data: Path, verb: str = "health") -> dict[str, Any]:
    return await asyncio.to_thread(ask, data, Mode.DEMO, "default", verb)


def sockets(folder: Path) -> list[Path]:
    return list(folder.rglob("*.sock"))


def modes(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_a_running_desk_answers_over_a_socket_of_its_owner(tmp_path: Path, own_folder: Path) -> None:
    door = control(tmp_path)
    await door.start()
    try:
        assert await asked(tmp_path) == {"link": "connected"}
        where = Path(json.loads(pointer(tmp_path).read_text())["socket"])
        assert (modes(where), modes(where.parent)) == (0o600, 0o700)
    finally:
        await door.stop()
    assert not pointer(tmp_path).exists()
    assert sockets(own_folder) == []


async def test_an_unknown_verb_is_answered_with_the_known_ones(tmp_path: Path) -> None:
    door = control(tmp_path)
    await door.start()
    try:
        assert "['health', 'ping']" in (await asked(tmp_path, "dance"))["error"]
        with pytest.raises(VenueUnreachable):
            await asked(tmp_path, "x" * 2 * MAX_REQUEST)
        assert await asked(tmp_path) == {"link": "connected"}
    finally:
        await door.stop()


async def test_what_a_disk_refuses_is_answered_in_words(tmp_path: Path) -> None:
    async def lift() -> dict[str, Any]:
        raise StorageError("The halt file cannot be removed: it may only be read.", "Remove it by hand.")

    door = Control(tmp_path, Mode.DEMO, "default", {"lift": lift})
    await door.start()
    try:
        answer = await asked(tmp_path, "lift")
        assert "The halt file cannot be removed" in answer["error"]
        assert "Remove it by hand" in answer["error"]
        assert (await asked(tmp_path, "ping"))["pid"] == os.getpid()
    finally:
        await door.stop()


async def test_a_verb_that_takes_its_time_is_waited_for_as_long_as_asked(tmp_path: Path) -> None:
    asked_for, done = asyncio.Event(), asyncio.Event()

    async def slow() -> dict[str, Any]:
        asked_for.set()
        await done.wait()
        return {"flat": True}

    door = Control(tmp_path, Mode.DEMO, "default", {"kill": slow})
    await door.start()
    try:
        with pytest.raises(VenueUnreachable):
            await asyncio.to_thread(ask, tmp_path, Mode.DEMO, "default", "kill", 0.05)
        waiting = asyncio.create_task(asyncio.to_thread(ask, tmp_path, Mode.DEMO, "default", "kill", 60.0))
        await asked_for.wait()
        assert (await asked(tmp_path, "ping"))["pid"] == os.getpid()
        done.set()
        assert await waiting == {"flat": True}
    finally:
        await door.stop()


async def test_the_pointer_names_the_exchange_also_after_a_crash(tmp_path: Path) -> None:
    exchange = Exchange(tmp_path / "ready.json", is_child=True)
    door = Control(tmp_path, Mode.DEMO, "default", {}, exchange)
    assert exchange_of(tmp_path, Mode.DEMO, "default") is None
    await door.start()
    try:
        assert exchange_of(tmp_path, Mode.DEMO, "default") == exchange
    finally:
        await door.stop()


def test_nobody_running_is_said(tmp_path: Path) -> None:
    with pytest.raises(VenueUnreachable, match="No demo desk with the session 'default' is running"):
        ask(tmp_path, Mode.DEMO, "default", "health")


@pytest.mark.parametrize("left", ["no socket", "dead socket", "garbage"])
def test_what_a_crash_left_behind_is_not_mistaken_for_a_desk(tmp_path: Path, own_folder: Path, left: str) -> None:
    pointer(tmp_path).parent.mkdir()
    where = own_folder / "dead.sock"
    text = "{" if left == "garbage" else json.dumps({"socket": str(where), "pid": 1})
    pointer(tmp_path).write_text(text)
    if left == "dead socket":
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as dead:
            dead.bind(str(where))
    with pytest.raises(VenueUnreachable, match="No demo desk"):
        ask(tmp_path, Mode.DEMO, "default", "health")


async def test_the_next_desk_takes_the_place_of_one_that_crashed(tmp_path: Path) -> None:
    crashed = control(tmp_path)
    await crashed.start()
    door = control(tmp_path)
    await door.start()
    try:
        assert await asked(tmp_path) == {"link": "connected"}
    finally:
        await door.stop()
        await crashed.stop()


async def test_a_folder_that_somebody_else_may_write_is_refused(tmp_path: Path, own_folder: Path) -> None:
    trap = own_folder / f"hlmaster-{os.getuid()}"
    trap.mkdir()
    trap.chmod(0o777)
    with pytest.raises(StorageError, match="does not belong to you alone"):
        await control(tmp_path).start()


async def test_a_socket_path_that_is_too_long_is_said_with_its_cure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    with pytest.raises(StorageError, match="TMPDIR name a folder with a short path"):
        await control(tmp_path).start()
