"""Moments as a chart writes them: local time, and where the time axis is marked.

Facts carry UTC milliseconds; this is the place where they are shown in the user's zone.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache

import numpy as np

from hlmaster.ui.charts.series import Indices, Times

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
STEPS = tuple(
    [n * 1000 for n in (1, 5, 15, 30)]
    + [n * MINUTE for n in (1, 2, 5, 10, 15, 30)]
    + [n * HOUR for n in (1, 2, 3, 6, 12)]
    + [n * DAY for n in (1, 2, 4, 7, 14)]
)
FIRST_MONDAY = 4 * DAY
CLOSER = 0.6
"""Names of months are short: marks may be so much closer to each other."""
PIECE = 20 * DAY
"""A stretch in which a zone changes its offset at most once."""


@dataclass(frozen=True, slots=True)
class TimeTick:
    slot: int
    text: str
    strong: bool
    """Where a day, month or year begins."""


class LocalTime:
    """UTC milliseconds in a time zone; None is the zone of this computer."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self.zone = zone
        self._change = lru_cache(maxsize=512)(self._find_change)

    def at(self, time_ms: int) -> datetime:
        return datetime.fromtimestamp(time_ms // 1000, UTC).astimezone(self.zone)

    def local_ms(self, times: Times) -> Times:
        """UTC milliseconds turned to what the wall clock showed, as if that were UTC; rising input expected."""
        if not len(times):
            return times
        pieces = range(int(times[0]) // PIECE, int(times[-1]) // PIECE + 1)
        result = np.empty_like(times)
        for piece in pieces:
            first, last = np.searchsorted(times, (piece * PIECE, (piece + 1) * PIECE))
            change_ms, before, after = self._change(piece)
            part = times[first:last]
            result[first:last] = part + np.where(part < change_ms, before, after)
        return result

    def _offset(self, time_ms: int) -> int:
        offset = self.at(time_ms).utcoffset()
        return 0 if offset is None else round(offset.total_seconds() * 1000)

    def _find_change(self, piece: int) -> tuple[int, int, int]:
        """(when the offset changes, offset before, offset after) within a piece; they are equal when it does not."""
        low, high = piece * PIECE, (piece + 1) * PIECE
        before, after = self._offset(low), self._offset(high - 1)
        if before != after:
            while high - low > 1000:
                middle = (low + high) // 2 // 1000 * 1000
                low, high = (middle, high) if self._offset(middle) == before else (low, middle)
        return high, before, after


def time_ticks(
    times: Times, slots: Indices, room: int, zone: LocalTime, interval_ms: int, *, whole: bool = False
) -> list[TimeTick]:
    """Marks for these visible slots, at least `room` slots apart where they are evenly spaced.

    `whole` is for times that are merely sampled: the unit that has begun is named, not the sample's own time.

    A mark stands on the first slot of each new unit (a quarter of an hour, a day, a month), so it is right after a gap
    too. Candles of a day and longer open at midnight UTC and are labelled with that day wherever the user lives.
    """
    if len(times) < 2:
        return []
    local = times if interval_ms >= DAY else zone.local_ms(times)
    units, usual = _units(local, interval_ms * room)
    begins = np.flatnonzero(np.diff(units)) + 1
    if whole:
        local = units
    result: list[TimeTick] = []
    last, before = -room, int(local[0])
    for index in begins.tolist():
        slot = int(slots[index])
        if slot - last >= room * CLOSER:
            unit, text = _label(before if result else int(local[index - 1]), int(local[index]))
            result.append(TimeTick(slot, text, unit > usual))
            last, before = slot, int(local[index])
    return result


CLOCK, OF_DAY, OF_MONTH, OF_YEAR = range(4)


def _units(local: Times, wanted_ms: int) -> tuple[Times, int]:
    """For each time the beginning of the unit it lies in, units being at least `wanted_ms` long, and their kind."""
    for step in STEPS:
        if step >= wanted_ms:
            origin = FIRST_MONDAY if step % (7 * DAY) == 0 else 0
            return (local - origin) // step * step + origin, CLOCK if step < DAY else OF_DAY
    months = next((count for count in (1, 3, 6, 12, 24, 60) if count * 30 * DAY >= wanted_ms * CLOSER), 120)
    begun = local.astype("datetime64[ms]").astype("datetime64[M]").astype(np.int64) // months * months
    return begun.astype("datetime64[M]").astype("datetime64[ms]").astype(np.int64), OF_MONTH if months < 12 else OF_YEAR


def _label(before_ms: int, at_ms: int) -> tuple[int, str]:
    """The greatest unit that is new since `before_ms`, and its name."""
    if before_ms // DAY == at_ms // DAY:
        hours, minutes, seconds = at_ms // HOUR % 24, at_ms // MINUTE % 60, at_ms // 1000 % 60
        return CLOCK, f"{hours:02}:{minutes:02}:{seconds:02}" if seconds else f"{hours:02}:{minutes:02}"
    before, at = (datetime.fromtimestamp(ms // 1000, UTC) for ms in (before_ms, at_ms))
    month = MONTHS[at.month - 1]
    if before.year != at.year:
        return OF_YEAR, str(at.year) if (at.month, at.day) == (1, 1) else f"{at.day} {month} {at.year}"
    if before.month != at.month:
        return OF_MONTH, month if at.day == 1 else f"{at.day} {month}"
    return OF_DAY, f"{DAYS[at.weekday()]} {at.day}"


def moment_text(at: datetime, interval_ms: int) -> str:
    """A crosshair's time: "Fri 20 Nov 14:30", and with the year instead of the hour for candles of a day and longer."""
    day = f"{DAYS[at.weekday()]} {at.day} {MONTHS[at.month - 1]}"
    if interval_ms >= DAY:
        return f"{day} {at.year}"
    return f"{day} {at:%H:%M:%S}" if interval_ms < MINUTE else f"{day} {at:%H:%M}"
