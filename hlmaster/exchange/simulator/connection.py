"""One TCP connection on the exchange's port: plain HTTP requests, or a WebSocket after its upgrade.

Both protocols are parsed without I/O by libraries (h11, websockets); this file moves the bytes. Frames are sent as
ready bytes, so that one serialisation serves every subscriber.
"""

from __future__ import annotations

import asyncio
import logging
import struct
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Protocol, cast

import h11
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from hlmaster.core.clock import Clock

log = logging.getLogger(__name__)
MAX_HEAD = 16 * 1024
MAX_BODY = 4 * 1024 * 1024
MAX_MESSAGE = 1024 * 1024
WRITE_BUFFER = 256 * 1024
QUEUED_FACTS = 10_000
STALLED_SECONDS = 30.0

_quiet = logging.getLogger("hlmaster.exchange.simulator.websocket")
_quiet.setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class HttpRequest:
    method: str
    path: str
    content_type: str
    body: bytes
    peer: str


@dataclass(frozen=True, slots=True)
class Reply:
    """``None`` in place of a reply hangs up without a word."""

    status: int
    body: bytes
    content_type: str = "application/json"


Answer = Callable[[Reply | None], None]


class Routes(Protocol):
    """What a connection needs of the server."""

    clock: Clock

    def request(self, request: HttpRequest, answer: Answer) -> None: ...

    def opened(self, socket: Socket) -> bool:
        """False refuses the socket."""

    def heard(self, socket: Socket, message: str) -> None: ...

    def closed(self, socket: Socket) -> None: ...


def text_frame(payload: bytes) -> bytes:
    """A whole unmasked text frame (RFC 6455, section 5.2)."""
    size = len(payload)
    if size < 126:
        return b"\x81" + bytes([size]) + payload
    if size < 1 << 16:
        return b"\x81\x7e" + struct.pack("!H", size) + payload
    return b"\x81\x7f" + struct.pack("!Q", size) + payload


class Connection(asyncio.Protocol):
    """Reads the first request head and hands the connection to the protocol it asks for."""

    def __init__(self, routes: Routes, lines: set[asyncio.Transport] | None = None) -> None:
        """``lines`` holds every transport that is up, for whoever must take them down."""
        self._routes = routes
        self._lines = set[asyncio.Transport]() if lines is None else lines
        self._head = b""
        self._session: HttpSession | Socket | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=WRITE_BUFFER)
        self._lines.add(self._transport)

    def data_received(self, data: bytes) -> None:
        if self._session is not None:
            self._session.feed(data)
            return
        assert self._transport is not None
        self._head += data
        head, end, _ = self._head.partition(b"\r\n\r\n")
        if not end and len(self._head) < MAX_HEAD:
            return
        upgrades = b"upgrade: websocket" in head.lower()
        kind = Socket if upgrades else HttpSession
        self._session = kind(self._routes, self._transport)
        self._session.feed(self._head)
        self._head = b""

    def eof_received(self) -> bool:
        if self._session is not None:
            self._session.end()
        return False

    def connection_lost(self, error: Exception | None) -> None:
        if self._transport is not None:
            self._lines.discard(self._transport)
        if isinstance(self._session, Socket):
            self._session.lost()

    def pause_writing(self) -> None:
        if isinstance(self._session, Socket):
            self._session.pause()

    def resume_writing(self) -> None:
        if isinstance(self._session, Socket):
            self._session.resume()


