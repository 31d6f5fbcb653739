"""The host process without a process: the same requests and replies, byte by byte, in this one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hlmaster.core.clock import ManualClock
from hlmaster.market.window import PRICES, Grid, Window
from hlmaster.strategies.base import STRATEGIES
from hlmaster.strategies.host.child import Hands
from hlmaster.strategies.host.folder import Folder
from hlmaster.strategies.host.host import Host
from hlmaster.strategies.host.lineup import Talk
from hlmaster.strategies.host.messages import HEAD, Reply, Request, frame, reply_of, request_of
from hlmaster.strategies.host.process import HostLost
from tests.strategies.troupe import MINUTE, START_MS

DEADLY = {b"os._exit": "It ended by itself.", b"while ": "It took longer than 250 ms."}


class InProcess:
    """What would kill or hang a process is known by its text."""

    def __init__(self, troupe: Troupe) -> None:
        self._troupe, self._hands, self._registered = troupe, Hands(), dict[str, Any]()
        self.is_alive = True
        self.asked: list[Request] = []
        self._deadly: dict[str, str] = {}
        self._minds: dict[int, str] = {}

    async def ask(self, request: Request, seconds: float) -> Reply:
        await asyncio.sleep(0)
        self.asked.append(request)
        self._die_of(request)
        if not self.is_alive:
            raise HostLost("Its process is gone.")
        kept = STRATEGIES._entries
        STRATEGIES._entries = self._registered
        try:
            return reply_of(frame(self._hands.answer(request_of(frame(request)[HEAD.size :])))[HEAD.size :])
        finally:
            self._registered = STRATEGIES._entries
            STRATEGIES._entries = kept

    def _die_of(self, request: Any) -> None:
        kind, why = type(request).__name__, ""
        if kind == "Load":
            text = request.source.text
            why = next((words for mark, words in DEADLY.items() if mark in text and b"@strategy" not in text), "")
            for line in text.decode(errors="replace").splitlines():
                if line.startswith("@strategy"):
                    name = line.split('"')[1]
                    self._deadly[name] = next((words for mark, words in DEADLY.items() if mark in text), "")
        elif kind == "Prepare":
            self._minds[request.mind] = request.strategy
        elif kind == "Decide":
            why = self._deadly.get(self._minds[request.mind], "")
        if why:
            self.is_alive = False
            raise HostLost(why)

    async def end(self) -> None:
        self.is_alive = False
        self._troupe.ended += 1


class Troupe:
    """A host over a folder, with every process that it began."""

    def __init__(self, folder: Path, taken: tuple[str, ...] = (), look_seconds: float = 0.001) -> None:
        self.folder, self.processes, self.ended = folder, list[InProcess](), 0
        self.clock = ManualClock()
        self.refuses = False
        folder.mkdir(exist_ok=True)
        self.host = Host((), Folder(folder), self.clock, taken, begin=self._begin, look_seconds=look_seconds)

    async def _begin(self) -> Talk:
        if self.refuses:
            raise HostLost("No process can be started.")
        self.processes.append(InProcess(self))
        return self.processes[-1]

    def write(self, **files: str) -> None:
        for name, text in files.items():
            (self.folder / f"{name}.py").write_text(text)


def window(*closes: float, coin: str = "BTC", **columns: float) -> Window:
    """Two rows of what the user's strategies need, ``sma(5)`` at 100."""
    count = len(closes)
    times = START_MS + MINUTE * np.arange(1, count + 1, dtype=np.int64)
    filled: Mapping[str, float] = {"funding": 0.0, "sma(5)": 100.0} | columns
    everything = dict.fromkeys(PRICES, np.array(closes, np.float64))
    everything |= {name: np.full(count, value, np.float64) for name, value in filled.items()}
    return Window(times, everything, coin, Grid.of("1m"))
