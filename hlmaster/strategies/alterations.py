"""Windows made of a window: with rows that have not happened yet, another future, or values that are unknown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from hlmaster.core.candles import Floats
from hlmaster.core.model import Interval
from hlmaster.market.window import Frame, Needs, Window

Change = Callable[[Floats], Floats]


def locked(window: Window) -> Window:
    """A copy that nobody can write to."""
    return _changed(window, len(window), lambda column: column)


def known_at(window: Window, row: int) -> Window:
    """All that was there when ``row`` closed: no later row of the window or of its frames exists."""
    return _cut(window, 0, row, {interval: len(frame) for interval, frame in window.frames.items()})


def desk_view(window: Window, row: int, needs: Needs) -> Window:
    """What the desk shows when ``row`` has closed: the declared lookback of the window and of each frame, no more."""
    return _cut(window, max(0, row + 1 - needs.lookback), row, {need.interval: need.lookback for need in needs.frames})


def futures(window: Window, row: int, random: np.random.Generator) -> Iterator[tuple[str, Window]]:
    """The same up to ``row``, with other rows after it; and how those were made."""
    yield "shuffled", _changed(window, row + 1, random.permutation)
    yield "turned round", _changed(window, row + 1, lambda future: future[::-1])
    yield "spiked", _changed(window, row + 1, lambda future: future * 10.0 ** random.choice((-1, 1), len(future)))
    yield "wiped out", _changed(window, row + 1, lambda future: np.full(len(future), np.nan))


def without(window: Window, name: str) -> Window:
    """A column, or with ``frames`` all that is known of higher timeframes, is unknown on every row."""
    if name == "frames":
        hidden = {i: replace(frame, as_of=np.full_like(frame.as_of, -1)) for i, frame in window.frames.items()}
        return replace(window, frames=hidden)
    return replace(window, columns={**window.columns, name: np.full(len(window), np.nan)})


def without_row(window: Window, row: int) -> Window:
    """Nothing is known on ``row``."""

    def wiped(column: Floats) -> Floats:
        out = column.copy()
        out[row] = np.nan
        return out

    columns = {name: wiped(column) for name, column in window.columns.items()}
    frames = {i: replace(frame, as_of=frame.as_of.copy()) for i, frame in window.frames.items()}
    for frame in frames.values():
        frame.as_of[row] = -1
    return replace(window, columns=columns, frames=frames)


def _changed(window: Window, first: int, how: Change) -> Window:
    """Rows from ``first`` on, and what frames close after the row before it, are replaced; the copy is read-only."""

    def columns(frame: Frame, start: int) -> dict[str, Floats]:
        out = {name: np.array(column, np.float64) for name, column in frame.columns.items()}
        for column in out.values():
            column[start:] = how(column[start:].copy())
            column.flags.writeable = False
        return out

    frames = {
        interval: replace(frame, columns=columns(frame, int(frame.as_of[:first].max(initial=-1)) + 1))
        for interval, frame in window.frames.items()
    }
    return replace(window, columns=columns(window, first), frames=frames)


def _cut(window: Window, first: int, row: int, depths: Mapping[Interval, int]) -> Window:
    """Rows ``first`` to ``row``; of a frame the rows known by then, from ``depth`` rows before the oldest needed."""
    seen = window.rows(slice(first, row + 1))
    frames = {}
    for interval, frame in seen.frames.items():
        oldest = max(0, int(frame.as_of[0]) + 1 - depths[interval])
        chosen = slice(oldest, int(frame.as_of.max()) + 1)
        columns = {name: column[chosen] for name, column in frame.columns.items()}
        as_of = np.where(frame.as_of < 0, -1, frame.as_of - oldest)
        frames[interval] = replace(frame, time_ms=frame.time_ms[chosen], columns=columns, as_of=as_of)
    return replace(seen, frames=frames)
