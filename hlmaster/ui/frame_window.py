"""Windows that hold docks: the main one, and those beside it for other screens."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QIcon, QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QMainWindow, QTabWidget, QToolBar, QVBoxLayout, QWidget

from hlmaster.core.events import Severity
from hlmaster.core.resources import resource
from hlmaster.ui.banner import Banner
from hlmaster.ui.context import Context
from hlmaster.ui.dock import PanelDock
from hlmaster.ui.freshness import Freshness
from hlmaster.ui.notices import Notices
from hlmaster.ui.session_strip import SessionStrip, account_words
from hlmaster.ui.sizes import GAP
from hlmaster.ui.tearing import Tearing
from hlmaster.ui.workspaces.nodes import Rect, Spread
from hlmaster.ui.workspaces.placing import rect_of
from hlmaster.ui.workspaces.screens import rescued

SMALLEST_SIDE = (360, 240)
BEAT_MS = 500
TITLE_BAR = 32
"""Pixels over a window that its title bar may take; it must be seen, for the window is moved by it."""


EDGES = (
    Qt.ToolBarArea.TopToolBarArea,
    Qt.ToolBarArea.BottomToolBarArea,
    Qt.ToolBarArea.LeftToolBarArea,
    Qt.ToolBarArea.RightToolBarArea,
)


def _edge(area: Qt.ToolBarArea) -> QToolBar:
    """Bare room between the window's edge and its docks, as wide as that between docks: Qt offers no margin there."""
    edge = QToolBar()
    edge.setObjectName(f"edge.{area.name}")
    edge.setProperty("role", "edge")
    edge.setMovable(False)
    is_flat = area in (Qt.ToolBarArea.TopToolBarArea, Qt.ToolBarArea.BottomToolBarArea)
    (edge.setFixedHeight if is_flat else edge.setFixedWidth)(GAP)
    return edge


class FrameWindow(QMainWindow):
    """Docks may be nested and tabbed, and torn out of their tabs. ``moved``: the window itself, or its size."""

    moved = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowIcon(QIcon(str(resource("icons", "hlmaster.svg"))))
        # Each panel has a menu of its own.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        self.setDockOptions(QMainWindow.DockOption.AllowTabbedDocks | QMainWindow.DockOption.AllowNestedDocks)
        self.tearing = Tearing(self)
        for area in EDGES:
            self.addToolBar(area, _edge(area))

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self.moved.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A picture that is kept does not fill another size.
        self.setUpdatesEnabled(True)
        for dock in self.findChildren(PanelDock, options=Qt.FindChildOption.FindDirectChildrenOnly):
            dock.uncover()
        self.moved.emit()

    def put(self, rect: Rect | None, spread: Spread) -> None:
        """There, if a screen still shows it; else whole on one that does."""
        if rect is not None:
            wanted = Rect(rect.left, rect.top - TITLE_BAR, rect.width, rect.height + TITLE_BAR)
            found = rescued(wanted, screens())
            self.setGeometry(QRect(found.left, found.top + TITLE_BAR, found.width, found.height - TITLE_BAR))
        state = {Spread.MAXIMISED: Qt.WindowState.WindowMaximized, Spread.FULL: Qt.WindowState.WindowFullScreen}
        self.setWindowState(state.get(spread, Qt.WindowState.WindowNoState))


def screens() -> list[Rect]:
    """The free areas of all screens, the main one first."""
    first = QApplication.primaryScreen()
    others = [screen for screen in QApplication.screens() if screen is not first]
    return [rect_of(screen.availableGeometry()) for screen in (first, *others) if screen is not None]


class SideWindow(FrameWindow):
    """A window beside the main one. ``closing``: the user closes it; whoever listens takes its panels home."""

    closing = Signal()

    def __init__(self, context: Context, number: int, main: QWidget) -> None:
        super().__init__()
        self._main = main
        self.setMinimumSize(*SMALLEST_SIDE)
        self.setWindowTitle(f"HyperliquidMaster {number} – {account_words(context)}")
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.strip = SessionStrip(context)
        column.addWidget(self.strip)
        column.addWidget(self._line(context))
        column.addWidget(Banner(context))
        self.setMenuWidget(head)
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(lambda: self._freshness.show_health(context.desk.health()))
        self._beat.start()
        self._freshness.show_health(context.desk.health())
        # Small things are told where the hands are; what is grave, on every screen.
        self._notices = Notices(context, self, Severity.ERROR)

    def _line(self, context: Context) -> QWidget:
        """Whose money it is, in the mode's colour, and whether prices are of now."""
        line = QWidget()
        line.setProperty("role", "statusbar")
        line.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        badge = QLabel(str(context.desk.mode).upper())
        badge.setProperty("role", "badge")
        badge.setProperty("mode", str(context.desk.mode))
        self.words, self._freshness = QLabel(account_words(context)), Freshness()
        row = QHBoxLayout(line)
        row.setContentsMargins(8, 4, 14, 4)
        row.setSpacing(10)
        row.addWidget(badge)
        row.addWidget(self.words)
        row.addStretch()
        row.addWidget(self._freshness)
        return line

    def closeEvent(self, event: QCloseEvent) -> None:
        event.accept()
        self.closing.emit()

    def beside(self, at: int) -> Rect:
        """Where it opens when nobody says: over the main window, each a little further."""
        corner = self._main.frameGeometry().topLeft() + QPoint(60, 60) * at
        return Rect(corner.x(), corner.y(), 900, 640)
