"""Stops and targets moved by hand: from where they rest and where they are to rest to the policy that keeps them there.

Pure. The policy names prices, so nothing pulls a moved stop back; what would, a trail or a break-even that is in force,
ends with the move. What is not in force yet stays promised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import wire_text
from hlmaster.trading.protection.plan import LIQUIDATION_MARGIN, Level
from hlmaster.trading.protection.policy import HUNDRED, Policy

SHARE = Decimal("1e-8")
GAIN = Decimal("1e-4")


@dataclass(frozen=True, slots=True)
class Rung:
    """A level that is wanted, and the order that stands for it or is to become it; one that has neither has no name."""

    level: Level
    name: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """A position and what protects it by our hand. ``best``: the furthest mark in its favour."""

    sign: int
    entry: Decimal
    best: Decimal
    mark: Decimal | None
    liquidation: Decimal | None
    stops: tuple[Rung, ...]
    targets: tuple[Rung, ...]
    standing: frozenset[str] = frozenset()
    """Client order ids of all that protects it now."""

    @property
    def leaving(self) -> frozenset[str]:
        """Those in whose place something else stands already, or nothing is wanted any more."""
        return self.standing - self.names

    @property
    def names(self) -> frozenset[str]:
        """Those that can be moved."""
        return frozenset(rung.name for rung in (*self.stops, *self.targets) if rung.name)


@dataclass(frozen=True, slots=True)
class Moved:
    """The policy, or the sentence about what cannot be. ``ends``: what stops with the move, in words."""

    policy: Policy | None = None
    problem: str = ""
    ends: str = ""


def moved(kept: Kept, policy: Policy, prices: Mapping[str, Decimal]) -> Moved:
    """``prices``: client order ids of stops and targets among those kept, each with the trigger it is to have."""
    problem = next(filter(None, (_wrong(kept, rung, prices) for rung in (*kept.stops, *kept.targets))), "")
    if problem:
        return Moved(problem=problem)
    changes: dict[str, object] = {}
    ends: list[str] = []
    if any(rung.name in prices for rung in kept.stops):
        changes, ends = _stops(kept, policy, prices)
    if any(rung.name in prices for rung in kept.targets):
        changes |= _targets(kept, policy, prices)
    try:
        return Moved(Policy.model_validate({**policy.model_dump(), **changes}), ends=" and ".join(ends))
    except ValueError:
        return Moved(problem="Take profits of one position cannot lie at the same price, nor change places.")


def _wrong(kept: Kept, rung: Rung, prices: Mapping[str, Decimal]) -> str:
    price = prices.get(rung.name)
    if price is None:
        return ""
    held = "long" if kept.sign > 0 else "short"
    name, sign = ("stop", -kept.sign) if rung.level.kind is TriggerKind.STOP else ("target", kept.sign)
    if kept.mark is not None and (price - kept.mark) * sign <= 0:
        where = "above" if sign > 0 else "below"
        return f"The {name} of a {held} position must lie {where} the mark price of {wire_text(kept.mark)}."
    if name == "stop" and kept.liquidation is not None:
        room = (kept.mark or kept.entry) * LIQUIDATION_MARGIN
        if (price - kept.liquidation) * kept.sign < room:
            return (
                f"The position would be liquidated at {wire_text(kept.liquidation)}: a stop must lie at least "
                f"{wire_text(LIQUIDATION_MARGIN * HUNDRED)} % of the price before that."
            )
    return ""


def _price(rung: Rung, prices: Mapping[str, Decimal]) -> Decimal:
    return prices.get(rung.name, rung.level.trigger)


def _stops(kept: Kept, policy: Policy, prices: Mapping[str, Decimal]) -> tuple[dict[str, object], list[str]]:
    """Every stop by its price and its share of what they hold together, nearest first."""
    tiers = sorted(((_price(rung, prices), rung.level.size) for rung in kept.stops), reverse=kept.sign > 0)
    changes: dict[str, object] = {"stop_price": None, "stop_tiers": ()}
    if len(tiers) == 1:
        changes["stop_price"] = tiers[0][0]
    else:
        shares = _shares([size for _, size in tiers])
        changes["stop_tiers"] = tuple(
            f"{wire_text(price)}:{wire_text(share)}" for (price, _), share in zip(tiers, shares, strict=True)
        )
    gain = (kept.best - kept.entry) * kept.sign / kept.entry * HUNDRED
    ends = []
    if policy.trailing and gain >= policy.trail_arm_percent:
        changes["trailing"] = False
        ends.append("trailing")
    if policy.break_even_percent is not None and gain >= policy.break_even_percent:
        changes["break_even_percent"] = None
        ends.append("break-even")
    return changes, ends


def _shares(sizes: Sequence[Decimal]) -> list[Decimal]:
    """Per cent of their sum. Running totals are rounded up, so that cutting down to the lot gives the sizes again."""
    whole, counted, told = sum(sizes, Decimal(0)), Decimal(0), Decimal(0)
    shares = []
    for size in sizes:
        counted += size
        upto = (counted * HUNDRED / whole).quantize(SHARE, ROUND_CEILING)
        shares.append(upto - told)
        told = upto
    return shares


def _targets(kept: Kept, policy: Policy, prices: Mapping[str, Decimal]) -> dict[str, object]:
    """The one target by its price, or the rungs that rest there as gains of the entry price."""
    if len(kept.targets) == 1 and (policy.target_price is not None or len(policy.ladder) <= 1):
        return {"target_price": _price(kept.targets[0], prices)}
    steps = list(policy.ladder)
    # Steps that were taken are the nearest; those that rest are the last of the ladder.
    for number, rung in enumerate(kept.targets, start=len(steps) - len(kept.targets)):
        if rung.name in prices and 0 <= number < len(steps):
            gain = (prices[rung.name] / kept.entry - 1) * kept.sign * HUNDRED
            steps[number] = gain.quantize(GAIN), steps[number][1]
    return {"take_profits": tuple(f"{wire_text(gain)}:{wire_text(share)}" for gain, share in steps)}
