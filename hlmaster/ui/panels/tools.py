"""Orders of more than one order: ladders, one-cancels-other pairs, and chases with what they have got so far."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from hlmaster.core.errors import HlError
from hlmaster.core.rounding import wire_text
from hlmaster.desk.outcome import Outcome
from hlmaster.trading.execution.algorithms.chase import Chase, Chaser
from hlmaster.trading.execution.algorithms.scale import Scale
from hlmaster.ui.armed_button import ArmedButton
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.checklist import all_ticked
from hlmaster.ui.figures import veiled
from hlmaster.ui.panel import Panel
from hlmaster.ui.panels.tools_pages import ChasePage, LadderPage, Page, PairPage, Reading, Wanted
from hlmaster.ui.segments import Segments
from hlmaster.ui.side_page import scrolled
from hlmaster.ui.theme import restyle

BEAT_MS = 250
WORDS = {"ladder": "Place the ladder", "pair": "Place the pair", "chase": "Start the chase"}
KINDS = (
    ("ladder", "Ladder", "One size, spread over limit orders between two prices", ""),
    ("pair", "Pair", "Two orders of which the first to trade cancels the other", ""),
    ("chase", "Chase", "A post-only order that follows the best price until it is filled", ""),
)


class ToolsPanel(Panel):
    KEY = "tools"
    TITLE = "Order tools"

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self.kind = Segments(self)
        self.kind.set_options(KINDS)
        self.kind.setAccessibleName("Tool")
        self.ladder, self.pair, self.chase = LadderPage(self), PairPage(self), ChasePage(self)
        self._pages: dict[str, Page] = {"ladder": self.ladder, "pair": self.pair, "chase": self.chase}
        self.submit = ArmedButton(self)
        self.submit.setMinimumHeight(32)
        self.message = QLabel(self)
        self.message.setWordWrap(True)
        self.message.setProperty("role", "muted")
        self.message.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.running = QFrame(self)
        self._rows = QVBoxLayout(self.running)
        self._shown: tuple[str, ...] = ()
        self._sending = False
        self._edits = 0
        self._verdict: tuple[str, str] | None = None
        self._lay_out()
        self.kind.chosen.connect(lambda _: self._on_edit())
        self.submit.confirmed.connect(self._send)
        context.coin_changed.connect(self._on_coin)
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(self._on_beat)
        self._beat.start()
        self.refresh()

    def _lay_out(self) -> None:
        self._stack = QStackedWidget(self)
        for page in self._pages.values():
            page.changed.connect(self._on_edit)
            self._stack.addWidget(page)
        self._rows.setContentsMargins(0, 6, 0, 0)
        self._rows.setSpacing(4)
        self.message.setMinimumHeight(3 * self.message.fontMetrics().lineSpacing() + 2)
        contents = QWidget()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(scrolled(contents))
        column = QVBoxLayout(contents)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(8)
        for widget in (self.kind, self._stack, self.submit, self.message, self.running):
            column.addWidget(widget)
        column.addStretch(1)

    @property
    def page(self) -> Page:
        return self._pages[str(self.kind.value)]

    # --- what it would do ---

    def catch_up_on_sight(self) -> None:
        self.refresh()

    def _on_beat(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_coin(self, _coin: str) -> None:
        for page in self._pages.values():
            page.clear()
        self._on_edit()

    def _on_edit(self) -> None:
        self.submit.disarm()
        self._edits += 1
        self._verdict = None
        self.refresh()

    def refresh(self) -> None:
        self._stack.setCurrentWidget(self.page)
        reading = self._read()
        self.submit.needs_arming = self.context.desk.settings.general.confirm_orders
        self.submit.say(WORDS[str(self.kind.value)], "primary")
        self.submit.setEnabled(reading.wanted is not None and not self._sending)
        tone = "" if reading.waiting or not reading.problem else "warning"
        text, tone = self._verdict or (reading.problem or reading.preview, tone)
        text = veiled(text)
        if (self.message.text(), self.message.property("tone")) != (text, tone):
            self.message.setText(text)
            self.message.setProperty("tone", tone)
            restyle(self.message)
        self._list_chases()

    def _read(self) -> Reading:
        desk = self.context.desk
        if not desk.is_ready:
            return Reading(problem="Orders open once the exchange has answered.", waiting=True)
        try:
            return self.page.read(desk.survey.instrument(self.context.coin))
        except HlError as error:
            return Reading(problem=str(error))

    # --- doing it ---

    def _send(self) -> None:
        wanted = self._read().wanted
        if wanted is not None and not self._sending:
            self._sending = True
            self.refresh()
            self.context.run(self._carry_out(wanted), "placing orders")

    async def _carry_out(self, wanted: Wanted) -> Outcome:
        try:
            outcome = await self._hindered(wanted) or await self._place(wanted)
        finally:
            self._sending = False
        if outcome.ok:
            self.page.clear()
        self._verdict = (outcome.sentence, "up" if outcome.ok else "down")
        self.refresh()
        return outcome

    async def _hindered(self, wanted: Wanted) -> Outcome | None:
        """What may open something asks the checklist; None: nothing stands in its way."""
        questions, edits = self.context.desk.settings.safeguards.checklist, self._edits
        parts = wanted if isinstance(wanted, tuple) else (wanted,)
        if not questions or all(part.reduce_only for part in parts):
            return None
        if not await all_ticked(self.window(), f"{WORDS[str(self.kind.value)]}, {parts[0].coin}", questions):
            return Outcome(False, "Nothing was sent: the checklist is not ticked.")
        if edits != self._edits:
            return Outcome(False, "Nothing was sent: the form changed while the checklist was asked.")
        return None

    async def _place(self, wanted: Wanted) -> Outcome:
        tools = self.context.desk.tools
        if isinstance(wanted, Scale):
            outcome = await tools.scale(wanted)
            if outcome.ok:
                return Outcome(True, f"{len(outcome.orders)} orders rest as a ladder.", outcome.orders)
            return outcome
        if isinstance(wanted, Chase):
            return tools.chase(wanted)
        outcome = await tools.one_cancels_other(*wanted)
        return Outcome(True, "Both orders of the pair stand.", outcome.orders) if outcome.ok else outcome

    # --- chases under way ---

    def _list_chases(self) -> None:
        chases = self.context.desk.tools.chases()
        told = tuple(_progress(chaser) for chaser in chases)
        if told == self._shown:
            return
        self._shown = told
        while (item := self._rows.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for text, chaser in zip(told, chases, strict=True):
            self._rows.addWidget(self._row(text, chaser.chase.coin))

    def _row(self, text: str, coin: str) -> QWidget:
        row, stop = QWidget(self.running), QPushButton("Stop", self.running)
        stop.setProperty("role", "small")
        stop.setAccessibleName(f"Stop the chase of {coin}")
        stop.clicked.connect(lambda: self._stop(coin))
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        label = QLabel(text, row)
        label.setProperty("role", "muted")
        line.addWidget(label, 1)
        line.addWidget(stop)
        return row

    def _stop(self, coin: str) -> None:
        outcome = self.context.desk.tools.stop_chase(coin)
        self._verdict = (outcome.sentence, "")
        self.refresh()


def _progress(chaser: Chaser) -> str:
    chase, order = chaser.chase, chaser.order
    at = f" at {wire_text(order.order.price)}" if order is not None and order.status.is_live else ""
    return f"{chase.coin}: {wire_text(chaser.filled)} of {wire_text(chase.size)}{at}"
