"""How long orders are good for on their way, and what happens to them when the line is lost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Literal

from pydantic import Field

from hlmaster.core.config import Config

DisconnectPolicy = Literal["cancel_entries", "keep_all", "flatten"]
ForeignOrders = Literal["show", "adopt", "ignore"]


def _seconds(default: float, low: float, high: float, title: str, description: str) -> Any:
    return Field(default, ge=low, le=high, title=title, description=description, json_schema_extra={"unit": "s"})


class Execution(Config):
    entry_expiry_seconds: float = _seconds(
        15, 5, 60, "Expiry of entries", "After so long on its way the exchange refuses an order that opens something."
    )
    exit_expiry_seconds: float = _seconds(
        30, 10, 120, "Expiry of exits", "The same for orders that reduce or protect, and for cancels."
    )
    entry_drift_percent: Decimal = Field(
        Decimal("0.5"),
        gt=0,
        le=10,
        title="Drift of market entries",
        description="A market entry is stopped when the price moved by more between its approval and its sending.",
        json_schema_extra={"unit": "%"},
    )
    reconcile_seconds: float = _seconds(
        30, 5, 600, "Reconciliation", "How often orders, fills and positions are compared with the exchange."
    )
    disconnect_policy: DisconnectPolicy = Field(
        "cancel_entries",
        title="On disconnection",
        description="What happens to resting orders when the connection is lost. Stops stay unless all is flattened.",
    )
    foreign_orders: ForeignOrders = Field(
        "show",
        title="Orders placed elsewhere",
        description="Orders of other programs on this account: shown and cancelled with ours, adopted as ours, or left "
        "alone by everything but a kill.",
    )
