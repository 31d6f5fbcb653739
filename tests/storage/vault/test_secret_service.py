"""A real Secret Service: gnome-keyring on a bus of its own, in a home of its own."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from hlmaster.core.errors import KeyringUnavailable, VaultError
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret
from hlmaster.storage.vault.entries import entry_name
from hlmaster.storage.vault.system import SECRET_SERVICE, SystemKeyring
from tests.storage.vault.secret_service import private_bus, secret_service

KEY = Secret("0x" + "5a" * 32)
ENTRY = entry_name(Mode.TESTNET, "0x" + "ab" * 20)
OTHER = entry_name(Mode.LIVE, "0x" + "ab" * 20)


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with private_bus(tmp_path, monkeypatch):
        yield tmp_path


@pytest.fixture
def service(bus: Path) -> Iterator[Path]:
    with secret_service():
        yield bus


def contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_a_key_is_stored_read_and_deleted(service: Path) -> None:
    keyring = SystemKeyring((SECRET_SERVICE,))
    assert await keyring.title() == "Secret Service"
    assert await keyring.read(ENTRY) is None
    await keyring.write(ENTRY, KEY)
    assert await SystemKeyring((SECRET_SERVICE,)).read(ENTRY) == KEY
    assert await keyring.read(OTHER) is None
    assert await keyring.delete(ENTRY)
    assert await keyring.read(ENTRY) is None
    assert not await keyring.delete(ENTRY)


async def test_what_the_service_writes_holds_no_key_in_the_clear(service: Path) -> None:
    await SystemKeyring((SECRET_SERVICE,)).write(ENTRY, KEY)
    written = contents(service)
    assert len(written) > 1
    raw = KEY.reveal()
    assert not [data for data in written if raw.encode() in data or bytes.fromhex(raw[2:]) in data]


async def test_writing_again_replaces(service: Path) -> None:
    keyring = SystemKeyring((SECRET_SERVICE,))
    await keyring.write(ENTRY, KEY)
    await keyring.write(ENTRY, Secret("0x" + "11" * 32))
    assert await keyring.read(ENTRY) == Secret("0x" + "11" * 32)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # the library forgets its line to a locked keyring
async def test_a_locked_collection_is_said_in_words(service: Path) -> None:
    import secretstorage

    keyring = SystemKeyring((SECRET_SERVICE,))
    await keyring.write(ENTRY, KEY)
    with closing(secretstorage.dbus_init()) as connection:
        secretstorage.get_default_collection(connection).lock()
    with pytest.raises(VaultError, match=r"stayed locked.*Unlock it"):
        await keyring.read(ENTRY)
    gc.collect()


async def test_a_bus_without_the_service_is_refused_in_words(bus: Path) -> None:
    with pytest.raises(KeyringUnavailable, match="Secret Service cannot be used") as caught:
        await SystemKeyring((SECRET_SERVICE,)).read(ENTRY)
    assert "encrypted vault file" in caught.value.cure


async def test_no_bus_at_all_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", f"unix:path={tmp_path}/nothing")
    with pytest.raises(KeyringUnavailable, match="Secret Service cannot be used"):
        await SystemKeyring((SECRET_SERVICE,)).title()


async def test_the_environment_does_not_redirect_the_choice(
    service: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("KEYRING_PROPERTY_PREFERRED_COLLECTION", "/org/freedesktop/secrets/collection/session")
    config = Path(os.environ["XDG_CONFIG_HOME"]) / "python_keyring" / "keyringrc.cfg"
    config.parent.mkdir()
    config.write_text("[backend]\ndefault-keyring=keyring.backends.null.Keyring\n")
    keyring = SystemKeyring((SECRET_SERVICE,))
    await keyring.write(ENTRY, KEY)
    assert await SystemKeyring((SECRET_SERVICE,)).read(ENTRY) == KEY
    assert not hasattr(keyring._choose()[1], "preferred_collection")
