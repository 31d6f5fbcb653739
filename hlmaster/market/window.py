"""What a strategy sees: named columns on its decision grid, and what it must declare to see them.

Row i is one closed candle or one sample; ``time_ms[i]`` is when it closed. The open candle is never a row, and a late
correction never rewrites one. What is not known is NaN, never a plausible value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from hlmaster.core.candles import Floats, Ints
from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Interval
from hlmaster.market.indicators.indicator import Indicator

SMALLEST_SAMPLE_MS = 250
_SAMPLE = re.compile(r"(\d+)ms")

PRICES = ("open", "high", "low", "close", "volume")
"""On every grid. On samples they are of the mid price and of the trades since the row before."""
COLUMNS: Mapping[str, str] = {
    "mark": "mark price, USD",
    "oracle": "oracle price, USD",
    "oracle_age": "seconds since the oracle price last changed",
    "oracle_phase": "estimated share of the oracle's cycle that has passed, 0 to 1",
    "mid": "mean of best bid and offer, USD",
    "funding": "funding rate, fraction per hour",
    "premium": "fraction of the oracle price",
    "open_interest": "coins",
    "spread": "best offer less best bid, fraction of mid",
    "bid_depth": "USD bid within 10 basis points of mid, fast book",
    "ask_depth": "USD offered within 10 basis points of mid, fast book",
    "imbalance": "bid depth over ask depth, fast book; unknown while a side is empty",
    "flow": "USD bought less sold by takers since the row before",
    "taker_volume": "USD traded since the row before",
    "regime": "1 trend, 0 range, -1 volatile",
    "sentiment": "0 to 1, from the news",
    "sentiment_confidence": "0 to 1",
    "sentiment_momentum": "sentiment less its mean of seven days",
    "sentiment_volatility": "standard deviation of the days' means of two weeks",
    "sentiment_extreme": "1 greed, -1 fear, else 0",
    "sentiment_3d": "mean of three days; so are those of seven and fourteen",
    "sentiment_7d": "0 to 1",
    "sentiment_14d": "0 to 1",
    "opinion": "the analyst's, -1 to 1",
    "opinion_confidence": "0 to 1",
}
"""What may be declared beside prices, with units. ``depth_ratio(N, B)`` may be too: N levels within B basis points."""
KNOWN_INTERVALS = 2
"""For so many of its intervals after its close a higher timeframe's candle counts as what is known of it."""
DEPTH_RATIO = re.compile(r"depth_ratio\((\d+), (\d+(?:\.\d+)?)\)")


@dataclass(frozen=True, slots=True)
class Grid:
    """When decisions are made: at the close of candles of ``interval``, or every ``ms`` milliseconds."""

    name: str
    ms: int
    interval: Interval | None = None

    @classmethod
    def of(cls, name: str | Interval) -> Grid:
        """``1m`` … ``1M``, or ``250ms`` and up. Raises ConfigError."""
        if name in list(Interval):
            interval = Interval(name)
            return cls(str(interval), interval.ms, interval)
        sampled = _SAMPLE.fullmatch(name)
        if sampled is None or int(sampled[1]) < SMALLEST_SAMPLE_MS:
            raise ConfigError(
                f"There is no decision grid called {name!r}.",
                f"Use a candle timeframe ({', '.join(Interval)}), or samples of {SMALLEST_SAMPLE_MS}ms and up.",
            )
        return cls(name, int(sampled[1]))

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class FrameNeeds:
    """A higher timeframe with indicators of its own."""

    interval: Interval
    indicators: tuple[Indicator, ...] = ()
    lookback: int = 1


@dataclass(frozen=True, slots=True)
class Needs:
    """What a strategy with its parameters chosen looks at. Row i may depend on the last ``lookback`` rows alone."""

    grid: Grid
    lookback: int
    columns: tuple[str, ...] = ()
    indicators: tuple[Indicator, ...] = ()
    frames: tuple[FrameNeeds, ...] = ()

    def __post_init__(self) -> None:
        if self.lookback < 1:
            raise ConfigError("A strategy must look at one row at least.", "Declare a lookback of 1 or more.")
        for name in self.columns:
            if name not in COLUMNS and DEPTH_RATIO.fullmatch(name) is None:
                known = ", ".join((*COLUMNS, "depth_ratio(N, B)"))
                raise ConfigError(f"There is no column called {name!r}.", f"Known columns: {known}.")

    @property
    def warm_up(self) -> int:
        """Rows before the first on which everything can be known."""
        return self.lookback + max((indicator.warm_up for indicator in self.indicators), default=0)


@dataclass(frozen=True, slots=True)
class Frame:
    """Closed candles of one timeframe, indicators among their columns."""

    time_ms: Ints
    columns: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(self.time_ms)

    def __getitem__(self, name: str | Indicator) -> Floats:
        """A column by name, or an indicator's first output. Raises KeyError."""
        return self.columns[name if isinstance(name, str) else name.columns[0]]

    def rows(self, chosen: slice) -> Frame:
        return Frame(self.time_ms[chosen], {name: column[chosen] for name, column in self.columns.items()})


@dataclass(frozen=True, slots=True)
class HigherFrame(Frame):
    """``as_of[i]`` is the last row of this frame that had closed when row i of the window did; -1 when none had, or
    none had lately."""

    as_of: Ints

    @classmethod
    def seen(
        cls, interval: Interval, row_ms: Ints, time_ms: Ints, columns: Mapping[str, Floats], places: Ints
    ) -> HigherFrame:
        """``places``: the last row of the frame that had closed at each of ``row_ms``, or -1. A frame that stopped is
        not known any more ``KNOWN_INTERVALS`` after its last close."""
        import numpy as np

        if len(time_ms):
            age = row_ms - time_ms[np.maximum(places, 0)]
            places = np.where(age <= KNOWN_INTERVALS * interval.ms, places, -1)
        return cls(time_ms, columns, places)

    def at(self, name: str | Indicator) -> Floats:
        """A column as it was known on each row of the window; NaN where this frame had not closed, or not lately."""
        import numpy as np

        column = self[name]
        if not len(column):
            return np.full(len(self.as_of), np.nan)
        return np.where(self.as_of >= 0, column[np.maximum(self.as_of, 0)], np.nan)


@dataclass(frozen=True, slots=True)
class Window(Frame):
    """The rows of one coin on one grid. ``tail(n)`` and ``rows`` are views; nothing here may be written to."""

    coin: str
    grid: Grid
    frames: Mapping[Interval, HigherFrame] = field(default_factory=dict)

    def tail(self, count: int) -> Window:
        """The last ``count`` rows, what higher frames knew included."""
        return self if count >= len(self) else self.rows(slice(len(self) - count, len(self)))

    def upto(self, row: int) -> Window:
        """Rows 0 to ``row``, that row included: all that was known when it closed."""
        return self.rows(slice(0, row + 1))

    def rows(self, chosen: slice) -> Window:
        kept = {
            interval: HigherFrame(frame.time_ms, frame.columns, frame.as_of[chosen])
            for interval, frame in self.frames.items()
        }
        columns = {name: column[chosen] for name, column in self.columns.items()}
        return Window(self.time_ms[chosen], columns, self.coin, self.grid, kept)
