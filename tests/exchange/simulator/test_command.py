"""``hlmaster simulate`` as a process: ready line, orderly and disorderly ends, and what a state file brings back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from hlmaster.exchange.simulator.command import run
from hlmaster.exchange.simulator.server import SimulatorServer
from tests.exchange.simulator.wire_client import WireClient, limit

PATIENCE = 30.0
COMMAND = (sys.executable, "-m", "hlmaster", "simulate")


class Child:
    """A running exchange and its ready line."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            (*COMMAND, "--seed", "5", *arguments), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.ready: dict[str, Any] = json.loads(self.process.stdout.readline())

    def end(self) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        code = self.process.wait(PATIENCE)
        self.process.stdin.close()
        self.process.stdout.close()
        return code

    def client(self, wallet: Any = None) -> WireClient:
        house = SimpleNamespace(now=lambda: self.ready["start_ms"])
        return WireClient(cast(SimulatorServer, SimpleNamespace(url=self.ready["url"], house=house)), wallet)


@contextmanager
def running(*arguments: str) -> Iterator[Child]:
    child = Child(*arguments)
    try:
        yield child
    finally:
        child.process.kill()
        child.end()


def test_the_ready_line_is_printed_and_written(tmp_path: Path) -> None:
    ready_file = tmp_path / "ready.json"
    with running("--ready-file", str(ready_file), "--speed", "5") as child:
        assert json.loads(ready_file.read_text()) == child.ready
        assert set(child.ready) == {"url", "network", "start_ms", "wall_ms", "speed"}
        assert child.ready["speed"] == 5.0
        assert child.ready["url"].startswith("http://127.0.0.1:")
        child.process.send_signal(signal.SIGTERM)
        assert child.end() == 0


def test_it_ends_with_its_parent_only_when_asked_to() -> None:
    with running("--watch-stdin") as child:
        assert child.process.stdin is not None
        child.process.stdin.close()
        assert child.end() == 0


def test_a_parent_may_say_later_what_it_wants(tmp_path: Path) -> None:
    command = [*COMMAND, "--arguments-on-stdin", "--watch-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(["--speed", "5", "--seed", "5"]) + "\n")
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["speed"] == 5.0
        process.stdin.close()
        assert process.wait(PATIENCE) == 0


def test_one_whose_parent_leaves_without_a_word_ends() -> None:
    done = subprocess.run([*COMMAND, "--arguments-on-stdin"], input="", capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host", "0.0.0.0"], "on this computer only"),
        (["--coins", "BTC,NOPE"], "coins must be different ones of BTC, "),
        (["--speed", "0"], "speed must be above 0"),
        (["--replay", "nowhere"], "nowhere"),
        (["--state", "no/such/folder/demo.state"], "cannot be opened"),
    ],
)
def test_what_cannot_be_is_said_in_one_sentence(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(arguments) == 2
    (sentence,) = capsys.readouterr().err.splitlines()
    assert words in sentence


def test_a_port_in_use_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with running() as child:
        port = child.ready["url"].rsplit(":", 1)[1]
        assert run(["--port", port]) == 2
        assert f"Port {port} on 127.0.0.1 cannot be used" in capsys.readouterr().err


async def test_a_killed_exchange_finds_everything_as_it_was(tmp_path: Path) -> None:
    state = ("--state", str(tmp_path / "demo.state"), "--faucet", "50000")
    with running(*state) as first:
        async with first.client() as client:
            below = await client.price(-0.1)
            (resting,) = await client.order(limit(below))
            await client.order(limit(await client.price(0.02), tif="Ioc"))
            used = client.sealed({"type": "noop"})
            await client.post("/exchange", used)
            questions = ("openOrders", "userFills", "extraAgents", "userRateLimit")
            before = {kind: await client.mine(kind) for kind in questions}
            account = await client.mine("clearinghouseState")
            minute = {"coin": "BTC", "interval": "1m", "startTime": first.ready["start_ms"] - 300_000}
            candles = await client.ask("candleSnapshot", req=minute)
            wallet = client.wallet
        os.kill(first.process.pid, signal.SIGKILL)
        first.end()
    with running(*state) as second:
        async with second.client(wallet) as client:
            assert {kind: await client.mine(kind) for kind in questions} == before
            again = await client.mine("clearinghouseState")
            (old,), (new,) = account["assetPositions"], again["assetPositions"]
            for name in ("coin", "szi", "entryPx", "leverage"):
                assert new["position"][name] == old["position"][name]
            assert (await client.post("/exchange", used)).json()["response"].startswith("Invalid nonce: duplicate")
            status = await client.ask("exchangeStatus")
            assert status["specialStatuses"]["pausedUntil"] == pytest.approx(second.ready["start_ms"], abs=1000)
            rows = {row["t"]: row for row in await client.ask("candleSnapshot", req=minute)}
            for row in candles[:-1]:
                assert rows[row["t"]] == row
            assert float((await client.ask("allMids"))["BTC"]) == pytest.approx(float(candles[-1]["c"]), rel=0.01)
            cancelled = await client.act({"type": "cancel", "cancels": [{"a": 0, "o": resting["resting"]["oid"]}]})
            assert cancelled["response"]["data"]["statuses"] == ["success"]
            (later,) = await client.order(limit(below))
            assert later["resting"]["oid"] > resting["resting"]["oid"]


def test_a_state_file_serves_one_exchange_and_its_own_market(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = str(tmp_path / "demo.state")
    with running("--state", state):
        assert run(["--state", state]) == 2
        assert "in use by another exchange" in capsys.readouterr().err
    assert run(["--state", state, "--seed", "6"]) == 2
    assert "began with seed 5, not 6" in capsys.readouterr().err
    Path(state).write_bytes(b"\0" * 5000)
    assert run(["--state", state]) == 2
    assert "is damaged" in capsys.readouterr().err
