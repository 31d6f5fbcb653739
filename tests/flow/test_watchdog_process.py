"""The watchdog acts for a desk that is frozen or dead, leaves stops alone, and ends with a desk that ends in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from hlmaster.storage.halt import HaltFile
from tests.flow.test_kill import kill, start_exchange
from tests.flow.test_kill_switch import holding, throw
from tests.flow.waiting import eventually

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
