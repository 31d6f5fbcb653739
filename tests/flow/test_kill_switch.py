"""``hlmaster kill`` reaches flat, or says that it could not: with the desk well, frozen or dead, on real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.model import Mode
from hlmaster.desk import control
from hlmaster.desk.exchange_process import command
from tests.flow.test_kill import ROOT, kill, start_exchange


@dataclass
class Said:
    code: int
    report: dict[str, Any]
    words: str


def hlmaster(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(arguments), capture_output=True, text=True, timeout=90, check=False)


def throw(data: Path, *more: str) -> Said:
    done = hlmaster("kill", "--data", str(data), "--yes", "--json", *more)
    return Said(done.returncode, json.loads(done.stdout), done.stderr)


@contextmanager
def holding(
    data: Path, ready: Path | None = None, how: str = "stay", settings: Sequence[str] = ()
) -> Iterator[subprocess.Popen[str]]:
    """A desk of its own process with a position, a stop and a resting entry."""
    arguments = [sys.executable, "-m", "tests.flow.holder", str(data), str(ready or "-"), how, "demo", *settings]
    holder = subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "ready\n"
        yield holder
    finally:
        kill(holder)


def assert_flat(said: Said, by: str = "") -> None:
    """``by`` where there is no choice: a busy machine may keep a desk that is well from answering in time."""
    assert said.code == 0, said
    assert said.report["flat"], said
    assert by in ("", said.report["by"])
    assert said.report["proof"] is not None
    assert len(said.report["cancelled"]) == 2
    assert [text.split()[0] for text in said.report["closed"]] == ["ETH"]
    assert said.report["remaining"] == said.report["problems"] == []


def health(data: Path) -> dict[str, Any]:
    return control.ask(data, Mode.DEMO, "default", "health", seconds=30.0)


@pytest.mark.slow
def test_a_desk_that_is_well_goes_flat_itself_and_stays_halted_until_resume(tmp_path: Path) -> None:
    with holding(tmp_path):
        assert_flat(throw(tmp_path))
        assert health(tmp_path)["trading_state"] == "halted"
        assert hlmaster("resume", "--data", str(tmp_path), "--yes").stdout == "The halt is lifted.\n"
        assert health(tmp_path)["trading_state"] == "active"


@pytest.mark.slow
def test_a_stopped_desk_is_gone_past_and_finds_itself_halted_when_it_wakes_up(tmp_path: Path) -> None:
    with holding(tmp_path) as holder:
        os.kill(holder.pid, signal.SIGSTOP)
        said = throw(tmp_path)
        os.kill(holder.pid, signal.SIGCONT)
        assert_flat(said, by="this process")
        assert health(tmp_path)["trading_state"] == "halted"
        again = throw(tmp_path)
        assert (again.code, again.report["cancelled"], again.report["closed"]) == (0, [], [])


@pytest.mark.slow
def test_a_desk_whose_loop_is_blocked_is_gone_past(tmp_path: Path) -> None:
    with holding(tmp_path, how="block"):
        assert_flat(throw(tmp_path), by="this process")


@pytest.mark.slow
def test_a_killed_demo_desk_takes_its_exchange_along_which_is_started_again(tmp_path: Path) -> None:
    with holding(tmp_path) as holder:
        kill(holder)
        assert_flat(throw(tmp_path), by="this process")
        assert list((tmp_path / "run").glob("demo-default-kill-*.json"))


@pytest.mark.slow
def test_an_exchange_that_is_away_ends_in_an_alarm_with_code_2(tmp_path: Path) -> None:
    exchange, ready = start_exchange(tmp_path)
    with holding(tmp_path / "data", ready) as holder:
        kill(holder)
        kill(exchange)
        said = throw(tmp_path / "data", "--for", "6")
    assert said.code == 2
    assert not said.report["flat"]
    assert "did not answer" in said.report["sentence"]
    assert "what is left is not known" in said.report["sentence"]


def test_a_kill_that_nobody_confirmed_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "demo" / "default").mkdir(parents=True)
    asked = command(["kill", "--data", str(tmp_path)])
    done = subprocess.run(asked, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Add --yes to mean it" in done.stderr
    assert not (tmp_path / "run").exists()


def test_a_session_that_is_not_there_is_said_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = hlmaster("kill", "--data", str(tmp_path), "--yes")
    assert done.returncode == 2
    assert "There is no demo session called 'default'" in done.stderr
    assert list(tmp_path.iterdir()) == []
