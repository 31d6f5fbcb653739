"""What a gesture means: the ticket of a click, a key or a line let go, by the market as it stands. Pure.

Raises ``Refused`` with the reason where it means nothing.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hlmaster.core.errors import HlError
from hlmaster.core.model import Side
from hlmaster.core.rounding import PERP_MAX_DECIMALS, snap_price, to_decimal, wire_text
from hlmaster.settings.ticket import OrderEntry
from hlmaster.trading.bracket import Entry, Exits, ExitUnit, priced, stop_price
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import PERCENT, SizeUnit, Target, Ticket, TicketKind
from hlmaster.ui.working import WorkingSize

HIGHEST = 1e12
"""No market is near it, and what lies beyond cannot be written on a grid."""
NO_SIZE = "There is no working size: type one into the ticket, or take a size preset."


class Refused(HlError):
    """Why a gesture does nothing."""

    code = "ORD-010"


def on_grid(price: float, now: Situation) -> Decimal:
    if not 0 < price < HIGHEST:
        raise Refused("A price must be above zero, and one that a market can have.")
    exact = to_decimal(price, PERP_MAX_DECIMALS)
    if exact <= 0:
        raise Refused("A price must be above zero.")
    return snap_price(exact, now.instrument.size_decimals)


def best(now: Situation, side: Side) -> Decimal:
    found = now.best_bid if side is Side.BUY else now.best_ask
    if found is None:
        raise Refused(f"There is no {'bid' if side is Side.BUY else 'offer'} for {now.instrument.coin} now.")
    return snap_price(found, now.instrument.size_decimals)


def limit_side(now: Situation, price: Decimal) -> Side:
    """Below the middle of the book it buys, above it sells."""
    return Side.BUY if _is_below(now, price) else Side.SELL


def stop_side(now: Situation, price: Decimal, wanted: Side | None = None) -> Side:
    """Above the market it buys, below it sells."""
    side = Side.SELL if _is_below(now, price) else Side.BUY
    if wanted is not None and wanted is not side:
        where = "above" if wanted is Side.BUY else "below"
        raise Refused(f"A {wanted} stop lies {where} the market; {wire_text(price)} does not.")
    return side


def _is_below(now: Situation, price: Decimal) -> bool:
    middle = now.mid if now.mid is not None else now.reference
    if middle is None:
        raise Refused(f"There is no price of {now.instrument.coin} to tell the side by.")
    return price <= middle


def ticket(
    now: Situation,
    size: WorkingSize | None,
    terms: OrderEntry,
    side: Side,
    kind: TicketKind,
    price: Decimal | None = None,
) -> Ticket:
    """``price``: the limit or the trigger; None at market."""
    coin = now.instrument.coin
    if size is None:
        raise Refused(NO_SIZE)
    if not size.counts_for(coin):
        raise Refused(f"The working size is counted in {size.coin}; choose one in USD, or for {coin}.")
    expected = price if price is not None else best(now, side.opposite)
    entry = Entry(side, expected, None, now.fees.taker, now.instrument.size_decimals)
    stop, targets = _bracket(entry, now, terms)
    if size.unit is SizeUnit.RISK_USD and stop is None:
        if size.stop_percent is None:
            raise Refused("USD at risk need a stop: give the ticket's bracket a distance in %.")
        stop = stop_price(size.stop_percent, ExitUnit.PERCENT, entry)
    return Ticket(
        coin=coin,
        side=side,
        kind=kind,
        size_unit=size.unit,
        amount=size.amount,
        limit_price=price if kind.has_limit_price else None,
        trigger_price=price if kind.has_trigger_price else None,
        stop_price=stop,
        attach_stop=bool(targets),
        targets=targets,
    )


def _bracket(entry: Entry, now: Situation, terms: OrderEntry) -> tuple[Decimal | None, tuple[Target, ...]]:
    """Where the settings want one, and the order opens something."""
    if not terms.gestures_carry_bracket or now.position * entry.side.sign < 0:
        return None, ()
    away, multiple = terms.ready[0]
    made = priced(Exits(ExitUnit.RISK, away, ((multiple, PERCENT),)), entry)
    if made.problem:
        raise Refused(made.problem)
    return made.stop, made.targets


def ending(wanted: Ticket, now: Situation, size: Decimal) -> Ticket:
    """A stop against the position, of ``size`` coins and no larger, may end it and nothing else."""
    against = wanted.kind is TicketKind.STOP_MARKET and now.position * wanted.side.sign < 0
    if not against or size > abs(now.position):
        return wanted
    return replace(wanted, reduce_only=True, attach_stop=False, targets=())
