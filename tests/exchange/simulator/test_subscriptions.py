from __future__ import annotations

from typing import Any

import pytest

from hlmaster.exchange.simulator.subscriptions import (
    FatalSubscription,
    InvalidSubscription,
    Subscription,
    read_subscription,
)

USER = "0x" + "Ab" * 20


def read(raw: Any) -> Subscription:
    return read_subscription(raw, {"BTC"}.__contains__)


def test_defaults_are_echoed_and_equal_requests_have_one_key() -> None:
    plain = read({"type": "l2Book", "coin": "BTC"})
    spelled = read({"mantissa": None, "coin": "BTC", "fast": False, "type": "l2Book", "extra": 1})
    assert plain.echo() == {"type": "l2Book", "coin": "BTC", "nSigFigs": None, "mantissa": None, "fast": False}
    assert plain.key == spelled.key
    assert plain.key != read({"type": "l2Book", "coin": "BTC", "fast": True}).key


def test_addresses_are_taken_in_any_case() -> None:
    one = read({"type": "userEvents", "user": USER})
    assert one.user == USER.lower()
    assert one.channel == "user"


@pytest.mark.parametrize(
    "raw",
    [None, [], {}, {"type": 5}, {"type": "nope"}, {"type": "bbo"}, {"type": "candle", "coin": "BTC", "interval": "7m"},
     {"type": "userFills", "user": "me"}, {"type": "webData2", "user": USER}],
)  # fmt: skip
def test_what_nobody_understands_is_invalid_and_quoted(raw: Any) -> None:
    with pytest.raises(InvalidSubscription, match=r"Invalid subscription "):
        read(raw)


@pytest.mark.parametrize(
    "raw",
    [
        {"type": "bbo", "coin": "btc"},
        {"type": "trades", "coin": "NOPE"},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 6},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": True},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 4, "mantissa": 2},
        {"type": "l2Book", "coin": "BTC", "nSigFigs": 5, "mantissa": 3},
    ],
)
def test_unknown_coins_and_groupings_are_fatal(raw: Any) -> None:
    with pytest.raises(FatalSubscription):
        read(raw)
