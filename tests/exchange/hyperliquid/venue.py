"""A venue on loopback that does what it is told: answers, or drops, delays, repeats, stays silent and lies."""

from __future__ import annotations

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, cast

from aiohttp import WSMsgType, web

from hlmaster.core.bus import Bus
from hlmaster.core.clock import SystemClock
from hlmaster.exchange.hyperliquid.client import ClientTiming
from hlmaster.exchange.hyperliquid.socket import SocketTiming

Payload = Any
QUICK_SOCKET = SocketTiming(
    connect=1.0,
    ping_every=0.6,
    pong_within=0.5,
    silent_after=5.0,
    acknowledged_within=0.3,
    first_pause=0.02,
    longest_pause=0.05,
    stable_after=0.5,
    close=0.1,
)
PATIENT_SOCKET = replace(QUICK_SOCKET, ping_every=20.0, pong_within=10.0)
"""For a `HurriedClock`."""
QUICK_CLIENT = ClientTiming(
    connect=1.0,
    read=1.0,
    first_pause=0.01,
    longest_pause=0.02,
    breaker_failures=3,
    breaker_open=0.4,
    breaker_longest=0.8,
    too_many_pause=0.05,
    too_many_longest=0.2,
)
META: dict[str, Any] = {
    "universe": [
        {"name": "BTC", "szDecimals": 5, "maxLeverage": 40, "marginTableId": 40},
        {"name": "OLD", "szDecimals": 1, "maxLeverage": 3, "marginTableId": 3, "isDelisted": True},
        {"name": "ETH", "szDecimals": 4, "maxLeverage": 25, "marginTableId": 25},
    ],
    "marginTables": [],
    "collateralToken": 0,
}
CONTEXT = {
    "markPx": "100.0",
    "midPx": "100.0",
    "oraclePx": "100.1",
    "prevDayPx": "99.0",
    "dayNtlVlm": "1000.0",
    "dayBaseVlm": "10.0",
    "funding": "0.0000125",
    "premium": None,
    "openInterest": "5.0",
    "impactPxs": None,
}
STATE = {
    "marginSummary": {
        "accountValue": "10000.0",
        "totalNtlPos": "0.0",
        "totalRawUsd": "10000.0",
        "totalMarginUsed": "0.0",
    },
    "crossMaintenanceMarginUsed": "0.0",
    "withdrawable": "10000.0",
    "time": 1_700_000_000_000,
    "assetPositions": [],
}


def book(coin: str, time_ms: int = 1_700_000_000_000) -> dict[str, Any]:
    level = [{"px": "99.5", "sz": "1.0", "n": 1}], [{"px": "100.5", "sz": "2.0", "n": 2}]
    return {"coin": coin, "time": time_ms, "levels": list(level)}


def candle(coin: str, open_ms: int, *, close: float = 1.0, trades: int = 1, interval: str = "1m") -> dict[str, Any]:
    prices = dict.fromkeys("ohlc", f"{close:.1f}")
    return {"t": open_ms, "T": open_ms + 59_999, "s": coin, "i": interval, "v": "1.0", "n": trades} | prices


def in_kind(action: dict[str, Any]) -> dict[str, Any]:
    for names, kind, status in (
        (("orders", "modifies"), "order", {"resting": {"oid": 9}}),
        (("cancels",), "cancel", "success"),
    ):
        for name in names:
            if name in action:
                return {"status": "ok", "response": {"type": kind, "data": {"statuses": [status] * len(action[name])}}}
    return {"status": "ok", "response": {"type": "default"}}


