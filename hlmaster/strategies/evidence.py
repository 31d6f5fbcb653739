"""What strategies share in weighing evidence: signs under a condition, how strong it is, and what is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from hlmaster.core.candles import Floats
from hlmaster.market.indicators.indicator import Indicator
from hlmaster.market.window import Frame, Window
from hlmaster.strategies.base import Signs

T = TypeVar("T")


class Reckoned(Generic[T]):
    """What was last reckoned, kept for whoever asks about the same window: a row's word, what it watches and its
    explanation rest on the same figures."""

    def __init__(self, reckon: Callable[[Window], T]) -> None:
        self._reckon = reckon
        self._last: tuple[Window, T] | None = None

    def __call__(self, window: Window) -> T:
        if self._last is None or self._last[0] is not window:
            self._last = window, self._reckon(window)
        return self._last[1]


def all_known(frame: Frame, indicators: Iterable[Indicator]) -> NDArray[np.bool_]:
    """Rows on which every one of them has a value."""
    known = np.ones(len(frame), np.bool_)
    for indicator in indicators:
        known &= np.isfinite(frame[indicator])
    return known


def sign_where(value: Floats, holds: NDArray[np.bool_]) -> Signs:
    """The sign of a value where a condition holds; 0 elsewhere and where the value is not known."""
    return np.where(holds, np.sign(np.nan_to_num(value)), 0).astype(np.int8)


def part(value: Floats, met: float | Floats, full: float | Floats) -> Floats:
    """0 where the value is just met or under, 1 from ``full`` on, a straight line between; NaN stays NaN."""
    share: Floats = np.minimum(np.maximum((value - met) / (full - met), 0.0), 1.0)
    return share


def missing(frame: Frame, wanted: Iterable[str | Indicator]) -> tuple[str, ...]:
    """What is not known on the last row, by name."""
    names = [(name, name if isinstance(name, str) else name.label) for name in wanted]
    return tuple(label for name, label in names if not np.isfinite(frame[name][-1]))
