"""Limits as a panel and a proposal show them: what is used, before and after."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.orders import Order
from hlmaster.core.proposals import LimitEffect
from hlmaster.core.rounding import to_float, wire_text
from hlmaster.trading.risk import rules as _registered  # noqa: F401  importing the package registers its limits
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import LIMITS, Figure, Limit
from hlmaster.trading.risk.rules.trade_risk import money_at_risk
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import After, after, as_it_stands

DAY_LOSS = "day loss"


@dataclass(frozen=True, slots=True)
class RiskRow:
    """One line of the risk panel. ``used`` is a fraction of the limit (1 is all of it), None where it has no size."""

    rule: str
    title: str
    value: str
    limit: str
    used: float | None
    passed: bool
    sentence: str
    about_coin: bool = False


def used(value: Figure, limit: Figure) -> float:
    if limit > 0:
        return to_float(Decimal(value) / Decimal(limit))
    return 1.0 if value <= limit else math.inf


def rows(situation: Situation, limits: RiskLimits, coin: str | None, by_strategy: bool = True) -> Iterator[RiskRow]:
    """Of all positions together, and with a coin also of that. Against the strategies' limits, or those by hand."""
    filled = as_it_stands(situation.stake, situation.standing, situation.equity, by_strategy)
    for one in LIMITS.entries():
        if one.about_coin and coin is None:
            continue
        found = one.read(filled, situation, limits)
        if found is not None:
            yield _row(one, filled, found, situation)


def exceeded(
    situation: Situation, limits: RiskLimits, *, by_strategy: bool, about_coin: bool
) -> Iterator[tuple[str, str]]:
    """Names and sentences of the limits that what stands is beyond: those of the coin, or those of all together."""
    filled = as_it_stands(situation.stake, situation.standing, situation.equity, by_strategy)
    for one in LIMITS.entries():
        if one.about_coin is about_coin:
            found = one.read(filled, situation, limits)
            if found is not None and not found[0] <= found[1]:
                yield one.name, _row(one, filled, found, situation).sentence


def _row(one: Limit, filled: After, found: tuple[Figure, Figure], situation: Situation) -> RiskRow:
    (value, limit), equity = found, situation.equity
    fits = value <= limit
    shown, allowed = one.words(value, equity), one.words(limit, equity)
    title = one.title.format(coin=situation.instrument.coin)
    who = "strategies open nothing more" if filled.by_strategy else "nothing more is opened by hand"
    sentence = "" if fits else f"{title}: {shown} of {allowed}; {who}."
    return RiskRow(one.name, title, shown, allowed, used(value, limit), fits, sentence, one.about_coin)


def effects(order: Order, situation: Situation, limits: RiskLimits) -> tuple[LimitEffect, ...]:
    """What the order, filled whole, would do to each limit, and to what the day may still lose if it is stopped out."""
    now = as_it_stands(situation.stake, situation.standing, situation.equity, order.basis is not None)
    then = after(order, situation.stake, situation.standing, situation.equity)
    found = [effect for one in LIMITS.entries() if (effect := _effect(one, now, then, situation, limits)) is not None]
    day = _day(order, situation)
    return (*found, day) if day is not None else tuple(found)


def _effect(one: Limit, now: After, then: After, situation: Situation, limits: RiskLimits) -> LimitEffect | None:
    later = one.read(then, situation, limits)
    if later is None:
        return None
    # What has no figure without an order, as the loss at its stop, begins at nothing.
    value, limit = one.read(now, situation, limits) or (0, later[1])
    equity = situation.equity
    return LimitEffect(
        one.name,
        one.title.format(coin=situation.instrument.coin),
        one.words(value, equity),
        one.words(later[0], equity),
        one.words(limit, equity),
        used(value, limit),
        used(*later),
    )


def _day(order: Order, situation: Situation) -> LimitEffect | None:
    """The day's loss, and what it would be with the order's own loss at its stop on top."""
    conduct, equity = situation.conduct, situation.equity
    if conduct.day_limit_percent is None or equity <= 0:
        return None
    money = money_at_risk(order.size, order, situation)
    if money is None:
        return None
    before = max(conduct.day_loss_percent, Decimal(0))
    later = before + money * 100 / equity
    limit = conduct.day_limit_percent
    return LimitEffect(
        DAY_LOSS,
        "The day's loss, if it is stopped out",
        f"{before:.2f} %",
        f"{later:.2f} %",
        f"{wire_text(limit)} %",
        used(before, limit),
        used(later, limit),
    )
