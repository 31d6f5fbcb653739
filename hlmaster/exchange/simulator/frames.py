"""The data of every stream frame: first frames after an acknowledgement, states, and facts."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from hlmaster.exchange.simulator import account_answers, market_answers, shapes
from hlmaster.exchange.simulator.events import (
    Event,
    FillRow,
    ForcedCancel,
    FundingRow,
    LedgerRow,
    LiquidationEvent,
    OrderView,
    QuoteRow,
    TradeRow,
)
from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.subscriptions import Subscription
from hlmaster.exchange.simulator.wire import dec, encode

BACKFILLED_TRADES = 30
SNAPSHOT_FILLS = 2000
FAST_LEVELS = 5
Data = Iterable[Any]


def quote(row: QuoteRow) -> Any:
    return {"coin": row.coin, "time": row.time_ms, "bbo": [shapes.level(row.bid), shapes.level(row.ask)]}


def trades(rows: Sequence[TradeRow]) -> Any:
    return [shapes.trade(row) for row in rows]


def candle(house: House, subscription: Subscription) -> Any:
    from hlmaster.core.model import Interval

    row = house.chronicle.open_candle(subscription.coin, Interval(subscription.fields["interval"]))
    return None if row is None else shapes.candle(row)


def candles(house: House, subscription: Subscription, memory: dict[str, Any]) -> Data:
    """From the candle that was told last to the open one, so that none is left short of its last trades."""
    from hlmaster.core.model import Interval

    now = candle(house, subscription)
    if now is None:
        return []
    told = memory.get("t", now["t"])
    memory["t"] = now["t"]
    if told == now["t"]:
        return [now]
    return house.chronicle.candles(subscription.coin, Interval(subscription.fields["interval"]), told, now["t"])


# --- states ---


def _book(house: House, subscription: Subscription) -> Any:
    figures, mantissa, fast = (subscription.fields[name] for name in ("nSigFigs", "mantissa", "fast"))
    row = house.venue.book(subscription.coin, figures, mantissa, FAST_LEVELS if fast else 20)
    return shapes.book(row, grouped=figures is not None, fast=bool(fast))


def _context(house: House, subscription: Subscription) -> Any:
    return {"coin": subscription.coin, "ctx": shapes.context(house.chronicle.context(subscription.coin))}


def _clearinghouse(house: House, subscription: Subscription) -> Any:
    state = shapes.clearinghouse(house.venue.account_state(subscription.user))
    return {"dex": "", "user": subscription.user, "clearinghouseState": state}


def _clearinghouses(house: House, subscription: Subscription) -> Any:
    state = shapes.clearinghouse(house.venue.account_state(subscription.user))
    return {"user": subscription.user, "clearinghouseStates": [["", state]]}


def _open_orders(house: House, subscription: Subscription) -> Any:
    orders = [shapes.frontend_order(row) for row in house.venue.open_orders(subscription.user)]
    return {"dex": "", "user": subscription.user, "orders": orders}


def _spot_state(house: House, subscription: Subscription) -> Any:
    usdc = house.venue.account_state(subscription.user).spot_usdc
    return {"user": subscription.user, "spotState": shapes.spot_state(usdc)}


def _web_data(house: House, subscription: Subscription) -> Any:
    user = subscription.user
    agent = next((agent for agent in house.delegations.agents_of(user) if not agent.name), None)
    return {
        "userState": {
            "user": user,
            "serverTime": house.now(),
            "cumLedger": shapes.usd(sum((row.amount for row in house.venue.ledger(user)), account_answers.ZERO)),
            "isVault": False,
            "agentAddress": agent.address if agent else None,
            "agentValidUntil": agent.valid_until if agent else None,
        },
        "perpDexStates": [{"totalVaultEquity": "0.0"}],
    }


STATES: Mapping[str, Callable[[House, Subscription], Any]] = {
    "l2Book": _book,
    "allMids": lambda house, _: {"mids": market_answers.mids_shape(house)},
    "activeAssetCtx": _context,
    "assetCtxs": lambda house, _: {"dex": "", "ctxs": market_answers.contexts_shape(house)},
    "allDexsAssetCtxs": lambda house, _: {"ctxs": [["", market_answers.contexts_shape(house)]]},
    "spotAssetCtxs": lambda *_: [],
    "activeAssetData": lambda house, one: shapes.active_asset(house.venue.active_asset(one.user, one.coin)),
    "clearinghouseState": _clearinghouse,
    "allDexsClearinghouseState": _clearinghouses,
    "openOrders": _open_orders,
    "spotState": _spot_state,
    "twapStates": lambda _, one: {"dex": "", "user": one.user, "states": []},
    "webData3": _web_data,
}


def state(house: House, subscription: Subscription, memory: dict[str, Any]) -> Data:
    """The next frame of a channel with a period; nothing where nothing is to be said."""
    if subscription.kind == "fastAssetCtxs":
        prices = _fast_prices(house)
        changed = {coin: values for coin, values in prices.items() if memory.get(coin) != values}
        memory.update(prices)
        return [_deflated(changed)] if changed else []
    return [STATES[subscription.kind](house, subscription)]


def _fast_prices(house: House) -> dict[str, Any]:
    return {
        coin: {"markPx": dec(house.venue.mark(coin)), "midPx": dec(house.venue.mid(coin))}
        for coin in house.venue.instruments
    }


def _deflated(data: Any) -> str:
    """Base64 of raw deflate of JSON."""
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return base64.b64encode(packer.compress(encode(data)) + packer.flush()).decode()


# --- first frames ---


def first(house: House, subscription: Subscription) -> Data:
    """What follows the acknowledgement."""
    kind = subscription.kind
    if kind in STATES:
        return [STATES[kind](house, subscription)]
    maker = FIRST.get(kind)
    return () if maker is None else [data for data in [maker(house, subscription)] if data is not None]


def _first_quote(house: House, subscription: Subscription) -> Any:
    row = house.venue.book(subscription.coin, depth=1)
    bid, ask = (side[0] if side else None for side in (row.bids, row.asks))
    return quote(QuoteRow(row.coin, row.time_ms, bid, ask))


def _first_trades(house: House, subscription: Subscription) -> Any:
    return trades(house.venue.recent_trades(subscription.coin)[:BACKFILLED_TRADES]) or None


def _user_snapshot(name: str, rows: Callable[[House, Subscription], list[Any]]) -> Callable[[House, Subscription], Any]:
    return lambda house, one: {"isSnapshot": True, "user": one.user, name: rows(house, one)}


def _recent_fills(house: House, subscription: Subscription) -> list[Any]:
    rows = house.venue.fills(subscription.user)[-SNAPSHOT_FILLS:]
    return _fills(subscription, rows)[::-1]


def _fills(subscription: Subscription, rows: Sequence[FillRow]) -> list[Any]:
    if subscription.fields.get("aggregateByTime"):
        return shapes.merged_fills(rows)
    return [shapes.fill(row) for row in rows]


FIRST: Mapping[str, Callable[[House, Subscription], Any]] = {
    "bbo": _first_quote,
    "trades": _first_trades,
    "candle": candle,
    "fastAssetCtxs": lambda house, _: _deflated(_fast_prices(house)),
    "userFills": _user_snapshot("fills", _recent_fills),
    "userFundings": _user_snapshot(
        "fundings", lambda house, one: [shapes.funding(row) for row in house.venue.funding(one.user)[-500:]]
    ),
    "userNonFundingLedgerUpdates": _user_snapshot(
        "nonFundingLedgerUpdates",
        lambda house, one: [shapes.ledger(row) for row in house.venue.ledger(one.user)[-500:]],
    ),
    "userHistoricalOrders": _user_snapshot(
        "orderHistory",
        lambda house, one: [shapes.order_with_status(row) for row in house.venue.historical_orders(one.user)],
    ),
    "userTwapSliceFills": _user_snapshot("twapSliceFills", lambda *_: []),
    "userTwapHistory": _user_snapshot("history", lambda *_: []),
}


# --- facts about a user ---

USER_FACTS = (
    "orderUpdates",
    "userEvents",
    "userFills",
    "userFundings",
    "userNonFundingLedgerUpdates",
    "userHistoricalOrders",
)


def user_facts(subscription: Subscription, events: Sequence[Event]) -> Data:
    """Frames of one channel about what just happened to its user."""
    user = subscription.user
    orders = [event for event in events if isinstance(event, OrderView)]
    fills = [event for event in events if isinstance(event, FillRow)]
    fundings = [event for event in events if isinstance(event, FundingRow)]
    match subscription.kind:
        case "orderUpdates":
            return [[shapes.order_update(row) for row in orders]] if orders else []
        case "userFills":
            return [{"user": user, "fills": _fills(subscription, fills)}] if fills else []
        case "userFundings":
            return [{"user": user, "fundings": [shapes.funding(row) for row in fundings]}] if fundings else []
        case "userNonFundingLedgerUpdates":
            ledger = [shapes.ledger(event) for event in events if isinstance(event, LedgerRow)]
            return [{"user": user, "nonFundingLedgerUpdates": ledger}] if ledger else []
        case "userHistoricalOrders":
            return [{"user": user, "orderHistory": [shapes.order_with_status(row) for row in orders]}] if orders else []
        case _:
            return _user_events(events, fills, fundings)


def _user_events(events: Sequence[Event], fills: Sequence[FillRow], fundings: Sequence[FundingRow]) -> Data:
    if fills:
        yield {"fills": [shapes.fill(row) for row in fills]}
    for row in fundings:
        yield {"funding": shapes.funding(row)}
    for event in events:
        if isinstance(event, LiquidationEvent):
            yield {
                "liquidation": {
                    "lid": event.lid,
                    "liquidator": event.liquidator,
                    "liquidated_user": event.user,
                    "liquidated_ntl_pos": shapes.usd(event.notional),
                    "liquidated_account_value": shapes.usd(event.account_value),
                }
            }
    cancelled = [{"coin": event.coin, "oid": event.oid} for event in events if isinstance(event, ForcedCancel)]
    if cancelled:
        yield {"nonUserCancel": cancelled}
