"""The main window: panels in docks, top bar, status bar, and an orderly end."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QIcon
from PySide6.QtWidgets import QApplication, QMainWindow, QMenu, QTabWidget, QVBoxLayout, QWidget

from hlmaster.core.errors import ConfigError
from hlmaster.core.events import Severity
from hlmaster.core.logs import LogRing
from hlmaster.core.model import Mode
from hlmaster.core.resources import resource
from hlmaster.desk.desk import Desk
from hlmaster.settings import Origins, Settings
from hlmaster.storage.sessions import Sessions
from hlmaster.trading.execution.tracker import describe_order
from hlmaster.ui import arrangement, figures, layout, theme
from hlmaster.ui.actions import Action
from hlmaster.ui.alarms import Alarms
from hlmaster.ui.arrivals import Arrivals
from hlmaster.ui.bridge import Bridge
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.help import HelpWindow
from hlmaster.ui.dialogs.leaving import LeavingDialog
from hlmaster.ui.dialogs.sessions import SessionsDialog
from hlmaster.ui.dialogs.settings import SettingsDialog, put_in_force
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.hands.desk_actions import WindowVerbs, focus_in
from hlmaster.ui.hands.hands import Hands
from hlmaster.ui.notices import Banner, Notices
from hlmaster.ui.panel import Panel, page_about
from hlmaster.ui.panels.account_check import AccountCheckPanel
from hlmaster.ui.panels.analyst import AnalystPanel
from hlmaster.ui.panels.approvals import ApprovalsPanel
from hlmaster.ui.panels.chart import ChartPanel
from hlmaster.ui.panels.equity import EquityPanel
from hlmaster.ui.panels.fills import FillsPanel
from hlmaster.ui.panels.history import HistoryPanel
from hlmaster.ui.panels.journal import JournalPanel
from hlmaster.ui.panels.ladder import LadderPanel
from hlmaster.ui.panels.log import LogPanel
from hlmaster.ui.panels.opportunities import OpportunitiesPanel
from hlmaster.ui.panels.orders import OrdersPanel
from hlmaster.ui.panels.positions import PositionsPanel
from hlmaster.ui.panels.risk import RiskPanel
from hlmaster.ui.panels.sentiment import SentimentPanel
from hlmaster.ui.panels.signals import SignalsPanel
from hlmaster.ui.panels.strategies import StrategiesPanel
from hlmaster.ui.panels.tape import TapePanel
from hlmaster.ui.panels.ticket import TicketPanel
from hlmaster.ui.panels.tools import ToolsPanel
from hlmaster.ui.panels.watchlist import WatchlistPanel
from hlmaster.ui.sounds import Sounds
from hlmaster.ui.statusbar import StatusBar
from hlmaster.ui.topbar import TopBar

if TYPE_CHECKING:
    from hlmaster.desk.connector import Connected

log = logging.getLogger(__name__)
DEFAULT_SIZE = (1600, 980)
SMALLEST = (1080, 680)
AUTOSAVE_MS = 30_000


class Window(QMainWindow):
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
        self.bridge = Bridge(desk.bus, self)
        self.context = Context(desk, self.bridge, look)
        self.panels: dict[str, Panel] = {panel.KEY: panel for panel in self._make_panels(ring)}
        self.docks = {key: PanelDock(panel, self) for key, panel in self.panels.items()}
        self._top, self._status = TopBar(self.context), StatusBar(self.context)
        self._help = HelpWindow(self)
        self._build()
        self._arrange()
        self._restore_layout()
        self._notices = Notices(self.context, self)
        for dock in self.docks.values():
            # A tab that comes forward comes over everything.
            dock.visibilityChanged.connect(lambda _: QTimer.singleShot(0, self._notices, self._notices.raise_))
        self._follow_approvals()
        self.hands = self._give_hands()
        self.context.help_wanted.connect(self._help.open_help)
        self.context.setting_wanted.connect(self._put_setting)
        self._autosave = QTimer(self, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self._save_layout)
        self._autosave.start()

    # --- building ---

    def _make_panels(self, ring: LogRing) -> list[Panel]:
        kinds: tuple[Callable[[Context], Panel], ...] = (
            WatchlistPanel,
            OpportunitiesPanel,
            ChartPanel,
            LadderPanel,
            TapePanel,
            ApprovalsPanel,
            TicketPanel,
            ToolsPanel,
            AnalystPanel,
            SentimentPanel,
            PositionsPanel,
            OrdersPanel,
            FillsPanel,
            HistoryPanel,
            AccountCheckPanel,
            EquityPanel,
            SignalsPanel,
            RiskPanel,
            StrategiesPanel,
            JournalPanel,
        )
        return [*(kind(self.context) for kind in kinds), LogPanel(self.context, ring)]

    def _build(self) -> None:
        self.setWindowTitle(f"HyperliquidMaster – {self._desk.mode} – {self._desk.session.name}")
        self.setWindowIcon(QIcon(str(resource("icons", "hlmaster.svg"))))
        self.setMinimumSize(*SMALLEST)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        options = QMainWindow.DockOption.AnimatedDocks | QMainWindow.DockOption.AllowTabbedDocks
        self.setDockOptions(options | QMainWindow.DockOption.AllowNestedDocks | QMainWindow.DockOption.GroupedDragging)
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._top)
        column.addWidget(Banner(self.context))
        self.setMenuWidget(head)
        strip = self.statusBar()
        strip.setSizeGripEnabled(False)
        strip.setContentsMargins(0, 0, 0, 0)
        strip.addWidget(self._status, 1)
        self._top.menu_wanted.connect(self._open_menu)
        self._top.session_wanted.connect(self._open_sessions)
        self._top.mode_wanted.connect(self._open_modes)
        for dock in self.docks.values():
            dock.dockLocationChanged.connect(lambda _: QTimer.singleShot(0, self, self._refresh_titles))
            dock.visibilityChanged.connect(lambda _: QTimer.singleShot(0, self, self._refresh_titles))

    def _arrange(self) -> None:
        arrangement.arrange(self, self.docks)
        self._refresh_titles()

    def _follow_approvals(self) -> None:
        """Cards come forward when they are wanted, from the keyboard or from the desktop's notification."""
        approvals = self.panels["approvals"]
        assert isinstance(approvals, ApprovalsPanel)
        approvals.wanted.connect(lambda: self._bring_forward("approvals"))
        first = Action("approvals.first", "First proposal", "Approvals", approvals.focus_first, "F2")
        self.context.actions.add(first, approvals)
        self._sounds = Sounds(self.context, self)
        self._alarms = Alarms(self.context, self._sounds, self)
        self._arrivals = Arrivals(self.context, self._sounds, self)
        self._arrivals.opened.connect(self.activateWindow)
        self._arrivals.opened.connect(approvals.focus_first)

    def _bring_forward(self, key: str) -> None:
        self.docks[key].show()
        self.docks[key].raise_()

    def _refresh_titles(self) -> None:
        for dock in self.docks.values():
            dock.refresh_title()

    def _give_hands(self) -> Hands:
        watchlist = self.panels["watchlist"]
        assert isinstance(watchlist, WatchlistPanel)
        verbs = WindowVerbs(
            help=self._open_help,
            settings=self._open_settings,
            save=self._save_layout,
            leave=self.close,
            begin_afresh=lambda: self._switch(self._desk.session.name, self._start_balance),
            sessions=self._open_sessions,
            modes=self._open_modes,
            arrange=self._arrange,
            pause=self._top.toggle_pause,
            show_panel=self._go_to,
            show_strategy=self._show_strategy,
            panels=lambda: [(key, panel.TITLE) for key, panel in self.panels.items()],
            pages=self._help.pages,
            coins=lambda: watchlist.rows,
            panic=self._top.panic.press,
        )
        return Hands(self.context, self, self._top, verbs, self._sounds, self._sessions.data)

    def _go_to(self, key: str) -> None:
        self._bring_forward(key)
        focus_in(self.panels[key])

    def _show_strategy(self, name: str) -> None:
        self._go_to("strategies")
        panel = self.panels["strategies"]
        assert isinstance(panel, StrategiesPanel)
        panel.table.selectRow(panel.model.position(name))

    def _open_menu(self, below: QWidget) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        panels = menu.addMenu("Panels")
        for dock in self.docks.values():
            panels.addAction(dock.toggleViewAction())
        menu.addAction("Default layout", self._arrange)
        menu.addSeparator()
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

    def open(self, size: tuple[int, int] | None) -> None:
        """Show the window; ``size`` overrules what the layout remembers and brings the default arrangement."""
        if size is not None:
            self.resize(*size)
            self._arrange()
        self.show()
        self._top.reserve()
        QTimer.singleShot(0, self, lambda: log.info("the window is shown"))
        QTimer.singleShot(0, self.hands, self.hands.tell_problems)
        if size is not None or not self._is_arranged:
            QTimer.singleShot(0, self, lambda: arrangement.size(self, self.docks))

    def _restore_layout(self) -> None:
        self.resize(*DEFAULT_SIZE)
        remembered = layout.restore(self, self._layout_file)
        self._is_arranged = remembered.arranged
        if not self._is_arranged:
            self._arrange()
        for key, memory in remembered.panels.items():
            panel = self.panels.get(key)
            if panel is not None:
                panel.restore_state(memory)
        self._refresh_titles()

    @property
    def _layout_file(self) -> Path:
        return self._desk.session.folder / "layout.json"

    def _save_layout(self) -> None:
        layout.save(self, self._layout_file, {key: panel.save_state() for key, panel in self.panels.items()})

    def save_picture(self, file: Path) -> bool:
        """A PNG of the window as it stands; whether it could be written."""
        return self.grab().save(str(file), "PNG")

    def closeEvent(self, event: QCloseEvent) -> None:
        """With nothing open (or a policy in the settings) the window closes; else it asks first."""
        event.ignore()
        if self.closed.is_set():
            event.accept()
            return
        policy = self._desk.settings.general.on_leaving
        positions = [f"{p.coin} {figures.plain(p.size)}" for p in self._desk.portfolio.positions()]
        orders = [describe_order(order) for order in self._desk.orders.live()]
        if policy != "ask" or not (positions or orders):
            self._decide("keep" if policy == "ask" else policy)
            return
        self._leaving = LeavingDialog("\n".join(positions), "\n".join(orders), self)
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
        self._autosave.stop()
        self._sounds.stop()
        self._save_layout()
        self._help.close()
        self.hide()
        await self.context.close()
        self.closed.set()
        self.close()
        self.deleteLater()

    # --- dialogs ---

    def _open_help(self) -> None:
        self._help.open_help(page_about(_application().focusWidget()))

    def _put_setting(self, key: str, value: object) -> None:
        try:
            self._take_settings(*put_in_force(self.context, self._settings_file, self._origins, {key: value}))
        except ConfigError as error:
            self.context.notify(Severity.ERROR, error.sentence, error.code, error.cure)

    def _open_settings(self, key: str = "") -> None:
        dialog = SettingsDialog(self.context, self._settings_file, self._origins, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.applied.connect(self._take_settings)
        if key:
            dialog.show_field(key)
        dialog.open()

    def _take_settings(self, settings: Settings, origins: Origins) -> None:
        self._origins = origins
        general = settings.general
        figures.hide_money(general.privacy)
        look = theme.chosen(general)
        theme.apply(_application(), look)
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
