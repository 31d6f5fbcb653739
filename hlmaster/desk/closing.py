"""How one position is closed: reduce-only, with a price cap that widens, until the books show what was meant."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from decimal import Decimal

from hlmaster.core.errors import VenueError
from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import Order, OrderStatus, Purpose, TimeInForce, new_client_order_id
from hlmaster.core.rounding import round_size, wire_text
from hlmaster.desk.outcome import Outcome
from hlmaster.desk.survey import Survey
from hlmaster.trading.execution.flatten import EXIT_CAPS
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.tracker import OrderTracker, never_left
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.ticket import capped_price

log = logging.getLogger(__name__)
SETTLE_TRIES = 20
SETTLE_SECONDS = 0.05
ASK_SECONDS = 5.0
"""The next close of the coin waits for this one, so this one does not wait for a venue that will not be asked."""


class Closer:
    """``submit`` and ``cancel`` lead through the gate and to the exchange."""

    def __init__(
        self,
        submit: Callable[[Sequence[Order]], Awaitable[Outcome]],
        cancel: Callable[[Sequence[TrackedOrder]], Awaitable[Outcome]],
        survey: Survey,
        limits: Callable[[], RiskLimits],
        tracker: OrderTracker,
        portfolio: Portfolio,
        reconciler: Reconciler,
    ) -> None:
        self._submit, self._cancel, self._survey, self._limits = submit, cancel, survey, limits
        self._tracker, self._portfolio, self._reconciler = tracker, portfolio, reconciler
        self._closing_now: dict[str, asyncio.Lock] = {}
        self.around: Callable[[str], AbstractContextManager[None]] = lambda coin: nullcontext()
        """Entered for as long as a coin is being closed: whoever protects it stands down."""

    async def close(self, coin: str, fraction: Decimal = Decimal(1), purpose: Purpose = Purpose.CLOSE) -> Outcome:
        """Close a position, or a part of it, at market, reduce-only, with a cap that widens when nobody takes it.

        One close of a coin at a time: a second click waits, and finds less or nothing to close.
        """
        async with self._closing_now.setdefault(coin, asyncio.Lock()):
            with self.around(coin):
                return await self._close(coin, fraction, purpose)

    async def _close(self, coin: str, fraction: Decimal, purpose: Purpose) -> Outcome:
        held = abs(self._portfolio.size(coin))
        if not held:
            return Outcome(False, f"There is no {coin} position to close.")
        if not 0 < fraction <= 1:
            return Outcome(False, "Close a part between nothing and all of the position.")
        lots = held if fraction == 1 else round_size(held * fraction, self._survey.instrument(coin).size_decimals)
        if not lots:
            return Outcome(False, f"This part of the {coin} position is less than one lot; close more of it.")
        outcome = await self._close_down_to(coin, held - lots, purpose)
        return await self._sweep(coin, outcome) if lots == held and outcome.ok else outcome

    async def _sweep(self, coin: str, closed: Outcome) -> Outcome:
        """Stops and targets must not outlive their position: they would meet the next one."""
        orphans = [order for order in self._tracker.live(coin) if order.order.reduce_only]
        if not orphans:
            return closed
        swept = await self._cancel(orphans)
        return replace(closed, ok=swept.ok, sentence=f"{closed.sentence} Its stops and targets: {swept.sentence}")

    async def _close_down_to(self, coin: str, goal: Decimal, purpose: Purpose) -> Outcome:
        done: list[TrackedOrder] = []
        outcome, seen = Outcome(False, ""), 0
        for _ in EXIT_CAPS:
            order = self._closing(coin, abs(self._portfolio.size(coin)) - goal, EXIT_CAPS[seen], purpose)
            if isinstance(order, str):
                return Outcome(False, order, tuple(done))
            outcome = await self._submit([order])
            done += outcome.orders
            # A refusal of the gate will not change with the cap, and what is in doubt must not be sent again.
            if not outcome.orders or outcome.orders[0].status is OrderStatus.UNKNOWN:
                return replace(outcome, orders=tuple(done))
            # A price that nobody has seen was not too narrow.
            seen += not never_left(outcome.orders[0])
            if not await self._settle(outcome.orders[0]):
                sentence = f"{outcome.sentence} The exchange has not confirmed what is left."
                return Outcome(False, sentence, tuple(done))
            if abs(self._portfolio.size(coin)) <= goal:
                return replace(outcome, ok=True, orders=tuple(done))
        left = wire_text(abs(self._portfolio.size(coin)) - goal)
        return Outcome(False, f"{outcome.sentence} {left} {coin} of it could not be closed.", tuple(done))

    def _closing(self, coin: str, size: Decimal, cap: Decimal, purpose: Purpose) -> Order | str:
        situation = self._survey(coin)
        side = Side.SELL if situation.position > 0 else Side.BUY
        best = situation.best_bid if side is Side.SELL else situation.best_ask
        reference = best or situation.reference
        if reference is None:
            return f"There is no price for {coin} to close at yet; try again in a moment."
        limit = min(cap, self._limits().exit_slippage_cap_percent) / 100
        return Order(
            coin=coin,
            side=side,
            size=size,
            price=capped_price(reference, side, situation, limit),
            time_in_force=TimeInForce.IOC,
            reduce_only=True,
            market=True,
            purpose=purpose,
            client_order_id=new_client_order_id(),
        )

    async def _settle(self, order: TrackedOrder) -> bool:
        """The reply can be ahead of the fill stream: wait, then ask, until the books hold all that the reply said."""
        for _ in range(SETTLE_TRIES):
            if self._booked(order) >= order.filled_size:
                return True
            await asyncio.sleep(SETTLE_SECONDS)
        try:
            async with asyncio.timeout(ASK_SECONDS):
                await self._reconciler.run()
        except (VenueError, TimeoutError) as error:
            log.warning("the fills of order %s could not be asked for: %s", order.client_order_id, error)
        return self._booked(order) >= order.filled_size

    def _booked(self, order: TrackedOrder) -> Decimal:
        name = order.client_order_id
        owned = ((self._tracker.of_fill(booked.fill), booked.fill.size) for booked in self._portfolio.fills)
        return sum((size for owner, size in owned if owner is not None and owner.client_order_id == name), Decimal(0))
