"""From a position and its policy to the exact reduce-only triggers that should rest at the exchange. Pure.

Stops lie on the grid, rounded towards the mark, so that rounding never adds risk; within an epoch (a position from flat
to flat) they only ever tighten; and they lie between mark and liquidation price, well clear of the latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Instrument, Side
from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import PERP_MAX_DECIMALS, round_price, round_size, round_size_up, tick_size
from hlmaster.trading.protection.policy import HUNDRED, TIERS, Policy, StopKind
from hlmaster.trading.risk.rules.minimum_notional import VENUE_MINIMUM

ZERO = Decimal(0)
LIQUIDATION_MARGIN = Decimal("0.005")
"""Of the mark price: a stop nearer to liquidation might never act."""


@dataclass(frozen=True, slots=True)
class Held:
    """The position. ``size`` signed, ``entry`` its average price; ``best`` the furthest mark in its favour since."""

    size: Decimal
    entry: Decimal
    opened_ms: int
    best: Decimal

    @property
    def sign(self) -> int:
        return 1 if self.size > 0 else -1

    @property
    def exit_side(self) -> Side:
        return Side.SELL if self.size > 0 else Side.BUY


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the plan may look at. Prices None when unknown."""

    instrument: Instrument
    now_ms: int
    mark: Decimal | None
    liquidation: Decimal | None
    entry_atr: Decimal | None
    """The average true range when the position was opened: what its stops are laid out by."""
    atr: Decimal | None
    """The present one: what a chandelier hangs by."""
    taker_fee: Decimal
    """Fraction of notional."""
    cap: Decimal
    """How far beyond its trigger an order may fill, a fraction of price."""


@dataclass(frozen=True, slots=True)
class Past:
    """What this epoch has seen already: the tightest stops yet, the furthest triggers that fired (prices)."""

    stops: tuple[Decimal, ...] = ()
    """The tightest trigger of each tier, nearest tier first."""
    fired_stop: Decimal | None = None
    fired_target: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Level:
    """One reduce-only trigger market order: ``size`` coins at ``trigger``, at worst at ``worst``."""

    kind: TriggerKind
    size: Decimal
    trigger: Decimal
    worst: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """``close`` says in a sentence why the position must be left at the market now; then there are no levels."""

    stops: tuple[Level, ...] = ()
    targets: tuple[Level, ...] = ()
    ratchet: tuple[Decimal, ...] = ()
    """The tightest triggers, one for each tier of the policy, to be held against the next plan."""
    close: str = ""
    provisional: bool = False
    """Laid out by per cent because the average true range is not known yet; does not bind later plans."""


def plan(
    held: Held,
    policy: Policy,
    seen: Circumstances,
    past: Past,
    cover: Decimal | None = None,
    aimed: Decimal = ZERO,
) -> Plan:
    """The triggers wanted for ``cover`` coins of the position, all of it when None (the rest has a stop already).

    ``aimed``: coins that have a target of somebody else's; a target price of the policy is for what is left.
    """
    due = _time_is_up(held, policy, seen.now_ms)
    if due:
        return Plan(close=due)
    targets = _targets(held, policy, seen, past, aimed)
    if policy.is_off:
        return Plan(targets=targets if policy.target_price is not None else ())
    provisional = policy.needs_atr and seen.entry_atr is None
    shares, bases = _layout(held, policy, seen)
    tightest = [_tightest(held, price, policy, seen) for price in bases]
    if len(past.stops) == len(tightest):
        tightest = [_tighter(held, price, old) for price, old in zip(tightest, past.stops, strict=True)]
    tightest = [_clear_of_liquidation(held, price, seen) for price in tightest]
    triggers = [_on_grid(held, price, seen) for price in tightest]
    left = [
        (share, trigger)
        for share, trigger, base in zip(shares, triggers, bases, strict=True)
        if past.fired_stop is None or (past.fired_stop - base) * held.sign > 0
    ]
    ratchet = past.stops if provisional else tuple(triggers)
    if cover == 0:
        return Plan((), targets, ratchet, provisional=provisional)
    reason = _must_close(held, left, seen)
    if reason:
        return Plan(close=reason)
    amount = abs(held.size) if cover is None else cover
    stops = _split(TriggerKind.STOP, held, left, amount, sum((share for share, _ in left), ZERO), seen)
    return Plan(stops, targets, ratchet, provisional=provisional)


