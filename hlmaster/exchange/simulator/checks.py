"""Why an order is refused before it is matched: the protocol's texts (section 7) and the statuses they are kept under.

The order of the checks follows the node's notes: format and minimum value first, then halted, open-order count, tick,
distance from oracle, margin, position at this leverage, reduce-only; what the book itself refuses comes last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.margin import tier_at
from hlmaster.core.rounding import is_valid_price, is_valid_size
from hlmaster.exchange.simulator.accounts import Trader, Working
from hlmaster.exchange.simulator.floor import Floor
from hlmaster.exchange.simulator.grid import notional
from hlmaster.exchange.simulator.orders import (
    ALO,
    ENTRY_GROUP,
    FRONTEND_MARKET,
    GTC,
    IOC,
    NO_GROUP,
    POSITION_GROUP,
    NewOrder,
    TriggerSpec,
    UserOrder,
)

MINIMUM_VALUE = Decimal(10)
FURTHEST_FROM_REFERENCE = Decimal("0.8")
OPEN_ORDERS = 1000
MOST_OPEN_ORDERS = 5000
VOLUME_PER_OPEN_ORDER = Decimal(5_000_000)
LARGEST_MARKET_ORDER = ((25, 30_000_000), (20, 5_000_000), (10, 2_000_000), (0, 500_000))
"""USD by the coin's highest leverage; a limit order may be ten times as large."""
LIMIT_ORDER_FACTOR = 10

EMPTY = "Orders are empty"
BAD_ASSET = "Order has invalid asset."
BAD_PRICE = "Order has invalid price."
BAD_SIZE = "Order has invalid size."
ZERO_SIZE = "Order has zero size."
BAD_TIF = "Invalid TIF"
BAND = "Order price cannot be more than 80% away from the reference price"
NOT_REDUCE_ONLY = "Trigger order is not reduce only."
UNEXPECTED_SIDE = "Trigger order has unexpected side."
BAD_TRIGGER = "Invalid TP/SL price."
HALTED = "Trading is halted."


@dataclass(frozen=True, slots=True)
class Fault:
    """An error text, and the status under which the order is remembered (empty: it is not remembered)."""

    text: str
    status: str = ""


MINIMUM = Fault("Order must have minimum value of $10.", "minTradeNtlRejected")
TICK = Fault("Price must be divisible by tick size.", "tickRejected")
TOO_MANY = Fault("Too many open orders", "tooManyOpenOrdersRejected")
ORACLE = Fault("Order price too far from oracle", "oracleRejected")
MARGIN = Fault("Insufficient margin to place order.", "perpMarginRejected")
TIER = Fault("Order would cause position to exceed margin tier limit at current leverage", "perpMaxPositionRejected")
REDUCE_ONLY = Fault("Reduce only order would increase position.", "reduceOnlyRejected")
TRIGGER = Fault(BAD_TRIGGER, "badTriggerPxRejected")
NO_MATCH = Fault("Order could not immediately match against any resting orders.", "iocCancelRejected")
NO_LIQUIDITY = Fault("No liquidity available for market order.", "marketOrderNoLiquidityRejected")


def would_cross(bid: Decimal | None, ask: Decimal | None) -> Fault:
    bbo = "@".join("" if price is None else format(price.normalize(), "f") for price in (bid, ask))
    return Fault(f"Post only order would have immediately matched, bbo was {bbo}.", "badAloPxRejected")


