"""The menu of a place on the chart: what may be ordered there, its price for the ticket, what the chart shows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from hlmaster.core.model import Side
from hlmaster.ui.chart_switches import ChartSwitches
from hlmaster.ui.charts.click_orders import ClickKind, Offer
from hlmaster.ui.context import Context

Place = Callable[[ClickKind, Side, float], None]


def chart_menu(
    parent: QWidget,
    context: Context,
    coin: str,
    price: float,
    price_words: str,
    offers: tuple[Offer, ...],
    place: Place,
) -> QMenu:
    """Gone when it closes. What is not possible is grey and says why."""
    menu = QMenu(parent)
    menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    menu.setToolTipsVisible(True)
    for offer in offers:
        words = f"{offer.text}   ({offer.reason})" if offer.reason else offer.text
        menu.addAction(words, partial(place, offer.kind, offer.side, price)).setEnabled(not offer.reason)
    menu.addSeparator()
    fits = context.coin == coin
    words = f"Set ticket price to {price_words}" + ("" if fits else f"   (the ticket is for {context.coin})")
    menu.addAction(words, partial(context.price_picked.emit, coin, price)).setEnabled(fits)
    bare = price_words.replace(",", "")
    menu.addAction(f"Copy price {price_words}", partial(QGuiApplication.clipboard().setText, bare))
    menu.addSeparator()
    switches = ChartSwitches.of(context)
    for action in switches.actions():
        entry = menu.addAction(action.title, action.run)
        entry.setToolTip(action.hint)
        entry.setCheckable(True)
        entry.setChecked(switches.is_on(action))
    return menu
