"""Where the pills of a chart's lines stand, and what is under the pointer. Pure: pixels in, pixels out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hlmaster.ui.charts.lines import PriceLine, spread
from hlmaster.ui.charts.pill import Button, Cell, Pill

HEIGHT = 19.0
GAP = 2.0
LEFT = 8.0
PAD = 6.0
BESIDE = 12.0
"""Between the column of pills and those in the hand."""
BUTTON_WIDTH = 19.0
GRASP = 4.0
"""How near to a line a pointer must come to take hold of it."""
NEAR, FAINTEST = 0.35, 0.55
"""Of the pane's height: nearer to the latest price a pill is as strong as can be; a whole pane away, the faintest."""
NARROW, ROOMY = (360.0, 0.3), (720.0, 0.62)
"""Pixels of the pane, and of them the share that a pill may take: in a small chart its candles count for more."""
ARROWS = {0: "", 1: "↑ ", -1: "↓ "}


@dataclass(frozen=True, slots=True)
class Figure:
    """A cell's text, from ``left`` on."""

    cell: Cell
    left: float


@dataclass(frozen=True, slots=True)
class PlacedPill:
    """All in pixels of the price pane. ``row``: of its line; ``top`` may differ where pills would overlap."""

    pill: Pill
    line: PriceLine
    row: float
    beyond: int
    left: float
    top: float
    title: str
    title_right: float
    figures: tuple[Figure, ...]
    buttons: tuple[tuple[Button, float], ...]
    """Each with its left edge."""
    right: float
    strength: float

    @property
    def untold(self) -> str:
        """The figures that found no room."""
        shown = {figure.cell for figure in self.figures}
        return " · ".join(cell.text for cell in self.pill.cells if cell.text and cell not in shown)

    @property
    def bottom(self) -> float:
        return self.top + HEIGHT

    def covers(self, x: float, y: float) -> bool:
        return self.left <= x <= self.right and self.top <= y <= self.bottom

    def button_at(self, x: float) -> Button | None:
        return next((button for button, left in self.buttons if left <= x < left + BUTTON_WIDTH), None)


@dataclass(frozen=True, slots=True)
class Room:
    """The price pane: ``unit`` is the width of a character; pills keep clear of ``head`` pixels at its top."""

    width: float
    height: float
    unit: float
    head: float
    reference: float
    """The row of the latest price."""


@dataclass(frozen=True, slots=True)
class Hit:
    """``button`` None: the pill itself or its line."""

    placed: PlacedPill
    button: Button | None = None

    @property
    def key(self) -> str:
        return self.placed.pill.key


def place(lines: Sequence[tuple[PriceLine, float, int]], room: Room) -> tuple[PlacedPill, ...]:
    """Pills of (line, row, beyond) where there is one, highest first; rows may lie outside the pane.

    Those in the hand stand beside the others, so that they can follow their lines.
    """
    wanted = [(line, line.pill, min(max(row, 0.0), room.height), beyond) for line, row, beyond in lines]
    pills = [(line, pill, row, beyond) for line, pill, row, beyond in wanted if pill is not None]
    still = _column([one for one in pills if not one[1].in_hand], LEFT, room)
    held = _column([one for one in pills if one[1].in_hand], LEFT, room)
    if not held:
        return still
    left = max((one.right for one in still), default=LEFT - BESIDE) + BESIDE
    widest = max(one.right - one.left for one in held)
    return still + _column([one for one in pills if one[1].in_hand], min(left, room.width - widest - GAP), room)


def _column(pills: Sequence[tuple[PriceLine, Pill, float, int]], left: float, room: Room) -> tuple[PlacedPill, ...]:
    steps = [HEIGHT + GAP] * len(pills)
    centres = spread([row for _, _, row, _ in pills], steps, min(room.head, room.height / 4), room.height - GAP)
    return tuple(
        _placed(line, pill, row, beyond, left, round(centre - HEIGHT / 2), room)
        for (line, pill, row, beyond), centre in zip(pills, centres, strict=True)
    )


def _placed(line: PriceLine, pill: Pill, row: float, beyond: int, left: float, top: float, room: Room) -> PlacedPill:
    title = ARROWS[beyond] + pill.title
    title_right = left + len(title) * room.unit + 2 * PAD
    width = len(title) * room.unit + 2 * PAD + len(pill.buttons) * BUTTON_WIDTH
    figures, x = [], title_right
    for cell in _fitting(pill, room.width * _share(room.width) - LEFT - width, room.unit):
        figures.append(Figure(cell, x + PAD))
        x += len(cell.text) * room.unit + 2 * PAD
    buttons = tuple((button, x + number * BUTTON_WIDTH) for number, button in enumerate(pill.buttons))
    right = x + len(buttons) * BUTTON_WIDTH
    strength = 1.0 if pill.in_hand else strength_of(row - room.reference, room.height)
    return PlacedPill(pill, line, row, beyond, left, top, title, title_right, tuple(figures), buttons, right, strength)


def _share(width: float) -> float:
    (least, low), (most, high) = NARROW, ROOMY
    return low + (high - low) * min(max((width - least) / (most - least), 0.0), 1.0)


def _fitting(pill: Pill, width: float, unit: float) -> list[Cell]:
    """As many cells as there is room for, in their order."""
    kept = [cell for cell in pill.cells if cell.text]
    while kept and sum(len(cell.text) * unit + 2 * PAD for cell in kept) > width:
        kept.remove(min(kept, key=lambda cell: cell.weight))
    return kept


def strength_of(distance: float, height: float) -> float:
    """Opacity of what lies so many pixels from the latest price: 1 near it, falling to ``FAINTEST``."""
    if height <= 0:
        return 1.0
    share = min(max((abs(distance) / height - NEAR) / (1 - NEAR), 0.0), 1.0)
    return 1.0 - share * (1.0 - FAINTEST)


def hit(placed: Sequence[PlacedPill], x: float, y: float) -> Hit | None:
    """A button, a pill, or the nearest line within reach; pills lie over lines."""
    for one in reversed(placed):
        if one.covers(x, y):
            return Hit(one, one.button_at(x))
    near = [one for one in placed if not one.beyond and not one.line.faint and abs(one.row - y) <= GRASP]
    return Hit(min(near, key=lambda one: abs(one.row - y))) if near else None
