"""How large a trade may be: risk money over what one coin can lose, scaled by factors, clipped to limits. Pure.

Risk money divided by a distance in USD per coin is a size in coins already; nothing here divides by the price again.
Factors act on the money at risk and so on the size, never on a stop. What one coin can lose is its way to the stops,
weighted by their shares, plus the fees of both ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from hlmaster.core.config import Config
from hlmaster.core.proposals import SizeStep
from hlmaster.core.rounding import round_size, wire_text
from hlmaster.core.signals import Regime
from hlmaster.trading.risk.rule import usd

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
MOST_RISK_PERCENT = Decimal(3)
"""Of equity, after all factors; no setting goes beyond it."""
FULL_DRAWDOWN = Decimal("0.14")
"""Drawdown at which a linear fall of the size would reach nothing; it stops at ``LEAST_DRAWDOWN_FACTOR``."""
LEAST_DRAWDOWN_FACTOR = Decimal("0.5")
MEDIAN_BARS = 100
LEAST_MINIMUMS = 2
"""A leftover is worth so many of the venue's smallest orders at least: its stops must find buyers too."""


def _factor(default: str, title: str, description: str, high: int = 3) -> Any:
    return Field(Decimal(default), gt=0, le=high, title=title, description=description, json_schema_extra={"unit": "x"})


class Sizing(Config):
    """How strategies' trades are sized, and where their stops and targets lie."""

    risk_percent: Decimal = Field(
        ONE,
        gt=0,
        le=MOST_RISK_PERCENT,
        title="Risk per trade",
        description="Of equity: what a trade may lose at its stops, fees included, before the factors below.",
        json_schema_extra={"unit": "%"},
    )
    stops: Literal["tiers", "single"] = Field(
        "tiers",
        title="Stops",
        description="Tiers at 1, 1.5 and 2 average true ranges, or one stop at the multiple below. A strategy that "
        "names a stop of its own gets that one.",
    )
    atr_multiple: Decimal = Field(
        Decimal("1.5"),
        gt=0,
        le=20,
        title="Distance of a single stop",
        description="In average true ranges (ATR 14 of closed candles of the signal's timeframe).",
        json_schema_extra={"unit": "x ATR"},
    )
    target_multiple: Decimal = Field(
        Decimal(2),
        ge=0,
        le=20,
        title="Target",
        description="Of the way to the stops, where the strategy names no target. 0: no target.",
        json_schema_extra={"unit": "x"},
    )
    trailing: bool = Field(
        True,
        title="Trailing",
        description="Strategies' positions get the trailing stop of the protection settings.",
    )
    least_percent: Decimal = Field(
        Decimal(10),
        ge=0,
        le=100,
        title="Smallest leftover",
        description="An idea for which other positions leave less than this part of its size, or less than two of the "
        "smallest orders, is not proposed. 0: any leftover is.",
        json_schema_extra={"unit": "%"},
    )
    trend_factor: Decimal = _factor("1.5", "In a trend", "Scales the risk while the regime is a trend.")
    range_factor: Decimal = _factor("1", "In a range", "Scales the risk while the price goes sideways.")
    volatile_factor: Decimal = _factor("0.6", "While volatile", "Scales the risk while the regime is volatile.")
    wild_ratio: Decimal = _factor(
        "1.5", "Wild from", "ATR over its median of 100 bars, from which the size is reduced.", 10
    )
    wild_factor: Decimal = _factor("0.8", "While wild", "Scales the size, never the stop, while the ATR is wild.", 1)


@dataclass(frozen=True, slots=True)
class Loss:
    """USD that one coin loses, fees of both ends included."""

    nearest: Decimal
    weighted: Decimal
    """By the tiers' shares."""
    worst: Decimal
    """If all of it left at the furthest tier, as it does where tiers merge."""
    whole_from: Decimal = ZERO
    """Coins from which each tier is large enough for the venue to stand by itself."""


@dataclass(frozen=True, slots=True)
class Factor:
    name: str
    text: str
    value: Decimal


@dataclass(frozen=True, slots=True)
class Bound:
    """A limit in coins, said in words: ``at most $1,000 of ETH, 10 % of equity``."""

    name: str
    text: str
    size: Decimal
    whole: Decimal | None = None
    """What it would be if nothing were taken yet; None where nothing is."""

    @property
    def untaken(self) -> Decimal:
        return self.size if self.whole is None else max(self.whole, self.size)


@dataclass(frozen=True, slots=True)
class Sized:
    """``size`` in coins, nothing where ``problem`` says why there is no trade. ``risk`` USD is never exceeded by it."""

    size: Decimal
    risk: Decimal
    steps: tuple[SizeStep, ...]
    problem: str = ""


