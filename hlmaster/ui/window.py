"""The main window: panels in docks, top bar, status bar, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QApplication, QMenu, QVBoxLayout, QWidget

from hlmaster.core.errors import ConfigError
from hlmaster.core.events import Severity
from hlmaster.core.logs import LogRing
from hlmaster.core.model import Mode
from hlmaster.desk.desk import Desk
from hlmaster.settings import Origins, Settings
from hlmaster.storage.sessions import Sessions
from hlmaster.ui import figures, theme
from hlmaster.ui.actions import Action
from hlmaster.ui.alarms import Alarms
from hlmaster.ui.arrivals import Arrivals
from hlmaster.ui.banner import Banner
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.leaving import LeavingDialog
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.frame_window import FrameWindow
from hlmaster.ui.hands.desk_actions import WindowVerbs, focus_in
from hlmaster.ui.hands.hands import Hands
from hlmaster.ui.menu import Menus, WorkspaceButton
from hlmaster.ui.notices import Notices
from hlmaster.ui.panel import Panel, page_about
from hlmaster.ui.panel_set import PanelSet
from hlmaster.ui.panels.approvals import ApprovalsPanel
from hlmaster.ui.panels.strategies import StrategiesPanel
from hlmaster.ui.panels.watchlist import WatchlistPanel
from hlmaster.ui.session_strip import SessionStrip, account_words
from hlmaster.ui.sounds import Sounds
from hlmaster.ui.statusbar import StatusBar
from hlmaster.ui.topbar import TopBar
from hlmaster.ui.what_is_open import left_alone, what_is_open
from hlmaster.ui.workspaces.actions import WorkspaceActions
from hlmaster.ui.workspaces.keeper import Keeper
from hlmaster.ui.workspaces.stage import Stage
from hlmaster.ui.workspaces.store import Workspaces
from hlmaster.ui.workspaces.turns import Turns

if TYPE_CHECKING:
    from hlmaster.desk.connector import Connected
    from hlmaster.ui.dialogs.help import HelpWindow

log = logging.getLogger(__name__)
DEFAULT_SIZE = (1600, 980)
SMALLEST = (1080, 680)


class Window(FrameWindow):
    """``closed`` is set when the user has left and said what happens to what is open.

    ``next_session`` names the session to open afterwards, with a balance when it is to be reset; ``next_connected`` the
    mode and account.
    """

    def __init__(
        self,
        desk: Desk,
        settings_file: Path,
        origins: Origins,
        ring: LogRing,
        sessions: Sessions,
        ready_file: Path | None = None,
    ) -> None:
        """``ready_file``: of an embedded exchange that plays testnet or live here, for rehearsals."""
        super().__init__()
        self._ready_file = ready_file
        self.closed = asyncio.Event()
        self.next_session: tuple[str, Decimal | None] | None = None
        self.next_connected: Connected | None = None
        self._desk, self._settings_file, self._origins, self._sessions = desk, settings_file, origins, sessions
        self._leaving: LeavingDialog | None = None
        general = desk.settings.general
        self._scale_percent = general.scale_percent
        figures.hide_money(general.privacy)
        look = theme.chosen(general)
        theme.load_fonts()
        theme.apply(_application(), look)
        self._dressing = Turns(self)
        self.bridge = Bridge(desk.bus, self)
        self.context = Context(desk, self.bridge, look)
        self._panel_set = PanelSet(self.context, ring, self)
        self._top, self._status = TopBar(self.context), StatusBar(self.context)
        self._strip = SessionStrip(self.context)
        self._help_made: HelpWindow | None = None
        self.stage = Stage(self.context, self, self._panel_set)
        self.keeper = Keeper(self.context, self.stage, Workspaces(desk.session.folder, desk.clock))
        self._menus = Menus(self.context, self.stage, self.keeper)
        self._build()
        self._notices = Notices(self.context, self)
        self._panel_set.opened.connect(self._follow_dock)
        for key in self.docks:
            self._follow_dock(key)
        self._follow_approvals()
        self.hands = self._give_hands()
        WorkspaceActions(self.context, self.stage, self.keeper, self._open_workspaces)
        self.context.help_wanted.connect(self._open_page)
        self.context.setting_wanted.connect(self._put_setting)

    @property
    def panels(self) -> dict[str, Panel]:
        return self._panel_set.panels

    @property
    def docks(self) -> dict[str, PanelDock]:
        return self._panel_set.docks

    # --- building ---

    def _build(self) -> None:
        self.setWindowTitle(f"HyperliquidMaster – {account_words(self.context)}")
        # A scale of 200 % leaves less than that of a small screen
        self.setMinimumSize(QSize(*SMALLEST).boundedTo(self.screen().availableSize()))
        self.resize(*DEFAULT_SIZE)
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._strip)
        column.addWidget(self._top)
        column.addWidget(Banner(self.context))
        self.setMenuWidget(head)
        strip = self.statusBar()
        strip.setSizeGripEnabled(False)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.addWidget(self._status, 1)
        self._workspace = WorkspaceButton(self._menus, self.keeper)
        strip.addPermanentWidget(self._workspace)
        self._top.menu_wanted.connect(self._open_menu)
        self._top.session_wanted.connect(self._open_sessions)
        self._top.mode_wanted.connect(self._open_modes)
        self.keeper.changed.connect(self._show_workspace)
        self._show_workspace()

    def _follow_dock(self, key: str) -> None:
        dock = self.docks[key]
        # A tab that comes forward comes over everything.
        dock.visibilityChanged.connect(lambda _: QTimer.singleShot(0, self._notices, self._notices.raise_))
        dock.menu_wanted.connect(lambda at: self._menus.of_panel(key, dock).popup(at))

    def _show_workspace(self) -> None:
        tag = self.keeper.store.tag
        for strip in (self._strip, *(side.strip for side in self.stage.sides)):
            strip.set_tag(tag)

    def _follow_approvals(self) -> None:
        """Cards come forward when they are wanted, from the keyboard or from the desktop's notification."""
        approvals = self.panels["approvals"]
        assert isinstance(approvals, ApprovalsPanel)
        approvals.wanted.connect(lambda: self.stage.bring("approvals", with_keys=False))
        first = Action("approvals.first", "First proposal", "Approvals", approvals.focus_first, "F2")
        self.context.actions.add(first, approvals)
        self._sounds = Sounds(self.context, self)
        self._alarms = Alarms(self.context, self._sounds, self)
        self._arrivals = Arrivals(self.context, self._sounds, self)
        self._arrivals.opened.connect(self.activateWindow)
        self._arrivals.opened.connect(approvals.focus_first)

    def _give_hands(self) -> Hands:
        watchlist = self.panels["watchlist"]
        assert isinstance(watchlist, WatchlistPanel)
        verbs = WindowVerbs(
            help=self._open_help,
            settings=self._open_settings,
            save=self.keeper.save,
            leave=self.close,
            begin_afresh=lambda: self._switch(self._desk.session.name, self._start_balance),
            sessions=self._open_sessions,
            modes=self._open_modes,
            arrange=self.keeper.reset,
            pause=self._top.toggle_pause,
            show_panel=self._go_to,
            show_strategy=self._show_strategy,
            panels=lambda: [(key, self._panel_set.title(key)) for key in self._panel_set.keys],
            pages=self._help_pages,
            coins=lambda: watchlist.rows,
            panic=self._top.panic.press,
        )
        hands = Hands(self.context, self, self._top, verbs, self._sounds, self._sessions.data)
        self.stage.window_opened.connect(hands.shortcuts.serve)
        self.stage.window_opened.connect(self._show_workspace)
        return hands

    def _go_to(self, key: str) -> None:
        self.stage.bring(key)
        focus_in(self.panels[key])

    def _show_strategy(self, name: str) -> None:
        self._go_to("strategies")
        panel = self.panels["strategies"]
        assert isinstance(panel, StrategiesPanel)
        panel.table.selectRow(panel.model.position(name))

    def _open_menu(self, below: QWidget) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._menus.fill_workspaces(menu.addMenu(f"Workspace: {self.keeper.store.current}"))
        self._menus.fill_panels(menu.addMenu("Panels"))
        self._menus.fill_new(menu)
        menu.addSeparator()
        self._menus.fill_tags(menu.addMenu("Colour of this session"))
        menu.addAction("Mode and account …", self._open_modes)
        menu.addAction("Sessions …", self._open_sessions)
        self._add_by_keys(menu, "Find anything …", "hands.palette")
        self._add_by_keys(menu, "Settings …", "window.settings")
        self._add_by_keys(menu, "Keyboard …", "window.keys")
        self._add_by_keys(menu, "Help", "window.help")
        menu.addSeparator()
        self._add_by_keys(menu, "Leave", "window.leave")
        menu.popup(below.mapToGlobal(below.rect().bottomLeft()))

    def _add_by_keys(self, menu: QMenu, text: str, key: str) -> None:
        menu.addAction(f"{text}\t{self.hands.keymap.shown(key)}", lambda: self.context.actions.run(key))

    # --- life ---

    def open(self, size: tuple[int, int] | None, *, default_layout: bool = False) -> None:
        """Show the window; ``size`` overrules what the layout remembers and brings the default arrangement.

        ``default_layout``: that arrangement too, and nothing is written over the saved one until the user saves.
        """
        self.keeper.begin(size, default=default_layout)
        self.show()
        self._top.reserve()
        QTimer.singleShot(0, self, lambda: log.info("the window is shown"))
        QTimer.singleShot(0, self.hands, self.hands.tell_problems)
        QTimer.singleShot(0, self.stage, self.stage.proportion)
        QTimer.singleShot(0, self.keeper, self.keeper.tell_trouble)

    def save_picture(self, file: Path) -> bool:
        """A PNG of the window as it stands; whether it could be written."""
        self.stage.finish()
        self._dressing.finish()
        return self.grab().save(str(file), "PNG")

    def closeEvent(self, event: QCloseEvent) -> None:
        """With nothing open (or a policy in the settings) the window closes; else it asks first."""
        event.ignore()
        if self.closed.is_set():
            event.accept()
            return
        policy = self._desk.settings.general.on_leaving
        now = what_is_open(self._desk)
        if policy != "ask" or now.is_nothing:
            self._decide("keep" if policy == "ask" else policy)
            return
        alone, bare = left_alone(self._desk.mode), bool(now.bare)
        self._leaving = LeavingDialog(now.held(), now.resting(), now.protection(), alone, self, is_bare=bare)
        self._leaving.decided.connect(self._decide)
        self._leaving.open()

    def _decide(self, decision: str) -> None:
        if decision == "stay":
            self.next_session = self.next_connected = None
            return
        self.context.run(self._leave(decision), "leaving")

    async def _leave(self, decision: str) -> None:
        manual = self._desk.manual
        if decision == "cancel_entries":
            await manual.cancel_entries()
        elif decision == "flatten":
            report = await manual.flatten_all()
            if not report.is_flat:
                return
        self.closed.set()

    async def shut(self) -> None:
        """After ``closed``: remember the layout, end subscriptions, let verbs in flight finish, go."""
        self._sounds.stop()
        self._dressing.finish()
        self.keeper.close()
        self.stage.close()
        if self._help_made is not None:
            self._help_made.close()
        self.hide()
        await self.context.close()
        self.closed.set()
        self.close()
        self.deleteLater()

    # --- dialogs, each imported when it is first wanted ---

    @property
    def _help(self) -> HelpWindow:
        if self._help_made is None:
            from hlmaster.ui.dialogs.help import HelpWindow

            self._help_made = HelpWindow(self)
        return self._help_made

    def _help_pages(self) -> Sequence[tuple[str, str]]:
        return self._help.pages()

    def _open_page(self, name: str) -> None:
        self._help.open_help(name)

    def _open_help(self) -> None:
        self._open_page(page_about(_application().focusWidget()))

    def _put_setting(self, key: str, value: object) -> None:
        from hlmaster.ui.dialogs.settings import put_in_force

        try:
            self._take_settings(*put_in_force(self.context, self._settings_file, self._origins, {key: value}))
        except ConfigError as error:
            self.context.notify(Severity.ERROR, error.sentence, error.code, error.cure)

    def _open_settings(self, key: str = "") -> None:
        from hlmaster.ui.dialogs.settings import SettingsDialog

        dialog = SettingsDialog(self.context, self._settings_file, self._origins, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.applied.connect(self._take_settings)
        if key:
            dialog.show_field(key)
        dialog.open()

    def _take_settings(self, settings: Settings, origins: Origins) -> None:
        self._origins = origins
        general = settings.general
        is_other, look = figures.hide_money(general.privacy), theme.chosen(general)
        if look != self.context.theme:
            self._dressing.start(theme.dress(_application(), look))
            self._dressing.step()
            is_other = True
        if is_other:
            self.context.set_theme(look)
        if general.scale_percent != self._scale_percent:
            self._scale_percent = general.scale_percent
            self.context.notify(Severity.INFO, f"A scale of {general.scale_percent} % is in force after a restart.")

    @property
    def _start_balance(self) -> Decimal:
        settings = self._desk.settings
        return (settings.paper if self._desk.mode is Mode.PAPER else settings.demo).start_balance

    def _open_sessions(self) -> None:
        settings, mode = self._desk.settings, self._desk.mode
        from hlmaster.ui.dialogs.sessions import SessionsDialog

        dialog = SessionsDialog(
            self._sessions,
            mode,
            self._desk.session.name,
            self,
            database=settings.storage.database_url,
            settings_toml=settings.export(),
            zone=figures.zone(settings.general.time_zone),
            balance=self._start_balance,
        )
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(lambda name: self._switch(name, None))
        dialog.reset_wanted.connect(self._switch)
        dialog.open()

    def _open_workspaces(self) -> None:
        from hlmaster.ui.dialogs.workspaces import WorkspacesDialog

        dialog = WorkspacesDialog(self.keeper, figures.zone(self._desk.settings.general.time_zone), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()

    def _open_modes(self) -> None:
        from hlmaster.desk.connector import Connector
        from hlmaster.ui.dialogs.connect import ConnectDialog

        dialog = ConnectDialog(self._sessions, self._desk.mode, Connector(self._sessions.data, self._ready_file), self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.connected.connect(self._connect)
        dialog.open()

    def _connect(self, connected: Connected) -> None:
        """Another mode or account is another desk: this window closes, with its questions, and the next one opens."""
        self.next_connected = connected
        self.close()

    def _switch(self, name: str, balance: Decimal | None) -> None:
        self.next_session = (name, balance)
        self.close()


def _application() -> QApplication:
    application = QApplication.instance()
    if not isinstance(application, QApplication):
        raise TypeError("the window needs a QApplication")
    return application
