"""The controls in a ladder's title row: the open position's result, the lock, the view, and the grouping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QActionGroup, QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QSizePolicy, QToolButton, QWidget

from hlmaster.trading.portfolio import PositionView
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.hands.arming_switch import ICON, MEANINGS, padlock
from hlmaster.ui.ladder.options import Follow, Layout, Options

LAYOUTS = {Layout.BOOK: "Book: asks over bids", Layout.LADDER: "Ladder: every price, bids left, asks right"}
FOLLOWS = {
    Follow.STATIC: "Prices stand still",
    Follow.AUTO: "Prices stand still, centred when the market leaves the middle",
    Follow.CENTRED: "Always centred",
}
PADDING = 4


class Result(QLabel):
    """A figure that is written shorter where it finds no room, and left out before a part of it would be seen."""

    def __init__(self) -> None:
        super().__init__()
        self.figure = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def show_figure(self, text: str) -> None:
        self.figure = text
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()
        super().resizeEvent(event)

    def _fit(self) -> None:
        room, metrics = self.width() - 2 * PADDING, self.fontMetrics()
        ways = (self.figure, *figures.narrower(self.figure))
        self.setText(next((way for way in ways if metrics.horizontalAdvance(way) <= room), ""))


class Header(QWidget):
    """``changed`` is called after an option was changed here, ``centre`` when that is asked for."""

    def __init__(
        self, context: Context, options: Options, changed: Callable[[], None], centre: Callable[[], None]
    ) -> None:
        super().__init__()
        self._context, self._options, self._changed, self._centre = context, options, changed, centre
        self.result = Result()
        self.result.setAccessibleName("Result of the open position")
        self.lock = QToolButton()
        self.lock.setCheckable(True)
        self.lock.setIconSize(QSize(ICON, ICON))
        self.lock.clicked.connect(context.arming.set)
        self.view = _menu_button("View of the book", "Book or ladder, and what its columns show")
        self.view.setText("☰")
        self.view.menu().aboutToShow.connect(self._fill_view)
        self.grouping = _menu_button("Price grouping", "Group the book's prices by this step (Ctrl+wheel)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.result, 1)
        row.addWidget(self.lock)
        row.addWidget(self.view)
        row.addWidget(self.grouping)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        context.arming.changed.connect(self._show_lock)
        context.theme_changed.connect(self._dress)
        self._show_lock(context.arming.is_on)

    def _dress(self) -> None:
        self._show_lock(self._context.arming.is_on)

    def _show_lock(self, on: bool) -> None:
        theme = self._context.theme
        self.lock.setChecked(on)
        self.lock.setIcon(padlock(QColor(theme.warning if on else theme.muted), self.devicePixelRatioF(), is_open=on))
        self.lock.setAccessibleName("Trading gestures: armed" if on else "Trading gestures: locked")
        self.lock.setToolTip(MEANINGS[on])

    def show_position(self, position: PositionView | None, decimals: int) -> None:
        """Its unrealised result; the tooltip tells the rest."""
        if position is None:
            self.result.show_figure("")
            self.result.setToolTip("")
            return
        text = figures.money(position.unrealised, signed=True)
        tone = figures.tone(position.unrealised)
        theme = self._context.theme
        if text != self.result.figure:
            self.result.show_figure(text)
            colour = {"up": theme.up, "down": theme.down}.get(tone, theme.muted)
            self.result.setStyleSheet(f"color: {colour}; padding: 0 {PADDING}px;")
        side = "Long" if position.size > 0 else "Short"
        end = figures.fixed(position.liquidation_price, decimals)
        self.result.setToolTip(
            f"{side} {figures.size(abs(position.size))} {position.coin} from "
            f"{figures.fixed(position.entry_price, decimals)}, liquidated at {end}: {text} unrealised"
        )

    def show_step(self, text: str) -> None:
        if text != self.grouping.text():
            self.grouping.setText(text)
            # Without a price there is nothing to group
            self.grouping.setVisible(text != figures.UNKNOWN)

    # --- the view's menu ---

    def _fill_view(self) -> None:
        menu, options = self.view.menu(), self._options
        menu.clear()
        self._choices(menu, LAYOUTS, "layout")
        menu.addSeparator()
        if options.layout is Layout.LADDER:
            self._choices(menu, FOLLOWS, "follow")
            menu.addAction("Centre now\tC", self._centre)
            menu.addSeparator()
            self._switch(menu, "Sums from the best price on", "cumulative")
            self._switch(menu, "Bars of traded volume", "traded")
        else:
            self._switch(menu, "Column of totals", "totals")
        self._switch(menu, "Sizes in USD", "in_usd")

    def _choices(self, menu: QMenu, words: Mapping[Any, str], name: str) -> None:
        group = QActionGroup(menu)
        for value, title in words.items():
            action = QAction(title, menu, checkable=True, checked=value is getattr(self._options, name))
            action.triggered.connect(partial(self._take, name, value))
            group.addAction(action)
            menu.addAction(action)

    def _switch(self, menu: QMenu, title: str, name: str) -> None:
        now = getattr(self._options, name)
        action = QAction(title, menu, checkable=True, checked=now)
        action.triggered.connect(partial(self._take, name, not now))
        menu.addAction(action)

    def _take(self, name: str, value: object, _: bool = False) -> None:
        setattr(self._options, name, value)
        self._changed()


def _menu_button(name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setAccessibleName(name)
    button.setToolTip(tip)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    button.setMenu(QMenu(button))
    return button
