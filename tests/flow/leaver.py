"""A window that is closed with an order in flight: ``python -m tests.flow.leaver DATA``; prints the order's id."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from PySide6.QtWidgets import QApplication

from hlmaster import app
from hlmaster.core.clock import SystemClock
from hlmaster.core.events import OrderChanged
from hlmaster.core.model import Side
from hlmaster.desk.desk import Desk
from hlmaster.desk.modes import build
from hlmaster.storage.sessions import Sessions
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from hlmaster.ui.loop import Loop
from hlmaster.ui.window import Window
from tests.flow.desks import UNPROTECTED, arguments, fresh, until


async def leave(data: Path) -> None:
    run = app.launch(arguments(data, overrides=UNPROTECTED), console=False)
    desk = Desk(build(run.opening))
    window = Window(desk, run.settings_file, run.origins, run.logs.ring, Sessions(run.data, SystemClock()))
    window.open(None)
    await desk.start()
    await until(lambda: desk.is_ready, desk)
    await fresh(desk, "ETH")
    registered = asyncio.Event()
    desk.bus.subscribe(OrderChanged, lambda _: registered.set())
    ticket = Ticket("ETH", Side.BUY, TicketKind.MARKET, SizeUnit.USD, Decimal(200))
    window.context.run(desk.manual.place(ticket), "an order")
    await registered.wait()
    (order,) = desk.orders.all()
    print(order.client_order_id, order.status.is_final, flush=True)  # noqa: T201  the test reads it
    window.closed.set()
    await window.shut()
    await desk.stop()
    run.logs.close()


if __name__ == "__main__":
    application = QApplication(sys.argv[:1])
    with asyncio.Runner(loop_factory=lambda: Loop(application)) as runner:
        runner.run(leave(Path(sys.argv[1])))
