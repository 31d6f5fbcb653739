"""What is worth hearing: fills, targets and stops, refusals, risk locks, and a connection that is gone."""

from __future__ import annotations

from PySide6.QtCore import QObject

from hlmaster.core.breakers import BreakerChanged
from hlmaster.core.clock import SECOND_MS
from hlmaster.core.events import (
    FillBooked,
    LinkChanged,
    LinkState,
    Refused,
    Rejected,
    TradingState,
    TradingStateChanged,
)
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
        self._was_halted = context.desk.guard.state is TradingState.HALTED
        context.bridge.on_fact(self, FillBooked, lambda fact: self._on_fill(fact.fill))
        context.bridge.on_fact(self, BreakerChanged, self._on_breaker)
        context.bridge.on_fact(self, TradingStateChanged, self._on_state)
        context.bridge.on_fact(self, Rejected, lambda _: sounds.play(Sound.REJECT))
        context.bridge.on_fact(self, Refused, self._on_refused)
        context.bridge.on_fact(self, LinkChanged, self._on_link)

    def _on_fill(self, fill: Fill) -> None:
        age = self._desk.clock.now_ms() - fill.time_ms
        if age < FRESH_SECONDS * SECOND_MS * self._desk.clock.speed:
            self._sounds.play(self._sound_of(fill))

    def _sound_of(self, fill: Fill) -> Sound:
        tracked = self._desk.orders.of_fill(fill)
        trigger = None if tracked is None else tracked.order.trigger
        if fill.liquidation or (trigger is not None and trigger.kind is TriggerKind.STOP):
            return Sound.STOP
        if trigger is not None:
            return Sound.TARGET
        return Sound.FILL if tracked is None or tracked.remaining <= 0 else Sound.PARTIAL

    def _on_refused(self, fact: Refused) -> None:
        """What a strategy was refused is told on its card; what a person was refused he should hear at once."""
        if fact.order.source == "manual":
            self._sounds.play(Sound.REJECT)

    def _on_state(self, fact: TradingStateChanged) -> None:
        is_halted = fact.state is TradingState.HALTED
        if is_halted and not self._was_halted:
            self._sounds.play(Sound.BREAKER)
        self._was_halted = is_halted

    def _on_breaker(self, fact: BreakerChanged) -> None:
        if fact.tripped:
            self._sounds.play(Sound.BREAKER)

    def _on_link(self, fact: LinkChanged) -> None:
        """Once for each connection that is lost, however often it is tried again."""
        connected = fact.state is LinkState.CONNECTED
        if self._was_connected and not connected:
            self._sounds.play(Sound.DISCONNECT)
        self._was_connected = connected
