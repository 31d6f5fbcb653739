"""High risk / high reward: breakouts with a tight stop and a far target, sized above the usual."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.core.signals import Detail, Terms
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.donchian import Donchian
from hlmaster.market.indicators.sma import Sma
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Signs, Strategy, strategy
from hlmaster.strategies.evidence import all_known, missing, sign_where

LASTS = 3
"""Candles for which a breakout counts."""
ATR = Atr()


class HighRiskParams(Params):
    interval: Interval = Field(Interval.M5, title="Timeframe", description="Candles that decide.")
    channel: int = Field(
        20,
        ge=5,
        le=200,
        title="Channel",
        description="Candles whose highest high or lowest low must be broken by a close.",
        json_schema_extra={"unit": "candles"},
    )
    volume: float = Field(
        1.5,
        ge=1,
        le=10,
        title="Volume",
        description="Of the breaking candle, at least so many times that of the last twenty.",
        json_schema_extra={"unit": "x"},
    )
    stop_atr: float = Field(
        0.75,
        ge=0.3,
        le=3,
        title="Stop distance",
        description="From the close. Tight: it is hit often.",
        json_schema_extra={"unit": "ATR"},
    )
    target_atr: float = Field(
        3.0,
        ge=1,
        le=20,
        title="Target distance",
        description="From the close; at least twice the stop distance.",
        json_schema_extra={"unit": "ATR"},
    )
    risk_percent: float = Field(
        2.0,
        ge=0.5,
        le=3,
        title="Risk",
        description="Money at risk of each position, of equity; 3 % is the most there ever is.",
        json_schema_extra={"unit": "%"},
    )

    @model_validator(mode="after")
    def _worth_it(self) -> Self:
        if self.target_atr < 2 * self.stop_atr:
            raise ValueError("the target must be at least twice as far as the stop")
        return self


@strategy("high_risk", "High risk / high reward")
class HighRisk(Strategy[HighRiskParams]):
    """Joins a close beyond the range of the last candles on high volume, with a tight stop and more money at risk."""

    Parameters = HighRiskParams
    warning = (
        "This strategy risks more on each trade than the others, behind a stop so tight that most trades lose. "
        "Several losses in a row are normal for it and can reach your daily loss limit. Arm it only with money "
        "you can do without."
    )

    @classmethod
    def declare(cls, params: HighRiskParams) -> Needs:
        needed = (Donchian(params.channel), Sma(20, source="volume"), ATR)
        return Needs(Grid.of(params.interval), lookback=LASTS + 1, indicators=needed)

    @property
    def horizon_ms(self) -> int:
        return 12 * self.needs.grid.ms

    @property
    def terms(self) -> Terms:
        return Terms(risk_percent=self.params.risk_percent)

    def _breaks(self, window: Window) -> Signs:
        """+1 where a close stands above the channel of the candles before it, -1 below; each on volume."""
        channel, usual = Donchian(self.params.channel), Sma(20, source="volume")
        above = window["close"] - _before(window.columns[channel.columns[0]])
        below = _before(window.columns[channel.columns[1]]) - window["close"]
        loud = window["volume"] >= self.params.volume * window[usual]
        beyond = np.where(above > 0, above, np.where(below > 0, -below, 0.0))
        return sign_where(beyond, loud & np.isfinite(above) & np.isfinite(window[ATR]))

    def signals(self, window: Window) -> Signals:
        breaks = self._breaks(window)
        direction = np.zeros(len(window), np.int8)
        for age in reversed(range(LASTS)):  # the youngest has the last word
            earlier = _shifted(breaks, age)
            direction = np.where(earlier != 0, earlier, direction).astype(np.int8)
        # A row may be unknown though an earlier break is not.
        known = all_known(window, self.needs.indicators) & np.isfinite(window["close"])
        direction = np.where(known, direction, 0).astype(np.int8)
        loud = window["volume"] / window[Sma(20, source="volume")] / self.params.volume - 1
        strength = np.nan_to_num(loud)
        close, atr = window["close"], window[ATR]
        return Signals.of(
            direction,
            strength,
            stop=close - direction * self.params.stop_atr * atr,
            target=close + direction * self.params.target_atr * atr,
        )

    def explain(self, window: Window) -> Explanation:
        last = window.tail(self.needs.lookback)
        if lacking := missing(last, (*self.needs.indicators, "close", "volume")):
            return Explanation.lacking(*lacking)
        direction = int(self.signals(last).direction[-1])
        channel = Donchian(self.params.channel)
        upper, lower = (last.columns[name] for name in channel.columns[:2])
        ratio = float(last["volume"][-1] / last[Sma(20, source="volume")][-1])
        details = (
            Detail("Close", f"{float(last['close'][-1]):g}"),
            Detail("Channel", f"{float(lower[-1]):g} to {float(upper[-1]):g}", f"{self.params.channel} candles"),
            Detail("Volume", f"{ratio:.1f}x", f"of the last twenty; needs {self.params.volume:g}x"),
        )
        if direction == 0:
            return Explanation(f"no loud close beyond the {self.params.channel}-candle range", details)
        breaks = self._breaks(last)
        age = next(back for back in range(LASTS) if breaks[-1 - back] == direction)
        when = "this candle" if age == 0 else f"{age} candle{'s' if age > 1 else ''} ago"
        where = "above" if direction > 0 else "below"
        return Explanation(f"closed {where} the {self.params.channel}-candle range on high volume, {when}", details)


def _before(column: Floats) -> Floats:
    """Each row's value of the row before it; NaN on the first."""
    return np.concatenate(([np.nan], column[:-1]))


def _shifted(signs: Signs, rows: int) -> Signs:
    return signs if rows == 0 else np.concatenate((np.zeros(rows, np.int8), signs))[: len(signs)]
