"""Which keyrings may hold a key, whatever the environment says, and what happens when one does not answer."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from hlmaster.core.errors import KeyringUnavailable, VaultError
from hlmaster.core.secret import Secret
from hlmaster.storage.vault.system import (
    ALLOWED,
    CREDENTIAL_LOCKER,
    KEYCHAIN,
    KWALLET,
    SECRET_SERVICE,
    Backend,
    SystemKeyring,
    candidates,
    make,
)


class Shelf:
    """A back-end in memory."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, entry: str) -> str | None:
        return self.kept.get((service, entry))

    def set_password(self, service: str, entry: str, text: str) -> None:
        self.kept[service, entry] = text

    def delete_password(self, service: str, entry: str) -> None:
        del self.kept[service, entry]


def keyring_of(shelf: Any, patience: float = 20.0) -> SystemKeyring:
    return SystemKeyring((SECRET_SERVICE,), patience, lambda _: shelf)


@pytest.mark.parametrize(
    "kind",
    [
        Backend("null", "keyring.backends.null", "Keyring"),
        Backend("fail", "keyring.backends.fail", "Keyring"),
        Backend("chainer", "keyring.backends.chainer", "ChainerBackend"),
        Backend("libsecret", "keyring.backends.libsecret", "Keyring"),
        Backend("plaintext", "keyrings.alt.file", "PlaintextKeyring"),
        Backend("Secret Service", "keyring.backends.null", "Keyring"),
        Backend("Windows Credential Locker", CREDENTIAL_LOCKER.module, CREDENTIAL_LOCKER.kind, {}),
    ],
)
def test_what_is_not_on_the_list_is_refused_whatever_it_calls_itself(kind: Backend) -> None:
    with pytest.raises(KeyringUnavailable, match="not a keyring this program trusts"):
        make(kind)


@pytest.mark.parametrize(
    ("platform", "environ", "expected"),
    [
        ("linux", {}, (SECRET_SERVICE, KWALLET)),
        ("linux", {"XDG_CURRENT_DESKTOP": "KDE"}, (KWALLET, SECRET_SERVICE)),
        ("linux", {"PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}, (SECRET_SERVICE, KWALLET)),
        ("darwin", {"KEYCHAIN_PATH": "/tmp/other"}, (KEYCHAIN,)),
        ("win32", {}, (CREDENTIAL_LOCKER,)),
        ("freebsd14", {}, ()),
    ],
)
def test_the_choice_is_made_here(platform: str, environ: dict[str, str], expected: tuple[Backend, ...]) -> None:
    assert candidates(platform, environ) == expected


def test_windows_keeps_the_key_on_this_computer_and_macos_in_the_users_own_keychain() -> None:
    assert CREDENTIAL_LOCKER.fixed == {"persist": "local machine"}
    assert KEYCHAIN.fixed == {"keychain": None}
    assert {backend.module for group in ALLOWED.values() for backend in group} == {
        "keyring.backends.SecretService",
        "keyring.backends.kwallet",
        "keyring.backends.macOS",
        "keyring.backends.Windows",
    }


def test_every_class_on_the_list_exists_in_the_library() -> None:
    import importlib

    for group in ALLOWED.values():
        for backend in group:
            assert isinstance(getattr(importlib.import_module(backend.module), backend.kind), type)


async def test_a_foreign_systems_keyring_says_why_it_cannot_be_used() -> None:
    with pytest.raises(KeyringUnavailable, match="Windows Credential Locker cannot be used"):
        await SystemKeyring((CREDENTIAL_LOCKER,)).title()


async def test_a_system_without_any_is_told_so() -> None:
    with pytest.raises(KeyringUnavailable, match="no keyring that this program knows"):
        await SystemKeyring(()).read("testnet/x")


async def test_a_round_trip() -> None:
    keyring = keyring_of(Shelf())
    await keyring.write("testnet/a", Secret("one"))
    assert await keyring.read("testnet/a") == Secret("one")
    assert await keyring.delete("testnet/a")
    assert await keyring.read("testnet/a") is None
    assert not await keyring.delete("testnet/a")


async def test_a_keyring_that_forgets_is_found_out_when_storing() -> None:
    shelf = Shelf()
    shelf.set_password = lambda *_: None  # type: ignore[method-assign]
    with pytest.raises(VaultError, match="did not keep the key"):
        await keyring_of(shelf).write("testnet/a", Secret("one"))


async def test_the_loop_goes_on_while_a_keyring_hangs_and_the_wait_has_an_end() -> None:
    release = threading.Event()
    shelf = Shelf()
    shelf.get_password = lambda *_: release.wait(60) and None  # type: ignore[method-assign,assignment]
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            beats += 1
            await asyncio.sleep(0)

    pulse = asyncio.create_task(beat())
    with pytest.raises(VaultError, match="did not answer within"):
        await keyring_of(shelf, 0.2).read("testnet/a")
    assert beats > 100
    pulse.cancel()
    release.set()


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (type("LockedException", (Exception,), {})("Item is locked!"), "stayed locked"),
        (type("KeychainDenied", (Exception,), {})("no"), "stayed locked"),
        (RuntimeError("the bus is gone"), "failed: the bus is gone"),
        (OSError(5, "Input/output error"), "failed"),
    ],
)
async def test_errors_of_back_ends_become_sentences(error: Exception, words: str) -> None:
    def fail(*_: str) -> str:
        raise error

    shelf = Shelf()
    shelf.get_password = fail  # type: ignore[method-assign,assignment]
    with pytest.raises(VaultError, match=words):
        await keyring_of(shelf).read("testnet/a")


async def test_the_second_back_end_serves_where_the_first_is_absent() -> None:
    shelf = Shelf()

    def maker(backend: Backend) -> Any:
        if backend is SECRET_SERVICE:
            raise KeyringUnavailable("absent")
        return shelf

    assert await SystemKeyring((SECRET_SERVICE, KWALLET), maker=maker).title() == "KWallet"
