"""A press on loopback whose pages are as bad as a test wants them, and words for what it prints."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
from collections.abc import Awaitable, Callable, Mapping
from typing import Self

from hlmaster.core.opinions import Headline

Writer = asyncio.StreamWriter
Page = Callable[[Writer], Awaitable[None]]


class Press:
    """``pages``: what is answered to a path; others get 404. ``asked``: every path so far, with its query."""

    def __init__(self) -> None:
        self.pages: dict[str, Page] = {}
        self.asked: list[str] = []
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks)
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # On Python 3.11 a cancelled handler would be logged as an error
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            head = await reader.readuntil(b"\r\n\r\n")
            path = head.split(b" ", 2)[1].decode()
            self.asked.append(path)
            await self.pages.get(path.partition("?")[0], page(b"", 404))(writer)
            await writer.drain()
        writer.close()
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await writer.wait_closed()


def page(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Page:
    async def answer(writer: Writer) -> None:
        told = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
        lines = [f"HTTP/1.1 {status} So", *(f"{name}: {value}" for name, value in told.items()), "", ""]
        writer.write("\r\n".join(lines).encode() + body)

    return answer


def packed(body: bytes) -> Page:
    return page(gzip.compress(body), headers={"Content-Encoding": "gzip"})


def moved(to: str) -> Page:
    return page(b"", 302, {"Location": to})


async def silent(writer: Writer) -> None:
    """Says nothing until it is cancelled or the other side leaves."""
    await asyncio.Event().wait()


async def endless(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 So\r\nConnection: close\r\n\r\n")
    while True:
        writer.write(b"x" * 65_536)
        await writer.drain()


async def broken_off(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 So\r\nContent-Length: 1000\r\n\r\nhalf a wo")


def feed(*items: str) -> bytes:
    """RSS 2.0; each item is the XML inside."""
    inside = "".join(f"<item>{item}</item>" for item in items)
    return f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{inside}</channel></rss>'.encode()


def headline(title: str = "News", **changed: object) -> Headline:
    told: dict[str, object] = {
        "key": title,
        "source": "press",
        "title": title,
        "text": "",
        "link": "",
        "published_ms": 0,
        "heard_ms": 0,
        "coins": ("BTC",),
        "score": 0.8,
        "confidence": 0.6,
        "factors": (),
        "scorer": "word list",
        **changed,
    }
    return Headline(**told)  # type: ignore[arg-type]
