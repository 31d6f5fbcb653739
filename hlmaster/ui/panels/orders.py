"""Orders that are not final: where they stand, and ways to change or cancel them."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QWidget

from hlmaster.core.events import OrderChanged, Severity, TrackedOrder
from hlmaster.core.model import Side
from hlmaster.core.orders import OrderStatus
from hlmaster.core.rounding import snap_price, wire_text
from hlmaster.desk.outcome import Outcome
from hlmaster.ui import figures, typed
from hlmaster.ui.armed_button import ArmedButton
from hlmaster.ui.context import Context
from hlmaster.ui.figures import money
from hlmaster.ui.panels.table_panel import TablePanel
from hlmaster.ui.quick_orders import KEPT
from hlmaster.ui.table import Action, Cell, Column

STATUS = {
    OrderStatus.INTENDED: Cell("sending ...", "muted"),
    OrderStatus.SENT: Cell("sent ...", "muted"),
    OrderStatus.UNKNOWN: Cell("resolving ...", "warning"),
    OrderStatus.RESTING: Cell("open"),
    OrderStatus.WAITING: Cell("waiting", "accent"),
}
HINTS = {
    OrderStatus.UNKNOWN: "The exchange gave no clear answer. It is being asked; nothing will be sent twice.",
    OrderStatus.WAITING: "Sleeps until the mark price reaches its trigger.",
}
CHANGES = {"price": "price", "size": "size", "trigger": "trigger_price"}
"""Editable columns, and what they are called in a modify."""


class OrdersPanel(TablePanel):
    KEY = "orders"
    TITLE = "Open orders"
    EMPTY = ("No open orders", "A limit order that does not trade at once, and every stop, waits here.")
    OF_ACCOUNT = "Open orders"

    def __init__(self, context: Context) -> None:
        self._busy: set[str] = set()
        columns = [replace(column, cell=self._greyed(column.cell)) for column in self._columns()]
        super().__init__(context, columns, lambda o: o.client_order_id, context.desk.orders.unsettled)
        self.header = self._header()
        self.table.acted.connect(self._act)
        self.table.opened.connect(self._select)
        self.table.menu_wanted.connect(self._offer_cancel)
        self.model.edited.connect(self._change)
        self.model.applied.connect(self._on_applied)
        context.coin_changed.connect(self._on_coin)
        context.bridge.on_fact(self, OrderChanged, lambda _: self.model.touch())
        self.model.flush()
        self.table.sort_by("age", descending=True)

    def _columns(self) -> list[Column[TrackedOrder]]:
        return [
            Column("coin", "Coin", 96, lambda o: o.order.coin, self._coin, letters=3),
            Column("type", "Type", 150, lambda o: o.order.kind, self._type, words=True),
            Column("price", "Price", 80, lambda o: o.order.price, self._price, right=True, edit=self._edit_price),
            Column("trigger", "Trigger", 80, self._trigger_value, self._trigger, right=True, edit=self._edit_trigger),
            Column("size", "Size", 80, lambda o: o.order.size, self._size, right=True, edit=self._edit_size),
            Column("filled", "Filled", 118, lambda o: o.filled_size, self._filled, right=True, detail_width=5, spare=2),
            Column(
                "notional",
                "Notional",
                106,
                self._notional,
                lambda o: Cell(money(self._notional(o))),
                right=True,
                spare=3,
            ),
            # The newest has the greatest time, so by this column "descending" reads newest first
            Column(
                "age",
                "Age",
                78,
                lambda o: o.created_ms,
                lambda o: Cell(self.age(o.created_ms), "muted"),
                right=True,
                spare=4,
            ),
            Column(
                "status",
                "Status",
                92,
                lambda o: str(o.status),
                self._status,
                words=True,
                hint=self._status_hint,
                spare=1,
            ),
            Column("source", "Source", 84, self._source, lambda o: Cell(self._source(o), "muted"), words=True, spare=5),
            Column("actions", "", 138, lambda o: None, self._actions),
        ]

    def _header(self) -> QWidget:
        header = QWidget()
        row = QHBoxLayout(header)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addStretch(1)
        self.cancel_coin = ArmedButton(header)
        self.cancel_all = ArmedButton(header)
        self.cancel_all.say("Cancel all", "ghost")
        self.cancel_all.setToolTip("Every open order of every coin, stops included")
        self.cancel_coin.confirmed.connect(lambda: self._cancel_all(self.context.coin))
        self.cancel_all.confirmed.connect(lambda: self._cancel_all(None))
        row.addWidget(self.cancel_coin)
        row.addWidget(self.cancel_all)
        return header

    # --- cells ---

    def _greyed(self, cell: Callable[[TrackedOrder], Cell]) -> Callable[[TrackedOrder], Cell]:
        """Orders placed elsewhere that the settings leave alone."""

        def drawn(tracked: TrackedOrder) -> Cell:
            made = cell(tracked)
            ignored = self.context.desk.foreign.is_ignored(tracked)
            return replace(made, role="faint", badge_role="faint", strong=False) if ignored else made

        return drawn

    @staticmethod
    def _coin(tracked: TrackedOrder) -> Cell:
        buys = tracked.order.side is Side.BUY
        badge, role = ("BUY", "up") if buys else ("SELL", "down")
        return Cell(tracked.order.coin, badge=badge, badge_role=role, strong=True)

    @staticmethod
    def _type(tracked: TrackedOrder) -> Cell:
        badge = "reduce" if tracked.order.reduce_only else ""
        return Cell(tracked.order.kind.capitalize(), badge=badge)

    def _price(self, tracked: TrackedOrder) -> Cell:
        order = tracked.order
        if order.market or (order.trigger is not None and order.trigger.market):
            return Cell("market", "muted")
        return Cell(self.price(order.coin, order.price))

    @staticmethod
    def _trigger_value(tracked: TrackedOrder) -> Decimal | None:
        return None if tracked.order.trigger is None else tracked.order.trigger.price

    def _trigger(self, tracked: TrackedOrder) -> Cell:
        value = self._trigger_value(tracked)
        return Cell() if value is None else Cell(self.price(tracked.order.coin, value))

    @staticmethod
    def _size(tracked: TrackedOrder) -> Cell:
        return Cell(figures.size(tracked.order.size))

    @staticmethod
    def _filled(tracked: TrackedOrder) -> Cell:
        if not tracked.filled_size:
            return Cell("0", "muted")
        share = tracked.filled_size / tracked.order.size if tracked.order.size else None
        return Cell(figures.size(tracked.filled_size), detail=figures.percent(share, 0))

    @staticmethod
    def _notional(tracked: TrackedOrder) -> Decimal:
        """What is left of it, at its trigger or limit price."""
        order = tracked.order
        price = order.trigger.price if order.trigger is not None and order.trigger.market else order.price
        return tracked.remaining * price

    @staticmethod
    def _status(tracked: TrackedOrder) -> Cell:
        shown = OrderStatus.UNKNOWN if tracked.in_doubt else tracked.status
        return STATUS.get(shown, Cell(str(shown), "muted"))

    @staticmethod
    def _status_hint(tracked: TrackedOrder) -> str:
        shown = OrderStatus.UNKNOWN if tracked.in_doubt else tracked.status
        return " ".join(part for part in (HINTS.get(shown, ""), tracked.text) if part)

    def _source(self, tracked: TrackedOrder) -> str:
        return "elsewhere" if tracked.foreign else self.context.desk.title(tracked.order.source)

    def _actions(self, tracked: TrackedOrder) -> Cell:
        if tracked.client_order_id in self._busy:
            return Cell("working ...", "muted")
        if not tracked.status.is_live:
            return Cell()
        cancel = Action(
            "cancel", "Cancel", "Cancel it, or all that are selected (Del)", key=Qt.Key.Key_Delete, batch=True
        )
        if tracked.foreign:
            adopt = Action("adopt", "Adopt", "Placed elsewhere: treat it as one of yours from now on")
            return Cell(actions=(adopt,) if self.context.desk.foreign.is_ignored(tracked) else (adopt, cancel))
        if not _can_change(tracked):
            return Cell(actions=(cancel,))
        return Cell(
            actions=(Action("modify", "Modify", "Change price or trigger in place (F2)", key=Qt.Key.Key_F2), cancel)
        )

    # --- editing ---

    @staticmethod
    def _edit_price(tracked: TrackedOrder) -> str | None:
        order = tracked.order
        fixed = order.trigger is not None and order.trigger.market
        return wire_text(order.price) if _can_change(tracked) and not fixed else None

    @staticmethod
    def _edit_trigger(tracked: TrackedOrder) -> str | None:
        trigger = tracked.order.trigger
        return wire_text(trigger.price) if _can_change(tracked) and trigger is not None else None

    @staticmethod
    def _edit_size(tracked: TrackedOrder) -> str | None:
        return wire_text(tracked.remaining) if _can_change(tracked) else None

    def _change(self, client_order_id: str, column: str, text: str) -> None:
        """Enter in an editor: send the change, or say what is wrong with it."""
        tracked, entry = self.model.get(client_order_id), typed.read(text)
        if tracked is None:
            self.context.notify(Severity.WARNING, "This order is not open any more, so nothing was changed.")
        elif entry.value is None or entry.value <= 0:
            problem = entry.problem or f"The {column} must be above zero."
            self.context.notify(Severity.WARNING, f"{problem} The order stands as it was.")
        elif wire_text(entry.value) != self._shown(tracked, column):
            self._run(client_order_id, self._changed(tracked, column, entry.value), f"Modify {tracked.order.coin}")

    async def _changed(self, tracked: TrackedOrder, column: str, value: Decimal) -> Outcome:
        """What protection keeps is moved by protection: it would put it back otherwise."""
        name, coin, desk = tracked.client_order_id, tracked.order.coin, self.context.desk
        if name not in desk.protector.kept(coin):
            return await desk.manual.modify(name, **{CHANGES[column]: value})
        if column != "trigger":
            return Outcome(
                False, "Protection keeps this order: its trigger can be moved, the rest follows the position."
            )
        decimals = desk.survey.instrument(coin).size_decimals
        return Outcome(*desk.protector.move(coin, {name: snap_price(value, decimals)}))

    def _shown(self, tracked: TrackedOrder, column: str) -> str | None:
        edit = next(c.edit for c in self.model.columns if c.key == column)
        return None if edit is None else edit(tracked)

    # --- verbs ---

    def _on_applied(self) -> None:
        orders: list[TrackedOrder] = self.model.rows()
        coin = self.context.coin
        self.counted.emit(len(orders) if orders or self.context.desk.is_ready else -1)
        self.cancel_coin.say(f"Cancel {coin}", "ghost")
        self.cancel_coin.setToolTip(f"Every open {coin} order, stops by hand included")
        self.cancel_coin.setEnabled(any(o.order.coin == coin and o.status.is_live for o in orders))
        self.cancel_all.setEnabled(any(o.status.is_live for o in orders))

    def _on_coin(self, coin: str) -> None:
        """What was asked about the coin before is not asked about this one."""
        self.cancel_coin.disarm()
        self._on_applied()

    def _select(self, client_order_id: str) -> None:
        tracked = self.model.get(client_order_id)
        if tracked is not None:
            self.context.select(tracked.order.coin)

    def _act(self, client_order_id: str, name: str) -> None:
        if name == "adopt":
            outcome = self.context.desk.manual.adopt(client_order_id)
            self.context.notify(Severity.INFO if outcome.ok else Severity.WARNING, outcome.sentence)
            return
        if name == "cancel":
            tracked = self.context.desk.orders.get(client_order_id)
            if tracked is not None and client_order_id in self.context.desk.protector.kept(tracked.order.coin):
                self.context.notify(Severity.WARNING, KEPT)
                return
            self._run(client_order_id, self.context.desk.manual.cancel(client_order_id), "Cancel")
            return
        position = self.model.position(client_order_id)
        editable = [self.model.index(position, i) for i in range(len(self.model.columns))]
        first = next((index for index in editable if self.model.editable(index) is not None), None)
        if first is not None:
            self.table.setCurrentIndex(first)
            self.table.edit(first)

    def _offer_cancel(self, _: str, menu: QMenu) -> None:
        orders = [self.model.get(key) for key in self.table.selected()]
        keys = [order.client_order_id for order in orders if order is not None and order.status.is_live]
        if keys:
            what = "Cancel" if len(keys) == 1 else f"Cancel {len(keys)} selected orders"
            menu.addAction(what, lambda: self._cancel_each(keys))

    def _cancel_each(self, keys: list[str]) -> None:
        for key in keys:
            self._act(key, "cancel")

    def _cancel_all(self, coin: str | None) -> None:
        self.context.run(self._cancelled(coin), f"Cancel {coin or 'all'}")

    async def _cancelled(self, coin: str | None) -> Outcome:
        """All but what protection would place again at once, with the position bare until then."""
        desk = self.context.desk
        coins = {order.order.coin for order in desk.orders.live(coin)}
        kept = frozenset[str]().union(*(desk.protector.kept(one) for one in coins))
        done = await desk.manual.cancel_all(coin, keep=kept)
        stays = f" What protection keeps stays: {len(kept)} order{'' if len(kept) == 1 else 's'}." if kept else ""
        return replace(done, sentence=f"{done.sentence}{stays}")

    def _run(self, client_order_id: str, verb: Coroutine[Any, Any, Outcome], what: str) -> None:
        if client_order_id in self._busy:
            verb.close()
            return
        self._busy.add(client_order_id)
        self.model.refresh()
        self.context.run(self._released(client_order_id, verb), what)

    async def _released(self, client_order_id: str, verb: Coroutine[Any, Any, Outcome]) -> Outcome:
        try:
            return await verb
        finally:
            self._busy.discard(client_order_id)
            self.model.refresh()


def _can_change(tracked: TrackedOrder) -> bool:
    """A modify keeps the client order id; an order placed elsewhere may have none to keep."""
    return tracked.status.is_live and tracked.client_order_id.startswith("0x")
