"""What a position costs and brings, as columns of a table."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from hlmaster.trading.portfolio import PositionView
from hlmaster.ui import figures
from hlmaster.ui.figures import money, tone
from hlmaster.ui.table import Cell, Column

Value = Callable[[PositionView], Decimal | None]


def signed(value: Decimal | None) -> Cell:
    """Money gained or lost, in its colour."""
    return Cell(money(value, signed=True), tone(value))


def _plain(value: Decimal | None) -> Cell:
    return Cell(money(value))


def _paid(value: Decimal | None) -> Cell:
    return Cell(money(value), "muted")


def _move(value: Decimal | None) -> Cell:
    if value is None:
        return Cell(figures.UNKNOWN, "muted")
    return Cell(figures.percent(value, signed=True), tone(value))


def _column(
    name: str, value: Value, cell: Callable[[Decimal | None], Cell], width: int, spare: int, tip: str
) -> Column[PositionView]:
    return Column(name.lower(), name, width, value, lambda view: cell(value(view)), right=True, tip=tip, spare=spare)


def money_columns() -> list[Column[PositionView]]:
    since = "since it was opened"
    return [
        _column("Margin", lambda v: v.margin_used, _plain, 96, 6, "Collateral this position holds."),
        _column("Funding", lambda v: v.funding, signed, 80, 7, f"Received or paid {since}."),
        _column("Notional", lambda v: v.notional, _plain, 96, 8, "Its size at the mark price."),
        _column("Net", lambda v: v.net, signed, 92, 9, f"Unrealised, realised and funding, less fees, {since}."),
        _column("Realised", lambda v: v.realised, signed, 92, 10, "By parts of it already closed, before fees."),
        _column("Fees", lambda v: v.fees, _paid, 72, 11, f"Paid {since}."),
        _column(
            "Move", lambda v: v.move_fraction, _move, 72, 13, "Mark against entry price, for or against the position."
        ),
    ]
