"""What the analyst is shown of a coin, and how it is written down for a model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from hlmaster.core.candles import CandleBlock
from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.core.opinions import Headline
from hlmaster.core.signals import Direction

CANDLES = 50
UNKNOWN = "not known"
Values = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OpenIdea:
    """A proposal that waits for a decision, as far as the analyst may know it: never its size, never its strategy."""

    proposal_id: str
    direction: Direction
    price: float
    stop: float | None = None
    target: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class MarketFacts:
    """A coin as it stands at ``at_ms``. Prices in USD, notionals in USD; None is what is not known.

    ``candles``: closed ones of ``interval``, oldest first; the last ``CANDLES`` are shown. ``position``: ours, in words
    without amounts of money. ``headlines``: strangers' words.
    """

    coin: str
    at_ms: int
    mid: float
    bid: float
    ask: float
    interval: Interval
    candles: CandleBlock
    momentum: float | None = None
    """Change of the mid over the last minute, fraction."""
    imbalance: float | None = None
    """Of the shown book: bids less asks over their sum, -1 to 1."""
    bought: float | None = None
    """What aggressors bought in the last minute, USD."""
    sold: float | None = None
    funding_rate: float | None = None
    """Fraction per hour."""
    oracle: float | None = None
    mark: float | None = None
    position: str = "none"
    headlines: tuple[Headline, ...] = ()
    idea: OpenIdea | None = None

    @property
    def bid_share(self) -> float | None:
        """Of the shown book, 0 to 1."""
        return None if self.imbalance is None else (1.0 + self.imbalance) / 2.0


def written(facts: MarketFacts) -> Values:
    """Every figure as text, by the name that a prompt calls it by; those of the idea only where there is one."""
    values = {name: text(facts) for name, text in FIGURES.items()}
    return values if facts.idea is None else values | {name: text(facts.idea) for name, text in IDEA_FIGURES.items()}


def figure(value: float, digits: int = 8) -> str:
    """Without an exponent and without zeros at the end: small prices stay readable."""
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


def dollars(value: float) -> str:
    return f"${value:,.0f}"


def _known(value: float | None, text: Callable[[float], str]) -> str:
    return text(value) if value is not None and math.isfinite(value) else UNKNOWN


def _table(facts: MarketFacts) -> str:
    """A line per candle, oldest first. Age instead of date: models count badly, and it is shorter."""
    block = facts.candles.rows(slice(-CANDLES, None))
    if not len(block):
        return UNKNOWN
    ages = (facts.at_ms - block.time_ms) // MINUTE_MS
    rows = zip(ages, block.open, block.high, block.low, block.close, block.volume, strict=True)
    lines = (f"{age}m {figure(o)} {figure(h)} {figure(lo)} {figure(c)} {figure(v, 3)}" for age, o, h, lo, c, v in rows)
    return "\n".join(("opened open high low close volume", *lines))


FIGURES: Mapping[str, Callable[[MarketFacts], str]] = {
    "coin": lambda facts: facts.coin,
    "time": lambda facts: datetime.fromtimestamp(facts.at_ms / 1000, UTC).strftime("%A %Y-%m-%d %H:%M UTC"),
    "mid": lambda facts: figure(facts.mid),
    "bid": lambda facts: figure(facts.bid),
    "ask": lambda facts: figure(facts.ask),
    "spread": lambda facts: f"{(facts.ask - facts.bid) / facts.mid * 1e4:.2f} basis points",
    "momentum": lambda facts: _known(facts.momentum, lambda part: f"{part * 100:+.3f} % in a minute"),
    "bid_share": lambda facts: _known(facts.bid_share, lambda part: f"{part * 100:.0f} %"),
    "bought": lambda facts: _known(facts.bought, dollars),
    "sold": lambda facts: _known(facts.sold, dollars),
    "funding": lambda facts: _known(facts.funding_rate, lambda rate: f"{rate * 100:+.5f} % an hour"),
    "oracle": lambda facts: _known(facts.oracle, figure),
    "mark": lambda facts: _known(facts.mark, figure),
    "position": lambda facts: facts.position,
    "interval": lambda facts: facts.interval.value,
    "candles": _table,
}
"""What a prompt may name of every coin."""
IDEA_FIGURES: Mapping[str, Callable[[OpenIdea], str]] = {
    "direction": lambda idea: idea.direction.value,
    "price": lambda idea: figure(idea.price),
    "stop": lambda idea: _known(idea.stop, figure),
    "target": lambda idea: _known(idea.target, figure),
}
"""And of a proposal, in the question about it."""
