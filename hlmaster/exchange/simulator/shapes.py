"""The engine's rows in the protocol's words: exact keys, decimal text, absent flags left out."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from hlmaster.exchange.simulator.events import (
    AccountView,
    ActiveAssetView,
    BookRow,
    CandleView,
    ContextRow,
    FillRow,
    FundingRow,
    LedgerRow,
    LevelRow,
    MarginSummary,
    OrderView,
    PositionView,
    TradeRow,
)
from hlmaster.exchange.simulator.wire import dec, optional_dec

Json = dict[str, Any]
RATE_PLACES = Decimal("1e-10")
USD_PLACES = Decimal("1e-8")


def usd(value: Decimal) -> str:
    """Money to eight decimals, as finely as the venue states it."""
    return dec(value.quantize(USD_PLACES)) if value.as_tuple().exponent < -8 else dec(value)  # type: ignore[operator]


def rate(value: Decimal) -> str:
    return dec(value.quantize(RATE_PLACES))


def level(row: LevelRow | None) -> Json | None:
    return None if row is None else {"px": dec(row.price), "sz": dec(row.size), "n": row.orders}


def book(row: BookRow, *, grouped: bool, fast: bool = False) -> Json:
    shape: Json = {
        "coin": row.coin,
        "time": row.time_ms,
        "levels": [[level(one) for one in row.bids], [level(one) for one in row.asks]],
    }
    if grouped and row.bids and row.asks:
        shape["spread"] = dec(row.asks[0].price - row.bids[0].price)
    if fast:
        shape["fast"] = True
    return shape


def trade(row: TradeRow) -> Json:
    return {
        "coin": row.coin,
        "side": row.side,
        "px": dec(row.price),
        "sz": dec(row.size),
        "time": row.time_ms,
        "hash": row.hash,
        "tid": row.tid,
        "users": [row.buyer, row.seller],
    }


def candle(row: CandleView) -> Json:
    return {
        "t": row.open_ms,
        "T": row.close_ms,
        "s": row.coin,
        "i": row.interval.value,
        "o": dec(row.open),
        "c": dec(row.close),
        "h": dec(row.high),
        "l": dec(row.low),
        "v": dec(row.volume),
        "n": row.trades,
    }


def context(row: ContextRow) -> Json:
    impact = None if row.impact_bid is None or row.impact_ask is None else [dec(row.impact_bid), dec(row.impact_ask)]
    return {
        "funding": rate(row.funding),
        "openInterest": dec(row.open_interest),
        "prevDayPx": dec(row.previous_day if row.previous_day is not None else row.mark),
        "dayNtlVlm": usd(row.day_notional),
        "premium": None if row.premium is None else rate(row.premium),
        "oraclePx": dec(row.oracle),
        "markPx": dec(row.mark),
        "midPx": optional_dec(row.mid),
        "impactPxs": impact,
        "dayBaseVlm": dec(row.day_volume),
    }


def order(row: OrderView) -> Json:
    """As in ``openOrders`` and ``orderUpdates``."""
    shape: Json = {
        "coin": row.coin,
        "side": row.side,
        "limitPx": dec(row.price),
        "sz": dec(row.size),
        "oid": row.oid,
        "timestamp": row.time_ms,
        "origSz": dec(row.original_size),
    }
    if row.cloid is not None:
        shape["cloid"] = row.cloid
    if row.reduce_only:
        shape["reduceOnly"] = True
    return shape


def frontend_order(row: OrderView) -> Json:
    return {
        "coin": row.coin,
        "side": row.side,
        "limitPx": dec(row.price),
        "sz": dec(row.size),
        "oid": row.oid,
        "timestamp": row.time_ms,
        "triggerCondition": row.trigger_condition,
        "isTrigger": row.is_trigger,
        "triggerPx": "0.0" if row.trigger_price is None else dec(row.trigger_price),
        "children": [frontend_order(child) for child in row.children],
        "isPositionTpsl": row.is_position_tpsl,
        "reduceOnly": row.reduce_only,
        "orderType": row.order_type,
        "origSz": dec(row.original_size),
        "tif": row.time_in_force,
        "cloid": row.cloid,
    }


def order_with_status(row: OrderView) -> Json:
    return {"order": frontend_order(row), "status": row.status, "statusTimestamp": row.status_time_ms}


def order_update(row: OrderView) -> Json:
    return {"order": order(row), "status": row.status, "statusTimestamp": row.status_time_ms}


def fill(row: FillRow) -> Json:
    shape: Json = {
        "coin": row.coin,
        "px": dec(row.price),
        "sz": dec(row.size),
        "side": row.side,
        "time": row.time_ms,
        "startPosition": dec(row.start_position),
        "dir": row.direction,
        "closedPnl": usd(row.closed_pnl),
        "hash": row.hash,
        "oid": row.oid,
        "crossed": row.crossed,
        "fee": usd(row.fee),
        "tid": row.tid,
        "feeToken": "USDC",
        "twapId": None,
    }
    if row.cloid is not None:
        shape["cloid"] = row.cloid
    if row.liquidation is not None:
        mark = row.liquidation
        shape["liquidation"] = {
            "liquidatedUser": mark.liquidated_user,
            "markPx": dec(mark.mark_price),
            "method": mark.method,
        }
    return shape


def merged_fills(rows: Iterable[FillRow]) -> list[Json]:
    """``aggregateByTime``: partial fills of one crossing order in one block become one row at the average price."""
    merged: list[Json] = []
    groups: dict[tuple[str, int, int, bool], list[FillRow]] = {}
    for row in rows:
        key = (row.coin, row.oid, row.time_ms, row.crossed)
        if row.crossed and key in groups:
            groups[key].append(row)
        else:
            groups[key if row.crossed else (row.coin, row.oid, row.time_ms, row.tid)] = [row]  # type: ignore[index]
    for parts in groups.values():
        shape = fill(parts[0])
        if len(parts) > 1:
            size = sum((part.size for part in parts), Decimal(0))
            shape["sz"] = dec(size)
            shape["px"] = usd(sum((part.price * part.size for part in parts), Decimal(0)) / size)
            shape["closedPnl"] = usd(sum((part.closed_pnl for part in parts), Decimal(0)))
            shape["fee"] = usd(sum((part.fee for part in parts), Decimal(0)))
        merged.append(shape)
    return merged


def funding(row: FundingRow) -> Json:
    """As in the ``userFundings`` stream."""
    return {
        "time": row.time_ms,
        "coin": row.coin,
        "usdc": usd(row.usdc),
        "szi": dec(row.size),
        "fundingRate": rate(row.rate),
        "nSamples": None,
    }


def funding_delta(row: FundingRow) -> Json:
    """As in the ``userFunding`` answer."""
    shape = funding(row)
    del shape["time"]
    return {"time": row.time_ms, "hash": row.hash, "delta": {"type": "funding", **shape}}


def ledger(row: LedgerRow) -> Json:
    details = {name: usd(value) if isinstance(value, Decimal) else value for name, value in row.details.items()}
    return {"time": row.time_ms, "hash": row.hash, "delta": {"type": row.kind, **details}}


def _summary(row: MarginSummary) -> Json:
    return {
        "accountValue": usd(row.account_value),
        "totalNtlPos": usd(row.total_notional),
        "totalRawUsd": usd(row.total_raw_usd),
        "totalMarginUsed": usd(row.total_margin_used),
    }


def position(row: PositionView) -> Json:
    leverage: Json = {"type": row.leverage.mode.value, "value": row.leverage.value}
    if row.raw_usd is not None:
        leverage["rawUsd"] = usd(row.raw_usd)
    return {
        "coin": row.coin,
        "szi": dec(row.size),
        "leverage": leverage,
        "entryPx": usd(row.entry_price),
        "positionValue": usd(row.position_value),
        "unrealizedPnl": usd(row.unrealised),
        "returnOnEquity": rate(row.return_on_equity),
        "liquidationPx": None if row.liquidation_price is None else usd(row.liquidation_price),
        "marginUsed": usd(row.margin_used),
        "maxLeverage": row.max_leverage,
        "cumFunding": {
            "allTime": usd(row.funding_all_time),
            "sinceOpen": usd(row.funding_since_open),
            "sinceChange": usd(row.funding_since_change),
        },
    }


def clearinghouse(row: AccountView) -> Json:
    return {
        "marginSummary": _summary(row.summary),
        "crossMarginSummary": _summary(row.cross),
        "crossMaintenanceMarginUsed": usd(row.cross_maintenance),
        "withdrawable": usd(row.withdrawable),
        "assetPositions": [{"type": "oneWay", "position": position(one)} for one in row.positions],
        "time": row.time_ms,
    }


def spot_state(usdc: Decimal) -> Json:
    if not usdc:
        return {"balances": []}
    return {"balances": [{"coin": "USDC", "token": 0, "total": usd(usdc), "hold": "0.0", "entryNtl": "0.0"}]}


def active_asset(row: ActiveAssetView) -> Json:
    leverage: Json = {"type": row.leverage.mode.value, "value": row.leverage.value}
    if row.raw_usd is not None:
        leverage["rawUsd"] = usd(row.raw_usd)
    return {
        "user": row.user,
        "coin": row.coin,
        "leverage": leverage,
        "maxTradeSzs": [dec(size) for size in row.max_trade_sizes],
        "availableToTrade": [usd(value) for value in row.available],
        "markPx": dec(row.mark),
    }
