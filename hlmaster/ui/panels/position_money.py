"""What a position costs and brings, as columns of a table."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.trading.portfolio import PositionView
from hlmaster.ui import figures
from hlmaster.ui.figures import money, tone
from hlmaster.ui.table import Cell, Column


def signed(value: Decimal | None) -> Cell:
    """Money gained or lost, in its colour."""
    return Cell(money(value, signed=True), tone(value))


def _move(view: PositionView) -> Cell:
    if view.move_fraction is None:
        return Cell(figures.UNKNOWN, "muted")
    return Cell(figures.percent(view.move_fraction, signed=True), tone(view.move_fraction))


def money_columns() -> list[Column[PositionView]]:
    return [
        Column(
            "margin",
            "Margin",
            96,
            lambda v: v.margin_used,
            lambda v: Cell(money(v.margin_used)),
            right=True,
            tip="Collateral this position holds.",
            spare=3,
        ),
        Column(
            "funding",
            "Funding",
            80,
            lambda v: v.funding,
            lambda v: signed(v.funding),
            right=True,
            tip="Received or paid since it was opened.",
            spare=4,
        ),
        Column(
            "notional",
            "Notional",
            96,
            lambda v: v.notional,
            lambda v: Cell(money(v.notional)),
            right=True,
            tip="Its size at the mark price.",
            spare=5,
        ),
        Column(
            "net",
            "Net",
            92,
            lambda v: v.net,
            lambda v: signed(v.net),
            right=True,
            tip="All of it since it was opened: unrealised, realised and funding, less fees.",
            spare=6,
        ),
        Column(
            "realised",
            "Realised",
            92,
            lambda v: v.realised,
            lambda v: signed(v.realised),
            right=True,
            tip="By parts of this position already closed, before fees.",
            spare=7,
        ),
        Column(
            "fees",
            "Fees",
            72,
            lambda v: v.fees,
            lambda v: Cell(money(v.fees), "muted"),
            right=True,
            tip="Paid since it was opened.",
            spare=8,
        ),
        Column(
            "move",
            "Move",
            72,
            lambda v: v.move_fraction,
            _move,
            right=True,
            tip="Mark price against entry price, for or against it, whatever its leverage.",
            spare=10,
        ),
    ]
