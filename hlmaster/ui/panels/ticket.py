"""The order ticket: what to trade, what it would do, and why it would be refused, before anything is sent."""

from __future__ import annotations

from collections.abc import Coroutine
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QApplication, QPushButton

from hlmaster.core.errors import HlError
from hlmaster.core.rounding import PERP_MAX_DECIMALS, snap_price, to_decimal
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.bracket import Priced
from hlmaster.trading.preview import Preview
from hlmaster.trading.risk.board import effects
from hlmaster.trading.situation import Situation
from hlmaster.trading.ticket import SizeUnit, Ticket
from hlmaster.ui import figures
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.checklist import all_ticked
from hlmaster.ui.forms.ui_ticket_panel import Ui_TicketPanel
from hlmaster.ui.number_field import NumberField
from hlmaster.ui.order_words import order_words
from hlmaster.ui.panel import Panel
from hlmaster.ui.panels import ticket_actions
from hlmaster.ui.panels import ticket_sizes as sizes
from hlmaster.ui.panels.ticket_figures import TicketFigures, is_exit, say
from hlmaster.ui.panels.ticket_form import Reading, TicketForm
from hlmaster.ui.panels.ticket_leverage import TicketLeverage
from hlmaster.ui.panels.ticket_quick import verbs
from hlmaster.ui.working import WorkingSize, drafted

PREVIEW_MS = 200
VERDICT_MS = 8_000
MOST_REASONS = 2
"""Sentences under the button; the rest is in its tooltip."""


