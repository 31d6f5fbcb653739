"""A known key goes through trading, a crash and a restart of real desks, and is found nowhere."""

from __future__ import annotations

import asyncio
import base64
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from hlmaster.core.secret import Secret
from hlmaster.desk.connection import Connection
from hlmaster.desk.connector import Connector
from hlmaster.exchange.simulator.connection import HttpRequest
from hlmaster.storage.vault.entries import Keeper
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.flow.keyed_desks import keyed_desk
from tests.flow.test_watchdog_process import watchdogs_of
from tests.proofs.canary import Canary, reachable

ROOT = Path(__file__).resolve().parents[2]
KEY = "0x4c0883a69102937d6231471b5dbb6204fe5129617082792ae468d01a3f362318"
PASSPHRASE = "correct horse battery staple"


@pytest.fixture
def canary() -> Canary:
    return Canary(KEY)


@pytest.fixture
def short_folder() -> Iterator[Path]:
    """Sockets lie below it, and their paths may not be long."""
    with tempfile.TemporaryDirectory(prefix="hlm-") as folder:
        yield Path(folder)


# --- the canary sings ---


@pytest.mark.parametrize(
    "text",
    [
        KEY,
        KEY[2:].upper(),
        KEY[2:][::-1],
        f"key={KEY[12:30]}",
        str(int(KEY, 16)),
        base64.b64encode(bytes.fromhex(KEY[2:])).decode(),
        base64.b64encode(KEY.encode()).decode(),
        repr(list(bytes.fromhex(KEY[2:]))),
    ],
)
def test_every_dress_of_a_key_is_known(canary: Canary, text: str, tmp_path: Path) -> None:
    assert canary.hits(text.encode())
    (tmp_path / "log.jsonl").write_text(f"before {text} after")
    assert canary.in_folder(tmp_path)


def test_a_key_is_found_in_names_databases_archives_and_processes(canary: Canary, tmp_path: Path) -> None:
    raw = bytes.fromhex(KEY[2:])
    assert canary.hits(b"\x01" + raw[3:20] + b"\x02") == ["piece of raw"]
    assert canary.hits(KEY.encode("utf-16")) == ["hex in UTF-16"]
    connection = sqlite3.connect(tmp_path / "desk.sqlite")
    connection.execute("CREATE TABLE t (x)")
    connection.execute("INSERT INTO t VALUES (?)", (raw,))
    connection.commit()
    connection.close()
    with zipfile.ZipFile(tmp_path / "export.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("notes.txt", KEY)
    (tmp_path / f"backup-{KEY[2:]}").touch()
    told = " ".join(canary.in_folder(tmp_path))
    assert all(part in told for part in ("desk.sqlite > t", "export.zip > notes.txt", "(name)"))
    waits = [sys.executable, "-c", "print(flush=True); input()", KEY]
    with subprocess.Popen(waits, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert canary.in_processes([process.pid])
        process.communicate(b"\n")


def test_what_is_no_key_is_not_taken_for_one(canary: Canary) -> None:
    assert canary.hits(os.urandom(1_000_000)) == canary.hits(KEY[2:17].encode()) == []


# --- and finds nothing ---


async def kept(made: Rehearsal) -> Connection:
    """The known key, pasted, approved and kept in the vault."""
    connector: Connector = made.connector()
    connector.set_account(made.account)
    await made.approve(connector.paste_key(Secret(KEY)))
    assert (await connector.check()).admitted
    await connector.keep(Keeper.VAULT, Secret(PASSPHRASE))
    return connector.finish()


class Child:
    """A desk in a process of its own, with home and temporary files below ``folder``."""

    def __init__(self, made: Rehearsal, folder: Path) -> None:
        places = dict.fromkeys(("HOME", "TMPDIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"), str(folder))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.proofs.keyed_trader", str(made.data), str(made.ready_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
            env={**os.environ, **places},
        )
        self.pid = self._process.pid
        self.said = b""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{PASSPHRASE}\n".encode())
        self._process.stdin.flush()

    async def trades(self, orders: int) -> None:
        assert self._process.stdout is not None
        while self.said.count(b"ETH market") < orders:
            line = await asyncio.to_thread(self._process.stdout.readline)
            assert line, self.said.decode()
            self.said += line

    def kill(self) -> None:
        self._process.kill()
        rest, _ = self._process.communicate()
        self.said += rest


@pytest.mark.slow
async def test_a_key_that_trades_crashes_and_returns_is_found_nowhere(
    canary: Canary, tmp_path: Path, short_folder: Path
) -> None:
    home = short_folder
    heard: list[bytes] = []
    async with rehearsal(tmp_path) as made:
        plain = made.server.request

        def listening(request: HttpRequest, *rest: object) -> None:
            heard.append(request.body)
            plain(request, *rest)  # type: ignore[arg-type]

        made.server.request = listening  # type: ignore[method-assign, assignment]
        connection = await kept(made)
        async with keyed_desk(made, connection) as desk:
            holders = {type(one).__name__ for one in reachable([desk, connection])}
            assert {"Signer", "HyperliquidTrading", "Connection"} <= holders, "what holds the key was looked at"
            assert canary.in_objects([desk, connection]) == []
        for _ in range(2):
            child = Child(made, home)
            try:
                await child.trades(4)
                assert watchdogs_of(made.data), "whom the key was handed to is looked at as well"
                assert canary.in_processes([child.pid, os.getpid()]) == []
            finally:
                child.kill()
                for watchdog in watchdogs_of(made.data):
                    os.kill(watchdog, signal.SIGKILL)
            assert canary.in_folder(tmp_path) == canary.in_folder(home) == []
            assert canary.hits(child.said) == []
    assert len(heard) > 20
    assert canary.hits(b"\n".join(heard)) == []


async def test_no_object_of_a_connected_desk_gives_its_key_away(canary: Canary, tmp_path: Path) -> None:
    """Also while the wizard holds it, and in what an exception shows."""
    async with rehearsal(tmp_path) as made:
        connector = made.connector()
        connector.set_account(made.account)
        secret = Secret(KEY)
        connector.paste_key(secret)
        assert canary.in_objects([connector, secret]) == []
        with pytest.raises(Exception, match="key") as caught:
            connector.paste_key(Secret(KEY + "00"))
        assert canary.hits(repr(caught.value).encode() + str(caught.value.__cause__).encode()) == []
