"""A websocket server that sends a recorded market as fast as its client reads: ``python -m tests.bench.flood``.

It frames beforehand and sends in large pieces, so that on two processors the reader is what is measured.
"""

from __future__ import annotations

import base64
import hashlib
import socket
import sys

from hlmaster.core.clock import MINUTE_MS
from tests.bench.recording import played, record

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MINUTES = 5


def main() -> None:
    pieces = played(record(MINUTES), MINUTES * MINUTE_MS)
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
    try:
        for piece in pieces:
            line.sendall(piece)
    except OSError:
        sys.exit(0)


if __name__ == "__main__":
    main()
