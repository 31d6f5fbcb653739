"""Action dictionaries in the key order the venue hashes, and what its answers to them mean. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from hlmaster.core.errors import InvariantBroken
from hlmaster.core.model import Instrument, Leverage, MarginMode, Side
from hlmaster.core.orders import CancelTarget, Grouping, Order, OrderReply, ReplyKind
from hlmaster.core.rounding import wire_text
from hlmaster.exchange.hyperliquid import wire
from hlmaster.exchange.hyperliquid.codec import excerpt, unrecognised

Action = dict[str, Any]
Instruments = Mapping[str, Instrument]
MICRO = Decimal(1_000_000)

EXPLANATIONS = (
    ("Price must be divisible by tick size", "The price is not on this market's price grid; round it."),
    ("Order must have minimum value", "The order is worth less than the exchange's minimum of 10 USD; make it larger."),
    ("Insufficient margin to place order", "There is not enough free margin; use a smaller size or close something."),
    ("Reduce only order would increase position", "There is no position left that this order could make smaller."),
    ("Post only order would have immediately matched", "The price crosses the book; move it away or drop post-only."),
    (
        "Order could not immediately match",
        "Nobody offers this price right now; allow more slippage or use a limit order.",
    ),
    ("Invalid TP/SL price", "The trigger price is on the wrong side of the mark price."),
    ("No liquidity available for market order", "The book is empty on the other side; wait, or use a limit order."),
    ("Order would increase open interest while open interest is capped", "This market takes no new positions now."),
    ("Cannot increase position when open interest is at cap", "This market takes no new positions now."),
    ("Cannot flip position when open interest is at cap", "This market only lets positions be closed now."),
    ("Order rejected due to price more aggressive than oracle", "Open interest is capped: price nearer the oracle."),
    ("Asset open interest is at cap", "This market takes no new positions now."),
    ("Order would increase open interest too quickly", "Too many new positions at once; try again in a few seconds."),
    ("Open interest is increasing too quickly", "Too many new positions at once; try again in a few seconds."),
    ("Order has insufficient spot balance", "There is not enough spot balance."),
    ("Insufficient spot balance", "There is not enough spot balance."),
    ("Order price too far from oracle", "The price is too far from the oracle price; move it nearer."),
    ("Price too far from oracle", "The price is too far from the oracle price; move it nearer."),
    ("Order would cause position to exceed margin tier limit", "Lower the leverage or the size: this tier is full."),
    ("Order was never placed, already canceled, or filled", "The order is no longer there to cancel."),
    ("Cannot modify canceled or filled order", "The order is no longer there to change."),
    ("Attempted to modify to invalid new order", "The new price or size is not allowed."),
    ("Order has invalid price", "The price is not allowed."),
    ("Order has invalid size", "The size is not a multiple of this market's lot."),
    ("Order has zero size", "The size rounds to zero; make it larger."),
    ("Order price cannot be more than", "The price is too far from the market; check for a slipped digit."),
    ("Trigger order is not reduce only", "Attached stops and targets must be reduce-only."),
    ("Trigger order has unexpected side", "A stop or target must be on the side that closes the position."),
    ("Too many open orders", "The account has as many open orders as the exchange allows; cancel some."),
    ("Trading is halted", "The exchange has halted this market; wait."),
    ("Cross margin is not allowed", "This market allows isolated margin only; switch it to isolated."),
    ("Cross margin currently only supports reduce-only", "This market only lets cross positions be closed now."),
    ("User or API Wallet", "The exchange does not know this key: approve the API wallet, or check the network."),
    (
        "Must deposit before performing actions",
        "This account is unknown to the exchange or has no funds: deposit first.",
    ),
    ("Unable to recover signer", "The signature was damaged on its way; nothing was done."),
    ("Invalid nonce", "The request's number was used or is too old; check that no other program uses this key."),
    ("Action already expired", "The request arrived after its expiry and was not carried out."),
    ("Invalid leverage value", "This leverage is above what the market allows at this size."),
    ("Cannot switch leverage type with open position", "Close the position before switching cross and isolated."),
    ("Position does not use isolated margin", "Margin can be moved only for an isolated position."),
    ("Cross position does not have sufficient margin", "There is not enough free margin for a lower leverage."),
    ("Isolated position does not have sufficient margin", "There is not enough margin for a lower leverage."),
    ("Cannot set scheduled cancel time", "The exchange allows scheduled cancels only after 1,000,000 USD of volume."),
    ("Too many scheduled cancels", "The exchange allows ten scheduled cancels a day."),
    ("Too many cumulative requests sent", "The address has used up its request allowance, which grows with volume."),
    ("Builder fee has not been approved", "The order names a builder fee that was never approved."),
)


def explain(text: str) -> str:
    """The venue's words in plain ones. Its texts carry suffixes such as `` asset=3``, so prefixes decide."""
    return next((plain for prefix, plain in EXPLANATIONS if text.startswith(prefix)), "")


