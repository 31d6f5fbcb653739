"""Which keys mean which action: each action's default and the user's own, with nobody's key given twice."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from hlmaster.ui.actions import Action, Actions
from hlmaster.ui.hands import key_file
from hlmaster.ui.hands.help_text import by_group
from hlmaster.ui.hands.keys import Clash, clashes, normal, owner, shown


class KeyMap(QObject):
    """``of`` is what is in force. Changes are written at once; ``file`` None keeps them in memory."""

    changed = Signal()

    def __init__(self, actions: Actions, file: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._actions, self._file = actions, file
        found = key_file.read(file) if file is not None else key_file.Read()
        self._changes, self.problems = dict(found.changes), found.problems
        self._in_force: dict[str, str] | None = None
        actions.changed.connect(self._forget)

    def _forget(self) -> None:
        self._in_force = None
        self.changed.emit()

    # --- what is in force ---

    @property
    def in_force(self) -> Mapping[str, str]:
        """Keys by action, the user's first; an action whose keys are taken has none."""
        if self._in_force is None:
            actions = self._actions.all()
            made: dict[str, str] = {}
            for is_users in (True, False):
                for action in actions:
                    if (action.key in self._changes) is is_users:
                        wanted = self._wanted(action)
                        made[action.key] = "" if clashes(wanted, action.key, made, {}) else wanted
            self._in_force = made
        return self._in_force

    def _wanted(self, action: Action) -> str:
        return self._changes.get(action.key, normal(action.keys))

    def of(self, key: str) -> str:
        return self.in_force.get(key, "")

    def shown(self, key: str) -> str:
        """For tooltips and menus, as this system writes keys; empty for none."""
        return shown(self.of(key))

    def is_changed(self, key: str) -> bool:
        return key in self._changes

    @property
    def is_any_changed(self) -> bool:
        return bool(self._changes)

    def unknown(self) -> tuple[str, ...]:
        """Keys of the file that name no action here: kept, for the panel they belong to may come back."""
        return tuple(key for key in self._changes if self._actions.get(key) is None)

    def unmet(self) -> list[str]:
        """A sentence for each action that does not have the keys it should."""
        told = []
        for action in self._actions.all():
            wanted = self._wanted(action)
            if wanted and not self.of(action.key):
                why = " ".join(clash.sentence for clash in self.clashes(action.key, wanted))
                told.append(f"“{action.title}” has no keys: {why or owner(wanted)}")
        return told

    def clashes(self, key: str, keys: str) -> list[Clash]:
        titles = {action.key: action.title for action in self._actions.all()}
        return clashes(normal(keys), key, self.in_force, titles)

    # --- changing ---

    def set(self, key: str, keys: str) -> None:
        """Raises ConfigError when the file cannot be written; the keys are in force then all the same."""
        self.set_all({key: keys})

    def set_all(self, changes: Mapping[str, str]) -> None:
        for key, keys in changes.items():
            action = self._actions.get(key)
            if action is not None and normal(keys) == normal(action.keys):
                self._changes.pop(key, None)
            else:
                self._changes[key] = normal(keys)
        self._save()

    def give(self, key: str, keys: str, *, swap: bool) -> None:
        """Take the keys from whoever has them: with ``swap`` those get this action's present ones, else none."""
        before, taken = self.of(key), [clash.other for clash in self.clashes(key, keys) if clash.other]
        left = {other: before if swap and place == 0 else "" for place, other in enumerate(taken)}
        self.set_all({**left, key: keys})

    def reset(self, key: str | None = None) -> None:
        """One action's keys, or all of them, back to the default."""
        if key is None:
            self._changes.clear()
        else:
            self._changes.pop(key, None)
        self._save()

    def _save(self) -> None:
        self._forget()
        if self._file is not None:
            key_file.write(self._file, self._changes)

    def as_text(self) -> str:
        """The whole map for print: groups, then keys and titles, those without keys left out."""
        parts = []
        for group, actions in by_group(self._actions.all()).items():
            lines = [f"  {keys:<18}{action.title}\n" for action in actions if (keys := self.shown(action.key))]
            parts += [f"{group}\n{''.join(lines)}"] if lines else []
        return "\n".join(parts)
