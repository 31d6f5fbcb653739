"""What a socket may subscribe to, and how a request is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from hlmaster.core.errors import HlError
from hlmaster.core.model import Interval
from hlmaster.exchange.simulator.schema import ADDRESS
from hlmaster.exchange.simulator.wire import encode

INTERVALS = frozenset(interval.value for interval in Interval)


class InvalidSubscription(HlError):
    """Unknown type or missing field: told on the error channel, the socket stays open."""

    code = "SIM-010"


class FatalSubscription(HlError):
    """Unknown coin or illegal nSigFigs: the venue closes the socket without a word."""

    code = "SIM-011"


@dataclass(frozen=True, slots=True)
class Form:
    """Fields of a subscription type: those required, and those with a default that the acknowledgement echoes."""

    fields: tuple[str, ...] = ()
    defaults: tuple[tuple[str, Any], ...] = ()
    ignored: tuple[str, ...] = ()
    channel: str = ""


USER = ("user",)
DEX = (("dex", ""),)
FORMS: Mapping[str, Form] = {
    "allMids": Form(defaults=DEX),
    "l2Book": Form(("coin",), (("nSigFigs", None), ("mantissa", None), ("fast", False))),
    "bbo": Form(("coin",)),
    "trades": Form(("coin",)),
    "candle": Form(("coin", "interval")),
    "activeAssetCtx": Form(("coin",)),
    "activeAssetData": Form(("user", "coin")),
    "assetCtxs": Form(defaults=DEX),
    "allDexsAssetCtxs": Form(),
    "spotAssetCtxs": Form(),
    "fastAssetCtxs": Form(),
    "orderUpdates": Form(USER),
    "userEvents": Form(USER, channel="user"),
    "userFills": Form(USER, (("aggregateByTime", False),)),
    "userFundings": Form(USER),
    "userNonFundingLedgerUpdates": Form(USER),
    "userHistoricalOrders": Form(USER),
    "userTwapSliceFills": Form(USER),
    "userTwapHistory": Form(USER),
    "clearinghouseState": Form(USER, DEX),
    "allDexsClearinghouseState": Form(USER),
    "openOrders": Form(USER, DEX),
    "spotState": Form(USER, ignored=("isPortfolioMargin", "ignorePortfolioMargin")),
    "twapStates": Form(USER, DEX),
    "webData3": Form(USER),
    "notification": Form(USER),
    "outcomeMetaUpdates": Form(),
}


@dataclass(frozen=True, slots=True)
class Subscription:
    """A request in its one normal form. ``key`` is equal for equal subscriptions."""

    kind: str
    fields: Mapping[str, Any]
    key: str

    @property
    def coin(self) -> str:
        return str(self.fields["coin"])

    @property
    def user(self) -> str:
        return str(self.fields.get("user", ""))

    @property
    def channel(self) -> str:
        return FORMS[self.kind].channel or self.kind

    def echo(self) -> dict[str, Any]:
        return {"type": self.kind, **self.fields}

    def text(self) -> str:
        return encode(self.echo()).decode()


def read_subscription(raw: Any, is_coin: Callable[[str], bool]) -> Subscription:
    """Raises InvalidSubscription or FatalSubscription."""
    form = FORMS.get(raw.get("type", "")) if isinstance(raw, dict) and isinstance(raw.get("type"), str) else None
    if form is None:
        raise InvalidSubscription(f"Invalid subscription {encode(raw).decode()}")
    fields: dict[str, Any] = {name: raw.get(name) for name in form.fields}
    if not all(isinstance(value, str) and value for value in fields.values()):
        raise InvalidSubscription(f"Invalid subscription {encode(raw).decode()}")
    for name, default in form.defaults:
        given = raw.get(name)
        fields[name] = default if given is None else given
    if "user" in fields:
        if not ADDRESS.fullmatch(fields["user"]):
            raise InvalidSubscription(f"Invalid subscription {encode(raw).decode()}")
        fields["user"] = fields["user"].lower()
    if fields.get("interval", "1m") not in INTERVALS:
        raise InvalidSubscription(f"Invalid subscription {encode(raw).decode()}")
    if "coin" in fields and not is_coin(fields["coin"]):
        raise FatalSubscription(f"no coin {fields['coin']}")
    if raw["type"] == "l2Book":
        _check_grouping(fields["nSigFigs"], fields["mantissa"])
    return Subscription(raw["type"], fields, encode([raw["type"], sorted(fields.items())]).decode())


def _check_grouping(figures: Any, mantissa: Any) -> None:
    if not is_legal_grouping(figures, mantissa):
        raise FatalSubscription(f"nSigFigs {figures} with mantissa {mantissa} is no grouping")


def is_legal_grouping(figures: Any, mantissa: Any) -> bool:
    """nSigFigs 2 to 5 or none; a mantissa of 1, 2 or 5 only with 5 figures."""
    if figures is not None and (type(figures) is not int or figures not in (2, 3, 4, 5)):
        return False
    return mantissa is None or (figures == 5 and type(mantissa) is int and mantissa in (1, 2, 5))
