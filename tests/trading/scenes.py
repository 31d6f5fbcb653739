"""Situations and facts that tests of the trading floor start from."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from hlmaster.core.differences import Adjustment, Discrepancy
from hlmaster.core.events import EquityPoint, TrackedOrder, TradingState
from hlmaster.core.model import FeeRates, Instrument, Leverage, MarginMode, MarginTier, Side
from hlmaster.core.orders import CashMove, Fill, FundingPayment, Order
from hlmaster.trading.situation import Situation

D = Decimal
ETH = Instrument("ETH", 1, 4, 25, (MarginTier(D(0), 25), MarginTier(D(100_000_000), 15)))
NOW = 1_700_000_000_000

CALM = Situation(
    instrument=ETH,
    now_ms=NOW,
    mark=D("3000"),
    best_bid=D("2999.9"),
    best_ask=D("3000.1"),
    stale=None,
    state=TradingState.ACTIVE,
    state_sentence="Trading is open.",
    position=D(0),
    equity=D(10_000),
    available=D(10_000),
    maintenance_margin=D(0),
    leverage=Leverage(MarginMode.CROSS, 20),
    fees=FeeRates(),
    live=(),
    recent=(),
)


def scene(**changes: Any) -> Situation:
    return replace(CALM, **changes)


def order(side: Side = Side.BUY, size: str = "0.5", price: str = "3000", **more: Any) -> Order:
    return Order("ETH", side, D(size), D(price), **more)


_trade_ids = iter(range(1, 10**9))


def fill(side: Side, size: str | Decimal, price: str | Decimal, time_ms: int = NOW, **more: Any) -> Fill:
    defaults: dict[str, Any] = {
        "coin": "ETH",
        "trade_id": next(_trade_ids),
        "order_id": 1,
        "client_order_id": None,
        "fee": D(0),
        "closed_pnl": D(0),
        "start_position": D(0),
        "is_maker": False,
    }
    return Fill(side=side, price=D(price), size=D(size), time_ms=time_ms, **{**defaults, **more})


class MemoryStore:
    """A store that keeps everything in lists."""

    def __init__(self) -> None:
        self.saved_orders: dict[str, TrackedOrder] = {}
        self.saved_fills: list[Fill] = []
        self.saved_funding: list[FundingPayment] = []
        self.saved_cash: list[CashMove] = []
        self.saved_equity: list[EquityPoint] = []
        self.saved_adjustments: list[Adjustment] = []
        self.saved_discrepancies: list[Discrepancy] = []
        self.refusals: list[tuple[int, str, str, str]] = []

    def save_order(self, order: TrackedOrder) -> None:
        self.saved_orders[order.client_order_id] = order

    def save_fill(self, fill: Fill, realised: Decimal) -> None:
        self.saved_fills.append(fill)

    def save_funding(self, payment: FundingPayment) -> None:
        self.saved_funding.append(payment)

    def save_cash(self, move: CashMove) -> None:
        self.saved_cash.append(move)

    def save_adjustment(self, adjustment: Adjustment) -> None:
        self.saved_adjustments.append(adjustment)

    def save_discrepancy(self, discrepancy: Discrepancy) -> None:
        self.saved_discrepancies.append(discrepancy)

    def save_equity(self, point: EquityPoint) -> None:
        self.saved_equity.append(point)

    def save_refusal(self, time_ms: int, coin: str, rule: str, sentence: str) -> None:
        self.refusals.append((time_ms, coin, rule, sentence))

    async def orders(self) -> list[TrackedOrder]:
        return list(self.saved_orders.values())

    async def fills(self) -> list[Fill]:
        return list(self.saved_fills)

    async def funding(self) -> list[FundingPayment]:
        return list(self.saved_funding)

    async def cash(self) -> list[CashMove]:
        return list(self.saved_cash)

    async def adjustments(self) -> list[Adjustment]:
        return list(self.saved_adjustments)

    async def discrepancies(self, limit: int = 1000) -> list[Discrepancy]:
        return self.saved_discrepancies[-limit:]

    async def equity(self, limit: int = 5000) -> list[EquityPoint]:
        return self.saved_equity[-limit:]

    async def flush(self) -> None:
        return None
