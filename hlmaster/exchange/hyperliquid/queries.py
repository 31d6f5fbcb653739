"""What an account's owner can ask: state, orders, fills, funding, transfers, fees. Pages as long as there are pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hlmaster.core.clock import Clock
from hlmaster.core.errors import UnrecognisedReply, VenueRefused
from hlmaster.core.model import Account, FeeRates, Leverage
from hlmaster.core.orders import CashMove, Fill, FundingPayment, VenueOrder
from hlmaster.exchange.hyperliquid import account, codec, wire
from hlmaster.exchange.hyperliquid.client import Client

PAGE = 500
"""A time-range answer of at least this many rows may have been cut short."""


class AccountQueries:
    """Queries about one address. All raise VenueError."""

    def __init__(self, client: Client, clock: Clock, address: str) -> None:
        self._client = client
        self._clock = clock
        self._address = address

    async def _ask(self, answer: codec.Answer, kind: str, **fields: Any) -> Any:
        return answer.read(await self._client.info(kind, user=self._address, **fields))

    async def account(self) -> Account:
        return account.account(await self._ask(codec.STATE, "clearinghouseState"), self._address)

    async def open_orders(self) -> tuple[VenueOrder, ...]:
        return account.open_orders(await self._ask(codec.ORDERS, "frontendOpenOrders"))

    async def order_status(self, name: str | int) -> VenueOrder | None:
        """By client id or venue id. None: the venue does not know it, or its reader lags; one negative is no proof."""
        answer: wire.OrderAnswer = await self._ask(codec.ORDER, "orderStatus", oid=name)
        if answer.order is not None:
            found = account.reported_order(answer.order)
            if name not in (found.client_order_id, found.order_id):
                raise UnrecognisedReply(f"Asked about order {name}, the exchange answered about {found.order_id}.")
            return found
        if answer.status == "unknownOid":
            return None
        raise UnrecognisedReply(f"The exchange answered {answer.status!r} when asked about order {name}.")

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        rows: list[wire.Fill] = await self._pages(
            codec.FILLS, "userFillsByTime", since_ms, lambda row: (row.coin, row.time, row.tid, row.oid)
        )
        return account.fills(rows, self._address)

    async def funding(self, since_ms: int) -> tuple[FundingPayment, ...]:
        rows: list[wire.FundingEntry] = await self._pages(
            codec.FUNDING, "userFunding", since_ms, lambda row: (row.time, row.delta.coin)
        )
        return tuple(account.funding_payment(row.time, row.delta) for row in rows)

    async def cash_moves(self, since_ms: int) -> tuple[CashMove, ...]:
        rows: list[wire.LedgerEntry] = await self._pages(
            codec.LEDGER, "userNonFundingLedgerUpdates", since_ms, lambda row: (row.time, row.hash, row.delta.type)
        )
        return account.cash_moves(rows, self._address)

    async def fee_rates(self) -> FeeRates:
        fees: wire.UserFees = await self._ask(codec.FEES, "userFees")
        return FeeRates(fees.user_cross_rate, fees.user_add_rate)

    async def leverage(self, coin: str) -> Leverage:
        asset: wire.ActiveAsset = await self._ask(codec.ACTIVE_ASSET, "activeAssetData", coin=coin)
        if asset.coin != coin:
            raise VenueRefused(f"Asked for the leverage of {coin}, the exchange answered about {asset.coin}.")
        return account.leverage(asset.leverage)

    async def allowance(self) -> tuple[int, int]:
        """Requests used and allowed for this address since its beginning."""
        limit: wire.RateLimit = await self._ask(codec.RATE_LIMIT, "userRateLimit")
        return limit.n_requests_used, limit.n_requests_cap

    async def _pages(
        self, answer: codec.Answer, kind: str, since_ms: int, key: Callable[[Any], tuple[object, ...]]
    ) -> list[Any]:
        """All rows from ``since_ms``, ascending. Pages overlap by an instant, so that none of its rows is lost."""
        found: dict[tuple[object, ...], Any] = {}
        cursor = since_ms
        while True:
            page = await self._ask(answer, kind, startTime=cursor)
            self._client.charge_rows(kind, len(page))
            fresh = {key(row): row for row in page if key(row) not in found}
            found |= fresh
            if len(page) < PAGE:
                break
            last = max(row.time for row in page)
            if last > cursor:
                cursor = last
            elif fresh:
                cursor += 1
            else:
                break
        return sorted(found.values(), key=lambda row: row.time)
