"""The operating system's keyring, by an allow-list of back-ends that is chosen here and by nothing outside.

``PYTHON_KEYRING_BACKEND``, ``keyringrc.cfg``, ``KEYRING_PROPERTY_*`` and installed plug-ins can each redirect the
library's own choice, to plain text among others; so its choice is never asked for: the class is named, and made without
its look at the environment.
"""

from __future__ import annotations

import importlib
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hlmaster.core.errors import KeyringUnavailable, VaultError
from hlmaster.core.secret import Secret
from hlmaster.storage.vault.entries import SERVICE
from hlmaster.storage.vault.worker import in_worker

Answer = TypeVar("Answer")
PATIENCE_SECONDS = 20.0
OTHERWISE = "Keep the key in an encrypted vault file instead, or set up the system's keyring and try again."


@dataclass(frozen=True, slots=True)
class Backend:
    """``fixed``: attributes that the environment must not set."""

    title: str
    module: str
    kind: str
    fixed: Mapping[str, object] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"{self.module}.{self.kind}"


SECRET_SERVICE = Backend("Secret Service", "keyring.backends.SecretService", "Keyring")
KWALLET = Backend("KWallet", "keyring.backends.kwallet", "DBusKeyring")
KEYCHAIN = Backend("macOS Keychain", "keyring.backends.macOS", "Keyring", {"keychain": None})
CREDENTIAL_LOCKER = Backend(
    # The library's default would let the credential roam with the user's domain profile to other computers
    "Windows Credential Locker",
    "keyring.backends.Windows",
    "WinVaultKeyring",
    {"persist": "local machine"},
)
ALLOWED: Mapping[str, tuple[Backend, ...]] = {
    "linux": (SECRET_SERVICE, KWALLET),
    "darwin": (KEYCHAIN,),
    "win32": (CREDENTIAL_LOCKER,),
}


def candidates(platform: str = sys.platform, environ: Mapping[str, str] = os.environ) -> tuple[Backend, ...]:
    """The back-ends of this system, the desktop's own first. The environment decides the order and nothing more."""
    allowed = ALLOWED.get(platform, ())
    if "KDE" in environ.get("XDG_CURRENT_DESKTOP", "").split(":"):
        return allowed[::-1]
    return allowed


def make(backend: Backend) -> Any:
    """The library's object. Raises KeyringUnavailable when the class is off the list or not usable here."""
    if not any(backend in group for group in ALLOWED.values()):
        raise KeyringUnavailable(f"{backend.path} is not a keyring this program trusts with a key.", OTHERWISE)
    try:
        kind = getattr(importlib.import_module(backend.module), backend.kind)
        # Reading its priority is how the library proves that a back-end works here
        _ = kind.priority
        shielded = type(kind.__name__, (kind,), {"set_properties_from_env": lambda self: None})
        made = shielded()
    except Exception as error:
        raise KeyringUnavailable(
            f"The {backend.title} cannot be used: {_reason(error)}.",
            OTHERWISE,
        ) from error
    for name, value in backend.fixed.items():
        setattr(made, name, value)
    return made


def _reason(error: Exception) -> str:
    return (str(error) or type(error).__name__).rstrip(".")


class SystemKeyring:
    """``core.secret.Secret`` in and out of the operating system. Each call has a thread and 20 seconds."""

    def __init__(
        self,
        backends: tuple[Backend, ...] | None = None,
        patience: float = PATIENCE_SECONDS,
        maker: Callable[[Backend], Any] = make,
    ) -> None:
        self._backends = candidates() if backends is None else backends
        self._patience = patience
        self._make = maker
        self._chosen: tuple[Backend, Any] | None = None

    async def title(self) -> str:
        """The name of the back-end in use, for people. Raises KeyringUnavailable when there is none."""
        return await self._ask(lambda _: self._choose()[0].title)

    async def read(self, entry: str) -> Secret | None:
        text = await self._ask(lambda keyring: keyring.get_password(SERVICE, entry))
        return None if text is None else Secret(text)

    async def write(self, entry: str, secret: Secret) -> None:
        """Proven by reading back: a keyring that forgets at once is not one."""

        def store(keyring: Any) -> bool:
            keyring.set_password(SERVICE, entry, secret.reveal())
            return bool(keyring.get_password(SERVICE, entry) == secret.reveal())

        if not await self._ask(store):
            raise VaultError("The system keyring did not keep the key.", OTHERWISE)

    async def delete(self, entry: str) -> bool:
        def remove(keyring: Any) -> bool:
            if keyring.get_password(SERVICE, entry) is None:
                return False
            keyring.delete_password(SERVICE, entry)
            return True

        return await self._ask(remove)

    def _choose(self) -> tuple[Backend, Any]:
        if self._chosen is None:
            failures: list[KeyringUnavailable] = []
            for backend in self._backends:
                try:
                    self._chosen = backend, self._make(backend)
                    return self._chosen
                except KeyringUnavailable as error:
                    failures.append(error)
            if failures:
                raise failures[0]
            raise KeyringUnavailable("This system has no keyring that this program knows.", OTHERWISE)
        return self._chosen

    async def _ask(self, question: Callable[[Any], Answer]) -> Answer:
        late = VaultError(
            f"The system keyring did not answer within {self._patience:.0f} seconds.",
            "It may be asking for its password behind another window: unlock it and try again.",
        )

        def work() -> Answer:
            _, keyring = self._choose()
            try:
                return question(keyring)
            except VaultError:
                raise
            except Exception as error:  # noqa: BLE001  what a back-end raises is its own affair
                failure = _explained(error)
                # Its frames hold the key, and an open line to the keyring that the library forgot
                traceback.clear_frames(error.__traceback__)
            raise failure

        return await in_worker(work, self._patience, late)


def _explained(error: Exception) -> VaultError:
    """Back-ends raise errors of five libraries; their names are what they share."""
    name = type(error).__name__
    if "Locked" in name or "Denied" in name or "Dismissed" in name:
        return VaultError("The system keyring stayed locked.", "Unlock it when it asks, then try again.")
    return VaultError(f"The system keyring failed: {_reason(error)}.", OTHERWISE)
