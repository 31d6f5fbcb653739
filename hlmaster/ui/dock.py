"""Docks that look like panels: a title row with the panel's own controls, or tabs where several share a place."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QSizePolicy,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from hlmaster.ui import tearing
from hlmaster.ui.link_dot import LinkDot
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.panel import Panel

HEAD_HEIGHT = 30
LEAST_WIDTH = 60
TITLE_SIZE = QSize(LEAST_WIDTH, HEAD_HEIGHT)
"""Shared: read, do not change."""


class Head(QWidget):
    """A row of controls; a right click asks for the panel's menu, a double click for the whole window."""

    menu_wanted = Signal(QPoint)
    whole_wanted = Signal()

    def __init__(self, role: str) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.row = QHBoxLayout(self)

    def minimumSizeHint(self) -> QSize:
        """A narrow place cuts the controls' end; it never makes the window wider than its screen."""
        return QSize(LEAST_WIDTH, super().minimumSizeHint().height())

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu_wanted.emit(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.whole_wanted.emit()


class TitleRow(Head):
    """The title of a dock that stands alone, with room for the panel's controls at its right."""

    def __init__(self, title: str) -> None:
        super().__init__("panelhead")
        self.setFixedHeight(HEAD_HEIGHT)
        self.label = QLabel(title)
        self.label.setProperty("role", "paneltitle")
        self.label.setFixedHeight(HEAD_HEIGHT - 2)
        self.label.setIndent(0)
        self.row.setContentsMargins(9, 0, 8, 0)
        self.row.addWidget(self.label)
        self.row.addStretch()

    def sizeHint(self) -> QSize:
        """A dock asks for this, thousands of times a move, and not for the fixed height; it gives the width itself."""
        return TITLE_SIZE

    def minimumSizeHint(self) -> QSize:
        return TITLE_SIZE


class PanelDock(QDockWidget):
    """Where a panel shares its place with others, the tabs are its title and its controls sit in a row of their own.

    ``key`` names it: the panel's, with a number for a second of its kind.
    """

    menu_wanted = Signal(QPoint)
    whole_wanted = Signal()
    resized = Signal()

    def __init__(self, panel: Panel, key: str, window: QMainWindow) -> None:
        super().__init__(panel.TITLE, window)
        self.setObjectName(f"dock.{key}")
        self.panel, self.key = panel, key
        self._title = TitleRow(panel.TITLE)
        self._no_title = QWidget()
        self._inner = Head("panelcontrols")
        self._inner.row.setContentsMargins(8, 0, 8, 0)
        self._inner.row.setSpacing(0)
        for head in (self._title, self._inner):
            head.menu_wanted.connect(self.menu_wanted)
            head.whole_wanted.connect(self.whole_wanted)
        self._dot = LinkDot(panel) if isinstance(panel, MarketPanel) else None
        frame = QFrame()
        frame.setProperty("role", "panelbody")
        body = QVBoxLayout(frame)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(0)
        body.addWidget(self._inner)
        body.addWidget(panel, 1)
        # Behind others it counts for the size of their place as it does in front.
        policy = frame.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        frame.setSizePolicy(policy)
        self.setWidget(frame)
        self._frame = frame
        self._is_seen, self.is_held = False, False
        self._is_tabbed: bool | None = None
        self._place_header(tabbed=False)
        panel.counted.connect(self._show_count)
        panel.retitled.connect(self._show_title)
        self.topLevelChanged.connect(self._on_floating)
        self.visibilityChanged.connect(self._see)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def _on_floating(self) -> None:
        window = self.parent()
        if isinstance(window, QMainWindow):
            tearing.end(window)
        self.refresh_title()

    def _see(self, is_seen: bool) -> None:
        """Behind other tabs a panel rests as a closed one does; the toolkit only moves it out of sight."""
        self._is_seen = is_seen
        if not self.is_held:
            self._frame.setVisible(is_seen)

    def hold(self) -> None:
        """Until ``reveal`` the screen keeps what it shows here, wherever the dock goes, and the panel rests."""
        self.is_held = True
        self.setUpdatesEnabled(False)
        # Nothing behind it is painted over the old picture either.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._frame.hide()

    def uncover(self) -> None:
        """Show an empty place instead of the old picture."""
        if self.is_held:
            self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
            self.setUpdatesEnabled(True)

    def reveal(self) -> bool:
        """Whether there is anything to see."""
        if self.is_held:
            self.uncover()
            self.is_held = False
            self._frame.setVisible(self._is_seen)
        return self._is_seen

    def come_forward(self) -> None:
        """Before the tabs that share its place; where it floats, before other windows."""
        window = self.parent()
        edge = None if self.isFloating() or not isinstance(window, QMainWindow) else window.findChild(QToolBar)
        if edge is not None:
            edge.raise_()  # the topmost child of a window Qt raises no more, whichever tab is in front
        self.raise_()

    @property
    def _shares_place(self) -> bool:
        window = self.parent()
        return isinstance(window, QMainWindow) and bool(window.tabifiedDockWidgets(self)) and not self.isFloating()

    @property
    def has_other_title(self) -> bool:
        """``refresh_title`` would change it."""
        return self._shares_place != self._is_tabbed

    def refresh_title(self) -> None:
        """Called by the window whenever docks moved: tabs carry the title, or the title row does."""
        self.show_title(tabbed=self._shares_place)

    def show_title(self, *, tabbed: bool) -> None:
        if tabbed is not self._is_tabbed:
            self._place_header(tabbed=tabbed)

    def _place_header(self, *, tabbed: bool) -> None:
        self._is_tabbed = tabbed
        row = self._inner.row if tabbed else self._title.row
        header = self.panel.header
        if header is not None:
            fills = header.sizePolicy().horizontalPolicy() is QSizePolicy.Policy.Expanding
            row.addWidget(header, int(fills))
            header.show()
        if self._dot is not None:
            # Before the controls where these have an end that a narrow place may cut.
            row.insertWidget(row.count() - 1 if header is not None else row.count(), self._dot)
            self._dot.show()
        self._inner.setVisible(tabbed and (header is not None or self._dot is not None))
        self.setTitleBarWidget(self._no_title if tabbed else self._title)
        (self._no_title if tabbed else self._title).show()

    def _show_count(self, count: int) -> None:
        self._show_title(self.panel.TITLE if count < 0 else f"{self.panel.TITLE} {count}")

    def _show_title(self, title: str) -> None:
        self.setWindowTitle(title)
        self._title.label.setText(title)
