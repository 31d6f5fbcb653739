"""What an order would cost and do, before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.margin import initial_margin, liquidation_price, maintenance_margin
from hlmaster.core.model import MarginMode
from hlmaster.core.orders import Order, Purpose, TimeInForce, TriggerKind, Verdict
from hlmaster.trading.risk.rules.collateral import increase
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import Draft, Ticket

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Preview:
    """Money in USD; None where there is not enough to say. ``problems`` says why nothing can be sent, if so."""

    orders: tuple[Order, ...] = ()
    entry: Order | None = None
    """All of it as one order; None while there is none."""
    notional: Decimal | None = None
    fee: Decimal | None = None
    fee_is_maker: bool = False
    margin: Decimal | None = None
    available: Decimal | None = None
    liquidation_price: Decimal | None = None
    position_after: Decimal | None = None
    risk: Decimal | None = None
    """Money lost if the attached or named stop is hit, fees of both ends included."""
    reward: Decimal | None = None
    """Money made if the target is hit, fees of both ends taken off."""
    problems: tuple[str, ...] = ()

    @property
    def can_send(self) -> bool:
        return bool(self.orders) and not self.problems


def preview(ticket: Ticket, drafted: Draft, situation: Situation, verdicts: tuple[Verdict, ...]) -> Preview:
    """Figures for the entry of a draft, at its expected price (market orders: the best opposite price)."""
    order = drafted.whole
    if order is None:
        return Preview(problems=drafted.problems, available=situation.available)
    price = expected_price(order, situation)
    is_maker = order.time_in_force is TimeInForce.ALO or (order.trigger is None and rests(order, situation))
    rate = situation.fees.maker if is_maker else situation.fees.taker
    after = situation.position + order.size * order.side.sign
    grown = ZERO if order.reduce_only else increase(order, situation.position)
    return Preview(
        orders=drafted.orders,
        entry=order,
        notional=order.size * price,
        fee=order.size * price * rate,
        fee_is_maker=is_maker,
        margin=initial_margin(grown * price, situation.leverage.value),
        available=situation.available,
        liquidation_price=liquidation_after(after, price, situation),
        position_after=after,
        risk=_risk(ticket, order, price, situation),
        reward=_reward(drafted, price, situation),
        problems=tuple(result.sentence for verdict in verdicts for result in verdict.failures),
    )


def expected_price(order: Order, situation: Situation) -> Decimal:
    if order.trigger is not None and order.trigger.market:
        return order.trigger.price
    if order.market:
        best = situation.best_ask if order.side.sign > 0 else situation.best_bid
        return best if best is not None else order.price
    return order.price


def rests(order: Order, situation: Situation) -> bool:
    """Would this limit order wait in the book rather than trade at once?"""
    opposite = situation.best_ask if order.side.sign > 0 else situation.best_bid
    if order.market or order.time_in_force is TimeInForce.IOC:
        return False
    return opposite is None or (opposite - order.price) * order.side.sign > 0


def _risk(ticket: Ticket, order: Order, price: Decimal, situation: Situation) -> Decimal | None:
    if ticket.stop_price is None:
        return None
    distance = (price - ticket.stop_price) * order.side.sign
    return None if distance <= 0 else order.size * (distance + (price + ticket.stop_price) * situation.fees.taker)


def _reward(drafted: Draft, price: Decimal, situation: Situation) -> Decimal | None:
    """All targets hit, each with its part."""
    wins = [
        order.size * ((trigger.price - price) * -order.side.sign - (price + trigger.price) * situation.fees.taker)
        for order in drafted.orders
        if order.purpose is Purpose.PROTECT
        and (trigger := order.trigger) is not None
        and trigger.kind is TriggerKind.TAKE_PROFIT
    ]
    return sum(wins, ZERO) if wins else None


def liquidation_after(after: Decimal, price: Decimal, situation: Situation) -> Decimal | None:
    """Of the position as it would be, valued at the mark; other positions as they are now."""
    tiers = situation.instrument.margin_tiers
    mark = situation.reference or price
    if after == 0:
        return None
    if situation.leverage.mode is MarginMode.ISOLATED:
        backing = initial_margin(abs(after) * price, situation.leverage.value) + after * (mark - price)
        return liquidation_price(tiers, after, mark, backing)
    own = maintenance_margin(tiers, abs(situation.position) * mark) if situation.position else ZERO
    others = max(ZERO, situation.maintenance_margin - own)
    equity = situation.equity + (after - situation.position) * (mark - price)
    return liquidation_price(tiers, after, mark, equity, others)
