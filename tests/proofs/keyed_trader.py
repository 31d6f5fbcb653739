"""A testnet desk with its watchdog, trading until it is killed: ``python -m tests.proofs.keyed_trader DATA READYFILE``.

Reads the vault's passphrase from standard input, as the product does. Prints a line for each acknowledged order.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import cycle
from pathlib import Path

from hlmaster import app
from hlmaster.app import Launch
from hlmaster.core.model import Side
from hlmaster.core.secret import keep_to_ourselves
from hlmaster.desk.desk import Desk
from hlmaster.desk.doors import Doors
from hlmaster.desk.modes import build
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.desks import D, arguments, fresh, until


async def trade(run: Launch) -> None:
    desk = Desk(build(run.opening))
    await desk.start()
    await Doors(run.data, run.opening, desk).start()
    await until(lambda: desk.is_ready, desk)
    desk.confirm_restart()
    await until(lambda: "Trading is open." in desk.guard.sentence, desk)
    await fresh(desk, "ETH")
    # no two alike: an order that repeats the last is refused for two seconds, and a loop would fill the pipe with that
    for side, usd in cycle(zip((Side.BUY, Side.BUY, Side.SELL) * 2, range(300, 360, 10), strict=True)):
        outcome = await desk.manual.place(Ticket("ETH", side, TicketKind.MARKET, SizeUnit.USD, D(usd)))
        sys.stdout.write(f"{outcome.sentence}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    keep_to_ourselves()
    data, ready = Path(sys.argv[1]), Path(sys.argv[2])
    told = arguments(data, mode="testnet", exchange=ready, passphrase_stdin=True)
    asyncio.run(trade(app.launch(told, console=True)))
