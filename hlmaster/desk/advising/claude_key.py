"""Claude's key: in the system's keyring and, while the desk runs, in memory."""

from __future__ import annotations

from hlmaster.core.secret import Secret
from hlmaster.storage.vault.entries import Vault

ENTRY = "claude"


class ClaudeKey:
    """``held`` is asked before each call, from memory. All else raises VaultError."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._key: Secret | None = None
        self._recalled = False

    def held(self) -> Secret | None:
        return self._key

    async def recall(self) -> None:
        """Once: a keyring that is locked asks its owner each time."""
        if not self._recalled:
            self._recalled = True
            self._key = await self._vault.read(ENTRY)

    async def keep(self, key: Secret) -> None:
        await self._vault.write(ENTRY, key)
        self._key = key

    async def forget(self) -> bool:
        self._key = None
        return await self._vault.delete(ENTRY)
