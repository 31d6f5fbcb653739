"""kill -9 of a real headless process at random instants, of its exchange now and then; nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import httpx

from hlmaster.core.orders import OrderStatus
from hlmaster.desk.desk import Desk
from hlmaster.desk.exchange_child import ReadyLine
from tests.flow.desks import demo_desk, until

READY_WITHIN = 20.0
ROUND = 10
"""Kills between two judgements."""
EXCHANGE_SHARE = 0.1
IN_STARTUP = 0.4
IN_DOUBT = (OrderStatus.INTENDED, OrderStatus.SENT, OrderStatus.UNKNOWN)
ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class KillResult:
    seed: int
    kills: int = 0
    exchange_kills: int = 0
    orders: int = 0
    ready: list[float] = field(default_factory=list)
    """Seconds from a process's begin until its desk was open."""
    findings: list[str] = field(default_factory=list)

    def row(self) -> dict[str, Any]:
        return {
            "kills": self.kills,
            "first": self.seed,
            "exchange_kills": self.exchange_kills,
            "orders": self.orders,
            "slowest": max(self.ready, default=0.0),
            "findings": self.findings,
        }

    def __str__(self) -> str:
        found = "\n  ".join(["", *self.findings]) if self.findings else " nothing lost or doubled"
        slowest = max(self.ready, default=0.0)
        return (
            f"{self.kills} kills of the desk and {self.exchange_kills} of the exchange, {self.orders} orders told; "
            f"open again after {slowest:.1f} s at most:{found}"
        )


