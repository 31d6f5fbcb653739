"""The manual order ticket: what a person typed, and the orders it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from hlmaster.core.model import Side
from hlmaster.core.orders import Grouping, Order, Purpose, TimeInForce, Trigger, TriggerKind, new_client_order_id
from hlmaster.core.rounding import round_price, round_size, wire_text
from hlmaster.trading.situation import Situation

ZERO = Decimal(0)
PERCENT = Decimal(100)


class TicketKind(StrEnum):
    MARKET = "market"
    LIMIT = "limit"
    POST_ONLY = "post-only"
    STOP_MARKET = "stop market"
    STOP_LIMIT = "stop limit"
    TAKE_PROFIT_MARKET = "take profit market"
    TAKE_PROFIT_LIMIT = "take profit limit"

    @property
    def has_limit_price(self) -> bool:
        return self in (
            TicketKind.LIMIT,
            TicketKind.POST_ONLY,
            TicketKind.STOP_LIMIT,
            TicketKind.TAKE_PROFIT_LIMIT,
        )

    @property
    def has_trigger_price(self) -> bool:
        return self not in (TicketKind.MARKET, TicketKind.LIMIT, TicketKind.POST_ONLY)


class SizeUnit(StrEnum):
    COIN = "coin"
    USD = "USD"
    EQUITY_PERCENT = "% of equity"
    RISK_USD = "USD at risk"
    """Size such that the way from entry to ``stop_price``, fees of both ends included, costs this much."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where profit is taken, and with how much of the order, in per cent."""

    price: Decimal
    share: Decimal = PERCENT


@dataclass(frozen=True, slots=True)
class Ticket:
    """Everything the form holds. Prices are None while their field is empty or unused."""

    coin: str
    side: Side
    kind: TicketKind
    size_unit: SizeUnit
    amount: Decimal
    limit_price: Decimal | None = None
    trigger_price: Decimal | None = None
    stop_price: Decimal | None = None
    attach_stop: bool = False
    """Send a reduce-only stop market order at ``stop_price`` together with the entry."""
    targets: tuple[Target, ...] = ()
    """Send reduce-only take profit market orders together with the entry; their shares are the whole of it.

    The exits of one entry cancel each other at the exchange, so several targets are several entries: each part of the
    order travels with a stop and a target of its own.
    """
    reduce_only: bool = False
    time_in_force: TimeInForce = TimeInForce.GTC


@dataclass(frozen=True, slots=True)
class Draft:
    """Orders a ticket means, or the sentences that say why it means none yet. An entry comes before its exits."""

    orders: tuple[Order, ...] = ()
    grouping: Grouping = Grouping.NONE
    """Of each part."""
    problems: tuple[str, ...] = ()

    @property
    def parts(self) -> tuple[tuple[Order, ...], ...]:
        """Each entry with its exits: what is sent in one action."""
        starts = [number for number, order in enumerate(self.orders) if order.purpose is not Purpose.PROTECT]
        return tuple(self.orders[start:end] for start, end in pairwise([*starts, len(self.orders)]))

    @property
    def whole(self) -> Order | None:
        """All parts as one entry: what limits and figures are about."""
        entries = [part[0] for part in self.parts]
        return replace(entries[0], size=sum((entry.size for entry in entries), ZERO)) if entries else None


def draft(ticket: Ticket, situation: Situation, slippage_cap: Decimal) -> Draft:
    """Turn a ticket into orders. ``slippage_cap`` is a fraction of price for market orders and triggers."""
    problems: list[str] = []
    reference = _entry_price(ticket, situation, problems)
    if reference is None:
        return Draft(problems=tuple(problems))
    size = _size(ticket, situation, reference, problems)
    if problems:
        return Draft(problems=tuple(problems))
    entry = _order(ticket, situation, reference, size, slippage_cap)
    stop, targets = (None, ()) if ticket.reduce_only else (ticket.stop_price, ticket.targets)
    stop = stop if ticket.attach_stop else None
    exits = [(TriggerKind.STOP, stop)] if stop is not None else []
    exits += [(TriggerKind.TAKE_PROFIT, target.price) for target in targets]
    problems = [
        _wrong_side(ticket.side, kind, reference)
        for kind, price in exits
        if not _is_beyond(ticket, kind, price, reference)
    ]
    sizes = _shared(entry, targets, situation, problems)
    if problems:
        return Draft(problems=tuple(dict.fromkeys(problems)))
    orders: list[Order] = []
    if exits:
        entry = replace(entry, ticket=entry.client_order_id)
    for number, size in enumerate(sizes):
        part = replace(entry, size=size, client_order_id=new_client_order_id()) if number else replace(entry, size=size)
        orders.append(part)
        if stop is not None:
            orders.append(_exit_for(part, TriggerKind.STOP, stop, situation, slippage_cap))
        if targets:
            orders.append(_exit_for(part, TriggerKind.TAKE_PROFIT, targets[number].price, situation, slippage_cap))
    return Draft(tuple(orders), Grouping.ENTRY_TPSL if exits else Grouping.NONE)


def _shared(entry: Order, targets: Sequence[Target], situation: Situation, problems: list[str]) -> list[Decimal]:
    """The entry's size by the shares of its targets, each to the lot and nothing left over."""
    if not targets:
        return [entry.size]
    if sum((target.share for target in targets), ZERO) != PERCENT or any(target.share <= 0 for target in targets):
        problems.append("The shares of the targets must be above zero and make 100 % together.")
        return []
    decimals, counted, given = situation.instrument.size_decimals, ZERO, ZERO
    sizes: list[Decimal] = []
    for target in targets:
        counted += target.share
        upto = entry.size if counted == PERCENT else round_size(entry.size * counted / PERCENT, decimals)
        sizes.append(upto - given)
        given = upto
    if not all(sizes):
        lot = wire_text(situation.instrument.lot)
        problems.append(f"This size is too small to be shared by {len(targets)} targets: a lot is {lot} {entry.coin}.")
    return sizes


