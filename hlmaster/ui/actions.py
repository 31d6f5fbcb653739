"""Everything that can be done by name: the command palette, the key map and the menus read this one list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid


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
    """In the order in which they were added. Two panels of one kind, as two charts, add the same keys: the one that
    was used last, or else the first, is meant."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions: dict[str, list[tuple[Action, QObject]]] = {}

    def add(self, action: Action, owner: QObject) -> None:
        """``owner``'s end is the action's. Raises ValueError for a key that is taken by anything but another of its
        kind."""
        taken = self._actions.setdefault(action.key, [])
        if any(other is owner or type(other) is not type(owner) for _, other in taken):
            raise ValueError(f"There are two actions with the key {action.key}.")
        taken.append((action, owner))
        owner.destroyed.connect(lambda: self._remove(action))
        self.changed.emit()

    def _remove(self, action: Action) -> None:
        left = [entry for entry in self._actions.pop(action.key, ()) if entry[0] is not action]
        if left:
            self._actions[action.key] = left
        if isValid(self):  # owners may outlive it
            self.changed.emit()

    def prefer(self, user: QObject) -> None:
        """From now on the actions of ``user``, and of what belongs to it, are meant where others have the same keys."""
        for entries in self._actions.values():
            if len(entries) > 1:
                entries.sort(key=lambda entry: not _is_within(entry[1], user))

    def all(self) -> tuple[Action, ...]:
        return tuple(entries[0][0] for entries in self._actions.values())

    def get(self, key: str) -> Action | None:
        entries = self._actions.get(key)
        return entries[0][0] if entries else None

    def run(self, key: str) -> bool:
        """Whether there is such an action and it was possible."""
        action = self.get(key)
        if action is None or not action.is_possible():
            return False
        action.run()
        return True


def _is_within(thing: QObject | None, whole: QObject) -> bool:
    while thing is not None and thing is not whole:
        thing = thing.parent()
    return thing is whole