def _time_is_up(held: Held, policy: Policy, now_ms: int) -> str:
    limit = policy.time_stop_minutes
    if limit is None or now_ms - held.opened_ms < limit * MINUTE_MS:
        return ""
    return f"it is older than its time stop of {limit} min"


# --- where stops lie ---


def _layout(held: Held, policy: Policy, seen: Circumstances) -> tuple[list[Decimal], list[Decimal]]:
    """(shares, prices) by the entry alone, nearest first; what trails and tightens comes on top."""
    if policy.tiers:
        return [share for _, share in policy.tiers], [price for price, _ in policy.tiers]
    atr = seen.entry_atr
    if policy.stop is StopKind.PERCENT or atr is None:
        return [HUNDRED], [held.entry * (1 - held.sign * policy.stop_percent / HUNDRED)]
    if policy.stop is StopKind.TIERED:
        return [share for _, share in TIERS], [held.entry - held.sign * multiple * atr for multiple, _ in TIERS]
    return [HUNDRED], [held.entry - held.sign * policy.atr_multiple * atr]


def _tightest(held: Held, base: Decimal, policy: Policy, seen: Circumstances) -> Decimal:
    """The base price, or what trailing, break-even or the chandelier have moved it to."""
    price = base
    gain = (held.best - held.entry) * held.sign / held.entry * HUNDRED
    if policy.trailing and gain >= policy.trail_arm_percent:
        price = _tighter(held, price, held.best * (1 - held.sign * policy.trail_offset_percent / HUNDRED))
    if policy.break_even_percent is not None and gain >= policy.break_even_percent:
        price = _tighter(held, price, held.entry * (1 + held.sign * 2 * seen.taker_fee))
    if policy.stop is StopKind.CHANDELIER and not policy.tiers and seen.atr is not None:
        price = _tighter(held, price, held.best - held.sign * policy.atr_multiple * seen.atr)
    return price


def _tighter(held: Held, one: Decimal, other: Decimal) -> Decimal:
    return max(one, other) if held.size > 0 else min(one, other)


def _clear_of_liquidation(held: Held, price: Decimal, seen: Circumstances) -> Decimal:
    if seen.liquidation is None:
        return price
    return _tighter(held, price, seen.liquidation + held.sign * (seen.mark or held.entry) * LIQUIDATION_MARGIN)


def _on_grid(held: Held, price: Decimal, seen: Circumstances) -> Decimal:
    """Rounded towards the mark; a price of nothing or less becomes the smallest there is."""
    price = max(price, _smallest(seen))
    tick = tick_size(price, seen.instrument.size_decimals)
    return (price / tick).to_integral_value(ROUND_CEILING if held.size > 0 else ROUND_FLOOR) * tick


def _smallest(seen: Circumstances) -> Decimal:
    return Decimal(1).scaleb(seen.instrument.size_decimals - PERP_MAX_DECIMALS)


def _must_close(held: Held, left: Sequence[tuple[Decimal, Decimal]], seen: Circumstances) -> str:
    """No stop can be placed where the mark already is; a stop that should have fired closes the position."""
    if not left:
        return "its stops have fired and a part of it is left"
    # What is left is judged by its furthest stop: a nearer tier that is passed joins it.
    mark, furthest = seen.mark, left[-1][1]
    if mark is None or (mark - furthest) * held.sign > 0:
        return ""
    near = mark * LIQUIDATION_MARGIN + tick_size(mark, seen.instrument.size_decimals)
    if seen.liquidation is not None and (mark - seen.liquidation) * held.sign <= near:
        return f"its liquidation price is {abs(mark / seen.liquidation - 1) * HUNDRED:.2f} % away, too near for a stop"
    return "the mark price is through its stop"


# --- how much each holds ---


