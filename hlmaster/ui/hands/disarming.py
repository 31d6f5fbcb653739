"""Trading gestures lock themselves again: without a line, at a halt or a lockout, after an idle time, when away."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from hlmaster.core.events import LinkChanged, LinkState, Severity, TradingState, TradingStateChanged
from hlmaster.settings.hands import Hands
from hlmaster.ui.context import Context

BEAT_MS = 1_000
FIRST = (
    "Armed: trading keys, clicks on ladder and chart, and dragged orders now act at once, through the same risk gate. "
    "{key} locks them again."
)
USES = frozenset(
    (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel, QEvent.Type.NonClientAreaMouseButtonPress)
)


class Disarming(QObject):
    """Watches as long as it lives. ``terms`` gives the settings in force."""

    def __init__(self, context: Context, window: QWidget) -> None:
        super().__init__(window)
        self._context, self._window = context, window
        self._explained = False
        self._used_at = context.desk.clock.monotonic()
        self._away_since: float | None = None
        self.arm_key = ""
        """As people read it, for the sentences."""
        self._beat = QTimer(self, interval=BEAT_MS)
        self._beat.timeout.connect(self.look)
        context.arming.changed.connect(self._on_change)
        context.bridge.on_fact(self, LinkChanged, self._on_link)
        context.bridge.on_fact(self, TradingStateChanged, self._on_state)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.applicationStateChanged.connect(self._on_application)

    @property
    def terms(self) -> Hands:
        return self._context.desk.settings.hands

    def _now(self) -> float:
        return self._context.desk.clock.monotonic()

    def _on_change(self, armed: bool) -> None:
        handle = self._window.windowHandle()
        if not armed:
            self._beat.stop()
            if handle is not None:
                handle.removeEventFilter(self)
            return
        self._used_at = self._now()
        self._beat.start()
        if handle is not None:
            # Only while armed, and only what the window itself is given: not every event of the program.
            handle.installEventFilter(self)
        if not self._explained:
            self._explained = True
            self._context.notify(Severity.WARNING, FIRST.format(key=self.arm_key or "The lock in the top bar"))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in USES:
            self._used_at = self._now()
        return False

    def look(self) -> None:
        """Once a second while armed."""
        if not self._context.arming.is_on:
            return
        now, terms = self._now(), self.terms
        if self._context.desk.risk.lockout is not None:
            self.disarm("you are locked out")
        elif now - self._used_at >= terms.idle_minutes * 60:
            unit = "minute" if terms.idle_minutes == 1 else "minutes"
            self.disarm(f"nothing was done for {terms.idle_minutes} {unit}")
        elif self._away_since is not None and now - self._away_since >= terms.away_seconds:
            self.disarm(f"another program was in front for {terms.away_seconds} seconds")

    def disarm(self, why: str) -> None:
        if self._context.arming.is_on:
            self._context.arming.set(False)
            self._context.notify(Severity.WARNING, f"Trading gestures are locked: {why}.")

    def _on_link(self, fact: LinkChanged) -> None:
        if fact.state is not LinkState.CONNECTED:
            self.disarm("the connection to the exchange is gone")

    def _on_state(self, fact: TradingStateChanged) -> None:
        if fact.state in (TradingState.HALTED, TradingState.PROTECT_ONLY):
            self.disarm("trading is halted" if fact.state is TradingState.HALTED else "trading is protect-only")

    def _on_application(self, state: Qt.ApplicationState) -> None:
        self._away_since = None if state is Qt.ApplicationState.ApplicationActive else self._now()
