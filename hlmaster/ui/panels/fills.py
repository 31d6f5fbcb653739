"""Every execution of ours, newest first."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.events import FillBooked
from hlmaster.core.model import Side
from hlmaster.core.orders import Fill
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.figures import money, tone
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.table import Cell, Column


@dataclass(frozen=True, slots=True)
class FillRow:
    """A fill, what it realised before fees, and what its order was."""

    fill: Fill
    realised: Decimal
    kind: str

    @property
    def notional(self) -> Decimal:
        return self.fill.price * self.fill.size


class FillsPanel(TablePanel):
    KEY = "fills"
    TITLE = "Fills"
    EMPTY = ("No fills yet", "Each execution appears here with its fee and what it realised.")
    OF_ACCOUNT = "Fills"

    def __init__(self, context: Context) -> None:
        super().__init__(context, self._columns(), _key, totals=True)
        self.model.applied.connect(self._on_applied)
        self.table.opened.connect(self._select)
        self.catch_up()
        self.table.sort_by("time", descending=True)
        context.bridge.on_fact(self, FillBooked, lambda fact: self.model.put(self._row(fact.fill, fact.realised)))

    def catch_up(self) -> None:
        self.model.put(*(self._row(booked.fill, booked.realised) for booked in self.context.desk.portfolio.fills))

    def _on_applied(self) -> None:
        rows: list[FillRow] = self.model.rows()
        assert self.totals is not None
        self.totals.setVisible(bool(rows))
        fees = sum((row.fill.fee for row in rows), Decimal(0))
        realised = sum((row.realised for row in rows), Decimal(0))
        self.totals.show_sums(
            {
                "time": Cell("Total", "muted"),
                "notional": Cell(money(sum((row.notional for row in rows), Decimal(0))), "muted"),
                "fee": Cell(money(fees), "muted"),
                "realised": Cell(money(realised, signed=True), tone(realised)),
            }
        )

    def _columns(self) -> list[Column[FillRow]]:
        return [
            Column("time", "Time", 130, lambda r: r.fill.time_ms, self._time, hint=self._iso),
            Column("coin", "Coin", 104, lambda r: r.fill.coin, self._coin, letters=4),
            Column("type", "Type", 150, lambda r: r.kind, self._type, words=True, spare=2),
            Column("price", "Price", 100, lambda r: r.fill.price, self._price, right=True),
            Column("size", "Size", 100, lambda r: r.fill.size, lambda r: Cell(figures.size(r.fill.size)), right=True),
            Column(
                "notional",
                "Notional",
                120,
                lambda r: r.notional,
                lambda r: Cell(money(r.notional)),
                right=True,
                spare=1,
            ),
            Column("fee", "Fee", 130, lambda r: r.fill.fee, self._fee, right=True, detail_width=5),
            Column("realised", "Realised", 110, self._realised_value, self._realised, right=True, tip="Before fees."),
        ]

    def _row(self, fill: Fill, realised: Decimal) -> FillRow:
        tracked = self.context.desk.orders.of_fill(fill)
        kind = "liquidation" if fill.liquidation else "placed elsewhere"
        return FillRow(fill, realised, tracked.order.kind if tracked is not None and not fill.liquidation else kind)

    def _time(self, row: FillRow) -> Cell:
        return Cell(self.moment(row.fill.time_ms), "muted")

    @staticmethod
    def _iso(row: FillRow) -> str:
        return f"{figures.iso(row.fill.time_ms)}, trade {row.fill.trade_id}, order {row.fill.order_id}"

    @staticmethod
    def _coin(row: FillRow) -> Cell:
        badge, role = ("BUY", "up") if row.fill.side is Side.BUY else ("SELL", "down")
        return Cell(row.fill.coin, badge=badge, badge_role=role, strong=True)

    @staticmethod
    def _type(row: FillRow) -> Cell:
        return Cell(row.kind.capitalize(), "danger" if row.fill.liquidation else "")

    def _price(self, row: FillRow) -> Cell:
        return Cell(self.price(row.fill.coin, row.fill.price))

    @staticmethod
    def _fee(row: FillRow) -> Cell:
        """A rebate is negative and so reads as one."""
        role = "up" if row.fill.fee < 0 else "muted"
        return Cell(money(row.fill.fee), role, "maker" if row.fill.is_maker else "taker")

    @staticmethod
    def _realised_value(row: FillRow) -> Decimal | None:
        return row.realised or None

    @staticmethod
    def _realised(row: FillRow) -> Cell:
        return Cell(money(row.realised, signed=True), tone(row.realised)) if row.realised else Cell()

    def _select(self, key: tuple[str, int, int]) -> None:
        self.context.select(key[0])


def _key(row: FillRow) -> Hashable:
    return row.fill.key