def _split(
    kind: TriggerKind,
    held: Held,
    shares: Sequence[tuple[Decimal, Decimal]],
    amount: Decimal,
    whole: Decimal,
    seen: Circumstances,
) -> tuple[Level, ...]:
    """Split ``amount`` by (share of ``whole``, trigger), nearest first, to the lot.

    What is too small for the venue joins the next level, at the end the one before. Stops that the mark has passed join
    the next one, targets that it has passed are left out.
    """
    parts: list[tuple[Decimal, Decimal]] = []
    given, owed, counted = ZERO, ZERO, ZERO
    for share, trigger in shares:
        counted += share
        upto = amount if counted == whole else round_size(amount * counted / whole, seen.instrument.size_decimals)
        owed, given = owed + upto - given, upto
        if _is_passed(kind, held, trigger, seen.mark):
            owed = owed if kind is TriggerKind.STOP else ZERO
        elif parts and parts[-1][1] == trigger:
            parts[-1], owed = (parts[-1][0] + owed, trigger), ZERO
        elif owed >= _least(held, trigger, seen):
            parts.append((owed, trigger))
            owed = ZERO
    if owed:
        parts = _with_rest(parts, owed, shares[-1][1], kind, held, seen)
    return tuple(Level(kind, size, trigger, _worst(held, trigger, seen)) for size, trigger in parts)


def _with_rest(
    parts: list[tuple[Decimal, Decimal]],
    owed: Decimal,
    trigger: Decimal,
    kind: TriggerKind,
    held: Held,
    seen: Circumstances,
) -> list[tuple[Decimal, Decimal]]:
    """What no later level takes goes to the last one. A stop alone may have to cover more than asked to be accepted."""
    if parts:
        return [*parts[:-1], (parts[-1][0] + owed, parts[-1][1])]
    if kind is TriggerKind.TAKE_PROFIT and owed < abs(held.size):
        return []
    return [(min(abs(held.size), max(owed, _least(held, trigger, seen))), trigger)]


def _least(held: Held, trigger: Decimal, seen: Circumstances) -> Decimal:
    """Coins that the venue takes for enough, whether it values them at the trigger or at the worst price."""
    price = min(trigger, _worst(held, trigger, seen))
    return round_size_up(VENUE_MINIMUM / price, seen.instrument.size_decimals)


def _is_passed(kind: TriggerKind, held: Held, trigger: Decimal, mark: Decimal | None) -> bool:
    if mark is None:
        return False
    ahead = (mark - trigger) * held.sign if kind is TriggerKind.STOP else (trigger - mark) * held.sign
    return ahead <= 0


def _targets(held: Held, policy: Policy, seen: Circumstances, past: Past, aimed: Decimal) -> tuple[Level, ...]:
    """Rungs not yet taken. Shares are of the position as it was, so those taken count against what is left."""
    decimals, amount = seen.instrument.size_decimals, abs(held.size)
    prices = [
        (share, held.entry * (1 + held.sign * gain / HUNDRED))
        for gain, share in policy.ladder
        if held.sign > 0 or gain < HUNDRED
    ]
    if policy.target_price is not None:
        prices, amount = [(HUNDRED, policy.target_price)], max(amount - aimed, ZERO)
    rungs = [(share, round_price(price, decimals, held.exit_side)) for share, price in prices]
    fired = past.fired_target
    left = [(share, price) for share, price in rungs if fired is None or (price - fired) * held.sign > 0]
    taken = sum((share for share, _ in rungs), ZERO) - sum((share for share, _ in left), ZERO)
    if not left or not amount or taken >= HUNDRED:
        return ()
    return _split(TriggerKind.TAKE_PROFIT, held, left, amount, HUNDRED - taken, seen)


def _worst(held: Held, trigger: Decimal, seen: Circumstances) -> Decimal:
    """The worst price, on the far side of the trigger and never of the quote."""
    far = trigger * (1 + seen.cap * held.exit_side.sign)
    worst = round_price(far, seen.instrument.size_decimals, held.exit_side, marketable=True)
    return max(worst, _smallest(seen))
