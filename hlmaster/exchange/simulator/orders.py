"""Orders of users: what is asked, what is answered, and the living record between."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

GTC, IOC, ALO, FRONTEND_MARKET = "Gtc", "Ioc", "Alo", "FrontendMarket"
LIQUIDATION_MARKET = "LiquidationMarket"
"""Sent by the venue alone."""
NO_GROUP, ENTRY_GROUP, POSITION_GROUP = "na", "normalTpsl", "positionTpsl"


@dataclass(frozen=True, slots=True)
class TriggerSpec:
    """Waits for the mark to reach ``price``. ``tpsl`` is ``tp`` or ``sl``."""

    price: Decimal
    is_market: bool
    tpsl: str


@dataclass(frozen=True, slots=True)
class NewOrder:
    """One order as parsed from an action. ``tif`` is ignored when there is a trigger."""

    asset: int
    is_buy: bool
    price: Decimal
    size: Decimal
    reduce_only: bool = False
    tif: str = GTC
    trigger: TriggerSpec | None = None
    cloid: str | None = None


@dataclass(frozen=True, slots=True)
class Resting:
    oid: int
    cloid: str | None


@dataclass(frozen=True, slots=True)
class Filled:
    """At least ``total_size`` > 0 executed at once; an IOC's rest is gone, a GTC with a rest answers ``Resting``."""

    oid: int
    cloid: str | None
    total_size: Decimal
    average_price: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """A trigger (``waitingForTrigger``) or a child of an unfilled parent (``waitingForFill``)."""

    oid: int
    cloid: str | None
    for_fill: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """The protocol's error text."""

    text: str


Reply = Resting | Filled | Waiting | Refusal


@dataclass(slots=True, eq=False)
class UserOrder:
    """The living record of one order. Prices in ticks of ``10 ** -(6 - size_decimals)``, sizes in lots."""

    oid: int
    user: str
    coin: str
    asset: int
    is_buy: bool
    ticks: int
    lots: int
    """What remains."""
    original_lots: int
    reduce_only: bool
    tif: str
    cloid: str | None
    time_ms: int
    trigger_ticks: int | None = None
    trigger_market: bool = False
    tpsl: str | None = None
    position_tpsl: bool = False
    triggered: bool = False
    parent: int | None = None
    """Oid of the entry this child waits for; None once the child is active."""
    group: int | None = None
    """Orders of one group cancel each other when one of them fills."""
    status: str = "open"
    status_time_ms: int = 0
    children: list[int] = field(default_factory=list)

    @property
    def is_live(self) -> bool:
        return self.status in ("open", "triggered")

    @property
    def is_immediate(self) -> bool:
        """Never rests: what cannot trade at once is gone."""
        return (self.triggered and self.trigger_market) or self.tif in (IOC, FRONTEND_MARKET, LIQUIDATION_MARKET)

    @property
    def is_waiting(self) -> bool:
        """Not in the book: for its trigger or for its parent."""
        return self.trigger_ticks is not None and not self.triggered

    @property
    def order_type(self) -> str:
        if self.trigger_ticks is None:
            return "Market" if self.tif in (FRONTEND_MARKET, LIQUIDATION_MARKET) else "Limit"
        return f"{'Stop' if self.tpsl == 'sl' else 'Take Profit'} {'Market' if self.trigger_market else 'Limit'}"

    @property
    def triggers_above(self) -> bool:
        """A sell takes profit above and stops below; a buy the other way."""
        return (self.tpsl == "tp") != self.is_buy
