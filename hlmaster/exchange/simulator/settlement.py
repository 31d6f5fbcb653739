"""From matches to money: an execution moves the accounts of the users in it and is told to them and to the public."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from hlmaster.core.fees import fee
from hlmaster.exchange.simulator.events import FillRow, LiquidationMark, TradeRow
from hlmaster.exchange.simulator.floor import Floor
from hlmaster.exchange.simulator.lifecycle import MARGIN, Lifecycle
from hlmaster.exchange.simulator.matching import BookOrder, Match
from hlmaster.exchange.simulator.orders import UserOrder

PARTICIPANTS = 997
"""So many made-up addresses stand behind the anonymous order flow."""


def participant(oid: int) -> str:
    """The public address of an anonymous order."""
    return f"0x{abs(oid) % PARTICIPANTS * 0x9E3779B97F4A7C15 % (1 << 64):040x}"


@dataclass(slots=True)
class Taking:
    """What one taker got: ``tick_lots`` is the sum of ticks times lots."""

    lots: int = 0
    tick_lots: int = 0

    @property
    def average_ticks(self) -> Decimal:
        return Decimal(self.tick_lots) / self.lots


class Settlement:
    """Runs takers through the books.

    ``on_trade`` hears of every public trade (with its ticks and lots), ``on_anonymous`` of each maker without an
    account that was hit.
    """

    def __init__(
        self,
        floor: Floor,
        lifecycle: Lifecycle,
        on_trade: Callable[[TradeRow, int, int], None],
        on_anonymous: Callable[[str, BookOrder], None],
    ) -> None:
        self._floor = floor
        self._lifecycle = lifecycle
        self._on_trade = on_trade
        self._on_anonymous = on_anonymous

    def take(
        self, coin: str, taker: BookOrder, order: UserOrder | None = None, mark: LiquidationMark | None = None
    ) -> Taking:
        """Sweep the book with an anonymous taker or a user's order; ``taker.lots`` (and ``order.lots``) shrink."""
        taking = Taking()
        hash_ = ""
        for match in self._floor.books[coin].sweep(taker, lambda maker, lots: self._vet(coin, maker, lots)):
            maker = self._maker(match.maker)
            if match.canceled:
                if maker is not None:
                    self._lifecycle.count(maker, -maker.lots)
                    self._lifecycle.lost(maker, match.canceled)
                continue
            hash_ = hash_ or self._floor.next_hash()
            taking.lots += match.lots
            taking.tick_lots += match.lots * match.maker.ticks
            self._settle(coin, taker, match, order, maker, hash_, mark)
        return taking

    def _maker(self, maker: BookOrder) -> UserOrder | None:
        if maker.owner is None:
            return None
        return self._floor.traders.open(maker.owner).orders[maker.oid]

    def _vet(self, coin: str, maker: BookOrder, lots: int) -> str:
        """A resting order may have lost its margin since it was placed."""
        trader = self._floor.traders.open(maker.owner or "")
        grid = self._floor.grids[coin]
        price, size = grid.price(maker.ticks), grid.size(lots)
        cost = fee(price, size, trader.volumes.rates(self._floor.now_ms).maker)
        signed = size if maker.is_buy else -size
        return "" if trader.account.bears(coin, signed, price, cost, self._floor.mark) else MARGIN

    def _settle(
        self,
        coin: str,
        taker: BookOrder,
        match: Match,
        order: UserOrder | None,
        maker: UserOrder | None,
        hash_: str,
        mark: LiquidationMark | None,
    ) -> None:
        grid, tid = self._floor.grids[coin], self._floor.next_tid()
        price, size = grid.price(match.maker.ticks), grid.size(match.lots)
        if maker is None:
            self._on_anonymous(coin, match.maker)
        else:
            maker.lots -= match.lots
            self._lifecycle.count(maker, -match.lots)
            self.book_fill(maker, price, size, tid, hash_, mark, crossed=False)
        if order is not None:
            order.lots -= match.lots
            self.book_fill(order, price, size, tid, hash_, mark, crossed=True)
        self._print(coin, taker, match.maker, match.lots, tid, hash_)
        for one in (maker, order):
            if one is not None:
                self._after(one, resting=one is maker)

    def print_trade(self, coin: str, taker: BookOrder, maker: BookOrder, lots: int) -> None:
        """A trade between others that went past the book here, at the maker's price."""
        self._print(coin, taker, maker, lots, self._floor.next_tid(), self._floor.next_hash())

    def _print(self, coin: str, taker: BookOrder, maker: BookOrder, lots: int, tid: int, hash_: str) -> None:
        grid = self._floor.grids[coin]
        price, size = grid.price(maker.ticks), grid.size(lots)
        parties = (_address(taker), _address(maker))
        buyer, seller = parties if taker.is_buy else parties[::-1]
        trade = TradeRow(coin, taker.is_buy, price, size, self._floor.now_ms, hash_, tid, buyer, seller)
        self._on_trade(trade, maker.ticks, lots)

    def _after(self, order: UserOrder, *, resting: bool) -> None:
        if resting and order.lots:
            self._floor.tell(self._floor.view(order))
        self._lifecycle.filled(order)
        self._lifecycle.enforce_position(order.user, order.coin)

    def book_fill(
        self,
        order: UserOrder,
        price: Decimal,
        size: Decimal,
        tid: int,
        hash_: str,
        mark: LiquidationMark | None,
        *,
        crossed: bool,
        free: bool = False,
    ) -> None:
        """Move one user's account; ``free`` leaves out the fee."""
        floor = self._floor
        trader = floor.traders.open(order.user)
        rates = trader.volumes.rates(floor.now_ms)
        cost = Decimal(0) if free else fee(price, size, rates.taker if crossed else rates.maker)
        effect = trader.account.fill(order.coin, size if order.is_buy else -size, price, cost)
        trader.volumes.add(floor.now_ms, price * size, taker=crossed)
        row = FillRow(
            user=order.user,
            coin=order.coin,
            asset=order.asset,
            is_buy=order.is_buy,
            price=price,
            size=size,
            time_ms=floor.now_ms,
            start_position=effect.start_position,
            direction=effect.direction,
            closed_pnl=effect.closed_pnl,
            fee=cost,
            crossed=crossed,
            oid=order.oid,
            tid=tid,
            hash=hash_,
            cloid=order.cloid,
            liquidation=mark,
        )
        trader.fills.append(row)
        floor.tell(row)
        floor.touch(order.user)


def _address(order: BookOrder) -> str:
    return order.owner if order.owner is not None else participant(order.oid)
