"""What shall happen when this program itself dies or hangs. Stops at the exchange hold whatever is chosen here."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hlmaster.core.config import Config
from hlmaster.core.model import Mode

WatchdogAction = Literal["off", "cancel_entries", "flatten"]
WatchdogChoice = Literal["auto", "off", "cancel_entries", "flatten"]


class Safety(Config):
    watchdog: WatchdogChoice = Field(
        "auto",
        title="Watchdog",
        description="A small process beside the desk: when the desk is dead or hangs, it halts trading and cancels "
        "resting entries (stops stay), or closes everything. Auto cancels entries on testnet and live alone.",
    )
    watchdog_seconds: float = Field(
        30,
        ge=10,
        le=600,
        title="Watchdog patience",
        description="How long the desk may be silent before the watchdog acts.",
        json_schema_extra={"unit": "s"},
    )
    scheduled_cancel: bool = Field(
        False,
        title="Scheduled cancel",
        description="Let the exchange itself cancel resting entries when the desk falls silent. It would cancel stops "
        "too, so it is taken back while any stop or target rests; the exchange offers it from 1,000,000 USD of volume.",
    )
    scheduled_cancel_seconds: float = Field(
        60,
        ge=15,
        le=600,
        title="Scheduled cancel after",
        description="How long after the desk's last sign of life the exchange cancels.",
        json_schema_extra={"unit": "s"},
    )

    def action(self, mode: Mode) -> WatchdogAction:
        """What the watchdog of a desk in this mode does; off: there is none."""
        if self.watchdog == "auto":
            return "cancel_entries" if mode in (Mode.TESTNET, Mode.LIVE) else "off"
        return self.watchdog
