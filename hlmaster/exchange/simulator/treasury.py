"""Money and leverage outside of trades: deposits, withdrawals, transfers, isolated margin, hourly funding."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hlmaster.core.margin import initial_margin, tier_at
from hlmaster.core.model import Leverage, MarginMode
from hlmaster.exchange.simulator.account import CENT_MILLIONTH, FREE_NOTIONAL_SHARE, ZERO
from hlmaster.exchange.simulator.accounts import Trader
from hlmaster.exchange.simulator.checks import BAD_ASSET
from hlmaster.exchange.simulator.events import FundingRow, LedgerRow
from hlmaster.exchange.simulator.floor import Floor

WITHDRAWAL_FEE = Decimal(1)
BAD_LEVERAGE = "Invalid leverage value"
NO_CROSS = "Cross margin is not allowed for this asset."
OPEN_POSITION = "Cannot switch leverage type with open position."
CROSS_TOO_LOW = "Cross position does not have sufficient margin available to decrease leverage."
ISOLATED_TOO_LOW = "Isolated position does not have sufficient margin available to decrease leverage."
NOT_ISOLATED = "Position does not use isolated margin."
NOT_ENOUGH_TO_ADD = "Insufficient funds available to deposit."
NOT_ENOUGH_TO_REMOVE = "Insufficient margin available to remove from the isolated position."
NO_WITHDRAWAL = "Insufficient balance for withdrawal"
NO_TRANSFER = "Insufficient balance for token transfer"


class Treasury:
    """Errors are whole-request texts; None means done."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def deposit(self, user: str, usd: Decimal) -> None:
        trader = self._floor.traders.open(user)
        trader.account.cash += usd
        self._note(trader, "deposit", usd, {"usdc": usd})

    def withdraw(self, user: str, usd: Decimal, nonce: int) -> str | None:
        trader = self._floor.traders.open(user)
        if usd <= WITHDRAWAL_FEE or usd > self._withdrawable(trader):
            return NO_WITHDRAWAL
        trader.account.cash -= usd
        details = {"usdc": usd - WITHDRAWAL_FEE, "nonce": nonce, "fee": WITHDRAWAL_FEE}
        self._note(trader, "withdraw", -usd, details)
        return None

    def send_usd(self, user: str, destination: str, usd: Decimal) -> str | None:
        sender = self._floor.traders.open(user)
        if usd <= 0 or usd > self._withdrawable(sender) or destination == user:
            return NO_TRANSFER
        receiver = self._floor.traders.open(destination)
        sender.account.cash -= usd
        receiver.account.cash += usd
        details = {"usdc": usd, "user": user, "destination": destination, "fee": ZERO}
        self._note(sender, "internalTransfer", -usd, details)
        self._note(receiver, "internalTransfer", usd, details)
        return None

    def class_transfer(self, user: str, usd: Decimal, *, to_perp: bool) -> str | None:
        trader = self._floor.traders.open(user)
        limit = trader.account.spot_usdc if to_perp else self._withdrawable(trader)
        if usd <= 0 or usd > limit:
            return NO_TRANSFER
        moved = usd if to_perp else -usd
        trader.account.cash += moved
        trader.account.spot_usdc -= moved
        self._note(trader, "accountClassTransfer", moved, {"usdc": usd, "toPerp": to_perp})
        return None

    def update_leverage(self, user: str, asset: int, leverage: Leverage) -> str | None:
        trader, text = self._floor.traders.open(user), None
        if not 0 <= asset < len(self._floor.coins):
            return BAD_ASSET
        coin = self._floor.coins[asset]
        instrument = self._floor.instruments[coin]
        held = trader.account.holdings.get(coin)
        notional = abs(held.size) * self._floor.mark(coin) if held is not None else ZERO
        highest = instrument.margin_tiers[tier_at(instrument.margin_tiers, notional)].max_leverage
        if not 1 <= leverage.value <= highest:
            return BAD_LEVERAGE
        if leverage.mode is MarginMode.CROSS and instrument.only_isolated:
            return NO_CROSS
        before = trader.account.leverage(coin)
        if held is not None and leverage.mode is not before.mode:
            return OPEN_POSITION
        trader.account.leverages[coin] = leverage
        if leverage.value < before.value:
            text = self._fits(trader, coin, leverage, notional)
            if text is not None:
                trader.account.leverages[coin] = before
        self._floor.touch(user)
        return text

    def _fits(self, trader: Trader, coin: str, leverage: Leverage, notional: Decimal) -> str | None:
        """A lower leverage needs more margin; an isolated position draws it from the cross cash."""
        account, mark = trader.account, self._floor.mark
        spare = account.available(mark) - trader.held_by_orders(self._floor.grids)
        held = account.holdings.get(coin)
        if leverage.mode is MarginMode.CROSS:
            return CROSS_TOO_LOW if spare < 0 else None
        if held is None:
            return ISOLATED_TOO_LOW if spare < 0 else None
        missing = initial_margin(notional, leverage.value) - account.isolated_value(coin, mark)
        missing = max(ZERO, missing).quantize(CENT_MILLIONTH)
        if missing > spare:
            return ISOLATED_TOO_LOW
        account.cash -= missing
        held.raw_usd = (held.raw_usd or ZERO) + missing
        return None

    def update_isolated_margin(self, user: str, asset: int, usd: Decimal) -> str | None:
        if not 0 <= asset < len(self._floor.coins):
            return BAD_ASSET
        trader, coin = self._floor.traders.open(user), self._floor.coins[asset]
        account, mark = trader.account, self._floor.mark
        held = account.holdings.get(coin)
        if held is None or held.raw_usd is None:
            return NOT_ISOLATED
        if usd > 0 and usd > self._withdrawable(trader):
            return NOT_ENOUGH_TO_ADD
        if usd < 0:
            notional = abs(held.size) * mark(coin)
            needed = max(initial_margin(notional, account.leverage(coin).value), FREE_NOTIONAL_SHARE * notional)
            if account.isolated_value(coin, mark) + usd < needed:
                return NOT_ENOUGH_TO_REMOVE
        account.cash -= usd
        held.raw_usd += usd
        self._floor.touch(user)
        return None

    def charge_funding(self, coin: str, rate: Decimal) -> None:
        """One hour on every open position of the coin, on the oracle price."""
        oracle = self._floor.oracle(coin)
        for trader in self._floor.traders:
            size = trader.account.size(coin)
            if not size:
                continue
            usd = trader.account.pay_funding(coin, oracle, rate)
            row = FundingRow(trader.address, coin, self._floor.now_ms, usd, size, rate, self._floor.next_hash())
            trader.funding.append(row)
            self._floor.tell(row)
            self._floor.touch(trader.address)

    def _withdrawable(self, trader: Trader) -> Decimal:
        return trader.withdrawable(self._floor.mark, self._floor.grids)

    def _note(self, trader: Trader, kind: str, amount: Decimal, details: dict[str, Any]) -> None:
        row = LedgerRow(trader.address, self._floor.now_ms, kind, amount, self._floor.next_hash(), details)
        trader.ledger.append(row)
        self._floor.tell(row)
        self._floor.touch(trader.address)
