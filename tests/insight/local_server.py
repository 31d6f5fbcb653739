"""A web server on loopback with a hand on every byte: it can fall silent, break off or die where a test wants it to."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import msgspec

REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 429: "Too Many Requests"}


class Gone(Exception):
    """The client hung up, or the test had the server die."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request and the way to answer it. ``body``: parsed JSON, an empty mapping where none was sent."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def reply(self, status: int, content: bytes | Mapping[str, Any], kind: str = "application/json") -> None:
        data = content if isinstance(content, bytes) else msgspec.json.encode(content)
        self._head(status, kind, f"Content-Length: {len(data)}")
        self.writer.write(data)
        await self.writer.drain()

    def begin(self, kind: str, status: int = 200) -> None:
        self._head(status, kind, "Transfer-Encoding: chunked")

    async def chunk(self, data: bytes) -> None:
        self.writer.write(b"%x\r\n%b\r\n" % (len(data), data))
        await self.writer.drain()

    async def end(self) -> None:
        self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    async def pause(self, seconds: float | None) -> None:
        """None: until the client hangs up. A client says nothing while it is answered, so a byte is its end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self.reader.read(1)
                raise Gone

    def die(self) -> None:
        self.writer.transport.abort()
        raise Gone

    def _head(self, status: int, kind: str, length: str) -> None:
        head = (f"HTTP/1.1 {status} {REASONS.get(status, 'Other')}", f"Content-Type: {kind}", length, "", "")
        self.writer.write("\r\n".join(head).encode())


class LocalServer:
    """Answer in ``visited``. ``visits``: all so far. ``hung_up``: how many clients left before their answer's end."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self._arrivals: asyncio.Queue[Visit] = asyncio.Queue()
        self.hung_up = 0
        self._handlers: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._port = 0

    @property
    def host(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def visited(self, visit: Visit) -> None:
        await visit.reply(404, b"404 page not found", "text/plain")

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Started again it listens at the same place."""
        if self._server is not None:
            self._server.close()
            for handler in self._handlers:
                handler.cancel()
            await asyncio.gather(*self._handlers)
            await self._server.wait_closed()
            self._server = None

    async def arrived(self, path: str) -> Visit:
        """The next request for ``path``, of those nobody has waited for yet."""
        while (visit := await self._arrivals.get()).path != path:
            pass
        return visit

    async def deserted(self) -> None:
        """Until no client is connected."""
        while self._handlers:
            await asyncio.wait(self._handlers)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._handlers.add(task)
        task.add_done_callback(self._handlers.discard)
        try:
            while visit := await _visit(reader, writer):
                self.visits.append(visit)
                self._arrivals.put_nowait(visit)
                await self.visited(visit)
        except (Gone, ConnectionError):
            self.hung_up += 1
        except asyncio.CancelledError:
            pass  # the server stops: on Python 3.11 a cancelled handler would be logged as an error
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()


@contextlib.asynccontextmanager
async def nothing_left(server: LocalServer) -> AsyncIterator[None]:
    """Within it a client is made, used and closed; afterwards there is no connection and no task of it."""
    before = asyncio.all_tasks()
    yield
    await server.deserted()
    for _ in range(40):  # the client's nested generators, dropped half-read, are closed by the loop's hook in turns
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - before - {asyncio.current_task()}
    assert not left, left


async def _visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Visit | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    method, path, _ = head[0].split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    data = await reader.readexactly(int(headers.get("content-length", "0")))
    return Visit(method, path.partition("?")[0], headers, msgspec.json.decode(data) if data else {}, reader, writer)