def told(text: str) -> str:
    """The venue's words, and what to do about them where that is known."""
    plain = explain(text)
    return f"{plain} (exchange: {text})" if plain else text


# --- building ---


def instrument(instruments: Instruments, coin: str) -> Instrument:
    found = instruments.get(coin)
    if found is None:
        raise InvariantBroken(f"{coin} is not among the exchange's instruments; no action can name it.")
    return found


def order_entry(order: Order, instruments: Instruments) -> Action:
    if order.trigger is None:
        kind: Action = {"limit": {"tif": "Ioc" if order.market else order.time_in_force.value}}
    else:
        trigger = order.trigger
        kind = {
            "trigger": {
                "isMarket": trigger.market,
                "triggerPx": wire_text(trigger.price),
                "tpsl": trigger.kind.value,
            }
        }
    return {
        "a": instrument(instruments, order.coin).asset,
        "b": order.side is Side.BUY,
        "p": wire_text(order.price),
        "s": wire_text(order.size),
        "r": order.reduce_only,
        "t": kind,
        "c": order.client_order_id,
    }


def place(orders: Sequence[Order], grouping: Grouping, instruments: Instruments) -> Action:
    if not orders:
        raise InvariantBroken("An order action needs at least one order.")
    entries = [order_entry(order, instruments) for order in orders]
    return {"type": "order", "orders": entries, "grouping": grouping.value}


def modify(target: CancelTarget, order: Order, instruments: Instruments) -> Action:
    """Cancel and replace: the order gets a new venue id. The client id names the old one, for venue ids go stale."""
    old = target.client_order_id or target.order_id
    if old is None:
        raise InvariantBroken("A modification must name the order it replaces.")
    return {"type": "batchModify", "modifies": [{"oid": old, "order": order_entry(order, instruments)}]}


def cancel(targets: Sequence[CancelTarget], instruments: Instruments) -> Action:
    """By client ids where all have one, else by venue ids; one action cannot mix them."""
    if not targets:
        raise InvariantBroken("A cancel action needs at least one order.")
    assets = [instrument(instruments, target.coin).asset for target in targets]
    if all(target.client_order_id for target in targets):
        named = [{"asset": a, "cloid": t.client_order_id} for a, t in zip(assets, targets, strict=True)]
        return {"type": "cancelByCloid", "cancels": named}
    if any(target.order_id is None for target in targets):
        raise InvariantBroken("One cancel action cannot mix client ids and venue ids.")
    return {"type": "cancel", "cancels": [{"a": a, "o": t.order_id} for a, t in zip(assets, targets, strict=True)]}


def update_leverage(coin: str, leverage: Leverage, instruments: Instruments) -> Action:
    return {
        "type": "updateLeverage",
        "asset": instrument(instruments, coin).asset,
        "isCross": leverage.mode is MarginMode.CROSS,
        "leverage": leverage.value,
    }


def update_isolated_margin(coin: str, amount: Decimal, instruments: Instruments) -> Action:
    micro = amount * MICRO
    if micro != micro.to_integral_value():
        raise InvariantBroken(f"A margin of {amount} USD has more than six decimals.")
    asset = instrument(instruments, coin).asset
    return {"type": "updateIsolatedMargin", "asset": asset, "isBuy": True, "ntli": int(micro)}