class HttpSession:
    """Requests and replies in turn on a kept-alive connection."""

    def __init__(self, routes: Routes, transport: asyncio.Transport) -> None:
        self._routes = routes
        self._transport = transport
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._request: h11.Request | None = None
        self._body = bytearray()

    def feed(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._advance()

    def end(self) -> None:
        self._http.receive_data(b"")
        self._advance()

    def _advance(self) -> None:
        try:
            while not self._transport.is_closing():
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    if self._http.they_are_waiting_for_100_continue:
                        self._write(h11.InformationalResponse(status_code=100, headers=[]))
                    return
                if event is h11.PAUSED or isinstance(event, h11.ConnectionClosed):
                    return
                if isinstance(event, h11.Request):
                    self._request, self._body = event, bytearray()
                elif isinstance(event, h11.Data):
                    self._body += event.data
                    if len(self._body) > MAX_BODY:
                        self._hang_up(Reply(413, b"the body is too large", "text/plain"))
                        return
                elif isinstance(event, h11.EndOfMessage):
                    self._serve()
        except h11.RemoteProtocolError as error:
            self._hang_up(Reply(error.error_status_hint, str(error).encode(), "text/plain"))

    def _serve(self) -> None:
        assert self._request is not None
        headers = dict(self._request.headers)
        peer = self._transport.get_extra_info("peername") or ("",)
        request = HttpRequest(
            self._request.method.decode(),
            self._request.target.decode().partition("?")[0],
            headers.get(b"content-type", b"").decode("latin-1"),
            bytes(self._body),
            peer[0],
        )
        self._routes.request(request, self._answer)

    def _answer(self, reply: Reply | None) -> None:
        if self._transport.is_closing():
            return
        if reply is None:
            self._transport.abort()
            return
        self._send(reply)
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
        elif self._http.their_state is h11.DONE and self._http.our_state is h11.DONE:
            self._http.start_next_cycle()
            self._advance()

    def _hang_up(self, reply: Reply) -> None:
        if self._http.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            self._send(reply)
        self._transport.close()

    def _send(self, reply: Reply) -> None:
        headers = [("Content-Type", reply.content_type), ("Content-Length", str(len(reply.body)))]
        phrase = HTTPStatus(reply.status).phrase.encode()
        self._write(
            h11.Response(status_code=reply.status, headers=headers, reason=phrase),
            h11.Data(data=reply.body),
            h11.EndOfMessage(),
        )

    def _write(self, *events: h11.Event) -> None:
        self._transport.write(b"".join(self._http.send(event) or b"" for event in events))


class Socket:
    """One WebSocket client.

    What it does not read in time waits in a queue: a newer state replaces the older one under the same key, facts (no
    key) are never dropped; a client with too many facts waiting, or stalled for half a minute, is disconnected.
    """

    def __init__(self, routes: Routes, transport: asyncio.Transport) -> None:
        self._routes = routes
        self._transport = transport
        self._protocol = ServerProtocol(max_size=MAX_MESSAGE, logger=_quiet)
        self._fragments: list[bytes] | None = None
        self._waiting: dict[Hashable, bytes] = {}
        self._facts_waiting = 0
        self._paused_at: float | None = None
        self._open = False
        self.peer: str = (transport.get_extra_info("peername") or ("",))[0]
        self.last_sent = routes.clock.monotonic()
        self.mute = False
        """A fault: the socket stays open and says nothing more."""

    def feed(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._accept(event)
            elif isinstance(event, Frame):
                self._frame(event)
        self._flush()

    def end(self) -> None:
        self._protocol.receive_eof()

    def lost(self) -> None:
        if self._open:
            self._open = False
            self._waiting.clear()
            self._routes.closed(self)

    def send(self, frame: bytes, state: Hashable = None) -> None:
        """Send a ready frame; ``state`` names what a newer frame of the same name would replace."""
        if self.mute or not self._open or self._transport.is_closing():
            return
        if self._paused_at is None:
            self._write(frame)
        else:
            self._queue(frame, state)

    def send_later(self, wall_seconds: float, frame: bytes, state: Hashable = None) -> None:
        """A fault: the frame leaves after a while, others may pass it."""
        if wall_seconds:
            asyncio.get_running_loop().call_later(wall_seconds, self.send, frame, state)
        else:
            self.send(frame, state)

    def hush(self) -> None:
        """A fault: alive for the network, silent for the client."""
        self.mute = True

    def freeze(self) -> None:
        """A fault: half-open, as when the peer's machine is gone."""
        self.mute = True
        self._transport.pause_reading()

    def drop(self) -> None:
        """Close without a close frame, as the venue does: the client sees 1006."""
        self._transport.close()

    def abort(self) -> None:
        self._transport.abort()

    def pause(self) -> None:
        self._paused_at = self._routes.clock.monotonic()

    def resume(self) -> None:
        self._paused_at = None
        while self._waiting and self._paused_at is None:
            key = next(iter(self._waiting))
            self._write(self._waiting.pop(key))
            self._facts_waiting -= isinstance(key, _Fact)

    def check_stall(self) -> None:
        if self._paused_at is not None and self._routes.clock.monotonic() - self._paused_at > STALLED_SECONDS:
            log.warning("a client read nothing for %.0f s and is disconnected", STALLED_SECONDS)
            self.abort()

    def _queue(self, frame: bytes, state: Hashable) -> None:
        if state is not None:
            self._waiting.pop(state, None)
            self._waiting[state] = frame
            return
        self._waiting[_Fact()] = frame
        self._facts_waiting += 1
        if self._facts_waiting > QUEUED_FACTS:
            log.warning("a client left %d frames unread and is disconnected", self._facts_waiting)
            self.abort()

    def _write(self, frame: bytes) -> None:
        self.last_sent = self._routes.clock.monotonic()
        self._transport.write(frame)

    def _accept(self, request: Request) -> None:
        response = self._protocol.accept(request)
        if response.status_code == HTTPStatus.SWITCHING_PROTOCOLS and request.path.partition("?")[0] != "/ws":
            response = self._protocol.reject(HTTPStatus.NOT_FOUND, "sockets open at /ws\n")
        elif response.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
            self._open = True
            if not self._routes.opened(self):
                self._open = False
                response = self._protocol.reject(HTTPStatus.TOO_MANY_REQUESTS, "too many connections\n")
        self._protocol.send_response(response)
        self._flush()

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT:
            self._fragments = [bytes(frame.data)]
        elif frame.opcode is Opcode.CONT and self._fragments is not None:
            self._fragments.append(bytes(frame.data))
        if frame.opcode not in (Opcode.TEXT, Opcode.CONT) or not frame.fin or self._fragments is None:
            return
        message, self._fragments = b"".join(self._fragments), None
        if self._open and not self.mute:
            self._routes.heard(self, message.decode(errors="replace"))

    def _flush(self) -> None:
        for chunk in self._protocol.data_to_send():
            if chunk and not self._transport.is_closing():
                self.last_sent = self._routes.clock.monotonic()
                self._transport.write(chunk)
        if self._protocol.close_expected():
            self._transport.close()


class _Fact:
    """Key of one waiting fact: equal to nothing but itself."""

    __slots__ = ()
