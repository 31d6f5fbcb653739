"""After a kill nothing is opened by this desk or the next one, until a person lifts it; exits always pass."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hlmaster.core.errors import StorageError, VenueUnreachable
from hlmaster.core.events import Severity, TradingState
from hlmaster.core.model import Mode, Side
from hlmaster.core.orders import Order
from hlmaster.storage.halt import Halt, HaltFile
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.desk.desks import Scene, running, scene
from tests.trading.scenes import D

BUY = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.COIN, D("0.1"))


def state(scene: Scene) -> TradingState:
    return scene.desk.guard.state


@pytest.fixture
def file(tmp_path: Path) -> HaltFile:
    return HaltFile(tmp_path, Mode.DEMO, "default")


@pytest.fixture
async def halting(file: HaltFile) -> AsyncIterator[Scene]:
    async with running(scene(halt=file)) as made:
        yield made


async def test_a_kill_closes_everything_halts_and_leaves_its_report(halting: Scene, file: HaltFile) -> None:
    halting.hold("1")
    report = await halting.desk.kill("you", "A drill.")
    assert report.is_flat
    assert state(halting) is TradingState.HALTED
    assert "HALTED by you at 2023-11-14 22:13:20 UTC. A drill." in halting.desk.guard.sentence
    found = file.read()
    assert found is not None
    assert (found.who, found.why) == ("you", "A drill.")
    (kept,) = file.path.parent.glob("*-kill-*.json")
    told = json.loads(kept.read_text())
    assert (told["flat"], told["closed"], told["proof_ms"]) == (True, ["ETH 1"], report.proof_ms)
    assert not (await halting.desk.manual.place(BUY)).ok


async def test_exits_pass_while_halted(halting: Scene) -> None:
    halting.desk.brake.engage("you", "A drill.")
    halting.hold("1")
    assert (await halting.desk.manual.close("ETH")).ok


async def test_a_halt_outlasts_the_desk(halting: Scene, file: HaltFile) -> None:
    halting.desk.brake.engage("you", "A drill.")
    await halting.until(file.read)
    async with running(scene(halt=file)) as again:
        assert state(again) is TradingState.HALTED
        assert not (await again.desk.manual.place(BUY)).ok
        await again.desk.lift_halt()
        assert state(again) is TradingState.ACTIVE
        assert (await again.desk.manual.place(BUY)).ok
    assert file.read() is None


async def test_a_file_of_another_process_stops_the_very_next_order(halting: Scene, file: HaltFile) -> None:
    """No message reached the desk: the gate itself looks."""
    file.write(Halt("hlmaster kill", 0, "The desk did not answer."))
    outcome = await halting.desk.manual.place(BUY)
    assert not outcome.ok
    assert "HALTED by hlmaster kill" in outcome.sentence
    assert halting.venue.sent == []


async def test_a_file_that_appears_between_the_gate_and_the_send_stops_the_order(
    halting: Scene, file: HaltFile
) -> None:
    order = Order("ETH", Side.BUY, D("0.1"), D(3010))
    assert halting.desk.gate.check(order).passed
    file.write(Halt("hlmaster kill", 0, "Now."))
    assert "HALTED" in " ".join(failure.sentence for failure in halting.desk.gate.check(order).failures)


async def test_a_file_is_noticed_without_any_order_and_its_end_too(halting: Scene, file: HaltFile) -> None:
    file.write(Halt("hlmaster kill", 0, "Now."))
    await halting.until(lambda: state(halting) is TradingState.HALTED)
    file.remove()
    await halting.until(lambda: state(halting) is TradingState.ACTIVE)


async def test_resume_after_a_pause_does_not_lift_a_halt(halting: Scene) -> None:
    halting.desk.pause()
    halting.desk.brake.engage("you", "A drill.")
    halting.desk.resume()
    assert state(halting) is TradingState.HALTED


async def test_a_second_kill_keeps_the_first_ones_name(halting: Scene) -> None:
    halting.desk.brake.engage("hlmaster kill", "First.")
    await halting.desk.kill("you", "Second.")
    assert halting.desk.brake.halt is not None
    assert halting.desk.brake.halt.who == "hlmaster kill"


async def test_a_disk_that_refuses_halts_all_the_same_and_it_is_said(
    halting: Scene, file: HaltFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The disk may only be read.")

    monkeypatch.setattr(file, "write", refuse)
    monkeypatch.setattr(file, "keep_report", refuse)
    halting.hold("1")
    assert (await halting.desk.kill()).is_flat
    halting.desk.brake.look()
    assert state(halting) is TradingState.HALTED
    assert any("a restart would not know" in notice.sentence for notice in halting.notices)


class SlowFile(HaltFile):
    """A disk that takes its time: what is written or removed waits for ``go``."""

    def __init__(self, file: HaltFile) -> None:
        self.path, self._known = file.path, None
        self.go, self.began = threading.Event(), threading.Event()

    def write(self, halt: Halt) -> None:
        self.began.set()
        assert self.go.wait(20)
        super().write(halt)

    def remove(self) -> None:
        self.began.set()
        assert self.go.wait(20)
        super().remove()


@pytest.fixture
async def slow(file: HaltFile) -> AsyncIterator[tuple[Scene, SlowFile]]:
    disk = SlowFile(file)
    made = scene(halt=disk)
    try:
        async with running(made):
            yield made, disk
            disk.go.set()
    finally:
        disk.go.set()


async def test_a_slow_disk_holds_up_neither_the_halt_nor_the_way_to_flat(slow: tuple[Scene, SlowFile]) -> None:
    made, disk = slow
    made.hold("1")
    killing = asyncio.create_task(made.desk.kill())
    await made.until(lambda: made.venue.positions["ETH"] == 0)
    assert disk.read() is None
    for _ in range(3):
        made.desk.brake.look()
        assert state(made) is TradingState.HALTED
    disk.go.set()
    assert (await killing).is_flat
    assert disk.read() is not None


async def test_a_kill_during_a_lift_stays_in_force_and_on_disk(slow: tuple[Scene, SlowFile]) -> None:
    made, disk = slow
    HaltFile.write(disk, Halt("hlmaster kill", 0, "First."))
    made.desk.brake.look()
    lifting = asyncio.create_task(made.desk.lift_halt())
    await made.until(disk.began.is_set)
    made.desk.brake.engage("you", "Second.")
    disk.go.set()
    await lifting
    await made.until(lambda: disk.read() == made.desk.brake.halt)
    made.desk.brake.look()
    assert state(made) is TradingState.HALTED
    assert made.desk.brake.halt is not None
    assert made.desk.brake.halt.who == "you"


async def test_a_halt_asked_for_at_the_end_reaches_the_disk(file: HaltFile) -> None:
    async with running(scene(halt=file)) as made:
        made.desk.brake.engage("you", "At the end.")
    assert file.read() is not None


async def test_an_exchange_that_is_away_is_an_alarm_and_flat_follows_when_it_is_back(halting: Scene) -> None:
    halting.hold("1")
    halting.venue.deaf = VenueUnreachable("No line.")
    report = await halting.desk.brake.kill("you", "The kill switch was pressed.", patience=1.0)
    assert not report.is_flat
    assert halting.notices[-1].severity is Severity.CRITICAL
    halting.venue.deaf = None
    await halting.until(lambda: not any(halting.venue.positions.values()))


async def test_who_follows_positions_stands_down_first(halting: Scene) -> None:
    seen: list[bool] = []
    halting.hold("1")
    halting.desk.flattener.before_closing = lambda: seen.append(bool(halting.venue.positions["ETH"]))
    await halting.desk.kill()
    assert seen == [True]
