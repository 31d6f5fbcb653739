"""An encrypted file for computers without a keyring: Argon2id makes its key from a passphrase, AES-256-GCM seals.

Every entry is sealed by itself, bound to its name and the format's version, so entries cannot be swapped. The
passphrase is kept nowhere; it is asked for at every start.
"""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hlmaster.core.errors import VaultError, WrongPassphrase
from hlmaster.core.files import write_whole
from hlmaster.core.secret import Secret
from hlmaster.storage.files import private_folder

Entries = dict[str, str]
VERSION = 1
SHORTEST = 12
MEMORY_KIB, PASSES, LANES = 64 * 1024, 3, 4
"""The second recommended set of RFC 9106, 4: 64 MiB and three passes, about a quarter of a second."""
MOST_MEMORY_KIB, MOST_PASSES, MOST_LANES = 1024 * 1024, 20, 16
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
CHECK = "passphrase"
"""An entry of ours that every vault has: it tells a wrong passphrase from a damaged file."""


class SealedVault:
    """One file. ``open`` before anything else; the passphrase lives as long as this object."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._key: bytes | None = None
        self._tree: dict[str, Any] = {}
        self._turn = asyncio.Lock()

    @property
    def exists(self) -> bool:
        return self.file.exists()

    def __repr__(self) -> str:
        return f"SealedVault({self.file})"

    async def open(self, passphrase: Secret) -> None:
        """Opens the file, or begins one. Raises WrongPassphrase, VaultError."""
        async with self._turn:
            self._key, self._tree = await asyncio.to_thread(self._unlock, passphrase)

    async def read(self, entry: str) -> Secret | None:
        sealed = self._tree.get("entries", {}).get(entry)
        return None if sealed is None else Secret(_unseal(self._opened(), entry, sealed, self.file).decode())

    async def write(self, entry: str, secret: Secret) -> None:
        sealed = _seal(self._opened(), entry, secret.reveal().encode())
        async with self._turn:
            await asyncio.to_thread(self._change, lambda entries: {**entries, entry: sealed})

    async def delete(self, entry: str) -> bool:
        self._opened()
        if entry not in self._tree["entries"]:
            return False

        def without(entries: Entries) -> Entries:
            return {name: sealed for name, sealed in entries.items() if name != entry}

        async with self._turn:
            await asyncio.to_thread(self._change, without)
        return True

    def _opened(self) -> bytes:
        if self._key is None:
            raise VaultError("The vault is not open.", "Enter its passphrase.")
        return self._key

    def _change(self, change: Callable[[Entries], Entries]) -> None:
        """Of what stands in the file now: another window may have stored a key of its own meanwhile."""
        tree = _read(self.file)
        if tree["derivation"] != self._tree["derivation"]:
            raise VaultError(f"The vault {self.file} was replaced by another one.", "Open it again.")
        tree = {**tree, "entries": change(tree["entries"])}
        _write(self.file, tree)
        self._tree = tree

    def _unlock(self, passphrase: Secret) -> tuple[bytes, dict[str, Any]]:
        if self.exists:
            tree = _read(self.file)
            key = _derived(passphrase, tree["derivation"])
            _unseal(key, CHECK, tree["entries"][CHECK], self.file)
            return key, tree
        if len(passphrase.reveal()) < SHORTEST:
            raise VaultError(
                f"The passphrase has fewer than {SHORTEST} characters.", "Choose a longer one; four words do well."
            )
        salt = base64.b64encode(secrets.token_bytes(SALT_BYTES)).decode()
        derivation = {"kind": "argon2id", "salt": salt, "memory_kib": MEMORY_KIB, "passes": PASSES, "lanes": LANES}
        key = _derived(passphrase, derivation)
        tree = {"version": VERSION, "derivation": derivation, "entries": {CHECK: _seal(key, CHECK, b"")}}
        _write(self.file, tree)
        return key, tree


def _derived(passphrase: Secret, derivation: dict[str, Any]) -> bytes:
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

    kdf = Argon2id(
        salt=base64.b64decode(derivation["salt"]),
        length=KEY_BYTES,
        iterations=derivation["passes"],
        lanes=derivation["lanes"],
        memory_cost=derivation["memory_kib"],
    )
    return kdf.derive(passphrase.reveal().encode())


def _bound(entry: str) -> bytes:
    return f"hlmaster vault {VERSION} {entry}".encode()


def _seal(key: bytes, entry: str, plain: bytes) -> str:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, _bound(entry))).decode()


def _unseal(key: bytes, entry: str, sealed: str, file: Path) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        raw = base64.b64decode(sealed, validate=True)
        return AESGCM(key).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound(entry))
    except (InvalidTag, ValueError):
        if entry == CHECK:
            raise WrongPassphrase("The passphrase does not open this vault.", "Type it again.") from None
        raise _damaged(file, f"the entry {entry} was altered") from None


def _damaged(file: Path, why: str) -> VaultError:
    return VaultError(
        f"The vault {file} is damaged: {why}.",
        "Restore it from a backup, or rename it and connect again with a new API wallet.",
    )


def _read(file: Path) -> dict[str, Any]:
    """Sizes are bounded: a prepared file must not make us fill the memory or run for an hour."""
    try:
        tree = json.loads(file.read_text(encoding="utf-8"))
        derivation, entries = tree["derivation"], tree["entries"]
        if tree["version"] != VERSION:
            raise _damaged(file, f"this program does not know its version {tree['version']!r}")
        sound = (
            derivation["kind"] == "argon2id"
            and len(base64.b64decode(derivation["salt"], validate=True)) == SALT_BYTES
            and MEMORY_KIB <= derivation["memory_kib"] <= MOST_MEMORY_KIB
            and PASSES <= derivation["passes"] <= MOST_PASSES
            and 1 <= derivation["lanes"] <= MOST_LANES
            and all(isinstance(name, str) and isinstance(sealed, str) for name, sealed in entries.items())
            and CHECK in entries
        )
    except OSError as error:
        raise VaultError(f"The vault {file} cannot be read: {error.strerror}.", "Check its permissions.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(file, "it is not what this program wrote") from error
    if not sound:
        raise _damaged(file, "its figures are not what this program writes")
    return dict(tree)


def _write(file: Path, tree: dict[str, Any]) -> None:
    """Whole or not at all, for the owner alone. What lies in the new file is sealed, so it is no leak either."""
    private_folder(file.parent)
    try:
        write_whole(file, json.dumps(tree, indent=1).encode(), durable=True)
    except OSError as error:
        raise VaultError(
            f"The vault {file} cannot be written: {error.strerror}.", "Check the folder and the free space."
        ) from error
