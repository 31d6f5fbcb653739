"""The form of every signed action: which keys, in which order, how each value is written.

A venue hashes what it parsed, not what it was sent, so every action is rebuilt here before its signer is recovered:
keys in their own order, numbers in minimal text, addresses in lower case, absent options left out. A client whose bytes
differ recovers to a stranger, as on the real exchange.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from hlmaster.core.errors import HlError
from hlmaster.core.rounding import wire_text

Kind = Callable[[Any], Any]
U64 = 1 << 64
ADDRESS = re.compile(r"(0x)?[0-9a-fA-F]{40}")
CLIENT_ORDER_ID = re.compile(r"0x[0-9a-fA-F]{32}")


class Malformed(HlError):
    """Well-formed JSON that matches no request: HTTP 422."""

    code = "SIM-422"


def integer(value: Any) -> int:
    if type(value) is not int or not -(1 << 63) <= value < U64:
        raise Malformed(f"expected an integer, got {value!r}")
    return int(value)


def unsigned(value: Any) -> int:
    if integer(value) < 0:
        raise Malformed(f"expected a non-negative integer, got {value!r}")
    return int(value)


def boolean(value: Any) -> bool:
    if type(value) is not bool:
        raise Malformed(f"expected true or false, got {value!r}")
    return bool(value)


def text(value: Any) -> str:
    if type(value) is not str:
        raise Malformed(f"expected text, got {value!r}")
    return str(value)


def number(value: Any) -> str:
    """Decimal text in its minimal form; nothing real has more than thirty digits."""
    try:
        parsed = Decimal(text(value))
        if len(value) > 64 or abs(parsed.adjusted()) > 30:
            raise ValueError(value)
        return wire_text(parsed)
    except (InvalidOperation, ValueError) as error:
        raise Malformed(f"expected a decimal number, got {value!r}") from error


def address(value: Any) -> str:
    if not ADDRESS.fullmatch(text(value)):
        raise Malformed(f"expected an address, got {value!r}")
    return "0x" + str(value).removeprefix("0x").lower()


def client_order_id(value: Any) -> str:
    if not CLIENT_ORDER_ID.fullmatch(text(value)):
        raise Malformed(f"expected a client order id, got {value!r}")
    return str(value).lower()


def order_reference(value: Any) -> int | str:
    return client_order_id(value) if isinstance(value, str) else unsigned(value)


def as_sent(value: Any) -> Any:
    return value


def one_of(*words: str) -> Kind:
    def word(value: Any) -> str:
        if value not in words:
            raise Malformed(f"expected one of {', '.join(words)}, got {value!r}")
        return text(value)

    return word


def list_of(kind: Kind) -> Kind:
    def items(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Malformed(f"expected a list, got {value!r}")
        return [kind(item) for item in value]

    return items


def nullable(kind: Kind) -> Kind:
    return lambda value: None if value is None else kind(value)


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: Kind
    optional: bool = False
    """Left out of the rebuilt action when absent, null or false."""


class Record:
    """Named fields in their hashing order; other keys are dropped."""

    def __init__(self, *fields: Field) -> None:
        self._fields = fields

    def __call__(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise Malformed(f"expected an object, got {value!r}")
        rebuilt: dict[str, Any] = {}
        for field in self._fields:
            given = value.get(field.name)
            if field.optional and (given is None or given is False):
                continue
            if given is None and field.name not in value:
                raise Malformed(f"missing field {field.name}")
            rebuilt[field.name] = field.kind(given)
        return rebuilt


def need(name: str, kind: Kind) -> Field:
    return Field(name, kind)


def may(name: str, kind: Kind) -> Field:
    return Field(name, kind, optional=True)


def _tagged(**kinds: Kind) -> Kind:
    """An object with exactly one of these keys."""

    def tagged(value: Any) -> dict[str, Any]:
        if type(value) is not dict or len(value) != 1:
            raise Malformed(f"expected an object with one of {', '.join(kinds)}, got {value!r}")
        ((name, inner),) = value.items()
        if name not in kinds:
            raise Malformed(f"expected one of {', '.join(kinds)}, got {name!r}")
        return {name: kinds[name](inner)}

    return tagged


def _grouping(value: Any) -> Any:
    priority = Record(need("p", unsigned))
    return priority(value) if isinstance(value, dict) else one_of("na", "normalTpsl", "positionTpsl")(value)


ORDER = Record(
    need("a", unsigned),
    need("b", boolean),
    need("p", number),
    need("s", number),
    need("r", boolean),
    need(
        "t",
        _tagged(
            limit=Record(need("tif", text)),
            trigger=Record(need("isMarket", boolean), need("triggerPx", number), need("tpsl", one_of("tp", "sl"))),
        ),
    ),
    may("c", client_order_id),
)
TWAP = Record(
    need("a", unsigned),
    need("b", boolean),
    need("s", number),
    need("r", boolean),
    need("m", unsigned),
    need("t", boolean),
)
TWAP_DETAILS = Record(need("t", nullable(Record(need("p", number), need("a", boolean)))), need("s", nullable(number)))


def _action(name: str, *fields: Field) -> tuple[str, Record]:
    return name, Record(need("type", text), *fields)


L1_ACTIONS: Mapping[str, Record] = dict(
    (
        _action(
            "order",
            need("orders", list_of(ORDER)),
            need("grouping", _grouping),
            may("builder", Record(need("b", address), need("f", unsigned))),
        ),
        _action(
            "cancel", need("cancels", list_of(Record(need("a", unsigned), need("o", unsigned)))), may("f", boolean)
        ),
        _action(
            "cancelByCloid",
            need("cancels", list_of(Record(need("asset", unsigned), need("cloid", client_order_id)))),
            may("f", boolean),
        ),
        _action("scheduleCancel", may("time", unsigned)),
        _action("modify", need("oid", order_reference), need("order", ORDER), may("a", boolean)),
        _action(
            "batchModify",
            need("modifies", list_of(Record(need("oid", order_reference), need("order", ORDER)))),
            may("a", boolean),
        ),
        _action("updateLeverage", need("asset", unsigned), need("isCross", boolean), need("leverage", unsigned)),
        _action("updateIsolatedMargin", need("asset", unsigned), need("isBuy", boolean), need("ntli", integer)),
        _action("topUpIsolatedOnlyMargin", need("asset", unsigned), need("leverage", number)),
        _action("twapOrder", need("twap", TWAP), may("details", TWAP_DETAILS)),
        _action("twapCancel", need("a", unsigned), need("t", unsigned)),
        _action("setReferrer", need("code", text)),
        _action("registerReferrer", need("code", text)),
        _action("setDisplayName", need("displayName", text)),
        _action("createSubAccount", need("name", text)),
        _action("subAccountModify", need("subAccountUser", address), need("name", text)),
        _action(
            "subAccountTransfer", need("subAccountUser", address), need("isDeposit", boolean), need("usd", unsigned)
        ),
        _action(
            "subAccountSpotTransfer",
            need("subAccountUser", address),
            need("isDeposit", boolean),
            need("token", text),
            need("amount", number),
        ),
        _action(
            "createVault",
            need("name", text),
            need("description", text),
            need("initialUsd", unsigned),
            need("nonce", unsigned),
        ),
        _action("vaultTransfer", need("vaultAddress", address), need("isDeposit", boolean), need("usd", unsigned)),
        _action(
            "vaultModify",
            need("vaultAddress", address),
            need("allowDeposits", nullable(boolean)),
            need("alwaysCloseOnWithdraw", nullable(boolean)),
        ),
        _action("vaultDistribute", need("vaultAddress", address), need("usd", unsigned)),
        _action("reserveRequestWeight", need("weight", unsigned), may("destination", address)),
        _action("noop"),
        _action("evmUserModify", need("usingBigBlocks", boolean)),
        _action("agentEnableDexAbstraction"),
        _action("agentSetAbstraction", need("abstraction", one_of("i", "u", "p"))),
        _action(
            "agentSendAsset",
            need("destination", address),
            need("sourceDex", text),
            need("destinationDex", text),
            need("token", text),
            need("amount", number),
            need("fromSubAccount", text),
            need("nonce", unsigned),
        ),
        _action("claimRewards"),
        _action("spotUser", need("toggleSpotDusting", Record(need("optOut", boolean)))),
        _action("borrowLend", need("operation", text), need("token", unsigned), need("amount", nullable(number))),
        _action("gossipPriorityBid", need("slotId", unsigned), need("ip", text), need("maxGas", unsigned)),
        _action("perpDeploy"),
        _action("spotDeploy"),
        _action("userOutcome"),
        _action("CSignerAction"),
        _action("CValidatorAction"),
    )
)


@dataclass(frozen=True, slots=True)
class UserSigned:
    """An action signed as readable fields: EIP-712 name and (name, solidity type) after ``hyperliquidChain``."""

    name: str
    fields: tuple[tuple[str, str], ...]
    optional: tuple[str, ...] = ()
    """Signed as empty text when the posted action leaves them out."""

    @property
    def stamp(self) -> str:
        """The field that must equal the envelope's nonce."""
        return self.fields[-1][0]


