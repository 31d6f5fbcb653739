"""A seeded person at the desk: enters, changes, cancels, closes, reverses, flattens; sometimes two things at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from decimal import Decimal
from random import Random
from typing import Any

from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.rounding import round_price
from hlmaster.desk.desk import Desk
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind
from tests.hostile.history import History

MEAN_PAUSE = 1.6
"""Seconds between verbs."""
PATIENCE = 4.0
"""A verb that takes longer goes on beside the next one."""


class Trader:
    def __init__(self, desk: Desk, rng: Random, clock: Clock, history: History, pause: float = MEAN_PAUSE) -> None:
        self._pause = pause
        self._desk, self._rng, self._clock, self._history = desk, rng, clock, history
        self._running: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        verbs: list[tuple[Callable[[], Awaitable[Any]], int]] = [
            (self.market, 5),
            (self.limit, 5),
            (self.modify, 3),
            (self.cancel, 3),
            (self.close, 3),
            (self.reverse, 1),
            (self.flatten, 1),
            (self.leverage, 1),
        ]
        choices, weights = zip(*verbs, strict=True)
        while True:
            await asyncio.sleep(self._rng.expovariate(1.0 / self._pause))
            (verb,) = self._rng.choices(choices, weights)
            task = asyncio.get_running_loop().create_task(self._do(verb), name=f"trader {verb.__name__}")
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            await asyncio.wait([task], timeout=PATIENCE)

    async def finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running)

    async def _do(self, verb: Callable[[], Awaitable[Any]]) -> None:
        name = verb.__name__
        self._history.counts[name] += 1
        try:
            outcome = await verb()
        except HlError as error:
            outcome = error
        except Exception as error:  # noqa: BLE001 - a finding: verbs tell, they do not raise
            self._history.broken.append(f"the verb {name} raised {type(error).__name__}: {error}")
            return
        if outcome is not None:
            sentence = getattr(outcome, "sentence", "") or str(outcome)
            self._history.note(self._clock.monotonic(), f"{name}: {sentence}")

    # --- verbs ---

    def _coin(self) -> str:
        return self._rng.choice(self._desk.settings.market.watchlist)

    def _price(self, coin: str, side: Side, away: float) -> Decimal | None:
        """``away`` from the opposite side of the book, as a fraction; negative is into it."""
        if coin not in self._desk.instruments:
            return None
        situation = self._desk.survey(coin)
        best = situation.best_bid if side is Side.BUY else situation.best_ask
        if best is None:
            return None
        wanted = best * (1 - Decimal(repr(round(away, 6))) * side.sign)
        return round_price(wanted, situation.instrument.size_decimals, side)

    def _usd(self) -> Decimal:
        """Now and then more than the limit allows."""
        return Decimal(self._rng.randrange(50, 1500)) * (3 if self._rng.random() < 0.05 else 1)

    async def market(self) -> Any:
        coin, side = self._coin(), self._rng.choice((Side.BUY, Side.SELL))
        stop = self._price(coin, side, self._rng.uniform(0.01, 0.03))
        if stop is None:
            return None
        attach = self._rng.random() < 0.4
        ticket = Ticket(
            coin, side, TicketKind.MARKET, SizeUnit.USD, self._usd(), stop_price=stop if attach else None,
            attach_stop=attach,
        )  # fmt: skip
        return await self._desk.manual.place(ticket)

    async def limit(self) -> Any:
        coin, side = self._coin(), self._rng.choice((Side.BUY, Side.SELL))
        price = self._price(coin, side, self._rng.uniform(-0.001, 0.004))
        stop = self._price(coin, side, self._rng.uniform(0.01, 0.03))
        if price is None or stop is None:
            return None
        kind = self._rng.choice((TicketKind.LIMIT, TicketKind.LIMIT, TicketKind.POST_ONLY))
        attach = self._rng.random() < 0.3
        ticket = Ticket(
            coin, side, kind, SizeUnit.USD, self._usd(), limit_price=price, stop_price=stop if attach else None,
            attach_stop=attach,
        )  # fmt: skip
        return await self._desk.manual.place(ticket)

    def _open_order(self) -> Any:
        live = sorted(self._desk.orders.live(), key=lambda order: (order.created_ms, order.order_id or 0))
        return self._rng.choice(live) if live else None

    async def modify(self) -> Any:
        order = self._open_order()
        if order is None:
            return None
        price = self._price(order.order.coin, order.order.side, self._rng.uniform(-0.001, 0.004))
        if order.order.trigger is not None:
            stop = self._price(order.order.coin, order.order.side, -self._rng.uniform(0.01, 0.03))
            return await self._desk.manual.modify(order.client_order_id, trigger_price=stop)
        # One without a client id is cancelled and placed anew, under one of ours.
        self._history.counts["replace"] += not order.client_order_id.startswith("0x")
        return await self._desk.manual.modify(order.client_order_id, price=price)

    async def cancel(self) -> Any:
        order = self._open_order()
        return None if order is None else await self._desk.manual.cancel(order.client_order_id)

    def _held(self) -> str | None:
        coins = sorted(view.coin for view in self._desk.portfolio.positions())
        return self._rng.choice(coins) if coins else None

    async def close(self) -> Any:
        coin = self._held()
        fraction = self._rng.choice((Decimal(1), Decimal(1), Decimal("0.5"), Decimal("0.3")))
        return None if coin is None else await self._desk.manual.close(coin, fraction)

    async def reverse(self) -> Any:
        coin = self._held()
        return None if coin is None else await self._desk.manual.reverse(coin)

    async def flatten(self) -> Any:
        return await self._desk.manual.flatten_all()

    async def leverage(self) -> Any:
        coin = self._coin()
        if coin not in self._desk.instruments:
            return None
        leverage = Leverage(self._rng.choice((MarginMode.CROSS, MarginMode.ISOLATED)), self._rng.choice((3, 5, 10)))
        return await self._desk.manual.set_leverage(coin, leverage)