class Venue:
    """``async with Venue() as venue``: HTTP and websocket on one free port of this computer."""

    def __init__(self) -> None:
        self.answers: dict[str, Payload | Callable[[dict[str, Any]], Payload]] = {
            "meta": META,
            "metaAndAssetCtxs": [META, [CONTEXT] * 3],
            "allMids": {"BTC": "100.0", "ETH": "50.0"},
            "l2Book": lambda body: book(body["coin"]),
            "exchangeStatus": {"time": 1_700_000_000_000, "specialStatuses": None},
            "candleSnapshot": [],
            "clearinghouseState": lambda body: STATE | {"time": SystemClock().now_ms() + self.ahead_ms},
            "frontendOpenOrders": [],
            "userFillsByTime": [],
            "userFunding": [],
            "userNonFundingLedgerUpdates": [],
            "userRateLimit": {"cumVlm": "0.0", "nRequestsUsed": 7, "nRequestsCap": 10_000},
        }
        self.asked: list[dict[str, Any]] = []
        self.troubles: deque[tuple[int, str]] = deque()
        """Status and text to answer the next queries with, before the ordinary answers resume."""
        self.sick = ""
        """A kind of query that meets HTTP 502 for as long as it stands here."""
        self.ahead_ms = 0
        """By how much this venue's clock is ahead of ours."""
        self.reply: Payload = None
        """The answer to every action; None answers in kind, and every order rests."""
        self.reply_status = 200
        self.retry_after: str | None = None
        """Sent with every refusal."""
        self.lose_reply = False
        self.held: asyncio.Event | None = None
        """Actions that arrive meanwhile are answered once it is set."""
        self.actions: list[bytes] = []
        self.lines: list[web.WebSocketResponse] = []
        self._transports: dict[web.WebSocketResponse, asyncio.WriteTransport] = {}
        self._channels: defaultdict[web.WebSocketResponse, set[str]] = defaultdict(set)
        self.connections = 0
        self.subscribed: list[dict[str, Any]] = []
        self.said: Counter[str] = Counter()
        self.acknowledge = True
        self.answer_pings = True
        self.turn_away = 0
        self.greeting: Callable[[dict[str, Any]], list[Payload]] = lambda subscription: []
        self.close_codes: list[int | None] = []
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> Venue:
        app = web.Application()
        app.router.add_post("/info", self._info)
        app.router.add_post("/exchange", self._exchange)
        app.router.add_get("/ws", self._ws)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    # --- HTTP ---

    def count(self, kind: str) -> int:
        return sum(1 for body in self.asked if body["type"] == kind)

    async def _info(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.asked.append(body)
        if self.troubles:
            status, text = self.troubles.popleft()
            return web.Response(status=status, text=text, headers=self._headers())
        if body["type"] == self.sick:
            return web.Response(status=502, text="<html>")
        if body["type"] not in self.answers:
            return web.Response(status=422, text="Failed to deserialize the JSON body into the target type")
        answer = self.answers[body["type"]]
        return web.json_response(answer(body) if callable(answer) else answer)

    async def _exchange(self, request: web.Request) -> web.Response:
        self.actions.append(await request.read())
        if self.held is not None:
            await self.held.wait()
        if self.lose_reply:
            cast(asyncio.WriteTransport, request.transport).abort()
        reply = in_kind(json.loads(self.actions[-1]).get("action", {})) if self.reply is None else self.reply
        text = reply if isinstance(reply, str) else json.dumps(reply)
        return web.Response(status=self.reply_status, text=text, headers=self._headers())

    def _headers(self) -> dict[str, str]:
        return {} if self.retry_after is None else {"Retry-After": self.retry_after}

    # --- websocket ---

    async def _ws(self, request: web.Request) -> web.StreamResponse:
        if self.turn_away:
            self.turn_away -= 1
            return web.Response(status=503, text="<html>upgrade</html>")
        line = web.WebSocketResponse()
        await line.prepare(request)
        self._transports[line] = cast(asyncio.WriteTransport, request.transport)
        self.lines.append(line)
        self.connections += 1
        async for message in line:
            if message.type is WSMsgType.TEXT:
                await self._hear(line, json.loads(message.data))
        self.close_codes.append(line.close_code)
        if line in self.lines:
            self.lines.remove(line)
        return line

    async def _hear(self, line: web.WebSocketResponse, frame: dict[str, Any]) -> None:
        self.said[frame["method"]] += 1
        if frame["method"] == "ping":
            if self.answer_pings:
                await line.send_json({"channel": "pong"})
            return
        subscription = frame["subscription"]
        if frame["method"] == "subscribe":
            self.subscribed.append(subscription)
            self._channels[line].add(subscription["type"])
        if not self.acknowledge:
            return
        defaults = {"nSigFigs": None, "mantissa": None} if subscription["type"] == "l2Book" else {}
        echoed = dict(reversed((subscription | defaults).items()))
        await line.send_json(
            {"channel": "subscriptionResponse", "data": {"method": frame["method"], "subscription": echoed}}
        )
        if frame["method"] == "subscribe":
            for payload in self.greeting(subscription):
                await self._send(line, payload)

    @staticmethod
    async def _send(line: web.WebSocketResponse, payload: Payload) -> None:
        await line.send_str(payload if isinstance(payload, str) else json.dumps(payload, separators=(",", ":")))

    async def tell(self, *payloads: Payload) -> None:
        """Send frames to the lines that asked for their channel; texts and complaints go to all, as they are."""
        for line in list(self.lines):
            for payload in payloads:
                channel = "" if isinstance(payload, str) else payload["channel"]
                if channel in ("", "error") or channel in self._channels[line]:
                    await self._send(line, payload)

    def drop(self) -> None:
        """Cut every line without a word."""
        for line in self.lines:
            self._transports[line].abort()
        self.lines.clear()


class Ear:
    """Remembers every fact of a bus, in order."""

    def __init__(self, bus: Bus, *kinds: type) -> None:
        self.facts: list[Any] = []
        for kind in kinds:
            bus.subscribe(kind, self.facts.append)

    def of(self, kind: type) -> list[Any]:
        return [fact for fact in self.facts if type(fact) is kind]


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait for something that another task brings about."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - any state of any part, not one event
            await asyncio.sleep(0.005)


class HurriedClock(SystemClock):
    """Waits a twentieth of what it is asked to; sockets and deadlines of the loop are as they are."""

    async def sleep(self, wall_seconds: float) -> None:
        await asyncio.sleep(wall_seconds / 20)
