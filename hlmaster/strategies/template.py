"""A strategy to copy: everything one needs and nothing else.

To write your own: copy this file into the ``strategies`` folder of the data folder, rename it, the class and the two
names in the decorator, and change what you like. Saved, it appears in the Strategies panel; changed, it is loaded anew
while trading goes on. It cannot be armed before it has passed the look-ahead and the warm-up check.
"""

from __future__ import annotations

import numpy as np
from pydantic import Field

from hlmaster.core.model import Interval
from hlmaster.core.signals import Detail
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.sma import Sma
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, strategy


class TemplateParams(Params):
    """Each field becomes a line of the strategy's dialog: a title, a help text, a range, a unit."""

    interval: Interval = Field(Interval.M15, title="Timeframe", description="Candles that decide.")
    period: int = Field(
        50,
        ge=2,
        le=500,
        title="Average",
        description="Closes in the average that the price is compared with.",
        json_schema_extra={"unit": "candles"},
    )
    band: float = Field(
        1.0,
        ge=0.1,
        le=10,
        title="Band",
        description="How far beyond the average a close must lie.",
        json_schema_extra={"unit": "ATR"},
    )


@strategy("template", "Template")
class Template(Strategy[TemplateParams]):
    """Goes with a close that lies a band of average true ranges beyond its moving average."""

    Parameters = TemplateParams

    @classmethod
    def declare(cls, params: TemplateParams) -> Needs:
        """Indicators become columns, advanced once a row; one row is enough to look at, so ``lookback`` is 1."""
        return Needs(Grid.of(params.interval), lookback=1, indicators=(Sma(params.period), Atr()))

    @property
    def horizon_ms(self) -> int:
        return 12 * self.needs.grid.ms

    def signals(self, window: Window) -> Signals:
        """Arrays in, arrays out. What is not known is NaN, and a comparison with NaN is False: so it is NEUTRAL."""
        beyond = (window["close"] - window[Sma(self.params.period)]) / window[Atr()]
        up, down = beyond >= self.params.band, beyond <= -self.params.band
        direction = up.astype(np.int8) - down.astype(np.int8)
        strength = np.nan_to_num(np.abs(beyond)) / (3 * self.params.band)
        stop = window["close"] - 2 * direction * window[Atr()]
        return Signals.of(direction, strength, stop=stop)

    def explain(self, window: Window) -> Explanation:
        """About the last row only. The sentence stands on the card; say what was seen, with its numbers."""
        average, atr = (float(window[name][-1]) for name in self.needs.indicators)
        if not np.isfinite(average + atr):
            return Explanation.lacking("the average")
        beyond = (float(window["close"][-1]) - average) / atr
        details = (Detail("Beyond the average", f"{beyond:+.2f} ATR", f"acts from {self.params.band:g}"),)
        side = "above" if beyond > 0 else "below"
        if abs(beyond) < self.params.band:
            return Explanation(f"only {abs(beyond):.2f} ATR {side} the average", details)
        return Explanation(f"closed {abs(beyond):.2f} ATR {side} the average of {self.params.period} candles", details)
