"""What a person meets when files, disks, ports, recordings or processes are not as they should be: real processes."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.errors import VenueUnreachable
from hlmaster.core.model import Mode
from hlmaster.desk.control import ask
from hlmaster.desk.exchange_process import command
from tests.flow.desks import UNPROTECTED, demo_desk
from tests.flow.refusals import Refusals
from tests.flow.test_kill import assert_whole, children_of

ROOT = Path(__file__).resolve().parents[2]
RECORDINGS = ROOT.parent / "shared" / "data"
REPLAYED = ("ticks/hl_BTC_trades_20250904.parquet", "ticks", "candles", "raw")
ENVIRONMENT = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda whole: bytes(range(256)) * 64,
    "cut off": lambda whole: whole[:5_000],
    "empty": lambda whole: b"",
}


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """What a run that must refuse says: one line on the error output, no traceback, exit code 2."""
    assert done.returncode == 2, done
    assert done.stdout == ""
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    return done.stderr.strip()


def told_alone(*arguments: str | Path, prefix: tuple[str, ...] = ()) -> str:
    """By a process that loads everything itself."""
    line = [*prefix, *command([str(argument) for argument in arguments])]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=ENVIRONMENT, cwd=ROOT, timeout=40)
    return complaint(done)


@pytest.fixture(scope="module")
def told() -> Iterator[Callable[..., str]]:
    with Refusals() as refusals:
        yield lambda *arguments: complaint(refusals.run([str(argument) for argument in arguments]))


class Running:
    """A headless desk in a process of its own."""

    def __init__(self, data: Path, *arguments: str | Path) -> None:
        self.data = data
        line = command(["headless", "--json", "--data", str(data), *map(str, arguments)])
        self.process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT, cwd=ROOT
        )

    def health(self) -> dict[str, Any]:
        """Empty while it cannot be asked yet."""
        with suppress(VenueUnreachable):
            return ask(self.data, Mode.DEMO, "default", "health")
        return {}

    def until(self, condition: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
        while True:
            found = self.health()
            if found and condition(found):
                return found
            with suppress(subprocess.TimeoutExpired):
                raise AssertionError(f"it ended with {self.process.wait(0.05)}: {self.process.communicate()}")

    def complaint(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.readline().strip()

    def end(self, by: signal.Signals = signal.SIGTERM) -> dict[str, Any]:
        """Its last line."""
        self.process.send_signal(by)
        output, errors = self.process.communicate(timeout=40)
        assert "Traceback" not in errors, errors
        found: dict[str, Any] = json.loads(output)
        return found


@contextmanager
def running(data: Path, *arguments: str | Path) -> Iterator[Running]:
    desk = Running(data, *arguments)
    try:
        yield desk
    finally:
        if desk.process.poll() is None:
            desk.process.kill()
            desk.process.communicate()


def is_connected(health: dict[str, Any]) -> bool:
    return bool(health["link"] == "connected" and health["messages"] > 0)


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a session that was opened once and closed in order."""
    data = tmp_path_factory.mktemp("used")
    with running(data) as desk:
        desk.until(lambda health: health["ready"])
        assert desk.end(signal.SIGINT)["link"] == "connected"
    return data


@pytest.fixture
def data(used: Path, tmp_path: Path) -> Path:
    shutil.copytree(used, tmp_path / "data")
    return tmp_path / "data"


# --- settings and the command line ---


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[risk\n", "cannot be understood: Expected ']'"),
        ("[risk]\nmax_ordr = 1\n", "There is no setting called risk.max_ordr"),
        ("[demo]\nspeed = 1000000\n", "must be at least 0.1 and at most 100 x"),
        (f'[general]\nnote = "0x{"4c0883a6" * 8}"\n', "holds a secret"),
    ],
)
def test_wrong_settings_name_the_file_and_what_to_write(
    tmp_path: Path, text: str, words: str, told: Callable[..., str]
) -> None:
    (tmp_path / "settings.toml").write_text(text, encoding="utf-8")
    said = told("headless", "--data", tmp_path)
    assert words in said
    assert str(tmp_path / "settings.toml") in said
    assert "4c0883a6" not in said
    assert said.endswith("[CFG-001]")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("headless", "--session", "../x"), "A session cannot be called '../x'. Use 1 to 40 letters"),
        (("headless", "--mode", "live"), "The live session 'default' has no account yet. Connect one"),
        (("headless", "--exchange", "nowhere.json"), "The ready file nowhere.json does not exist"),
        (("headless", "--exchange", "."), "is not an exchange's ready file"),
        (("gui", "--size", "0x-5"), "'0x-5' is not a size. Write it as WIDTHxHEIGHT"),
        (("sessions", "reset", "--balance", "much"), "'much' is not an amount. Write it in USD"),
        (("sessions", "reset", "--balance", "-5"), "A session cannot start with -5 USD. Use more than 0"),
    ],
)
def test_wrong_arguments_say_what_is_right(
    tmp_path: Path, arguments: tuple[str, ...], words: str, told: Callable[..., str]
) -> None:
    assert words in told(*arguments, "--data", tmp_path)


