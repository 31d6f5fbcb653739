"""HTTP and WebSocket on one port, over real sockets, with a server that only echoes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from hlmaster.core.clock import Clock, SystemClock
from hlmaster.exchange.simulator.connection import (
    MAX_BODY,
    QUEUED_FACTS,
    Answer,
    Connection,
    HttpRequest,
    Reply,
    Socket,
    text_frame,
)


class Echo:
    """Answers requests with themselves and messages with themselves."""

    def __init__(self) -> None:
        self.clock: Clock = SystemClock()
        self.sockets: list[Socket] = []
        self.gone = asyncio.Event()
        self.url = ""

    def request(self, request: HttpRequest, answer: Answer) -> None:
        if request.path == "/hang-up":
            answer(None)
        elif request.path == "/later":
            asyncio.get_running_loop().call_later(0.01, answer, Reply(200, b"late"))
        else:
            answer(Reply(200, request.body, request.content_type or "text/plain"))

    def opened(self, socket: Socket) -> bool:
        self.sockets.append(socket)
        return len(self.sockets) < 3

    def heard(self, socket: Socket, message: str) -> None:
        socket.send(text_frame(message.encode()))

    def closed(self, socket: Socket) -> None:
        self.gone.set()


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    echo = Echo()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(echo), "127.0.0.1", 0)
    echo.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield echo
    for socket in echo.sockets:
        socket.abort()
    server.close()
    await asyncio.sleep(0)


async def test_requests_follow_each_other_on_one_connection(echo: Echo) -> None:
    async with httpx.AsyncClient() as client:
        for size in (0, 1, 100, 70_000, 1_000_000):
            reply = await client.post(echo.url + "/info", content=b"x" * size, headers={"Content-Type": "a/b"})
            assert (reply.status_code, len(reply.content), reply.headers["content-type"]) == (200, size, "a/b")
        assert (await client.post(echo.url + "/later")).text == "late"


async def test_pipelined_and_split_requests_are_answered_in_order(echo: Echo) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", int(echo.url.rsplit(":", 1)[1]))
    request = b"POST /%s HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n%s"
    whole = request % (b"later", b"one") + request % (b"info", b"two")
    for byte in (whole[:10], whole[10:90], whole[90:]):
        writer.write(byte)
        await writer.drain()
    answers = await reader.readuntil(b"late")
    answers += await reader.readuntil(b"two")
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    writer.close()
    await writer.wait_closed()


async def test_what_is_not_http_gets_a_400_and_too_much_a_413(echo: Echo) -> None:
    async def first_line(sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(echo.url.rsplit(":", 1)[1]))
        writer.write(sent)
        with suppress(ConnectionError):
            await writer.drain()
        line = await reader.readline()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        return line

    assert b" 400 " in await first_line(b"\x00\x01 nonsense\r\n\r\n")
    head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MAX_BODY + 2)
    assert b" 413 " in await first_line(head + b"x" * (MAX_BODY + 1))


async def test_a_reply_may_be_withheld(echo: Echo) -> None:
    async with httpx.AsyncClient() as client:
        with pytest.raises(httpx.TransportError):
            await client.post(echo.url + "/hang-up")


async def test_messages_of_any_size_and_in_fragments_arrive_whole(echo: Echo) -> None:
    async with connect(echo.url.replace("http", "ws") + "/ws", compression=None, max_size=None) as client:
        for size in (0, 125, 126, 65_535, 65_536, 900_000):
            await client.send("y" * size)
            assert len(await client.recv()) == size
        await client.send(["frag", "men", "ted"])
        assert await client.recv() == "fragmented"
        await (await client.ping())
    await echo.gone.wait()


async def test_sockets_open_at_one_path_and_may_be_refused(echo: Echo) -> None:
    url = echo.url.replace("http", "ws")
    with pytest.raises(InvalidStatus):
        await connect(url + "/elsewhere")
    async with connect(url + "/ws"), connect(url + "/ws"):
        with pytest.raises(InvalidStatus):
            await connect(url + "/ws")


async def test_dropping_a_client_shows_no_close_frame(echo: Echo) -> None:
    async with connect(echo.url.replace("http", "ws") + "/ws") as client:
        await client.send("hello")
        await client.recv()
        echo.sockets[-1].drop()
        with pytest.raises(ConnectionClosed) as closed:
            await client.recv()
        assert closed.value.rcvd is None


async def test_a_client_that_does_not_read_keeps_only_the_newest_state_and_all_facts(echo: Echo) -> None:
    async with connect(echo.url.replace("http", "ws") + "/ws", max_queue=1, compression=None) as client:
        await client.send("go")
        await client.recv()
        socket = echo.sockets[-1]
        filler = text_frame(b"f" * 60_000)
        sent = 0
        while socket._paused_at is None:
            socket.send(filler)
            sent += 1
        for number in range(50):
            socket.send(text_frame(b"state %d" % number), "book")
            socket.send(text_frame(b"fact %d" % number))
        for _ in range(sent):
            await client.recv()
        rest = [await client.recv() for _ in range(51)]
        assert rest == [*(f"fact {number}" for number in range(49)), "state 49", "fact 49"]


async def test_a_client_with_too_many_facts_unread_is_disconnected(echo: Echo) -> None:
    url = echo.url.replace("http", "ws") + "/ws"
    async with connect(url, max_queue=1, compression=None, close_timeout=0.1) as client:
        await client.send("go")
        await client.recv()
        socket = echo.sockets[-1]
        while socket._paused_at is None:
            socket.send(text_frame(b"f" * 60_000))
        for _ in range(QUEUED_FACTS + 1):
            socket.send(text_frame(b"fact"))
        await echo.gone.wait()


async def test_a_hushed_socket_stays_open_and_says_nothing(echo: Echo) -> None:
    async with connect(echo.url.replace("http", "ws") + "/ws") as client:
        await client.send("hello")
        await client.recv()
        echo.sockets[-1].hush()
        await client.send("anybody?")
        await (await client.ping())
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(client.recv(), 0.05)
