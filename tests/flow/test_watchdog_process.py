"""The watchdog acts for a desk that is frozen or dead, leaves stops alone, and ends with a desk that ends in order."""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.model import Mode
from hlmaster.storage.halt import HaltFile
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.flow.test_keyed_processes import PASSPHRASE, approved, connect
from tests.flow.test_kill import ROOT, kill, start_exchange
from tests.flow.test_kill_switch import holding, throw
from tests.flow.waiting import eventually
from tests.proofs.canary import Canary

ON = ("safety.watchdog=cancel_entries", "safety.watchdog_seconds=10")


def halted(data: Path) -> HaltFile:
    return HaltFile.of_session(data / "demo" / "default")


def reports(data: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted((data / "run").glob("*-kill-*.json"))]


def watchdogs_of(data: Path) -> list[int]:
    """Process ids of the watchdogs of this data folder."""
    found = subprocess.run(
        ["pgrep", "-f", f"hlmaster watchdog --data {data} "], capture_output=True, text=True, check=False
    )
    return [int(line) for line in found.stdout.split()]


@pytest.mark.slow
@pytest.mark.parametrize("how", ["stopped", "killed"])
def test_entries_of_a_silent_desk_are_cancelled_and_its_stop_stays(tmp_path: Path, how: str) -> None:
    exchange, ready = start_exchange(tmp_path)
    data = tmp_path / "data"
    try:
        with holding(data, ready, settings=ON) as holder:
            assert watchdogs_of(data)
            os.kill(holder.pid, signal.SIGSTOP if how == "stopped" else signal.SIGKILL)
            eventually(lambda: reports(data), seconds=60)
            found = halted(data).read()
            assert found is not None
            assert found.who == "the watchdog"
            (report,) = reports(data)
            assert report["proof"] is not None
            assert len(report["cancelled"]) == 1
            assert "order" in report["cancelled"][0]
            if how == "killed":
                eventually(lambda: not watchdogs_of(data), seconds=30)
        # The position and its stop were left alone: a kill still finds both.
        said = throw(data)
        assert (said.code, len(said.report["closed"]), len(said.report["cancelled"])) == (0, 1, 1)
        assert "stop" in said.report["cancelled"][0]
    finally:
        kill(exchange)
        for left in watchdogs_of(data):
            os.kill(left, signal.SIGKILL)


@contextmanager
def holding_with_a_vault(made: Rehearsal) -> Iterator[subprocess.Popen[str]]:
    """As ``holding``, on testnet; whether it is ready is still to be read."""
    arguments = [sys.executable, "-m", "tests.flow.holder", str(made.data), str(made.ready_file), "stay", "testnet"]
    pipe = subprocess.PIPE
    holder = subprocess.Popen([*arguments, *ON], stdin=pipe, stdout=pipe, text=True, cwd=ROOT)
    try:
        assert holder.stdin is not None
        with holder.stdin as said:
            said.write(f"{PASSPHRASE}\n")
        yield holder
    finally:
        kill(holder)
        for left in watchdogs_of(made.data):
            os.kill(left, signal.SIGKILL)


@pytest.mark.slow
async def test_a_key_in_the_vault_is_handed_to_it_and_found_nowhere_else(tmp_path: Path) -> None:
    key = secrets.token_hex(32)
    canary, other = Canary(key), Canary(PASSPHRASE.encode().hex())
    async with rehearsal(tmp_path, budget_multiplier=0) as made:
        await approved(made, key)
        assert (await connect(made, key)).returncode == 0
        with holding_with_a_vault(made) as holder:
            assert holder.stdout is not None
            assert await asyncio.to_thread(holder.stdout.readline) == "ready\n"
            (watchdog,) = watchdogs_of(made.data)
            assert canary.in_processes([holder.pid, watchdog]) == other.in_processes([holder.pid, watchdog]) == []
            os.kill(holder.pid, signal.SIGKILL)
            await asyncio.to_thread(eventually, lambda: reports(made.data), 60)
            await asyncio.to_thread(eventually, lambda: not watchdogs_of(made.data), 30)
        (report,) = reports(made.data)
        assert report["proof"] is not None
        assert len(report["cancelled"]) == 1
        found = HaltFile(made.data, Mode.TESTNET, "default").read()
        assert found is not None
        assert found.who == "the watchdog"
        assert canary.in_folder(tmp_path) == []
        venue = made.server.house.venue
        assert [order.reduce_only for order in venue.open_orders(made.account)] == [True], "its stop stays"
        assert len(venue.account_state(made.account).positions) == 1


@pytest.mark.slow
def test_a_desk_that_ends_in_order_takes_its_watchdog_along_and_is_not_halted(tmp_path: Path) -> None:
    with holding(tmp_path, settings=ON) as holder:
        (watchdog,) = watchdogs_of(tmp_path)
        holder.send_signal(signal.SIGTERM)
        holder.wait(timeout=60)
        eventually(lambda: watchdog not in watchdogs_of(tmp_path), seconds=30)
        assert halted(tmp_path).read() is None


def test_without_the_setting_there_is_none(tmp_path: Path) -> None:
    with holding(tmp_path):
        assert watchdogs_of(tmp_path) == []
