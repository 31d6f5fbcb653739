"""What the venue's answers to actions mean. Pure, and strict: whatever is not exactly known is UNRECOGNISED.

An answer is a success only in the very form that this kind of action is answered with, and a failure only where the
venue says so about an order, or refuses the whole request in words that prove it was not carried out.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from hlmaster.core.orders import ActionItem, ActionKind, OrderReply, Prepared, ReplyKind
from hlmaster.exchange.hyperliquid import wire
from hlmaster.exchange.hyperliquid.codec import excerpt, unrecognised

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
    ("Scheduled cancel time too early", "A scheduled cancel must lie at least five seconds ahead."),
    ("Too many scheduled cancels", "The exchange allows ten scheduled cancels a day."),
    ("Too many cumulative requests sent", "The address has used up its request allowance, which grows with volume."),
    ("Builder fee has not been approved", "The order names a builder fee that was never approved."),
    ("Only post-only orders allowed", "After an upgrade the exchange takes post-only orders alone for some minutes."),
    ("Vault not registered", "The exchange does not know this account as one that the key may trade for."),
)
"""The venue's words for a refusal, as prefixes, and what to do about it. As the answer to a whole request only these
prove that nothing was done; any other text leaves the outcome unknown."""

NONCE_USED = "Invalid nonce: duplicate nonce"
EXPIRED = "Action already expired"
_TYPES = {ActionKind.ORDER: "order", ActionKind.MODIFY: "order", ActionKind.CANCEL: "cancel"}
"""The type an action is answered with; the others are answered with ``default``."""

_reply = msgspec.json.Decoder(wire.ExchangeReply)
_response = msgspec.json.Decoder(wire.ActionResponse)
_text = msgspec.json.Decoder(str)
_statuses = msgspec.json.Decoder(wire.Statuses)
_resting = msgspec.json.Decoder(wire.RestingReply)
_filled = msgspec.json.Decoder(wire.FilledReply)
_error = msgspec.json.Decoder(wire.ErrorReply)


def explain(text: str) -> str:
    """The venue's words in plain ones. Its texts carry suffixes such as `` asset=3``, so prefixes decide."""
    return next((plain for prefix, plain in EXPLANATIONS if text.startswith(prefix)), "")


def told(text: str) -> str:
    """The venue's words, and what to do about them where that is known."""
    plain = explain(text)
    return f"{plain} (exchange: {text})" if plain else text


def rejected(text: str) -> OrderReply:
    return OrderReply(ReplyKind.REJECTED, text=told(text))


def read_reply(raw: bytes, prepared: Prepared) -> tuple[OrderReply, ...]:
    """One reply per item of the action. Raises UnrecognisedReply where the whole answer cannot be understood.

    A provable refusal of the whole request is repeated for every item. An item without an answer, or with one of
    unknown form, is UNRECOGNISED: neither a success nor a failure.
    """
    items = prepared.items
    try:
        raw.decode()  # the decoder passes over what nobody asks for, and damage there is damage
        reply = _reply.decode(raw)
        if reply.status == "err":
            return _refused(_text.decode(reply.response), raw) * len(items)
        if reply.status != "ok":
            raise unrecognised("answer to an action", raw, f"status {reply.status}")
        response = _response.decode(reply.response)
        wanted = _TYPES.get(prepared.kind, "default")
        if response.type != wanted:
            raise unrecognised("answer to an action", raw, f"type {response.type} instead of {wanted}")
        if wanted == "default":
            return _done(response, raw) * len(items)
        statuses = _statuses.decode(response.data).statuses
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise unrecognised("answer to an action", raw, error) from error
    if not 0 < len(statuses) <= len(items):
        raise unrecognised("answer to an action", raw, f"{len(statuses)} answers to {len(items)} items")
    return _of_items(statuses, items, prepared.kind)


