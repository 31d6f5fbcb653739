"""How much the ticket's slider and share buttons mean, and the steps of its fields."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_DOWN, Decimal

from hlmaster.core.model import Side
from hlmaster.core.rounding import round_price, round_size, snap_price, tick_size
from hlmaster.trading.bracket import ExitUnit
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import SizeUnit, TicketKind

CENT = Decimal("0.01")
SHARE_OF_RISK = Decimal(100)
"""Shares of 25, 50, 75 and 100 mean 0.25 to 1 per cent of equity where the unit is money at risk."""
MOST_COINS = Decimal(10) ** 15
"""Beyond any order, and still a size that can be rounded: a price of nearly nothing would ask for more."""
FINE = {SizeUnit.USD: CENT, SizeUnit.EQUITY_PERCENT: Decimal("0.0001"), SizeUnit.RISK_USD: CENT}
STEPS = {SizeUnit.USD: Decimal(10), SizeUnit.EQUITY_PERCENT: Decimal(1), SizeUnit.RISK_USD: Decimal(1)}


def entry_price(
    situation: Situation, side: Side, kind: TicketKind, limit: Decimal | None, trigger: Decimal | None
) -> Decimal | None:
    """What the ticket expects to trade at; the mark where nothing better is known."""
    if kind.has_limit_price and limit is not None and limit > 0:
        return limit
    if kind.has_trigger_price and trigger is not None and trigger > 0:
        return trigger
    best = situation.best_ask if side is Side.BUY else situation.best_bid
    return best if best is not None else situation.reference


def largest_size(situation: Situation, limits: RiskLimits, side: Side, price: Decimal, *, market: bool) -> Decimal:
    """The most coins that free margin and the largest order allow, at the worst price a market order may take."""
    if market:
        worst = price * (1 + limits.slippage_cap_percent / 100 * side.sign)
        price = max(price, round_price(worst, situation.instrument.size_decimals, side, marketable=True))
    leverage, fee = Decimal(situation.leverage.value), situation.fees.taker
    free = max(situation.available, Decimal(0))
    # Up to the mirror of an opposite position only the fee is asked for; beyond it, margin too
    mirrored = 2 * abs(situation.position) if situation.position * side.sign < 0 else Decimal(0)
    most = (free + mirrored * price / leverage) / (price * (1 / leverage + fee))
    if most < mirrored:
        most = free / (price * fee) if fee > 0 else mirrored
    return round_size(min(most, limits.max_order_value_usd / price, MOST_COINS), situation.instrument.size_decimals)


def shared_amount(share: int, unit: SizeUnit, most: Decimal, price: Decimal, situation: Situation) -> Decimal:
    """``share`` per cent of ``most`` coins in the ticket's unit; of equity where the unit is about equity."""
    if unit is SizeUnit.EQUITY_PERCENT:
        return Decimal(share)
    if unit is SizeUnit.RISK_USD:
        return (situation.equity * share / 100 / SHARE_OF_RISK).quantize(CENT, ROUND_DOWN)
    coins = round_size(most * share / 100, situation.instrument.size_decimals)
    return coins if unit is SizeUnit.COIN else (coins * price).quantize(CENT, ROUND_DOWN)


def share_of(amount: Decimal, unit: SizeUnit, most: Decimal, price: Decimal, situation: Situation) -> Decimal | None:
    """The per cent that ``shared_amount`` would give ``amount`` for; None where nothing is possible."""
    if unit is SizeUnit.EQUITY_PERCENT:
        return amount
    coins = amount / price if unit is SizeUnit.USD else amount
    whole = situation.equity / SHARE_OF_RISK if unit is SizeUnit.RISK_USD else most
    return coins / whole * 100 if whole > 0 else None


def per_coin(unit: SizeUnit, price: Decimal, equity: Decimal, loss: Decimal | None) -> Decimal | None:
    """What one coin comes to in a unit; ``loss`` in USD, from its entry to its stop. None where nobody can say."""
    match unit:
        case SizeUnit.COIN:
            return Decimal(1)
        case SizeUnit.USD:
            worth = price
        case SizeUnit.EQUITY_PERCENT:
            worth = price / equity * 100 if equity > 0 else Decimal(0)
        case SizeUnit.RISK_USD:
            worth = loss or Decimal(0)
    return worth if worth > 0 else None


def same_size(coins: Decimal, unit: SizeUnit, worth: Decimal, situation: Situation) -> Decimal | None:
    """``coins`` in a unit of which one is ``worth`` so much. Never larger by a lot or more; None for nothing."""
    if unit is SizeUnit.COIN:
        return round_size(coins, situation.instrument.size_decimals) or None
    step, exact = FINE[unit], coins * worth
    # Upwards, so that what comes back is not a lot less
    upwards = step < situation.instrument.lot * worth
    return exact.quantize(step, ROUND_CEILING if upwards else ROUND_DOWN) or None


def stepped_price(price: Decimal | None, steps: int, situation: Situation) -> Decimal | None:
    """So many ticks on, from the nearest valid price; from the mark when the field is empty. Never to zero."""
    decimals = situation.instrument.size_decimals
    if price is None or price <= 0:
        return None if situation.reference is None else snap_price(situation.reference, decimals)
    snapped = snap_price(price, decimals)
    after = snapped + steps * tick_size(snapped, decimals) if snapped > 0 else snapped
    return snap_price(after, decimals) if after > 0 else snapped or None


def stepped_amount(amount: Decimal | None, steps: int, unit: SizeUnit, situation: Situation) -> Decimal | None:
    step = STEPS.get(unit, situation.instrument.lot)
    return max((amount or Decimal(0)) + steps * step, Decimal(0)) or None


def stepped_exit(value: Decimal | None, steps: int, unit: ExitUnit, situation: Situation) -> Decimal | None:
    """A price by its ticks; per cent and multiples by a tenth; money by a dollar."""
    if unit is ExitUnit.PRICE:
        return stepped_price(value, steps, situation)
    step = Decimal(1) if unit is ExitUnit.MONEY else Decimal("0.1")
    return max((value or Decimal(0)) + steps * step, Decimal(0)) or None
