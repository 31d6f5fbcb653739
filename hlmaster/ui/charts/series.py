"""Candles in growing arrays, laid out on slots, and their exact reduction to a few columns.

**Slots.** The x axis counts slots, not time: candle after candle, evenly spaced. Where candles are missing, one
*gap slot* is laid between the two neighbours whatever the length of the hole: its prices are NaN, its time is that of
the first missing candle. So nothing is ever drawn across a hole, no line is led over it, an hour without data does not
push the rest off the screen, and the times of all slots still rise strictly, which makes "which slot shows this
moment" a binary search.

**Reduction.** `columns` folds k neighbouring slots into one, k being a whole number and the groups starting at
multiples of k, so that a pan moves the columns and never reshuffles them. The high of a column is the highest high of
its slots, the low the lowest low, the volume the sum. Beyond `BLOCK` slots a column, it is read from blocks that are
folded once, so the cost follows the columns asked for and not the candles held.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Times = npt.NDArray[np.int64]
Indices = npt.NDArray[np.int64]

BLOCK = 32
GAP_FROM = 1.5
"""Intervals between two candles from which they are a gap; above 1, for a month's candles are 28 to 31 days apart."""
PIECE = 65_536
"""Candles looked through at once."""
ROOM, MOST_ROOM = 1_024, 4
"""Slots for which there is room at least; times as many as are held for which there is room at most."""

PRICES = ("open", "high", "low", "close")
FIELDS = (*PRICES, "volume")


@dataclass(frozen=True, slots=True)
class Columns:
    """Folded slots. `slot` (int64[m]) is the first of each column's `width` slots; the other arrays are float64[m]."""

    width: int
    slot: Indices
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.slot)

    def part(self, chosen: slice) -> "Columns":
        arrays = (self.open, self.high, self.low, self.close, self.volume)
        return Columns(self.width, self.slot[chosen], *(values[chosen] for values in arrays))


