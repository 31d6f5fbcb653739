"""The strip at the bottom: how fresh, how fast, how much budget. A colour and always a number."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from hlmaster.core.events import TradingState
from hlmaster.desk.health import Health
from hlmaster.exchange.hyperliquid.budget import requests_refusal
from hlmaster.ui.analyst_words import standing
from hlmaster.ui.context import Context
from hlmaster.ui.freshness import Freshness
from hlmaster.ui.privacy import PrivacySwitch
from hlmaster.ui.readout import set_tone
from hlmaster.ui.what_is_open import counted

REFRESH_MS = 500
MARGIN, SPACING = 14, 16


class StatusBar(QWidget):
    def __init__(self, context: Context) -> None:
        super().__init__()
        self._context = context
        self.setProperty("role", "statusbar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(26)
        self._link = Freshness()
        self._rate = self._label("Messages per second from the exchange.")
        self._lag = self._label("How late this application's own loop runs, 99 of 100 times at most.")
        self._budget = self._label("Request weight used in the last minute, of what the exchange allows.")
        self._requests = self._label(
            "Requests of this account at the exchange since its beginning, of what it may send: 10,000 and one per "
            "dollar traded. The last fifth is kept for exits."
        )
        self._offset = self._label("The exchange's clock minus this computer's.")
        self._orders = self._label("Median time from sending an order to the exchange's answer.")
        self._analyst = self._label("Who answers when the analyst is asked.")
        self._gate = self._label("Whether new entries are allowed now.")
        self._defects = self._label("Data kept out because it was late, doubled, crossed or absurd.")
        self._muted = self._label("No sound is heard; the settings or its key turn them on again.")
        self._muted.setText("Muted")
        set_tone(self._muted, "warning")
        self._help = self._label("")
        self.show_keys(lambda _: "")
        self._clock = self._label("Market time.")
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, 0, MARGIN, 0)
        row.setSpacing(SPACING)
        self._labels = (
            self._link,
            self._rate,
            self._lag,
            self._budget,
            self._analyst,
            self._gate,
            self._defects,
            self._orders,
            self._requests,
            self._offset,
        )
        for label in self._labels:
            row.addWidget(label)
        row.addStretch(1)
        row.addWidget(self._muted)
        row.addWidget(PrivacySwitch(context))
        row.addWidget(self._help)
        row.addWidget(self._clock)
        # Less than its parts need: it leaves out some of them rather than cut each.
        self.setMinimumWidth(1)
        self._expendable = (self._offset, self._requests, self._orders, self._help, self._budget, self._lag, self._rate)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.refresh()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Leave out what matters least until everything else stands whole."""
        row = self.layout()
        assert row is not None
        places = (item.widget() for item in map(row.itemAt, range(row.count())) if item is not None)
        parts = [part for part in places if part is not None]
        fitted = (*self._labels, self._help)
        shown = [part for part in parts if (part.text() if part in fitted else not part.isHidden())]
        left = {part: part.sizeHint().width() + SPACING for part in shown}
        for label in self._expendable:
            if sum(left.values()) - SPACING + 2 * MARGIN <= self.width():
                break
            left.pop(label, None)
        for label in fitted:
            if label.isHidden() is (label in left):
                label.setVisible(label in left)

    def show_keys(self, keys_of: Callable[[str], str]) -> None:
        """How help and everything else are found, by the user's own keys."""
        named = ((keys_of("window.help"), "help"), (keys_of("hands.palette"), "find anything"))
        self._help.setText("   ".join(f"{keys} {what}" for keys, what in named if keys))

    def _label(self, tooltip: str) -> QLabel:
        label = QLabel()
        label.setToolTip(tooltip)
        return label

    def refresh(self) -> None:
        desk = self._context.desk
        self._muted.setVisible(desk.settings.sounds.muted)
        health = desk.health()
        self._link.show_health(health)
        self._rate.setText(f"{health.messages_per_second:.0f} msg/s")
        self._lag.setText(f"loop lag {health.loop_lag_ms_p99:.1f} ms")
        set_tone(self._lag, "warning" if health.loop_lag_ms_p99 > 50 else "")
        self._budget.setText(f"rate budget {health.weight_limit - health.weight_used:,}/{health.weight_limit:,}")
        set_tone(self._budget, "warning" if health.weight_used > 0.8 * health.weight_limit else "")
        self._show_requests(health)
        offset = health.clock_offset_ms
        self._offset.setText("" if offset is None else f"clock {offset:+.0f} ms")
        set_tone(self._offset, "warning" if offset is not None and abs(offset) > 2_000 else "")
        latency = health.order_latency_ms
        self._orders.setText("" if latency is None else f"orders {latency:.0f} ms")
        analyst = standing(desk.advising)
        self._analyst.setText(analyst.word)
        set_tone(self._analyst, analyst.tone)
        is_open = desk.guard.state is TradingState.ACTIVE and desk.is_ready
        self._gate.setText(f"Risk gate: {'open' if is_open else desk.guard.state if desk.is_ready else 'starting'}")
        set_tone(self._gate, "" if is_open else "warning")
        self._defects.setText(counted(health.defects, "defect") if health.defects else "")
        local = desk.settings.general.time_zone == "local"
        now = datetime.fromtimestamp(desk.clock.now_ms() / 1000, UTC)
        now = now.astimezone() if local else now
        speed = f" {desk.clock.speed:g}x" if desk.clock.speed != 1 else ""
        self._fit()
        self._clock.setText(f"{now:%H:%M:%S} {'local' if local else 'UTC'}{speed}")

    def _show_requests(self, health: Health) -> None:
        used, limit = health.address_used, health.address_limit
        self._requests.setText("" if used is None or limit is None else f"requests {limit - used:,}/{limit:,}")
        set_tone(self._requests, "warning" if requests_refusal(used, limit) is not None else "")
