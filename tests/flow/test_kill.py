"""kill -9 of the application, of the exchange, or of both, in the middle of trading: nothing is lost or doubled."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hlmaster.core.orders import OrderStatus
from hlmaster.desk.desk import Desk
from hlmaster.desk.exchange_child import ReadyLine
from hlmaster.desk.exchange_process import command
from tests.flow.desks import D, demo_desk, until

ENOUGH = 12
ROOT = Path(__file__).resolve().parents[2]


def start_trader(data: Path, ready: Path | None) -> subprocess.Popen[str]:
    extra = [str(ready)] if ready else []
    return subprocess.Popen(
        [sys.executable, "-m", "tests.flow.trader", str(data), *extra], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def acknowledged(trader: subprocess.Popen[str], count: int) -> dict[str, str]:
    """The first ``count`` orders the trader was told about."""
    assert trader.stdout is not None
    lines = [trader.stdout.readline().split() for _ in range(count)]
    return {line[0]: line[1] for line in lines}


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def start_exchange(folder: Path) -> tuple[subprocess.Popen[str], Path]:
    ready = folder / "ready.json"
    ready.unlink(missing_ok=True)
    arguments = ["simulate", "--seed", "3", "--state", str(folder / "x.sqlite"), "--faucet", "10000"]
    process = subprocess.Popen(command([*arguments, "--ready-file", str(ready)]), stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    said = process.stdout.readline()
    assert said, "the exchange ended before it was ready"
    assert ReadyLine.read(ready) is not None
    return process, ready


def children_of(pid: int) -> list[int]:
    listing = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    return [int(line) for line in listing.stdout.split()]


async def assert_whole(desk: Desk, known: dict[str, str]) -> None:
    """The desk's books equal the exchange's, and every order it ever acknowledged is there, once."""
    await until(
        lambda: not [o for o in desk.orders.unsettled() if o.status in (OrderStatus.UNKNOWN, OrderStatus.SENT)], desk
    )
    await desk.reconciler.run()
    trading = desk._parts.trading
    account, fills, resting = await trading.account(), await trading.fills(0), await trading.open_orders()
    assert {booked.fill.key for booked in desk.portfolio.fills} == {fill.key for fill in fills}
    assert desk.portfolio.size("ETH") == sum((p.size for p in account.positions), D(0))
    assert {o.client_order_id for o in desk.orders.live()} == {o.client_order_id for o in resting}
    for client_order_id, status in known.items():
        tracked = desk.orders.get(client_order_id)
        assert tracked is not None, f"{client_order_id} was acknowledged as {status} and is forgotten"
        assert not tracked.foreign
    cash = account.equity - sum((p.unrealised for p in account.positions), D(0))
    assert abs(desk.portfolio.equity - desk.portfolio.unrealised - cash) < D("0.01")


@pytest.mark.slow
async def test_the_application_is_killed_while_its_exchange_lives_on(tmp_path: Path) -> None:
    exchange, ready = await asyncio.to_thread(start_exchange, tmp_path)
    try:
        known: dict[str, str] = {}
        for _ in range(2):
            trader = start_trader(tmp_path / "data", ready)
            known |= await asyncio.to_thread(acknowledged, trader, ENOUGH)
            kill(trader)
        async with demo_desk(tmp_path / "data", exchange=ready) as desk:
            await assert_whole(desk, known)
    finally:
        kill(exchange)


@pytest.mark.slow
async def test_application_and_exchange_are_killed_together(tmp_path: Path) -> None:
    trader = start_trader(tmp_path, None)
    known = await asyncio.to_thread(acknowledged, trader, ENOUGH)
    victims = children_of(trader.pid)
    assert victims, "the demo's exchange is a child of the application"
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    kill(trader)
    async with demo_desk(tmp_path) as desk:
        await assert_whole(desk, known)


@pytest.mark.slow
async def test_the_exchange_child_is_killed_and_comes_back_as_it_was(tmp_path: Path) -> None:
    async with demo_desk(tmp_path) as desk:
        from hlmaster.core.model import Side
        from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
        from tests.flow.desks import fresh

        await fresh(desk, "ETH")
        placed = await desk.manual.place(Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.USD, D(1000)))
        assert placed.ok
        (child,) = children_of(os.getpid())
        os.kill(child, signal.SIGKILL)
        await until(lambda: not desk.is_connected, desk)
        await until(lambda: desk.is_connected, desk)
        await fresh(desk, "ETH")
        await assert_whole(desk, {order.client_order_id: str(order.status) for order in placed.orders})
        assert (await desk.manual.close("ETH")).ok
