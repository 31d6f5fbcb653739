"""Watches the mark for waiting take-profit and stop orders."""

from __future__ import annotations

from hlmaster.exchange.simulator.floor import Floor
from hlmaster.exchange.simulator.lifecycle import Lifecycle
from hlmaster.exchange.simulator.placing import Placing


class Triggers:
    def __init__(self, floor: Floor, lifecycle: Lifecycle, placing: Placing) -> None:
        self._floor = floor
        self._lifecycle = lifecycle
        self._placing = placing

    def on_mark(self, coin: str) -> None:
        """Fire, oldest first, what the new mark has reached; a sibling that an earlier one cancelled stays silent."""
        waiting = self._lifecycle.waiting[coin]
        if not waiting:
            return
        mark = self._floor.marks[coin]
        for order in list(waiting.values()):
            trigger = order.trigger_ticks
            if trigger is None or order.oid not in waiting:
                continue
            if mark >= trigger if order.triggers_above else mark <= trigger:
                self._placing.fire(order)
