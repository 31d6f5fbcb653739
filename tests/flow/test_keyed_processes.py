"""Testnet and live in processes of their own: typed once, and the key is nowhere but in the vault."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.exchange.hyperliquid.signing import Signer
from hlmaster.exchange.simulator.connection import Connection
from tests.desk.rehearsal import Rehearsal, rehearsal
from tests.storage.vault.secret_service import private_bus, secret_service

ROOT = Path(__file__).resolve().parents[2]
PASSPHRASE = "correct horse battery staple"
PATIENCE = 90


def forms(key: str) -> set[bytes]:
    """Every shape in which a key has been found lying about: text, number, bytes, base64, backwards, and any part."""
    raw = bytes.fromhex(key)
    texts = {key, key.upper(), str(int(key, 16)), key[::-1], base64.b64encode(raw).decode()}
    texts |= {base64.urlsafe_b64encode(raw).decode(), base64.b64encode(key.encode()).decode()}
    parts = {key[start : start + 16] for start in range(len(key) - 16)}
    return {text.encode() for text in texts | parts} | {raw, raw[::-1]}


def leaks(key: str, places: dict[str, bytes]) -> list[str]:
    wanted = forms(key)
    return [name for name, data in places.items() if any(form in data for form in wanted)]


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_socket()}


def run(*arguments: str | Path, said: str = "") -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "hlmaster", *map(str, arguments)]
    return subprocess.run(line, input=said, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE, check=False)


@contextmanager
def running(*arguments: str | Path, said: str) -> Iterator[subprocess.Popen[str]]:
    line = [sys.executable, "-m", "hlmaster", *map(str, arguments)]
    pipe = subprocess.PIPE
    with subprocess.Popen(line, stdin=pipe, stdout=pipe, stderr=pipe, text=True, cwd=ROOT) as process:
        assert process.stdin is not None
        process.stdin.write(said)
        process.stdin.flush()
        try:
            yield process
        finally:
            process.terminate()


@pytest.fixture
def key() -> str:
    return secrets.token_hex(32)


async def approved(made: Rehearsal, key: str) -> None:
    await made.approve(Signer(key).address)


def common(made: Rehearsal) -> list[str | Path]:
    return ["--mode", made.mode.value, "--data", made.data, "--exchange", made.ready_file]


async def connect(made: Rehearsal, key: str, keeper: str = "vault") -> subprocess.CompletedProcess[str]:
    arguments = ["connect", *common(made), "--account", made.account, "--keep", keeper]
    return await asyncio.to_thread(run, *arguments, said=f"{key}\n{PASSPHRASE}\n")


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every byte that reaches the exchange."""
    heard: list[bytes] = []
    receive = Connection.data_received

    def listen(connection: Connection, data: bytes) -> None:
        heard.append(data)
        receive(connection, data)

    monkeypatch.setattr(Connection, "data_received", listen)
    return heard


async def test_a_key_is_nowhere_but_in_the_vault(tmp_path: Path, key: str, wire: list[bytes]) -> None:
    async with rehearsal(tmp_path) as made:
        await approved(made, key)
        told = await connect(made, key)
        assert told.returncode == 0, told.stderr
        arguments = ["headless", "--json", *common(made), "--passphrase-stdin"]
        with running(*arguments, said=f"{PASSPHRASE}\n") as desk:
            health = ["health", "--json", "--mode", made.mode.value, "--data", made.data]
            for _ in range(PATIENCE):  # each question takes a process of its own
                asked = await asyncio.to_thread(run, *health)
                if asked.returncode == 0 and json.loads(asked.stdout)["ready"]:
                    break
            else:
                raise AssertionError(asked)
            process = Path("/proc") / str(desk.pid)
            places = {name: (process / name).read_bytes() for name in ("environ", "cmdline") if process.exists()}
            desk.terminate()
            out, err = await asyncio.to_thread(desk.communicate, None, PATIENCE)
        assert json.loads(out)["mode"] == "testnet"
        places |= {"told": (told.stdout + told.stderr).encode(), "out": out.encode(), "err": err.encode()}
        places |= files(made.data) | {f"temp {name}": data for name, data in files(tmp_path).items()}
        places["wire"] = b"".join(wire)
        assert made.account.encode() in places["wire"]
        assert len(places) > 8
        assert leaks(key, places) == []
        assert PASSPHRASE.encode() not in b"".join(places.values())
        modes = {oct(path.stat().st_mode & 0o077) for path in made.data.rglob("*")}
        assert modes == {"0o0"}


