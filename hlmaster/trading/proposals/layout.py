"""Where a proposed position's stops and target lie, and what one coin loses on the way to them. Pure.

Prices are named once, here, and go unchanged to the card and into the position's protection policy: what a person
approves is what rests at the exchange. Stops lie on the price grid, rounded towards the entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_UP, Decimal

from hlmaster.core.model import FeeRates, Instrument, Side
from hlmaster.core.rounding import round_price, round_size_up, snap_price, wire_text
from hlmaster.trading.protection.plan import Circumstances, Held, Past, plan
from hlmaster.trading.protection.policy import HUNDRED, TIERS, Policy, Protection, StopKind, settled
from hlmaster.trading.risk.rules.minimum_notional import VENUE_MINIMUM
from hlmaster.trading.sizing import Loss, Sizing

ZERO = Decimal(0)
SHARE_STEP = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Layout:
    """``tiers``: (price, share of the position in per cent), nearest first; shares are 100 in all."""

    entry: Decimal
    side: Side
    tiers: tuple[tuple[Decimal, Decimal], ...]
    target: Decimal | None

    @property
    def mean_stop(self) -> Decimal:
        return sum((price * share for price, share in self.tiers), ZERO) / HUNDRED

    @property
    def problem(self) -> str:
        """Why nothing can be protected so; empty when it can."""
        sign = self.side.sign
        if not self.tiers or any((self.entry - price) * sign <= 0 or price <= 0 for price, _ in self.tiers):
            where = "below" if sign > 0 else "above"
            return f"The stop of a {self.side} must lie {where} the entry price of {wire_text(self.entry)}."
        if self.target is not None and (self.target - self.entry) * sign <= 0:
            where = "above" if sign > 0 else "below"
            return f"The target of a {self.side} must lie {where} the entry price of {wire_text(self.entry)}."
        return ""


def lay_out(
    entry: Decimal,
    side: Side,
    instrument: Instrument,
    sizing: Sizing,
    atr: Decimal | None,
    stop: Decimal | None,
    target: Decimal | None,
) -> Layout | str:
    """Stops by the ATR, or at the strategy's own price; its target, or one by the way to the stops.

    A sentence where neither is known: a plausible distance is never made up.
    """
    if stop is not None:
        bases = [(stop, HUNDRED)]
    elif atr is None or atr <= 0:
        return "The average true range (ATR 14) is not known yet, so neither stops nor size can be reckoned."
    elif sizing.stops == "single":
        bases = [(entry - side.sign * sizing.atr_multiple * atr, HUNDRED)]
    else:
        bases = [(entry - side.sign * multiple * atr, share) for multiple, share in TIERS]
    if any(price <= 0 for price, _ in bases):
        return "The average true range is wider than the price itself; no stop can lie there."
    tiers = tuple((round_price(price, instrument.size_decimals, side.opposite), share) for price, share in bases)
    bare = Layout(entry, side, tiers, None)
    if target is None and sizing.target_multiple:
        target = entry + (entry - bare.mean_stop) * sizing.target_multiple
    if target is None or target <= 0:
        return replace(bare, target=None)
    return replace(bare, target=snap_price(target, instrument.size_decimals))


def loss_of(layout: Layout, entry_fee: Decimal, fees: FeeRates, instrument: Instrument, cap: Decimal) -> Loss:
    """Per coin, fees of both ends included; stops are market orders. ``entry_fee`` and ``cap`` are fractions."""
    entry, sign = layout.entry, layout.side.sign
    each = [(entry - price) * sign + entry * entry_fee + price * fees.taker for price, _ in layout.tiers]
    whole_from = ZERO
    if len(layout.tiers) > 1:
        whole_from = max(
            (_least(price, instrument, cap) + instrument.lot) * HUNDRED / share for price, share in layout.tiers
        )
    shares = [share for _, share in layout.tiers]
    weighted = sum((loss * share for loss, share in zip(each, shares, strict=True)), ZERO) / HUNDRED
    return Loss(min(each), weighted, max(each), whole_from)


def _least(price: Decimal, instrument: Instrument, cap: Decimal) -> Decimal:
    """Coins that the venue takes for enough even at the worst price of a sell stop."""
    return round_size_up(VENUE_MINIMUM / (price * (1 - cap)), instrument.size_decimals)


def stops_of(
    layout: Layout, size: Decimal, instrument: Instrument, liquidation: Decimal | None, taker: Decimal, cap: Decimal
) -> tuple[tuple[Decimal, Decimal], ...]:
    """(trigger, size) of each stop, as the protection of the position will place them."""
    policy = policy_of(layout, Protection(), trailing=False)
    held = Held(size * layout.side.sign, layout.entry, 0, layout.entry)
    seen = Circumstances(instrument, 0, None, liquidation, None, None, taker, cap)
    return tuple((level.trigger, level.size) for level in plan(held, policy, seen, Past()).stops)


def policy_of(layout: Layout, protection: Protection, *, trailing: bool) -> Policy:
    """The position's protection: these prices alone, and what trails and breaks even as the settings say."""
    base = protection.model_copy(
        update={
            "stop": StopKind.PERCENT,
            "trailing": trailing or protection.trailing,
            "time_stop_minutes": None,
            "take_profits": (),
        }
    )
    if len(layout.tiers) == 1:
        return settled(base, layout.tiers[0][0], layout.target)
    tiers = tuple(f"{wire_text(price)}:{wire_text(share)}" for price, share in layout.tiers)
    return Policy(**{**base.model_dump(), "target_price": layout.target, "stop_tiers": tiers})


def by_sizes(stops: Sequence[tuple[Decimal, Decimal]]) -> tuple[tuple[Decimal, Decimal], ...]:
    """(price, share in per cent) from (price, size): 100 in all, and split by them in lots the sizes come out again."""
    total = sum((size for _, size in stops), ZERO)
    tiers, counted, upto = [], ZERO, ZERO
    for price, size in stops:
        counted += size
        # Upward, because a share of the whole is rounded down to the lot.
        before, upto = upto, (counted * HUNDRED / total).quantize(SHARE_STEP, ROUND_UP)
        tiers.append((price, upto - before))
    return tuple(tiers)
