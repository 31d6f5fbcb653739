"""What every keeper of keys offers, and how an entry is named: one secret an entry, by mode and account."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Protocol

from hlmaster.core.errors import InvariantBroken
from hlmaster.core.model import Mode
from hlmaster.core.secret import Secret

SERVICE = "HyperliquidMaster"
KEYED_MODES = (Mode.TESTNET, Mode.LIVE)
_ADDRESS = re.compile(r"0x[0-9a-f]{40}")


class Keeper(StrEnum):
    """Which of the two keeps a session's key; a word in the session's file, never the key."""

    KEYRING = "keyring"
    VAULT = "vault"


class Vault(Protocol):
    """All raise VaultError in words that say what to do."""

    async def read(self, entry: str) -> Secret | None:
        """None when there is no such entry."""

    async def write(self, entry: str, secret: Secret) -> None:
        """Replaces what was there."""

    async def delete(self, entry: str) -> bool:
        """Whether there was one."""


def entry_name(mode: Mode, account: str) -> str:
    """``testnet/0x…``: the same account at the two networks has two entries, and demo has none."""
    if mode not in KEYED_MODES or not _ADDRESS.fullmatch(account):
        raise InvariantBroken(f"There is no key entry for {mode} {account!r}.")
    return f"{mode.value}/{account}"
