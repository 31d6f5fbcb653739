"""A fact that becomes a row and a fact again is the same fact."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal

from hypothesis import given

from hlmaster.core.events import TrackedOrder
from hlmaster.core.orders import CashMove, Fill, FundingPayment
from hlmaster.storage import rows, tables
from tests.storage import facts


@given(facts.tracked)
def test_orders_come_back(order: TrackedOrder) -> None:
    row = rows.order_row(order)
    assert rows.order_of(row) == order
    assert set(row) | {"session_id"} == set(tables.orders.columns.keys())


@given(facts.fills)
def test_fills_come_back(fill: Fill) -> None:
    row = rows.fill_row(fill, Decimal("1.5"))
    assert rows.fill_of(row) == fill
    assert row["realised"] == Decimal("1.5")
    assert set(row) | {"session_id"} == set(tables.fills.columns.keys())


@given(facts.payments, facts.moves)
def test_funding_and_cash_come_back(payment: FundingPayment, move: CashMove) -> None:
    assert rows.funding_of(asdict(payment)) == payment
    assert rows.cash_of(asdict(move)) == move
