"""A websocket server that sends prepared market frames as fast as its client reads: ``python -m tests.bench.flood``.

It frames by hand and sends in large pieces, so that on two processors the reader is what is measured.
"""

from __future__ import annotations

import base64
import hashlib
import json
import random
import socket
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
COINS = ("BTC", "ETH", "SOL", "DOGE", "AVAX", "LINK", "HYPE", "SUI")
MIX = {"bbo": 55, "trades": 20, "l2Book": 13, "candle": 8, "activeAssetCtx": 4}
"""Shares of one hundred frames, about what eight busy markets send."""


def levels(rng: random.Random, start: float, step: float, count: int) -> list[dict[str, object]]:
    return [
        {"px": f"{start + step * i:.1f}", "sz": f"{rng.uniform(0.001, 9):.5f}", "n": rng.randint(1, 20)}
        for i in range(count)
    ]


def payload(rng: random.Random, channel: str, coin: str, time_ms: int, depth: int = 20) -> object:
    price = rng.uniform(90_000, 99_000)
    if channel == "l2Book":
        return {
            "coin": coin,
            "time": time_ms,
            "levels": [levels(rng, price, -0.5, depth), levels(rng, price + 1, 0.5, depth)],
        }
    if channel == "bbo":
        return {"coin": coin, "time": time_ms, "bbo": [*levels(rng, price, 0, 1), *levels(rng, price + 1, 0, 1)]}
    if channel == "trades":
        return [
            {
                "coin": coin,
                "side": rng.choice("AB"),
                "px": f"{price:.1f}",
                "sz": f"{rng.uniform(0.001, 2):.5f}",
                "time": time_ms,
                "hash": "0x" + rng.randbytes(32).hex(),
                "tid": rng.getrandbits(50),
                "users": ["0x" + rng.randbytes(20).hex(), "0x" + rng.randbytes(20).hex()],
            }
            for _ in range(rng.choice((1, 1, 2, 3)))
        ]
    if channel == "candle":
        prices = dict.fromkeys("ohlc", f"{price:.1f}")
        return {"t": time_ms // 60_000 * 60_000, "T": 0, "s": coin, "i": "1m", "v": "12.5", "n": 40} | prices
    context = {"markPx": price, "midPx": price, "oraclePx": price, "prevDayPx": price, "dayNtlVlm": price * 1e4}
    context |= {"dayBaseVlm": 1e4, "funding": 0.0000125, "premium": -0.0001, "openInterest": 2e4}
    return {"coin": coin, "ctx": {key: f"{value:.6f}" for key, value in context.items()} | {"impactPxs": None}}


def frame(rng: random.Random, channel: str, coin: str, time_ms: int, depth: int = 20) -> bytes:
    data = payload(rng, channel, coin, time_ms, depth)
    return json.dumps({"channel": channel, "data": data}, separators=(",", ":")).encode()


def mixed(count: int, seed: int = 7) -> list[bytes]:
    rng = random.Random(seed)
    channels = rng.choices(list(MIX), list(MIX.values()), k=count)
    return [
        frame(rng, channel, rng.choice(COINS), 1_766_566_375_000 + i, rng.choice((5, 20)))
        for i, channel in enumerate(channels)
    ]


def framed(text: bytes) -> bytes:
    """An unmasked websocket text frame."""
    size = len(text)
    head = bytes([0x81, size]) if size < 126 else b"\x81\x7e" + size.to_bytes(2, "big")
    return head + text


def main() -> None:
    server = socket.create_server(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    line, _ = server.accept()
    request = b""
    while b"\r\n\r\n" not in request:
        request += line.recv(4096)
    key = next(
        row.split(b":", 1)[1].strip() for row in request.split(b"\r\n") if row.lower().startswith(b"sec-websocket-key")
    )
    accept = base64.b64encode(hashlib.sha1(key + GUID, usedforsecurity=False).digest())
    line.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    pieces = b"".join(framed(text) for text in mixed(4000))
    try:
        while True:
            line.sendall(pieces)
    except OSError:
        sys.exit(0)


if __name__ == "__main__":
    main()
