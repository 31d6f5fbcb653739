"""The journal: what each trade made, what it cost, how far it ran, and what its trader thinks of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from hlmaster.core.errors import HlError
from hlmaster.core.events import Severity
from hlmaster.core.model import Side
from hlmaster.core.records import Trade, TradeChanged
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.figures import money, tone
from hlmaster.ui.filter_box import FilterBox
from hlmaster.ui.journal_prompt import Unwritten, ready_tags, wanted_words
from hlmaster.ui.panels.journal_entry import JournalEntry, tags_of
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.side_page import scrolled
from hlmaster.ui.table import Cell, Column
from hlmaster.ui.why import why

ENTRY_WIDTH = 222
Amount = Callable[[Trade], Decimal | None]


class JournalPanel(TablePanel):
    KEY = "journal"
    TITLE = "Journal"
    EMPTY = (
        "No closed trades yet",
        "A trade is written down when its position is flat again, with its costs and how far it ran. "
        "Tag it and note what you learned: tags can be filtered later.",
    )

    def __init__(self, context: Context) -> None:
        self.source = FilterBox("All sources", "Only trades opened by this one")
        self.tag = FilterBox("All tags", "Only trades with this tag")
        self._unwritten = Unwritten(context.desk)
        self.prompt = QPushButton()
        super().__init__(context, self._columns(), lambda t: t.trade_id, self._wanted, totals=True)
        self.header = self._header()
        self.entry = JournalEntry()
        self.entry.written.connect(self._write)
        self.entry.left.connect(self._leave)
        self.prompt.clicked.connect(self._on_prompt)
        self.put_beside(scrolled(self.entry), ENTRY_WIDTH)
        for box in (self.source, self.tag):
            box.chosen.connect(self._filter)
        self.table.opened.connect(self._open)
        self.table.menu_wanted.connect(self._fill_menu)
        self.table.selectionModel().currentRowChanged.connect(lambda *_: self._show_entry())
        self.model.edited.connect(self._edit)
        self.model.applied.connect(self._on_applied)
        context.bridge.on_fact(self, TradeChanged, self._on_trade)
        self.table.sort_by("closed", descending=True)

    def help_page(self) -> str:
        return "journal_and_audit"

    def _header(self) -> QWidget:
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 3, 0, 3)
        row.setSpacing(6)
        self.summary = QLabel()
        self.summary.setProperty("role", "muted")
        export = QPushButton("Export …")
        export.setProperty("role", "ghost")
        export.setToolTip("The trades shown, as a CSV file")
        export.clicked.connect(self.table.export_wanted)
        self.prompt.setCheckable(True)
        self.prompt.setProperty("role", "prompt")
        self.prompt.setToolTip("Only trades about which nothing is written yet")
        for widget in (self.source, self.tag, self.prompt, self.summary):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(export)
        return header

    def _columns(self) -> list[Column[Trade]]:
        return [
            Column("closed", "Closed", 126, lambda t: t.closed_ms, self._closed, hint=self._times),
            Column("coin", "Coin", 92, lambda t: t.coin, _coin, letters=4),
            Column("source", "Source", 110, lambda t: t.source, self._source, words=True, spare=1),
            Column("size", "Size", 70, lambda t: t.size, lambda t: Cell(figures.size(t.size)), right=True, spare=11),
            Column("entry", "Entry", 78, lambda t: t.entry_price, self._entry, right=True, spare=10),
            Column("exit", "Exit", 78, lambda t: t.exit_price, self._exit, right=True, spare=9),
            _dollars("realised", "Gross", 78, lambda t: t.realised, "Before all costs.", spare=3),
            _cost("fees", "Fees", 60, lambda t: t.fees, "Paid to the exchange.", spare=4),
            _dollars("funding", "Funding", 66, lambda t: t.funding, "Received or paid while it was open.", spare=5),
            _cost("slippage", "Slippage", 70, lambda t: t.slippage, "Paid more than the arrival prices.", spare=6),
            Column("net", "Net", 76, lambda t: t.net, _net, right=True, tip="After fees and funding."),
            Column("multiple", "R", 42, lambda t: t.multiple, _multiple, right=True, tip="Net by the money at risk."),
            Column("best", "MFE", 66, lambda t: t.best, _best, right=True, tip="Best profit while open.", spare=8),
            Column("worst", "MAE", 66, lambda t: t.worst, _worst, right=True, tip="Worst loss while open.", spare=7),
            Column("reason", "Exit reason", 106, lambda t: t.exit_reason, _reason, words=True, spare=2),
            Column("tags", "Tags", 90, _tags, lambda t: Cell(_tags(t)), words=True, edit=_tags, hint=_edit_hint),
            Column("note", "Note", 150, lambda t: t.note, _note, words=True, hint=lambda t: t.note, spare=12),
        ]

    # --- rows ---

    def _wanted(self) -> list[Trade]:
        source, tag, asked = self.source.value, self.tag.value, self.prompt.isChecked()
        return [
            t
            for t in self._closed_trades()
            if (not source or t.source == source) and (not tag or tag in t.tags) and (not asked or self._unwritten(t))
        ]

    def _closed_trades(self) -> list[Trade]:
        return [trade for trade in self.context.desk.records.trades() if trade.closed_ms]

    def _on_trade(self, changed: TradeChanged) -> None:
        """Those under way change all the time, and are not listed."""
        if changed.trade.closed_ms:
            self.model.touch()

    def _filter(self) -> None:
        self.model.touch()
        self.model.flush()
        heading, sentence = self.EMPTY
        if self.source.value or self.tag.value:
            heading, sentence = "No such trades", "Choose all sources and all tags to see every trade."
        self.table.teach(heading, sentence)

    def _on_applied(self) -> None:
        trades = self._closed_trades()
        sources = sorted({trade.source for trade in trades})
        self.source.offer({name: self.context.desk.title(name) for name in sources})
        self.tag.offer({tag: tag for tag in sorted({tag for trade in trades for tag in trade.tags})})
        self.entry.chips.offer(ready_tags(trades))
        self._show_prompt(sum(map(self._unwritten, trades)))
        self._show_sums(self.model.rows())
        self._show_entry()

    # --- what wants a note ---

    def _show_prompt(self, count: int) -> None:
        self.prompt.setText(wanted_words(count))
        self.prompt.setVisible(bool(count))
        if not self.prompt.isChecked():
            return
        if not count:
            self.prompt.setChecked(False)
            self._filter()
        elif not self.table.currentIndex().isValid():
            self.table.selectRow(0)

    def _on_prompt(self, on: bool) -> None:
        """The first of them, ready to be tagged."""
        if on:
            self.source.choose("")
            self.tag.choose("")
        self._filter()
        if on:
            self.table.selectRow(0)
            self.entry.note.setFocus()

    def _leave(self, key: str) -> None:
        self._unwritten.forget(self._closed_trades())
        self._unwritten.aside.add(key)
        self._filter()

    def save_state(self) -> dict[str, Any]:
        return {**super().save_state(), "nothing_to_add": sorted(self._unwritten.aside)}

    def restore_state(self, state: Mapping[str, Any]) -> None:
        super().restore_state(state)
        aside = state.get("nothing_to_add")
        if isinstance(aside, list):
            self._unwritten.aside.update(map(str, aside))

    # --- sums ---

    def _show_sums(self, trades: list[Trade]) -> None:
        assert self.totals is not None
        self.totals.setVisible(bool(trades))
        self.counted.emit(len(trades) or -1)
        self.summary.setText(_summary(trades))
        net = sum((trade.net for trade in trades), Decimal(0))
        self.totals.show_sums(
            {
                "closed": Cell("Total", "muted"),
                "realised": _signed(_sum(trade.realised for trade in trades)),
                "fees": Cell(money(_sum(trade.fees for trade in trades)), "muted"),
                "funding": _signed(_sum(trade.funding for trade in trades)),
                "slippage": Cell(money(_sum(trade.slippage for trade in trades)), "muted"),
                "net": _signed(net),
            }
        )

    def _show_entry(self) -> None:
        index = self.table.currentIndex()
        key = self.model.key_at(index.row()) if index.isValid() else None
        trade = self.model.get(key) if key is not None else None
        self.entry.show_trade(trade, wanted=trade is not None and self._unwritten(trade))

    # --- cells ---

    def _closed(self, trade: Trade) -> Cell:
        return Cell(self.moment(trade.closed_ms), "muted")

    def _times(self, trade: Trade) -> str:
        prices = f"from {self.price(trade.coin, trade.entry_price)} to {self.price(trade.coin, trade.exit_price)}"
        held = f"Opened {self.moment(trade.opened_ms)}, held for {figures.duration(trade.hold_ms)}"
        return f"{held}: {figures.size(trade.size)} {prices}, averages"

    def _source(self, trade: Trade) -> Cell:
        return Cell(self.context.desk.title(trade.source))

    def _entry(self, trade: Trade) -> Cell:
        return Cell(self.price(trade.coin, trade.entry_price))

    def _exit(self, trade: Trade) -> Cell:
        return Cell(self.price(trade.coin, trade.exit_price))

    # --- verbs ---

    def _open(self, key: str) -> None:
        trade = self.model.get(key)
        if trade is not None:
            self.context.select(trade.coin)
            why(self.context, trade.proposal_id or key, self)

    def _fill_menu(self, key: str, menu: QMenu) -> None:
        trade = self.model.get(key)
        if trade is None:
            return
        menu.addAction("Why? …", lambda: self._open(key))
        menu.addAction("Write a note", self.entry.note.setFocus)
        menu.addAction("Edit its tags", self.entry.tags.setFocus)

    def _edit(self, key: str, column: str, text: str) -> None:
        trade = self.model.get(key)
        if trade is None:
            self.context.notify(Severity.WARNING, "This trade was booked anew meanwhile; nothing was written.")
        else:
            self._write(key, tags_of(text), trade.note)

    def _write(self, key: str, tags: tuple[str, ...], note: str) -> None:
        """Only what differs is written; what is refused stays in the form."""
        trade, records = self.model.get(key), self.context.desk.records
        if trade is None:
            return
        try:
            if tags != trade.tags:
                trade = records.tag(key, tags)
            if note != trade.note:
                trade = records.annotate(key, note)
        except HlError as error:
            self.context.notify(Severity.ERROR, error.sentence, error.code, error.cure)
            return
        self.model.touch()
        self.model.flush()
        if self.entry.trade_id == key:
            self.entry.settle(trade)


def _summary(trades: list[Trade]) -> str:
    if not trades:
        return ""
    won = sum(trade.net > 0 for trade in trades)
    known = [trade.multiple for trade in trades if trade.multiple is not None]
    told = [f"{len(trades):,} trade{'s' * (len(trades) != 1)}", f"{won / len(trades):.0%} won"]
    if known:
        told.append(f"{figures.fixed(sum(known, Decimal(0)) / len(known), 2, signed=True)} R on average")
    return " · ".join(told)


def _dollars(key: str, title: str, width: int, value: Amount, tip: str, spare: int = 0) -> Column[Trade]:
    return Column(key, title, width, value, lambda t: _signed(value(t)), right=True, tip=tip, spare=spare)


def _cost(key: str, title: str, width: int, value: Amount, tip: str, spare: int = 0) -> Column[Trade]:
    return Column(key, title, width, value, lambda t: Cell(money(value(t)), "muted"), right=True, tip=tip, spare=spare)


def _coin(trade: Trade) -> Cell:
    badge, role = ("LONG", "up") if trade.side is Side.BUY else ("SHORT", "down")
    return Cell(trade.coin, badge=badge, badge_role=role, strong=True)


def _net(trade: Trade) -> Cell:
    return Cell(money(trade.net, signed=True), tone(trade.net), strong=True)


def _multiple(trade: Trade) -> Cell:
    value = trade.multiple
    return Cell(figures.fixed(value, 2, signed=True), tone(value) or "muted")


def _best(trade: Trade) -> Cell:
    return _signed(trade.best)


def _worst(trade: Trade) -> Cell:
    return _signed(trade.worst)


def _signed(value: Decimal | None) -> Cell:
    return Cell(money(value, signed=True), tone(value) or "muted")


def _reason(trade: Trade) -> Cell:
    return Cell(trade.exit_reason.capitalize(), "danger" if trade.exit_reason == "liquidation" else "")


def _tags(trade: Trade) -> str:
    return ", ".join(trade.tags)


def _edit_hint(trade: Trade) -> str:
    return "Double click to edit, commas between tags"


def _note(trade: Trade) -> Cell:
    return Cell(trade.note.partition("\n")[0], "muted")


def _sum(values: Iterable[Decimal | None]) -> Decimal | None:
    """None when one of them is not known: a sum without it would be another number."""
    found = list(values)
    known = [value for value in found if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(found) else None