class CandleSeries:
    """Candles of one market and timeframe. Times are UTC milliseconds of the open, strictly rising."""

    def __init__(self, interval_ms: int = 60_000) -> None:
        self.interval_ms = interval_ms
        self._start = 0
        self._count = 0
        self._time: Times = np.empty(0, np.int64)
        self._data: dict[str, Floats] = {name: np.empty(0) for name in FIELDS}
        self._overlays: dict[str, Floats] = {}
        self._blocks: dict[str, Floats] = {}
        self._folded = 0
        self.has_gaps = False
        self.revision = 0
        """Changes with everything but the latest slot's values."""
        self.ticks = 0
        """Changes with the latest slot's values."""

    def __len__(self) -> int:
        """Slots held: candles and gaps."""
        return self._count

    # -- reading ------------------------------------------------------------------------------------------------

    @property
    def time(self) -> Times:
        return self._time[self._start : self._start + self._count]

    def field(self, name: str) -> Floats:
        """One of `FIELDS`, or an overlay by name, as a view with one value for each slot."""
        store = self._overlays.get(name)
        return self._span(self._data[name] if store is None else store)

    def values_at(self, name: str, slots: Indices | slice) -> Floats:
        """An overlay at some slots, a view where they are a slice; NaN everywhere when there is no such overlay."""
        store = self._overlays.get(name)
        if store is None:
            return np.full(slots.stop - slots.start if isinstance(slots, slice) else len(slots), np.nan)
        return self._span(store)[slots]

    def value_of(self, name: str, slot: int) -> float:
        """An overlay at one slot; NaN when there is no such overlay."""
        store = self._overlays.get(name)
        return float("nan") if store is None else float(store[slot + self._start])

    @property
    def overlays(self) -> tuple[str, ...]:
        return tuple(self._overlays)

    def latest_range(self) -> tuple[float, float]:
        """Low and high of the latest candle. Raises IndexError when empty."""
        return float(self.field("low")[-1]), float(self.field("high")[-1])

    def is_gap(self, slot: int) -> bool:
        return bool(np.isnan(self.field("close")[slot]))

    def missing(self, slot: int) -> int:
        """How many candles are missing at a gap slot."""
        return round((int(self.time[slot + 1]) - int(self.time[slot])) / self.interval_ms)

    def gaps(self, first: int, last: int) -> Indices:
        """The gap slots in [first, last)."""
        if not self.has_gaps:
            return np.empty(0, np.int64)
        first = max(first, 0)
        return np.flatnonzero(np.isnan(self.field("close")[first:last])) + first

    def slot_at(self, time_ms: int) -> int:
        """The slot that shows this moment; -1 before the first."""
        return int(np.searchsorted(self.time, time_ms, side="right")) - 1

    def time_at(self, slot: int) -> int:
        """The opening time of a slot; beyond the ends it goes on by whole intervals. Raises IndexError when empty."""
        time = self.time
        if slot < 0:
            return int(time[0]) + slot * self.interval_ms
        if slot >= self._count:
            return int(time[-1]) + (slot - self._count + 1) * self.interval_ms
        return int(time[slot])

    def columns(self, first: int, last: int, width: int) -> Columns:
        """The slots of [first, last), `width` to a column; a column cut by either end is given whole.

        Above `BLOCK` a width is rounded up to a multiple of it. Columns that hold nothing but a gap are left out.
        """
        if width > BLOCK:
            width = -(-width // BLOCK) * BLOCK
        first = max(first, 0) // width * width
        last = min(-(-last // width) * width, self._count)
        if last <= first:
            return Columns(width, np.empty(0, np.int64), *(np.empty(0) for _ in FIELDS))
        slot = np.arange(first, last, width)
        if width == 1:
            parts = [self.field(name)[first:last] for name in FIELDS]
        elif width <= BLOCK:
            parts = _fold({name: self.field(name)[first:last] for name in FIELDS}, width)
        else:
            self._fold_blocks()
            blocks = slice(first // BLOCK, -(-last // BLOCK))
            parts = _fold({name: self._blocks[name][blocks] for name in FIELDS}, width // BLOCK)
        if self.has_gaps:
            filled = np.isfinite(parts[1])
            if not filled.all():
                slot, parts = slot[filled], [part[filled] for part in parts]
        return Columns(width, slot, *parts)

    # -- writing ------------------------------------------------------------------------------------------------

    def replace(self, time_ms: Times, prices: Mapping[str, Floats], interval_ms: int) -> None:
        """Forget everything and hold these candles. Raises ValueError when arrays differ in length or times fall."""
        time, data = _checked(time_ms, prices)
        time, data, self.has_gaps = _with_gaps(time, data, interval_ms)
        self.interval_ms = interval_ms
        self._start = self._count = self._folded = 0
        self._overlays = {}
        self.revision += 1
        # The memory is kept where it fits: to be given new memory takes longer than to fill it.
        if not len(time) <= len(self._time) <= MOST_ROOM * len(time) + ROOM:
            self._time, self._data = np.empty(0, np.int64), {name: np.empty(0) for name in FIELDS}
        self._reserve(0, len(time))
        self._write(0, time, data)

    def put(self, time_ms: int, values: Mapping[str, float]) -> int:
        """Replace the candle of that time, or append it; returns the slots that were added (2 after a gap).

        Raises ValueError for an unknown time before the last candle: history is revised by replacing the series.
        """
        self.ticks += 1
        if self._count and time_ms <= int(self.time[-1]):
            slot = self.slot_at(time_ms)
            if slot < 0 or int(self.time[slot]) != time_ms or self.is_gap(slot):
                raise ValueError(f"The chart holds no candle at {time_ms} ms; give it the whole series again.")
            self._set(slot, values)
            self.revision += slot < self._count - 1
            return 0
        before = self._count
        self._reserve(0, 2)
        if self._count and time_ms - int(self.time[-1]) >= GAP_FROM * self.interval_ms:
            self._append(int(self.time[-1]) + self.interval_ms, _GAP)
            self.has_gaps = True
        self._append(time_ms, values)
        return self._count - before

    def prepend(self, time_ms: Times, prices: Mapping[str, Floats]) -> int:
        """Lay older candles before the first; those not older are left out. Returns the slots that were added."""
        time, data = _checked(time_ms, prices)
        if self._count:
            older = int(np.searchsorted(time, self.time[0]))
            # The first candle held takes part, so that a hole between old and new is seen.
            time = np.append(time[:older], self.time[0])
            data = {name: np.append(data[name][:older], self.field(name)[0]) for name in FIELDS}
        time, data, gaps = _with_gaps(time, data, self.interval_ms)
        if self._count:
            time, data = time[:-1], {name: data[name][:-1] for name in FIELDS}
        added = len(time)
        self._reserve(added, 0)
        self._start -= added
        self._write(0, time, data)
        for store in self._overlays.values():
            store[self._start : self._start + added] = np.nan
        self.has_gaps |= gaps
        self._folded = 0
        self.revision += 1
        return added

    def set_overlay(self, name: str, values: Floats | None) -> None:
        """A column beside the candles', one value for each candle from the oldest; None takes it away.

        Raises ValueError when there are more values than candles. Candles without a value leave a hole.
        """
        self.revision += 1
        if values is None:
            self._overlays.pop(name, None)
            return
        store = np.empty(len(self._time))
        span = self._span(store)
        candles = np.isfinite(self.field("close")) if self.has_gaps else None
        held = self._count if candles is None else int(np.count_nonzero(candles))
        if len(values) > held:
            raise ValueError(f"Overlay {name} has {len(values)} values for {held} candles.")
        span[:] = np.nan
        if candles is None:
            span[: len(values)] = values
        else:
            span[np.flatnonzero(candles)[: len(values)]] = values
        self._overlays[name] = store

    def set_last_overlay(self, name: str, value: float) -> None:
        self.ticks += 1
        self._overlays[name][self._start + self._count - 1] = value

    # -- inside -------------------------------------------------------------------------------------------------

    def _span(self, store: Floats) -> Floats:
        return store[self._start : self._start + self._count]

    def _set(self, slot: int, values: Mapping[str, float]) -> None:
        for name in FIELDS:
            self._data[name][self._start + slot] = values[name]
        self._folded = min(self._folded, slot // BLOCK)

    def _append(self, time_ms: int, values: Mapping[str, float]) -> None:
        at = self._start + self._count
        self._time[at] = time_ms
        for store in self._overlays.values():
            store[at] = np.nan
        self._count += 1
        self.revision += 1
        self._set(self._count - 1, values)

    def _write(self, slot: int, time: Times, data: Mapping[str, Floats]) -> None:
        at = slice(self._start + slot, self._start + slot + len(time))
        self._time[at] = time
        for name in FIELDS:
            self._data[name][at] = data[name]
        self._count += len(time)

    def _reserve(self, before: int, after: int) -> None:
        """Make room at the ends, half as much again as is held, so that a long run of small additions copies rarely."""
        if before <= self._start and self._start + self._count + after <= len(self._time):
            return
        spare = self._count // 2 + ROOM
        front = max(self._start, before + (spare if before else 0))
        size = front + self._count + after + spare

        def moved(old: npt.NDArray[Any]) -> npt.NDArray[Any]:
            new = np.empty(size, old.dtype)
            new[front : front + self._count] = old[self._start : self._start + self._count]
            return new

        self._time = moved(self._time)
        self._data = {name: moved(old) for name, old in self._data.items()}
        self._overlays = {name: moved(old) for name, old in self._overlays.items()}
        self._start = front

    def _fold_blocks(self) -> None:
        """Bring the blocks up to date; the last one may be part full and is folded again each time."""
        needed = -(-self._count // BLOCK)
        if not self._blocks or len(self._blocks["open"]) < needed:
            size = needed + needed // 2 + 64
            grown = {name: np.empty(size) for name in FIELDS}
            for name, old in self._blocks.items():
                grown[name][: self._folded] = old[: self._folded]
            self._blocks = grown
        first = self._folded
        if first < needed:
            fresh = _fold({name: self.field(name)[first * BLOCK :] for name in FIELDS}, BLOCK)
            for name, part in zip(FIELDS, fresh, strict=True):
                self._blocks[name][first:needed] = part
        self._folded = self._count // BLOCK


_GAP = dict.fromkeys(PRICES, float("nan")) | {"volume": 0.0}


def _fold(data: Mapping[str, Floats], width: int) -> list[Floats]:
    """The arrays of `FIELDS`, in order, folded in groups of `width`. NaN rows, never two in a row, are passed over."""
    size = len(data["open"])
    starts = np.arange(0, size, width)
    ends = np.minimum(starts + width, size) - 1
    opens, closes = data["open"][starts], data["close"][ends]
    after, before = data["open"][np.minimum(starts + 1, ends)], data["close"][np.maximum(ends - 1, starts)]
    return [
        np.where(np.isnan(opens), after, opens),
        np.fmax.reduceat(data["high"], starts),
        np.fmin.reduceat(data["low"], starts),
        np.where(np.isnan(closes), before, closes),
        np.add.reduceat(data["volume"], starts),
    ]


def _checked(time_ms: Times, prices: Mapping[str, Floats]) -> tuple[Times, dict[str, Floats]]:
    time = np.ascontiguousarray(time_ms, np.int64)
    data = {name: np.ascontiguousarray(prices[name], np.float64) for name in FIELDS}
    for name, values in data.items():
        if values.shape != time.shape:
            raise ValueError(f"The {name} array has {values.size} values for {time.size} candle times.")
    return time, data


def _with_gaps(time: Times, data: dict[str, Floats], interval_ms: int) -> tuple[Times, dict[str, Floats], bool]:
    """The arrays with a gap slot laid into each hole, and whether there was one. Raises ValueError when times fall."""
    holes = _holes(time, interval_ms)
    if not len(holes):
        return time, data, False
    laid = {name: np.insert(values, holes, _GAP[name]) for name, values in data.items()}
    return np.insert(time, holes, time[holes - 1] + interval_ms), laid, True


def _holes(time: Times, interval_ms: int) -> Indices:
    """Where a candle comes after a hole, piece by piece: memory for all the steps at once costs more than the steps.

    Raises ValueError when times do not rise strictly.
    """
    found = [np.empty(0, np.int64)]
    for first in range(0, len(time) - 1, PIECE):
        steps = np.diff(time[first : first + PIECE + 1])
        if steps.min() <= 0:
            raise ValueError("Candle times must rise strictly.")
        found.append(np.flatnonzero(steps >= GAP_FROM * interval_ms) + first + 1)
    return np.concatenate(found)
