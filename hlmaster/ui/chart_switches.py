"""What every chart of the window shows of the trader's own, and whether plain clicks trade."""

from __future__ import annotations

from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from hlmaster.ui.actions import Action
from hlmaster.ui.context import Context

GROUP = "Chart"
PREFIX = "chart."
REMEMBERED = ("orders", "fills", "trades")
SWITCHES = (
    ("orders", "Orders on chart", "Show or hide your orders, position and stops on the charts"),
    ("fills", "Fills on chart", "Show or hide your executions on the candles"),
    ("trades", "Trades on chart", "Join entries and exits of closed trades by a line"),
    ("clicks", "Click trading", "A click on a chart places a limit order, a right click a stop; Shift for the menu"),
)


class ChartSwitches(QObject):
    """One for each context, shared by its charts: ``of`` gives it. Click trading is off at every start."""

    changed = Signal()

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.orders = self.fills = self.trades = True
        self.clicks = False
        self._context = context
        for name, title, hint in SWITCHES:
            context.actions.add(Action(PREFIX + name, title, GROUP, partial(self.flip, name), hint=hint), owner=self)

    @classmethod
    def of(cls, context: Context) -> ChartSwitches:
        found = context.findChild(cls)
        return cls(context) if found is None else found

    def actions(self) -> list[Action]:
        found = (self._context.actions.get(PREFIX + name) for name, _, _ in SWITCHES)
        return [action for action in found if action is not None]

    def is_on(self, action: Action) -> bool:
        return bool(getattr(self, action.key.removeprefix(PREFIX)))

    def flip(self, name: str) -> None:
        setattr(self, name, not getattr(self, name))
        self.changed.emit()

    def save_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in REMEMBERED}

    def restore_state(self, state: object) -> None:
        """What ``save_state`` gave; anything else is ignored."""
        if not isinstance(state, dict):
            return
        for name in REMEMBERED:
            if isinstance(state.get(name), bool):
                setattr(self, name, state[name])
        self.changed.emit()