async def test_with_a_real_keyring_nothing_is_typed_and_the_folder_holds_no_key(
    tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_bus(tmp_path, monkeypatch), secret_service():
        async with rehearsal(tmp_path) as made:
            await approved(made, key)
            told = await connect(made, key, "keyring")
            assert told.returncode == 0, told.stderr
            monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
            opened = await asyncio.to_thread(run, "headless", "--json", *common(made), "--for", "8")
            assert opened.returncode == 0, opened.stderr
            assert json.loads(opened.stdout)["mode"] == "testnet"
            assert leaks(key, files(tmp_path)) == []
            assert not (made.data / "vault.json").exists()


async def test_one_window_after_the_other_goes_from_demo_to_testnet_to_paper(tmp_path: Path, key: str) -> None:
    async with rehearsal(tmp_path, network=None, faucet=Decimal(10_000), coins=None) as made:
        await approved(made, key)
        assert (await connect(made, key)).returncode == 0
        line = [sys.executable, "-m", "tests.flow.switcher", str(made.data), str(made.ready_file), PASSPHRASE]
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
        done = await asyncio.to_thread(
            subprocess.run, line, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE, env=environment
        )
        assert done.returncode == 0, done.stderr
        seen = [told.split() for told in done.stdout.splitlines() if told.startswith(("demo", "testnet", "paper"))]
        assert [words[0] for words in seen] == ["demo", "testnet", "paper"]
        assert seen[1][1] == made.account != seen[0][1]
        assert f"…{made.account[-4:]}" in seen[1]


async def test_the_doctor_tells_as_one_line_and_by_its_exit_code(tmp_path: Path, key: str) -> None:
    async with rehearsal(tmp_path) as made:
        await approved(made, key)
        assert (await connect(made, key)).returncode == 0
        asked: list[str | Path] = [
            "doctor",
            "--network",
            "testnet",
            "--data",
            made.data,
            "--exchange",
            made.ready_file,
            "--json",
        ]
        sound = await asyncio.to_thread(run, *asked, "--passphrase-stdin", said=f"{PASSPHRASE}\n")
        assert sound.returncode == 0, sound.stdout
        told = json.loads(sound.stdout)
        assert (told["sound"], told["proves_the_venue"], len(told["trials"])) == (True, False, 11)
        wrong = await asyncio.to_thread(run, *asked, "--passphrase-stdin", said="not this one\n")
        assert wrong.returncode == 1
        assert "does not open this vault" in wrong.stdout
        assert leaks(key, {"told": (sound.stdout + sound.stderr + wrong.stdout + wrong.stderr).encode()}) == []


async def test_the_search_finds_each_form(key: str) -> None:
    for form in forms(key):
        assert leaks(key, {"here": b"before" + form + b"after"}) == ["here"]


async def test_live_without_a_window_needs_both_flags_and_the_tail(tmp_path: Path, key: str) -> None:
    async with rehearsal(tmp_path, Mode.LIVE) as made:
        await approved(made, key)
        told = await connect(made, key)
        assert told.returncode == 0, told.stderr
        start = ["headless", "--json", *common(made), "--passphrase-stdin", "--for", "8"]
        flags = ["--live", "--i-understand-the-risks", "--account-tail", made.account[-4:]]
        for left_out, words in (
            (flags[1:], "needs both --live"),
            (flags[:1] + flags[2:], "needs both --live"),
            (flags[:2], "last four characters"),
            ([], "typed exactly"),
        ):
            refused = await asyncio.to_thread(run, *start, *left_out, said=f"{PASSPHRASE}\n")
            assert refused.returncode == 2
            assert words in refused.stderr
        opened = await asyncio.to_thread(run, *start, *flags, said=f"{PASSPHRASE}\n")
        assert opened.returncode == 0, opened.stderr
        assert json.loads(opened.stdout)["mode"] == "live"


async def test_a_wrong_passphrase_and_a_session_without_an_account_are_said(tmp_path: Path, key: str) -> None:
    async with rehearsal(tmp_path) as made:
        start = ["headless", *common(made), "--passphrase-stdin", "--for", "1"]
        lonely = await asyncio.to_thread(run, *start)
        assert (lonely.returncode, "has no account yet" in lonely.stderr) == (2, True)
        await approved(made, key)
        assert (await connect(made, key)).returncode == 0
        wrong = await asyncio.to_thread(run, *start, said="not the passphrase\n")
        assert (wrong.returncode, "does not open this vault" in wrong.stderr) == (2, True)
        unsaid = await asyncio.to_thread(run, "headless", *common(made), "--for", "1")
        assert (unsaid.returncode, "asked for on a terminal" in unsaid.stderr) == (2, True)
        assert Secret(key).reveal() not in wrong.stderr + unsaid.stderr


async def test_settings_and_variables_that_hold_a_key_are_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "settings.toml").write_text(f'[general]\nprivate_key = "0x{key}"\n')
    filed = await asyncio.to_thread(run, "headless", "--data", tmp_path, "--for", "1")
    assert filed.returncode == 2
    assert "hlmaster connect" in filed.stderr
    assert key[:12] not in filed.stderr
    (tmp_path / "settings.toml").unlink()
    os.environ["HLM_GENERAL__API_SECRET"] = key
    try:
        told = await asyncio.to_thread(run, "headless", "--data", tmp_path, "--for", "1")
    finally:
        del os.environ["HLM_GENERAL__API_SECRET"]
    assert told.returncode == 2
    assert "HLM_GENERAL__API_SECRET" in told.stderr
    assert key[:12] not in told.stderr
