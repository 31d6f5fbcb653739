"""Orders and the proof that the gate approved them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from hlmaster.core.model import Side
from hlmaster.core.orders import (
    ApprovalMint,
    Approved,
    Fill,
    Order,
    OrderStatus,
    RuleResult,
    TimeInForce,
    Trigger,
    TriggerKind,
    Verdict,
    new_client_order_id,
)

ORDER = Order("BTC", Side.BUY, Decimal("0.1"), Decimal(50_000))
YES = Verdict((RuleResult("tick", True), RuleResult("lot", True)))
NO = Verdict((RuleResult("tick", True), RuleResult("lot", False, "0.15", "0.1", "Use a multiple of 0.1 BTC.")))


def test_only_a_passed_verdict_can_be_approved() -> None:
    with pytest.raises(ValueError, match="cannot be approved"):
        ApprovalMint().approve(ORDER, NO)
    assert [failure.rule for failure in NO.failures] == ["lot"]


def test_a_mint_knows_its_own_and_refuses_forgeries() -> None:
    mint, other = ApprovalMint(), ApprovalMint()
    approved = mint.approve(ORDER, YES)
    assert mint.is_genuine(approved)
    assert not other.is_genuine(approved)
    assert not mint.is_genuine(Approved(ORDER, YES, object()))
    assert not mint.is_genuine(ORDER)  # type: ignore[arg-type]


def test_client_order_ids_are_sixteen_bytes_of_hex_and_do_not_repeat() -> None:
    ids = {new_client_order_id() for _ in range(1_000)}
    assert len(ids) == 1_000
    assert all(len(i) == 34 and i.startswith("0x") and int(i, 16) >= 0 for i in ids)


@pytest.mark.parametrize(
    ("order", "name"),
    [
        (ORDER, "limit"),
        (Order("BTC", Side.BUY, Decimal(1), Decimal(1), TimeInForce.ALO), "post-only"),
        (Order("BTC", Side.BUY, Decimal(1), Decimal(1), TimeInForce.IOC, market=True), "market"),
        (
            Order("BTC", Side.SELL, Decimal(1), Decimal(1), trigger=Trigger(Decimal(2), TriggerKind.STOP, True)),
            "stop market",
        ),
        (
            Order(
                "BTC", Side.SELL, Decimal(1), Decimal(1), trigger=Trigger(Decimal(2), TriggerKind.TAKE_PROFIT, False)
            ),
            "take profit limit",
        ),
    ],
)
def test_an_order_is_named_as_a_trader_names_it(order: Order, name: str) -> None:
    assert order.kind == name


def test_a_status_is_live_or_final_never_both() -> None:
    assert not [s for s in OrderStatus if s.is_live and s.is_final]
    assert {s for s in OrderStatus if s.is_final} == {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED}


def test_fills_that_share_a_trade_id_differ_by_coin_and_time() -> None:
    def fill(coin: str, time_ms: int) -> Fill:
        return Fill(
            coin, Side.SELL, Decimal(1), Decimal(2), time_ms, 0, 1, None, Decimal(0), Decimal(0), Decimal(0), True
        )

    assert len({f.key for f in (fill("BTC", 1), fill("ETH", 1), fill("BTC", 2), fill("BTC", 1))}) == 3
    assert fill("BTC", 1).signed_size == -2
