"""What a person does by hand: tickets, cancels, changes, close, reverse, flatten. All of it through the gate."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.errors import HlError, VenueError
from hlmaster.core.events import Notice, Severity, TrackedOrder
from hlmaster.core.model import Leverage, Side
from hlmaster.core.orders import (
    Approved,
    Grouping,
    Order,
    OrderStatus,
    Purpose,
    TimeInForce,
    Verdict,
    new_client_order_id,
)
from hlmaster.core.rounding import round_size, wire_text
from hlmaster.desk.survey import Survey
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.tracker import OrderTracker, describe_order
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.preview import Preview, preview
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.ticket import Draft, Ticket, capped_price, draft

log = logging.getLogger(__name__)
EXIT_CAPS = (Decimal(1), Decimal(3), Decimal(8))
"""Percent: a closing order that finds no taker is tried again with a wider cap, up to the exit cap in the settings."""
SETTLE_TRIES = 20
SETTLE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a verb. ``sentence`` is fit to show; ``verdict`` holds the failed rules, if the gate refused."""

    ok: bool
    sentence: str
    orders: tuple[TrackedOrder, ...] = ()
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class FlattenReport:
    """Proof of flat: what was cancelled and closed, and what is left by the venue's own word."""

    cancelled: int
    closed: tuple[str, ...]
    remaining: tuple[str, ...]
    problems: tuple[str, ...]

    @property
    def is_flat(self) -> bool:
        return not self.remaining and not self.problems


