"""Desks to be killed: ``python -m tests.hostile.victim``; all is imported once, each life is a forked process.

For every line ``SEED DATA READYFILE`` on its standard input a desk is opened in a process of its own, which trades
until it is killed. On standard output, each line beginning with the process id: ``born``, ``ready SECONDS`` when the
desk is open for trading, ``order NAME STATUS`` for whatever it has told its user.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from random import Random

from hlmaster.core.events import OrderChanged
from hlmaster.core.orders import OrderStatus
from tests.flow.desks import demo_desk
from tests.hostile.history import History
from tests.hostile.trader import Trader

PAUSE = 0.08
UNTOLD = (OrderStatus.INTENDED, OrderStatus.SENT)


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, (os.getpid(), *words))) + "\n").encode())


async def live(seed: int, data: Path, ready: Path) -> None:
    began = time.monotonic()
    async with demo_desk(data, exchange=ready) as desk:
        say("ready", f"{time.monotonic() - began:.3f}")

        def told(fact: OrderChanged) -> None:
            order = fact.order
            if order.status not in UNTOLD and not order.foreign:
                say("order", order.client_order_id, order.status)

        desk.bus.subscribe(OrderChanged, told)
        await Trader(desk, Random(seed), desk.clock, History(seed), PAUSE).run()


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in iter(sys.stdin.readline, ""):
        seed, data, ready = line.split()
        if os.fork():
            continue
        say("born")
        asyncio.run(live(int(seed), Path(data), Path(ready)))
        os._exit(0)


if __name__ == "__main__":
    main()
