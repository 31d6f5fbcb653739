"""The embedded exchange on one loopback port: ``POST /info``, ``POST /exchange``, ``WS /ws``.

    async with SimulatorServer(Options(seed=7, faucet=Decimal(10_000))) as server:
        ...  # server.url, server.house

The market lives in blocks of a tenth of a second; everything between two blocks is served from the loop's thread.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any

from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError, StorageError
from hlmaster.exchange.simulator import envelope, info
from hlmaster.exchange.simulator.actions import batch_size
from hlmaster.exchange.simulator.budgets import (
    CONNECTIONS_PER_MINUTE,
    MESSAGES_PER_MINUTE,
    OPEN_CONNECTIONS,
    POSTS_IN_FLIGHT,
    WEIGHT_PER_MINUTE,
    MinuteBudget,
    action_weight,
    info_weight,
    row_weight,
)
from hlmaster.exchange.simulator.connection import Answer, Connection, HttpRequest, Reply, Socket, text_frame
from hlmaster.exchange.simulator.deeds import strike
from hlmaster.exchange.simulator.fault_script import Script
from hlmaster.exchange.simulator.faults import (
    LOST_KINDS,
    MANGLE,
    MANGLED_KINDS,
    REQUEST_KINDS,
    Fault,
    FaultError,
    FaultKind,
    spoil_meta,
)
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.opening import Options, open_house
from hlmaster.exchange.simulator.questions import Unanswerable
from hlmaster.exchange.simulator.schema import Malformed
from hlmaster.exchange.simulator.streams import Streams
from hlmaster.exchange.simulator.subscriptions import FatalSubscription, InvalidSubscription, read_subscription
from hlmaster.exchange.simulator.wire import decode, encode

log = logging.getLogger(__name__)
STEP_SECONDS = 0.1
IDLE_CLOSE_SECONDS = 60.0
PUBLIC, CONTROL = ("/info", "/exchange"), "/control/faults"

UNPROCESSABLE = Reply(422, b"Failed to deserialize the JSON body into the target type", "text/plain; charset=utf-8")
NOT_JSON = Reply(400, b"Failed to parse the request body as JSON", "text/plain; charset=utf-8")
WRONG_TYPE = Reply(415, b"Expected request with `Content-Type: application/json`", "text/plain; charset=utf-8")
TOO_MANY = Reply(429, b"null")
BROKEN = Reply(500, b"null")
BAD_GATEWAY = Reply(502, b"<html><head><title>502 Bad Gateway</title></head></html>", "text/html")
NOT_FOUND = Reply(404, b"not found", "text/plain")
WRONG_METHOD = Reply(405, b"", "text/plain")


class SimulatorServer:
    """Raises on entering what ``open_house`` raises, and OSError where the port cannot be had."""

    def __init__(self, options: Options | None = None, clock: Clock | None = None) -> None:
        self.options = options or Options()
        self._given_clock = clock
        self.stopped = asyncio.Event()
        """Set when the exchange ended by itself, which it does when its state file refuses a commit."""
        self.failure: HlError | None = None

    async def __aenter__(self) -> SimulatorServer:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        options = self.options
        self.house: House = self._open_house()
        self.clock = self.house.clock
        self._script = Script(options.faults, self.clock.monotonic())
        factor = options.budget_multiplier
        self.streams = Streams(self.house, factor)
        self._weight = MinuteBudget(self.clock, WEIGHT_PER_MINUTE, factor)
        self._messages = MinuteBudget(self.clock, MESSAGES_PER_MINUTE, factor)
        self._connections = MinuteBudget(self.clock, CONNECTIONS_PER_MINUTE, factor)
        self._posts: dict[Socket, int] = {}
        self._lines: set[asyncio.Transport] = set()
        try:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(lambda: Connection(self, self._lines), options.host, options.port)
        except OSError:
            self.house.shut()
            raise
        self.port: int = self._server.sockets[0].getsockname()[1]
        host = f"[{options.host}]" if ":" in options.host else options.host
        self.url = f"http://{host}:{self.port}"
        self._life = loop.create_task(self._live(), name="exchange")

    def _open_house(self) -> House:
        return open_house(self.options, self._given_clock)

    async def stop(self) -> None:
        self._life.cancel()
        with suppress(asyncio.CancelledError):
            await self._life
        self._hang_up()
        await asyncio.sleep(0)
        try:
            self.house.shut()
        except StorageError as error:
            self.failure = self.failure or error

    async def _live(self) -> None:
        while True:
            try:
                self.house.step()
                self._follow_script()
            except StorageError as error:
                self._give_up(error)
                return
            self.streams.tick()
            self._look_after_sockets()
            await self.clock.sleep(STEP_SECONDS)

    def _follow_script(self) -> None:
        for fault in self._script.due(self.clock.monotonic()):
            try:
                strike(self.house, fault)
            except FaultError as error:
                log.error("the fault script asks for what cannot be: %s", error)

    def _give_up(self, error: StorageError) -> None:
        """What is in memory is ahead of the disk: nothing more may be told. A restart goes on from the disk."""
        log.critical("%s", error)
        self.failure = error
        self._hang_up()
        self.stopped.set()

    def _hang_up(self) -> None:
        """Nobody new, and nobody left: a kept-alive line would outlive the exchange it spoke to."""
        self._server.close()
        for socket in self.streams.sockets:
            socket.abort()
        for line in tuple(self._lines):
            line.abort()

    def _look_after_sockets(self) -> None:
        now = self.clock.monotonic()
        self._strike_sockets()
        for socket in self.streams.sockets:
            socket.check_stall()
            if now - socket.last_sent >= IDLE_CLOSE_SECONDS and not socket.mute:
                socket.drop()

    def _strike_sockets(self) -> None:
        faults = self.house.faults
        if not faults:
            return
        for kind, deed in ((FaultKind.SILENT, Socket.hush), (FaultKind.HALF_OPEN, Socket.freeze)):
            if faults.strike(kind):
                for socket in self.streams.sockets:
                    deed(socket)
        if faults.strike(FaultKind.CLOSE):
            for socket in self.streams.sockets:
                socket.drop()

    # --- plain requests ---

    def request(self, request: HttpRequest, answer: Answer) -> None:
        faults = self.house.faults
        fault = faults.strike(*REQUEST_KINDS, channel=request.path) if faults and request.path in PUBLIC else None
        if fault is None:
            self._serve(request, answer)
            return
        later = functools.partial(asyncio.get_running_loop().call_later, fault.seconds)
        match fault.kind:
            case FaultKind.REQUEST_LOST:
                later(answer, None)
            case FaultKind.REQUEST_LATE:
                later(self._serve, request, answer)
            case FaultKind.REQUEST_TWICE:
                self._serve(request, answer)
                later(self._serve, request, lambda _: None)
            case FaultKind.SLOW_REPLY:
                later(answer, self._reply(request))
            case FaultKind.HTTP_429:
                answer(TOO_MANY)
            case FaultKind.HTTP_500:
                answer(BROKEN)
            case _:
                answer(BAD_GATEWAY)

    def _serve(self, request: HttpRequest, answer: Answer) -> None:
        reply = self._reply(request)
        faults = self.house.faults
        if not faults or reply.status != 200 or request.path not in PUBLIC:
            answer(reply)
            return
        kinds = (*LOST_KINDS, *MANGLED_KINDS) if request.path == "/exchange" else MANGLED_KINDS
        fault = faults.strike(*kinds, channel=request.path)
        if fault is None:
            answer(reply)
        elif fault.kind is FaultKind.REPLY_LOST:
            asyncio.get_running_loop().call_later(fault.seconds, answer, None)
        elif fault.kind is FaultKind.ERROR_AFTER_ACCEPT:
            answer(BAD_GATEWAY)
        else:
            answer(Reply(200, MANGLE[fault.kind](reply.body)))

    def _reply(self, request: HttpRequest) -> Reply:
        if request.path not in PUBLIC and not (request.path == CONTROL and self.options.control):
            return NOT_FOUND
        if request.method != "POST":
            return WRONG_METHOD
        if not request.content_type.startswith("application/json"):
            return WRONG_TYPE
        try:
            body = decode(request.body)
        except ValueError:
            return NOT_JSON
        if request.path == CONTROL:
            return self._control(body)
        return self._exchange(request.peer, body) if request.path == "/exchange" else self._info(request.peer, body)

    def _info(self, peer: str, body: Any) -> Reply:
        try:
            return Reply(200, encode(self._answer(peer, body)))
        except _Limited:
            return TOO_MANY
        except Malformed:
            return UNPROCESSABLE
        except Unanswerable:
            return BROKEN

    def _answer(self, peer: str, body: Any) -> Any:
        if not isinstance(body, dict):
            raise Malformed("the body must be an object")
        kind = str(body.get("type"))
        if not self._weight.spend(peer, info_weight(kind)):
            raise _Limited("the weight of this minute is spent")
        result = info.answer(self.house.as_seen(), body)
        spoilt = self.house.faults.standing(FaultKind.MALFORMED_META)
        if spoilt is not None and kind in ("meta", "metaAndAssetCtxs"):
            spoil_meta(result if kind == "meta" else result[0], spoilt.coin)
        self._weight.charge(peer, row_weight(kind, info.rows_of(result)))
        return result

    def _exchange(self, peer: str, body: Any) -> Reply:
        try:
            return Reply(200, encode(self._act(peer, body)))
        except _Limited:
            return TOO_MANY
        except Malformed:
            return UNPROCESSABLE
        except StorageError as error:
            self._give_up(error)
            return BROKEN

    def _act(self, peer: str, body: Any) -> Any:
        action = body.get("action") if isinstance(body, dict) else None
        if not isinstance(action, dict):
            raise Malformed("the envelope has no action")
        if not self._weight.spend(peer, action_weight(batch_size(action))):
            raise _Limited("the weight of this minute is spent")
        return envelope.execute(self.house, body)

    def _control(self, body: Any) -> Reply:
        try:
            if not isinstance(body, dict):
                raise FaultError("A fault is an object with kind, count, seconds and channel.")
            if body.get("kind") == "clear":
                self.house.faults.clear()
            else:
                strike(self.house, Fault.read(body))
        except FaultError as error:
            return Reply(400, str(error).encode(), "text/plain; charset=utf-8")
        return Reply(200, encode({"faults": self.house.faults.in_force()}))

    # --- sockets ---

    def opened(self, socket: Socket) -> bool:
        limit = OPEN_CONNECTIONS * self.options.budget_multiplier
        here = sum(1 for one in self.streams.sockets if one.peer == socket.peer)
        refused = self.house.faults.standing(FaultKind.REFUSE_SOCKETS) or (limit and here >= limit)
        if refused or not self._connections.spend(socket.peer, 1):
            return False
        self.streams.joined(socket)
        self._posts[socket] = 0
        return True

    def closed(self, socket: Socket) -> None:
        self.streams.left(socket)
        self._posts.pop(socket, None)

    def heard(self, socket: Socket, message: str) -> None:
        if not self._messages.spend(socket.peer, 1):
            socket.drop()
            return
        try:
            request = decode(message)
            method = request["method"]
            if method == "ping":
                socket.send(PONG)
            elif method in ("subscribe", "unsubscribe"):
                self._subscription(socket, method, request["subscription"])
            elif method == "post":
                self._post(socket, request)
            else:
                raise ValueError(method)
        except (ValueError, KeyError, TypeError):
            self.streams.say(socket, "error", f"Error parsing JSON into valid websocket request: {message}")

    def _subscription(self, socket: Socket, method: str, raw: Any) -> None:
        try:
            subscription = read_subscription(raw, self.house.is_coin)
        except InvalidSubscription as error:
            self.streams.say(socket, "error", error.sentence)
            return
        except FatalSubscription:
            socket.drop()
            return
        if method == "subscribe":
            self.streams.subscribe(socket, subscription)
        else:
            self.streams.unsubscribe(socket, subscription)

    def _post(self, socket: Socket, request: Mapping[str, Any]) -> None:
        post_id, kind, payload = request["id"], request["request"]["type"], request["request"]["payload"]
        if type(post_id) is not int or kind not in ("info", "action"):
            raise ValueError(kind)
        if self._posts[socket] >= POSTS_IN_FLIGHT:
            self.streams.say(socket, "error", f"too many pending post requests id={post_id}")
            return
        self._posts[socket] += 1
        path = "/info" if kind == "info" else "/exchange"
        body = HttpRequest("POST", path, "application/json", encode(payload), socket.peer)
        self.request(body, lambda reply: self._posted(socket, post_id, kind, payload, reply))

    def _posted(self, socket: Socket, post_id: int, kind: str, payload: Any, reply: Reply | None) -> None:
        if socket not in self._posts:
            return
        self._posts[socket] -= 1
        if reply is None:
            return
        if reply.status != 200:
            response: Any = {"type": "error", "payload": f"{reply.status} {reply.body.decode()}"}
        elif kind == "info":
            response = {"type": "info", "payload": {"type": payload["type"], "data": decode(reply.body)}}
        else:
            response = {"type": "action", "payload": decode(reply.body)}
        self.streams.say(socket, "post", {"id": post_id, "response": response})


class _Limited(HlError):
    code = "SIM-429"


PONG = text_frame(b'{"channel":"pong"}')
