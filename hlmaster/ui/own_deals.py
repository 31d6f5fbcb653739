"""Executions and closed trades of one market, as its chart marks them; the books restore both at a start."""

from __future__ import annotations

from collections.abc import Mapping

from hlmaster.core.model import Side
from hlmaster.core.orders import Fill
from hlmaster.core.rounding import to_float
from hlmaster.desk.desk import Desk
from hlmaster.ui import figures
from hlmaster.ui.charts.fill_marks import Deal, FillMark, Trip

MOST_NOTES = 4


FillKey = tuple[str, int, int]


def own_deals(desk: Desk, coin: str, known: Mapping[FillKey, Deal]) -> dict[FillKey, Deal]:
    """``known``: what was told before; only what is new is looked up."""
    fills = (booked.fill for booked in desk.portfolio.fills if booked.fill.coin == coin)
    return {fill.key: known.get(fill.key) or _deal(desk, fill) for fill in fills}


def own_trips(desk: Desk, coin: str) -> list[Trip]:
    """Those that are closed."""
    return [
        Trip(
            trade.opened_ms,
            trade.closed_ms,
            to_float(trade.entry_price),
            to_float(trade.exit_price),
            to_float(trade.net),
        )
        for trade in desk.records.trades()
        if trade.coin == coin and trade.closed_ms and not trade.superseded
    ]


def _deal(desk: Desk, fill: Fill) -> Deal:
    price, size, fee = to_float(fill.price), to_float(fill.size), to_float(fill.fee)
    return Deal(fill.time_ms, fill.side is Side.BUY, price, size, fee, _note(desk, fill))


def _note(desk: Desk, fill: Fill) -> str:
    """``limit, by you``, ``stop market, by protection``, ``liquidation``."""
    if fill.liquidation:
        return "liquidation"
    tracked = desk.orders.of_fill(fill)
    if tracked is None or tracked.foreign:
        return "placed elsewhere"
    source = tracked.order.source
    by = "you" if source == "manual" else desk.title(source)
    reason = desk.portfolio.exit_reason(fill) if fill.closed_pnl else ""
    why = f": {reason}" if reason and reason != tracked.order.kind else ""
    return f"{tracked.order.kind}, by {by}{why}"


def told(mark: FillMark, moment: str, price: str) -> tuple[str, ...]:
    """The lines about a mark: side, size and price; time, number and fee; what the orders were."""
    side = "BUY" if mark.is_buy else "SELL"
    many = f" · {mark.count} fills, average price" if mark.count > 1 else ""
    notes = mark.notes[:MOST_NOTES]
    rest = len(mark.notes) - len(notes)
    more = (f"and {rest} more",) if rest else ()
    return (
        f"{side} {figures.size(mark.size)} @ {price}",
        f"{moment}{many} · fee {figures.money(mark.fee)}",
        *notes,
        *more,
    )
