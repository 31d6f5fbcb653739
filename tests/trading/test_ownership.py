"""One owner of a coin at a time, whatever strategies and persons do in whatever order."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hlmaster.core.clock import MINUTE_MS
from hlmaster.core.signals import Direction
from hlmaster.trading.ownership import YOU, Ownership, Swap, Tenure
from tests.trading.scenes import NOW

LONG, SHORT = Direction.LONG, Direction.SHORT


def tenure(coin: str = "ETH", owner: str = "alpha", direction: Direction = LONG, **more: Any) -> Tenure:
    return Tenure(coin, owner, direction, NOW, **{"exit_ms": NOW + MINUTE_MS, **more})


def held(**more: Any) -> Ownership:
    ownership = Ownership()
    ownership.claim(tenure(**more))
    return ownership


def why(ownership: Ownership, source: str, direction: Direction = LONG, now: int = NOW, *, has: bool = True) -> str:
    return ownership.why_not(source, "ETH", direction, now, has_position=has)


def test_a_free_coin_is_whoevers_comes_first() -> None:
    assert why(Ownership(), "alpha", has=False) == ""


@pytest.mark.parametrize(
    ("source", "direction", "text"),
    [
        ("alpha", LONG, "alpha is long on ETH already; a position is not added to."),
        ("alpha", SHORT, "alpha is long on ETH; that is closed first."),
        ("beta", LONG, "alpha holds ETH; beta waits until it is closed."),
        ("beta", SHORT, "alpha holds ETH; beta waits until it is closed."),
    ],
)
def test_a_held_coin_says_what_is_waited_for(source: str, direction: Direction, text: str) -> None:
    assert why(held(), source, direction) == text


def test_a_persons_position_is_nobodys_to_trade() -> None:
    assert "is yours" in why(Ownership(), "alpha")
    ownership = held()
    assert ownership.take_over("ETH", LONG, NOW) == ""
    assert why(ownership, "alpha") == "You took over the ETH position; hand it back or close it."
    assert ownership.due(NOW + 2 * MINUTE_MS) == ()


def test_take_over_and_hand_back() -> None:
    ownership = held()
    ownership.take_over("ETH", LONG, NOW)
    assert "already" in ownership.take_over("ETH", LONG, NOW)
    assert ownership.hand_back("ETH", NOW + 5) == ""
    back = ownership.of("ETH")
    assert back is not None
    assert (back.owner, back.exit_ms) == ("alpha", NOW + 5)
    assert ownership.hand_back("ETH", None) == "ETH was not taken over."
    assert "is yours already" in ownership.take_over("BTC", LONG, NOW)


def test_a_veto_lasts_for_a_time_and_can_be_lifted() -> None:
    ownership = Ownership()
    ownership.veto("alpha", "ETH", NOW + 90_000)
    assert why(ownership, "alpha", has=False) == "You vetoed alpha on ETH for another 2 min."
    assert why(ownership, "beta", has=False) == ""
    assert why(ownership, "alpha", now=NOW + 90_000, has=False) == ""
    ownership.veto("alpha", "ETH", NOW)
    assert why(ownership, "alpha", has=False) == ""


@pytest.mark.parametrize(("how", "owner"), [(Swap.HAND_OVER, "beta"), (Swap.KEEP, ""), (Swap.CLOSE, "alpha")])
def test_a_swap_gives_the_coin_and_does_with_the_position_what_was_chosen(how: Swap, owner: str) -> None:
    ownership = held()
    ownership.swap("ETH", "beta", how, NOW)
    now = ownership.of("ETH")
    assert now is not None
    assert now.owner == owner
    assert "was given to beta" in why(ownership, "alpha")
    ownership.release("ETH", NOW)
    assert why(ownership, "beta", has=False) == ""
    ownership.assign("ETH", None)
    assert why(ownership, "alpha", has=False) == ""


def test_a_claim_over_anothers_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="alpha holds ETH"):
        held().claim(tenure(owner="beta"))


def test_an_idea_said_again_lasts_longer() -> None:
    ownership = held()
    assert not ownership.prolong("alpha", "ETH", LONG, NOW)
    assert not ownership.prolong("beta", "ETH", LONG, NOW + 2 * MINUTE_MS)
    assert not ownership.prolong("alpha", "ETH", SHORT, NOW + 2 * MINUTE_MS)
    assert ownership.prolong("alpha", "ETH", LONG, NOW + 2 * MINUTE_MS)
    assert ownership.due(NOW + MINUTE_MS) == ()
    assert [one.coin for one in ownership.due(NOW + 2 * MINUTE_MS)] == ["ETH"]


def test_flat_coins_are_free_again_and_the_end_is_remembered() -> None:
    ownership = held()
    assert ownership.settle(["ETH"], NOW) == ()
    assert [one.coin for one in ownership.settle([], NOW + 7)] == ["ETH"]
    assert ownership.ended_ms("alpha", "ETH") == NOW + 7


def test_all_of_it_survives_a_restart() -> None:
    ownership = held()
    ownership.claim(tenure("BTC", "beta", SHORT))
    ownership.take_over("BTC", SHORT, NOW)
    ownership.veto("beta", "ETH", NOW + 90_000)
    ownership.assign("SOL", "alpha")
    ownership.claim(tenure("SOL"))
    ownership.release("SOL", NOW)
    again = Ownership()
    again.recall(json.loads(json.dumps(ownership.document())))
    assert again.document() == ownership.document()
    assert again.all() == ownership.all()


@pytest.mark.parametrize(
    "damage",
    [
        {"tenures": 5},
        {"tenures": [5, {"coin": "ETH"}, {"direction": "up"}]},
        {"vetoes": [["alpha"]], "ended": [["a", "b", "soon"]]},
        {"assigned": [1]},
    ],
)
def test_what_is_damaged_is_left_out(damage: dict[str, Any]) -> None:
    ownership = Ownership()
    ownership.recall(damage)
    assert ownership.document() == Ownership().document()


# --- whatever happens in whatever order ---

SOURCES, COINS = st.sampled_from(["alpha", "beta", "gamma"]), st.sampled_from(["ETH", "BTC"])
DIRECTIONS = st.sampled_from([LONG, SHORT])


class AnyOrder(RuleBasedStateMachine):
    """A model: who leads which coin, and what a person has said."""

    def __init__(self) -> None:
        super().__init__()
        self.ownership, self.now = Ownership(), NOW
        self.leads: dict[str, str] = {}
        self.vetoed: dict[tuple[str, str], int] = {}
        self.given: dict[str, str] = {}

    @rule(source=SOURCES, coin=COINS, direction=DIRECTIONS, ms=st.integers(1, 5_000))
    def enter(self, source: str, coin: str, direction: Direction, ms: int) -> None:
        free = coin not in self.leads
        free = free and self.vetoed.get((source, coin), 0) <= self.now and self.given.get(coin, source) == source
        why = self.ownership.why_not(source, coin, direction, self.now, has_position=coin in self.leads)
        assert (why == "") == free
        if free:
            self.ownership.claim(Tenure(coin, source, direction, self.now, self.now + ms))
            self.leads[coin] = source

    @rule(coin=COINS)
    def flat(self, coin: str) -> None:
        self.ownership.settle([other for other in self.leads if other != coin], self.now)
        self.leads.pop(coin, None)

    @rule(coin=COINS)
    def take_over(self, coin: str) -> None:
        if not self.ownership.take_over(coin, LONG, self.now):
            self.leads[coin] = YOU

    @rule(coin=COINS)
    def hand_back(self, coin: str) -> None:
        tenure = self.ownership.of(coin)
        if not self.ownership.hand_back(coin, None):
            assert tenure is not None
            self.leads[coin] = tenure.former

    @rule(coin=COINS, source=SOURCES, how=st.sampled_from(Swap))
    def swap(self, coin: str, source: str, how: Swap) -> None:
        self.ownership.swap(coin, source, how, self.now)
        self.given[coin] = source
        if coin in self.leads and how is not Swap.CLOSE:
            self.leads[coin] = source if how is Swap.HAND_OVER else ""

    @rule(coin=COINS, source=SOURCES, ms=st.integers(0, 5_000))
    def veto(self, coin: str, source: str, ms: int) -> None:
        self.ownership.veto(source, coin, self.now + ms)
        self.vetoed[source, coin] = self.now + ms

    @rule(ms=st.integers(0, 3_000))
    def wait(self, ms: int) -> None:
        self.now += ms

    @rule()
    def restart(self) -> None:
        again = Ownership()
        again.recall(json.loads(json.dumps(self.ownership.document())))
        self.ownership = again

    @invariant()
    def one_owner_each_and_only_strategies_are_ever_due(self) -> None:
        assert {one.coin: one.owner for one in self.ownership.all()} == self.leads
        assert all(one.owner not in (YOU, "") for one in self.ownership.due(self.now))


TestAnyOrder = AnyOrder.TestCase
