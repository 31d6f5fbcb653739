"""Who may act for whom, asked of the venue: an address's role, an account's API wallets, its account mode."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import msgspec

from hlmaster.core.errors import UnrecognisedReply
from hlmaster.exchange.hyperliquid.client import Client
from hlmaster.exchange.hyperliquid.codec import Answer

CLASSIC = "disabled"
"""The venue's word for an account whose perpetuals and spot wallets are apart: no abstraction over them."""


class Role(StrEnum):
    USER = "user"
    AGENT = "agent"
    VAULT = "vault"
    SUB_ACCOUNT = "subAccount"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Standing:
    """``master``: whose API wallet or sub-account it is; empty for the other roles."""

    role: Role
    master: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """An account's approval of an API wallet. ``name`` is empty for its one unnamed wallet."""

    address: str
    name: str
    valid_until_ms: int | None


class _RoleData(msgspec.Struct):
    user: str = ""
    master: str = ""


class _Role(msgspec.Struct):
    role: str
    data: _RoleData | None = None


class _Agent(msgspec.Struct, rename="camel"):
    address: str
    name: str
    valid_until: int | None = None


class _Overview(msgspec.Struct, rename="camel"):
    agent_address: str | None = None
    agent_valid_until: int | None = None


ROLE = Answer("userRole", _Role)
AGENTS = Answer("extraAgents", list[_Agent])
ABSTRACTION = Answer("userAbstraction", str)
OVERVIEW = Answer("webData2", _Overview)


class AccessQueries:
    """All raise VenueError."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def _ask(self, answer: Answer, kind: str, address: str) -> Any:
        return answer.read(await self._client.info(kind, user=address))

    async def standing(self, address: str) -> Standing:
        told: _Role = await self._ask(ROLE, "userRole", address)
        try:
            role = Role(told.role)
        except ValueError:
            raise UnrecognisedReply(
                f"The exchange calls {address} a {told.role!r}, which this program does not know.",
                "Look for a newer version of this program.",
            ) from None
        data = told.data or _RoleData()
        return Standing(role, (data.user or data.master).lower())

    async def grant(self, account: str, agent: str) -> Grant | None:
        """The account's approval of this wallet. The list names the named ones; the unnamed one is told elsewhere."""
        named: list[_Agent] = await self._ask(AGENTS, "extraAgents", account)
        for row in named:
            if row.address.lower() == agent:
                return Grant(agent, row.name, row.valid_until)
        overview: _Overview = await self._ask(OVERVIEW, "webData2", account)
        if (overview.agent_address or "").lower() == agent:
            return Grant(agent, "", overview.agent_valid_until)
        return None

    async def account_mode(self, account: str) -> str:
        """The venue's word: ``disabled`` for a classic account, ``unifiedAccount``, ``portfolioMargin`` …"""
        mode: str = await self._ask(ABSTRACTION, "userAbstraction", account)
        return mode
