"""Adaptive EMA: a cross whose spans follow volatility, taken in trends alone."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.core.signals import Detail, Terms
from hlmaster.market.indicators.adx import Adx
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, number, strategy
from hlmaster.strategies.evidence import all_known, missing, sign_where

PACES = (0.6, 1.0, 1.6)
"""Spans in calm, usual and rough markets, as multiples of those chosen."""
CALM, ROUGH = 0.75, 1.5
"""The average true range over its usual level, below and above which the spans change."""
WHOLE_EVIDENCE = 1.0
"""Average true ranges between the two averages that count as all the strength there is."""


class AdaptiveEmaParams(Params):
    interval: Interval = Field(Interval.M15, title="Timeframe", description="Candles that decide.")
    fast: int = number(
        12, 4, 100, "Fast span", "Of the quick average; shorter in a calm market, longer in a rough one.", "candles"
    )
    slow: int = number(34, 8, 400, "Slow span", "Of the slow average in a usual market.", "candles")
    trend: float = number(
        22.0,
        5,
        60,
        "Least trend",
        "Average directional index (ADX 14) under which the market counts as a range and nothing is done.",
    )
    stop_atr: float = number(2.0, 0.5, 10, "Stop distance", "From the close, in average true ranges.", "ATR")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.slow < self.fast * 3 // 2:
            raise ValueError("the slow span must be at least one and a half times the fast one")
        return self


@strategy("adaptive_ema", "Adaptive EMA")
class AdaptiveEma(Strategy[AdaptiveEmaParams]):
    """Follows a trend while a fast average stands beyond a slow one; both grow slower as the market grows rougher."""

    Parameters = AdaptiveEmaParams

    @classmethod
    def declare(cls, params: AdaptiveEmaParams) -> Needs:
        quick, slow, *others = _indicators(params)
        return Needs(Grid.of(params.interval), lookback=1, indicators=(*quick, *slow, *others))

    @property
    def horizon_ms(self) -> int:
        return 24 * self.needs.grid.ms

    @property
    def terms(self) -> Terms:
        """Where the trend ends, its position has no reason left."""
        return Terms(neutral_closes=True)

    def signals(self, window: Window) -> Signals:
        apart, strength = self._evidence(window)
        adx = window[Adx()]
        direction = sign_where(apart, (adx >= self.params.trend) & all_known(window, self.needs.indicators))
        away = self.params.stop_atr * window[Atr()]
        return Signals.of(direction, strength, stop=window["close"] - direction * away)

    def _evidence(self, window: Window) -> tuple[Floats, Floats]:
        """Fast less slow average in average true ranges, and its strength, 1 being all there is."""
        quick, slow, usual, now, _, atr = _indicators(self.params)
        rough = window[now] / window[usual]
        pace = (rough > CALM).astype(np.intp) + (rough > ROUGH)
        fast = np.choose(pace, [window[ema] for ema in quick])
        apart = (fast - np.choose(pace, [window[ema] for ema in slow])) / window[atr]
        return apart, np.nan_to_num(np.abs(apart)) / WHOLE_EVIDENCE

    def explain(self, window: Window) -> Explanation:
        row = window.tail(1)
        if lacking := missing(row, self.needs.indicators):
            return Explanation.lacking(*lacking)
        apart, adx = float(self._evidence(row)[0][-1]), float(row[Adx()][-1])
        details = (
            Detail("Averages apart", f"{apart:+.2f} ATR", "fast less slow"),
            Detail("ADX 14", f"{adx:.1f}", f"a trend from {self.params.trend:g}"),
        )
        if adx < self.params.trend:
            return Explanation(f"no trend: ADX {adx:.1f} is under {self.params.trend:g}", details)
        where = "above" if apart > 0 else "below"
        return Explanation(f"fast average {abs(apart):.2f} ATR {where} the slow one, ADX {adx:.1f}", details)


def _indicators(
    params: AdaptiveEmaParams,
) -> tuple[tuple[Ema, ...], tuple[Ema, ...], Atr, Atr, Adx, Atr]:
    """Fast and slow averages at each pace, usual and present range, trend, and the range that stops go by."""
    quick, slow = (tuple(Ema(max(2, round(span * pace))) for pace in PACES) for span in (params.fast, params.slow))
    return quick, slow, Atr(4 * params.slow), Atr(params.fast), Adx(), Atr()
