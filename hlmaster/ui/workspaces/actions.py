"""What can be done by name with panels, windows and workspaces."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject

from hlmaster.ui.actions import Action
from hlmaster.ui.context import Context
from hlmaster.ui.links import GROUPS
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.workspaces.keeper import Keeper
from hlmaster.ui.workspaces.stage import Stage

PANELS, WORKSPACES, WINDOW = "Panels", "Workspaces", "Window"
FIRST_KEYS = 9
"""Workspaces that a digit opens."""


class WorkspaceActions(QObject):
    """Ends with the window. ``manage`` opens the dialog."""

    def __init__(self, context: Context, stage: Stage, keeper: Keeper, manage: Callable[[], object]) -> None:
        super().__init__(keeper)
        self._context, self._stage, self._keeper = context, stage, keeper
        self._switches: dict[str, QObject] = {}
        self._add("window.full_screen", "Full screen", WINDOW, self._toggle_full, "F11")
        self._add("window.new", "New window", WINDOW, stage.new_window, "Ctrl+Shift+N")
        self._add("panel.next_tab", "Next tab", PANELS, partial(stage.step_tab, 1), "F6")
        self._add("panel.previous_tab", "Previous tab", PANELS, partial(stage.step_tab, -1), "Shift+F6")
        self._add("panel.whole", "Give a panel the whole window, or back", PANELS, stage.toggle_whole, "Shift+F11")
        self._add("panel.close", "Close the panel", PANELS, self._close, "Ctrl+W")
        self._add("chart.four", "2×2 charts", PANELS, stage.four_charts)
        for kind in stage.panels.many:
            title = stage.panels.title(kind).lower()
            keys = "Ctrl+Shift+T" if kind == "chart" else ""
            self._add(f"panel.new_{kind}", f"New {title}", PANELS, partial(self._new, kind), keys)
        for group in GROUPS.values():
            title = f"Colour group of the panel: {group.title}"
            self._add(f"panel.group_{group.name}", title, PANELS, partial(self._join, group.name))
        self._add("workspace.undo", "Undo the last change of the layout", WORKSPACES, keeper.undo, "Ctrl+Alt+Z")
        self._add("workspace.redo", "Redo the change of the layout", WORKSPACES, keeper.redo, "Ctrl+Alt+Y")
        self._add("workspace.manage", "Workspaces", WORKSPACES, manage, "Ctrl+Shift+W")
        keeper.changed.connect(self._show_names)
        self._show_names()
        stage.panels.opened.connect(self._offer)

    def _add(self, key: str, title: str, group: str, run: Callable[[], object], keys: str = "") -> None:
        self._context.actions.add(Action(key, title, group, run, keys), self)

    def _show_names(self) -> None:
        names = self._keeper.store.names
        for name in [name for name in self._switches if name not in names]:
            self._switches.pop(name).deleteLater()
        for number, name in enumerate(names, 1):
            if name not in self._switches:
                owner = self._switches[name] = QObject(self)
                keys = f"W, {number}" if number <= FIRST_KEYS else ""
                switch = partial(self._keeper.switch, name)
                action = Action(f"workspace.switch.{name}", f"Workspace {name}", WORKSPACES, switch, keys)
                self._context.actions.add(action, owner)

    def _offer(self, key: str) -> None:
        """An extra panel can be gone to as long as it is there."""
        panels = self._stage.panels
        if panels.is_extra(key):
            action = Action(f"panel.{key}", f"Go to {panels.title(key)}", PANELS, partial(self._stage.bring, key))
            self._context.actions.add(action, panels.docks[key])

    def _toggle_full(self) -> None:
        window = self._stage.main
        if window.isFullScreen():
            window.showNormal()
        else:
            window.showFullScreen()

    def _close(self) -> None:
        key = self._stage.panel_with_keys()
        if key is not None:
            self._stage.close_panel(key)

    def _new(self, kind: str) -> None:
        self._stage.add(kind)

    def _join(self, name: str) -> None:
        panel = self._stage.panels.panels.get(self._stage.panel_with_keys() or "")
        if isinstance(panel, MarketPanel):
            panel.join(name)
