"""The controls in a chart's title row."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, QTimer
from PySide6.QtGui import QAction, QActionGroup, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QHBoxLayout,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from hlmaster.core.model import Interval
from hlmaster.ui.market_panel import MarketPanel

QUICK_INTERVALS = (Interval.M1, Interval.M5, Interval.M15, Interval.H1, Interval.H4, Interval.D1)
ROOM = 8
"""Pixels at the ends."""
LEFT_OUT = (Interval.M15, Interval.H4, Interval.M5, Interval.D1, Interval.H1, Interval.M1)
"""In this order where there is no room; the menu has them all."""


class ChartBar(QWidget):
    """Buttons for the usual timeframes and a menu for the others; indicators and the scale at the right end."""

    def __init__(self, panel: MarketPanel) -> None:
        super().__init__()
        self._panel = panel
        self._widths: dict[QAbstractButton, int] = {}
        """Of the buttons as they are dressed now."""
        # Once the window stands: a button that comes or goes meanwhile has the whole of it laid out anew.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._fit)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 0, 0)
        row.setSpacing(1)
        self._group = QButtonGroup(self)
        self.buttons: dict[Interval, QPushButton] = {}
        for interval in QUICK_INTERVALS:
            button = QPushButton(interval.value)
            button.setCheckable(True)
            button.setProperty("role", "ghost")
            button.setAccessibleName(f"Timeframe {interval.value}")
            button.clicked.connect(lambda _=False, interval=interval: panel.choose_interval(interval))
            self._group.addButton(button)
            self.buttons[interval] = button
            row.addWidget(button)
        self.more = QToolButton()
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setToolTip("More timeframes")
        self.more.setAccessibleName("More timeframes")
        self.more.setMenu(self._menu())
        row.addWidget(self.more)
        row.addStretch()
        self.indicators, self.log_scale = QPushButton("Indicators"), QPushButton("log")
        self.indicators.setToolTip("Put indicators on the chart, or take them off")
        self.log_scale.setToolTip("Logarithmic price scale: equal distances for equal changes in per cent")
        self.log_scale.setAccessibleName("Logarithmic price scale")
        self.log_scale.setCheckable(True)
        for button in (self.indicators, self.log_scale):
            button.setProperty("role", "ghost")
            row.addWidget(button)
        panel.interval_changed.connect(self.show_interval)
        self.show_interval(panel.interval)

    def _menu(self) -> QMenu:
        menu = QMenu(self.more)
        group = QActionGroup(menu)
        self.actions_by_interval: dict[Interval, QAction] = {}
        for interval in Interval:
            action = QAction(interval.value, menu, checkable=True)
            action.triggered.connect(lambda _=False, interval=interval: self._panel.choose_interval(interval))
            group.addAction(action)
            menu.addAction(action)
            self.actions_by_interval[interval] = action
        return menu

    def show_interval(self, interval: Interval) -> None:
        # Exclusive groups refuse to have nothing checked
        self._group.setExclusive(False)
        for of, button in self.buttons.items():
            button.setChecked(of is interval)
        self._group.setExclusive(True)
        for of, action in self.actions_by_interval.items():
            action.setChecked(of is interval)
        rare = interval not in self.buttons
        self.more.setText(f"{interval.value} ▾" if rare else "▾")
        self._widths.clear()
        self._soon.start()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._widths.clear()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._soon.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._soon.start()

    def _fit(self) -> None:
        """Leave out whole buttons rather than cut each; the timeframe that is shown stays."""
        if not self.isVisible():
            return
        shown = self._panel.interval
        spare = [self.buttons[interval] for interval in LEFT_OUT if interval is not shown]
        expendable = [*spare[:3], self.log_scale, *spare[3:], self.indicators]
        everything = [*self.buttons.values(), self.more, self.log_scale, self.indicators]
        if not self._widths:
            self._widths = {button: button.sizeHint().width() + 1 for button in everything}
        left = self._widths.copy()
        for button in expendable:
            if sum(left.values()) + ROOM <= self.width():
                break
            left.pop(button, None)
        for one in everything:
            if one.isHidden() is (one in left):
                one.setVisible(one in left)
