"""Bounds of candle buckets: whole numbers only, so that whoever needs no columns loads no numpy."""

from __future__ import annotations

from datetime import UTC, datetime

from hlmaster.core.clock import DAY_MS
from hlmaster.core.model import Interval

MONDAY_MS = 4 * DAY_MS
"""1970-01-05 was a Monday: weeks are counted from there."""


def open_time(time_ms: int, interval: Interval) -> int:
    """Open time of the candle that contains ``time_ms``: epoch-aligned, weeks on Monday, months by the UTC calendar."""
    if interval is Interval.MO1:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        return int(datetime(moment.year, moment.month, 1, tzinfo=UTC).timestamp()) * 1000
    offset = MONDAY_MS if interval is Interval.W1 else 0
    return (time_ms - offset) // interval.ms * interval.ms + offset


def next_open_time(time_ms: int, interval: Interval) -> int:
    """Open time of the candle after the one that contains ``time_ms``."""
    if interval is Interval.MO1:
        moment = datetime.fromtimestamp(time_ms / 1000, UTC)
        year, month = (moment.year + 1, 1) if moment.month == 12 else (moment.year, moment.month + 1)
        return int(datetime(year, month, 1, tzinfo=UTC).timestamp()) * 1000
    return open_time(time_ms, interval) + interval.ms
