"""Nothing gets past the gate that a rule refuses, and no limit of ours blocks an exit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hlmaster.core.bus import Bus
from hlmaster.core.events import Refused, TrackedOrder, TradingState
from hlmaster.core.model import Leverage, MarginMode, Side
from hlmaster.core.orders import (
    ApprovalMint,
    Approved,
    Basis,
    Order,
    OrderStatus,
    Purpose,
    Trigger,
    TriggerKind,
    Verdict,
)
from hlmaster.trading.conduct import Conduct
from hlmaster.trading.protection.distance import StopDistance
from hlmaster.trading.risk.gate import Gate
from hlmaster.trading.risk.limits import RiskLimits
from hlmaster.trading.risk.rule import LIMITS, RULES, Rule, code_of
from hlmaster.trading.situation import Situation
from hlmaster.trading.stakes import Stake, Standing, standing
from tests.trading.scenes import NOW, D, order, scene


def gate(
    situation: Situation, mint: ApprovalMint | None = None, bus: Bus | None = None, limits: RiskLimits | None = None
) -> Gate:
    return Gate(bus or Bus(), mint or ApprovalMint(), lambda coin: situation, lambda: limits or RiskLimits())


def failed(wanted: Order, situation: Situation, **limits: Any) -> set[str]:
    return {result.rule for result in gate(situation, limits=RiskLimits(**limits)).check(wanted).failures}


def tracked(wanted: Order, created_ms: int) -> TrackedOrder:
    return TrackedOrder(wanted, OrderStatus.SENT, None, D(0), None, created_ms, created_ms)


def stop(price: str, **more: Any) -> Order:
    values: dict[str, Any] = {"side": Side.SELL, "trigger": Trigger(D(price), TriggerKind.STOP, True), **more}
    return order(price=str(D(price) * D("0.92")), **values)


LONG = scene(position=D(1))
IDEA = Basis("momentum", "p1", True, 0.9, 0.9, D(2_970))
KNOWN = {"counted": Stake(price=D(3_000), swing=D("0.05"))}


def idea(size: str = "0.03", **changes: Any) -> Order:
    """An automatic one worth 90 USD."""
    return order(size=size, basis=replace(IDEA, **changes))


OTHERS = Standing(D(1_950), frozenset({"BTC", "SOL"}), D(190), frozenset())
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
    ("position", idea("0.34"), scene(**KNOWN)),
    ("position", order(size="17"), scene(available=D(10**9))),
    ("gross exposure", idea(), scene(**KNOWN, standing=OTHERS)),
    ("leverage", idea(), scene(**KNOWN, leverage=Leverage(MarginMode.ISOLATED, 4))),
    ("leverage", idea(), scene(**KNOWN, standing=replace(OTHERS, gross=D(30_000)))),
    ("trade risk", idea("0.3", stop_price=D(1_900)), scene(**KNOWN)),
    ("trade risk", order(size="3", basis=None), scene(stop=StopDistance(fraction=D("0.3")), equity=D(9_000))),
    ("stop known", idea(stop_price=None), scene(**KNOWN)),
    ("open positions", idea(), scene(**KNOWN, standing=OTHERS)),
    ("value at risk", idea("0.3"), scene(**KNOWN, standing=OTHERS)),
    ("known past", idea(), scene()),
    ("known past", idea(), scene(**KNOWN, standing=replace(OTHERS, unknown=frozenset({"SOL"})))),
    ("entry rate", idea(), scene(**KNOWN, entries_a_minute=30)),
    ("confidence", idea(confidence=0.69), scene(**KNOWN)),
    ("confidence", idea(unadjusted_confidence=0.69), scene(**KNOWN)),
    ("confidence", idea(confidence=float("nan")), scene(**KNOWN)),
    ("own safeguards", order(), scene(conduct=Conduct(pause="You are cooling down."))),
    ("revenge size", order(), scene(conduct=Conduct(usual_value=D(700), refuses_revenge=True))),
    ("self trade", order(price="3010"), scene(live=(tracked(order(Side.SELL, price="3010"), NOW),))),
    ("coins", order(), scene()),
    ("trading hours", order(), scene()),
    ("position cap", order(), scene()),
]
CHOSEN: dict[str, dict[str, Any]] = {
    "coins": {"forbidden_coins": ("ETH",)},
    "trading hours": {"trading_hours": ("01:00-02:00",)},
    "position cap": {"position_caps": ("ETH:0.4",)},
}
"""Limits that are off until somebody sets them."""


@pytest.mark.parametrize(("rule", "wanted", "situation"), ENTRY_REFUSALS)
def test_each_rule_refuses_what_it_is_for_and_says_why(rule: str, wanted: Order, situation: Situation) -> None:
    verdict = gate(situation, limits=RiskLimits(**CHOSEN.get(rule, {}))).check(wanted)
    sentences = {result.rule: result.sentence for result in verdict.failures}
    assert rule in sentences
    assert sentences[rule].endswith((".", ")"))
    assert code_of(rule).startswith("RSK-1")


def test_every_registered_rule_is_in_the_table() -> None:
    assert {rule for rule, _, _ in ENTRY_REFUSALS} == {*RULES, *LIMITS}
    codes = [code_of(name) for name in (*RULES, *LIMITS)]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    "wanted",
    [
        order(),
        order(Side.SELL),
        order(price="1000"),
        order(size="8"),
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
    "standing": Standing(D(10**6), frozenset({"BTC", "SOL", "DOGE"}), D(10**6), frozenset({"SOL"})),
    "conduct": Conduct(D("0.5"), "Not now.", D(1), D(1), True),
    "entries_a_minute": 10_000,
    "leverage": Leverage(MarginMode.ISOLATED, 50),
}
STRICT = RiskLimits(forbidden_coins=("ETH",), trading_hours=("01:00-02:00",), position_caps=("ETH:0.001",))


@pytest.mark.parametrize("price", ["3000", "1500", "5900"])
def test_no_limit_blocks_an_exit(price: str) -> None:
    closing = order(Side.SELL, size="1", price=price, reduce_only=True)
    again = scene(position=D(1), recent=(tracked(closing, NOW),), **HOSTILE)
    once_more = replace(closing, client_order_id="0x" + "1" * 32)
    assert gate(again, limits=STRICT).check(once_more).failures == ()


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


def test_a_coin_is_forbidden_or_allowed_however_it_is_spelled() -> None:
    assert failed(order(), scene(), forbidden_coins=("eth",)) == {"coins"}
    assert failed(order(), scene(), allowed_coins=("eth",)) == set()


@pytest.mark.parametrize("size", ["1E+999999", "NaN", "sNaN", "Infinity", "-1"])
def test_a_size_that_cannot_be_reckoned_with_is_refused_and_ends_nobody(size: str) -> None:
    assert "price and size grid" in failed(order(size=size), scene())


def test_an_idea_within_every_limit_passes_and_one_of_a_person_needs_no_past() -> None:
    assert failed(idea(), scene(**KNOWN)) == set()
    assert failed(idea(automatic=False), scene()) == set()


def test_the_duplicate_guard_counts_a_persons_seconds() -> None:
    """Two seconds of a wall clock are forty of an exchange that runs twenty times as fast."""
    assert failed(order(), scene(recent=(tracked(order(), NOW - 39_000),), speed=20.0)) == {"duplicate"}
    assert failed(order(), scene(recent=(tracked(order(), NOW - 40_000),), speed=20.0)) == set()


def test_an_order_that_is_looked_at_again_does_not_stand_in_its_own_way() -> None:
    wanted = idea("0.3")
    live = (tracked(wanted, NOW),)
    counted = replace(scene(live=live).stake, swing=D("0.05"))
    again = scene(live=live, counted=counted, standing=standing({"ETH": counted}), entries_a_minute=30)
    assert failed(wanted, again) == set()
    assert failed(replace(wanted, client_order_id="0x2"), again) >= {"position", "entry rate"}


def test_what_only_gets_smaller_is_asked_no_limit_even_without_being_reduce_only() -> None:
    over = scene(position=D(40), equity=D(1_000), available=D(100))
    assert failed(order(Side.SELL, size="8"), over) == set()


def test_a_flip_is_held_to_the_limits_by_what_it_opens() -> None:
    held = scene(position=D("-0.5"), counted=replace(scene(position=D("-0.5")).stake, swing=D("0.01")))
    assert "position" not in failed(idea("0.8"), held)
    assert "position" in failed(idea("0.9"), held)


def test_half_the_size_after_the_days_warning() -> None:
    warned = scene(conduct=Conduct(size_factor=D("0.5")), available=D(10**9))
    assert failed(order(size="4.1"), warned) == set()
    assert failed(order(size="4.2"), warned) == {"largest order"}


def test_a_revenge_that_is_only_spoken_of_passes_with_its_sentence() -> None:
    results = gate(scene(conduct=Conduct(usual_value=D(700)))).check(order())
    assert results.passed
    assert [one.rule for one in results.results if one.sentence] == ["revenge size"]


def test_hours_may_go_over_midnight() -> None:
    hour = NOW // 3_600_000 % 24
    around = (f"{(hour - 1) % 24:02}:00-{(hour + 1) % 24:02}:00",)
    assert failed(order(), scene(), trading_hours=around) == set()
    assert failed(order(), scene(now_ms=NOW + 2 * 3_600_000), trading_hours=around) == {"trading hours"}
