"""What a user is told about money: the clearinghouse state, capacity in a coin, fees."""

from __future__ import annotations

from decimal import Decimal

from hlmaster.core.clock import DAY_MS
from hlmaster.core.margin import initial_margin, liquidation_price
from hlmaster.exchange.simulator.account import CENT_MILLIONTH, ZERO, Account, Holding
from hlmaster.exchange.simulator.accounts import Trader
from hlmaster.exchange.simulator.costs import KEPT_DAYS
from hlmaster.exchange.simulator.events import (
    AccountView,
    ActiveAssetView,
    DayVolume,
    FeeView,
    MarginSummary,
    OrderView,
    PositionView,
)
from hlmaster.exchange.simulator.floor import Floor


class Statements:
    """Reads the floor at its marks; an unknown address gets zeros."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def _trader(self, user: str) -> Trader:
        trader = self._floor.traders.get(user)
        return trader if trader is not None else Trader(user, Account(self._floor.instruments))

    def account(self, user: str) -> AccountView:
        trader, mark = self._trader(user), self._floor.mark
        account = trader.account
        positions = tuple(self._position(account, coin, held) for coin, held in account.holdings.items())
        isolated_raw = sum((one.raw_usd for one in positions if one.raw_usd is not None), ZERO)
        cross = MarginSummary(
            account.cross_value(mark), account.cross_notional(mark), account.cash, account.cross_initial(mark)
        )
        summary = MarginSummary(
            account.equity(mark),
            sum((one.position_value for one in positions), ZERO),
            account.cash + isolated_raw,
            sum((one.margin_used for one in positions), ZERO),
        )
        return AccountView(
            user=user,
            time_ms=self._floor.now_ms,
            summary=summary,
            cross=cross,
            cross_maintenance=account.cross_maintenance(mark),
            withdrawable=trader.withdrawable(mark, self._floor.grids),
            positions=positions,
            spot_usdc=account.spot_usdc,
        )

    def _position(self, account: Account, coin: str, held: Holding) -> PositionView:
        marks = self._floor.mark
        mark, leverage = marks(coin), account.leverage(coin)
        value, unrealised = abs(held.size) * mark, held.unrealised(mark)
        isolated = held.raw_usd is not None
        return PositionView(
            coin=coin,
            size=held.size,
            entry_price=held.entry_price,
            position_value=value,
            unrealised=unrealised,
            return_on_equity=(unrealised * leverage.value / abs(held.cost)).quantize(CENT_MILLIONTH)
            if held.cost
            else ZERO,
            liquidation_price=self._liquidation_price(account, coin, held, mark),
            margin_used=account.isolated_value(coin, marks) if isolated else initial_margin(value, leverage.value),
            max_leverage=self._floor.instruments[coin].max_leverage,
            leverage=leverage,
            raw_usd=held.raw_usd,
            funding_all_time=account.funding_all_time.get(coin, ZERO),
            funding_since_open=held.funding_since_open,
            funding_since_change=held.funding_since_change,
        )

    def _liquidation_price(self, account: Account, coin: str, held: Holding, mark: Decimal) -> Decimal | None:
        tiers, marks = self._floor.instruments[coin].margin_tiers, self._floor.mark
        if held.raw_usd is not None:
            price = liquidation_price(tiers, held.size, mark, account.isolated_value(coin, marks))
        else:
            others = account.cross_maintenance(marks, without=coin)
            price = liquidation_price(tiers, held.size, mark, account.cross_value(marks), others)
        return None if price is None else price.quantize(CENT_MILLIONTH)

    def active_asset(self, user: str, coin: str) -> ActiveAssetView:
        trader, mark = self._trader(user), self._floor.mark(coin)
        account, grids = trader.account, self._floor.grids
        leverage, size = account.leverage(coin), account.size(coin)
        free = max(ZERO, account.available(self._floor.mark) - trader.held_by_orders(grids))
        freed = initial_margin(2 * abs(size) * mark, leverage.value)
        available = (free + (freed if size < 0 else ZERO), free + (freed if size > 0 else ZERO))
        lots = [grids[coin].lots(usd * leverage.value / mark) for usd in available]
        held = account.holdings.get(coin)
        return ActiveAssetView(
            user=user,
            coin=coin,
            leverage=leverage,
            raw_usd=None if held is None else held.raw_usd,
            max_trade_sizes=(grids[coin].size(lots[0]), grids[coin].size(lots[1])),
            available=available,
            mark=mark,
        )

    def order(self, user: str, reference: int | str) -> OrderView | None:
        """By oid or cloid, live or finished (of several with one cloid the newest)."""
        trader = self._trader(user)
        oid = trader.cloids.get(reference) if isinstance(reference, str) else reference
        if oid is None:
            return None
        live = trader.orders.get(oid)
        return trader.closed.get(oid) if live is None else self._floor.view(live)

    def fees(self, user: str) -> FeeView:
        """The exchange's own volume is what all users traded."""
        volumes, now = self._trader(user).volumes, self._floor.now_ms
        rates, today = volumes.rates(now), now // DAY_MS
        days = []
        for day in range(today - KEPT_DAYS + 1, today + 1):
            took, made = volumes.days.get(day, (ZERO, ZERO))
            everybody = sum((sum(one.volumes.days.get(day, ()), ZERO) for one in self._floor.traders), ZERO)
            days.append(DayVolume(day * DAY_MS, took, made, everybody))
        return FeeView(rates.taker, rates.maker, tuple(days))
