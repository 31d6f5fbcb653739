"""Volume-weighted average price, of the UTC day and from an anchor."""

from __future__ import annotations

import math

from hlmaster.market.indicators.indicator import Indicator, Memory, State, Values, indicator, kernel, real

Candle = tuple[float, float, float, float, float]
"""Open time in ms, high, low, close, volume."""
INPUTS = ("time", "high", "low", "close", "volume")
Traded = tuple[float, float, float]
"""Time of the row before; amount and volume since the beginning, NaN while that was not seen."""
NOTHING: Traded = (math.nan, math.nan, math.nan)
DAY_MS = 86_400_000.0
LATEST_MS = 4_102_444_800_000.0
"""The year 2100."""


@kernel
def fold(state: Traded, row: Candle, begins: bool) -> tuple[Traded, Values]:
    (_, amount, traded), (time, high, low, close, volume) = state, row
    if begins:
        amount = traded = 0.0
    amount += volume * ((high + low + close) / 3.0)
    traded += volume
    return (time, amount, traded), (amount / traded if traded > 0.0 else math.nan,)


@kernel
def session_step(state: Traded, memory: Memory, row: Candle, constants: tuple[float]) -> tuple[Traded, Values]:
    """A day is known whole if a row opens at its midnight, or if the row before it belongs to an earlier day."""
    (time, before), (day,) = (row[0], state[0]), constants
    midnight = time - time % day
    return fold(state, row, before < midnight or time == midnight)


@kernel
def anchored_step(state: Traded, memory: Memory, row: Candle, constants: tuple[float]) -> tuple[Traded, Values]:
    """The whole is known from the anchor on if a row opens there, or if one before it was seen."""
    (time, before), (anchor,) = (row[0], state[0]), constants
    if time < anchor:
        return (time, state[1], state[2]), (math.nan,)
    first = before != before
    return fold(state, row, before < anchor or (first and (time == anchor or anchor == 0.0)))


class Vwap(Indicator):
    """Reads whole candles and shows from the first row on; where it begins is its step's affair."""

    overlay = True

    @property
    def inputs(self) -> tuple[str, ...]:
        return INPUTS

    @property
    def warm_up(self) -> int:
        return 0

    def start(self) -> tuple[State, Memory]:
        return NOTHING, ()


@indicator("session_vwap")
class SessionVwap(Vwap):
    """Session VWAP: what a coin has cost on average since midnight UTC, by volume."""

    outputs = ("session_vwap",)
    step = staticmethod(session_step)

    def constants(self) -> tuple[float, ...]:
        return (DAY_MS,)


@indicator("anchored_vwap")
class AnchoredVwap(Vwap):
    """Anchored VWAP: what a coin has cost on average since a moment of your choice, by volume."""

    anchor_ms: float = real(0.0, LATEST_MS, "the moment; 0 takes the first row", unit="ms since 1970, UTC", default=0.0)
    outputs = ("anchored_vwap",)
    step = staticmethod(anchored_step)

    def constants(self) -> tuple[float, ...]:
        return (float(self.anchor_ms),)
