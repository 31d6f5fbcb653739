"""Trading by key: everything a professional's keyboard has, each through ``context.quick`` and so through the gate."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from hlmaster.core.model import Side
from hlmaster.ui.actions import Action
from hlmaster.ui.context import Context
from hlmaster.ui.hands.overlay import Overlay
from hlmaster.ui.market_panel import MarketPanel
from hlmaster.ui.panel import panel_around

GROUP = "Trading"
CLOSES = ((25, "Alt+2"), (50, "Alt+5"), (100, "Alt+0"))


def register(context: Context, owner: QObject) -> None:
    quick, desk = context.quick, context.desk

    def add(name: str, title: str, keys: str, run: object, possible: object = None, hint: str = "") -> None:
        assert callable(run)
        is_possible = possible if callable(possible) else desk_is_ready
        action = Action(f"trade.{name}", title, GROUP, run, keys, True, is_possible, hint)
        context.actions.add(action, owner)

    def desk_is_ready() -> bool:
        return desk.is_ready

    def coin() -> str:
        return coin_at_hand(context)

    def is_held() -> bool:
        return desk.is_ready and desk.portfolio.size(coin()) != 0

    def has_orders() -> bool:
        return bool(desk.orders.live(coin()))

    for side, word, own, other in ((Side.BUY, "Buy", "bid", "ask"), (Side.SELL, "Sell", "ask", "bid")):
        letter = word[0]
        verb = word.lower()
        add(f"{verb}_{own}", f"{word} at the {own}", f"Shift+{letter}", partial(_join, context, side))
        add(f"{verb}_{other}", f"{word} at the {other}", f"Alt+{letter}", partial(_take, context, side))
        add(f"{verb}_market", f"{word} at market", f"Ctrl+Shift+{letter}", partial(_market, context, side))
    none = "there is no order on the coin of the panel in use."
    add("cancel_last", "Cancel the newest order", "Shift+X", lambda: quick.cancel_newest(coin()), has_orders, none)
    cancel_coin = "Cancel all orders of the coin"
    add("cancel_coin", cancel_coin, "Alt+X", lambda: quick.cancel_coin(coin()), has_orders, none)
    flat = "there is no position on the coin of the panel in use."
    for percent, keys in CLOSES:
        title = f"Close {percent} % of the position"
        add(f"close_{percent}", title, keys, partial(_close, context, percent), is_held, flat)
    add("reverse", "Reverse the position", "Alt+R", lambda: quick.reverse(coin()), is_held, flat)
    add("breakeven", "Stop to breakeven", "Alt+E", lambda: quick.breakeven(coin()), is_held, flat)


def coin_at_hand(context: Context) -> str:
    """Of the panel that has the keys, or had them before the palette; where that shows no market, the ticket's."""
    widget = QApplication.focusWidget()
    overlay = widget
    while overlay is not None and not isinstance(overlay, Overlay):
        overlay = overlay.parentWidget()
    panel = panel_around(widget if overlay is None else overlay.came_from)
    return panel.coin if isinstance(panel, MarketPanel) and panel.context is context else context.coin


def _join(context: Context, side: Side) -> None:
    context.quick.join(coin_at_hand(context), side)


def _take(context: Context, side: Side) -> None:
    context.quick.take(coin_at_hand(context), side)


def _market(context: Context, side: Side) -> None:
    context.quick.market(coin_at_hand(context), side)


def _close(context: Context, percent: int) -> None:
    context.quick.close(coin_at_hand(context), Decimal(percent) / 100)
