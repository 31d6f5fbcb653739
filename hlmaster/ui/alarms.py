"""What is worth hearing: fills, stops that were hit, breakers, and a connection that is gone."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hlmaster.core.breakers import BreakerChanged
from hlmaster.core.clock import SECOND_MS
from hlmaster.core.events import FillBooked, LinkChanged, LinkState
from hlmaster.core.orders import Fill, TriggerKind
from hlmaster.ui.context import Context
from hlmaster.ui.sounds import Sound, Sounds

FRESH_SECONDS = 15
"""Wall seconds; what is older comes from the past that a start reads."""


class Alarms(QObject):
    """Listens for as long as it lives."""

    def __init__(self, context: Context, sounds: Sounds, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._desk, self._sounds = context.desk, sounds
        self._was_connected = False
        context.bridge.on_fact(self, FillBooked, lambda fact: self._on_fill(fact.fill))
        context.bridge.on_fact(self, BreakerChanged, self._on_breaker)
        context.bridge.on_fact(self, LinkChanged, self._on_link)

    def _on_fill(self, fill: Fill) -> None:
        age = self._desk.clock.now_ms() - fill.time_ms
        if age < FRESH_SECONDS * SECOND_MS * self._desk.clock.speed:
            self._sounds.play(Sound.STOP if self._is_stop(fill) else Sound.FILL)

    def _is_stop(self, fill: Fill) -> bool:
        tracked = self._desk.orders.of_fill(fill)
        trigger = None if tracked is None else tracked.order.trigger
        return fill.liquidation or (trigger is not None and trigger.kind is TriggerKind.STOP)

    def _on_breaker(self, fact: BreakerChanged) -> None:
        if fact.tripped:
            self._sounds.play(Sound.BREAKER)

    def _on_link(self, fact: LinkChanged) -> None:
        """Once for each connection that is lost, however often it is tried again."""
        connected = fact.state is LinkState.CONNECTED
        if self._was_connected and not connected:
            self._sounds.play(Sound.DISCONNECT)
        self._was_connected = connected