def test_an_exchange_elsewhere_is_not_traded_on(tmp_path: Path, told: Callable[..., str]) -> None:
    ready = tmp_path / "ready.json"
    ready.write_text('{"url": "http://192.0.2.1:9", "start_ms": 1, "wall_ms": 1, "speed": 1}', encoding="utf-8")
    assert "trades on this computer only" in told("headless", "--data", tmp_path, "--exchange", ready)


def test_a_taken_port_is_named(told: Callable[..., str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = told("simulate", "--port", str(port))
    assert f"Port {port} on 127.0.0.1 cannot be used" in said
    assert "Choose another --port." in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--replay", "/nowhere"), "There is no recording at /nowhere. Choose an existing file or folder."),
        (("--faucet", "nan"), "must be 0 or more, and finite"),
        (("--ready-file", "/nowhere/x"), "The ready file /nowhere/x cannot be written"),
    ],
)
def test_the_exchange_refuses_in_a_sentence(arguments: tuple[str, ...], words: str, told: Callable[..., str]) -> None:
    assert words in told("simulate", *arguments)


# --- files and folders ---


@pytest.mark.parametrize("how", DAMAGE)
@pytest.mark.parametrize(("name", "cure"), [("journal", "rename it and start again"), ("session", "sessions reset")])
def test_a_damaged_file_of_the_session_stops_the_start_and_says_the_way_out(
    data: Path, name: str, cure: str, how: str, told: Callable[..., str]
) -> None:
    file = data / "demo" / "default" / f"{name}.sqlite"
    file.write_bytes(DAMAGE[how](file.read_bytes()))
    before = file.read_bytes()
    said = told("headless", "--data", data)
    assert f"{file} is damaged: " in said
    assert cure in said
    assert file.read_bytes() == before


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_desk_store_keeps_prices_coming_and_entries_closed(data: Path, how: str) -> None:
    file = data / "demo" / "default" / "desk.sqlite"
    file.write_bytes(DAMAGE[how](file.read_bytes()))
    with running(data) as desk:
        assert f"The database {file} is damaged: " in desk.complaint()
        desk.until(is_connected)
        assert desk.end()["messages"] > 0
        assert desk.process.returncode == 1


def test_a_session_whose_exchange_is_gone_is_not_given_a_second_deposit(data: Path, told: Callable[..., str]) -> None:
    state = data / "demo" / "default" / "exchange.sqlite"
    for spoil in (lambda: state.write_bytes(b""), state.unlink):
        spoil()
        said = told("headless", "--data", data)
        assert f"{state} is missing or empty" in said
        assert "hlmaster sessions reset --session default" in said


def test_a_damaged_exchange_says_so_and_a_reset_begins_afresh(data: Path) -> None:
    state = data / "demo" / "default" / "exchange.sqlite"
    state.write_bytes(DAMAGE["garbage"](b""))
    with running(data) as desk:
        assert f"The state file {state} is damaged" in desk.complaint()
        assert desk.end()["link"] == "disconnected"
    subprocess.run(command(["sessions", "reset", "--data", str(data)]), check=True, capture_output=True, cwd=ROOT)
    assert [path.name.split("-")[0] for path in (data / "demo" / ".archive").iterdir()] == ["default"]
    with running(data) as desk:
        desk.until(is_connected)


@pytest.mark.parametrize("name", ["journal", "session"])
def test_a_newer_database_is_left_alone(data: Path, name: str, told: Callable[..., str]) -> None:
    file = data / "demo" / "default" / f"{name}.sqlite"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 99")
    said = told("headless", "--data", data)
    assert "was written by a newer version of this program. Update the program to open it." in said


def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    # root may write anywhere, unless it has laid down its capabilities
    prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all") if os.geteuid() == 0 else ()
    said = told_alone("headless", "--data", tmp_path, prefix=prefix)
    tmp_path.chmod(0o700)
    assert f"The folder {tmp_path}" in said
    assert "Make it writable, or choose another one with --data." in said


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="only Linux limits the files of one process")
def test_a_disk_that_takes_no_more_is_said_and_leaves_no_half_session(tmp_path: Path) -> None:
    said = told_alone("headless", "--data", tmp_path, prefix=("prlimit", "--fsize=8192"))
    assert f"The session default cannot be created in {tmp_path / 'demo'}: the disk reports an error." in said
    assert "Free some space" in said
    assert not (tmp_path / "demo" / "default").exists()


