"""Lines in the hand: what is held, where it would be put, and what ends it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

THRESHOLD = 4.0
"""Pixels a pointer moves before a press is a drag: a click moves nothing."""
Snap = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Drag:
    """``held``: (key, price) of each line that goes along, the one under the pointer first; prices as they stood."""

    held: tuple[tuple[str, float], ...]
    pressed_y: float
    pressed_price: float
    """Under the pointer; a line is not always taken in its middle."""
    shift: float = 0.0
    """How far the line in the hand has gone, in units of price, on the grid."""
    is_under_way: bool = False

    @property
    def key(self) -> str:
        return self.held[0][0]

    @property
    def prices(self) -> dict[str, float]:
        """Where each would be put."""
        return {key: price + self.shift for key, price in self.held}

    @property
    def has_moved(self) -> bool:
        return self.is_under_way and self.shift != 0

    def holds(self, key: str) -> bool:
        return any(known == key for known, _ in self.held)


def pulled(drag: Drag, y: float, price: float, snap: Snap) -> Drag:
    """The pointer went to row ``y``, at ``price``. ``snap`` puts a price onto the grid; what it gives is above zero."""
    if not drag.is_under_way and abs(y - drag.pressed_y) < THRESHOLD:
        return drag
    stood = drag.held[0][1]
    target = snap(stood + price - drag.pressed_price)
    return replace(drag, shift=target - stood, is_under_way=True)


def regrouped(drag: Drag, others: Collection[tuple[str, float]]) -> Drag:
    """The same drag with other lines going along, or none."""
    return replace(drag, held=(drag.held[0], *others))


def renamed(drag: Drag, names: Mapping[str, str]) -> Drag:
    """The same lines under other keys; where they would be put stays."""
    return replace(drag, held=tuple((names.get(key, key), price) for key, price in drag.held))


def left_of(drag: Drag, keys: Collection[str]) -> Drag | None:
    """What is still held when only ``keys`` are there; None when the line in the hand is gone."""
    if drag.key not in keys:
        return None
    return replace(drag, held=tuple(line for line in drag.held if line[0] in keys))
