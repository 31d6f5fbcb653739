"""The watchdog acts once for each silence, not before its patience ends, and never after it was released."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, nullcontext
from io import BufferedWriter
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.clock import SystemClock
from hlmaster.core.errors import ConfigError, StorageError, VenueUnreachable
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk import control, kill_command, rescue
from hlmaster.desk.deadman import LOOKS, REFUSALS, DeadMan, Leash, Watch, key_handed_over
from hlmaster.desk.rescue import Place
from hlmaster.storage.halt import HaltFile
from hlmaster.trading.execution.flatten import FlattenReport
from hlmaster.trading.safety import Safety

PATIENCE = 0.12
DONE = FlattenReport(cancelled=("buy 1 ETH order at 3000",), proof_ms=1)


class Scene:
    """``alive``: whether the desk answers; ``done``: what was asked of the exchange, by name."""

    def __init__(
        self,
        data: Path,
        monkeypatch: pytest.MonkeyPatch,
        action: str = "cancel_entries",
        mode: Mode = Mode.DEMO,
        ready_file: Path | None = None,
    ) -> None:
        self.alive, self.asked, self.report = True, 0, DONE
        self.done: list[str] = []
        self.said: list[str] = []
        self.leash = Leash(asyncio.Event(), asyncio.Event())
        self.halt = HaltFile(data, mode, "default")
        place = Place(data, mode, "default", ready_file)
        place.folder.mkdir(parents=True)
        self.watch = Watch(place, action, PATIENCE, SystemClock(), self.leash, self.said.append)  # type: ignore[arg-type]
        monkeypatch.setattr(control, "ask", self._ask)
        monkeypatch.setattr(rescue, "go_flat", self._act("flatten"))
        monkeypatch.setattr(rescue, "cancel_entries", self._act("cancel_entries"))

    def _ask(self, *_: object) -> dict[str, Any]:
        self.asked += 1
        if not self.alive:
            raise VenueUnreachable("Nobody.")
        return {"pid": 1}

    def _act(self, name: str) -> Callable[[Place, float], Any]:
        async def act(place: Place, patience: float) -> FlattenReport:
            self.done.append(name)
            return self.report

        return act

    async def until(self, holds: Callable[[], object]) -> None:
        for _ in range(1_000):
            if holds():
                return
            await asyncio.sleep(0.005)
        raise AssertionError("it did not come to hold")


@asynccontextmanager
async def watching(scene: Scene) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(scene.watch.run())
    try:
        yield task
    finally:
        scene.leash.released.set()
        await task


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


async def test_while_the_desk_answers_nothing_is_done(scene: Scene) -> None:
    async with watching(scene):
        await scene.until(lambda: scene.asked > 12)
    assert (scene.done, scene.halt.read()) == ([], None)


async def test_a_silence_halts_and_is_acted_on_once(scene: Scene) -> None:
    async with watching(scene):
        scene.alive = False
        await scene.until(lambda: scene.done)
        asked = scene.asked
        await scene.until(lambda: scene.asked > asked + 12)
    assert scene.done == ["cancel_entries"]
    found = scene.halt.read()
    assert found is not None
    assert found.who == "the watchdog"
    assert list(scene.halt.path.parent.glob("*-kill-*.json"))


async def test_another_silence_is_acted_on_again(scene: Scene) -> None:
    async with watching(scene):
        scene.alive = False
        await scene.until(lambda: len(scene.done) == 1)
        scene.alive, asked = True, scene.asked
        await scene.until(lambda: scene.asked > asked + 1)
        scene.alive = False
        await scene.until(lambda: len(scene.done) == 2)


async def test_what_the_exchange_did_not_confirm_is_tried_again(scene: Scene) -> None:
    scene.report = FlattenReport(problems=("The exchange did not answer.",))
    async with watching(scene):
        scene.alive = False
        await scene.until(lambda: len(scene.done) == 2)
        scene.report = DONE
        await scene.until(lambda: len(scene.done) == 3)
    assert "NOT flat" in scene.said[0]


async def test_it_flattens_where_it_is_told_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(tmp_path, monkeypatch, "flatten")
    scene.alive = False
    async with watching(scene):
        await scene.until(lambda: scene.done)
    assert scene.done == ["flatten"]


async def test_once_the_desk_is_gone_it_ends_after_acting(scene: Scene) -> None:
    scene.alive = False
    scene.leash.cut.set()
    async with watching(scene) as task:
        await scene.until(task.done)
    assert scene.done == ["cancel_entries"]


async def test_it_gives_way_to_the_desk_that_followed(scene: Scene) -> None:
    scene.leash.cut.set()
    async with watching(scene) as task:
        await scene.until(task.done)
    assert scene.done == []


UNREACHABLE = FlattenReport(problems=("The exchange did not answer.",))


def ready_line(path: Path, port: int) -> Path:
    path.write_text(json.dumps({"url": f"http://127.0.0.1:{port}", "start_ms": 0, "wall_ms": 0, "speed": 1.0}))
    return path


@pytest.mark.parametrize("has_file", [False, True])
async def test_with_the_desk_and_its_demo_exchange_gone_it_ends_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_file: bool
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    file = ready_line(tmp_path / "ready.json", port) if has_file else tmp_path / "gone.json"
    scene = Scene(tmp_path, monkeypatch, ready_file=file)
    scene.alive, scene.report = False, UNREACHABLE
    scene.leash.cut.set()
    async with watching(scene) as task:
        await scene.until(task.done)
    assert "nothing is left to watch" in scene.said[-1]
    assert len(scene.done) == (REFUSALS if has_file else 1)


async def test_an_exchange_that_listens_but_is_in_trouble_is_not_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        scene = Scene(tmp_path, monkeypatch, ready_file=ready_line(tmp_path / "ready.json", listening.getsockname()[1]))
        scene.alive, scene.report = False, UNREACHABLE
        scene.leash.cut.set()
        async with watching(scene) as task:
            await scene.until(lambda: len(scene.done) > REFUSALS + 1)
            assert not task.done()


async def test_a_real_exchange_is_tried_on_and_ever_more_seldom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path, monkeypatch, mode=Mode.TESTNET, ready_file=tmp_path / "gone.json")
    scene.alive, scene.report = False, UNREACHABLE
    scene.leash.cut.set()
    async with watching(scene) as task:
        await scene.until(lambda: len(scene.done) == 5)
        assert not task.done()
        assert scene.watch._pause >= 2**4 * PATIENCE / LOOKS
        scene.alive = True
        await scene.until(task.done)


async def test_released_it_ends_without_acting(scene: Scene) -> None:
    scene.alive = False
    scene.leash.released.set()
    await scene.watch.run()
    assert scene.done == []


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[BufferedWriter]:
    """What is written here is on standard input."""
    read, write = os.pipe()
    with os.fdopen(read) as standard_input, os.fdopen(write, "wb") as said:
        monkeypatch.setattr(sys, "stdin", standard_input)
        yield said


async def test_the_key_is_the_first_line_and_the_rest_is_the_leashs(said: BufferedWriter) -> None:
    said.write(b"0xab\nstop\n")
    said.flush()
    assert key_handed_over() == Secret("0xab")
    leash = Leash(asyncio.Event(), asyncio.Event())
    leash.hold()
    said.close()
    async with asyncio.timeout(30):
        await leash.released.wait()


@pytest.mark.parametrize("cut_off", [b"", b"0x1234"])
def test_a_desk_that_ends_as_it_hands_the_key_over_leaves_no_watchdog(said: BufferedWriter, cut_off: bytes) -> None:
    said.write(cut_off)
    said.close()
    with pytest.raises(ConfigError, match="before it handed over the key") as caught:
        key_handed_over()
    assert "1234" not in str(caught.value)


@pytest.mark.parametrize("fails", [False, True])
def test_a_key_is_dropped_however_the_watch_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: BufferedWriter, fails: bool
) -> None:
    seen: list[Place] = []

    async def watch(place: Place, *rest: object) -> None:
        assert place.key == Secret("0xab")
        seen.append(place)
        if fails:
            raise StorageError("Broken.")

    monkeypatch.setattr(kill_command, "watch", watch)
    said.write(b"0xab\n")
    said.flush()
    told = Namespace(
        mode="testnet", session="default", exchange=None, key_stdin=True, action="cancel_entries", patience=10.0
    )
    with pytest.raises(StorageError) if fails else nullcontext():
        kill_command.watchdog(told, tmp_path, lambda _: None)
    assert not seen[0].key


async def test_off_means_that_none_is_spawned(tmp_path: Path) -> None:
    off = DeadMan(Place(tmp_path, Mode.DEMO, "default"), Safety(), tmp_path / "log")
    off.start()
    assert (off.is_wanted, off.pid) == (False, None)
    await off.stop()
