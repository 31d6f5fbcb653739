"""Multi-timeframe: trend, momentum and volatility agree over several timeframes, and the higher ones may veto."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.core.signals import Detail
from hlmaster.market.indicators.atr import Atr
from hlmaster.market.indicators.ema import Ema
from hlmaster.market.indicators.rsi import Rsi
from hlmaster.market.window import FrameNeeds, Grid, Needs, Window
from hlmaster.strategies.base import Explanation, Params, Signals, Strategy, strategy
from hlmaster.strategies.evidence import all_known, missing, sign_where

FRAMES = (Interval.M5, Interval.M15, Interval.H1, Interval.H4, Interval.D1)
WEIGHTS = (1.0, 1.5, 2.0, 2.5, 3.0, 3.0)
"""Of 1m, 5m, 15m, 1h, 4h, 1d: what moves slowly is believed more."""
VETOES = (Interval.H4, Interval.D1)
TREND, MOMENTUM = 0.6, 0.4
"""Shares of a timeframe's vote."""
ATR = Atr()
USUAL = 100
"""Candles over which a timeframe's usual range is smoothed."""


class MultiTimeframeParams(Params):
    fast: int = Field(
        10,
        ge=3,
        le=50,
        title="Fast average",
        description="Of each timeframe.",
        json_schema_extra={"unit": "candles"},
    )
    slow: int = Field(
        30,
        ge=15,
        le=100,
        title="Slow average",
        description="Of each timeframe; the trend is up while the fast one stands above it.",
        json_schema_extra={"unit": "candles"},
    )
    agreement: float = Field(
        0.5,
        ge=0.2,
        le=0.95,
        title="Least agreement",
        description="Weighted mean of all timeframes' votes, 1 being all of them as strong as can be.",
    )
    rough: float = Field(
        2.5,
        ge=1.2,
        le=10,
        title="Too rough",
        description="A timeframe does not vote while its range is so many times its usual one.",
        json_schema_extra={"unit": "x"},
    )
    stop_atr: float = Field(
        2.0,
        ge=0.5,
        le=10,
        title="Stop distance",
        description="From the close, in average true ranges of 15-minute candles.",
        json_schema_extra={"unit": "ATR"},
    )


@dataclass(frozen=True, slots=True)
class Vote:
    """One timeframe's, for each row: -1 to 1, NaN where it cannot be told; ``trend`` its direction alone."""

    vote: Floats
    trend: Floats


@strategy("multi_timeframe", "Multi-timeframe")
class MultiTimeframe(Strategy[MultiTimeframeParams]):
    """Trades with the weighted word of six timeframes, never against the trend of the four-hour or the daily one."""

    Parameters = MultiTimeframeParams

    @classmethod
    def declare(cls, params: MultiTimeframeParams) -> Needs:
        frames = tuple(FrameNeeds(frame, _indicators(params)) for frame in FRAMES)
        return Needs(Grid.of(Interval.M1), lookback=1, indicators=_indicators(params), frames=frames)

    @property
    def horizon_ms(self) -> int:
        return 4 * Interval.H1.ms

    @property
    def valid_ms(self) -> int:
        return 2 * Interval.M1.ms

    def _votes(self, window: Window) -> dict[Interval, Vote]:
        fast, slow, rsi, atr, usual = _indicators(self.params)
        own = [window[name] for name in (fast, slow, rsi, atr, usual)]
        votes = {Interval.M1: self._vote(*own)}
        for interval in FRAMES:
            frame = window.frames[interval]
            votes[interval] = self._vote(*(frame.at(name) for name in (fast, slow, rsi, atr, usual)))
        return votes

    def _vote(self, fast: Floats, slow: Floats, rsi: Floats, atr: Floats, usual: Floats) -> Vote:
        apart = (fast - slow) / atr
        vote = TREND * np.clip(apart, -1, 1) + MOMENTUM * np.clip((rsi - 50) / 20, -1, 1)
        vote = np.where(np.isfinite(usual), vote, np.nan)
        return Vote(np.where(atr > self.params.rough * usual, 0.0, vote), np.sign(apart))

    def _agreement(self, votes: dict[Interval, Vote]) -> Floats:
        weights = dict(zip((Interval.M1, *FRAMES), WEIGHTS, strict=True))
        total: Floats = sum((weights[frame] * vote.vote for frame, vote in votes.items()), np.zeros(1))
        return total / sum(WEIGHTS)

    def signals(self, window: Window) -> Signals:
        votes = self._votes(window)
        agreement = self._agreement(votes)
        allowed = (np.abs(agreement) >= self.params.agreement) & all_known(window, self.needs.indicators)
        for frame in VETOES:
            allowed &= votes[frame].trend == np.sign(agreement)
        direction = sign_where(agreement, allowed)
        room = 1 - self.params.agreement
        strength = np.nan_to_num(np.abs(agreement) - self.params.agreement) / room
        away = self.params.stop_atr * window.frames[Interval.M15].at(ATR)
        return Signals.of(direction, strength, stop=window["close"] - direction * away)

    def explain(self, window: Window) -> Explanation:
        row = window.tail(1)
        if lacking := missing(row, _indicators(self.params)):
            return Explanation.lacking(*lacking)
        votes = self._votes(row)
        unknown = [str(frame) for frame, vote in votes.items() if not np.isfinite(vote.vote[-1])]
        if unknown:
            return Explanation.lacking(*(f"enough history on {frame}" for frame in unknown))
        agreement = float(self._agreement(votes)[-1])
        details = (
            Detail("Agreement", f"{agreement:+.2f}", f"acts from {self.params.agreement:g}"),
            *(Detail(str(frame), f"{float(vote.vote[-1]):+.2f}") for frame, vote in votes.items()),
        )
        side = "up" if agreement > 0 else "down"
        if abs(agreement) < self.params.agreement:
            return Explanation(f"agreement {agreement:+.2f} is under {self.params.agreement:g}", details)
        against = [str(frame) for frame in VETOES if float(votes[frame].trend[-1]) != np.sign(agreement)]
        if against:
            return Explanation(f"{', '.join(against)} vetoes: its trend is not {side}", details)
        return Explanation(f"six timeframes point {side}, agreement {agreement:+.2f}", details)


def _indicators(params: MultiTimeframeParams) -> tuple[Ema, Ema, Rsi, Atr, Atr]:
    """Fast and slow average, momentum, range, and the range over a long time, which is the usual one."""
    return Ema(params.fast), Ema(params.slow), Rsi(), ATR, Atr(USUAL)
