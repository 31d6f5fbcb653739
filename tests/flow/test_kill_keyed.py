"""The kill switch of testnet and live, on exchanges that play them: same keys, other process, no desk needed."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.clock import HOUR_MS, SystemClock
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.desk import control
from hlmaster.desk.exchange_child import ReadyLine
from hlmaster.desk.kill import throw
from hlmaster.desk.rescue import Place
from hlmaster.storage.halt import HaltFile
from hlmaster.storage.vault.entries import Keeper
from tests.desk.rehearsal import rehearsal
from tests.flow.desks import until
from tests.flow.holder import hold_eth
from tests.flow.keyed_desks import PASSPHRASE, connected, keyed_desk


@pytest.mark.slow
@pytest.mark.parametrize("mode", [Mode.TESTNET, Mode.LIVE])
async def test_a_keyed_account_goes_flat_beside_a_desk_that_does_not_answer(tmp_path: Path, mode: Mode) -> None:
    asked: list[Keeper] = []

    def ask(keeper: Keeper) -> Secret:
        asked.append(keeper)
        return PASSPHRASE

    async with rehearsal(tmp_path, mode, budget_multiplier=0) as made, keyed_desk(made, await connected(made)) as desk:
        await hold_eth(desk)
        place = Place(made.data, mode, "default", made.ready_file)
        done = await throw(place, 30.0, lambda _: None, ask)
        assert done.is_flat, done
        assert done.by == "this process"
        assert asked == [Keeper.VAULT]
        assert [text.split()[0] for text in done.report["closed"]] == ["ETH"]
        await until(lambda: desk.brake.halt is not None, desk)
        await until(lambda: desk.portfolio.size("ETH") == Decimal(0), desk)


@pytest.mark.slow
@pytest.mark.parametrize("hours", [-1, 1])
async def test_a_computer_whose_clock_is_wrong_goes_flat_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    def wrong(ready: ReadyLine, clock: SystemClock) -> None:
        clock.anchor(ready.start_ms + hours * HOUR_MS, ready.wall_ms, ready.speed)

    async with rehearsal(tmp_path, budget_multiplier=0) as made, keyed_desk(made, await connected(made)) as desk:
        await hold_eth(desk)
        monkeypatch.setattr(ReadyLine, "anchor", wrong)
        done = await throw(
            Place(made.data, Mode.TESTNET, "default", made.ready_file), 30.0, lambda _: None, lambda _: PASSPHRASE
        )
        assert done.is_flat, done


@pytest.mark.slow
async def test_without_the_passphrase_it_is_halted_and_said(tmp_path: Path) -> None:
    async with rehearsal(tmp_path) as made:
        async with keyed_desk(made, await connected(made)):
            pass
        done = await throw(Place(made.data, Mode.TESTNET, "default", made.ready_file), 10.0, lambda _: None)
        assert not done.is_flat
        assert "passphrase was not given" in done.report["sentence"]
        assert HaltFile(made.data, Mode.TESTNET, "default").read() is not None


@pytest.mark.slow
async def test_a_desk_that_answers_needs_no_passphrase_from_anybody(tmp_path: Path) -> None:
    from hlmaster.desk.brake import control_verbs

    async with rehearsal(tmp_path, budget_multiplier=0) as made, keyed_desk(made, await connected(made)) as desk:
        door = control.Control(made.data, Mode.TESTNET, "default", dict(control_verbs(desk.brake)))
        await door.start()
        try:
            await hold_eth(desk)
            done = await asyncio.wait_for(throw(Place(made.data, Mode.TESTNET, "default"), 30.0, lambda _: None), 60)
            assert (done.by, done.is_flat) == ("desk", True)
            assert json.dumps(done.report)
        finally:
            await door.stop()
