"""Triple confluence: funding, book and price pattern point the same way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from hlmaster.core.candles import Floats
from hlmaster.core.signals import Check, Detail, Opportunity, direction_of
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.hidden_divergence import HiddenDivergence
from hlmaster.market.indicators.liquidity_sweep import LiquiditySweep
from hlmaster.market.indicators.vwma_cross import VwmaCross
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, number, strategy
from hlmaster.strategies.evidence import part
from hlmaster.strategies.rolling import Bools, Rows, latest

BASE_FUNDING = 0.001_25
"""Percent per hour: what longs pay while perpetual and oracle agree (the interest component of the funding rate)."""
PATTERNS = ("VWMA cross", "hidden divergence", "liquidity sweep")
"""In the order in which they count."""


class TripleParams(Params):
    timeframe: Literal["1m", "3m", "5m", "15m", "30m", "1h", "4h"] = Field(
        "5m", title="Timeframe", description="Decides at the close of these candles."
    )
    funding_band: float = number(
        0.001_25,
        0,
        0.1,
        "Funding band",
        "Funding closer than this to its base rate of 0.00125 % favours no side.",
        "%/h",
    )
    funding_full: float = number(
        0.01, 0.000_1, 1, "Funding, full strength", "As far as this from the base rate it counts fully.", "%/h"
    )
    book_levels: int = number(5, 1, 20, "Book levels", "Levels of each side that are added up.", "levels")
    book_reach: float = number(10, 1, 500, "Book reach", "Only levels as near as this to the mid price.", "bp")
    book_ratio: float = number(
        1.3, 1.01, 10, "Book ratio", "One side must be larger than the other by more than this factor.", "x"
    )
    book_full: float = number(2.5, 1.02, 100, "Book ratio, full strength", "With this factor it counts fully.", "x")
    fast: int = number(10, 2, 200, "Fast average", "Period of the fast volume-weighted average.", "candles")
    slow: int = number(30, 3, 500, "Slow average", "Period of the slow volume-weighted average.", "candles")
    patience: int = number(
        3, 1, 20, "Patience", "A pattern counts on its candle and as many as this in all.", "candles"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.funding_full <= self.funding_band:
            raise ValueError("funding at full strength must lie beyond the funding band")
        if self.book_full <= self.book_ratio:
            raise ValueError("the book ratio of full strength must be larger than the one required")
        if self.slow <= self.fast:
            raise ValueError("the slow average must be longer than the fast one")
        return self


@dataclass(frozen=True, slots=True)
class Edge:
    """One of the three, row by row: its side, how far it is beyond just met (0 to 1), and whether it is known."""

    side: Floats
    strength: Floats
    known: Bools


@dataclass(frozen=True, slots=True)
class Pattern(Edge):
    kind: Rows
    """Which of ``PATTERNS``."""
    row: Rows
    """On which row it appeared."""


@strategy("triple_confluence", "Triple confluence")
class TripleConfluence(Strategy[TripleParams]):
    """Funding pays the side, the book leans to it, and a pattern of the price has just begun: all three or nothing."""

    Parameters = TripleParams

    @classmethod
    def declare(cls, params: TripleParams) -> Needs:
        return Needs(
            Grid.of(params.timeframe),
            params.patience,
            ("funding", depth_ratio(params)),
            (VwmaCross(params.fast, params.slow), HiddenDivergence(), LiquiditySweep(), Atr()),
        )

    @property
    def horizon_ms(self) -> int:
        return 12 * self.needs.grid.ms

    def signals(self, window: Window) -> Signals:
        funding, book, pattern = self._funding(window), self._book(window), self._pattern(window)
        agreed = (funding.side == book.side) & (book.side == pattern.side)
        return Signals.of(
            np.where(agreed, funding.side, 0.0), (funding.strength + book.strength + pattern.strength) / 3
        )

    def explain(self, window: Window) -> Explanation:
        seen = window.tail(self.needs.lookback)
        edges = self._funding(seen), self._book(seen), self._pattern(seen)
        names = "funding", f"book within {self.params.book_reach:g} bp", "price patterns"
        if missing := [name for name, edge in zip(names, edges, strict=True) if not edge.known[-1]]:
            return Explanation.lacking(*missing)
        texts = self._texts(seen, edges[2])
        sides = [direction_of(edge.side[-1]) for edge in edges]
        details = tuple(
            Detail(name, text, side.name if side.sign else "no side")
            for name, text, side in zip(("Funding", "Book", "Pattern"), texts, sides, strict=True)
        )
        if sides[0].sign and sides[0] is sides[1] is sides[2]:
            return Explanation(", ".join(texts), details)
        said = (f"{text} ({detail.meaning})" for text, detail in zip(texts, details, strict=True))
        return Explanation(f"no agreement: {', '.join(said)}", details)

    def opportunity(self, window: Window) -> Opportunity | None:
        """Two of the three agree, and the third does not object."""
        seen = window.tail(self.needs.lookback)
        edges = self._funding(seen), self._book(seen), self._pattern(seen)
        total = sum(float(edge.side[-1]) for edge in edges)
        side = direction_of(total)
        if abs(total) < 2:
            return None
        texts = self._texts(seen, edges[2])
        checks = tuple(
            Check(name, bool(edge.side[-1] == side.sign) if edge.known[-1] else None, text)
            for name, edge, text in zip(("funding", "book", "pattern"), edges, texts, strict=True)
        )
        passed = sum(check.passed is True for check in checks)
        return Opportunity(self.name, window.coin, side, f"{passed} of 3 edges agree", checks, int(seen.time_ms[-1]))

    def _funding(self, window: Window) -> Edge:
        """Below the base rate longs are paid, or pay less than usual: LONG. Above it SHORT."""
        p = self.params
        above = window["funding"] * 100 - BASE_FUNDING
        far = np.abs(above)
        side = np.where(far > p.funding_band, -np.sign(above), 0.0)
        return Edge(side, part(far, p.funding_band, p.funding_full), far == far)

    def _book(self, window: Window) -> Edge:
        p = self.params
        lean = np.log(window[depth_ratio(p)])
        far = np.abs(lean)
        side = np.where(far > np.log(p.book_ratio), np.sign(lean), 0.0)
        return Edge(side, part(far, np.log(p.book_ratio), np.log(p.book_full)), far == far)

    def _pattern(self, window: Window) -> Pattern:
        """The first of the three within the patience; its strength is how many ranges (ATR) the close is beyond it."""
        cross, divergence, sweep, atr = self.needs.indicators
        events = window[cross.columns[2]], window[divergence.columns[0]], window[sweep.columns[0]]
        rows = np.arange(len(window))
        side, kind, since = np.zeros(len(window)), np.zeros(len(window), np.intp), rows
        for k, event in reversed(list(enumerate(events))):
            last = latest(np.abs(event) > 0)
            fresh = (last >= 0) & (rows - last < self.params.patience)
            side = np.where(fresh, event[last], side)
            kind, since = np.where(fresh, k, kind), np.where(fresh, last, since)
        begun = np.where(kind == 2, window[sweep.columns[1]][since], window[cross.columns[1]])
        range_ = window[atr]
        known = (range_ > 0) & ~np.isnan(events).all(axis=0) & ~np.isnan(window["close"] - begun)
        beyond = side * (window["close"] - begun) / np.where(known, range_, 1.0)
        return Pattern(np.where(known, side, 0.0), part(beyond, 0.0, 1.0), known, kind, since)

    def _texts(self, window: Window, pattern: Pattern) -> tuple[str, str, str]:
        """What each edge is on the last row, the words on which card and checks agree."""
        funding, ratio = window["funding"][-1] * 100, window[depth_ratio(self.params)][-1]
        paid = "funding " + (f"{funding:+.5f} %/h" if funding == funding else "unknown")
        if ratio == ratio:
            larger, times = ("bids", ratio) if ratio >= 1 else ("offers", 1 / ratio)
            book = f"{larger} {times:.2f}x the other side"
        else:
            book = "book unknown"
        side, age = pattern.side[-1], len(window) - 1 - int(pattern.row[-1])
        when = "just now" if not age else f"{age} candle{'s' * (age > 1)} ago"
        way = "up" if side > 0 else "down"
        nothing = "no pattern" if pattern.known[-1] else "patterns unknown"
        return paid, book, f"{PATTERNS[pattern.kind[-1]]} {way} {when}" if side else nothing


def depth_ratio(params: TripleParams) -> str:
    return f"depth_ratio({params.book_levels}, {params.book_reach:g})"
