"""Rows in columns: appended one by one, read as views, with the indicators among them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter

import numpy as np

from hlmaster.core.candles import Floats, Ints
from hlmaster.core.decision_rows import IndicatorState
from hlmaster.market.indicators.indicator import Indicator, Live, over
from hlmaster.market.window import PRICES

OPENED, LIVE, ROW = "time", "live", "row"
ALWAYS = (ROW, OPENED, LIVE, *PRICES)
"""Columns of every table: number of the row counted from the anchor, when it opened (ms), 1 if it closed live."""
FIRST_CAPACITY = 512
Turn = tuple[Callable[[tuple[float, ...]], tuple[float, ...]], Callable[[list[float]], tuple[float, ...]]]


class Table:
    """A row once appended is never written again: what moves or widens the table makes new arrays, so that views that
    were handed out stay as they are. At least ``keep`` rows are held; older ones are let go a stretch at a time."""

    __slots__ = (
        "_anchors",
        "_base",
        "_end",
        "_lives",
        "_time",
        "_turns",
        "_values",
        "_views",
        "epoch",
        "first_row",
        "keep",
        "last_ms",
        "times",
    )

    def __init__(self, keep: int = FIRST_CAPACITY) -> None:
        self.keep = keep
        self.epoch = 0
        """Counts what made rows or columns other than they were: a history that reaches further back, a new column."""
        self.first_row = 0
        """Number of the oldest row held, counted from the anchor."""
        self.last_ms = -1
        """When the newest row closed."""
        self.times: Ints
        self._base: list[str] = list(ALWAYS)
        self._lives: dict[Indicator, Live] = {}
        self._anchors: dict[Indicator, int] = {}
        self._end = 0
        self._allocate(FIRST_CAPACITY)

    def __len__(self) -> int:
        return self._end

    @property
    def base(self) -> tuple[str, ...]:
        """The columns that a row is made of, in order; indicators follow them."""
        return tuple(self._base)

    def has(self, names: Iterable[str]) -> bool:
        return all(name in self._views for name in names)

    @property
    def next_row(self) -> int:
        """Number of the row that comes next."""
        return self.first_row + self._end

    @property
    def anchors(self) -> dict[str, int]:
        """By indicator: when the first row closed that it was given; 0 before."""
        return {one.label: at for one, at in self._anchors.items()}

    def column(self, name: str) -> Floats:
        """All rows held. Raises KeyError."""
        column: Floats = self._views[name][: self._end]
        return column

    def closed_by(self, time_ms: int) -> int:
        """When the newest row closed that had closed at ``time_ms``; -1 for none."""
        if self.last_ms <= time_ms:
            return self.last_ms
        place = int(np.searchsorted(self.times[: self._end], time_ms, side="right"))
        return int(self.times[place - 1]) if place else -1

    def columns(self, names: Iterable[str], chosen: slice) -> dict[str, Floats]:
        """Views of some rows."""
        views = self._views
        return {name: views[name][chosen] for name in names}

    # --- writing ---

    def append(self, time_ms: int, row: list[float]) -> None:
        """One row, in the order of ``base``; ``row`` is filled up with what the indicators say of it."""
        if self._end == len(self._time):
            self._move()
        for advance, pick in self._turns:
            row += advance(pick(row))
        end = self._end
        self._values[:, end] = row
        self._time[end] = time_ms
        if self.last_ms < 0:
            self._anchors = dict.fromkeys(self._lives, time_ms)
        self._end = end + 1
        self.last_ms = time_ms

    def load(self, time_ms: Ints, columns: Mapping[str, Floats]) -> None:
        """Begin anew with these rows, oldest first: the first is the anchor of every indicator."""
        count = len(time_ms)
        self._end = self.first_row = 0
        self._allocate(_room(count))
        self._time[:count] = time_ms
        self._end = count
        self.last_ms = int(time_ms[-1]) if count else -1
        for place, name in enumerate(self._base):
            self._values[place, :count] = np.arange(count) if name == ROW else columns.get(name, math.nan)
        self._lives = {indicator: Live(indicator) for indicator in self._lives}
        self._catch_up(self._lives)
        self._turn()
        self.epoch += 1

    def widen(self, base: Iterable[str], indicators: Iterable[Indicator]) -> None:
        """More columns, unknown on the rows there are; indicators begin with the oldest row held."""
        fresh = [name for name in dict.fromkeys(base) if name not in self._base]
        more = {one: Live(one) for one in indicators if one not in self._lives}
        if not fresh and not more:
            return
        before = {name: self.column(name) for name in self._views}
        self._base += fresh
        self._lives |= more
        self._carry(before, self.times[: self._end], len(self._time))
        self._catch_up(more)
        self.epoch += 1

    def states(self) -> tuple[IndicatorState, ...]:
        """Every indicator as it stands before the next row."""
        return tuple(_state(live, self._anchors[one]) for one, live in self._lives.items())

    def beginnings(self) -> tuple[IndicatorState, ...]:
        """Every indicator as it stands before its first row."""
        return tuple(_state(Live(one), 0) for one in self._lives)

    # --- inside ---

    def _catch_up(self, lives: Mapping[Indicator, Live]) -> None:
        first = int(self._time[0]) if self._end else 0
        for indicator, live in lives.items():
            self._anchors[indicator] = first
            given = {name: self.column(name) for name in indicator.inputs}
            for name, values in zip(indicator.columns, over(live, given), strict=True):
                self._values[self._place(name), : self._end] = values

    def _move(self) -> None:
        kept = min(self._end, self.keep)
        start = self._end - kept
        before = {name: view[start : self._end] for name, view in self._views.items()}
        self.first_row += start
        self._end = kept
        self._carry(before, self.times[start : start + kept], _room(kept))

    def _carry(self, columns: Mapping[str, Floats], times: Ints, capacity: int) -> None:
        """New arrays of this capacity that hold these rows."""
        self._allocate(capacity)
        self._time[: self._end] = times
        for name, column in columns.items():
            self._values[self._place(name), : self._end] = column

    def _names(self) -> list[str]:
        return [*self._base, *(name for one in self._lives for name in one.columns)]

    def _place(self, name: str) -> int:
        return self._names().index(name)

    def _allocate(self, capacity: int) -> None:
        names = self._names()
        self._values = np.full((len(names), capacity), math.nan)
        self._time = np.zeros(capacity, np.int64)
        readable, self.times = self._values.view(), self._time.view()
        readable.flags.writeable = self.times.flags.writeable = False
        self._views = {name: readable[place] for place, name in enumerate(names)}
        self._turn()

    def _turn(self) -> None:
        self._turns: list[Turn] = [
            (live.advance, _picker([self._base.index(name) for name in one.inputs]))
            for one, live in self._lives.items()
        ]


def _picker(places: Sequence[int]) -> Callable[[list[float]], tuple[float, ...]]:
    if len(places) == 1:
        (only,) = places
        return lambda row: (row[only],)
    return itemgetter(*places)


def _state(live: Live, anchor_ms: int) -> IndicatorState:
    one = live.indicator
    params = {p.name: getattr(one, p.name) for p in one.parameters()}
    return IndicatorState(one.name, params, live.state, tuple(tuple(buffer) for buffer in live.memory), anchor_ms)


def _room(count: int) -> int:
    return max(FIRST_CAPACITY, 2 * count)
