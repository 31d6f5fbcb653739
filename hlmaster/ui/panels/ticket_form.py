"""The ticket's form: its choices, which fields an order has, and the ticket they make."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QBoxLayout, QLabel, QWidget

from hlmaster.core.model import Side
from hlmaster.core.orders import TimeInForce
from hlmaster.core.rounding import round_size, snap_price, wire_text
from hlmaster.trading.bracket import Entry, ExitUnit, Priced, priced
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import SizeUnit, Ticket, TicketKind, draft
from hlmaster.ui import figures
from hlmaster.ui.forms.ui_ticket_panel import Ui_TicketPanel
from hlmaster.ui.number_field import NumberField
from hlmaster.ui.panels import ticket_sizes as sizes
from hlmaster.ui.theme import restyle

KINDS = (
    ("market", "Market", "Trades at once, at the best prices there are (M)", ""),
    ("limit", "Limit", "Trades at this price or better, and waits in the book for it (L)", ""),
    ("stop", "Stop", "Wakes when the mark price runs against you to the trigger (O)", ""),
    ("take profit", "Take", "Take profit: wakes when the mark price reaches your target (T)", ""),
)
SIDES = ((Side.BUY, "Buy / Long", "Buy (B)", "buy"), (Side.SELL, "Sell / Short", "Sell (S)", "sell"))
EXECUTIONS = (
    ("market", "Market", "Once awake, trade at once", ""),
    ("limit", "Limit", "Once awake, place a limit order", ""),
)
POST_ONLY = "Waits in the book, and is cancelled rather than pay the taker fee (P)"
REDUCE_ONLY = "Only makes the position smaller, never opens or turns it (R)"
ONLY_LIMITS_REST = "Only a limit order can be post-only: this kind trades as soon as it is in the book."
AT_ONCE = "Immediate or cancel: trades what it can at once, the rest is cancelled; otherwise it waits till cancelled"
IOC_TAKES = "IOC trades at once or not at all, and post-only waits: take IOC off first."
ONLY_LIMITS_WAIT = "Only a plain limit order can be IOC; a market order is by itself."
RESTS = "A post-only order never trades at once: take post-only off first."
ENDS_ONLY = "A reduce-only order ends a position, so there is nothing for a bracket to protect."

EXECUTION_WIDTH, UNIT_LETTERS = 112, 9
ROOMY = 560
"""Pixels of a ticket in which an order with a bracket shows every field and figure."""
LOW, LOWEST = 460, 350
"""Pixels below which figures stand beside their names, and fields as low as they can: with a bracket and without."""
CLOSE_TOGETHER, TOP = 3, 8
"""Pixels between rows where there are fewer, so that none has to be scrolled for."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The form as a ticket, or the sentence about the field that cannot be read.

    Prices are on the grid and sizes in lots already: what is read is what would be sent.
    """

    ticket: Ticket | None = None
    problem: str = ""
    waiting: bool = False
    """Not filled in yet."""
    hint: str = ""
    """What was typed and is taken for something else."""
    field: NumberField | None = None
    """Where the problem is."""
    entry: Entry | None = None
    exits: Priced | None = None


class TicketForm:
    """Reads the widgets of ``ui`` and shows those that the chosen kind of order needs."""

    def __init__(self, ui: Ui_TicketPanel, coin: str) -> None:
        self._ui = ui
        self._spacing = ui.contents_layout.spacing()
        self.is_crowded = self.is_low = False
        self._counted_in = SizeUnit.COIN
        ui.kind.set_options(KINDS)
        ui.side.set_options(SIDES)
        ui.execution.set_options(EXECUTIONS)
        ui.execution.setMinimumWidth(EXECUTION_WIDTH)
        for unit in SizeUnit:
            ui.unit.addItem(str(unit), unit)
        self._name_unit(coin)
        # The scroll area has measured them before their roles were set
        for label in (*ui.contents.findChildren(QLabel), *ui.preview.findChildren(QLabel)):
            restyle(label)
        for painted in (ui.contents, ui.area.viewport()):
            painted.setAutoFillBackground(False)
        for column in range(3):
            ui.preview_layout.setColumnStretch(column, 1)
        ui.reduce_only.setToolTip(REDUCE_ONLY)
        ui.amount.setPlaceholderText("0")
        self.prices = (ui.price, ui.trigger)
        self.fields = (*self.prices, ui.amount)
        self._order_tabs()

    def _order_tabs(self) -> None:
        """From what is traded to the button that sends it; leverage, seldom touched, comes last."""
        ui = self._ui
        order: list[QWidget] = [*ui.kind.buttons(), *ui.side.buttons(), ui.trigger, *ui.execution.buttons()]
        order += [ui.price, ui.bid, ui.mid, ui.ask, ui.amount, ui.unit, ui.share, *ui.chips.buttons()]
        order += [ui.reduce_only, ui.post_only, ui.at_once, *ui.bracket.tab_order()]
        order += [ui.submit, ui.quick.head, *ui.quick.buttons.values(), ui.leverage]
        for before, after in pairwise(order):
            QWidget.setTabOrder(before, after)

    def clear(self) -> None:
        for field in self.fields:
            field.clear()
        self._ui.bracket.clear()

    def follow(self, coin: str) -> None:
        """Prices, and a size in coins, belong to the coin they were typed for."""
        for field in self.prices:
            field.clear()
        self._ui.bracket.clear_prices()
        if self.unit is SizeUnit.COIN:
            self._ui.amount.clear()
        self._name_unit(coin)

    def _name_unit(self, coin: str) -> None:
        """Beside the size there is room for so many letters; the tip has them all."""
        self._ui.unit.setItemText(0, figures.shortened(coin, UNIT_LETTERS))
        self._ui.unit.setItemData(0, coin, Qt.ItemDataRole.ToolTipRole)

    def follow_unit(self, situation: Situation | None) -> None:
        """The unit is another: the same size is said in it, or none where nobody can say how much that is."""
        was, self._counted_in = self._counted_in, self.unit
        amount = self._ui.amount.value
        if amount is None or was is self.unit:
            return
        self._ui.amount.set_value(None if situation is None else self._same_size(amount, was, situation))

    def _same_size(self, amount: Decimal, was: SizeUnit, situation: Situation) -> Decimal | None:
        ui = self._ui
        price = sizes.entry_price(situation, self.side, self.kind, ui.price.value, ui.trigger.value)
        if price is None or not 0 < amount < sizes.MOST_COINS:
            return None
        worth = [sizes.per_coin(unit, price, situation.equity, ui.bracket.loss) for unit in (was, self.unit)]
        before, now = worth
        if not before or not now or amount / before > sizes.MOST_COINS:
            return None
        return sizes.same_size(amount / before, self.unit, now, situation)

    @property
    def kind(self) -> TicketKind:
        choice: str = self._ui.kind.value
        if choice in ("stop", "take profit"):
            return TicketKind(f"{choice} {self._ui.execution.value}")
        return TicketKind.POST_ONLY if choice == "limit" and self.is_post_only else TicketKind(choice)

    @property
    def is_post_only(self) -> bool:
        return self._ui.post_only.isEnabled() and self._ui.post_only.isChecked()

    @property
    def time_in_force(self) -> TimeInForce:
        """Of a plain limit order; every other kind has one of its own."""
        takes = self._ui.at_once.isEnabled() and self._ui.at_once.isChecked()
        return TimeInForce.IOC if takes and self.kind is TicketKind.LIMIT else TimeInForce.GTC

    @property
    def unit(self) -> SizeUnit:
        return SizeUnit(self._ui.unit.currentData())

    @property
    def side(self) -> Side:
        return Side(self._ui.side.value)

    def shape(self) -> None:
        """Show the fields this kind of order has; what is hidden or greyed is not part of the ticket."""
        ui = self._ui
        self._allow()
        kind = self.kind
        ui.trigger_row.setVisible(kind.has_trigger_price)
        ui.price_row.setVisible(kind.has_limit_price)
        # Together they are the same however it is shared out, so that one shape does not lead to the next
        height = ui.area.height() + ui.foot.height()
        bracketed = ui.bracket.wants_stop() or ui.bracket.wants_target()
        roomy = height >= ROOMY
        # The buttons below it say the same
        ui.share.setVisible(roomy)
        ui.chips.set_roomy(roomy)
        ui.contents_layout.setSpacing(self._spacing if roomy else CLOSE_TOGETHER)
        # The bracket comes first where there is no room for both
        self.is_crowded = not roomy and bracketed
        ui.quick.setVisible(not self.is_crowded or ui.quick.head.isChecked())
        self._press_together(on=height < (LOW if bracketed else LOWEST))
        # What a bracket rules out is not offered where room is scarce
        ui.check_row.setVisible(not (self.is_low and bracketed) or ui.kind.value == "limit")
        self._arrange_figures(flat=height < LOW)
        ui.risk_box.setVisible(ui.bracket.wants_stop())
        ui.reward_box.setVisible(ui.bracket.wants_target())
        risky = self.unit is SizeUnit.RISK_USD
        for share, button in ui.chips.share.items():
            button.setText(f"{share / 100:g}%" if risky else f"{share}%")
            button.setToolTip(f"{share / 100:g} % of equity at risk" if risky else self._share_tip(f"{share} %"))
        ui.share.setToolTip("Up to 1 % of equity at risk" if risky else self._share_tip("A share"))

    def _arrange_figures(self, *, flat: bool) -> None:
        """Risk and reward take the places of what is known without them, where there is no room for a row of theirs;
        ``flat``: in two columns, each beside its name."""
        ui, layout, crowded = self._ui, self._ui.preview_layout, self.is_crowded
        layout.setContentsMargins(0, 0, 0, 2 if flat else 4)
        layout.setVerticalSpacing(1 if flat else 6)
        layout.setHorizontalSpacing(4 if flat else 8)
        for box in (ui.available_box, ui.after_box):
            box.setVisible(not crowded and not flat)
        ui.notional_caption.setText("VALUE" if flat else "ORDER VALUE")
        across = QBoxLayout.Direction.LeftToRight if flat else QBoxLayout.Direction.TopToBottom
        lines = (ui.notional_layout, ui.fee_layout, ui.margin_layout, ui.liquidation_layout)
        for line in (*lines, ui.risk_layout, ui.reward_layout):
            line.setDirection(across)
        for column, share in enumerate((1, 1, 0) if flat else (1, 1, 1)):
            layout.setColumnStretch(column, share)
        layout.addWidget(ui.notional_box, 0, 0)
        layout.addWidget(ui.fee_box, 0, 1)
        layout.addWidget(ui.margin_box, *((1, 0) if flat else (0, 2)))
        layout.addWidget(ui.liquidation_box, *((1, 1) if flat or not crowded else (1, 0)))
        layout.addWidget(ui.risk_box, *((2, 0) if flat else (1, 1) if crowded else (2, 0, 1, 2)))
        layout.addWidget(ui.reward_box, *((2, 1) if flat else (1, 2) if crowded else (2, 2)))

    def _press_together(self, *, on: bool) -> None:
        """What has a key, or is in the watch of the chart, comes after the fields: it is scrolled for."""
        ui, layout, self.is_low = self._ui, self._ui.contents_layout, on
        first = (ui.head, ui.leverage_box)
        if (layout.indexOf(ui.head) > 0) is not on:
            for number, widget in enumerate(first):
                layout.insertWidget(layout.indexOf(ui.quick) if on else number, widget)
            layout.insertWidget(layout.indexOf(ui.head if on else ui.check_row), ui.chips)
        ui.bracket.set_low(on)
        side, foot = (8, (8, 2, 8, 3)) if on else (12, (12, 6, 12, 10))
        layout.setContentsMargins(side, 2 if on else TOP, side, 1 if on else 4)
        ui.foot_layout.setContentsMargins(*foot)
        ui.foot_layout.setSpacing(3 if on else 6)
        ui.submit.setMinimumHeight(26 if on else 32)
        # Room for what reasons need, so that the button does not move under the pointer while one types
        lines = 2 if on else 3
        ui.reason.setMinimumHeight(lines * ui.reason.fontMetrics().lineSpacing() + (0 if on else 2))
        if on:
            layout.setSpacing(CLOSE_TOGETHER - 1)

    def _allow(self) -> None:
        """What cannot go together is greyed, with the reason where the pointer asks for it."""
        ui = self._ui
        is_limit = ui.kind.value == "limit"
        for box, other, tips in (
            (ui.post_only, ui.at_once, (POST_ONLY, ONLY_LIMITS_REST, IOC_TAKES)),
            (ui.at_once, ui.post_only, (AT_ONCE, ONLY_LIMITS_WAIT, RESTS)),
        ):
            # Of two that were ticked before the kind came to allow them, post-only stays: it can cost less
            excluded = other.isChecked() and (other is ui.post_only or not box.isChecked())
            box.setEnabled(is_limit and not excluded)
            box.setToolTip(tips[1] if not is_limit else tips[2] if excluded else tips[0])
        barred = ENDS_ONLY if ui.reduce_only.isChecked() else ""
        ui.bracket.allow(barred=barred, risky=self.unit is SizeUnit.RISK_USD)

    def _share_tip(self, share: str) -> str:
        if self.unit is SizeUnit.EQUITY_PERCENT:
            return f"A position worth {share[0].lower() + share[1:]} of equity"
        if self._ui.reduce_only.isChecked():
            return f"{share} of the position"
        return f"{share} of the most that free margin and your largest order allow"

    def read(self, coin: str, situation: Situation | None) -> Reading:
        """Without a situation (before the exchange has answered) nothing is rounded, and distances mean no price."""
        ui, kind = self._ui, self.kind
        used: list[tuple[NumberField, str]] = [(ui.price, "limit price")] if kind.has_limit_price else []
        used += [(ui.trigger, "trigger price")] if kind.has_trigger_price else []
        used += [(ui.amount, "size"), *ui.bracket.fields()]
        wrong = self._wrong(used)
        if wrong is not None:
            return wrong
        hints: list[str] = []
        limit = self._on_grid(ui.price, situation, hints) if kind.has_limit_price else None
        trigger = self._on_grid(ui.trigger, situation, hints) if kind.has_trigger_price else None
        ticket = Ticket(
            coin=coin,
            side=self.side,
            kind=kind,
            size_unit=self.unit,
            amount=self._in_lots(situation, hints),
            limit_price=limit,
            trigger_price=trigger,
            reduce_only=ui.reduce_only.isChecked(),
            time_in_force=self.time_in_force,
        )
        if not ticket.amount:
            return Reading(problem=" ".join(hints), field=ui.amount)
        return self._with_exits(ticket, situation, " ".join(hints))

    def _wrong(self, used: list[tuple[NumberField, str]]) -> Reading | None:
        """The first field that cannot be read, or else the first that is empty."""
        bad = empty = None
        for field, name in used:
            typed = field.typed()
            wrong = typed.problem or (f"The {name} must be above zero." if _not_positive(typed.value) else "")
            field.set_bad(bool(wrong))
            if wrong and bad is None:
                bad = Reading(problem=wrong, field=field)
            if typed.value is None and empty is None:
                empty = Reading(problem=f"Enter the {name}.", waiting=True, field=field)
        return bad or empty

    @staticmethod
    def _on_grid(field: NumberField, situation: Situation | None, hints: list[str]) -> Decimal | None:
        typed = field.value
        if typed is None or situation is None:
            return typed
        snapped = snap_price(typed, situation.instrument.size_decimals)
        if snapped != typed:
            hints.append(f"{wire_text(typed)} lies between two ticks: {wire_text(snapped)} is meant.")
        return snapped

    def _in_lots(self, situation: Situation | None, hints: list[str]) -> Decimal:
        typed = self._ui.amount.value or Decimal(0)
        if situation is None or self.unit is not SizeUnit.COIN:
            return typed
        cut, lot = round_size(typed, situation.instrument.size_decimals), wire_text(situation.instrument.lot)
        if not cut:
            hints.append(f"The smallest size is one lot of {lot} {situation.instrument.coin}.")
        elif cut != typed:
            hints.append(f"{wire_text(typed)} lies between two lots of {lot}: {wire_text(cut)} is meant.")
        return cut

    def _with_exits(self, ticket: Ticket, situation: Situation | None, hint: str) -> Reading:
        bracket = self._ui.bracket
        exits = bracket.exits()
        if exits.stop is None and not exits.targets:
            return Reading(ticket, hint=hint)
        if situation is None:
            return Reading(problem="Exits are reckoned once there is a price.", waiting=True)
        price = sizes.entry_price(situation, ticket.side, ticket.kind, ticket.limit_price, ticket.trigger_price)
        if price is None:
            return Reading(problem=f"There is no price of {ticket.coin} to reckon the exits from.", waiting=True)
        size = None
        if ticket.size_unit is not SizeUnit.RISK_USD:
            orders = draft(ticket, situation, Decimal(0)).orders
            size = orders[0].size if orders else None
        entry = Entry(ticket.side, price, size, situation.fees.taker, situation.instrument.size_decimals)
        made = priced(exits, entry)
        if made.problem:
            return Reading(problem=made.problem, entry=entry)
        whole = replace(ticket, stop_price=made.stop, attach_stop=self.attaches_stop(), targets=made.targets)
        return Reading(whole, hint=hint, entry=entry, exits=made)

    def amount(self, situation: Situation | None) -> Decimal | None:
        """The size as it is meant; None while there is none."""
        typed = self._ui.amount.value
        return self._in_lots(situation, []) if typed is not None and typed > 0 else None

    def attaches_stop(self) -> bool:
        box = self._ui.bracket.attach_stop
        return box.isChecked() and box.isEnabled()

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        """Units, presets and what is unfolded: what a trader set up, and nothing of an order."""
        ui = self._ui
        kept = {"unit": str(self.unit), "exit_unit": str(ui.bracket.exit_unit), "quick": ui.quick.head.isChecked()}
        return kept | ui.chips.save_state()

    def restore_state(self, state: dict[str, Any]) -> None:
        ui = self._ui
        unit, exit_unit = state.get("unit"), state.get("exit_unit")
        if unit in list(SizeUnit):
            ui.unit.setCurrentIndex(ui.unit.findData(SizeUnit(unit)))
        if exit_unit in list(ExitUnit):
            ui.bracket.choose_unit(ExitUnit(exit_unit))
        ui.quick.head.setChecked(state.get("quick") is True)
        ui.chips.restore_state(state)

    def snap(self, situation: Situation) -> None:
        """What was typed becomes what is meant: when a field is left, and before it is sent."""
        for field in self.prices:
            typed = field.value
            if typed is not None and typed > 0:
                snapped = snap_price(typed, situation.instrument.size_decimals)
                if snapped != typed and snapped > 0:
                    field.set_value(snapped)
        amount = self._ui.amount.value
        if amount is not None and self.unit is SizeUnit.COIN:
            cut = round_size(amount, situation.instrument.size_decimals)
            if cut and cut != amount:
                self._ui.amount.set_value(cut)


def _not_positive(value: Decimal | None) -> bool:
    return value is not None and value <= 0
