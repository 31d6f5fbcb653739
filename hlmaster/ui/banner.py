"""The line under a window's head while the connection or trading is not as it should be."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from hlmaster.core.events import LinkChanged, LinkState, TradingState, TradingStateChanged
from hlmaster.desk.brake import halt_sentence
from hlmaster.ui.context import Context
from hlmaster.ui.dialogs.confirm import ask
from hlmaster.ui.figures import veiled
from hlmaster.ui.theme import restyle
from hlmaster.ui.what_is_open import cut_off

COUNT_MS = 1_000
SILENT_SECONDS = 10.0
"""A link that stands and brings nothing for so long is as good as none."""


class Banner(QFrame):
    """Why prices stand still or entries are off, and what still works; every window has one."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self._link = context.desk.link.last
        self.setProperty("role", "banner")
        self._words = QLabel()
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setWordWrap(True)
        self._told = context.desk.clock.monotonic()
        self._beat = QTimer(self, interval=COUNT_MS)
        self._beat.timeout.connect(self._refresh)
        self._lift = QPushButton("Lift the halt …")
        self._lift.setProperty("role", "small")
        self._lift.clicked.connect(self._ask_to_lift)
        self._confirm = QPushButton("Confirm the restart …")
        self._confirm.setProperty("role", "small")
        self._confirm.clicked.connect(self._ask_to_confirm)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 4)
        row.addWidget(self._words, 1)
        row.addWidget(self._lift)
        row.addWidget(self._confirm)
        context.bridge.on_fact(self, LinkChanged, self._on_link)
        context.bridge.on_fact(self, TradingStateChanged, lambda _: self._refresh())
        # Sums that are seen or hidden from now on
        context.theme_changed.connect(self._refresh)
        self._beat.start()
        self._refresh()

    def _on_link(self, fact: LinkChanged) -> None:
        self._link, self._told = fact, self._context.desk.clock.monotonic()
        self._refresh()

    def _refresh(self) -> None:
        halt = self._context.desk.brake.halt
        self._lift.setVisible(halt is not None)
        self._confirm.setVisible(halt is None and self._context.desk.recovery.is_waiting)
        severity, words = self._said()
        self.setVisible(bool(words))
        if self._words.text() != veiled(words):
            self._words.setText(veiled(words))
        if self.property("severity") != severity:
            self.setProperty("severity", severity)
            for painted in (self, self._words):
                restyle(painted)

    def _said(self) -> tuple[str, str]:
        """Severity and words; a halt goes before everything, for it is somebody's will."""
        desk, link = self._context.desk, self._link
        if desk.brake.halt is not None:
            return "critical", halt_sentence(desk.brake.halt)
        if link.state is LinkState.CONNECTING:
            return "warning", f"Connecting. {link.sentence}"
        if link.state is not LinkState.CONNECTED and desk.is_ready:
            return "critical", f"{link.sentence}{self._next_try()} {cut_off(desk)}"
        if link.state is LinkState.CONNECTED and (age := desk.health().feed_age_seconds or 0.0) >= SILENT_SECONDS:
            return "critical", f"Nothing has come from the exchange for {age:.0f} s: prices are old. {cut_off(desk)}"
        if desk.guard.state is not TradingState.ACTIVE:
            return "warning", desk.guard.sentence
        return "", ""

    def _next_try(self) -> str:
        retry, attempt = self._link.retry_in_seconds, self._link.attempt
        which = f" (try {attempt})" if attempt else ""
        if retry is None:
            return f" It is tried again{which}." if attempt else ""
        left = retry - (self._context.desk.clock.monotonic() - self._told)
        return f" Next try in {left:.0f} s{which}." if left >= 1 else f" Trying again now{which}."

    def _ask_to_lift(self) -> None:
        self._context.run(self._lift_if_meant(), "lift the halt")

    async def _lift_if_meant(self) -> None:
        sentence = "New orders will be allowed again. Do this only when you know why trading was halted."
        if await ask(self.window(), "Lift the halt?", sentence, yes="Lift the halt", no="Stay halted", danger=True):
            await self._context.desk.lift_halt()

    def _ask_to_confirm(self) -> None:
        self._context.run(self._confirm_if_meant(), "confirm the restart")

    async def _confirm_if_meant(self) -> None:
        sentence = "Entries will be allowed again. Do this when positions, orders and stops are as they should be."
        if await ask(self.window(), "Confirm the restart?", sentence, yes="Confirm", no="Not yet", danger=True):
            self._context.desk.confirm_restart()
