"""Multi-indicator confluence: trend, momentum and position agree, or nothing is done."""

from __future__ import annotations

from typing import Self

import numpy as np
from pydantic import Field, model_validator

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.core.signals import Detail
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.macd import Macd
from hlmaster.market.indicators.rsi import Rsi
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, number, strategy
from hlmaster.strategies.evidence import all_known, missing, sign_where

MIDDLE = 50.0


class MultiIndicatorParams(Params):
    interval: Interval = Field(Interval.H1, title="Timeframe", description="Candles that decide.")
    fast: int = number(
        20, 2, 200, "Fast average", "The price must stand beyond it on the side of the trade.", "candles"
    )
    slow: int = number(
        50, 5, 500, "Slow average", "The fast average must stand beyond it on the side of the trade.", "candles"
    )
    rsi_from: float = number(
        52.0, 50, 70, "RSI from", "Least strength for a LONG; a SHORT needs 100 less this, or under."
    )
    rsi_to: float = number(
        68.0, 55, 90, "RSI to", "Above this a LONG comes too late; a SHORT does under 100 less this."
    )
    stop_atr: float = number(1.5, 0.5, 10, "Stop distance", "From the close, in average true ranges.", "ATR")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.fast >= self.slow:
            raise ValueError("the fast average must be shorter than the slow one")
        if self.rsi_to - self.rsi_from < 5:
            raise ValueError("the range of the RSI must be at least 5 wide")
        return self


@strategy("multi_indicator", "Multi-indicator confluence")
class MultiIndicator(Strategy[MultiIndicatorParams]):
    """Conservative: acts when RSI, both averages and MACD all say the same, and the move is not yet spent."""

    Parameters = MultiIndicatorParams

    @classmethod
    def declare(cls, params: MultiIndicatorParams) -> Needs:
        needed = (Ema(params.fast), Ema(params.slow), Rsi(), Macd(), Atr())
        return Needs(Grid.of(params.interval), lookback=1, indicators=needed)

    @property
    def horizon_ms(self) -> int:
        return 24 * self.needs.grid.ms

    def _votes(self, window: Window) -> tuple[Floats, Floats, Floats]:
        """Each +1, -1, 0, or NaN where it cannot be told: averages, RSI, MACD."""
        fast, slow, rsi, macd, _ = self.needs.indicators
        price, quick = window["close"], window[fast]
        ema = np.sign(price - quick)
        ema = np.where(ema == np.sign(quick - window[slow]), ema, np.where(np.isnan(window[slow]), np.nan, 0.0))
        beyond = window[rsi] - MIDDLE
        size = np.abs(beyond)
        timely = (size >= self.params.rsi_from - MIDDLE) & (size <= self.params.rsi_to - MIDDLE)
        strength = np.where(timely, np.sign(beyond), np.where(np.isnan(beyond), np.nan, 0.0))
        return ema, strength, np.sign(window.columns[macd.columns[2]])

    def signals(self, window: Window) -> Signals:
        ema, rsi, macd = self._votes(window)
        direction = sign_where(ema, (ema == rsi) & (ema == macd) & all_known(window, self.needs.indicators))
        atr = window[self.needs.indicators[4]]
        # A histogram of half a range is rare: it counts as all the strength there is.
        strength = np.nan_to_num(np.abs(window.columns[Macd().columns[2]]) / (0.5 * atr))
        stop = window["close"] - direction * self.params.stop_atr * atr
        return Signals.of(direction, strength, stop=stop)

    def explain(self, window: Window) -> Explanation:
        row = window.tail(1)
        if lacking := missing(row, self.needs.indicators):
            return Explanation.lacking(*lacking)
        votes = [float(vote[-1]) for vote in self._votes(row)]
        rsi = float(row[self.needs.indicators[2]][-1])
        histogram = float(row.columns[Macd().columns[2]][-1])
        details = (
            Detail("Averages", _word(votes[0]), f"close, EMA {self.params.fast} and EMA {self.params.slow} in order"),
            Detail("RSI 14", f"{rsi:.1f}", _word(votes[1])),
            Detail("MACD histogram", f"{histogram:+.6g}", _word(votes[2])),
        )
        names = ("averages", "RSI", "MACD")
        if votes[0] and votes[0] == votes[1] == votes[2]:
            side = "up" if votes[0] > 0 else "down"
            return Explanation(f"averages, RSI {rsi:.0f} and MACD all point {side}", details)
        said = ", ".join(f"{name} {_word(vote)}" for name, vote in zip(names, votes, strict=True))
        return Explanation(f"they do not agree: {said}", details)


def _word(vote: float) -> str:
    return "up" if vote > 0 else "down" if vote < 0 else "undecided"