def schedule_cancel(time_ms: int | None) -> Action:
    """Cancel everything at ``time_ms``; None takes an earlier order back."""
    return {"type": "scheduleCancel"} if time_ms is None else {"type": "scheduleCancel", "time": time_ms}


# --- answers ---

_reply = msgspec.json.Decoder(wire.ExchangeReply)
_response = msgspec.json.Decoder(wire.ActionResponse)
_WAITING = ("waitingForFill", "waitingForTrigger")


def read_reply(raw: bytes, items: int) -> tuple[OrderReply, ...]:
    """One reply per item of the action. Raises UnrecognisedReply where the whole answer cannot be understood.

    A refusal of the whole request, and a single error that stands for a batch, are repeated for every item; an item
    without an answer, or with one of unknown form, is UNRECOGNISED, never assumed to have failed.
    """
    try:
        reply = _reply.decode(raw)
        if reply.status == "err":
            return (rejected(msgspec.json.decode(reply.response, type=str)),) * items
        if reply.status != "ok":
            raise unrecognised("answer to an action", raw, f"status {reply.status}")
        response = _response.decode(reply.response)
        data = msgspec.json.decode(response.data)
    except msgspec.MsgspecError as error:
        raise unrecognised("answer to an action", raw, error) from error
    if data is None:
        return _without_data(response.type, items, raw)
    if not isinstance(data, dict):
        raise unrecognised("answer to an action", raw, "data is not an object")
    statuses = data.get("statuses", [data["status"]] if "status" in data else None)
    if not isinstance(statuses, list) or not statuses:
        raise unrecognised("answer to an action", raw, "it has no statuses")
    replies = tuple(read_status(status) for status in statuses)
    if len(replies) == 1 and replies[0].kind is ReplyKind.REJECTED:
        return replies * items
    missing = OrderReply(ReplyKind.UNRECOGNISED, text="The exchange gave no answer for this item.")
    return (replies + (missing,) * items)[:items]


def _without_data(kind: str, items: int, raw: bytes) -> tuple[OrderReply, ...]:
    if kind != "default":
        raise unrecognised("answer to an action", raw, f"type {kind} without data")
    return (OrderReply(ReplyKind.DONE),) * items


def rejected(text: str) -> OrderReply:
    return OrderReply(ReplyKind.REJECTED, text=told(text))


def read_status(status: object) -> OrderReply:
    """One element of ``statuses``."""
    if status == "success":
        return OrderReply(ReplyKind.DONE)
    if status in _WAITING:
        return OrderReply(ReplyKind.WAITING, text=str(status))
    match status:
        case {"error": str(text)}:
            return rejected(text)
        case {"resting": {"oid": int(order_id)}}:
            return OrderReply(ReplyKind.RESTING, order_id)
        case {"filled": {"oid": int(order_id), "totalSz": str(size), "avgPx": str(price)}}:
            filled, average = _decimal(size), _decimal(price)
            if filled is not None and average is not None:
                return OrderReply(ReplyKind.FILLED, order_id, filled, average)
    return OrderReply(ReplyKind.UNRECOGNISED, text=f"Unknown answer: {excerpt(str(status))}")


def _decimal(text: str) -> Decimal | None:
    try:
        value = Decimal(text)
    except ArithmeticError:
        return None
    return value if value.is_finite() else None


def is_duplicate_nonce(raw: bytes) -> bool:
    """True when the venue says it has seen this very request: the first copy may have been carried out."""
    return "duplicate nonce" in _refusal(raw)


def is_expired(raw: bytes) -> bool:
    """True when the venue refused an action for its age."""
    return _refusal(raw).startswith("Action already expired")


def _refusal(raw: bytes) -> str:
    """The venue's words where it refused the whole request, else nothing."""
    try:
        reply = _reply.decode(raw)
        return msgspec.json.decode(reply.response, type=str) if reply.status == "err" else ""
    except msgspec.MsgspecError:
        return ""
