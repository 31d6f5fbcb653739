"""The kill switch under every combination of five troubles: flat within thirty seconds, or an alarm that says why not.

Frozen loop, database that takes no writes, dead desk, an exchange that is slow and refuses with 429, and positions and
orders that somebody else made. The desk is a real one on a real exchange; a frozen one is a socket that never answers.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import itertools
import json
import socket
import sqlite3
import subprocess
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from hlmaster import app
from hlmaster.core.model import Mode
from hlmaster.desk import kill as kill_module
from hlmaster.desk.brake import control_verbs
from hlmaster.desk.control import Control, Exchange
from hlmaster.desk.desk import Desk
from hlmaster.desk.exchange_child import ReadyLine
from hlmaster.desk.exchange_process import command
from hlmaster.desk.kill import Killed, throw
from hlmaster.desk.modes import build
from hlmaster.desk.rescue import Place
from hlmaster.exchange.hyperliquid import client
from hlmaster.storage.halt import HaltFile
from tests.flow.desks import arguments, until
from tests.flow.holder import hold_eth
from tests.flow.test_kill import kill

PATIENCE = 30.0


@dataclass(frozen=True)
class Trouble:
    frozen: bool
    read_only: bool
    dead: bool
    slow: bool
    foreign: bool

    def __str__(self) -> str:
        return "+".join(field.name for field in fields(self) if getattr(self, field.name)) or "none"


ALL = [Trouble(*case) for case in itertools.product((False, True), repeat=5)]


@dataclass
class Venue:
    ready_file: Path
    url: str

    def strike(self, **fault: Any) -> None:
        body = json.dumps(fault).encode()
        request = urllib.request.Request(
            f"{self.url}/control/faults", body, {"content-type": "application/json"}, method="POST"
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            assert answer.status == 200


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    folder = tmp_path_factory.mktemp("exchange")
    ready_file = folder / "ready.json"
    asked = ["simulate", "--seed", "3", "--faucet", "10000", "--control", "--budget-multiplier", "0"]
    process = subprocess.Popen(command([*asked, "--ready-file", str(ready_file)]), stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline()
        ready = ReadyLine.read(ready_file)
        assert ready is not None
        yield Venue(ready_file, ready.url)
    finally:
        kill(process)


@contextlib.contextmanager
def mute_socket(folder: Path) -> Iterator[Path]:
    """Accepts, as the kernel does for a frozen process, and never answers."""
    path = folder / "mute.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(path))
        listening.listen()
        yield path


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """Nobody else can write to it."""
    with contextlib.closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")


@contextlib.asynccontextmanager
async def a_desk(data: Path, venue: Venue, trouble: Trouble) -> AsyncIterator[Desk]:
    """Holding ETH and troubled as asked; what control finds is a door, a mute socket or one that is gone."""
    run = app.launch(arguments(data, exchange=venue.ready_file), console=False)
    desk = Desk(build(run.opening))
    exchange = Exchange(venue.ready_file, is_child=False)
    door = Control(data, Mode.DEMO, "default", dict(control_verbs(desk.brake)), exchange)
    try:
        await desk.start()
        await until(lambda: desk.is_ready, desk)
        await hold_eth(desk)
        if trouble.foreign:
            user = desk.account
            venue.strike(kind="external_order", user=user, coin="SOL", side="sell", size="2")
            venue.strike(kind="external_order", user=user, coin="SOL", side="buy", size="1", percent=9)
        await door.start()
        if trouble.dead:
            await desk.stop()
        yield desk
    finally:
        await door.stop()
        if not trouble.dead:
            await desk.stop()
        run.logs.close()


def hush(data: Path, folder: Path, stack: contextlib.ExitStack, trouble: Trouble) -> None:
    """Point at a socket that hangs, or that is gone."""
    if trouble.frozen or trouble.dead:
        where = stack.enter_context(mute_socket(folder)) if trouble.frozen else folder / "gone.sock"
        pointer = data / "run" / "demo-default.json"
        pointer.write_text(json.dumps(json.loads(pointer.read_text()) | {"socket": str(where)}))


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("trouble", ALL, ids=str)
async def test_flat_or_a_clear_alarm(
    trouble: Trouble, venue: Venue, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kill_module, "PING_SECONDS", 0.5)
    # The pauses after a 429 are real time, which a test of thirty-two cases does not have.
    monkeypatch.setattr(client, "ClientTiming", functools.partial(client.ClientTiming, too_many_pause=0.3))
    data = tmp_path / "data"
    place = Place(data, Mode.DEMO, "default")
    async with a_desk(data, venue, trouble) as desk:
        with contextlib.ExitStack() as stack:
            hush(data, tmp_path, stack, trouble)
            if trouble.read_only:
                stack.enter_context(locked(place.folder / "journal.sqlite"))
            if trouble.slow:
                venue.strike(kind="slow_reply", count=0, seconds=0.2)
                venue.strike(kind="http_429", count=2, channel="/exchange")
                venue.strike(kind="http_429", count=2, channel="/info")
            try:
                done = await throw(place, PATIENCE, lambda _: None)
            finally:
                await asyncio.to_thread(venue.strike, kind="clear")
        assert_told(done, trouble)
        assert HaltFile(data, Mode.DEMO, "default").read() is not None
        if not trouble.dead:
            await until(lambda: desk.brake.halt is not None, desk)


def assert_told(done: Killed, trouble: Trouble) -> None:
    report = done.report
    assert report["seconds"] <= PATIENCE
    assert done.is_flat, (trouble, done)
    assert not report["remaining"]
    if not (trouble.frozen or trouble.dead):
        return
    assert done.by == "this process"
    coins = {text.split()[0] for text in report["closed"]}
    assert coins == ({"ETH", "SOL"} if trouble.foreign else {"ETH"})
    assert len(report["cancelled"]) == (3 if trouble.foreign else 2)


def test_every_combination_is_there() -> None:
    assert len({astuple(case) for case in ALL}) == 32
