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

    def bound(name: str, money: Decimal, text: str, whole: Decimal) -> Bound:
        return Bound(name, text, max(ZERO, money) * HEADROOM / price, max(ZERO, whole) * HEADROOM / price)

    most = limits.max_order_value_usd
    bounds = [
        bound("order", most, f"an order is worth {usd(most)} at most", most),
        bound("position", *_left(equity, limits.max_position_percent, own, f"of equity in {coin}")),
        bound("exposure", *_left(equity, limits.max_exposure_percent, others, "of equity in all positions")),
        bound("leverage", *_left(equity, limits.max_leverage * HUNDRED, others, "of equity by leverage")),
        _by_margin(worst_price, situation),
    ]
    cap = limits.position_cap(coin)
    if cap is not None:
        bounds.append(Bound("cap", f"at most {wire_text(cap)} {coin}", max(ZERO, cap - stake.worst), cap))
    if terms.size_percent is not None:
        percent = Decimal(repr(terms.size_percent))
        bounds.append(bound("strategy", *_left(equity, percent, own, "of equity by the strategy's own terms")))
    if stake.swing:
        allowed = equity * limits.max_value_at_risk_percent / HUNDRED
        text = f"value at risk may be {wire_text(limits.max_value_at_risk_percent)} % of equity"
        bounds.append(
            bound("value at risk", (allowed - standing.value_at_risk) / stake.swing, text, allowed / stake.swing)
        )
    return tuple(bounds)


def _left(equity: Decimal, percent: Decimal, taken: Decimal, of_what: str) -> tuple[Decimal, str, Decimal]:
    """Money that is left, in words, and what there would be if nothing were taken."""
    allowed = equity * percent / HUNDRED
    text = f"at most {wire_text(percent)} % {of_what}, {usd(allowed)}"
    return allowed - taken, f"{text}, of which {usd(taken)} is taken" if taken else text, allowed


def _by_margin(price: Decimal, situation: Situation) -> Bound:
    """Initial margin and the taker's fee, as the gate asks for them."""
    each = price / situation.leverage.value + price * situation.fees.taker
    free = max(ZERO, situation.available)
    text = f"{usd(free)} is free for margin at {situation.leverage.value}x"
    whole = max(free, situation.equity)
    return Bound("margin", text, free * HEADROOM / each, whole * HEADROOM / each)
