from __future__ import annotations

from decimal import Decimal

from hlmaster.core.clock import ManualClock
from hlmaster.exchange.simulator.budgets import AddressBudget, MinuteBudget, action_weight, info_weight, row_weight

ACCOUNT = "0x" + "11" * 20


def test_weights_are_those_of_the_venue() -> None:
    assert [info_weight(kind) for kind in ("l2Book", "meta", "userRole")] == [2, 20, 60]
    assert row_weight("userFills", 2000) == 100
    assert row_weight("candleSnapshot", 5000) == 83
    assert row_weight("meta", 2000) == 0
    assert [action_weight(batch) for batch in (1, 39, 40, 80)] == [1, 1, 2, 3]


def test_a_minute_budget_runs_dry_and_refills_evenly() -> None:
    clock = ManualClock()
    budget = MinuteBudget(clock, 1200, 1.0)
    assert all(budget.spend("ip", 20) for _ in range(60))
    assert not budget.spend("ip", 2)
    assert budget.spend("another", 20)
    clock.advance(1000)
    assert budget.spend("ip", 20)
    assert not budget.spend("ip", 2)


def test_the_multiplier_raises_and_zero_lifts_a_budget() -> None:
    clock = ManualClock()
    raised, lifted = MinuteBudget(clock, 10, 2.0), MinuteBudget(clock, 10, 0.0)
    assert [raised.spend("ip", 10) for _ in range(3)] == [True, True, False]
    assert all(lifted.spend("ip", 10) for _ in range(1000))


def test_an_account_earns_actions_by_trading_and_trickles_when_spent() -> None:
    clock = ManualClock()
    budget = AddressBudget(clock, 1.0)
    nothing = Decimal(0)
    assert budget.refusal(ACCOUNT, nothing, 10_000, is_cancel=False) is None
    assert budget.refusal(ACCOUNT, nothing, 1, is_cancel=False) is None, "one in ten seconds is let through"
    refusal = budget.refusal(ACCOUNT, nothing, 1, is_cancel=False)
    assert refusal is not None
    assert refusal.startswith("Too many cumulative requests sent (10001 > 10000)")
    assert budget.refusal(ACCOUNT, nothing, 1, is_cancel=True) is None, "cancels have more room"
    assert budget.refusal(ACCOUNT, Decimal(500), 1, is_cancel=False) is None, "volume earned more"
    clock.advance(10_000)
    assert budget.refusal(ACCOUNT, nothing, 1, is_cancel=False) is None
