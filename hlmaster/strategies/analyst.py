"""The analyst as a strategy: its opinion, where it is sure enough, becomes an idea like any other's."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.model import Interval
from hlmaster.core.signals import Detail, Terms
from hlmaster.market.window import Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, number, strategy
from hlmaster.strategies.evidence import missing, sign_where

COLUMNS = ("opinion", "opinion_confidence")
COOL_DOWN_MS = 15 * MINUTE_MS
"""As long as an opinion counts at the most, so that one whose position was stopped out does not open another."""


class AnalystParams(Params):
    interval: Interval = Field(
        Interval.M5, title="Timeframe", description="Candles at whose close it decides, and whose ranges set the stops."
    )
    threshold: float = number(0.7, 0.5, 1, "Threshold", "Least confidence of an opinion that is acted upon.")


@strategy("analyst", "Analyst")
class Analyst(Strategy[AnalystParams]):
    """Goes the way the analyst's latest opinion says, where it is sure enough; size, stops and limits are ours.

    It names no price: words of a model set no stop and no size. Without an opinion that still counts it abstains.
    """

    Parameters = AnalystParams
    warning = (
        "A language model has these opinions. It can be wrong with great confidence, and what strangers write in the "
        "news may reach it. See in the Analyst panel how often it has been right before you arm it."
    )

    @classmethod
    def declare(cls, params: AnalystParams) -> Needs:
        return Needs(Grid.of(params.interval), lookback=1, columns=COLUMNS)

    @property
    def horizon_ms(self) -> int:
        return 12 * self.needs.grid.ms

    @property
    def terms(self) -> Terms:
        return Terms(cool_down_ms=COOL_DOWN_MS)

    def signals(self, window: Window) -> Signals:
        opinion, confidence = (window[name] for name in COLUMNS)
        direction = sign_where(opinion, _sound(window) & (confidence >= self.params.threshold))
        speaks = direction != 0
        return Signals(direction, np.where(speaks, confidence, 0.0), np.where(speaks, np.abs(opinion), 0.0))

    def explain(self, window: Window) -> Explanation:
        row = window.tail(1)
        if missing(row, COLUMNS):
            return Explanation.lacking("an opinion of the analyst that still counts")
        if not _sound(row)[0]:
            return Explanation.lacking("an opinion of the analyst that makes sense")
        opinion, confidence = (float(row[name][0]) for name in COLUMNS)
        said = "LONG" if opinion > 0 else "SHORT" if opinion < 0 else "hold"
        details = (
            Detail("Opinion", said, "the analyst's latest"),
            Detail("Confidence", f"{confidence * 100:.0f} %", f"acts from {self.params.threshold * 100:.0f} %"),
        )
        if opinion and confidence < self.params.threshold:
            return Explanation(f"the analyst says {said}, but is not sure enough: {confidence * 100:.0f} %", details)
        return Explanation(f"the analyst says {said} and is {confidence * 100:.0f} % sure", details)


def _sound(window: Window) -> NDArray[np.bool_]:
    """Rows whose opinion lies within -1 to 1 and its confidence within 0 to 1; NaN does not."""
    opinion, confidence = (window[name] for name in COLUMNS)
    sound: NDArray[np.bool_] = (np.abs(opinion) <= 1) & (confidence >= 0) & (confidence <= 1)
    return sound
