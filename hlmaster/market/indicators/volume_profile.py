"""Volume profile: how much was traded at which price.

Bins are equal in ratio, ``width_bps`` hundredths of a percent each, on one grid for ever: bin k holds the prices from
w**k to w**(k + 1), w = 1 + width_bps / 10,000. A candle's volume is spread evenly over its range (in ratio); a trade is
a candle without a range, so that the profile of trades is exact. The point of control is the fullest bin; candles that
cover several bins alike make runs of equals, of which the first one's middle is taken. The value area grows from it to
the fuller of its two neighbours, to both if they are equal, until it holds ``share`` of all volume (J. P. Steidlmayer,
Market Profile; the usual share is 70 %).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.indicator import (
    MAX_PERIOD,
    Indicator,
    Memory,
    State,
    Values,
    indicator,
    kernel,
    real,
    whole,
)
from hlmaster.market.indicators.rolling import NO_PEAK, NO_SUM, Sum, unknown, window_max, window_sum

BINS = 1024
"""Bins that a rolling window may reach over, a power of two; bin k is held at k modulo this."""
VALUE_SHARE = 0.7
ALIKE = 1 - 1e-9
"""Volumes this near to each other differ by rounding."""
Window = tuple[int, int, Sum, Sum, Sum]
"""Rows held; place of the oldest; highs, lows and volumes."""


@kernel
def spread(bins: list[float], size: int, low: float, high: float, volume: float) -> None:
    """Add a row's volume; ``low`` and ``high`` in bins, ``size`` a power of two."""
    first, last = math.floor(low), math.floor(high)
    if first == last:
        bins[first & (size - 1)] += volume
        return
    density = volume / (high - low)
    bins[first & (size - 1)] += density * (first + 1 - low)
    bins[last & (size - 1)] += density * (high - last)
    for k in range(first + 1, last):
        bins[k & (size - 1)] += density


@kernel
def value_area(bins: list[float], size: int, first: int, last: int, wanted: float) -> tuple[int, int, int]:
    """(point of control, lowest bin, highest bin) of the area that holds the wanted volume; bins in [first, last]."""
    top = 0.0
    for k in range(first, last + 1):
        if bins[k & (size - 1)] > top:
            top = bins[k & (size - 1)]
    control = first
    while bins[control & (size - 1)] < ALIKE * top:
        control += 1
    end = control
    while end < last and bins[(end + 1) & (size - 1)] >= ALIKE * top:
        end += 1
    control = low = high = (control + end) // 2
    inside = bins[control & (size - 1)]
    while inside < ALIKE * wanted and (low > first or high < last):
        under = bins[(low - 1) & (size - 1)] if low > first else -1.0
        over = bins[(high + 1) & (size - 1)] if high < last else -1.0
        if under >= ALIKE * over:
            low -= 1
            inside += under
        if over >= ALIKE * under:
            high += 1
            inside += over
    return control, low, high


@kernel
def step(
    state: Window, memory: Memory, row: tuple[float, float, float], constants: tuple[int, float, float]
) -> tuple[Window, Values]:
    """A row without logarithms, or wider than all bins, is passed over.

    A row leaves as it came, negated; each time around, the bins are filled anew, which drops what rounding left.
    """
    (high, low, volume), (period, width, share) = row, constants
    count, place, tops, bottoms, volumes = state
    lows, highs, sizes, bins = memory[0], memory[1], memory[2], memory[3]
    size = len(bins)
    if not (high >= low > 0.0) or math.log(high / low) > (size - 2) * width:
        return state, (math.nan, math.nan, math.nan)
    low, high = math.log(low) / width, math.log(high) / width
    if count == period:
        spread(bins, size, lows[place], highs[place], -sizes[place])
    else:
        count += 1
    lows[place], highs[place], sizes[place] = low, high, volume
    spread(bins, size, low, high, volume)
    place += 1
    if place == period:
        place = 0
        for k in range(size):
            bins[k] = 0.0
        for k in range(period):
            spread(bins, size, lows[k], highs[k], sizes[k])
    tops, top = window_max(tops, memory[4], high, period)
    bottoms, bottom = window_max(bottoms, memory[5], -low, period)
    volumes, volume = window_sum(volumes, memory[6], volume, period)
    state = (count, place, tops, bottoms, volumes)
    if not volume > 0.0 or top + bottom > size - 2:
        return state, (math.nan, math.nan, math.nan)
    control, lowest, highest = value_area(bins, size, math.floor(-bottom), math.floor(top), share * volume)
    return state, (math.exp((control + 0.5) * width), math.exp(lowest * width), math.exp((highest + 1) * width))


@indicator("volume_profile")
class VolumeProfile(Indicator):
    """Volume profile: the price at which most was traded, and the range that holds 70 % of the volume."""

    period: int = whole(1, MAX_PERIOD, "rows in the profile", default=120)
    width_bps: float = real(0.1, 1_000.0, "width of a bin", unit="hundredths of a percent", default=10.0)
    share: float = real(0.01, 1.0, "share of the volume in the value area", unit="fraction", default=VALUE_SHARE)
    outputs = ("control", "value_low", "value_high")
    overlay = True
    step = staticmethod(step)

    @property
    def inputs(self) -> tuple[str, ...]:
        return "high", "low", "volume"

    @property
    def warm_up(self) -> int:
        return self.period - 1

    def start(self) -> tuple[State, Memory]:
        rows = [unknown(self.period) for _ in range(6)]
        return (0, 0, NO_PEAK, NO_PEAK, NO_SUM), (*rows[:3], [0.0] * BINS, *rows[3:])

    def constants(self) -> tuple[float, ...]:
        return self.period, math.log1p(self.width_bps / 10_000), float(self.share)


@dataclass(frozen=True, slots=True)
class Profile:
    """``volumes`` of bins whose bounds are ``edges``, one more than there are bins; prices of area and control."""

    edges: Floats
    volumes: Floats
    control: float
    value_low: float
    value_high: float


def profile_of_candles(
    high: Floats, low: Floats, volume: Floats, width_bps: float = 10.0, share: float = VALUE_SHARE
) -> Profile | None:
    """The profile of all the rows given; rows with a missing value are left out. None if nothing was traded."""
    known = np.isfinite(high + low + volume) & (low > 0)
    width = math.log1p(width_bps / 10_000)
    lows, highs, sizes = np.log(low[known]) / width, np.log(high[known]) / width, volume[known]
    if not sizes.sum() > 0:
        return None
    first, last = math.floor(lows.min()), math.floor(highs.max())
    size = 1 << (last - first + 1).bit_length()
    bins = [0.0] * size
    for row in zip((lows - first).tolist(), (highs - first).tolist(), sizes.tolist(), strict=True):
        spread(bins, size, *row)
    control, lowest, highest = value_area(bins, size, 0, last - first, share * float(sizes.sum()))
    edges = np.exp(np.arange(first, last + 2) * width)
    return Profile(
        edges,
        np.array(bins[: last - first + 1]),
        math.exp((first + control + 0.5) * width),
        float(edges[lowest]),
        float(edges[highest + 1]),
    )


def profile_of_trades(
    price: Floats, size: Floats, width_bps: float = 10.0, share: float = VALUE_SHARE
) -> Profile | None:
    """The exact profile of trades."""
    return profile_of_candles(price, price, size, width_bps, share)
