"""Nothing gets past the gate that a rule refuses, and no limit of ours blocks an exit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.events import Refused, TrackedOrder, TradingState
from hlmaster.core.model import Side
from hlmaster.core.orders import (
    ApprovalMint,
    Approved,
    Order,
    OrderStatus,
    Purpose,
    Trigger,
    TriggerKind,
    Verdict,
)
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import RULES, Rule
from hlmaster.trading.situation import Situation
from tests.trading.scenes import NOW, D, order, scene


def gate(situation: Situation, mint: ApprovalMint | None = None, bus: Bus | None = None) -> Gate:
    return Gate(bus or Bus(), mint or ApprovalMint(), lambda coin: situation, RiskLimits)


def failed(wanted: Order, situation: Situation) -> set[str]:
    return {result.rule for result in gate(situation).check(wanted).failures}


def tracked(wanted: Order, created_ms: int) -> TrackedOrder:
    return TrackedOrder(wanted, OrderStatus.SENT, None, D(0), None, created_ms, created_ms)


def stop(price: str, **more: Any) -> Order:
    values: dict[str, Any] = {"side": Side.SELL, "trigger": Trigger(D(price), TriggerKind.STOP, True), **more}
    return order(price=str(D(price) * D("0.92")), **values)


LONG = scene(position=D(1))
ENTRY_REFUSALS: list[tuple[str, Order, Situation]] = [
    ("price and size grid", order(size="0.00001", price="300000"), scene()),
    ("price and size grid", order(price="3000.12"), scene()),
    ("price and size grid", order(size="-1"), scene()),
    ("price and size grid", order(size="NaN"), scene()),
    ("price and size grid", order(price="0"), scene()),
    ("minimum order value", order(size="0.003"), scene()),
    ("price band", order(price="3200"), scene()),
    ("price band", order(Side.SELL, price="2800"), scene()),
    ("price band", order(price="500"), scene()),
    ("price band", order(), scene(mark=None, best_bid=None, best_ask=None)),
    ("largest order", order(size="9"), scene(available=D(10**9))),
    ("collateral", order(size="8"), scene(available=D(100))),
    ("duplicate", order(), scene(recent=(tracked(order(), NOW - 500),))),
    ("fresh data", order(), scene(stale="The book is 9 s old.")),
    ("trading state", order(), scene(state=TradingState.REDUCING, state_sentence="You paused.")),
    ("trading state", order(), scene(state=TradingState.HALTED, state_sentence="Halted.")),
    ("trigger side", stop("3100"), scene()),
    ("reduce-only", order(Side.SELL, reduce_only=True), scene()),
    ("reduce-only", order(Side.BUY, reduce_only=True), LONG),
    ("reduce-only", order(Side.SELL, size="1.0001", reduce_only=True), LONG),
]


@pytest.mark.parametrize(("rule", "wanted", "situation"), ENTRY_REFUSALS)
def test_each_rule_refuses_what_it_is_for_and_says_why(rule: str, wanted: Order, situation: Situation) -> None:
    verdict = gate(situation).check(wanted)
    sentences = {result.rule: result.sentence for result in verdict.failures}
    assert rule in sentences
    assert sentences[rule].endswith(".")


def test_every_registered_rule_is_in_the_table() -> None:
    assert {rule for rule, _, _ in ENTRY_REFUSALS} == set(RULES)


@pytest.mark.parametrize(
    "wanted",
    [
        order(),
        order(Side.SELL),
        order(price="1000"),
        stop("2900"),
        stop("2900", reduce_only=True, purpose=Purpose.PROTECT),
    ],
)
def test_ordinary_orders_pass(wanted: Order) -> None:
    assert failed(wanted, scene()) == set()


HOSTILE = {
    "stale": "Everything is old.",
    "state": TradingState.HALTED,
    "state_sentence": "Halted.",
    "available": D(-5),
    "equity": D(0),
}


@pytest.mark.parametrize("price", ["3000", "1500", "5900"])
def test_no_limit_blocks_an_exit(price: str) -> None:
    closing = order(Side.SELL, size="1", price=price, reduce_only=True)
    again = scene(position=D(1), recent=(tracked(closing, NOW),), **HOSTILE)
    assert failed(replace(closing, client_order_id="0x" + "1" * 32), again) == set()


def test_the_stop_of_an_entry_that_adds_to_a_position_may_be_larger_than_the_position() -> None:
    travelling = stop("2900", size="2", reduce_only=True, purpose=Purpose.PROTECT)
    assert failed(travelling, scene(position=D(1))) == set()
    assert failed(replace(travelling, purpose=Purpose.REDUCE), scene(position=D(1))) == {"reduce-only"}
    assert failed(travelling, scene(position=D(-1))) == {"reduce-only"}


def test_dust_can_be_closed_whole_but_not_in_part() -> None:
    dust = scene(position=D("0.002"))
    assert failed(order(Side.SELL, size="0.002", reduce_only=True), dust) == set()
    assert failed(order(Side.SELL, size="0.001", reduce_only=True), dust) == {"minimum order value"}


def test_turning_a_position_around_needs_margin_only_for_what_it_adds() -> None:
    flip = order(Side.SELL, size="2", price="3000")
    assert failed(flip, scene(position=D(1), available=D(10))) == set()
    assert failed(order(Side.SELL, size="3"), scene(position=D(1), available=D(10))) == {"collateral"}


def test_the_same_order_may_be_sent_again_later() -> None:
    assert failed(order(), scene(recent=(tracked(order(), NOW - 2_000),))) == set()


def test_only_the_mints_own_approvals_are_genuine() -> None:
    mint = ApprovalMint()
    approved = gate(scene(), mint).approve(order())
    assert isinstance(approved, Approved)
    assert mint.is_genuine(approved)
    assert not ApprovalMint().is_genuine(approved)
    assert not mint.is_genuine(Approved(order(), Verdict(()), object()))


def test_a_refusal_is_published() -> None:
    heard: list[Refused] = []
    bus = Bus()
    bus.subscribe(Refused, heard.append)
    answer = gate(scene(stale="Old."), bus=bus).approve(order())
    assert isinstance(answer, Verdict)
    assert [fact.verdict for fact in heard] == [answer]


def test_a_rule_that_raises_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(order: Order, situation: Situation, limits: RiskLimits) -> Any:
        raise ZeroDivisionError("no")

    monkeypatch.setattr(RULES, "entries", lambda: [Rule("broken", broken, for_exits=True)])
    (failure,) = gate(scene()).check(order()).failures
    assert failure.rule == "broken"
