"""A line to an exchange here that can be made loud: ``python -m tests.bench.loud_line READYFILE OWN_READYFILE``.

Everything passes as it is. At a rate of N (a number per line on standard input; 0 is quiet) the market frames of the
last moments are said again N times a second beside the real ones, with the newest stamp, another size and a trade id
of their own, so that whoever listens must take each of them for news. Candles are repeated as they last were.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import sys
from collections import deque
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hlmaster.exchange.simulator.connection import text_frame

PULSE_SECONDS = 0.005
RECENT = 200
CANDLE_EVERY = 14
LONGEST = 1_000
"""Pieces of a frame, at the most: the trades of one frame get ids of their own."""
REPEATED = ("bbo", "trades", "l2Book", "activeAssetCtx")
_VARIABLE = re.compile(rb'("time":)(\d{13})|("tid":)(\d+)|("sz":")(\d)')


class Echo:
    """What every websocket was told of late, and the same told again."""

    def __init__(self) -> None:
        self._recent: deque[tuple[asyncio.StreamWriter, list[bytes]]] = deque(maxlen=RECENT)
        self._candles: dict[bytes, tuple[asyncio.StreamWriter, bytes]] = {}
        self._newest: dict[asyncio.StreamWriter, bytes] = {}
        """The latest stamp that each line has told; another line may be a step ahead."""
        self._serial = count(1)

    def hear(self, writer: asyncio.StreamWriter, payload: bytes) -> None:
        channel = payload.split(b'"', 4)[3].decode()
        if channel == "candle":
            coin = payload.split(b'"s":"', 1)[1].split(b'"', 1)[0]
            self._candles[coin] = writer, text_frame(payload)
        elif channel in REPEATED:
            self._recent.append((writer, [part for part in _VARIABLE.split(payload) if part is not None]))
            stamps = [found[2] for found in _VARIABLE.finditer(payload) if found[2] is not None]
            self._newest[writer] = max([self._newest.get(writer, b""), *stamps])

    def repeat(self, times: int) -> None:
        candles = list(self._candles.values())
        for serial in islice(self._serial, times if self._recent else 0):
            if candles and serial % CANDLE_EVERY == 0:
                writer, frame = candles[serial // CANDLE_EVERY % len(candles)]
            else:
                writer, parts = self._recent[0]
                self._recent.rotate(-1)
                frame = text_frame(b"".join(_made_new(parts, serial, self._newest[writer])))
            writer.write(frame)


def _made_new(parts: list[bytes], serial: int, stamp: bytes) -> list[bytes]:
    made = parts.copy()
    for place, key in enumerate(parts[:-1]):
        match key:
            case b'"time":':
                made[place + 1] = stamp
            case b'"tid":':
                made[place + 1] = b"%d" % (serial * LONGEST + place)
            case b'"sz":"':
                made[place + 1] = b"%d" % (serial % 997 + 1)
    return made


class Proxy:
    def __init__(self, port: int) -> None:
        self._port = port
        self._echo = Echo()
        self.rate = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection("127.0.0.1", self._port)
        upward = asyncio.create_task(_copy(reader, ours))
        try:
            await self._downward(theirs, writer)
        finally:
            upward.cancel()
            await asyncio.gather(upward, return_exceptions=True)
            ours.close()
            writer.close()

    async def _downward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(head)
            if not head.startswith(b"HTTP/1.1 101"):
                await _copy(reader, writer)
                return
            while True:
                frame, payload = await _frame(reader)
                writer.write(frame)
                if payload.startswith(b"{"):
                    self._echo.hear(writer, payload)

    async def pulse(self) -> None:
        loop = asyncio.get_running_loop()
        owed, before = 0.0, loop.time()
        while True:
            await asyncio.sleep(PULSE_SECONDS)
            now = loop.time()
            owed += self.rate * min(now - before, 0.1)
            before = now
            self._echo.repeat(int(owed))
            owed -= int(owed)


async def _frame(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """One unmasked frame, whole and its payload alone."""
    head = await reader.readexactly(2)
    if (extra := {126: 2, 127: 8}.get(head[1], 0)) != 0:
        head += await reader.readexactly(extra)
    payload = await reader.readexactly(int.from_bytes(head[2:]) if extra else head[1])
    return head + payload, payload


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(1 << 16):
            writer.write(data)
            await writer.drain()


async def main(ready_file: Path, own_ready_file: Path) -> None:
    ready = _read(ready_file)
    proxy = Proxy(urlsplit(ready["url"]).port or 0)
    server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
    line = json.dumps(ready | {"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"})
    await asyncio.to_thread(own_ready_file.write_text, line)
    print(line, flush=True)
    beat = asyncio.create_task(proxy.pulse())
    while rate := await asyncio.to_thread(sys.stdin.readline):
        proxy.rate = float(rate)
    beat.cancel()


def _read(ready_file: Path) -> dict[str, Any]:
    ready: dict[str, Any] = json.loads(ready_file.read_text(encoding="utf-8"))
    return ready


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
