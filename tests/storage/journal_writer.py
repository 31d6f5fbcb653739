"""A program to be killed: commits intents without end and prints what was acknowledged, one line each."""

from __future__ import annotations

import asyncio
import sys
from decimal import Decimal
from pathlib import Path

from hlmaster.core.clock import ManualClock
from hlmaster.core.model import Side
from hlmaster.core.orders import ActionKind, Intent, Order
from hlmaster.storage.journal import SqliteJournal

STOPPED_CLOCK_MS = 1_700_000_000_000


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(path: Path) -> None:
    journal = SqliteJournal(path, ManualClock())
    journal.open()
    say("ready")
    while True:
        nonce = journal.reserve_nonce(STOPPED_CLOCK_MS)
        say(f"nonce {nonce}")
        order = Order("BTC", Side.BUY, Decimal("0.01"), Decimal("97000"))
        intent = Intent(ActionKind.ORDER, order.client_order_id, nonce, None, "ab" * 32, nonce, order=order)
        await journal.commit([intent])
        say(f"committed {order.client_order_id}")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
