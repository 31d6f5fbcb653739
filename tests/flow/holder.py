"""A desk with an ETH position, a stop and a resting entry, that then freezes as told: ``python -m tests.flow.holder``.

Arguments: DATA, READYFILE or ``-``, ``stay`` or ``block`` (whether its loop goes on or stands still), mode, settings.
The passphrase of a mode with keys is read from standard input. Prints ``ready`` when everything is at the exchange.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from hlmaster import app
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderStatus
from hlmaster.core.secret import keep_to_ourselves
from hlmaster.desk.desk import Desk
from hlmaster.desk.doors import Doors
from hlmaster.desk.modes import build
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.desks import arguments, fresh, until

D = Decimal


async def hold_eth(desk: Desk) -> None:
    """A long position, its stop, and a resting entry."""
    await fresh(desk, "ETH")
    mid = desk.survey("ETH").mid
    assert mid is not None
    low, lower = ((mid * share).quantize(D(1)) for share in (D("0.97"), D("0.9")))
    bought = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.USD, D(500))
    resting = replace(bought, kind=TicketKind.LIMIT, amount=D(300), limit_price=low)
    position = (await desk.manual.place(bought)).orders[0].filled_size
    stop = replace(
        bought,
        side=Side.SELL,
        kind=TicketKind.STOP_MARKET,
        size_unit=SizeUnit.COIN,
        amount=position,
        trigger_price=lower,
        reduce_only=True,
    )
    for ticket in (resting, stop):
        outcome = await desk.manual.place(ticket)
        assert outcome.orders, outcome.sentence
    # Protection may have been quicker than this hand: then its stop is on its way, and goes again.
    await until(lambda: [o.status for o in desk.orders.unsettled()] == [OrderStatus.RESTING, OrderStatus.WAITING], desk)


async def hold(run: app.Launch, how: str) -> None:
    desk = Desk(build(run.opening))
    door = Doors(run.data, run.opening, desk)
    await desk.start()
    await door.start()
    await until(lambda: desk.is_ready, desk)
    await hold_eth(desk)
    print("ready", flush=True)  # noqa: T201  the test reads it
    if how == "block":
        threading.Event().wait()
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()
    await door.stop()
    await desk.stop()


if __name__ == "__main__":
    keep_to_ourselves()
    data, ready, how, mode, *overrides = sys.argv[1:]
    where = {"exchange": None if ready == "-" else Path(ready), "passphrase_stdin": True}
    told = arguments(Path(data), mode=mode, overrides=overrides, **where)
    asyncio.run(hold(app.launch(told, console=False), how))
