"""Who may act for whom: API wallets (agents), sub-accounts, builder approvals and referrers of every master account."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from hlmaster.core.clock import DAY_MS

ZERO_ADDRESS = "0x" + "0" * 40
AGENT_LIFETIME_MS = 180 * DAY_MS
NAMED_AGENTS, NAMED_AGENTS_PER_SUB_ACCOUNT = 3, 2
LONGEST_NAME = 16
VOLUME_FOR_SUB_ACCOUNTS = 100_000
VOLUME_PER_SUB_ACCOUNT = 100_000_000
FIRST_SUB_ACCOUNTS, MOST_SUB_ACCOUNTS = 10, 50
BUILDER_APPROVALS = 10
_NAME = re.compile(r"(?P<name>.*?)(?: valid_until (?P<until>\d+))?")


@dataclass(frozen=True, slots=True)
class Agent:
    """``name`` is empty for the one unnamed agent; ``valid_until`` market milliseconds."""

    address: str
    master: str
    name: str
    valid_until: int


@dataclass(frozen=True, slots=True)
class SubAccount:
    address: str
    master: str
    name: str


@dataclass(slots=True)
class Delegations:
    agents: dict[str, Agent] = field(default_factory=dict)
    former_agents: set[str] = field(default_factory=set)
    """Replaced or revoked; never taken for a newcomer."""
    sub_accounts: dict[str, SubAccount] = field(default_factory=dict)
    builders: dict[str, dict[str, int]] = field(default_factory=dict)
    """Per master and builder the highest approved fee, in tenths of a basis point."""
    referrers: dict[str, str] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    """Account modes other than the classic one, as ``userAbstraction`` tells them; accounting here stays classic."""

    # --- agents ---

    def approve_agent(self, master: str, address: str, label: str, now_ms: int) -> str | list[str]:
        """The refusal's text, or the addresses of agents that this approval replaced or revoked."""
        match = _NAME.fullmatch(label)
        assert match is not None
        name, until = match["name"], match["until"]
        valid_until = now_ms + AGENT_LIFETIME_MS if until is None else int(until)
        if len(name) > LONGEST_NAME:
            return f"Agent name must be 1 to {LONGEST_NAME} characters."
        if not now_ms < valid_until <= now_ms + AGENT_LIFETIME_MS:
            return "Agent valid_until already expired."
        replaced = [agent.address for agent in self.agents.values() if (agent.master, agent.name) == (master, name)]
        if address != ZERO_ADDRESS:
            if address in self.agents or address == master or address in self.sub_accounts:
                return "Extra agent already used."
            named = sum(1 for agent in self.agents.values() if agent.master == master and agent.name)
            limit = NAMED_AGENTS + NAMED_AGENTS_PER_SUB_ACCOUNT * len(self.sub_accounts_of(master))
            if name and not replaced and named >= limit:
                return f"Too many extra agents for cumulative volume traded. Current limit is {limit}"
        for old in replaced:
            del self.agents[old]
            self.former_agents.add(old)
        if address != ZERO_ADDRESS:
            self.former_agents.discard(address)
            self.agents[address] = Agent(address, master, name, valid_until)
        return replaced

    def agent(self, address: str, now_ms: int) -> Agent | None:
        """The living agent at this address."""
        found = self.agents.get(address)
        return found if found is not None and now_ms < found.valid_until else None

    def has_no_purse(self, address: str) -> bool:
        """Agents, past ones too, and sub-accounts: what they have is their master's."""
        return address in self.agents or address in self.former_agents or address in self.sub_accounts

    def agents_of(self, master: str) -> list[Agent]:
        return [agent for agent in self.agents.values() if agent.master == master]

    # --- sub-accounts ---

    def create_sub_account(self, master: str, name: str, volume: Decimal) -> str | SubAccount:
        """The refusal's text, or the new account."""
        if volume < VOLUME_FOR_SUB_ACCOUNTS:
            return (
                "Cannot create sub-accounts until enough volume traded. "
                f"Required: ${VOLUME_FOR_SUB_ACCOUNTS}. Traded: ${volume:.2f}"
            )
        present = self.sub_accounts_of(master)
        limit = min(MOST_SUB_ACCOUNTS, FIRST_SUB_ACCOUNTS + int(volume) // VOLUME_PER_SUB_ACCOUNT)
        if len(present) >= limit:
            return f"Too many sub-accounts. Current limit is {limit}"
        if not 1 <= len(name) <= LONGEST_NAME or any(sub.name == name for sub in present):
            return f"Sub-account name must be new and 1 to {LONGEST_NAME} characters."
        address = "0x" + hashlib.sha256(f"{master}/{len(present)}".encode()).hexdigest()[:40]
        created = SubAccount(address, master, name)
        self.sub_accounts[address] = created
        return created

    def sub_accounts_of(self, master: str) -> list[SubAccount]:
        return [sub for sub in self.sub_accounts.values() if sub.master == master]

    # --- builders ---

    def approve_builder(self, master: str, builder: str, max_fee_rate: str) -> str | None:
        """``max_fee_rate`` is a percentage such as ``0.05%``; the refusal's text or None."""
        try:
            tenths = Decimal(max_fee_rate.removesuffix("%")) * 1000
        except InvalidOperation:
            return "Invalid max fee rate"
        approved = self.builders.setdefault(master, {})
        if not max_fee_rate.endswith("%") or not 0 <= tenths <= 1000 or tenths != int(tenths):
            return "Invalid max fee rate"
        if builder not in approved and len(approved) >= BUILDER_APPROVALS:
            return f"Too many builders approved. Current limit is {BUILDER_APPROVALS}"
        approved[builder] = int(tenths)
        return None

    def builder_fee(self, master: str, builder: str) -> int:
        return self.builders.get(master, {}).get(builder, 0)

    # --- memory ---

    def export(self) -> dict[str, Any]:
        return {
            "agents": [asdict(agent) for agent in self.agents.values()],
            "former_agents": sorted(self.former_agents),
            "sub_accounts": [asdict(sub) for sub in self.sub_accounts.values()],
            "builders": self.builders,
            "referrers": self.referrers,
            "modes": self.modes,
        }

    @staticmethod
    def restored(document: Mapping[str, Any]) -> Delegations:
        return Delegations(
            {fields["address"]: Agent(**fields) for fields in document["agents"]},
            set(document["former_agents"]),
            {fields["address"]: SubAccount(**fields) for fields in document["sub_accounts"]},
            {master: dict(fees) for master, fees in document["builders"].items()},
            dict(document["referrers"]),
            dict(document.get("modes", {})),
        )