def _user_signed(name: str, fields: str, *optional: str) -> UserSigned:
    pairs = (pair.split(":") for pair in fields.split())
    return UserSigned(name, tuple((field, kind) for field, kind in pairs), optional)


USER_SIGNED_ACTIONS: Mapping[str, UserSigned] = {
    "usdSend": _user_signed("UsdSend", "destination:string amount:string time:uint64"),
    "spotSend": _user_signed("SpotSend", "destination:string token:string amount:string time:uint64"),
    "withdraw3": _user_signed("Withdraw", "destination:string amount:string time:uint64"),
    "usdClassTransfer": _user_signed("UsdClassTransfer", "amount:string toPerp:bool nonce:uint64"),
    "sendAsset": _user_signed(
        "SendAsset",
        "destination:string sourceDex:string destinationDex:string token:string amount:string fromSubAccount:string"
        " nonce:uint64",
    ),
    "approveAgent": _user_signed("ApproveAgent", "agentAddress:address agentName:string nonce:uint64", "agentName"),
    "approveBuilderFee": _user_signed("ApproveBuilderFee", "maxFeeRate:string builder:address nonce:uint64"),
    "tokenDelegate": _user_signed("TokenDelegate", "validator:address wei:uint64 isUndelegate:bool nonce:uint64"),
    "cDeposit": _user_signed("CDeposit", "wei:uint64 nonce:uint64"),
    "cWithdraw": _user_signed("CWithdraw", "wei:uint64 nonce:uint64"),
    "userDexAbstraction": _user_signed("UserDexAbstraction", "user:address enabled:bool nonce:uint64"),
    "userSetAbstraction": _user_signed("UserSetAbstraction", "user:address abstraction:string nonce:uint64"),
    "userPortfolioMargin": _user_signed("UserPortfolioMargin", "user:address enabled:bool nonce:uint64"),
    "linkStakingUser": _user_signed("LinkStakingUser", "user:address isFinalize:bool nonce:uint64"),
    "convertToMultiSigUser": _user_signed("ConvertToMultiSigUser", "signers:string nonce:uint64"),
}

_SOLIDITY: Mapping[str, Kind] = {"string": text, "address": address, "bool": boolean, "uint64": unsigned}


def rebuild_l1(action: Mapping[str, Any]) -> dict[str, Any]:
    """The action as it must have been hashed. Raises Malformed for an unknown type, a missing field, a wrong kind."""
    record = L1_ACTIONS.get(str(action.get("type")))
    if record is None:
        raise Malformed(f"unknown action {action.get('type')!r}")
    return record(action)


def rebuild_user_signed(action: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a user-signed action with their kinds checked; text stays as it was signed."""
    form = USER_SIGNED_ACTIONS[action["type"]]
    rebuilt = {"type": action["type"]}
    for name in ("hyperliquidChain", "signatureChainId"):
        rebuilt[name] = text(action.get(name))
    for name, kind in form.fields:
        rebuilt[name] = "" if name in form.optional and action.get(name) is None else _SOLIDITY[kind](action.get(name))
    return rebuilt
