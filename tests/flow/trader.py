"""A desk that trades without pause until it is killed: ``python -m tests.flow.trader DATA [READYFILE]``.

Prints one line per order whose outcome the desk has acknowledged.
"""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from itertools import cycle
from pathlib import Path

from hlmaster.core.model import Side
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.flow.desks import demo_desk, fresh


async def trade(data: Path, exchange: Path | None) -> None:
    async with demo_desk(data, exchange=exchange) as desk:
        await fresh(desk, "ETH")
        for number, side in enumerate(cycle((Side.BUY, Side.BUY, Side.SELL))):
            bid = desk.survey("ETH").best_bid
            usd = Decimal(200 + number)
            if number % 2 and bid is not None:
                price = (bid * Decimal("0.97")).quantize(Decimal(1)) - number
                ticket = Ticket("ETH", Side.BUY, TicketKind.LIMIT, SizeUnit.USD, usd, limit_price=price)
            else:
                ticket = Ticket("ETH", side, TicketKind.MARKET, SizeUnit.USD, usd)
            outcome = await desk.manual.place(ticket)
            for order in outcome.orders:
                print(order.client_order_id, order.status, flush=True)  # noqa: T201  the test reads it


if __name__ == "__main__":
    asyncio.run(trade(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None))
