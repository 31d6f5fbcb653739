"""How much of a coin the limits still leave room for: what a strategy's size is clipped to before the gate judges it.

The gate alone decides; this only spares it ideas that are too large. Pure.
"""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.model import Side
from hlmaster.core.rounding import wire_text
from hlmaster.core.signals import Terms
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import usd
from hlmaster.trading.situation import Situation
from hlmaster.trading.sizing import Bound

ZERO, HUNDRED = Decimal(0), Decimal(100)
HEADROOM = Decimal("0.99")
"""Of what a limit leaves: the price moves between the card and the gate, and a card must not be refused for that."""


def room(side: Side, worst_price: Decimal, situation: Situation, limits: RiskLimits, terms: Terms) -> tuple[Bound, ...]:
    """``worst_price``: the worst that the entry may be filled at."""
    coin, equity = situation.instrument.coin, situation.equity
    stake, standing = situation.stake, situation.standing
    price = max(stake.price, worst_price)
    own, others = stake.value, standing.gross

    def bound(name: str, money: Decimal, text: str) -> Bound:
        return Bound(name, text, max(ZERO, money) * HEADROOM / price)

    bounds = [
        bound("order", limits.max_order_value_usd, f"an order is worth {usd(limits.max_order_value_usd)} at most"),
        bound("position", *_left(equity, limits.max_position_percent, own, f"of equity in {coin}")),
        bound("exposure", *_left(equity, limits.max_exposure_percent, others, "of equity in all positions")),
        bound("leverage", *_left(equity, limits.max_leverage * HUNDRED, others, "of equity by leverage")),
        _by_margin(worst_price, situation),
    ]
    cap = limits.position_cap(coin)
    if cap is not None:
        bounds.append(Bound("cap", f"at most {wire_text(cap)} {coin}", max(ZERO, cap - stake.worst)))
    if terms.size_percent is not None:
        percent = Decimal(repr(terms.size_percent))
        bounds.append(bound("strategy", *_left(equity, percent, own, "of equity by the strategy's own terms")))
    if stake.swing:
        free = equity * limits.max_value_at_risk_percent / HUNDRED - standing.value_at_risk
        text = f"value at risk may be {wire_text(limits.max_value_at_risk_percent)} % of equity"
        bounds.append(bound("value at risk", free / stake.swing, text))
    return tuple(bounds)


def _left(equity: Decimal, percent: Decimal, taken: Decimal, of_what: str) -> tuple[Decimal, str]:
    allowed = equity * percent / HUNDRED
    text = f"at most {wire_text(percent)} % {of_what}, {usd(allowed)}"
    return allowed - taken, f"{text}, of which {usd(taken)} is taken" if taken else text


def _by_margin(price: Decimal, situation: Situation) -> Bound:
    """Initial margin and the taker's fee, as the gate asks for them."""
    each = price / situation.leverage.value + price * situation.fees.taker
    free = max(ZERO, situation.available)
    text = f"{usd(free)} is free for margin at {situation.leverage.value}x"
    return Bound("margin", text, free * HEADROOM / each)
