"""One idea from one strategy, or from the vote of several; and what advisers may and may not do to it."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hlmaster.core.signals import Direction, Signal, Terms
from hlmaster.trading.combiner import MOST_ADVICE, RULES, Advice, Combiner, Idea, adjusted
from tests.trading.proposals.cards import signal
from tests.trading.scenes import NOW

LONG, SHORT, NEUTRAL = Direction.LONG, Direction.SHORT, Direction.NEUTRAL
ROLES = {"a": "voter:G", "b": "voter:G", "c": "voter:G", "d": "voter:H", "alone": "solo"}


def role(name: str) -> str:
    return ROLES[name]


def word(name: str, direction: Direction, confidence: float = 0.8, **more: Any) -> Signal:
    return signal(direction, strategy=name, confidence=confidence, **more)


def said(*words: Signal, at: int = NOW) -> Idea:
    combiner = Combiner(role)
    ideas = [combiner.hear(one, at) for one in words]
    return ideas[-1]


def test_a_solo_strategys_word_is_an_idea_of_its_own() -> None:
    idea = said(word("a", SHORT), word("alone", LONG, 0.75))
    assert (idea.source, idea.direction, idea.confidence, idea.signals) == (
        "alone",
        LONG,
        0.75,
        (word("alone", LONG, 0.75),),
    )


@pytest.mark.parametrize(
    ("words", "winner", "confidence"),
    [
        ([("a", LONG, 0.8)], LONG, 0.8),
        ([("a", LONG, 0.9), ("b", LONG, 0.7), ("c", SHORT, 0.95)], LONG, 0.8),
        ([("a", LONG, 0.9), ("b", SHORT, 0.8)], LONG, 0.9),
        ([("a", LONG, 0.8), ("b", SHORT, 0.8)], NEUTRAL, 0.0),
        ([("a", LONG, 0.9), ("b", NEUTRAL, 0.0), ("c", NEUTRAL, 0.0)], NEUTRAL, 0.0),
        ([("a", LONG, 0.9), ("b", SHORT, 0.8), ("c", NEUTRAL, 0.0)], LONG, 0.9),
    ],
)
def test_the_dominant_vote_wins_and_ties_go_by_confidence(
    words: list[tuple[str, Direction, float]], winner: Direction, confidence: float
) -> None:
    for order in permutations(words):
        idea = said(*(word(*one) for one in order))
        assert (idea.source, idea.direction) == ("group G", winner)
        assert idea.confidence == pytest.approx(confidence)


def test_voters_come_strongest_first_and_the_vote_is_told() -> None:
    idea = said(word("a", LONG, 0.7, reason="Momentum."), word("b", LONG, 0.9), word("c", NEUTRAL, 0.0))
    assert [one.strategy for one in idea.signals] == ["b", "a"]
    assert idea.reasons[0] == "Group G: 2 long, 1 neutral."
    assert "a: Momentum." in idea.reasons


def test_groups_and_coins_vote_by_themselves() -> None:
    idea = said(word("a", SHORT), word("b", SHORT, coin="BTC"), word("d", LONG), word("c", LONG, 0.9))
    assert (idea.direction, len(idea.signals)) == (LONG, 1), "a and c on ETH: the tie went by confidence"


def test_a_word_that_has_run_out_abstains_and_neutral_stands() -> None:
    old = word("a", SHORT, 0.9, valid_until_ms=NOW)
    assert said(old, word("b", LONG, 0.7)).direction is LONG
    calm = [word(name, NEUTRAL, 0.0, valid_until_ms=NOW - 1) for name in ("a", "c")]
    assert said(*calm, word("b", LONG, 0.7)).direction is NEUTRAL


def test_who_lacks_data_abstains_and_closes_nothing() -> None:
    blind = word("a", NEUTRAL, 0.0, missing=("funding",), terms=Terms(neutral_closes=True))
    assert said(blind, word("b", LONG, 0.7)).direction is LONG
    assert said(blind).abstains
    alone = said(word("alone", NEUTRAL, 0.0, missing=("funding",), terms=Terms(neutral_closes=True)))
    assert (alone.abstains, alone.closes) == (True, False)


def test_neutral_closes_only_on_such_terms() -> None:
    assert said(word("alone", NEUTRAL, 0.0, terms=Terms(neutral_closes=True))).closes
    assert not said(word("alone", NEUTRAL, 0.0)).closes
    assert not said(word("alone", LONG, terms=Terms(neutral_closes=True))).closes


def test_who_is_disarmed_votes_no_more() -> None:
    combiner = Combiner(role)
    for name in ("a", "b"):
        combiner.hear(word(name, SHORT), NOW)
    for name in ("a", "b"):
        combiner.forget(name)
    assert combiner.hear(word("c", LONG), NOW).direction is LONG


def test_advice_moves_the_confidence_and_says_so_and_leaves_the_unadjusted_alone() -> None:
    advice = (Advice("sentiment", 0.15), Advice("analyst", 0.3))
    combiner = Combiner(role, lambda coin, direction: advice if direction is LONG else ())
    idea = combiner.hear(word("alone", LONG, 0.6), NOW)
    assert (idea.confidence, idea.unadjusted_confidence) == (pytest.approx(0.8), 0.6)
    assert idea.advice == ("sentiment: +0.15 confidence", "analyst: +0.30 confidence")
    assert combiner.hear(word("alone", SHORT, 0.6), NOW).confidence == 0.6
    assert combiner.hear(word("alone", NEUTRAL, 0.0), NOW).confidence == 0


def test_nobody_advises_an_idea_of_his_own() -> None:
    combiner = Combiner(role, lambda coin, direction: (Advice("alone", 0.2), Advice("news", 0.1)))
    assert combiner.hear(word("alone", LONG, 0.6), NOW).advice == ("news: +0.10 confidence",)


@given(
    confidence=st.floats(0, 1),
    shifts=st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=5),
)
def test_no_advice_moves_it_by_more_than_a_fifth_nor_out_of_range(confidence: float, shifts: list[float]) -> None:
    after = adjusted(confidence, [Advice("x", shift) for shift in shifts])
    assert 0 <= after <= 1
    assert abs(after - confidence) <= MOST_ADVICE + 1e-9


ballots = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Direction), st.floats(0, 1)), max_size=8)


@given(ballots, st.permutations(range(3)))
def test_a_vote_mirrored_is_the_mirrored_vote_and_order_plays_no_part(
    cast: list[tuple[str, Direction, float]], order: list[int]
) -> None:
    last = {name: (name, direction, confidence) for name, direction, confidence in cast}
    combiner, mirror, shuffled = Combiner(role), Combiner(role), Combiner(role)
    final = list(last.values())
    for one in cast:
        combiner.hear(word(*one), NOW)
    for name, direction, confidence in final:
        mirror.hear(word(name, direction.opposite, confidence), NOW)
    for place in order:
        if place < len(final):
            shuffled.hear(word(*final[place]), NOW)
    winner, voters, _ = combiner.vote("G", "ETH", NOW)
    assert mirror.vote("G", "ETH", NOW)[0] is winner.opposite
    assert shuffled.vote("G", "ETH", NOW)[:2] == (winner, voters)
    assert all(one.direction is winner for one in voters)


def test_the_rules_can_be_read() -> None:
    assert all(rule.endswith(".") for rule in RULES)
    assert "0.2" in " ".join(RULES)
