"""Pictures that others lay over or under the candles: a volume profile, a footprint, handles of orders."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from hlmaster.ui.charts.study import PRICE_PANE

Draw = Callable[[QPainter, Any, QRectF], None]
"""Paints into `area`, whose top left corner is (0, 0); the `Frame` before it maps slots and prices to pixels."""
UNDER, OVER, ON_TOP = -10.0, 10.0, 100.0


@dataclass(frozen=True, slots=True, eq=False)
class ChartLayer:
    """`pane` is a pane's name, or "" for the whole chart. `z` below 0 lies under the candles, from 0 over them, from
    `ON_TOP` over price lines and marks too.

    With `state` the layer becomes part of the kept picture and is painted again when what `state` answers differs; what
    it paints must stand at candles, for a pan shifts it, and it may be asked for a stretch beyond the screen. Without
    `state` it is painted at every repaint and lies over the candles; then `live` may say what it looks like, so that a
    tick which changes nothing of that spares it, and without `live` each tick repaints everything.
    """

    draw: Draw
    pane: str = PRICE_PANE
    z: float = OVER
    state: Callable[[], Hashable] | None = None
    live: Callable[[Any], object] | None = None
    """Asked with the frame."""

    def __post_init__(self) -> None:
        if self.z < 0 and self.state is None:
            raise ValueError("A layer under the candles is part of the kept picture and needs a state.")
        if not self.pane and self.state is not None:
            raise ValueError("A layer of the kept picture lies in a pane.")


class ChartLayers:
    """In the order of their z, and of their coming where that is equal."""

    def __init__(self) -> None:
        self._layers: list[ChartLayer] = []
        self.calls = 0
        """How often a repaint was asked for."""

    def add(self, layer: ChartLayer) -> None:
        self._layers.append(layer)
        self._layers.sort(key=lambda one: one.z)

    def remove(self, layer: ChartLayer) -> None:
        self._layers.remove(layer)

    def state(self, pane: str) -> tuple[tuple[int, Hashable], ...]:
        """What a pane's kept layers depend on; empty when it has none."""
        kept = (layer for layer in self._layers if layer.pane == pane and layer.state is not None)
        return tuple((id(layer), layer.state and layer.state()) for layer in kept)

    def live(self, frame: Any) -> tuple[object, ...]:
        """What the layers look like that are painted each time; never the same twice when one does not say."""
        shown = (layer for layer in self._layers if layer.state is None)
        return self.calls, *(object() if layer.live is None else layer.live(frame) for layer in shown)

    def paint(
        self, painter: QPainter, frame: Any, area: QRectF, pane: str, z: tuple[float, float], *, kept: bool
    ) -> None:
        """Those of a pane with a z in [low, high): of the kept picture, or of what is painted each time."""
        for layer in self._layers:
            if layer.pane == pane and z[0] <= layer.z < z[1] and (layer.state is not None) == kept:
                painter.save()
                layer.draw(painter, frame, area)
                painter.restore()
