"""Everything that can be done by name: the command palette, the key map and the menus read this one list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """``key`` is stable (``ticket.reverse``) and names the action in the user's key map; ``keys`` is the shortcut it
    has by default, in Qt's portable text. The keys of a trading action work only while the desk is armed."""

    key: str
    title: str
    group: str
    run: Callable[[], object]
    keys: str = ""
    is_trading: bool = False
    is_possible: Callable[[], bool] = _always
    hint: str = ""


class Actions(QObject):
    """In the order in which they were added."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions: dict[str, Action] = {}

    def add(self, action: Action, owner: QObject) -> None:
        """``owner``'s end is the action's. Raises ValueError for a key that is taken."""
        if action.key in self._actions:
            raise ValueError(f"There are two actions with the key {action.key}.")
        self._actions[action.key] = action
        owner.destroyed.connect(lambda: self._remove(action.key))
        self.changed.emit()

    def _remove(self, key: str) -> None:
        if self._actions.pop(key, None) is not None:
            self.changed.emit()

    def all(self) -> tuple[Action, ...]:
        return tuple(self._actions.values())

    def get(self, key: str) -> Action | None:
        return self._actions.get(key)

    def run(self, key: str) -> bool:
        """Whether there is such an action and it was possible."""
        action = self._actions.get(key)
        if action is None or not action.is_possible():
            return False
        action.run()
        return True
