"""Actions that move money: between people, between wallets, off the exchange."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from hlmaster.exchange.simulator.house import House
from hlmaster.exchange.simulator.requests import MICRO, Handler, Refused, Request, done, own_sub_account
from hlmaster.exchange.simulator.schema import ADDRESS


def _usd(text: str, wrong: str) -> Decimal:
    """A signed amount: plain decimal text, at most six decimals."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise Refused(wrong) from None
    if "e" in text.lower() or not amount.is_finite() or amount <= 0 or amount != amount.quantize(1 / MICRO):
        raise Refused(wrong)
    return amount


def usd_send(house: House, request: Request) -> Any:
    destination = request.action["destination"]
    if not ADDRESS.fullmatch(destination):
        raise Refused("Invalid send")
    amount = _usd(request.action["amount"], "Invalid send")
    return done(house.venue.send_usd(request.account, destination.lower(), amount, request.now_ms))


def withdraw(house: House, request: Request) -> Any:
    amount = _usd(request.action["amount"], "Invalid withdrawal")
    return done(house.venue.withdraw(request.account, amount, request.nonce, request.now_ms))


def class_transfer(house: House, request: Request) -> Any:
    """For a sub-account the amount reads ``<amount> subaccount:0x...``."""
    text, marker, sub_account = request.action["amount"].partition(" subaccount:")
    account = own_sub_account(house, request, sub_account).address if marker else request.account
    amount = _usd(text, "Invalid transfer")
    return done(house.venue.class_transfer(account, amount, request.action["toPerp"], request.now_ms))


def send_asset(house: House, request: Request) -> Any:
    """Between the two wallets of one account, or from the perpetuals account to another user's."""
    action = request.action
    source, target = action["sourceDex"], action["destinationDex"]
    account = own_sub_account(house, request, action["fromSubAccount"]).address if action["fromSubAccount"] else None
    account = account or request.account
    destination = action["destination"].lower()
    if {source, target} - {"", "spot"} or not action["token"].startswith("USDC"):
        raise Refused("Invalid send")
    amount = _usd(action["amount"], "Invalid send")
    if destination == account and source != target:
        return done(house.venue.class_transfer(account, amount, target == "", request.now_ms))
    if source or target or not ADDRESS.fullmatch(destination):
        raise Refused("Insufficient balance for token transfer")
    return done(house.venue.send_usd(account, destination, amount, request.now_ms))


def agent_send_asset(house: House, request: Request) -> Any:
    own = {request.master, *(sub.address for sub in house.delegations.sub_accounts_of(request.master))}
    if request.action["destination"] not in own:
        raise Refused("Agent can only send asset to same user or their sub-accounts.")
    return send_asset(house, request)


def sub_account_transfer(house: House, request: Request) -> Any:
    sub = own_sub_account(house, request, request.action["subAccountUser"])
    usd = Decimal(request.action["usd"]) / MICRO
    source, target = (request.master, sub.address) if request.action["isDeposit"] else (sub.address, request.master)
    return done(house.venue.send_usd(source, target, usd, request.now_ms))


HANDLERS: Mapping[str, Handler] = {
    "usdSend": usd_send,
    "withdraw3": withdraw,
    "usdClassTransfer": class_transfer,
    "sendAsset": send_asset,
    "agentSendAsset": agent_send_asset,
    "subAccountTransfer": sub_account_transfer,
}
