"""Closed round trips: what each trade made, after fees and funding."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from decimal import Decimal

from hlmaster.core.events import FillBooked
from hlmaster.core.model import Side
from hlmaster.trading.holding import RoundTrip
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.figures import money, tone
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.table import Cell, Column


class HistoryPanel(TablePanel):
    KEY = "history"
    TITLE = "History"
    EMPTY = ("No closed trades yet", "A trade is listed when its position is flat again, after fees and funding.")
    OF_ACCOUNT = "Closed trades"

    def __init__(self, context: Context) -> None:
        self._taken = self._rebooked = 0
        super().__init__(context, self._columns(), _key, totals=True)
        self.model.applied.connect(self._on_applied)
        self.table.opened.connect(lambda key: context.select(key[0]))
        self.catch_up()
        self.table.sort_by("closed", descending=True)
        context.bridge.on_fact(self, FillBooked, lambda _: self.catch_up())

    def catch_up(self) -> None:
        """The ledger appends, and a closed trip changes only when a late fill is booked in its place."""
        portfolio = self.context.desk.portfolio
        trips = portfolio.round_trips
        if portfolio.ledger.rebooked != self._rebooked:
            self._rebooked, self._taken = portfolio.ledger.rebooked, 0
            self.model.drop(*self.model.keys())
        if len(trips) > self._taken:
            self.model.put(*trips[self._taken :])
            self._taken = len(trips)

    def _on_applied(self) -> None:
        trips: list[RoundTrip] = self.model.rows()
        assert self.totals is not None
        self.totals.setVisible(bool(trips))
        net = sum((trip.net for trip in trips), Decimal(0))
        self.totals.show_sums(
            {
                "closed": Cell("Total", "muted"),
                "gross": Cell(money(sum((trip.realised for trip in trips), Decimal(0)), signed=True)),
                "fees": Cell(money(sum((trip.fees for trip in trips), Decimal(0))), "muted"),
                "funding": Cell(money(sum((trip.funding for trip in trips), Decimal(0)), signed=True), "muted"),
                "net": Cell(money(net, signed=True), tone(net)),
            }
        )

    def _columns(self) -> list[Column[RoundTrip]]:
        return [
            Column("closed", "Closed", 126, lambda t: t.closed_ms, lambda t: Cell(self.moment(t.closed_ms), "muted")),
            Column("coin", "Coin", 100, lambda t: t.coin, self._coin, hint=self._opened, letters=7),
            Column(
                "size",
                "Size",
                76,
                lambda t: t.size,
                lambda t: Cell(figures.size(t.size)),
                right=True,
                tip="At its largest.",
            ),
            Column("entry", "Entry", 84, lambda t: t.entry_price, self._entry, right=True, tip="Average of increases."),
            Column("exit", "Exit", 84, lambda t: t.exit_price, self._exit, right=True, tip="Average of reductions."),
            *self._money_columns(),
            Column("duration", "Duration", 86, _duration, self._lasted, right=True, spare=4),
            Column("reason", "Exit reason", 120, lambda t: t.exit_reason, self._reason, words=True, spare=5),
        ]

    @staticmethod
    def _money_columns() -> Iterator[Column[RoundTrip]]:
        yield Column(
            "gross",
            "Gross",
            92,
            lambda t: t.realised,
            lambda t: Cell(money(t.realised, signed=True)),
            right=True,
            spare=1,
        )
        yield Column("fees", "Fees", 78, lambda t: t.fees, lambda t: Cell(money(t.fees), "muted"), right=True, spare=2)
        yield Column(
            "funding",
            "Funding",
            82,
            lambda t: t.funding,
            lambda t: Cell(money(t.funding, signed=True), "muted"),
            right=True,
            spare=3,
        )
        yield Column(
            "net", "Net", 140, lambda t: t.net, _net, right=True, detail_width=8, tip="After fees and funding."
        )

    @staticmethod
    def _coin(trip: RoundTrip) -> Cell:
        badge, role = ("LONG", "up") if trip.side is Side.BUY else ("SHORT", "down")
        return Cell(trip.coin, badge=badge, badge_role=role, strong=True)

    @staticmethod
    def _size(trip: RoundTrip) -> Cell:
        return Cell(figures.size(trip.size))

    def _opened(self, trip: RoundTrip) -> str:
        return f"Opened {self.moment(trip.opened_ms)}"

    def _entry(self, trip: RoundTrip) -> Cell:
        return Cell(self.price(trip.coin, trip.entry_price))

    def _exit(self, trip: RoundTrip) -> Cell:
        return Cell(self.price(trip.coin, trip.exit_price))

    @staticmethod
    def _lasted(trip: RoundTrip) -> Cell:
        return Cell(figures.duration(_duration(trip)))

    @staticmethod
    def _reason(trip: RoundTrip) -> Cell:
        return Cell(trip.exit_reason.capitalize(), "danger" if trip.exit_reason == "liquidation" else "")


def _net(trip: RoundTrip) -> Cell:
    share = figures.percent(trip.net / trip.entry_notional, signed=True) if trip.entry_notional else ""
    return Cell(money(trip.net, signed=True), tone(trip.net), share)


def _duration(trip: RoundTrip) -> int:
    return trip.closed_ms - trip.opened_ms


def _key(trip: RoundTrip) -> Hashable:
    return (trip.coin, trip.opened_ms, trip.closed_ms)
