"""The window's menu, the menu of workspaces, and that of one panel."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.frame_window import FrameWindow
from hlmaster.ui.session_strip import TAGS
from hlmaster.ui.workspaces.keeper import Keeper
from hlmaster.ui.workspaces.stage import Stage

SHOWN_VERSIONS = 10


class Menus:
    """Built anew each time: what they offer changes with what there is. ``keys_of`` an action, as a user reads them."""

    def __init__(self, context: Context, stage: Stage, keeper: Keeper) -> None:
        self._context, self._stage, self._keeper = context, stage, keeper

    def add(self, menu: QMenu, text: str, key: str, keys: str = "") -> QAction:
        """An entry that runs an action by its key."""
        action = menu.addAction(f"{text}\t{keys}" if keys else text, partial(self._context.actions.run, key))
        known = self._context.actions.get(key)
        action.setEnabled(known is not None and known.is_possible())
        return action

    # --- workspaces ---

    def fill_workspaces(self, menu: QMenu) -> None:
        store = self._keeper.store
        one_of = QActionGroup(menu)
        for name in store.names:
            action = menu.addAction(name, partial(self._keeper.switch, name))
            action.setCheckable(True)
            action.setChecked(name == store.current)
            one_of.addAction(action)
        menu.addSeparator()
        self.add(menu, "Save as, rename, export …", "workspace.manage")
        self.add(menu, "Undo", "workspace.undo").setEnabled(store.history.can_undo)
        self.add(menu, "Redo", "workspace.redo").setEnabled(store.history.can_redo)
        self._fill_versions(menu.addMenu("Versions"))
        menu.addAction("As it comes", self._keeper.reset)

    def _fill_versions(self, menu: QMenu) -> None:
        history = self._keeper.store.history
        where = figures.zone(self._context.desk.settings.general.time_zone)
        for number in reversed(range(len(history.versions))[-SHOWN_VERSIONS:]):
            version = history.versions[number]
            text = figures.moment(version.time_ms, where) + (" (now)" if number == history.at else "")
            menu.addAction(text, partial(self._keeper.restore, version))
        menu.setEnabled(bool(history.versions))

    # --- panels ---

    def fill_panels(self, menu: QMenu) -> None:
        stage = self._stage
        for key in stage.panels.keys:
            action = menu.addAction(stage.panels.title(key), partial(stage.toggle, key))
            action.setCheckable(True)
            action.setChecked(stage.is_open(key))
        menu.addSeparator()
        for kind in stage.panels.many:
            self.add(menu, f"New {stage.panels.title(kind).lower()}", f"panel.new_{kind}")

    def fill_new(self, menu: QMenu) -> None:
        self.add(menu, "New chart", "panel.new_chart")
        self.add(menu, "2×2 charts", "chart.four")
        self.add(menu, "New window", "window.new")

    def of_panel(self, key: str, parent: QWidget) -> QMenu:
        stage = self._stage
        menu = _made(parent)
        whole = "Back to its place" if stage.is_whole else "Whole window"
        menu.addAction(whole, partial(stage.toggle_whole, key))
        menu.addAction("Float", partial(self._float, key))
        for number, window in enumerate(stage.windows, 1):
            if stage.docks[key].window() is not window:
                menu.addAction(f"Move to {_name(window, number)}", partial(stage.move, key, window))
        menu.addAction("Move to a new window", partial(stage.new_window, key))
        menu.addSeparator()
        menu.addAction("Close", partial(stage.close_panel, key))
        return menu

    def _float(self, key: str) -> None:
        dock = self._stage.docks[key]
        dock.setFloating(not dock.isFloating())

    # --- the session's colour ---

    def fill_tags(self, menu: QMenu) -> None:
        one_of = QActionGroup(menu)
        for name in ("", *TAGS):
            action = menu.addAction(name.capitalize() or "The mode's alone", partial(self._keeper.set_tag, name))
            action.setCheckable(True)
            action.setChecked(name == self._keeper.store.tag)
            one_of.addAction(action)


class WorkspaceButton(QToolButton):
    """The name of the workspace that is shown, and the menu of all."""

    def __init__(self, menus: Menus, keeper: Keeper) -> None:
        super().__init__()
        self._menus, self._keeper = menus, keeper
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolTip("Workspaces: arrangements of panels and windows, by name")
        self.setAccessibleName("Workspace")
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        keeper.changed.connect(self._show_name)
        self._show_name()

    def _show_name(self) -> None:
        self.setText(f"{self._keeper.store.current} ▾")

    def _fill(self) -> None:
        self.menu().clear()
        self._menus.fill_workspaces(self.menu())


def _made(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return menu


def _name(window: FrameWindow, number: int) -> str:
    return "the main window" if number == 1 else f"window {number}"
