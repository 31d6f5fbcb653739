"""The matching engine by itself: order actions a second in one process."""

from __future__ import annotations

import random
import time

from hlmaster.exchange.simulator.matching import BookOrder, OrderBook
from tests.bench.report import Report

ACTIONS = 200_000
RESTING = 2_000
MIDDLE = 96_000


def actions(seed: int, count: int) -> list[tuple[str, int, bool, int, int]]:
    """(kind, oid or victim's rank, is_buy, ticks, lots): half limits around the touch, cancels, shrinks, takers."""
    rng = random.Random(seed)
    plan = []
    for oid in range(count):
        kind = rng.choices(("limit", "cancel", "reduce", "take"), (50, 38, 4, 8))[0]
        is_buy = rng.random() < 0.5
        distance = 1 + int(rng.expovariate(1 / 60))
        ticks = MIDDLE - distance if is_buy else MIDDLE + distance
        plan.append((kind, oid, is_buy, ticks, rng.randint(1, 500)))
    return plan


def play(book: OrderBook, plan: list[tuple[str, int, bool, int, int]], rng: random.Random) -> int:
    """Apply the plan; returns lots traded."""
    live: list[int] = []
    traded = 0
    for kind, oid, is_buy, ticks, lots in plan:
        if kind == "limit" or len(live) < RESTING:
            order = BookOrder(oid, None, is_buy, ticks, lots)
            for match in book.sweep(order):
                traded += match.lots
            if order.lots:
                book.rest(order)
                live.append(oid)
        elif kind == "take":
            taker = BookOrder(oid, None, is_buy, MIDDLE + (200 if is_buy else -200), lots)
            for match in book.sweep(taker):
                traded += match.lots
        else:
            place = rng.randrange(len(live))
            victim = live[place]
            resting = book.get(victim)
            if kind == "cancel" or resting is None or resting.lots < 2:
                live[place] = live[-1]
                live.pop()
                book.remove(victim)
            else:
                book.reduce(victim, resting.lots // 2)
    return traded


def run(report: Report) -> None:
    plan = actions(7, ACTIONS)
    rng = random.Random(7)
    book = OrderBook()
    started = time.perf_counter()
    traded = play(book, plan, rng)
    seconds = time.perf_counter() - started
    if not traded:
        raise AssertionError("the benchmark's plan must trade")
    report.add("matching: order actions", ACTIONS / seconds, "1/s", at_least=50_000)
