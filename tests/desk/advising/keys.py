"""A keeper of keys in memory."""

from __future__ import annotations

from hlmaster.core.secret import Secret


class MemoryVault:
    def __init__(self) -> None:
        self.kept: dict[str, Secret] = {}

    async def read(self, entry: str) -> Secret | None:
        return self.kept.get(entry)

    async def write(self, entry: str, secret: Secret) -> None:
        self.kept[entry] = secret

    async def delete(self, entry: str) -> bool:
        return self.kept.pop(entry, None) is not None
