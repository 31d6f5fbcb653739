"""How much of the capital each source trades with: a fraction of what it would trade if it were alone. Pure.

With n sources that take part, shares are, before floor and cap:

* whole: 1 each. The sources do not share; the limits of the account hold over all of them together.
* equal: 1 / n.
* fixed: as named. Those not named share equally what is left.
* inverse volatility: in proportion to 1 / s, where s is the standard deviation of the R multiples of a source's last
  trades (naive risk parity). R is what a trade made over what it had planned to risk, so that a share that changed
  with time does not change the measure.
* performance: in proportion to max(0, m / s), with m the mean of the same R multiples after all costs.

A source with fewer than ``least_trades`` measured trades gets 1 / n; the others divide what remains. Each share then
becomes ``floor + (1 - n floor) share`` and at most the cap. What a cap takes, and what nobody's performance deserves,
stays aside: the sum is never above 1, but for ``whole``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_DOWN, Decimal, InvalidOperation
from typing import Annotated, Literal

from pydantic import Field, field_validator

from hlmaster.core.config import Config

ZERO, ONE, HUNDRED = Decimal(0), Decimal(1), Decimal(100)
GRAIN = Decimal("0.0001")
LEAST_SPREAD = Decimal("0.1")
"""R. Results as alike as that tell of too few trades rather than of no risk."""
Method = Literal["whole", "equal", "fixed", "inverse volatility", "performance"]
Share = Annotated[str, Field(max_length=80)]


class Allocation(Config):
    """How capital is divided over strategies and groups."""

    method: Method = Field(
        "whole",
        title="Method",
        description="Whole: each trades as if alone, within the account's limits. Equal, or fixed as named below. "
        "Inverse volatility: more for those whose results vary less. Performance: more for those that make more for "
        "what they risk; those that lose get the floor.",
    )
    fixed: tuple[Share, ...] = Field(
        (),
        max_length=100,
        title="Fixed shares",
        description="For the fixed method, as momentum_scalper=30 for 30 %. Those not named share the rest.",
    )
    floor_percent: Decimal = Field(
        Decimal(5),
        ge=0,
        le=50,
        title="Least share",
        description="By record, no source gets less; with many sources, an equal share is the most that this can be.",
        json_schema_extra={"unit": "%"},
    )
    cap_percent: Decimal = Field(
        Decimal(50),
        gt=0,
        le=100,
        title="Most",
        description="By record, no source gets more; what is over stays aside.",
        json_schema_extra={"unit": "%"},
    )
    least_trades: int = Field(
        10, ge=2, le=1_000, title="Least record", description="Closed trades below which a source gets an equal share."
    )
    recent_trades: int = Field(
        50, ge=2, le=5_000, title="Recent", description="So many of the last closed trades are looked at."
    )

    @field_validator("fixed")
    @classmethod
    def _shares_of_a_whole(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        if sum(named(texts).values(), ZERO) > ONE:
            raise ValueError("the shares add up to more than 100 %")
        return texts


def named(texts: Sequence[str]) -> dict[str, Decimal]:
    """``NAME=PERCENT`` texts as fractions. Raises ValueError."""
    found: dict[str, Decimal] = {}
    for text in texts:
        name, _, percent = (part.strip() for part in text.rpartition("="))
        try:
            value = Decimal(percent)
        except InvalidOperation:
            value = Decimal("NaN")
        if not name or not value.is_finite() or not 0 <= value <= HUNDRED:
            raise ValueError(f"{text!r} is no share; write a name, = and a percentage")
        if name in found:
            raise ValueError(f"{name} is named twice")
        found[name] = value / HUNDRED
    return found


def shares(settings: Allocation, multiples: Mapping[str, Sequence[Decimal]]) -> dict[str, Decimal]:
    """By source, 0 to 1. ``multiples``: of every source that takes part, the R multiples of its closed trades, oldest
    first; an empty one has no record."""
    sources = sorted(multiples)
    if not sources:
        return {}
    equal = ONE / len(sources)
    match settings.method:
        case "whole":
            return dict.fromkeys(sources, ONE)
        case "equal":
            found = dict.fromkeys(sources, equal)
        case "fixed":
            given = named(settings.fixed)
            others = [source for source in sources if source not in given]
            rest = (ONE - sum(given.values(), ZERO)) / len(others) if others else ZERO
            found = {source: given.get(source, rest) for source in sources}
        case _:
            found = _by_record(settings, {source: multiples[source] for source in sources}, equal)
    return {source: share.quantize(GRAIN, ROUND_DOWN) for source, share in found.items()}


def _by_record(settings: Allocation, multiples: Mapping[str, Sequence[Decimal]], equal: Decimal) -> dict[str, Decimal]:
    scores: dict[str, Decimal] = {}
    for source, results in multiples.items():
        recent = results[-settings.recent_trades :]
        if len(recent) >= settings.least_trades:
            scores[source] = _score(settings.method, recent)
    total, pot = sum(scores.values(), ZERO), equal * len(scores)
    found = {
        source: equal if source not in scores else pot * scores[source] / total if total else ZERO
        for source in multiples
    }
    floor, cap = min(settings.floor_percent / HUNDRED, equal), settings.cap_percent / HUNDRED
    left = ONE - floor * len(multiples)
    return {source: min(floor + left * share, cap) for source, share in found.items()}


def _score(method: Method, results: Sequence[Decimal]) -> Decimal:
    mean = sum(results, ZERO) / len(results)
    squares = sum(((result - mean) ** 2 for result in results), ZERO)
    spread = max((squares / (len(results) - 1)).sqrt(), LEAST_SPREAD)
    return ONE / spread if method == "inverse volatility" else max(ZERO, mean / spread)