def test_a_picture_that_cannot_be_written_is_a_failure(data: Path) -> None:
    said = told_alone("gui", "--data", data, "--screenshot", data / "no" / "x.png", "--after", "0.2")
    assert f"The picture cannot be written to {data / 'no' / 'x.png'}." in said


# --- processes ---


def test_an_open_session_names_its_holder_and_a_dead_holder_does_not_count(data: Path) -> None:
    lock = data / "demo" / ".locks" / "default.lock"
    lock.write_text("999999\n", encoding="ascii")
    with running(data) as desk:
        desk.until(is_connected)
        for face in (("headless",), ("gui", "--screenshot", data / "x.png")):
            assert f"is open in another window (process {desk.process.pid})" in told_alone(*face, "--data", data)


def test_a_killed_exchange_comes_back_and_the_desk_with_it(data: Path) -> None:
    with running(data) as desk:
        desk.until(lambda health: health["ready"])
        (exchange,) = children_of(desk.process.pid)
        os.kill(exchange, signal.SIGKILL)
        assert "The embedded exchange stopped and is started again" in desk.complaint()
        desk.until(lambda health: health["reconnects"] >= 1 and health["ready"] and is_connected(health))
        last = desk.end()
    assert (last["link"], last["equity"]) == ("connected", "10000")
    assert last["reconnects"] >= 1


def test_garbage_truncated_and_oversize_frames_are_counted_and_survived(tmp_path: Path) -> None:
    ready = tmp_path / "ready.json"
    line = command(["simulate", "--control", "--faucet", "10000", "--ready-file", str(ready)])
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT) as exchange:
        assert exchange.stdout is not None
        url = json.loads(exchange.stdout.readline())["url"]
        try:
            with running(tmp_path / "data", "--exchange", ready) as desk:
                before = desk.until(is_connected)["defects"]
                for kind in ("garbage", "truncated", "oversize"):
                    fault = json.dumps({"kind": kind, "count": 3}).encode()
                    urllib.request.urlopen(
                        urllib.request.Request(f"{url}/control/faults", fault, {"Content-Type": "application/json"}),
                        timeout=10,
                    ).close()
                desk.until(lambda health: health["defects"] >= before + 6 and is_connected(health))
                assert desk.end()["link"] == "connected"
        finally:
            exchange.terminate()


# --- recordings ---


def test_a_session_is_not_played_over_by_another_market(data: Path) -> None:
    recording = RECORDINGS / "ticks" / "hl_BTC_trades_20250904.parquet"
    if not recording.exists():
        pytest.skip("the folder of recordings is not beside this checkout")
    with running(data, "--replay", recording) as desk:
        said = desk.complaint()
    assert f"began with the generated market, not with the recording {recording.name}" in said
    assert "Play each in a session, or a state file, of its own." in said


@pytest.fixture(scope="module")
def players(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Running]]:
    """Desks over every recording that is here, started side by side."""
    with ExitStack() as desks:
        yield {
            name: desks.enter_context(running(tmp_path_factory.mktemp("played"), "--replay", RECORDINGS / name))
            for name in REPLAYED
            if (RECORDINGS / name).exists()
        }


@pytest.mark.parametrize("name", REPLAYED)
def test_a_real_recording_is_played(players: dict[str, Running], name: str) -> None:
    if name not in players:
        pytest.skip("the folder of recordings is not beside this checkout")
    players[name].until(lambda health: is_connected(health) and health["messages"] > 20)
    last = players[name].end()
    assert (last["link"], last["gaps"], last["defects"]) == ("connected", 0, 0)


# --- leaving ---


async def test_a_window_closed_with_an_order_in_flight_ends_and_the_order_is_known_again(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "tests.flow.leaver", str(tmp_path)]
    left = await asyncio.to_thread(
        subprocess.run, line, capture_output=True, text=True, check=True, cwd=ROOT, env=ENVIRONMENT, timeout=60
    )
    client_order_id, was_final = left.stdout.split()
    assert was_final == "False"
    async with demo_desk(tmp_path, overrides=UNPROTECTED) as desk:
        await assert_whole(desk, {client_order_id: "sent"})
        order = desk.orders.get(client_order_id)
        assert order is not None
        assert order.status.is_final
        assert not await desk._parts.journal.unresolved()