class TicketPanel(Panel):
    KEY = "ticket"
    TITLE = "Order ticket"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.ui = Ui_TicketPanel()
        self.ui.setupUi(self)
        self.setObjectName(self.KEY)
        self._sending = False
        self._verdict: tuple[str, str] | None = None
        self._preview: Preview | None = None
        self._wanting: NumberField | None = None
        self.form = TicketForm(self.ui, context.coin)
        self.figures = TicketFigures(self.ui, context.theme)
        self.leverage = TicketLeverage(self.ui, context, self._situation, self.refresh)
        self._step_by_arrows()
        # A wheel that scrolls the ticket must not make dollars of coins on its way
        self.ui.unit.installEventFilter(self)
        self._follow_settings()
        self.ui.unit.setCurrentIndex(self.ui.unit.findData(SizeUnit(context.desk.settings.ticket.size_unit)))
        self.form.follow_unit(None)
        self._connect()
        self._letters = ticket_actions.letters(self.ui)
        ticket_actions.register(self, self.ui, self.form.clear, self.leverage.toggle)
        self._beat = self._timer(PREVIEW_MS, self._on_beat, single=False)
        self._beat.start()
        self._forget_verdict = self._timer(VERDICT_MS, lambda: self._say_verdict(None))
        self._reopen = self._timer(QApplication.doubleClickInterval(), self.refresh)
        self.form.shape()
        self.refresh()

    def _timer(self, ms: int, work: Any, *, single: bool = True) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(single)
        timer.setInterval(ms)
        timer.timeout.connect(work)
        return timer

    def _connect(self) -> None:
        ui, context = self.ui, self.context
        ui.kind.chosen.connect(lambda _: self._on_shape())
        ui.side.chosen.connect(lambda _: self._on_edit())
        ui.execution.chosen.connect(lambda _: self._on_shape())
        ui.unit.currentIndexChanged.connect(lambda _: self._on_unit())
        for box in (ui.reduce_only, ui.post_only, ui.at_once):
            box.toggled.connect(lambda _: self._on_shape())
        ui.bracket.shaped.connect(self._on_shape)
        ui.bracket.changed.connect(self._on_edit)
        for field in self.form.fields:
            field.changed.connect(self._on_edit)
            field.editingFinished.connect(self._snap)
        for name, button in (("bid", ui.bid), ("mid", ui.mid), ("ask", ui.ask)):
            button.clicked.connect(partial(self._fill_price, name))
        ui.chips.shared.connect(self.take_share)
        ui.chips.taken.connect(ui.amount.set_value)
        ui.share.chosen.connect(self.take_share)
        ui.submit.confirmed.connect(self._send)
        quick = verbs(context)
        ui.quick.pressed.connect(lambda name: quick[name]())
        ui.quick.set_armed(context.arming.is_on)
        context.arming.changed.connect(ui.quick.set_armed)
        context.settings_changed.connect(self._follow_settings)
        context.theme_changed.connect(self.figures.limits.set_theme)
        for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._shortcut(key, self._on_enter)
        self._shortcut(Qt.Key.Key_Escape, self._on_escape)
        context.coin_changed.connect(self._on_coin)
        context.price_picked.connect(self._on_price_picked)

    def _step_by_arrows(self) -> None:
        self.ui.amount.step = self._step_amount
        for field in self.form.prices:
            field.step = self._step_price
        bracket = self.ui.bracket
        for field in (bracket.stop, *bracket.targets):
            field.step = self._step_exit

    def _follow_settings(self) -> None:
        self.ui.bracket.set_ready(self.context.desk.settings.ticket.ready)

    def _shortcut(self, key: Qt.Key, work: Any) -> None:
        shortcut = QShortcut(QKeySequence(key), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.setAutoRepeat(False)
        shortcut.activated.connect(work)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.ui.unit and event.type() is QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.form.shape()

    # --- what it would do ---

    def catch_up_on_sight(self) -> None:
        self.refresh()

    def _on_beat(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_edit(self) -> None:
        self.ui.submit.disarm()
        self._say_verdict(None)
        self.refresh()

    def _on_shape(self) -> None:
        self.form.shape()
        self._on_edit()

    def _on_unit(self) -> None:
        self.form.follow_unit(self._situation())
        self._on_shape()

    def refresh(self) -> None:
        """Recompute the preview and say why nothing can be sent, if so."""
        desk, coin = self.context.desk, self.context.coin
        situation, shown = self._situation(), None
        reading = self.form.read(coin, situation)
        try:
            if desk.is_ready:
                shown = desk.manual.preview(reading.ticket) if reading.ticket is not None else None
        except HlError as error:
            reading = Reading(problem=str(error))
        if not desk.is_ready:
            reading = Reading(problem="Orders open once the exchange has answered.", waiting=True)
        self._preview = shown
        self.figures.show_account(situation)
        self.ui.share.follow(None if situation is None else self._share(situation))
        entry = None if shown is None else shown.entry
        bars = effects(entry, situation, desk.limits.risk) if entry is not None and situation is not None else ()
        self.figures.show(shown, situation, () if self.form.is_crowded else bars, low=self.form.is_low)
        self._show_verdict(reading, shown)
        self._tell_others(reading, shown, situation)
        self.leverage.show_effect(situation, reading.ticket, shown)

    def _tell_others(self, reading: Reading, shown: Preview | None, situation: Situation | None) -> None:
        """The size for gestures elsewhere, and the lines that the order would have on a chart."""
        ui, coin = self.ui, self.context.coin
        ui.bracket.show_priced(reading.entry, reading.exits or Priced())
        reference = None if situation is None else situation.reference
        decimals = 0 if situation is None else situation.instrument.size_decimals
        ui.chips.follow(self.form.unit, coin, reference, decimals)
        amount = self.form.amount(situation)
        away = ui.bracket.stop_percent or self.context.desk.settings.ticket.ready[0][0]
        self.context.quick.set_working(WorkingSize(coin, self.form.unit, amount, away) if amount else None)
        self.context.quick.set_bracket(drafted(shown))

    def _show_verdict(self, reading: Reading, shown: Preview | None) -> None:
        can_send = shown is not None and shown.can_send and not self._is_closed_for_sending()
        problems = tuple(dict.fromkeys(shown.problems)) if shown is not None else ()
        problem = reading.problem or " ".join(problems[:MOST_REASONS])
        if len(problems) > MOST_REASONS:
            problem += f" {len(problems) - MOST_REASONS} more reason{'s' if len(problems) > MOST_REASONS + 1 else ''}."
        calm = reading.waiting or not problem
        text, tone = self._verdict or (problem or reading.hint, "" if calm else "warning")
        self.ui.reason.setToolTip(figures.veiled("\n".join(problems[MOST_REASONS:])))
        self.ui.submit.setEnabled(can_send)
        self._wanting = reading.field
        self.ui.submit.say("Sending ..." if self._sending else self._order_words(shown), str(self.form.side))
        self.ui.submit.needs_arming = self.context.desk.settings.general.confirm_orders
        with figures.unveiled():
            self.ui.submit.question = f"Sure? {self._order_words(shown)}"
        say(self.ui.reason, text, tone)

    def _is_closed_for_sending(self) -> bool:
        """Until the outcome, and for as long as a second click may still be the same double click."""
        return self._sending or self._reopen.isActive()

    def _order_words(self, shown: Preview | None) -> str:
        listed = self.context.desk.instruments.get(self.context.coin)
        return order_words(self.form.side, self.context.coin, shown, None if listed is None else listed.size_decimals)

    # --- filling in ---

    def _situation(self) -> Situation | None:
        """None before the exchange has answered, and for a coin that it does not list."""
        try:
            return self.context.desk.survey(self.context.coin) if self.context.desk.is_ready else None
        except HlError:
            return None

    def _step_price(self, value: Decimal | None, steps: int) -> Decimal | None:
        situation = self._situation()
        return None if situation is None else sizes.stepped_price(value, steps, situation)

    def _step_amount(self, value: Decimal | None, steps: int) -> Decimal | None:
        situation = self._situation()
        return None if situation is None else sizes.stepped_amount(value, steps, self.form.unit, situation)

    def _step_exit(self, value: Decimal | None, steps: int) -> Decimal | None:
        situation = self._situation()
        if situation is None:
            return None
        return sizes.stepped_exit(value, steps, self.ui.bracket.exit_unit, situation)

    def _snap(self) -> None:
        situation = self._situation()
        if situation is not None:
            self.form.snap(situation)

    def _fill_price(self, name: str) -> None:
        situation = self._situation()
        if situation is None:
            return
        price = {"bid": situation.best_bid, "mid": situation.mid, "ask": situation.best_ask}[name]
        if price is not None:
            self.ui.price.set_value(snap_price(price, situation.instrument.size_decimals))

    def take_share(self, share: int) -> None:
        situation = self._situation()
        room = None if situation is None else self._room(situation)
        if situation is None or room is None:
            return
        amount = sizes.shared_amount(share, self.form.unit, *room, situation)
        self.ui.amount.set_value(amount if share else None)

    def _share(self, situation: Situation) -> Decimal | None:
        """What part of what is possible the typed size is, in per cent."""
        amount, room = self.ui.amount.value, self._room(situation)
        return None if amount is None or room is None else sizes.share_of(amount, self.form.unit, *room, situation)

    def _room(self, situation: Situation) -> tuple[Decimal, Decimal] | None:
        """The most coins that can be ordered, and the price they are counted at."""
        kind, limits = self.form.kind, self.context.desk.settings.risk
        price = sizes.entry_price(situation, self.form.side, kind, self.ui.price.value, self.ui.trigger.value)
        if price is None:
            return None
        if self.ui.reduce_only.isChecked():
            return abs(situation.position), price
        return sizes.largest_size(situation, limits, self.form.side, price, market=not kind.has_limit_price), price

    def _on_price_picked(self, coin: str, price: float) -> None:
        """A click in the book or on the chart: into the trigger of a trigger order, else into the limit price."""
        situation = self._situation()
        if coin != self.context.coin or situation is None or price <= 0:
            return
        picked = snap_price(to_decimal(price, PERP_MAX_DECIMALS), situation.instrument.size_decimals)
        if self.form.kind.has_trigger_price:
            self.ui.trigger.set_value(picked)
            return
        if not self.form.kind.has_limit_price:
            self.ui.kind.choose("limit")
        self.ui.price.set_value(picked)

    def _on_coin(self, coin: str) -> None:
        self.form.follow(coin)
        self.ui.leverage_box.hide()
        self._on_edit()

    # --- sending ---

    def _on_enter(self) -> None:
        """Send, or go to the field that keeps the order from being sent."""
        focused, ui = self.focusWidget(), self.ui
        if ui.chips.is_editing:
            ui.chips.keep()
        elif focused is not None and ui.leverage_box.isAncestorOf(focused):
            ui.leverage_box.apply.click()
        elif isinstance(focused, QPushButton) and focused in (*ui.quick.buttons.values(), ui.quick.head):
            focused.click()  # What has the keys is meant, not the ticket's own order
        elif not ui.submit.isEnabled() and self._wanting is not None:
            self._wanting.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self._wanting.selectAll()
        else:
            ui.submit.click()

    def _on_escape(self) -> None:
        """Take back one thing: a preset's editor, an armed button, the leverage box, or what was typed."""
        if self.ui.chips.is_editing:
            self.ui.chips.give_up()
        elif self.ui.submit.is_armed:
            self.ui.submit.disarm()
        elif self.ui.leverage_box.isVisible():
            self.ui.leverage_box.hide()
        else:
            self.form.clear()
            self.ui.amount.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Letters that no field has taken."""
        choose = self._letters.get(Qt.Key(event.key()))
        if choose is None or event.modifiers() or event.isAutoRepeat():
            super().keyPressEvent(event)
        else:
            choose()

    def _send(self) -> None:
        self._snap()
        ticket = self.form.read(self.context.coin, self._situation()).ticket
        if ticket is None or self._is_closed_for_sending():
            return
        self._sending = True
        self._reopen.start()
        self._say_verdict(None)
        self.refresh()
        self.context.run(self._sent(self._place(ticket, self._questions())), f"{self.form.side} {ticket.coin}")

    def _questions(self) -> tuple[str, ...]:
        """Before what may open something; an exit is never asked."""
        shown, situation = self._preview, self._situation()
        if shown is not None and situation is not None and is_exit(shown, situation.position):
            return ()
        return self.context.desk.settings.safeguards.checklist

    async def _place(self, ticket: Ticket, questions: tuple[str, ...]) -> Outcome:
        """What was asked about is sent, or nothing."""
        if questions:
            shown = self._preview
            with figures.unveiled():
                what = self._order_words(shown)
            if not await all_ticked(self.window(), what, questions):
                return Outcome(False, "Nothing was sent: the checklist is not ticked.")
            if not self._is_still(ticket):
                return Outcome(False, "Nothing was sent: the ticket changed while the checklist was asked.")
            if shown is not None and shown.entry is not None:
                ticket = replace(ticket, size_unit=SizeUnit.COIN, amount=shown.entry.size)
        return await self.context.desk.manual.place(ticket)

    def _is_still(self, ticket: Ticket) -> bool:
        """The form means what it meant; exits that are distances follow the market meanwhile."""
        now = self.form.read(self.context.coin, self._situation()).ticket
        return now is not None and replace(now, stop_price=None, targets=()) == replace(
            ticket, stop_price=None, targets=()
        )

    async def _sent(self, placing: Coroutine[Any, Any, Outcome]) -> Outcome:
        try:
            outcome = await placing
        finally:
            self._sending = False
            self.refresh()
        if outcome.ok and self.context.desk.settings.ticket.empty_after_send:
            self.ui.amount.clear()
        self._say_verdict((outcome.sentence, "" if outcome.ok else "warning"))
        return outcome

    def _say_verdict(self, verdict: tuple[str, str] | None) -> None:
        """What became of the last order stays to read until the next edit, or a few seconds."""
        self._verdict = verdict
        if verdict is not None:
            self._forget_verdict.start()
            say(self.ui.reason, *verdict)

    # --- memory ---

    def save_state(self) -> dict[str, Any]:
        return self.form.save_state()

    def restore_state(self, state: dict[str, Any]) -> None:
        self.form.restore_state(state)