def size(
    equity: Decimal,
    price: Decimal,
    size_decimals: int,
    loss: Loss,
    risk_percent: Decimal,
    factors: Sequence[Factor],
    bounds: Sequence[Bound],
    minimum_notional: Decimal,
    cap_percent: Decimal = MOST_RISK_PERCENT,
    least_percent: Decimal = ZERO,
) -> Sized:
    """The largest size whose loss at its stops stays within the risk, and which every bound allows.

    Money in USD. Monotone in equity, in the risk and in every factor and bound, but for leftovers: what other positions
    cut to under ``least_percent`` is no trade. Rounded down to the lot; where that is worth less than the minimum there
    is no trade, for a bump up would be more risk than was asked for.
    """
    if equity <= 0:
        return Sized(ZERO, ZERO, (), "There is no equity to put at risk.")
    if not 0 < loss.nearest <= loss.weighted <= loss.worst:
        return Sized(ZERO, ZERO, (), "The stops do not lie on the losing side of the entry.")
    risk = equity * risk_percent / HUNDRED
    ladder = _Steps(size_decimals)
    ladder.add("risk", f"{_percent(risk_percent)} of {usd(equity)} is {usd(risk)}", risk / loss.weighted)
    for factor in factors:
        risk *= factor.value
        ladder.add(factor.name, f"{factor.text}: x {wire_text(factor.value)}", risk / loss.weighted)
    most = equity * min(cap_percent, MOST_RISK_PERCENT) / HUNDRED
    if risk > most:
        risk = most
        text = f"at most {_percent(min(cap_percent, MOST_RISK_PERCENT))} of equity at risk, {usd(most)}"
        ladder.add("risk cap", text, risk / loss.weighted)
    for bound in sorted(bounds, key=lambda bound: -bound.size):
        if bound.size < ladder.last:
            ladder.add(bound.name, bound.text, bound.size)
    wanted = _within(risk, min((bound.size for bound in bounds), default=None), loss, size_decimals)
    if wanted < loss.whole_from and wanted < ladder.last:
        ladder.add("tiers", "too small for every tier to stand alone: counted to the furthest one", wanted)
    ladder.add("lot", f"in lots of {wire_text(ONE.scaleb(-size_decimals))}", wanted)
    if wanted * price < minimum_notional or not wanted:
        return Sized(ZERO, risk, ladder.steps, _too_small(wanted * price, minimum_notional, bounds, risk / loss.worst))
    whole = _within(risk, min((bound.untaken for bound in bounds), default=None), loss, size_decimals)
    least = max(LEAST_MINIMUMS * minimum_notional, whole * price * least_percent / HUNDRED)
    if least_percent and wanted < whole and wanted * price < least:
        return Sized(ZERO, risk, ladder.steps, _leftover(wanted * price, whole * price, least, bounds))
    return Sized(wanted, risk, ladder.steps)


def _within(risk: Decimal, room: Decimal | None, loss: Loss, size_decimals: int) -> Decimal:
    """Splitting into lots moves less than one lot from the nearest to the furthest tier; that is paid for here."""
    lot = ONE.scaleb(-size_decimals)
    tiered = (risk - lot * (loss.worst - loss.nearest)) / loss.weighted
    merged = risk / loss.worst
    if room is not None:
        tiered, merged = min(tiered, room), min(merged, room)
    tiered, merged = (round_size(max(coins, ZERO), size_decimals) for coins in (tiered, merged))
    return tiered if tiered >= loss.whole_from else merged


def _leftover(notional: Decimal, whole: Decimal, least: Decimal, bounds: Sequence[Bound]) -> str:
    tightest = min(bounds, key=lambda bound: bound.size)
    return (
        f"Other positions leave room for {usd(notional)} of {usd(whole)} only ({tightest.text}); "
        f"under {usd(least)} it is not worth its fees."
    )


def _too_small(notional: Decimal, minimum: Decimal, bounds: Sequence[Bound], by_risk: Decimal) -> str:
    tightest = min(bounds, key=lambda bound: bound.size, default=None)
    if tightest is not None and tightest.size < by_risk:
        return f"There is room for {usd(max(notional, ZERO))} only ({tightest.text}); the least is {usd(minimum)}."
    return (
        f"The money at risk buys {usd(notional)} only, and no order may be under {usd(minimum)}. "
        "It is not made larger than its risk; raise the risk per trade, or add funds."
    )


class _Steps:
    def __init__(self, size_decimals: int) -> None:
        self._decimals = size_decimals
        self.last = ZERO
        self.steps: tuple[SizeStep, ...] = ()

    def add(self, name: str, text: str, coins: Decimal) -> None:
        self.last = round_size(max(coins, ZERO), self._decimals)
        self.steps += (SizeStep(name, text, self.last),)


# --- factors ---


def by_confidence(unadjusted: float) -> Factor:
    """Of what the strategies themselves said: no adviser makes a position larger or smaller."""
    share = Decimal(repr(min(1.0, max(0.0, unadjusted)))).quantize(Decimal("0.01"))
    return Factor("confidence", f"confidence {share:.2f}", share)


def by_regime(regime: Regime | None, sizing: Sizing) -> Factor:
    if regime is None:
        return Factor("regime", "regime not known", min(ONE, sizing.range_factor))
    values = {
        Regime.TREND: sizing.trend_factor,
        Regime.RANGE: sizing.range_factor,
        Regime.VOLATILE: sizing.volatile_factor,
    }
    return Factor("regime", f"regime {regime}", values[regime])


def by_range(atr: Decimal | None, median: Decimal | None, sizing: Sizing) -> Factor:
    """``median``: of the ATR over the last 100 bars; while it is not known nothing is called wild."""
    if atr is None or median is None or median <= 0 or atr <= sizing.wild_ratio * median:
        return Factor("volatility", "ATR is not out of the ordinary", ONE)
    return Factor("volatility", f"ATR is {atr / median:.1f} x its median of {MEDIAN_BARS} bars", sizing.wild_factor)


def by_drawdown(drawdown: Decimal) -> Factor:
    """``drawdown``: fraction below the peak. Falls in a line, to a half at 7 %, where the breaker trips."""
    value = max(LEAST_DRAWDOWN_FACTOR, ONE - max(ZERO, drawdown) / FULL_DRAWDOWN).quantize(Decimal("0.01"))
    return Factor("drawdown", f"{_percent(max(ZERO, drawdown) * HUNDRED)} below the peak", value)


def _percent(value: Decimal) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") + " %"
