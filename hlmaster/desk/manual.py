"""What a person does by hand: tickets, cancels, changes, close, reverse, flatten. All of it through the gate."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from decimal import Decimal

from hlmaster.core.bus import Bus
from hlmaster.core.clock import Clock
from hlmaster.core.errors import HlError, VenueError
from hlmaster.core.events import Notice, Severity, TrackedOrder
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import (
    Approved,
    Grouping,
    Order,
    OrderStatus,
    Purpose,
    TimeInForce,
    Verdict,
)
from hlmaster.core.rounding import wire_text
from hlmaster.desk.changing import PLACED_ELSEWHERE, Change, Changer
from hlmaster.desk.closing import Closer
from hlmaster.desk.outcome import Outcome, refused
from hlmaster.desk.survey import Survey
from hlmaster.desk.work import Work
from hlmaster.trading.execution.executor import Executor
from hlmaster.trading.execution.flatten import Flattener, FlattenReport
from hlmaster.trading.execution.foreign import ForeignOrders
from hlmaster.trading.execution.reconcile import Reconciler
from hlmaster.trading.execution.tracker import OrderTracker, describe_order
from hlmaster.trading.portfolio import Portfolio
from hlmaster.trading.preview import Preview, preview
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.ticket import Draft, Ticket, capped_price, draft

log = logging.getLogger(__name__)
CENT = Decimal("0.01")


class Manual:
    def __init__(
        self,
        bus: Bus,
        clock: Clock,
        work: Work,
        gate: Gate,
        survey: Survey,
        limits: Callable[[], RiskLimits],
        executor: Executor,
        tracker: OrderTracker,
        portfolio: Portfolio,
        reconciler: Reconciler,
        flattener: Flattener,
        foreign: ForeignOrders,
    ) -> None:
        self._bus, self._gate, self._survey, self._limits = bus, gate, survey, limits
        self._executor, self._tracker = executor, tracker
        self._portfolio, self._reconciler = portfolio, reconciler
        self._flattener, self._foreign = flattener, foreign
        self._turning: set[str] = set()
        self._changer = Changer(
            bus, clock, work, gate, survey, limits, executor, tracker, foreign, self.submit, self._cancel
        )
        self._closer = Closer(self.submit, self._cancel, survey, limits, tracker, portfolio, reconciler)

    def while_closing(self, around: Callable[[str], AbstractContextManager[None]]) -> None:
        """``around`` is entered for as long as a coin is being closed."""
        self._closer.around = around

    # --- tickets ---

    def preview(self, ticket: Ticket) -> Preview:
        """Figures and refusals of a ticket as things stand; nothing is sent or reserved."""
        situation = self._survey(ticket.coin)
        drafted = self.draft(ticket)
        asked = drafted.orders
        if len(drafted.parts) > 1 and drafted.whole is not None:
            asked = (drafted.whole, *asked)
        verdicts = tuple(self._gate.check(order) for order in asked)
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
        if len(drafted.parts) > 1:
            return await self._submit_parts(drafted)
        return await self.submit(drafted.orders, drafted.grouping)

    async def submit(self, orders: Sequence[Order], grouping: Grouping = Grouping.NONE) -> Outcome:
        """Through the gate and to the exchange in one action; when the gate refuses one, none is sent."""
        approved = self._approve(orders)
        if isinstance(approved, Verdict):
            return refused(approved)
        placed = await self._executor.place(approved, grouping)
        told = (placed[0], *_rejected(placed[1:]))
        return Outcome(_stands(placed[0]), " ".join(map(describe_order, told)), tuple(placed))

    async def _submit_parts(self, drafted: Draft) -> Outcome:
        """All through the gate, as one order and each by itself, or none; then one action for each part, and what
        fails ends those after it."""
        whole = None if drafted.whole is None else self._gate.approve(drafted.whole)
        approved = whole if isinstance(whole, Verdict) else self._approve(drafted.orders)
        if isinstance(approved, Verdict):
            return refused(approved)
        told, entries = list[TrackedOrder](), list[TrackedOrder]()
        try:
            for part in drafted.parts:
                now, approved = approved[: len(part)], approved[len(part) :]
                placed = await self._executor.place(now, drafted.grouping)
                entries.append(placed[0])
                told += [placed[0], *_rejected(placed[1:])]
                if not _stands(placed[0]):
                    break
        finally:
            self._drop(approved, "Not sent after a failed part.")
        sentence = " ".join(map(describe_order, told))
        if approved:
            sentence += f" {len(entries)} of {len(drafted.parts)} parts were sent; the rest stayed here."
        return Outcome(not approved and all(map(_stands, entries)), sentence, tuple(entries))

    def _approve(self, orders: Sequence[Order]) -> list[Approved] | Verdict:
        """All of them, registered at once, so that each counts against the next one's limits; or who refused."""
        approved: list[Approved] = []
        for order in orders:
            answer = self._gate.approve(order)
            if isinstance(answer, Verdict):
                self._drop(approved, "Not sent with a refused one.")
                return answer
            self._tracker.register(order)
            approved.append(answer)
        return approved

    def _drop(self, approved: Sequence[Approved], why: str) -> None:
        for one in approved:
            self._tracker.mark(one.order.client_order_id, OrderStatus.REJECTED, why)

    # --- orders ---

    async def cancel(self, client_order_id: str) -> Outcome:
        tracked = self._tracker.get(client_order_id)
        if tracked is None or tracked.status.is_final:
            return Outcome(False, "This order is not open any more.")
        if self._foreign.is_ignored(tracked):
            return Outcome(False, PLACED_ELSEWHERE)
        return await self._cancel([tracked])

    async def cancel_all(self, coin: str | None = None, keep: Collection[str] = ()) -> Outcome:
        """Every resting and waiting order, of one coin or of all, foreign ones included, but for those in ``keep``."""
        return await self._cancel([o for o in self._tracker.live(coin) if o.client_order_id not in keep])

    async def cancel_entries(self) -> Outcome:
        """Resting orders that could open something; stops and other reduce-only orders stay."""
        return await self._cancel([o for o in self._tracker.live() if not o.order.reduce_only])

    def adopt(self, client_order_id: str) -> Outcome:
        """Treat an order that was placed elsewhere as one of ours."""
        adopted = self._foreign.adopt(client_order_id)
        if adopted is None:
            return Outcome(False, "This order is not one that was placed elsewhere.")
        return Outcome(True, f"Adopted: {describe_order(adopted)}", (adopted,))

    async def _cancel(self, targets: Sequence[TrackedOrder]) -> Outcome:
        """Orders placed elsewhere are left alone where the settings say so."""
        targets = [tracked for tracked in targets if not self._foreign.is_ignored(tracked)]
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
        return await self.modify_all([Change(client_order_id, price, size, trigger_price)])

    async def modify_all(self, changes: Sequence[Change]) -> Outcome:
        """In one action, together or not at all."""
        return await self._changer.change(changes)

    # --- positions ---

    async def close(self, coin: str, fraction: Decimal = Decimal(1), purpose: Purpose = Purpose.CLOSE) -> Outcome:
        """Close a position, or a part of it, at market, reduce-only, with a cap that widens when nobody takes it."""
        return await self._closer.close(coin, fraction, purpose)

    async def reverse(self, coin: str) -> Outcome:
        """Close, then open the same size on the other side; the second half is an entry and asks the gate as one."""
        if coin in self._turning:
            return Outcome(False, f"{coin} is being reversed already.")
        self._turning.add(coin)
        try:
            return await self._reverse(coin)
        finally:
            self._turning.discard(coin)

    async def _reverse(self, coin: str) -> Outcome:
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
        """Cancel everything, close everything, by the exchange's own word; then let the books follow."""
        report = await self._flattener.run()
        severity = Severity.INFO if report.is_flat else Severity.CRITICAL
        self._bus.publish(Notice(severity, f"Flatten all. {report.sentence}"))
        try:
            await self._reconciler.run()
        except VenueError as error:
            log.warning("the books could not be compared after flattening: %s", error)
        return report

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

    async def add_margin(self, coin: str, amount: Decimal) -> Outcome:
        """Add isolated margin to a position, or with a negative amount take back what is not needed; USD."""
        account = self._portfolio.account
        position = account.position(coin) if account is not None else None
        if position is None or position.leverage.mode is not MarginMode.ISOLATED:
            return Outcome(False, f"There is no isolated {coin} position whose margin could be changed.")
        if not amount or amount.quantize(CENT) != amount:
            return Outcome(False, "Name an amount of margin in whole cents.")
        try:
            await self._executor.add_isolated_margin(coin, amount)
        except HlError as error:
            return Outcome(False, str(error))
        verb = "added to" if amount > 0 else "taken back from"
        return Outcome(True, f"{wire_text(abs(amount))} USD of margin {verb} the {coin} position.")


def _stands(entry: TrackedOrder) -> bool:
    return entry.status not in (OrderStatus.REJECTED, OrderStatus.UNKNOWN)


def _rejected(orders: Sequence[TrackedOrder]) -> list[TrackedOrder]:
    return [order for order in orders if order.status is OrderStatus.REJECTED]
