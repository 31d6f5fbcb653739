"""The embedded exchange's process: spawned first of all, and told afterwards which market it is to be.

It loads its own libraries while its parent reads the settings and loads Qt. So this module, which the command line
imports before anything else, asks for little: no event loop, no settings, no numpy.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"


def command(arguments: Sequence[str]) -> list[str]:
    """How to start ourselves with other arguments: a frozen application is its own interpreter."""
    if getattr(sys, "frozen", False):
        return [sys.executable, *arguments]
    return [sys.executable, "-m", "hlmaster", *arguments]


def free_port() -> int:
    """A port that was free a moment ago, so that the exchange's address is known before it is ready."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


class ExchangeProcess:
    """``spawn`` costs a fork and returns at once; the process opens nothing until ``tell``."""

    def __init__(self, port: int | None = None) -> None:
        self.port = free_port() if port is None else port
        self._folder = tempfile.TemporaryDirectory(prefix="hlmaster-exchange-")
        self.ready_file = Path(self._folder.name) / "ready.json"
        self._log_file = Path(self._folder.name) / "exchange.log"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is, or will be once it is ready."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_spawned(self) -> bool:
        return self._process is not None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and before it is spawned."""
        return self._process.poll() if self._process else None

    def spawn(self) -> None:
        self.ready_file.unlink(missing_ok=True)
        arguments = ["simulate", "--port", str(self.port), "--ready-file", str(self.ready_file)]
        arguments += ["--arguments-on-stdin", "--watch-stdin"]
        with self._log_file.open("ab") as output:
            self._process = subprocess.Popen(
                command(arguments),
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONUNBUFFERED": "1"},
            )

    def tell(self, arguments: Sequence[str]) -> None:
        """The rest of its command line. One that has ended already is found out by whoever waits for it."""
        if self._process is None or self._process.stdin is None:
            return
        try:
            self._process.stdin.write(json.dumps(list(arguments)).encode() + b"\n")
        except BrokenPipeError:
            return

    def last_words(self) -> str:
        text = self._log_file.read_text(encoding="utf-8", errors="replace") if self._log_file.exists() else ""
        lines = text.strip().splitlines()
        return lines[-1] if lines else "it said nothing."

    def release(self) -> None:
        """Closing its standard input asks it to end."""
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self, seconds: float) -> None:
        """Raises subprocess.TimeoutExpired when it still runs then."""
        if self._process is not None:
            self._process.wait(seconds)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """After its end: take its ready file and its log away."""
        self._folder.cleanup()

    def abandon(self) -> None:
        """End one that has not been told anything: it has nothing to put in order."""
        self.kill()
        self.release()
        self.forget()
