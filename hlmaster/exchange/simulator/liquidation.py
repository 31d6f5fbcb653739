"""Closing accounts that can no longer carry their positions (protocol section 10.5).

Below maintenance, market orders close; of a position above $100,000 first a fifth, the rest after 30 s. Below two
thirds of maintenance the backstop takes everything over at prices that leave the account with nothing: each mark moved
against (or, under water, for) the account by the same fraction, so that the losses add up to what was left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from hlmaster.exchange.simulator.account import CENT_MILLIONTH, ZERO
from hlmaster.exchange.simulator.accounts import Trader
from hlmaster.exchange.simulator.events import FILLED, LedgerRow, LiquidationEvent, LiquidationMark
from hlmaster.exchange.simulator.floor import Floor
from hlmaster.exchange.simulator.lifecycle import Lifecycle
from hlmaster.exchange.simulator.orders import LIQUIDATION_MARKET, UserOrder
from hlmaster.exchange.simulator.placing import Placing
from hlmaster.exchange.simulator.settlement import Settlement

LARGE_POSITION = Decimal(100_000)
FIRST_CUT = Decimal("0.2")
COOLDOWN_MS = 30_000
BACKSTOP_SHARE = Decimal(2) / 3
CANCELED_BY_LIQUIDATION = "liquidatedCanceled"
LIQUIDATOR = "0x" + "2e3d94f0562703b25c83308a05046ddaf9a8dd14"


class Liquidator:
    def __init__(self, floor: Floor, lifecycle: Lifecycle, settlement: Settlement, placing: Placing) -> None:
        self._floor = floor
        self._lifecycle = lifecycle
        self._settlement = settlement
        self._placing = placing

    def check(self, trader: Trader) -> None:
        """After the marks moved."""
        account, mark = trader.account, self._floor.mark
        for coin in [coin for coin, held in account.holdings.items() if held.raw_usd is not None]:
            self._check(
                trader,
                [coin],
                "Isolated",
                lambda coin=coin: account.isolated_value(coin, mark),  # type: ignore[misc]
                lambda coin=coin: account.maintenance(coin, mark),  # type: ignore[misc]
            )
        coins = [coin for coin, _ in account.cross()]
        if coins:
            coins.sort(key=lambda coin: abs(account.size(coin)) * mark(coin), reverse=True)
            self._check(
                trader, coins, "Cross", lambda: account.cross_value(mark), lambda: account.cross_maintenance(mark)
            )

    def _check(
        self,
        trader: Trader,
        coins: Sequence[str],
        leverage_type: str,
        value: Callable[[], Decimal],
        maintenance: Callable[[], Decimal],
    ) -> None:
        worth, needed = value(), maintenance()
        if worth >= needed:
            return
        backstop = worth < BACKSTOP_SHARE * needed
        if not backstop and self._floor.now_ms < trader.cooldown_until_ms:
            return
        self._announce(trader, coins, leverage_type, worth)
        for order in list(trader.orders.values()):
            if order.coin in coins and order.is_live:
                self._lifecycle.cancel(order, CANCELED_BY_LIQUIDATION)
        if not backstop:
            for coin in coins:
                if coin in trader.account.holdings and value() < maintenance():
                    self._sell_out(trader, coin)
            backstop = value() < BACKSTOP_SHARE * maintenance()
        if backstop:
            self._take_over(trader, [coin for coin in coins if coin in trader.account.holdings], value())

    def _sell_out(self, trader: Trader, coin: str) -> None:
        grid, now = self._floor.grids[coin], self._floor.now_ms
        size = trader.account.size(coin)
        lots = abs(grid.lots(size))
        just_cut = now - trader.cooldown_until_ms < COOLDOWN_MS
        if abs(size) * self._floor.mark(coin) > LARGE_POSITION and not just_cut:
            lots = max(1, int(lots * FIRST_CUT))
            trader.cooldown_until_ms = now + COOLDOWN_MS
        order = self._order(trader, coin, size < 0, lots)
        self._lifecycle.register(order)
        self._placing.execute(order, LiquidationMark(trader.address, self._floor.mark(coin), "market"))

    def _take_over(self, trader: Trader, coins: Sequence[str], worth: Decimal) -> None:
        account, mark = trader.account, self._floor.mark
        notional = sum((abs(account.size(coin)) * mark(coin) for coin in coins), ZERO)
        for coin in coins:
            size = account.size(coin)
            sign = 1 if size > 0 else -1
            rounding = ROUND_CEILING if size > 0 else ROUND_FLOOR
            price = (mark(coin) * (1 - sign * worth / notional)).quantize(CENT_MILLIONTH, rounding)
            order = self._order(trader, coin, size < 0, abs(self._floor.grids[coin].lots(size)))
            self._lifecycle.register(order)
            self._settlement.book_fill(
                order,
                price,
                abs(size),
                self._floor.next_tid(),
                self._floor.next_hash(),
                LiquidationMark(trader.address, mark(coin), "backstop"),
                crossed=True,
                free=True,
            )
            order.lots = 0
            self._lifecycle.report(order, FILLED)

    def _order(self, trader: Trader, coin: str, is_buy: bool, lots: int) -> UserOrder:
        return UserOrder(
            oid=self._floor.next_oid(),
            user=trader.address,
            coin=coin,
            asset=self._floor.asset_of(coin),
            is_buy=is_buy,
            ticks=self._placing.slipped(coin, is_buy),
            lots=lots,
            original_lots=lots,
            reduce_only=True,
            tif=LIQUIDATION_MARKET,
            cloid=None,
            time_ms=self._floor.now_ms,
            status_time_ms=self._floor.now_ms,
        )

    def _announce(self, trader: Trader, coins: Sequence[str], leverage_type: str, worth: Decimal) -> None:
        floor, account = self._floor, trader.account
        notional = sum((abs(account.size(coin)) * floor.mark(coin) for coin in coins), ZERO)
        positions = [{"coin": coin, "szi": account.size(coin)} for coin in coins]
        details = {
            "liquidatedNtlPos": notional,
            "accountValue": worth,
            "leverageType": leverage_type,
            "liquidatedPositions": positions,
        }
        row = LedgerRow(trader.address, floor.now_ms, "liquidation", ZERO, floor.next_hash(), details)
        trader.ledger.append(row)
        floor.tell(row)
        floor.tell(LiquidationEvent(trader.address, floor.now_ms, floor.last_action, LIQUIDATOR, notional, worth))
        floor.touch(trader.address)