def _refused(text: str, raw: bytes) -> tuple[OrderReply, ...]:
    if not explain(text) or text.startswith(NONCE_USED):
        raise unrecognised("refusal", raw, "its words prove nothing")
    return (rejected(text),)


def _done(response: wire.ActionResponse, raw: bytes) -> tuple[OrderReply, ...]:
    if bytes(response.data) != b"null":
        raise unrecognised("answer to an action", raw, "data where there should be none")
    return (OrderReply(ReplyKind.DONE),)


def _of_items(statuses: list[msgspec.Raw], items: tuple[ActionItem, ...], kind: ActionKind) -> tuple[OrderReply, ...]:
    replies = tuple(read_status(status, item, kind) for status, item in zip(statuses, items, strict=False))
    missing = len(items) - len(replies)
    if len(replies) == 1 and _stands_for_all(statuses[0]):
        return replies * len(items)
    return replies + (OrderReply(ReplyKind.UNRECOGNISED, text="The exchange gave no answer for this item."),) * missing


def _stands_for_all(status: msgspec.Raw) -> bool:
    """Some checks come before any order of a batch is looked at; then one error in known words is told for all."""
    try:
        return bool(explain(_error.decode(status).error))
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return False


def read_status(raw: msgspec.Raw, item: ActionItem, kind: ActionKind) -> OrderReply:
    """One element of ``statuses``."""
    for read in _READERS:
        try:
            reply = read(raw, item, kind)
        except (msgspec.MsgspecError, UnicodeDecodeError, ArithmeticError):
            continue
        if reply is not None:
            return reply
    return OrderReply(ReplyKind.UNRECOGNISED, text=f"Unknown answer: {excerpt(bytes(raw))}")


def _read_word(raw: msgspec.Raw, item: ActionItem, kind: ActionKind) -> OrderReply | None:
    word = _text.decode(raw)
    if kind is ActionKind.CANCEL:
        return OrderReply(ReplyKind.DONE) if word == "success" else None
    return OrderReply(ReplyKind.WAITING, text=word) if word in ("waitingForFill", "waitingForTrigger") else None


def _read_error(raw: msgspec.Raw, item: ActionItem, kind: ActionKind) -> OrderReply | None:
    return rejected(_error.decode(raw).error)


def _read_resting(raw: msgspec.Raw, item: ActionItem, kind: ActionKind) -> OrderReply | None:
    resting = _resting.decode(raw).resting
    if kind is ActionKind.CANCEL or not _is_ours(resting.oid, resting.cloid, item):
        return None
    return OrderReply(ReplyKind.RESTING, resting.oid)


def _read_filled(raw: msgspec.Raw, item: ActionItem, kind: ActionKind) -> OrderReply | None:
    filled = _filled.decode(raw).filled
    if kind is ActionKind.CANCEL or not _is_ours(filled.oid, filled.cloid, item) or item.order is None:
        return None
    size, price = Decimal(filled.total_sz), Decimal(filled.avg_px)
    if not (size.is_finite() and price.is_finite() and size > 0 and price > 0):
        return None
    if 0 < item.order.size < size:
        return None
    return OrderReply(ReplyKind.FILLED, filled.oid, size, price)


def _is_ours(order_id: int, client_order_id: str | None, item: ActionItem) -> bool:
    """An answer that names another order than the one it stands for is no answer."""
    return 0 <= order_id < 2**63 and client_order_id in (None, item.subject)


_READERS = (_read_word, _read_error, _read_resting, _read_filled)


def says_nonce_used(raw: bytes) -> bool:
    """True when the venue says it has seen this nonce: the first request that bore it arrived."""
    return _refusal_of(raw).startswith(NONCE_USED)


def says_expired(raw: bytes) -> bool:
    """True when the venue refused the action for its expiry, which costs the address more than an action does."""
    return _refusal_of(raw).startswith(EXPIRED)


def _refusal_of(raw: bytes) -> str:
    try:
        reply = _reply.decode(raw)
        return _text.decode(reply.response) if reply.status == "err" else ""
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
