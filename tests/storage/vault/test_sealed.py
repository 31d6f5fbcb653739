"""The encrypted file: what is sealed comes out again with the passphrase, and with nothing else."""

from __future__ import annotations

import base64
import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from hlmaster.core.errors import VaultError, WrongPassphrase
from hlmaster.core.secret import Secret
from hlmaster.storage.vault.sealed import SealedVault

PASSPHRASE = Secret("correct horse battery staple")
KEY = Secret("0x" + "5a" * 32)


async def opened(file: Path, passphrase: Secret = PASSPHRASE) -> SealedVault:
    vault = SealedVault(file)
    await vault.open(passphrase)
    return vault


def changed(file: Path, change: Any) -> None:
    tree = json.loads(file.read_text())
    change(tree)
    file.write_text(json.dumps(tree))


async def test_a_key_comes_back_after_a_restart_and_goes_when_deleted(tmp_path: Path) -> None:
    file = tmp_path / "deep" / "vault.json"
    await (await opened(file)).write("testnet/a", KEY)
    vault = await opened(file)
    assert await vault.read("testnet/a") == KEY
    assert await vault.read("live/a") is None
    assert await vault.delete("testnet/a")
    assert not await vault.delete("testnet/a")
    assert await (await opened(file)).read("testnet/a") is None


async def test_the_file_is_the_owners_alone_and_holds_nothing_in_the_clear(tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    await (await opened(file)).write("testnet/a", KEY)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    text = file.read_text()
    assert "5a5a" not in text
    assert PASSPHRASE.reveal() not in text
    assert os.listdir(tmp_path) == ["vault.json"]  # noqa: PTH208


async def test_a_wrong_passphrase_is_told_from_a_damaged_file(tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    await (await opened(file)).write("testnet/a", KEY)
    with pytest.raises(WrongPassphrase):
        await opened(file, Secret("correct horse battery stable"))
    changed(file, lambda tree: tree["entries"].update({"testnet/a": base64.b64encode(bytes(80)).decode()}))
    with pytest.raises(VaultError, match="testnet/a was altered"):
        await (await opened(file)).read("testnet/a")


async def test_entries_cannot_be_swapped(tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    vault = await opened(file)
    await vault.write("testnet/a", KEY)
    changed(file, lambda tree: tree["entries"].update({"live/a": tree["entries"]["testnet/a"]}))
    with pytest.raises(VaultError, match="live/a was altered"):
        await (await opened(file)).read("live/a")


async def test_the_same_key_is_sealed_differently_each_time(tmp_path: Path) -> None:
    vault = await opened(tmp_path / "vault.json")
    await vault.write("testnet/a", KEY)
    await vault.write("testnet/b", KEY)
    entries = json.loads((tmp_path / "vault.json").read_text())["entries"]
    assert entries["testnet/a"] != entries["testnet/b"]


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.update(version=2),
        lambda tree: tree.pop("derivation"),
        lambda tree: tree["derivation"].update(memory_kib=8),
        lambda tree: tree["derivation"].update(memory_kib=1 << 40),
        lambda tree: tree["derivation"].update(passes=10**9),
        lambda tree: tree["derivation"].update(passes="many"),
        lambda tree: tree["derivation"].update(salt="!"),
        lambda tree: tree["derivation"].update(kind="md5"),
        lambda tree: tree.update(entries=[]),
        lambda tree: tree["entries"].clear(),
        lambda tree: tree["entries"].update({"testnet/a": 5}),
    ],
)
async def test_a_prepared_or_broken_file_is_refused_before_it_costs_anything(tmp_path: Path, change: Any) -> None:
    file = tmp_path / "vault.json"
    await opened(file)
    changed(file, change)
    with pytest.raises(VaultError, match="is damaged"):
        await opened(file)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"version": 1}'])
async def test_what_is_no_vault_is_said_so(tmp_path: Path, text: str) -> None:
    file = tmp_path / "vault.json"
    file.write_text(text)
    with pytest.raises(VaultError, match="is damaged"):
        await opened(file)
    assert file.read_text() == text


async def test_a_short_passphrase_begins_no_vault(tmp_path: Path) -> None:
    with pytest.raises(VaultError, match="fewer than 12 characters"):
        await opened(tmp_path / "vault.json", Secret("short"))
    assert not (tmp_path / "vault.json").exists()


async def test_two_windows_keep_each_others_keys(tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    one, other = await opened(file), await opened(file)
    await one.write("testnet/a", KEY)
    await other.write("live/a", Secret("two"))
    both = await opened(file)
    assert (await both.read("testnet/a"), await both.read("live/a")) == (KEY, Secret("two"))


async def test_a_vault_that_was_replaced_meanwhile_is_not_mixed_with_the_old_one(tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    vault = await opened(file)
    file.unlink()
    await opened(file)
    with pytest.raises(VaultError, match="replaced by another"):
        await vault.write("testnet/a", KEY)


async def test_a_closed_vault_gives_and_takes_nothing(tmp_path: Path) -> None:
    vault = SealedVault(tmp_path / "vault.json")
    with pytest.raises(VaultError, match="not open"):
        await vault.write("testnet/a", KEY)
    assert await vault.read("testnet/a") is None


async def test_a_disk_that_refuses_leaves_the_vault_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "vault.json"
    vault = await opened(file)
    before = file.read_bytes()
    (tmp_path / f".vault.json.{os.getpid()}.new").mkdir()
    with pytest.raises(VaultError, match="cannot be written"):
        await vault.write("testnet/a", KEY)
    assert file.read_bytes() == before
    assert await vault.read("testnet/a") is None