class Manual:
    def __init__(
        self,
        bus: Bus,
        gate: Gate,
        survey: Survey,
        limits: Callable[[], RiskLimits],
        executor: Executor,
        tracker: OrderTracker,
        portfolio: Portfolio,
        reconciler: Reconciler,
    ) -> None:
        self._bus, self._gate, self._survey, self._limits = bus, gate, survey, limits
        self._executor, self._tracker = executor, tracker
        self._portfolio, self._reconciler = portfolio, reconciler
        self._closing_now: dict[str, asyncio.Lock] = {}

    # --- tickets ---

    def preview(self, ticket: Ticket) -> Preview:
        """Figures and refusals of a ticket as things stand; nothing is sent or reserved."""
        situation = self._survey(ticket.coin)
        drafted = self.draft(ticket)
        verdicts = tuple(self._gate.check(order) for order in drafted.orders)
        return preview(ticket, drafted, situation, verdicts)

    def draft(self, ticket: Ticket) -> Draft:
        """The orders a ticket means, by this moment's prices and limits."""
        limits = self._limits()
        is_exit = ticket.reduce_only or ticket.kind.has_trigger_price
        cap = limits.exit_slippage_cap_percent if is_exit else limits.slippage_cap_percent
        return draft(ticket, self._survey(ticket.coin), cap / 100)

    async def place(self, ticket: Ticket) -> Outcome:
        drafted = self.draft(ticket)
        if not drafted.orders:
            return Outcome(False, " ".join(drafted.problems))
        return await self.submit(drafted.orders, drafted.grouping)

    async def submit(self, orders: Sequence[Order], grouping: Grouping = Grouping.NONE) -> Outcome:
        """Through the gate and to the exchange in one action; when the gate refuses one, none is sent."""
        approved: list[Approved] = []
        for order in orders:
            answer = self._gate.approve(order)
            if isinstance(answer, Verdict):
                for other in approved:
                    self._tracker.mark(other.order.client_order_id, OrderStatus.REJECTED, "Not sent with a refused one.")
                return Outcome(False, " ".join(failure.sentence for failure in answer.failures), verdict=answer)
            # Registered at once, so that it counts against the next one's limits.
            self._tracker.register(order)
            approved.append(answer)
        placed = await self._executor.place(approved, grouping)
        first = placed[0]
        ok = first.status not in (OrderStatus.REJECTED, OrderStatus.UNKNOWN)
        return Outcome(ok, describe_order(first), tuple(placed))

    # --- orders ---

    async def cancel(self, client_order_id: str) -> Outcome:
        tracked = self._tracker.get(client_order_id)
        if tracked is None or tracked.status.is_final:
            return Outcome(False, "This order is not open any more.")
        return await self._cancel([tracked])

    async def cancel_all(self, coin: str | None = None) -> Outcome:
        """Every resting and waiting order, of one coin or of all, foreign ones included."""
        return await self._cancel(self._tracker.live(coin))

    async def cancel_entries(self) -> Outcome:
        """Resting orders that could open something; stops and other reduce-only orders stay."""
        return await self._cancel([o for o in self._tracker.live() if not o.order.reduce_only])

    async def _cancel(self, targets: Sequence[TrackedOrder]) -> Outcome:
        if not targets:
            return Outcome(True, "There is nothing to cancel.")
        try:
            results = await self._executor.cancel(targets)
        except HlError as error:
            return Outcome(False, f"Nothing was confirmed as cancelled. {error}")
        failed = [f"{describe_order(tracked)} {why}" for tracked, why in results if why is not None]
        done = len(results) - len(failed)
        sentence = f"{done} order{'s' if done != 1 else ''} cancelled."
        orders = tuple(self._tracker.get(t.client_order_id) or t for t, _ in results)
        return Outcome(not failed, " ".join([sentence, *failed]), orders)

    async def modify(
        self,
        client_order_id: str,
        *,
        price: Decimal | None = None,
        size: Decimal | None = None,
        trigger_price: Decimal | None = None,
    ) -> Outcome:
        """Change price, size or trigger of an open order; what is None stays. The new order passes the gate first."""
        tracked = self._tracker.get(client_order_id)
        if tracked is None or not tracked.status.is_live:
            return Outcome(False, "This order is not open any more.")
        if not tracked.client_order_id.startswith("0x"):
            return Outcome(False, "This order was placed elsewhere and has no client id: cancel it and place it anew.")
        order = tracked.order
        trigger = order.trigger
        if trigger is not None and trigger_price is not None:
            trigger = replace(trigger, price=trigger_price)
            if trigger.market and price is None:
                cap = self._limits().exit_slippage_cap_percent / 100
                price = capped_price(trigger_price, order.side, self._survey(order.coin), cap)
        wanted = replace(
            order,
            price=order.price if price is None else price,
            size=tracked.remaining if size is None else size,
            trigger=trigger,
        )
        answer = self._gate.approve(wanted)
        if isinstance(answer, Verdict):
            return Outcome(False, " ".join(failure.sentence for failure in answer.failures), verdict=answer)
        try:
            after = await self._executor.modify(tracked, answer)
        except HlError as error:
            return Outcome(False, str(error))
        return Outcome(True, describe_order(after), (after,))

    # --- positions ---

    async def close(self, coin: str, fraction: Decimal = Decimal(1), purpose: Purpose = Purpose.CLOSE) -> Outcome:
        """Close a position, or a part of it, at market, reduce-only, with a cap that widens when nobody takes it.

        One close of a coin at a time: a second click waits, and finds less or nothing to close.
        """
        async with self._closing_now.setdefault(coin, asyncio.Lock()):
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
        outcome = Outcome(False, "")
        for cap in EXIT_CAPS:
            order = self._closing(coin, abs(self._portfolio.size(coin)) - goal, cap, purpose)
            if isinstance(order, str):
                return Outcome(False, order, tuple(done))
            outcome = await self.submit([order])
            done += outcome.orders
            # A refusal of the gate will not change with the cap, and what is in doubt must not be sent again.
            if not outcome.orders or outcome.orders[0].status is OrderStatus.UNKNOWN:
                return replace(outcome, orders=tuple(done))
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
            await self._reconciler.run()
        except VenueError as error:
            log.warning("the fills of order %s could not be asked for: %s", order.client_order_id, error)
        return self._booked(order) >= order.filled_size

    def _booked(self, order: TrackedOrder) -> Decimal:
        name = order.client_order_id
        owned = ((self._tracker.of_fill(booked.fill), booked.fill.size) for booked in self._portfolio.fills)
        return sum((size for owner, size in owned if owner is not None and owner.client_order_id == name), Decimal(0))

    async def reverse(self, coin: str) -> Outcome:
        """Close, then open the same size on the other side; the second half is an entry and asks the gate as one."""
        position = self._portfolio.size(coin)
        if position == 0:
            return Outcome(False, f"There is no {coin} position to reverse.")
        closed = await self.close(coin)
        if not closed.ok or self._portfolio.size(coin) != 0:
            return Outcome(False, f"{closed.sentence} The position was not closed whole, so nothing was opened.")
        situation = self._survey(coin)
        side = Side.SELL if position > 0 else Side.BUY
        best = situation.best_bid if side is Side.SELL else situation.best_ask
        if best is None:
            return Outcome(False, f"{closed.sentence} There is no price to open the other side at.")
        cap = self._limits().slippage_cap_percent / 100
        order = Order(
            coin=coin,
            side=side,
            size=abs(position),
            price=capped_price(best, side, situation, cap),
            time_in_force=TimeInForce.IOC,
            market=True,
        )
        opened = await self.submit([order])
        return replace(opened, sentence=f"{closed.sentence} {opened.sentence}")

    async def flatten_all(self) -> FlattenReport:
        """Cancel everything, close everything, and ask the venue itself whether that is so."""
        problems: list[str] = []
        try:
            await self._reconciler.run()
        except VenueError as error:
            problems.append(f"The exchange did not answer before flattening: {error}")
        open_before = len(self._tracker.unsettled())
        cancelled = await self.cancel_all()
        if not cancelled.ok:
            problems.append(cancelled.sentence)
        coins = [view.coin for view in self._portfolio.positions()]
        outcomes = await asyncio.gather(*(self.close(coin, purpose=Purpose.FLATTEN) for coin in coins))
        problems += [
            f"{coin}: {outcome.sentence}" for coin, outcome in zip(coins, outcomes, strict=True) if not outcome.ok
        ]
        remaining: tuple[str, ...] = ()
        try:
            remaining = await self._remaining()
            if not remaining:
                # By the venue's own word it is flat, whatever went wrong on the way.
                problems.clear()
        except VenueError as error:
            problems.append(f"The exchange did not confirm that you are flat: {error}")
        closed = tuple(coin for coin in coins if not any(left.startswith(f"{coin} ") for left in remaining))
        report = FlattenReport(open_before - len(self._tracker.unsettled()), closed, remaining, tuple(problems))
        severity = Severity.INFO if report.is_flat else Severity.CRITICAL
        left = "Flat." if report.is_flat else f"NOT flat: {', '.join((*remaining, *problems))}"
        self._bus.publish(
            Notice(severity, f"Flatten all: {report.cancelled} orders cancelled, {len(closed)} closed. {left}")
        )
        return report

    async def _remaining(self) -> tuple[str, ...]:
        """Positions and orders by the venue's word of this moment. Raises VenueError."""
        await self._reconciler.run()
        account = self._portfolio.account
        held = () if account is None else tuple(f"{p.coin} {wire_text(p.size)}" for p in account.positions)
        return held + tuple(describe_order(order) for order in self._tracker.unsettled())

    # --- leverage ---

    async def set_leverage(self, coin: str, leverage: Leverage) -> Outcome:
        instrument = self._survey.instrument(coin)
        if not 1 <= leverage.value <= instrument.max_leverage:
            return Outcome(False, f"{coin} allows leverage from 1x to {instrument.max_leverage}x.")
        try:
            await self._executor.set_leverage(coin, leverage)
        except HlError as error:
            return Outcome(False, str(error))
        self._survey.leverages[coin] = leverage
        return Outcome(True, f"{coin} leverage is now {leverage.value}x {leverage.mode}.")
