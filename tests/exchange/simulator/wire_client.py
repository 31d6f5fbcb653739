"""A bare client for the tests of the wire: it signs with the official functions and adds nothing of its own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from types import TracebackType
from typing import Any

import eth_account
import httpx
from hyperliquid.utils import signing
from websockets.asyncio.client import ClientConnection, connect

from hlmaster.exchange.simulator.server import SimulatorServer

PATIENCE = 30.0
DONE = {"status": "ok", "response": {"type": "default"}}


class WireClient:
    """``async with WireClient(server) as client``: one wallet, one HTTP connection."""

    def __init__(self, server: SimulatorServer, wallet: Any = None) -> None:
        self.server = server
        self.wallet = wallet or eth_account.Account.create()
        self.user: str = self.wallet.address.lower()
        self._last_nonce = 0

    async def __aenter__(self) -> WireClient:
        self.http = httpx.AsyncClient(base_url=self.server.url, timeout=PATIENCE)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def post(self, path: str, body: Any) -> httpx.Response:
        return await self.http.post(path, json=body)

    async def ask(self, kind: str, **fields: Any) -> Any:
        reply = await self.post("/info", {"type": kind, **fields})
        assert reply.status_code == 200, (reply.status_code, reply.text)
        return reply.json()

    async def mine(self, kind: str, **fields: Any) -> Any:
        return await self.ask(kind, user=self.user, **fields)

    def nonce(self) -> int:
        self._last_nonce = max(self._last_nonce + 1, self.server.house.now())
        return self._last_nonce

    def sealed(
        self,
        action: Any,
        *,
        mainnet: bool = False,
        nonce: int | None = None,
        vault: str | None = None,
        expires: int | None = None,
    ) -> dict[str, Any]:
        """The envelope of a signed L1 action."""
        nonce = self.nonce() if nonce is None else nonce
        signature = signing.sign_l1_action(self.wallet, action, vault, nonce, expires, mainnet)
        envelope = {"action": action, "nonce": nonce, "signature": signature, "vaultAddress": vault}
        return envelope | {"expiresAfter": expires}

    async def act(self, action: Any, **options: Any) -> Any:
        reply = await self.post("/exchange", self.sealed(action, **options))
        assert reply.status_code == 200, (reply.status_code, reply.text)
        return reply.json()

    async def order(self, *orders: Any, grouping: str = "na", **options: Any) -> Any:
        """The statuses of an order action."""
        answer = await self.act({"type": "order", "orders": list(orders), "grouping": grouping}, **options)
        return answer["response"]["data"]["statuses"] if answer["status"] == "ok" else answer["response"]

    async def price(self, share: float = 0.0, coin: str = "BTC") -> str:
        """A valid price this far from the mid of a coin worth more than 10,000."""
        mids = await self.ask("allMids")
        return str(round(float(mids[coin]) * (1 + share)))

    def socket(self) -> WireSocket:
        return WireSocket(self.server)


def limit(price: str, size: str = "0.01", *, buy: bool = True, tif: str = "Gtc", **more: Any) -> dict[str, Any]:
    """An order for BTC, asset 0."""
    return {"a": 0, "b": buy, "p": price, "s": size, "r": False, "t": {"limit": {"tif": tif}}} | more


class WireSocket:
    """``async with client.socket() as socket``: frames in order, decoded."""

    def __init__(self, server: SimulatorServer) -> None:
        self._url = server.url.replace("http", "ws") + "/ws"

    async def __aenter__(self) -> WireSocket:
        self.raw: ClientConnection = await connect(self._url, compression=None, max_size=None)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.raw.close()

    async def say(self, message: Any) -> None:
        await self.raw.send(message if isinstance(message, str) else json.dumps(message))

    async def subscribe(self, kind: str, **fields: Any) -> Any:
        """The acknowledgement's subscription."""
        await self.say({"method": "subscribe", "subscription": {"type": kind, **fields}})
        frame = await self.hear("subscriptionResponse")
        assert frame["method"] == "subscribe"
        return frame["subscription"]

    async def next(self) -> Any:
        return json.loads(await asyncio.wait_for(self.raw.recv(), PATIENCE))

    async def hear(self, channel: str, wanted: Callable[[Any], bool] = lambda data: True) -> Any:
        """The data of the next frame of a channel that is wanted; others are passed over."""
        async with asyncio.timeout(PATIENCE):
            while True:
                frame = await self.next()
                if frame["channel"] == channel and wanted(frame.get("data")):
                    return frame.get("data")
