"""The dot in a panel's title row: which colour group it is in, and a menu to choose another, or a coin."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QActionGroup, QColor, QIcon, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QMenu, QToolButton, QWidget

from hlmaster.ui.links import ALONE, GROUPS, MAIN
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.theme import Theme

SIZE, RADIUS = 20, 4.0


def paint_dot(painter: QPainter, middle: QPointF, theme: Theme, name: str) -> None:
    """Filled for a colour; a ring for the main group, a small ring for none, so that shape alone tells them too."""
    tone = QColor(getattr(theme, GROUPS[name].tone))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(tone)
    painter.setBrush(tone if name not in (MAIN, ALONE) else Qt.BrushStyle.NoBrush)
    painter.drawEllipse(middle, *(RADIUS if name != ALONE else RADIUS / 2,) * 2)


def dot_icon(theme: Theme, name: str) -> QIcon:
    picture = QPixmap(SIZE, SIZE)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    paint_dot(painter, QPointF(SIZE / 2, SIZE / 2), theme, name)
    painter.end()
    return QIcon(picture)


class LinkDot(QToolButton):
    def __init__(self, panel: MarketPanel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panel = panel
        self.setFixedSize(SIZE, SIZE)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setAccessibleName("Colour group")
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        panel.link_changed.connect(self._show_group)
        panel.retitled.connect(self._show_group)
        panel.context.theme_changed.connect(self.update)
        self._show_group()

    def _show_group(self) -> None:
        group = GROUPS[self._panel.link.name]
        self.setToolTip(f"{group.title}: {group.help[0].lower()}{group.help[1:]} Click to choose another.")
        self.setAccessibleDescription(f"{group.title}, {self._panel.coin}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        middle = QPointF(self.width() / 2, self.height() / 2)
        paint_dot(QPainter(self), middle, self._panel.context.theme, self._panel.link.name)

    def _fill(self) -> None:
        menu, panel = self.menu(), self._panel
        menu.clear()
        menu.setToolTipsVisible(True)
        one_of = QActionGroup(menu)
        for group in GROUPS.values():
            action = menu.addAction(dot_icon(panel.context.theme, group.name), group.title)
            action.setCheckable(True)
            action.setChecked(group.name == panel.link.name)
            action.setToolTip(group.help)
            action.triggered.connect(lambda _=False, name=group.name: panel.join(name))
            one_of.addAction(action)
        menu.addSeparator()
        coins = menu.addMenu("Coin")
        for coin in dict.fromkeys((panel.coin, *panel.context.desk.settings.market.watchlist)):
            action = coins.addAction(coin)
            action.setCheckable(True)
            action.setChecked(coin == panel.coin)
            action.triggered.connect(lambda _=False, coin=coin: panel.select(coin))
        if panel.has_interval:
            shares = menu.addAction("Timeframe of the group")
            shares.setCheckable(True)
            shares.setChecked(panel.shares_interval)
            shares.setToolTip("Off: this panel keeps a timeframe of its own.")
            shares.triggered.connect(panel.share_interval)
