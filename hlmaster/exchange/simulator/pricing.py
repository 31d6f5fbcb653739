"""Prices of all coins as the venue sets them: oracle and mark, premium and funding, and the context that shows them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from hlmaster.exchange.simulator.engine import Engine
from hlmaster.exchange.simulator.events import ContextChanged, ContextRow, FundingRateRow, TradeRow
from hlmaster.exchange.simulator.grid import notional
from hlmaster.exchange.simulator.listing import Listing
from hlmaster.exchange.simulator.matching import OrderBook
from hlmaster.exchange.simulator.participants import Participants
from hlmaster.exchange.simulator.prices import RATE_DECIMALS, Prices
from hlmaster.exchange.simulator.tape import Tape

ORACLE_MS = 3_000
"""Oracle and mark move together, that often."""
PREMIUM_MS = 5_000
IMPACT_TICK_LOTS = 6_000_000_000
LARGE_IMPACT_TICK_LOTS = 20_000_000_000
"""The impact notional of BTC and ETH is $20,000, of others $6,000; ticks times lots are millionths of a dollar."""
LARGE_IMPACT_COINS = ("BTC", "ETH")
KEPT_RATES = 5_000
FUNDING_SERIES = " funding"
OPEN_INTEREST_DAYS = 0.35
"""Open interest of the anonymous participants, in days of the coin's volume; it wanders half that far from there."""
OPEN_INTEREST_BAND = 0.5


class Pricing:
    def __init__(
        self,
        listings: Sequence[Listing],
        engine: Engine,
        books: Mapping[str, OrderBook],
        tapes: Mapping[str, Tape],
        participants: Participants,
    ) -> None:
        self._engine = engine
        self._floor = engine.floor
        self._books = books
        self._tapes = tapes
        self._participants = participants
        self._prices: dict[str, Prices] = {}
        self.rates: dict[str, deque[FundingRateRow]] = {one.coin: deque(maxlen=KEPT_RATES) for one in listings}
        """Charged rates by coin, ascending."""
        self._unsaved: list[FundingRateRow] = []
        self._usual_interest = {
            one.coin: int(one.daily_volume_usd * OPEN_INTEREST_DAYS / one.start_price * one.lots_per_coin)
            for one in listings
        }
        self._interest = dict(self._usual_interest)
        self.begin()

    def begin(self) -> None:
        """Without a past the mark is the oracle."""
        for coin in self._floor.coins:
            self._prices[coin] = Prices(self._participants.oracle_ticks(coin))
            self._set(coin, self._prices[coin].oracle)

    def on_block(self, now_ms: int) -> None:
        if now_ms % ORACLE_MS == 0:
            for coin in self._floor.coins:
                self._move(coin)
            self._engine.liquidate()
        if now_ms % PREMIUM_MS == 0:
            for coin in self._floor.coins:
                self._prices[coin].sample(*self._impacts(coin))

    def _move(self, coin: str) -> None:
        prices, book = self._prices[coin], self._books[coin]
        prices.oracle = self._participants.oracle_ticks(coin)
        self._set(coin, prices.mark(book.best_bid, book.best_ask, self._tapes[coin].last, ORACLE_MS / 1000))
        self._floor.tell(ContextChanged(coin, self._floor.now_ms))

    def _set(self, coin: str, mark: float) -> None:
        grid = self._floor.grids[coin]
        self._engine.set_mark(coin, grid.snap(mark), grid.snap(self._prices[coin].oracle))

    def _impacts(self, coin: str) -> tuple[float | None, float | None]:
        tick_lots = LARGE_IMPACT_TICK_LOTS if coin in LARGE_IMPACT_COINS else IMPACT_TICK_LOTS
        book = self._books[coin]
        return book.impact(True, tick_lots), book.impact(False, tick_lots)

    def charge_funding(self) -> None:
        """At a full hour."""
        for coin, prices in self._prices.items():
            row = FundingRateRow(coin, self._floor.now_ms, prices.funding_rate, prices.average_premium)
            prices.new_hour()
            self.rates[coin].append(row)
            self._unsaved.append(row)
            self._floor.tell(row)
            self._engine.treasury.charge_funding(coin, row.rate)

    def on_trade(self, trade: TradeRow, lots: int) -> None:
        """Every trade opens or closes something."""
        usual = self._usual_interest[trade.coin]
        moved = self._interest[trade.coin] + (lots // 4 if trade.tid & 64 else -(lots // 4))
        if abs(moved - usual) <= OPEN_INTEREST_BAND * usual:
            self._interest[trade.coin] = moved

    def context(self, coin: str, mid: Decimal | None) -> ContextRow:
        grid, prices = self._floor.grids[coin], self._prices[coin]
        impacts = self._impacts(coin)
        premium = prices.premium(*impacts)
        lots, tick_lots, before = self._tapes[coin].day()
        impact_bid, impact_ask = (None if one is None else grid.price(grid.snap(one)) for one in impacts)
        return ContextRow(
            coin=coin,
            mark=self._floor.mark(coin),
            oracle=self._floor.oracle(coin),
            mid=mid,
            previous_day=None if before is None else grid.price(before),
            day_notional=notional(tick_lots),
            day_volume=grid.size(lots),
            funding=prices.funding_rate,
            premium=None if premium is None else round(Decimal(premium), RATE_DECIMALS),
            impact_bid=impact_bid,
            impact_ask=impact_ask,
            open_interest=grid.size(self._interest[coin] + self._engine.open_interest(coin)),
        )

    # --- memory ---

    def take_unsaved(self) -> dict[str, list[Any]]:
        """Funding rates since the last call, by coin."""
        taken: dict[str, list[Any]] = {}
        for row in self._unsaved:
            taken.setdefault(row.coin, []).append(_written(row))
        self._unsaved = []
        return taken

    def rows(self) -> dict[str, list[Any]]:
        return {coin: [_written(row) for row in rates] for coin, rates in self.rates.items()}

    def export(self) -> dict[str, Any]:
        return {
            coin: {"mark": self._floor.marks[coin], "interest": self._interest[coin], "prices": prices.export()}
            for coin, prices in self._prices.items()
        }

    def restore(self, state: Mapping[str, Any], rates: Mapping[str, Sequence[Any]]) -> None:
        for coin, kept in state.items():
            self._prices[coin] = Prices.restore(kept["prices"])
            self._interest[coin] = kept["interest"]
            self._set(coin, kept["mark"])
            for time_ms, rate, premium in rates[coin]:
                self.rates[coin].append(FundingRateRow(coin, time_ms, Decimal(rate), Decimal(premium)))


def _written(row: FundingRateRow) -> list[Any]:
    return [row.time_ms, str(row.rate), str(row.premium)]