class Checks:
    """Reads the floor, changes nothing."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    # --- the whole batch ---

    def batch(self, orders: Sequence[NewOrder], grouping: str) -> str | None:
        """An error that stands for all orders of the action."""
        if not orders:
            return EMPTY
        for order in orders:
            text = self._format(order)
            if text is not None:
                return text
        if grouping == ENTRY_GROUP:
            return self._family(orders[1:], is_buy=not orders[0].is_buy, asset=orders[0].asset)
        if grouping == POSITION_GROUP:
            return self._family(orders, is_buy=orders[0].is_buy, asset=orders[0].asset)
        return None

    def _format(self, order: NewOrder) -> str | None:
        if not 0 <= order.asset < len(self._floor.coins):
            return BAD_ASSET
        if order.tif not in (GTC, IOC, ALO, FRONTEND_MARKET):
            return BAD_TIF
        if order.price <= 0 or (order.trigger is not None and order.trigger.price <= 0):
            return BAD_PRICE
        coin = self._floor.coins[order.asset]
        if coin not in self._floor.marks or self._floor.instruments[coin].delisted:
            return HALTED
        reference = self._floor.mark(coin)
        if abs(order.price - reference) > FURTHEST_FROM_REFERENCE * reference:
            return BAND
        return None

    def _family(self, triggers: Sequence[NewOrder], *, is_buy: bool, asset: int) -> str | None:
        for order in triggers:
            if order.trigger is None or not order.reduce_only:
                return NOT_REDUCE_ONLY
            if order.is_buy != is_buy or order.asset != asset:
                return UNEXPECTED_SIDE
        return None

    # --- one order ---

    def order(
        self, trader: Trader, new: NewOrder, grouping: str = NO_GROUP, replaces: UserOrder | None = None
    ) -> Fault | None:
        """The first reason to refuse, None to go on. ``replaces`` is the order that a modify takes away."""
        return (
            self._size(trader, new, grouping)
            or self._count(trader, new, replaces)
            or self._grid(new)
            or self._distance(new)
            or self._position(trader, new, grouping, replaces)
        )

    def _size(self, trader: Trader, new: NewOrder, grouping: str) -> Fault | None:
        whole_position = grouping == POSITION_GROUP and new.size == 0
        if whole_position:
            return None
        if new.size == 0:
            return Fault(ZERO_SIZE)
        instrument = self._floor.instruments[self._floor.coins[new.asset]]
        if not is_valid_size(new.size, instrument.size_decimals):
            return Fault(BAD_SIZE)
        largest = next(usd for leverage, usd in LARGEST_MARKET_ORDER if instrument.max_leverage >= leverage)
        factor = 1 if new.tif in (IOC, FRONTEND_MARKET) else LIMIT_ORDER_FACTOR
        if new.size * self._floor.mark(instrument.coin) > largest * factor:
            return Fault(BAD_SIZE)
        position = trader.account.size(instrument.coin)
        closes_all = new.reduce_only and position * (1 if new.is_buy else -1) < 0 and new.size >= abs(position)
        if new.size * new.price < MINIMUM_VALUE and not closes_all:
            return MINIMUM
        return None

    def _count(self, trader: Trader, new: NewOrder, replaces: UserOrder | None) -> Fault | None:
        count = len(trader.orders) - (replaces is not None)
        most = min(MOST_OPEN_ORDERS, OPEN_ORDERS + int(trader.volumes.total / VOLUME_PER_OPEN_ORDER))
        if count >= most or (count >= OPEN_ORDERS and (new.reduce_only or new.trigger is not None)):
            return TOO_MANY
        return None

    def _grid(self, new: NewOrder) -> Fault | None:
        decimals = self._floor.instruments[self._floor.coins[new.asset]].size_decimals
        prices = (new.price,) if new.trigger is None else (new.price, new.trigger.price)
        return None if all(is_valid_price(price, decimals) for price in prices) else TICK

    def _distance(self, new: NewOrder) -> Fault | None:
        oracle = self._floor.oracle(self._floor.coins[new.asset])
        return ORACLE if abs(new.price - oracle) > FURTHEST_FROM_REFERENCE * oracle else None

    def _position(self, trader: Trader, new: NewOrder, grouping: str, replaces: UserOrder | None) -> Fault | None:
        coin = self._floor.coins[new.asset]
        if new.trigger is not None:
            if grouping == POSITION_GROUP and not self._reduces(trader, coin, new.is_buy):
                return REDUCE_ONLY
            return None
        if new.reduce_only:
            return None if self._reduces(trader, coin, new.is_buy) else REDUCE_ONLY
        grid = self._floor.grids[coin]
        return self.margin(trader, coin, new.is_buy, grid.ticks(new.price), grid.lots(new.size), replaces)

    def _reduces(self, trader: Trader, coin: str, is_buy: bool) -> bool:
        size = trader.account.size(coin)
        return size != 0 and is_buy == (size < 0)

    def trigger(self, spec: TriggerSpec, is_buy: bool, reference: Decimal) -> Fault | None:
        """A trigger that the reference price is already through."""
        above = (spec.tpsl == "tp") != is_buy
        return TRIGGER if (spec.price <= reference if above else spec.price >= reference) else None

    def margin(
        self, trader: Trader, coin: str, is_buy: bool, ticks: int, lots: int, replaces: UserOrder | None = None
    ) -> Fault | None:
        """Enough for the order on top of positions and resting orders, and within the tier of the chosen leverage."""
        floor, account = self._floor, trader.account
        grid, leverage = floor.grids[coin], account.leverage(coin)
        working = trader.working.get(coin) or Working()
        held = trader.held_by_orders(floor.grids)
        before = trader.coin_margin(coin, grid, working)
        if replaces is not None and not replaces.reduce_only and floor.books[coin].get(replaces.oid) is not None:
            working = working.plus(replaces.is_buy, replaces.ticks, -replaces.lots)
            held += trader.coin_margin(coin, grid, working) - before
            before = trader.coin_margin(coin, grid, working)
        after = trader.coin_margin(coin, grid, working.plus(is_buy, self._likely_ticks(coin, is_buy, ticks), lots))
        if after > before and account.available(floor.mark) < held - before + after:
            return MARGIN
        position = grid.lots(account.size(coin))
        queued = working.buy_lots if is_buy else working.sell_lots
        reached = abs(position + (lots + queued if is_buy else -lots - queued))
        tiers = floor.instruments[coin].margin_tiers
        tier = tiers[tier_at(tiers, notional(reached * floor.marks[coin]))]
        return TIER if reached > abs(position) and leverage.value > tier.max_leverage else None

    def _likely_ticks(self, coin: str, is_buy: bool, ticks: int) -> int:
        """A marketable order trades about at the market, not at the limit that caps it."""
        book, mark = self._floor.books[coin], self._floor.marks[coin]
        if is_buy:
            return min(ticks, max(mark, book.best_ask or mark))
        return max(ticks, min(mark, book.best_bid or mark))
