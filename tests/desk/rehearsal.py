"""An embedded exchange that plays testnet or mainnet, and the owner of an account there who approves API wallets."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import eth_account
import httpx
from hyperliquid.utils import signing

from hlmaster.core.model import Mode
from hlmaster.desk.connector import Connector
from hlmaster.exchange.simulator.opening import Options
from hlmaster.exchange.simulator.server import SimulatorServer


@dataclass
class Rehearsal:
    server: SimulatorServer
    ready_file: Path
    data: Path
    mode: Mode
    owner: Any = field(default_factory=eth_account.Account.create)
    _nonce: int = 0

    @property
    def account(self) -> str:
        return str(self.owner.address).lower()

    @property
    def main_key(self) -> str:
        return str(self.owner.key.hex())

    def connector(self) -> Connector:
        made = Connector(self.data, self.ready_file)
        made.choose(self.mode)
        return made

    async def approve(self, agent: str, name: str = "desk", *, days: float | None = None) -> Any:
        """As the owner does on the exchange's page."""
        if days is not None:
            name += f" valid_until {self.server.house.now() + round(days * 86_400_000)}"
        return await self.act({"type": "approveAgent", "agentAddress": agent, "agentName": name})

    async def act(self, action: dict[str, Any]) -> Any:
        self._nonce = max(self._nonce + 1, self.server.house.now())
        action["nonce"] = self._nonce
        mainnet = self.mode is Mode.LIVE
        if action["type"] == "approveAgent":
            signature = signing.sign_agent(self.owner, action, mainnet)
        else:
            action["user"] = self.account
            signature = signing.sign_user_set_abstraction_action(self.owner, action, mainnet)
        body = {"action": action, "nonce": self._nonce, "signature": signature}
        async with httpx.AsyncClient(base_url=self.server.url) as http:
            reply = (await http.post("/exchange", json=body)).json()
        assert reply["status"] == "ok", reply
        return reply


@asynccontextmanager
async def rehearsal(folder: Path, mode: Mode = Mode.TESTNET, **options: Any) -> AsyncIterator[Rehearsal]:
    """The owner's account exists there, with 10,000 USD."""
    network = {Mode.TESTNET: "testnet", Mode.LIVE: "mainnet"}[mode]
    chosen: dict[str, Any] = {"seed": 3, "coins": ("BTC", "ETH"), "network": network, **options}
    async with SimulatorServer(Options(**chosen)) as server:
        clock = server.clock
        line = {"url": server.url, "network": network, "start_ms": clock.now_ms(), "wall_ms": clock.wall_ms()}
        ready_file = folder / "ready.json"
        ready_file.write_text(json.dumps({**line, "speed": clock.speed}))
        made = Rehearsal(server, ready_file, folder / "data", mode)
        server.house.venue.deposit(made.account, Decimal(10_000), server.house.now())
        yield made
