"""Trading by key: everything a professional's keyboard has, each through ``context.quick`` and so through the gate."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from PySide6.QtCore import QObject

from hlmaster.core.model import Side
from hlmaster.ui.actions import Action
from hlmaster.ui.context import Context

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

    def is_held() -> bool:
        return desk.is_ready and desk.portfolio.size(context.coin) != 0

    def has_orders() -> bool:
        return bool(desk.orders.live(context.coin))

    def cancel_last() -> None:
        # Of two in the same millisecond the later one in the list is the newer.
        oldest_first = sorted(desk.orders.live(context.coin), key=lambda tracked: tracked.created_ms)
        quick.cancel(oldest_first[-1].client_order_id)

    for side, word, own, other in ((Side.BUY, "Buy", "bid", "ask"), (Side.SELL, "Sell", "ask", "bid")):
        letter = word[0]
        verb = word.lower()
        add(f"{verb}_{own}", f"{word} at the {own}", f"Shift+{letter}", partial(_join, context, side))
        add(f"{verb}_{other}", f"{word} at the {other}", f"Alt+{letter}", partial(_take, context, side))
        add(f"{verb}_market", f"{word} at market", f"Ctrl+Shift+{letter}", partial(_market, context, side))
    none = "there is no order on the coin in focus."
    add("cancel_last", "Cancel the newest order", "Shift+X", cancel_last, has_orders, none)
    cancel_coin = "Cancel all orders of the coin"
    add("cancel_coin", cancel_coin, "Alt+X", lambda: quick.cancel_coin(context.coin), has_orders, none)
    flat = "there is no position on the coin in focus."
    for percent, keys in CLOSES:
        title = f"Close {percent} % of the position"
        add(f"close_{percent}", title, keys, partial(_close, context, percent), is_held, flat)
    add("reverse", "Reverse the position", "Alt+R", lambda: quick.reverse(context.coin), is_held, flat)
    add("breakeven", "Stop to breakeven", "Alt+E", lambda: quick.breakeven(context.coin), is_held, flat)


def _join(context: Context, side: Side) -> None:
    context.quick.join(context.coin, side)


def _take(context: Context, side: Side) -> None:
    context.quick.take(context.coin, side)


def _market(context: Context, side: Side) -> None:
    context.quick.market(context.coin, side)


def _close(context: Context, percent: int) -> None:
    context.quick.close(context.coin, Decimal(percent) / 100)