class KillRun:
    def __init__(self, seed: int, folder: Path) -> None:
        self._rng = Random(f"{seed}/kills")
        self._folder = folder
        self._told: dict[str, str] = {}
        self._is_open = False
        self.result = KillResult(seed)

    async def run(self, count: int) -> KillResult:
        self._exchange = await self._open_exchange()
        nursery = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.hostile.victim",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            cwd=ROOT,
        )
        try:
            for number in range(count):
                await self._life(nursery)
                if self._rng.random() < EXCHANGE_SHARE:
                    self.result.exchange_kills += 1
                    await self._kill_exchange()
                    self._exchange = await self._open_exchange()
                if number % ROUND == ROUND - 1 or number == count - 1:
                    await self._judge()
        finally:
            nursery.kill()
            await nursery.wait()
            await self._kill_exchange()
        return self.result

    # --- processes ---

    @property
    def _ready(self) -> Path:
        return self._folder / "ready.json"

    async def _open_exchange(self) -> asyncio.subprocess.Process:
        await asyncio.to_thread(self._ready.unlink, missing_ok=True)
        arguments = ["simulate", "--seed", "3", "--state", str(self._folder / "x.sqlite"), "--faucet", "10000"]
        arguments += ["--budget-multiplier", "0", "--coins", "BTC,ETH,SOL", "--ready-file", str(self._ready)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hlmaster", *arguments, stdout=asyncio.subprocess.PIPE, cwd=ROOT
        )
        assert process.stdout is not None
        assert await process.stdout.readline(), "the exchange ended before it was ready"
        return process

    async def _kill_exchange(self) -> None:
        self._exchange.kill()
        await self._exchange.wait()

    async def _kill_desk(self, pid: int) -> None:
        try:
            while True:  # until nothing is left of it: its lock goes with it
                os.kill(pid, signal.SIGKILL)
                await asyncio.sleep(0.002)
        except ProcessLookupError:
            return

    async def _life(self, nursery: asyncio.subprocess.Process) -> None:
        """From birth to a kill somewhere in the start or in the trading after it."""
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        birth = f"{self._rng.randrange(1 << 30)} {self._folder / 'data'} {self._ready}\n"
        nursery.stdin.write(birth.encode())
        early = self._rng.random() < IN_STARTUP
        patience = self._rng.uniform(0.02, 1.0) if early else READY_WITHIN
        words = (await nursery.stdout.readline()).decode().split()
        while words[1] != "born":  # the last words of the one before
            self._hear(words[1:], 0.0, early=True)
            words = (await nursery.stdout.readline()).decode().split()
        pid, self._is_open = int(words[0]), False
        deadline, killed = time.monotonic() + patience, False
        while not killed:
            try:
                line = await asyncio.wait_for(nursery.stdout.readline(), max(0.0, deadline - time.monotonic()))
            except TimeoutError:
                if not early and not self._is_open:
                    self.result.findings.append(f"C9: a desk was not open {READY_WITHIN:.0f} s after its birth")
                await self._kill_desk(pid)
                killed = True
            else:
                deadline = self._hear(line.decode().split()[1:], deadline, early=early)
        self.result.kills += 1

    def _hear(self, words: list[str], deadline: float, *, early: bool) -> float:
        """The moment of the kill, which the desk's being open may set."""
        match words:
            case ["ready", seconds]:
                self._is_open = True
                self.result.ready.append(float(seconds))
                return deadline if early else time.monotonic() + self._rng.uniform(0.0, 2.0)
            case ["order", name, status]:
                self._told[name] = status
                self.result.orders = len(self._told)
        return deadline

    # --- judgement ---

    async def _judge(self) -> None:
        try:
            async with demo_desk(self._folder / "data", exchange=self._ready) as desk:
                await until(lambda: not [o for o in desk.orders.unsettled() if o.status in IN_DOUBT], desk)
                await desk.reconciler.run()
                await until(lambda: not desk.portfolio.mismatched, desk)
                self.result.findings += [*await self._books(desk), *await self._orders(desk)]
        except AssertionError as error:
            self.result.findings.append(f"C9: {error}")

    async def _books(self, desk: Desk) -> list[str]:
        trading = desk._parts.trading
        account, fills = await trading.account(), await trading.fills(0)
        found = []
        ours = [booked.fill.key for booked in desk.portfolio.fills]
        if sorted(ours) != sorted(fill.key for fill in fills):
            found.append(f"C2: {len(ours)} fills here and {len(fills)} at the exchange, or others")
        held = {position.coin: position.size for position in account.positions}
        if held != {view.coin: view.size for view in desk.portfolio.positions()}:
            found.append(f"C3: the exchange holds {held}")
        cash = account.equity - sum((position.unrealised for position in account.positions), Decimal(0))
        own = desk.portfolio.equity - desk.portfolio.unrealised
        if abs(own - cash) > Decimal("0.01"):
            found.append(f"C3: cash is {own} here and {cash} at the exchange")
        return found

    async def _orders(self, desk: Desk) -> list[str]:
        oids: defaultdict[str, set[int]] = defaultdict(set)
        line = ReadyLine.read(self._ready)
        assert line is not None
        async with httpx.AsyncClient(base_url=line.url) as client:
            question = {"type": "historicalOrders", "user": desk._parts.trading.address}
            for row in (await client.post("/info", json=question)).json():
                if row["order"].get("cloid"):
                    oids[row["order"]["cloid"]].add(row["order"]["oid"])
        with closing(sqlite3.connect(desk.session.folder / "journal.sqlite")) as journal:
            rows = journal.execute("SELECT subject, count(*) FROM intents GROUP BY subject").fetchall()
        intents = dict(rows)
        found = []
        for name, status in self._told.items():
            known = desk.orders.get(name)
            # refused on this computer before its intent was written: no byte of it left, so nothing is owed
            never_left = status == OrderStatus.REJECTED and name not in intents and name not in oids
            if (known is None or known.foreign) and not never_left:
                found.append(f"C9: order {name}, told as {status}, is forgotten")
        for name, found_oids in oids.items():
            if len(found_oids) > intents.get(name, 0):
                found.append(f"C1: {name} is {len(found_oids)} orders of {intents.get(name, 0)} intents")
        resting = {order.client_order_id for order in await desk._parts.trading.open_orders()}
        if resting != {order.client_order_id for order in desk.orders.live()}:
            found.append("C9: the open orders are not those of the exchange")
        return found


def run_kills(count: int, seed: int = 0) -> KillResult:
    base = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="kills-", dir=base if base.is_dir() else None) as name:
        run = KillRun(seed, Path(name))
        asyncio.run(run.run(count))
        return run.result
