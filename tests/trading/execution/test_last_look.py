"""What may have changed between the gate's yes and the send, and what it does to the order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from hlmaster.core.errors import ConfigError
from hlmaster.core.model import Side
from hlmaster.core.orders import (
    ActionItem,
    ActionKind,
    AssetSnapshot,
    Order,
    Prepared,
    Purpose,
    RuleResult,
    Verdict,
)
from hlmaster.trading.execution.last_look import LastLook
from hlmaster.trading.situation import Situation
from tests.trading.scenes import CALM, ETH, NOW, D, order, scene
from tests.trading.venues import item_of

HALF_A_PERCENT = D("0.5")
YES = Verdict(())
NO = Verdict((RuleResult("trading state", False, sentence="You paused trading."),))


@dataclass
class World:
    situation: Situation = CALM
    venue_ms: int = NOW
    verdict: Verdict = YES
    drift: Decimal = HALF_A_PERCENT
    listed: bool = True

    def survey(self, coin: str) -> Situation:
        if not self.listed:
            raise ConfigError(f"{coin!r} is not listed on this exchange.")
        return self.situation

    def look(self, *orders: Order) -> Callable[[Prepared], str | None]:
        return LastLook(lambda one: self.verdict, self.survey, lambda: self.venue_ms, lambda: self.drift)(orders)


def prepared(wanted: Order, **changes: Any) -> Prepared:
    made = Prepared(ActionKind.ORDER, b"", "", 1, NOW + 15_000, (item_of(wanted),))
    return replace(made, **changes)


ENTRY = order(market=True)


def test_nothing_has_changed() -> None:
    world = World()
    assert world.look(ENTRY)(prepared(ENTRY)) is None


def test_the_gate_is_asked_again() -> None:
    world = World()
    look = world.look(ENTRY)
    world.verdict = NO
    assert look(prepared(ENTRY)) == "You paused trading."


@pytest.mark.parametrize("late_ms", [-1, 0, 1, 5_000])
def test_what_has_expired_by_the_venues_clock_is_not_sent(late_ms: int) -> None:
    world = World(venue_ms=NOW + 15_000 + late_ms)
    assert (world.look(ENTRY)(prepared(ENTRY)) is None) == (late_ms <= 0)


@pytest.mark.parametrize("reduce_only", [False, True])
@pytest.mark.parametrize("change", [{"asset": 2}, {"size_decimals": 3}])
def test_the_signed_number_must_still_mean_the_coin(change: dict[str, Any], reduce_only: bool) -> None:
    world = World(scene(instrument=replace(ETH, **change)))
    wanted = order(Side.SELL, reduce_only=reduce_only)
    assert "changed its number or lot" in (world.look(wanted)(prepared(wanted)) or "")


def test_a_coin_that_is_gone_is_not_traded_and_not_an_error() -> None:
    world = World()
    look = world.look(ENTRY)
    world.listed = False
    assert "not listed" in (look(prepared(ENTRY)) or "")


@pytest.mark.parametrize(
    ("mid", "passes"), [("3000", True), ("3015", True), ("2985", True), ("3016", False), ("2984", False)]
)
def test_a_market_entry_is_stopped_when_the_price_has_run_away(mid: str, passes: bool) -> None:
    world = World(scene(best_bid=D(3000), best_ask=D(3000)))
    look = world.look(ENTRY)
    world.situation = scene(best_bid=D(mid), best_ask=D(mid))
    why = look(prepared(ENTRY))
    assert (why is None) == passes
    assert passes or "moved by 0.53 %" in (why or "")


@pytest.mark.parametrize(
    "other",
    [order(), order(Side.SELL, market=True, reduce_only=True, purpose=Purpose.CLOSE)],
    ids=["limit entry", "close"],
)
def test_what_names_its_price_or_gets_out_may_drift(other: Order) -> None:
    world = World()
    look = world.look(other)
    world.situation = scene(best_bid=D(2000), best_ask=D(2000), mark=D(2000))
    assert look(prepared(other)) is None


def test_without_prices_there_is_no_drift_to_see() -> None:
    world = World(scene(best_bid=None, best_ask=None, mark=None))
    look = world.look(ENTRY)
    world.situation = CALM
    assert look(prepared(ENTRY)) is None


def test_an_action_without_orders_can_only_expire() -> None:
    world = World(verdict=NO, listed=False)
    cancel = prepared(ENTRY, kind=ActionKind.CANCEL, items=(ActionItem("x", AssetSnapshot("GONE", 9, 9)),))
    assert world.look()(cancel) is None
    world.venue_ms = NOW + 15_001
    assert "expired" in (world.look()(cancel) or "")
