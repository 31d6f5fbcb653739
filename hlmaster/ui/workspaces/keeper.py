"""Keeps what the windows show: saved as it changes, undone, switched, and brought back at the next start."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QByteArray, QObject, QTimer, Signal

from hlmaster.core.errors import HlError
from hlmaster.core.events import Severity
from hlmaster.ui.context import Context
from hlmaster.ui.workspaces.history import Version
from hlmaster.ui.workspaces.nodes import Rect, Spread, Workspace
from hlmaster.ui.workspaces.placing import rect_of
from hlmaster.ui.workspaces.shipped import shipped
from hlmaster.ui.workspaces.stage import Stage
from hlmaster.ui.workspaces.store import OLDEST_WITH_STATE, Legacy, Workspaces

AUTOSAVE_MS = 30_000
SOON_MS = 700
NOTICED, ONLY_SHAPE = 0.02, 1.0
"""Shares that a separator must have moved to count as a change; where the window itself grew, none does."""


class Keeper(QObject):
    """``changed``: another workspace, other names, or something else to undo."""

    changed = Signal()

    def __init__(self, context: Context, stage: Stage, store: Workspaces) -> None:
        super().__init__(stage)
        self._context, self._stage, self.store = context, stage, store
        self.is_held = False
        """Nothing is written until the user saves: the window was asked to start with the default arrangement."""
        self._last: Workspace | None = None
        self._begins = True
        """What settles next is where changes are counted from."""
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self.keep)
        self._autosave = QTimer(self, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self.keep)
        stage.changed.connect(self._soon.start)
        stage.settled.connect(self._settled)

    # --- beginning and end ---

    def begin(self, size: tuple[int, int] | None, *, default: bool = False) -> None:
        """Set up what was there last; with a ``size``, or ``default``, the default arrangement."""
        main = self._stage.main
        self.is_held = default
        if size is not None:
            main.resize(*size)
        if size is not None or default:
            self._stage.show(replace(self._shipped(), panels=self._remembered().panels))
        elif self.store.legacy is not None:
            self._take_over(self.store.legacy)
        else:
            self._stage.show(self._remembered(), with_place=True)
        self._autosave.start()

    def tell_trouble(self) -> None:
        """Once the window can show it."""
        if self.store.trouble:
            cure = "The last version that was good is used; Workspaces in the menu has the others."
            self._context.notify(Severity.WARNING, f"{self.store.trouble}.", "LAY-001", cure)

    def close(self) -> None:
        self._soon.stop()
        self._autosave.stop()
        self.keep()

    def _shipped(self) -> Workspace:
        main = self._stage.main
        return shipped(self.store.current, main.width(), main.height())

    def _remembered(self) -> Workspace:
        legacy = self.store.legacy
        if legacy is not None:
            panels = {key: {"state": state} for key, state in legacy.panels.items()}
            return Workspace(self._shipped().arrangement, panels)
        return self.store.get(self.store.current) or self._shipped()

    def _take_over(self, legacy: Legacy) -> None:
        """The toolkit's own words are read once, over the default: panels that they do not know stay there."""
        main = self._stage.main
        main.restoreGeometry(_bytes(legacy.geometry))
        main.put(rect_of(main.normalGeometry()) if not main.isVisible() else None, Spread.NORMAL)
        self._stage.show(self._remembered())
        if legacy.docks is not None and main.restoreState(_bytes(legacy.docks), OLDEST_WITH_STATE):
            self._stage.is_foreign = True

    def _settled(self) -> None:
        if self._begins:
            self._begins, self._last = False, self._stage.workspace()

    # --- keeping ---

    def save(self) -> None:
        """The user wants it kept now."""
        self.is_held = False
        if self.keep():
            self._context.notify(Severity.INFO, f"The workspace {self.store.current} is saved.")

    def keep(self) -> bool:
        """Write down what there is; a move of panels since the last time can be undone. Whether it is on disk."""
        if self.is_held or not self._stage.main.isVisible():
            return False
        now, last = self._stage.workspace(), self._last
        is_change = (
            not self._begins
            and last is not None
            and not now.arrangement.is_like(last.arrangement, _tolerance(now, last))
        )

        def put() -> None:
            if is_change and last is not None and not self.store.history.versions:
                self.store.put(last, is_change=True)
            self.store.put(now, is_change=is_change)

        kept = self._try(put)
        if is_change or last is None or _sizes(now) != _sizes(last):
            self._last = now
        if is_change:
            self.changed.emit()
        return kept

    def _try(self, work: Callable[[], object]) -> bool:
        try:
            work()
        except HlError as error:
            self._context.notify(Severity.ERROR, error.sentence, error.code, error.cure)
            return False
        return True

    def _show(self, workspace: Workspace) -> None:
        self._soon.stop()
        self._begins = True
        self._stage.show(workspace)
        self.changed.emit()

    # --- the user's verbs ---

    def switch(self, name: str) -> None:
        if name != self.store.current:
            self.keep()
            if self._try(lambda: self.store.switch(name)):
                self._show(self._remembered())

    def reset(self) -> None:
        """The current one as it comes; it can be undone."""
        self._stage.show(self._shipped())
        self._soon.start()

    def undo(self) -> None:
        self._step(-1, "undo")

    def redo(self) -> None:
        self._step(1, "redo")

    def _step(self, by: int, word: str) -> None:
        self.keep()
        found: list[Workspace | None] = []
        self._try(lambda: found.append(self.store.step(by)))
        if found and found[0] is not None:
            self._show(found[0])
        elif found:
            self._context.notify(Severity.INFO, f"There is no change of the layout to {word}.")

    def restore(self, version: Version) -> None:
        """An older version; it can be undone."""
        self.keep()
        self._show(version.workspace)
        self._try(lambda: self.store.put(version.workspace, is_change=True))
        self.changed.emit()

    def save_as(self, name: str) -> bool:
        self.keep()
        return self._do(lambda: self.store.save_as(name))

    def rename(self, old: str, new: str) -> bool:
        return self._do(lambda: self.store.rename(old, new))

    def duplicate(self, name: str) -> bool:
        self.keep()
        return self._do(lambda: self.store.duplicate(name))

    def delete(self, name: str) -> bool:
        return self._do(lambda: self.store.delete(name))

    def take_in(self, file: Path) -> bool:
        return self._do(lambda: self.store.take_in(file))

    def export(self, name: str, file: Path) -> bool:
        if name == self.store.current:
            self.keep()
        main = self._stage.main
        workspace = self.store.get(name) or shipped(name, main.width(), main.height())
        done = self._try(lambda: self.store.export(name, file, workspace))
        if done:
            self._context.notify(Severity.INFO, f"The workspace {name} is written to {file}.")
        return done

    def set_tag(self, tag: str) -> bool:
        return self._do(lambda: self.store.set_tag(tag))

    def _do(self, work: Callable[[], object]) -> bool:
        done = self._try(work)
        self.changed.emit()
        return done


def _sizes(workspace: Workspace) -> list[tuple[int, int]]:
    rects = (frame.rect or Rect(0, 0, 0, 0) for frame in workspace.arrangement.frames)
    return [(rect.width, rect.height) for rect in rects]


def _tolerance(now: Workspace, last: Workspace) -> float:
    return NOTICED if _sizes(now) == _sizes(last) else ONLY_SHAPE


def _bytes(text: str) -> QByteArray:
    try:
        return QByteArray(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        return QByteArray()
