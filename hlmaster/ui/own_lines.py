"""What the trader has in a market, as lines on its chart: position, liquidation price, resting and waiting orders."""

from __future__ import annotations

from hlmaster.core.events import TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import TriggerKind
from hlmaster.core.rounding import to_float
from hlmaster.desk.desk import Desk
from hlmaster.trading.portfolio import PositionView
from hlmaster.ui import figures
from hlmaster.ui.charts.lines import PriceLine


def own_lines(desk: Desk, coin: str, price_decimals: int) -> list[PriceLine]:
    lines = [_order_line(order, price_decimals) for order in desk.orders.live(coin)]
    position = desk.portfolio.position(coin)
    if position is not None:
        lines.append(PriceLine(to_float(position.entry_price), _position_text(position, price_decimals), "position"))
        if position.liquidation_price is not None:
            lines.append(PriceLine(to_float(position.liquidation_price), "liquidation", "liquidation"))
    return lines


def _position_text(position: PositionView, decimals: int) -> str:
    side = "LONG" if position.size > 0 else "SHORT"
    text = f"{side} {figures.plain(abs(position.size))} @ {figures.fixed(position.entry_price, decimals)}"
    if position.unrealised is None or position.mark_price is None or not position.entry_price:
        return text
    move = (position.mark_price / position.entry_price - 1) * (1 if position.size > 0 else -1)
    return f"{text}  {figures.money(position.unrealised, signed=True)} ({figures.percent(move, signed=True)})"


def _order_line(tracked: TrackedOrder, decimals: int) -> PriceLine:
    order = tracked.order
    size = figures.plain(tracked.remaining)
    if order.trigger is None:
        text = f"{order.side.value.upper()} {size} {order.kind}"
        return PriceLine(to_float(order.price), text, "order_buy" if order.side is Side.BUY else "order_sell")
    is_stop = order.trigger.kind is TriggerKind.STOP
    text = f"{'stop' if is_stop else 'take profit'} · {order.side.value} {size}"
    if not order.trigger.market:
        text = f"{text} @ {figures.fixed(order.price, decimals)}"
    return PriceLine(to_float(order.trigger.price), text, "stop" if is_stop else "take_profit")
