"""Nouns of the market: sides, modes, intervals, instruments, positions, accounts."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from hlmaster.core.clock import DAY_MS, HOUR_MS, MINUTE_MS


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    def __init__(self, word: str) -> None:
        self.sign = 1 if word == "buy" else -1

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY


class Mode(StrEnum):
    DEMO = "demo"
    PAPER = "paper"
    TESTNET = "testnet"
    LIVE = "live"


class Interval(StrEnum):
    """A candle timeframe by its wire name."""

    M1 = "1m"
    M3 = "3m"
    M5 = "5m"
    M15 = "15m"
    M30 = "30m"
    H1 = "1h"
    H2 = "2h"
    H4 = "4h"
    H8 = "8h"
    H12 = "12h"
    D1 = "1d"
    D3 = "3d"
    W1 = "1w"
    MO1 = "1M"

    @property
    def ms(self) -> int:
        """Nominal length in milliseconds; a month counts as 30 days here, use ``core.candles`` for its real bounds."""
        return _INTERVAL_MS[self]


_INTERVAL_MS = {
    Interval.M1: MINUTE_MS,
    Interval.M3: 3 * MINUTE_MS,
    Interval.M5: 5 * MINUTE_MS,
    Interval.M15: 15 * MINUTE_MS,
    Interval.M30: 30 * MINUTE_MS,
    Interval.H1: HOUR_MS,
    Interval.H2: 2 * HOUR_MS,
    Interval.H4: 4 * HOUR_MS,
    Interval.H8: 8 * HOUR_MS,
    Interval.H12: 12 * HOUR_MS,
    Interval.D1: DAY_MS,
    Interval.D3: 3 * DAY_MS,
    Interval.W1: 7 * DAY_MS,
    Interval.MO1: 30 * DAY_MS,
}


@dataclass(frozen=True, slots=True)
class MarginTier:
    """From this notional (USD) upward, at most this leverage."""

    lower_bound: Decimal
    max_leverage: int


@dataclass(frozen=True, slots=True)
class Instrument:
    """One perpetual as the venue lists it. ``asset`` is the integer id used in signed actions."""

    coin: str
    asset: int
    size_decimals: int
    max_leverage: int
    margin_tiers: tuple[MarginTier, ...]
    only_isolated: bool = False
    delisted: bool = False
    closing_only: bool = False
    """From an earlier list: the venue's present one has no sound row for it."""

    @property
    def lot(self) -> Decimal:
        """Smallest size step, in coins."""
        return Decimal(1).scaleb(-self.size_decimals)


class MarginMode(StrEnum):
    CROSS = "cross"
    ISOLATED = "isolated"


@dataclass(frozen=True, slots=True)
class Leverage:
    mode: MarginMode
    value: int


@dataclass(frozen=True, slots=True)
class Position:
    """The account's one net position in a coin, as the venue states it. ``size`` is signed; money in USD."""

    coin: str
    size: Decimal
    entry_price: Decimal
    leverage: Leverage
    position_value: Decimal
    unrealised: Decimal
    margin_used: Decimal
    liquidation_price: Decimal | None
    funding_since_open: Decimal = Decimal(0)
    """Positive means paid by us, negative received, as the venue counts it."""

    @property
    def side(self) -> Side:
        return Side.BUY if self.size > 0 else Side.SELL


@dataclass(frozen=True, slots=True)
class Account:
    """Snapshot of the margin account. ``equity`` includes unrealised PnL; money in USD."""

    address: str
    time_ms: int
    equity: Decimal
    withdrawable: Decimal
    margin_used: Decimal
    maintenance_margin: Decimal
    total_notional: Decimal
    positions: tuple[Position, ...]

    def position(self, coin: str) -> Position | None:
        return next((p for p in self.positions if p.coin == coin), None)


@dataclass(frozen=True, slots=True)
class FeeRates:
    """Fractions of notional. Base tier of the present schedule: taker 0.00045, maker 0.00015."""

    taker: Decimal = Decimal("0.00045")
    maker: Decimal = Decimal("0.00015")
