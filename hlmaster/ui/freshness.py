"""Whether prices are of now: a dot, and how long the exchange has been silent."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from hlmaster.core.events import LinkState
from hlmaster.desk.health import Health
from hlmaster.ui.readout import set_tone

STALE_SECONDS = 5.0


class Freshness(QLabel):
    """State of the market data connection, and the age of its newest frame."""

    def show_health(self, health: Health) -> None:
        age = health.feed_age_seconds
        if health.link is LinkState.CONNECTED:
            fresh = age is not None and age < STALE_SECONDS
            trip = "" if health.round_trip_ms is None else f" {health.round_trip_ms:.0f} ms"
            silent = "Connected, no prices yet" if age is None else f"Silent for {age:.0f} s"
            text, tone = (f"● Connected{trip}", "up") if fresh else (f"● {silent}", "warning")
        elif health.link is LinkState.DISCONNECTED and not health.messages:
            text, tone = "● Starting", "warning"
        else:
            text, tone = f"● {str(health.link).capitalize()}", "down"
        set_tone(self, tone)
        self.setText(text)
        self.setToolTip(health.link_sentence)