def _is_beyond(ticket: Ticket, kind: TriggerKind, price: Decimal, entry: Decimal) -> bool:
    """A stop lies on the losing side of the entry, a target on the winning one."""
    gain = (price - entry) * ticket.side.sign
    return gain > 0 if kind is TriggerKind.TAKE_PROFIT else gain < 0


def _wrong_side(side: Side, kind: TriggerKind, entry: Decimal) -> str:
    name = "target" if kind is TriggerKind.TAKE_PROFIT else "stop"
    where = "above" if (side is Side.BUY) == (kind is TriggerKind.TAKE_PROFIT) else "below"
    return f"The {name} of a {side} must lie {where} the entry price of {wire_text(entry)}."


def _entry_price(ticket: Ticket, situation: Situation, problems: list[str]) -> Decimal | None:
    """The price the entry is expected at; unrounded for market orders."""
    named = {
        "limit": ticket.limit_price,
        "trigger": ticket.trigger_price,
        "stop": ticket.stop_price,
    }
    targets = [("target", target.price) for target in ticket.targets]
    problems += [
        f"The {name} price must be above zero."
        for name, price in (*named.items(), *targets)
        if price is not None and not _is_positive(price)
    ]
    if ticket.kind.has_trigger_price and ticket.trigger_price is None:
        problems.append("Enter the trigger price: the mark price at which this order wakes up.")
    if ticket.kind.has_limit_price and ticket.limit_price is None:
        problems.append("Enter the limit price.")
    if problems:
        return None
    if ticket.kind.has_limit_price:
        return ticket.limit_price
    if ticket.kind.has_trigger_price:
        return ticket.trigger_price
    price = situation.best_ask if ticket.side is Side.BUY else situation.best_bid
    if price is None:
        problems.append(f"There is no {'offer' if ticket.side is Side.BUY else 'bid'} for {ticket.coin} now.")
    return price


def _is_positive(value: Decimal) -> bool:
    return value.is_finite() and value > 0


def _size(ticket: Ticket, situation: Situation, price: Decimal, problems: list[str]) -> Decimal:
    decimals = situation.instrument.size_decimals
    if not _is_positive(ticket.amount):
        problems.append("Enter a size above zero.")
        return ZERO
    if ticket.size_unit is SizeUnit.COIN:
        return ticket.amount
    if ticket.size_unit is SizeUnit.USD:
        wanted = ticket.amount / price
    elif ticket.size_unit is SizeUnit.EQUITY_PERCENT:
        wanted = situation.equity * ticket.amount / PERCENT / price
    else:
        risk = _risk_per_coin(ticket, situation, price, problems)
        if risk is None:
            return ZERO
        wanted = ticket.amount / risk
    size = round_size(max(wanted, ZERO), decimals)
    if size == 0:
        lot = wire_text(situation.instrument.lot)
        problems.append(f"This amount is less than one lot of {lot} {ticket.coin}; enter more.")
    return size


def _risk_per_coin(ticket: Ticket, situation: Situation, price: Decimal, problems: list[str]) -> Decimal | None:
    """USD lost per coin from entry to stop, with taker fees at both ends."""
    if ticket.stop_price is None:
        problems.append("Enter the stop price that the risk is measured to.")
        return None
    distance = (price - ticket.stop_price) * ticket.side.sign
    if distance <= 0:
        problems.append(_wrong_side(ticket.side, TriggerKind.STOP, price))
        return None
    return distance + (price + ticket.stop_price) * situation.fees.taker


def _order(ticket: Ticket, situation: Situation, price: Decimal, size: Decimal, cap: Decimal) -> Order:
    trigger = None
    limit = price
    time_in_force = ticket.time_in_force
    is_market = ticket.kind is TicketKind.MARKET
    if ticket.kind.has_trigger_price and ticket.trigger_price is not None:
        stop = ticket.kind in (TicketKind.STOP_MARKET, TicketKind.STOP_LIMIT)
        kind = TriggerKind.STOP if stop else TriggerKind.TAKE_PROFIT
        trigger = Trigger(ticket.trigger_price, kind, market=not ticket.kind.has_limit_price)
    if is_market or (trigger is not None and trigger.market):
        limit = capped_price(price, ticket.side, situation, cap)
    if is_market:
        time_in_force = TimeInForce.IOC
    elif ticket.kind is TicketKind.POST_ONLY:
        time_in_force = TimeInForce.ALO
    return Order(
        coin=ticket.coin,
        side=ticket.side,
        size=size,
        price=limit,
        time_in_force=time_in_force,
        reduce_only=ticket.reduce_only,
        trigger=trigger,
        market=is_market,
        purpose=Purpose.REDUCE if ticket.reduce_only else Purpose.ENTRY,
    )


def _exit_for(entry: Order, kind: TriggerKind, price: Decimal, situation: Situation, cap: Decimal) -> Order:
    return Order(
        coin=entry.coin,
        side=entry.side.opposite,
        size=entry.size,
        price=capped_price(price, entry.side.opposite, situation, cap),
        reduce_only=True,
        trigger=Trigger(price, kind, market=True),
        purpose=Purpose.PROTECT,
        source=entry.source,
        ticket=entry.ticket,
    )


def capped_price(reference: Decimal, side: Side, situation: Situation, cap: Decimal) -> Decimal:
    """The worst price a market order may take: ``cap`` beyond the reference, on the grid and never past the cap."""
    worst = reference * (1 + cap * side.sign)
    return round_price(worst, situation.instrument.size_decimals, side)
